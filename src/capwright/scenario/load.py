"""Reading a scenario folder strictly: everything is checked before the first command exists."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.scenario.files import (
    ActivityRow,
    BidRow,
    CreditRow,
    EmissionRow,
    EnterpriseRow,
    FreezeRow,
    HoldingRow,
    ObjectionRow,
    ProjectRow,
    RoundRow,
    ScenarioFile,
    SurrenderRow,
    TransferRow,
)
from capwright.table import Table, check_unique, read_table

__all__ = ["Scenario", "built_in_scenarios", "load_scenario"]

T = TypeVar("T", bound=Struct)

DATA: Final = Path(__file__).parent / "data"

NO_SCENARIO = define(
    "CW-9301",
    en="There is no scenario '{name}'.",
    zh="没有名为“{name}”的情景。",
    mend_en="Name a folder with a scenario.toml, or one of: {known}.",
    mend_zh="请指定含 scenario.toml 的文件夹，或以下之一：{known}。",
    rule="docs: writing a scenario",
)
BAD_TOML = define(
    "CW-9302",
    en="The file is not a valid scenario: {why}",
    zh="不是有效的情景文件：{why}",
    mend_en="See the how-to on writing a scenario.",
    mend_zh="请参阅情景编写说明。",
    rule="docs: writing a scenario",
)
UNKNOWN_ENTERPRISE = define(
    "CW-9303",
    en="'{enterprise}' is not in enterprises.csv.",
    zh="“{enterprise}”不在 enterprises.csv 中。",
    mend_en="Add it there, or correct the id.",
    mend_zh="请在该文件中补充，或更正编号。",
    rule="docs: writing a scenario",
)
UNKNOWN_ROUND = define(
    "CW-9304",
    en="'{round}' is not in rounds.csv.",
    zh="“{round}”不在 rounds.csv 中。",
    rule="docs: writing a scenario",
)
BAD_EMISSIONS = define(
    "CW-9305",
    en="'{text}' is neither whole tonnes nor EXCLUDED.",
    zh="“{text}”既不是整数吨，也不是 EXCLUDED。",
    rule="docs: writing a scenario",
)


class Scenario(Struct, frozen=True):
    """A scenario in memory: the file and its tables; a table that the folder lacks is empty."""

    file: ScenarioFile
    folder: Path
    enterprises: Table[EnterpriseRow]
    holdings: Table[HoldingRow]
    activity: Table[ActivityRow]
    emissions: Table[EmissionRow]
    rounds: Table[RoundRow]
    bids: Table[BidRow]
    transfers: Table[TransferRow]
    credits: Table[CreditRow]
    surrenders: Table[SurrenderRow]
    objections: Table[ObjectionRow]
    projects: Table[ProjectRow]
    freezes: Table[FreezeRow]


def built_in_scenarios() -> list[str]:
    """The names of the scenarios that come with Capwright."""
    return sorted(folder.parent.name for folder in DATA.glob("*/scenario.toml"))


def load_scenario(name_or_folder: str | Path) -> Scenario:
    """Load a built-in scenario by name, or a folder; raises `BadInput` with file, line and column."""
    folder = Path(name_or_folder)
    if not (folder / "scenario.toml").is_file():
        if str(name_or_folder) in built_in_scenarios():
            folder = DATA / str(name_or_folder)
        else:
            details: dict[str, str | int] = {
                "name": str(name_or_folder)[:100],
                "known": ", ".join(built_in_scenarios()),
            }
            raise BadInput(Refusal(NO_SCENARIO.code, details), str(name_or_folder))
    scenario = Scenario(
        file=_scenario_file(folder / "scenario.toml"),
        folder=folder,
        enterprises=_table(folder, "enterprises.csv", EnterpriseRow),
        holdings=_table(folder, "holdings.csv", HoldingRow),
        activity=_table(folder, "activity.csv", ActivityRow),
        emissions=_table(folder, "emissions.csv", EmissionRow),
        rounds=_table(folder, "rounds.csv", RoundRow),
        bids=_table(folder, "bids.csv", BidRow),
        transfers=_table(folder, "transfers.csv", TransferRow),
        credits=_table(folder, "credits.csv", CreditRow),
        surrenders=_table(folder, "surrenders.csv", SurrenderRow),
        objections=_table(folder, "objections.csv", ObjectionRow),
        projects=_table(folder, "projects.csv", ProjectRow),
        freezes=_table(folder, "freezes.csv", FreezeRow),
    )
    _check(scenario)
    return scenario


def _scenario_file(path: Path) -> ScenarioFile:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, ScenarioFile)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(Refusal(BAD_TOML.code, {"why": str(fault)}), str(path)) from None
    except (msgspec.ValidationError, UnicodeDecodeError, OSError) as fault:
        raise BadInput(Refusal(BAD_TOML.code, {"why": str(fault)}), str(path)) from None


def _table(folder: Path, name: str, row: type[T]) -> Table[T]:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return read_table(path, row)
    return Table(str(folder / name), ())


def _check(scenario: Scenario) -> None:
    """Check what one table says about another."""
    check_unique(scenario.enterprises, "id")
    check_unique(scenario.emissions, "enterprise", "year")
    check_unique(scenario.rounds, "round")
    check_unique(scenario.credits, "project", "vintage", "kind")
    check_unique(scenario.activity, "enterprise", "process", "year")
    check_unique(scenario.objections, "enterprise", "vintage")
    check_unique(scenario.projects, "enterprise", "vintage", "process")
    known = {row.id for row in scenario.enterprises}
    _known(scenario.holdings, "enterprise", known)
    _known(scenario.activity, "enterprise", known)
    _known(scenario.emissions, "enterprise", known)
    _known(scenario.bids, "bidder", known)
    _known(scenario.transfers, "seller", known)
    _known(scenario.transfers, "buyer", known)
    _known(scenario.credits, "owner", known)
    _known(scenario.surrenders, "enterprise", known)
    _known(scenario.objections, "enterprise", known)
    _known(scenario.projects, "enterprise", known)
    _known(scenario.freezes, "enterprise", known)
    rounds = {row.round for row in scenario.rounds}
    for line, bid in scenario.bids.numbered():
        if bid.round not in rounds:
            scenario.bids.refuse(line, "round", UNKNOWN_ROUND, round=bid.round[:40])
    for line, row in scenario.emissions.numbered():
        text = row.emissions_t
        if text != "EXCLUDED" and not (text.isascii() and text.isdigit() and len(text) <= 12):  # noqa: PLR2004
            scenario.emissions.refuse(line, "emissions_t", BAD_EMISSIONS, text=text[:40])


def _known(table: Table[T], column: str, known: Iterable[str]) -> None:
    ids = frozenset(known)
    for line, row in table.numbered():
        name = getattr(row, column)
        if name not in ids:
            table.refuse(line, column, UNKNOWN_ENTERPRISE, enterprise=str(name)[:40])
