"""Texts that mean something to a database, a template or a browser, in every parameter and every form."""

import re
import socket
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from capwright.kernel.examples import example_of
from capwright.market.machine import COMMANDS
from tests.web.test_permissions import address, routes

SRC = Path(__file__).parents[2] / "src" / "capwright" / "web"
# 31337 × 73 would show that a template language had worked it out.
HOSTILE = {
    "sql": "' OR '1'='1' UNION SELECT password, 2, 3 FROM web_user --",
    "template": "{{31337*73}}{% debug %}${31337*73}#{31337*73}",
    "script": "\"'><script>alert(31337)</script><img src=x onerror=alert(31337)>",
    "control": "\0\r\nSet-Cookie: injected=1",
    "unicode": "\u202e\ufeff٣" + "9" * 400,
    "digits": "9" * 5000,  # more than Python reads, and than a database's numbers have
}
WORKED = ("2287601", "<script>alert(31337)", "<img src=x", "OperationalError", "ProgrammingError", "pbkdf2_")
PEOPLE = ("authority-1", "operator-1", "exchange-1", "cement-09:operator", "")


def parameters():
    """Every name that a page reads from the query, found in the source; so new ones are tried too."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
    found = set(re.findall(r"\bGET(?:\.get|\.getlist)?[(\[]\s*\"(\w+)\"", text))
    return sorted(found | {"q", "type", "status", "actor", "command", "next", "account", "side"})


def check(answer, where):
    """That nothing hostile worked: no fault, no cookie, nothing unescaped."""
    assert answer.status_code < 500, where
    assert "injected" not in answer.cookies, where
    assert "Set-Cookie" not in answer.headers or "injected" not in answer.headers["Set-Cookie"], where
    if "html" in answer.headers.get("Content-Type", "") and not answer.streaming:
        text = answer.content.decode()
        assert [sign for sign in WORKED if sign in text] == [], where


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_query_parameter_is_more_than_text(site, kind):
    names = parameters()
    assert len(names) > 20
    account = site.account("cement-09:operator")
    clients = {person: site.client(person) for person in PEOPLE}
    query = urlencode(dict.fromkeys(set(names) - {"lang"}, HOSTILE[kind]))
    tried = 0
    for pattern in routes():
        path = address(pattern, account)
        if path.startswith(("/metrics", "/ready", "/static", "/identity/")):
            continue
        for client in clients.values():
            answer = client.get(f"{path}?{query}")
            check(answer, (kind, path))
            if answer.status_code == 200:
                tried += 1
                break
    assert tried > 25, "most pages opened for somebody"


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_field_of_a_command_is_more_than_text(site, kind):
    """Every command's form, tried without effect by who may send it."""
    head = site.settle()
    client = site.client("authority-1")
    for command in COMMANDS:
        example = example_of(command) or {}
        names = {*command.__struct_fields__, *example} - {"command"}
        fields = dict.fromkeys(names, HOSTILE[kind]) | {"try": "1"}
        check(client.post(f"/desk/act/{command.__name__}/", fields), (kind, command.__name__))
    assert site.settle() == head


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_was_stored_is_shown_as_text(site, kind):
    """An announcement and an application keep what they were given; the pages that show it escape it."""
    said = HOSTILE[kind]
    exchange = site.client("exchange-1")
    sent = exchange.post(
        "/desk/act/PublishAnnouncement/",
        {"title": f"T {said}"[:120], "text": said, "command_id": f"web/stored-{kind}"},
    )
    check(sent, kind)
    fields = {
        "organisation": said[:200], "account_type": "operator_holding", "contact": said[:100],
        "email": "li@example.org", "note": said,
    }  # fmt: skip
    check(site.client().post("/apply/", fields), kind)
    for person, path in (
        ("", "/"),
        ("", "/announcements/"),
        ("operator-1", "/desk/registry/applications/"),
        ("authority-1", "/desk/authority/"),
        ("exchange-1", "/desk/"),
    ):
        check(site.client(person).get(path), (kind, path))


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/identity/login/", ("login", "password")),
        ("/identity/password/reset/", ("email",)),
        ("/identity/signup/", ("email", "username", "password1", "password2")),
        ("/invitation/x/", ("username", "password")),
        ("/demo/enter/", ("person", "next")),
        ("/oauth/token/", ("grant_type", "client_id", "client_secret", "scope")),
        ("/oauth/revoke_token/", ("token", "client_id", "client_secret")),
        ("/certificates/", ("kind", "id")),
    ],
)
def test_forms_of_strangers(site, kind, path, names):
    from django.core.cache import cache

    cache.clear()  # the limits on sign-ins are another test's
    check(site.client().post(path, dict.fromkeys(names, HOSTILE[kind])), (path, kind))
    cache.clear()


@pytest.mark.parametrize("kind", HOSTILE)
def test_forms_of_ones_own(site, kind):
    client = site.client("cement-09:operator")
    for path, names in (
        ("/desk/security/clients/", ("name", "networks")),
        ("/desk/security/webhooks/", ("url",)),
        ("/identity/password/change/", ("oldpassword", "password1", "password2")),
        ("/identity/email/", ("email", "action_add")),
        ("/identity/2fa/totp/activate/", ("code",)),
    ):
        check(client.post(path, dict.fromkeys(names, HOSTILE[kind])), (path, kind))
        check(client.get("/desk/security/"), (path, kind))


@pytest.mark.parametrize(
    "line",
    [
        b"GET /?q=\xff\xfe HTTP/1.1",
        b"GET /serials/?serial=%ff%00 HTTP/1.1",
        b"GET /%ff%fe/ HTTP/1.1",
        b"GET /..%2f..%2fetc%2fpasswd HTTP/1.1",
        b"GET /static/..%2f..%2fsetup.py HTTP/1.1",
        b"GET /static/../../../../etc/passwd HTTP/1.1",
        b"GET /?lang=%0d%0aSet-Cookie:%20injected=1 HTTP/1.1",
    ],
)
def test_addresses_in_bytes_that_are_no_text(site, line):
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as sent:
        sent.sendall(line + b"\r\nHost: 127.0.0.1\r\nCookie: \xff\xfe=\xff\r\nConnection: close\r\n\r\n")
        said = b""
        while part := sent.recv(65_536):
            said += part
    assert b" 5" not in said.split(b"\r\n")[0][8:10], said[:200]
    assert b"injected" not in said.partition(b"\r\n\r\n")[0]
    assert b"root:" not in said


def test_another_hosts_name_is_not_taken(site):
    """A reset that was asked for under another name would carry that name into the mail."""
    answer = httpx.post(
        site.url + "/identity/password/reset/",
        data={"email": "li@example.org"},
        headers={"Host": "evil.example"},
    )
    assert answer.status_code in {400, 403}
    assert "evil.example" not in answer.text


def test_a_forwarded_address_does_not_evade_the_lock_out(site):
    """Only named proxies may say who a visitor is: wrong passwords are counted whatever the header claims."""
    from django.core.cache import cache

    cache.clear()
    statuses = []
    for n in range(12):
        client = site.client()
        form = {"login": f"guess-{n}", "password": "wrong wrong wrong"}
        page = client.post("/identity/login/", form, headers={"x-forwarded-for": f"203.0.113.{n}"})
        statuses.append(page.status_code == 429 or "too many" in page.content.decode().lower())
    cache.clear()
    assert not statuses[0]
    assert statuses[-1]


def test_a_reset_link_works_once_and_ends_old_sessions(site):
    from django.core import mail
    from django.core.cache import cache
    from django.test import override_settings

    from capwright.web.models import User

    cache.clear()
    user = User.objects.create_user("reset-me", "reset@example.org", "old old old password", person="u-reset")
    inside = site.client("u-reset")
    assert inside.get("/desk/").status_code == 200
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        site.client().post("/identity/password/reset/", {"email": "reset@example.org"})
        link = re.search(r"/identity/password/reset/key/\S+", mail.outbox[-1].body)[0]
    client = site.client()
    form = client.get(link, follow=True)
    done = client.post(
        form.request["PATH_INFO"], dict.fromkeys(("password1", "password2"), "new new new password")
    )
    assert done.status_code == 302
    user.refresh_from_db()
    assert user.check_password("new new new password")
    assert inside.get("/desk/").status_code == 302
    again = site.client().get(link, follow=True)
    assert "bad token" in again.content.decode().lower() or "invalid" in again.content.decode().lower()
    wrong = site.client().get(link[:-4] + "abcd/", follow=True)
    assert wrong.status_code < 500
    cache.clear()


def test_no_nul_gets_to_the_peoples_database(site):
    """SQLite would keep it; PostgreSQL refuses the statement, which would be a fault of the server."""
    from django.urls import Resolver404, resolve
    from oauth2_provider.models import Application as Program

    from capwright.web.models import Application, Erasure, User

    site.client("cement-09:operator").post("/desk/security/clients/", {"name": "a\0b", "networks": ""})
    assert Program.objects.filter(user=site.user("cement-09:operator")).latest("pk").name == "ab"
    Application.objects.create(reference="A-NUL", organisation="x", email="nul@example.org", account_type="x")
    operator = site.client("operator-1")
    operator.post("/desk/registry/applications/A-NUL/", {"reject": "1", "reason": "no\0"})
    assert Application.objects.get(reference="A-NUL").reason == "no"
    User.objects.create(username="nul", person="u-nul")
    operator.post("/desk/registry/people/erase/", {"q": "nul", "reason": "\0asked"})
    assert Erasure.objects.get(person="u-nul").reason == "asked"
    for path in ("/desk/registry/papers/a\0/", "/desk/registry/applications/a\0/"):
        with pytest.raises(Resolver404):
            resolve(path)
