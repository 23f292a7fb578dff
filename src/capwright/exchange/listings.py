"""Listed bidding: what the session collected is crossed at the one price that trades most."""

from __future__ import annotations

from capwright.exchange.book import Order
from capwright.exchange.call import call_auction
from capwright.exchange.desk import Desk
from capwright.exchange.messages import CrossListings, ModeDay, OrderRefunded, ProductDay
from capwright.exchange.prices import fee_fen
from capwright.exchange.sides import Sides, Spans, cut, order_place
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.messages import CashMove
from capwright.ledger.room import Request

__all__ = ["Listings"]

NO_CALL = define(
    "CW-6242",
    en="{product} is not traded by listed bidding today.",
    zh="今日{product}不采用挂牌竞价方式。",
    rule="trading rules: modes",
)
NOTHING_CROSSES = define(
    "CW-6243",
    en="Nothing in the listings of {product} can be crossed.",
    zh="{product}的挂牌申报没有可撮合的价格。",
    rule="trading rules: listed bidding",
)

Pairs = list[tuple[Order, Order, int]]


class Listings(Desk):
    """The call of listed bidding."""

    def cross(self, request: Request, command: CrossListings) -> list[Event]:
        """Cross the listings of a product."""
        day = self.day()
        product = self.product(day, command.product)
        mode = product.modes.get(product.book)
        if mode is None or mode.matching != "call":
            refuse(NO_CALL, product=product.code)
        self.check_halts(request.at_ms, product.code)
        book = self.book_of(product.code)
        buys = [order for order in book.orders("buy") if self.able(order, request.at_ms)]
        sells = [order for order in book.orders("sell") if self.able(order, request.at_ms)]
        result = call_auction(buys, sells, product.opening_fen_per_t)
        if result is None:
            refuse(NOTHING_CROSSES, product=product.code)
        return self._trades(request, product, mode, result.price_fen_per_t, list(result.pairs))

    def _trades(
        self, request: Request, product: ProductDay, mode: ModeDay, price: int, pairs: Pairs
    ) -> list[Event]:
        """Settle the pairs at the one price; buyers get back what they held too much."""
        sides: dict[str, Sides] = {}
        units: dict[str, Spans] = {}
        events: list[Event] = []
        for n, (buy, sell, quantity_t) in enumerate(pairs, 1):
            buyer = sides.setdefault(buy.id, _side(buy, mode.buyer_fee_ppm))
            seller = sides.setdefault(sell.id, _side(sell, self.fee_ppm(mode, "sell", sell.account)))
            there = units.get(sell.id)
            if there is None:
                there = self.held_units(sell.account, sell.id, sell.left_t)
            taken, units[sell.id] = cut(there, quantity_t)
            value_fen = price * quantity_t
            events.append(
                self.hooks.settle(
                    trade_id=f"{request.command_id}/{n}",
                    product=product.code,
                    kind=product.unit_kinds[0],
                    mode=mode.mode,
                    price_fen_per_t=price,
                    quantity_t=quantity_t,
                    buyer=buy.account,
                    cash_at=order_place(buy.account, buy.id),
                    buyer_fee_fen=buyer.charge(value_fen),
                    seller=sell.account,
                    units=taken,
                    seller_fee_fen=seller.charge(value_fen),
                    buy_order=buy.id,
                    sell_order=sell.id,
                    aggressor="",
                )
            )
        return [*events, *self._refunds(mode, pairs, sides)]

    def _refunds(self, mode: ModeDay, pairs: Pairs, sides: dict[str, Sides]) -> list[Event]:
        """What buyers held beyond the price they trade at and what their rest still needs."""
        traded_t: dict[str, int] = {}
        for buy, _, quantity_t in pairs:
            traded_t[buy.id] = traded_t.get(buy.id, 0) + quantity_t
        events: list[Event] = []
        for order in {buy.id: buy for buy, _, _ in pairs}.values():
            side = sides[order.id]
            where = order_place(order.account, order.id)
            spent_fen = side.value_fen - order.value_fen + side.fee_fen - order.fee_fen
            rest_fen = order.price_fen_per_t * (order.left_t - traded_t[order.id])
            needed_fen = rest_fen + fee_fen(side.value_fen + rest_fen, mode.buyer_fee_ppm) - side.fee_fen
            excess_fen = self.ledger.cash_fen(where) - spent_fen - needed_fen
            if excess_fen:
                cash = (CashMove(excess_fen, where, order.account),)
                events.append(OrderRefunded(order_id=order.id, amount_fen=excess_fen, cash=cash))
        return events


def _side(order: Order, ppm: int) -> Sides:
    return Sides(order.account, order.id, order.value_fen, order.fee_fen, ppm)
