"""Reading a scenario folder strictly: everything is checked before the first command exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from capwright.filing.reports import read_reports
from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.mrv.records import EmissionReport
from capwright.scenario.check import check_scenario, step_line
from capwright.scenario.files import (
    ActivityRow,
    AgentRow,
    BidRow,
    CreditRow,
    EmissionRow,
    EnterpriseRow,
    FreezeRow,
    HoldingRow,
    ObjectionRow,
    OpinionRow,
    ProjectRow,
    RoundRow,
    ScenarioFile,
    SurrenderRow,
    TransferRow,
    VerificationRow,
    VerifierRow,
)
from capwright.scheme.loader import load_scheme
from capwright.scheme.schema import Scheme
from capwright.table import Table, read_table

__all__ = ["Scenario", "built_in_scenarios", "load_scenario", "scenario_schemes"]

T = TypeVar("T", bound=Struct)

DATA: Final = Path(__file__).parent / "data"
_PLACE: Final = re.compile(r"at line (\d+), column (\d+)")
_STEP: Final = re.compile(r"\$\.steps\[(\d+)\]")

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
    en="The file is not a valid scenario: {why}.",
    zh="不是有效的情景文件：{why}。",
    mend_en="See the how-to on writing a scenario.",
    mend_zh="请参阅情景编写说明。",
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
    agents: Table[AgentRow]
    opinions: Table[OpinionRow]
    verifiers: Table[VerifierRow]
    verifications: Table[VerificationRow]
    reports: list[EmissionReport]
    first_reports: list[EmissionReport]


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
        agents=_table(folder, "agents.csv", AgentRow),
        opinions=_table(folder, "opinions.csv", OpinionRow),
        verifiers=_table(folder, "verifiers.csv", VerifierRow),
        verifications=_table(folder, "verifications.csv", VerificationRow),
        reports=_reports(folder, "reports.csv"),
        first_reports=_reports(folder, "first_reports.csv"),
    )
    check_scenario(scenario, scenario_schemes(scenario.file, folder))
    return scenario


def _reports(folder: Path, name: str) -> list[EmissionReport]:
    """Emission reports in the long table of `docs/howto/emission-report-files.md`; none without the file."""
    path = folder / name
    return read_reports(path) if path.is_file() else []


def scenario_schemes(file: ScenarioFile, folder: Path) -> list[Scheme]:
    """The schemes of a scenario, in the order of the file: shipped ones by name, files from its folder."""
    is_file = [name.endswith(".toml") or "/" in name for name in file.schemes]
    names = zip(file.schemes, is_file, strict=True)
    return [load_scheme(folder / name if path else name) for name, path in names]


def _scenario_file(path: Path) -> ScenarioFile:
    """Read `scenario.toml`; a fault is placed as well as the reader says where it is."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as fault:  # what is not UTF-8 or TOML is a ValueError
        place = _PLACE.search(str(fault))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        raise BadInput(
            Refusal(BAD_TOML.code, {"why": str(fault).rstrip(".")}), str(path), line, column
        ) from None
    try:
        return msgspec.convert(raw, ScenarioFile)
    except msgspec.ValidationError as fault:
        step = _STEP.search(str(fault))
        line = step_line(path.parent, int(step[1])) if step else 0
        raise BadInput(Refusal(BAD_TOML.code, {"why": str(fault).rstrip(".")}), str(path), line) from None


def _table(folder: Path, name: str, row: type[T]) -> Table[T]:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return read_table(path, row)
    return Table(str(folder / name), ())
