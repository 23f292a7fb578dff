"""The first page of every desk: who you are, what waits for you, what you did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from capwright.projection.tasks import tasks_of
from capwright.web.context import viewer
from capwright.web.hosting import host

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["urls"]

_RECENT = 12


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The desk."""
    who = viewer(request)
    with host().look() as market:
        accounts = [market.book.state.accounts[number] for number in who.accounts]
        tasks = tasks_of(market, who, host().clock())
    return render(
        request, "desk/home.html", {"accounts": accounts, "tasks": tasks, "acts": acts_by(who.person)}
    )


def acts_by(person: str, count: int = _RECENT) -> list[dict[str, Any]]:
    """The latest rows of the journal that somebody wrote."""
    found = host().views.rows("SELECT * FROM act WHERE actor = ? ORDER BY seq DESC LIMIT ?", (person, count))
    return [dict(row) for row in found]


@login_required
@require_safe
def in_use(_request: HttpRequest) -> HttpResponse:
    """What a page asks while somebody has a hand on it: that it is asked keeps the session."""
    return HttpResponse(status=204)


urls = [path("desk/in-use/", in_use, name="in_use"), path("desk/", page, name="desk")]
