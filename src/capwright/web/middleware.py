"""What every answer has in common: security headers, the language, and refusals as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from capwright.kernel.refusal import Refusal, Refused
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import DJANGO, LANGUAGES, TRADITIONAL, chosen, lang_of, page, traditional
from capwright.web.refusals import NEEDS_MFA
from capwright.web.sending import not_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    Answer = Callable[[HttpRequest], HttpResponse]

__all__ = ["COOKIE", "headers", "language", "refusals", "second_factor"]

COOKIE: Final = "capwright-lang"
# No inline script, no inline style sheet; charts set styles by script, which is allowed.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def headers(answer: Answer) -> Answer:
    """Set the headers that Django does not."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.path.startswith(("/desk", "/identity")):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return respond


def language(answer: Answer) -> Answer:
    """The language: by `?lang=`, then the cookie, then what the browser asks for, then Chinese."""

    def respond(request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang", "")
        spoken = chosen(request.headers.get("Accept-Language", ""), asked, request.COOKIES.get(COOKIE, ""))
        request.language, request.lang = spoken, spoken.text  # type: ignore[attr-defined]
        with translation.override(DJANGO[spoken.text]):
            response = answer(request)
            if spoken is TRADITIONAL:
                _respell(response)
        if asked in LANGUAGES:
            response.set_cookie(
                COOKIE,
                asked,
                max_age=31_536_000,
                samesite="Lax",
                httponly=True,
                secure=host().settings.secure,
            )
            _remember(request, asked)
        response.headers["Content-Language"] = spoken.tag
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return respond


def _respell(response: HttpResponse) -> None:
    """Bring a page, or what a page's script asked for, into traditional Chinese; files stay as they are."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    respell = {"text/html": page, "application/json": traditional}.get(kind)
    if respell is None or response.streaming or "Content-Disposition" in response.headers:
        return
    response.content = respell(response.content.decode()).encode()
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(len(response.content))


def _remember(request: HttpRequest, code: str) -> None:
    """Mails come in the language that was last chosen."""
    user: Any = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.language != code:
        user.language = code
        user.save(update_fields=["language"])


def second_factor(answer: Answer) -> Answer:
    """Who moves units or money comes to a desk with a second factor only; demo users need none."""

    def respond(request: HttpRequest) -> HttpResponse:
        user = request.user
        asked = request.path.startswith("/desk/") and not request.path.startswith("/desk/security/")
        if asked and user.is_authenticated and not host().settings.demo and moves(request):
            from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 - its models need Django set up

            if not is_mfa_enabled(user):
                lang = lang_of(request)
                said = {"code": NEEDS_MFA.code, "message": Refusal(NEEDS_MFA.code).message(lang)}
                return render(request, "identity/needs_mfa.html", said, status=403)
        return answer(request)

    return respond


def moves(request: HttpRequest) -> bool:
    """Whether somebody moves units or money: an officer, or who acts for an account."""
    who = viewer(request)
    return who.acts or who.has("authority", "operator", "exchange")


def refusals(answer: Answer) -> Answer:
    """A refusal that no page caught is a page of its own."""

    def respond(request: HttpRequest) -> HttpResponse:
        return answer(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused):
            return None
        lang = lang_of(request)
        said: dict[str, Any] = {"code": error.refusal.code, "message": error.refusal.message(lang)}
        if not not_known(error):
            return render(request, "refused.html", said, status=422)
        said["unknown"] = True
        if request.method == "POST" and not request.FILES and "command_id" in request.POST:
            fields = [(name, value) for name, values in request.POST.lists() for value in values]
            said["again"] = [one for one in fields if one[0] != "csrfmiddlewaretoken"]
        return render(request, "refused.html", said, status=503)

    respond.process_exception = process_exception  # type: ignore[attr-defined]
    return respond
