"""Commands and events of the figure that counts: review, contest, estimate, approval, restatement.

A year is the year of the emissions; whole tonnes of CO2e end in `_t`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from msgspec import Struct, field

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, THE_ACCOUNT, TWO_OF_THE_AUTHORITY, Permit
from capwright.mrv.messages import MeasuredValue

__all__ = [
    "ApproveEmissions",
    "Basis",
    "ContestFigure",
    "EmissionPart",
    "EmissionsApproved",
    "EmissionsEstimated",
    "EmissionsRestated",
    "EstimateEmissions",
    "FigureContested",
    "RecordReview",
    "RestateEmissions",
    "ReviewOutcome",
    "ReviewRecorded",
]

ReviewOutcome = Literal["accepted", "returned", "recheck"]


Basis = Literal["verified", "estimated", "restated"]


class RecordReview(Command, frozen=True):
    """Record the review of a statement. `body` is the agency that reviewed; empty: the authority itself."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    outcome: ReviewOutcome
    text: str = ""
    body: str = ""


class ReviewRecorded(Event, frozen=True, kw_only=True):
    account: str
    year: int
    outcome: ReviewOutcome
    recorded_by: str
    text: str = ""
    body: str = ""


class ContestFigure(Command, frozen=True):
    """Ask for a verification by another body."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    year: int
    reason: str


class FigureContested(Event, frozen=True, kw_only=True):
    account: str
    year: int
    figure_t: int
    reason: str
    contested_by: str


class EstimateEmissions(Command, frozen=True):
    """Estimate, on the safe side, where nothing usable was filed; `basis` says from what."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    year: int
    emissions_t: int
    reason: str
    basis: str


class EmissionsEstimated(Event, frozen=True, kw_only=True):
    account: str
    year: int
    emissions_t: int
    reason: str
    basis: str


class EmissionPart(Struct, frozen=True, omit_defaults=True):
    """A unit's part of the figure, with its quota, where what is owed depends on it (national market)."""

    code: str
    emissions_t: int
    quota_t: int | None = None
    gas: bool = False


class ApproveEmissions(Command, frozen=True):
    """Approve the figure that stands, which the command names; what is owed follows from it at once."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    year: int
    emissions_t: int
    parts: tuple[EmissionPart, ...] = ()


class EmissionsApproved(Event, frozen=True, kw_only=True):
    """The figure counts. `measured` goes into the database of measured indicators."""

    account: str
    year: int
    emissions_t: int
    basis: Basis
    approved_by: str
    version: int = 0
    verifier: str = ""
    measured: tuple[MeasuredValue, ...] = ()
    processes: dict[str, Decimal] = field(default_factory=dict)


class RestateEmissions(Command, frozen=True):
    """Reverse an approved figure and post another one."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    account: str
    year: int
    emissions_t: int
    reason: str
    parts: tuple[EmissionPart, ...] = ()


class EmissionsRestated(Event, frozen=True, kw_only=True):
    """Two entries: `reversed_t` off, `emissions_t` on. What was posted before stays in the record."""

    account: str
    year: int
    reversed_t: int
    emissions_t: int
    reason: str
