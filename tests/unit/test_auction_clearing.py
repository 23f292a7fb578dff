"""The clearing engine: price rules, ties, short demand, secondary price. Expected values are by hand."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256

import pytest

from capwright.auction.clearing import clear
from capwright.kernel.refusal import Refused
from tests.auction_books import bid, rules

# The worked example of a law blog on emissions trading, in lots of a thousand.
TOY = [bid("a", 15, 10_000), bid("b", 12, 50_000), bid("c", 10, 40_000)]


def test_toy_demand_above_supply():
    found = clear(rules(lot_t=1000), 60_000, TOY)
    assert (found.price_fen_per_t, found.sold_t, found.unsold_t) == (12_00, 60_000, 0)
    assert found.revenue_fen == 720_000_00
    assert found.won_t() == {"a": 10_000, "b": 50_000}
    assert [(item.bid, item.refusal.code) for item in found.unsuccessful] == [("c", "CW-6025")]


def test_toy_demand_below_supply():
    found = clear(rules(lot_t=1000), 120_000, TOY)
    assert (found.price_fen_per_t, found.sold_t, found.unsold_t) == (10_00, 100_000, 20_000)
    assert not found.unsuccessful


def test_the_marginal_bid_gets_the_remainder():
    found = clear(rules(), 70_000, TOY)
    assert found.won_t() == {"a": 10_000, "b": 50_000, "c": 10_000}
    assert found.price_fen_per_t == 10_00
    last = found.marginal
    assert (last.bid, last.asked_t, last.won_t, last.tied) == ("c", 40_000, 10_000, 1)
    (lost,) = found.unsuccessful
    assert (lost.quantity_t, lost.cut, lost.refusal.code) == (30_000, True, "CW-6026")


@pytest.mark.parametrize(
    ("rule", "supply_t", "reserve", "price", "revenue"),
    [
        ("lowest_accepted", 60_000, None, 12_00, 720_000_00),
        ("floor", 60_000, 5_00, 5_00, 300_000_00),
        ("pay_as_bid", 60_000, None, 12_00, 750_000_00),  # 10,000 × 15 + 50,000 × 12
        ("highest_rejected", 60_000, None, 10_00, 600_000_00),  # c is the best that won nothing
        ("highest_rejected", 50_000, None, 12_00, 600_000_00),  # part of b won nothing
        ("highest_rejected", 100_000, 5_00, 5_00, 500_000_00),  # nobody lost: the reserve
        ("highest_rejected", 100_000, None, 10_00, 1_000_000_00),  # and no reserve: the lowest bid
    ],
)
def test_price_rules(rule, supply_t, reserve, price, revenue):
    found = clear(rules(price_rule=rule), supply_t, TOY, reserve_fen_per_t=reserve)
    assert (found.price_fen_per_t, found.revenue_fen) == (price, revenue)


def test_pay_as_bid_charges_each_bid():
    found = clear(rules(price_rule="pay_as_bid"), 60_000, TOY)
    assert [(item.bid, item.price_fen_per_t) for item in found.awards] == [("a", 15_00), ("b", 12_00)]


def test_all_at_floor_overrides_pay_as_bid():
    found = clear(
        rules(price_rule="pay_as_bid", under_subscription="all_at_floor"),
        200_000,
        TOY,
        reserve_fen_per_t=8_00,
    )
    assert {award.price_fen_per_t for award in found.awards} == {8_00}


@pytest.mark.parametrize(
    ("short", "price", "sold_t", "code"),
    [
        ("cancel", None, 0, "CW-6022"),
        ("partial", 10_00, 100_000, None),
        ("all_at_floor", 8_00, 100_000, None),
        ("all_at_lowest_bid", 10_00, 100_000, None),
    ],
)
def test_demand_below_supply(short, price, sold_t, code):
    found = clear(rules(under_subscription=short), 100_001, TOY, reserve_fen_per_t=8_00)
    assert (found.price_fen_per_t, found.sold_t) == (price, sold_t)
    assert found.unsold_t == 100_001 - sold_t
    assert (found.reason.code if found.reason else None) == code


@pytest.mark.parametrize("short", ["cancel", "partial", "all_at_floor", "all_at_lowest_bid"])
def test_demand_that_just_matches_supply_is_enough(short):
    # GZETS 2015-09-10 cancels when demand is *below* supply.
    found = clear(rules(under_subscription=short), 100_000, TOY, reserve_fen_per_t=8_00)
    assert (found.price_fen_per_t, found.sold_t) == (10_00, 100_000)


@pytest.mark.parametrize(
    ("short", "price", "sold_t"),
    # GZETS 2013-12-09 sells at the floor unless demand is above the volume.
    [("cancel", None, 0), ("partial", 10_00, 100_000), ("all_at_floor", 8_00, 100_000)],
)
def test_demand_that_just_matches_supply_is_short_where_the_scheme_says_so(short, price, sold_t):
    strict = rules(under_subscription=short, equal_is_short=True)
    found = clear(strict, 100_000, TOY, reserve_fen_per_t=8_00)
    assert (found.price_fen_per_t, found.sold_t) == (price, sold_t)


def test_a_floor_that_nobody_gave_is_the_lowest_valid_bid_and_said_so():
    choice = rules(under_subscription="all_at_floor")
    found = clear(choice, 200_000, TOY)
    assert (found.price_fen_per_t, found.sold_t, found.note.code) == (10_00, 100_000, "CW-6028")
    assert clear(choice, 200_000, TOY, reserve_fen_per_t=8_00).note is None
    assert clear(choice, 60_000, TOY).note is None


def test_no_bids():
    for short in ("cancel", "partial", "all_at_floor", "all_at_lowest_bid"):
        found = clear(rules(under_subscription=short), 5, [])
        assert (found.outcome, found.price_fen_per_t, found.unsold_t) == ("cancelled", None, 5)
        assert found.reason.code == "CW-6021"
        assert found.statistics.cover == 0


def test_bids_below_the_reserve_do_not_count_and_equal_ones_do():
    book = [*TOY, bid("d", "9.99", 5_000)]
    found = clear(rules(under_subscription="cancel"), 100_000, book, reserve_fen_per_t=10_00)
    assert found.price_fen_per_t == 10_00
    assert [(item.bid, item.refusal.code) for item in found.rejected] == [("d", "CW-6007")]
    assert found.statistics.cover == Decimal("1.00")
    assert found.statistics.cover_submitted == Decimal("1.05")


def test_ties_by_time():
    tied = [bid("late", 10, 3, entered=9), bid("early", 10, 3, entered=2), bid("top", 11, 3, entered=5)]
    found = clear(rules(tie_rule="time"), 8, tied)
    assert found.won_t() == {"top": 3, "early": 3, "late": 2}


def test_random_ties_can_be_replayed_with_any_sha256():
    tied = [bid(name, 10, 1) for name in ("a", "b", "c", "d", "e")]
    for seed in ("2024-07-31", "广州"):
        order = sorted("abcde", key=lambda name: sha256(f"{seed}|{name}".encode()).hexdigest())
        found = clear(rules(), 3, tied, seed=seed)
        assert list(found.won_t()) == order[:3]
        assert found.seed == seed
    assert {tuple(clear(rules(), 1, tied, seed=str(n)).won_t()) for n in range(40)} == {
        tuple(n) for n in "abcde"
    }


def test_the_default_seed_draws_as_the_digests_say():
    # printf '%s' 'capwright|a' | sha256sum: a 0bb6…, b 220a…, d 69fd…, c cd59…, e ecc2…
    found = clear(rules(), 4, [bid(name, 10, 1) for name in "edcba"])
    assert list(found.won_t()) == ["a", "b", "d", "c"]
    assert found.seed == "capwright"


def test_pro_rata_ties_round_down_to_lots_and_draw_the_rest():
    # 6 lots for 5 + 3 + 2 lots at the margin: 3.0, 1.8 and 1.2, so 3 + 1 + 1, and one lot drawn.
    tied = [bid("x", 10, 5000), bid("y", 10, 3000), bid("z", 10, 2000), bid("top", 20, 4000)]
    choice = rules(tie_rule="pro_rata_random", lot_t=1000)
    drawn = set()
    for seed in map(str, range(30)):
        won = clear(choice, 10_000, tied, seed=seed).won_t()
        lucky = min("xyz", key=lambda name: sha256(f"{seed}|{name}".encode()).hexdigest())
        expected = {"x": 3000, "y": 1000, "z": 1000}
        expected[lucky] += 1000
        assert won == expected | {"top": 4000}
        drawn.add(lucky)
    assert drawn == {"x", "y", "z"}


def test_pro_rata_with_a_supply_that_is_no_whole_number_of_lots():
    tied = [bid("x", 10, 2000), bid("y", 10, 2000)]
    found = clear(rules(tie_rule="pro_rata_random", lot_t=1000), 2_670, tied)
    assert found.sold_t == 2_670
    assert sorted(found.won_t().values()) == [1000, 1670]


def test_uk_lifts_the_price_to_the_bid_that_meets_the_secondary_market():
    book = [bid("a", 30, 10), bid("b", 25, 20), bid("c", 22, 30)]
    uk = rules(secondary_rule="lift", secondary_tolerance=Decimal("0.1"))
    for secondary, price, sold_t in [(24_00, 22_00, 50), (25_00, 25_00, 30), (25_01, 30_00, 10)]:
        found = clear(uk, 50, book, reserve_fen_per_t=22_00, secondary_fen_per_t=secondary)
        assert (found.price_fen_per_t, found.sold_t, found.unsold_t) == (price, sold_t, 50 - sold_t)
    none = clear(uk, 50, book, secondary_fen_per_t=31_00)
    assert (none.sold_t, none.reason.code) == (0, "CW-6023")
    assert clear(uk, 50, book).price_fen_per_t == 22_00  # nothing to compare with


def test_eu_cancels_below_the_secondary_market():
    eu = rules(under_subscription="cancel", secondary_rule="cancel")
    assert clear(eu, 60_000, TOY, secondary_fen_per_t=12_00).sold_t == 60_000
    found = clear(eu, 60_000, TOY, secondary_fen_per_t=12_01)
    assert (found.outcome, found.reason.code, found.unsold_t) == ("cancelled", "CW-6023", 60_000)


def test_reserve_that_is_missing_or_absurd_is_refused():
    for choice, reserve, code in [
        ({"reserve": "listed_click_mean"}, None, "CW-6030"),
        ({"price_rule": "floor"}, None, "CW-6024"),
        ({}, 0, "CW-6031"),
    ]:
        with pytest.raises(Refused) as caught:
            clear(rules(**choice), 200_000, TOY, reserve_fen_per_t=reserve)
        assert caught.value.refusal.code == code
    for supply_t in (0, -1, 10**12 + 1):
        with pytest.raises(Refused, match="CW-6020"):
            clear(rules(), supply_t, TOY)


def test_the_scheme_s_fixed_reserve_stands_unless_another_is_given():
    fixed = rules(reserve="fixed", reserve_fen_per_t=11_00)
    assert [item.bid for item in clear(fixed, 10, TOY).rejected] == ["c"]
    assert not clear(fixed, 10, TOY, reserve_fen_per_t=10_00).rejected


def test_refusals_speak_both_languages():
    found = clear(rules(under_subscription="cancel"), 200_000, TOY, reserve_fen_per_t=11_00)
    for refusal in (found.reason, found.rejected[0].refusal, found.unsuccessful[0].refusal):
        assert "{" not in refusal.message("en") + refusal.message("zh")
    assert found.rejected[0].refusal.message("zh") == "申报价格10.00低于保留价11.00。"
