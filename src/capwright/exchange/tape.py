"""How orders and trades change the state: the appliers of the hot path."""

from __future__ import annotations

from msgspec.structs import replace

from capwright.exchange.book import Order
from capwright.exchange.desk import Desk
from capwright.exchange.messages import OrderCancelled, OrderPlaced, OrderRefunded, OrderReplaced
from capwright.exchange.state import Tick
from capwright.ledger.messages import TradeBusted, TradeSettled

__all__ = ["Tape"]


class Tape(Desk):
    """Appliers of orders and trades."""

    def placed(self, event: OrderPlaced, at_ms: int) -> None:
        """Fold the event."""
        state = self.state
        state.arrivals += 1
        if event.resting_t:
            order = Order(
                event.order_id,
                event.account,
                event.product,
                event.side,
                event.price_fen_per_t,
                event.quantity_t,
                event.resting_t,
                state.arrivals,
                event.until,
                holder=self.ledger.state.accounts[event.account].holder,
                at_ms=at_ms,
            )
            state.orders[order.id] = order
            self.rest(order)

    def replaced(self, event: OrderReplaced, _at_ms: int) -> None:
        """Fold the event."""
        order = self.state.orders[event.order_id]
        book = self.book_of(order.product)
        if order.side == "buy":
            self.count_buy(order.account, order.product, event.resting_t - order.left_t)
        order.quantity_t = event.quantity_t
        if event.keeps_place and event.resting_t:
            book.reduce(order, event.resting_t)
            return
        book.remove(order)
        del self.state.orders[order.id]
        if event.resting_t:
            self.state.arrivals += 1
            again = replace(
                order,
                price_fen_per_t=event.price_fen_per_t,
                left_t=event.resting_t,
                arrival=self.state.arrivals,
            )
            self.state.orders[again.id] = again
            book.add(again)

    def cancelled(self, event: OrderCancelled, _at_ms: int) -> None:
        """Fold the event."""
        order = self.state.orders.pop(event.order_id)
        if order.side == "buy":
            self.count_buy(order.account, order.product, -order.left_t)
        self.books[order.product].remove(order)

    def refunded(self, event: OrderRefunded, _at_ms: int) -> None:
        """The postings say all."""

    def traded(self, event: TradeSettled, at_ms: int) -> None:
        """Fold a trade: resting orders shrink, the tape grows. What came second was counted when it came."""
        if not event.product:
            return
        value_fen = event.quantity_t * event.price_fen_per_t
        orders, aggressor = self.state.orders, event.aggressor
        bought = orders.get(event.buy_order)
        if bought is not None:
            bought.value_fen += value_fen
            bought.fee_fen += event.buyer_fee_fen
            if aggressor != "buy":
                self.count_buy(bought.account, bought.product, -event.quantity_t)
                self._fill(bought, event.quantity_t)
        sold = orders.get(event.sell_order)
        if sold is not None:
            sold.value_fen += value_fen
            sold.fee_fen += event.seller_fee_fen
            if aggressor != "sell":
                self._fill(sold, event.quantity_t)
        tick = Tick(event.trade_id, at_ms, event.mode, event.price_fen_per_t, event.quantity_t)
        ticks = self.state.ticks.get(event.product)
        if ticks is None:
            ticks = self.state.ticks[event.product] = []
        ticks.append(tick)

    def _fill(self, order: Order, quantity_t: int) -> None:
        self.books[order.product].fill(order, quantity_t)
        if not order.left_t:
            del self.state.orders[order.id]

    def busted(self, event: TradeBusted, _at_ms: int) -> None:
        """A trade that never was counts for no price."""
        ticks = self.state.ticks.get(event.product, [])
        self.state.ticks[event.product] = [tick for tick in ticks if tick.trade_id != event.trade_id]
