"""The exchange room's part of the state."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from capwright.exchange.book import Order
from capwright.exchange.case_messages import MeasureKind, Trigger
from capwright.exchange.messages import ProductClose, ProductDay, Side
from capwright.scheme.exchange_rules import SelfTrade, Validity

__all__ = [
    "Announcement",
    "CaseEntry",
    "CaseState",
    "Day",
    "Deal",
    "ExchangeState",
    "HaltRecord",
    "Measure",
    "Member",
    "Tick",
]


class Day(Struct):
    """The trading day that is open, or the last one."""

    on: date
    open: bool
    windows_ms: tuple[tuple[int, int], ...]
    products: dict[str, ProductDay]
    self_trade: SelfTrade
    validities: tuple[Validity, ...]
    most_validity_days: int


class Tick(Struct, frozen=True, gc=False):
    """A trade of the day as the prices see it."""

    trade_id: str
    at_ms: int
    mode: str
    price_fen_per_t: int
    quantity_t: int


class Deal(Struct, frozen=True):
    """A trade offered to a counterparty, waiting for its word."""

    id: str
    account: str
    counterparty: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    mode: Literal["negotiated", "block"]


class HaltRecord(Struct, frozen=True):
    """Why something stands still, and until when (0: until lifted)."""

    reason: str
    until_ms: int


class Member(Struct, frozen=True):
    """An admitted member, other than by its account's type."""

    kind: str
    rights: tuple[str, ...]


class Announcement(Struct, frozen=True):
    """A notice as published."""

    id: str
    at_ms: int
    title: str
    text: str
    product: str
    warning: bool


class CaseEntry(Struct, frozen=True):
    """A step of a case, as it was put on its file."""

    at_ms: int
    step: str
    text: str


class Measure(Struct):
    """A measure that keeps an account from trading until `until_ms` (0: without end), unless set aside."""

    id: str
    case_id: str
    account: str
    kind: MeasureKind
    on: date
    until_ms: int
    lifted: bool = False

    def stands(self, at_ms: int) -> bool:
        """Whether it holds at a time."""
        return not self.lifted and (not self.until_ms or at_ms < self.until_ms)

    @property
    def suspends(self) -> bool:
        """Whether it counts as a suspension."""
        return self.kind == "suspend" and not self.lifted


class CaseState(Struct):
    """A case. `interview_on`, `report_due`: what is awaited; `closed_ms` 0: open."""

    id: str
    trigger: Trigger
    account: str
    text: str
    alert: str
    opened_ms: int
    closed_ms: int = 0
    interview_on: date | None = None
    report_due: date | None = None
    entries: list[CaseEntry] = []
    measures: list[Measure] = []


class ExchangeState(Struct):
    """Orders and deals by id, today's trades by product, and the closes of all days in order.

    `references` is the price by product that the next opening starts from: the last close, or a re-set one.
    """

    day: Day | None = None
    orders: dict[str, Order] = {}
    arrivals: int = 0
    deals: dict[str, Deal] = {}
    ticks: dict[str, list[Tick]] = {}
    references: dict[str, int] = {}
    first_days: dict[str, date] = {}
    closes: dict[str, list[tuple[date, ProductClose]]] = {}
    halts: dict[str, HaltRecord] = {}
    members: dict[str, Member] = {}
    announcements: list[Announcement] = []
    cases: dict[str, CaseState] = {}
