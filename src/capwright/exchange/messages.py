"""Commands and events of the exchange: days, orders, picks, negotiated trades, halts, members, prices.

An order's id is the id of the command that placed it. Whatever promises units or cash holds them under
`#held:x:<order id>` of the account; a trade is the ledger's `TradeSettled`, delivery against payment in one
event.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import EXCHANGE, EXCHANGE_OR_CLOCK, THE_ACCOUNT, TWO_OF_THE_EXCHANGE, Permit
from capwright.ledger.messages import PostingEvent
from capwright.scheme.exchange_rules import Matching, SelfTrade, TradeMode, Validity

__all__ = [
    "AdmitMember",
    "CancelOrder",
    "CancelReason",
    "CloseTradingDay",
    "ConfirmDeal",
    "CrossListings",
    "DealCancelled",
    "DealProposed",
    "ExchangeAnnouncement",
    "Halt",
    "LiftHalt",
    "MassCancel",
    "MemberAdmitted",
    "ModeDay",
    "OpenTradingDay",
    "OrderCancelled",
    "OrderPlaced",
    "OrderRefunded",
    "OrderReplaced",
    "PickOrder",
    "PlaceOrder",
    "PriceReset",
    "ProductClose",
    "ProductDay",
    "ProposeDeal",
    "PublishAnnouncement",
    "ReplaceOrder",
    "ResetPrice",
    "Side",
    "TradingDayClosed",
    "TradingDayOpened",
    "TradingHalted",
    "TradingResumed",
    "WithdrawDeal",
]


Side = Literal["buy", "sell"]
CancelReason = Literal[
    "member", "immediate", "expired", "band", "rules", "halt", "self_trade", "delisted", "mass"
]


# The day.


class ModeDay(Struct, frozen=True):
    """A mode of trading a product on one day, every rule worked out: limits in fen, hours in ms, fees in ppm.

    `lower_fen_per_t` 0 and `upper_fen_per_t` 0: no band.
    """

    mode: TradeMode
    matching: Matching
    pick: Literal["any", "best", "best_five"]
    crossing: Literal["match", "refuse", "rest"]
    lower_fen_per_t: int
    upper_fen_per_t: int
    least_t: int
    most_t: int | None
    windows_ms: tuple[tuple[int, int], ...]
    buyer_fee_ppm: int = 0
    seller_fee_ppm: int = 0
    first_transfer_seller_fee_ppm: int | None = None  # where the first transfer from the owner has its own


class ProductDay(Struct, frozen=True):
    """A product on one day. `book` names the mode whose orders rest in a book; empty: none."""

    code: str
    unit_kinds: tuple[str, ...]
    lot_t: int
    tick_fen: int
    opening_fen_per_t: int
    book: str
    modes: dict[str, ModeDay]


class OpenTradingDay(Command, frozen=True):
    """Open the exchange for a day: the rules of the day are worked out and fixed."""

    permit: ClassVar[Permit] = EXCHANGE_OR_CLOCK
    on: date


class TradingDayOpened(Event, frozen=True, kw_only=True):
    """The rules of a day, worked out: hours, products, what orders are taken."""

    on: date
    windows_ms: tuple[tuple[int, int], ...]
    products: tuple[ProductDay, ...]
    self_trade: SelfTrade = "refuse"
    validities: tuple[Validity, ...] = ("day",)
    most_validity_days: int = 0


class ProductClose(Struct, frozen=True):
    """A product's day in numbers; `counted_t` is the volume that made the closing price."""

    product: str
    opening_fen_per_t: int
    closing_fen_per_t: int
    counted_t: int = 0
    first_fen_per_t: int = 0
    high_fen_per_t: int = 0
    low_fen_per_t: int = 0
    trades: int = 0
    volume_t: int = 0
    turnover_fen: int = 0
    book_trades: int = 0
    book_volume_t: int = 0
    book_turnover_fen: int = 0


class CloseTradingDay(Command, frozen=True):
    """Close the day after its last session: expiry of orders, closing prices, release of T+n units."""

    permit: ClassVar[Permit] = EXCHANGE_OR_CLOCK
    on: date


class TradingDayClosed(Event, frozen=True, kw_only=True):
    on: date
    closes: tuple[ProductClose, ...]


class ResetPrice(Command, frozen=True):
    """Move a product's reference price, e.g. to an auction's mean; bands follow it.

    From the next opening on, or at once when the day is open.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_EXCHANGE
    product: str
    price_fen_per_t: int
    reason: str


class PriceReset(Event, frozen=True, kw_only=True):
    """`day` is the product's day with its new limits, when the exchange was open."""

    product: str
    price_fen_per_t: int
    reason: str
    day: ProductDay | None = None


# Orders.


class PlaceOrder(Command, frozen=True):
    """Enter an order into the product's book. `until`: the last day it stands for `gtd`."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    validity: Validity = "day"
    until: date | None = None


class OrderPlaced(PostingEvent, frozen=True, kw_only=True):
    """An order was taken. `resting_t` of it stands in the book, its units or cash held by the postings.

    What it took at once follows as trades.
    """

    order_id: str
    account: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    resting_t: int
    validity: Validity = "day"
    until: date | None = None


class PickOrder(Command, frozen=True):
    """Trade against a listed order at its price (listed-click)."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    order_id: str
    quantity_t: int


class ReplaceOrder(Command, frozen=True):
    """Change price or open quantity. Less quantity at the same price keeps its place; all else goes last."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    order_id: str
    price_fen_per_t: int
    open_t: int


class OrderReplaced(PostingEvent, frozen=True, kw_only=True):
    """`resting_t` of the order stands at the new price; what it took at once follows as trades.

    `quantity_t` is the order's size with all that it traded; `keeps_place`: whether it kept its priority.
    """

    order_id: str
    price_fen_per_t: int
    quantity_t: int
    resting_t: int
    keeps_place: bool


class CancelOrder(Command, frozen=True):
    """Take an order out of the book."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    order_id: str


class OrderCancelled(PostingEvent, frozen=True, kw_only=True):
    """What was left of an order is out of the book, its units or cash free again."""

    order_id: str
    open_t: int
    reason: CancelReason = "member"


class OrderRefunded(PostingEvent, frozen=True, kw_only=True):
    """A buy order traded below its limit in a call: what it held too much is free again."""

    stated_fen: ClassVar[str] = "amount_fen"

    order_id: str
    amount_fen: int


class MassCancel(Command, frozen=True):
    """Cancel all of one's orders, of one product or one side."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    product: str = ""
    side: Literal["", "buy", "sell"] = ""


class CrossListings(Command, frozen=True):
    """Cross what listed bidding has collected, at the one price that trades most."""

    permit: ClassVar[Permit] = EXCHANGE_OR_CLOCK
    product: str


# Trades agreed between two.


class ProposeDeal(Command, frozen=True):
    """Offer a negotiated or block trade to one counterparty; one's side is held until it is confirmed."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    counterparty: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    mode: Literal["negotiated", "block"] = "negotiated"


class DealProposed(PostingEvent, frozen=True, kw_only=True):
    deal_id: str
    account: str
    counterparty: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    mode: Literal["negotiated", "block"]


class ConfirmDeal(Command, frozen=True):
    """Confirm an offered trade as its counterparty: it is settled at once."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    deal_id: str


class WithdrawDeal(Command, frozen=True):
    """Take an offered trade back, or decline it as its counterparty."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    deal_id: str


class DealCancelled(PostingEvent, frozen=True, kw_only=True):
    deal_id: str
    reason: CancelReason | Literal["declined"] = "member"


# Halts, members, announcements.


class Halt(Command, frozen=True):
    """Halt the market (`target` empty), a product or an account; `until_ms` 0: until it is lifted.

    With `cancel` its orders are cancelled too: the kill switch.
    """

    permit: ClassVar[Permit] = EXCHANGE
    target: str
    reason: str
    cancel: bool = False
    until_ms: int = 0


class TradingHalted(Event, frozen=True, kw_only=True):
    target: str
    reason: str
    until_ms: int = 0


class LiftHalt(Command, frozen=True):
    """End a halt."""

    permit: ClassVar[Permit] = EXCHANGE
    target: str
    reason: str = ""


class TradingResumed(Event, frozen=True, kw_only=True):
    target: str
    reason: str = ""


class AdmitMember(Command, frozen=True):
    """Admit an account as a member of a kind, with rights; `suspended` and `ended` take trading away."""

    permit: ClassVar[Permit] = EXCHANGE
    account: str
    kind: str
    rights: tuple[str, ...] = ("proprietary",)


class MemberAdmitted(Event, frozen=True, kw_only=True):
    account: str
    kind: str
    rights: tuple[str, ...] = ("proprietary",)


class PublishAnnouncement(Command, frozen=True):
    """Publish a notice of the exchange; `warning` marks a risk warning."""

    permit: ClassVar[Permit] = EXCHANGE
    title: str
    text: str
    product: str = ""
    warning: bool = False


class ExchangeAnnouncement(Event, frozen=True, kw_only=True):
    announcement_id: str
    title: str
    text: str
    product: str = ""
    warning: bool = False
