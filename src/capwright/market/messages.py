"""The market's own commands and events: opening, adopting schemes, deciding on what two people must want."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct, field

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import BY_THE_CASE, TWO_OF_THE_AUTHORITY, Permit
from capwright.registry.messages import Role

__all__ = [
    "AdoptScheme",
    "ApproveProposal",
    "CommandProposed",
    "MarketOpened",
    "MarketState",
    "Officer",
    "OpenMarket",
    "Proposal",
    "ProposalApproved",
    "ProposalRejected",
    "RejectProposal",
    "SchemeAdopted",
]


class Officer(Struct, frozen=True):
    """A person with officer roles from the start."""

    person: str
    roles: tuple[Role, ...]


class OpenMarket(Command, frozen=True):
    """The first command of every journal: the scheme in force and the people in office.

    `about` says what this market is, e.g. `nature`: real, synthetic, reconstructed; reports repeat it.
    """

    permit: ClassVar[Permit] = BY_THE_CASE
    scheme: dict[str, Any]
    officers: tuple[Officer, ...]
    about: dict[str, str] = field(default_factory=dict)


class MarketOpened(Event, frozen=True):
    scheme: dict[str, Any]
    officers: tuple[Officer, ...]
    about: dict[str, str] = field(default_factory=dict)


class AdoptScheme(Command, frozen=True):
    """Put a further scheme in force, e.g. next year's; earlier vintages keep their own."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    scheme: dict[str, Any]


class SchemeAdopted(Event, frozen=True):
    scheme: dict[str, Any]


class CommandProposed(Event, frozen=True):
    """A command that needs a second person waits; it was tried and would have passed."""

    proposal_id: str
    proposer: str
    proposed: dict[str, Any]


class ApproveProposal(Command, frozen=True):
    """Approve what another person proposed; it is carried out at once."""

    permit: ClassVar[Permit] = BY_THE_CASE
    proposal_id: str


class ProposalApproved(Event, frozen=True):
    proposal_id: str
    approver: str


class RejectProposal(Command, frozen=True):
    """Reject a proposal, or withdraw one's own."""

    permit: ClassVar[Permit] = BY_THE_CASE
    proposal_id: str
    reason: str = ""


class ProposalRejected(Event, frozen=True):
    proposal_id: str
    person: str
    reason: str = ""


class Proposal(Struct, frozen=True):
    """A command waiting for a second person."""

    proposer: str
    command: dict[str, Any]


class MarketState(Struct):
    """What belongs to no room."""

    opened: bool = False
    about: dict[str, str] = field(default_factory=dict)
    proposals: dict[str, Proposal] = {}
