"""Webhooks: what happens on one's accounts is posted, signed; nobody looks into the network through us."""

import hashlib
import hmac
import json
import threading
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
    ],
)
def test_addresses_inside_are_refused(site, url):
    from capwright.web.webhooks import check_address

    with pytest.raises(Refused, match="CW-9726"):
        check_address(url)
