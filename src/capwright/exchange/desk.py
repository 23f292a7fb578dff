"""What the parts of the exchange room share: the day, the books, who may trade what, holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from capwright.exchange.book import Order, OrderBook
from capwright.exchange.dayrules import member_rule
from capwright.exchange.messages import ModeDay, OrderCancelled, ProductDay, Side
from capwright.exchange.prices import fee_fen
from capwright.exchange.refusals import (
    ACCOUNT,
    HALTED,
    NO_CASH,
    NO_MEMBER,
    NO_MODE,
    NO_PRODUCT,
    NO_TRADING_RIGHT,
    NO_UNITS,
    OUT_OF_HOURS,
    POSITION,
    PRICE_BAND,
    PRICE_STEP,
    SHUT,
    SIZE,
    TOO_LARGE,
)
from capwright.exchange.sides import Spans, order_place
from capwright.exchange.state import Day, Deal, ExchangeState
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN, MAX_T
from capwright.kernel.refusal import refuse
from capwright.ledger.accounts import Account
from capwright.ledger.book import Book
from capwright.ledger.checks import transaction_type
from capwright.ledger.clock import local_time
from capwright.ledger.messages import CashMove, TradeSettled, UnitMove
from capwright.ledger.rulebook import Rulebook, Rules
from capwright.scheme.exchange_rules import ExchangeRules, MemberRule, Product

__all__ = ["Desk", "Hooks", "Tables", "Trader"]

_SIDES_ZH = {"buy": "买入", "sell": "卖出"}


class Hooks:
    """What the exchange needs of settlement; the market wires it (rooms do not know each other)."""

    def __init__(self) -> None:
        self.settle: Callable[..., TradeSettled] = _unwired
        self.free_resale: Callable[[date], list[Event]] = lambda _on: []
        self.open_settlement: Callable[[date, int, str], Event] = _unwired


def _unwired(*_args: Any, **_named: Any) -> Any:
    raise AssertionError("the exchange needs a settlement room beside it")


class Trader(Struct, frozen=True):
    """What an account may do on a day: as its kind of member, and by the registry's table of transfers."""

    rule: MemberRule
    may_buy: bool
    may_sell: bool
    unit_kinds: frozenset[str]


class Tables:
    """What follows from the state and is kept beside it: books by product, what accounts may still buy.

    `members`: what accounts may do today under the rules `members_under`.
    """

    def __init__(self) -> None:
        self.books: dict[str, OrderBook] = {}
        self.open_buys_t: dict[tuple[str, str], int] = {}
        self.members: dict[str, Trader | None] = {}
        self.members_under: Rules | None = None


class Desk:
    """Look-ups and checks that every kind of trade needs; all parts of the room share its tables."""

    def __init__(
        self, state: ExchangeState, book: Book, rulebook: Rulebook, hooks: Hooks, tables: Tables
    ) -> None:
        self.state = state
        self.ledger = book
        self.rulebook = rulebook
        self.hooks = hooks
        self.tables = tables
        self.books = tables.books
        self.open_buys_t = tables.open_buys_t

    def fill_tables(self) -> None:
        """Put the orders of the state into their books, as after a snapshot."""
        for order in sorted(self.state.orders.values(), key=lambda order: order.arrival):
            self.rest(order)

    # Books.

    def book_of(self, product: str) -> OrderBook:
        """The book of a product."""
        found = self.books.get(product)
        if found is None:
            found = self.books[product] = OrderBook()
        return found

    def rest(self, order: Order) -> None:
        """Put an order into its book."""
        self.book_of(order.product).add(order)
        if order.side == "buy":
            self.count_buy(order.account, order.product, order.left_t)

    def count_buy(self, account: str, product: str, change_t: int) -> None:
        """Keep what an account may still buy by its open orders."""
        key = account, product
        left_t = self.open_buys_t.get(key, 0) + change_t
        if left_t:
            self.open_buys_t[key] = left_t
        else:
            del self.open_buys_t[key]

    # The day.

    def day(self) -> Day:
        """The open trading day."""
        day = self.state.day
        if day is None or not day.open:
            refuse(SHUT)
        return day

    def product(self, day: Day, code: str) -> ProductDay:
        """The product on this day."""
        found = day.products.get(code)
        if found is None:
            refuse(NO_PRODUCT, product=code[:100], known=", ".join(day.products))
        return found

    def mode(self, product: ProductDay, name: str, at_ms: int) -> ModeDay:
        """The mode of the product, if it is open at this time."""
        mode = product.modes.get(name)
        if mode is None:
            refuse(NO_MODE, product=product.code, mode=name or "order book", known=", ".join(product.modes))
        for begin_ms, end_ms in mode.windows_ms:
            if begin_ms <= at_ms < end_ms:
                return mode
        return refuse(OUT_OF_HOURS, mode=name)

    def check_halts(self, at_ms: int, *targets: str) -> None:
        """Refuse when the market or one of the targets is halted."""
        halts = self.state.halts
        if not halts:
            return
        for target in ("", *targets):
            halt = halts.get(target)
            if halt is not None and (not halt.until_ms or at_ms < halt.until_ms):
                refuse(HALTED, target=target or "market", reason=halt.reason)

    def able(self, order: Order, at_ms: int) -> bool:
        """Whether a resting order may trade: its account may have been suspended or halted since."""
        status = self.ledger.state.accounts[order.account].status
        if status != "open" and (status != "restricted" or order.side != "buy"):
            return False
        halt = self.state.halts.get(order.account)
        return halt is None or (halt.until_ms != 0 and at_ms >= halt.until_ms)

    def first_able(self, book: OrderBook, side: Side, at_ms: int) -> Order | None:
        """The resting order of a side that trades first, those that may not left out."""
        return next((order for order in book.orders(side) if self.able(order, at_ms)), None)

    # Members.

    def rules(self) -> ExchangeRules:
        """The exchange section of the scheme in force."""
        found: ExchangeRules = self.rulebook.now().section("exchange")
        return found

    def forget_members(self) -> None:
        """Look every member up anew: a day began, or somebody was admitted."""
        self.tables.members.clear()

    def member(self, day: Day, number: str, side: str) -> Trader:
        """What the account may do as a member; it must be open, and a restricted one may only buy.

        A firm that was ordered to correct has to get what it lacks.
        """
        account = self.ledger.state.accounts.get(number)
        if account is None or (
            account.status != "open" and (account.status != "restricted" or side != "buy")
        ):
            refuse(ACCOUNT, account=number[:100], status=account.status if account else "-")
        members = self.tables.members
        if self.tables.members_under is not self.rulebook.latest:
            self.tables.members_under = self.rulebook.latest
            members.clear()
        if number in members:
            trader = members[number]
        else:
            trader = members[number] = self.trader(day.on, account)
        if trader is None:
            refuse(NO_MEMBER, account=number, on=str(day.on))
        return trader

    def trader(self, on: date, account: Account) -> Trader | None:
        """Look a member up: its kind on a day, and what the registry's table lets its account type do."""
        admitted = self.state.members.get(account.number)
        kind = admitted.kind if admitted is not None else ""
        rule = member_rule(self.rules(), on, account.type, kind)
        if rule is None:
            return None
        rules = self.rulebook.now()
        transfer, row = transaction_type(rules, "transfer"), rules.account_types.get(account.type)
        kinds = frozenset(row.unit_kinds) if row is not None else frozenset()
        return Trader(rule, account.type in transfer.to_types, account.type in transfer.from_types, kinds)

    def check_right(self, trader: Trader, side: str, product: ProductDay | Product, mode: str) -> None:
        """Refuse a trade that the kind of member may not make, or its account not hold."""
        rule = trader.rule
        if side == "buy":
            allowed, able = rule.buys, trader.may_buy
            able = able and (not trader.unit_kinds or trader.unit_kinds.issuperset(product.unit_kinds))
        else:
            allowed, able = rule.sells, trader.may_sell
        if not able or (allowed and product.code not in allowed) or (rule.modes and mode not in rule.modes):
            said = {"kind": rule.kind, "side": side, "side_zh": _SIDES_ZH.get(side, side)}
            refuse(NO_TRADING_RIGHT, **said, product=product.code, mode=mode)

    def check_trade(self, number: str, code: str, side: str, mode: str, at_ms: int) -> None:
        """Refuse an account that may not trade a product in a mode today, open or shut."""
        self.check_halts(at_ms, code, number)
        on = local_time(self.rulebook.now(), at_ms).date()
        product = next((p for p in self.rules().products if p.code == code), None)
        account = self.ledger.state.accounts.get(number)
        trader = self.trader(on, account) if account is not None else None
        if product is None or trader is None:
            refuse(NO_MEMBER, account=number[:100], on=str(on))
        self.check_right(trader, side, product, mode)

    # Price and size.

    def check_price(self, product: ProductDay, mode: ModeDay, price_fen_per_t: int) -> None:
        """Refuse a price off the steps or outside the band."""
        if price_fen_per_t <= 0 or price_fen_per_t % product.tick_fen:
            refuse(
                PRICE_STEP,
                price_fen_per_t=price_fen_per_t,
                product=product.code,
                tick_fen=product.tick_fen,
            )
        upper = mode.upper_fen_per_t
        if upper and not mode.lower_fen_per_t <= price_fen_per_t <= upper:
            refuse(
                PRICE_BAND,
                price_fen_per_t=price_fen_per_t,
                product=product.code,
                lower=mode.lower_fen_per_t,
                upper=upper,
            )

    def check_size(self, product: ProductDay, mode: ModeDay, quantity_t: int, price_fen_per_t: int) -> None:
        """Refuse a size out of bounds or off the lots, and a value that no cash account could hold."""
        most_t = mode.most_t if mode.most_t is not None else MAX_T
        if not mode.least_t <= quantity_t <= most_t or quantity_t <= 0 or quantity_t % product.lot_t:
            refuse(
                SIZE,
                quantity_t=quantity_t,
                mode=mode.mode,
                product=product.code,
                least=mode.least_t,
                most=most_t,
                lot_t=product.lot_t,
            )
        if quantity_t * price_fen_per_t > MAX_FEN // 4:  # fees come on top, and sums must fit
            refuse(TOO_LARGE, quantity_t=quantity_t, price_fen_per_t=price_fen_per_t)

    def check_position(self, trader: Trader, account: str, product: ProductDay, more_t: int) -> None:
        """Refuse a purchase that could take a member beyond its limit."""
        limit_t = trader.rule.position_limit_t
        if limit_t is None:
            return
        would_t = more_t + self.open_buys_t.get((account, product.code), 0)
        kinds, series = product.unit_kinds, self.ledger.state.series
        for where in self.ledger.places_of(account):
            for name, quantity_t in self.ledger.at(where).items():
                if series[name].kind in kinds:
                    would_t += quantity_t
        if would_t > limit_t:
            refuse(POSITION, account=account, would_t=would_t, product=product.code, limit_t=limit_t)

    # What an order holds.

    def free_units(self, account: str, kinds: Sequence[str], quantity_t: int, product: str) -> Spans:
        """The account's free units to sell, oldest vintage first; refuse when there are not enough."""
        here = self.ledger.state.units.get(account)
        series = self.ledger.state.series
        found = [name for name in here if series[name].kind in kinds] if here else []
        if len(found) > 1:
            found.sort(key=lambda name: (series[name].vintage, name))
        spans: Spans = []
        left_t = quantity_t
        for name in found:
            assert here is not None
            ranges = here[name]
            take_t = min(left_t, ranges.size_t)
            spans += [(name, first, last, account) for first, last in ranges.pick(take_t)]
            left_t -= take_t
            if not left_t:
                return spans
        return refuse(
            NO_UNITS, account=account, available_t=quantity_t - left_t, product=product, quantity_t=quantity_t
        )

    def held_units(self, account: str, order_id: str, quantity_t: int) -> Spans:
        """The next units that an order holds."""
        where = order_place(account, order_id)
        spans: Spans = []
        for name, ranges in self.ledger.state.units[where].items():
            take_t = min(quantity_t, ranges.size_t)
            spans += [(name, first, last, where) for first, last in ranges.pick(take_t)]
            quantity_t -= take_t
            if not quantity_t:
                return spans
        raise AssertionError("an order holds less than it offers")

    def check_cash(self, account: str, needed_fen: int) -> None:
        """Refuse an order that the account cannot pay."""
        available_fen = self.ledger.state.cash.get(account, 0)
        if available_fen < needed_fen:
            refuse(NO_CASH, needed_fen=needed_fen, account=account, available_fen=available_fen)

    def fee_ppm(self, mode: ModeDay, side: str, account: str) -> int:
        """The fee rate of a side; a seller that can only have got its units by issuance may have its own.

        An account type that no transfer may go to (a project owner's) holds only what was issued to it.
        """
        if side == "buy":
            return mode.buyer_fee_ppm
        own = mode.first_transfer_seller_fee_ppm
        if own is None:
            return mode.seller_fee_ppm
        transfer = self.rulebook.now().transaction_types.get("transfer")
        account_type = self.ledger.state.accounts[account].type
        return mode.seller_fee_ppm if transfer is None or account_type in transfer.to_types else own

    def held_fen(self, order: Order) -> int:
        """What a resting buy order must hold: its price for what is open, and the fee still to come.

        The fee of an order is worked out on all that it trades and rounded once, so that what it holds at its
        limit always suffices, whatever the pieces.
        """
        rest_fen = order.price_fen_per_t * order.left_t
        ppm = self.fee_rate(order.product, "")
        return rest_fen + fee_fen(order.value_fen + rest_fen, ppm) - order.fee_fen

    def deal_fen(self, deal: Deal) -> int:
        """What a buyer's offered trade must hold."""
        value_fen = deal.price_fen_per_t * deal.quantity_t
        return value_fen + fee_fen(value_fen, self.fee_rate(deal.product, deal.mode))

    def fee_rate(self, product: str, mode: str) -> int:
        """The buyer's fee of the last day's mode; of the book where none is named."""
        assert self.state.day is not None
        found = self.state.day.products[product]
        return found.modes[mode or found.book].buyer_fee_ppm

    def release(self, order: Order) -> tuple[tuple[UnitMove, ...], tuple[CashMove, ...]]:
        """The postings that give back everything an order holds."""
        where = order_place(order.account, order.id)
        cash_fen = self.ledger.state.cash.get(where, 0)
        return (
            tuple(
                UnitMove(series, first, last, where, order.account)
                for series, ranges in self.ledger.state.units.get(where, {}).items()
                for first, last in ranges
            ),
            (CashMove(cash_fen, where, order.account),) if cash_fen else (),
        )

    def cancellation(self, order: Order, reason: Any) -> OrderCancelled:
        """The event that takes an order out of the book."""
        units, cash = self.release(order)
        return OrderCancelled(order_id=order.id, open_t=order.left_t, reason=reason, units=units, cash=cash)

    def cancellations(self, orders: Iterable[Order], reason: Any) -> list[Event]:
        """Take several orders out."""
        return [self.cancellation(order, reason) for order in orders]
