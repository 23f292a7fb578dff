"""Every address of the pages."""

from __future__ import annotations

from django.urls import include, path
from oauth2_provider.views import RevokeTokenView

from capwright.web.pages import (
    act,
    auditor,
    authority,
    calendar,
    coverage,
    demo,
    desk,
    documents,
    enterprise,
    exchange,
    health,
    identity,
    market,
    people,
    plan_form,
    public,
    registry,
    report_filing,
    reports,
    scripts,
    security,
    transparency,
    verifier,
)
from capwright.web.tokens import PacedTokenView

__all__ = ["handler500", "urlpatterns"]

handler500 = "capwright.web.away.unforeseen"

_PAGES = (
    public,
    coverage,
    transparency,
    market,
    desk,
    calendar,
    act,
    enterprise,
    reports,
    plan_form,
    report_filing,
    verifier,
    authority,
    registry,
    exchange,
    auditor,
    documents,
    identity,
    people,
    health,
    scripts,
    security,
    demo,
)

urlpatterns = [
    *(url for page in _PAGES for url in page.urls),
    path("identity/", include("allauth.urls")),
    # Of the OAuth server only what client credentials need: no consent pages, no management of its own.
    path("oauth/token/", PacedTokenView.as_view(), name="token"),
    path("oauth/revoke_token/", RevokeTokenView.as_view(), name="revoke_token"),
]
