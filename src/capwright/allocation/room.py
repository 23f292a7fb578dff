"""The allocation room: free quota on the ledger, from the recorded figures to the last tonne recalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from capwright.allocation import leaver_messages as leave
from capwright.allocation import messages as m
from capwright.allocation import project_messages as new
from capwright.allocation.approval import Approval
from capwright.allocation.cap import CapStatement
from capwright.allocation.desk import Desk
from capwright.allocation.handout import Handout
from capwright.allocation.leavers import Leavers
from capwright.allocation.projects import Projects
from capwright.allocation.records import Records
from capwright.allocation.state import AllocationState, QuotaRecord
from capwright.allocation.takeback import TakeBack
from capwright.ledger.messages import SanctionImposed, TransactionCompleted
from capwright.ledger.place import account_of
from capwright.ledger.room import Room

__all__ = ["AllocationRoom"]


class AllocationRoom(Room):
    """Figures, pre-issue, approval, objections, true-up, recalls, new projects, leavers, the cap."""

    state_type: ClassVar[type[AllocationState]] = AllocationState
    state: AllocationState
    # Wired by the market: tonnes of a vintage that an account (all accounts: "") was delivered by auctions.
    auctioned_t: Callable[[int, str], int] = staticmethod(lambda _vintage, _account: 0)

    def wire(self) -> None:
        """Connect the handlers to the current state; called again when a snapshot replaces it."""
        self.desk = desk = Desk(self.state, self.book, self.rulebook, self._auctioned_t)
        records, handout, approval = Records(desk), Handout(desk), Approval(desk)
        takeback, projects, leavers = TakeBack(desk), Projects(desk), Leavers(desk)
        self.handlers = {
            m.RecordActivity: records.record,
            m.PreIssueAllowances: handout.pre_issue,
            m.ApproveQuota: approval.approve,
            m.ObjectToQuota: approval.object,
            m.DecideObjection: approval.decide,
            m.TrueUpAllowances: handout.true_up,
            m.RecallForStop: takeback.for_stop,
            m.RecallOwed: takeback.owed,
            new.RegisterNewProject: projects.register,
            new.RecordPaidShare: projects.record_paid,
            new.AdvanceNewProject: projects.advance,
            new.IssueToNewProject: projects.issue,
            leave.RecallPreIssued: leavers.recall_pre_issued,
            leave.FreezeLeaver: leavers.freeze,
            leave.ConvertToSpecial: leavers.convert,
            leave.ReleaseExitPart: leavers.release,
        }
        self.appliers = {
            m.ActivityRecorded: records.recorded,
            m.AllowancesPreIssued: handout.pre_issued,
            m.QuotaApproved: approval.approved,
            m.QuotaObjected: approval.objected,
            m.ObjectionDecided: approval.decided,
            m.AllowancesIssued: handout.issued,
            m.AllowancesRecalled: handout.recalled,
            m.OwedRecalled: takeback.owed_recalled,
            new.NewProjectRegistered: projects.registered,
            new.PaidShareRecorded: projects.paid_recorded,
            new.NewProjectAdvanced: projects.advanced,
            new.NewProjectIssued: projects.issued,
            leave.PreIssuedRecalled: leavers.pre_issued_recalled,
            leave.NationalDeductionNoted: leavers.deduction_noted,
            leave.LeaverFrozen: leavers.frozen,
            leave.ExitConverted: leavers.converted,
            leave.ExitPartReleased: leavers.released,
            SanctionImposed: self._sanctioned,
            TransactionCompleted: self._moved,
        }

    def _auctioned_t(self, vintage: int, account: str) -> int:
        return self.auctioned_t(vintage, account)  # the market wires it after the desk is made

    # Views.

    def quota(self, account: str, vintage: int) -> QuotaRecord | None:
        """Where an account's quota of a vintage stands."""
        return self.desk.quota(vintage, account)

    def quota_t(self, account: str, vintage: int) -> int | None:
        """The approved quota, free and paid part, of an enterprise or a new project; None before that."""
        quota = self.desk.quota(vintage, account)
        if quota is not None and quota.approved_t is not None:
            return quota.approved_t
        project = self.state.projects.get(vintage, {}).get(account)
        return project.quota_t if project is not None else None

    def cap_statement(self, vintage: int) -> CapStatement:
        """The cap account of a vintage: planned against actual, with flags."""
        return self.desk.cap_statement(vintage)

    # Appliers for what happens in other rooms.

    def _sanctioned(self, event: SanctionImposed, _at_ms: int) -> None:
        if event.deduct_t:
            imposed_t = self.state.sanctions.setdefault(event.account, {})
            imposed_t[event.vintage] = imposed_t.get(event.vintage, 0) + event.deduct_t

    def _moved(self, event: TransactionCompleted, _at_ms: int) -> None:
        """Count what the market-adjustment reserve delivered to auctions, by vintage."""
        accounts = self.book.state.accounts
        if event.type != "delivery_to_auction" or accounts[event.source].type != "market_reserve":
            return
        for move in event.units:
            if account_of(move.target) == event.target:
                vintage = self.book.state.series[move.series].vintage
                quantity_t = move.last - move.first + 1
                self.state.adjusted[vintage] = self.state.adjusted.get(vintage, 0) + quantity_t
