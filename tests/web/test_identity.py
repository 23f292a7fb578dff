"""Who may sign in, and how: applications, invitations, second factor, programs, sessions."""

import io
import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who do not exist
PDF = b"%PDF-1.7\n%nothing\n"


@pytest.fixture
def mails(site):
    """What was mailed during the test."""
    from django.core import mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


@pytest.fixture
def real(site):
    """The same site, not as a demo."""
    before = site.host.settings
    site.host.settings = replace(before, demo=False)
    yield site
    site.host.settings = before


def invited(site, mails, person, email="li@example.org"):
    from capwright.web.pages.identity import invited

    invited(person, email, "operator-1").send()
    return re.search(r"/invitation/\S+/", mails[-1].body)[0]


def application(**more):
    fields = {
        "organisation": "Foshan Tiles (synthetic)",
        "account_type": "operator_holding",
        "contact": "Li",
        "email": "li@example.org",
        "second_contact": "Wu",
        "second_email": "wu@example.org",
    }
    return fields | more


def paper(name="licence.pdf", content=PDF):
    found = io.BytesIO(content)
    found.name = name
    return found


def test_from_application_to_desk(site, mails, visitor, signed_in):
    sent = visitor.post("/apply/", {**application(), "papers": [paper()]})
    assert "Your application is in" in sent.content.decode()
    reference = re.search(r"[0-9A-F]{8}", sent.content.decode())[0]
    operator = signed_in("operator-1")
    assert reference in operator.get("/desk/registry/applications/").content.decode()
    decided = operator.post(f"/desk/registry/applications/{reference}/", {"accept": "1"})
    assert decided.headers["Location"].startswith("/desk/registry/accounts/?open=")
    assert [mail.to[0] for mail in mails] == ["li@example.org", "li@example.org", "wu@example.org"]
    link = re.search(r"/invitation/\S+/", mails[1].body)[0]
    page = visitor.post(link, {"username": f"li-{reference}", "password": PASSWORD})
    assert page.headers["Location"] == "/desk/security/"
    assert f"u-{reference.lower()}-1" in visitor.get("/desk/").content.decode()


def test_two_representatives_are_two_people(visitor):
    """One person with two names would be both who proposes and who approves."""
    from capwright.web.models import Application

    twice = application(organisation="Both Hands", email="both@example.org", second_email="Both@Example.org")
    page = visitor.post("/apply/", twice)
    assert page.status_code == 200
    assert "must be another person" in page.content.decode()
    assert not Application.objects.filter(organisation="Both Hands").exists()


def test_an_invitation_works_once(site, mails):
    link = invited(site, mails, "u-once")
    assert site.client().post(link, {"username": "once", "password": PASSWORD}).status_code == 302
    again = site.client().post(link, {"username": "twice", "password": PASSWORD})
    assert (again.status_code, "CW-9724" in again.content.decode()) == (422, True)


def test_an_invitation_ends_after_a_week(site, mails):
    from capwright.web.models import Invitation

    link = invited(site, mails, "u-late")
    for one in Invitation.objects.filter(person="u-late"):
        one.expires_at -= timedelta(days=8)
        one.save()
    assert site.client().get(link).status_code == 422


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "u-weak-u-weak"])
def test_a_weak_password_is_not_taken(site, mails, password):
    from capwright.web.models import User

    link = invited(site, mails, "u-weak", "weak@example.org")
    page = site.client().post(link, {"username": "u-weak-u-weak", "password": password})
    assert page.status_code == 200
    assert not User.objects.filter(person="u-weak").exists()


def test_nobody_signs_up_alone(visitor):
    assert "closed" in visitor.get("/identity/signup/").content.decode().lower()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("licence.pdf", b"<script>alert(1)</script>", "CW-9722"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "CW-9722"),
        ("empty.pdf", b"", "empty"),
        ("big.pdf", PDF + b"0" * 10_000_001, "CW-9721"),
    ],
)
def test_a_paper_that_is_none_is_refused(visitor, name, content, code):
    from capwright.web.models import Application

    before = Application.objects.count()
    page = visitor.post("/apply/", {**application(organisation=name), "papers": [paper(name, content)]})
    if code != "empty":
        assert code in page.content.decode()
        assert Application.objects.count() == before


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff"])
@pytest.mark.parametrize("field", ["organisation", "contact", "second_contact"])
def test_names_that_look_other_than_they_are_are_not_taken(visitor, mark, field):
    """Marks that turn the writing around or have no width; the operator would read somebody else's name."""
    from capwright.web.models import Application

    before = Application.objects.count()
    page = visitor.post("/apply/", application(**{field: f"Foshan{mark} Tiles"})).content.decode()
    assert "characters that cannot be seen" in page or "不可见字符" in page
    assert Application.objects.count() == before


def test_a_files_name_does_not_hide_its_ending(visitor):
    from capwright.web.models import Paper

    visitor.post("/apply/", {**application(), "papers": [paper("licence\u202efdp.exe", PDF + b"turned")]})
    assert Paper.objects.latest("pk").name == "licencefdp.exe"


def test_of_two_who_decide_at_once_only_one_does(visitor, signed_in, mails, monkeypatch):
    """The second one comes between the look at the application and the decision on it."""
    from capwright.web.models import Application, Invitation
    from capwright.web.pages import identity

    visitor.post("/apply/", application(organisation="Twice"))
    one = Application.objects.latest("pk")
    before, read = Invitation.objects.count(), identity.text_of

    def meanwhile(*given):
        Application.objects.filter(pk=one.pk).update(state="rejected", decided_by="operator-2")
        return read(*given)

    monkeypatch.setattr(identity, "text_of", meanwhile)
    sent = len(mails)
    answer = signed_in("operator-1").post(f"/desk/registry/applications/{one.reference}/", {"accept": "1"})
    assert answer.status_code == 404
    assert (Invitation.objects.count(), len(mails)) == (before, sent)


def test_a_paper_is_for_the_registry_operator_only(site, visitor, signed_in):
    visitor.post("/apply/", {**application(), "papers": [paper(content=PDF + b"mine")]})
    from capwright.web.models import Paper

    sha256 = Paper.objects.latest("pk").sha256
    url = f"/desk/registry/papers/{sha256}/"
    assert visitor.get(url).status_code == 302
    assert signed_in("cement-07:operator").get(url).status_code == 403
    answer = signed_in("operator-1").get(url)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == PDF + b"mine"


def test_money_movers_need_a_second_factor(real):
    for person in ("authority-1", "operator-1", "exchange-1", "cement-07:operator"):
        page = real.client(person).get("/desk/")
        assert (page.status_code, "CW-9725" in page.content.decode()) == (403, True)
        assert real.client(person).get("/desk/security/").status_code == 200
    assert real.client().get("/demo/").status_code == 404
    assert real.client().post("/demo/enter/", {"person": "authority-1"}).status_code == 404


def test_with_a_second_factor_the_desk_opens(real):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    user = real.user("exchange-2")
    TOTP.activate(user, generate_totp_secret())
    try:
        assert real.client("exchange-2").get("/desk/").status_code == 200
    finally:
        user.authenticator_set.all().delete()


def test_wrong_passwords_lock_out(site, mails):
    from django.core.cache import cache

    cache.clear()
    link = invited(site, mails, "u-lock", "lock@example.org")
    site.client().post(link, {"username": "lock-me", "password": PASSWORD})
    client = site.client()
    for _ in range(6):
        client.post("/identity/login/", {"login": "lock-me", "password": "wrong wrong wrong"})
    right = client.post("/identity/login/", {"login": "lock-me", "password": PASSWORD})
    assert right.status_code != 302, "even the right password waits after five wrong ones"
    cache.clear()
    assert (
        site.client().post("/identity/login/", {"login": "lock-me", "password": PASSWORD}).status_code == 302
    )


def test_a_reset_tells_nobody_who_has_an_account(visitor, mails):
    from django.core.cache import cache

    cache.clear()
    known = visitor.post("/identity/password/reset/", {"email": "li@example.org"})
    unknown = visitor.post("/identity/password/reset/", {"email": "nobody@example.org"})
    assert known.headers["Location"] == unknown.headers["Location"]


def test_a_client_is_made_shown_once_and_dropped(site, signed_in):
    import httpx

    client = signed_in("ports-01:operator")
    client.post("/desk/security/clients/", {"name": "robot", "networks": ""})
    page = client.get("/desk/security/").content.decode()
    number, secret = re.findall(r"<code>([^<]+)</code>", page)[:2]
    form = {"grant_type": "client_credentials", "scope": "read"}
    token = httpx.post(site.url + "/oauth/token/", data=form, auth=(number, secret)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(site.url + "/api/v1/accounts", headers=headers).status_code == 200
    assert secret not in client.get("/desk/security/").content.decode()
    drop = re.search(r"/desk/security/clients/\d+/drop/", page)[0]
    assert signed_in("ports-02:operator").post(drop).status_code == 404
    client.post(drop)
    headers = {"Authorization": f"Bearer {token}", "Cookie": "fresh=1"}
    site_answer = httpx.post(site.url + "/oauth/token/", data=form, auth=(number, secret))
    assert site_answer.status_code == 401


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "is no address and no network"), ("zh", "不是有效的IP地址或网段")]
)
def test_what_is_no_network_is_told_in_the_readers_language(signed_in, lang, word):
    client = signed_in("cement-08:operator")
    said = {"name": "lost", "networks": "10.0.0.0/8 nowhere"}
    page = client.post(f"/desk/security/clients/?lang={lang}", said, follow=True).content.decode()
    assert f"nowhere{' ' if lang == 'en' else ''}{word}" in page
    assert "lost" not in page


def test_a_client_keeps_to_its_networks(site, signed_in):
    import httpx

    client = signed_in("ports-03:operator")
    client.post("/desk/security/clients/", {"name": "elsewhere", "networks": "203.0.113.0/24"})
    page = client.get("/desk/security/").content.decode()
    number, secret = re.findall(r"<code>([^<]+)</code>", page)[:2]
    form = {"grant_type": "client_credentials", "scope": "read"}
    token = httpx.post(site.url + "/oauth/token/", data=form, auth=(number, secret)).json()["access_token"]
    answer = httpx.get(site.url + "/api/v1/accounts", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_forms_are_guarded_against_other_sites(site):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")
    strict.force_login(site.user("exchange-1"), backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/desk/act/PublishAnnouncement/", {"title": "x", "text": "y"}).status_code == 403


def test_cookies_and_headers(site, mails):
    link = invited(site, mails, "u-cookie", "cookie@example.org")
    page = site.client().post(link, {"username": "cookie", "password": PASSWORD})
    cookie = page.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    first = site.client().get("/")
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["X-Frame-Options"] == "DENY"
    assert "unsafe" not in first.headers["Content-Security-Policy"]


def test_secrets_of_second_factors_are_sealed_where_they_are_kept(real):
    import time

    from allauth.mfa.models import Authenticator
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

    user, secret = real.user("exchange-sealed"), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    kept = str(list(Authenticator.objects.filter(user=user).values_list("data", flat=True)))
    assert secret not in kept
    assert kept.count("gAAAA") >= 2
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert totp.validate_code(code)
    assert codes.validate_code(codes.get_unused_codes()[0])
    older = Authenticator.objects.create(
        user=real.user("exchange-older"), type="totp", data={"secret": secret}
    )
    assert TOTP(older).validate_code(code), "what was kept readable still works"
    Authenticator.objects.filter(user__person__in=("exchange-sealed", "exchange-older")).delete()


def test_sign_ins_are_logged_without_names_and_passwords(site, mails, caplog):
    import logging

    from django.core.cache import cache

    cache.clear()
    client = site.client()
    with caplog.at_level(logging.INFO, logger="capwright.sign_ins"):
        link = invited(site, mails, "u-logged", "logged@example.org")
        client.post(link, {"username": "logged-one", "password": PASSWORD})
        client.post("/identity/logout/")
        client.post("/identity/login/", {"login": "logged-one", "password": "wrong-as-can-be"})
    cache.clear()
    said = [
        (record.getMessage(), record.fields) for record in caplog.records if record.name.endswith("sign_ins")
    ]
    number = site.user("u-logged").pk
    assert said[:2] == [("signed in", {"user": number}), ("signed out", {"user": number})]
    assert said[2][0] == "sign-in failed"
    assert "logged-one" not in str(said)
    assert "wrong-as-can-be" not in str(said)
