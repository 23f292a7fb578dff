"""One walk over the journal for what the market's state does not keep: gross flows, refusals, results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import MsgspecError, Struct, field

from capwright.allocation.leaver_messages import PreIssuedRecalled
from capwright.allocation.messages import (
    AllowancesIssued,
    AllowancesPreIssued,
    AllowancesRecalled,
    OwedRecalled,
)
from capwright.allocation.project_messages import NewProjectIssued
from capwright.auction.messages import AuctionCleared, AwardSettled
from capwright.journal.codec import market_codec
from capwright.journal.fault import UNREADABLE, ChainFault
from capwright.kernel.message import CommandRefused
from capwright.ledger.messages import PostingEvent, SeriesOpened, TradeSettled, TransactionCompleted
from capwright.ledger.place import account_of
from capwright.registry.messages import AccountOpened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.journal.chain import Row
    from capwright.kernel.message import Event
    from capwright.kernel.refusal import Refusal
    from capwright.ledger.accounts import Account, Series

__all__ = ["ISSUED", "Facts", "RefusedRow", "read_facts"]

ISSUED: Final = "issued"  # where units come from, in the table of moves

# Which row of the transaction-type table stands behind an event that is no typed transaction.
_TYPE_BEHIND: Final[dict[type[Event], str]] = {
    TradeSettled: "transfer",
    AwardSettled: "auction_delivery",
    AllowancesPreIssued: "allocation",
    AllowancesIssued: "allocation",
    NewProjectIssued: "allocation",
    AllowancesRecalled: "return_of_excess_allocation",
    OwedRecalled: "return_of_excess_allocation",
    PreIssuedRecalled: "return_of_excess_allocation",
}
_HANDS_OUT: Final = frozenset({"issue", "allocation", "reserve"})
_STOP: Final = "stop"


class RefusedRow(Struct, frozen=True):
    """A command that was refused, as the journal has it."""

    seq: int
    at_ms: int
    command_id: str
    actor: str
    command: str
    refusal: Refusal


class Facts(Struct):
    """What the walk gathered. `moves` are gross tonnes by (series, source account, target account).

    `free_t` is free quota by (vintage, account): handed out by the government less what went back to it.
    """

    rows: int = 0
    first_ms: int = 0
    last_ms: int = 0
    moves: dict[tuple[str, str, str], int] = field(default_factory=dict)
    free_t: dict[tuple[int, str], int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    cleared: dict[str, AuctionCleared] = field(default_factory=dict)
    paid_fen: dict[str, int] = field(default_factory=dict)
    transaction_types: dict[str, None] = field(default_factory=dict)


def read_facts(rows: Iterable[Row]) -> Facts:
    """Walk over the rows of a whole journal."""
    walk = _Walk()
    decode = market_codec().events
    for seq, at_ms, command_id, actor, command, events, _ in rows:
        facts = walk.facts
        if not facts.rows:
            facts.first_ms = at_ms
        facts.rows, facts.last_ms = facts.rows + 1, at_ms
        try:
            told = decode(events)
        except (MsgspecError, UnicodeDecodeError) as fault:
            raise ChainFault(UNREADABLE, seq, reason=str(fault)) from fault
        for event in told:
            if type(event) is CommandRefused:
                asked = type(market_codec().command(command)).__name__
                name, person = command_id.decode(), actor.decode()
                facts.refused.append(RefusedRow(seq, at_ms, name, person, asked, event.refusal))
            else:
                walk.see(event)
    return walk.facts


class _Walk:
    def __init__(self) -> None:
        self.facts = Facts()
        self._accounts: dict[str, Account] = {}
        self._series: dict[str, Series] = {}

    def see(self, event: Event) -> None:
        facts = self.facts
        if isinstance(event, PostingEvent):
            self._postings(event)
            behind = event.type if isinstance(event, TransactionCompleted) else _TYPE_BEHIND.get(type(event))
            if behind:
                facts.transaction_types[behind] = None
            if isinstance(event, AuctionCleared):
                facts.cleared[event.auction_id] = event
            elif isinstance(event, AwardSettled):
                facts.paid_fen[event.auction_id] = facts.paid_fen.get(event.auction_id, 0) + event.value_fen
        elif isinstance(event, AccountOpened):
            self._accounts[event.account.number] = event.account
        elif isinstance(event, SeriesOpened):
            self._series[event.series.id] = event.series

    def _postings(self, event: PostingEvent) -> None:
        for issue in event.issues:
            self._move(issue.series, ISSUED, account_of(issue.target), issue.last - issue.first + 1, event)
        for move in event.units:
            source, target = account_of(move.source), account_of(move.target)
            if source != target:
                self._move(move.series, source, target, move.last - move.first + 1, event)

    def _move(self, series: str, source: str, target: str, quantity_t: int, event: PostingEvent) -> None:
        moves, key = self.facts.moves, (series, source, target)
        moves[key] = moves.get(key, 0) + quantity_t
        if source == ISSUED:
            kind = self._accounts[target].purpose
            name = "credit_issuance" if kind == "holding" else "issuance"
            self.facts.transaction_types[name] = None
            return
        giver, receiver = self._accounts[source].purpose, self._accounts[target].purpose
        if giver in _HANDS_OUT and receiver == "holding":
            self._free(series, target, quantity_t)
        elif giver == "holding" and (receiver in _HANDS_OUT or _recalled_for_stop(event)):
            self._free(series, source, -quantity_t)

    def _free(self, series: str, account: str, quantity_t: int) -> None:
        key = self._series[series].vintage, account
        self.facts.free_t[key] = self.facts.free_t.get(key, 0) + quantity_t


def _recalled_for_stop(event: PostingEvent) -> bool:
    """Whether units that go to the cancellation account do so because quota was taken back."""
    return isinstance(event, (AllowancesRecalled, OwedRecalled)) and event.reason == _STOP
