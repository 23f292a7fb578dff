"""Who owes what by when: a pure function of the state, the scheme and a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal

from msgspec import Struct

from capwright.mrv.state import FirmYear, MrvState
from capwright.scheme.mrv_rules import MrvRules

__all__ = ["Duty", "Reminder", "reminders"]

Duty = Literal[
    "plan",
    "plan_decision",
    "report",
    "assignment",
    "answer",
    "statement",
    "review",
    "approval",
    "inspection",
]


class Reminder(Struct, frozen=True):
    """`who` owes `what` for the year of `account`; `due_on` None: the scheme has no date for it.

    `who` is the account, the verifier, or `authority`.
    """

    who: str
    account: str
    year: int
    what: Duty
    due_on: date | None
    overdue: bool


def reminders(
    state: MrvState, rules: MrvRules, year: int, accounts: Iterable[str], on: date
) -> list[Reminder]:
    """Everything that is owed for a year on a day, what is overdue first, then by date.

    `accounts` are the firms that report for the year. A duty is overdue on the day after its date.
    """
    found: list[Reminder] = []

    def add(who: str, account: str, what: Duty, due_on: date | None) -> None:
        found.append(Reminder(who, account, year, what, due_on, due_on is not None and on > due_on))

    for account in accounts:
        firm = state.years.get(account, {}).get(year) or FirmYear()
        for who, what, due_on in (*_plan(state, rules, account), *_firm(rules, account, firm)):
            add(who, account, what, due_on)
    for draw in state.draws.values():
        if draw.year == year:
            for account in draw.waiting:
                add("authority", account, "inspection", None)
    return sorted(found, key=lambda one: (not one.overdue, one.due_on or date.max, one.account, one.what))


def _plan(state: MrvState, rules: MrvRules, account: str) -> Iterator[tuple[str, Duty, date | None]]:
    versions = state.plans.get(account, [])
    due_on = rules.plan_due_on or rules.report_due_on
    if versions and versions[-1].status == "filed":
        yield "authority", "plan_decision", due_on
    elif rules.plan_required and not any(one.status == "approved" for one in versions):
        yield account, "plan", due_on


def _firm(rules: MrvRules, account: str, firm: FirmYear) -> Iterator[tuple[str, Duty, date | None]]:
    """What is next for a firm's year. Nothing is, once its figure counts and is not contested."""
    settled_on = rules.province_due_on or rules.city_due_on
    mandate, current = firm.assignment, firm.current
    if firm.approved and not firm.contest_open:
        return
    if firm.estimate_t is not None and not firm.contest_open:
        yield "authority", "approval", settled_on
        return
    if current is None:
        yield account, "report", rules.report_due_on
    if mandate is not None:
        yield mandate.verifier, "statement", rules.statement_due_on
        if any(one.assignment_id == mandate.id and one.status == "open" for one in firm.findings.values()):
            yield account, "answer", rules.statement_due_on
    elif current is not None:
        yield _next(rules, firm, settled_on)


def _next(rules: MrvRules, firm: FirmYear, settled_on: date | None) -> tuple[str, Duty, date | None]:
    if firm.recheck_due or firm.contest_open or firm.statement is None:
        return "authority", "assignment", rules.statement_due_on
    if rules.review_required and firm.review != "accepted":
        return "authority", "review", settled_on
    return "authority", "approval", settled_on
