"""A year of random trading with faults: halts, moved prices, busts, duplicates, absurd orders, odd clocks.

The laws are checked throughout. The long run (ten million commands) is a soak test.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from capwright.exchange import messages as m
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import TradeSettled, UnitLine
from capwright.market import ApproveProposal, Market
from capwright.registry.messages import OpenAccount, ProposeTransaction, Representative
from capwright.settlement.messages import BustTrade, ClearTrades, DepositCash, TradesCleared
from tests.exchange_worlds import DAY, TOTAL, Exchange, at
from tests.worlds import number

MEMBERS = [number(121, 200 + n) for n in range(40)]
ABSURD = (0, -1, 10**17, 2**63 - 1, -(2**63))


def people(account: str) -> str:
    return "rep-" + account.split("-")[2]


def market() -> Exchange:
    world = Exchange(lambda text: text.replace("position_limit_t = 5_000", "position_limit_t = 100_000"))
    for member in MEMBERS:
        rep = (Representative(people(member)),)
        account = OpenAccount(member, "trading", people(member), "x", date(2023, 1, 1), representatives=rep)
        world.do("olga", account)
        world.do("ann", ProposeTransaction("central_transfer", TOTAL, member, (UnitLine("TLA-2023", 500),)))
        world.do("eve", DepositCash(member, 10**8))
    return world


class Year:
    """Sends commands and counts what became of them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.world = market()
        self.market = self.world.market
        self.answers: Counter[str] = Counter()
        self.day = DAY
        self.sent = 0
        self.orders: list[tuple[str, str]] = []
        self.traded: list[str] = []
        self.deals: list[tuple[str, str]] = []

    def send(self, actor: str, command, name: str = "", at_ms: int = 0) -> bool:
        self.sent += 1
        name = name or f"s{self.sent}"
        try:
            events = self.market.execute(
                command, command_id=name, actor=actor, at_ms=at_ms or self.world.at_ms
            )
        except Refused as no:
            self.answers[no.refusal.code] += 1
            return False
        self.answers[type(command).__name__] += 1
        for event in events:
            if type(event) is TradeSettled:
                self.traded.append(event.trade_id)
        return True

    def run_day(self, count: int) -> None:
        while self.day.weekday() > 4:
            self.day += timedelta(days=1)
        self.world.at_ms = at("09:00", self.day)
        assert self.send("clock", m.OpenTradingDay(self.day))
        for n in range(count):
            opens = "13:30" if self.day == date(2023, 1, 5) or n * 2 > count else "09:30"
            self.world.at_ms = at(opens, self.day) + 7_000_000 * n // count
            self.one()
        self.world.at_ms = at("15:31", self.day)
        self.send("clock", m.CrossListings("TLB"))
        if not self.send("clock", m.CloseTradingDay(self.day)):  # listings of one call left another
            while self.send("clock", m.CrossListings("TLB")):
                pass
            assert self.send("clock", m.CloseTradingDay(self.day))
        events = self.market.execute(
            ClearTrades(self.day), command_id=f"clear{self.day}", actor="clock", at_ms=self.world.at_ms
        )
        statements = next(e for e in events if isinstance(e, TradesCleared)).statements
        assert sum(line.net_fen for line in statements) == 0
        assert self.market.breaches() == []
        self.orders, self.traded, self.deals = self.orders[-50:], [], []
        self.day += timedelta(days=1)

    def one(self) -> None:
        """One command: mostly orders, sometimes trouble."""
        draw, roll = self.draw, self.draw.random()
        account = draw.choice(MEMBERS)
        side, price = draw.choice(("buy", "sell")), draw.randrange(4_960, 5_041)
        if roll < 0.60:
            name = f"s{self.sent + 1}"
            product = "TLA" if draw.random() < 0.9 else draw.choice(("TLB", "TLC", "NOPE"))
            order = m.PlaceOrder(account, product, side, price, draw.randrange(1, 30))
            if self.send(people(account), order, name):
                self.orders.append((name, account))
        elif roll < 0.90 and self.orders:
            name, owner = self.orders.pop(draw.randrange(len(self.orders)))
            if roll < 0.80:
                self.send(people(owner), m.CancelOrder(owner, name))
            else:
                self.send(people(owner), m.ReplaceOrder(owner, name, price, draw.randrange(1, 30)))
        elif roll < 0.93:
            name = f"s{self.sent + 1}"
            deal = m.ProposeDeal(account, draw.choice(MEMBERS), "TLA", side, price, draw.randrange(10, 60))
            if self.send(people(account), deal, name):
                self.deals.append((name, deal.counterparty))
        elif roll < 0.96 and self.deals:
            name, other = self.deals.pop()
            self.send(people(other), draw.choice((m.ConfirmDeal, m.WithdrawDeal))(other, name))
        else:
            self.trouble(account, side)

    def trouble(self, account: str, side: str) -> None:
        draw = self.draw
        kind = draw.randrange(8)
        if kind == 0:  # a command sent twice under one id: the order is there already
            if self.orders:
                name, owner = self.orders[-1]
                self.send(people(owner), m.PlaceOrder(owner, "TLA", side, 5_000, 1), name)
        elif kind == 1:
            asked = m.PlaceOrder(account, "TLA", side, draw.choice(ABSURD), draw.choice(ABSURD))
            assert not self.send(people(account), asked)
        elif kind == 2:  # somebody's clock is an hour slow or fast
            late = m.PlaceOrder(account, "TLA", side, 5_000, 1)
            self.send(people(account), late, at_ms=self.world.at_ms + draw.choice((-1, 1)) * 3_600_000)
        elif kind == 3 and draw.random() < 0.2:
            what = draw.choice(("", "TLA", account))
            self.send("eve", m.Halt(what, "drill", draw.random() < 0.05))
            assert not self.send(people(account), m.PlaceOrder(account, "TLA", side, 5_000, 1))
            self.send("eve", m.LiftHalt(what))
        elif kind == 4 and draw.random() < 0.05:
            name = f"s{self.sent + 1}"
            if self.send("eve", m.ResetPrice("TLA", draw.randrange(4_900, 5_101), "drill"), name):
                assert self.send("ed", ApproveProposal(name))
        elif kind == 5 and self.traded and draw.random() < 0.2:
            name = f"s{self.sent + 1}"
            if self.send("eve", BustTrade(draw.choice(self.traded[-20:]), "drill"), name):
                self.send("ed", ApproveProposal(name))
        elif kind == 6:
            self.send(people(account), m.MassCancel(account, side=draw.choice(("", "buy", "sell"))))
        else:
            self.send("eve", m.CrossListings("TLB"))


def check(year: Year, days: int, count: int) -> None:
    issued_t = sum(s.issued_t for s in year.market.book.state.series.values())
    for _ in range(days):
        year.run_day(count)
    assert sum(s.issued_t for s in year.market.book.state.series.values()) == issued_t
    again = Market()
    again.restore(year.market.snapshot())
    assert again.state_hash() == year.market.state_hash()
    assert again.breaches() == []
    for kind in ("PlaceOrder", "CancelOrder", "ReplaceOrder", "ConfirmDeal", "Halt", "MassCancel"):
        assert year.answers[kind], kind


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fortnight_of_random_trading(seed):
    check(Year(seed), days=10, count=1_500)


@pytest.mark.slow
def test_a_year_of_ten_million_commands():
    year = Year(3)
    check(year, days=245, count=41_000)
    assert year.sent > 10_000_000
