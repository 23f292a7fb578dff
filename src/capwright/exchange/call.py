"""The call auction: the one price at which the most is traded, and who trades with whom."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from capwright.exchange.book import Order

__all__ = ["CallResult", "call_auction"]


class CallResult(Struct, frozen=True):
    """The price, the tonnes traded, and the pairs (buy order, sell order, tonnes)."""

    price_fen_per_t: int
    volume_t: int
    pairs: tuple[tuple[Order, Order, int], ...]


def call_auction(
    buys: Sequence[Order], sells: Sequence[Order], reference_fen_per_t: int
) -> CallResult | None:
    """Cross two sides, each in its priority (price, then time); None when nothing crosses.

    The price trades most; of several, the one that leaves the least imbalance, then the one closest to the
    reference, then the lowest. (A default: the rules of listed bidding in 2013 were not found. The principle
    is that of the opening calls of Chinese exchanges.)
    """
    prices = sorted({order.price_fen_per_t for order in (*buys, *sells)})
    best: tuple[int, int, int, int] | None = None
    for price in prices:
        bought_t = sum(order.left_t for order in buys if order.price_fen_per_t >= price)
        sold_t = sum(order.left_t for order in sells if order.price_fen_per_t <= price)
        volume_t = min(bought_t, sold_t)
        key = (-volume_t, abs(bought_t - sold_t), abs(price - reference_fen_per_t), price)
        if volume_t and (best is None or key < best):
            best = key
    if best is None:
        return None
    price, volume_t = best[3], -best[0]
    return CallResult(price, volume_t, _pairs(buys, sells, price, volume_t))


def _pairs(
    buys: Sequence[Order], sells: Sequence[Order], price: int, volume_t: int
) -> tuple[tuple[Order, Order, int], ...]:
    buying = iter([order for order in buys if order.price_fen_per_t >= price])
    selling = iter([order for order in sells if order.price_fen_per_t <= price])
    pairs: list[tuple[Order, Order, int]] = []
    buy, sell = next(buying), next(selling)
    buy_t, sell_t = buy.left_t, sell.left_t
    while volume_t:
        if not buy_t:
            buy = next(buying)
            buy_t = buy.left_t
        if not sell_t:
            sell = next(selling)
            sell_t = sell.left_t
        quantity_t = min(buy_t, sell_t, volume_t)
        pairs.append((buy, sell, quantity_t))
        buy_t -= quantity_t
        sell_t -= quantity_t
        volume_t -= quantity_t
    return tuple(pairs)
