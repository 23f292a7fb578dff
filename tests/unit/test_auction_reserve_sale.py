"""Sales from the price-containment reserve, by the rules of California; figures worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from capwright.auction.bids import Bid
from capwright.auction.clearing import clear
from capwright.auction.messages import AnnounceAuction, AuctionCleared, SettleAuction, UnsoldMoved
from capwright.auction.report import auction_from_table
from capwright.auction.reserve_sale import at_tier, reserve_sale, reserve_sale_due, tier_of
from capwright.kernel.refusal import Refused
from capwright.scheme.auction_rules import PriceTier
from capwright.scheme.loader import load_scheme
from tests.auction_books import rules
from tests.tiered_worlds import HOUR_MS, RESERVE, bid, world_of
from tests.tiered_worlds import clear as close
from tests.worlds import ALPHA, BETA

TIERS = (
    PriceTier(name="APCR-1", kind="reserve_sale", trigger_fen_per_t=50_00, quantity_t=10_000),
    PriceTier(name="APCR-2", kind="reserve_sale", trigger_fen_per_t=70_00, quantity_t=10_000),
)


def test_reserve_sale_at_sixty_per_cent_of_the_lowest_tier():
    wci = rules(tiers=TIERS, reserve_sale_share=Decimal("0.6"))
    assert reserve_sale_due(wci, 30_00)
    assert not reserve_sale_due(wci, 29_99)
    assert reserve_sale_due(wci, 29_99, last_before_surrender=True)
    assert not reserve_sale_due(rules(), 99_00, last_before_surrender=True)


def sale(asked_t: dict[str, int], price_fen: int = 50_00, seed: str = "s"):
    """Sell 10,000 t of the first tier in lots of 1,000."""
    wci = rules(tiers=TIERS, lot_t=1000)
    bids = [Bid(id=name, bidder=name, price_fen_per_t=price_fen, quantity_t=t) for name, t in asked_t.items()]
    return clear(reserve_sale(wci, TIERS[0]), 10_000, at_tier(TIERS[0], bids), seed=seed)


def test_all_that_is_asked_for_is_sold_at_the_price_of_the_tier():
    found = sale({"a": 4_000, "b": 5_000}, price_fen=64_00)
    assert (found.won_t(), found.price_fen_per_t, found.unsold_t) == ({"a": 4_000, "b": 5_000}, 50_00, 1_000)


def test_what_is_too_much_is_shared_pro_rata():
    # 10 of 16 lots: 7.5 and 2.5 round down to 7 and 2, one lot is drawn.
    found = sale({"a": 12_000, "b": 4_000}).won_t()
    assert found in ({"a": 8_000, "b": 2_000}, {"a": 7_000, "b": 3_000})
    assert found == sale({"b": 4_000, "a": 12_000}).won_t()


def test_a_higher_offer_gives_no_precedence():
    wci = rules(tiers=TIERS, lot_t=1000)
    bids = [
        Bid(id="a", bidder="a", price_fen_per_t=90_00, quantity_t=10_000),
        Bid(id="b", bidder="b", price_fen_per_t=50_00, quantity_t=10_000),
    ]
    found = clear(reserve_sale(wci, TIERS[0]), 10_000, at_tier(TIERS[0], bids))
    assert found.won_t() == {"a": 5_000, "b": 5_000}
    assert found.revenue_fen == 10_000 * 50_00


def test_below_the_tier_nothing_is_sold():
    found = sale({"a": 4_000}, price_fen=49_99)
    assert found.sold_t == 0
    assert [item.refusal.code for item in found.rejected] == ["CW-6007"]


def test_a_tier_that_the_rules_do_not_have_is_refused():
    with pytest.raises(Refused, match="CW-6113"):
        tier_of(rules(tiers=TIERS), "APCR-3")


def test_a_file_of_bids_is_sold_at_a_tier_of_the_shipped_scheme(tmp_path):
    """17 CCR tier 1 of 2025, 60.47 USD (from memory, as the scheme says)."""
    path = tmp_path / "bids.csv"
    path.write_text("bidder,price,quantity_t\na,61,3000\nb,60.47,2000\nc,60,1000\n", encoding="utf-8")
    section = load_scheme("auction-wci-2025").body.auction
    said = auction_from_table(section, path, 10_000, tier="APCR-1")
    assert (said.price, said.awards, said.unsold_t) == (Decimal("60.47"), {"a": 3000, "b": 2000}, 5000)
    assert [line.bidder for line in said.rejected] == ["c"]


# On the ledger: 1,000 t cleared at 50.00 first; the tier stands at 60.00, 60 % of it is 36.00.


@pytest.fixture
def world(tmp_path):
    return world_of(tmp_path, "reserve_sale", 6000, 400, reserve_t=700)


def announce(world, name: str, **more):
    now = world.at_ms
    return world.do("olga", AnnounceAuction(name, 2023, "TLA", now, now + HOUR_MS, tier="tier", **more))


def test_a_sale_needs_a_settlement_price_or_the_last_date(world):
    with pytest.raises(Refused, match="CW-6114"):
        announce(world, "S1")
    announce(world, "S1", last_before_surrender=True)


def test_the_reserve_is_sold_after_a_dear_auction_and_keeps_the_rest(world):
    bid(world, ALPHA, 5000, 600)
    bid(world, BETA, 5000, 600)
    close(world)
    world.do("olga", SettleAuction("R1"))
    before = {account: world.market.book.balance_t(account, "TLA-2023") for account in (ALPHA, BETA)}
    announce(world, "S1")
    assert world.market.book.balance_t(RESERVE, "TLA-2023") == 300
    bid(world, ALPHA, 7000, 250, "S1")
    events = close(world, "S1")
    cleared = next(event for event in events if isinstance(event, AuctionCleared))
    assert (cleared.price_fen_per_t, cleared.sold_t, cleared.revenue_fen) == (6000, 250, 1_500_000)
    back = next(event for event in events if isinstance(event, UnsoldMoved))
    assert (back.target, back.quantity_t) == (RESERVE, 150)
    world.do("olga", SettleAuction("S1"))
    assert world.market.book.balance_t(ALPHA, "TLA-2023") == before[ALPHA] + 250
    assert world.market.book.balance_t(RESERVE, "TLA-2023") == 450
    assert world.market.breaches() == []
