"""The order book beside two independent engines from the package index: the same fills in the same order."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.exchange.book import Order, OrderBook

lightmatchingengine = pytest.importorskip("lightmatchingengine.lightmatchingengine")
pyorderbook = pytest.importorskip("pyorderbook")

# Side, price, quantity; a quantity of 0 cancels the open order at that place of the list.
STEP = st.tuples(st.sampled_from(["buy", "sell"]), st.integers(95, 105), st.integers(0, 40))
FLOW = st.lists(STEP, min_size=1, max_size=120)
Fill = tuple[int, int, int]  # number of the resting order, price, quantity


class Ours:
    def __init__(self) -> None:
        self.book = OrderBook()
        self.open: dict[int, Order] = {}

    def place(self, number: int, side: str, price: int, quantity: int) -> list[Fill]:
        order = Order(str(number), "", "", side, price, quantity, quantity, number)
        fills = self.book.submit(order)
        for maker, _ in fills:
            if not maker.left_t:
                del self.open[int(maker.id)]
        if order.left_t:
            self.open[number] = order
        return [(int(maker.id), maker.price_fen_per_t, taken) for maker, taken in fills]

    def cancel(self, number: int) -> None:
        self.book.remove(self.open.pop(number))


class PyOrderBook:
    def __init__(self) -> None:
        self.book = pyorderbook.Book()
        self.orders: dict[int, object] = {}
        self.numbers: dict[object, int] = {}

    def place(self, number: int, side: str, price: int, quantity: int) -> list[Fill]:
        make = pyorderbook.bid if side == "buy" else pyorderbook.ask
        order = make("X", price, quantity)
        self.orders[number], self.numbers[order.id] = order, number
        trades = self.book.match(order).trades
        return [(self.numbers[t.standing_order_id], int(t.fill_price), t.fill_quantity) for t in trades]

    def cancel(self, number: int) -> None:
        self.book.cancel(self.orders[number])


class LightMatchingEngine:
    def __init__(self) -> None:
        self.engine = lightmatchingengine.LightMatchingEngine()
        self.numbers: dict[int, int] = {}
        self.ids: dict[int, int] = {}

    def place(self, number: int, side: str, price: int, quantity: int) -> list[Fill]:
        sides = lightmatchingengine.Side
        mine = sides.BUY if side == "buy" else sides.SELL
        order, trades = self.engine.add_order("X", price, quantity, mine)
        self.numbers[order.order_id], self.ids[number] = number, order.order_id
        resting = [t for t in trades if t.order_id != order.order_id]
        return [(self.numbers[t.order_id], int(t.trade_price), int(t.trade_qty)) for t in resting]

    def cancel(self, number: int) -> None:
        self.engine.cancel_order(self.ids[number], "X")


@given(FLOW)
def test_three_engines_agree_on_every_fill(flow):
    logging.disable(logging.CRITICAL)  # one of them logs at import and on every cancel
    ours, others = Ours(), (PyOrderBook(), LightMatchingEngine())
    for number, (side, price, quantity) in enumerate(flow):
        if not quantity:
            waiting = list(ours.open)
            if waiting:
                victim = waiting[price % len(waiting)]
                for engine in (ours, *others):
                    engine.cancel(victim)
            continue
        fills = ours.place(number, side, price, quantity)
        for engine in others:
            assert engine.place(number, side, price, quantity) == fills, type(engine).__name__
    logging.disable(logging.NOTSET)
