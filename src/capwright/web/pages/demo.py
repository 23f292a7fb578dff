"""The demo's door: one user for each role, entered without a password. Absent outside a demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login, logout
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST
from msgspec import Struct

from capwright.compliance.room import ComplianceRoom
from capwright.market.composition import room_of
from capwright.mrv.room import MrvRoom
from capwright.web.hosting import host
from capwright.web.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.market import Market

__all__ = ["urls"]

BACKEND = "django.contrib.auth.backends.ModelBackend"
_LISTED = 6


class Door(Struct, frozen=True):
    """A demo user: who, and as what."""

    person: str
    en: str
    zh: str
    name: str = ""


_OFFICERS = {
    "authority": ("Market authority", "主管部门"),
    "operator": ("Registry operator", "登记机构"),
    "exchange": ("Exchange operator", "交易所"),
    "auditor": ("Auditor", "审计"),
}


def doors(market: Market) -> list[Door]:
    """The officers, two people of a few firms (of those that still owe, if any), an investor, a verifier."""
    state = market.registry.state
    found = [
        Door(person, *_OFFICERS[role])
        for person, roles in state.officers.items()
        for role in roles
        if role in _OFFICERS
    ]
    mrv = room_of(market.rooms, MrvRoom).state
    found += [
        Door(verifier.record.people[0], "Verifier", "核查机构", verifier.record.name)
        for verifier in list(mrv.verifiers.values())[:2]
        if verifier.record.people
    ]
    duties = room_of(market.rooms, ComplianceRoom).state.duties
    owing = [
        number
        for number, years in duties.items()
        if any(duty.owed_t > duty.surrendered_t for duty in years.values())
    ]
    if not owing:  # the year has not come that far: any firm will do
        owing = [one.number for one in market.book.state.accounts.values() if one.type == "operator_holding"]
    for number in owing[:_LISTED]:
        found += _people(market, number, "Enterprise", "控排企业")
    by_type = {account.type: account.number for account in market.book.state.accounts.values()}
    for kind, en, zh in (
        ("trading", "Investor", "投资机构"),
        ("project_owner", "Project owner", "减排项目业主"),
    ):
        if kind in by_type:
            found += _people(market, by_type[kind], en, zh)
    return found


def _people(market: Market, number: str, en: str, zh: str) -> list[Door]:
    name = market.book.state.accounts[number].name
    return [Door(person, en, zh, name) for person in market.registry.state.representatives.get(number, {})]


def page(request: HttpRequest) -> HttpResponse:
    """The list of demo users."""
    if not host().settings.demo:
        raise Http404
    with host().look() as market:
        found = doors(market)
    return render(request, "demo.html", {"doors": found})


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Step into a desk."""
    if not host().settings.demo:
        raise Http404
    person = request.POST.get("person", "")
    with host().look() as market:
        known = {door.person for door in doors(market)}
    if person not in known:
        raise Http404
    logout(request)
    user, made = User.objects.get_or_create(person=person, defaults={"username": person.replace(":", "-")})
    if made:
        user.set_unusable_password()
        user.save()
    login(request, user, backend=BACKEND)
    return redirect("/desk/")


urls = [path("demo/", page, name="demo"), path("demo/enter/", enter, name="demo_enter")]
