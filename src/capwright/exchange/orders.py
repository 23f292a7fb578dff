"""Orders: entered, picked, replaced, cancelled. The hot path of the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from capwright.exchange.book import Order, OrderBook
from capwright.exchange.desk import Desk
from capwright.exchange.messages import (
    ModeDay,
    OrderPlaced,
    PickOrder,
    PlaceOrder,
    ProductDay,
    Side,
)
from capwright.exchange.prices import fee_fen
from capwright.exchange.sides import Sides, Spans, cut, moved, order_place
from capwright.exchange.state import Day
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.messages import CashMove, UnitMove
from capwright.ledger.room import Request

__all__ = ["Orders"]

SIDE = define("CW-6207", en="'{side}' is no side: buy or sell.", zh="“{side}”不是买卖方向。", rule="design")
NO_ORDER = define(
    "CW-6208",
    en="There is no open order {order} of {account}.",
    zh="{account}没有未成交的申报{order}。",
    mend_en="It may have been filled, cancelled or expired.",
    mend_zh="该申报可能已成交、已撤销或已失效。",
    rule="trading rules: orders",
)
ORDER_TAKEN = define(
    "CW-6209",
    en="There is an order {order} already.",
    zh="申报{order}已存在。",
    rule="design: ids are unique",
)
VALIDITY = define(
    "CW-6213",
    en="An order may not be '{validity}' until {until} here: {allowed}, for at most {days} days.",
    zh="此处申报有效期不得为“{validity}”至{until}：可用{allowed}，最长{days}天。",
    rule="trading rules: validity of orders",
)
CROSSES = define(
    "CW-6214",
    en="At {price_fen_per_t} fen the listing would meet the best one against it, {best} fen.",
    zh="价格{price_fen_per_t}分将与对手方最优价{best}分相遇，不得挂牌。",
    mend_en="Pick that one instead: a new buy must be below the best sell, a new sell above the best buy.",
    mend_zh="请直接点选该挂牌：新买入挂牌须低于最优卖价，新卖出挂牌须高于最优买价。",
    rule="GZETS 2016-12-20: no crossing from 2016-12-23",
)
SELF_TRADE = define(
    "CW-6215",
    en="The order would trade with {order}, which is the same holder's.",
    zh="本申报将与同一持有人的申报{order}成交。",
    mend_en="Cancel that one first.",
    mend_zh="请先撤销该申报。",
    rule="risk rule of 2015-11-12: abnormal trading; self-trade prevention",
)
FILL_OR_KILL = define(
    "CW-6216",
    en="Only {available_t} of {quantity_t} t could be filled at once.",
    zh="{quantity_t}吨中仅有{available_t}吨可立即成交。",
    rule="fill or kill",
)
NOT_BEST = define(
    "CW-6222",
    en="{order} may not be picked: {best} comes first.",
    zh="不得点选{order}：应先点选{best}。",
    mend_en="Only the best listing may be picked, by price, then time.",
    mend_zh="仅可按价格优先、时间优先点选最优挂牌。",
    rule="GZETS 2015-06-10: best order only, from 2015-06-11; national market: best five prices",
)
TOO_MUCH = define(
    "CW-6223",
    en="{order} has {open_t} t left, {quantity_t} t are asked for.",
    zh="申报{order}剩余{open_t}吨，不足所需的{quantity_t}吨。",
    rule="trading rules: listed-click",
)
NOT_ABLE = define(
    "CW-6225",
    en="{order} cannot be traded with: its account is suspended or halted.",
    zh="申报{order}不能成交：其账户已暂停使用或停止交易。",
    mend_en="Pick the next one.",
    mend_zh="请点选下一笔。",
    rule="UK registry: account statuses; risk rule of 2015-11-12",
)
NO_PICKING = define(
    "CW-6224",
    en="{product} is not traded by picking listings today.",
    zh="今日{product}不采用点选方式成交。",
    mend_en="Enter an order instead.",
    mend_zh="请改为申报委托。",
    rule="trading rules: modes",
)

Fills = Sequence[tuple[Order, int]]


class Orders(Desk):
    """Handlers and appliers of orders."""

    # Entering.

    def place(self, request: Request, command: PlaceOrder) -> list[Event]:
        """Take an order: refuse it, or match it and let the rest stand, holding what it promises."""
        day = self.day()
        account, side, price, quantity_t = (
            command.account, command.side, command.price_fen_per_t, command.quantity_t,
        )  # fmt: skip
        if side not in ("buy", "sell"):
            refuse(SIDE, side=str(side))
        product = self.product(day, command.product)
        mode = self.mode(product, product.book, request.at_ms)
        self.check_halts(request.at_ms, product.code, account)
        trader = self.member(day, account, side)
        self.check_right(trader, side, product, mode.mode)
        self.check_price(product, mode, price)
        self.check_size(product, mode, quantity_t, price)
        if command.validity != "day" or command.until is not None:
            self._check_validity(day, command)
        if request.command_id in self.state.orders:
            refuse(ORDER_TAKEN, order=request.command_id)
        book = self.book_of(product.code)
        fills, cancelled, stopped = self._meet(day, mode, book, command, request.at_ms)
        took_t = sum([take_t for _, take_t in fills]) if fills else 0
        rest_t = quantity_t - took_t
        if rest_t and command.validity == "fok":
            refuse(FILL_OR_KILL, available_t=took_t, quantity_t=quantity_t)
        if stopped or command.validity == "ioc":
            rest_t = 0
        if side == "buy":
            self.check_position(trader, account, product, took_t + rest_t)
        return [*cancelled, *self._entered(request, command, product, mode, fills, took_t, rest_t)]

    def _check_validity(self, day: Day, command: PlaceOrder) -> None:
        until = command.until
        fits = command.validity in day.validities
        if command.validity == "gtd":
            last = day.on + timedelta(days=day.most_validity_days)
            fits = fits and until is not None and day.on <= until <= last
        else:
            fits = fits and until is None
        if not fits:
            refuse(
                VALIDITY,
                validity=command.validity,
                until=str(until or "-"),
                allowed=", ".join(day.validities),
                days=day.most_validity_days,
            )

    def _meet(
        self, day: Day, mode: ModeDay, book: OrderBook, command: PlaceOrder, at_ms: int
    ) -> tuple[Fills, list[Event], bool]:
        """What the order takes, whose own orders go for it, and whether the rest of it must not stand."""
        side, price = command.side, command.price_fen_per_t
        if not book.crosses(side, price):
            return (), [], False
        if mode.matching == "call":
            self._check_call(day, book, command)
            return (), [], False
        if mode.crossing == "rest":
            return (), [], False
        if mode.crossing == "refuse":
            best = self.first_able(book, "sell" if side == "buy" else "buy", at_ms)
            if best is not None and _reached(best, side, price):
                refuse(CROSSES, price_fen_per_t=price, best=best.price_fen_per_t)
            return (), [], False
        fills: Fills = book.plan(side, price, command.quantity_t)
        holder = self.ledger.state.accounts[command.account].holder
        own = "" if day.self_trade == "allow" else holder
        for order, _ in fills:
            if order.holder == own or not self.able(order, at_ms):
                return self._prevent(day, book, command, own, at_ms)
        return fills, [], False

    def _check_call(self, day: Day, book: OrderBook, command: PlaceOrder) -> None:
        """Refuse a listing that the call could cross with one of the same holder."""
        if day.self_trade == "allow":
            return
        holder = self.ledger.state.accounts[command.account].holder
        for order in book.orders("sell" if command.side == "buy" else "buy"):
            if not _reached(order, command.side, command.price_fen_per_t):
                return
            if order.holder == holder:
                refuse(SELF_TRADE, order=order.id)

    def _prevent(
        self, day: Day, book: OrderBook, command: PlaceOrder, holder: str, at_ms: int
    ) -> tuple[Fills, list[Event], bool]:
        """Keep one holder's orders from trading with one another, as the scheme says.

        Orders of accounts that may not trade any more go.
        """
        side, price, left_t = command.side, command.price_fen_per_t, command.quantity_t
        fills: list[tuple[Order, int]] = []
        gone: list[Event] = []
        for order in book.orders("sell" if side == "buy" else "buy"):
            if not left_t or not _reached(order, side, price):
                break
            if not self.able(order, at_ms):
                gone.append(self.cancellation(order, "halt"))
            elif order.holder != holder:
                take_t = min(left_t, order.left_t)
                fills.append((order, take_t))
                left_t -= take_t
            elif day.self_trade == "refuse":
                refuse(SELF_TRADE, order=order.id)
            elif day.self_trade == "cancel_incoming":
                return fills, gone, True
            else:
                gone.append(self.cancellation(order, "self_trade"))
        return fills, gone, False

    def _entered(
        self,
        request: Request,
        command: PlaceOrder,
        product: ProductDay,
        mode: ModeDay,
        fills: Fills,
        took_t: int,
        rest_t: int,
    ) -> list[Event]:
        """Hold what stands, and settle what was taken."""
        account, price = command.account, command.price_fen_per_t
        where = order_place(account, request.command_id)
        units: tuple[UnitMove, ...] = ()
        cash: tuple[CashMove, ...] = ()
        spans: Spans = []
        if command.side == "buy":
            value_fen = sum([order.price_fen_per_t * take_t for order, take_t in fills]) if fills else 0
            rest_fen, ppm = price * rest_t, mode.buyer_fee_ppm
            total_fen = value_fen + rest_fen
            needed_fen = total_fen + fee_fen(total_fen, ppm)
            self.check_cash(account, needed_fen)
            if rest_t:
                hold_fen = needed_fen - value_fen - fee_fen(value_fen, ppm)
                cash = (CashMove(hold_fen, account, where),)
        elif took_t or rest_t:
            spans = self.free_units(account, product.unit_kinds, took_t + rest_t, product.code)
            if rest_t:
                spans, rest = cut(spans, took_t) if took_t else ([], spans)
                units = moved(rest, where)
        placed = OrderPlaced(
            order_id=request.command_id,
            account=account,
            product=product.code,
            side=command.side,
            price_fen_per_t=price,
            quantity_t=command.quantity_t,
            resting_t=rest_t,
            validity=command.validity,
            until=command.until,
            units=units,
            cash=cash,
        )
        if not fills:
            return [placed]
        ppm = self.fee_ppm(mode, command.side, account)
        taker = Sides(account, request.command_id, 0, 0, ppm)
        base = request.command_id
        return [placed, *self._trades(base, taker, command.side, product, mode, fills, spans, account)]

    def _trades(
        self,
        base: str,
        taker: Sides,
        side: Side,
        product: ProductDay,
        mode: ModeDay,
        fills: Fills,
        spans: Spans,
        cash_at: str,
    ) -> list[Event]:
        """Settle what an order takes; each resting order trades at its own price.

        `base`: the command's id, under which its trades are numbered.

        `spans`: the units that a selling taker delivers; `cash_at`: where a buying one pays from.
        """
        found: list[Event] = []
        settle, kind = self.hooks.settle, product.unit_kinds[0]
        maker_side = "sell" if side == "buy" else "buy"
        for n, (order, take_t) in enumerate(fills, 1):
            price = order.price_fen_per_t
            ppm = self.fee_ppm(mode, maker_side, order.account)
            maker = Sides(order.account, order.id, order.value_fen, order.fee_fen, ppm)
            value_fen = price * take_t
            if side == "buy":
                buyer, seller = taker, maker
                units = self.held_units(order.account, order.id, take_t)
            else:
                buyer, seller = maker, taker
                cash_at = order_place(order.account, order.id)
                units, spans = cut(spans, take_t)
            found.append(
                settle(
                    trade_id=f"{base}/{n}",
                    product=product.code,
                    kind=kind,
                    mode=mode.mode,
                    price_fen_per_t=price,
                    quantity_t=take_t,
                    buyer=buyer.account,
                    cash_at=cash_at,
                    buyer_fee_fen=buyer.charge(value_fen),
                    seller=seller.account,
                    units=units,
                    seller_fee_fen=seller.charge(value_fen),
                    buy_order=buyer.order_id,
                    sell_order=seller.order_id,
                    aggressor=side,
                )
            )
        return found

    # Picking.

    def pick(self, request: Request, command: PickOrder) -> list[Event]:
        """Trade against a listed order at its price."""
        day = self.day()
        order = self.state.orders.get(command.order_id)
        if order is None:
            refuse(NO_ORDER, order=command.order_id, account="-")
        product = self.product(day, order.product)
        mode = self.mode(product, product.book, request.at_ms)
        if mode.matching != "click":
            refuse(NO_PICKING, product=product.code)
        self.check_halts(request.at_ms, product.code, command.account, order.account)
        side: Side = "sell" if order.side == "buy" else "buy"
        trader = self.member(day, command.account, side)
        self.check_right(trader, side, product, mode.mode)
        self._check_pick(mode, order, request.at_ms)
        self.check_size(product, mode, command.quantity_t, order.price_fen_per_t)
        if command.quantity_t > order.left_t:
            refuse(TOO_MUCH, order=order.id, open_t=order.left_t, quantity_t=command.quantity_t)
        holder = self.ledger.state.accounts[command.account].holder
        if order.holder == holder and day.self_trade != "allow":
            refuse(SELF_TRADE, order=order.id)
        spans: Spans = []
        ppm = self.fee_ppm(mode, side, command.account)
        if side == "buy":
            self.check_position(trader, command.account, product, command.quantity_t)
            value_fen = order.price_fen_per_t * command.quantity_t
            self.check_cash(command.account, value_fen + fee_fen(value_fen, ppm))
        else:
            kinds = product.unit_kinds
            spans = self.free_units(command.account, kinds, command.quantity_t, product.code)
        taker = Sides(command.account, request.command_id, 0, 0, ppm)
        fills = ((order, command.quantity_t),)
        base = request.command_id
        return self._trades(base, taker, side, product, mode, fills, spans, command.account)

    def _check_pick(self, mode: ModeDay, order: Order, at_ms: int) -> None:
        """Refuse a listing that another one goes before."""
        book = self.book_of(order.product)
        first = self.first_able(book, order.side, at_ms)
        if first is None or not self.able(order, at_ms):
            refuse(NOT_ABLE, order=order.id)
        if mode.pick == "best" and first is not order:
            refuse(NOT_BEST, order=order.id, best=first.id)
        if mode.pick == "best_five" and order.price_fen_per_t not in book.prices(order.side, 5):
            refuse(NOT_BEST, order=order.id, best=first.id)


def _reached(order: Order, side: str, price_fen_per_t: int) -> bool:
    """Whether an order of `side` at a price meets a resting one."""
    if side == "buy":
        return order.price_fen_per_t <= price_fen_per_t
    return order.price_fen_per_t >= price_fen_per_t
