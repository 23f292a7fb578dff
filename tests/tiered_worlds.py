"""A small market with a price tier, its two reserves, and one round announced."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from capwright.auction.messages import AnnounceAuction, ClearAuction, PlaceBid
from capwright.ledger.messages import UnitLine
from capwright.registry.messages import OpenAccount, ProposeTransaction
from capwright.settlement.messages import DepositCash
from tests.worlds import ALPHA, AUCTION, BETA, MINI, TOTAL, World, number, rep

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
reserve_sale_share = 0.6
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


def world_of(
    folder: Path, kind: str, trigger: int, quantity_t: int, reserve_t: int = 0, holding_limit: str = ""
) -> World:
    (folder / "mini_scheme.toml").write_text(MINI.read_text(encoding="utf-8"), encoding="utf-8")
    scheme = folder / "tiered-2023.toml"
    text = TIERS.format(kind=kind, trigger=trigger, quantity_t=quantity_t)
    if holding_limit:
        base_t, base, rest = holding_limit.split(", ")
        limit = f"holding_limit = {{ base_t = {base_t}, base_share = {base}, rest_share = {rest} }}\n"
        text = text.replace("reserve_sale_share", limit + "reserve_sale_share")
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


def bid(world: World, account: str, price_fen: int, quantity_t: int, auction: str = "R1") -> None:
    world.do(rep(account), PlaceBid(auction, account, price_fen, quantity_t))


def clear(world: World, auction: str = "R1"):
    world.at_ms += HOUR_MS
    return world.do("olga", ClearAuction(auction, "seed"))
