"""The figures on record: putting them there, and reading them as the pure rules do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from capwright.allocation.activity import (
    BAD_ACTIVITY,
    BAD_MONTHS,
    MAX_ACTIVITY,
    MONTHS_A_YEAR,
    UNKNOWN_PROCESS,
    ActivityRow,
    Enterprise,
    Kind,
    ProcessData,
)
from capwright.allocation.desk import Desk
from capwright.allocation.messages import ActivityRecorded, Figures, RecordActivity
from capwright.allocation.state import AllocationState
from capwright.allocation.vintage import VintageRules
from capwright.kernel.message import Event
from capwright.kernel.quantity import BAD_TONNES, MAX_T
from capwright.kernel.refusal import define, refuse
from capwright.ledger.room import Request

__all__ = ["Records", "check_figure", "enterprise_of", "with_row"]

NO_ACTIVITY = define(
    "CW-5103",
    en="No figures of {account} are on record for vintage {vintage}.",
    zh="没有{account}可用于{vintage}年度的活动数据。",
    mend_en="Record them first.",
    mend_zh="请先录入。",
    rule="design: quota comes from recorded figures",
)
BAD_YEAR = define(
    "CW-5108",
    en="{year} is not a year of figures.",
    zh="{year}不是有效的数据年份。",
    mend_en="Give a year from 1990 to 2100.",
    mend_zh="请填写1990至2100之间的年份。",
    rule="design: no absurd sizes",
)
CLOSED_FIGURES = define(
    "CW-5109",
    en="The figures of {account} for {year} are closed: its quota of that vintage is approved.",
    zh="{account}{year}年度配额已核定，该年数据不可再改。",
    mend_en="The enterprise can object within the term; the decision sets the figure.",
    mend_zh="企业可在期限内提出异议，由复核决定确定数额。",
    rule="GZETS 2017-02-23 … 2024-03-22: review within five working days",
)

_YEARS: Final = range(1990, 2101)
_DECIMALS: Final = 9
_DIGITS: Final = 15


class Records:
    """Handler and applier of recorded figures."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state

    def record(self, _request: Request, command: RecordActivity) -> list[Event]:
        """Check the figures; a later record corrects an earlier one until the vintage is approved."""
        account = self._desk.account(command.account)
        for year in (command.year, *((command.covered_from,) if command.covered_from else ())):
            if year not in _YEARS:
                refuse(BAD_YEAR, year=year)
        self._check_process(command)
        quota = self._desk.quota(command.year, account.number)
        if quota is not None and quota.approved_t is not None:
            refuse(CLOSED_FIGURES, account=account.number, year=command.year)
        _check(command)
        return [
            ActivityRecorded(
                account=command.account,
                process=command.process,
                year=command.year,
                figures=Figures(**{name: getattr(command, name) for name in Figures.__struct_fields__}),
                covered_from=command.covered_from,
            )
        ]

    def _check_process(self, command: RecordActivity) -> None:
        """Refuse a process that no adopted scheme knows."""
        known: list[str] = []
        for rules in self._desk.rulebook.by_name.values():
            allocation = rules.body.allocation
            codes = [rule.code for rule in allocation.processes] if allocation is not None else []
            if command.process in codes:
                return
            known = codes or known
        scheme = self._desk.rulebook.now().scheme.name
        refuse(UNKNOWN_PROCESS, scheme=scheme, process=command.process[:40], known=", ".join(known))

    def recorded(self, event: ActivityRecorded, _at_ms: int) -> None:
        """Fold the event."""
        processes = self._state.figures.setdefault(event.account, {})
        processes.setdefault(event.process, {})[event.year] = event.figures
        if event.covered_from:
            self._state.covered_from[event.account] = event.covered_from


def _check(command: RecordActivity) -> None:
    for figure in (command.activity, command.capacity, command.heat_gj):
        check_figure(figure)
    for quantity_t in (
        command.emissions_t,
        command.extra_t,
        command.pre_issued_t,
        command.last_approved_t,
    ):
        if quantity_t is not None and not 0 <= quantity_t <= MAX_T:
            refuse(BAD_TONNES, text=str(quantity_t)[:40], least=0)
    for months in (command.abnormal_months, command.stopped_months):
        check_months(months)


def check_figure(figure: Decimal | None) -> None:
    """Refuse a figure of activity, capacity or energy that is negative, absurd, or finer than 1e-9."""
    if figure is None:
        return
    exponent = figure.as_tuple().exponent
    bounded = figure.is_finite() and 0 <= figure <= MAX_ACTIVITY
    if not bounded or not -_DECIMALS <= int(exponent) <= _DIGITS:  # 0E+999999999 is bounded, but takes a day
        refuse(BAD_ACTIVITY, text=str(figure)[:40])


def check_months(months: int | None) -> None:
    """Refuse what is no number of months of a year."""
    if months is not None and not 0 <= months <= MONTHS_A_YEAR:
        refuse(BAD_MONTHS, text=str(months)[:40])


def enterprise_of(state: AllocationState, rules: VintageRules, account: str) -> Enterprise:
    """The recorded figures of an account as the rules read them.

    A process that the scheme no longer has is left out, unless it has figures of the vintage itself.
    """
    kind: Kind = "existing"
    if state.covered_from.get(account) == rules.vintage:
        kind = "newly_covered"
    processes = []
    for process, years in state.figures.get(account, {}).items():
        if process not in rules.processes:
            if rules.vintage not in years:
                continue
            known = ", ".join(rules.processes)
            refuse(UNKNOWN_PROCESS, scheme=rules.scheme, process=process, known=known)
        rows = {
            year: _row(account, process, year, kind, figures)
            for year, figures in years.items()
            if year <= rules.vintage
        }
        if rows:
            processes.append(ProcessData(process, rows, {}))
    if not processes:
        refuse(NO_ACTIVITY, account=account, vintage=rules.vintage)
    return Enterprise(account, kind, tuple(processes))


def with_row(enterprise: Enterprise, vintage: int, process: str = "", **changes: Any) -> Enterprise:
    """The enterprise with changes to the vintage's row of one process, or of all (`process` empty)."""
    processes = []
    for data in enterprise.processes:
        if process in ("", data.process):
            bare = ActivityRow(enterprise=enterprise.name, process=data.process, year=vintage)
            row = replace(data.years.get(vintage, bare), **changes)
            processes.append(ProcessData(data.process, {**data.years, vintage: row}, {}))
        else:
            processes.append(data)
    return Enterprise(enterprise.name, enterprise.kind, tuple(processes))


def _row(account: str, process: str, year: int, kind: Kind, figures: Figures) -> ActivityRow:
    return ActivityRow(
        enterprise=account,
        process=process,
        year=year,
        kind=kind,
        activity=figures.activity,
        emissions_t=figures.emissions_t,
        licensed_capacity=figures.capacity,
        heat_gj=figures.heat_gj,
        normal=figures.normal,
        extra_t=figures.extra_t,
        abnormal_months=figures.abnormal_months,
        stopped_months=figures.stopped_months,
        closed=figures.closed,
        pre_issued_t=figures.pre_issued_t,
        last_approved_t=figures.last_approved_t,
    )
