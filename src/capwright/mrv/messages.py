"""Commands and events of MRV about methods, plans, reports and verification.

A year is the year of the emissions. Ids of assignments, findings and the like are the ids of the commands
that made them. Amounts in tCO2e are exact; whole tonnes end in `_t`. Of a verifier's commands the handler
looks whether the sender is one of the verifier's people.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, BY_THE_CASE, THE_ACCOUNT, TWO_OF_THE_AUTHORITY, Permit
from capwright.mrv.plan import MonitoringPlan
from capwright.mrv.records import EmissionReport

__all__ = [
    "AnswerFinding",
    "ApprovePlan",
    "CloseFinding",
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
    "ReportFinding",
    "ReportSubmitted",
    "ReportWithdrawn",
    "ReturnPlan",
    "StateVerification",
    "StreamAmount",
    "SubmitReport",
    "VerificationStated",
    "VerifiedStream",
    "WithdrawReport",
]

Opinion = Literal["unqualified", "qualified", "adverse", "disclaimer"]
FindingKind = Literal["misstatement", "nonconformity", "recommendation"]


# Methods.


class PublishMethod(Command, frozen=True):
    """Put a method with its tables into the market; `definition` is all of it as plain data."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    definition: dict[str, Any]


class MethodPublished(Event, frozen=True, kw_only=True):
    """`method` is `code@version`; the digest covers body, citations and tables."""

    method: str
    digest: str
    definition: dict[str, Any]


# Monitoring plans.


class FileMonitoringPlan(Command, frozen=True):
    """File a monitoring plan, or a new version of it; `change` says what is new and why."""

    permit: ClassVar[Permit] = THE_ACCOUNT
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
    """Approve a version of a monitoring plan; reports and verification go by it."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    version: int


class PlanApproved(Event, frozen=True, kw_only=True):
    """The version holds from now on; earlier ones are history."""

    account: str
    version: int
    approved_by: str


class ReturnPlan(Command, frozen=True):
    """Send a plan back to be corrected."""

    permit: ClassVar[Permit] = AUTHORITY
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

    permit: ClassVar[Permit] = THE_ACCOUNT
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

    permit: ClassVar[Permit] = THE_ACCOUNT
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

    permit: ClassVar[Permit] = BY_THE_CASE
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
    """Answer a finding as the firm: why the figure stands, or how it is corrected."""

    permit: ClassVar[Permit] = THE_ACCOUNT
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
    """Settle a finding: the firm corrected it, or its answer convinced.

    A misstatement is corrected by a later version of the report.
    """

    permit: ClassVar[Permit] = BY_THE_CASE
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

    permit: ClassVar[Permit] = BY_THE_CASE
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
