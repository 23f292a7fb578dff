"""From a scenario to commands: every row and step becomes an action at its local time, in order.

Ids are made from the row, so playing a scenario twice into one journal changes nothing the second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from capwright.allocation.messages import (
    ApproveQuota,
    PreIssueAllowances,
    RecordActivity,
    TrueUpAllowances,
)
from capwright.auction.messages import AnnounceAuction, ClearAuction, PlaceBid, SettleAuction
from capwright.compliance.messages import (
    AssessCompliance,
    ImposeSanction,
    RecordEmissions,
    RegisterProject,
    SurrenderUnits,
)
from capwright.kernel.message import Command
from capwright.ledger.accounts import series_id
from capwright.ledger.messages import UnitLine
from capwright.market import AdoptScheme, ApproveProposal, OpenMarket
from capwright.registry.messages import (
    AdvanceClock,
    ApproveTransaction,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
)
from capwright.scenario.people import (
    APPROVER,
    AUTHORITY,
    CLOCK,
    EXCHANGE,
    OFFICERS,
    OPERATOR,
    Directory,
    second,
    speaker,
)
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_scheme
from capwright.settlement.room import DepositCash, SettleTrade

if TYPE_CHECKING:
    from capwright.scenario.files import BidRow, RoundRow, Step
    from capwright.scenario.load import Scenario
    from capwright.scheme.schema import Scheme

__all__ = ["Action", "Player"]

_OPEN: Final = time(9, 0)
_TRADES: Final = time(10, 0)
_SURRENDERS: Final = time(14, 0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Action(Struct, frozen=True):
    """A command to send: when, who, under which id, and what the progress bar says meanwhile."""

    at_ms: int
    actor: str
    command: Command
    command_id: str
    label: str = ""


class Player:
    """Turns a scenario into actions."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.schemes: list[Scheme] = [load_scheme(name) for name in scenario.file.schemes]
        first = self.schemes[0].body
        assert first.registry is not None
        assert first.calendar is not None
        self._zone = ZoneInfo(first.calendar.timezone)
        self._registry = first.registry
        self.directory = Directory(first.registry)
        for row in scenario.enterprises:
            self.directory.add(row.id, row.account_type)
        self._made = 0

    def actions(self) -> list[Action]:
        """Return all actions in the order of time; rows of one moment keep the order of their files."""
        found = [*self._opening(), *self._steps(), *self._credits(), *self._auctions(), *self._tables()]
        return sorted(found, key=lambda action: action.at_ms)

    # Time and ids.

    def _ms(self, when: datetime) -> int:
        local = when if when.tzinfo else when.replace(tzinfo=self._zone)
        return (local - _EPOCH) // timedelta(milliseconds=1)

    def _on(self, day: date, clock: time, offset_ms: int = 0) -> int:
        return self._ms(datetime.combine(day, clock)) + offset_ms

    def _act(self, at_ms: int, actor: str, command: Command, label: str, command_id: str = "") -> Action:
        self._made += 1
        return Action(at_ms, actor, command, command_id or f"{self.scenario.file.name}/{self._made}", label)

    def _four_eyes(self, at_ms: int, command: Command, label: str) -> list[Action]:
        """One of the authority proposes, the other approves."""
        proposed = self._act(at_ms, AUTHORITY, command, label)
        return [proposed, self._act(at_ms, APPROVER, ApproveProposal(proposed.command_id), label)]

    def _transaction(
        self, at_ms: int, actor: str, checker: str, command: ProposeTransaction, label: str
    ) -> list[Action]:
        """Propose a typed transaction and approve it where its type needs a second person."""
        proposed = self._act(at_ms, actor, command, label)
        row = next(t for t in self._registry.transaction_types if t.name == command.type)
        if row.approvals < 2:  # noqa: PLR2004 - one person suffices
            return [proposed]
        return [proposed, self._act(at_ms, checker, ApproveTransaction(proposed.command_id), label)]

    # The beginning.

    def _opening(self) -> Iterator[Action]:
        file = self.scenario.file
        at_ms = self._ms(file.begins_at)
        about = {"scenario": file.name, "nature": file.nature, "en": file.en, "zh": file.zh}
        about |= {"about_en": file.about_en, "about_zh": file.about_zh}
        later = {step.scheme for step in file.steps if step.do == "adopt"}
        first, *others = (
            json.loads(scheme_to_json(scheme)) for scheme in self.schemes if scheme.name not in later
        )
        yield self._act(at_ms, AUTHORITY, OpenMarket(first, OFFICERS, about), "opening the market")
        for scheme in others:
            yield from self._four_eyes(at_ms, AdoptScheme(scheme), "adopting schemes")
        day = file.begins_at.date()
        types = {t.code: t for t in self._registry.account_types}
        for code, number in self.directory.government.items():
            name = types[code].en
            command = OpenAccount(number=number, type=code, holder="government", name=name, opened_on=day)
            yield self._act(at_ms, OPERATOR, command, "opening accounts")
        for row in self.scenario.enterprises:
            command = OpenAccount(
                number=self.directory[row.id],
                type=row.account_type,
                holder=row.id,
                name=row.name,
                opened_on=day,
                sector=row.sector,
                first_year=row.first_year,
                last_year=row.last_year,
                representatives=self.directory.representatives(row.id),
            )
            yield self._act(at_ms, OPERATOR, command, "opening accounts")
            if row.cash:
                deposit = DepositCash(self.directory[row.id], row.cash)
                yield self._act(at_ms, EXCHANGE, deposit, "depositing cash")
        yield from self._banked(at_ms)

    def _banked(self, at_ms: int) -> Iterator[Action]:
        """Units that holders bring from earlier vintages: issued in one piece per series, then handed out."""
        total_t: dict[tuple[str, int], int] = {}
        for row in self.scenario.holdings:
            total_t[row.kind, row.vintage] = total_t.get((row.kind, row.vintage), 0) + row.quantity_t
        label = "carrying over banked units"
        source, middle = self.directory.government["total_quantity"], self.directory.government["allocation"]
        for (kind, vintage), quantity_t in total_t.items():
            yield from self._four_eyes(at_ms, IssueUnits(kind, vintage, quantity_t, source), label)
            yield from self._central(at_ms, source, middle, series_id(kind, vintage), quantity_t, label)
        for row in self.scenario.holdings:
            line = (UnitLine(series_id(row.kind, row.vintage), row.quantity_t),)
            command = ProposeTransaction(
                "allocation", middle, self.directory[row.enterprise], line, row.vintage
            )
            yield from self._transaction(at_ms, AUTHORITY, APPROVER, command, label)

    def _central(
        self, at_ms: int, source: str, target: str, series: str, quantity_t: int, label: str
    ) -> list[Action]:
        kind = (
            "delivery_to_auction"
            if target == self.directory.government.get("auction")
            else "central_transfer"
        )
        command = ProposeTransaction(kind, source, target, (UnitLine(series, quantity_t),))
        return self._transaction(at_ms, AUTHORITY, APPROVER, command, label)

    # What the authority does.

    def _steps(self) -> Iterator[Action]:
        makers: dict[str, Callable[[int, Step], Iterable[Action]]] = {
            "adopt": self._adopt,
            "issue": self._issue,
            "distribute": self._distribute,
            "record_activity": self._record_activity,
            "pre_issue": lambda at, s: self._four_eyes(at, PreIssueAllowances(s.vintage), "pre-issuing"),
            "approve_quota": lambda at, s: self._four_eyes(at, ApproveQuota(s.vintage), "approving quota"),
            "true_up": lambda at, s: self._four_eyes(at, TrueUpAllowances(s.vintage), "truing up"),
            "record_emissions": self._record_emissions,
            "assess": lambda at, s: [self._act(at, AUTHORITY, AssessCompliance(s.vintage), "assessing")],
            "sanction": self._sanction,
            "advance": lambda at, _s: [self._act(at, CLOCK, AdvanceClock(), "clock")],
        }
        for step in self.scenario.file.steps:
            yield from makers[step.do](self._ms(step.at), step)

    def _adopt(self, at_ms: int, step: Step) -> list[Action]:
        body = json.loads(scheme_to_json(load_scheme(step.scheme)))
        return self._four_eyes(at_ms, AdoptScheme(body), "adopting schemes")

    def _issue(self, at_ms: int, step: Step) -> list[Action]:
        quantity_t = step.quantity_t
        if not quantity_t:
            cap = next(s.body.cap for s in self.schemes if s.body.vintage == step.vintage)
            assert cap is not None
            quantity_t = cap.total_t
        target = self.directory.government["total_quantity"]
        return self._four_eyes(
            at_ms, IssueUnits(step.kind, step.vintage, quantity_t, target), "issuing the cap"
        )

    def _distribute(self, at_ms: int, step: Step) -> Iterator[Action]:
        source = self.directory.government["total_quantity"]
        series = series_id(step.kind, step.vintage)
        for account_type, quantity_t in step.to.items():
            target = self.directory.government[account_type]
            yield from self._central(at_ms, source, target, series, quantity_t, "distributing the cap")

    def _record_activity(self, at_ms: int, step: Step) -> Iterator[Action]:
        for row in self.scenario.activity:
            if row.year is None or (step.years and row.year not in step.years):
                continue
            command = RecordActivity.of_row(self.directory[row.enterprise], row)
            yield self._act(at_ms, AUTHORITY, command, "recording activity")

    def _record_emissions(self, at_ms: int, step: Step) -> Iterator[Action]:
        for row in self.scenario.emissions:
            if step.vintage and row.year != step.vintage:
                continue
            excluded = row.emissions_t == "EXCLUDED"
            emissions_t = 0 if excluded else int(row.emissions_t)
            command = RecordEmissions(self.directory[row.enterprise], row.year, emissions_t, excluded)
            yield self._act(at_ms, AUTHORITY, command, "recording verified emissions")

    def _sanction(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = ImposeSanction(self.directory[enterprise], step.vintage)
            yield from self._four_eyes(at_ms, command, "imposing sanctions")

    # Tables with dates of their own.

    def _credits(self) -> Iterator[Action]:
        for row in self.scenario.credits:
            at_ms = self._on(row.date, _OPEN)
            project = RegisterProject(
                code=row.project,
                kind=row.kind,
                type=row.type,
                region=row.region,
                co2_ch4_share=row.co2_ch4_share,
            )
            yield self._act(at_ms, AUTHORITY, project, "registering projects")
            command = IssueUnits(
                row.kind, row.vintage, row.quantity_t, self.directory[row.owner], row.project
            )
            yield from self._four_eyes(at_ms, command, "issuing credits")

    def _tables(self) -> Iterator[Action]:
        for n, row in enumerate(self.scenario.transfers):
            command = SettleTrade(
                seller=self.directory[row.seller],
                buyer=self.directory[row.buyer],
                kind=row.kind,
                vintage=row.vintage,
                quantity_t=row.quantity_t,
                price_fen_per_t=row.price,
                mode=row.mode,
            )
            yield self._act(self._on(row.date, _TRADES, n), EXCHANGE, command, "trading")
        for n, row in enumerate(self.scenario.surrenders):
            at_ms = self._on(row.date, _SURRENDERS, n)
            lines = (UnitLine(row.series, row.quantity_t),) if row.series else ()
            command = SurrenderUnits(self.directory[row.enterprise], row.vintage, row.quantity_t, lines)
            surrender = self._act(at_ms, speaker(row.enterprise), command, "surrendering")
            yield surrender
            approve = ApproveTransaction(surrender.command_id)
            yield self._act(at_ms, second(row.enterprise), approve, "surrendering")

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
        begin, end = (time.fromisoformat(text) for text in self.scenario.file.auction_hours)
        closes_ms = self._on(row.date, end)
        label = f"auction {row.round}"
        command = AnnounceAuction(
            auction_id=row.round,
            vintage=vintage,
            kind=row.kind,
            opens_ms=self._on(row.date, begin),
            closes_ms=closes_ms,
            offered_t=row.offered_t,
            reserve_fen_per_t=row.reserve_cny_per_t or None,
        )
        yield self._act(self._on(row.date, _OPEN), EXCHANGE, command, label)
        needed_fen: dict[str, int] = {}
        for bid in bids:
            needed_fen[bid.bidder] = needed_fen.get(bid.bidder, 0) + bid.price * bid.quantity_t
        for bidder, amount_fen in needed_fen.items():
            deposit = DepositCash(self.directory[bidder], amount_fen)
            yield self._act(self._on(row.date, _OPEN), EXCHANGE, deposit, label)
        for n, bid in enumerate(bids):
            place = PlaceBid(row.round, self.directory[bid.bidder], bid.price, bid.quantity_t)
            at_ms = self._ms(bid.time) if bid.time else self._on(row.date, begin, n)
            yield self._act(at_ms, speaker(bid.bidder), place, label)
        clear = ClearAuction(row.round, row.seed or f"{self.scenario.file.seed}/{row.round}")
        yield self._act(closes_ms + 60_000, EXCHANGE, clear, label)
        yield self._act(closes_ms + 120_000, EXCHANGE, SettleAuction(row.round), label)
