"""Approval of quota, and the objections to it."""

from __future__ import annotations

from fractions import Fraction

from capwright.allocation.desk import Desk, steps_text
from capwright.allocation.enterprise import allocate_enterprise
from capwright.allocation.handout import NOT_APPROVED, NOTHING_DUE, SETTLED
from capwright.allocation.issue import Quota, objection_until
from capwright.allocation.messages import (
    ApproveQuota,
    DecideObjection,
    ObjectionDecided,
    ObjectToQuota,
    QuotaApproved,
    QuotaObjected,
)
from capwright.allocation.records import enterprise_of, with_row
from capwright.allocation.state import QuotaRecord
from capwright.allocation.vintage import VintageRules
from capwright.allocation.working import floor_of
from capwright.kernel.message import Event
from capwright.kernel.quantity import BAD_TONNES, MAX_T
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.room import Request

__all__ = ["Approval"]

APPROVED = define(
    "CW-5120",
    en="The quota of {account} for {vintage} is approved already.",
    zh="{account}的{vintage}年度配额已经核定。",
    mend_en="It only changes by an objection.",
    mend_zh="仅可通过异议复核调整。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
NOT_COMPLETE = define(
    "CW-5121",
    en="The figures of {account} for {vintage} are not complete: a process lacks the vintage's output.",
    zh="{account}的{vintage}年度数据不完整：有工序缺少当年度产量。",
    mend_en="Record the vintage's figures of every process; a process that stood still has activity 0.",
    mend_zh="请录入每道工序的当年度数据；停产工序产量填0。",
    rule="allocation.processes of the scheme",
)
TOO_LATE = define(
    "CW-5122",
    en="Objections of {account} to its quota of {vintage} were possible until {until}.",
    zh="{account}对{vintage}年度配额的异议期限为{until}。",
    rule="GZETS 2017-02-23 … 2024-03-22: review within five working days",
)
OBJECTED = define(
    "CW-5123",
    en="{account} has objected to its quota of {vintage} before.",
    zh="{account}已就{vintage}年度配额提出过异议。",
    mend_en="One objection is possible, and its decision is final.",
    mend_zh="异议只能提出一次，复核决定为最终决定。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
NO_OBJECTION = define(
    "CW-5124",
    en="No objection of {account} to its quota of {vintage} is open.",
    zh="{account}对{vintage}年度配额没有待处理的异议。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
SAY_FREE = define(
    "CW-5125",
    en="The processes of {account} have different free shares: the free part must be given.",
    zh="{account}各工序的免费比例不同，须同时给出免费配额。",
    mend_en="Give free_t, at most {approved_t}.",
    mend_zh="请填写 free_t，不超过{approved_t}。",
    rule="coverage.sectors of the scheme",
)
FREE_ABOVE = define(
    "CW-5126",
    en="The free part of {free_t} t is more than the quota of {approved_t} t.",
    zh="免费配额{free_t}吨超过核定配额{approved_t}吨。",
    rule="coverage.sectors of the scheme",
)


class Approval:
    """Handlers and appliers of approvals and objections."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state

    def approve(self, request: Request, command: ApproveQuota) -> list[Event]:
        """Work out the quota of every account named, or of everyone not approved yet."""
        desk, vintage = self._desk, command.vintage
        rules = desk.rules(vintage)
        desk.distinct(command.accounts)
        accounts = command.accounts or self._awaiting(vintage)
        if not accounts:
            refuse(NOTHING_DUE, vintage=vintage)
        calendar = desk.rulebook.vintage(vintage).administration
        until = objection_until(desk.today(request.at_ms), rules.rules.objection_working_days, calendar)
        events: list[Event] = []
        for account in accounts:
            known = self._check(account, vintage)
            pre_issued_t = known.pre_issued_t or 0
            quota = self.quota_of(rules, account)
            events.append(
                QuotaApproved(
                    account=account,
                    vintage=vintage,
                    approved_t=quota.approved_t,
                    free_t=quota.free_t,
                    paid_t=quota.paid_t,
                    pre_issued_t=pre_issued_t,
                    difference_t=quota.free_t - pre_issued_t,
                    objection_until=until,
                    steps=steps_text(quota),
                )
            )
        return events

    def _awaiting(self, vintage: int) -> tuple[str, ...]:
        known = self._state.quotas.get(vintage, {})
        return tuple(
            number
            for number in self._desk.everyone(vintage)
            if number not in known or known[number].approved_t is None
        )

    def _check(self, number: str, vintage: int) -> QuotaRecord:
        account = self._desk.account(number)
        quota = self._desk.quota(vintage, number) or QuotaRecord()
        if quota.approved_t is not None:
            refuse(APPROVED, account=number, vintage=vintage)
        self._desk.check_covered(account, vintage)
        return quota

    def quota_of(self, rules: VintageRules, account: str) -> Quota:
        """The quota by the recorded figures; refuses where they do not suffice."""
        enterprise = with_row(enterprise_of(self._state, rules, account), rules.vintage, pre_issued_t=0)
        quota = allocate_enterprise(rules, enterprise).quota
        if quota is None:
            refuse(NOT_COMPLETE, account=account, vintage=rules.vintage)
        return quota

    def object(self, request: Request, command: ObjectToQuota) -> list[Event]:
        """Take an objection in time."""
        check_text("reason", command.reason, MAX_REASON, least=0)
        quota = self._approved(command.account, command.vintage)
        where: dict[str, str | int] = {"account": command.account, "vintage": command.vintage}
        if quota.objection:
            refuse(OBJECTED, **where)
        assert quota.objection_until is not None, "approved without a term"
        if self._desk.today(request.at_ms) > quota.objection_until:
            refuse(TOO_LATE, **where, until=str(quota.objection_until))
        return [QuotaObjected(account=command.account, vintage=command.vintage, reason=command.reason)]

    def decide(self, _request: Request, command: DecideObjection) -> list[Event]:
        """Set the quota that holds from now on."""
        check_text("reason", command.reason, MAX_REASON, least=0)
        quota = self._approved(command.account, command.vintage)
        if quota.objection != "open":
            refuse(NO_OBJECTION, account=command.account, vintage=command.vintage)
        for quantity_t in (command.approved_t, command.free_t or 0):
            if not 0 <= quantity_t <= MAX_T:
                refuse(BAD_TONNES, text=str(quantity_t)[:40], least=0)
        free_t = self._free_t(command, quota)
        if free_t > command.approved_t:
            refuse(FREE_ABOVE, free_t=free_t, approved_t=command.approved_t)
        return [
            ObjectionDecided(
                account=command.account,
                vintage=command.vintage,
                approved_t=command.approved_t,
                free_t=free_t,
                paid_t=command.approved_t - free_t,
                difference_t=free_t - (quota.pre_issued_t or 0),
                reason=command.reason,
            )
        ]

    def _free_t(self, command: DecideObjection, quota: QuotaRecord) -> int:
        """The free part of the decided quota: given, unchanged, or by the one free share there is."""
        if command.free_t is not None:
            return command.free_t
        if command.approved_t == quota.approved_t:
            return quota.free_t
        rules = self._desk.rules(command.vintage)
        enterprise = enterprise_of(self._state, rules, command.account)
        shares = [rules.free_share(rules.processes[data.process]).value for data in enterprise.processes]
        if any(share != shares[0] for share in shares):
            refuse(SAY_FREE, account=command.account, approved_t=command.approved_t)
        return floor_of(Fraction(command.approved_t) * shares[0])

    def _approved(self, account: str, vintage: int) -> QuotaRecord:
        quota = self._desk.quota(vintage, account)
        if quota is None or quota.approved_t is None:
            refuse(NOT_APPROVED, account=account, vintage=vintage)
        if quota.settled:
            refuse(SETTLED, account=account, vintage=vintage)
        return quota

    # Appliers.

    def approved(self, event: QuotaApproved, _at_ms: int) -> None:
        """Fold the event."""
        quotas = self._state.quotas.setdefault(event.vintage, {})
        quota = quotas.setdefault(event.account, QuotaRecord())
        quota.objection_until = event.objection_until
        self._set(quota, event)

    def objected(self, event: QuotaObjected, _at_ms: int) -> None:
        """Fold the event."""
        self._state.quotas[event.vintage][event.account].objection = "open"

    def decided(self, event: ObjectionDecided, _at_ms: int) -> None:
        """Fold the event."""
        quota = self._state.quotas[event.vintage][event.account]
        quota.objection = "decided"
        self._set(quota, event)

    @staticmethod
    def _set(quota: QuotaRecord, event: QuotaApproved | ObjectionDecided) -> None:
        quota.approved_t, quota.free_t, quota.paid_t = event.approved_t, event.free_t, event.paid_t
