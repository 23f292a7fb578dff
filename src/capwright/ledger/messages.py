"""Postings and the events that carry them.

Any event of any room may carry postings. The book applies those, the rooms apply the rest; an auditor needs
to
understand nothing but the three posting types to rebuild every balance.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Event
from capwright.ledger.accounts import Series
from capwright.scheme.exchange_rules import TradeMode

__all__ = [
    "CashMove",
    "PostingEvent",
    "SanctionImposed",
    "SeriesOpened",
    "TradeBusted",
    "TradeSettled",
    "TransactionCompleted",
    "UnitIssue",
    "UnitLine",
    "UnitMove",
]


class UnitMove(Struct, frozen=True, gc=False):
    """The units `first`…`last` of `series` leave the place `source` for the place `target`."""

    series: str
    first: int
    last: int
    source: str
    target: str


class UnitIssue(Struct, frozen=True, gc=False):
    """The units `first`…`last` of `series` come into being at the place `target`."""

    series: str
    first: int
    last: int
    target: str


class UnitLine(Struct, frozen=True):
    """Units asked for: so many of a series, from the free bucket or from a frozen one."""

    series: str
    quantity_t: int
    bucket: str = ""


class CashMove(Struct, frozen=True, gc=False):
    """`amount_fen` leaves the place `source` for the place `target`."""

    amount_fen: int
    source: str
    target: str


class PostingEvent(Event, frozen=True, kw_only=True):
    """An event that moves units or cash. The postings are applied in the order issues, units, cash.

    `stated_t` and `stated_fen` name the field in which the event says how much its units and cash postings
    come to; the book holds the postings against it.
    """

    stated_t: ClassVar[str] = ""
    stated_fen: ClassVar[str] = ""

    issues: tuple[UnitIssue, ...] = ()
    units: tuple[UnitMove, ...] = ()
    cash: tuple[CashMove, ...] = ()


class TransactionCompleted(PostingEvent, frozen=True, kw_only=True):
    """A typed transaction between two accounts took effect. Rooms that care about a type listen to this.

    `type` is the slug of the transaction-type table; `vintage` is the compliance year it serves (0: none);
    `reverses` is the id of the transaction that this one undoes; `reversible` says that a typed reversal
    exists.
    """

    stated_t: ClassVar[str] = "quantity_t"

    transaction_id: str
    type: str
    source: str
    target: str
    quantity_t: int
    vintage: int = 0
    reverses: str = ""
    reversible: bool = False


class SeriesOpened(Event, frozen=True):
    """Units of a kind and vintage (and project) will be numbered from 1 on; comes before the first issue."""

    series: Series


class SanctionImposed(Event, frozen=True, kw_only=True):
    """An account lacked `shortfall_t` for `vintage`: a fine, and `deduct_t` off its next free quota."""

    account: str
    vintage: int
    shortfall_t: int
    deduct_t: int = 0
    fine_fen: int = 0


class TradeSettled(PostingEvent, frozen=True, kw_only=True):
    """A trade, settled delivery against payment in this one event; rooms that count trades listen to it.

    The buyer pays `value_fen` and its fee; the seller gets the value less its fee. `mode` tells how the trade
    came about, since reserve and closing prices count some modes only. `product`, the two orders (or the ids
    of the commands that picked or confirmed) and `aggressor`, the side that came second, are empty for trades
    that were agreed elsewhere and only registered here.
    """

    stated_t: ClassVar[str] = "quantity_t"
    stated_fen: ClassVar[str] = "paid_fen"

    trade_id: str
    seller: str
    buyer: str
    kind: str
    quantity_t: int
    price_fen_per_t: int
    mode: TradeMode
    product: str = ""
    buy_order: str = ""
    sell_order: str = ""
    aggressor: Literal["", "buy", "sell"] = ""
    buyer_fee_fen: int = 0
    seller_fee_fen: int = 0

    @property
    def value_fen(self) -> int:
        """Quantity times price."""
        return self.quantity_t * self.price_fen_per_t

    @property
    def paid_fen(self) -> int:
        """What the buyer pays in all."""
        return self.quantity_t * self.price_fen_per_t + self.buyer_fee_fen


class TradeBusted(PostingEvent, frozen=True, kw_only=True):
    """A trade was undone: units, cash and fees went back where they came from."""

    stated_t: ClassVar[str] = "quantity_t"
    stated_fen: ClassVar[str] = "paid_fen"

    trade_id: str
    traded_at_ms: int
    seller: str
    buyer: str
    kind: str
    quantity_t: int
    price_fen_per_t: int
    mode: TradeMode
    reason: str
    product: str = ""
    buyer_fee_fen: int = 0
    seller_fee_fen: int = 0

    @property
    def paid_fen(self) -> int:
        """What the buyer gets back."""
        return self.quantity_t * self.price_fen_per_t + self.buyer_fee_fen
