"""What the desks of the MRV room look up: rules, accounts, years, verifiers, published methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.accounts import Account
from capwright.ledger.book import Book
from capwright.ledger.checks import check_vintage
from capwright.ledger.clock import local_time
from capwright.ledger.room import Request
from capwright.ledger.rulebook import Rulebook
from capwright.mrv.definition import unpack
from capwright.mrv.figure_messages import EmissionPart
from capwright.mrv.method import Method
from capwright.mrv.state import FirmYear, MrvState, Verifier
from capwright.scheme.mrv_rules import MrvRules

__all__ = ["Desk", "Hooks"]

NO_FIRM = define(
    "CW-5403",
    en="{account} is not an account of a firm that reports.",
    zh="{account}不是报告单位的账户。",
    mend_en="Check the account number.",
    mend_zh="请核对账户号码。",
    rule="scheme: registry.account_types",
)
NO_VERIFIER = define(
    "CW-5404",
    en="The register has no verifier {verifier}.",
    zh="核查机构名录中没有{verifier}。",
    mend_en="Register it first.",
    mend_zh="请先登记该机构。",
    rule="DECREE art. 8",
)
NO_METHOD = define(
    "CW-5405",
    en="The market has not published the method {method}.",
    zh="本市场尚未发布核算方法{method}。",
    mend_en="Published: {known}.",
    mend_zh="已发布的有：{known}。",
    rule="design: the market never reads method files",
)


class Hooks:
    """What the market gives the room of the others."""

    # Posts the figure to compliance: account, year, tonnes, parts.
    record: Callable[[Request, str, int, int, tuple[EmissionPart, ...]], list[Event]]
    is_officer: Callable[[str], bool] = staticmethod(lambda _person: False)
    represents: Callable[[str, str], bool] = staticmethod(lambda _person, _account: False)


class Desk:
    """The state with the look-ups that every noun of the room needs."""

    def __init__(self, state: MrvState, book: Book, rulebook: Rulebook) -> None:
        self.state = state
        self.book = book
        self.rulebook = rulebook
        self.hooks = Hooks()
        self._methods: dict[str, Method] = {}

    def rules(self, year: int) -> MrvRules:
        """The MRV rules of a year; refuses a year without."""
        check_vintage(year)
        rules: MrvRules = self.rulebook.vintage(year).section("mrv")
        return rules

    def rules_now(self) -> MrvRules:
        """The MRV rules in force, for what is not of a year."""
        rules: MrvRules = self.rulebook.now().section("mrv")
        return rules

    def day(self, at_ms: int) -> date:
        """The local day of a time."""
        return local_time(self.rulebook.now(), at_ms).date()

    def firm(self, number: str) -> Account:
        """The account of a firm; refuses (CW-5403) any other."""
        account = self.book.account(number)
        if account is None or account.government or account.purpose != "holding":
            refuse(NO_FIRM, account=number)
        return account

    def firms(self, year: int) -> Iterator[Account]:
        """Accounts that report for a year: those with a duty in it, and those with a report."""
        for account in self.book.state.accounts.values():
            if account.government or account.purpose != "holding" or account.status == "closed":
                continue
            ended = account.last_year and account.last_year < year
            duty = account.first_year and account.first_year <= year and not ended
            if duty or self.of(account.number, year).current is not None:
                yield account

    def of(self, account: str, year: int) -> FirmYear:
        """A firm's year, to read; an empty one where there is nothing."""
        return self.state.years.get(account, {}).get(year) or FirmYear()

    def open(self, account: str, year: int) -> FirmYear:
        """A firm's year, to change: for appliers."""
        years = self.state.years.setdefault(account, {})
        found = years.get(year)
        if found is None:
            found = years[year] = FirmYear()
        return found

    def verifier(self, name: str) -> Verifier:
        """A verifier of the register; refuses (CW-5404) an unknown one."""
        found = self.state.verifiers.get(name)
        if found is None:
            refuse(NO_VERIFIER, verifier=name[:60])
        return found

    def method(self, name: str) -> Method:
        """A published method; refuses (CW-5405) an unknown one."""
        published = self.state.methods.get(name)
        if published is None:
            refuse(NO_METHOD, method=name[:60], known=", ".join(self.state.methods) or "-")
        made = self._methods.get(published.digest)
        if made is None:
            made = self._methods[published.digest] = unpack(published.definition)
        return made
