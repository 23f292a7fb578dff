"""Orders changed and taken out by their owners."""

from __future__ import annotations

from capwright.exchange.book import Order
from capwright.exchange.messages import (
    CancelOrder,
    MassCancel,
    ModeDay,
    OrderReplaced,
    PlaceOrder,
    ProductDay,
    ReplaceOrder,
)
from capwright.exchange.orders import NO_ORDER, Fills, Orders
from capwright.exchange.prices import fee_fen
from capwright.exchange.sides import Sides, Spans, cut, moved, order_place
from capwright.kernel.message import Event
from capwright.kernel.refusal import refuse
from capwright.ledger.messages import CashMove, UnitMove
from capwright.ledger.room import Request

__all__ = ["Changes"]


class Changes(Orders):
    """Handlers of changes to open orders."""

    # Replacing.

    def replace(self, request: Request, command: ReplaceOrder) -> list[Event]:
        """Change an order. Less at the same price keeps its place; all else goes behind, and may trade."""
        day = self.day()
        order = self._own(command.account, command.order_id)
        product = self.product(day, order.product)
        mode = self.mode(product, product.book, request.at_ms)
        self.check_halts(request.at_ms, product.code, order.account)
        trader = self.member(day, order.account, order.side)
        self.check_right(trader, order.side, product, mode.mode)
        price, open_t = command.price_fen_per_t, command.open_t
        self.check_price(product, mode, price)
        self.check_size(product, mode, open_t, price)
        keeps = price == order.price_fen_per_t and open_t <= order.left_t
        fills: Fills = ()
        cancelled: list[Event] = []
        stopped = False
        if not keeps:
            as_new = PlaceOrder(order.account, order.product, order.side, price, open_t)
            fills, cancelled, stopped = self._meet(
                day, mode, self.book_of(product.code), as_new, request.at_ms
            )
            if order.side == "buy":
                self.check_position(trader, order.account, product, open_t - order.left_t)
        took_t = sum([take_t for _, take_t in fills])
        rest_t = 0 if stopped else open_t - took_t
        units, cash, spans = self._rehold(order, product, mode, price, fills, rest_t)
        replaced = OrderReplaced(
            order_id=order.id,
            price_fen_per_t=price,
            quantity_t=order.quantity_t - order.left_t + open_t,
            resting_t=rest_t,
            keeps_place=keeps,
            units=units,
            cash=cash,
        )
        if not fills:
            return [replaced]
        ppm = self.fee_ppm(mode, order.side, order.account)
        taker = Sides(order.account, order.id, order.value_fen, order.fee_fen, ppm)
        where = order_place(order.account, order.id)
        made = self._trades(request.command_id, taker, order.side, product, mode, fills, spans, where)
        return [*cancelled, replaced, *made]

    def _rehold(
        self, order: Order, product: ProductDay, mode: ModeDay, price: int, fills: Fills, rest_t: int
    ) -> tuple[tuple[UnitMove, ...], tuple[CashMove, ...], Spans]:
        """Bring what the order holds to what it needs now: for what it takes at once and for what rests."""
        account = order.account
        where = order_place(account, order.id)
        if order.side == "buy":
            total_fen = sum([o.price_fen_per_t * t for o, t in fills]) + price * rest_t
            fees_fen = fee_fen(order.value_fen + total_fen, mode.buyer_fee_ppm) - order.fee_fen
            more_fen = total_fen + fees_fen - self.ledger.cash_fen(where)
            if more_fen > 0:
                self.check_cash(account, more_fen)
                return (), (CashMove(more_fen, account, where),), []
            return (), (CashMove(-more_fen, where, account),) if more_fen else (), []
        needed_t = sum([t for _, t in fills]) + rest_t
        spans = self.held_units(account, order.id, order.left_t)
        if needed_t <= order.left_t:
            spans, rest = cut(spans, needed_t) if needed_t else ([], spans)
            return moved(rest, account), (), spans
        more = self.free_units(account, product.unit_kinds, needed_t - order.left_t, product.code)
        there = [(series, first, last, where) for series, first, last, _ in more]
        return moved(more, where), (), spans + there

    # Cancelling.

    def _own(self, account: str, order_id: str) -> Order:
        order = self.state.orders.get(order_id)
        if order is None or order.account != account:
            refuse(NO_ORDER, order=order_id[:200], account=account)
        return order

    def cancel(self, _request: Request, command: CancelOrder) -> list[Event]:
        """Take an order out; possible at any time."""
        return [self.cancellation(self._own(command.account, command.order_id), "member")]

    def mass_cancel(self, _request: Request, command: MassCancel) -> list[Event]:
        """Take all orders of an account out, of one product or one side."""
        found = [
            order
            for order in self.state.orders.values()
            if order.account == command.account
            and command.product in ("", order.product)
            and command.side in ("", order.side)
        ]
        return self.cancellations(found, "mass")
