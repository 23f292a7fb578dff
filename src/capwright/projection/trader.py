"""What an account sees of its trading: orders, offers, trades, standing, what an order costs.

Plain typed values, taken out of the state and the tables; the same for pages and programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.exchange.positions import parts_of
from capwright.exchange.prices import fee_fen
from capwright.exchange.room import ExchangeRoom
from capwright.exchange.sides import order_place
from capwright.ledger.place import bucket_of
from capwright.market.composition import room_of
from capwright.projection.trading import TradeLine

if TYPE_CHECKING:
    from capwright.exchange.book import Order
    from capwright.exchange.messages import ProductDay
    from capwright.market import Market
    from capwright.projection.views import Views

__all__ = [
    "Costs",
    "OpenDeal",
    "OpenOrder",
    "Standing",
    "costs_of",
    "deals_of",
    "open_orders",
    "orders_of",
    "standing_of",
    "trades_of",
]


class OpenOrder(Struct, frozen=True):
    """A resting order of an account. `until` is empty for a day order."""

    id: str
    product: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    left_t: int
    at_ms: int
    until: str = ""


class OpenDeal(Struct, frozen=True):
    """An offered trade. `side` is that of the account that looks; `own`: it made the offer."""

    id: str
    product: str
    mode: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    other: str
    other_name: str
    own: bool


class Standing(Struct, frozen=True):
    """What an account has of a product, by `exchange.positions.Parts`, and in cash."""

    product: str
    free_t: int
    held_t: int
    settling_t: int
    blocked_t: int
    cash_fen: int
    cash_held_fen: int


class Costs(Struct, frozen=True):
    """What an order comes to at its price: `total_fen` is paid (buy) or received (sell)."""

    value_fen: int
    fee_fen: int
    total_fen: int


def trades_of(views: Views, account: str, count: int = 30) -> list[TradeLine]:
    """The latest trades of an account, the latest first."""
    part = "SELECT rowid AS n, * FROM trade WHERE {} = ? ORDER BY seq DESC, rowid DESC LIMIT ?"
    found = {}
    for side in ("buyer", "seller"):
        for row in views.rows(part.format(side), (account, count)):
            found[row["n"]] = row
    latest = sorted(found.values(), key=lambda row: (row["seq"], row["n"]), reverse=True)[:count]
    return [
        TradeLine(
            row["seq"],
            row["at_ms"],
            row["product"],
            row["mode"],
            row["price_fen_per_t"],
            row["quantity_t"],
            "buy" if row["buyer"] == account else "sell",
            bool(row["busted"]),
            row["seller"] if row["buyer"] == account else row["buyer"],
        )
        for row in latest
    ]


def open_orders(market: Market, account: str) -> list[Order]:
    """The resting orders of an account, the earliest first.

    Each holds its units or cash at a place of its own, so the account's places name them: there may be very
    many orders of others.
    """
    orders = room_of(market.rooms, ExchangeRoom).state.orders
    holds = order_place(account, "")
    ids = (place.removeprefix(holds) for place in market.book.places_of(account) if place.startswith(holds))
    return sorted((orders[one] for one in ids if one in orders), key=lambda one: one.arrival)


def orders_of(market: Market, account: str) -> list[OpenOrder]:
    """The resting orders of an account, the latest first."""
    return [
        OpenOrder(
            one.id,
            one.product,
            one.side,
            one.price_fen_per_t,
            one.quantity_t,
            one.left_t,
            one.at_ms,
            one.until.isoformat() if one.until else "",
        )
        for one in reversed(open_orders(market, account))
    ]


def deals_of(market: Market, account: str) -> list[OpenDeal]:
    """Offered trades that an account made or has to answer."""
    names = market.book.state.accounts
    found = []
    for deal in room_of(market.rooms, ExchangeRoom).state.deals.values():
        if account not in (deal.account, deal.counterparty):
            continue
        own = deal.account == account
        other = deal.counterparty if own else deal.account
        side = deal.side if own else {"buy": "sell", "sell": "buy"}[deal.side]
        found.append(
            OpenDeal(
                deal.id,
                deal.product,
                deal.mode,
                side,
                deal.price_fen_per_t,
                deal.quantity_t,
                other,
                names[other].name if other in names else "",
                own,
            )
        )
    return found


def standing_of(market: Market, account: str, code: str) -> Standing:
    """What an account has of a product's units and in cash."""
    room = room_of(market.rooms, ExchangeRoom)
    kinds = next((one.unit_kinds for one in room.desk.rules().products if one.code == code), ())
    book = market.book
    parts = parts_of(book, account, kinds)
    held_fen = sum(book.cash_fen(where) for where in book.places_of(account) if bucket_of(where))
    return Standing(
        code,
        parts.free_t,
        parts.held_t,
        parts.settling_t,
        parts.blocked_t,
        book.cash_fen(account),
        held_fen,
    )


def costs_of(
    market: Market, account: str, product: ProductDay, mode: str, side: str, price_fen_per_t: int, t: int
) -> Costs:
    """Value and fee of so many tonnes at a price, as the rules of the day have it for an account."""
    room = room_of(market.rooms, ExchangeRoom)
    value = price_fen_per_t * t
    fee = fee_fen(value, room.desk.fee_ppm(product.modes[mode], side, account))
    return Costs(value, fee, value + fee if side == "buy" else value - fee)
