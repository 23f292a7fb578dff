"""Filing an emission report: from a file or a form, shown with its result before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature, dumps, loads
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path

from capwright.kernel.refusal import Refused, refuse
from capwright.market.composition import room_of
from capwright.mrv.messages import SubmitReport
from capwright.mrv.records import EmissionReport, Obtained
from capwright.mrv.reports import LATE
from capwright.mrv.room import MrvRoom
from capwright.projection import reporting
from capwright.projection.filed_reports import filed_report
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.numbers import whole
from capwright.web.pages.reports import opened, worked_out
from capwright.web.refusals import SEAL_BROKEN
from capwright.web.report_files import Fault, faults_of, published, read_upload, workbook
from capwright.web.report_form import read_form, streams_of
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.mrv.plan import MonitoringPlan

__all__ = ["urls"]

_VALID_S: Final = 3600
_SALT: Final = "capwright.report"


@login_required
def template(request: HttpRequest, number: str) -> HttpResponse:
    """The Excel workbook of a method."""
    opened(request, number)
    try:
        method = published(request.GET.get("method", ""))
    except Refused:
        raise Http404 from None
    return workbook(request, method)


@login_required
def upload(request: HttpRequest, number: str) -> HttpResponse:
    """A file is read and worked out; nothing is sent yet."""
    shown = opened(request, number)
    file = request.FILES.get("file")
    if request.method != "POST" or file is None:
        return redirect("reports", number)
    report, faults = read_upload(file, lang_of(request))
    return _shown(request, shown, report, faults, str(file.name))


def _shown(
    request: HttpRequest,
    shown: dict[str, Any],
    report: EmissionReport | None,
    faults: list[Fault],
    name: str,
) -> HttpResponse:
    """What a report comes to, and whether the market would take it."""
    lang, who, number = lang_of(request), viewer(request), shown["number"]
    shown |= {"faults": faults, "name": name, "refusal": None, "late": False}
    if report is not None:
        told = worked_out(report, report.year)
        if told["result"] is None:
            shown["faults"] = faults_of(told["fault"], lang)
        else:
            refusal = host().refusal_of(SubmitReport(number, report), who.person, lang)
            if refusal["code"] == LATE.code:  # it is taken, marked as late
                shown["late"] = True
                refusal = host().refusal_of(SubmitReport(number, report, late=True), who.person, lang)
            sealed = dumps(
                [number, who.person, msgspec.json.encode(report).decode()], salt=_SALT, compress=True
            )
            with host().look() as market:
                view = reporting.year_of(market, number, report.year)
            before_t = view.reported_t if view is not None else None
            emissions_t = told["result"].emissions_t
            shown |= {
                **told,
                "refusal": refusal if refusal["code"] else None,
                "sealed": sealed,
                "view": view,
                "before_t": before_t,
                "change_t": emissions_t - before_t if before_t is not None else None,
            }
    return render(request, "reports/preview.html", shown, status=422 if shown["faults"] else 200)


@login_required
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Send the report that was shown: it comes back sealed, so that it is the very one."""
    opened(request, number)
    if request.method != "POST":
        return redirect("reports", number)
    try:
        account, person, raw = loads(request.POST.get("sealed", ""), salt=_SALT, max_age=_VALID_S)
    except (BadSignature, ValueError):
        refuse(SEAL_BROKEN)
    if (account, person) != (number, viewer(request).person):
        refuse(SEAL_BROKEN)
    report = msgspec.json.decode(raw, type=EmissionReport)
    command = SubmitReport(number, report, late="late" in request.POST, change=request.POST.get("change", ""))
    outcome = send(request, command, "The report is filed.", "报告已提交。")
    if outcome is None or not outcome.ok:
        return redirect("reports", number)
    return redirect("report", number, report.year)


@login_required
def form(request: HttpRequest, number: str) -> HttpResponse:
    """Figures typed into a form that follows the monitoring plan; then shown like a file."""
    shown = opened(request, number)
    given = request.POST if request.method == "POST" else request.GET
    year = whole(given.get("year"))
    with host().look() as market:
        state = room_of(market.rooms, MrvRoom).state
        held = [one for one in state.plans.get(number, []) if one.status == "approved"]
        methods = reporting.methods_for(market, shown["account"].sector, year)
        known = reporting.rules_of(market, year) is not None
    plan: MonitoringPlan | None = held[-1].plan if held else None
    name = given.get("method") or (plan.method if plan is not None and plan.method in methods else "")
    name = name or next(iter(methods), "")
    if not known or name not in methods:
        raise Http404
    method = published(name)
    earlier = filed_report(host().views, host().settings.db, number, year)
    if earlier is not None and earlier.method != name:
        earlier = None
    typed = {key: str(value) for key, value in request.POST.items()}
    streams, outputs = streams_of(method, plan, earlier, typed)
    faults: list[Fault] = []
    if request.method == "POST":
        version = held[-1].version if held else 0
        head = {**typed, "enterprise": shown["account"].holder}
        report, refused = read_form(method, head, year, streams, outputs, version)
        lang = lang_of(request)
        faults = [fault for no in refused for fault in faults_of(no, lang)]
        if report is not None:
            told = worked_out(report, year)
            if told["result"] is not None:
                return _shown(request, shown, report, [], "")
            faults = faults_of(told["fault"], lang)
    more = {
        "year": year,
        "method": method,
        "streams": streams,
        "outputs": outputs,
        "faults": faults,
        "earlier": earlier,
        "area": typed.get("area") or (earlier.area if earlier is not None else ""),
        "ways": get_args(Obtained),
        "command_id": new_id(),
    }
    return render(request, "reports/form.html", {**shown, **more}, status=422 if faults else 200)


urls = [
    path("desk/accounts/<str:number>/reports/template/", template, name="report_template"),
    path("desk/accounts/<str:number>/reports/upload/", upload, name="report_upload"),
    path("desk/accounts/<str:number>/reports/confirm/", confirm, name="report_confirm"),
    path("desk/accounts/<str:number>/reports/form/", form, name="report_form"),
]
