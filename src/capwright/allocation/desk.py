"""What every part of the allocation room works with: rules, accounts, units, the cap.

Nothing here changes anything; what cannot be found is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from capwright.allocation.cap import CapOutcome, CapStatement, cap_plan, cap_statement, issue_refusal
from capwright.allocation.issue import PreIssue, Quota
from capwright.allocation.state import AllocationState, Bought, QuotaRecord
from capwright.allocation.vintage import VintageRules
from capwright.kernel.quantity import floor_t
from capwright.kernel.refusal import Refused, define, refuse
from capwright.ledger.accounts import Account, Series, series_id
from capwright.ledger.book import Book, Draft
from capwright.ledger.checks import check_receiver, transaction_type
from capwright.ledger.clock import local_time
from capwright.ledger.messages import UnitMove
from capwright.ledger.place import frozen
from capwright.ledger.rulebook import Rulebook

__all__ = ["Desk", "steps_text"]

ACCOUNT_UNKNOWN = define(
    "CW-5101", en="There is no account {account}.", zh="没有账户{account}。", rule="design: one ledger"
)
ACCOUNT_TWICE = define(
    "CW-5102",
    en="The account {account} is named twice.",
    zh="账户{account}重复列出。",
    rule="design: nothing is handed out twice",
)
NO_GOVERNMENT = define(
    "CW-5104",
    en="The market has no open government account of type {type}.",
    zh="市场没有{type}类政府账户。",
    mend_en="Open one first.",
    mend_zh="请先开立。",
    rule="scheme: registry.account_types",
)
NO_ALLOWANCE = define(
    "CW-5105",
    en="The scheme {scheme} has no allowance among its unit kinds.",
    zh="方案{scheme}没有配额类品种。",
    rule="scheme: registry.unit_kinds",
)
SHORT_OF_UNITS = define(
    "CW-5106",
    en="{quantity_t} t of {series} are needed, the account {account} has {available_t} t.",
    zh="需要{series}共{quantity_t}吨，账户{account}只有{available_t}吨。",
    mend_en="Move units into that government account first, within the cap.",
    mend_zh="请先在总量之内将配额划入该政府账户。",
    rule="design: units are issued into the total quantity account and moved on",
)
NOT_COVERED = define(
    "CW-5107",
    en="{account} is not covered in vintage {vintage}.",
    zh="{account}不属于{vintage}年度的控排企业。",
    mend_en="See its first vintage of cover, its last year, or whether it left for the national market.",
    mend_zh="请核对其纳入年度、最后履约年度，或是否已转入全国市场。",
    rule="coverage of the scheme; GZETS 2024-01-12",
)


class Desk:
    """State, book and rules, and the questions that several handlers ask of them."""

    def __init__(
        self,
        state: AllocationState,
        book: Book,
        rulebook: Rulebook,
        auctioned: Callable[[int, str], int],
    ) -> None:
        self.state = state
        self.book = book
        self.rulebook = rulebook
        self._auctioned = auctioned  # vintage, account ("" = all) → tonnes settled in auctions

    # Rules, accounts, dates.

    def rules(self, vintage: int) -> VintageRules:
        """The allocation rules of a vintage."""
        return VintageRules.of(self.rulebook.vintage(vintage).body)

    def today(self, at_ms: int) -> date:
        """The local date of the scheme in force."""
        return local_time(self.rulebook.now(), at_ms).date()

    def account(self, number: str) -> Account:
        """The account, which must exist."""
        account = self.book.account(number)
        if account is None:
            refuse(ACCOUNT_UNKNOWN, account=number)
        return account

    def receiver(self, number: str) -> None:
        """Refuse unless the account may get free quota now."""
        check_receiver(self.book, number, transaction_type(self.rulebook.now(), "allocation"))

    def government(self, code: str) -> str:
        """The first open government account of a type, else of a purpose, of that name."""
        found = [a for a in self.book.state.accounts.values() if a.government and a.status == "open"]
        for account in found:
            if account.type == code:
                return account.number
        for account in found:
            if account.purpose == code:
                return account.number
        return refuse(NO_GOVERNMENT, type=code)

    def distinct(self, accounts: Iterable[str]) -> None:
        """Refuse an account that is named twice."""
        seen: set[str] = set()
        for account in accounts:
            if account in seen:
                refuse(ACCOUNT_TWICE, account=account)
            seen.add(account)

    def covered(self, account: Account, vintage: int) -> bool:
        """Whether an account takes part in a vintage: covered by then, not ended, not left."""
        number = account.number
        if self.state.covered_from.get(number, 0) > vintage:
            return False
        if account.last_year and account.last_year < vintage:
            return False
        left = self.state.left_from.get(number)
        return left is None or vintage < left

    def check_covered(self, account: Account, vintage: int) -> None:
        """Refuse an account that does not take part in a vintage."""
        if not self.covered(account, vintage):
            refuse(NOT_COVERED, account=account.number, vintage=vintage)

    def everyone(self, vintage: int) -> list[str]:
        """Open accounts with recorded figures that take part in the vintage, in order of first record."""
        accounts = self.book.state.accounts
        found = (accounts[number] for number in self.state.figures)
        return [a.number for a in found if a.status == "open" and self.covered(a, vintage)]

    def quota(self, vintage: int, account: str) -> QuotaRecord | None:
        """The record of an account's quota."""
        return self.state.quotas.get(vintage, {}).get(account)

    def bought(self, vintage: int, account: str) -> Bought:
        """Everything bought towards a paid share: on record, and in auctions of this ledger."""
        noted = self.state.bought.get(vintage, {}).get(account) or Bought()
        return Bought(noted.auction_t + self._auctioned(vintage, account), noted.other_t)

    # Units.

    def allowance(self, vintage: int) -> str:
        """The kind of the scheme's allowance."""
        rules = self.rulebook.vintage(vintage)
        for kind in rules.registry.unit_kinds:
            if kind.family == "allowance":
                return kind.code
        return refuse(NO_ALLOWANCE, scheme=rules.scheme.name)

    def series(self, vintage: int) -> str:
        """The series of the vintage's allowances."""
        return series_id(self.allowance(vintage), vintage)

    def frozen_part_t(self, vintage: int, quantity_t: int) -> int:
        """How much of free quota is frozen until surrender, rounded down (GZETS 2015-12-17, 2016-02-04)."""
        share = self.rulebook.vintage(vintage).registry.frozen_free_share
        return 0 if share is None else floor_t(quantity_t * share)

    def check_source(self, source: str, series: str, quantity_t: int) -> None:
        """Refuse unless a government account has this much."""
        available_t = self.book.balance_t(source, series)
        if available_t < quantity_t:
            refuse(
                SHORT_OF_UNITS,
                account=source,
                series=series,
                available_t=available_t,
                quantity_t=quantity_t,
            )

    def hand_out(
        self, draft: Draft, source: str, account: str, vintage: int, quantity_t: int
    ) -> tuple[int, tuple[UnitMove, ...]]:
        """Draft the issue of free quota; return its frozen part and the postings."""
        series, begin = self.series(vintage), len(draft.units)
        frozen_t = self.frozen_part_t(vintage, quantity_t)
        if frozen_t:
            draft.take(source, frozen(account, str(vintage)), series, frozen_t)
        if quantity_t > frozen_t:
            draft.take(source, account, series, quantity_t - frozen_t)
        return frozen_t, tuple(draft.units[begin:])

    def take_back(
        self, draft: Draft, account: str, vintage: int, target: str, quantity_t: int
    ) -> tuple[int, tuple[UnitMove, ...]]:
        """Draft a recall out of the frozen part, then the free one; return what is there and the postings."""
        series, begin, left_t = self.series(vintage), len(draft.units), quantity_t
        for source in (frozen(account, str(vintage)), account):
            part_t = min(left_t, draft.available_t(source, series))
            if part_t > 0:
                draft.take(source, target, series, part_t)
                left_t -= part_t
        return quantity_t - left_t, tuple(draft.units[begin:])

    def holdings(self, vintage: int, *places: str) -> list[tuple[str, Series]]:
        """The allowances that lie at these places, oldest vintage first; `vintage` tells their kind."""
        kind = self.allowance(vintage)
        every = self.book.state.series
        found = [(where, every[series]) for where in places for series in self.book.at(where)]
        return sorted((pair for pair in found if pair[1].kind == kind), key=lambda pair: pair[1].vintage)

    # The cap.

    def cap_outcome(self, vintage: int) -> CapOutcome:
        """What became of a vintage's cap so far."""
        quotas = self.state.quotas.get(vintage, {}).values()
        projects = self.state.projects.get(vintage, {}).values()
        sold_t = self._auctioned(vintage, "")
        adjustment_t = min(sold_t, self.state.adjusted.get(vintage, 0))
        return CapOutcome(
            approved_controlled_t=sum(q.approved_t or 0 for q in quotas),
            approved_new_project_t=sum(p.quota_t for p in projects),
            free_issued_t=sum(q.issued_t for q in quotas),
            new_project_issued_t=sum(p.issued_t for p in projects),
            auctioned_t=sold_t - adjustment_t,
            adjustment_t=adjustment_t,
            recalled_t=sum(q.recalled_t for q in quotas),
        )

    def cap_statement(self, vintage: int) -> CapStatement:
        """Plan against outcome, with what a regulator should look at."""
        rules = self.rulebook.vintage(vintage).section("cap")
        return cap_statement(cap_plan(rules), self.cap_outcome(vintage))

    def check_cap(self, vintage: int, quantity_t: int) -> None:
        """Refuse an issue beyond the cap, where the scheme has one."""
        rules = self.rulebook.vintage(vintage).body.cap
        if rules is None or not quantity_t:
            return
        refusal = issue_refusal(cap_plan(rules), self.cap_outcome(vintage), quantity_t)
        if refusal is not None:
            raise Refused(refusal)

    # Sanctions.

    def to_deduct_t(self, account: str, vintage: int) -> int:
        """What sanctions of earlier vintages still take from this one's free quota: oldest first."""
        imposed_t = sum(t for year, t in self.state.sanctions.get(account, {}).items() if year < vintage)
        if not imposed_t:
            return 0
        taken_t = sum(q[account].deducted_t for q in self.state.quotas.values() if account in q)
        return max(imposed_t - taken_t, 0)


def steps_text(outcome: Quota | PreIssue | None) -> tuple[str, ...]:
    """The steps and the sum in one line each: `process: formula; figures`."""
    if outcome is None:
        return ()
    lines = [f"{step.process}: {step.formula}; {step.numbers}" for step in outcome.steps]
    return (*lines, f"{outcome.formula}; {outcome.numbers}")
