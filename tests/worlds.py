"""Small markets for tests: one scheme, a handful of accounts, and short ways to act in them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from capwright.kernel.account_number import AccountNumber
from capwright.kernel.message import Command
from capwright.ledger.messages import UnitLine
from capwright.market import ApproveProposal, Market, Officer, OpenMarket
from capwright.registry.messages import IssueUnits, OpenAccount, ProposeTransaction, Representative
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_scheme

MINI = Path(__file__).with_name("mini_scheme.toml")
DAY_MS = 86_400_000
T0 = 1_672_538_400_000  # 2023-01-01T02:00Z, 10:00 in Shanghai


def number(type_number: int, identifier: int, country: str = "TL") -> str:
    return str(AccountNumber.of(country, type_number, identifier))


TOTAL = number(100, 1)
ALLOCATION = number(101, 1)
AUCTION = number(102, 1)
SURRENDER = number(103, 1)
CANCELLATION = number(104, 1)
ALPHA = number(120, 10)
BETA = number(120, 11)
TRADER = number(121, 12)

_KINDS = {
    TOTAL: "total_quantity",
    ALLOCATION: "allocation",
    AUCTION: "auction",
    SURRENDER: "surrender",
    CANCELLATION: "cancellation",
    ALPHA: "operator_holding",
    BETA: "operator_holding",
    TRADER: "trading",
}


def opening(scheme: str | Path = MINI) -> OpenMarket:
    return OpenMarket(
        scheme=json.loads(scheme_to_json(load_scheme(scheme))),
        officers=(
            Officer("ann", ("authority",)),
            Officer("bob", ("authority",)),
            Officer("olga", ("operator", "exchange")),
            Officer("clock", ("clock",)),
        ),
    )


def open_account(account: str) -> OpenAccount:
    who = account.split("-")[2]
    people = (
        ()
        if account in (TOTAL, ALLOCATION, AUCTION, SURRENDER, CANCELLATION)
        else (
            Representative(f"rep-{who}-a"),
            Representative(f"rep-{who}-b"),
        )
    )
    return OpenAccount(
        number=account,
        type=_KINDS[account],
        holder=f"holder-{who}",
        name=f"Account {who}",
        opened_on=date(2023, 1, 1),
        first_year=2023 if _KINDS[account] == "operator_holding" else 0,
        representatives=people,
    )


def rep(account: str, which: str = "a") -> str:
    return f"rep-{account.split('-')[2]}-{which}"


class World:
    """A market in memory with a running count of commands and a clock that the test moves."""

    def __init__(self, scheme: str | Path = MINI) -> None:
        self.market = Market()
        self.at_ms = T0
        self.count = 0
        self.log: list[tuple[str, str, int, Command]] = []
        self.do("genesis", opening(scheme))

    def do(self, actor: str, command: Command, command_id: str = ""):
        self.count += 1
        name = command_id or f"c{self.count}"
        events = self.market.execute(command, command_id=name, actor=actor, at_ms=self.at_ms)
        self.log.append((name, actor, self.at_ms, command))
        return events

    def together(self, command: Command):
        """Propose as ann, approve as bob."""
        self.do("ann", command)
        return self.do("bob", ApproveProposal(f"c{self.count}"))

    def furnish(self, each_t: int = 1000) -> World:
        """Open the usual accounts, issue, and give ALPHA and BETA units."""
        for account in _KINDS:
            self.do("olga", open_account(account))
        self.together(IssueUnits("TLA", 2023, 100_000, TOTAL))
        for account in (ALPHA, BETA):
            self.do(
                "ann",
                ProposeTransaction("central_transfer", TOTAL, account, (UnitLine("TLA-2023", each_t),)),
            )
        return self
