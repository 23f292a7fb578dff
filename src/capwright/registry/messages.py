"""Commands and events of the registry."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import (
    AUTHORITY,
    BY_THE_CASE,
    OPERATOR,
    OPERATOR_OR_AUTHORITY,
    THE_ACCOUNT,
    TWO_OF_THE_AUTHORITY,
    Permit,
)
from capwright.ledger.accounts import Account, AccountStatus
from capwright.ledger.messages import PostingEvent, SeriesOpened, UnitLine

__all__ = [
    "AccountClosed",
    "AccountOpened",
    "AccountStatusSet",
    "AddTrustedAccount",
    "AdvanceClock",
    "AppointOfficer",
    "AppointRepresentative",
    "ApproveTransaction",
    "ApproveTrustedAccount",
    "CancelTransaction",
    "CloseAccount",
    "FreezeUnits",
    "Holder",
    "HolderKind",
    "HolderRegistered",
    "IssueUnits",
    "OfficerAppointed",
    "OpenAccount",
    "ProposeTransaction",
    "RegisterHolder",
    "RejectTransaction",
    "ReleaseUnits",
    "RemoveRepresentative",
    "RemoveTrustedAccount",
    "ReportingYearsSet",
    "Representative",
    "RepresentativeAppointed",
    "RepresentativeRemoved",
    "Right",
    "Role",
    "SeriesOpened",
    "SetAccountStatus",
    "SetReportingYears",
    "TransactionApproved",
    "TransactionEnded",
    "TransactionProposed",
    "TrustedAccountActivated",
    "TrustedAccountProposed",
    "TrustedAccountRemoved",
    "UnitsFrozen",
    "UnitsIssued",
    "UnitsReleased",
]

Role = Literal["authority", "operator", "exchange", "auditor", "clock"]
Right = Literal["initiate", "approve", "read"]
HolderKind = Literal["enterprise", "institution", "person", "government", "unspecified"]


class Representative(Struct, frozen=True):
    """A person who acts for an account. `person` is an id; who is behind it is kept outside the journal.

    One who may only read is not counted among the representatives that an account needs.
    """

    person: str
    rights: tuple[Right, ...] = ("initiate", "approve", "read")


# People.


class AppointOfficer(Command, frozen=True):
    """Give a person the officer roles listed; an empty list takes them all away."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    person: str
    roles: tuple[Role, ...]


class OfficerAppointed(Event, frozen=True):
    person: str
    roles: tuple[Role, ...]


class AppointRepresentative(Command, frozen=True):
    """Let a person act for an account, or change the person's rights."""

    permit: ClassVar[Permit] = OPERATOR
    account: str
    representative: Representative


class RepresentativeAppointed(Event, frozen=True):
    account: str
    representative: Representative


class RemoveRepresentative(Command, frozen=True):
    """Take a person's rights over an account away."""

    permit: ClassVar[Permit] = OPERATOR
    account: str
    person: str


class RepresentativeRemoved(Event, frozen=True):
    account: str
    person: str


# Account holders.


class Holder(Struct, frozen=True):
    """Who owns accounts. `country` is the ISO 3166 code, empty when not known."""

    id: str
    kind: HolderKind = "unspecified"
    name: str = ""
    country: str = ""


class RegisterHolder(Command, frozen=True):
    """Register an account holder, or correct what the register says of one.

    Opening an account enters a holder that nobody registered, of kind `unspecified`.
    """

    permit: ClassVar[Permit] = OPERATOR
    holder: Holder


class HolderRegistered(Event, frozen=True):
    holder: Holder


# Accounts.


class OpenAccount(Command, frozen=True):
    """Open an account under a number of the scheme's form CC-TTT-ID-P-DD, chosen by the sender."""

    permit: ClassVar[Permit] = OPERATOR
    number: str
    type: str
    holder: str
    name: str
    opened_on: date
    sector: str = ""
    first_year: int = 0
    last_year: int = 0
    representatives: tuple[Representative, ...] = ()


class AccountOpened(Event, frozen=True):
    account: Account
    representatives: tuple[Representative, ...] = ()


class SetAccountStatus(Command, frozen=True):
    """Restrict, suspend or restore an account; the reason is kept."""

    permit: ClassVar[Permit] = OPERATOR
    account: str
    status: Literal["open", "restricted", "suspended"]
    reason: str = ""


class AccountStatusSet(Event, frozen=True):
    account: str
    status: AccountStatus
    reason: str = ""


class SetReportingYears(Command, frozen=True):
    """Set the first and last year of the operator's duty (0: not known, not ended)."""

    permit: ClassVar[Permit] = OPERATOR
    account: str
    first_year: int
    last_year: int = 0


class ReportingYearsSet(Event, frozen=True):
    account: str
    first_year: int
    last_year: int = 0


class CloseAccount(Command, frozen=True):
    """Close an empty account for good."""

    permit: ClassVar[Permit] = OPERATOR
    account: str


class AccountClosed(Event, frozen=True):
    number: str


# Units.


class IssueUnits(Command, frozen=True):
    """Create units into a government account: two people of the authority, and never above the cap."""

    permit: ClassVar[Permit] = TWO_OF_THE_AUTHORITY
    kind: str
    vintage: int
    quantity_t: int
    target: str
    project: str = ""


class UnitsIssued(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    series: str
    quantity_t: int
    target: str


class FreezeUnits(Command, frozen=True):
    """Bar units of an account from being traded; they may still be surrendered."""

    permit: ClassVar[Permit] = OPERATOR_OR_AUTHORITY
    account: str
    series: str
    quantity_t: int
    reason: str


class UnitsFrozen(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    account: str
    series: str
    quantity_t: int
    reason: str


class ReleaseUnits(Command, frozen=True):
    """Lift a freeze, wholly or in part; freezing is quick, lifting is for the authority."""

    permit: ClassVar[Permit] = AUTHORITY
    account: str
    series: str
    quantity_t: int
    reason: str


class UnitsReleased(PostingEvent, frozen=True, kw_only=True):
    stated_t: ClassVar[str] = "quantity_t"

    account: str
    series: str
    quantity_t: int
    reason: str


# Transactions.


class ProposeTransaction(Command, frozen=True):
    """Ask for a typed transaction. Its id is the command id. `reverses` names the transaction to undo."""

    permit: ClassVar[Permit] = BY_THE_CASE  # who may propose is a column of the transaction-type table
    type: str
    source: str = ""
    target: str = ""
    lines: tuple[UnitLine, ...] = ()
    vintage: int = 0
    reverses: str = ""


class TransactionProposed(PostingEvent, frozen=True, kw_only=True):
    """The units are held; it waits for approval, or for its delay when `completes_at_ms` is set."""

    stated_t: ClassVar[str] = "quantity_t"

    transaction_id: str
    type: str
    source: str
    target: str
    lines: tuple[UnitLine, ...]
    proposer: str
    vintage: int = 0
    reverses: str = ""
    completes_at_ms: int = 0

    @property
    def quantity_t(self) -> int:
        """All that is held."""
        return sum(line.quantity_t for line in self.lines)


class ApproveTransaction(Command, frozen=True):
    """Approve a proposed transaction; must come from another person than the proposer."""

    permit: ClassVar[Permit] = BY_THE_CASE
    transaction_id: str


class TransactionApproved(Event, frozen=True):
    """Approved; completes when the clock reaches `completes_at_ms`."""

    transaction_id: str
    approver: str
    completes_at_ms: int


class RejectTransaction(Command, frozen=True):
    """Reject a transaction that waits for approval."""

    permit: ClassVar[Permit] = BY_THE_CASE
    transaction_id: str
    reason: str = ""


class CancelTransaction(Command, frozen=True):
    """Stop a transaction during its delay."""

    permit: ClassVar[Permit] = BY_THE_CASE
    transaction_id: str
    reason: str = ""


class TransactionEnded(PostingEvent, frozen=True, kw_only=True):
    """The transaction will not happen; its hold is released. `terminated`: by a check."""

    transaction_id: str
    outcome: Literal["rejected", "cancelled", "terminated"]
    reason: str = ""


class AdvanceClock(Command, frozen=True):
    """Complete what has become due: delayed transactions and trusted-list additions."""

    permit: ClassVar[Permit] = Permit(roles=("clock", "operator"))


# Trusted list.


class AddTrustedAccount(Command, frozen=True):
    """Ask to put an account on the trusted list of another; a second representative approves."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    trusted: str


class TrustedAccountProposed(Event, frozen=True):
    account: str
    trusted: str
    proposer: str


class ApproveTrustedAccount(Command, frozen=True):
    """Approve an account for the trusted list; must come from another person than asked for it."""

    permit: ClassVar[Permit] = Permit(account_field="account", right="approve")
    account: str
    trusted: str


class TrustedAccountActivated(Event, frozen=True):
    """Approved; the entry counts from `active_at_ms` on."""

    account: str
    trusted: str
    active_at_ms: int


class RemoveTrustedAccount(Command, frozen=True):
    """Take an account off the trusted list of another."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    trusted: str


class TrustedAccountRemoved(Event, frozen=True):
    account: str
    trusted: str
