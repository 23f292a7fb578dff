"""The market puts the rooms together: `execute(command)` gives a refusal or events, `apply(event)` folds one.

Deterministic: no clock, randomness, file or network inside. A handler is a pure function of the state, so a
refused command cannot have changed anything, and a proposal is tried in full before a second person is asked
to approve it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final, Union

import msgspec
from msgspec import Struct

from capwright.allocation.room import AllocationRoom
from capwright.auction.room import AuctionRoom
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.message import Command, CommandRefused, Event
from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.serial import RangeSet
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger import laws
from capwright.ledger.book import Book, BookState
from capwright.ledger.messages import PostingEvent
from capwright.ledger.room import Request, Room
from capwright.ledger.rulebook import Rulebook
from capwright.market.adoption import check_adoption
from capwright.market.composition import compose, room_of
from capwright.market.messages import (
    AdoptScheme,
    ApproveProposal,
    CommandProposed,
    MarketOpened,
    MarketState,
    OpenMarket,
    Proposal,
    ProposalApproved,
    ProposalRejected,
    RejectProposal,
    SchemeAdopted,
)
from capwright.mrv.room import MrvRoom
from capwright.registry.room import RegistryRoom
from capwright.settlement.room import SettlementRoom

__all__ = ["COMMANDS", "EVENTS", "Market", "command_union", "event_union"]

NOT_OPEN = define(
    "CW-8210",
    en="The market is not open yet.",
    zh="市场尚未开设。",
    mend_en="The first command must be OpenMarket.",
    mend_zh="首个指令必须是“开设市场”（OpenMarket）。",
    rule="design: the journal is the only truth",
)
ALREADY_OPEN = define("CW-8211", en="The market is open already.", zh="市场已经开设。", rule="design")
NO_PROPOSAL = define(
    "CW-8212",
    en="No proposal {proposal} waits for a decision.",
    zh="没有待决定的提案{proposal}。",
    mend_en="It may have been approved or rejected before.",
    mend_zh="该提案可能已获批准或被拒绝。",
    rule="four eyes",
)
OWN_PROPOSAL = define(
    "CW-8213",
    en="{person} made this proposal and may not approve it too.",
    zh="{person}是提案人，不得由本人批准。",
    mend_en="A different person with the same role must approve.",
    mend_zh="须由具备相同角色的另一人批准。",
    rule="four eyes",
)
UNKNOWN_COMMAND = define(
    "CW-8214", en="The market knows no command {command}.", zh="市场没有指令{command}。", rule="design"
)
UNWRITABLE = define(
    "CW-8216",
    en="The command cannot be kept: {reason}.",
    zh="该指令无法保存：{reason}。",
    mend_en="Integers must fit 64 bits and texts must be whole Unicode.",
    mend_zh="整数不得超过64位，文本须为完整的 Unicode。",
    rule="design: bound everything",
)
_UNWRITABLE: Final = (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError)
_WRITE: Final = msgspec.msgpack.Encoder().encode


class _Snapshot(Struct):
    """Everything, in one piece.

    Dicts keep their order of insertion, which the same events always build the same way: sorting them would
    let a restored market walk them in another order than the one that never stopped.
    """

    market: MarketState
    schemes: list[dict[str, Any]]
    book: msgspec.Raw
    rooms: dict[str, msgspec.Raw]


ROOMS: Final[dict[str, type[Room]]] = {
    "registry": RegistryRoom,
    "settlement": SettlementRoom,
    "allocation": AllocationRoom,
    "auction": AuctionRoom,
    "exchange": ExchangeRoom,
    "compliance": ComplianceRoom,
    "mrv": MrvRoom,
}


class Market:
    """The state machine. Not thread-safe: one writer owns it."""

    def __init__(self) -> None:
        self.state = MarketState()
        self.book = Book()
        self.rulebook = Rulebook()
        self.rooms: dict[str, Room] = {n: room(self.book, self.rulebook) for n, room in ROOMS.items()}
        self._wire()

    def _wire(self) -> None:
        self.registry = room_of(self.rooms, RegistryRoom)
        compose(self.rooms)
        self._handlers: dict[type[Command], Callable[[Request, Any], Iterable[Event]]] = {
            OpenMarket: self._open_market,
            AdoptScheme: self._adopt_scheme,
            ApproveProposal: self._approve_proposal,
            RejectProposal: self._reject_proposal,
        }
        appliers: dict[type[Event], list[Callable[[Any, int], None]]] = {
            MarketOpened: [self._market_opened],
            SchemeAdopted: [self._scheme_adopted],
            CommandProposed: [self._command_proposed],
            ProposalApproved: [self._proposal_decided],
            ProposalRejected: [self._proposal_decided],
            CommandRefused: [],
        }
        for room in self.rooms.values():
            for command_type, handler in room.handlers.items():
                assert command_type not in self._handlers, f"two rooms handle {command_type.__name__}"
                self._handlers[command_type] = handler
            for event_type, applier in room.appliers.items():
                appliers.setdefault(event_type, []).append(applier)
        for event_type in EVENTS:
            known = appliers.setdefault(event_type, [])
            if issubclass(event_type, PostingEvent):
                known.insert(0, self._post)
        self._appliers = {event_type: tuple(found) for event_type, found in appliers.items()}

    # Executing.

    def execute(self, command: Command, *, command_id: str, actor: str, at_ms: int) -> tuple[Event, ...]:
        """Carry out a command and return its events, applied; raise `Refused`, having changed nothing."""
        events = tuple(self.decide(command, command_id=command_id, actor=actor, at_ms=at_ms))
        try:
            for event in events:
                for applier in self._appliers[type(event)]:
                    applier(event, at_ms)
        except Refused as refused:  # too late: part of the state is changed
            raise AssertionError("an applier refused") from refused
        return events

    def decide(self, command: Command, *, command_id: str, actor: str, at_ms: int) -> Iterable[Event]:
        """Return the events a command would cause, changing nothing; raise `Refused`."""
        request = Request(command_id, actor, at_ms)
        handler = self._handlers.get(type(command))
        if handler is None:
            refuse(UNKNOWN_COMMAND, command=type(command).__name__)
        if not self.state.opened and type(command) is not OpenMarket:
            refuse(NOT_OPEN)
        try:
            _WRITE(command)  # what no snapshot could hold must not come into the state
        except _UNWRITABLE as error:
            refuse(UNWRITABLE, reason=str(error)[:200])
        self.registry.people.check(actor, command)
        if command.permit.four_eyes:
            list(handler(request, command))  # tried in full: nobody is asked to approve what cannot be done
            return [CommandProposed(command_id, actor, msgspec.to_builtins(command))]
        return handler(request, command)

    def apply(self, event: Event, at_ms: int) -> None:
        """Fold one event into the state."""
        for applier in self._appliers[type(event)]:
            applier(event, at_ms)

    def _post(self, event: PostingEvent, _at_ms: int) -> None:
        self.book.post(event)

    # The market's own commands.

    def _open_market(self, _request: Request, command: OpenMarket) -> list[Event]:
        if self.state.opened:
            refuse(ALREADY_OPEN)
        Rulebook.checked(command.scheme)
        self.registry.people.check_first_officers({o.person: o.roles for o in command.officers})
        for name, text in command.about.items():
            check_text("about", name, MAX_ID)
            check_text(name, text, MAX_REASON, least=0)
        return [MarketOpened(command.scheme, command.officers, command.about)]

    def _adopt_scheme(self, _request: Request, command: AdoptScheme) -> list[Event]:
        check_adoption(self.rulebook, self.book, command.scheme)
        return [SchemeAdopted(command.scheme)]

    def _approve_proposal(self, request: Request, command: ApproveProposal) -> list[Event]:
        proposal = self.state.proposals.get(command.proposal_id)
        if proposal is None:
            refuse(NO_PROPOSAL, proposal=command.proposal_id)
        if proposal.proposer == request.actor:
            refuse(OWN_PROPOSAL, person=request.actor)
        inner = msgspec.convert(proposal.command, command_union())
        self.registry.people.check(request.actor, inner)
        self.registry.people.check(proposal.proposer, inner)
        as_proposed = Request(command.proposal_id, proposal.proposer, request.at_ms)
        return [
            ProposalApproved(command.proposal_id, request.actor),
            *self._handlers[type(inner)](as_proposed, inner),
        ]

    def _reject_proposal(self, request: Request, command: RejectProposal) -> list[Event]:
        proposal = self.state.proposals.get(command.proposal_id)
        if proposal is None:
            refuse(NO_PROPOSAL, proposal=command.proposal_id)
        if proposal.proposer != request.actor:
            self.registry.people.check(request.actor, msgspec.convert(proposal.command, command_union()))
        check_text("reason", command.reason, MAX_REASON, least=0)
        return [ProposalRejected(command.proposal_id, request.actor, command.reason)]

    def _market_opened(self, event: MarketOpened, _at_ms: int) -> None:
        self.state.opened = True
        self.state.about = event.about
        self.rulebook.adopt(event.scheme)
        self.registry.state.officers.update({o.person: o.roles for o in event.officers})

    def _scheme_adopted(self, event: SchemeAdopted, _at_ms: int) -> None:
        self.rulebook.adopt(event.scheme)

    def _command_proposed(self, event: CommandProposed, _at_ms: int) -> None:
        self.state.proposals[event.proposal_id] = Proposal(event.proposer, event.proposed)

    def _proposal_decided(self, event: ProposalApproved | ProposalRejected, _at_ms: int) -> None:
        del self.state.proposals[event.proposal_id]

    # Laws, snapshots.

    def breaches(self) -> list[str]:
        """Run the conservation laws; an empty list means that all hold."""
        promises = (promise for room in self.rooms.values() for promise in room.promises())
        return laws.breaches(self.book, promises)

    def snapshot(self) -> bytes:
        """Return the whole state as canonical bytes: equal states give equal bytes."""
        return _encode(
            _Snapshot(
                self.state,
                self.rulebook.dump(),
                msgspec.Raw(_encode(self.book.state)),
                {name: msgspec.Raw(_encode(room.state)) for name, room in self.rooms.items()},
            )
        )

    def restore(self, raw: bytes) -> None:
        """Take over the state of a snapshot."""
        read: _Snapshot = _decode(raw, _Snapshot)
        self.state = read.market
        self.book.load(_decode(read.book, BookState))
        self.rulebook.clear()
        for body in read.schemes:
            self.rulebook.adopt(body)
        for name, room in self.rooms.items():
            kept = read.rooms.get(name)  # a snapshot may be older than a room
            room.state = room.state_type() if kept is None else _decode(kept, room.state_type)
            room.wire()
        self._wire()

    def state_hash(self) -> str:
        """Return the SHA-256 of the snapshot."""
        return hashlib.sha256(self.snapshot()).hexdigest()


def _enc_hook(value: Any) -> Any:
    if isinstance(value, RangeSet):
        return value.to_bytes()
    raise NotImplementedError(type(value))


def _dec_hook(kind: type, value: Any) -> Any:
    assert kind is RangeSet, kind
    return RangeSet.from_bytes(value)


def _encode(value: Any) -> bytes:
    return msgspec.msgpack.Encoder(enc_hook=_enc_hook).encode(value)


def _decode(raw: bytes | msgspec.Raw, kind: type) -> Any:
    return msgspec.msgpack.Decoder(kind, dec_hook=_dec_hook).decode(raw)


def _leaves(base: type[Any]) -> list[Any]:
    """Every class below `base`, in a stable order; bases such as PostingEvent are not messages."""
    found: list[Any] = []
    for sub in base.__subclasses__():
        if sub is not PostingEvent:
            found.append(sub)
        found.extend(_leaves(sub))
    return sorted(set(found), key=lambda kind: kind.__name__)


COMMANDS: Final[tuple[type[Command], ...]] = tuple(
    kind for kind in _leaves(Command) if kind.__module__.startswith("capwright.")
)
EVENTS: Final[tuple[type[Event], ...]] = tuple(
    kind for kind in _leaves(Event) if kind.__module__.startswith("capwright.")
)


def command_union() -> Any:
    """Return the tagged union of all commands, for decoders."""
    return Union[COMMANDS]  # noqa: UP007 - built at run time


def event_union() -> Any:
    """Return the tagged union of all events, for decoders."""
    return Union[EVENTS]  # noqa: UP007 - built at run time
