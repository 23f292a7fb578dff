"""Emission reports: submitted by the firm, worked out under the published method, corrected, withdrawn."""

from __future__ import annotations

import hashlib
from datetime import date

import msgspec

from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.accounts import Account
from capwright.ledger.room import Request
from capwright.mrv.calculation import Result, compute
from capwright.mrv.desk import Desk
from capwright.mrv.messages import (
    MeasuredValue,
    ReportSubmitted,
    ReportWithdrawn,
    StreamAmount,
    SubmitReport,
    WithdrawReport,
)
from capwright.mrv.method import Method
from capwright.mrv.proofs import check_proofs
from capwright.mrv.records import EmissionReport
from capwright.mrv.source_stream import open_stream
from capwright.mrv.state import Filed, FirmYear
from capwright.scheme.mrv_rules import MrvRules

__all__ = ["Reports", "measured_values"]

OTHER_METHOD = define(
    "CW-5420",
    en="The scheme lets the sector '{sector}' report with {known}, not with {method}.",
    zh="方案规定“{sector}”行业采用{known}报告，不得采用{method}。",
    rule="scheme: mrv.methods",
)
YEAR_NOT_OVER = define(
    "CW-5421",
    en="{year} is not over on {on}.",
    zh="截至{on}，{year}年度尚未结束。",
    mend_en="Report a year when it is over.",
    mend_zh="年度结束后方可报告。",
    rule="a report covers a calendar year",
)
NO_PLAN = define(
    "CW-5422",
    en="{account} has no approved monitoring plan.",
    zh="{account}没有经批准的监测计划。",
    mend_en="File one and have it approved first.",
    mend_zh="请先提交监测计划并获批准。",
    rule="scheme: mrv.plan_required",
)
OTHER_PLAN = define(
    "CW-5423",
    en="Version {version} of the monitoring plan was never approved.",
    zh="第{version}版监测计划未获批准。",
    mend_en="Name the approved version, or leave `plan` at 0.",
    mend_zh="请填写已批准的监测计划版本号（plan），没有的填0。",
    rule="scheme: mrv.plan_required",
)
LATE = define(
    "CW-5424",
    en="The report was due on {due_on}; it is {on}.",
    zh="报告应于{due_on}前提交，现为{on}。",
    mend_en="Submit it marked as late.",
    mend_zh="请注明逾期后提交。",
    rule="scheme: mrv.report_due_on",
)
TOO_LATE = define(
    "CW-5425",
    en="The report was due on {due_on}; the scheme takes no late ones.",
    zh="报告应于{due_on}前提交，方案不受理逾期报告。",
    mend_en="The authority will estimate the emissions.",
    mend_zh="由主管部门测算排放量。",
    rule="scheme: mrv.late_reports",
)
OTHER_FIRM = define(
    "CW-5426",
    en="The report is of '{enterprise}'; the account {account} belongs to {holder}.",
    zh="报告单位为“{enterprise}”，而账户{account}属于{holder}。",
    mend_en="Name the account or its holder as the enterprise.",
    mend_zh="请将账户号码或其持有人填为报告单位。",
    rule="design: a report is of one firm",
)
SAME_REPORT = define(
    "CW-5427",
    en="This is version {version} of the report again: nothing has changed.",
    zh="与第{version}版报告相同，没有变化。",
    rule="design: one clear message for bad input",
)
SETTLED = define(
    "CW-5428",
    en="The emissions of {account} for {year} are verified: the report may not be replaced.",
    zh="{account}的{year}年度排放量已经核查，不得再替换报告。",
    mend_en="Contest the figure, or wait for the review to send it back.",
    mend_zh="可提出异议，或待评议退回后更正。",
    rule="DECREE art. 7",
)
NO_REPORT = define(
    "CW-5429",
    en="{account} has no emission report for {year}.",
    zh="{account}没有{year}年度排放报告。",
    mend_en="It must be submitted first.",
    mend_zh="请先提交报告。",
    rule="DECREE art. 7",
)
VERIFIED = define(
    "CW-5430",
    en="Version {version} of the report is verified and may not be withdrawn.",
    zh="第{version}版报告已经核查，不得撤回。",
    rule="DECREE art. 7",
)
TOO_MUCH = define(
    "CW-5431",
    en="The report comes to {emissions_t} t; {most_t} t is the most that can be recorded.",
    zh="报告合计{emissions_t}吨，可登记上限为{most_t}吨。",
    mend_en="Look at the units of the activity data.",
    mend_zh="请核对活动数据的单位。",
    rule="design: bound everything",
)


class Reports:
    """Handlers and appliers of emission reports."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def submit(self, request: Request, command: SubmitReport) -> list[Event]:
        """Work the report out and take it."""
        desk, report = self._desk, command.report
        account = desk.firm(command.account)
        rules = desk.rules(report.year)
        firm = desk.of(command.account, report.year)
        today = desk.day(request.at_ms)
        self._check_open(account, report, today, firm)
        late = _is_late(rules, firm, today, marked=command.late)
        allowed = rules.methods.get(account.sector, ())
        if allowed and report.method not in allowed:
            refuse(OTHER_METHOD, sector=account.sector, known=", ".join(allowed), method=report.method[:60])
        method = desk.method(report.method)
        check_proofs(report)
        outside = self._outside_plan(account.number, report, rules)
        digest = hashlib.sha256(msgspec.json.encode(report)).hexdigest()
        if firm.current is not None and firm.current.digest == digest:
            refuse(SAME_REPORT, version=firm.current.version)
        result = compute(method, report, switches=frozenset(rules.switches))
        if result.emissions_t > MAX_T:
            refuse(TOO_MUCH, emissions_t=result.emissions_t, most_t=MAX_T)
        return [
            ReportSubmitted(
                account=command.account,
                year=report.year,
                version=len(firm.reports) + 1,
                report=report,
                digest=digest,
                method_digest=result.digest,
                emissions=result.emissions,
                emissions_t=result.emissions_t,
                amounts=_amounts(result),
                submitted_by=request.actor,
                scopes=dict(result.scopes),
                facilities=result.facilities,
                outputs=result.outputs,
                processes=result.processes,
                measured=measured_values(method, report),
                provisional=len(result.provisional),
                outside_plan=outside,
                late=late,
                change=command.change,
            )
        ]

    def _check_open(self, account: Account, report: EmissionReport, today: date, firm: FirmYear) -> None:
        if report.enterprise not in {account.number, account.holder}:
            refuse(
                OTHER_FIRM,
                enterprise=report.enterprise[:60],
                account=account.number,
                holder=account.holder,
            )
        if today.year <= report.year:
            refuse(YEAR_NOT_OVER, year=report.year, on=today.isoformat())
        estimated = firm.approved and firm.entries[-1].basis == "estimated"
        if firm.statement is not None or (firm.approved and not estimated):
            refuse(SETTLED, account=account.number, year=report.year)

    def _outside_plan(self, account: str, report: EmissionReport, rules: MrvRules) -> tuple[str, ...]:
        """Streams that the plan does not have; refuses a report without a plan where one is asked for."""
        versions = self._desk.state.plans.get(account, [])
        held = [one for one in versions if one.status in {"approved", "superseded"}]
        if not held:
            if rules.plan_required:
                refuse(NO_PLAN, account=account)
            return ()
        if report.plan and report.plan not in {one.version for one in held}:
            refuse(OTHER_PLAN, version=report.plan)
        plan = next((one.plan for one in held if one.status == "approved"), None)
        known = {stream.code for stream in plan.streams} if plan is not None else set()
        return tuple(stream.code for stream in report.streams if stream.code not in known)

    def withdraw(self, request: Request, command: WithdrawReport) -> list[Event]:
        """Take the current version back."""
        check_text("reason", command.reason, MAX_REASON)
        firm = self._desk.of(command.account, command.year)
        current = firm.current
        if current is None:
            refuse(NO_REPORT, account=command.account, year=command.year)
        if firm.approved or any(one.version == current.version for one in firm.statements):
            refuse(VERIFIED, version=current.version)
        return [
            ReportWithdrawn(
                account=command.account,
                year=command.year,
                version=current.version,
                reason=command.reason,
                withdrawn_by=request.actor,
            )
        ]

    # Appliers.

    def submitted(self, event: ReportSubmitted, at_ms: int) -> None:
        """Fold the event."""
        self._desk.open(event.account, event.year).reports.append(
            Filed(
                version=event.version,
                digest=event.digest,
                method=event.report.method,
                emissions=event.emissions,
                emissions_t=event.emissions_t,
                on=self._desk.day(at_ms),
                amounts={one.stream: one.emissions for one in event.amounts if one.counted},
                processes=event.processes,
                measured=event.measured,
                late=event.late,
            )
        )

    def withdrawn(self, event: ReportWithdrawn, _at_ms: int) -> None:
        """Fold the event."""
        for filed in self._desk.open(event.account, event.year).reports:
            if filed.version == event.version:
                filed.withdrawn = True


def _is_late(rules: MrvRules, firm: FirmYear, today: date, *, marked: bool) -> bool:
    """Whether the report counts as late: a correction is as late as the version that it corrects."""
    if firm.current is not None:
        return firm.current.late
    due = rules.report_due_on
    if due is None or today <= due:
        return False
    if rules.late_reports == "refused":
        refuse(TOO_LATE, due_on=due.isoformat())
    if not marked:
        refuse(LATE, due_on=due.isoformat(), on=today.isoformat())
    return True


def _amounts(result: Result) -> tuple[StreamAmount, ...]:
    return tuple(
        StreamAmount(
            stream=found.stream,
            component=found.component,
            emissions=found.emissions,
            scope=found.scope,
            facility=found.facility,
            counted=found.counted,
        )
        for found in result.streams
    )


def measured_values(method: Method, report: EmissionReport) -> tuple[MeasuredValue, ...]:
    """The year's value of every property that the firm measured, in the method's unit.

    Monthly figures give their weighted mean; a property without the weight that its mean needs is left out.
    """
    found = []
    for stream in report.streams:
        scoped = open_stream(method, report, stream)
        for datum in stream.data:
            symbol = scoped.component.symbol(datum.symbol)
            if symbol is None or symbol.role != "property" or datum.obtained != "measured":
                continue
            try:
                given = scoped.of_year()[datum.symbol]
            except Refused:
                continue
            found.append(
                MeasuredValue(
                    stream=stream.code,
                    component=stream.component,
                    symbol=datum.symbol,
                    value=given.value,
                    unit=given.unit,
                    item=stream.item,
                    facility=stream.facility,
                )
            )
    return tuple(found)
