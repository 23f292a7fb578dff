"""Rounds whose supply follows the price, on the ledger; sums by hand from RGGI's CCR and ECR."""

from __future__ import annotations

from datetime import date
from pathlib import Path

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
from capwright.ledger.messages import UnitLine
from capwright.registry.messages import OpenAccount, ProposeTransaction
from capwright.settlement.room import DepositCash
from tests.worlds import ALPHA, AUCTION, BETA, CANCELLATION, MINI, TOTAL, TRADER, World, number, rep

HOUR_MS = 3_600_000
RESERVE, PROJECTS = number(105, 1), number(106, 1)
TIERS = """
name = "tiered-2023"
extends = ["mini_scheme"]
en = "Supply that follows the price"
zh = "随价格调整的投放量"
source = "tests"
confidence = "default"

[auction]
unsold = "reserve"
max_share_per_bidder = 1
bidders = ["firm"]
tiers = [
  {{ name = "tier", kind = "{kind}", trigger_fen_per_t = {trigger}, quantity_t = {quantity_t} }},
]

[[registry.account_types]]
code = "new_entrant_reserve"
number = 106
en = "New entrants"
zh = "新建项目储备"
purpose = "reserve"
government = true

[[registry.account_types]]
code = "market_reserve"
number = 105
en = "Market reserve"
zh = "市场调节储备"
purpose = "reserve"
government = true

[[registry.account_types]]
code = "operator_holding"
bidder_category = "firm"

[[registry.transaction_types]]
code = "10-51"
to_types = ["auction", "operator_holding", "market_reserve", "new_entrant_reserve"]
"""


def world_of(folder: Path, kind: str, trigger: int, quantity_t: int, reserve_t: int = 0) -> World:
    (folder / "mini_scheme.toml").write_text(MINI.read_text(encoding="utf-8"), encoding="utf-8")
    scheme = folder / "tiered-2023.toml"
    text = TIERS.format(kind=kind, trigger=trigger, quantity_t=quantity_t)
    scheme.write_text(text, encoding="utf-8")
    world = World(scheme).furnish()
    # The other reserve is opened first: the round must not touch it.
    for account, code in ((PROJECTS, "new_entrant_reserve"), (RESERVE, "market_reserve")):
        world.do("olga", OpenAccount(account, code, "state", code, date(2023, 1, 1)))
    lines = {AUCTION: 10_000, PROJECTS: 5_000, RESERVE: reserve_t}
    for account, quantity in lines.items():
        if quantity:
            line = (UnitLine("TLA-2023", quantity),)
            world.do("ann", ProposeTransaction("central_transfer", TOTAL, account, line))
    for account in (ALPHA, BETA):
        world.do("olga", DepositCash(account, 10_000_000))
    now = world.at_ms
    world.do("olga", AnnounceAuction("R1", 2023, "TLA", now, now + HOUR_MS, 1000))
    return world


def bid(world: World, account: str, price_fen: int, quantity_t: int) -> None:
    world.do(rep(account), PlaceBid("R1", account, price_fen, quantity_t))


def clear(world: World):
    world.at_ms += HOUR_MS
    return world.do("olga", ClearAuction("R1", "seed"))


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
