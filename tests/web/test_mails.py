"""Mails: everyone that is sent, what it says, and in which language first."""

import re
from smtplib import SMTPException

import pytest

from capwright.web.language import ENGLISH, TRADITIONAL

PASSWORD = "correct horse battery 9"  # noqa: S105


@pytest.fixture
def outbox(site):
    from django.core import mail
    from django.core.cache import cache
    from django.test import override_settings

    cache.clear()
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


def somebody(site, person, email, language=""):
    user = site.user(person)
    user.email, user.language = email, language
    user.set_password(PASSWORD)
    user.save()
    return user


def test_an_invitation_says_who_where_and_until_when(site, outbox):
    from capwright.web.pages.identity import invited

    made = invited("u-mail", "wang@example.org", "operator-1")
    made.send()
    link = made.link
    (one,) = outbox
    assert one.to == ["wang@example.org"]
    zh, en = one.body.split("-" * 60)
    for part in (zh, en):
        assert link in part
        assert "u-mail" in part
        assert site.host.settings.url in part
    assert re.search(r"有效期至\d{4}年\d{1,2}月\d{1,2}日 \d\d:\d\d。", zh)
    assert re.search(r"until \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d\.", en)
    assert one.subject.startswith("邀请您开通")
    assert "Your sign-in for" in one.subject
    assert "\n" not in one.subject


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("", "您好", "Hello"), ("zh", "您好", "Hello"), ("en", "Hello", "您好"), ("zh-Hant", "重設", "Hello")],
)
def test_a_reset_comes_in_the_readers_language_first(site, visitor, outbox, language, first, second):
    somebody(site, "u-reset", "reset@example.org", language)
    visitor.post(
        "/identity/password/reset/", {"email": "reset@example.org"}, headers={"accept-language": "zh"}
    )
    (one,) = outbox
    top, bottom = one.body.split("-" * 60)
    assert first in top
    assert second in bottom
    for part in (top, bottom):
        assert site.user("u-reset").username in part
        assert len(re.findall(r"https?://\S+/identity/password/reset/key/\S+", part)) == 1


def test_an_unknown_address_learns_so_and_nothing_else(visitor, outbox):
    visitor.post("/identity/password/reset/", {"email": "stranger@example.org"})
    (one,) = outbox
    assert one.to == ["stranger@example.org"]
    assert "no sign-in under it" in one.body
    assert "没有使用本邮箱的登录账号" in one.body
    assert "signup" not in one.body
    assert one.subject.startswith("No sign-in"), "the language of the page, when the reader's is not known"


def test_a_changed_password_is_told(site, outbox):
    client = site.client()
    client.force_login(
        somebody(site, "u-change", "change@example.org", "en"), "django.contrib.auth.backends.ModelBackend"
    )
    fields = {"oldpassword": PASSWORD, "password1": PASSWORD + "a", "password2": PASSWORD + "a"}
    assert client.post("/identity/password/change/", fields).status_code == 302
    (one,) = outbox
    assert one.to == ["change@example.org"]
    top, bottom = one.body.split("-" * 60)
    assert "The password was changed." in top
    assert "IP address: 127.0.0.1" in top
    assert "登录密码已修改。" in bottom


def test_a_change_stands_when_no_mail_goes_out(site, outbox, monkeypatch):
    from django.core.mail import EmailMessage

    def broken(_self):
        raise SMTPException

    monkeypatch.setattr(EmailMessage, "send", broken)
    client = site.client()
    user = somebody(site, "u-broken", "broken@example.org")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    fields = {"oldpassword": PASSWORD, "password1": PASSWORD + "a", "password2": PASSWORD + "a"}
    assert client.post("/identity/password/change/", fields).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD + "a")


def applied(visitor, email, language):
    fields = {
        "organisation": "Foshan Tiles",
        "account_type": "operator_holding",
        "contact": "Li",
        "email": email,
    }
    visitor.post("/apply/", fields, headers={"accept-language": language})

    from capwright.web.models import Application

    return Application.objects.get(email=email)


def test_an_application_is_acknowledged_and_a_refusal_gives_the_reason(visitor, signed_in, outbox):
    one = applied(visitor, "apply-hk@example.org", "zh-HK")
    (got,) = outbox
    assert got.subject.startswith(f"已收到您的開户申請（受理編號{one.reference}）".replace("户", "戶"))
    assert "Foshan" not in got.body, "whoever fills in the form does not write mails to strangers"
    signed_in("operator-1").post(
        f"/desk/registry/applications/{one.reference}/",
        {"reason": "营业执照不清晰\nThe licence is illegible"},
    )
    told = outbox[1]
    assert told.to == ["apply-hk@example.org"]
    assert told.subject.startswith(f"您的開戶申請{one.reference}未獲通過"), (
        "in the language of the application"
    )
    for part, reason in zip(told.body.split("-" * 60), ("營業執照不清晰", "营业执照不清晰"), strict=True):
        assert f"{reason}\nThe licence is illegible" in part
        assert one.reference in part
        assert "/apply/" in part


def test_the_second_contact_reads_the_language_of_the_application_too(visitor, signed_in, outbox):
    one = applied(visitor, "apply-en@example.org", "en")
    one.second_email = "second@example.org"
    one.save()
    signed_in("operator-1").post(f"/desk/registry/applications/{one.reference}/", {"accept": "1"})
    invited = [mail for mail in outbox if "invitation" in mail.body]
    assert {mail.to[0] for mail in invited} == {"apply-en@example.org", "second@example.org"}
    assert all(mail.body.startswith("Hello,") for mail in invited)


def test_a_decision_whose_mail_does_not_go_out_is_not_made(visitor, signed_in, outbox, monkeypatch):
    from django.core.mail import EmailMessage

    from capwright.web.models import Application, Invitation

    one = applied(visitor, "apply-no@example.org", "en")
    before = Invitation.objects.count()

    def broken(_self):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", broken)
    answer = signed_in("operator-1").post(f"/desk/registry/applications/{one.reference}/", {"accept": "1"})
    assert answer.status_code == 422
    assert "CW-9738" in answer.content.decode()
    assert Application.objects.get(pk=one.pk).state == "open"
    assert Invitation.objects.count() == before


def test_no_mail_goes_out_before_its_invitation_is_kept(visitor, signed_in, outbox, monkeypatch):
    """A mail cannot be taken back: were the transaction to fail after it, its link would open nothing."""
    from django.core.mail import EmailMessage
    from django.db import connection

    one, inside, send = applied(visitor, "apply-kept@example.org", "en"), [], EmailMessage.send

    def watched(self, *given):
        inside.append(connection.in_atomic_block)
        return send(self, *given)

    monkeypatch.setattr(EmailMessage, "send", watched)
    signed_in("operator-1").post(f"/desk/registry/applications/{one.reference}/", {"accept": "1"})
    assert inside == [False]


def test_when_one_of_two_mails_does_not_go_out_the_other_ones_link_is_void(
    visitor, signed_in, outbox, monkeypatch
):
    from django.core.mail import EmailMessage

    from capwright.web.models import Application

    one, send = applied(visitor, "apply-two@example.org", "en"), EmailMessage.send
    Application.objects.filter(pk=one.pk).update(second_email="away@example.org")

    def half(self, *given):
        if self.to == ["away@example.org"]:
            raise ConnectionRefusedError
        return send(self, *given)

    monkeypatch.setattr(EmailMessage, "send", half)
    decide = f"/desk/registry/applications/{one.reference}/"
    assert signed_in("operator-1").post(decide, {"accept": "1"}).status_code == 422
    link = re.search(r"/invitation/\S+/", outbox[-1].body)[0]
    assert "CW-9724" in visitor.get(link).content.decode()
    assert Application.objects.get(pk=one.pk).state == "open"
    monkeypatch.setattr(EmailMessage, "send", send)
    assert signed_in("operator-2").post(decide, {"accept": "1"}).status_code == 302


def test_a_webhook_that_is_switched_off_is_told_to_its_owner(site, outbox):
    from capwright.web.models import Webhook
    from capwright.web.webhooks import Postman

    owner = somebody(site, "u-hook", "hook@example.org", TRADITIONAL.code)
    hook = Webhook(user=owner, url="https://example.org/hook", secret="x")  # noqa: S106
    hook.save()
    Postman._switch_off(hook, "URLError: no route")
    (one,) = outbox
    top, bottom = one.body.split("-" * 60)
    for part in (top, bottom):
        assert "https://example.org/hook" in part
        assert "URLError: no route" in part
        assert "/desk/security/" in part
    assert "已將其停用" in top
    assert "switched off" in bottom
    hook.delete()


def test_every_mail_has_both_languages_and_no_escapes(site):
    from capwright.web.mails import mail_of
    from capwright.web.setup import HERE

    names = {path.stem for path in (HERE / "templates" / "mail").glob("*.txt")} - {"base"}
    given = {
        "person": "A & B",
        "reason": "x < y",
        "link": "l",
        "address": "a",
        "fault": "f",
        "what": ("Done", "已办"),
    } | dict.fromkeys(("password_reset_url", "activate_url"), "u")
    for name in names:
        one = mail_of("x@example.org", name, given, ENGLISH)
        top, bottom = one.body.split("-" * 60)
        assert not re.search("[\u4e00-\u9fff]", top.replace("已办", "")), name
        assert "您好：" in bottom
        assert "&amp;" not in one.body + one.subject
        assert "&lt;" not in one.body
        assert "\n\n\n" not in one.body, name
