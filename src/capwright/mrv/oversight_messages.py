"""Commands and events of MRV about verifiers, spot checks and violations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, TWO_OF_THE_AUTHORITY, Permit

__all__ = [
    "AssignVerifier",
    "AssignmentEnded",
    "CardColour",
    "CardGiven",
    "DrawInspections",
    "Drawn",
    "EndAssignment",
    "EngagementKind",
    "EngagementRecorded",
    "GiveCard",
    "Grade",
    "InspectionReported",
    "InspectionsDrawn",
    "Points",
    "Purpose",
    "RateVerifier",
    "RecordEngagement",
    "RecordViolation",
    "RegisterVerifier",
    "ReportInspection",
    "VerifierAssigned",
    "VerifierRated",
    "VerifierRecord",
    "VerifierRegistered",
    "ViolationRecorded",
]

CardColour = Literal["yellow", "red"]
Grade = Literal["excellent", "good", "pass", "fail"]
Purpose = Literal["verification", "recheck", "reverification"]
EngagementKind = Literal["consulting", "verification"]


# Verifiers.


class VerifierRecord(Struct, frozen=True, omit_defaults=True):
    """A verification body (核查机构). `people` are those who act for it here.

    `capacity`: the most firms of one year that it may have (0: no limit of its own). `office`: the address in
    the province that DECREE art. 8 asks for.
    """

    id: str
    name: str
    people: tuple[str, ...]
    office: str = ""
    sectors: tuple[str, ...] = ()
    capacity: int = 0
    active: bool = True


class RegisterVerifier(Command, frozen=True):
    """Enter a verifier in the register, or correct what it says."""

    permit: ClassVar[Permit] = AUTHORITY
    verifier: VerifierRecord


class VerifierRegistered(Event, frozen=True, kw_only=True):
    verifier: VerifierRecord


class RecordEngagement(Command, frozen=True):
    """Record work of a verifier for a firm outside this market: consulting until a day, or a year verified.

    `until` is the last day; a year verified elsewhere, or before this market, is named by `year`.
    """

    permit: ClassVar[Permit] = AUTHORITY
    verifier: str
    account: str
    kind: EngagementKind
    until: date
    year: int = 0


class EngagementRecorded(Event, frozen=True, kw_only=True):
    verifier: str
    account: str
    kind: EngagementKind
    until: date
    year: int = 0


class Points(Struct, frozen=True):
    """Points from 0 to 100 by criterion."""

    report_quality: Decimal
    conformity: Decimal
    timeliness: Decimal
    conduct: Decimal


class RateVerifier(Command, frozen=True):
    """Rate a verifier for the work on one year's emissions, once."""

    permit: ClassVar[Permit] = AUTHORITY
    verifier: str
    year: int
    points: Points
    text: str = ""


class VerifierRated(Event, frozen=True, kw_only=True):
    verifier: str
    year: int
    points: Points
    score: Decimal
    grade: Grade
    text: str = ""


class GiveCard(Command, frozen=True):
    """Give a verifier a yellow or a red card; a red one bars it from assignments and statements."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    verifier: str
    colour: CardColour
    reason: str


class CardGiven(Event, frozen=True, kw_only=True):
    """`until` is the last day that a red card bars (None: for good)."""

    verifier: str
    colour: CardColour
    reason: str
    on: date
    until: date | None = None


class AssignVerifier(Command, frozen=True):
    """Assign a verifier to a firm's report: to verify, to re-check, or to verify again when contested."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    verifier: str
    purpose: Purpose = "verification"


class VerifierAssigned(Event, frozen=True, kw_only=True):
    assignment_id: str
    account: str
    year: int
    verifier: str
    purpose: Purpose
    on: date


class EndAssignment(Command, frozen=True):
    """Take an assignment back before its statement."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    reason: str


class AssignmentEnded(Event, frozen=True, kw_only=True):
    assignment_id: str
    account: str
    year: int
    reason: str


# Spot checks.


class DrawInspections(Command, frozen=True):
    """Draw firms to be inspected: in each sector a share, or so many in all, by the hash of seed and account.

    The seed is published beforehand, so that anybody can draw again.
    """

    permit: ClassVar[Permit] = AUTHORITY
    year: int
    seed: str
    share: Decimal | None = None
    count: int = 0
    sectors: tuple[str, ...] = ()  # none named: all


class Drawn(Struct, frozen=True):
    """A firm that was drawn, and the hash that put it in its place."""

    account: str
    sector: str
    sha256: str


class InspectionsDrawn(Event, frozen=True, kw_only=True):
    """`population` counts the firms of each sector that the draw was made from."""

    draw_id: str
    year: int
    seed: str
    drawn: tuple[Drawn, ...]
    population: dict[str, int]
    share: Decimal | None = None
    count: int = 0


class ReportInspection(Command, frozen=True):
    """Report an inspection: of a firm that was drawn (`draw_id`), or a regular one."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    outcome: Literal["clean", "faults"]
    text: str
    draw_id: str = ""


class InspectionReported(Event, frozen=True, kw_only=True):
    inspection_id: str
    account: str
    year: int
    outcome: Literal["clean", "faults"]
    text: str
    draw_id: str = ""


class RecordViolation(Command, frozen=True):
    """Establish a violation of the scheme's list and fine it; `subject` is an account or a verifier.

    `fine_fen` None: the least of the range.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    subject: str
    year: int
    violation: str
    reason: str
    fine_fen: int | None = None
    inspection_id: str = ""


class ViolationRecorded(Event, frozen=True, kw_only=True):
    violation_id: str
    subject: str
    year: int
    violation: str
    fine_fen: int
    reason: str
    inspection_id: str = ""
