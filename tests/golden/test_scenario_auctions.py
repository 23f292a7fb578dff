"""The scenario of the twenty published auctions, played through the journal.

Published: notices of the exchange (GZETS) by the dates of rounds.csv; the total is ICAP's 815.46 million CNY.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from capwright.audit import audit, compare_holdings
from capwright.scenario.run import run_scenario
from tests.scenario_runs import events, market_at, rows, sqlite_url, table

NAME = "guangdong-auctions"
ROUNDS = table(NAME, "rounds.csv")
TOTAL_FEN = 815_460_455_00


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_scenario(NAME, sqlite_url(tmp_path_factory.mktemp("auctions")))


@pytest.fixture(scope="module")
def cleared(run):
    return {event["auction_id"]: event for event in events(run.db, "AuctionCleared")}


def test_nothing_is_refused_and_every_law_holds(run):
    assert run.refused == ()
    assert run.market.breaches() == []


@pytest.mark.parametrize("row", ROUNDS, ids=[row["round"] for row in ROUNDS])
def test_a_round_ends_as_published(cleared, row):
    event = cleared[row["round"]]
    sold_t = int(row["sold_t"])
    assert event["valid_t"] == int(row["valid_t"])
    assert event["sold_t"] == sold_t
    assert event["outcome"] == ("cleared" if sold_t else "cancelled")
    if sold_t:
        assert event["price_fen_per_t"] == int(Decimal(row["price_cny_per_t"]) * 100)
    assert event["revenue_fen"] == int(Decimal(row["amount_cny"]) * 100)
    winners = {award["account"] for award in event.get("awards", ())}
    assert len(winners) == int(row["winners"])


def test_all_twenty_rounds_are_there_and_bring_815_460_455_yuan(cleared):
    assert len(cleared) == len(ROUNDS) == 20
    assert sum(event["revenue_fen"] for event in cleared.values()) == TOTAL_FEN


def test_the_money_lies_with_the_government_and_nowhere_else(run):
    book = run.market.book
    government = {a.number for a in book.state.accounts.values() if a.government}
    assert sum(book.cash_fen(number) for number in government) == TOTAL_FEN
    # Bidders were brought what they bid; winners paid the uniform price, so what they keep is not negative.
    assert all(book.cash_fen(number) >= 0 for number in book.state.accounts)
    assert sum(book.state.cash.values()) == 0


def test_winners_hold_what_was_sold(run):
    book = run.market.book
    firms_t = sum(
        quantity_t
        for account in book.state.accounts.values()
        if not account.government
        for quantity_t in book.at(account.number).values()
    )
    assert firms_t == sum(int(row["sold_t"]) for row in ROUNDS)


def test_the_auditor_agrees(run):
    report = audit(rows(run.db), expected_head=run.head)
    assert [finding.text() for finding in report.findings] == []
    book = run.market.book
    assert compare_holdings(report, book.state.units, book.state.cash) == []


def test_a_second_run_and_a_replay_give_the_same(run):
    again = run_scenario(NAME, "memory:")
    assert again.head == run.head
    assert again.market.state_hash() == run.market.state_hash() == market_at(run.db).state_hash()
