"""Rows whose time is over go by themselves: sessions, tokens, and invitations that nobody took up.

None of them opens anything any more, but they say who came when, from where and with what, and their tables
would grow for ever. They are deleted when somebody comes, at most once an hour for all processes together.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

__all__ = ["clear", "clear_sometimes"]

_EVERY_S: Final = 3_600
_MARK: Final = "cleared"


def clear_sometimes() -> None:
    """Delete what is over, unless that was done less than an hour ago."""
    if cache.add(_MARK, 1, _EVERY_S):
        clear()


def clear() -> None:
    """Delete what is over. Invitations that were used stay: they prove whose an address is."""
    from allauth.usersessions.models import UserSession  # noqa: PLC0415 - these need Django set up
    from django.contrib.sessions.models import Session  # noqa: PLC0415
    from oauth2_provider.models import get_access_token_model  # noqa: PLC0415

    from capwright.web.models import Invitation  # noqa: PLC0415

    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    # A session that changes its key is without a row for a moment: only those that are old are meant.
    old = UserSession.objects.filter(last_seen_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE))
    old.exclude(session_key__in=Session.objects.values("session_key")).delete()
    get_access_token_model().objects.filter(expires__lt=now).delete()
    Invitation.objects.filter(used_at=None, expires_at__lt=now).delete()
