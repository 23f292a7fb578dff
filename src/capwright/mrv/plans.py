"""Monitoring plans: filed by the firm, approved or returned by the authority, every version in the log."""

from __future__ import annotations

import hashlib
from typing import NoReturn

import msgspec

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger.room import Request
from capwright.mrv.bounds import check_share
from capwright.mrv.desk import Desk
from capwright.mrv.messages import (
    ApprovePlan,
    FileMonitoringPlan,
    MonitoringPlanFiled,
    PlanApproved,
    PlanReturned,
    ReturnPlan,
)
from capwright.mrv.method import Method
from capwright.mrv.plan import MonitoringPlan, PlanStream
from capwright.mrv.reading import PARTS_ZH
from capwright.mrv.state import PlanVersion

__all__ = ["Plans"]

UNKNOWN_PART = define(
    "CW-5410",
    en="{stream}: the method {method} has no {what} '{name}'.",
    zh="{stream}：核算方法{method}中没有{what_zh}“{name}”。",
    mend_en="Name the stream's component, item and symbols as the method does.",
    mend_zh="排放源的组件、品种与参数须与核算方法一致。",
    rule="GD-2021: the plan follows the method",
)
TWICE = define(
    "CW-5411",
    en="The plan names '{name}' twice.",
    zh="监测计划中“{name}”重复。",
    mend_en="Keep one.",
    mend_zh="请只保留一个。",
    rule="design: one clear message for bad input",
)
EMPTY = define(
    "CW-5412",
    en="The plan has no source stream, or too many ({count}).",
    zh="监测计划没有排放源，或排放源过多（{count}个）。",
    mend_en="Name 1 to 2000 streams.",
    mend_zh="请列出1至2000个排放源。",
    rule="design: bound everything",
)
UNCHANGED = define(
    "CW-5413",
    en="This is version {version} of the plan again: nothing has changed.",
    zh="与第{version}版监测计划相同，没有变化。",
    rule="GD-2021: change log",
)
NO_CHANGE = define(
    "CW-5414",
    en="A new version of the plan must say what has changed and why.",
    zh="新版监测计划须说明变更内容及原因。",
    mend_en="Fill in `change`.",
    mend_zh="请填写变更内容与理由（change）。",
    rule="GD-2021: change log",
)
NOT_WAITING = define(
    "CW-5415",
    en="{account} has no version {version} of a monitoring plan that waits for a decision.",
    zh="{account}没有待决定的第{version}版监测计划。",
    mend_en="Only the latest version that was filed can be approved or returned.",
    mend_zh="仅可批准或退回最新提交的版本。",
    rule="GD-2021: plans are filed and approved",
)

_MOST_STREAMS = 2000


class Plans:
    """Handlers and appliers of monitoring plans."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def file(self, request: Request, command: FileMonitoringPlan) -> list[Event]:
        """File a version."""
        self._desk.firm(command.account)
        plan = command.plan
        check_plan(self._desk.method(plan.method), plan)
        digest = hashlib.sha256(msgspec.json.encode(plan)).hexdigest()
        versions = self._desk.state.plans.get(command.account, [])
        if versions:
            last = versions[-1]
            if last.digest == digest and last.status != "returned":
                refuse(UNCHANGED, version=last.version)
            if not command.change:
                refuse(NO_CHANGE)
        return [
            MonitoringPlanFiled(
                account=command.account,
                version=len(versions) + 1,
                plan=plan,
                digest=digest,
                filed_by=request.actor,
                change=command.change,
            )
        ]

    def approve(self, request: Request, command: ApprovePlan) -> list[Event]:
        """Let a version hold."""
        self._check_waiting(command.account, command.version)
        return [
            PlanApproved(account=command.account, version=command.version, approved_by=request.actor),
        ]

    def send_back(self, request: Request, command: ReturnPlan) -> list[Event]:
        """Return a version to be corrected."""
        self._check_waiting(command.account, command.version)
        check_text("reason", command.reason, MAX_REASON)
        return [
            PlanReturned(
                account=command.account,
                version=command.version,
                reason=command.reason,
                returned_by=request.actor,
            )
        ]

    def _check_waiting(self, account: str, version: int) -> None:
        versions = self._desk.state.plans.get(account, [])
        if not versions or versions[-1].version != version or versions[-1].status != "filed":
            refuse(NOT_WAITING, account=account, version=version)

    # Appliers.

    def filed(self, event: MonitoringPlanFiled, at_ms: int) -> None:
        """Fold the event."""
        versions = self._desk.state.plans.setdefault(event.account, [])
        if versions and versions[-1].status == "filed":
            versions[-1].status, versions[-1].plan = "replaced", None
        on = self._desk.day(at_ms)
        versions.append(PlanVersion(event.version, event.digest, on, event.change, plan=event.plan))

    def approved(self, event: PlanApproved, _at_ms: int) -> None:
        """Fold the event."""
        for version in self._desk.state.plans[event.account]:
            if version.version == event.version:
                version.status = "approved"
            elif version.status == "approved":
                version.status, version.plan = "superseded", None

    def returned(self, event: PlanReturned, _at_ms: int) -> None:
        """Fold the event."""
        last = self._desk.state.plans[event.account][-1]
        last.status, last.plan = "returned", None


def check_plan(method: Method, plan: MonitoringPlan) -> None:
    """Refuse a plan that does not fit its method."""
    check_text("organisation", plan.organisation, MAX_REASON)
    check_text("boundary", plan.boundary, MAX_REASON)
    if not 1 <= len(plan.streams) <= _MOST_STREAMS:
        refuse(EMPTY, count=len(plan.streams))
    _check_once([facility.code for facility in plan.facilities])
    _check_once([stream.code for stream in plan.streams])
    for stream in plan.streams:
        _check_stream(method, stream)


def _check_once(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        check_text("code", name, MAX_ID)
        if name in seen:
            refuse(TWICE, name=name)
        seen.add(name)


def _check_stream(method: Method, stream: PlanStream) -> None:
    component = method.component(stream.component)
    if component is None:
        _refuse_part(method, stream, "component", stream.component)
    if component.table:
        items = component.items or tuple(i.code for i in method.tables[component.table].body.items)
        if stream.item not in items:
            _refuse_part(method, stream, "item", stream.item)
    _check_once([datum.symbol for datum in stream.data])
    for datum in stream.data:
        if component.symbol(datum.symbol) is None:
            _refuse_part(method, stream, "symbol", datum.symbol)
        check_share("accuracy", datum.accuracy)
        check_share("uncertainty", datum.uncertainty)


def _refuse_part(method: Method, stream: PlanStream, what: str, name: str) -> NoReturn:
    refuse(
        UNKNOWN_PART, stream=stream.code, method=method.id, what=what, what_zh=PARTS_ZH[what], name=name[:60]
    )
