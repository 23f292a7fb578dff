"""Commands and events of free allocation on the ledger to enterprises that stay in the market.

Vintages are years. `accounts=()` means every account that is due: open, covered in the vintage, not dealt
with before, its terms over. One whose figures are lacking is never left out: the command refuses and names
it. `steps` of an event spell the formula out with symbols and figures, so that the journal explains every
tonne.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import OPERATOR_OR_AUTHORITY, THE_ACCOUNT, TWO_OF_THE_AUTHORITY, Permit
from capwright.ledger.messages import PostingEvent

__all__ = [
    "ActivityRecorded",
    "AllowancesIssued",
    "AllowancesPreIssued",
    "AllowancesRecalled",
    "ApproveQuota",
    "DecideObjection",
    "Figures",
    "ObjectToQuota",
    "ObjectionDecided",
    "OwedRecalled",
    "PreIssueAllowances",
    "QuotaApproved",
    "QuotaObjected",
    "RecallForStop",
    "RecallOwed",
    "RecallReason",
    "RecordActivity",
    "TrueUpAllowances",
]

RecallReason = Literal["true_up", "stop"]


# Figures.


class Figures(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one process in one year; `capwright.allocation.activity` says what each means."""

    activity: Decimal | None = None
    emissions_t: int | None = None
    capacity: Decimal | None = None
    heat_gj: Decimal | None = None
    normal: bool = True
    extra_t: int = 0
    abnormal_months: int = 0
    stopped_months: int = 0
    closed: bool = False
    pre_issued_t: int | None = None
    last_approved_t: int | None = None


class RecordActivity(Command, frozen=True, kw_only=True):
    """Record the verified figures of one process of an enterprise for one year, base years included.

    A later record for the same account, process and year corrects the earlier one, until the quota of that
    year is approved. `capacity` is the licensed capacity a year. `covered_from` is the first vintage in
    which the enterprise is covered, where it is newly covered (0: says nothing). `pre_issued_t` and
    `last_approved_t` carry over what happened before this ledger began; they belong to the vintage's year.
    """

    permit: ClassVar[Permit] = OPERATOR_OR_AUTHORITY
    account: str
    process: str
    year: int
    activity: Decimal | None = None
    emissions_t: int | None = None
    capacity: Decimal | None = None
    heat_gj: Decimal | None = None
    normal: bool = True
    extra_t: int = 0
    abnormal_months: int = 0
    stopped_months: int = 0
    closed: bool = False
    pre_issued_t: int | None = None
    last_approved_t: int | None = None
    covered_from: int = 0


class ActivityRecorded(Event, frozen=True, kw_only=True):
    account: str
    process: str
    year: int
    figures: Figures
    covered_from: int = 0


# Pre-issue, approval, objection, true-up.


class PreIssueAllowances(Command, frozen=True):
    """Hand out free quota ahead of the approval, once per account and vintage."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    vintage: int
    accounts: tuple[str, ...] = ()


class AllowancesPreIssued(PostingEvent, frozen=True, kw_only=True):
    """`pre_issued_t` by the rule, less `deducted_t` for a sanction, gives `quantity_t` units.

    `frozen_t` of them lie frozen until surrender.
    """

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    basis: str
    pre_issued_t: int
    quantity_t: int
    frozen_t: int = 0
    deducted_t: int = 0
    steps: tuple[str, ...] = ()


class ApproveQuota(Command, frozen=True):
    """Work out and approve the quota of a vintage from the recorded figures."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    vintage: int
    accounts: tuple[str, ...] = ()


class QuotaApproved(Event, frozen=True, kw_only=True):
    """`approved_t` = `free_t` + `paid_t`; `difference_t` = free - pre-issued, before recalls and sanctions.

    A review may be asked for until the end of `objection_until`.
    """

    account: str
    vintage: int
    approved_t: int
    free_t: int
    paid_t: int
    pre_issued_t: int
    difference_t: int
    objection_until: date
    steps: tuple[str, ...] = ()


class ObjectToQuota(Command, frozen=True):
    """Ask for a review of the approved quota; in time only, and once."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    vintage: int
    reason: str


class QuotaObjected(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    reason: str


class DecideObjection(Command, frozen=True):
    """Answer an objection with the quota that holds from now on, the old figure or a new one.

    `free_t` need only be given where the enterprise's processes have different free shares.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int
    approved_t: int
    free_t: int | None = None
    reason: str = ""


class ObjectionDecided(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    approved_t: int
    free_t: int
    paid_t: int
    difference_t: int
    reason: str = ""


class TrueUpAllowances(Command, frozen=True):
    """Settle approved quota against what was handed out, both ways, when no objection is possible or open."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    vintage: int
    accounts: tuple[str, ...] = ()


class AllowancesIssued(PostingEvent, frozen=True, kw_only=True):
    """True-up with nothing to recall; `quantity_t` may be zero.

    `deducted_t` is what a sanction takes; below zero it gives back what the pre-issue had taken too much.
    """

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    quantity_t: int
    frozen_t: int = 0
    deducted_t: int = 0


class AllowancesRecalled(PostingEvent, frozen=True, kw_only=True):
    """Units taken back: `quantity_t` were there, `owed_t` were not and can be recalled later.

    `reason` true_up: into the allocation account, settles the vintage. `reason` stop: into the cancellation
    account; `entitled_less_t` is what the quota loses by the rule (steps say how), handed out or not.
    """

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    reason: RecallReason
    quantity_t: int
    owed_t: int = 0
    deducted_t: int = 0
    entitled_less_t: int = 0
    steps: tuple[str, ...] = ()


# Recalls.


class RecallForStop(Command, frozen=True):
    """Recall and cancel the free quota of abnormal months after a closure or a long stop.

    What is given here goes before the recorded figures; nothing given: as recorded. `process` empty: the
    whole enterprise stood still.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int
    abnormal_months: int | None = None
    stopped_months: int | None = None
    closed: bool | None = None
    process: str = ""


class RecallOwed(Command, frozen=True):
    """Recall what an earlier recall did not find; 0: as much as is there."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int
    quantity_t: int = 0


class OwedRecalled(PostingEvent, frozen=True, kw_only=True):
    """`owed_t` is still owed for this reason afterwards."""

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    reason: RecallReason
    quantity_t: int
    owed_t: int = 0
