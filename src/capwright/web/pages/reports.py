"""Emission reports of a firm: its years, what each waits for, what the verifier asks, what was approved."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from capwright.compliance.room import ComplianceRoom
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.mrv import figure_messages as f
from capwright.mrv import messages as m
from capwright.mrv import oversight_messages as o
from capwright.mrv.calculation import compute
from capwright.mrv.plan import MonitoringPlan
from capwright.mrv.quality.checking import check
from capwright.mrv.room import MrvRoom
from capwright.projection import filed_reports, reporting
from capwright.projection.inspection_order import place_of
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.numbers import tonnes, whole
from capwright.web.plan_draft import draft_of
from capwright.web.refusals import unreadable
from capwright.web.report_files import download, published, size_checked
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from capwright.kernel.message import Command
    from capwright.market import Market
    from capwright.mrv.method import Method
    from capwright.mrv.records import EmissionReport

__all__ = ["opened", "urls", "worked_out"]

PLAN_BYTES: Final = 1_000_000


def opened(request: HttpRequest, number: str, year: int = 0) -> dict[str, Any]:
    """What every page about a firm's reports shows; 404 for whoever may not read them.

    A verifier's people read the years that the verifier has, or had, a mandate for.
    """
    who = viewer(request)
    with host().look() as market:
        account = market.book.state.accounts.get(number)
        firm = room_of(market.rooms, MrvRoom).state.years.get(number, {}).get(year)
    mandates = {one.verifier for one in firm.assignments} if firm is not None else set()
    verifies = not mandates.isdisjoint(who.verifiers)
    if account is None or not (who.may_read(number) or verifies):
        raise Http404
    return {
        "number": number,
        "account": account,
        "may_act": "initiate" in who.accounts.get(number, ()),
        "verifies": verifies,
        "command_id": new_id(),
    }


@login_required
def listing(request: HttpRequest, number: str) -> HttpResponse:
    """A firm's years, its monitoring plan, and the ways to file."""
    shown = opened(request, number)
    with host().look() as market:
        years = reporting.years_of(market, number)
        plans = reporting.plans_of(market, number)
        sector = shown["account"].sector
        year = _next_year(market, years)
        methods = reporting.methods_for(market, sector, year)
        rules = reporting.rules_of(market, year)
        due = rules.report_due_on if rules is not None else None
    held = next((one for one in plans if one.status == "approved"), None)
    more = {
        "years": years,
        "plans": plans,
        "held": held,
        "methods": methods,
        "method": held.method if held is not None and held.method in methods else "",
        "next_year": year,
        "due": due,
    }
    return render(request, "reports/listing.html", {**shown, **more})


def _next_year(market: Market, years: list[reporting.YearView]) -> int:
    """The year that a report is filed for now: the latest one that has rules of its own."""
    open_years = [one.year for one in years if one.stage in {"missing", "unassigned", "verification"}]
    return max([reporting.filing_year(market), *open_years])


# One year.


@login_required
def report(request: HttpRequest, number: str, year: int) -> HttpResponse:
    """A firm's year: the report, what came of it, what the verifier asks; as a file with `?format=`."""
    shown = opened(request, number, year)
    if request.method == "POST":
        try:
            command = _asked(request, number, year)
        except msgspec.ValidationError as why:
            unreadable("form", str(why), field_zh="表单")
        if command is None:
            raise PermissionDenied
        send(request, command)
        return redirect("report", number, year)
    record = filed_reports.record_of(host().views, host().settings.db, number, year)
    versions = filed_reports.steps_of(record, m.ReportSubmitted)
    version = whole(request.GET.get("version"))
    filed = next((event for _, event in reversed(versions) if version in {0, event.version}), None)
    with host().look() as market:
        view = reporting.year_of(market, number, year)
        duty = room_of(market.rooms, ComplianceRoom).state.duties.get(number, {}).get(year)
        owed_t, surrendered_t = (duty.owed_t, duty.surrendered_t) if duty is not None else (None, 0)
    if view is None:
        raise Http404
    told = worked_out(filed.report, year) if filed is not None else {}
    kind = request.GET.get("format", "")
    if kind and filed is not None:
        return download(request, kind, filed.report, told)
    shown |= {
        "year": year,
        "view": view,
        "filed": filed,
        "versions": [(step, event) for step, event in reversed(versions)],
        "record": [(step, type(step.event).__name__) for step in reversed(record)],
        "findings": findings_of(record),
        "statements": filed_reports.steps_of(record, m.VerificationStated)[::-1],
        "reviews": filed_reports.steps_of(record, f.ReviewRecorded)[::-1],
        "contests": filed_reports.steps_of(record, f.FigureContested)[::-1],
        "owed_t": owed_t,
        "surrendered_t": surrendered_t,
        "steps": _steps(view),
        **told,
        **_doable(request, view, may_act=shown["may_act"]),
    }
    return render(request, "reports/report.html", shown)


def worked_out(report: EmissionReport, year: int) -> dict[str, Any]:
    """What a report comes to, how, and what wants an explanation; or why it cannot be worked out."""
    try:
        with host().look() as market:
            method = reporting.method_of(market, report.method)
            rules = reporting.rules_of(market, year)
            switches = frozenset(rules.switches if rules is not None else ())
        result = compute(method, report, switches=switches)
    except Refused as no:
        return {"report": report, "result": None, "fault": no, "names": {}, "outputs": {}}
    most = max((abs(one.emissions) for one in result.streams), default=0)
    return {
        "report": report,
        "method": method,
        "result": result,
        "most": most,
        "quality": check(method, report, switches=switches),
        "names": {one.code: one for one in method.body.components},
        "outputs": {one.code: one for one in method.body.outputs},
        "items": _items(method),
    }


def _items(method: Method) -> dict[str, Any]:
    """What streams burn and use, by code, with names in both languages."""
    return {one.code: one for table in method.tables.values() for one in table.body.items}


def findings_of(record: list[filed_reports.Step]) -> list[dict[str, Any]]:
    """Findings of verifiers with their texts, answers and ends, the unsettled ones first."""
    found: dict[str, dict[str, Any]] = {}
    for step in record:
        event = step.event
        if isinstance(event, m.FindingReported):
            found[event.finding_id] = {
                "id": event.finding_id, "step": step, "finding": event, "status": "open", "answers": [],
                "end": None,
            }  # fmt: skip
        elif isinstance(event, m.FindingAnswered):
            found[event.finding_id]["answers"].append((step, event))
            found[event.finding_id]["status"] = "answered"
        elif isinstance(event, m.FindingClosed):
            found[event.finding_id] |= {"status": event.outcome, "end": (step, event)}
    return sorted(found.values(), key=lambda one: one["end"] is not None)


_LADDER: Final = (
    ("filed", "Report filed", "提交报告"),
    ("assigned", "Verifier assigned", "指派核查"),
    ("verified", "Verified", "核查结论"),
    ("reviewed", "Reviewed", "评议通过"),
    ("approved", "Approved", "核定"),
)
_REACHED: Final = {
    "missing": 0, "unassigned": 1, "verification": 2, "review": 3, "recheck": 2, "contested": 2, "approve": 4,
    "approved": 5,
}  # fmt: skip


def _steps(view: reporting.YearView) -> list[tuple[str, str, bool, bool]]:
    """The way of a report: words, and whether it is behind or now."""
    reached = _REACHED[view.stage]
    return [(en, zh, n < reached, n == reached) for n, (_, en, zh) in enumerate(_LADDER)]


def _doable(request: HttpRequest, view: reporting.YearView, *, may_act: bool) -> dict[str, Any]:
    """What the person may do about the year now, as the market itself sees it."""
    who, lang = viewer(request), lang_of(request)
    account, year = view.account, view.year
    doable: dict[str, Any] = {}
    if may_act:
        for name, command in (
            ("may_contest", f.ContestFigure(account, year, "try")),
            ("may_withdraw", m.WithdrawReport(account, year, "try")),
        ):
            doable[name] = not host().refusal_of(command, who.person, lang)["code"]
    if who.has("authority"):
        with host().look() as market:
            choices = reporting.verifier_choices(market, account, year, who.person, host().clock())
            firm = room_of(market.rooms, MrvRoom).state.years[account][year]
            doable["purpose"] = reporting.purpose_due(firm)
        waits = view.stage in {"unassigned", "recheck", "contested"}
        doable["choices"] = [
            (name, title, no.message(lang) if no is not None else "") for name, title, no in choices
        ] if waits else []  # fmt: skip
        doable["place"] = place_of(host(), account, year)
    return doable


def _asked(request: HttpRequest, number: str, year: int) -> Command | None:
    """The command that a form of the page asks for."""
    given = request.POST
    text = given.get("text", "")
    action = given.get("action", "")
    if action in {"approve", "restate", "estimate"}:
        return _figure(number, year, action, tonnes(given.get("tonnes"), least=0), given)
    if action == "answer":
        return m.AnswerFinding(number, year, given.get("finding", ""), text)
    if action == "contest":
        return f.ContestFigure(number, year, text)
    if action == "withdraw":
        return m.WithdrawReport(number, year, text)
    if action == "assign":
        purpose = msgspec.convert(given.get("purpose", "verification"), o.Purpose)
        return o.AssignVerifier(number, year, given.get("verifier", ""), purpose)
    if action == "end":
        return o.EndAssignment(number, year, text)
    if action in {"accepted", "returned", "recheck"}:
        return f.RecordReview(number, year, msgspec.convert(action, f.ReviewOutcome), text)
    return None


def _figure(number: str, year: int, action: str, emissions_t: int, given: Mapping[str, str]) -> Command:
    """The command of the authority that makes a figure count."""
    if action == "approve":
        return f.ApproveEmissions(number, year, emissions_t)
    if action == "restate":
        return f.RestateEmissions(number, year, emissions_t, given.get("text", ""))
    return f.EstimateEmissions(number, year, emissions_t, given.get("text", ""), given.get("basis", ""))


# The monitoring plan.


@login_required
def plan(request: HttpRequest, number: str) -> HttpResponse:
    """The monitoring plan: what holds, what waits, a new version from a file, the authority's decision."""
    shown = opened(request, number)
    if request.method == "POST":
        return _planned(request, number)
    with host().look() as market:
        versions = reporting.plans_of(market, number)
        state = room_of(market.rooms, MrvRoom).state.plans.get(number, [])
        plans = {one.version: one.plan for one in state if one.plan is not None}
    version = whole(request.GET.get("version")) or max(plans, default=0)
    text = plans.get(version)
    with host().look() as market:
        methods = reporting.methods_for(market, shown["account"].sector, _next_year(market, []))
    if request.GET.get("format") == "json":
        if text is None:
            if request.GET.get("method") not in methods:
                raise Http404
            text = draft_of(published(request.GET["method"]), shown["account"].holder)
        answer = HttpResponse(msgspec.json.format(msgspec.json.encode(text)), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="plan-{number}-{version}.json"'
        return answer
    shown |= {"versions": versions, "version": version, "plan": text, "methods": methods}
    if text is not None:
        with suppress(Refused), host().look() as market:
            method = reporting.method_of(market, text.method)
            shown |= {"names": {one.code: one for one in method.body.components}, "items": _items(method)}
    shown["waits"] = next((one for one in versions if one.status == "filed"), None)
    return render(request, "reports/plan.html", shown)


def _planned(request: HttpRequest, number: str) -> HttpResponse:
    """File a plan, approve one, or send it back."""
    given, text = request.POST, request.POST.get("text", "")
    version = whole(given.get("version"))
    action = given.get("action", "")
    if action == "approve":
        send(request, m.ApprovePlan(number, version), "The plan is approved.", "监测计划已批准。")
    elif action == "return":
        send(request, m.ReturnPlan(number, version, text), "The plan was sent back.", "监测计划已退回。")
    elif action == "file" and (file := request.FILES.get("file")) is not None:
        raw = size_checked(file, PLAN_BYTES)
        try:
            made = msgspec.json.decode(raw, type=MonitoringPlan)
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            unreadable(str(file.name)[:60], str(why))
        send(request, m.FileMonitoringPlan(number, made, text), "The plan is filed.", "监测计划已提交。")
    return redirect("report_plan", number)


urls = [
    path("desk/accounts/<str:number>/reports/", listing, name="reports"),
    path("desk/accounts/<str:number>/reports/plan/", plan, name="report_plan"),
    path("desk/accounts/<str:number>/reports/<int:year>/", report, name="report"),
]
