"""The order book: resting orders by price, then time; planned first, applied afterwards.

The market is event-sourced: a handler asks the book what an order would take (`plan`) and changes nothing;
the events that follow are applied one by one (`add`, `fill`, `remove`). `submit` does both at once, for use
outside the market.

Prices of a side are kept in a sorted list whose last element is the best, orders of a price in a queue in
which a cancelled order is only marked and left out later: every operation is constant time but the first
order at a new price, which costs a binary search and a short move of memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

__all__ = ["Order", "OrderBook", "Side"]

Side = Literal["buy", "sell"]

# A queue is cleaned of cancelled orders when they outnumber the open ones, but not for a handful.
_HANDFUL: Final = 16


class Order(Struct, gc=False):
    """A resting order. `left_t` is still open; `arrival` is a running number, the time priority at a price.

    `until`: the last day on which it stands, None for a day order. `value_fen` and `fee_fen`: what it has
    traded and been charged so far. `holder` is the account's holder, for self-trade prevention.
    """

    id: str
    account: str
    product: str
    side: Side
    price_fen_per_t: int
    quantity_t: int
    left_t: int
    arrival: int
    until: date | None = None
    value_fen: int = 0
    fee_fen: int = 0
    holder: str = ""
    at_ms: int = 0


class _Level:
    """The orders at one price. `open` and `left_t` count those that are open."""

    __slots__ = ("left_t", "open", "queue")

    def __init__(self, order: Order) -> None:
        self.queue: deque[Order] = deque((order,))
        self.open = 1
        self.left_t = order.left_t


class _Half:
    """One side. Keys are prices turned so that the greatest key is the best price: a sell's are negative."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def add(self, order: Order) -> None:
        key = order.price_fen_per_t * self.sign
        level = self.levels.get(key)
        if level is not None:
            level.queue.append(order)
            level.open += 1
            level.left_t += order.left_t
            return
        self.levels[key] = _Level(order)
        keys = self.keys
        if not keys or key > keys[-1]:
            keys.append(key)
        else:
            keys.insert(bisect_left(keys, key), key)

    def drop(self, order: Order, key: int, level: _Level) -> None:
        """Take an order out whose `left_t` no longer counts in the level."""
        level.open -= 1
        if not level.open:
            del self.levels[key]
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
            return
        queue = level.queue
        if queue[0] is order:
            queue.popleft()
            while queue[0].left_t <= 0:
                queue.popleft()
        elif len(queue) > 2 * level.open + _HANDFUL:
            level.queue = deque(one for one in queue if one.left_t > 0)


class OrderBook:
    """The book of one product."""

    __slots__ = ("_buy", "_count", "_sell")

    def __init__(self) -> None:
        self._buy = _Half(1)
        self._sell = _Half(-1)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    # Planning: nothing changes.

    def crosses(self, side: Side, price_fen_per_t: int) -> bool:
        """Whether an incoming order of `side` at this price would meet a resting one."""
        if side == "buy":
            keys = self._sell.keys
            return bool(keys) and -keys[-1] <= price_fen_per_t
        keys = self._buy.keys
        return bool(keys) and keys[-1] >= price_fen_per_t

    def plan(self, side: Side, limit_fen_per_t: int | None, quantity_t: int) -> list[tuple[Order, int]]:
        """What an incoming order would take, best price first, then arrival; None: at any price."""
        half = self._sell if side == "buy" else self._buy
        keys = half.keys
        if not keys:
            return []
        worst = keys[0] if limit_fen_per_t is None else limit_fen_per_t * half.sign
        if keys[-1] < worst:
            return []
        fills: list[tuple[Order, int]] = []
        for key in reversed(keys):
            if key < worst:
                return fills
            for order in half.levels[key].queue:
                left_t = order.left_t
                if left_t <= 0:
                    continue
                if left_t >= quantity_t:
                    fills.append((order, quantity_t))
                    return fills
                fills.append((order, left_t))
                quantity_t -= left_t
        return fills

    def best(self, side: Side) -> int | None:
        """The best resting price of a side."""
        half = self._half(side)
        return half.keys[-1] * half.sign if half.keys else None

    def first(self, side: Side) -> Order | None:
        """The order that trades first: best price, then arrival."""
        half = self._half(side)
        return half.levels[half.keys[-1]].queue[0] if half.keys else None

    def prices(self, side: Side, count: int) -> list[int]:
        """The best prices of a side, best first."""
        half = self._half(side)
        return [key * half.sign for key in islice(reversed(half.keys), count)]

    def depth(self, side: Side, levels: int) -> list[tuple[int, int, int]]:
        """Price, open tonnes and number of orders of the best levels."""
        half = self._half(side)
        found = ((key, half.levels[key]) for key in islice(reversed(half.keys), levels))
        return [(key * half.sign, level.left_t, level.open) for key, level in found]

    def orders(self, side: Side) -> Iterator[Order]:
        """The resting orders of a side in their priority."""
        half = self._half(side)
        for key in reversed(half.keys):
            for order in half.levels[key].queue:
                if order.left_t > 0:
                    yield order

    def _half(self, side: Side) -> _Half:
        return self._buy if side == "buy" else self._sell

    # Applying.

    def add(self, order: Order) -> None:
        """Let an order rest, behind those of its price."""
        assert order.left_t > 0, "an order that rests is open"
        (self._buy if order.side == "buy" else self._sell).add(order)
        self._count += 1

    def fill(self, order: Order, quantity_t: int) -> None:
        """Take tonnes off a resting order; at zero it is gone."""
        half = self._buy if order.side == "buy" else self._sell
        key = order.price_fen_per_t * half.sign
        level = half.levels[key]
        left_t = order.left_t - quantity_t
        assert left_t >= 0 < quantity_t, "filled beyond what is open"
        order.left_t = left_t
        level.left_t -= quantity_t
        if not left_t:
            self._count -= 1
            half.drop(order, key, level)

    def reduce(self, order: Order, left_t: int) -> None:
        """Lower what is open of an order, which keeps its place."""
        assert 0 < left_t <= order.left_t, "reduced to nothing, or to more"
        half = self._half(order.side)
        half.levels[order.price_fen_per_t * half.sign].left_t -= order.left_t - left_t
        order.left_t = left_t

    def remove(self, order: Order) -> None:
        """Take an order out; nothing of it is open any more."""
        half = self._buy if order.side == "buy" else self._sell
        key = order.price_fen_per_t * half.sign
        level = half.levels[key]
        left_t = order.left_t
        assert left_t > 0, "no resting order"
        level.left_t -= left_t
        self._count -= 1
        order.left_t = 0
        half.drop(order, key, level)

    # Both at once.

    def submit(self, order: Order) -> list[tuple[Order, int]]:
        """Match an incoming order and let the rest of it stand; return what it took."""
        side, price = order.side, order.price_fen_per_t
        if not self.crosses(side, price):
            self.add(order)
            return []
        fills = self.plan(side, price, order.left_t)
        for resting, quantity_t in fills:
            self.fill(resting, quantity_t)
            order.left_t -= quantity_t
        if order.left_t:
            self.add(order)
        return fills
