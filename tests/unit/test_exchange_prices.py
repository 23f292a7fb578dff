"""Bands, closing prices, fees and dated rules, worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from capwright.exchange.prices import band_limits, closing_price, fee_fen, mean_fen_per_t, permille_ppm
from capwright.exchange.state import Tick
from capwright.kernel.refusal import Refused
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ClosingRule, SessionRule

TEN = Decimal("0.1")


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def tick(price: int, quantity_t: int, clock: str = "10:00", mode: str = "listed_click") -> Tick:
    hours, minutes = clock.split(":")
    return Tick("t", (int(hours) * 60 + int(minutes)) * 60_000, mode, price, quantity_t)


def rule(method: str, **more: object) -> ClosingRule:
    modes = more.pop("modes", ("listed_click",))
    return ClosingRule(code="c", since=date(2013, 1, 1), method=method, modes=modes, **more)


# Bands.


def test_no_band_and_no_reference_give_no_limits():
    assert band_limits(10_00, None) == (0, 0)
    assert band_limits(0, TEN) == (0, 0)


@pytest.mark.parametrize(
    ("price", "band", "tick_fen", "limits"),
    [
        (10_00, "0.3", 1, (7_00, 13_00)),
        (10_05, "0.1", 1, (9_05, 11_06)),  # 9.045 and 11.055
        (10_05, "0.3", 1, (7_04, 13_07)),  # 7.035 and 13.065
        (10_05, "0.1", 5, (9_05, 11_05)),  # 904.5 / 5 = 180.9; 1105.5 / 5 = 221.1
        (10_00, "0.1", 25, (9_00, 11_00)),
        (10_25, "0.1", 25, (9_25, 11_25)),  # 922.5 / 25 = 36.9; 1127.5 / 25 = 45.1
        (2_50, "0.1", 50, (2_50, 3_00)),  # 225 / 50 = 4.5 and 275 / 50 = 5.5: half a step goes up
        (10, "0.1", 10, (10, 10)),  # 9 and 11 fen: no room for a step
        (1, "0.99", 1, (1, 2)),  # 0.01 fen would be no price
    ],
)
def test_limits_on_steps(price, band, tick_fen, limits):
    assert band_limits(price, Decimal(band), tick_fen) == limits


# Closing prices.


def test_the_mean_of_the_last_trades():
    ticks = [tick(9_00, 1_000), tick(10_00, 10), tick(11_00, 30)]
    assert closing_price(rule("last_trades", count=2), ticks, 8_00, local) == (10_75, 40)
    assert closing_price(rule("last_trades", count=10), ticks[1:], 8_00, local) == (10_75, 40)
    assert closing_price(rule("last_trades", count=1), ticks, 8_00, local) == (11_00, 30)


def test_the_last_trades_are_the_last_of_those_that_count():
    ticks = [tick(9_00, 5), tick(10_00, 5), tick(7_00, 99, mode="negotiated")]
    assert closing_price(rule("last_trades", count=2), ticks, 8_00, local) == (9_50, 10)


def test_the_last_price():
    ticks = [tick(9_00, 1_000), tick(11_00, 1), tick(7_00, 9, mode="block")]
    assert closing_price(rule("last_price"), ticks, 8_00, local) == (11_00, 1)


def test_a_mean_is_rounded_once_and_half_up():
    assert closing_price(rule("vwap"), [tick(10_00, 1), tick(10_01, 1)], 1, local)[0] == 10_01
    assert closing_price(rule("vwap"), [tick(10_00, 2), tick(10_01, 1)], 1, local)[0] == 10_00
    assert closing_price(rule("vwap"), [tick(10_00, 1), tick(10_01, 2)], 1, local)[0] == 10_01


def test_several_modes_may_count():
    both = rule("vwap", modes=("listed_bidding", "listed_click"))
    ticks = [tick(9_00, 10, mode="listed_bidding"), tick(11_00, 10), tick(1, 10, mode="one_way_auction")]
    assert closing_price(both, ticks, 8_00, local) == (10_00, 20)


@pytest.mark.parametrize(
    ("clock", "counts"), [("09:29", True), ("09:30", False), ("09:31", False), ("09:32", True)]
)
def test_skipped_minutes(clock, counts):
    skipping = rule("vwap", skip_from="09:30", skip_until="09:32")
    expected = (9_00, 10) if counts else (8_00, 0)
    assert closing_price(skipping, [tick(9_00, 10, clock)], 8_00, local) == expected


def test_few_tonnes_leave_the_opening_price():
    few = rule("vwap", least_t=100)
    assert closing_price(few, [tick(9_00, 60), tick(9_00, 40)], 8_00, local) == (8_00, 0)
    assert closing_price(few, [tick(9_00, 60), tick(9_00, 41)], 8_00, local) == (9_00, 101)


def test_without_an_opening_price_few_tonnes_make_one():
    few = rule("vwap", least_t=100)
    assert closing_price(few, [tick(9_00, 1)], 0, local) == (9_00, 1)
    assert closing_price(few, [], 0, local) == (0, 0)


def test_no_trade_leaves_the_opening_price():
    for method in ("last_trades", "vwap", "last_price"):
        assert closing_price(rule(method, count=10), [], 8_00, local) == (8_00, 0)


# Means and fees.


def test_means():
    assert mean_fen_per_t(7, 2) == 4
    assert mean_fen_per_t(10**17, 10**12) == 100_000
    assert mean_fen_per_t(0, 0) == 0


@pytest.mark.parametrize(
    ("value_fen", "ppm", "fee"),
    [
        (100_00, 5_000, 50),
        (100, 5_000, 1),  # 0.5 fen
        (99, 5_000, 0),  # 0.495 fen
        (300, 5_000, 2),  # 1.5 fen
        (10**17, 2_000, 2 * 10**14),
        (12_345, 0, 0),
    ],
)
def test_fees_are_rounded_half_up(value_fen, ppm, fee):
    assert fee_fen(value_fen, ppm) == fee


@pytest.mark.parametrize(
    ("permille", "ppm"), [("5", 5_000), ("2.0000", 2_000), ("0.001", 1), ("0", 0), ("1E+2", 100_000)]
)
def test_rates_in_millionths(permille, ppm):
    assert permille_ppm(Decimal(permille)) == ppm


@pytest.mark.parametrize(
    "permille", ["0.0005", "-1", "5.00000000000000000000000000000001", "NaN", "Infinity", "-Infinity"]
)
def test_rates_that_are_no_millionths(permille):
    with pytest.raises(Refused) as no:
        permille_ppm(Decimal(permille))
    assert no.value.refusal.code == "CW-6270"
    assert permille in no.value.refusal.message("en")
    assert permille in no.value.refusal.message("zh")


# Dated rules.


def session(code: str, since: date, until: date | None = None) -> SessionRule:
    return SessionRule(code=code, since=since, until=until, hours=("09:30-11:30",))


def test_rules_hold_from_their_first_to_their_last_day():
    early = session("early", date(2014, 1, 1), date(2015, 6, 10))
    late = session("late", date(2015, 6, 11))
    found = {day: [r.code for r in valid_on([late, early], day)] for day in DAYS}
    assert found == dict(zip(DAYS, ([], ["early"], ["early"], ["late"], ["late"]), strict=True))


DAYS = [date(2013, 12, 31), date(2014, 1, 1), date(2015, 6, 10), date(2015, 6, 11), date(9999, 12, 31)]


def test_rules_come_in_the_order_of_the_scheme():
    day = date(2020, 1, 1)
    rules = [session("b", day), session("a", day)]
    assert [r.code for r in valid_on(rules, day)] == ["b", "a"]
