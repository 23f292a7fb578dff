"""The desk of a verification body: its mandates, a report with its data, findings, the statement."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path

from capwright.kernel.refusal import refuse
from capwright.kernel.unit import total
from capwright.market.composition import room_of
from capwright.mrv import messages as m
from capwright.mrv.calculation import round_t
from capwright.mrv.room import MrvRoom
from capwright.projection import filed_reports, reporting
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.numbers import whole
from capwright.web.pages.reports import findings_of, opened, worked_out
from capwright.web.refusals import NOT_NUMBER, unreadable
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from capwright.mrv.state import Assignment

__all__ = ["urls"]


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The reports that a verification body has to look at, and those that it has stated on."""
    who = viewer(request)
    if not who.verifiers and not who.has("auditor"):
        raise PermissionDenied
    waiting: list[tuple[reporting.YearView, Assignment]] = []
    done: list[tuple[reporting.YearView, Assignment]] = []
    with host().look() as market:
        state = room_of(market.rooms, MrvRoom).state
        records = [state.verifiers[one].record for one in who.verifiers]
        for number, years in state.years.items():
            for year, firm in years.items():
                mine = [one for one in firm.assignments if one.verifier in who.verifiers]
                if not mine:
                    continue
                view = reporting.view_of(market, number, year, firm)
                (waiting if mine[-1].status == "open" else done).append((view, mine[-1]))
        due = {}
        for view, _ in waiting:
            rules = reporting.rules_of(market, view.year)
            due[view.year] = rules.statement_due_on if rules is not None else None
    shown = {
        "records": records,
        "waiting": [(view, one, due.get(view.year)) for view, one in waiting],
        "done": sorted(done, key=lambda row: row[1].on, reverse=True),
        "answered": sum(view.answered_findings for view, _ in waiting),
    }
    return render(request, "reports/verifier.html", shown)


@login_required
def mandate(request: HttpRequest, number: str, year: int) -> HttpResponse:
    """One report: streams and data, what wants an explanation, findings, the statement."""
    shown = opened(request, number, year)
    who = viewer(request)
    with host().look() as market:
        known = year in room_of(market.rooms, MrvRoom).state.years.get(number, {})
    if not known or not (shown["verifies"] or who.has("auditor", "authority")):
        raise Http404
    tried: dict[str, str] | None = None
    if request.method == "POST":
        try:
            command = _asked(request, number, year)
        except msgspec.ValidationError as why:
            unreadable("form", str(why), field_zh="表单")
        if "try" in request.POST:
            tried = host().refusal_of(command, who.person, lang_of(request))
        else:
            outcome = send(request, command)
            if outcome is not None and outcome.ok:
                return redirect("verifier_report", number, year)
    record = filed_reports.record_of(host().views, host().settings.db, number, year)
    with host().look() as market:
        view = reporting.year_of(market, number, year)
        firm = room_of(market.rooms, MrvRoom).state.years[number][year]
        mine = firm.assignment is not None and firm.assignment.verifier in who.verifiers
        purpose = firm.assignment.purpose if firm.assignment is not None else ""
        amounts = dict(firm.current.amounts) if firm.current is not None else {}
    filed = [event for _, event in filed_reports.steps_of(record, m.ReportSubmitted)]
    told: dict[str, Any] = worked_out(filed[-1].report, year) if filed else {}
    shown |= {
        "year": year,
        "view": view,
        "mine": mine,
        "purpose": purpose,
        "amounts": [(code, value, request.POST.get(f"v.{code}", "")) for code, value in amounts.items()],
        "findings": findings_of(record),
        "filed": filed[-1] if filed else None,
        "versions": [(event.version, event.emissions_t, event.change) for event in reversed(filed)],
        "tried": tried,
        "kinds": get_args(m.FindingKind),
        "opinions": get_args(m.Opinion),
        "given": request.POST,
        "command_id": new_id(),
        **told,
    }
    return render(request, "reports/mandate.html", shown, status=422 if tried and tried["code"] else 200)


def _asked(request: HttpRequest, number: str, year: int) -> Any:
    """The command that a form asks for."""
    given, text = request.POST, request.POST.get("text", "")
    action = given.get("action", "")
    if action == "find":
        effect = given.get("effect_t", "").replace(",", "").strip()
        kind = msgspec.convert(given.get("kind", "misstatement"), m.FindingKind)
        effect_t = _decimal(effect, "effect_t") if effect else None
        return m.ReportFinding(
            number, year, kind, text, given.get("stream", ""), None if effect_t is None else round_t(effect_t)
        )
    if action == "close":
        outcome: Any = "corrected" if given.get("outcome") == "corrected" else "explained"
        return m.CloseFinding(number, year, given.get("finding", ""), outcome, text)
    if action == "state":
        return _statement(number, year, given)
    raise PermissionDenied


def _statement(number: str, year: int, given: Mapping[str, str]) -> m.StateVerification:
    """The statement: streams left empty are as reported, and the sum follows."""
    with host().look() as market:
        firm = room_of(market.rooms, MrvRoom).state.years[number][year]
        current = firm.current
    amounts = dict(current.amounts) if current is not None else {}
    differing = []
    for code in amounts:
        text = given.get(f"v.{code}", "").strip()
        if text:
            amounts[code] = _decimal(text, code)
            differing.append(m.VerifiedStream(code, amounts[code]))
    opinion = msgspec.convert(given.get("opinion", "unqualified"), m.Opinion)
    return m.StateVerification(
        number,
        year,
        whole(given.get("version")),
        round_t(total(amounts.values())),
        opinion,
        given.get("text", ""),
        tuple(differing),
    )


def _decimal(text: str, place: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "").replace("，", "")) if len(text) <= 40 else None  # noqa: PLR2004
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        refuse(NOT_NUMBER, place=place, text=text[:40])
    return value


urls = [
    path("desk/verifier/", desk, name="verifier"),
    path("desk/verifier/<str:number>/<int:year>/", mandate, name="verifier_report"),
]
