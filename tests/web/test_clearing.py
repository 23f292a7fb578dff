"""What is over is deleted: sessions, tokens, invitations; what is not stays."""

from datetime import timedelta

import pytest

# ruff: noqa: S106 - hashes of no secret


@pytest.fixture
def rows(site):
    """A session with its record, a token and an invitation that are over, and one of each that is not."""
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session
    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model

    from capwright.web.models import Invitation, User

    now, tokens = timezone.now(), get_access_token_model()
    user = User.objects.create(username="clearing")
    for name, until in (("over", now - timedelta(days=1)), ("now", now + timedelta(days=1))):
        Session.objects.create(session_key=f"clearing-{name}", session_data="", expire_date=until)
        UserSession.objects.create(
            user=user, session_key=f"clearing-{name}", ip="192.0.2.1", user_agent="", data={},
            last_seen_at=now - timedelta(days=2),
        )  # fmt: skip
        tokens.objects.create(user=user, token=f"clearing-{name}", expires=until, scope="read")
        Invitation.objects.create(
            secret_hash=f"clearing-{name}",
            person="p",
            email="p@example.org",
            invited_by="o",
            expires_at=until,
        )
    Invitation.objects.create(
        secret_hash="clearing-used", person="p", email="p@example.org", invited_by="o",
        expires_at=now - timedelta(days=1), used_at=now - timedelta(days=2),
    )  # fmt: skip

    def left():
        return {
            "sessions": sorted(
                Session.objects.filter(session_key__startswith="clearing-").values_list("pk", flat=True)
            ),
            "records": [one.session_key for one in UserSession.objects.filter(user=user)],
            "tokens": [one.token for one in tokens.objects.filter(user=user)],
            "invitations": sorted(
                one.secret_hash for one in Invitation.objects.filter(secret_hash__startswith="clearing-")
            ),
        }

    yield left
    Session.objects.filter(session_key__startswith="clearing-").delete()
    Invitation.objects.filter(secret_hash__startswith="clearing-").delete()
    user.delete()


@pytest.mark.parametrize("way", ["sign-in", "token"])
def test_what_is_over_goes_when_somebody_comes(site, rows, way):
    from django.core.cache import cache

    cache.delete("cleared")
    if way == "sign-in":
        from django.contrib.auth import user_logged_in

        from capwright.web.models import User

        user_logged_in.send(User, user=User.objects.get(username="clearing"), request=None)
    else:
        site.client().post("/oauth/token/", {"grant_type": "client_credentials"})
    assert rows() == {
        "sessions": ["clearing-now"],
        "records": ["clearing-now"],
        "tokens": ["clearing-now"],
        "invitations": ["clearing-now", "clearing-used"],
    }


def test_it_is_done_once_an_hour(site, rows):
    from django.core.cache import cache

    from capwright.web.clearing import clear_sometimes

    cache.set("cleared", 1, 3_600)
    clear_sometimes()
    assert rows()["sessions"] == ["clearing-now", "clearing-over"]
    cache.delete("cleared")
