"""Surveillance: alerts, cases with their steps and measures, large holders, the position report."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, get_args
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from capwright.exchange import case_messages as c
from capwright.exchange.alerts import KINDS, Alert, draft_announcement
from capwright.exchange.position_report import (
    DAILY_HEADER,
    class_lookup,
    daily_rows,
    position_report,
    report_xml,
)
from capwright.exchange.positions import Position, large_holders, positions
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.projection.alerts import alerts_of
from capwright.web.clock import now
from capwright.web.csv_file import csv_file
from capwright.web.form_reading import read
from capwright.web.hosting import host
from capwright.web.language import lang_of, told
from capwright.web.pages.exchange_access import officer
from capwright.web.sending import new_id, send
from capwright.web.templatetags.trading import TRIGGERS

if TYPE_CHECKING:
    from django.http import HttpRequest

    from capwright.kernel.message import Command
    from capwright.market import Market

__all__ = ["urls"]

_PAGE: Final = 100
_HERE: Final = "/desk/exchange/surveillance/"
_CLASSES: Final = {
    "investment_firm": ("Investment firms", "投资机构"),
    "fund": ("Investment funds", "投资基金"),
    "other_financial": ("Other financial institutions", "其他金融机构"),
    "commercial": ("Commercial undertakings", "工商企业"),
    "operator": ("Operators with compliance obligations", "控排企业"),
}
# Steps of a case: command, English, Chinese, whether a day is needed, whether a title is.
_STEPS: Final[dict[str, tuple[type[Command], str, str, str, bool]]] = {
    "summon": (c.SummonInterview, "Summon to an interview", "约谈通知", "on", False),
    "interview": (c.RecordInterview, "Record the interview", "记录约谈", "", False),
    "require": (c.RequireReport, "Require a written report", "要求书面报告", "due", False),
    "report": (c.RecordReport, "Record the report", "记录报告", "", False),
    "warn": (c.PublishWarning, "Publish a risk warning", "发布风险提示", "", True),
    "regulator": (c.ReportToRegulator, "Report to the regulator", "报告主管部门", "", False),
    "close": (c.CloseCase, "Close the case", "结案", "", False),
}


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Alerts of the last trading days and the cases."""
    who = officer(request)
    here = host()
    lang = lang_of(request)
    found, current = alerts_of(here)
    code, day = request.GET.get("kind", ""), request.GET.get("day", "")
    days = sorted({alert.day for alert in found}, reverse=True)
    listed = [a for a in reversed(found) if code in ("", a.code) and day in ("", a.day.isoformat())]
    kinds = [
        {
            "code": name,
            "label": kind.zh if lang == "zh" else kind.en,
            "count": sum(a.code == name for a in found),
        }
        for name, kind in KINDS.items()
    ]
    with here.look() as market:
        names = {number: one.name for number, one in market.book.state.accounts.items()}
        cases = list(room_of(market.rooms, ExchangeRoom).state.cases.values())[::-1]
        rows = [
            {
                "id": one.id,
                "trigger": one.trigger,
                "account": one.account,
                "text": one.text,
                "open": not one.closed_ms,
                "opened_ms": one.opened_ms,
                "steps": len(one.entries),
                "measures": len(one.measures),
            }
            for one in cases
        ]
        watched = room_of(market.rooms, ExchangeRoom).desk.rules().surveillance is not None
    shown = {
        "alerts": [_row(alert, lang, names) for alert in listed[:_PAGE]],
        "left_out": max(0, len(listed) - _PAGE),
        "total": len(found),
        "current": current,
        "watched": watched,
        "kinds": kinds,
        "days": days,
        "kind": code,
        "day": day,
        "cases": rows,
        "draft": _draft(listed, lang),
        "may_act": who.has("exchange"),
        "triggers": list(TRIGGERS),
        "command_id": new_id(),
    }
    return render(request, "exchange/surveillance.html", shown)


def _row(alert: Alert, lang: str, names: dict[str, str]) -> dict[str, Any]:
    kind = KINDS[alert.code]
    given = {
        "trigger": alert.trigger,
        "account": alert.accounts[0] if alert.accounts else "",
        "text": alert.said(lang),
        "alert": alert.said(lang),
        "next": _HERE,
    }
    return {
        "day": alert.day,
        "at_ms": alert.at_ms,
        "label": kind.zh if lang == "zh" else kind.en,
        "said": alert.said(lang),
        "accounts": [(number, names.get(number, "")) for number in alert.accounts],
        "provisional": alert.provisional,
        "case": "/desk/act/OpenCase/?" + urlencode(given),
    }


def _draft(listed: list[Alert], lang: str) -> str:
    """The address of a notice drafted from the alerts shown."""
    found = draft_announcement(listed, [a.code for a in listed], "zh" if lang == "zh" else "en")
    if found is None:
        return ""
    given = {"title": found.title, "text": found.text, "product": found.product, "next": "/desk/exchange/"}
    return "/desk/act/PublishAnnouncement/?" + urlencode(given)


# Cases.


@login_required
def case(request: HttpRequest, case_id: str) -> HttpResponse:
    """The file of a case, and its next step."""
    who = officer(request)
    if request.method == "POST":
        if not who.has("exchange"):
            raise PermissionDenied
        _step(request, case_id)
        return redirect(f"{_HERE}cases/{case_id}/")
    with host().look() as market:
        found = room_of(market.rooms, ExchangeRoom).state.cases.get(case_id)
        if found is None:
            raise Http404
        plain = msgspec.to_builtins(found)
        account = market.book.state.accounts.get(found.account)
    lang = lang_of(request)
    steps = [(name, step[2] if lang == "zh" else step[1]) for name, step in _STEPS.items()]
    shown = {
        "case": plain,
        "account_name": account.name if account else "",
        "steps": steps,
        "measures": get_args(c.MeasureKind),
        "may_act": who.has("exchange") and not found.closed_ms,
        "may_lift": who.has("exchange"),
        "command_id": new_id(),
    }
    return render(request, "exchange/case.html", shown)


def _step(request: HttpRequest, case_id: str) -> None:
    """Put a step on the file."""
    given = {key: str(value) for key, value in request.POST.items() if value}
    given["case_id"] = case_id
    name = given.get("step", "")
    kind: type[Command]
    if name == "measure":
        kind = c.ImposeMeasure
    elif name == "lift":
        kind = c.LiftMeasure
    elif name in _STEPS:
        kind = _STEPS[name][0]
        if _STEPS[name][3]:
            given[_STEPS[name][3]] = given.get("date", "")
    else:
        raise Http404
    try:
        command = read(kind, given, {})
    except Refused as no:
        messages.error(request, told(request, no.refusal))
        return
    send(request, command, "It is on the file.", "已记入案卷。")


# Holders.


def _held(market: Market) -> list[Position]:
    room = room_of(market.rooms, ExchangeRoom)
    traded = room.state.day.products if room.state.day else {}
    products = [one for one in room.desk.rules().products if one.code in traded]
    return positions(room.state, market.book, products)


@login_required
def holders(request: HttpRequest) -> HttpResponse:
    """Large holders, and the positions of the classes of holders."""
    officer(request)
    today = now().local.date()
    with host().look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        rules = room.desk.rules()
        share = Fraction(rules.surveillance.large_holder_share) if rules.surveillance else Fraction(1, 20)
        held = _held(market)
        class_of = class_lookup(rules, room.state, market.book, today)
        names = {one.holder: one.name for one in market.book.state.accounts.values()}
        codes = list(dict.fromkeys(one.product for one in held))
        reports = [position_report(code, today, held, class_of) for code in codes]
    shown = {
        "large": [(one, names.get(one.holder, "")) for one in large_holders(held, share)],
        "share": share,
        "reports": [_report(one, lang_of(request)) for one in reports],
    }
    return render(request, "exchange/holders.html", shown)


def _report(report: Any, lang: str) -> dict[str, Any]:
    whole_t = report.open_interest_t
    rows = [
        {
            "label": _CLASSES[of][1 if lang == "zh" else 0],
            "risk_t": cell.risk_reducing_t,
            "other_t": cell.other_t,
            "total_t": cell.total_t,
            "share": Fraction(cell.total_t, whole_t) if whole_t else None,
            "persons": report.persons[of],
        }
        for of, cell in report.cells.items()
    ]
    return {"product": report.product, "rows": rows, "whole_t": whole_t, "unclassed_t": report.unclassed_t}


@login_required
def positions_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """The weekly report as XML, or the daily breakdown as CSV."""
    officer(request)
    moment = now()
    with host().look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        product = next((one for one in room.desk.rules().products if one.code == code), None)
        if product is None:
            raise Http404
        held = [one for one in _held(market) if one.product == code]
        today: date = moment.local.date()
        class_of = class_lookup(room.desk.rules(), room.state, market.book, today)
        venue = market.rulebook.now().scheme.name
        rows = list(daily_rows(today, held, class_of)) if form != "xml" else []
        report = position_report(code, today, held, class_of)
    name = f"positions-{code}-{today.isoformat()}.{form}"
    if form != "xml":
        return csv_file([DAILY_HEADER, *rows], name)
    # XXXX is ISO 10383 for "no market": a venue of ours has no code of its own.
    body = report_xml(report, published=moment.local, name=product.en, venue=venue, mic="XXXX", code=code)
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/xml", headers=saved)


urls = [
    path("desk/exchange/surveillance/", page, name="surveillance"),
    path("desk/exchange/surveillance/holders/", holders, name="large_holders"),
    path(
        "desk/exchange/surveillance/positions-<str:code>.xml",
        positions_file,
        {"form": "xml"},
        name="positions_xml",
    ),
    path(
        "desk/exchange/surveillance/positions-<str:code>.csv",
        positions_file,
        {"form": "csv"},
        name="positions_csv",
    ),
    path("desk/exchange/surveillance/cases/<path:case_id>/", case, name="case"),
]
