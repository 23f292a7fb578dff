"""What the exchange section of a scheme says of auctions: modes, hours of a day, reserve band, fees."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NoReturn

from capwright.kernel.quantity import round_fen
from capwright.kernel.refusal import define, refuse
from capwright.ledger.clock import local_ms, local_time
from capwright.ledger.rulebook import Rules
from capwright.scheme.calendar import exchange_calendar
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ExchangeRules, FeeRule, ModeRule, Product

__all__ = [
    "Windows",
    "band_limits",
    "fees_fen",
    "mode_rule",
    "product_of",
    "session_windows",
    "set_hours",
    "trading_day_end_ms",
]

OUT_OF_SESSION = define(
    "CW-6310",
    en="An auction from {opens} to {closes} is not within one trading day: the hours are {hours}.",
    zh="竞价时段{opens}至{closes}不在同一交易日的时段内，规定时段为{hours}。",
    mend_en="Open and close it on one trading day, not before its first session and not after its last.",
    mend_zh="请安排在同一交易日内，且不早于首个时段、不晚于最后时段。",
    rule="auction notices: 9:30-11:30 and 13:30-15:30 in 2013 and 2014, 9:30-11:30 from 2015",
)

Windows = tuple[tuple[int, int], ...]


def product_of(exchange: ExchangeRules, kind: str, on: date) -> Product | None:
    """The product in which units of a kind are traded on a day."""
    for product in exchange.products:
        listed = product.listed_on <= on and (product.delisted_on is None or on < product.delisted_on)
        if listed and kind in product.unit_kinds:
            return product
    return None


def mode_rule(exchange: ExchangeRules, mode: str, on: date, product: str = "") -> ModeRule | None:
    """The rule of a mode on a day, for a product or for whatever is sold."""
    for rule in valid_on(exchange.modes, on):
        if rule.mode == mode and (not product or not rule.products or product in rule.products):
            return rule
    return None


def set_hours(rules: Rules, at_ms: int) -> ModeRule | None:
    """The rule that sets hours for the government's auctions on the day of a time; None: they are free."""
    exchange = rules.body.exchange
    if exchange is None:
        return None
    rule = mode_rule(exchange, "one_way_auction", local_time(rules, at_ms).date())
    return rule if rule is not None and rule.hours else None


def session_windows(rules: Rules, mode: ModeRule, opens_ms: int, closes_ms: int) -> Windows:
    """The sessions in which bids are taken from an opening to a close; refuse times outside of the day's.

    The hours are those of the mode, else the exchange's, as far as the exchange is open that day. Before its
    first session those of the mode hold alone: the first auction was three days before the first trade.
    """
    exchange: ExchangeRules = rules.section("exchange")
    opens, closes = local_time(rules, opens_ms), local_time(rules, closes_ms)
    on = opens.date()
    day: tuple[str, ...] = next((s.hours for s in valid_on(exchange.sessions, on)), mode.hours)
    day = next((outage.hours for outage in exchange.outages if outage.on == on), day)
    hours = mode.hours or day
    whole = _times(rules, on, day)
    sessions = [(max(a, c), min(b, d)) for a, b in _times(rules, on, hours) for c, d in whole]
    sessions = sorted((begin, end) for begin, end in sessions if begin < end)
    if not sessions or not exchange_calendar(rules.section("calendar")).is_working_day(on):
        _outside(opens, closes, ())
    if opens_ms < sessions[0][0] or closes_ms > sessions[-1][1]:
        _outside(opens, closes, hours)
    found = tuple((max(begin, opens_ms), min(end, closes_ms)) for begin, end in sessions)
    taken = tuple((begin, end) for begin, end in found if begin < end)
    if not taken:  # all of it in the break
        _outside(opens, closes, hours)
    return taken


def _outside(opens: datetime, closes: datetime, hours: tuple[str, ...]) -> NoReturn:
    said = f"{opens:%Y-%m-%d %H:%M}", f"{closes:%Y-%m-%d %H:%M}"
    refuse(OUT_OF_SESSION, opens=said[0], closes=said[1], hours=", ".join(hours) or "-")


def _times(rules: Rules, on: date, hours: Iterable[str]) -> list[tuple[int, int]]:
    pairs = (text.split("-") for text in hours)
    return [
        (local_ms(rules, on, time.fromisoformat(a)), local_ms(rules, on, time.fromisoformat(b)))
        for a, b in pairs
    ]


def trading_day_end_ms(rules: Rules, at_ms: int, trading_days: int) -> int:
    """The end of the local day that lies this many trading days after the day of `at_ms`."""
    calendar = exchange_calendar(rules.section("calendar"))
    last = calendar.add_working_days(local_time(rules, at_ms).date(), trading_days)
    return local_ms(rules, last + timedelta(days=1), time())


def band_limits(opening_fen_per_t: int, band: Decimal, tick_fen: int) -> tuple[int, int]:
    """The least and the greatest reserve price: the opening price ∓ the band, to the nearest step, half up.

    Rounded as the exchange's price limits are.
    """

    def nearest(price: Decimal) -> int:
        return int((price / tick_fen).to_integral_value(ROUND_HALF_UP)) * tick_fen

    return nearest(opening_fen_per_t * (1 - band)), nearest(opening_fen_per_t * (1 + band))


def fees_fen(
    exchange: ExchangeRules, product: str, mode: str, on: date, value_fen: int, *, from_owner: bool
) -> tuple[int, int]:
    """What buyer and seller pay the exchange for a trade of a value, each to the nearest fen, half up.

    `from_owner`: the seller can only have what was issued to it, so that rules of the first transfer hold.
    """
    fitting = [
        rule
        for rule in valid_on(exchange.fees, on)
        if (not rule.products or product in rule.products) and (not rule.modes or mode in rule.modes)
    ]

    def due(rule: FeeRule | None, side: str) -> int:
        rate = getattr(rule, f"{side}_permille") if rule is not None else Decimal(0)
        return round_fen(rate * value_fen / 1000)

    usual = next((rule for rule in fitting if not rule.first_transfer), None)
    first = next((rule for rule in fitting if rule.first_transfer), usual) if from_owner else usual
    return due(usual, "buyer"), due(first, "seller")
