"""The trading day: opened under the rules of the date, closed with prices, expiries and T+n releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec.structs import replace

from capwright.exchange.book import Order, OrderBook
from capwright.exchange.dayrules import is_trading_day, product_days, windows
from capwright.exchange.desk import Desk
from capwright.exchange.messages import (
    CloseTradingDay,
    DealCancelled,
    ModeDay,
    OpenTradingDay,
    PriceReset,
    ProductClose,
    ProductDay,
    ResetPrice,
    TradingDayClosed,
    TradingDayOpened,
)
from capwright.exchange.prices import band_limits, closing_price
from capwright.exchange.state import Day, Tick
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.clock import local_ms, local_time
from capwright.ledger.room import Request
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ClosingRule, ExchangeRules, ModeRule

__all__ = ["Days"]

_RULE = "trading rules: sessions; scheme: exchange.sessions"

DAY_OPEN = define(
    "CW-6230",
    en="The trading day {on} is still open.",
    zh="交易日{on}尚未收市。",
    mend_en="Close it first.",
    mend_zh="请先收市。",
    rule=_RULE,
)
NO_DAY = define(
    "CW-6231",
    en="{on} cannot be opened: it is no trading day, not today, or not after the last one, {last}.",
    zh="{on}不能开市：不是交易日、不是当天，或不晚于上一交易日{last}。",
    mend_en="Trading days follow from the scheme's calendar, extra sessions and outages.",
    mend_zh="交易日由方案的日历、加开交易日和临时休市安排确定。",
    rule=_RULE,
)
NOT_OVER = define(
    "CW-6232",
    en="{on} cannot be closed: it is not the open day, or its last session is not over.",
    zh="{on}不能收市：不是当前开市日，或最后交易时段尚未结束。",
    mend_en="Close the open day after its last session.",
    mend_zh="请在最后交易时段结束后收市。",
    rule=_RULE,
)
NO_FEE_ACCOUNT = define(
    "CW-6233",
    en="Fees are due, but there is no open account of the type '{account_type}' to take them.",
    zh="须收取手续费，但没有类型为“{account_type}”的可用账户。",
    mend_en="Open one first; the scheme names the type in exchange.settlement.fee_account_type.",
    mend_zh="请先开立该账户；类型由方案 exchange.settlement.fee_account_type 规定。",
    rule="scheme: exchange.settlement",
)
UNCROSSED = define(
    "CW-6234",
    en="Listed bidding of {product} has not been crossed.",
    zh="{product}的挂牌竞价尚未撮合。",
    mend_en="Cross it first.",
    mend_zh="请先撮合。",
    rule="trading rules: listed bidding",
)
BAD_RESET = define(
    "CW-6235",
    en="{price_fen_per_t} fen cannot become the reference price of '{product}'.",
    zh="{price_fen_per_t}分不能作为“{product}”的基准价。",
    mend_en="Name a listed product and a price on its steps above zero.",
    mend_zh="请指定已上市品种，价格须为正且符合最小变动单位。",
    rule="GZETS 2023-12-25: exceptional re-set of an opening price",
)

# A market that fell asleep is woken day by day: the search for trading days before a day ends here.
_LOOK_BACK_DAYS: Final = 60


class Days(Desk):
    """Handlers and appliers of the trading day."""

    def open(self, request: Request, command: OpenTradingDay) -> list[Event]:
        """Work the rules of the day out and fix them; take out orders that do not fit them."""
        last = self.state.day
        if last is not None and last.open:
            refuse(DAY_OPEN, on=str(last.on))
        rules, found = self.rulebook.now(), self.rules()
        on = command.on
        today = local_time(rules, request.at_ms).date()
        late = last is not None and on <= last.on
        if on != today or late or not is_trading_day(found, rules.section("calendar"), on):
            refuse(NO_DAY, on=str(on), last=str(last.on) if last else "-")

        def ms(day: date, clock: time) -> int:
            return local_ms(rules, day, clock)

        kinds = frozenset(rules.unit_kinds)
        products = product_days(found, kinds, on, self.state.references, self.state.first_days, ms)
        fee_account = self._fee_account(found, products)
        opened = TradingDayOpened(
            on=on,
            windows_ms=windows(found, on, ms),
            products=products,
            self_trade=found.self_trade,
            validities=found.validities,
            most_validity_days=found.most_validity_days,
        )
        return [
            self.hooks.open_settlement(on, found.settlement.resale_days, fee_account),
            opened,
            *self._misfits({product.code: product for product in products}),
        ]

    def _fee_account(self, found: ExchangeRules, products: tuple[ProductDay, ...]) -> str:
        """The open account that takes the fees; none where no fee is due."""
        modes = [mode for product in products for mode in product.modes.values()]
        if not any(mode.buyer_fee_ppm or mode.seller_fee_ppm for mode in modes):
            return ""
        account_type = found.settlement.fee_account_type
        for account in self.ledger.accounts_of_type(account_type):
            if account.status == "open":
                return account.number
        return refuse(NO_FEE_ACCOUNT, account_type=account_type)

    def _misfits(self, products: Mapping[str, ProductDay]) -> list[Event]:
        """Orders of earlier days that the new day's rules do not take, by reason."""
        found: list[Event] = []
        for order in self.state.orders.values():
            product = products.get(order.product)
            mode = product.modes.get(product.book) if product is not None else None
            if product is None or mode is None:
                found.append(self.cancellation(order, "delisted"))
            elif not _inside(mode, order.price_fen_per_t):
                found.append(self.cancellation(order, "band"))
            elif self._other_terms(order, product, mode):
                found.append(self.cancellation(order, "rules"))
        return found

    def _other_terms(self, order: Order, product: ProductDay, mode: ModeDay) -> bool:
        """Whether an order was entered under another fee, way of matching, or step.

        What it holds covers the fee it was entered under; and a book that was not matched may not be.
        """
        day = self.state.day
        before = day.products.get(order.product) if day is not None else None
        if before is None or before.book != product.book or order.price_fen_per_t % product.tick_fen:
            return True
        then = before.modes[before.book]
        return (then.buyer_fee_ppm, then.crossing, then.matching) != (
            mode.buyer_fee_ppm,
            mode.crossing,
            mode.matching,
        )

    # The end of the day.

    def close(self, request: Request, command: CloseTradingDay) -> list[Event]:
        """Take out what expires, work out the closing prices, free what may be resold tomorrow."""
        day = self.state.day
        over_ms = max((end_ms for _, end_ms in day.windows_ms), default=0) if day is not None else 0
        if day is None or not day.open or day.on != command.on or request.at_ms < over_ms:
            refuse(NOT_OVER, on=str(command.on))
        for product in day.products.values():
            mode = product.modes.get(product.book)
            book = self.books.get(product.code)
            if (
                mode is not None
                and mode.matching == "call"
                and book is not None
                and self._crossed(book, request.at_ms)
            ):
                refuse(UNCROSSED, product=product.code)
        rules = self.rules()
        expired = [o for o in self.state.orders.values() if o.until is None or o.until <= day.on]
        events = self.cancellations(expired, "expired")
        events += [self._deal_over(deal_id) for deal_id in self.state.deals]
        events += self.hooks.free_resale(self._resalable(day.on, rules.settlement.resale_days))
        closes = tuple(self._product_close(rules, day, product) for product in day.products.values())
        return [*events, TradingDayClosed(on=day.on, closes=closes)]

    def _crossed(self, book: OrderBook, at_ms: int) -> bool:
        """Whether listings that may trade could be crossed."""
        buy, sell = self.first_able(book, "buy", at_ms), self.first_able(book, "sell", at_ms)
        return buy is not None and sell is not None and buy.price_fen_per_t >= sell.price_fen_per_t

    def _deal_over(self, deal_id: str) -> DealCancelled:
        from capwright.exchange.deals import deal_release  # noqa: PLC0415 - deals know the desk

        return deal_release(self, self.state.deals[deal_id], "expired")

    def _resalable(self, on: date, resale_days: int) -> date:
        """The last trading day whose purchases may be sold on the trading day after `on`."""
        rules = self.rulebook.now()
        day = on
        for _ in range(max(resale_days - 1, 0)):
            before = day
            for _ in range(_LOOK_BACK_DAYS):
                before -= timedelta(days=1)
                if is_trading_day(self.rules(), rules.section("calendar"), before):
                    break
            day = before
        return day

    def _product_close(self, rules: ExchangeRules, day: Day, product: ProductDay) -> ProductClose:
        ticks = self.state.ticks.get(product.code, [])
        closing, counted_t = self._closing(rules, day, product, ticks)
        listed = [tick for tick in ticks if tick.mode == product.book] if product.book else []
        prices = [tick.price_fen_per_t for tick in ticks]
        return ProductClose(
            product=product.code,
            opening_fen_per_t=_opening(_closing_rule(rules, day.on), product, ticks),
            closing_fen_per_t=closing,
            counted_t=counted_t,
            first_fen_per_t=prices[0] if prices else 0,
            high_fen_per_t=max(prices, default=0),
            low_fen_per_t=min(prices, default=0),
            trades=len(ticks),
            volume_t=sum(tick.quantity_t for tick in ticks),
            turnover_fen=sum(tick.quantity_t * tick.price_fen_per_t for tick in ticks),
            book_trades=len(listed),
            book_volume_t=sum(tick.quantity_t for tick in listed),
            book_turnover_fen=sum(tick.quantity_t * tick.price_fen_per_t for tick in listed),
        )

    def _closing(
        self, rules: ExchangeRules, day: Day, product: ProductDay, ticks: list[Tick]
    ) -> tuple[int, int]:
        rule = _closing_rule(rules, day.on)
        if rule is None:
            return product.opening_fen_per_t, 0
        now = self.rulebook.now()

        def local(at_ms: int) -> datetime:
            return local_time(now, at_ms)

        return closing_price(rule, ticks, product.opening_fen_per_t, local)

    # Exceptional prices.

    def reset(self, _request: Request, command: ResetPrice) -> list[Event]:
        """Move a reference price; in an open day the bands move at once and orders outside them go."""
        check_text("reason", command.reason, MAX_REASON)
        rules = self.rules()
        listed = next((p for p in rules.products if p.code == command.product), None)
        price = command.price_fen_per_t
        if listed is None or not 0 < price <= MAX_FEN // 10**6 or price % listed.tick_fen:
            refuse(BAD_RESET, price_fen_per_t=price, product=command.product[:100])
        day = self.state.day
        product = day.products.get(command.product) if day is not None and day.open else None
        if day is None or product is None:
            return [PriceReset(product=command.product, price_fen_per_t=price, reason=command.reason)]
        moved = self._rebanded(rules, day, product, price)
        misfits = [
            order
            for order in self.state.orders.values()
            if order.product == product.code and not _inside(moved.modes[moved.book], order.price_fen_per_t)
        ]
        deals = [
            self._deal_over(deal.id)
            for deal in self.state.deals.values()
            if deal.product == product.code and not _inside(moved.modes[deal.mode], deal.price_fen_per_t)
        ]
        reset = PriceReset(product=product.code, price_fen_per_t=price, reason=command.reason, day=moved)
        return [*self.cancellations(misfits, "band"), *deals, reset]

    def _rebanded(self, rules: ExchangeRules, day: Day, product: ProductDay, price: int) -> ProductDay:
        listed = next(p for p in rules.products if p.code == product.code)
        first_day = self.state.first_days.get(product.code) == day.on
        own = listed.first_day_band if first_day else None
        bands: dict[str, ModeRule] = {}
        for rule in valid_on(rules.modes, day.on):
            if not rule.products or product.code in rule.products:
                bands.setdefault(rule.mode, rule)
        modes: dict[str, ModeDay] = {}
        for name, mode in product.modes.items():
            band = bands[name].band if name in bands else None
            lower, upper = band_limits(price, own if own is not None else band, product.tick_fen)
            modes[name] = replace(mode, lower_fen_per_t=lower, upper_fen_per_t=upper)
        return replace(product, opening_fen_per_t=price, modes=modes)

    # Appliers.

    def opened(self, event: TradingDayOpened, _at_ms: int) -> None:
        """Fold the event."""
        state = self.state
        state.day = Day(
            on=event.on,
            open=True,
            windows_ms=event.windows_ms,
            products={product.code: product for product in event.products},
            self_trade=event.self_trade,
            validities=event.validities,
            most_validity_days=event.most_validity_days,
        )
        state.ticks = {product.code: [] for product in event.products}
        for product in event.products:
            state.first_days.setdefault(product.code, event.on)
        self.forget_members()

    def closed(self, event: TradingDayClosed, _at_ms: int) -> None:
        """Fold the event."""
        state = self.state
        assert state.day is not None
        state.day.open = False
        for close in event.closes:
            if close.closing_fen_per_t:
                state.references[close.product] = close.closing_fen_per_t
            state.closes.setdefault(close.product, []).append((event.on, close))

    def was_reset(self, event: PriceReset, _at_ms: int) -> None:
        """Fold the event."""
        self.state.references[event.product] = event.price_fen_per_t
        if event.day is not None and self.state.day is not None:
            self.state.day.products[event.product] = event.day


def _inside(mode: ModeDay, price_fen_per_t: int) -> bool:
    """Whether a price is within the band of the day."""
    upper = mode.upper_fen_per_t
    return not upper or mode.lower_fen_per_t <= price_fen_per_t <= upper


def _closing_rule(rules: ExchangeRules, on: date) -> ClosingRule | None:
    return next(iter(valid_on(rules.closings, on)), None)


def _opening(rule: ClosingRule | None, product: ProductDay, ticks: list[Tick]) -> int:
    """The day's opening price as published: the previous close, or the first trade where the rule says so."""
    if rule is not None and rule.opening == "first_trade":
        counted = [tick for tick in ticks if tick.mode in rule.modes]
        if counted:
            return counted[0].price_fen_per_t
    return product.opening_fen_per_t
