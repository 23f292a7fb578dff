"""All 20 published allowance auctions of Guangdong, cleared from the reconstructed bid books.

Published figures: notices of the exchange (GZETS) of the dates given; total: ICAP, 815.46 million CNY.
"""

from __future__ import annotations

import runpy
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Struct, field

from capwright.auction.bids import Bid
from capwright.auction.clearing import clear
from capwright.scheme.loader import load_scheme
from capwright.table import Money, Tonnes, check_unique, read_table

FOLDER = Path(str(files("capwright"))) / "scenario" / "data" / "guangdong-auctions"
TOOL = Path(__file__).parents[2] / "tools" / "reconstruct_bids.py"


class Round(Struct):
    round: str
    scheme: str
    date: date
    offered_t: Annotated[int, Tonnes(least=1)]
    valid_t: Annotated[int, Tonnes(least=1)]
    reserve: Annotated[int, Money(least_fen=1)] = field(name="reserve_cny_per_t")
    high: Annotated[int, Money(least_fen=1)] = field(name="high_cny_per_t")
    mean: Annotated[int | None, Money()] = field(name="mean_cny_per_t")
    low: Annotated[int | None, Money()] = field(name="low_cny_per_t")
    bidders: int | None
    winners: int
    winners_by_category: str | None
    sold_t: Annotated[int, Tonnes()]
    price: Annotated[int | None, Money()] = field(name="price_cny_per_t")
    amount: Annotated[int, Money()] = field(name="amount_cny")


class BidRow(Struct):
    round: str
    bidder: str
    category: str
    price: Annotated[int, Money(least_fen=1)]
    quantity_t: Annotated[int, Tonnes(least=1)]
    time: datetime


ROUNDS = {row.round: row for row in read_table(FOLDER / "rounds.csv", Round)}
BOOKS: dict[str, list[BidRow]] = {name: [] for name in ROUNDS}
for _row in read_table(FOLDER / "bids.csv", BidRow):
    BOOKS[_row.round].append(_row)


def bids_of(name):
    rows = sorted(BOOKS[name], key=lambda row: row.time)
    return [
        Bid(
            id=f"{name}/{at}",
            bidder=row.bidder,
            price_fen_per_t=row.price,
            quantity_t=row.quantity_t,
            entered=at,
            category=row.category,
        )
        for at, row in enumerate(rows)
    ]


def cleared(name):
    fact = ROUNDS[name]
    rules = load_scheme(fact.scheme).body.auction
    return clear(rules, fact.offered_t, bids_of(name), reserve_fen_per_t=fact.reserve)


@pytest.mark.parametrize("name", ROUNDS)
def test_the_published_result_comes_out(name):
    fact, found = ROUNDS[name], cleared(name)
    assert not found.rejected
    assert found.price_fen_per_t == fact.price
    assert found.sold_t == fact.sold_t
    assert found.unsold_t == fact.offered_t - fact.sold_t
    assert found.revenue_fen == fact.amount
    numbers = found.statistics
    assert numbers.winners == fact.winners
    assert numbers.valid_t == fact.valid_t
    assert numbers.high_fen_per_t == fact.high
    if fact.mean is not None:
        assert numbers.mean_bid_fen_per_t == fact.mean
    if fact.low is not None:
        assert numbers.low_fen_per_t == fact.low
    if fact.bidders is not None:
        assert numbers.bidders == fact.bidders


@pytest.mark.parametrize("name", [name for name, fact in ROUNDS.items() if fact.winners_by_category])
def test_winners_by_category(name):
    winners = {award.bidder for award in cleared(name).awards}
    kinds = {row.bidder: row.category for row in BOOKS[name]}
    counts = [
        sum(1 for winner in winners if kinds[winner] == category)
        for category in ("controlled", "new_project", "institution")
    ]
    assert "+".join(str(n) for n in counts if n) == ROUNDS[name].winners_by_category


def test_totals():
    assert len(ROUNDS) == 20
    found = {name: cleared(name) for name in ROUNDS}
    assert sum(item.revenue_fen for item in found.values()) == 815_460_455_00
    vintage_2013 = [item for name, item in found.items() if name.startswith("2013")]
    assert sum(item.sold_t for item in vintage_2013) == 11_123_339
    assert sum(item.revenue_fen for item in vintage_2013) == 667_400_340_00


def test_the_fourth_round_of_2013_rolls_on():
    # 3.6 Mt were offered, the rest again on two further days.
    assert cleared("2013-4a").unsold_t == ROUNDS["2013-4b"].offered_t == 3_071_116
    assert cleared("2013-4b").unsold_t == ROUNDS["2013-4c"].offered_t == 2_391_645


def test_march_2015_is_fully_determined_by_the_notice():
    found = cleared("2014-3")
    assert (found.price_fen_per_t, found.sold_t, found.unsold_t) == (35_00, 422_461, 577_539)
    assert found.revenue_fen == 14_786_135_00
    assert found.statistics.high_fen_per_t == 37_05


@pytest.mark.parametrize(("name", "demand_t"), [("2015-4", 256_755), ("2016-4", 150_000)])
def test_demand_below_supply_sells_nothing(name, demand_t):
    found = cleared(name)
    assert found.outcome == "cancelled"
    assert found.reason.code == "CW-6022"
    assert found.reason.details["demand_t"] == demand_t
    assert [item.refusal.code for item in found.unsuccessful] == ["CW-6027"] * 5


def test_the_facts_multiply_out():
    for fact in ROUNDS.values():
        assert fact.amount == (fact.price or 0) * fact.sold_t
        assert Decimal(fact.amount) % 100 == 0


def test_books_are_what_the_published_script_makes():
    made = runpy.run_path(str(TOOL))["reconstruct"]((FOLDER / "rounds.csv").read_text(encoding="utf-8"))
    assert made == (FOLDER / "bids.csv").read_text(encoding="utf-8")
    table = read_table(FOLDER / "bids.csv", BidRow)
    check_unique(table, "round", "bidder")
    check_unique(table, "round", "time")
