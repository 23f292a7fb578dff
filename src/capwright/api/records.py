"""What reads answer with, beside what the projections have for pages too."""

from __future__ import annotations

import msgspec
from msgspec import Struct

__all__ = [
    "ActRecord",
    "BookRecord",
    "DayRecord",
    "HeadRecord",
    "Level",
    "MarketRecord",
    "OrderRecord",
    "ProductRecord",
    "Row",
    "TradeRecord",
]


class MarketRecord(Struct):
    """The market: its schemes, where its journal stands, its time."""

    title_en: str
    title_zh: str
    nature: str
    scheme: str
    schemes: list[str]
    timezone: str
    currency: str
    seq: int
    hash: str
    at_ms: int


class ProductRecord(Struct, omit_defaults=True):
    """A product today: whether trade is on, its limits, the best listings."""

    code: str
    trading: bool
    opening_fen_per_t: int | None = None
    lower_fen_per_t: int | None = None
    upper_fen_per_t: int | None = None
    best_buy_fen_per_t: int | None = None
    best_sell_fen_per_t: int | None = None
    last_fen_per_t: int | None = None


class Level(Struct):
    """A price of the book with what stands there."""

    price_fen_per_t: int
    quantity_t: int
    orders: int


class BookRecord(Struct):
    """The book of a product, best prices first; nobody is named."""

    product: str
    buy: list[Level]
    sell: list[Level]


class TradeRecord(Struct, omit_defaults=True):
    """A trade. `buyer` and `seller` are told to the parties and to those who watch the market."""

    seq: int
    trade_id: str
    at_ms: int
    product: str
    kind: str
    mode: str
    price_fen_per_t: int
    quantity_t: int
    aggressor: str = ""
    busted: bool = False
    buyer: str = ""
    seller: str = ""


class OrderRecord(Struct, omit_defaults=True):
    """A resting order of an account."""

    id: str
    account: str
    product: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    left_t: int
    until: str = ""


class DayRecord(Struct):
    """A product's trading day."""

    product: str
    on_day: str
    opening_fen: int
    first_fen: int
    high_fen: int
    low_fen: int
    closing_fen: int
    trades: int
    volume_t: int
    turnover_fen: int


class ActRecord(Struct):
    """A row of the journal in short: who sent which command when, and the code of its refusal."""

    seq: int
    at_ms: int
    actor: str
    command: str
    command_id: str
    refused: str


class HeadRecord(Struct):
    """The last row."""

    seq: int
    at_ms: int
    hash: str


class Row(Struct):
    """A row of the journal in full; `hash` binds it to all before it."""

    seq: int
    at_ms: int
    command_id: str
    actor: str
    command: msgspec.Raw
    events: msgspec.Raw
    hash: str
