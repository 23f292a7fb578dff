"""From a scenario to commands: every row and step becomes an action at its local time, in order.

Ids are made from the row, so playing a scenario twice into one journal changes nothing the second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from typing import TYPE_CHECKING, Final

from capwright.auction.messages import AnnounceAuction, ClearAuction, PlaceBid, SettleAuction
from capwright.ledger.accounts import series_id
from capwright.ledger.messages import UnitLine
from capwright.market import AdoptScheme, OpenMarket
from capwright.registry.messages import IssueUnits, OpenAccount, ProposeTransaction
from capwright.scenario.people import (
    APPROVER,
    AUTHORITY,
    EXCHANGE,
    OFFICERS,
    OPERATOR,
    SECOND_OPERATOR,
    speaker,
)
from capwright.scenario.script import Action, Script
from capwright.scenario.steps import Steps
from capwright.scenario.tables import Tables
from capwright.scenario.trading import TradingDays, Turn
from capwright.scheme.codec import scheme_to_json
from capwright.settlement.messages import DepositCash

if TYPE_CHECKING:
    from datetime import datetime

    from capwright.scenario.files import BidRow, EnterpriseRow, RoundRow
    from capwright.scenario.load import Scenario

__all__ = ["Action", "Player"]

_ACCOUNTS: Final = time(8, 30)
_ANNOUNCED: Final = time(9, 0)


class Player:
    """Turns a scenario into actions."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._script = Script(scenario)
        self.schemes = self._script.schemes
        self.directory = self._script.directory
        self.zone = self._script.zone

    def actions(self) -> list[Action | Turn]:
        """Return all actions in the order of time; rows of one moment keep the order of their files."""
        script = self._script
        trading = TradingDays(script).actions() if self.scenario.file.trading is not None else ()
        found = [
            *self._opening(),
            *Steps(script).actions(),
            *self._auctions(),
            *Tables(script).actions(),
            *trading,
        ]
        return sorted(found, key=lambda action: action.at_ms)

    # The beginning.

    def _opening(self) -> Iterator[Action]:
        script, file = self._script, self.scenario.file
        at_ms = script.ms(file.begins_at)
        about = {"scenario": file.name, "nature": file.nature, "en": file.en, "zh": file.zh}
        about |= {"about_en": file.about_en, "about_zh": file.about_zh}
        later = {step.scheme for step in file.steps if step.do == "adopt"}
        first, *others = (
            json.loads(scheme_to_json(scheme)) for scheme in self.schemes if scheme.name not in later
        )
        yield script.act(at_ms, AUTHORITY, OpenMarket(first, OFFICERS, about), "opening the market")
        for scheme in others:
            yield from script.four_eyes(at_ms, AdoptScheme(scheme), "adopting schemes")
        day = file.begins_at.date()
        types = {t.code: t for t in script.registry.account_types}
        for code, number in self.directory.government.items():
            name = types[code].en
            command = OpenAccount(number=number, type=code, holder="government", name=name, opened_on=day)
            yield script.act(at_ms, OPERATOR, command, "opening accounts")
        for row in self.scenario.enterprises:
            yield from self._account(row, file.begins_at)
        yield from self._banked(at_ms)

    def _account(self, row: EnterpriseRow, begins_at: datetime) -> Iterator[Action]:
        """Open an account, at the beginning or on its day, and pay its cash in."""
        script = self._script
        at_ms = script.on(row.opened_on, _ACCOUNTS) if row.opened_on else script.ms(begins_at)
        command = OpenAccount(
            number=self.directory[row.id],
            type=row.account_type,
            holder=row.id,
            name=row.name,
            opened_on=row.opened_on or begins_at.date(),
            sector=row.sector,
            first_year=row.first_year,
            last_year=row.last_year,
            representatives=self.directory.representatives(row.id),
        )
        yield script.act(at_ms, OPERATOR, command, "opening accounts")
        if row.cash:
            deposit = DepositCash(self.directory[row.id], row.cash)
            yield script.act(at_ms, EXCHANGE, deposit, "depositing cash")

    def _banked(self, at_ms: int) -> Iterator[Action]:
        """Units that holders bring from earlier vintages: issued in one piece per series, then handed out."""
        script, label = self._script, "carrying over banked units"
        total_t: dict[tuple[str, int], int] = {}
        for row in self.scenario.holdings:
            total_t[row.kind, row.vintage] = total_t.get((row.kind, row.vintage), 0) + row.quantity_t
        source, middle = self.directory.government["total_quantity"], self.directory.government["allocation"]
        for (kind, vintage), quantity_t in total_t.items():
            yield from script.four_eyes(at_ms, IssueUnits(kind, vintage, quantity_t, source), label)
            yield from script.central(at_ms, source, middle, series_id(kind, vintage), quantity_t, label)
        account_types = {row.id: row.account_type for row in self.scenario.enterprises}
        allocation = next(t for t in script.registry.transaction_types if t.name == "allocation")
        for row in self.scenario.holdings:
            line = (UnitLine(series_id(row.kind, row.vintage), row.quantity_t),)
            receiver = self.directory[row.enterprise]
            if account_types[row.enterprise] in allocation.to_types:
                command = ProposeTransaction("allocation", middle, receiver, line, row.vintage)
                yield from script.transaction(at_ms, AUTHORITY, APPROVER, command, label)
            else:  # an investor's units were bought before the story: an opening balance
                command = ProposeTransaction("correction", middle, receiver, line, row.vintage)
                yield from script.transaction(at_ms, OPERATOR, SECOND_OPERATOR, command, label)

    # Auctions.

    def _auctions(self) -> Iterator[Action]:
        by_round: dict[str, list[BidRow]] = {}
        for bid in self.scenario.bids:
            by_round.setdefault(bid.round, []).append(bid)
        vintages = {scheme.name: scheme.body.vintage for scheme in self.schemes}
        for row in self.scenario.rounds:
            vintage = vintages[row.scheme]
            assert vintage is not None
            yield from self._auction(row, vintage, by_round.get(row.round, []))

    def _auction(self, row: RoundRow, vintage: int, bids: list[BidRow]) -> Iterator[Action]:
        """One round: announced at nine, money brought, bid, cleared a minute after the close, settled."""
        script = self._script
        begin, end = (time.fromisoformat(text) for text in self.scenario.file.auction_hours)
        announced_ms, closes_ms = script.on(row.date, _ANNOUNCED), script.on(row.date, end)
        label = f"auction {row.round}"
        command = AnnounceAuction(
            auction_id=row.round,
            vintage=vintage,
            kind=row.kind,
            opens_ms=script.on(row.date, begin),
            closes_ms=closes_ms,
            offered_t=row.offered_t,
            reserve_fen_per_t=row.reserve_cny_per_t or None,
        )
        yield script.act(announced_ms, EXCHANGE, command, label)
        needed_fen: dict[str, int] = {}
        for bid in bids:
            needed_fen[bid.bidder] = needed_fen.get(bid.bidder, 0) + bid.price * bid.quantity_t
        for bidder, amount_fen in needed_fen.items():
            deposit = DepositCash(self.directory[bidder], amount_fen)
            yield script.act(announced_ms, EXCHANGE, deposit, label)
        for n, bid in enumerate(bids):
            place = PlaceBid(row.round, self.directory[bid.bidder], bid.price, bid.quantity_t)
            at_ms = script.ms(bid.time) if bid.time else script.on(row.date, begin, n)
            yield script.act(at_ms, speaker(bid.bidder), place, label)
        clear = ClearAuction(row.round, row.seed or f"{self.scenario.file.seed}/{row.round}")
        yield script.act(closes_ms + 60_000, EXCHANGE, clear, label)
        yield script.act(closes_ms + 120_000, EXCHANGE, SettleAuction(row.round), label)
