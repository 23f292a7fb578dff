"""Bars and market statistics, worked by hand; what the policy reserve price needs of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from capwright.auction import reserve
from capwright.exchange import messages as m
from capwright.exchange.messages import ProductClose
from capwright.exchange.statistics import (
    Trade,
    Turnover,
    bars,
    market_figures,
    period_begin,
    period_label,
    trades_of,
)
from capwright.kernel.refusal import Refused
from capwright.market import Market
from capwright.settlement.messages import BustTrade
from tests.auction_books import rules as auction_rules
from tests.exchange_worlds import ALPHA, BETA, DAY, SHANGHAI, Exchange, at, trades


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(SHANGHAI)


def trade(on: str, clock: str, price: int, quantity_t: int, **more: str) -> Trade:
    mode, product = more.get("mode", "listed_click"), more.get("product", "GDEA")
    return Trade(at(clock, date.fromisoformat(on)), product, mode, price, quantity_t)


MORNING = [
    trade("2023-01-03", "09:30:00", 70_00, 10),
    trade("2023-01-03", "09:34:59.999", 72_00, 20),
    trade("2023-01-03", "09:35:00", 71_00, 5),
    trade("2023-01-03", "10:00:00", 60_00, 100, mode="negotiated"),
    trade("2023-01-03", "10:00:00", 69_00, 5),
]


def shape(found) -> list[tuple]:
    return [
        (f"{b.begins:%H:%M}", b.first_fen_per_t, b.high_fen_per_t, b.low_fen_per_t, b.last_fen_per_t)
        for b in found
    ]


# Bars.


def test_bars_of_five_minutes():
    found = bars(MORNING, 5, local)
    assert shape(found) == [
        ("09:30", 70_00, 72_00, 70_00, 72_00),
        ("09:35", 71_00, 71_00, 71_00, 71_00),
        ("10:00", 60_00, 69_00, 60_00, 69_00),
    ]
    assert [(b.trades, b.volume_t, b.turnover_fen) for b in found] == [
        (2, 30, 2_140_00),
        (1, 5, 355_00),
        (2, 105, 6_345_00),
    ]
    assert [b.mean_fen_per_t for b in found] == [71_33, 71_00, 60_43]  # 71.333; 60.4286


def test_bars_of_an_hour_begin_with_the_hour():
    assert shape(bars(MORNING, 60, local)) == [
        ("09:00", 70_00, 72_00, 70_00, 71_00),
        ("10:00", 60_00, 69_00, 60_00, 69_00),
    ]


def test_bars_by_mode():
    found = bars(MORNING, "day", local, by_mode=True)
    assert [(b.mode, b.volume_t, b.mean_fen_per_t) for b in found] == [
        ("listed_click", 40, 71_00),  # (700 + 1,440 + 355 + 345) / 40
        ("negotiated", 100, 60_00),
    ]
    (whole,) = bars(MORNING, "day", local)
    assert (whole.mode, whole.volume_t, whole.trades) == ("", 140, 5)


def test_bars_by_product_and_by_local_day():
    """A quarter to midnight in Shanghai and a quarter past are two days, though one in London."""
    late = [
        trade("2023-01-03", "23:45", 70_00, 1),
        trade("2023-01-04", "00:15", 71_00, 1),
        trade("2023-01-04", "00:15", 30_00, 1, product="PHCER"),
    ]
    found = bars(late, "day", local)
    assert [(str(b.begins.date()), b.product) for b in found] == [
        ("2023-01-03", "GDEA"),
        ("2023-01-04", "GDEA"),
        ("2023-01-04", "PHCER"),
    ]
    assert found[0].begins == datetime(2023, 1, 3, tzinfo=SHANGHAI)


def test_no_trade_no_bar():
    assert bars([], 5, local) == ()


@pytest.mark.parametrize("minutes", [0, -5, 7, 1441, 2880, 10**30])
def test_bars_that_do_not_divide_a_day(minutes):
    with pytest.raises(Refused) as no:
        bars([], minutes, local)
    assert no.value.refusal.code == "CW-6271"
    assert no.value.refusal.message("en")
    assert no.value.refusal.message("zh")


# Periods.


@pytest.mark.parametrize(
    ("on", "period", "begins", "label"),
    [
        ("2023-06-30", "day", "2023-06-30", "2023-06-30"),
        ("2023-06-30", "month", "2023-06-01", "2023-06"),
        ("2023-06-30", "year", "2023-01-01", "2023"),
        ("2023-06-30", "compliance_year", "2022-07-01", "2022/23"),
        ("2023-07-01", "compliance_year", "2023-07-01", "2023/24"),
        ("2000-01-01", "compliance_year", "1999-07-01", "1999/00"),
    ],
)
def test_periods(on, period, begins, label):
    day = date.fromisoformat(on)
    assert period_begin(day, period) == date.fromisoformat(begins)
    assert period_label(day, period) == label


# Market statistics.


def close(on: str, price: int, product: str = "GDEA") -> tuple[date, ProductClose]:
    return date.fromisoformat(on), ProductClose(product, price, price)


YEAR = [
    trade("2023-06-29", "10:00", 70_00, 100),
    trade("2023-06-30", "10:00", 74_00, 300),
    trade("2023-06-30", "10:01", 60_00, 600, mode="negotiated"),
    trade("2023-07-03", "10:00", 80_00, 200),
]
CLOSES = {
    "GDEA": [
        close("2023-06-28", 99_00),  # a day without a trade counts for no price
        close("2023-06-29", 70_00),
        close("2023-06-30", 74_00),
        close("2023-07-03", 80_00),
        close("2023-08-01", 80_00),
    ],
    "PHCER": [close("2023-06-29", 20_00, "PHCER")],
}


def test_a_year_in_figures():
    gdea, phcer = market_figures(YEAR, CLOSES, "year", local)
    assert (gdea.label, gdea.begins, gdea.days_traded) == ("2023", date(2023, 1, 1), 3)
    # 7,000 + 22,200 + 36,000 + 16,000 = 81,200 CNY for 1,200 t: 67.6667.
    assert gdea.total == Turnover("", 4, 1_200, 81_200_00, 67_67)
    assert gdea.modes == (
        Turnover("listed_click", 3, 600, 45_200_00, 75_33),  # 75.3333
        Turnover("negotiated", 1, 600, 36_000_00, 60_00),
    )
    assert (gdea.first_closing_fen_per_t, gdea.last_closing_fen_per_t) == (70_00, 80_00)
    assert (gdea.lowest_closing_fen_per_t, gdea.highest_closing_fen_per_t) == (70_00, 80_00)
    assert (phcer.product, phcer.days_traded, phcer.total) == ("PHCER", 0, Turnover("", 0, 0, 0, 0))
    assert (phcer.first_closing_fen_per_t, phcer.highest_closing_fen_per_t) == (0, 0)


def test_months_and_compliance_years():
    months = market_figures(YEAR, CLOSES, "month", local)
    assert [(row.label, row.product, row.total.volume_t) for row in months] == [
        ("2023-06", "GDEA", 1_000),
        ("2023-06", "PHCER", 0),
        ("2023-07", "GDEA", 200),
        ("2023-08", "GDEA", 0),
    ]
    years = market_figures(YEAR, {}, "compliance_year", local)
    assert [(row.label, row.total.volume_t, row.days_traded) for row in years] == [
        ("2022/23", 1_000, 2),
        ("2023/24", 200, 1),
    ]
    assert {row.last_closing_fen_per_t for row in years} == {0}


# From the market's own events.


def test_trades_of_a_market_without_those_that_were_busted():
    world = Exchange().open()
    world.order(ALPHA, "sell", 5000, 60)
    world.order(BETA, "buy", 5000, 60)
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 4000, 1000), "d")
    world.by(BETA, m.ConfirmDeal(BETA, "d"))
    world.order(ALPHA, "sell", 4900, 40)
    wrong = trades(world.order(BETA, "buy", 4900, 40))[0].trade_id
    world.together(BustTrade(wrong, "typing error"), first="eve", second="ed")
    again = Market()
    events = [
        (at_ms, event)
        for command, name, actor, at_ms in world.log
        for event in again.execute(command, command_id=name, actor=actor, at_ms=at_ms)
    ]
    found = trades_of(events)
    assert [(t.product, t.mode, t.price_fen_per_t, t.quantity_t) for t in found] == [
        ("TLA", "continuous", 5000, 60),
        ("TLA", "negotiated", 4000, 1000),
    ]
    closed = next(e for e in world.close() if isinstance(e, m.TradingDayClosed))
    listed = {c.product: [(DAY, c)] for c in closed.closes}
    row = next(r for r in market_figures(found, listed, "day", local) if r.product == "TLA")
    own = next(c for c in closed.closes if c.product == "TLA")
    assert (row.total.volume_t, row.total.turnover_fen) == (own.volume_t, own.turnover_fen)
    assert row.last_closing_fen_per_t == own.closing_fen_per_t == 5000


# The policy reserve price: day sums by mode are all that it needs.


def test_days_by_mode_make_the_policy_reserve_price():
    """Mean of the listed trades of June to August, 72.00; with the negotiated ones it would be 61.71."""
    made = [
        trade("2023-05-31", "10:00", 99_00, 100),
        trade("2023-06-01", "10:00", 70_00, 100),
        trade("2023-08-31", "10:00", 74_00, 100),
        trade("2023-08-31", "11:00", 60_00, 1_200, mode="negotiated"),
        trade("2023-09-01", "10:00", 99_00, 100),
    ]
    sums = [
        reserve.Trade(on=b.begins.date(), mode=b.mode, quantity_t=b.volume_t, value_fen=b.turnover_fen)
        for b in bars(made, "day", local, by_mode=True)
    ]
    found = reserve.policy_reserve(auction_rules(reserve_factor=Decimal(1)), sums, date(2023, 9, 21))
    assert (found.price_fen_per_t, found.quantity_t) == (72_00, 200)
    eased = reserve.policy_reserve(auction_rules(reserve_factor=Decimal("0.8")), sums, date(2023, 9, 1))
    assert eased.price_fen_per_t == 57_60
