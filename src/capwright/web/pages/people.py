"""The operator's page of what is known of people, and its erasure; everybody's own data as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from capwright.kernel.refusal import Refused
from capwright.projection.viewer import viewer_of
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of, told
from capwright.web.models import Erasure
from capwright.web.pages.identity import text_of
from capwright.web.personal import Subject, ask, confirm, find, known

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["urls"]

_LISTED = 200


def _operator(request: HttpRequest) -> str:
    who = viewer(request)
    if not who.has("operator"):
        raise PermissionDenied
    return who.person


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Look somebody up; open and past erasures."""
    shown: dict[str, Any] = {"me": _operator(request), "asked": request.GET.get("q", "").strip()[:254]}
    if shown["asked"]:
        try:
            subject = find(shown["asked"])
        except Refused as no:
            shown["error"] = told(request, no.refusal)
        else:
            shown |= {"known": known(subject), "stays": _stays(subject.person)}
    shown["erasures"] = Erasure.objects.order_by("done_at", "-asked_at")[:_LISTED]
    return render(request, "identity/people.html", shown)


def _stays(person: str) -> dict[str, Any]:
    """What the journal says of an id and will go on saying."""
    if not person:
        return {}
    (rows,) = host().views.rows("SELECT count(*) AS n FROM act WHERE actor = ?", (person,))
    with host().look() as market:
        return {"person": person, "rows": rows["n"], "accounts": list(viewer_of(market, person).accounts)}


@login_required
@require_POST
def ask_erasure(request: HttpRequest) -> HttpResponse:
    """Ask that somebody be erased."""
    by = _operator(request)
    ask(find(request.POST.get("q", "")[:254]), by, text_of(request, "reason", 500))
    said = ("Asked; another operator confirms.", "已提出申请，待另一名操作员确认。")
    messages.success(request, said[lang_of(request) == "zh"])
    return redirect("people")


@login_required
@require_POST
def decide_erasure(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm an erasure, or withdraw it."""
    by = _operator(request)
    one = get_object_or_404(Erasure, pk=number, done_at=None)
    if "withdraw" in request.POST:
        one.delete()
        said = ("Withdrawn.", "申请已撤回。")
    else:
        confirm(one, by)
        said = ("Erased.", "个人信息已删除。")
    messages.success(request, said[lang_of(request) == "zh"])
    return redirect("people")


@login_required
@require_safe
def own_data(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of whoever asks, as a file."""
    user: Any = request.user
    answer = JsonResponse(known(Subject.of(user)), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


urls = [
    path("desk/registry/people/", people, name="people"),
    path("desk/registry/people/erase/", ask_erasure, name="ask_erasure"),
    path("desk/registry/people/erasures/<int:number>/", decide_erasure, name="decide_erasure"),
    path("desk/security/my-data.json", own_data, name="own_data"),
]
