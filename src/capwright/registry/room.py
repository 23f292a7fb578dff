"""The registry room: puts people, accounts, transactions and trusted lists together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from capwright.ledger.laws import Promise
from capwright.ledger.messages import TransactionCompleted
from capwright.ledger.room import Room
from capwright.registry import messages as m
from capwright.registry.accounts import Accounts
from capwright.registry.people import People
from capwright.registry.state import RegistryState
from capwright.registry.transactions import Transactions
from capwright.registry.trusted import TrustedLists
from capwright.registry.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["RegistryRoom"]


class RegistryRoom(Room):
    """Account holders, representatives, transaction types, approvals, delays, reversals."""

    state_type: ClassVar[type[RegistryState]] = RegistryState
    state: RegistryState

    def wire(self) -> None:
        """Connect the handlers to the current state; called again when a snapshot replaces it."""
        self.people = people = People(self.state, self.book, self.rulebook)
        self.accounts = accounts = Accounts(self.state, self.book, self.rulebook, people)
        self.units = units = Units(self.book, self.rulebook)
        self.trusted = trusted = TrustedLists(self.state, self.book, self.rulebook, people)
        self.transactions = moves = Transactions(self.state, self.book, self.rulebook, people, trusted)
        self.handlers = {
            m.AppointOfficer: people.appoint_officer,
            m.AppointRepresentative: people.appoint_representative,
            m.RemoveRepresentative: people.remove_representative,
            m.RegisterHolder: accounts.register_holder,
            m.OpenAccount: accounts.open,
            m.SetAccountStatus: accounts.set_status,
            m.SetReportingYears: accounts.set_years,
            m.CloseAccount: accounts.close,
            m.IssueUnits: units.issue,
            m.FreezeUnits: units.freeze,
            m.ReleaseUnits: units.release,
            m.ProposeTransaction: moves.propose,
            m.ApproveTransaction: moves.approve,
            m.RejectTransaction: moves.reject,
            m.CancelTransaction: moves.cancel,
            m.AdvanceClock: moves.advance,
            m.AddTrustedAccount: trusted.add,
            m.ApproveTrustedAccount: trusted.approve,
            m.RemoveTrustedAccount: trusted.remove,
        }
        self.appliers = {
            m.OfficerAppointed: people.officer_appointed,
            m.RepresentativeAppointed: people.representative_appointed,
            m.RepresentativeRemoved: people.representative_removed,
            m.HolderRegistered: accounts.holder_registered,
            m.AccountOpened: accounts.opened,
            m.AccountStatusSet: accounts.status_set,
            m.ReportingYearsSet: accounts.years_set,
            m.AccountClosed: accounts.closed,
            m.SeriesOpened: units.series_opened,
            m.UnitsIssued: _nothing_more,
            m.UnitsFrozen: _nothing_more,
            m.UnitsReleased: _nothing_more,
            m.TransactionProposed: moves.proposed,
            m.TransactionApproved: moves.approved,
            m.TransactionEnded: moves.ended,
            m.TrustedAccountProposed: trusted.proposed,
            m.TrustedAccountActivated: trusted.activated,
            m.TrustedAccountRemoved: trusted.removed,
            TransactionCompleted: moves.completed,
        }

    def promises(self) -> Iterator[Promise]:
        """Yield what must lie in held buckets because of pending transactions."""
        yield from self.transactions.promises()


def _nothing_more(_event: object, _at_ms: int) -> None:
    """The postings were all; they are applied by the book."""
