"""From series in the ledger to lots and groups of the offset rules: what has been used of which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from capwright.compliance.offset_limits import Groups
from capwright.compliance.offsets import OffsetLot, group_of
from capwright.compliance.state import ComplianceState
from capwright.compliance.surrender import Family, Holding
from capwright.ledger.accounts import series_id
from capwright.ledger.book import Book
from capwright.ledger.messages import UnitLine
from capwright.ledger.rulebook import Rulebook
from capwright.scheme.compliance_rules import ComplianceRules

__all__ = ["Usage"]

# Surrenders under way of an account (all accounts: "") for a vintage.
Pending = Callable[[str, int], Iterable[UnitLine]]


class Usage:
    """Looks credits up in the state; changes nothing."""

    def __init__(self, state: ComplianceState, book: Book, rulebook: Rulebook) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook

    def families(self) -> dict[str, Family]:
        """What each unit kind is."""
        return {code: kind.family for code, kind in self._rulebook.now().unit_kinds.items()}

    def holding_of(self, line: UnitLine) -> Holding:
        """The holding behind a line of a transaction."""
        series = self._book.state.series[line.series]
        return Holding(series.kind, series.vintage, line.quantity_t, series.project, line.bucket)

    @staticmethod
    def series_of(holding: Holding) -> str:
        """The series of a holding."""
        return series_id(holding.kind, holding.vintage, holding.project)

    def lots(self, holdings: Iterable[Holding]) -> list[OffsetLot]:
        """The credits and special units among holdings, as lots for the offset rules."""
        families = self.families()
        return [
            OffsetLot(h.kind, h.quantity_t, self._state.projects.get(h.project), h.vintage)
            for h in holdings
            if families.get(h.kind) != "allowance"
        ]

    def groups(self, account: str, vintage: int, pending: Pending) -> Groups:
        """What an account has used for a vintage, by group; surrenders under way count."""
        duty = self._state.duties.get(account, {}).get(vintage)
        used: dict[str, int] = dict(duty.used) if duty else {}
        _add(used, ((line.series, line.quantity_t) for line in pending(account, vintage)))
        return self._grouped(vintage, used)

    def _grouped(self, vintage: int, used: Mapping[str, int]) -> Groups:
        rules: ComplianceRules = self._rulebook.vintage(vintage).section("compliance")
        groups = Groups()
        families = self.families()
        for name, quantity_t in used.items():
            series = self._book.state.series[name]
            if quantity_t > 0 and families.get(series.kind) != "allowance" and rules.offsets:
                project = self._state.projects.get(series.project)
                lot = OffsetLot(series.kind, quantity_t, project, series.vintage)
                groups = groups.plus(group_of(rules.offsets, lot), quantity_t)
        return groups

    def ceiling_left_t(self, vintage: int, pending: Pending) -> int | None:
        """What the market's ceiling for a vintage still leaves; None where there is none."""
        rules: ComplianceRules = self._rulebook.vintage(vintage).section("compliance")
        if rules.offsets is None or rules.offsets.market_ceiling_t is None:
            return None
        used: dict[str, int] = {}
        for years in self._state.duties.values():
            if vintage in years:
                _add(used, years[vintage].used.items())
        _add(used, ((line.series, line.quantity_t) for line in pending("", vintage)))
        return max(rules.offsets.market_ceiling_t - self._grouped(vintage, used).credits_t, 0)


def _add(used: dict[str, int], more: Iterable[tuple[str, int]]) -> None:
    for series, quantity_t in more:
        used[series] = used.get(series, 0) + quantity_t
