"""Commands and events of enterprises that leave for the national market."""

from __future__ import annotations

from typing import ClassVar

from capwright.allocation.exits import ExitPart
from capwright.kernel.message import Command, Event
from capwright.kernel.permit import TWO_OF_THE_AUTHORITY, Permit
from capwright.ledger.messages import PostingEvent

__all__ = [
    "ConvertToSpecial",
    "ExitConverted",
    "ExitPartReleased",
    "FreezeLeaver",
    "LeaverFrozen",
    "NationalDeductionNoted",
    "PreIssuedRecalled",
    "RecallPreIssued",
    "ReleaseExitPart",
]


class RecallPreIssued(Command, frozen=True):
    """Recall the quota pre-issued to an enterprise that leaves for the national market."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
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

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
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

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
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

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int


class ExitPartReleased(PostingEvent, frozen=True, kw_only=True):
    """Part number `part` (from 1) was freed; less than planned where units were used up meanwhile."""

    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    part: int
    quantity_t: int
