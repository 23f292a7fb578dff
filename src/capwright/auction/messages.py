"""Commands and events of auctions of allowances."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct, field

from capwright.kernel.message import Command, Permit
from capwright.kernel.refusal import Refusal
from capwright.ledger.messages import PostingEvent

__all__ = [
    "AnnounceAuction",
    "AuctionAnnounced",
    "AuctionCancelled",
    "AuctionCleared",
    "AwardDefaulted",
    "AwardLine",
    "AwardSettled",
    "BidPlaced",
    "BidWithdrawn",
    "CancelAuction",
    "ClearAuction",
    "DeclareDefault",
    "PlaceBid",
    "SettleAuction",
    "UnsoldMoved",
    "WithdrawBid",
]

_EXCHANGE = Permit(roles=("exchange",))


class AnnounceAuction(Command, frozen=True):
    """Announce a round and set its units aside.

    `round` names the round of the scheme's plan, if it is one; `offered_t` 0 then means the planned volume
    with what earlier rounds carried over. `reserve_fen_per_t` None: worked out from the scheme's rule.
    `tier` names a price tier: the round is then a sale from the reserve at that price, held when it is due,
    or whatever the price when it is the `last_before_surrender`.
    """

    permit: ClassVar[Permit] = _EXCHANGE
    auction_id: str
    vintage: int
    kind: str
    opens_ms: int
    closes_ms: int
    offered_t: int = 0
    reserve_fen_per_t: int | None = None
    round: str = ""
    tier: str = ""
    last_before_surrender: bool = False


class AuctionAnnounced(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "offered_t"

    auction_id: str
    vintage: int
    series: str
    source: str
    offered_t: int
    opens_ms: int
    closes_ms: int
    reserve_fen_per_t: int | None = None
    round: str = ""
    tier: str = ""


class PlaceBid(Command, frozen=True):
    """Enter a sealed bid; the deposit that the rules ask for is held."""

    permit: ClassVar[Permit] = Permit(account_field="account")
    auction_id: str
    account: str
    price_fen_per_t: int
    quantity_t: int


class BidPlaced(PostingEvent, frozen=True, kw_only=True):
    stated_fen: ClassVar[str] = "deposit_fen"

    auction_id: str
    bid_id: str
    account: str
    category: str
    price_fen_per_t: int
    quantity_t: int
    deposit_fen: int


class WithdrawBid(Command, frozen=True):
    """Take a bid back inside the window, where the scheme allows it."""

    permit: ClassVar[Permit] = Permit(account_field="account")
    auction_id: str
    account: str
    bid_id: str


class BidWithdrawn(PostingEvent, frozen=True, kw_only=True):
    stated_fen: ClassVar[str] = "deposit_fen"

    auction_id: str
    bid_id: str
    account: str
    deposit_fen: int


class AwardLine(Struct, frozen=True):
    """What one bidder won in all, and what it owes for it."""

    account: str
    quantity_t: int
    value_fen: int


class ClearAuction(Command, frozen=True):
    """Clear a round after its close. The seed is published with the result: anyone can replay the ties."""

    permit: ClassVar[Permit] = _EXCHANGE
    auction_id: str
    seed: str
    secondary_fen_per_t: int | None = None


class AuctionCleared(PostingEvent, frozen=True, kw_only=True):
    """The result; deposits of those who won nothing are released in the same event.

    `units` come out of the reserve when a price tier released more than was offered: `sold_t` is above
    `offered_t` then.
    """

    auction_id: str
    outcome: Literal["cleared", "cancelled"]
    price_fen_per_t: int | None
    offered_t: int
    sold_t: int
    revenue_fen: int
    seed: str
    bid_t: int
    valid_t: int
    bidders: int
    awards: tuple[AwardLine, ...] = ()
    rejected: dict[str, Refusal] = field(default_factory=dict)
    reason: Refusal | None = None
    pay_by_ms: int = 0


class UnsoldMoved(PostingEvent, frozen=True, kw_only=True):
    """What became of units that were not sold; `later` is what later rounds get in addition.

    `rule` is the scheme's for unsold units, or `withheld` for what a price tier kept from the round.
    """

    stated_t: ClassVar[str] = "quantity_t"

    auction_id: str
    rule: str
    quantity_t: int
    target: str
    later: dict[str, int] = field(default_factory=dict)


class SettleAuction(Command, frozen=True):
    """Deliver against payment to every winner who has the money; the others stay due."""

    permit: ClassVar[Permit] = _EXCHANGE
    auction_id: str


class AwardSettled(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"
    stated_fen: ClassVar[str] = "value_fen"

    auction_id: str
    account: str
    quantity_t: int
    value_fen: int


class DeclareDefault(Command, frozen=True):
    """Declare a winner in default after the term of payment: the deposit is lost, the units go back."""

    permit: ClassVar[Permit] = _EXCHANGE
    auction_id: str
    account: str


class AwardDefaulted(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"
    stated_fen: ClassVar[str] = "deposit_fen"

    auction_id: str
    account: str
    quantity_t: int
    deposit_fen: int


class CancelAuction(Command, frozen=True):
    """Call a round off before it is cleared; units and deposits are released."""

    permit: ClassVar[Permit] = _EXCHANGE
    auction_id: str
    reason: str


class AuctionCancelled(PostingEvent, frozen=True, kw_only=True):
    auction_id: str
    reason: str
