"""From steps to tonnes: the enterprise's quota, its free and paid part, pre-issue, true-up and objections.

The quota of an enterprise is the sum over its processes. Amounts stay exact until here and are rounded down
to whole tonnes once, at enterprise level; the remainder is kept for the audit record (rulebook default,
`allocation.rounding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from msgspec import Struct

from capwright.allocation.formula import StepValue
from capwright.allocation.working import Step, Working, decimal_of, floor_of, shown
from capwright.kernel.calendar import WorkingCalendar
from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import define, refuse

__all__ = [
    "PreIssue",
    "PreIssueBasis",
    "Quota",
    "Share",
    "TrueUp",
    "enterprise_quota",
    "objection_open",
    "objection_until",
    "pre_issue_of_steps",
    "pre_issue_of_tonnes",
    "true_up",
    "two_step",
]

PreIssueBasis = Literal[
    "none", "given", "previous_output", "last_approved", "full_formula", "reported_emissions"
]

TOO_MUCH = define(
    "CW-5030",
    en="The figures give a quota of {quantity} t, more than any market holds.",
    zh="按所填数据计算的配额为{quantity}吨，超出任何市场的规模。",
    mend_en="Check the units of activity and capacity.",
    mend_zh="请检查产量和产能的单位。",
    rule="design: integers inside",
)


class Share(NamedTuple):
    """A process step with the free share that applies to it."""

    value: StepValue
    free: Working


class Quota(Struct, frozen=True, kw_only=True):
    """What an enterprise is approved: `approved_t` = `free_t` + `paid_t`, whole tonnes.

    `total` and `free` are the amounts before rounding; the remainders are what the rounding left.
    """

    approved_t: int
    free_t: int
    paid_t: int
    total: Decimal
    free: Decimal
    total_remainder: Decimal
    free_remainder: Decimal
    formula: str
    numbers: str
    cites: tuple[str, ...]
    steps: tuple[Step, ...]


class PreIssue(Struct, frozen=True, kw_only=True):
    """The free quota handed out ahead of the approval, and on what basis."""

    basis: PreIssueBasis
    quantity_t: int
    remainder: Decimal
    formula: str
    numbers: str
    cites: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class TrueUp(Struct, frozen=True):
    """The settlement between pre-issue and approval.

    `delta_t` = f × A - pre-issued free: above zero it is issued, below zero recalled.
    """

    approved_free_t: int
    pre_issued_t: int
    delta_t: int
    issue_t: int
    recall_t: int


def enterprise_quota(shares: Sequence[Share]) -> Quota:
    """Add up the processes of an enterprise; there is at least one."""
    total = sum((share.value.exact for share in shares), Fraction(0))
    free = sum((share.value.exact * share.free.value for share in shares), Fraction(0))
    approved_t, free_t = _whole(total), _whole(free)
    formula, numbers, cites = _spelled(shares, free, free_t)
    return Quota(
        approved_t=approved_t,
        free_t=free_t,
        paid_t=approved_t - free_t,
        total=decimal_of(total),
        free=decimal_of(free),
        total_remainder=decimal_of(total - approved_t),
        free_remainder=decimal_of(free - free_t),
        formula=f"free = {formula}",
        numbers=numbers,
        cites=cites,
        steps=tuple(share.value.step for share in shares),
    )


def pre_issue_of_steps(
    basis: PreIssueBasis, shares: Sequence[Share], part: Working | None = None, cites: Sequence[str] = ()
) -> PreIssue:
    """Pre-issue computed by formula: free share × A0, times `part` where the scheme pre-issues only a part.

    GZETS 2014-08-18: A0 = Q_{t-1} × BM × d. The national market pre-allocates 70 % of it.
    """
    free = sum((share.value.exact * share.free.value for share in shares), Fraction(0))
    scaled = free if part is None else free * part.value
    quantity_t = _whole(scaled)
    formula, numbers, used = _spelled(shares, scaled, quantity_t, part)
    return PreIssue(
        basis=basis,
        quantity_t=quantity_t,
        remainder=decimal_of(scaled - quantity_t),
        formula=f"pre-issue = {formula}",
        numbers=numbers,
        cites=tuple(dict.fromkeys((*cites, *used))),
        steps=tuple(share.value.step for share in shares),
    )


def pre_issue_of_tonnes(
    basis: PreIssueBasis, amount: Working, part: Working | None = None, cites: Sequence[str] = ()
) -> PreIssue:
    """Pre-issue of a known amount: the last approved free quota, or a new firm's reported emissions.

    GZETS 2022-12-05, 2024-01-12 (last approved quota; reported emissions of the year before).
    """
    work = amount if part is None else part * amount
    quantity_t = _whole(work.value)
    used = (item.path for item in work.inputs if item.path)
    return PreIssue(
        basis=basis,
        quantity_t=quantity_t,
        remainder=decimal_of(work.value - quantity_t),
        formula=f"pre-issue = {work.symbols}",
        numbers=_rounded(work.numbers, work.value, quantity_t),
        cites=tuple(dict.fromkeys((*cites, *used))),
    )


def true_up(approved_free_t: int, pre_issued_t: int) -> TrueUp:
    """Settle the approved free quota against the pre-issue, both ways (多退少补, GZETS 2017-02-23 …)."""
    delta_t = approved_free_t - pre_issued_t
    return TrueUp(approved_free_t, pre_issued_t, delta_t, max(delta_t, 0), max(-delta_t, 0))


def two_step(pre_issue: Fraction, output: Fraction, previous_output: Fraction) -> Fraction:
    """A = A0 × Q_t / Q_{t-1}, the wording of 2014-2018 (GZETS 2014-08-18); equals Q_t × BM × d exactly.

    `previous_output` must be above zero; a line that stood still the year before is approved by Q_t × BM × d.
    """
    return pre_issue * output / previous_output


def objection_until(published_on: date, working_days: int, calendar: WorkingCalendar) -> date:
    """The last day on which a firm may ask for a review; the day of publication does not count."""
    return calendar.add_working_days(published_on, working_days)


def objection_open(published_on: date, on: date, working_days: int, calendar: WorkingCalendar) -> bool:
    """Whether the approved quota may still be objected to (5 working days, GZETS 2017-02-23 … 2024-03-22)."""
    return published_on <= on <= objection_until(published_on, working_days, calendar)


def _spelled(
    shares: Sequence[Share], value: Fraction, quantity_t: int, part: Working | None = None
) -> tuple[str, str, tuple[str, ...]]:
    """Formula, figures and citations of a sum of shares: `0.96 × 1,575,288 = 1,512,276.48 → 1,512,276`."""
    symbols = " + ".join(f"{share.free.symbols} × A_{share.value.step.process}" for share in shares)
    numbers = " + ".join(f"{share.free.numbers} × {shown(share.value.exact)}" for share in shares)
    if part is not None:
        brackets = ("(", ")") if len(shares) > 1 else ("", "")
        symbols = f"{part.symbols} × {symbols.join(brackets)}"
        numbers = f"{part.numbers} × {numbers.join(brackets)}"
    inputs = [item for share in shares for item in share.free.inputs]
    inputs += part.inputs if part is not None else ()
    paths = dict.fromkeys(item.path for item in inputs if item.path)
    return symbols, _rounded(numbers, value, quantity_t), (*paths, "allocation.rounding")


def _rounded(numbers: str, value: Fraction, quantity_t: int) -> str:
    text = shown(value)
    said = "" if numbers == text else f"{numbers} = "
    tonnes = f"{quantity_t:,}"
    return said + (text if text == tonnes else f"{text} → {tonnes}")


def _whole(value: Fraction) -> int:
    quantity_t = floor_of(value)
    if quantity_t > MAX_T:
        refuse(TOO_MUCH, quantity=f"{quantity_t:,}"[:40])
    return quantity_t
