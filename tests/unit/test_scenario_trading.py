"""Trading days of a scenario: when the exchange opens, who comes, and what a bad table is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

import pytest

from capwright.exchange import messages as m
from capwright.kernel.refusal import BadInput
from capwright.ledger.place import frozen
from capwright.market import ApproveProposal
from capwright.scenario.load import load_scenario
from capwright.scenario.play import Player
from capwright.scenario.run import run_scenario
from capwright.scenario.trading import Turn
from capwright.settlement.messages import ClearTrades, DepositCash
from tests.scenario_runs import events, sqlite_url
from tests.scenario_stories import STEP, TABLES, TOML, write

TRADING = '[trading]\nproduct = "GDEA"\nuntil = 2024-02-29\n\n'
PLAYED = TOML.replace("[[steps]]", TRADING + "[[steps]]", 1)
MARKET = {
    "enterprises.csv": (
        "id,name,account_type,sector,kind,first_year,cash\n"
        "mill,Mill,operator_holding,paper,existing,2016,300000.00\n"
        "kiln,Kiln,new_project_holding,cement,new_project,,1000000.00\n"
        "broker,Broker,trading,,investor,,\n"
        "dealer,Dealer,trading,,investor,,5000000.00\n"
        "forest,Forest,project_owner,,project_owner,,\n"
    ),
    "holdings.csv": "enterprise,kind,vintage,quantity_t\nmill,GDEA,2022,4000\nbroker,GDEA,2022,200000\n",
    "transfers.csv": (
        "date,seller,buyer,kind,vintage,quantity_t,price,mode,on_exchange\n"
        "2024-02-02,forest,mill,PHCER,2022,1000,60.00,negotiated,true\n"
    ),
    "agents.csv": (
        "enterprise,style,quantity_t,since,until,cash,cash_on,bias,habit\n"
        "kiln,buyer,3000,2024-01-03,2024-02-20,50000.00,2024-01-05,-20,late\n"
        "broker,investor,,,,,,5,\n"
        "dealer,maker,,,,,,,\n"
    ),
    "opinions.csv": (
        "month,volume_t,first,last,least,most,block,rush\n"
        "2024-01,20000,61.00,63.00,60.00,64.00,95,\n"
        "2024-02,9000,63.00,62.00,60.00,64.00,,true\n"
    ),
    "surrenders.csv": "date,enterprise,vintage\n",
}


def story(folder, toml: str = PLAYED, tables: Mapping[str, str] = MARKET):
    return write(folder, toml, TABLES | tables)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "story"
    folder.mkdir()
    return run_scenario(story(folder), sqlite_url(tmp_path))


def numbers(market):
    return {a.holder: a.number for a in market.book.state.accounts.values() if not a.government}


def local_day(at_ms: int) -> str:
    return str(datetime.fromtimestamp(at_ms / 1_000, timezone(timedelta(hours=8))).date())


def commands(folder, kind):
    actions = Player(load_scenario(folder)).actions()
    return [a for a in actions if not isinstance(a, Turn) and isinstance(a.command, kind)]


# Days.


def test_the_exchange_opens_on_its_trading_days_until_the_last(tmp_path):
    folder = story(tmp_path)
    days = [a.command.on for a in commands(folder, m.OpenTradingDay)]
    assert (days[0], days[-1]) == (date(2024, 1, 2), date(2024, 2, 29))
    assert all(day.weekday() < 5 for day in days)
    # Spring festival: 2024-02-10 (Saturday) to 02-17; 02-09 (eve) counts as working in the national calendar.
    assert not any(date(2024, 2, 12) <= day <= date(2024, 2, 16) for day in days)
    assert [a.command.on for a in commands(folder, m.CloseTradingDay)] == days
    assert [a.command.on for a in commands(folder, ClearTrades)] == days


def test_a_market_that_opens_at_noon_trades_from_the_next_day(tmp_path):
    late = PLAYED.replace("begins_at = 2024-01-02T08:00:00", "begins_at = 2024-01-02T12:00:00")
    folder = story(tmp_path, late)
    assert commands(folder, m.OpenTradingDay)[0].command.on == date(2024, 1, 3)


def test_agents_trade_by_commands_that_pass_and_the_buyer_gets_what_it_needs(run):
    assert run.refused == ()
    assert run.market.breaches() == []
    who = numbers(run.market)
    traded = [e for e in events(run.db, "TradeSettled") if e["kind"] == "GDEA"]
    assert sum(e["quantity_t"] for e in traded if e["buyer"] == who["kiln"]) == 3_000
    assert {e["mode"] for e in traded} == {"listed_click"}  # too little for lots of 100,000 t
    placed = events(run.db, "OrderPlaced")
    assert {e["account"] for e in placed} == {who["kiln"], who["broker"], who["dealer"]}
    cleared = {event["on"] for event in events(run.db, "TradesCleared")}
    assert cleared == {event["on"] for event in events(run.db, "TradingDayClosed")}
    assert cleared >= {local_day(trade["at_ms"]) for trade in traded}
    for event in events(run.db, "TradesCleared"):
        assert sum(line["net_fen"] for line in event["statements"]) == 0


def test_the_same_folder_gives_the_same_head_and_another_seed_another(tmp_path, run):
    folder = tmp_path / "again"
    folder.mkdir()
    assert run_scenario(story(folder), "memory:").head == run.head
    other = story(folder, PLAYED.replace('seed = "harbour"', 'seed = "haven"'))
    assert run_scenario(other, "memory:").head != run.head


def test_cash_of_agents_comes_on_its_day(tmp_path):
    folder = story(tmp_path)
    deposits = [a for a in commands(folder, DepositCash) if a.label == "depositing cash"]
    assert [(a.command.amount_fen) for a in deposits] == [300_000_00, 1_000_000_00, 5_000_000_00, 50_000_00]
    assert deposits[-1].at_ms - deposits[0].at_ms == 3 * 86_400_000 + 65 * 60_000  # the 5th at 9:05


def test_a_trade_on_the_exchange_is_offered_confirmed_and_charged(run):
    who = numbers(run.market)
    (offer,) = events(run.db, "DealProposed")
    assert (offer["account"], offer["counterparty"], offer["product"]) == (
        who["forest"],
        who["mill"],
        "PHCER",
    )
    (trade,) = [e for e in events(run.db, "TradeSettled") if e["kind"] == "PHCER"]
    assert trade["mode"] == "negotiated"
    # 5 per mille of 60,000 CNY on each side (GZETS notices 2023-2025).
    assert trade["buyer_fee_fen"] == trade["seller_fee_fen"] == 300_00
    assert run.market.book.cash_fen(who["forest"]) == 59_700_00


# Steps of the exchange and the authority.


def test_a_reference_price_is_moved_by_two_people_of_the_exchange(tmp_path):
    step = STEP.format(step='do = "reset_price"\nproduct = "PHCER"\nprice_cny = "64.09"\nreason = "auctions"')
    folder = story(tmp_path, PLAYED + step.replace("2024-09-02", "2024-01-31"))
    (reset,) = commands(folder, m.ResetPrice)
    assert reset.command.price_fen_per_t == 6_409
    approvals = commands(folder, ApproveProposal)
    (approved,) = [a for a in approvals if a.command.proposal_id == reset.command_id]
    assert (reset.actor, approved.actor) == ("exchange-1", "exchange-2")


def test_whatever_a_sector_has_free_then_is_frozen(tmp_path):
    step = STEP.format(step='do = "freeze_sectors"\nsectors = ["paper"]\nkind = "GDEA"\nreason = "moves"')
    run = run_scenario(story(tmp_path, PLAYED + step), "memory:")
    mill = numbers(run.market)["mill"]
    # 4,000 t banked and the free half of its quota of 96,960 t; the other half is frozen already.
    assert run.market.book.at(frozen(mill, "moves")) == {"GDEA-2022": 4_000, "GDEA-2023": 48_480}
    assert run.refused == ()


# What is refused before anything is played.


def placed(folder) -> tuple[str, str, int, int]:
    with pytest.raises(BadInput) as caught:
        load_scenario(folder)
    for lang in ("en", "zh"):
        assert "{" not in caught.value.refusal.message(lang)
    found = caught.value
    return found.refusal.code, found.file.rsplit("/", 1)[-1], found.line, found.column


@pytest.mark.parametrize(
    ("table", "row", "code", "column"),
    [
        ("agents.csv", "ghost,investor", "CW-9303", 1),
        ("agents.csv", "kiln,investor", "CW-9216", 1),
        ("agents.csv", "mill,gambler", "CW-9215", 2),
        ("agents.csv", "mill,buyer,100,2024-01-05", "CW-9374", 2),
        ("agents.csv", "mill,buyer,100,2024-02-05,2024-01-05", "CW-9374", 2),
        ("agents.csv", "mill,buyer,,2024-01-05,2024-02-05", "CW-9374", 2),
        ("agents.csv", "mill,seller", "CW-9374", 2),
        ("agents.csv", "mill,investor,,,,100.00", "CW-9374", 2),
        ("agents.csv", "mill,investor,,,,100.00,2023-12-29", "CW-9309", 7),
        ("agents.csv", "mill,investor,,,,,,,never", "CW-9215", 9),
        ("opinions.csv", "2024-13,10,60.00,60.00,60.00,60.00", "CW-9372", 1),
        ("opinions.csv", "2024-02,10,60.00,60.00,60.00,60.00", "CW-9216", 1),
        ("opinions.csv", "2024-03,10,60.00,60.00,61.00,62.00", "CW-9373", 5),
        ("opinions.csv", "2024-03,10,60.00,60.00,60.00,60.00,10", "CW-9377", 7),
        ("transfers.csv", "2024-02-05,broker,mill,GDEA,2022,10,60.00,listed_click,true", "CW-9376", 9),
    ],
)
def test_a_bad_row_is_placed(tmp_path, table, row, code, column):
    text = MARKET[table]
    header = text.splitlines()[0]
    full = row + "," * (header.count(",") - row.count(","))
    folder = story(tmp_path, tables=MARKET | {table: text + full + "\n"})
    assert placed(folder) == (code, table, len(text.splitlines()) + 1, column)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (TRADING, "", "CW-9376"),
        ('product = "GDEA"', 'product = "TULIP"', "CW-9370"),
        ("until = 2024-02-29", "until = 2023-12-29", "CW-9375"),
        ("until = 2024-02-29", "until = 9999-12-31", "CW-9375"),
        ("until = 2024-02-29", "", "CW-9302"),
        ("until = 2024-02-29", "until = 2024-02-29\ncolour = 1", "CW-9302"),
    ],
)
def test_a_bad_section_is_refused(tmp_path, old, new, code):
    assert placed(story(tmp_path, PLAYED.replace(old, new, 1)))[0] == code


def test_agents_without_a_section_are_refused(tmp_path):
    plain = {name: text for name, text in MARKET.items() if name != "transfers.csv"}
    assert placed(story(tmp_path, TOML, plain))[0] == "CW-9371"
