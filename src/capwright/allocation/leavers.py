"""Enterprises that leave for the national market: recall, freeze, release by parts, special units.

The holding frozen is every allowance of the account, of any vintage, in the free and in the vintages'
frozen buckets; which units were once free and which were bought cannot be told apart in a series. Parts are
freed from the oldest vintage on. Both are documented defaults; no source says.
"""

from __future__ import annotations

from capwright.allocation.desk import NOT_COVERED, Desk
from capwright.allocation.exits import exit_plan, recall_pre_issued
from capwright.allocation.leaver_messages import (
    ConvertToSpecial,
    ExitConverted,
    ExitPartReleased,
    FreezeLeaver,
    LeaverFrozen,
    NationalDeductionNoted,
    PreIssuedRecalled,
    RecallPreIssued,
    ReleaseExitPart,
)
from capwright.allocation.state import Exit
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.accounts import Series, series_id
from capwright.ledger.book import Draft
from capwright.ledger.messages import SeriesOpened, UnitIssue
from capwright.ledger.place import EXIT_BUCKET, bucket_of, frozen
from capwright.ledger.room import Request
from capwright.scheme.allocation_rules import ExitRules

__all__ = ["Leavers"]

NO_EXIT_RULES = define(
    "CW-5150",
    en="The scheme {scheme} has no rule for this with leavers.",
    zh="方案{scheme}没有此项转出规则。",
    rule="allocation.exits of the scheme",
)
WRONG_SECTOR = define(
    "CW-5151",
    en="The sector '{sector}' of {account} does not leave under the scheme {scheme}.",
    zh="{account}所属行业“{sector}”不在方案{scheme}的转出范围内。",
    mend_en="Captive plants of other sectors leave too: say so.",
    mend_zh="其他行业的自备电厂也可转出，请注明。",
    rule="allocation.exits.sectors of the scheme",
)
STILL_FROZEN = define(
    "CW-5152",
    en="{account} has a frozen exit holding already.",
    zh="{account}已有被冻结的转出配额。",
    mend_en="Recall pre-issued quota before the freeze; freeze once.",
    mend_zh="应先收回预发配额再冻结，且只冻结一次。",
    rule="GZETS 2022-01-06, 2024-01-12",
)
NOTHING_HELD = define(
    "CW-5153",
    en="{account} holds no allowances for this.",
    zh="{account}没有可供办理的配额。",
    rule="GZETS 2022-01-06, 2025-05-12",
)
NO_LEAVER = define(
    "CW-5154",
    en="{account} has no exit holding.",
    zh="{account}没有转出冻结配额。",
    mend_en="Freeze it first.",
    mend_zh="请先冻结。",
    rule="GZETS 2022-01-06",
)
NOT_DUE = define(
    "CW-5155",
    en="No part of the exit holding of {account} is freed with vintage {vintage}; the next is {next}.",
    zh="{account}的转出配额在{vintage}年度没有应解冻的部分；下一期为{next}。",
    mend_en="Parts are freed in their order, each with the plan of its vintage.",
    mend_zh="须按期次、随相应年度方案解冻。",
    rule="GZETS 2022-01-06, 2022-12-05, 2024-01-12, 2025-05-12",
)
CONVERT_FIRST = define(
    "CW-5156",
    en="The exit holding of {account} must be turned into {kind} first, and can be once only.",
    zh="{account}的转出配额须先转换为{kind}，且只能转换一次。",
    rule="GZETS 2025-05-12",
)
NO_PRE_ISSUE = define(
    "CW-5157",
    en="{account} has no pre-issued quota of {vintage} that could be recalled.",
    zh="{account}没有可收回的{vintage}年度预发配额。",
    rule="GZETS 2024-01-12",
)


class Leavers:
    """Handlers and appliers of exits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state
        self._book = desk.book

    def _rules(self, vintage: int) -> tuple[str, ExitRules]:
        rules = self._desk.rules(vintage)
        if rules.rules.exits is None:
            refuse(NO_EXIT_RULES, scheme=rules.scheme)
        return rules.scheme, rules.rules.exits

    # Pre-issued quota.

    def recall_pre_issued(self, _request: Request, command: RecallPreIssued) -> list[Event]:
        """Take back what is there; the rest is deducted nationally."""
        desk, account, vintage = self._desk, command.account, command.vintage
        desk.account(account)
        scheme, rules = self._rules(vintage)
        if not rules.recall_pre_issued:
            refuse(NO_EXIT_RULES, scheme=scheme)
        quota = desk.quota(vintage, account)
        if quota is None or quota.pre_issued_t is None or quota.settled or quota.balance_t <= 0:
            refuse(NO_PRE_ISSUE, account=account, vintage=vintage)
        left = self._state.left_from.get(account)
        if left is not None and left <= vintage:
            refuse(NOT_COVERED, account=account, vintage=vintage)
        if self._frozen_t(account):
            refuse(STILL_FROZEN, account=account)
        target = desk.government("allocation")
        taken_t, units = desk.take_back(Draft(self._book), account, vintage, target, quota.balance_t)
        settled = recall_pre_issued(quota.balance_t, taken_t)
        events: list[Event] = [
            PreIssuedRecalled(
                account=account,
                vintage=vintage,
                pre_issued_t=settled.pre_issued_t,
                quantity_t=settled.returned_t,
                units=units,
            )
        ]
        if settled.national_deduction_t:
            deduction_t = settled.national_deduction_t
            events.append(NationalDeductionNoted(account=account, vintage=vintage, quantity_t=deduction_t))
        return events

    # Freezing and turning into special units.

    def freeze(self, _request: Request, command: FreezeLeaver) -> list[Event]:
        """Freeze the whole holding and plan its release."""
        desk, number, vintage = self._desk, command.account, command.vintage
        account = desk.account(number)
        scheme, rules = self._rules(vintage)
        if account.sector and account.sector not in rules.sectors and not command.captive_plant:
            refuse(WRONG_SECTOR, account=number, sector=account.sector, scheme=scheme)
        if self._frozen_t(number):
            refuse(STILL_FROZEN, account=number)
        places = [where for where in self._book.places_of(number) if _freezable(where)]
        there, draft = frozen(number, EXIT_BUCKET), Draft(self._book)
        total_t = 0
        for where, series in desk.holdings(vintage, *places):
            quantity_t = self._book.balance_t(where, series.id)
            draft.take(where, there, series.id, quantity_t)
            total_t += quantity_t
        if not total_t:
            refuse(NOTHING_HELD, account=number)
        plan = exit_plan(rules, total_t, captive_plant=command.captive_plant)
        return [
            LeaverFrozen(
                account=number,
                vintage=vintage,
                quantity_t=total_t,
                captive_plant=command.captive_plant,
                parts=plan.parts,
                held_t=plan.held_t,
                kind=plan.kind,
                units=tuple(draft.units),
            )
        ]

    def convert(self, _request: Request, command: ConvertToSpecial) -> list[Event]:
        """Cancel what is frozen and issue special units for it; the plan starts afresh from their number."""
        desk, account, vintage = self._desk, command.account, command.vintage
        desk.account(account)
        scheme, rules = self._rules(vintage)
        if not rules.special_kind:
            refuse(NO_EXIT_RULES, scheme=scheme)
        leaver = self._exit(account)
        if leaver.series:
            refuse(CONVERT_FIRST, account=account, kind=rules.special_kind)
        there, target = frozen(account, EXIT_BUCKET), desk.government("cancellation")
        draft, total_t = Draft(self._book), 0
        for where, held in desk.holdings(vintage, there):
            quantity_t = self._book.balance_t(where, held.id)
            draft.take(where, target, held.id, quantity_t)
            total_t += quantity_t
        if not total_t:
            refuse(NOTHING_HELD, account=account)
        plan = exit_plan(rules, total_t, captive_plant=leaver.captive_plant)
        name = series_id(rules.special_kind, vintage)
        series = self._book.state.series.get(name)
        begin_t = series.issued_t if series is not None else 0
        events: list[Event] = []
        if series is None:
            events.append(SeriesOpened(Series(name, rules.special_kind, vintage)))
        events.append(
            ExitConverted(
                account=account,
                vintage=vintage,
                series=name,
                quantity_t=total_t,
                parts=plan.parts,
                held_t=plan.held_t,
                issues=(UnitIssue(name, begin_t + 1, begin_t + total_t, there),),
                units=tuple(draft.units),
            )
        )
        return events

    # Releasing.

    def release(self, _request: Request, command: ReleaseExitPart) -> list[Event]:
        """Free the next part, or what is left of it."""
        account = command.account
        self._desk.account(account)
        leaver = self._exit(account)
        if leaver.kind and not leaver.series:
            refuse(CONVERT_FIRST, account=account, kind=leaver.kind)
        part = leaver.parts[leaver.released] if leaver.released < len(leaver.parts) else None
        if part is None or part.vintage not in (None, command.vintage):
            after = "-" if part is None else str(part.vintage)
            refuse(NOT_DUE, account=account, vintage=command.vintage, next=after)
        there, draft, left_t = frozen(account, EXIT_BUCKET), Draft(self._book), part.quantity_t
        for series in self._exit_series(leaver, there):
            quantity_t = min(left_t, self._book.balance_t(there, series))
            if quantity_t:
                draft.take(there, account, series, quantity_t)
                left_t -= quantity_t
        if left_t == part.quantity_t and left_t:
            refuse(NOTHING_HELD, account=account)
        return [
            ExitPartReleased(
                account=account,
                vintage=command.vintage,
                part=leaver.released + 1,
                quantity_t=part.quantity_t - left_t,
                units=tuple(draft.units),
            )
        ]

    def _exit_series(self, leaver: Exit, there: str) -> list[str]:
        if leaver.series:
            return [leaver.series]
        return [series.id for _, series in self._desk.holdings(leaver.vintage, there)]

    def _exit(self, account: str) -> Exit:
        leaver = self._state.exits.get(account)
        if leaver is None:
            refuse(NO_LEAVER, account=account)
        return leaver

    def _frozen_t(self, account: str) -> int:
        """What lies in the exit bucket."""
        return sum(self._book.at(frozen(account, EXIT_BUCKET)).values())

    # Appliers.

    def pre_issued_recalled(self, event: PreIssuedRecalled, _at_ms: int) -> None:
        """Fold the event."""
        quota = self._state.quotas[event.vintage][event.account]
        quota.recalled_t += event.quantity_t
        self._leaves(event.account, event.vintage)

    def deduction_noted(self, event: NationalDeductionNoted, _at_ms: int) -> None:
        """Fold the event."""
        self._state.national.setdefault(event.account, {})[event.vintage] = event.quantity_t

    def frozen(self, event: LeaverFrozen, _at_ms: int) -> None:
        """Fold the event."""
        self._state.exits[event.account] = Exit(event.vintage, event.captive_plant, event.parts, event.kind)
        self._leaves(event.account, event.vintage)

    def _leaves(self, account: str, vintage: int) -> None:
        self._state.left_from[account] = min(vintage, self._state.left_from.get(account, vintage))

    def converted(self, event: ExitConverted, _at_ms: int) -> None:
        """Fold the event."""
        leaver = self._state.exits[event.account]
        leaver.series, leaver.parts, leaver.released = event.series, event.parts, 0

    def released(self, event: ExitPartReleased, _at_ms: int) -> None:
        """Fold the event."""
        self._state.exits[event.account].released = event.part


def _freezable(where: str) -> bool:
    """The free place and the vintages' frozen ones; not what is promised or frozen for another reason."""
    kind, _, reason = bucket_of(where).partition(":")
    return not kind or (kind == "frozen" and reason.isdecimal())
