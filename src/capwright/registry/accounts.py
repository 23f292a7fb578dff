"""Opening, restricting and closing accounts; issuing and freezing units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.kernel.account_number import parse_account_number
from capwright.kernel.refusal import define, refuse
from capwright.ledger.accounts import Account, Series, series_id
from capwright.ledger.checks import (
    GIVER_UNKNOWN,
    check_free,
    check_quantity,
    check_receiver,
    transaction_type,
)
from capwright.ledger.messages import UnitIssue
from capwright.ledger.place import frozen
from capwright.registry.messages import (
    AccountClosed,
    AccountOpened,
    AccountStatusSet,
    CloseAccount,
    FreezeUnits,
    IssueUnits,
    OpenAccount,
    ReleaseUnits,
    ReportingYearsSet,
    SeriesOpened,
    SetAccountStatus,
    SetReportingYears,
    UnitsFrozen,
    UnitsIssued,
    UnitsReleased,
)
from capwright.registry.people import ACCOUNT_UNKNOWN

if TYPE_CHECKING:
    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook
    from capwright.registry.state import RegistryState

__all__ = ["Accounts"]

NUMBER_TAKEN = define(
    "CW-4101",
    en="The account number {number} is taken.",
    zh="账户号码{number}已被使用。",
    mend_en="Choose another identifier.",
    mend_zh="请更换编号。",
    rule="UK registry: account numbers",
)
NUMBER_COUNTRY = define(
    "CW-4102",
    en="The account number {number} does not begin with {country}-{type_number:03}, as {account_type} asks.",
    zh="账户号码{number}应以{country}-{type_number:03}开头（{account_type}类账户）。",
    rule="UK registry: account number CC-TTT-ID-P-DD",
)
TYPE_UNKNOWN = define(
    "CW-4103",
    en="The scheme {scheme} has no account type {account_type}.",
    zh="方案{scheme}没有账户类型“{account_type}”。",
    rule="scheme: registry.account_types",
)
TOO_FEW_REPRESENTATIVES = define(
    "CW-4104",
    en="An account of type {account_type} needs at least {least} representatives, {given} are named.",
    zh="{account_type}类账户至少需要{least}名代表，现有{given}名。",
    rule="Reg. 2019/1122; GZETS 2013-11-19: operator and checker",
)
YEARS = define(
    "CW-4105",
    en="The years {first_year} to {last_year} are no period of duty.",
    zh="{first_year}至{last_year}年不构成有效的履约期间。",
    mend_en="The last year may not lie before the first.",
    mend_zh="结束年份不得早于起始年份。",
    rule="UK registry: first and last year of verified emissions",
)
NOT_EMPTY = define(
    "CW-4106",
    en="The account {account} still holds something at {place}.",
    zh="账户{account}在{place}仍有余额。",
    mend_en="Move units and cash out first.",
    mend_zh="请先转出配额与资金。",
    rule="UK registry: account closure",
)
ALREADY_CLOSED = define(
    "CW-4107",
    en="The account {account} is closed.",
    zh="账户{account}已注销。",
    rule="UK registry: account closure",
)
KIND_UNKNOWN = define(
    "CW-3006",
    en="The scheme {scheme} has no unit kind {kind}.",
    zh="方案{scheme}没有{kind}品种。",
    rule="scheme",
)
ABOVE_CAP = define(
    "CW-3500",
    en="Issuing {quantity_t} t of {series} would exceed the cap: {left_t} t of {cap_t} t are left.",
    zh="签发{series}共{quantity_t}吨将突破配额总量：总量{cap_t}吨，剩余{left_t}吨。",
    mend_en="The cap stands in the scheme of the vintage.",
    mend_zh="配额总量见该年度方案。",
    rule="UK registry check 3500; transaction-log check 10004",
)


# The transaction type by which units of a family come into being.
_ISSUANCE = {"allowance": "issuance", "special": "special_issuance", "credit": "credit_issuance"}


class Accounts:
    """Handlers and appliers for accounts, issuance and freezes."""

    def __init__(self, state: RegistryState, book: Book, rulebook: Rulebook) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook

    def _known(self, number: str) -> Account:
        account = self._book.account(number)
        if account is None:
            refuse(ACCOUNT_UNKNOWN, account=number)
        if account.status == "closed":
            refuse(ALREADY_CLOSED, account=number)
        return account

    def open(self, _request: Request, command: OpenAccount) -> list[Event]:
        """Check number, type and representatives, then open."""
        rules = self._rulebook.now()
        number = parse_account_number(command.number)
        row = rules.account_types.get(command.type)
        if row is None:
            refuse(TYPE_UNKNOWN, scheme=rules.scheme.name, account_type=command.type)
        if number.country != rules.registry.country or number.type_number != row.number:
            refuse(
                NUMBER_COUNTRY,
                number=command.number,
                country=rules.registry.country,
                type_number=row.number,
                account_type=row.code,
            )
        if command.number in self._book.state.accounts:
            refuse(NUMBER_TAKEN, number=command.number)
        given = len({r.person for r in command.representatives})
        if not row.government and given < row.least_representatives:
            refuse(
                TOO_FEW_REPRESENTATIVES, account_type=row.code, least=row.least_representatives, given=given
            )
        if command.last_year and command.last_year < command.first_year:
            refuse(YEARS, first_year=command.first_year, last_year=command.last_year)
        account = Account(
            number=command.number,
            type=command.type,
            purpose=row.purpose,
            holder=command.holder,
            name=command.name,
            opened_on=command.opened_on,
            government=row.government,
            sector=command.sector,
            first_year=command.first_year,
            last_year=command.last_year,
        )
        return [AccountOpened(account, command.representatives)]

    def set_status(self, _request: Request, command: SetAccountStatus) -> list[Event]:
        """Restrict, suspend or restore."""
        self._known(command.account)
        return [AccountStatusSet(command.account, command.status, command.reason)]

    def set_years(self, _request: Request, command: SetReportingYears) -> list[Event]:
        """Set the period of duty."""
        self._known(command.account)
        if command.last_year and command.last_year < command.first_year:
            refuse(YEARS, first_year=command.first_year, last_year=command.last_year)
        return [ReportingYearsSet(command.account, command.first_year, command.last_year)]

    def close(self, _request: Request, command: CloseAccount) -> list[Event]:
        """Close an account that holds nothing and takes part in nothing pending."""
        self._known(command.account)
        for where in self._book.places_of(command.account):
            refuse(NOT_EMPTY, account=command.account, place=where)
        for pending in self._state.pending.values():
            if pending.target == command.account:
                refuse(NOT_EMPTY, account=command.account, place=pending.id)
        return [AccountClosed(command.account)]

    def issue(self, _request: Request, command: IssueUnits) -> list[Event]:
        """Issue units; allowances only up to the cap of their vintage."""
        rules = self._rulebook.now()
        kind = next((k for k in rules.registry.unit_kinds if k.code == command.kind), None)
        if kind is None:
            refuse(KIND_UNKNOWN, scheme=rules.scheme.name, kind=command.kind)
        check_quantity(command.quantity_t)
        row = transaction_type(rules, _ISSUANCE[kind.family])
        check_receiver(self._book, command.target, row)
        name = series_id(command.kind, command.vintage, command.project)
        series = self._book.state.series.get(name)
        issued_t = series.issued_t if series else 0
        if kind.family == "allowance":
            cap = self._rulebook.vintage(command.vintage).section("cap")
            if issued_t + command.quantity_t > cap.total_t:
                refuse(
                    ABOVE_CAP,
                    quantity_t=command.quantity_t,
                    series=name,
                    left_t=cap.total_t - issued_t,
                    cap_t=cap.total_t,
                )
        events: list[Event] = []
        if series is None:
            events.append(SeriesOpened(Series(name, command.kind, command.vintage, command.project)))
        issue = UnitIssue(name, issued_t + 1, issued_t + command.quantity_t, command.target)
        events.append(
            UnitsIssued(series=name, quantity_t=command.quantity_t, target=command.target, issues=(issue,))
        )
        return events

    def freeze(self, _request: Request, command: FreezeUnits) -> list[Event]:
        """Move units from the free bucket into a frozen one."""
        if self._book.account(command.account) is None:
            refuse(GIVER_UNKNOWN, account=command.account)
        check_quantity(command.quantity_t)
        check_free(self._book, command.account, command.series, command.quantity_t)
        there = frozen(command.account, command.reason)
        units = self._book.moves(command.account, there, command.series, command.quantity_t)
        return [
            UnitsFrozen(
                account=command.account,
                series=command.series,
                quantity_t=command.quantity_t,
                reason=command.reason,
                units=units,
            )
        ]

    def release(self, _request: Request, command: ReleaseUnits) -> list[Event]:
        """Move frozen units back into the free bucket."""
        check_quantity(command.quantity_t)
        there = frozen(command.account, command.reason)
        check_free(self._book, there, command.series, command.quantity_t)
        units = self._book.moves(there, command.account, command.series, command.quantity_t)
        return [
            UnitsReleased(
                account=command.account,
                series=command.series,
                quantity_t=command.quantity_t,
                reason=command.reason,
                units=units,
            )
        ]

    # Appliers.

    def opened(self, event: AccountOpened, _at_ms: int) -> None:
        """Fold the event."""
        account = event.account
        # A copy: the event stays what it was when the account changes.
        self._book.state.accounts[account.number] = Account(
            **{f: getattr(account, f) for f in account.__struct_fields__}
        )
        self._state.representatives[account.number] = {r.person: r.rights for r in event.representatives}

    def status_set(self, event: AccountStatusSet, _at_ms: int) -> None:
        """Fold the event."""
        self._book.state.accounts[event.account].status = event.status

    def years_set(self, event: ReportingYearsSet, _at_ms: int) -> None:
        """Fold the event."""
        account = self._book.state.accounts[event.account]
        account.first_year, account.last_year = event.first_year, event.last_year

    def closed(self, event: AccountClosed, _at_ms: int) -> None:
        """Fold the event."""
        self._book.state.accounts[event.number].status = "closed"

    def series_opened(self, event: SeriesOpened, _at_ms: int) -> None:
        """Fold the event."""
        series = event.series
        self._book.state.series[series.id] = Series(series.id, series.kind, series.vintage, series.project)
