"""One's own security: password and second factor, sessions, programs and webhooks."""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING, Any, Final, TypeVar

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST
from oauth2_provider.models import get_access_token_model, get_application_model

from capwright.kernel.refusal import Refused, refuse
from capwright.web.hosting import host
from capwright.web.language import told
from capwright.web.middleware import moves
from capwright.web.models import ClientRule, Webhook
from capwright.web.pages.identity import said, text_of
from capwright.web.refusals import NEEDS_MFA
from capwright.web.webhooks import check_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_Page = TypeVar("_Page", bound="Callable[..., HttpResponse]")
__all__ = ["urls"]

MOST_CLIENTS: Final = 10  # of programs, and of webhooks
SCOPES: Final = ("read", "trade", "write")

# A stolen session must not make itself a way in that outlives it. Demo users have no password.
_asks_again: Callable[[_Page], _Page] = reauthentication_required(
    app="allauth.account", enabled=lambda _: not host().settings.demo
)


@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Password, second factor, sessions, programs."""
    user: Any = request.user
    clients = get_application_model().objects.filter(user=user).order_by("created")
    mfa = is_mfa_enabled(user)
    shown = {
        "mfa": mfa,
        "needs_mfa": not (mfa or host().settings.demo) and moves(request),
        "sessions": UserSession.objects.purge_and_list(user),
        "clients": clients,
        "hooks": user.webhooks.order_by("made_at"),
        "scopes": SCOPES,
        "made": request.session.pop("made_client", None),
    }
    return render(request, "identity/security.html", shown)


@login_required
@require_POST
@_asks_again
def make_client(request: HttpRequest) -> HttpResponse:
    """Make a program; its secret is shown once."""
    user: Any = request.user
    clients = get_application_model()
    if clients.objects.filter(user=user).count() >= MOST_CLIENTS:
        messages.error(request, said(request, "Ten programs are the most.", "最多10个接口客户端。"))
        return redirect("security")
    if not host().settings.demo and not is_mfa_enabled(user):
        refuse(NEEDS_MFA)  # a program would send what its person may not send yet
    networks = request.POST.get("networks", "").split()
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            no = f"{network} is no address and no network."
            messages.error(request, said(request, no, f"{network}不是有效的IP地址或网段。"))
            return redirect("security")
    secret = secrets.token_urlsafe(32)
    made = clients.objects.create(
        name=text_of(request, "name", 100) or "client",
        user=user,
        client_type=clients.CLIENT_CONFIDENTIAL,
        authorization_grant_type=clients.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    ClientRule.objects.create(application=made, networks="\n".join(networks))
    request.session["made_client"] = {"id": made.client_id, "secret": secret}
    get_adapter(request).send_notification_mail("account/email/client_made", user)
    return redirect("security")


@login_required
@require_POST
def drop_client(request: HttpRequest, number: int) -> HttpResponse:
    """Drop a program; its tokens end at once."""
    user: Any = request.user
    one = get_object_or_404(get_application_model(), pk=number, user=user)
    get_access_token_model().objects.filter(application=one).delete()
    one.delete()
    return redirect("security")


@login_required
@require_POST
@_asks_again
def make_hook(request: HttpRequest) -> HttpResponse:
    """Make a webhook; its secret is shown once."""
    user: Any = request.user
    url = request.POST.get("url", "").strip()
    if user.webhooks.count() >= MOST_CLIENTS:
        messages.error(request, said(request, "Ten webhooks are the most.", "最多10个推送地址。"))
        return redirect("security")
    try:
        check_address(url, local=host().settings.demo)
    except Refused as no:
        messages.error(request, told(request, no.refusal))
        return redirect("security")
    secret = secrets.token_urlsafe(32)
    Webhook.objects.create(user=user, url=url[:300], secret=secret)
    request.session["made_client"] = {"id": url, "secret": secret}
    get_adapter(request).send_notification_mail("account/email/hook_made", user)
    return redirect("security")


@login_required
@require_POST
def drop_hook(request: HttpRequest, number: int) -> HttpResponse:
    """Drop a webhook."""
    user: Any = request.user
    get_object_or_404(Webhook, pk=number, user=user).delete()
    return redirect("security")


@login_required
@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's sessions."""
    user: Any = request.user
    get_object_or_404(UserSession, pk=number, user=user).end()
    return redirect("security")


urls = [
    path("desk/security/", security, name="security"),
    path("desk/security/clients/", make_client, name="make_client"),
    path("desk/security/clients/<int:number>/drop/", drop_client, name="drop_client"),
    path("desk/security/webhooks/", make_hook, name="make_hook"),
    path("desk/security/webhooks/<int:number>/drop/", drop_hook, name="drop_hook"),
    path("desk/security/sessions/<int:number>/end/", end_session, name="end_session"),
]
