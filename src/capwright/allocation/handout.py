"""Pre-issue and true-up: units go out of the allocation account, or come back into it."""

from __future__ import annotations

from datetime import date

from capwright.allocation.desk import Desk, steps_text
from capwright.allocation.enterprise import allocate_enterprise, enterprise_pre_issue
from capwright.allocation.entry import compulsory_refusal
from capwright.allocation.issue import PreIssue, Quota, pre_issue_of_tonnes
from capwright.allocation.messages import (
    AllowancesIssued,
    AllowancesPreIssued,
    AllowancesRecalled,
    PreIssueAllowances,
    TrueUpAllowances,
)
from capwright.allocation.records import enterprise_of, with_row
from capwright.allocation.state import QuotaRecord
from capwright.allocation.vintage import VintageRules
from capwright.allocation.working import datum
from capwright.kernel.message import Event
from capwright.kernel.refusal import Refusal, RefusalCode, Refused, define, refuse
from capwright.ledger.book import Draft
from capwright.ledger.room import Request

__all__ = ["Handout"]

NOTHING_DUE = define(
    "CW-5110",
    en="Nothing of this kind is due in vintage {vintage}.",
    zh="{vintage}年度没有需要办理的此类事项。",
    mend_en="It may have been done before, or a term may still run.",
    mend_zh="可能已经办理，或期限尚未届满。",
    rule="design: nothing is handed out twice",
)
PRE_ISSUED = define(
    "CW-5111",
    en="{account} has got its pre-issue of vintage {vintage} already.",
    zh="{account}的{vintage}年度预发配额已经发放。",
    rule="design: nothing is handed out twice",
)
PRE_ISSUE_UNKNOWN = define(
    "CW-5112",
    en="The pre-issue of {account} for {vintage} cannot be told from the record ({basis}).",
    zh="现有数据无法确定{account}的{vintage}年度预发配额（{basis}）。",
    mend_en="Record the last approved quota, the output or the reported emissions that the rule needs.",
    mend_zh="请录入规则所需的上年核定配额、产量或报告排放量。",
    rule="allocation.pre_issue of the scheme",
)
NOT_APPROVED = define(
    "CW-5113",
    en="The quota of {account} for {vintage} is not approved.",
    zh="{account}的{vintage}年度配额尚未核定。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
SETTLED = define(
    "CW-5114",
    en="The quota of {account} for {vintage} is settled already.",
    zh="{account}的{vintage}年度配额已完成多退少补。",
    rule="design: nothing is handed out twice",
)
WINDOW_OPEN = define(
    "CW-5115",
    en="{account} can still object to its quota until {until}.",
    zh="{account}在{until}前仍可对核定配额提出异议。",
    mend_en="Settle after that day.",
    mend_zh="请在该日之后办理。",
    rule="GZETS 2017-02-23 … 2024-03-22: review within five working days",
)
UNDECIDED = define(
    "CW-5116",
    en="The objection of {account} to its quota of {vintage} is not decided.",
    zh="{account}对{vintage}年度配额的异议尚未处理。",
    mend_en="Decide it first.",
    mend_zh="请先作出处理决定。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
NO_TRUE_UP = define(
    "CW-5117",
    en="Allocation of vintage {vintage} is one-off: there is no true-up.",
    zh="{vintage}年度配额一次性发放，不作多退少补。",
    rule="GZETS 2013-11-27",
)


class Handout:
    """Handlers and appliers of pre-issue and true-up."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state
        self._book = desk.book

    # Pre-issue.

    def pre_issue(self, _request: Request, command: PreIssueAllowances) -> list[Event]:
        """Work out the pre-issues, then hand all of them out of the allocation account."""
        desk, vintage = self._desk, command.vintage
        rules = desk.rules(vintage)
        desk.distinct(command.accounts)
        plans: list[tuple[str, PreIssue, int]] = []
        for account in command.accounts or self._awaiting_pre_issue(vintage):
            self._check_pre_issue(account, vintage)
            plan = self._pre_issue_of(rules, account)
            shut = self._shut(rules, account)
            if shut is not None:
                if command.accounts:
                    raise Refused(shut)
                continue
            deducted_t = min(desk.to_deduct_t(account, vintage), plan.quantity_t)
            plans.append((account, plan, deducted_t))
        if not plans:
            refuse(NOTHING_DUE, vintage=vintage)
        total_t = sum(plan.quantity_t - deducted_t for _, plan, deducted_t in plans)
        source, draft = self._fund(vintage, total_t), Draft(self._book)
        events: list[Event] = []
        for account, plan, deducted_t in plans:
            quantity_t = plan.quantity_t - deducted_t
            frozen_t, units = desk.hand_out(draft, source, account, vintage, quantity_t)
            events.append(
                AllowancesPreIssued(
                    account=account,
                    vintage=vintage,
                    basis=plan.basis,
                    pre_issued_t=plan.quantity_t,
                    quantity_t=quantity_t,
                    frozen_t=frozen_t,
                    deducted_t=deducted_t,
                    steps=steps_text(plan),
                    units=units,
                )
            )
        return events

    def _fund(self, vintage: int, total_t: int) -> str:
        """The allocation account; refuse what it has not got or the cap does not allow."""
        source = self._desk.government("allocation")
        self._desk.check_source(source, self._desk.series(vintage), total_t)
        self._desk.check_cap(vintage, total_t)
        return source

    def _awaiting_pre_issue(self, vintage: int) -> list[str]:
        known = self._state.quotas.get(vintage, {})
        found = [(number, known.get(number)) for number in self._desk.everyone(vintage)]
        return [number for number, quota in found if quota is None or _lacks_pre_issue(quota)]

    def _check_pre_issue(self, number: str, vintage: int) -> None:
        account = self._desk.account(number)
        quota = self._desk.quota(vintage, number)
        if quota is not None and quota.pre_issued_t is not None:
            refuse(PRE_ISSUED, account=number, vintage=vintage)
        if quota is not None and quota.settled:
            refuse(SETTLED, account=number, vintage=vintage)
        if quota is not None and quota.objection == "open":
            refuse(UNDECIDED, account=number, vintage=vintage)
        self._desk.check_covered(account, vintage)
        self._desk.receiver(number)

    def _pre_issue_of(self, rules: VintageRules, account: str) -> PreIssue:
        """The pre-issue by the rule; what this ledger approved goes before what is on record from elsewhere.

        Where the whole formula is pre-issued (2013) and the quota is approved already, that is the figure.
        """
        approved = self._desk.quota(rules.vintage, account)
        by_formula = rules.rules.pre_issue == "full_formula"
        if by_formula and approved is not None and approved.approved_t is not None:
            amount = datum("approved free quota", approved.free_t, "tCO2")
            return pre_issue_of_tonnes("full_formula", amount, cites=("allocation.pre_issue",))
        enterprise = enterprise_of(self._state, rules, account)
        last = self._desk.quota(rules.vintage - 1, account)
        if last is not None and last.approved_t is not None:
            cleared = with_row(enterprise, rules.vintage, last_approved_t=None)
            first = cleared.processes[0].process
            enterprise = with_row(cleared, rules.vintage, first, last_approved_t=last.free_t)
        plan = enterprise_pre_issue(rules, enterprise)
        if plan is None:
            refuse(
                PRE_ISSUE_UNKNOWN,
                account=account,
                vintage=rules.vintage,
                basis=_basis(rules, enterprise.kind),
            )
        return plan

    def _shut(self, rules: VintageRules, account: str) -> Refusal | None:
        """Why the free part is shut: the compulsory purchase of 2013 comes first (GZETS 2013-12-09)."""
        share = rules.rules.compulsory_paid_share
        if share is None:
            return None
        quota = self._desk.quota(rules.vintage, account)
        quota_t = quota.approved_t if quota is not None else None
        if quota_t is None:
            enterprise = with_row(enterprise_of(self._state, rules, account), rules.vintage, pre_issued_t=0)
            computed: Quota | None = allocate_enterprise(rules, enterprise).quota
            quota_t = computed.approved_t if computed is not None else 0
        return compulsory_refusal(quota_t, self._desk.bought(rules.vintage, account).auction_t, share)

    def pre_issued(self, event: AllowancesPreIssued, _at_ms: int) -> None:
        """Fold the event."""
        quota = self._record(event.vintage, event.account)
        quota.pre_issued_t = event.pre_issued_t
        self._issued(quota, event)

    # True-up.

    def true_up(self, request: Request, command: TrueUpAllowances) -> list[Event]:
        """Settle every account named, or everyone whose term of objection has passed."""
        desk, vintage = self._desk, command.vintage
        if not desk.rules(vintage).rules.true_up:
            refuse(NO_TRUE_UP, vintage=vintage)
        desk.distinct(command.accounts)
        today = desk.today(request.at_ms)
        accounts = command.accounts or self._ready(vintage, today)
        if not accounts:
            refuse(NOTHING_DUE, vintage=vintage)
        deltas: list[tuple[str, int, int]] = []
        for account in accounts:
            quota = self._settling(account, vintage, today)
            delta_t, deducted_t = _delta(quota, desk.to_deduct_t(account, vintage))
            if delta_t > 0:
                desk.receiver(account)
            deltas.append((account, delta_t, deducted_t))
        source = self._fund(vintage, sum(max(delta_t, 0) for _, delta_t, _ in deltas))
        draft = Draft(self._book)
        return [self._settle(draft, source, vintage, *delta) for delta in deltas]

    def _settle(
        self, draft: Draft, source: str, vintage: int, account: str, delta_t: int, deducted_t: int
    ) -> Event:
        if delta_t >= 0:
            frozen_t, units = self._desk.hand_out(draft, source, account, vintage, delta_t)
            return AllowancesIssued(
                account=account,
                vintage=vintage,
                quantity_t=delta_t,
                frozen_t=frozen_t,
                deducted_t=deducted_t,
                units=units,
            )
        taken_t, units = self._desk.take_back(draft, account, vintage, source, -delta_t)
        return AllowancesRecalled(
            account=account,
            vintage=vintage,
            reason="true_up",
            quantity_t=taken_t,
            owed_t=-delta_t - taken_t,
            deducted_t=deducted_t,
            units=units,
        )

    def _ready(self, vintage: int, today: date) -> tuple[str, ...]:
        accounts = self._book.state.accounts
        return tuple(
            number
            for number, quota in self._state.quotas.get(vintage, {}).items()
            if _waits(quota, today) is None
            and accounts[number].status == "open"
            and self._desk.covered(accounts[number], vintage)
        )

    def _settling(self, number: str, vintage: int, today: date) -> QuotaRecord:
        account = self._desk.account(number)
        quota = self._desk.quota(vintage, number)
        if quota is None or quota.approved_t is None:
            refuse(NOT_APPROVED, account=number, vintage=vintage)
        waits = _waits(quota, today)
        if waits is not None:
            refuse(waits, account=number, vintage=vintage, until=str(quota.objection_until))
        self._desk.check_covered(account, vintage)
        return quota

    def issued(self, event: AllowancesIssued, _at_ms: int) -> None:
        """Fold the event."""
        quota = self._record(event.vintage, event.account)
        quota.settled = True
        self._issued(quota, event)

    def recalled(self, event: AllowancesRecalled, _at_ms: int) -> None:
        """Fold the event, of a true-up or of a stop."""
        quota = self._record(event.vintage, event.account)
        quota.settled = quota.settled or event.reason == "true_up"
        quota.recalled_t += event.quantity_t
        quota.stop_t += event.entitled_less_t
        if event.owed_t:
            quota.owed[event.reason] = quota.owed.get(event.reason, 0) + event.owed_t
        quota.deducted_t += event.deducted_t

    def _record(self, vintage: int, account: str) -> QuotaRecord:
        return self._state.quotas.setdefault(vintage, {}).setdefault(account, QuotaRecord())

    @staticmethod
    def _issued(quota: QuotaRecord, event: AllowancesPreIssued | AllowancesIssued) -> None:
        quota.issued_t += event.quantity_t
        quota.deducted_t += event.deducted_t


def _lacks_pre_issue(quota: QuotaRecord) -> bool:
    return quota.pre_issued_t is None and not quota.settled and quota.objection != "open"


def _waits(quota: QuotaRecord, today: date) -> RefusalCode | None:
    """Why a quota cannot be settled yet, as a refusal code; None when it can."""
    if quota.settled:
        return SETTLED
    if quota.objection == "open":
        return UNDECIDED
    if quota.approved_t is None or quota.objection_until is None:
        return NOT_APPROVED
    if quota.objection != "decided" and today <= quota.objection_until:
        return WINDOW_OPEN
    return None


def _delta(quota: QuotaRecord, to_deduct_t: int) -> tuple[int, int]:
    """What is still due (below zero: too much was handed out), and what sanctions take of it.

    Sanctions take no more than the free quota; what the pre-issue had taken beyond that is given back.
    """
    entitled_t = max(quota.free_t - quota.stop_t, 0)
    deducted_t = min(to_deduct_t, entitled_t - quota.deducted_t)
    return entitled_t - quota.deducted_t - deducted_t - quota.balance_t, deducted_t


def _basis(rules: VintageRules, kind: str) -> str:
    return rules.rules.new_entrant_pre_issue if kind == "newly_covered" else rules.rules.pre_issue
