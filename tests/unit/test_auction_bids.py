"""Validity and limits of bids, in the order of the notices. Expected values are worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from capwright.auction.bids import Bidder, check_bid, deposit_due_fen, schedule_value_fen, screen
from capwright.scheme.auction_rules import HoldingLimit
from tests.auction_books import bid, rules

LIMIT = HoldingLimit(base_t=25_000_000, base_share=Decimal("0.1"), rest_share=Decimal("0.025"))


@pytest.mark.parametrize(
    ("choice", "made", "code"),
    [
        ({"bidders": ("controlled",)}, bid("a", 10, 5, category="institution"), "CW-6001"),
        ({"bidders": ("controlled",)}, bid("a", 10, 5, category="controlled"), None),
        ({"bidders": ("controlled",)}, bid("a", 10, 5), None),
        ({"tick_fen": 5}, bid("a", "10.02", 5), "CW-6002"),
        ({"tick_fen": 5}, bid("a", "10.05", 5), None),
        ({}, bid("a", 0, 5), "CW-6002"),
        ({"lot_t": 500}, bid("a", 10, 750), "CW-6003"),
        ({}, bid("a", 10, 0), "CW-6003"),
        ({"min_bid_t": 1000}, bid("a", 10, 999), "CW-6004"),
        ({"min_bid_t": 1000}, bid("a", 10, 1000), None),
        ({"institution_min_bid_t": 5000}, bid("a", 10, 4999, category="institution"), "CW-6004"),
        ({"institution_min_bid_t": 5000}, bid("a", 10, 4999, category="controlled"), None),
        ({"max_share_per_bidder": Decimal("0.5")}, bid("a", 10, 50_001), "CW-6006"),
        ({"max_share_per_bidder": Decimal("0.5")}, bid("a", 10, 50_000), None),
        ({}, bid("a", 10**9, 10**7), "CW-6012"),
    ],
)
def test_single_bids(choice, made, code):
    found = check_bid(rules(**choice), 100_000, made)
    assert (found.code if found else None) == code
    if found:
        assert "{" not in found.message("en") + found.message("zh")


def test_the_bidder_s_category_counts_where_the_bid_has_none():
    only = rules(bidders=("controlled",))
    assert check_bid(only, 10, bid("a", 10, 5), bidder=Bidder(name="a", category="institution"))


def codes(found):
    return [(item.bid, item.quantity_t, item.cut, item.refusal.code) for item in found.rejected]


def test_half_of_the_round_is_counted_in_the_order_of_entry():
    # GZETS 2015-09-10: a bid that would exceed 50 % is refused whole; a smaller one may still follow.
    half = rules(max_share_per_bidder=Decimal("0.5"))
    book = [
        bid("a", 12, 30, entered=3, id="third"),
        bid("a", 10, 90, entered=1, id="first"),
        bid("a", 99, 61, entered=2, id="second"),
        bid("b", 9, 150, entered=4, id="other"),
    ]
    found = screen(half, 300, book)
    assert codes(found) == [("second", 61, False, "CW-6006")]
    assert [item.id for item in found.valid] == ["first", "third", "other"]


def test_bids_refused_at_entry_use_up_nothing_but_bids_below_the_reserve_do():
    half = rules(max_share_per_bidder=Decimal("0.5"), min_bid_t=10)
    book = [bid("a", 12, 5, 1, id="small"), bid("a", 5, 30, 2, id="low"), bid("a", 12, 21, 3, id="much")]
    found = screen(half, 100, book, reserve_fen_per_t=10_00)
    assert codes(found) == [
        ("small", 5, False, "CW-6004"),
        ("much", 21, False, "CW-6006"),
        ("low", 30, False, "CW-6007"),
    ]


def test_least_share_of_the_quota_holds_for_the_sum():
    # GZETS 2013-12-09: at least 3 % of the quota; 3 % of 1,001 t is 30.03, so 31 t.
    rule = rules(least_share_of_quota=Decimal("0.03"))
    bidders = [Bidder(name=name, quota_t=1_001) for name in "ab"] + [Bidder(name="c")]
    book = [bid("a", 60, 15, id="a1"), bid("a", 61, 16, id="a2"), bid("b", 60, 30), bid("c", 60, 1)]
    found = screen(rule, 100, [*book, bid("d", 60, 1)], bidders=bidders)
    assert codes(found) == [("b", 30, False, "CW-6005")]


def test_purchase_limit_cuts_from_the_lowest_bid_up():
    wci = rules(lot_t=1000, purchase_limits={"covered": Decimal("0.25"), "*": Decimal("0.04")})
    book = [
        bid("a", 18, 15_000, id="a2", category="covered"),
        bid("a", 20, 15_000, id="a1", category="covered"),
        bid("a", 17, 1_000, id="a3", category="covered"),
        bid("b", 30, 5_000),
    ]
    found = screen(wci, 100_000, book)
    assert codes(found) == [
        ("b", 1_000, True, "CW-6008"),
        ("a2", 5_000, True, "CW-6008"),
        ("a3", 1_000, False, "CW-6008"),
    ]
    assert {item.id: item.quantity_t for item in found.valid} == {"a1": 15_000, "a2": 10_000, "b": 4_000}


def test_no_limit_for_a_category_that_is_not_listed():
    wci = rules(purchase_limits={"covered": Decimal("0.25")})
    assert not screen(wci, 100, [bid("a", 10, 90)]).rejected


def test_holding_limit_and_guarantee_cut_to_whole_lots():
    wci = rules(lot_t=1000, holding_limit=LIMIT, guarantee="schedule_value")
    book = [bid("a", 10, 20_000, id="a1"), bid("a", 8, 10_000, id="a2")]
    room = screen(wci, 10**6, book, bidders=[Bidder(name="a", holding_room_t=20_999)])
    assert codes(room) == [("a2", 10_000, False, "CW-6009")]
    # 220,000 covers 20,000 t at 10 and 27,500 t at 8: 7 lots of the second bid stay.
    short = screen(wci, 10**6, book, bidders=[Bidder(name="a", guarantee_fen=220_000_00)])
    assert codes(short) == [("a2", 3_000, True, "CW-6010")]
    enough = screen(wci, 10**6, book, bidders=[Bidder(name="a", guarantee_fen=schedule_value_fen(book))])
    assert not enough.rejected
    none = screen(wci, 10**6, book, bidders=[Bidder(name="a", holding_room_t=-5)])
    assert not none.valid


def test_a_cut_bid_leaves_room_for_cheaper_ones():
    # 55,000 covers 5,500 t at 10, so 5 lots stay; at 5 it covers 11,000 t, 6,000 t more.
    wci = rules(lot_t=1000, guarantee="schedule_value")
    book = [bid("a", 10, 10_000, id="a1"), bid("a", 5, 6_000, id="a2")]
    found = screen(wci, 10**6, book, bidders=[Bidder(name="a", guarantee_fen=55_000_00)])
    assert {item.id: item.quantity_t for item in found.valid} == {"a1": 5_000, "a2": 6_000}


def test_limits_apply_in_california_s_order():
    # Purchase limit 10,000, then room for 8,000, then a guarantee for 5,500 t at 10.
    wci = rules(
        lot_t=1000,
        purchase_limits={"*": Decimal("0.1")},
        holding_limit=LIMIT,
        guarantee="schedule_value",
    )
    one = Bidder(name="a", holding_room_t=8_000, guarantee_fen=55_000_00)
    found = screen(wci, 100_000, [bid("a", 10, 12_000)], bidders=[one])
    assert [(item.quantity_t, item.refusal.code) for item in found.rejected] == [
        (2_000, "CW-6008"),
        (2_000, "CW-6009"),
        (3_000, "CW-6010"),
    ]
    assert found.valid[0].quantity_t == 5_000


def test_a_repeated_id_is_refused():
    found = screen(rules(), 10, [bid("a", 10, 1, 1), bid("a", 11, 2, 2)])
    assert codes(found) == [("a", 2, False, "CW-6011")]


def test_schedule_value_is_the_largest_over_its_prices():
    # 12 × 50 = 600; 10 × (50 + 30) = 800; 4 × 100 = 400 (units of currency and tonnes).
    assert schedule_value_fen([bid("a", 4, 20), bid("a", 12, 50), bid("a", 10, 30)]) == 800_00
    assert schedule_value_fen([]) == 0


def test_deposit_of_five_per_cent():
    # GZETS 2013-12-09: 5 % of price × quantity.
    assert deposit_due_fen(rules(deposit_share=Decimal("0.05")), bid("a", 60, 1_001)) == 3_003_00
    assert deposit_due_fen(rules(deposit_share=Decimal("0.05")), bid("a", "0.10", 1)) == 1  # half a fen up
    assert deposit_due_fen(rules(), bid("a", 60, 1_000)) == 0
