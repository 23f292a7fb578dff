"""Who is behind a session or a token, for the API."""

from __future__ import annotations

import hashlib

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.utils.crypto import constant_time_compare
from msgspec import Struct
from oauth2_provider.models import get_access_token_model

from capwright.web.hosting import host
from capwright.web.idle import ended
from capwright.web.models import ClientRule, User

__all__ = ["TokenHolder", "holder_of_session", "person_of_token"]


class TokenHolder(Struct, frozen=True):
    """The person a token stands for, its scopes, and the networks it may come from (none: any)."""

    person: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...] = ()


def person_of_token(token: str) -> TokenHolder | None:
    """Whose token it is; None when it is unknown, expired or its user is barred.

    A program may do no more than its person may: it only reads while that one has no second factor.
    """
    close_old_connections()
    checksum = hashlib.sha256(token.encode()).hexdigest()
    tokens = get_access_token_model().objects.select_related("application__user", "user")
    found = tokens.filter(token_checksum=checksum).first()
    if found is None or found.is_expired():
        return None
    user = found.user or (found.application.user if found.application else None)
    if user is None or not user.is_active or not user.person:
        return None
    rule = ClientRule.objects.filter(application_id=found.application_id).first()
    allowed = _scopes(user)
    scopes = tuple(scope for scope in found.scope.split() if scope in allowed)
    return TokenHolder(user.person, scopes, tuple(rule.networks.split()) if rule else ())


def holder_of_session(key: str) -> TokenHolder | None:
    """Who is signed in under a session key; None when nobody is.

    As on the pages, a session from before the password was changed is none, nor one that was left alone, and
    without a second factor nothing is sent.
    """
    if not key:
        return None
    close_old_connections()
    session = SessionStore(key)
    user_id = session.get(SESSION_KEY)
    if user_id is None or ended(session):
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not user.person:
        return None
    kept = session.get(HASH_SESSION_KEY, "")
    good = (
        user.get_session_auth_hash(),
        *user.get_session_auth_fallback_hash(),
    )  # of an older secret key too
    if not any(constant_time_compare(kept, one) for one in good):
        return None
    return TokenHolder(user.person, _scopes(user))


def _scopes(user: User) -> tuple[str, ...]:
    """What may be done in a person's name: without a second factor only reading, by session or by program."""
    from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 - its models need Django set up

    sends = host().settings.demo or is_mfa_enabled(user)
    return ("read", "trade", "write") if sends else ("read",)
