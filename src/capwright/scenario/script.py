"""What every part of a story needs: local times, ids made from rows, and a second person where one is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from capwright.kernel.message import Command
from capwright.ledger.messages import UnitLine
from capwright.market import ApproveProposal
from capwright.registry.messages import ApproveTransaction, ProposeTransaction
from capwright.scenario.load import Scenario, scenario_schemes
from capwright.scenario.people import APPROVER, AUTHORITY, Directory

if TYPE_CHECKING:
    from capwright.scheme.schema import Scheme

__all__ = ["Action", "Script"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Action(Struct, frozen=True):
    """A command to send: when, who, under which id, and what the progress bar says meanwhile."""

    at_ms: int
    actor: str
    command: Command
    command_id: str
    label: str = ""


class Script:
    """A scenario with its schemes, its accounts, and the running number that commands are named by."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.schemes: list[Scheme] = scenario_schemes(scenario.file, scenario.folder)
        first = self.schemes[0].body
        assert first.registry is not None
        assert first.calendar is not None
        self.zone = ZoneInfo(first.calendar.timezone)
        self.registry = first.registry
        self.directory = Directory(first.registry)
        for row in scenario.enterprises:
            self.directory.add(row.id, row.account_type)
        self._made = 0

    def ms(self, when: datetime) -> int:
        """Milliseconds of a local time; one with an offset keeps it."""
        local = when if when.tzinfo else when.replace(tzinfo=self.zone)
        return (local - _EPOCH) // timedelta(milliseconds=1)

    def on(self, day: date, clock: time, offset_ms: int = 0) -> int:
        """Milliseconds of a clock time on a local day; `offset_ms` keeps rows of one day in their order."""
        return self.ms(datetime.combine(day, clock)) + offset_ms

    def act(self, at_ms: int, actor: str, command: Command, label: str) -> Action:
        """One action under the next id."""
        self._made += 1
        return Action(at_ms, actor, command, f"{self.scenario.file.name}/{self._made}", label)

    def four_eyes(
        self, at_ms: int, command: Command, label: str, *, by: str = AUTHORITY, approver: str = APPROVER
    ) -> list[Action]:
        """One proposes, the other approves."""
        proposed = self.act(at_ms, by, command, label)
        return [proposed, self.act(at_ms, approver, ApproveProposal(proposed.command_id), label)]

    def transaction(
        self, at_ms: int, actor: str, checker: str, command: ProposeTransaction, label: str
    ) -> list[Action]:
        """Propose a typed transaction and approve it where its type needs a second person."""
        proposed = self.act(at_ms, actor, command, label)
        row = next(t for t in self.registry.transaction_types if t.name == command.type)
        if row.approvals < 2:  # noqa: PLR2004 - one person suffices
            return [proposed]
        return [proposed, self.act(at_ms, checker, ApproveTransaction(proposed.command_id), label)]

    def central(
        self, at_ms: int, source: str, target: str, series: str, quantity_t: int, label: str
    ) -> list[Action]:
        """Move units between government accounts."""
        auction = self.directory.government.get("auction")
        kind = "delivery_to_auction" if target == auction else "central_transfer"
        command = ProposeTransaction(kind, source, target, (UnitLine(series, quantity_t),))
        return self.transaction(at_ms, AUTHORITY, APPROVER, command, label)
