"""Alive, ready, figures, request ids and logs."""

import io
import json
import logging
import re
import threading
import time

import httpx
import pytest

from capwright.exchange.messages import CancelOrder
from capwright.host.logs import REQUEST_ID, set_up
from capwright.host.meters import METERS, Meters, Metric, exposition
from capwright.host.requests import Requests
from capwright.host.state import MOST_BEHIND, State, state_of
from tests.web import loops

LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


def values(text):
    """The lines of an answer of `/metrics/` by name and labels."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            assert LINE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            assert name not in found
            found[name] = float(value)
    return found


def test_alive_and_ready(site, visitor):
    assert visitor.get("/health/").json() == {"alive": True}
    answer = visitor.get("/ready/")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert answer.headers["Cache-Control"] == "no-store"
    assert all(answer.json()["checks"].values())


def test_not_ready_without_database_or_when_following_stopped(site, visitor, monkeypatch):
    from capwright.web.pages import health

    def says(**changed):
        good = {
            "answers": True, "journal": 9, "head_at_ms": 1, "follower": 9, "views": 9, "engine": True,
            "fault": "", "took_s": 0.1,
        }  # fmt: skip
        monkeypatch.setattr(health, "state_of", lambda _: State(**{**good, **changed}))
        return visitor.get("/ready/")

    assert says().status_code == 200
    assert says(engine=False).status_code == 200  # pages can be read without one
    for changed in ({"answers": False}, {"fault": "ChainFault"}, {"journal": 10 + MOST_BEHIND}):
        answer = says(**changed)
        assert answer.status_code == 503, changed
        assert answer.json()["ready"] is False
    monkeypatch.setattr(health, "_people_answer", lambda: False)
    assert says().status_code == 503


@pytest.mark.parametrize("which", ["state_of", "_people_answer"])
def test_a_silent_database_is_told_soon_and_asked_once(visitor, monkeypatch, which):
    from capwright.web.pages import health

    asked, answers = [], threading.Event()

    def wait(*_):
        asked.append(1)
        answers.wait(30)
        return False

    monkeypatch.setattr(health, which, wait)
    monkeypatch.setattr(health, "PATIENCE_S", 0.3)
    began = time.monotonic()
    for _ in range(3):
        answer = visitor.get("/ready/")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert time.monotonic() - began < 3
    assert len(asked) == 1
    answers.set()


def test_a_database_that_is_gone_is_found_out(site, tmp_path, monkeypatch):
    from msgspec.structs import replace

    monkeypatch.setattr(site.host, "settings", replace(site.host.settings, db=str(tmp_path / "none.sqlite")))
    state = state_of(site.host)
    assert not state.answers
    assert not state.ready


def test_figures_count_what_happens(site):
    with httpx.Client(base_url=site.url) as client:
        before = values(client.get("/metrics/").text)
        head = site.settle()
        assert before["capwright_journal_rows"] == head
        assert before["capwright_follower_lag_rows"] == 0
        assert before["capwright_engine_up"] == 1
        assert before["process_resident_memory_bytes"] > 20_000_000
        for _ in range(3):
            assert client.get("/no/such/page/").status_code == 404
        account = site.account("paper-06:operator")
        outcome = site.host.send(CancelOrder(account, "no-such-order"), "health/no", "paper-06:operator")
        assert not outcome.ok
        after = values(client.get("/metrics/").text)

    def grew(name):
        return after[name] - before.get(name, 0)

    assert grew('capwright_requests_total{surface="pages",method="GET",status="404"}') == 3
    assert grew('capwright_request_seconds_count{surface="pages"}') == 4
    assert grew('capwright_request_seconds_bucket{surface="pages",le="+Inf"}') == 4
    code = outcome.refusal.code
    assert grew(f'capwright_commands_total{{outcome="refused",code="{code}"}}') == 1
    assert grew("capwright_journal_rows") == 1


def test_figures_are_for_this_machine_or_a_token(site, visitor, monkeypatch):
    assert visitor.get("/metrics/").status_code == 200
    assert visitor.get("/metrics/", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert visitor.get("/metrics/", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404
    bearer = {"Authorization": "Bearer a-token"}
    assert visitor.get("/metrics/", REMOTE_ADDR="10.0.0.7", headers=bearer).status_code == 404
    monkeypatch.setenv("CAPWRIGHT_METRICS_TOKEN", "a-token")
    assert visitor.get("/metrics/", REMOTE_ADDR="10.0.0.7", headers=bearer).status_code == 200
    wrong = {"Authorization": "Bearer another"}
    assert visitor.get("/metrics/", REMOTE_ADDR="10.0.0.7", headers=wrong).status_code == 404
    empty = {"Authorization": "Bearer "}
    monkeypatch.setenv("CAPWRIGHT_METRICS_TOKEN", "")
    assert visitor.get("/metrics/", REMOTE_ADDR="10.0.0.7", headers=empty).status_code == 404


def test_every_answer_has_an_id_and_only_a_trusted_proxy_may_choose_it(site):
    with httpx.Client(base_url=site.url) as client:
        seen = set()
        for path in ("/", "/api/v1/market", "/static/web/base.css", "/no/such/page/"):
            answer = client.get(path, headers={"X-Request-Id": "chosen-by-me"})
            ids = answer.headers.get_list("X-Request-Id")
            assert len(ids) == 1
            assert re.fullmatch(r"[0-9a-f]{32}", ids[0]), path
            seen.update(ids)
        assert len(seen) == 4


def asked(app, headers=(), peer="127.0.0.1"):
    """The answer of an ASGI application to one request."""
    sent = []

    async def run():
        scope = {
            "type": "http", "method": "GET", "path": "/x", "headers": list(headers), "client": (peer, 1),
        }  # fmt: skip

        async def receive():
            return {"type": "http.request"}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)

    loops.run(run())
    return sent


async def quiet(scope, receive, send):
    logging.getLogger("capwright.test").warning("inside")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    ("trusted", "given", "taken"),
    [
        (("127.0.0.1",), b"from-the-proxy", True),
        (("127.0.0.0/8",), b"from-the-proxy", True),
        (("10.0.0.0/8",), b"from-the-proxy", False),
        ((), b"from-the-proxy", False),
        (("127.0.0.1",), b"a b\r\nX: y", False),
        (("127.0.0.1",), b"short", False),
    ],
)
def test_ids_from_proxies(trusted, given, taken):
    start = asked(Requests(quiet, trusted), [(b"x-request-id", given)])[0]
    said = dict(start["headers"])[b"x-request-id"]
    assert (said == given) is taken
    assert REQUEST_ID.get() == ""


@pytest.fixture
def logs():
    """Logs go where the test can read them, and are put back afterwards."""
    names = ("", "capwright", "django.request", "uvicorn", "uvicorn.error", "uvicorn.access")
    loggers = [logging.getLogger(name) for name in names]
    kept = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    yield io.StringIO()
    for one, handlers, level, propagate in kept:
        one.handlers, one.level, one.propagate = handlers, level, propagate
        one.manager._clear_cache()


def test_logs_as_json_have_the_id_and_no_query(logs):
    set_up("json", logs)
    start = asked(Requests(quiet))[0]
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    request_id = dict(start["headers"])[b"x-request-id"].decode()
    assert [line["message"] for line in lines] == ["inside", "request"]
    assert {line["request"] for line in lines} == {request_id}
    assert lines[1] | {"ms": 0, "at": ""} == {
        "at": "", "level": "info", "logger": "capwright.request", "message": "request", "request": request_id,
        "method": "GET", "path": "/x", "status": 200, "ms": 0, "bytes": 2,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["json", "text"])
def test_keys_in_addresses_are_not_logged(logs, form):
    set_up(form, logs)
    for path in ("/invitation/very-secret/", "/identity/password/reset/key/very-secret/"):
        logging.getLogger("capwright.request").warning(
            "Not found: %s", path, extra={"fields": {"path": path}}
        )
    assert "secret" not in logs.getvalue()
    assert "/invitation/…" in logs.getvalue()
    assert all(json.loads(line) for line in logs.getvalue().splitlines() if form == "json")


def test_a_fault_is_logged_with_its_trace(logs):
    async def broken(scope, receive, send):
        try:
            int("one\ntwo")
        except ValueError:
            logging.getLogger("capwright.test").exception("went wrong")
        raise KeyError("x")

    set_up("json", logs)
    before = METERS.metrics()[0].values
    with pytest.raises(KeyError):
        asked(Requests(broken))
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert "ValueError" in lines[0]["trace"]
    assert lines[1]["status"] == 500
    assert lines[1]["level"] == "warning"
    assert METERS.metrics()[0].values != before


def test_faults_of_api_and_pages_are_logged_with_trace_and_id(site, logs, monkeypatch):
    def broken():
        raise ZeroDivisionError

    with httpx.Client(base_url=site.url) as client:
        set_up("json", logs)
        monkeypatch.setattr(site.host, "look", broken)
        for path in ("/api/v1/market", "/entities/"):
            logs.truncate(0)
            answer = client.get(path)
            assert answer.status_code == 500
            assert "ZeroDivision" not in answer.text
            lines = [json.loads(line.strip("\0")) for line in logs.getvalue().splitlines()]
            traced = [line for line in lines if "ZeroDivisionError" in line.get("trace", "")]
            assert traced, path
            assert traced[0]["request"] == answer.headers["X-Request-Id"]


def test_logs_as_text_say_only_what_is_amiss(logs):
    set_up("text", logs)
    asked(Requests(quiet))
    assert "inside" in logs.getvalue()
    assert "/x" not in logs.getvalue()  # a line about the request itself would name its path


def test_the_text_form_escapes_and_adds_up():
    meters = Meters()
    for seconds in (0.001, 0.02, 99):
        meters.request("api", "GET", 200, seconds)
    text = exposition(meters.metrics())
    found = values(text)
    assert found['capwright_request_seconds_bucket{surface="api",le="0.005"}'] == 1
    assert found['capwright_request_seconds_bucket{surface="api",le="10.0"}'] == 2
    assert found['capwright_request_seconds_bucket{surface="api",le="+Inf"}'] == 3
    assert found['capwright_request_seconds_sum{surface="api"}'] == pytest.approx(99.021)
    odd = Metric("m", "gauge", "h", (("", {"a": 'x"\\\n'}, 1.5),))
    assert exposition([odd]) == '# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} 1.5\n'
