"""Rounds whose supply follows the price, on the ledger; sums by hand from RGGI's CCR and ECR."""

from __future__ import annotations

import pytest

from capwright.auction.messages import (
    AnnounceAuction,
    AuctionCleared,
    AwardSettled,
    ClearAuction,
    PlaceBid,
    SettleAuction,
    UnsoldMoved,
)
from capwright.kernel.refusal import Refused
from tests.tiered_worlds import HOUR_MS, PROJECTS, RESERVE, bid, clear, world_of
from tests.worlds import ALPHA, AUCTION, BETA, CANCELLATION, TRADER, World, rep


def refused(world: World, actor: str, command) -> str:
    with pytest.raises(Refused) as caught:
        world.do(actor, command)
    return caught.value.refusal.code


def test_units_released_by_a_high_price_come_out_of_the_market_reserve(tmp_path):
    world = world_of(tmp_path, "release_above", 50_00, 200, reserve_t=500)
    bid(world, ALPHA, 70_00, 600)
    bid(world, BETA, 60_00, 700)  # 1300 t asked for above 50.00: all 200 t are released
    (cleared,) = clear(world)
    assert isinstance(cleared, AuctionCleared)
    assert (cleared.offered_t, cleared.sold_t, cleared.price_fen_per_t) == (1000, 1200, 60_00)
    book = world.market.book
    assert book.balance_t(RESERVE, "TLA-2023") == 300
    assert book.balance_t(PROJECTS, "TLA-2023") == 5_000
    assert world.market.breaches() == []
    settled = [e for e in world.do("olga", SettleAuction("R1")) if isinstance(e, AwardSettled)]
    assert [(e.account, e.quantity_t) for e in settled] == [(ALPHA, 600), (BETA, 600)]
    assert book.balance_t(AUCTION, "TLA-2023") == 9_000
    assert world.market.breaches() == []


def test_a_reserve_that_lacks_the_units_refuses_the_clearing(tmp_path):
    world = world_of(tmp_path, "release_above", 50_00, 200, reserve_t=199)
    bid(world, ALPHA, 70_00, 600)
    bid(world, BETA, 60_00, 700)
    world.at_ms += HOUR_MS
    assert refused(world, "olga", ClearAuction("R1", "seed")) == "CW-3003"
    assert world.market.breaches() == []


def test_units_withheld_by_a_low_price_are_cancelled_and_the_rest_goes_by_the_rule(tmp_path):
    world = world_of(tmp_path, "withhold_below", 80_00, 400)
    bid(world, ALPHA, 70_00, 500)
    cleared, *moved = clear(world)
    assert (cleared.sold_t, cleared.price_fen_per_t) == (500, 70_00)
    assert [(e.rule, e.quantity_t, e.target) for e in moved if isinstance(e, UnsoldMoved)] == [
        ("withheld", 400, CANCELLATION),
        ("reserve", 100, RESERVE),
    ]
    assert world.market.book.balance_t(CANCELLATION, "TLA-2023") == 400
    assert world.market.breaches() == []


def test_an_account_type_without_a_category_may_not_bid_where_categories_are_admitted(tmp_path):
    world = world_of(tmp_path, "withhold_below", 80_00, 400)
    assert refused(world, rep(TRADER), PlaceBid("R1", TRADER, 70_00, 100)) == "CW-6001"


@pytest.mark.parametrize(("auction", "code"), [("tx:c9", "CW-6112"), ("", "CW-9103"), ("R\n2", "CW-9103")])
def test_an_auction_has_an_id_that_no_other_hold_can_have(tmp_path, auction, code):
    world = world_of(tmp_path, "withhold_below", 80_00, 400)
    now = world.at_ms
    assert refused(world, "olga", AnnounceAuction(auction, 2023, "TLA", now, now + HOUR_MS, 10)) == code


def test_what_a_bidder_holds_counts_against_the_holding_limit(tmp_path):
    """1 × 1,000 + 0.0005 × (1,050,000 - 1,000) = 1,524 t; ALPHA has 1,000 of them, so 524 are left."""
    world = world_of(tmp_path, "reserve_sale", 6000, 400, holding_limit="1_000, 1, 0.0005")
    bid(world, ALPHA, 7000, 600)
    (cleared, _unsold) = clear(world)
    assert [(line.account, line.quantity_t) for line in cleared.awards] == [(ALPHA, 524)]
    assert [refusal.code for refusal in cleared.rejected.values()] == ["CW-6009"]
    # What is won but not yet paid counts too.
    now = world.at_ms
    world.do("olga", AnnounceAuction("R2", 2023, "TLA", now, now + HOUR_MS, 1000))
    bid(world, ALPHA, 7000, 600, "R2")
    assert clear(world, "R2")[0].awards == ()
