"""Markets of any scheme with two accounts of every type, for tests of registry, ledger and settlement."""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from capwright.kernel.account_number import AccountNumber
from capwright.kernel.refusal import Refused
from capwright.ledger.accounts import Series, series_id
from capwright.ledger.messages import UnitIssue, UnitLine
from capwright.market import Market, Officer, OpenMarket
from capwright.registry.messages import (
    AdvanceClock,
    ApproveTransaction,
    OpenAccount,
    ProposeTransaction,
    Representative,
    SeriesOpened,
    UnitsIssued,
)
from capwright.scheme import codec
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_scheme
from tests.worlds import T0, World

OFFICERS = (
    Officer("ann", ("authority",)),
    Officer("bob", ("authority",)),
    Officer("olga", ("operator", "exchange")),
    Officer("otto", ("operator",)),
    Officer("clock", ("clock",)),
)


def scheme_body(scheme: str | Path, **sections: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a scheme with values changed, as by `registry={"delay": {"off_list": "refused"}}`."""
    body = json.loads(scheme_to_json(load_scheme(scheme)))
    del body["digest"]
    for name, changes in sections.items():
        for key, value in changes.items():
            section = body["body"][name]
            section[key] = {**section.get(key, {}), **value} if isinstance(value, dict) else value
    return {**body, "digest": codec._digest(body)}


class Registry(World):
    """A market under `scheme` with `account[type]` and `other[type]`, represented by a, b and c each."""

    def __init__(self, scheme: str | Path = "uk-ets", *, at_ms: int = T0, **sections: Any) -> None:
        self.market = Market()
        self.at_ms = at_ms
        self.count = 0
        self.log = []
        self.do("genesis", OpenMarket(scheme_body(scheme, **sections), OFFICERS))
        self.rules = self.market.rulebook.now()
        self.vintage = self.rules.body.vintage
        self.kinds = [kind.code for kind in self.rules.registry.unit_kinds]
        self.account: dict[str, str] = {}
        self.other: dict[str, str] = {}
        identifiers = itertools.count(1000)
        for accounts in (self.account, self.other):
            for row in self.rules.registry.account_types:
                country = self.rules.registry.country
                number = str(AccountNumber.of(country, row.number, next(identifiers)))
                accounts[row.code] = number
                people = tuple(Representative(f"{number}/{who}") for who in "abc")
                self.do(
                    "olga",
                    OpenAccount(
                        number,
                        row.code,
                        f"holder of {number}",
                        row.en,
                        date(2021, 1, 4),
                        representatives=people,
                    ),
                )

    @property
    def book(self):
        return self.market.book

    def stock(self, account: str, quantity_t: int, kind: str = "", vintage: int = 0) -> str:
        """Give an account new units, as an event of the past would have; return their series."""
        kind, vintage = kind or self.kinds[0], vintage or self.vintage
        name = series_id(kind, vintage)
        series = self.book.state.series.get(name)
        if series is None:
            self.market.apply(SeriesOpened(Series(name, kind, vintage)), self.at_ms)
            series = self.book.state.series[name]
        issue = UnitIssue(name, series.issued_t + 1, series.issued_t + quantity_t, account)
        self.market.apply(
            UnitsIssued(series=name, quantity_t=quantity_t, target=account, issues=(issue,)), self.at_ms
        )
        return name

    def row(self, name: str):
        return self.rules.transaction_types[name]

    def actor(self, row, giver: str, which: int = 0) -> str:
        """Somebody who may propose (0) or approve (1) a transaction of a type."""
        if row.proposed_by == "representative":
            return f"{giver}/{'ab'[which]}"
        return {"operator": ("olga", "otto"), "authority": ("ann", "bob")}[row.proposed_by][which]

    def propose(self, kind: str, source: str, target: str, quantity_t: int, series: str, **more: Any):
        """Propose a transaction and return its id and events."""
        row = self.row(kind)
        command = ProposeTransaction(kind, source, target, (UnitLine(series, quantity_t),), **more)
        events = self.do(self.actor(row, source), command)
        return f"c{self.count}", events

    def approve(self, transaction_id: str, kind: str, source: str):
        return self.do(self.actor(self.row(kind), source, 1), ApproveTransaction(transaction_id))

    def at(self, when: datetime | str) -> None:
        """Set the time, given on the scheme's own clock."""
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        self.at_ms = int(moment.replace(tzinfo=self.rules.zone).timestamp() * 1000)

    def tick(self):
        return self.do("clock", AdvanceClock())

    def code(self, actor: str, command) -> str:
        """The code with which a command is refused, or nothing; a refused command changes nothing."""
        before = self.market.state_hash()
        try:
            self.do(actor, command)
        except Refused as refused:
            assert self.market.state_hash() == before
            return refused.refusal.code
        return ""
