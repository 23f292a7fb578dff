"""Commands and events of cases: what the exchange does about something worth a look (risk rule of 2015).

A case is opened for one of the rule's triggers; its id is the id of the command that opened it. The party is
heard, reports, is warned of in public, reported to the regulator, or meets a measure. Every step is an event
of the case, so that the file of a case is its events.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import EXCHANGE, TWO_OF_THE_EXCHANGE, Permit

__all__ = [
    "CaseClosed",
    "CaseOpened",
    "CaseReported",
    "CloseCase",
    "ImposeMeasure",
    "InterviewHeld",
    "InterviewSummoned",
    "LiftMeasure",
    "MeasureImposed",
    "MeasureKind",
    "MeasureLifted",
    "OpenCase",
    "PublishWarning",
    "RecordInterview",
    "RecordReport",
    "ReportReceived",
    "ReportRequired",
    "ReportToRegulator",
    "RequireReport",
    "SummonInterview",
    "Trigger",
    "WarningPublished",
]


# The seven occasions for an interview or a report (official).
Trigger = Literal[
    "abnormal_price",
    "abnormal_trading",
    "abnormal_funds",
    "suspected_breach",
    "complaint",
    "judicial_case",
    "other",
]
# What the rule lets the exchange impose; the report to the regulator is a step of its own.
MeasureKind = Literal["publish", "suspend", "end_membership"]


class OpenCase(Command, frozen=True):
    """Open a case for a trigger. `account`: whom it concerns, empty where that is not known yet.

    `alert` is the text of the alert that led to it, if one did.
    """

    permit: ClassVar[Permit] = EXCHANGE
    trigger: Trigger
    text: str
    account: str = ""
    alert: str = ""


class CaseOpened(Event, frozen=True, kw_only=True):
    case_id: str
    trigger: Trigger
    text: str
    account: str = ""
    alert: str = ""


class SummonInterview(Command, frozen=True):
    """Give written notice of an interview on a day, so many days ahead as the scheme demands.

    A second notice moves the interview.
    """

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    on: date
    text: str


class InterviewSummoned(Event, frozen=True, kw_only=True):
    case_id: str
    on: date
    text: str


class RecordInterview(Command, frozen=True):
    """Record what was said at the interview, or that nobody came; not before its day."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    text: str


class InterviewHeld(Event, frozen=True, kw_only=True):
    case_id: str
    text: str


class RequireReport(Command, frozen=True):
    """Ask the party for a written report by a day."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    due: date
    text: str


class ReportRequired(Event, frozen=True, kw_only=True):
    case_id: str
    due: date
    text: str


class RecordReport(Command, frozen=True):
    """Record what the party reported, or that it did not."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    text: str


class ReportReceived(Event, frozen=True, kw_only=True):
    case_id: str
    text: str


class PublishWarning(Command, frozen=True):
    """Publish a risk warning in a case. A warning without one (a new policy) is `PublishAnnouncement`."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    title: str
    text: str
    product: str = ""


class WarningPublished(Event, frozen=True, kw_only=True):
    """The case's note of a warning; its words are in the announcement."""

    case_id: str
    announcement_id: str
    title: str


class ReportToRegulator(Command, frozen=True):
    """Report the case to the regulator."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    text: str


class CaseReported(Event, frozen=True, kw_only=True):
    case_id: str
    text: str


class ImposeMeasure(Command, frozen=True):
    """Impose a measure on the case's account, wanted by two people.

    `publish`: publish the case under `title`. `suspend`: no trading up to and with the day `until`; so many
    suspensions within a year as the scheme says end the membership instead. `end_membership`: no trading any
    more. The last two cancel the account's open orders and offers.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_EXCHANGE
    case_id: str
    measure: MeasureKind
    text: str
    title: str = ""
    until: date | None = None


class MeasureImposed(Event, frozen=True, kw_only=True):
    """A measure stands from the local day `on` until `until_ms` (0: without end).

    `suspensions`: the account's suspensions within a year, where their number ended its membership.
    """

    case_id: str
    measure_id: str
    account: str
    measure: MeasureKind
    text: str
    on: date
    until_ms: int = 0
    suspensions: int = 0


class LiftMeasure(Command, frozen=True):
    """Set a suspension or an end of membership aside, as on appeal, wanted by two people.

    It counts for no further suspension. Trading resumes when the exchange then lifts the halt.
    """

    permit: ClassVar[Permit] = TWO_OF_THE_EXCHANGE
    case_id: str
    measure_id: str
    text: str


class MeasureLifted(Event, frozen=True, kw_only=True):
    case_id: str
    measure_id: str
    text: str


class CloseCase(Command, frozen=True):
    """Close a case with its outcome. Measures stand on."""

    permit: ClassVar[Permit] = EXCHANGE
    case_id: str
    text: str


class CaseClosed(Event, frozen=True, kw_only=True):
    case_id: str
    text: str
