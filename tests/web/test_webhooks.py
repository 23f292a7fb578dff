"""Webhooks: what happens on one's accounts is posted, signed; nobody looks into the network through us."""

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import pytest

from capwright.kernel.refusal import Refused
from capwright.registry.messages import SetAccountStatus


@pytest.fixture
def listener():
    """A server that keeps what is posted to it; `answers` says with which status, 200 when it is empty."""
    heard, answers = Queue(), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.put((dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *_given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard, answers
    server.shutdown()
    server.server_close()


def hook(site, person, url):
    """Make a webhook by the form; returns its secret."""
    from capwright.web.models import Webhook

    site.client(person).post("/desk/security/webhooks/", {"url": url})
    return Webhook.objects.get(user=site.user(person), url=url).secret


def touch(site, person, key):
    """Something that happens on a person's account, and on another's."""
    for who in (person, "aviation-02:operator"):
        for status in ("suspended", "open"):
            command = SetAccountStatus(site.account(who), status, "test")
            assert site.host.send(command, f"{key}-{who}-{status}", "operator-1").ok


def test_a_process_without_the_lease_posts_nothing(site, listener, monkeypatch):
    from capwright.host.lease import Lease

    url, heard, _ = listener
    person = "aviation-01:operator"
    hook(site, person, url)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(Lease, "held", property(lambda _: False))
        touch(site, person, "hook-lease-1")
        site.settle()
        time.sleep(1.0)
        assert heard.empty()
    touch(site, person, "hook-lease-2")
    posted = [json.loads(heard.get(timeout=10)[1])["seq"] for _ in range(2)]
    assert (
        min(posted)
        > site.host.views.rows("SELECT max(seq) FROM act WHERE command_id LIKE 'hook-lease-1%'")[0][0]
    ), "what another process posts is not posted again"


def test_events_of_ones_accounts_are_posted_and_signed(site, listener):
    url, heard, _ = listener
    person = "aviation-01:operator"
    secret = hook(site, person, url)
    touch(site, person, "hook-1")
    said = []
    for _ in range(2):
        headers, body = heard.get(timeout=10)
        at, _, found = headers["Capwright-Signature"].partition(",v1=")
        expected = hmac.new(secret.encode(), at[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert found == expected
        said.append(json.loads(body))
    assert {one["account"] for one in said} == {site.account(person)}
    assert [one["kind"] for one in said] == ["AccountStatusSet", "AccountStatusSet"]
    assert heard.empty(), "another firm's events are not ours"


def test_what_fails_is_tried_again(site, listener):
    url, heard, answers = listener
    hook(site, "aviation-03:operator", url)
    answers += [500, 302]
    touch(site, "aviation-03:operator", "hook-2")
    bodies = [heard.get(timeout=10)[1] for _ in range(4)]
    assert bodies[0] == bodies[1] == bodies[2] != bodies[3]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https:///",
        "nonsense",
        "https://[::ffff:127.0.0.1]/",
        "https://224.0.0.1/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[::7f00:1]/",
        "https://[fec0::1]/",
        "https://100.64.0.1/",
        "https://[half/",
        "https://example.org:99999/",
    ],
)
def test_addresses_inside_are_refused(site, url):
    from capwright.web.webhooks import check_address

    with pytest.raises(Refused, match="CW-9726"):
        check_address(url)


def test_a_dead_hook_keeps_nobody_waiting_and_is_switched_off(site, listener):
    from capwright.web.models import Webhook
    from capwright.web.webhooks import TRIES

    url, heard, _ = listener
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    hook(site, "aviation-04:operator", nobody)
    hook(site, "aviation-04:operator", url)
    touch(site, "aviation-04:operator", "hook-3")
    assert [json.loads(heard.get(timeout=5)[1])["kind"] for _ in range(2)] == ["AccountStatusSet"] * 2
    deadline = time.monotonic() + TRIES * 2
    while Webhook.objects.get(url=nobody).active and time.monotonic() < deadline:
        time.sleep(0.05)
    dead = Webhook.objects.get(url=nobody)
    assert not dead.active
    assert "ConnectionRefusedError" in dead.fault
    assert Webhook.objects.get(url=url).active


def test_secrets_are_sealed_where_they_are_kept(site, listener):
    from django.db import connection

    from capwright.web.models import Webhook
    from capwright.web.seal import Unopened, opened, sealed

    url, _, _ = listener
    secret = hook(site, "aviation-05:operator", url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM web_webhook WHERE url = %s", [url])
        kept = str(cursor.fetchone())
    assert len(secret) > 40
    assert secret not in kept
    one = Webhook.objects.get(url=url)
    for key, purpose in (("another key" * 4, "webhook"), (site.host.settings.secret_key, "another purpose")):
        with pytest.raises(Unopened):
            opened(one.seal, key, purpose)
    changed = one.seal[:-6] + ("A" if one.seal[-6] != "A" else "B") + one.seal[-5:]
    with pytest.raises(Unopened):
        opened(changed, site.host.settings.secret_key, "webhook")
    assert sealed(secret, site.host.settings.secret_key, "webhook") != one.seal, "never twice the same"


def test_a_hook_whose_secret_cannot_be_opened_says_so(site, listener):
    from capwright.web.models import Webhook
    from capwright.web.seal import sealed

    url, heard, _ = listener
    person = "aviation-05:operator"
    hook(site, person, url)
    Webhook.objects.filter(url=url).update(seal=sealed("x", "of the time before " * 3, "webhook"))
    touch(site, person, "hook-4")
    deadline = time.monotonic() + 5
    while Webhook.objects.get(url=url).active and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "secret" in Webhook.objects.get(url=url).fault
    assert heard.empty()
    page = site.client(person).get("/desk/security/").content.decode()
    assert "sealed with another secret key" in page


def test_secrets_kept_readable_are_sealed_by_the_migration(tmp_path):
    """The people's database of the version before, brought up to date in a process of its own."""
    story = """
import sys
from django.conf import settings
from capwright.host import settings_of
from capwright.web.setup import django_settings
settings.configure(**django_settings(settings_of({}, db=sys.argv[1], demo=True)))
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from capwright.web.models import User, Webhook
call_command("migrate", "web", "0003_webhook", verbosity=0)
user = User.objects.create(username="old", person="old")
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO web_webhook (user_id, url, secret, active, fault, made_at)"
                   " VALUES (%s, 'https://example.org/', 'kept-readable', true, '', '2026-01-01')", [user.pk])
call_command("migrate", verbosity=0)
hook = Webhook.objects.get()
assert "kept-readable" not in hook.seal
print(hook.secret)
"""
    ran = subprocess.run(
        [sys.executable, "-c", story, str(tmp_path / "market.sqlite")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == "kept-readable", ran.stderr


def test_a_name_that_points_inside_a_moment_later_is_not_asked_again(listener):
    """The connection goes to the address that was checked, whatever the name means by then."""
    from capwright.web.webhooks import post

    url, heard, answers = listener
    port = url.rpartition(":")[2].partition("/")[0]
    post(f"http://rebound.invalid:{port}/hook?a=b", "127.0.0.1", {"X-Told": "1"}, b"{}")
    headers, body = heard.get(timeout=60)
    assert (headers["Host"], headers["X-Told"], body) == (f"rebound.invalid:{port}", "1", b"{}")
    for status in (302, 404, 500):
        answers.append(status)
        with pytest.raises(HTTPException, match=str(status)):
            post(url, "127.0.0.1", {}, b"{}")


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[fd00::1]/"])
def test_a_demo_may_post_to_its_own_machine_and_no_further_inside(url):
    """A demo is open to everybody, and may run where addresses inside give keys away."""
    from capwright.web.webhooks import check_address

    assert check_address("http://127.0.0.1:9/", local=True) == "127.0.0.1"
    with pytest.raises(Refused, match="CW-9726"):
        check_address(url, local=True)


@pytest.fixture
def dribbler():
    """A server that answers with a head that never ends, a byte every tenth of a second."""
    ended = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip(line):
        with line:
            while not ended.is_set():
                try:
                    line.sendall(b"x")
                except OSError:
                    return
                time.sleep(0.1)

    def serve():
        while not ended.is_set():
            try:
                line, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(line,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    ended.set()
    server.close()


def test_an_answer_that_trickles_is_cut(dribbler, monkeypatch):
    from capwright.web import webhooks

    monkeypatch.setattr(webhooks, "LONGEST_S", 0.5)
    began = time.monotonic()
    with pytest.raises((OSError, HTTPException)):
        webhooks.post(dribbler, "127.0.0.1", {}, b"{}")
    assert time.monotonic() - began < 5


def test_slow_receivers_keep_nobody_else_waiting(site, listener, dribbler):
    from capwright.web.models import Webhook

    url, heard, _ = listener
    slow = "cement-03:checker"
    for n in range(8):
        Webhook.objects.create(user=site.user(slow), url=f"{dribbler}{n}", secret="s")  # noqa: S106
    hook(site, "aviation-02:operator", url)
    touch(site, slow, "hook-slow")
    kinds = [json.loads(heard.get(timeout=60)[1])["kind"] for _ in range(2)]
    assert kinds == ["AccountStatusSet"] * 2
    Webhook.objects.filter(user=site.user(slow)).delete()
