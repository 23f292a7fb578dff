"""Where unsold units go, and the policy reserve price. Expected values are worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from capwright.auction.reserve import Trade, policy_reserve
from capwright.auction.supply import roll_forward, spread
from capwright.kernel.refusal import Refused
from tests.auction_books import rules


def test_plain_rules_for_unsold_units():
    assert roll_forward(rules(unsold="cancel"), 7).cancelled_t == 7
    assert roll_forward(rules(unsold="reserve"), 7).to_reserve_t == 7
    assert roll_forward(rules(unsold="next_round"), 7, [100, 100]).added_t == (7, 0)
    assert roll_forward(rules(unsold="next_round"), 7).left_t == 7


def test_eu_spreads_evenly_over_four():
    eu = rules(unsold="spread", spread_rounds=4, lot_t=500)
    assert roll_forward(eu, 3_000_000, [2_000_000] * 6).added_t == (750_000,) * 4 + (0, 0)
    # 3,001,000 t are 6,002 lots: 1,500 each and one more for the first two.
    assert roll_forward(eu, 3_001_000, [2_000_000] * 4).added_t == (750_500, 750_500, 750_000, 750_000)


def test_uk_caps_at_125_per_cent_and_hands_the_overflow_on():
    uk = rules(unsold="spread", spread_rounds=4, spread_cap=Decimal("1.25"))
    # Quarters of 200; the first has room for 100 only, the other 100 go to the three others.
    found = roll_forward(uk, 800, [400, 1000, 1000, 1000])
    assert (found.added_t, found.left_t) == ((100, 234, 233, 233), 0)
    full = roll_forward(uk, 1_000, [400, 1000, 1000, 1000])
    assert (full.added_t, full.left_t) == ((100, 250, 250, 250), 150)
    # What was added before counts against the cap.
    assert roll_forward(uk, 800, [400, 1000, 1000, 1000], [100, 250]).added_t == (0, 0, 250, 250)


def test_caps_are_whole_lots():
    uk = rules(unsold="spread", spread_rounds=1, spread_cap=Decimal("1.25"), lot_t=500)
    found = roll_forward(uk, 5_000, [9_000])  # room 2,250
    assert (found.added_t, found.left_t) == ((2_000,), 3_000)


def test_spread_ends():
    assert spread(0, [None], lot_t=500) == ((0,), 0)
    assert spread(700, [None, None], lot_t=500) == ((500, 200), 0)
    assert spread(700, [], lot_t=1) == ((), 700)


def trade(on, price_fen, quantity_t, mode="listed_click"):
    value_fen = price_fen * quantity_t
    return Trade(on=date.fromisoformat(on), mode=mode, quantity_t=quantity_t, value_fen=value_fen)


def test_policy_reserve_counts_listed_click_trades_of_three_full_months():
    trades = [
        trade("2016-08-31", 99_00, 1_000),
        trade("2016-09-01", 10_00, 1_000),
        trade("2016-11-30", 12_00, 3_000),
        trade("2016-11-30", 1_00, 500_000, mode="negotiated"),
        trade("2016-12-01", 99_00, 1_000),
    ]
    found = policy_reserve(rules(reserve_factor=Decimal(1)), trades, date(2016, 12, 21))
    assert (found.first, found.last) == (date(2016, 9, 1), date(2016, 11, 30))
    assert (found.price_fen_per_t, found.quantity_t, found.mean_fen_per_t) == (11_50, 4_000, Decimal(1150))
    eased = policy_reserve(rules(reserve_factor=Decimal("0.8")), trades, date(2016, 12, 1))
    assert eased.price_fen_per_t == 9_20


def test_policy_reserve_rounds_once_half_up():
    rule = rules(reserve_factor=Decimal("0.9"))
    day = date(2020, 4, 10)
    # 0.9 × 10.05 = 9.045.
    assert policy_reserve(rule, [trade("2020-02-03", 10_05, 10)], day).price_fen_per_t == 9_05
    # 0.9 × 10.045 = 9.0405; with the mean rounded first it would be 9.045.
    mixed = [trade("2020-02-03", 10_04, 1), trade("2020-02-03", 10_05, 1)]
    assert policy_reserve(rule, mixed, day).price_fen_per_t == 9_04


def test_policy_reserve_across_new_year_and_with_more_modes():
    trades = [trade("2015-12-01", 15_00, 1), trade("2016-02-29", 17_00, 1, mode="listed_bidding")]
    both = rules(reserve_modes=("listed_click", "listed_bidding"))
    found = policy_reserve(both, trades, date(2016, 3, 22))
    assert (found.first, found.last, found.price_fen_per_t) == (date(2015, 12, 1), date(2016, 2, 29), 16_00)


def test_policy_reserve_needs_trades():
    with pytest.raises(Refused, match="CW-6032"):
        policy_reserve(rules(), [trade("2016-01-05", 15_00, 1)], date(2016, 1, 31))
