"""Participants: what each wants, what it thinks, and what it does when it comes to the market."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Final, Literal

from msgspec import Struct

from capwright.exchange.book import Order
from capwright.exchange.messages import CancelOrder, ModeDay, PickOrder, PlaceOrder, ReplaceOrder, Side
from capwright.exchange.prices import fee_fen
from capwright.kernel.message import Command, Outcome
from capwright.lab.opinion import DayMood
from capwright.lab.sight import View

__all__ = ["Habit", "Participant", "Send", "Style"]

Style = Literal["buyer", "seller", "investor", "trend", "maker"]
Habit = Literal["early", "steady", "late"]
Send = Callable[[Command, str], Outcome]

_HABITS: Final[dict[Habit, float]] = {"early": 1.0, "steady": 3.0, "late": 8.0}
_URGENT: Final = 0.06  # what a buyer pays above its opinion on its last day, a share of it
_DOUBT: Final = 0.012  # standard deviation of an opinion around the common one
_PIECE_T: Final = 2_600  # median of a listed order
_PIECE_SPREAD: Final = 1.1
_LARGEST_T: Final = 30_000
_LEAST_T: Final = 50
_EVEN: Final = 0.5
_MARGIN: Final = 0.006  # what an investor wants to earn on a tonne, a share of the value
_LOOKBACK: Final = 5  # closes that a follower of trends looks back
_FOLLOW: Final = 0.5  # how much of their move it expects to come again
_MOST_MOVE: Final = 0.06
_SPREAD: Final = 0.008  # half a maker's spread, a share of the price
_ANCHOR: Final = 0.7  # of a maker's middle: the last price; the rest is its own opinion
_STALE: Final = 0.004  # a listing is left alone that is no further off


class Participant(Struct):
    """An account that trades.

    * `buyer`, `seller`: firms; `left_t` is what they still want to buy, or may still sell. `since` and
      `until` bound the days on which they come; a buyer's `habit` says how it spreads its need over them.
    * `investor`: buys below and sells above what it thinks a tonne is worth; `bias` is its own view.
    * `trend`: thinks that prices go on as they went.
    * `maker`: quotes both sides around the last price and moves its quotes with it.
    """

    id: str
    account: str
    person: str
    style: Style
    left_t: int
    since: date
    until: date
    bias: float = 0.0
    habit: Habit = "steady"

    @property
    def is_firm(self) -> bool:
        """Whether it comes for a need, not for gain."""
        return self.style in ("buyer", "seller")

    def open_on(self, day: date) -> bool:
        """Whether it may come on a day."""
        return self.since <= day <= self.until and (self.left_t > 0 or not self.is_firm)

    def urgency(self, day: date) -> float:
        """From 0 on its first day to 1 on its last."""
        span = max((self.until - self.since).days, 1)
        along = max(0.0, min(1.0, (day - self.since).days / span))
        return float(along ** _HABITS[self.habit])

    def value(self, view: View, mood: DayMood, draw: Random) -> int:
        """What a tonne is worth to it at this moment, in fen."""
        doubt = draw.gauss(0, _DOUBT)
        if self.style == "trend":
            closes = [close.closing_fen_per_t for close in view.closes(_LOOKBACK + 1)]
            move = closes[-1] / closes[0] - 1 if closes and closes[0] else 0.0
            return round(view.last_fen() * (1 + _FOLLOW * max(-_MOST_MOVE, min(_MOST_MOVE, move)) + doubt))
        return round(mood.value_fen_per_t * (1 + self.bias + doubt))

    # What it can do.

    def sellable_t(self, view: View) -> int:
        """What it may offer now, beside what it offers already: a firm no more than it can spare."""
        free_t = view.free_t()
        return min(free_t, self.left_t - view.listed_t("sell")) if self.is_firm else free_t

    def wanted_t(self, view: View, price_fen: int) -> int:
        """What it would buy at a price, beside its open bids: within its cash, a firm within its need."""
        mode = view.book_mode()
        with_fee_fen = price_fen + fee_fen(price_fen, mode.buyer_fee_ppm if mode else 0) + 1
        affordable_t = view.cash_fen() // max(with_fee_fen, 1)
        return min(affordable_t, self.left_t - view.listed_t("buy")) if self.is_firm else affordable_t

    # Acting.

    def act(self, view: View, mood: DayMood, day: date, draw: Random, send: Send, *, most_t: int) -> int:
        """Come to the market once; return the tonnes traded."""
        value = self.value(view, mood, draw)
        size_t = min(piece_t(draw), max(most_t, _LEAST_T))
        if self.style == "buyer":
            return self.buy(view, round(value * (1 + _URGENT * self.urgency(day))), size_t, send)
        if self.style == "seller":
            return self.sell(view, value, size_t, send)
        if self.style == "maker":
            self._quote(view, value, size_t, send)
            return 0
        return self._invest(view, value, size_t, draw, send)

    def _invest(self, view: View, value: int, size_t: int, draw: Random, send: Send) -> int:
        """Buy what is cheap, sell what is dear, else offer a little on one side."""
        ask, bid = view.best("sell"), view.best("buy")
        if ask is not None and ask <= value * (1 - _MARGIN):
            return self.buy(view, value, size_t, send)
        if bid is not None and bid >= value * (1 + _MARGIN):
            return self.sell(view, value, size_t, send)
        if draw.random() < _EVEN:
            return self.buy(view, round(value * (1 - _MARGIN)), size_t, send)
        return self.sell(view, round(value * (1 + _MARGIN)), size_t, send)

    def buy(self, view: View, limit: int, quantity_t: int, send: Send) -> int:
        """Pick the best offer if it is worth it, else bid, unless a bid of its own stands well."""
        mode = view.book_mode()
        if mode is None or view.orders("sell"):  # it would stand on both sides of its own price
            return 0
        offer = view.first("sell")
        if offer is not None and offer.price_fen_per_t <= limit and mode.matching != "call":
            self._withdraw(view, "buy", send)
            wanted_t = self.wanted_t(view, offer.price_fen_per_t)
            return self._take(view, "buy", offer, min(quantity_t, wanted_t, offer.left_t), mode, send)
        price = min(limit, mode.upper_fen_per_t or limit)
        if price < mode.lower_fen_per_t and view.stuck():
            price = mode.lower_fen_per_t  # nothing comes for less: pay what the band asks
        if offer is not None and mode.crossing == "refuse":
            price = min(price, offer.price_fen_per_t - 1)
        if not self._stands_well(view, "buy", price):
            self._withdraw(view, "buy", send)
            self._post(view, "buy", price, min(quantity_t, self.wanted_t(view, price)), mode, send)
        return 0

    def sell(self, view: View, limit: int, quantity_t: int, send: Send) -> int:
        """Pick the best bid if it is good enough, else offer, unless an offer stands well."""
        mode = view.book_mode()
        if mode is None or view.orders("buy"):
            return 0
        bid = view.first("buy")
        if mode.upper_fen_per_t < limit and mode.upper_fen_per_t and view.stuck():
            limit = mode.upper_fen_per_t  # nobody may pay more: take what the band gives
        if bid is not None and bid.price_fen_per_t >= limit and mode.matching != "call":
            self._withdraw(view, "sell", send)
            quantity_t = min(quantity_t, self.sellable_t(view), bid.left_t)
            return self._take(view, "sell", bid, quantity_t, mode, send)
        price = max(limit, mode.lower_fen_per_t)
        if bid is not None and mode.crossing == "refuse":
            price = max(price, bid.price_fen_per_t + 1)
        if not self._stands_well(view, "sell", price):
            self._withdraw(view, "sell", send)
            self._post(view, "sell", price, min(quantity_t, self.sellable_t(view)), mode, send)
        return 0

    # A maker's two quotes.

    def _quote(self, view: View, value: int, size_t: int, send: Send) -> None:
        """Have a bid and an offer around the middle; move those that are off."""
        mode = view.book_mode()
        if mode is None:
            return
        middle = _ANCHOR * view.last_fen() + (1 - _ANCHOR) * value
        bid, ask = round(middle * (1 - _SPREAD)), round(middle * (1 + _SPREAD))
        against = view.best("sell")
        if against is not None:
            bid = min(bid, against - 1)
        self._move(view, "buy", bid, min(size_t, self.wanted_t(view, bid)), mode, send)
        against = view.best("buy")
        if against is not None:
            ask = max(ask, against + 1)
        self._move(view, "sell", ask, min(size_t, self.sellable_t(view)), mode, send)

    def _move(self, view: View, side: Side, price: int, quantity_t: int, mode: ModeDay, send: Send) -> None:
        """Place a quote, or bring the standing one to its new price."""
        standing = view.orders(side)
        if not standing:
            self._post(view, side, price, quantity_t, mode, send)
            return
        own, price = standing[0], self._on_tick(view, side, price)
        if _near(own, price) or not _inside(price, mode):
            return
        if side == "buy" and price > own.price_fen_per_t and self.wanted_t(view, price) < own.left_t:
            return  # the rest of the cash does not carry a higher bid
        send(ReplaceOrder(self.account, own.id, price, own.left_t), self.person)

    # Commands.

    def _stands_well(self, view: View, side: Side, price: int) -> bool:
        """Whether a listing of its own is near a price already."""
        return any(_near(own, price) for own in view.orders(side))

    def _withdraw(self, view: View, side: Side, send: Send) -> None:
        for own in view.orders(side):
            send(CancelOrder(self.account, own.id), self.person)

    def _take(
        self, view: View, side: Side, against: Order, quantity_t: int, mode: ModeDay, send: Send
    ) -> int:
        """Trade with the best listing: pick it, or meet it where orders are matched."""
        quantity_t = _whole(view, quantity_t)
        if quantity_t < mode.least_t or against.account == self.account:
            return 0
        product = view.product
        assert product is not None
        price = against.price_fen_per_t
        command: Command = PlaceOrder(self.account, product.code, side, price, quantity_t)
        if mode.matching == "click":
            command = PickOrder(self.account, against.id, quantity_t)
        return quantity_t if send(command, self.person).ok else 0

    def _post(self, view: View, side: Side, price: int, quantity_t: int, mode: ModeDay, send: Send) -> None:
        """List an order, if the band lets it stand."""
        product = view.product
        assert product is not None
        price, quantity_t = self._on_tick(view, side, price), _whole(view, quantity_t)
        if _inside(price, mode) and quantity_t >= mode.least_t:
            send(PlaceOrder(self.account, product.code, side, price, quantity_t), self.person)

    @staticmethod
    def _on_tick(view: View, side: Side, price: int) -> int:
        """The next price that is a whole tick, never worse for it."""
        tick = view.product.tick_fen if view.product is not None else 1
        return price // tick * tick if side == "buy" else -(-price // tick) * tick

    def traded(self, quantity_t: int) -> None:
        """Count what it bought or sold, whoever came to whom."""
        if self.is_firm:
            self.left_t = max(self.left_t - quantity_t, 0)


def _near(own: Order, price: int) -> bool:
    return abs(own.price_fen_per_t - price) <= own.price_fen_per_t * _STALE


def _inside(price: int, mode: ModeDay) -> bool:
    return price > 0 and (not mode.upper_fen_per_t or mode.lower_fen_per_t <= price <= mode.upper_fen_per_t)


def _whole(view: View, quantity_t: int) -> int:
    """A whole number of lots."""
    lot_t = view.product.lot_t if view.product is not None else 1
    return max(quantity_t, 0) // lot_t * lot_t


def piece_t(draw: Random) -> int:
    """The size of a listed order."""
    return min(max(_LEAST_T, round(_PIECE_T * draw.lognormvariate(0, _PIECE_SPREAD))), _LARGEST_T)
