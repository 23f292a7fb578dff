"""The depth of the books as surveillance follows it in the journal."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from msgspec import Struct

from capwright.exchange.messages import Side
from capwright.ledger.messages import TradeSettled

__all__ = ["Depth", "Standing"]


class Standing(Struct, gc=False):
    """An order in a book. `since`: the running number of the event that entered it."""

    id: str
    account: str
    product: str
    side: Side
    price_fen_per_t: int
    left_t: int
    since: int


class Depth:
    """Open orders by id, and the tonnes at every price of a side."""

    def __init__(self) -> None:
        self.orders: dict[str, Standing] = {}
        self._levels: dict[tuple[str, str], dict[int, int]] = {}
        self._sides_t: dict[tuple[str, str], int] = {}

    def _count(self, order: Standing, change_t: int) -> None:
        side = order.product, order.side
        levels = self._levels.setdefault(side, {})
        left_t = levels.get(order.price_fen_per_t, 0) + change_t
        if left_t:
            levels[order.price_fen_per_t] = left_t
        else:
            del levels[order.price_fen_per_t]
        self._sides_t[side] = self._sides_t.get(side, 0) + change_t

    def add(self, order: Standing) -> None:
        """An order came to rest."""
        self.orders[order.id] = order
        self._count(order, order.left_t)

    def remove(self, order: Standing) -> None:
        """An order is out of the book."""
        del self.orders[order.id]
        self._count(order, -order.left_t)

    def fill(self, trade: TradeSettled) -> None:
        """Resting orders shrink by a trade; what came second was counted when it came."""
        for order_id, second in ((trade.buy_order, "buy"), (trade.sell_order, "sell")):
            order = self.orders.get(order_id)
            if order is None or trade.aggressor == second:
                continue
            if order.left_t <= trade.quantity_t:
                self.remove(order)
            else:
                self._count(order, -trade.quantity_t)
                order.left_t -= trade.quantity_t

    def depth_t(self, product: str, side: str) -> int:
        """All tonnes of a side."""
        return self._sides_t.get((product, side), 0)

    def is_near(self, order: Standing, most_levels: int) -> bool:
        """Whether the order stands at one of so many best prices of its side."""
        levels: Mapping[int, int] = self._levels.get((order.product, order.side), {})
        pick = heapq.nlargest if order.side == "buy" else heapq.nsmallest
        return order.price_fen_per_t in pick(most_levels, levels)
