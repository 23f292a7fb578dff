"""A small market with an exchange: testland with a continuous book, listings to pick, and listed bidding."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from capwright.exchange import messages as m
from capwright.kernel.message import Command, Event
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import TradeSettled, UnitLine
from capwright.market import AdoptScheme, ApproveProposal, Market, Officer, OpenMarket
from capwright.registry.messages import IssueUnits, OpenAccount, ProposeTransaction, Representative
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_text
from capwright.settlement.messages import ClearTrades, DepositCash
from tests.worlds import ALPHA, BETA, MINI, TOTAL, TRADER, number, open_account, rep

FEES = number(105, 1)
GAMMA = number(121, 13)  # an investor of ALPHA's holder: for self-trades
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2023, 1, 3)  # a Tuesday
OFFICERS = (
    Officer("ann", ("authority",)),
    Officer("bob", ("authority",)),
    Officer("olga", ("operator",)),
    Officer("eve", ("exchange",)),
    Officer("ed", ("exchange",)),
    Officer("clock", ("clock",)),
)


def scheme_text(change: Callable[[str], str] = str) -> str:
    """Testland's scheme with its exchange, changed by `change`."""
    mini = MINI.read_text(encoding="utf-8").partition("\n[exchange")[0]
    return change(mini + "\n" + Path(__file__).with_name("exchange_scheme.toml").read_text(encoding="utf-8"))


def _body(text: str) -> dict[str, Any]:
    return json.loads(scheme_to_json(load_text(text)))


def at(clock: str, on: date = DAY) -> int:
    """A local time in milliseconds."""
    when = datetime.combine(on, time.fromisoformat(clock), tzinfo=SHANGHAI)
    return int(when.timestamp() * 1000)


class Exchange:
    """A market with two firms, an investor, units of two kinds and cash, on the morning of DAY."""

    def __init__(
        self, change: Callable[[str], str] = str, *, each_t: int = 10_000, cash: int = 10**9
    ) -> None:
        self.market = Market()
        self.count = 0
        self.log: list[tuple[Command, str, str, int]] = []
        self.at_ms = at("08:00")
        text = scheme_text(change)
        older = text
        for one in ("mini-2023", "vintage = 2023", "period_start = 2023", "period_end = 2023"):
            older = older.replace(one, one.replace("2023", "2022"))
        self.do("genesis", OpenMarket(_body(older), OFFICERS))
        self.together(AdoptScheme(_body(text)))
        self._furnish(each_t, cash)

    def _furnish(self, each_t: int, cash: int) -> None:
        for account in (TOTAL, number(103, 1), number(104, 1), ALPHA, BETA, TRADER):
            self.do("olga", open_account(account))
        fees = OpenAccount(FEES, "exchange", "holder-exchange", "Exchange", date(2023, 1, 1))
        self.do("olga", fees)
        people = (Representative("rep-13-a"), Representative("rep-13-b"))
        self.do(
            "olga",
            OpenAccount(GAMMA, "trading", "holder-10", "Gamma", date(2023, 1, 1), representatives=people),
        )
        self.together(IssueUnits("TLA", 2022, 4 * each_t, TOTAL))
        self.together(IssueUnits("TLA", 2023, 4 * each_t, TOTAL))
        for account in (ALPHA, BETA, TRADER):
            for vintage in (2022, 2023):
                half_t = each_t // 2 if account != TRADER else 1_000
                line = (UnitLine(f"TLA-{vintage}", half_t),)
                self.do("ann", ProposeTransaction("central_transfer", TOTAL, account, line))
        for account in (ALPHA, BETA, TRADER, GAMMA):
            if cash:
                self.do("eve", DepositCash(account, cash))

    # Acting.

    def do(self, actor: str, command: Command, command_id: str = "") -> tuple[Event, ...]:
        self.count += 1
        name = command_id or f"c{self.count}"
        events = self.market.execute(command, command_id=name, actor=actor, at_ms=self.at_ms)
        self.log.append((command, name, actor, self.at_ms))
        return events

    def code(self, actor: str, command: Command) -> str:
        """The code that the command is refused with, or nothing; a refusal leaves no trace."""
        before = self.market.state_hash()
        try:
            self.do(actor, command)
            return ""
        except Refused as refused:
            no = refused.refusal
        assert self.market.state_hash() == before
        assert no.message("en")
        assert no.message("zh")
        return no.code

    def together(self, command: Command, *, first: str = "ann", second: str = "bob") -> tuple[Event, ...]:
        self.do(first, command)
        return self.do(second, ApproveProposal(f"c{self.count}"))

    def by(self, account: str, command: Command, command_id: str = "") -> tuple[Event, ...]:
        return self.do(rep(account), command, command_id)

    def refused(self, account: str, command: Command) -> str:
        return self.code(rep(account), command)

    # Days.

    def open(self, clock: str = "09:30", on: date = DAY) -> Exchange:
        self.at_ms = at("09:00", on)
        self.do("clock", m.OpenTradingDay(on))
        self.at_ms = at(clock, on)
        return self

    def close(self, on: date = DAY, *, clear: bool = True) -> tuple[Event, ...]:
        self.at_ms = at("15:31", on)
        events = self.do("clock", m.CloseTradingDay(on))
        if clear:
            events += self.do("clock", ClearTrades(on))
        return events

    # Orders.

    def order(
        self, account: str, side: str, price: int, quantity_t: int, **more: object
    ) -> tuple[Event, ...]:
        name = str(more.pop("id", ""))
        product = str(more.pop("product", "TLA"))
        return self.by(account, m.PlaceOrder(account, product, side, price, quantity_t, **more), name)

    @property
    def exchange(self):
        return self.market.rooms["exchange"]

    @property
    def settlement(self):
        return self.market.rooms["settlement"]

    def left(self) -> dict[str, int]:
        """What is open of every order."""
        return {order.id: order.left_t for order in self.exchange.state.orders.values()}

    def cash(self, where: str) -> int:
        return self.market.book.cash_fen(where)

    def units(self, where: str) -> dict[str, int]:
        return self.market.book.at(where)


def trades(events: Iterable[Event]) -> list[TradeSettled]:
    return [event for event in events if isinstance(event, TradeSettled)]
