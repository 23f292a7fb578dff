"""The compliance room's part of the state."""

from __future__ import annotations

from datetime import date

from msgspec import Struct, field

from capwright.compliance.offsets import CreditProject

__all__ = ["ComplianceState", "DutyYear", "Judgement"]


class Judgement(Struct, frozen=True):
    """How a vintage was judged."""

    status: str
    on: date
    owed_t: int
    surrendered_t: int
    shortfall_t: int
    shortfall_at_due_t: int


class DutyYear(Struct):
    """One account's duty of one year.

    `surrenders` are (time, tonnes), negative for reversals; `used` tonnes by series, net of reversals.
    """

    emissions_t: int | None = None
    owed_t: int = 0
    excluded: bool = False
    surrenders: list[tuple[int, int]] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    judgement: Judgement | None = None
    fine_fen: int = 0
    deduct_t: int = 0
    sanctioned: bool = False

    @property
    def surrendered_t(self) -> int:
        """Net surrenders for the year."""
        return sum(quantity_t for _, quantity_t in self.surrenders)


class ComplianceState(Struct):
    """Duties by account and year; registered projects by code."""

    duties: dict[str, dict[int, DutyYear]] = field(default_factory=dict)
    projects: dict[str, CreditProject] = field(default_factory=dict)
