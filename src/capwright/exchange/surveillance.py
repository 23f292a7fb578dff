"""Surveillance: a watch over the exchange's journal that raises alerts.

Feed it the events in the order of the journal, from the morning of a day at the latest; it is no part of the
market's state and can be made anew from the journal at any time. The risk rule names occasions, no figures;
how each kind of alert is worked out is ours (default), and said at its check.
Busted trades count for nothing that is worked out at the close; an alert once raised stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from capwright.exchange import messages as m
from capwright.exchange.alert_checks import (
    MINUTE_MS,
    Fields,
    HeldTrade,
    cancel_ratios,
    concentrations,
    large_moves,
    limit_side,
    marked_closes,
    parties,
    wash_legs,
)
from capwright.exchange.alerts import KINDS, Alert, AlertCode
from capwright.exchange.depth import Depth, Standing
from capwright.kernel.message import Event
from capwright.ledger.book import Book
from capwright.ledger.clock import local_time
from capwright.ledger.messages import TradeBusted, TradeSettled
from capwright.ledger.rulebook import Rules
from capwright.scheme.exchange_rules import ExchangeRules, SurveillanceRules

__all__ = ["Watch", "cash_flow", "raised"]

_OWN_WILL: Final = ("member", "mass")  # cancelled by the member itself
_BEST_LEVELS: Final = 5  # "near the best": among the five best prices, which is what a market display shows


def cash_flow(event: Event) -> tuple[str, int] | None:
    """The account and the cash that came in (or, below zero, went out), if the event is about that.

    Settlement's events are known by their name: domain rooms do not import one another.
    """
    name = type(event).__name__
    if name not in ("CashDeposited", "CashWithdrawn"):
        return None
    account: str = getattr(event, "account")  # noqa: B009 - the type is not known here
    amount_fen: int = getattr(event, "amount_fen")  # noqa: B009
    return account, amount_fen if name == "CashDeposited" else -amount_fen


def raised(watch: Watch, events: Iterable[tuple[int, Event]]) -> list[Alert]:
    """All alerts of a stretch of the journal, events with their times in order."""
    for at_ms, event in events:
        watch.see(event, at_ms)
    return watch.alerts


class _Day:
    """What one trading day has brought so far."""

    def __init__(self) -> None:
        self.trades: dict[str, list[HeldTrade]] = {}
        self.legs: dict[tuple[str, str, str], deque[HeldTrade]] = {}  # product, buyer, seller: unanswered
        self.placed: dict[str, str] = {}  # orders placed today, and by whom
        self.cancelled: set[str] = set()
        self.busted: set[str] = set()


class Watch:
    """Sees events and raises alerts.

    `holder_of` names an account's holder, `local` turns a time into the local one, `official` says of a
    threshold's name whether its value is an official figure. `cash` finds movements of cash in events.
    """

    def __init__(
        self,
        rules: SurveillanceRules,
        holder_of: Callable[[str], str],
        local: Callable[[int], datetime],
        official: Callable[[str], bool] = lambda _field: False,
        cash: Callable[[Event], tuple[str, int] | None] = cash_flow,
    ) -> None:
        self.rules = rules
        self.alerts: list[Alert] = []
        self._holder_of = holder_of
        self._local = local
        self._official = official
        self._cash = cash
        self._on = date.min
        self._last_ms = 0  # the end of today's last session
        self._products: dict[str, m.ProductDay] = {}
        self._day = _Day()
        self._depth = Depth()
        self._runs: dict[str, tuple[str, int]] = {}  # closes at the limit: which, and how many
        self._flows: dict[str, tuple[int, int]] = {}  # cash of today by account: in, out
        self._flows_on = date.min
        self._n = 0
        self._sees: dict[type, Callable[..., None]] = {
            m.TradingDayOpened: self._opened,
            m.PriceReset: self._reset,
            m.OrderPlaced: self._placed,
            m.OrderReplaced: self._replaced,
            m.OrderCancelled: self._cancelled,
            TradeSettled: self._traded,
            TradeBusted: self._busted,
            m.TradingDayClosed: self._closed,
        }

    @classmethod
    def of(cls, rules: Rules, book: Book) -> Watch | None:
        """A watch under a market's rules and over its accounts; None where the scheme has no thresholds."""
        exchange: ExchangeRules = rules.section("exchange")
        if exchange.surveillance is None:
            return None
        accounts, citations = book.state.accounts, rules.scheme.citations

        def official(field: str) -> bool:
            found = citations.get(f"exchange.surveillance.{field}")
            return found is not None and found.confidence == "official"

        return cls(
            exchange.surveillance,
            lambda account: accounts[account].holder,
            lambda at_ms: local_time(rules, at_ms),
            official,
        )

    def see(self, event: Event, at_ms: int) -> None:
        """Take the next event in."""
        self._n += 1
        sees = self._sees.get(type(event))
        if sees is not None:
            sees(event, at_ms)
        elif self.rules.funds_fen and (flow := self._cash(event)) is not None:
            self._funds(*flow, at_ms)

    def _raise(self, code: AlertCode, at_ms: int, found: Iterable[Fields]) -> None:
        field = KINDS[code].field
        threshold = str(getattr(self.rules, field)) if field else ""
        provisional = bool(field) and not self._official(field)
        day = self._local(at_ms).date()
        for fields in found:
            self.alerts.append(
                Alert(code=code, day=day, at_ms=at_ms, threshold=threshold, provisional=provisional, **fields)
            )

    # The day.

    def _opened(self, event: m.TradingDayOpened, _at_ms: int) -> None:
        self._on, self._day = event.on, _Day()
        self._products = {product.code: product for product in event.products}
        self._last_ms = max((end_ms for _, end_ms in event.windows_ms), default=0)

    def _reset(self, event: m.PriceReset, _at_ms: int) -> None:
        if event.day is not None:
            self._products[event.product] = event.day

    def _closed(self, event: m.TradingDayClosed, at_ms: int) -> None:
        rules, day = self.rules, self._day
        for code, product in self._products.items():
            trades = [t for t in day.trades.get(code, []) if t.trade.trade_id not in day.busted]
            self._raise("concentration", at_ms, concentrations(rules, code, trades))
            self._raise("marking_close", at_ms, marked_closes(rules, product, trades, self._last_ms))
        for close in event.closes:
            product = self._products[close.product]
            was, now = close.opening_fen_per_t, close.closing_fen_per_t
            self._raise("large_move", at_ms, large_moves(rules, product, was, now))
            self._limit(product, close, at_ms)
        self._raise("cancel_ratio", at_ms, cancel_ratios(rules, day.placed, day.cancelled))

    def _limit(self, product: m.ProductDay, close: m.ProductClose, at_ms: int) -> None:
        """Closes at the same limit on `limit_days` trading days in a row; every further day raises again.

        A day without a trade that counts ends the run.
        """
        side = limit_side(product, close)
        before, n = self._runs.get(close.product, ("", 0))
        n = n + 1 if side and side == before else int(bool(side))
        self._runs[close.product] = side, n
        if side and n >= self.rules.limit_days:
            figures = {"days": n, "closing_fen_per_t": close.closing_fen_per_t}
            found = {"product": close.product, "direction": side, "figures": figures}
            self._raise("limit_run", at_ms, [found])

    # Orders.

    def _placed(self, event: m.OrderPlaced, at_ms: int) -> None:
        self._day.placed[event.order_id] = event.account
        if event.resting_t:
            self._depth.add(
                Standing(
                    event.order_id,
                    event.account,
                    event.product,
                    event.side,
                    event.price_fen_per_t,
                    event.resting_t,
                    self._n,
                )
            )
        self._large(event.order_id, event, event.quantity_t, at_ms)

    def _large(self, order_id: str, at: m.OrderPlaced | Standing, quantity_t: int, at_ms: int) -> None:
        """An order of at least `large_order_t`, when it is entered or grows to it."""
        if quantity_t >= self.rules.large_order_t:
            found = {
                "product": at.product,
                "accounts": (at.account,),
                "orders": (order_id,),
                "direction": at.side,
                "figures": {"quantity_t": quantity_t, "price_fen_per_t": at.price_fen_per_t},
            }
            self._raise("large_order", at_ms, [found])

    def _replaced(self, event: m.OrderReplaced, at_ms: int) -> None:
        """A replaced order that goes away from the market or shrinks is cancelled in that part."""
        old = self._depth.orders.get(event.order_id)
        if old is None:
            return
        away = event.price_fen_per_t < old.price_fen_per_t
        if old.side == "sell":
            away = event.price_fen_per_t > old.price_fen_per_t
        if away:
            self._spoof(old, old.left_t, at_ms)
        elif event.price_fen_per_t == old.price_fen_per_t and event.resting_t < old.left_t:
            self._spoof(old, old.left_t - event.resting_t, at_ms)
        self._depth.remove(old)
        new = Standing(
            old.id, old.account, old.product, old.side, event.price_fen_per_t, event.resting_t, old.since
        )
        if event.resting_t:
            self._depth.add(new)
        if event.resting_t > old.left_t:
            self._large(old.id, new, event.quantity_t, at_ms)

    def _cancelled(self, event: m.OrderCancelled, at_ms: int) -> None:
        order = self._depth.orders.get(event.order_id)
        if event.reason in _OWN_WILL:
            if event.order_id in self._day.placed:
                self._day.cancelled.add(event.order_id)
            if order is not None:
                self._spoof(order, order.left_t, at_ms)
        if order is not None:
            self._depth.remove(order)

    def _spoof(self, order: Standing, gone_t: int, at_ms: int) -> None:
        """A large part of a side leaves the front of the book soon after its holder traded on the other side.

        The order stood when the trade was made; what leaves is at least `spoof_share` of the side's depth and
        more than what was traded.
        """
        depth_t = self._depth.depth_t(order.product, order.side)
        share = Fraction(gone_t, depth_t)
        if share < Fraction(self.rules.spoof_share) or not self._depth.is_near(order, _BEST_LEVELS):
            return
        traded = self._traded_against(order, at_ms - self.rules.spoof_minutes * MINUTE_MS)
        traded_t = sum(trade.quantity_t for trade in traded)
        if 0 < traded_t < gone_t:
            sides = (trade.seller if order.side == "buy" else trade.buyer for trade in traded)
            found = {
                "product": order.product,
                "accounts": tuple(dict.fromkeys((order.account, *sides))),
                "orders": (order.id,),
                "trades": tuple(trade.trade_id for trade in traded),
                "direction": order.side,
                "figures": {"open_t": gone_t, "depth_t": depth_t, "traded_t": traded_t},
                "share": share,
            }
            self._raise("spoof_like_cancel", at_ms, [found])

    def _traded_against(self, order: Standing, since_ms: int) -> list[TradeSettled]:
        """The trades of the order's holder on the other side while the order stood, since a time."""
        holder = self._holder_of(order.account)
        found: list[TradeSettled] = []
        for one in reversed(self._day.trades.get(order.product, [])):
            if one.at_ms < since_ms or one.n < order.since:
                break
            if (one.seller if order.side == "buy" else one.buyer) == holder and one.buyer != one.seller:
                found.append(one.trade)
        return found[::-1]

    # Trades.

    def _traded(self, event: TradeSettled, at_ms: int) -> None:
        if event.product not in self._products:
            return  # agreed elsewhere, only registered here
        self._depth.fill(event)
        buyer, seller = self._holder_of(event.buyer), self._holder_of(event.seller)
        one = HeldTrade(self._n, at_ms, event, buyer, seller)
        trades = self._day.trades.setdefault(event.product, [])
        before = next((was.trade for was in reversed(trades) if was.trade.mode == event.mode), None)
        trades.append(one)
        if before is not None:
            was, now = before.price_fen_per_t, event.price_fen_per_t
            product = self._products[event.product]
            found = large_moves(self.rules, product, was, now, (before, event))
            self._raise("large_move", at_ms, found)
        if buyer == seller:
            figures = {"quantity_t": event.quantity_t, "price_fen_per_t": event.price_fen_per_t}
            self._raise("self_trade", at_ms, [_named([event], figures)])
        else:
            self._wash(one)

    def _wash(self, last: HeldTrade) -> None:
        """Two holders trade to and fro; trades of an alert answer no others."""
        product, legs = last.trade.product, self._day.legs
        there = legs.setdefault((product, last.seller, last.buyer), deque())
        back = legs.setdefault((product, last.buyer, last.seller), deque())
        since_ms = last.at_ms - self.rules.wash_minutes * MINUTE_MS
        for old in (there, back):
            while old and old[0].at_ms < since_ms:
                old.popleft()
        out, home = wash_legs(self.rules, last, there, back)
        if not out:
            back.append(last)
            return
        done = {leg.n for leg in (*out, *home)}
        for two in ((product, last.seller, last.buyer), (product, last.buyer, last.seller)):
            legs[two] = deque(leg for leg in legs[two] if leg.n not in done)
        figures = {
            "there_t": sum(leg.trade.quantity_t for leg in out),
            "back_t": sum(leg.trade.quantity_t for leg in home),
            "price_fen_per_t": last.trade.price_fen_per_t,
        }
        found = _named([leg.trade for leg in (*out, *home)], figures)
        self._raise("wash_pair", last.at_ms, [found])

    def _busted(self, event: TradeBusted, _at_ms: int) -> None:
        self._day.busted.add(event.trade_id)

    # Cash.

    def _funds(self, account: str, change_fen: int, at_ms: int) -> None:
        """Cash that came in and went out on one local day, `funds_fen` each way: said once a day."""
        on = self._local(at_ms).date()
        if on != self._flows_on:
            self._flows_on, self._flows = on, {}
        in_fen, out_fen = self._flows.get(account, (0, 0))
        was = min(in_fen, out_fen)
        in_fen, out_fen = in_fen + max(change_fen, 0), out_fen + max(-change_fen, 0)
        self._flows[account] = in_fen, out_fen
        if was < self.rules.funds_fen <= min(in_fen, out_fen):
            found = {"accounts": (account,), "figures": {"in_fen": in_fen, "out_fen": out_fen}}
            self._raise("abnormal_funds", at_ms, [found])


def _named(trades: Sequence[TradeSettled], figures: dict[str, int]) -> Fields:
    """The fields of an alert about trades of one product."""
    return {
        "product": trades[-1].product,
        "accounts": parties(trades),
        "trades": tuple(trade.trade_id for trade in trades),
        "figures": figures,
    }
