"""Every sign-in, failed sign-in and sign-out as a line of the log; a user's number says who, never a name.

What was typed is not told: people type passwords where names belong. A new second factor ends the sessions
that came in without it.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from capwright.web.clearing import clear_sometimes
from capwright.web.idle import used

__all__ = ["watch"]

_LOG: Final = logging.getLogger("capwright.sign_ins")


def watch() -> None:
    """Log from now on. Calling it twice changes nothing."""
    user_logged_in.connect(_came, dispatch_uid="capwright")
    user_logged_out.connect(_went, dispatch_uid="capwright")
    user_login_failed.connect(_failed, dispatch_uid="capwright")
    authenticator_added.connect(_strengthened, dispatch_uid="capwright")


def _came(sender: Any, user: Any, request: Any = None, **_more: Any) -> None:
    del sender
    if request is not None:
        used(request.session)
    clear_sometimes()
    _LOG.info("signed in", extra={"fields": {"user": user.pk}})


def _went(sender: Any, user: Any, **_more: Any) -> None:
    del sender
    _LOG.info("signed out", extra={"fields": {"user": getattr(user, "pk", None)}})


def _failed(sender: Any, request: Any = None, **_more: Any) -> None:
    del sender
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    _LOG.warning("sign-in failed", extra={"fields": {"from": address}})


def _strengthened(sender: Any, request: Any, user: Any, **_more: Any) -> None:
    """End the other sessions: whoever came in by the password alone must not count as having the factor."""
    del sender
    from allauth.usersessions.models import UserSession  # noqa: PLC0415 - needs Django set up

    for one in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
        one.end()
