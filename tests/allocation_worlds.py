"""A Guangdong market for tests of allocation: government accounts, firms, and units where they belong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from capwright.allocation.messages import RecordActivity
from capwright.allocation.room import AllocationRoom
from capwright.kernel.message import Command
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import frozen
from capwright.market import AdoptScheme, Market
from capwright.registry.messages import (
    ApproveTransaction,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    Representative,
)
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_scheme
from tests.worlds import World, number

_TYPES = {
    "total_quantity": 101,
    "allocation": 102,
    "auction": 103,
    "market_reserve": 104,
    "new_entrant_reserve": 105,
    "surrender": 110,
    "cancellation": 111,
    "operator_holding": 100,
    "new_project_holding": 120,
    "trading": 121,
}


def gd(account_type: str, identifier: int = 1) -> str:
    return number(_TYPES[account_type], identifier, "GD")


TOTAL, ALLOCATION, AUCTION = gd("total_quantity"), gd("allocation"), gd("auction")
RESERVE, NEW_RESERVE = gd("market_reserve"), gd("new_entrant_reserve")
SURRENDER, CANCELLATION = gd("surrender"), gd("cancellation")
ALPHA, BETA, GAMMA = (gd("operator_holding", n) for n in (10, 11, 12))
PROJECT = gd("new_project_holding", 20)
TRADER = gd("trading", 30)


class GdWorld(World):
    """A Guangdong market; `vintage` is the one of the scheme it opens with."""

    def __init__(self, vintage: int, *, funded_t: int = 10_000_000, on: date | None = None) -> None:
        self.vintage = vintage
        self.events = []
        self.sectors: dict[str, str] = {}
        super().__init__(f"guangdong-{vintage}")
        self.on(on or date(vintage, 1, 4))
        for account_type in list(_TYPES)[:7]:
            self.open(gd(account_type), account_type)
        if funded_t:
            self.fund(vintage, funded_t)

    def do(self, actor: str, command: Command, command_id: str = ""):
        events = super().do(actor, command, command_id)
        self.events += [(event, self.at_ms) for event in events]
        assert self.market.breaches() == []
        return events

    def on(self, day: date, hour: int = 10) -> GdWorld:
        """Set the clock to an hour of a day in Guangdong (UTC+8)."""
        self.at_ms = int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp() * 1000)
        self.at_ms -= 8 * 3_600_000
        return self

    def open(self, account: str, account_type: str, sector: str = "") -> None:
        who = account.split("-")[2]
        firm = account_type in ("operator_holding", "new_project_holding", "trading")
        people = (Representative(f"rep-{who}-a"), Representative(f"rep-{who}-b")) if firm else ()
        self.do(
            "olga",
            OpenAccount(
                number=account,
                type=account_type,
                holder=f"holder-{who}",
                name=f"Account {who}",
                opened_on=date(2013, 1, 1),
                sector=sector,
                representatives=people,
            ),
        )

    def firms(self, *accounts: str, sector: str = "") -> GdWorld:
        for account in accounts:
            self.open(account, "operator_holding", sector)
        return self

    def fund(self, vintage: int, quantity_t: int) -> None:
        """Issue allowances and put three quarters into the allocation account, the rest into the others."""
        self.together(IssueUnits("GDEA", vintage, quantity_t, TOTAL))
        self.central(TOTAL, ALLOCATION, vintage, quantity_t * 3 // 4)
        self.central(TOTAL, NEW_RESERVE, vintage, quantity_t // 10)

    def central(
        self, source: str, target: str, vintage: int, quantity_t: int, kind: str = "central_transfer"
    ):
        self.two_step(ProposeTransaction(kind, source, target, (UnitLine(f"GDEA-{vintage}", quantity_t),)))

    def two_step(self, command: ProposeTransaction, who: tuple[str, str] = ("ann", "bob")) -> None:
        self.do(who[0], command)
        self.do(who[1], ApproveTransaction(f"c{self.count}"))

    def spend(self, account: str, quantity_t: int, vintage: int | None = None, to: str = TRADER) -> None:
        """Sell units out of the free bucket."""
        who = account.split("-")[2]
        series = f"GDEA-{vintage or self.vintage}"
        transfer = ProposeTransaction("transfer", account, to, (UnitLine(series, quantity_t),))
        self.two_step(transfer, (f"rep-{who}-a", f"rep-{who}-b"))

    def adopt(self, scheme: str) -> None:
        self.together(AdoptScheme(json.loads(scheme_to_json(load_scheme(scheme)))))

    def record(self, account: str, process: str, year: int, **figures) -> None:
        self.do("ann", RecordActivity(account=account, process=process, year=year, **figures))

    @property
    def room(self) -> AllocationRoom:
        room = self.market.rooms["allocation"]
        assert isinstance(room, AllocationRoom)
        return room

    def free_t(self, account: str, vintage: int | None = None) -> int:
        return self.market.book.balance_t(account, f"GDEA-{vintage or self.vintage}")

    def frozen_t(self, account: str, vintage: int | None = None) -> int:
        year = vintage or self.vintage
        return self.market.book.balance_t(frozen(account, str(year)), f"GDEA-{year}")

    def replayed(self) -> Market:
        """A market that only saw the events."""
        market = Market()
        for event, at_ms in self.events:
            market.apply(event, at_ms)
        return market

    def restored(self) -> Market:
        """A market that only saw the snapshot."""
        market = Market()
        market.restore(self.market.snapshot())
        return market
