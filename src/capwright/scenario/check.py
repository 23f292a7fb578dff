"""What `scenario.toml`, the tables and the schemes say about each other, checked before anything is played.

A fault in a step is placed at the line of its `[[steps]]`; the file format's reader keeps no finer places.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from msgspec import Struct

from capwright.kernel.quantity import parse_money_fen
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, Refused, define
from capwright.scenario.check_reporting import check_reporting
from capwright.scenario.check_trading import check_trading
from capwright.table import Table, check_unique, check_year

if TYPE_CHECKING:
    from capwright.scenario.files import Step
    from capwright.scenario.load import Scenario
    from capwright.scheme.registry_rules import RegistryRules
    from capwright.scheme.schema import Scheme

__all__ = ["check_scenario", "step_line"]

T = TypeVar("T", bound=Struct)
_DOCS: Final = "docs: writing a scenario"

UNKNOWN_ENTERPRISE = define(
    "CW-9303",
    en="'{enterprise}' is not in enterprises.csv.",
    zh="“{enterprise}”不在 enterprises.csv 中。",
    mend_en="Add it there, or correct the id.",
    mend_zh="请在该文件中补充，或更正编号。",
    rule=_DOCS,
)
UNKNOWN_ROUND = define(
    "CW-9304",
    en="'{round}' is not in rounds.csv.",
    zh="“{round}”不在 rounds.csv 中。",
    mend_en="Add the round there, or correct its name.",
    mend_zh="请在该文件中补充该场次，或更正名称。",
    rule=_DOCS,
)
BAD_EMISSIONS = define(
    "CW-9305",
    en="'{text}' is neither whole tonnes nor EXCLUDED.",
    zh="“{text}”既不是整数吨，也不是 EXCLUDED。",
    mend_en="Write whole tonnes, or EXCLUDED for a year without duty.",
    mend_zh="请填写整数吨；无履约义务的年度填写 EXCLUDED。",
    rule=_DOCS,
)
UNKNOWN_TYPE = define(
    "CW-9306",
    en="'{account_type}' is not a type of account that the scheme {scheme} has for this.",
    zh="方案{scheme}没有可用于此处的账户类型“{account_type}”。",
    mend_en="One of: {known}.",
    mend_zh="可用的类型：{known}。",
    rule="registry.account_types of the scheme",
)
LACKS = define(
    "CW-9307",
    en="The step '{do}' lacks '{key}'.",
    zh="步骤“{do}”缺少“{key}”。",
    mend_en="See the how-to on writing a scenario for what each step needs.",
    mend_zh="各步骤所需内容见情景编写说明。",
    rule=_DOCS,
)
UNKNOWN_SCHEME = define(
    "CW-9308",
    en="No scheme of this scenario is called '{scheme}' or is of that vintage.",
    zh="本情景的方案中没有“{scheme}”或该年度的方案。",
    mend_en="Name it in 'schemes': {known}.",
    mend_zh="请在 schemes 中列出：{known}。",
    rule=_DOCS,
)
TOO_EARLY = define(
    "CW-9309",
    en="{at} is before the story begins, {begins_at}.",
    zh="{at}早于情景开始时间{begins_at}。",
    mend_en="Let the story begin earlier, or bring units in with holdings.csv.",
    mend_zh="请提前开始时间，或通过 holdings.csv 带入配额。",
    rule=_DOCS,
)
NO_REGISTRY = define(
    "CW-9311",
    en="The scheme {scheme} cannot open a market: it has no [{section}].",
    zh="方案{scheme}没有[{section}]，不能用于开设市场。",
    mend_en="Name a scheme with a registry and a calendar first.",
    mend_zh="请先列出含 registry 与 calendar 的方案。",
    rule=_DOCS,
)
BAD_HOURS = define(
    "CW-9312",
    en="'{text}' is not a time of day.",
    zh="“{text}”不是时刻。",
    mend_en="Write it like 09:30.",
    mend_zh="请写成 09:30 的形式。",
    rule="ISO 8601",
)

_REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "adopt": ("scheme",),
    "issue": ("kind", "vintage"),
    "distribute": ("kind", "vintage", "to"),
    "sanction": ("vintage", "enterprises"),
    "recall_stop": ("vintage", "enterprises"),
    "freeze_leaver": ("vintage", "enterprises"),
    "release_exit": ("vintage", "enterprises"),
    "set_status": ("enterprises",),
    "freeze_sectors": ("sectors", "kind", "reason"),
    "reset_price": ("product", "price_cny", "reason"),
    "record_activity": (),
    "record_emissions": (),
    "advance": (),
    "publish_methods": (),
    "register_verifiers": (),
    "file_plans": (),
}
_TO_FILL: Final = ("vintage",)  # what every other step needs
_MOST_DIGITS: Final = 12


def check_scenario(scenario: Scenario, schemes: list[Scheme]) -> None:
    """Raise `BadInput` with file, line and column for the first thing that does not fit together."""
    registry = _registry(scenario, schemes)
    _check_keys(scenario)
    _check_ids(scenario)
    _check_rounds(scenario, schemes)
    _check_emissions(scenario)
    _check_days(scenario)
    check_trading(scenario, schemes)
    check_reporting(scenario)
    holders = tuple(t.code for t in registry.account_types if not t.government)
    for line, row in scenario.enterprises.numbered():
        if row.account_type not in holders:
            said = {"account_type": row.account_type[:40], "known": ", ".join(holders)}
            scenario.enterprises.refuse(line, "account_type", UNKNOWN_TYPE, scheme=schemes[0].name, **said)
    for n, step in enumerate(scenario.file.steps):
        _check_step(scenario, schemes, registry, n, step)


# Tables.


def _check_keys(scenario: Scenario) -> None:
    check_unique(scenario.enterprises, "id")
    check_unique(scenario.emissions, "enterprise", "year")
    check_unique(scenario.activity, "enterprise", "process", "year")
    check_unique(scenario.rounds, "round")
    check_unique(scenario.credits, "project", "vintage", "kind")
    check_unique(scenario.objections, "enterprise", "vintage")
    check_unique(scenario.agents, "enterprise")
    check_unique(scenario.opinions, "month")
    check_unique(scenario.projects, "enterprise", "vintage", "process")
    check_unique(scenario.verifiers, "id")
    check_unique(scenario.verifications, "enterprise")


def _check_ids(scenario: Scenario) -> None:
    known = frozenset(row.id for row in scenario.enterprises)
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
    _known(scenario.agents, "enterprise", known)
    _known(scenario.verifications, "enterprise", known)


def _known(table: Table[T], column: str, known: frozenset[str]) -> None:
    for line, row in table.numbered():
        name = getattr(row, column)
        if name not in known:
            table.refuse(line, column, UNKNOWN_ENTERPRISE, enterprise=str(name)[:40])


def _check_rounds(scenario: Scenario, schemes: list[Scheme]) -> None:
    named = [scheme.name for scheme in schemes if scheme.body.vintage is not None]
    for line, row in scenario.rounds.numbered():
        if row.scheme not in named:
            said = {"scheme": row.scheme[:40], "known": ", ".join(named)}
            scenario.rounds.refuse(line, "scheme", UNKNOWN_SCHEME, **said)
    rounds = {row.round for row in scenario.rounds}
    for line, bid in scenario.bids.numbered():
        if bid.round not in rounds:
            scenario.bids.refuse(line, "round", UNKNOWN_ROUND, round=bid.round[:40])
    for text in scenario.file.auction_hours:
        try:
            time.fromisoformat(text)
        except ValueError:
            _fault(scenario, 0, BAD_HOURS, text=text[:40])


def _check_emissions(scenario: Scenario) -> None:
    for line, row in scenario.emissions.numbered():
        text = row.emissions_t
        if text != "EXCLUDED" and not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            scenario.emissions.refuse(line, "emissions_t", BAD_EMISSIONS, text=text[:40])


def _check_days(scenario: Scenario) -> None:
    """Nothing may happen before the market opens."""
    begins_at = scenario.file.begins_at
    _in_reach(scenario, 0, begins_at)
    begins_on = begins_at.date()
    _not_before(scenario.transfers, "date", begins_on)
    _not_before(scenario.surrenders, "date", begins_on)
    _not_before(scenario.credits, "date", begins_on)
    _not_before(scenario.rounds, "date", begins_on)
    for column in ("date", "decided_on"):
        _not_before(scenario.objections, column, begins_on)
    for column in ("bought_on", "accepted_on", "controlled_on", "issued_on"):
        _not_before(scenario.projects, column, begins_on)
    _not_before(scenario.freezes, "date", begins_on)
    _not_before(scenario.enterprises, "opened_on", begins_on)
    _not_before(scenario.agents, "cash_on", begins_on)
    for n, step in enumerate(scenario.file.steps):
        _in_reach(scenario, step_line(scenario.folder, n), step.at)
        if _plain(step.at) < _plain(begins_at):
            said = {"at": str(step.at), "begins_at": str(begins_at)}
            _fault(scenario, step_line(scenario.folder, n), TOO_EARLY, **said)


def _in_reach(scenario: Scenario, line: int, at: datetime) -> None:
    """Refuse a time that is far from any market."""
    try:
        check_year(at)
    except Refused as no:
        raise BadInput(no.refusal, str(scenario.folder / "scenario.toml"), line) from None


def _not_before(table: Table[T], column: str, begins_on: date) -> None:
    for line, row in table.numbered():
        day = getattr(row, column)
        if day is not None and day < begins_on:
            table.refuse(line, column, TOO_EARLY, at=str(day), begins_at=str(begins_on))


def _plain(when: datetime) -> datetime:
    """A local time without its offset, to compare times of one place."""
    return when.replace(tzinfo=None)


# Schemes and steps.


def _registry(scenario: Scenario, schemes: list[Scheme]) -> RegistryRules:
    """The registry rules of the scheme that opens the market."""
    if not schemes:
        _fault(scenario, 0, UNKNOWN_SCHEME, scheme="", known="-")
    first = schemes[0].body
    if first.calendar is None:
        _fault(scenario, 0, NO_REGISTRY, scheme=first.name, section="calendar")
    if first.registry is None:
        _fault(scenario, 0, NO_REGISTRY, scheme=first.name, section="registry")
    return first.registry


def _check_step(
    scenario: Scenario, schemes: list[Scheme], registry: RegistryRules, n: int, step: Step
) -> None:
    line = step_line(scenario.folder, n)
    for key in _REQUIRED.get(step.do, _TO_FILL):
        if not getattr(step, key):
            _fault(scenario, line, LACKS, do=step.do, key=key)
    known = frozenset(row.id for row in scenario.enterprises)
    for enterprise in step.enterprises:
        if enterprise not in known:
            _fault(scenario, line, UNKNOWN_ENTERPRISE, enterprise=enterprise[:40])
    if step.do == "reset_price":
        _price(scenario, line, step)
    names = ", ".join(scheme.name for scheme in schemes)
    if step.do == "adopt" and step.scheme not in {scheme.name for scheme in schemes}:
        _fault(scenario, line, UNKNOWN_SCHEME, scheme=step.scheme[:40], known=names)
    vintages = {scheme.body.vintage for scheme in schemes}
    if step.vintage and step.do != "release_exit" and step.vintage not in vintages:
        _fault(scenario, line, UNKNOWN_SCHEME, scheme=str(step.vintage), known=names)
    _check_types(scenario, line, schemes[0].name, step.to, registry)


def _price(scenario: Scenario, line: int, step: Step) -> None:
    try:
        parse_money_fen(step.price_cny)
    except Refused as no:
        raise BadInput(no.refusal, str(scenario.folder / "scenario.toml"), line) from None


def _check_types(
    scenario: Scenario, line: int, scheme: str, types: Iterable[str], registry: RegistryRules
) -> None:
    government = tuple(t.code for t in registry.account_types if t.government)
    for account_type in types:
        if account_type not in government:
            said = {"account_type": account_type[:40], "known": ", ".join(government)}
            _fault(scenario, line, UNKNOWN_TYPE, scheme=scheme, **said)


def _fault(scenario: Scenario, line: int, spec: RefusalCode, **details: str | int) -> NoReturn:
    raise BadInput(Refusal(spec.code, details), str(scenario.folder / "scenario.toml"), line)


def step_line(folder: Path, n: int) -> int:
    """The line of the n-th `[[steps]]` (from 0); 0 where the steps are written another way."""
    lines = (folder / "scenario.toml").read_text(encoding="utf-8").splitlines()
    heads = [at for at, text in enumerate(lines, start=1) if text.strip().startswith("[[steps]]")]
    return heads[n] if n < len(heads) else 0
