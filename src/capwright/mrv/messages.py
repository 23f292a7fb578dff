"""Commands and events of MRV about methods, plans, reports, verification and the figure that counts.

A year is the year of the emissions. Ids of assignments, findings and the like are the ids of the commands
that made them. Amounts in tCO2e are exact; whole tonnes end in `_t`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from capwright.kernel.message import Command, Event, Permit
from capwright.mrv.plan import MonitoringPlan
from capwright.mrv.records import EmissionReport

__all__ = [
    "AnswerFinding",
    "ApproveEmissions",
    "ApprovePlan",
    "Basis",
    "CloseFinding",
    "ContestFigure",
    "EmissionPart",
    "EmissionsApproved",
    "EmissionsEstimated",
    "EmissionsRestated",
    "EstimateEmissions",
    "FigureContested",
    "FileMonitoringPlan",
    "FindingAnswered",
    "FindingClosed",
    "FindingKind",
    "FindingReported",
    "MeasuredValue",
    "MethodPublished",
    "MonitoringPlanFiled",
    "Opinion",
    "PlanApproved",
    "PlanReturned",
    "PublishMethod",
    "RecordReview",
    "ReportFinding",
    "ReportSubmitted",
    "ReportWithdrawn",
    "RestateEmissions",
    "ReturnPlan",
    "ReviewOutcome",
    "ReviewRecorded",
    "StateVerification",
    "StreamAmount",
    "SubmitReport",
    "VerificationStated",
    "VerifiedStream",
    "WithdrawReport",
]

Opinion = Literal["unqualified", "qualified", "adverse", "disclaimer"]
FindingKind = Literal["misstatement", "nonconformity", "recommendation"]
ReviewOutcome = Literal["accepted", "returned", "recheck"]
Basis = Literal["verified", "estimated", "restated"]

_AUTHORITY = Permit(roles=("authority",))
_TWO_OF_THE_AUTHORITY = Permit(roles=("authority",), four_eyes=True)
_FIRM = Permit(account_field="account")
_VERIFIER = Permit()  # the handler looks whether the sender is one of the verifier's people


# Methods.


class PublishMethod(Command, frozen=True):
    """Put a method with its tables into the market; `definition` is all of it as plain data."""

    permit: ClassVar[Permit] = _TWO_OF_THE_AUTHORITY
    definition: dict[str, Any]


class MethodPublished(Event, frozen=True, kw_only=True):
    """`method` is `code@version`; the digest covers body, citations and tables."""

    method: str
    digest: str
    definition: dict[str, Any]


# Monitoring plans.


class FileMonitoringPlan(Command, frozen=True):
    """File a monitoring plan, or a new version of it; `change` says what is new and why."""

    permit: ClassVar[Permit] = _FIRM
    account: str
    plan: MonitoringPlan
    change: str = ""


class MonitoringPlanFiled(Event, frozen=True, kw_only=True):
    account: str
    version: int
    plan: MonitoringPlan
    digest: str
    filed_by: str
    change: str = ""


class ApprovePlan(Command, frozen=True):
    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    version: int


class PlanApproved(Event, frozen=True, kw_only=True):
    """The version holds from now on; earlier ones are history."""

    account: str
    version: int
    approved_by: str


class ReturnPlan(Command, frozen=True):
    """Send a plan back to be corrected."""

    permit: ClassVar[Permit] = _AUTHORITY
    account: str
    version: int
    reason: str


class PlanReturned(Event, frozen=True, kw_only=True):
    account: str
    version: int
    reason: str
    returned_by: str


# Reports.


class SubmitReport(Command, frozen=True):
    """Submit the emission report of a year, or a corrected one. After the deadline it must say `late`."""

    permit: ClassVar[Permit] = _FIRM
    account: str
    report: EmissionReport
    late: bool = False
    change: str = ""


class StreamAmount(Struct, frozen=True, omit_defaults=True):
    """What a stream of a report comes to, in tCO2e; memos and cross-checks are not `counted`."""

    stream: str
    component: str
    emissions: Decimal
    scope: str
    facility: str = ""
    counted: bool = True


class MeasuredValue(Struct, frozen=True, omit_defaults=True):
    """A property that a firm measured: the year's mean of a heating value or a carbon content."""

    stream: str
    component: str
    symbol: str
    value: Decimal
    unit: str
    item: str = ""
    facility: str = ""


class ReportSubmitted(Event, frozen=True, kw_only=True):
    """A version of the report of a year, worked out with the published method that it names.

    `provisional` counts the numbers used that are from memory or defaults. `outside_plan` are streams that
    the monitoring plan does not have.
    """

    account: str
    year: int
    version: int
    report: EmissionReport
    digest: str
    method_digest: str
    emissions: Decimal
    emissions_t: int
    amounts: tuple[StreamAmount, ...]
    submitted_by: str
    scopes: dict[str, Decimal] = field(default_factory=dict)
    facilities: dict[str, Decimal] = field(default_factory=dict)
    outputs: dict[str, Decimal] = field(default_factory=dict)
    processes: dict[str, Decimal] = field(default_factory=dict)
    measured: tuple[MeasuredValue, ...] = ()
    provisional: int = 0
    outside_plan: tuple[str, ...] = ()
    late: bool = False
    change: str = ""


class WithdrawReport(Command, frozen=True):
    """Take back the latest version of a report that nobody has verified yet."""

    permit: ClassVar[Permit] = _FIRM
    account: str
    year: int
    reason: str


class ReportWithdrawn(Event, frozen=True, kw_only=True):
    account: str
    year: int
    version: int
    reason: str
    withdrawn_by: str


# Verification.


class ReportFinding(Command, frozen=True):
    """Tell the firm what is wrong. `effect_t` is what it would change, where the verifier knows."""

    permit: ClassVar[Permit] = _VERIFIER
    account: str
    year: int
    kind: FindingKind
    text: str
    stream: str = ""
    effect_t: int | None = None


class FindingReported(Event, frozen=True, kw_only=True):
    finding_id: str
    account: str
    year: int
    assignment_id: str
    kind: FindingKind
    text: str
    reported_by: str
    stream: str = ""
    effect_t: int | None = None


class AnswerFinding(Command, frozen=True):
    permit: ClassVar[Permit] = _FIRM
    account: str
    year: int
    finding_id: str
    text: str


class FindingAnswered(Event, frozen=True, kw_only=True):
    finding_id: str
    account: str
    year: int
    text: str
    answered_by: str


class CloseFinding(Command, frozen=True):
    """Settle a finding: the firm corrected it, or its answer convinced."""

    permit: ClassVar[Permit] = _VERIFIER
    account: str
    year: int
    finding_id: str
    outcome: Literal["corrected", "explained"]
    text: str = ""


class FindingClosed(Event, frozen=True, kw_only=True):
    finding_id: str
    account: str
    year: int
    outcome: Literal["corrected", "explained"]
    closed_by: str
    text: str = ""


class VerifiedStream(Struct, frozen=True):
    """What the verifier found for a stream, in tCO2e."""

    stream: str
    emissions: Decimal


class StateVerification(Command, frozen=True):
    """State the outcome of a verification.

    `differing` names the streams whose figure is not the reported one; with the others as reported they must
    come to `verified_t`.
    """

    permit: ClassVar[Permit] = _VERIFIER
    account: str
    year: int
    version: int
    verified_t: int
    opinion: Opinion
    text: str = ""
    differing: tuple[VerifiedStream, ...] = ()


class VerificationStated(Event, frozen=True, kw_only=True):
    """`recheck`: the figures are so far apart that another verifier must look again.

    `settles` is what the statement was asked for: it ends that re-check or contest. `late`: after the
    scheme's date for verification reports.
    """

    account: str
    year: int
    version: int
    assignment_id: str
    verifier: str
    settles: Literal["verification", "recheck", "reverification"]
    reported_t: int
    verified: Decimal
    verified_t: int
    opinion: Opinion
    stated_by: str
    text: str = ""
    differing: tuple[VerifiedStream, ...] = ()
    recheck: bool = False
    late: bool = False


# The figure that counts.


class RecordReview(Command, frozen=True):
    """Record the review of a statement. `body` is the agency that reviewed; empty: the authority itself."""

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = _FIRM
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

    permit: ClassVar[Permit] = _TWO_OF_THE_AUTHORITY
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

    permit: ClassVar[Permit] = _AUTHORITY
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

    permit: ClassVar[Permit] = _TWO_OF_THE_AUTHORITY
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
