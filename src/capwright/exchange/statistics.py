"""Bars and market statistics: pure folds over trades and closing prices.

Volume and turnover are exact sums; a mean price is turnover by volume, rounded once, half up, to the fen.
Spans of time follow the local clock. Busted trades never were: `trades_of` leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, Literal

from msgspec import Struct

from capwright.exchange.messages import ProductClose
from capwright.exchange.prices import mean_fen_per_t
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.messages import TradeBusted, TradeSettled

__all__ = [
    "Bar",
    "MarketFigures",
    "Period",
    "Trade",
    "Turnover",
    "bars",
    "market_figures",
    "period_begin",
    "period_label",
    "trades_of",
]

BAR_SIZE = define(
    "CW-6271",
    en="There are no bars of {minutes} minutes.",
    zh="没有{minutes}分钟的K线。",
    mend_en="Take 1 to 1440 minutes that divide a day, e.g. 1, 5, 15, 30, 60.",
    mend_zh="请取1至1440之间能整除一天的分钟数，例如1、5、15、30、60。",
    rule="design: bounds on everything",
)

# Compliance years run from July to June (derived from the deadlines in June and July).
Period = Literal["day", "month", "year", "compliance_year"]
Local = Callable[[int], datetime]

_DAY_MINUTES: Final = 1440
_MINUTE_MS: Final = 60_000
_JULY: Final = 7


class Trade(Struct, frozen=True, gc=False):
    """A trade as statistics see it. Trades come in the order in which they were made."""

    at_ms: int
    product: str
    mode: str
    price_fen_per_t: int
    quantity_t: int


class Bar(Struct, frozen=True, kw_only=True):
    """The trades of a product in a span of time, in one mode or (`mode` empty) in all.

    `first` and `last` are the prices of the first and last trade, the open and close of a chart; the
    exchange's opening and closing price are something else.
    """

    product: str
    mode: str
    begins: datetime
    first_fen_per_t: int
    high_fen_per_t: int
    low_fen_per_t: int
    last_fen_per_t: int
    mean_fen_per_t: int
    volume_t: int
    turnover_fen: int
    trades: int


class Turnover(Struct, frozen=True):
    """What was traded in a mode, or (`mode` empty) in all; the mean price of nothing is zero."""

    mode: str
    trades: int
    volume_t: int
    turnover_fen: int
    mean_fen_per_t: int


class MarketFigures(Struct, frozen=True, kw_only=True):
    """A product's market in a period, as the exchange publishes it.

    Closing prices are those of days with a trade, zero where there is none.
    """

    product: str
    period: Period
    begins: date
    total: Turnover
    modes: tuple[Turnover, ...]
    days_traded: int
    first_closing_fen_per_t: int
    last_closing_fen_per_t: int
    lowest_closing_fen_per_t: int
    highest_closing_fen_per_t: int

    @property
    def label(self) -> str:
        """2023-01-03, 2023-01, 2023 or 2022/23."""
        return period_label(self.begins, self.period)


def trades_of(events: Iterable[tuple[int, Event]]) -> list[Trade]:
    """The trades among events with their times, without those that were busted later.

    A trade that was only registered, not made on the exchange, names its kind of units for a product.
    """
    found: dict[str, Trade] = {}
    for at_ms, event in events:
        if isinstance(event, TradeSettled):
            found[event.trade_id] = Trade(
                at_ms, event.product or event.kind, event.mode, event.price_fen_per_t, event.quantity_t
            )
        elif isinstance(event, TradeBusted):
            found.pop(event.trade_id, None)
    return list(found.values())


# Periods.


def period_begin(on: date, period: Period) -> date:
    """The first day of the period that a day lies in."""
    if period == "day":
        return on
    if period == "month":
        return on.replace(day=1)
    if period == "year":
        return on.replace(month=1, day=1)
    year = on.year if on.month >= _JULY else on.year - 1
    return date(year, _JULY, 1)


def period_label(on: date, period: Period) -> str:
    """How the period of a day is written."""
    begins = period_begin(on, period)
    if period == "compliance_year":
        return f"{begins.year}/{(begins.year + 1) % 100:02}"
    return begins.isoformat()[: {"day": 10, "month": 7, "year": 4}[period]]


# Bars.


class _Sum:
    """A bar being added up."""

    __slots__ = ("first", "high", "last", "low", "trades", "turnover_fen", "volume_t")

    def __init__(self, price_fen_per_t: int) -> None:
        self.first = self.high = self.low = self.last = price_fen_per_t
        self.trades = self.volume_t = self.turnover_fen = 0

    def add(self, trade: Trade) -> None:
        price = self.last = trade.price_fen_per_t
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.trades += 1
        self.volume_t += trade.quantity_t
        self.turnover_fen += trade.quantity_t * price


def bars(
    trades: Iterable[Trade], span: int | Period, local: Local, *, by_mode: bool = False
) -> tuple[Bar, ...]:
    """Bars of so many minutes, or of a period, by time, product and mode; a span without a trade has none.

    Bars of minutes begin at whole multiples of them after midnight: a session that opens at 9:30 begins in
    the middle of an hour's bar.
    """
    begin = _minutes(span) if isinstance(span, int) else _period(span)
    sums: dict[tuple[datetime, str, str], _Sum] = {}
    for when, trade in _timed(trades, lambda at_ms: begin(local(at_ms))):
        key = when, trade.product, trade.mode if by_mode else ""
        found = sums.get(key)
        if found is None:
            found = sums[key] = _Sum(trade.price_fen_per_t)
        found.add(trade)
    return tuple(_bar(*key, sums[key]) for key in sorted(sums))


def _bar(begins: datetime, product: str, mode: str, found: _Sum) -> Bar:
    return Bar(
        product=product,
        mode=mode,
        begins=begins,
        first_fen_per_t=found.first,
        high_fen_per_t=found.high,
        low_fen_per_t=found.low,
        last_fen_per_t=found.last,
        mean_fen_per_t=mean_fen_per_t(found.turnover_fen, found.volume_t),
        volume_t=found.volume_t,
        turnover_fen=found.turnover_fen,
        trades=found.trades,
    )


def _timed(trades: Iterable[Trade], begin: Callable[[int], datetime]) -> Iterator[tuple[datetime, Trade]]:
    """Every trade with the begin of its span, looked up once a minute: spans are whole minutes."""
    known: dict[int, datetime] = {}
    for trade in trades:
        minute = trade.at_ms // _MINUTE_MS
        when = known.get(minute)
        if when is None:
            when = known[minute] = begin(trade.at_ms)
        yield when, trade


def _minutes(minutes: int) -> Callable[[datetime], datetime]:
    if not 1 <= minutes <= _DAY_MINUTES or _DAY_MINUTES % minutes:
        refuse(BAR_SIZE, minutes=minutes)

    def begin(when: datetime) -> datetime:
        since = (when.hour * 60 + when.minute) // minutes * minutes
        return when.replace(hour=since // 60, minute=since % 60, second=0, microsecond=0)

    return begin


def _period(period: Period) -> Callable[[datetime], datetime]:
    def begin(when: datetime) -> datetime:
        return datetime.combine(period_begin(when.date(), period), datetime.min.time(), tzinfo=when.tzinfo)

    return begin


# Market statistics.


def market_figures(
    trades: Iterable[Trade],
    closes: Mapping[str, Iterable[tuple[date, ProductClose]]],
    period: Period,
    local: Local,
) -> tuple[MarketFigures, ...]:
    """Volume, turnover and mean price by period and product, in all and by mode, with the closing prices.

    `closes` are the exchange's, by product. Trading days without a trade make a row too: nothing is a figure.
    """
    days = bars(trades, "day", local, by_mode=True)
    rows: dict[tuple[date, str], list[Bar]] = {}
    for day in days:
        rows.setdefault((period_begin(day.begins.date(), period), day.product), []).append(day)
    traded = {(day.begins.date(), day.product) for day in days}
    closing: dict[tuple[date, str], dict[date, int]] = {}
    for product, listed in closes.items():
        for on, close in listed:
            key = period_begin(on, period), product
            rows.setdefault(key, [])
            if (on, product) in traded:
                closing.setdefault(key, {})[on] = close.closing_fen_per_t
    return tuple(_figures(period, *key, rows[key], closing.get(key, {})) for key in sorted(rows))


def _figures(
    period: Period, begins: date, product: str, days: list[Bar], closing: Mapping[date, int]
) -> MarketFigures:
    prices = [closing[on] for on in sorted(closing)]
    return MarketFigures(
        product=product,
        period=period,
        begins=begins,
        total=_turnover("", days),
        modes=tuple(
            _turnover(mode, [day for day in days if day.mode == mode])
            for mode in sorted({day.mode for day in days})
        ),
        days_traded=len({day.begins.date() for day in days}),
        first_closing_fen_per_t=prices[0] if prices else 0,
        last_closing_fen_per_t=prices[-1] if prices else 0,
        lowest_closing_fen_per_t=min(prices, default=0),
        highest_closing_fen_per_t=max(prices, default=0),
    )


def _turnover(mode: str, days: list[Bar]) -> Turnover:
    volume_t = sum(day.volume_t for day in days)
    turnover_fen = sum(day.turnover_fen for day in days)
    trades = sum(day.trades for day in days)
    return Turnover(mode, trades, volume_t, turnover_fen, mean_fen_per_t(turnover_fen, volume_t))
