"""The tables whose rows have dates: credits, trades, objections, new projects, surrenders, freezes.

On one day trades come before what follows from them: credits at 9:00, trades at 9:10 (those made on the
exchange at 10:00), objections at 11:00, surrenders at 14:00, stages of new projects at 15:00, decisions and
freezes at 16:00.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import TYPE_CHECKING, Final

from capwright.allocation.messages import DecideObjection, ObjectToQuota
from capwright.allocation.project_messages import AdvanceNewProject, IssueToNewProject, RecordPaidShare
from capwright.compliance.messages import RegisterProject, SurrenderUnits
from capwright.exchange.messages import ConfirmDeal, ProposeDeal
from capwright.ledger.messages import UnitLine
from capwright.registry.messages import ApproveTransaction, FreezeUnits, IssueUnits
from capwright.scenario.people import AUTHORITY, EXCHANGE, second, speaker
from capwright.settlement.messages import SettleTrade

if TYPE_CHECKING:
    from capwright.scenario.files import TransferRow
    from capwright.scenario.script import Action, Script

__all__ = ["Tables"]

_CREDITS: Final = time(9, 0)
_TRADES: Final = time(9, 10)
_DEALS: Final = time(10, 0)
_OBJECTIONS: Final = time(11, 0)
_SURRENDERS: Final = time(14, 0)
_PROJECTS: Final = time(15, 0)
_DECISIONS: Final = time(16, 0)


class Tables:
    """Makes the actions of the dated tables."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._tables = script.scenario
        self._numbers = script.directory

    def actions(self) -> Iterator[Action]:
        """The actions of all dated tables."""
        yield from self._credits()
        yield from self._transfers()
        yield from self._objections()
        yield from self._projects()
        yield from self._surrenders()
        yield from self._freezes()

    def _credits(self) -> Iterator[Action]:
        registered: set[str] = set()
        for row in self._tables.credits:
            at_ms = self._script.on(row.date, _CREDITS)
            if row.project not in registered:
                registered.add(row.project)
                project = RegisterProject(
                    code=row.project,
                    kind=row.kind,
                    type=row.type,
                    region=row.region,
                    co2_ch4_share=row.co2_ch4_share,
                    pre_cdm=row.pre_cdm,
                )
                yield self._script.act(at_ms, AUTHORITY, project, "registering projects")
            owner = self._numbers[row.owner]
            command = IssueUnits(row.kind, row.vintage, row.quantity_t, owner, row.project)
            yield from self._script.four_eyes(at_ms, command, "issuing credits")

    def _transfers(self) -> Iterator[Action]:
        for n, row in enumerate(self._tables.transfers):
            if row.on_exchange:
                yield from self._deal(n, row)
                continue
            command = SettleTrade(
                seller=self._numbers[row.seller],
                buyer=self._numbers[row.buyer],
                kind=row.kind,
                vintage=row.vintage,
                quantity_t=row.quantity_t,
                price_fen_per_t=row.price,
                mode=row.mode,
            )
            yield self._script.act(self._script.on(row.date, _TRADES, n), EXCHANGE, command, "trading")

    def _deal(self, n: int, row: TransferRow) -> Iterator[Action]:
        """The seller offers, the buyer confirms."""
        seller, buyer = self._numbers[row.seller], self._numbers[row.buyer]
        rules = (scheme.body.exchange for scheme in self._script.schemes if scheme.body.exchange)
        products = (p.code for exchange in rules for p in exchange.products if row.kind in p.unit_kinds)
        product = next(products, row.kind)
        offer = ProposeDeal(seller, buyer, product, "sell", row.price, row.quantity_t)
        at_ms = self._script.on(row.date, _DEALS, n)
        offered = self._script.act(at_ms, speaker(row.seller), offer, "trading")
        yield offered
        yield self._script.act(at_ms, speaker(row.buyer), ConfirmDeal(buyer, offered.command_id), "trading")

    def _objections(self) -> Iterator[Action]:
        label = "reviewing quota"
        for n, row in enumerate(self._tables.objections):
            account = self._numbers[row.enterprise]
            objection = ObjectToQuota(account, row.vintage, row.reason)
            at_ms = self._script.on(row.date, _OBJECTIONS, n)
            yield self._script.act(at_ms, speaker(row.enterprise), objection, label)
            decision = DecideObjection(account, row.vintage, row.approved_t, row.free_t, row.decision)
            yield from self._script.four_eyes(self._script.on(row.decided_on, _DECISIONS, n), decision, label)

    def _projects(self) -> Iterator[Action]:
        label = "new projects"
        seen: set[tuple[str, int]] = set()
        for row in self._tables.projects:
            key = row.enterprise, row.vintage
            if key in seen:
                continue  # a further process of the same project
            seen.add(key)
            account = self._numbers[row.enterprise]
            if row.bought_on:
                bought = RecordPaidShare(account, row.vintage, row.bought_t)
                yield self._script.act(self._script.on(row.bought_on, _PROJECTS), AUTHORITY, bought, label)
            if row.accepted_on:
                stage = AdvanceNewProject(account, row.vintage, "accepted")
                yield self._script.act(
                    self._script.on(row.accepted_on, _PROJECTS, 1), AUTHORITY, stage, label
                )
            if row.controlled_on:
                stage = AdvanceNewProject(account, row.vintage, "controlled")
                at_ms = self._script.on(row.controlled_on, _PROJECTS, 2)
                yield self._script.act(at_ms, AUTHORITY, stage, label)
            if row.issued_on:
                issue = IssueToNewProject(account, row.vintage)
                yield from self._script.four_eyes(self._script.on(row.issued_on, _PROJECTS, 3), issue, label)

    def _surrenders(self) -> Iterator[Action]:
        for n, row in enumerate(self._tables.surrenders):
            at_ms = self._script.on(row.date, _SURRENDERS, n)
            lines = (UnitLine(row.series, row.quantity_t),) if row.series else ()
            command = SurrenderUnits(self._numbers[row.enterprise], row.vintage, row.quantity_t, lines)
            surrender = self._script.act(at_ms, speaker(row.enterprise), command, "surrendering")
            yield surrender
            approve = ApproveTransaction(surrender.command_id)
            yield self._script.act(at_ms, second(row.enterprise), approve, "surrendering")

    def _freezes(self) -> Iterator[Action]:
        for n, row in enumerate(self._tables.freezes):
            command = FreezeUnits(self._numbers[row.enterprise], row.series, row.quantity_t, row.reason)
            at_ms = self._script.on(row.date, _DECISIONS, n)
            yield self._script.act(at_ms, AUTHORITY, command, "freezing")
