"""What a second factor, and being asked for the password again, keep out."""

import pytest

from tests.web.test_identity import PASSWORD, mails, real  # noqa: F401 - fixtures


@pytest.fixture
def owner(real, mails):  # noqa: F811
    """Somebody with a password who represents an account, in a market that is no demo."""
    from django.core.cache import cache

    cache.clear()
    user = real.user("cement-06:checker")
    user.email = "checker@example.org"
    user.set_password(PASSWORD)
    user.save()
    yield user
    user.emailaddress_set.all().delete()
    user.authenticator_set.all().delete()
    user.oauth2_provider_application.all().delete()
    user.webhooks.all().delete()
    cache.clear()


def came_in(site, user):
    """A client that signed in with the password."""
    client = site.client()
    sent = client.post("/identity/login/", {"login": user.username, "password": PASSWORD})
    assert sent.status_code == 302, sent.content
    return client


def asked_again(client):
    assert client.post("/identity/reauthenticate/", {"password": PASSWORD}).status_code == 302


def add_a_factor(client):
    from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, format_hotp_value, hotp_value
    from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters

    asked_again(client)
    client.get("/identity/2fa/totp/activate/")
    secret = client.session[SECRET_SESSION_KEY]
    for _ in range(2):  # half a minute may end in between
        code = format_hotp_value(hotp_value(secret, next(counters())))
        sent = client.post("/identity/2fa/totp/activate/", {"code": code})
        if sent.status_code == 302:
            return
    raise AssertionError(sent.content)


def test_a_session_from_before_the_factor_ends(real, owner):  # noqa: F811
    """Whoever knew the password alone, and came in before, must not be taken for somebody with the factor."""
    thief, client = came_in(real, owner), came_in(real, owner)
    add_a_factor(client)
    assert client.get("/desk/").status_code == 200
    assert thief.get("/desk/").status_code == 302


def test_a_program_does_no_more_than_its_person_may(real, owner):  # noqa: F811
    from capwright.web.people import person_of_token

    client = came_in(real, owner)
    add_a_factor(client)
    token = real.token("cement-06:checker", "read trade")
    assert person_of_token(token).scopes == ("read", "trade")
    owner.authenticator_set.all().delete()
    assert person_of_token(token).scopes == ("read",)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/identity/email/", {"email": "thief@example.org", "action_add": "1"}),
        ("/desk/security/clients/", {"name": "theirs", "networks": ""}),
        ("/desk/security/webhooks/", {"url": "https://example.org/"}),
    ],
)
def test_a_stolen_session_makes_no_way_in_that_outlives_it(real, owner, mails, path, form, monkeypatch):  # noqa: F811
    from allauth.account.models import EmailAddress

    from capwright.web.pages import security

    monkeypatch.setattr(security, "check_address", lambda *_, **__: "203.0.113.1")

    def ways():
        others = EmailAddress.objects.filter(user=owner, email="thief@example.org").count()
        return others + owner.oauth2_provider_application.count() + owner.webhooks.count()

    client = came_in(real, owner)
    asked_again(client) if path == "/identity/email/" else add_a_factor(client)
    session = client.session
    for record in (records := session["account_authentication_methods"]):
        record["at"] -= 600  # asked ten minutes ago
    session["account_authentication_methods"] = records
    session.save()
    sent = client.post(path, form)
    assert (sent.status_code, ways()) == (302, 0)
    assert "/reauthenticate" in sent["Location"]
    asked_again(client)
    mails.clear()
    client.post(path, form)
    assert ways() == 1
    assert "checker@example.org" in [to for one in mails for to in one.to] or path == "/identity/email/"
