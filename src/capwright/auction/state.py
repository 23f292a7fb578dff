"""The auction room's part of the state."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from capwright.auction.messages import AwardLine, LotMode, LotShort

__all__ = ["Auction", "AuctionState", "BidRecord", "Lot"]


class BidRecord(Struct, frozen=True):
    """A bid as entered."""

    account: str
    category: str
    price_fen_per_t: int
    quantity_t: int
    deposit_fen: int


class Auction(Struct):
    """A round from announcement to the last settlement."""

    id: str
    vintage: int
    series: str
    source: str
    offered_t: int
    opens_ms: int
    closes_ms: int
    reserve_fen_per_t: int | None
    round: str
    status: Literal["entrusted", "announced", "cleared", "cancelled"] = "announced"
    bids: dict[str, BidRecord] = {}
    entered: int = 0  # bids ever entered, withdrawn ones included: gives the next bid its id
    price_fen_per_t: int | None = None
    sold_t: int = 0
    revenue_fen: int = 0
    seed: str = ""
    pay_by_ms: int = 0
    due: dict[str, AwardLine] = {}  # awards not yet settled, by account
    deposits: dict[str, int] = {}  # held deposit by account
    tier: str = ""  # of the price-containment reserve, when the round sells from it
    windows_ms: tuple[tuple[int, int], ...] = ()  # sessions in which bids are taken; none: open to close


class Lot(Auction, kw_only=True):
    """A holder's units in the hands of the exchange; `source` is its account, the floor is the reserve price.

    Vintage 0: a lot belongs to no compliance year. The series is empty when the lot is made of several.
    """

    product: str
    kind: str
    mode: LotMode
    whole_lot: bool
    short: LotShort
    lot_t: int = 1
    tick_fen: int = 1
    deposit_share: Decimal | None = None
    payment_days: int | None = None
    title: str = ""


class AuctionState(Struct):
    """Auctions by id; units that later rounds of a vintage have got from earlier ones, by round.

    `delivered` counts what was paid and delivered, by vintage and account. `lots` are what holders entrusted;
    their ids begin with `e:`, those of auctions have no colon.
    """

    auctions: dict[str, Auction] = {}
    lots: dict[str, Lot] = {}
    carried: dict[str, int] = {}
    delivered: dict[int, dict[str, int]] = {}
