"""Account holders and their accounts: registered, opened, restricted, closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, get_args

from msgspec.structs import replace

from capwright.kernel.account_number import parse_account_number
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_NAME, MAX_REASON, check_text
from capwright.ledger.accounts import Account
from capwright.ledger.checks import FIRST_YEAR, LAST_YEAR
from capwright.registry.messages import (
    AccountClosed,
    AccountOpened,
    AccountStatusSet,
    CloseAccount,
    Holder,
    HolderKind,
    HolderRegistered,
    OpenAccount,
    RegisterHolder,
    ReportingYearsSet,
    SetAccountStatus,
    SetReportingYears,
)
from capwright.registry.people import ACCOUNT_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook
    from capwright.registry.people import People
    from capwright.registry.state import RegistryState
    from capwright.scheme.registry_rules import AccountType

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
YEARS = define(
    "CW-4105",
    en="The years {first_year} to {last_year} are no period of duty.",
    zh="{first_year}至{last_year}年不构成有效的履约期间。",
    mend_en="The last year may not lie before the first; 0 stands for a year not known or not ended.",
    mend_zh="结束年份不得早于起始年份；0 表示未知或未结束。",
    rule="UK registry: first and last year of verified emissions",
)
NOT_EMPTY = define(
    "CW-4106",
    en="The account {account} cannot be closed: something still lies at, or is bound by, {place}.",
    zh="账户{account}不能注销：{place}仍有余额或未了结事项。",
    mend_en="Move units and cash out and settle what is pending first.",
    mend_zh="请先转出配额与资金并了结未完成事项。",
    rule="UK registry: account closure",
)
ALREADY_CLOSED = define(
    "CW-4107",
    en="The account {account} is closed.",
    zh="账户{account}已注销。",
    rule="UK registry: account closure",
)
BAD_HOLDER = define(
    "CW-4108",
    en="'{given}' is no kind of holder or no country code.",
    zh="“{given}”不是有效的持有人类别或国家代码。",
    mend_en="Kinds: enterprise, institution, person, government, unspecified; countries: two capitals.",
    mend_zh="类别：enterprise、institution、person、government、unspecified；国家：两个大写字母。",
    rule="UK registry: account holder",
)

_KINDS: Final = frozenset(get_args(HolderKind))
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


class Accounts:
    """Handlers and appliers for holders and accounts.

    `ties`: further reasons against closing an account, added by the market for rooms that the registry does
    not know; each returns the name of what binds the account, or nothing.
    """

    def __init__(self, state: RegistryState, book: Book, rulebook: Rulebook, people: People) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook
        self._people = people
        self.ties: list[Callable[[str], str]] = []

    def register_holder(self, _request: Request, command: RegisterHolder) -> list[Event]:
        """Register a holder or correct an entry."""
        holder = command.holder
        check_text("holder", holder.id, MAX_ID)
        check_text("name", holder.name, MAX_NAME, least=0)
        if holder.kind not in _KINDS:
            refuse(BAD_HOLDER, given=holder.kind)
        if holder.country and not _COUNTRY.fullmatch(holder.country):
            refuse(BAD_HOLDER, given=holder.country)
        return [HolderRegistered(holder)]

    def _known(self, number: str) -> Account:
        account = self._book.account(number)
        if account is None:
            refuse(ACCOUNT_UNKNOWN, account=number)
        if account.status == "closed":
            refuse(ALREADY_CLOSED, account=number)
        return account

    def open(self, _request: Request, command: OpenAccount) -> list[Event]:
        """Check number, type, texts, years and representatives, then open."""
        row = self._check_number(command)
        check_text("holder", command.holder, MAX_ID)
        check_text("name", command.name, MAX_NAME)
        check_text("sector", command.sector, MAX_ID, least=0)
        self._people.check_representatives(row.code, command.representatives)
        _check_years(command.first_year, command.last_year)
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

    def _check_number(self, command: OpenAccount) -> AccountType:
        """Check that the number is well-formed, of the type, and free; return the type."""
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
        return row

    def set_status(self, _request: Request, command: SetAccountStatus) -> list[Event]:
        """Restrict, suspend or restore; what is restored needs its representatives."""
        account = self._known(command.account)
        check_text("reason", command.reason, MAX_REASON, least=0)
        if account.status == "suspended" != command.status:
            people = self._state.representatives[command.account]
            self._people.check_enough(account.type, people.values())
        return [AccountStatusSet(command.account, command.status, command.reason)]

    def set_years(self, _request: Request, command: SetReportingYears) -> list[Event]:
        """Set the period of duty."""
        self._known(command.account)
        _check_years(command.first_year, command.last_year)
        return [ReportingYearsSet(command.account, command.first_year, command.last_year)]

    def close(self, _request: Request, command: CloseAccount) -> list[Event]:
        """Close an account that holds nothing and takes part in nothing pending."""
        self._known(command.account)
        for where in self._book.places_of(command.account):
            refuse(NOT_EMPTY, account=command.account, place=where)
        for pending in self._state.pending.values():
            if pending.target == command.account:
                refuse(NOT_EMPTY, account=command.account, place=pending.id)
        for tie in self.ties:
            if bound := tie(command.account):
                refuse(NOT_EMPTY, account=command.account, place=bound)
        return [AccountClosed(command.account)]

    # Appliers.

    def holder_registered(self, event: HolderRegistered, _at_ms: int) -> None:
        """Fold the event."""
        self._state.holders[event.holder.id] = event.holder

    def opened(self, event: AccountOpened, _at_ms: int) -> None:
        """Fold the event."""
        account = event.account
        # A copy: the event stays what it was when the account changes.
        self._book.state.accounts[account.number] = replace(account)
        self._people.account_opened(account.number, event.representatives)
        if account.holder not in self._state.holders:
            self._state.holders[account.holder] = Holder(account.holder)

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


def _check_years(first_year: int, last_year: int) -> None:
    for year in (first_year, last_year):
        if year and not FIRST_YEAR <= year <= LAST_YEAR:
            refuse(YEARS, first_year=first_year, last_year=last_year)
    if last_year and last_year < first_year:
        refuse(YEARS, first_year=first_year, last_year=last_year)
