"""The steps of reporting and verification: methods, plans, reports, verifiers, statements, approved figures.

`reports.csv` holds what stands in the end; `first_reports.csv` what a few firms reported first, wrongly, with
the finding that `verifications.csv` has for them. What the market works out from the reports is the figure
that is verified and approved: no table says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from capwright.allocation.messages import RecordActivity
from capwright.mrv import library
from capwright.mrv.calculation import Result, compute
from capwright.mrv.definition import pack
from capwright.mrv.figure_messages import ApproveEmissions, RecordReview
from capwright.mrv.messages import (
    AnswerFinding,
    ApprovePlan,
    CloseFinding,
    FileMonitoringPlan,
    PublishMethod,
    ReportFinding,
    StateVerification,
    SubmitReport,
)
from capwright.mrv.oversight_messages import AssignVerifier, RegisterVerifier, VerifierRecord
from capwright.mrv.plan import MonitoringPlan, PlanDatum, PlanFacility, PlanStream
from capwright.scenario.people import AUTHORITY, speaker

if TYPE_CHECKING:
    from capwright.mrv.records import Datum, EmissionReport, Stream
    from capwright.scenario.files import Step, VerificationRow
    from capwright.scenario.script import Action, Script

__all__ = ["Reporting"]


class Reporting:
    """Makes the actions of a reporting year."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._tables = script.scenario
        self._numbers = script.directory

    @cached_property
    def results(self) -> dict[str, Result]:
        """What every report comes to, by enterprise."""
        return {
            report.enterprise: compute(library.method(report.method), report)
            for report in self._tables.reports
        }

    def _people(self, row: VerificationRow) -> str:
        """The person who acts for a firm's verifier."""
        return _verifying(row.verifier)

    # What comes before the reports.

    def publish_methods(self, at_ms: int, _step: Step) -> Iterator[Action]:
        """Every method that a report names, by two people."""
        for name in sorted({report.method for report in self._tables.reports}):
            command = PublishMethod(pack(library.method(name)))
            yield from self._script.four_eyes(at_ms, command, "publishing methods")

    def register_verifiers(self, at_ms: int, _step: Step) -> Iterator[Action]:
        for row in self._tables.verifiers:
            record = VerifierRecord(row.id, row.name, (_verifying(row.id),), office=row.office)
            yield self._script.act(at_ms, AUTHORITY, RegisterVerifier(record), "registering verifiers")

    def file_plans(self, at_ms: int, _step: Step) -> Iterator[Action]:
        """A monitoring plan of every firm that reports, as its report follows it, and its approval."""
        for report in self._tables.reports:
            account = self._numbers[report.enterprise]
            command = FileMonitoringPlan(account, plan_of(report))
            yield self._script.act(at_ms, speaker(report.enterprise), command, "filing monitoring plans")
            yield self._script.act(at_ms, AUTHORITY, ApprovePlan(account, 1), "approving plans")

    # Reports and verification.

    def submit_reports(self, at_ms: int, step: Step) -> Iterator[Action]:
        """The first report of every firm: the wrong one where it made a mistake."""
        first = {report.enterprise: report for report in self._tables.first_reports}
        for report in self._of_year(step):
            yield self._submitted(at_ms, first.get(report.enterprise, report))

    def _submitted(self, at_ms: int, report: EmissionReport, change: str = "") -> Action:
        command = SubmitReport(self._numbers[report.enterprise], report, change=change)
        return self._script.act(at_ms, speaker(report.enterprise), command, "submitting reports")

    def _of_year(self, step: Step) -> list[EmissionReport]:
        return [report for report in self._tables.reports if report.year == step.vintage]

    def assign_verifiers(self, at_ms: int, step: Step) -> Iterator[Action]:
        for row in self._tables.verifications:
            command = AssignVerifier(self._numbers[row.enterprise], step.vintage, row.verifier)
            yield self._script.act(at_ms, AUTHORITY, command, "assigning verifiers")

    def report_findings(self, at_ms: int, step: Step) -> Iterator[Action]:
        """What verifiers found; the firm answers and corrects, the verifier closes."""
        reports = {report.enterprise: report for report in self._of_year(step)}
        for row in self._tables.verifications:
            if not row.finding_en:
                continue
            account, year = self._numbers[row.enterprise], step.vintage
            text = f"{row.finding_en} / {row.finding_zh}" if row.finding_zh else row.finding_en
            finding = ReportFinding(account, year, "misstatement", text, stream=row.stream)
            found = self._script.act(at_ms, self._people(row), finding, "reporting findings")
            yield found
            answer = AnswerFinding(account, year, found.command_id, "agreed; a corrected report follows")
            yield self._script.act(at_ms, speaker(row.enterprise), answer, "answering findings")
            yield self._submitted(at_ms, reports[row.enterprise], "corrected after the verifier's finding")
            closed = CloseFinding(account, year, found.command_id, "corrected")
            yield self._script.act(at_ms, self._people(row), closed, "closing findings")

    def state_verifications(self, at_ms: int, step: Step) -> Iterator[Action]:
        """Statements on the last version of each report, and their reviews."""
        corrected = {report.enterprise for report in self._tables.first_reports}
        for row in self._tables.verifications:
            account, year = self._numbers[row.enterprise], step.vintage
            verified_t = self.results[row.enterprise].emissions_t
            version = 2 if row.enterprise in corrected else 1
            stated = StateVerification(account, year, version, verified_t, "unqualified")
            yield self._script.act(at_ms, self._people(row), stated, "stating verifications")
            review = RecordReview(account, year, "accepted")
            yield self._script.act(at_ms, AUTHORITY, review, "reviewing statements")

    # What follows.

    def record_outputs(self, at_ms: int, step: Step) -> Iterator[Action]:
        """Output and emissions by process of the vintage, for the quota: output as reported and verified.

        A method works out the emissions of an enterprise; how they fall on processes stays in activity.csv.
        """
        newcomers = {
            row.id: row.first_year for row in self._tables.enterprises if row.kind == "newly_covered"
        }
        for row in self._tables.activity:
            if row.year != step.vintage:
                continue
            command = RecordActivity(
                account=self._numbers[row.enterprise],
                process=row.process,
                year=row.year,
                activity=self.results[row.enterprise].processes[row.process],
                emissions_t=row.emissions_t,
                capacity=row.licensed_capacity,
                normal=row.normal,
                abnormal_months=row.abnormal_months,
                stopped_months=row.stopped_months,
                pre_issued_t=row.pre_issued_t,
                last_approved_t=row.last_approved_t,
                covered_from=newcomers.get(row.enterprise, 0),
            )
            yield self._script.act(at_ms, AUTHORITY, command, "recording verified output")

    def approve_emissions(self, at_ms: int, step: Step) -> Iterator[Action]:
        """The verified figure of every firm; what it owes follows in the same command."""
        for report in self._of_year(step):
            emissions_t = self.results[report.enterprise].emissions_t
            command = ApproveEmissions(self._numbers[report.enterprise], step.vintage, emissions_t)
            yield self._script.act(at_ms, AUTHORITY, command, "approving emissions")


def _verifying(verifier: str) -> str:
    return f"{verifier}:lead"


def plan_of(report: EmissionReport) -> MonitoringPlan:
    """A plan for the streams of a report."""
    streams = tuple(
        PlanStream(s.code, s.component, s.item, s.facility, tuple(_planned(s, datum) for datum in s.data))
        for s in report.streams
    )
    facilities = dict.fromkeys(s.facility for s in report.streams if s.facility)
    return MonitoringPlan(
        method=report.method,
        organisation=report.enterprise,
        boundary="the enterprise as a legal person, all production in the province",
        streams=streams,
        facilities=tuple(PlanFacility(code, code) for code in facilities),
        quality="meters calibrated yearly; figures checked by a second person",
    )


def _planned(_stream: Stream, datum: Datum) -> PlanDatum:
    if datum.obtained == "measured":
        return PlanDatum(
            datum.symbol,
            "measured",
            frequency="monthly" if datum.months else "yearly",
            gap_procedure="default of the method",
        )
    return PlanDatum(datum.symbol, "estimated" if datum.obtained == "estimated" else "factor")
