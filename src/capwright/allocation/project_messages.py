"""Commands and events of new projects: quota, paid share, acceptance, issue."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, TWO_OF_THE_AUTHORITY, Permit
from capwright.ledger.messages import PostingEvent

__all__ = [
    "AdvanceNewProject",
    "IssueToNewProject",
    "NewProjectAdvanced",
    "NewProjectIssued",
    "NewProjectRegistered",
    "PaidShareRecorded",
    "ProjectLine",
    "RecordPaidShare",
    "RegisterNewProject",
]


class ProjectLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One process of a new project: design capacity a year, or expected energy use with its factor."""

    process: str
    design_capacity: Decimal | None = None
    energy_tce: Decimal | None = None
    energy_factor: Decimal | None = None


class RegisterNewProject(Command, frozen=True):
    """Approve the quota of a new project; one for each account and vintage."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
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

    permit: ClassVar[Permit] = AUTHORITY
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

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    vintage: int
    stage: Literal["accepted", "controlled"]


class NewProjectAdvanced(Event, frozen=True, kw_only=True):
    account: str
    vintage: int
    stage: Literal["accepted", "controlled"]


class IssueToNewProject(Command, frozen=True):
    """Issue the free part of a new project's quota out of the new-project reserve."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    vintage: int


class NewProjectIssued(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    account: str
    vintage: int
    quantity_t: int
    frozen_t: int = 0
