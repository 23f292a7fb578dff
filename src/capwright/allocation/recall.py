"""Recall of free quota after a closure or a long stop.

A month is abnormal when utilisation in it is under the scheme's limit (50 %). On closure or move the free
quota of abnormal months is recalled and cancelled, the rest stays the firm's (DECREE art. 16;
RULE-2015-MGMT art. 14); the same after a self-chosen stop of more than six months in the year
(RULE-2015-MGMT art. 15). In vintage 2015 firms of the historical methods were recalled already for a
cumulated stop of three months or more (GZETS 2016-02-19).

No source found says how a month's quota is measured. Documented *default*: free quota × abnormal months /
12, rounded down at enterprise level. A stop recalled under the 2015 rule counts its stopped months where
they are more than the abnormal ones (a month without production has utilisation zero).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from msgspec import Struct

from capwright.allocation.activity import MONTHS_A_YEAR
from capwright.allocation.working import decimal_of, floor_of, shown
from capwright.scheme.allocation_rules import AllocationRules, Method

__all__ = ["Idle", "Recall", "RecallReason", "abnormal_months", "recall_of", "recall_reason"]

RecallReason = Literal["closure", "long_stop", "historical_stop"]


class Idle(NamedTuple):
    """How a process stood still in the vintage year, with its exact free quota."""

    process: str
    method: Method
    free: Fraction
    abnormal_months: int
    stopped_months: int = 0
    closed: bool = False


class Recall(Struct, frozen=True, kw_only=True):
    """Free quota to be recalled and cancelled. `reasons` pairs each process concerned with its reason."""

    quantity_t: int
    remainder: Decimal
    reasons: tuple[tuple[str, RecallReason], ...]
    formula: str = "recall = Σ free_process × abnormal months / 12"
    numbers: str = ""
    cites: tuple[str, ...] = ()


def abnormal_months(utilisation: Sequence[Decimal], limit: Decimal) -> int:
    """How many months of a year are abnormal: utilisation (1 = full) strictly under the limit."""
    assert len(utilisation) <= MONTHS_A_YEAR, len(utilisation)
    return sum(1 for month in utilisation if month < limit)


def recall_reason(rules: AllocationRules, idle: Idle) -> RecallReason | None:
    """Which rule, if any, recalls the quota of a process that stood still."""
    if idle.closed and (rules.low_utilisation is not None or rules.historical_stop_months is not None):
        return "closure"
    if rules.stop_months is not None and idle.stopped_months > rules.stop_months:
        return "long_stop"
    historical = idle.method in ("historical_emissions", "historical_intensity")
    least = rules.historical_stop_months
    if historical and least is not None and idle.stopped_months >= least:
        return "historical_stop"
    return None


def recall_of(rules: AllocationRules, idles: Sequence[Idle]) -> Recall | None:
    """The recall of an enterprise, over its processes; None when no rule calls for one."""
    amount = Fraction(0)
    said: list[str] = []
    reasons: list[tuple[str, RecallReason]] = []
    for idle in idles:
        reason = recall_reason(rules, idle)
        if reason is None:
            continue
        months = idle.abnormal_months
        if reason == "historical_stop":
            months = max(months, idle.stopped_months)
        amount += idle.free * months / MONTHS_A_YEAR
        reasons.append((idle.process, reason))
        said.append(f"{shown(idle.free)} × {months} / {MONTHS_A_YEAR}")
    if not reasons:
        return None
    quantity_t = floor_of(amount)
    return Recall(
        quantity_t=quantity_t,
        remainder=decimal_of(amount - quantity_t),
        reasons=tuple(reasons),
        numbers=f"{' + '.join(said)} = {shown(amount)} → {quantity_t:,}",
        cites=tuple(dict.fromkeys(_CITES[reason] for _, reason in reasons)),
    )


_CITES: dict[RecallReason, str] = {
    "closure": "allocation.low_utilisation",
    "long_stop": "allocation.stop_months",
    "historical_stop": "allocation.historical_stop_months",
}
