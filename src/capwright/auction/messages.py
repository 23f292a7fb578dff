"""Commands and events of auctions: of the government's allowances, and of lots that holders entrust."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from msgspec import Struct, field

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import EXCHANGE, THE_ACCOUNT, Permit
from capwright.kernel.refusal import Refusal
from capwright.ledger.messages import PostingEvent

__all__ = [
    "AnnounceAuction",
    "AnnounceEntrusted",
    "AuctionAnnounced",
    "AuctionCancelled",
    "AuctionCleared",
    "AuctionEntrusted",
    "AwardDefaulted",
    "AwardLine",
    "AwardSettled",
    "AwardTraded",
    "BidPlaced",
    "BidWithdrawn",
    "CancelAuction",
    "ClearAuction",
    "DeclareDefault",
    "EntrustAuction",
    "EntrustedAnnounced",
    "LotMode",
    "LotShort",
    "PlaceBid",
    "SettleAuction",
    "UnsoldMoved",
    "WithdrawBid",
    "WithdrawEntrusted",
]


LotMode = Literal["entrusted_auction", "one_way_auction"]
LotShort = Literal["all_at_floor", "cancel"]


class AnnounceAuction(Command, frozen=True):
    """Announce a round and set its units aside.

    `round` names the round of the scheme's plan, if it is one; `offered_t` 0 then means the planned volume
    with what earlier rounds carried over. `reserve_fen_per_t` None: worked out from the scheme's rule.
    `tier` names a price tier: the round is then a sale from the reserve at that price, held when it is due,
    or whatever the price when it is the `last_before_surrender`.
    """

    permit: ClassVar[Permit] = EXCHANGE
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
    """A round is announced. `windows_ms`: the sessions in which bids are taken; none: from open to close."""

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
    windows_ms: tuple[tuple[int, int], ...] = ()


class EntrustAuction(Command, frozen=True):
    """Entrust units to the exchange to be auctioned; they are held at once. The lot's id is `e:<command id>`.

    `kind` and `quantity_t` say what is sold: of one `series`, or of the oldest vintages when it is empty.
    `whole_lot`: bids are for all or nothing, the highest takes it at its price. Otherwise bids are for parts,
    and the price is the last accepted bid; when demand is short of the lot, `short` says whether all of it is
    sold at the floor (GZETS 2020-07-06) or nothing (PHCER auctions from about 2023). `title` is what notices
    call the lot.
    """

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    kind: str
    quantity_t: int
    floor_fen_per_t: int
    mode: LotMode = "entrusted_auction"
    whole_lot: bool = False
    short: LotShort = "all_at_floor"
    series: str = ""
    title: str = ""


class AuctionEntrusted(PostingEvent, frozen=True, kw_only=True):
    """A lot is held for its auction, on terms that are fixed from now on.

    An empty `series` means units of the kind, of whatever vintages.
    """

    stated_t: ClassVar[str] = "offered_t"

    auction_id: str
    account: str
    product: str
    kind: str
    series: str
    offered_t: int
    reserve_fen_per_t: int
    mode: LotMode
    whole_lot: bool
    short: LotShort
    lot_t: int = 1
    tick_fen: int = 1
    deposit_share: Decimal | None = None
    payment_days: int | None = None
    title: str = ""


class AnnounceEntrusted(Command, frozen=True):
    """Announce the auction of an entrusted lot, within one trading day and with the scheme's notice."""

    permit: ClassVar[Permit] = EXCHANGE
    auction_id: str
    opens_ms: int
    closes_ms: int


class EntrustedAnnounced(Event, frozen=True, kw_only=True):
    auction_id: str
    opens_ms: int
    closes_ms: int
    windows_ms: tuple[tuple[int, int], ...] = ()


class WithdrawEntrusted(Command, frozen=True):
    """Take an entrusted lot back before its auction is announced."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    auction_id: str
    reason: str = ""


class PlaceBid(Command, frozen=True):
    """Enter a sealed bid; the deposit that the rules ask for is held."""

    permit: ClassVar[Permit] = THE_ACCOUNT
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

    permit: ClassVar[Permit] = THE_ACCOUNT
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

    permit: ClassVar[Permit] = EXCHANGE
    auction_id: str
    seed: str
    secondary_fen_per_t: int | None = None


class AuctionCleared(PostingEvent, frozen=True, kw_only=True):
    """The result; deposits of those who won nothing are released in the same event.

    `units` come out of the reserve when a price tier released more than was offered: `sold_t` is above
    `offered_t` then. The prices are of the valid bids; the mean is weighted by volume, to the nearest fen.
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
    valid_bids: int = 0
    high_fen_per_t: int | None = None
    mean_fen_per_t: int | None = None
    low_fen_per_t: int | None = None


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

    permit: ClassVar[Permit] = EXCHANGE
    auction_id: str


class AwardSettled(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"
    stated_fen: ClassVar[str] = "value_fen"

    auction_id: str
    account: str
    quantity_t: int
    value_fen: int


class AwardTraded(Event, frozen=True, kw_only=True):
    """A winner of an entrusted lot has paid: the trade `trade_id`, just before this event, delivered it."""

    auction_id: str
    account: str
    trade_id: str
    quantity_t: int
    value_fen: int


class DeclareDefault(Command, frozen=True):
    """Declare a winner in default after the term of payment: the deposit is lost, the units go back.

    The deposit goes to the injured side: the government, or the holder who entrusted the lot.
    """

    permit: ClassVar[Permit] = EXCHANGE
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

    permit: ClassVar[Permit] = EXCHANGE
    auction_id: str
    reason: str


class AuctionCancelled(PostingEvent, frozen=True, kw_only=True):
    auction_id: str
    reason: str
