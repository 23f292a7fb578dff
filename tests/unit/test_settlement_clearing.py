"""Clearing statements, busted trades, cash in and out with the exchange's cut-offs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from capwright.exchange import messages as m
from capwright.ledger.messages import TradeBusted
from capwright.market import ApproveProposal
from capwright.registry.messages import FreezeUnits
from capwright.settlement.messages import BustTrade, ClearTrades, DepositCash, TradesCleared, WithdrawCash
from tests.exchange_worlds import ALPHA, BETA, DAY, FEES, TRADER, Exchange, at, trades
from tests.worlds import rep

NEXT = DAY + timedelta(days=1)


@pytest.fixture
def world() -> Exchange:
    return Exchange().open()


def trade(world: Exchange, quantity_t: int = 100, price: int = 5000, seller: str = ALPHA, buyer: str = BETA):
    world.order(seller, "sell", price, quantity_t)
    (made,) = trades(world.order(buyer, "buy", price, quantity_t))
    return made


def cleared(events) -> TradesCleared:
    return next(event for event in events if isinstance(event, TradesCleared))


# Statements.


def test_statements_add_up_to_zero(world):
    """ALPHA sells 100 t at 50.00 to BETA, who sells 40 t at 49.00 to the investor."""
    trade(world)
    trade(world, 40, 4900, BETA, TRADER)
    done = cleared(world.close())
    lines = {line.account: line for line in done.statements}
    # 100 × 50.00 = 5,000.00 and 40 × 49.00 = 1,960.00; 5 ‰ are 25.00 and 9.80.
    assert lines[ALPHA].net_fen == 500_000 - 2_500
    assert lines[BETA].net_fen == -500_000 - 2_500 + 196_000 - 980
    assert lines[TRADER].net_fen == -196_000 - 980
    assert (lines[FEES].net_fen, lines[FEES].fees_fen) == (2 * (2_500 + 980), -2 * (2_500 + 980))
    assert sum(line.net_fen for line in done.statements) == 0
    assert lines[BETA].units_t == {"TLA": 60}
    assert sum(line.units_t.get("TLA", 0) for line in done.statements) == 0
    assert [line.trades for line in done.statements if line.account == BETA] == [2]


def test_statements_say_what_the_accounts_gained(world):
    before = {account: world.cash(account) for account in (ALPHA, BETA, TRADER, FEES)}
    trade(world, 33, 5001)
    trade(world, 7, 4877, BETA, TRADER)
    for line in cleared(world.close()).statements:
        assert world.cash(line.account) - before[line.account] == line.net_fen


def test_a_day_without_trades_is_cleared_too(world):
    assert cleared(world.close()).statements == ()


def test_clearing_waits_for_the_end_of_the_day(world):
    world.at_ms = at("15:29")
    assert world.code("clock", ClearTrades(DAY)) == "CW-3110"
    world.close()
    assert world.code("clock", ClearTrades(DAY)) == "CW-3110", "once"
    assert world.code("clock", ClearTrades(NEXT)) == "CW-3110", "not ahead"
    assert world.code(rep(ALPHA), ClearTrades(NEXT)) == "CW-4001"


# Weekend sessions are cleared on the next clearing day; cash moves in its hours.

SATURDAY, MONDAY, TUESDAY = date(2023, 1, 7), date(2023, 1, 9), date(2023, 1, 10)


def weekend(text: str) -> str:
    """As the exchange's notices of its extra sessions."""
    hours = (
        'defer_weekends = true\ncash_in_until = "16:00"\ncash_out_from = "09:00"\ncash_out_until = "16:00"\n'
    )
    text = text.replace('clear_from = "15:30"\n', 'clear_from = "15:30"\n' + hours)
    return text.replace("[calendar]\n", "[calendar]\nextra_sessions = [2023-01-07]\n")


def weekend_world() -> Exchange:
    return Exchange(weekend)


def test_weekend_trades_are_cleared_on_monday_and_paid_out_on_tuesday():
    world = weekend_world()
    friday = date(2023, 1, 6)
    world.open(on=friday).close(friday)
    world.open(on=SATURDAY)
    trade(world)
    world.close(SATURDAY, clear=False)
    assert world.code("clock", ClearTrades(SATURDAY)) == "CW-3110"
    world.open(on=MONDAY)
    done = cleared(world.close(MONDAY))
    assert {line.account for line in done.statements} == {ALPHA, BETA, FEES}
    assert done.cash_out_ms == at("09:00", TUESDAY)
    # ALPHA had ten million and got 4,975.00: only the ten million may go out before Tuesday.
    world.at_ms = at("15:45", MONDAY)
    assert world.refused(ALPHA, WithdrawCash(ALPHA, 10**9 + 1)) == "CW-3109"
    world.at_ms = at("08:59", TUESDAY)
    assert world.refused(ALPHA, WithdrawCash(ALPHA, 1)) == "CW-3108"
    world.at_ms = at("09:00", TUESDAY)
    world.by(ALPHA, WithdrawCash(ALPHA, 10**9 + 497_500))
    assert world.cash(ALPHA) == 0


def test_proceeds_of_the_day_trade_but_do_not_leave():
    world = weekend_world()
    world.open()
    trade(world)
    assert world.refused(ALPHA, WithdrawCash(ALPHA, 10**9 + 1)) == "CW-3109"
    world.by(ALPHA, WithdrawCash(ALPHA, 10**9))
    world.order(ALPHA, "buy", 5000, 99)
    assert world.market.breaches() == []


@pytest.mark.parametrize(
    ("on", "clock", "code"),
    [
        (DAY, "15:59", ""),
        (DAY, "16:00", ""),
        (DAY, "16:01", "CW-3108"),
        (SATURDAY, "10:00", "CW-3108"),
        (date(2023, 1, 8), "10:00", "CW-3108"),
        (MONDAY, "08:00", ""),
    ],
)
def test_cash_comes_in_until_four_on_clearing_days(on, clock, code):
    world = weekend_world()
    world.at_ms = at(clock, on)
    assert world.code("eve", DepositCash(ALPHA, 100)) == code


# Busts.


def bust(world: Exchange, trade_id: str):
    world.do("eve", BustTrade(trade_id, "keyed in twice"))
    return world.do("ed", ApproveProposal(f"c{world.count}"))


def test_a_bust_puts_everything_back(world):
    before = {account: (world.cash(account), world.units(account)) for account in (ALPHA, BETA, FEES)}
    made = trade(world)
    *_, busted = bust(world, made.trade_id)
    assert isinstance(busted, TradeBusted)
    assert {account: (world.cash(account), world.units(account)) for account in before} == before
    assert world.market.breaches() == []
    done = cleared(world.close())
    assert all(not line.net_fen and not line.units_t and not line.trades for line in done.statements)
    closed = world.exchange.state.closes["TLA"][-1][1]
    assert (closed.trades, closed.closing_fen_per_t) == (0, 5000)
    assert [one.quantity_t for one in world.settlement.state.trades] == [0]


def test_a_bust_needs_two_people_of_the_exchange(world):
    made = trade(world)
    for person in ("olga", "ann", rep(ALPHA)):
        assert world.code(person, BustTrade(made.trade_id, "why")) == "CW-4001"
    world.do("eve", BustTrade(made.trade_id, "why"), "proposal")
    assert world.code("eve", ApproveProposal("proposal")) == "CW-8213"
    assert world.code("ann", ApproveProposal("proposal")) == "CW-4001"
    world.do("ed", ApproveProposal("proposal"))


def test_a_trade_can_be_busted_until_the_next_opening(world):
    made = trade(world)
    other = trade(world, 10)
    world.close()
    bust(world, other.trade_id)
    world.open(on=NEXT)
    assert world.code("eve", BustTrade(made.trade_id, "late")) == "CW-3111"
    assert world.code("eve", BustTrade(other.trade_id, "twice")) == "CW-3111"
    assert world.market.breaches() == []


def test_a_bust_after_the_clearing_is_in_the_next_statement(world):
    made = trade(world)
    world.close()
    bust(world, made.trade_id)
    world.open(on=NEXT)
    lines = {line.account: line.net_fen for line in cleared(world.close(NEXT)).statements}
    assert lines == {ALPHA: -497_500, BETA: 502_500, FEES: -5_000}


def test_no_bust_of_units_or_money_that_went_on(world):
    made = trade(world)
    world.close()
    world.do("ann", FreezeUnits(BETA, "TLA-2022", 5_100, "order of a court"))
    assert world.code("eve", BustTrade(made.trade_id, "why")) == "CW-3112"
    poor = Exchange(cash=0).open()
    poor.do("eve", DepositCash(BETA, 502_500))
    spent = trade(poor)
    poor.order(ALPHA, "buy", 4900, 100)
    assert poor.code("eve", BustTrade(spent.trade_id, "why")) == "CW-3113"
    assert poor.code("eve", BustTrade("no such trade", "why")) == "CW-3111"
    assert poor.code("eve", BustTrade(spent.trade_id, "")) != ""


def test_a_bust_of_part_of_an_order_leaves_the_rest_standing(world):
    world.order(ALPHA, "sell", 5000, 100, id="s")
    (first,) = trades(world.order(BETA, "buy", 5000, 40))
    bust(world, first.trade_id)
    assert world.left() == {"s": 60}
    world.order(BETA, "buy", 5000, 60)
    assert world.market.breaches() == []


# Sums of trades.


def test_trades_are_summed_by_quarter_kind_and_mode(world):
    trade(world, 10)
    world.at_ms = at("09:44:59")
    trade(world, 20)
    world.at_ms = at("09:45")
    trade(world, 30)
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 4000, 40), "d")
    world.by(BETA, m.ConfirmDeal(BETA, "d"))
    kept = [(one.mode, one.trades, one.quantity_t, one.value_fen) for one in world.settlement.state.trades]
    assert kept == [
        ("continuous", 2, 30, 150_000),
        ("continuous", 1, 30, 150_000),
        ("negotiated", 1, 40, 160_000),
    ]
