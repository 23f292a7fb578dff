"""The MRV room's part of the state.

Reports themselves stay in the journal; the state keeps what later decisions need.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct, field

from capwright.mrv.figure_messages import Basis, ReviewOutcome
from capwright.mrv.messages import FindingKind, MeasuredValue, Opinion
from capwright.mrv.oversight_messages import (
    CardColour,
    EngagementKind,
    Grade,
    Purpose,
    VerifierRecord,
)
from capwright.mrv.plan import MonitoringPlan

__all__ = [
    "Assignment",
    "Card",
    "Draw",
    "Engagement",
    "Entry",
    "Filed",
    "Finding",
    "FirmYear",
    "Inspection",
    "Inventory",
    "MrvState",
    "PlanVersion",
    "PublishedMethod",
    "Rating",
    "Statement",
    "Verifier",
    "Violation",
]


class PublishedMethod(Struct, frozen=True):
    """A method of the market: its digest, and all of it as plain data."""

    digest: str
    definition: dict[str, Any]


class PlanVersion(Struct):
    """A version of a monitoring plan; the plan itself is kept while it waits or holds.

    `replaced`: by a later version before anybody decided; `superseded`: it held until a later one did.
    """

    version: int
    digest: str
    on: date
    change: str = ""
    status: Literal["filed", "approved", "returned", "replaced", "superseded"] = "filed"
    plan: MonitoringPlan | None = None


class Filed(Struct):
    """A version of a report: what it came to, exactly and by stream."""

    version: int
    digest: str
    method: str
    emissions: Decimal
    emissions_t: int
    on: date
    amounts: dict[str, Decimal] = field(default_factory=dict)
    processes: dict[str, Decimal] = field(default_factory=dict)
    measured: tuple[MeasuredValue, ...] = ()
    late: bool = False
    withdrawn: bool = False


class Finding(Struct):
    """A finding of a verifier. `version` is that of the report which it is about."""

    assignment_id: str
    verifier: str
    kind: FindingKind
    status: Literal["open", "answered", "corrected", "explained"] = "open"
    stream: str = ""
    effect_t: int | None = None
    version: int = 0

    @property
    def settled(self) -> bool:
        """Whether the verifier has closed it."""
        return self.status in {"corrected", "explained"}


class Assignment(Struct):
    """A verifier's mandate for the report of a year."""

    id: str
    verifier: str
    purpose: Purpose
    on: date
    status: Literal["open", "stated", "ended"] = "open"


class Statement(Struct, frozen=True):
    """A verification statement. The figure is usable unless the opinion is adverse or disclaimed."""

    assignment_id: str
    verifier: str
    version: int
    reported_t: int
    verified_t: int
    opinion: Opinion
    on: date
    late: bool = False

    @property
    def usable(self) -> bool:
        """Whether the opinion lets the figure be used."""
        return self.opinion in {"unqualified", "qualified"}


class Entry(Struct, frozen=True):
    """A posting of an emission figure; a reversal is negative. The sum is the figure that counts."""

    emissions_t: int
    basis: Basis
    on: date
    reason: str = ""


class FirmYear(Struct):
    """One firm's year, from the first report to the figure that counts."""

    reports: list[Filed] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    recheck_due: bool = False
    contest_open: bool = False
    contested: bool = False
    review: ReviewOutcome | Literal[""] = ""
    estimate_t: int | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def current(self) -> Filed | None:
        """The latest version of the report that was not withdrawn."""
        return next((filed for filed in reversed(self.reports) if not filed.withdrawn), None)

    @property
    def assignment(self) -> Assignment | None:
        """The mandate that waits for its statement."""
        return next((one for one in reversed(self.assignments) if one.status == "open"), None)

    @property
    def statement(self) -> Statement | None:
        """The last statement where it is usable and was not sent back; no report may follow it then."""
        if not self.statements or self.review == "returned":
            return None
        last = self.statements[-1]
        return last if last.usable else None

    @property
    def standing_t(self) -> int | None:
        """The figure that stands: an estimate, or what was verified last."""
        if self.estimate_t is not None:
            return self.estimate_t
        statement = self.statement
        return None if statement is None else statement.verified_t

    @property
    def approved(self) -> bool:
        """Whether a figure counts."""
        return bool(self.entries)

    @property
    def approved_t(self) -> int:
        """The figure that counts: all entries together."""
        return sum(entry.emissions_t for entry in self.entries)


class Engagement(Struct, frozen=True):
    """Work of a verifier for a firm outside this market."""

    account: str
    kind: EngagementKind
    until: date
    year: int = 0


class Rating(Struct, frozen=True):
    """A yearly rating."""

    score: Decimal
    grade: Grade


class Card(Struct, frozen=True):
    """A yellow or red card."""

    colour: CardColour
    on: date
    until: date | None = None


class Verifier(Struct):
    """A verifier with what is known of its conduct."""

    record: VerifierRecord
    engagements: list[Engagement] = field(default_factory=list)
    ratings: dict[int, Rating] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    yellow_left: int = 0  # yellow cards since the last red one


class Draw(Struct):
    """A draw of firms to be inspected, and who of them still waits."""

    year: int
    seed: str
    drawn: tuple[str, ...]
    waiting: list[str]


class Inspection(Struct, frozen=True):
    """An inspection that took place."""

    account: str
    year: int
    faults: bool
    on: date
    draw_id: str = ""


class Violation(Struct, frozen=True):
    """A violation with its fine."""

    subject: str
    year: int
    violation: str
    fine_fen: int
    on: date
    inspection_id: str = ""


class Inventory(Struct, frozen=True):
    """What the whole area emitted in a year, tCO2, and the document that says so."""

    emissions_t: int
    document: str


class MrvState(Struct):
    """Methods by name, plans by account, years by account and year, verifiers, what oversight did.

    `inventories` of the area by year.
    """

    methods: dict[str, PublishedMethod] = field(default_factory=dict)
    plans: dict[str, list[PlanVersion]] = field(default_factory=dict)
    years: dict[str, dict[int, FirmYear]] = field(default_factory=dict)
    verifiers: dict[str, Verifier] = field(default_factory=dict)
    draws: dict[str, Draw] = field(default_factory=dict)
    inspections: dict[str, Inspection] = field(default_factory=dict)
    violations: dict[str, Violation] = field(default_factory=dict)
    inventories: dict[int, Inventory] = field(default_factory=dict)
