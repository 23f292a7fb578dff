"""A monitoring plan as a form: begun from a method, or from a version of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path, reverse

from capwright.market.composition import room_of
from capwright.mrv.messages import FileMonitoringPlan
from capwright.mrv.room import MrvRoom
from capwright.projection import reporting
from capwright.web.command_form import fields_of
from capwright.web.hosting import host
from capwright.web.numbers import whole
from capwright.web.pages.act import form_page
from capwright.web.pages.reports import opened
from capwright.web.plan_draft import draft_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["urls"]


@login_required
def plan_form(request: HttpRequest, number: str) -> HttpResponse:
    """The form of a new version."""
    shown = opened(request, number)
    if not shown["may_act"]:
        raise PermissionDenied
    version, name = whole(request.GET.get("version")), request.GET.get("method", "")
    with host().look() as market:
        state = room_of(market.rooms, MrvRoom).state
        held = next((one.plan for one in state.plans.get(number, []) if one.version == version), None)
        if held is None and name not in state.methods:
            raise Http404
        plan = held or draft_of(reporting.method_of(market, name), shown["account"].holder)
    given = {"account": number, "plan": msgspec.to_builtins(plan)}
    return form_page(
        request, FileMonitoringPlan, fields_of(FileMonitoringPlan, given),
        {"next": reverse("report_plan", args=[number])},
    )  # fmt: skip


urls = [path("desk/accounts/<str:number>/reports/plan/form/", plan_form, name="plan_form")]
