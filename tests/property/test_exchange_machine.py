"""Trading at random on testland's exchange, beside a naive model of price-time priority."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from capwright.exchange import messages as m
from capwright.kernel.refusal import Refused
from capwright.market import ApproveProposal
from capwright.settlement.messages import BustTrade, TradesCleared
from tests.exchange_worlds import ALPHA, BETA, DAY, GAMMA, TRADER, Exchange, at, trades
from tests.worlds import rep

WHO = st.sampled_from([ALPHA, BETA, TRADER, GAMMA])
SIDE = st.sampled_from(["buy", "sell"])
PRICE = st.one_of(st.integers(4970, 5030), st.integers(4490, 5510), st.sampled_from([0, -1, 10**17]))
QUANTITY = st.one_of(st.integers(1, 300), st.sampled_from([0, -5, 9_999, 10**12, 10**13]))
VALIDITY = st.sampled_from(["day", "day", "day", "ioc", "fok"])
PRODUCT = st.sampled_from(["TLA", "TLA", "TLA", "TLB", "TLC"])


class Model:
    """The book of TLA as a plain list: what an order must trade with, worked out the slow way."""

    def __init__(self) -> None:
        self.orders: list[list] = []  # id, side, price, left, arrival
        self.arrivals = 0

    def expected(self, side: str, price: int, quantity_t: int) -> list[tuple[str, int, int]]:
        against = [o for o in self.orders if o[1] != side]
        against.sort(key=lambda o: (o[2] if side == "buy" else -o[2], o[4]))
        found = []
        for order_id, _, at_price, left_t, _ in against:
            reached = at_price <= price if side == "buy" else at_price >= price
            if not quantity_t or not reached:
                break
            found.append((order_id, at_price, min(left_t, quantity_t)))
            quantity_t -= min(left_t, quantity_t)
        return found

    def take(self, fills) -> None:
        for order_id, _, quantity_t in fills:
            order = next(o for o in self.orders if o[0] == order_id)
            order[3] -= quantity_t
        self.orders = [o for o in self.orders if o[3]]

    def rest(self, order_id: str, side: str, price: int, left_t: int) -> None:
        self.arrivals += 1
        if left_t:
            self.orders.append([order_id, side, price, left_t, self.arrivals])

    def drop(self, order_id: str) -> None:
        self.orders = [o for o in self.orders if o[0] != order_id]


class TradingMachine(RuleBasedStateMachine):
    """Sends orders, sensible and absurd, and compares every trade with the model."""

    @initialize()
    def begin(self):
        self.world = Exchange(cash=3 * 10**8).open("10:00")
        self.model = Model()
        self.day = DAY
        self.traded: list[str] = ["none"]
        self.deals: list[str] = ["none"]
        self.issued_t = sum(s.issued_t for s in self.world.market.book.state.series.values())

    def send(self, actor, command, name=""):
        before, events = self.world.market.state_hash(), None
        with suppress(Refused):
            events = self.world.do(actor, command, name)
        if events is None:
            assert self.world.market.state_hash() == before
            return None
        made = trades(events)
        self.traded += [t.trade_id for t in made]
        for trade in made:
            mode = self.world.exchange.state.day.products[trade.product].modes[trade.mode]
            assert mode.lower_fen_per_t <= trade.price_fen_per_t <= mode.upper_fen_per_t, "a band was broken"
        return events

    @rule(who=WHO, product=PRODUCT, side=SIDE, price=PRICE, quantity_t=QUANTITY, validity=VALIDITY)
    def place(self, who, product, side, price, quantity_t, validity):
        name = f"o{self.world.count + 1}"
        expected = self.model.expected(side, price, quantity_t) if product == "TLA" else []
        events = self.send(rep(who), m.PlaceOrder(who, product, side, price, quantity_t, validity), name)
        if events is None or product != "TLA":
            return
        against = "sell_order" if side == "buy" else "buy_order"
        made = [(getattr(t, against), t.price_fen_per_t, t.quantity_t) for t in trades(events)]
        assert made == expected, "price-time priority"
        self.model.take(expected)
        took_t = sum(quantity for _, _, quantity in expected)
        self.model.rest(name, side, price, 0 if validity in ("ioc", "fok") else quantity_t - took_t)

    def an_order(self, data):
        orders = list(self.world.exchange.state.orders)
        return data.draw(st.sampled_from(orders or ["none"]))

    @rule(data=st.data(), who=WHO)
    def cancel(self, data, who):
        order = self.an_order(data)
        if self.send(rep(who), m.CancelOrder(who, order)):
            self.model.drop(order)

    @rule(data=st.data(), price=PRICE, open_t=QUANTITY)
    def replace(self, data, price, open_t):
        name = self.an_order(data)
        order = self.world.exchange.state.orders.get(name)
        if order is None:
            return
        who, side, product, keeps = order.account, order.side, order.product, False
        keeps = price == order.price_fen_per_t and open_t <= order.left_t
        others = [o for o in self.model.orders if o[0] != name]
        mine = next((o for o in self.model.orders if o[0] == name), None)
        kept, self.model.orders = self.model.orders, others
        expected = [] if keeps or product != "TLA" else self.model.expected(side, price, open_t)
        self.model.orders = kept
        events = self.send(rep(who), m.ReplaceOrder(who, name, price, open_t))
        if events is None or product != "TLA":
            return
        against = "sell_order" if side == "buy" else "buy_order"
        made = [(getattr(t, against), t.price_fen_per_t, t.quantity_t) for t in trades(events)]
        assert made == expected
        if keeps:
            mine[3] = open_t
            return
        self.model.drop(name)
        self.model.take(expected)
        self.model.rest(name, side, price, open_t - sum(q for _, _, q in expected))

    @rule(data=st.data(), who=WHO, quantity_t=st.integers(0, 50))
    def pick(self, data, who, quantity_t):
        self.send(rep(who), m.PickOrder(who, self.an_order(data), quantity_t))

    @rule(who=WHO, other=WHO, side=SIDE, price=st.integers(3400, 6600), quantity_t=QUANTITY)
    def offer(self, who, other, side, price, quantity_t):
        name = f"d{self.world.count + 1}"
        if self.send(rep(who), m.ProposeDeal(who, other, "TLA", side, price, quantity_t), name):
            self.deals.append(name)

    @rule(data=st.data(), who=WHO, back=st.booleans())
    def answer(self, data, who, back):
        deal = data.draw(st.sampled_from(self.deals))
        self.send(rep(who), (m.WithdrawDeal if back else m.ConfirmDeal)(who, deal))

    @rule(data=st.data())
    def bust(self, data):
        name = f"bust{self.world.count + 1}"
        trade = data.draw(st.sampled_from(self.traded))
        if self.send("eve", BustTrade(trade, "error"), name):
            self.send("ed", ApproveProposal(name))

    @rule(what=st.sampled_from(["", "TLA", ALPHA]), cancel=st.booleans())
    def stop(self, what, cancel):
        self.send("eve", m.Halt(what, "drill", cancel))
        self.forget_cancelled()
        self.send("eve", m.LiftHalt(what))

    @rule(price=st.integers(4700, 5300))
    def move_the_band(self, price):
        name = f"reset{self.world.count + 1}"
        if self.send("eve", m.ResetPrice("TLA", price, "drill"), name):
            self.send("ed", ApproveProposal(name))
        self.forget_cancelled()

    @rule()
    def cross(self):
        self.send("eve", m.CrossListings("TLB"))

    @rule()
    def next_day(self):
        self.world.at_ms = at("15:30", self.day)
        self.send("clock", m.CrossListings("TLB"))
        events = self.world.close(self.day)
        done = next(e for e in events if isinstance(e, TradesCleared))
        assert sum(line.net_fen for line in done.statements) == 0
        for kind in ("TLA", "TLC"):
            assert sum(line.units_t.get(kind, 0) for line in done.statements) == 0
        self.day += timedelta(days=1)
        while self.day.weekday() > 4:
            self.day += timedelta(days=1)
        self.world.open("14:00", on=self.day)
        self.forget_cancelled()

    def forget_cancelled(self):
        open_orders = self.world.exchange.state.orders
        self.model.orders = [o for o in self.model.orders if o[0] in open_orders]

    @invariant()
    def the_laws_hold(self):
        market = self.world.market
        assert market.breaches() == []
        assert sum(market.book.state.cash.values()) == 0
        assert sum(s.issued_t for s in market.book.state.series.values()) == self.issued_t

    @invariant()
    def the_book_is_not_crossed_and_is_the_model_s(self):
        book = self.world.exchange.desk.books.get("TLA")
        if book is None:
            return
        bid, ask = book.best("buy"), book.best("sell")
        assert bid is None or ask is None or bid < ask
        for side, sign in (("buy", -1), ("sell", 1)):
            mine = sorted((o for o in self.model.orders if o[1] == side), key=lambda o: (sign * o[2], o[4]))
            assert [(o.id, o.left_t) for o in book.orders(side)] == [(o[0], o[3]) for o in mine]


TestTradingMachine = TradingMachine.TestCase
TestTradingMachine.settings = settings(stateful_step_count=40)
