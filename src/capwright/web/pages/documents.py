"""Certificates: what an account can have, the PDF, and the public check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from capwright.filing.certificate import STATES, TITLES, Frame, certificate_pdf
from capwright.projection.account_words import account_name
from capwright.projection.certificates import KINDS, Certificate
from capwright.web.certificates import check, holding_now, listed
from capwright.web.clock import local, zone
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of, respelling

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["urls"]

_MOST_RANGES: Final = 60


@login_required
def certificates(request: HttpRequest, number: str) -> HttpResponse:
    """What can be had for an account."""
    shown = _account(request, number)
    now = holding_now(number)
    done = [{"one": one, "title": _title(request, one.certificate)} for one in listed(number)]
    return render(
        request, "documents/certificates.html", {**shown, "number": number, "now": now, "done": done}
    )


@login_required
def pdf(request: HttpRequest, number: str, kind: str, one: str) -> HttpResponse:
    """A certificate on paper."""
    _account(request, number)
    found = check(kind, one).certificate
    if found is None or found.account != number:
        raise Http404
    answer = HttpResponse(
        certificate_pdf(found, _frame(found), respelling(request)), content_type="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'inline; filename="{kind}-{number}-{found.seq}.pdf"'
    return answer


def ask(request: HttpRequest) -> HttpResponse:
    """Where a number is typed in by whoever has no camera."""
    kind, one = request.GET.get("kind", ""), request.GET.get("id", "").strip()
    if kind in KINDS and one and "/" not in one:
        return redirect("certificate", kind, one)
    kinds = [(name, TITLES[name][0 if _zh(request) else 1]) for name in KINDS]
    return render(request, "documents/ask.html", {"kinds": kinds})


def checked(request: HttpRequest, kind: str, one: str) -> HttpResponse:
    """Whether a certificate is right; whoever has its number may know what it must say."""
    if kind not in KINDS:
        raise Http404
    result = check(kind, one)
    shown: dict[str, Any] = {"result": result, "kind": kind, "asked": one}
    if (found := result.certificate) is not None:
        lang = 0 if _zh(request) else 1
        shown |= {
            "one": found,
            "holder": _frame(found).holder,
            "lines": [
                {
                    "line": line,
                    "state": STATES[line.state][lang],
                    "ranges": line.ranges[:_MOST_RANGES],
                    "left": max(0, len(line.ranges) - _MOST_RANGES),
                }
                for line in found.lines
            ],
        }
    shown["title"] = TITLES[kind][0 if _zh(request) else 1]
    answer = render(request, "documents/check.html", shown, status=404 if result.status == "unknown" else 200)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _account(request: HttpRequest, number: str) -> dict[str, Any]:
    """The account for whoever may read it; 404 for all others."""
    with host().look() as market:
        account = market.book.account(number)
        if account is None or not viewer(request).may_read(number):
            raise Http404
        kind = market.rulebook.now().account_types.get(account.type)
        name = (kind.zh if _zh(request) else kind.en) if kind else account.type
        called = account_name(market, account, lang_of(request))
        return {"account_name": called, "type_name": name, "account": account}


def _frame(found: Certificate) -> Frame:
    with host().look() as market:
        about = dict(market.state.about)
        account = market.book.state.accounts[found.account]
        name, holder = account.name, account.holder
        scheme = market.rulebook.now().scheme.name
    at = local(found.at_ms)
    return Frame(
        market_zh=about.get("zh") or scheme,
        market_en=about.get("en") or "",
        scheme=scheme,
        holder=name,
        holder_id=holder if holder != name else "",
        on=at.date().isoformat(),
        at=at.strftime("%Y-%m-%d %H:%M:%S"),
        zone=str(zone()),
        url=host().settings.url + reverse("certificate", args=(found.kind, found.id)),
        nature=about.get("nature") or "synthetic",
    )


def _title(request: HttpRequest, one: Certificate | None) -> str:
    assert one is not None
    return TITLES[one.kind][0 if _zh(request) else 1]


def _zh(request: HttpRequest) -> bool:
    return lang_of(request) == "zh"


urls: Final[list[URLPattern]] = [
    path("desk/accounts/<str:number>/certificates/", certificates, name="certificates"),
    path("desk/accounts/<str:number>/certificates/<str:kind>/<str:one>.pdf", pdf, name="certificate_pdf"),
    path("certificates/", ask, name="certificate_ask"),
    path("certificates/<str:kind>/<str:one>/", checked, name="certificate"),
]
