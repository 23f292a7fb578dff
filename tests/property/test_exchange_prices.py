"""Laws of bands, closing prices, fees and statistics."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from capwright.exchange.prices import band_limits, closing_price, fee_fen, mean_fen_per_t, permille_ppm
from capwright.exchange.state import Tick
from capwright.exchange.statistics import Trade, bars, market_figures, period_begin
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ClosingRule, SessionRule

DAY_MS = 86_400_000
PRICES = st.integers(1, 10**7)
BANDS = st.integers(1, 99).map(lambda n: Decimal(n) / 100)
TICKS = st.sampled_from([1, 1, 1, 2, 5, 10, 25, 100])
MODES = st.sampled_from(["listed_click", "listed_click", "negotiated", "listed_bidding"])
PERIODS = st.sampled_from(["day", "month", "year", "compliance_year"])


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


# Bands.


@given(PRICES, BANDS, TICKS)
def test_limits_contain_the_reference_and_are_prices(steps, band, tick_fen):
    price = steps * tick_fen
    lower, upper = band_limits(price, band, tick_fen)
    assert 0 < lower <= price <= upper
    assert lower % tick_fen == upper % tick_fen == 0


@given(PRICES, BANDS, TICKS)
def test_limits_lie_within_half_a_step_of_the_band(price, band, tick_fen):
    lower, upper = band_limits(price, band, tick_fen)
    exact = Fraction(band)
    assert abs(lower - price * (1 - exact)) * 2 <= tick_fen or lower == tick_fen
    assert abs(upper - price * (1 + exact)) * 2 <= tick_fen or upper == tick_fen


@given(PRICES, PRICES, BANDS, TICKS)
def test_limits_never_fall_when_the_price_rises(one, other, band, tick_fen):
    one, other = sorted((one, other))
    low, high = band_limits(one, band, tick_fen), band_limits(other, band, tick_fen)
    assert low[0] <= high[0]
    assert low[1] <= high[1]


@given(PRICES, BANDS, BANDS, TICKS)
def test_a_wider_band_contains_a_narrower_one(price, one, other, tick_fen):
    narrow = band_limits(price, min(one, other), tick_fen)
    wide = band_limits(price, max(one, other), tick_fen)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


# Closing prices.

CLOSINGS = st.builds(
    ClosingRule,
    code=st.just("c"),
    since=st.just(date(2013, 1, 1)),
    method=st.sampled_from(["last_trades", "vwap", "last_price"]),
    count=st.integers(1, 12),
    least_t=st.sampled_from([None, 0, 100]),
    skip_from=st.just("09:30"),
    skip_until=st.sampled_from(["09:32", "12:00"]),
    modes=st.sampled_from([("listed_click",), ("listed_click", "listed_bidding")]),
)
DEALT = st.lists(
    st.builds(
        Tick,
        trade_id=st.just("t"),
        at_ms=st.integers(0, DAY_MS - 1),
        mode=MODES,
        price_fen_per_t=st.integers(1, 10_000),
        quantity_t=st.integers(1, 500),
    ),
    max_size=25,
).map(lambda ticks: sorted(ticks, key=lambda tick: tick.at_ms))


def counted(rule: ClosingRule, ticks: list[Tick]) -> list[Tick]:
    """The trades that count, the slow way."""
    begin, end = time.fromisoformat(rule.skip_from), time.fromisoformat(rule.skip_until)
    return [t for t in ticks if t.mode in rule.modes and not begin <= local(t.at_ms).time() < end]


@given(CLOSINGS, DEALT, PRICES)
def test_a_close_lies_between_the_prices_that_count_or_is_the_opening_price(rule, ticks, opening):
    close, tonnes = closing_price(rule, ticks, opening, local)
    prices = [tick.price_fen_per_t for tick in counted(rule, ticks)]
    if tonnes:
        assert min(prices) <= close <= max(prices)
        assert tonnes > (rule.least_t or 0)
    else:
        assert close == opening


@given(CLOSINGS, DEALT, PRICES)
def test_a_close_is_the_rounded_mean_of_its_trades(rule, ticks, opening):
    own = counted(rule, ticks)
    own = own[-rule.count :] if rule.method == "last_trades" else own
    own = own[-1:] if rule.method == "last_price" else own
    tonnes = sum(tick.quantity_t for tick in own)
    close, found_t = closing_price(rule, ticks, opening, local)
    if tonnes <= (rule.least_t or 0):
        assert (close, found_t) == (opening, 0)
    else:
        exact = Fraction(sum(t.quantity_t * t.price_fen_per_t for t in own), tonnes)
        assert found_t == tonnes
        assert Fraction(-1, 2) <= exact - close < Fraction(1, 2), "rounded to the nearest, half a fen up"


@given(CLOSINGS.filter(lambda rule: rule.method == "vwap"), DEALT, PRICES, st.randoms())
def test_a_mean_does_not_ask_in_which_order(rule, ticks, opening, chance):
    mixed = list(ticks)
    chance.shuffle(mixed)
    assert closing_price(rule, mixed, opening, local) == closing_price(rule, ticks, opening, local)


@given(CLOSINGS.filter(lambda rule: rule.method == "vwap"), DEALT, PRICES, st.integers(1, 499))
def test_a_mean_does_not_ask_in_how_many_pieces(rule, ticks, opening, piece_t):
    """A trade of 500 t is as good as two of 250 at the same price and time."""
    pieces = [
        Tick("p", tick.at_ms, tick.mode, tick.price_fen_per_t, size_t)
        for tick in ticks
        for size_t in (min(piece_t, tick.quantity_t), tick.quantity_t - min(piece_t, tick.quantity_t))
        if size_t
    ]
    assert closing_price(rule, pieces, opening, local) == closing_price(rule, ticks, opening, local)


@given(CLOSINGS, DEALT, st.integers(1, 10_000))
def test_trades_in_other_modes_do_not_move_a_close(rule, ticks, price):
    more = [*ticks, Tick("n", DAY_MS - 1, "negotiated", price, 10**6)]
    assert closing_price(rule, more, 5, local) == closing_price(rule, ticks, 5, local)


# Fees.

VALUES = st.integers(0, 10**15)
RATES = st.integers(0, 500_000)


@given(VALUES, VALUES, RATES)
def test_fees_grow_with_the_value_and_add_up_within_a_fen(one, other, ppm):
    whole = fee_fen(one + other, ppm)
    assert fee_fen(one, ppm) <= whole
    assert abs(whole - fee_fen(one, ppm) - fee_fen(other, ppm)) <= 1


@given(VALUES, RATES)
def test_a_fee_is_within_half_a_fen_of_the_rate(value_fen, ppm):
    assert 2 * abs(Fraction(value_fen * ppm, 10**6) - fee_fen(value_fen, ppm)) <= 1


@given(RATES)
def test_rates_are_read_exactly(ppm):
    assert permille_ppm(Decimal(ppm) / 1000) == ppm


# Dated rules.

DATES = st.dates(date(2020, 1, 1), date(2020, 3, 1))


@given(st.lists(st.tuples(DATES, st.one_of(st.none(), DATES))), DATES)
def test_a_rule_holds_on_its_days_only(spans, on):
    rules = [SessionRule(code=str(n), since=a, until=b, hours=()) for n, (a, b) in enumerate(spans)]
    held = {
        str(n)
        for n, (a, b) in enumerate(spans)
        if on in {a + timedelta(days=k) for k in range(((b or date(2020, 3, 1)) - a).days + 1)}
    }
    assert {rule.code for rule in valid_on(rules, on)} == held


# Statistics.

TRADES = st.lists(
    st.builds(
        Trade,
        at_ms=st.integers(0, 900 * DAY_MS),
        product=st.sampled_from(["GDEA", "PHCER"]),
        mode=MODES,
        price_fen_per_t=st.integers(1, 10_000),
        quantity_t=st.integers(1, 5_000),
    ),
    max_size=30,
).map(lambda trades: sorted(trades, key=lambda trade: trade.at_ms))
SPANS = st.one_of(st.sampled_from([1, 5, 15, 30, 60, 120, 1440]), PERIODS)


@given(TRADES, SPANS, st.booleans())
def test_bars_leave_nothing_out_and_count_nothing_twice(trades, span, by_mode):
    found = bars(trades, span, local, by_mode=by_mode)
    assert sum(bar.trades for bar in found) == len(trades)
    assert sum(bar.volume_t for bar in found) == sum(t.quantity_t for t in trades)
    assert sum(bar.turnover_fen for bar in found) == sum(t.quantity_t * t.price_fen_per_t for t in trades)
    keys = [(bar.begins, bar.product, bar.mode) for bar in found]
    assert keys == sorted(set(keys))


@given(TRADES, SPANS)
def test_prices_of_a_bar_lie_between_its_lowest_and_highest(trades, span):
    for bar in bars(trades, span, local):
        prices = (bar.first_fen_per_t, bar.last_fen_per_t, bar.mean_fen_per_t)
        assert bar.low_fen_per_t <= min(prices) <= max(prices) <= bar.high_fen_per_t


@given(TRADES)
def test_a_day_is_made_of_its_minutes(trades):
    minutes = bars(trades, 1, local)
    for day in bars(trades, "day", local):
        own = [b for b in minutes if b.product == day.product and b.begins.date() == day.begins.date()]
        assert (own[0].first_fen_per_t, own[-1].last_fen_per_t) == (day.first_fen_per_t, day.last_fen_per_t)
        assert max(b.high_fen_per_t for b in own) == day.high_fen_per_t
        assert min(b.low_fen_per_t for b in own) == day.low_fen_per_t
        turnover_fen, volume_t = sum(b.turnover_fen for b in own), sum(b.volume_t for b in own)
        assert mean_fen_per_t(turnover_fen, volume_t) == day.mean_fen_per_t


@given(TRADES, PERIODS)
def test_modes_add_up_to_the_market(trades, period):
    for row in market_figures(trades, {}, period, local):
        for name in ("trades", "volume_t", "turnover_fen"):
            assert getattr(row.total, name) == sum(getattr(mode, name) for mode in row.modes)
        assert row.begins == period_begin(row.begins, period)


@given(st.dates(date(2000, 1, 2), date(2050, 1, 1)), PERIODS)
def test_periods_tile_the_calendar(on, period):
    begins = period_begin(on, period)
    assert begins <= on
    before = period_begin(begins - timedelta(days=1), period)
    assert before < begins
    assert period_begin(on - timedelta(days=1), period) in (begins, before)
