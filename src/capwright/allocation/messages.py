"""Commands and events of free allocation on the ledger.

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

from capwright.allocation.exits import ExitPart
from capwright.kernel.message import Command, Event, Permit
from capwright.ledger.messages import PostingEvent

__all__ = [
    "ActivityRecorded",
    "AdvanceNewProject",
    "AllowancesIssued",
    "AllowancesPreIssued",
    "AllowancesRecalled",
    "ApproveQuota",
    "ConvertToSpecial",
    "DecideObjection",
    "ExitConverted",
    "ExitPartReleased",
    "Figures",
    "FreezeLeaver",
    "IssueToNewProject",
    "LeaverFrozen",
    "NationalDeductionNoted",
    "NewProjectAdvanced",
    "NewProjectIssued",
    "NewProjectRegistered",
    "ObjectToQuota",
    "ObjectionDecided",
    "OwedRecalled",
    "PaidShareRecorded",
    "PreIssueAllowances",
    "PreIssuedRecalled",
    "ProjectLine",
    "QuotaApproved",
    "QuotaObjected",
    "RecallForStop",
    "RecallOwed",
    "RecallPreIssued",
    "RecallReason",
    "RecordActivity",
    "RecordPaidShare",
    "RegisterNewProject",
    "ReleaseExitPart",
    "TrueUpAllowances",
]

RecallReason = Literal["true_up", "stop"]

_AUTHORITY = Permit(roles=("authority",), four_eyes=True)


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

    permit: ClassVar[Permit] = Permit(roles=("authority", "operator"))
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

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = Permit(account_field="account")
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

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int
    abnormal_months: int | None = None
    stopped_months: int | None = None
    closed: bool | None = None
    process: str = ""


class RecallOwed(Command, frozen=True):
    """Recall what an earlier recall did not find; 0: as much as is there."""

    permit: ClassVar[Permit] = _AUTHORITY
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


# New projects.


class ProjectLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One process of a new project: design capacity a year, or expected energy use with its factor."""

    process: str
    design_capacity: Decimal | None = None
    energy_tce: Decimal | None = None
    energy_factor: Decimal | None = None


class RegisterNewProject(Command, frozen=True):
    """Approve the quota of a new project; one for each account and vintage."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int
    lines: tuple[ProjectLine, ...]


class NewProjectRegistered(Event, frozen=True, kw_only=True):
    """`paid_t` must be bought before the free part opens, `buy_by_auction_t` of it by auction at least."""

    account: str
    vintage: int
    approved_t: int
    free_t: int
    paid_t: int
    buy_by_auction_t: int = 0
    steps: tuple[str, ...] = ()


class RecordPaidShare(Command, frozen=True):
    """Put on record what an account bought towards its paid share outside the auctions of this ledger.

    Awards settled in auctions of the same vintage count by themselves. `how` auction: bought in an auction
    elsewhere; other: on the exchange or by agreement.
    """

    permit: ClassVar[Permit] = Permit(roles=("authority",))
    account: str
    vintage: int
    quantity_t: int
    how: Literal["auction", "other"] = "other"


class PaidShareRecorded(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    quantity_t: int
    how: Literal["auction", "other"]


class AdvanceNewProject(Command, frozen=True):
    """Note completion acceptance, for which the paid share must be bought, then the controlled status."""

    permit: ClassVar[Permit] = Permit(roles=("authority",))
    account: str
    vintage: int
    stage: Literal["accepted", "controlled"]


class NewProjectAdvanced(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    stage: Literal["accepted", "controlled"]


class IssueToNewProject(Command, frozen=True):
    """Issue the free part of a new project's quota out of the new-project reserve."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int


class NewProjectIssued(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    quantity_t: int
    frozen_t: int = 0


# Leavers.


class RecallPreIssued(Command, frozen=True):
    """Recall the quota pre-issued to an enterprise that leaves for the national market."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int


class PreIssuedRecalled(PostingEvent, frozen=True, kw_only=True):
    """Of `pre_issued_t` still out, `quantity_t` were there and went back to the allocation account."""

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    pre_issued_t: int
    quantity_t: int


class NationalDeductionNoted(Event, frozen=True, kw_only=True):
    """What a leaver did not hand back is to be taken from its national pre-allocation."""

    account: str
    vintage: int
    quantity_t: int


class FreezeLeaver(Command, frozen=True):
    """Freeze every allowance of a leaver and plan the release by the exit rules of the vintage's scheme.

    No quota of `vintage` or later is given to the account any more.
    """

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int
    captive_plant: bool = False


class LeaverFrozen(PostingEvent, frozen=True, kw_only=True):
    """`parts` are freed with the plans they name, `held_t` stays frozen.

    `kind`, where there is one, is the special unit that the holding must be turned into before that.
    """

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    quantity_t: int
    captive_plant: bool
    parts: tuple[ExitPart, ...]
    held_t: int = 0
    kind: str = ""


class ConvertToSpecial(Command, frozen=True):
    """Cancel a leaver's frozen allowances and issue as many special units to it, frozen."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int


class ExitConverted(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    series: str
    quantity_t: int
    parts: tuple[ExitPart, ...]
    held_t: int = 0


class ReleaseExitPart(Command, frozen=True):
    """Free the next part of a leaver's holding, with the plan of its vintage."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    vintage: int


class ExitPartReleased(PostingEvent, frozen=True, kw_only=True):
    """Part number `part` (from 1) was freed; less than planned where units were used up meanwhile."""

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    part: int
    quantity_t: int
