"""Emission reports as they were filed, and all that was written about them.

The state keeps what later decisions need; reports, texts of findings and answers are in the journal alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from capwright.journal.codec import market_codec
from capwright.mrv import figure_messages as f
from capwright.mrv import messages as m
from capwright.mrv import oversight_messages as o
from capwright.projection.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.kernel.message import Event
    from capwright.mrv.records import EmissionReport
    from capwright.projection.views import Views

__all__ = ["Step", "all_reports", "filed_report", "record_of", "steps_of"]

_EVENTS: Final[tuple[type[Event], ...]] = (
    m.ReportSubmitted, m.ReportWithdrawn, o.VerifierAssigned, o.AssignmentEnded, m.FindingReported,
    m.FindingAnswered, m.FindingClosed, m.VerificationStated, f.ReviewRecorded, f.FigureContested,
    f.EmissionsEstimated, f.EmissionsApproved, f.EmissionsRestated,
)  # fmt: skip
# What is decided by two people happens in the row of the second one.
_COMMANDS: Final = (
    "SubmitReport", "WithdrawReport", "AssignVerifier", "EndAssignment", "ReportFinding", "AnswerFinding",
    "CloseFinding", "StateVerification", "RecordReview", "ContestFigure", "EstimateEmissions",
    "ApproveEmissions", "RestateEmissions", "ApproveProposal",
)  # fmt: skip
_CONCERNS: Final = re.compile(rb'"event":"(?:' + b"|".join(e.__name__.encode() for e in _EVENTS) + rb')"')
E = TypeVar("E", bound="Event")


class Step(Struct, frozen=True):
    """Something that happened to a firm's year: who did it when, in which row of the journal."""

    seq: int
    at_ms: int
    actor: str
    event: Event


def record_of(views: Views, url: str, account: str, year: int) -> list[Step]:
    """Everything that happened to a firm's year, the earliest first."""
    marks = ",".join("?" for _ in _COMMANDS)
    rows = views.rows(
        "SELECT act.seq FROM touch JOIN act ON act.seq = touch.seq"  # noqa: S608 - marks only
        f" WHERE account = ? AND refused = '' AND command IN ({marks}) ORDER BY act.seq",
        (account, *_COMMANDS),
    )
    return [
        step
        for step in _read(views, url, [row["seq"] for row in rows])
        if getattr(step.event, "account", "") == account and getattr(step.event, "year", 0) == year
    ]


def steps_of(record: Sequence[Step], kind: type[E]) -> list[tuple[Step, E]]:
    """The steps of one kind, with their events."""
    return [(step, step.event) for step in record if isinstance(step.event, kind)]


def filed_report(views: Views, url: str, account: str, year: int, version: int = 0) -> EmissionReport | None:
    """A version of an account's report of a year (0: the last one), read from its row of the journal."""
    found = [event for _, event in steps_of(record_of(views, url, account, year), m.ReportSubmitted)]
    return next((one.report for one in reversed(found) if version in {0, one.version}), None)


def all_reports(views: Views, url: str, after: int = 0) -> Iterator[tuple[int, m.ReportSubmitted]]:
    """Every report filed after a row of the journal, with its row, in order."""
    rows = views.rows(
        "SELECT seq FROM act WHERE command = 'SubmitReport' AND refused = '' AND seq > ? ORDER BY seq",
        (after,),
    )
    for step in _read(views, url, [row["seq"] for row in rows]):
        if isinstance(step.event, m.ReportSubmitted):
            yield step.seq, step.event


def _read(views: Views, url: str, seqs: Sequence[int]) -> Iterator[Step]:
    """What concerns reports in these rows of the journal."""
    codec = market_codec()
    for row in read_rows(views, url, seqs):
        if not _CONCERNS.search(row.events):
            continue  # the approval of something else, which may be long
        for event in codec.events(row.events):
            if isinstance(event, _EVENTS):
                yield Step(row.seq, row.at, row.actor, event)
