"""Recalls after a closure or a stop, and of what earlier recalls did not find.

Units recalled for a stop are cancelled (RULE-2015-MGMT art. 14-15); the excess of a true-up goes back to
the allocation account.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from capwright.allocation.desk import Desk
from capwright.allocation.enterprise import allocate_enterprise
from capwright.allocation.handout import NOT_APPROVED
from capwright.allocation.messages import (
    AllowancesRecalled,
    OwedRecalled,
    RecallForStop,
    RecallOwed,
    RecallReason,
)
from capwright.allocation.records import check_months, enterprise_of, with_row
from capwright.allocation.working import floor_of
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.book import Draft
from capwright.ledger.room import Request

__all__ = ["TakeBack"]

NO_RECALL = define(
    "CW-5130",
    en="No rule of the scheme recalls quota of {account} for {vintage} on these figures.",
    zh="按所给情况，方案没有收回{account}{vintage}年度配额的规定。",
    mend_en="A closure, or a stop longer than the scheme allows, with abnormal months, is needed.",
    mend_zh="须有关停，或停产超过方案规定的时间，且有非正常生产月份。",
    rule="DECREE art. 16; RULE-2015-MGMT art. 14-15; GZETS 2016-02-19",
)
STOP_RECALLED = define(
    "CW-5131",
    en="The recall of {account} for its stop in {vintage} was made before.",
    zh="{account}{vintage}年度停产配额已经收回。",
    rule="design: nothing is recalled twice",
)
NOTHING_OWED = define(
    "CW-5132",
    en="{account} owes {owed_t} t of {vintage}; {quantity_t} t were asked for.",
    zh="{account}尚欠{vintage}年度配额{owed_t}吨，要求收回{quantity_t}吨。",
    rule="GZETS 2017-02-23 … 2024-03-22",
)
NOTHING_THERE = define(
    "CW-5133",
    en="{account} holds {available_t} t of {series}; {quantity_t} t cannot be recalled now.",
    zh="{account}持有{series}{available_t}吨，目前无法收回{quantity_t}吨。",
    mend_en="Recall again when it holds some.",
    mend_zh="待其持有后再收回。",
    rule="design: a balance is never below zero",
)

# Where recalled units go, in the order in which debts are called in.
_TARGETS: Final[dict[RecallReason, str]] = {"true_up": "allocation", "stop": "cancellation"}


class TakeBack:
    """Handlers and appliers of recalls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state

    def for_stop(self, _request: Request, command: RecallForStop) -> list[Event]:
        """Recall by the scheme's rules what belongs to abnormal months; never more than was handed out."""
        desk, account, vintage = self._desk, command.account, command.vintage
        desk.account(account)
        quota = desk.quota(vintage, account)
        if quota is None or quota.approved_t is None:
            refuse(NOT_APPROVED, account=account, vintage=vintage)
        if quota.stop_t:
            refuse(STOP_RECALLED, account=account, vintage=vintage)
        due_t, steps = self._due(command, quota.free_t)
        if not due_t:
            refuse(NO_RECALL, account=account, vintage=vintage)
        target, draft = desk.government(_TARGETS["stop"]), Draft(desk.book)
        handed_t = min(due_t, max(quota.balance_t, 0))
        taken_t, units = desk.take_back(draft, account, vintage, target, handed_t)
        return [
            AllowancesRecalled(
                account=account,
                vintage=vintage,
                reason="stop",
                quantity_t=taken_t,
                owed_t=handed_t - taken_t,
                entitled_less_t=due_t,
                steps=steps,
                units=units,
            )
        ]

    def _due(self, command: RecallForStop, free_t: int) -> tuple[int, tuple[str, ...]]:
        """What the rules recall, scaled where an objection changed the free quota from the computed one."""
        rules = self._desk.rules(command.vintage)
        check_months(command.abnormal_months)
        check_months(command.stopped_months)
        changes: dict[str, Any] = {
            name: value
            for name in ("abnormal_months", "stopped_months", "closed")
            if (value := getattr(command, name)) is not None
        }
        enterprise = with_row(
            enterprise_of(self._state, rules, command.account), command.vintage, pre_issued_t=0
        )
        if changes:
            enterprise = with_row(enterprise, command.vintage, command.process, **changes)
        outcome = allocate_enterprise(rules, enterprise)
        if outcome.recall is None or outcome.quota is None or not outcome.quota.free_t:
            refuse(NO_RECALL, account=command.account, vintage=command.vintage)
        due_t = outcome.recall.quantity_t
        steps = [f"{outcome.recall.formula}; {outcome.recall.numbers}"]
        if free_t != outcome.quota.free_t:
            due_t = floor_of(Fraction(due_t) * free_t / outcome.quota.free_t)
            steps.append(f"× {free_t} / {outcome.quota.free_t} = {due_t}")
        return due_t, tuple(steps)

    def owed(self, _request: Request, command: RecallOwed) -> list[Event]:
        """Call in what is owed of a vintage."""
        desk, account, vintage = self._desk, command.account, command.vintage
        desk.account(account)
        quota = desk.quota(vintage, account)
        owed = quota.owed if quota is not None else {}
        owed_t = sum(owed.values())
        series = desk.series(vintage)
        wanted_t = command.quantity_t or owed_t
        if not 0 < wanted_t <= owed_t:
            refuse(NOTHING_OWED, account=account, vintage=vintage, owed_t=owed_t, quantity_t=wanted_t)
        draft, events, left_t = Draft(desk.book), list[Event](), wanted_t
        for reason, code in _TARGETS.items():
            part_t = min(left_t, owed.get(reason, 0))
            if not part_t:
                continue
            taken_t, units = desk.take_back(draft, account, vintage, desk.government(code), part_t)
            left_t -= taken_t
            if taken_t:
                events.append(
                    OwedRecalled(
                        account=account,
                        vintage=vintage,
                        reason=reason,
                        quantity_t=taken_t,
                        owed_t=owed[reason] - taken_t,
                        units=units,
                    )
                )
        if not events or (command.quantity_t and left_t):
            refuse(
                NOTHING_THERE,
                account=account,
                series=series,
                available_t=wanted_t - left_t,
                quantity_t=wanted_t,
            )
        return events

    def owed_recalled(self, event: OwedRecalled, _at_ms: int) -> None:
        """Fold the event."""
        quota = self._state.quotas[event.vintage][event.account]
        quota.recalled_t += event.quantity_t
        if event.owed_t:
            quota.owed[event.reason] = event.owed_t
        else:
            del quota.owed[event.reason]
