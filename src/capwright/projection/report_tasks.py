"""What of monitoring, reporting and verification waits for somebody."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import Refused
from capwright.ledger.clock import local_ms
from capwright.market.composition import room_of
from capwright.mrv.reminders import reminders
from capwright.mrv.room import MrvRoom
from capwright.projection.reporting import filing_year, rules_of, stage_of
from capwright.projection.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.market import Market
    from capwright.mrv.state import FirmYear
    from capwright.projection.viewer import Viewer

__all__ = ["report_tasks"]

_DAY_END: Final = time(23, 59, 59)
_OWED: Final = {
    "plan": ("File the monitoring plan", "提交监测计划", "plan/"),
    "report": ("File the emission report for {}", "提交{}年度排放报告", ""),
}
_DECIDE: Final = {
    "unassigned": ("Assign a verifier", "指派核查机构"),
    "recheck": ("Assign another verifier for a re-check", "指派其他机构复查"),
    "contested": ("Assign another verifier after a contest", "异议后指派其他机构重新核查"),
    "review": ("Review a verification statement", "评议核查结论"),
    "approve": ("Approve an emission figure", "核定排放量"),
}


def report_tasks(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Of firms, verifiers and the authority, each their own."""
    yield from _of_firms(market, viewer)
    if viewer.accounts:
        yield from _owed(market, viewer)
    if viewer.verifiers:
        yield from _of_verifiers(market, viewer)
    if viewer.has("authority"):
        yield from _of_authority(market)


def _end_ms(market: Market, year: int, due: date | None) -> int:
    if due is None:
        return 0
    try:
        return local_ms(market.rulebook.vintage(year), due, _DAY_END)
    except Refused:
        return 0


def _of_firms(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Findings to answer, and plans that were sent back."""
    state = room_of(market.rooms, MrvRoom).state
    for number in viewer.accounts:
        name = market.book.state.accounts[number].name
        for year, firm in state.years.get(number, {}).items():
            open_findings = sum(one.status == "open" for one in firm.findings.values())
            if open_findings:
                yield Task(
                    "finding",
                    f"Answer {open_findings} findings of the verifier on {year}",
                    f"答复核查机构对{year}年度报告的{open_findings}项发现",
                    f"/desk/accounts/{number}/reports/{year}/",
                    name,
                    account=number,
                )
        plans = state.plans.get(number, [])
        if plans and plans[-1].status == "returned":
            yield Task(
                "plan", "The monitoring plan was sent back", "监测计划已退回，请更正",
                f"/desk/accounts/{number}/reports/plan/", name, account=number,
            )  # fmt: skip


def _owed(market: Market, viewer: Viewer) -> Iterator[Task]:
    """The plan and the report that a firm still owes for the year that is filed now."""
    year, room = filing_year(market), room_of(market.rooms, MrvRoom)
    rules = rules_of(market, year)
    if rules is None:
        return
    firms = {one.number: one.name for one in room.desk.firms(year) if one.number in viewer.accounts}
    for one in reminders(
        room.state, rules, year, sorted(firms), date.min
    ):  # what is overdue shows by its date
        words = _OWED.get(one.what) if one.who == one.account else None
        if words is not None:
            en, zh, page = words
            yield Task(
                one.what, en.format(year), zh.format(year), f"/desk/accounts/{one.account}/reports/{page}",
                firms[one.account], due_ms=_end_ms(market, year, one.due_on), account=one.account,
            )  # fmt: skip


def _of_verifiers(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Mandates that are open, with the last day for the statement."""
    for number, years in room_of(market.rooms, MrvRoom).state.years.items():
        for year, firm in years.items():
            mandate = firm.assignment
            if mandate is None or mandate.verifier not in viewer.verifiers:
                continue
            rules = rules_of(market, year)
            due = rules.statement_due_on if rules is not None and mandate.purpose == "verification" else None
            answered = sum(one.status == "answered" for one in firm.findings.values())
            yield Task(
                "verify",
                f"Verify the report for {year}" + (f"; {answered} answers to look at" if answered else ""),
                f"核查{year}年度报告" + (f"，{answered}项答复待处理" if answered else ""),
                f"/desk/verifier/{number}/{year}/",
                market.book.state.accounts[number].name,
                due_ms=_end_ms(market, year, due),
            )


def _of_authority(market: Market) -> Iterator[Task]:
    """Plans to approve, and years that wait for the authority."""
    state, accounts = room_of(market.rooms, MrvRoom).state, market.book.state.accounts
    for number, plans in state.plans.items():
        if plans and plans[-1].status == "filed":
            yield Task(
                "plan", "Approve a monitoring plan", "批准监测计划",
                f"/desk/accounts/{number}/reports/plan/", accounts[number].name,
            )  # fmt: skip
    required: dict[int, bool] = {}
    for number, years in state.years.items():
        for year, firm in years.items():
            if year not in required:
                rules = rules_of(market, year)
                required[year] = rules is None or rules.review_required
            words = _DECIDE.get(_stage(firm, review_required=required[year]))
            if words is not None:
                yield Task(
                    "report", f"{words[0]}, {year}", f"{words[1]}（{year}年度）",
                    f"/desk/accounts/{number}/reports/{year}/", accounts[number].name,
                )  # fmt: skip


def _stage(firm: FirmYear, *, review_required: bool) -> str:
    return stage_of(firm, review_required=review_required)
