"""The MRV room: from the monitoring plan to the figure that counts, and the oversight over who verifies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Any, ClassVar

from capwright.kernel.message import Command, Event
from capwright.ledger.room import Request, Room
from capwright.mrv import figure_messages as f
from capwright.mrv import inventory_messages as i
from capwright.mrv import messages as m
from capwright.mrv import oversight_messages as o
from capwright.mrv.bounds import check_sound
from capwright.mrv.conduct import Conduct
from capwright.mrv.desk import Desk, Hooks
from capwright.mrv.figures import Figures
from capwright.mrv.inspections import Inspections
from capwright.mrv.inventories import Inventories
from capwright.mrv.plans import Plans
from capwright.mrv.publishing import Publishing
from capwright.mrv.reminders import Reminder, reminders
from capwright.mrv.reports import Reports
from capwright.mrv.state import MrvState
from capwright.mrv.verification import Verification
from capwright.mrv.verifiers import Verifiers

__all__ = ["MrvRoom"]

Handler = Callable[[Request, Any], Iterable[Event]]


class MrvRoom(Room):
    """Methods, plans, reports, verification, figures, verifiers, inspections."""

    state_type: ClassVar[type[MrvState]] = MrvState
    state: MrvState

    def wire(self) -> None:
        """Connect handlers and appliers."""
        desk = self.desk = Desk(self.state, self.book, self.rulebook)
        publishing, plans, reports = Publishing(desk), Plans(desk), Reports(desk)
        verifiers, conduct, figures = Verifiers(desk), Conduct(desk), Figures(desk)
        verification, inspections = Verification(desk, verifiers), Inspections(desk, conduct)
        inventories = Inventories(desk)
        self.check_direct = figures.check_direct
        handlers: dict[type[Command], Handler] = {
            m.PublishMethod: publishing.publish,
            m.FileMonitoringPlan: plans.file,
            m.ApprovePlan: plans.approve,
            m.ReturnPlan: plans.send_back,
            m.SubmitReport: reports.submit,
            m.WithdrawReport: reports.withdraw,
            m.ReportFinding: verification.find,
            m.AnswerFinding: verification.answer,
            m.CloseFinding: verification.close,
            m.StateVerification: verification.state,
            f.RecordReview: figures.review,
            f.ContestFigure: figures.contest,
            f.EstimateEmissions: figures.estimate,
            f.ApproveEmissions: figures.approve,
            f.RestateEmissions: figures.restate,
            o.RegisterVerifier: verifiers.register,
            o.RecordEngagement: verifiers.engage,
            o.AssignVerifier: verifiers.assign,
            o.EndAssignment: verifiers.end,
            o.RateVerifier: conduct.rate,
            o.GiveCard: conduct.give,
            o.DrawInspections: inspections.draw,
            o.ReportInspection: inspections.report,
            o.RecordViolation: inspections.violate,
            i.RecordInventory: inventories.record,
        }
        self.handlers = {kind: partial(_held, handler) for kind, handler in handlers.items()}
        self.appliers = {
            m.MethodPublished: publishing.published,
            m.MonitoringPlanFiled: plans.filed,
            m.PlanApproved: plans.approved,
            m.PlanReturned: plans.returned,
            m.ReportSubmitted: reports.submitted,
            m.ReportWithdrawn: reports.withdrawn,
            m.FindingReported: verification.found,
            m.FindingAnswered: verification.answered,
            m.FindingClosed: verification.closed,
            m.VerificationStated: verification.stated,
            f.ReviewRecorded: figures.reviewed,
            f.FigureContested: figures.contested,
            f.EmissionsEstimated: figures.estimated,
            f.EmissionsApproved: figures.approved,
            f.EmissionsRestated: figures.restated,
            o.VerifierRegistered: verifiers.registered,
            o.EngagementRecorded: verifiers.engaged,
            o.VerifierAssigned: verifiers.assigned,
            o.AssignmentEnded: verifiers.ended,
            o.VerifierRated: conduct.rated,
            o.CardGiven: conduct.given,
            o.InspectionsDrawn: inspections.drawn,
            o.InspectionReported: inspections.reported,
            o.ViolationRecorded: inspections.violated,
            i.InventoryRecorded: inventories.recorded,
        }

    @property
    def hooks(self) -> Hooks:
        """What the market gives the room of the others."""
        return self.desk.hooks

    def reminders(self, year: int, on: date) -> list[Reminder]:
        """Who owes what for a year, on a day."""
        accounts = [account.number for account in self.desk.firms(year)]
        return reminders(self.state, self.desk.rules(year), year, accounts, on)


def _held(handler: Handler, request: Request, command: Command) -> Iterable[Event]:
    """Hold a command to its shape before its handler looks at it; a definition has its own checks."""
    check_sound(command, texts=not isinstance(command, m.PublishMethod))
    return handler(request, command)
