"""What one caller may take of the site: slow and long bodies, sockets; and what one faulty part may take."""

import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import pytest

from tests.web import loops
from tests.worlds import MINI, opening

HEAD = (
    "POST /apply/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)


def reached(site):
    host, port = site.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_slow_senders_leave_the_pages_to_others(site):
    """More bodies that never end than there are threads for pages; a ninth visitor is served at once."""
    from capwright.api.site import PAGE_WORKERS

    with ExitStack() as stack:
        for _ in range(PAGE_WORKERS + 4):
            slow = stack.enter_context(reached(site))
            slow.sendall(HEAD.format(length=1000).encode() + b"organisation=")
        time.sleep(0.3)  # they have come in
        assert httpx.get(site.url + "/", timeout=20).status_code == 200


def read_slowly(pieces, taken, *, grace_s):
    """An answer in pieces to a reader who takes so many messages and no more; when its page was done."""
    import asyncio

    from capwright.host.answers import KeptAnswers

    done, heard = [], []

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        done.append(time.monotonic())

    async def send(message):
        if len(heard) >= taken:
            await asyncio.sleep(60)
        heard.append(message)

    async def story():
        await KeptAnswers(app, grace_s=grace_s)({"type": "http"}, None, send)

    began = time.monotonic()
    loops.run(story())
    return done[0] - began, time.monotonic() - began, heard


def test_a_reader_who_does_not_read_keeps_no_page(monkeypatch):
    from capwright.host import answers

    monkeypatch.setattr(answers, "SLOWEST_B_S", 1_000_000.0)
    free_after, over_after, heard = read_slowly([b"x" * 500_000] * 4, 2, grace_s=1.0)
    assert free_after < 0.8, "the page's thread is free while the reader holds the connection"
    assert 0.9 < over_after < 10
    assert len(heard) == 2


@pytest.mark.parametrize("pieces", [[], [b"short"], [b"x" * 65_536], [b"a" * 70_000, b"", b"b" * 1_300_000]])
def test_answers_come_whole(pieces):
    _, _, heard = read_slowly(pieces, 1_000, grace_s=5)
    assert heard[0]["status"] == 200
    assert b"".join(one["body"] for one in heard[1:]) == b"".join(pieces)
    assert [one["more_body"] for one in heard[1:]] == [True] * (len(heard) - 2) + [False]


def gathered(app_seen, messages, *, length=b"100", **limits):
    """Send messages, each after a pause, through the gatherer; what was answered."""
    from capwright.host.bodies import GatheredBodies

    answered = []

    async def app(_scope, receive, send):
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message["more_body"]
        app_seen.append(b"".join(parts))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def story():
        import asyncio

        waiting = list(messages)

        async def receive():
            pause, body, more = waiting.pop(0)
            await asyncio.sleep(pause)
            return {"type": "http.request", "body": body, "more_body": more}

        async def send(message):
            answered.append(message)

        scope = {"type": "http", "headers": [(b"content-length", length)]}
        await GatheredBodies(app, **limits)(scope, receive, send)

    loops.run(story())
    return answered


def test_a_body_comes_whole_however_it_was_cut():
    seen, body = [], bytes(range(256)) * 8_192  # two megabytes: beyond memory, in a file
    parts = [(0, body[n : n + 100_000], True) for n in range(0, len(body), 100_000)]
    answered = gathered(seen, [*parts, (0, b"", False)], length=str(len(body)).encode())
    assert seen == [body]
    assert answered[0]["status"] == 200
    seen.clear()
    gathered(seen, [(0, b"x" * 65_536, False)])
    assert seen == [b"x" * 65_536], "a body of just one piece ends too"


def test_a_body_that_trickles_is_given_up():
    seen = []
    answered = gathered(seen, [(0.03, b"a", True)] * 50, grace_s=0.2)
    assert answered[0]["status"] == 408
    assert b"CW-9713" in answered[1]["body"]
    assert not seen


@pytest.mark.parametrize(
    ("length", "messages"),
    [(b"1001", []), (b"-1", []), (b"10", [(0, b"x" * 600, True)] * 2)],
    ids=["said", "nonsense", "more than said"],
)
def test_a_body_that_is_too_long_is_refused(length, messages):
    seen = []
    answered = gathered(seen, messages, length=length, longest=1000)
    assert answered[0]["status"] == 413
    assert b"CW-9714" in answered[1]["body"]
    assert not seen


def held_at_once(bodies, *, most):
    """Bodies of an address and a size each, which end when all have come; their statuses."""
    import asyncio

    from capwright.host.bodies import GatheredBodies

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def story():
        gatherer, come, found = GatheredBodies(app, most=most), asyncio.Event(), {}

        async def one(n, address, size):
            parts = [{"type": "http.request", "body": b"x" * size, "more_body": True}]

            async def receive():
                if parts:
                    return parts.pop()
                await come.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message):
                found.setdefault(n, message)

            headers = [(b"content-length", b"%d" % size)]
            await gatherer({"type": "http", "client": (address, 1), "headers": headers}, receive, send)

        async with asyncio.TaskGroup() as group:
            for n, (address, size) in enumerate(bodies):
                group.create_task(one(n, address, size))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            come.set()
        await one(len(bodies), bodies[0][0], 200)  # all of it is free again
        return [found[n] for n in sorted(found)]

    return loops.run(story())


def test_bodies_of_all_together_are_bounded():
    """Each may be as long as it may; together they must not fill the disk."""
    visitors = [(f"192.0.2.{n}", 200) for n in range(7)]
    answers = held_at_once(visitors, most=1000)
    assert [one["status"] for one in answers] == [200] * 5 + [503] * 2 + [200]
    assert (b"retry-after", b"60") in answers[5]["headers"]


def test_one_address_leaves_room_for_the_bodies_of_others():
    same = [("2001:db8::1", 200), ("2001:db8::2", 200), ("192.0.2.1", 200)]
    assert [one["status"] for one in held_at_once(same, most=1000)] == [200, 503, 200, 200]


def visited(requests, rate):
    """Requests, each an address and a path, at an application with a limit; what each was answered."""
    from capwright.host.visitors import CountedVisitors

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    answers = []

    async def story():
        pages = CountedVisitors(app, rate)
        for address, asked in requests:
            path, _, query = asked.partition("?")
            said = []

            async def send(message, said=said):
                said.append(message)

            scope = {"type": "http", "client": (address, 1), "path": path, "query_string": query.encode()}
            await pages(scope, None, send)
            answers.append(said)

    loops.run(story())
    return answers


def test_pages_of_one_address_have_a_limit_and_those_of_others_do_not():
    many = [("192.0.2.1", "/")] * 45
    answers = visited(
        [*many, ("192.0.2.1", "/static/x.css"), ("192.0.2.1", "/ready/"), ("192.0.2.2", "/")], 2
    )
    statuses = [said[0]["status"] for said in answers]
    assert statuses[:40] == [200] * 40
    assert statuses[44:] == [429, 200, 200, 200]
    head, page = dict(answers[44][0]["headers"]), answers[44][1]["body"].decode()
    assert int(head[b"retry-after"]) >= 1
    assert "CW-9719" in page
    assert "访问过于频繁" in page
    assert "opens more pages" in page


def test_files_made_of_many_rows_cost_more():
    from capwright.host.visitors import BURST_S, FILE

    for path in ("/statistics/?period=day&format=parquet", "/transparency/journal-2024-01-02.jsonl.gz"):
        statuses = [said[0]["status"] for said in visited([("192.0.2.1", path)] * 30, 10)]
        assert statuses.count(200) == 10 * BURST_S // FILE
    assert {said[0]["status"] for said in visited([("192.0.2.1", "/")] * 300, 0)} == {200}


def test_a_platform_has_the_limit_of_pages_that_is_set(tmp_path):
    from tests.web.conftest import free_port
    from tests.web.test_deploy import open_market

    journal = tmp_path / "market.sqlite"
    open_market(str(journal))
    url = f"http://127.0.0.1:{free_port()}"
    asked = [sys.executable, "-m", "capwright", "serve", "--demo", "--db", str(journal)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPWRIGHT_")}
    clean |= {"CAPWRIGHT_LANG": "en", "CAPWRIGHT_PAGE_LIMIT": "1"}
    with subprocess.Popen(
        [*asked, "--port", url.rpartition(":")[2]], stdout=subprocess.PIPE, text=True, env=clean
    ) as market:
        try:
            assert any(line.startswith("Open:") for line in market.stdout)
            with httpx.Client(base_url=url) as visitor:
                statuses = [visitor.get("/identity/login/").status_code for _ in range(40)]
                assert 200 in statuses
                assert statuses[-1] == 429
                assert visitor.get("/api/v1/journal/head").status_code == 200, (
                    "programs have a limit of their own"
                )
        finally:
            market.terminate()


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_one_visitor_has_a_network_of_version_6(address, whose):
    """Else whoever has one, as every household has, asks as 18 quintillion visitors."""
    from capwright.host.addresses import network_of

    assert network_of(address) == whose


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("::ffff:10.0.0.7", ["10.0.0.0/8"], True),  # a proxy that a socket for both versions hears
        ("10.0.0.7", ["192.0.2.0/24", "10.0.0.7"], True),
        ("10.0.0.7", ["proxy", "10.0.0.8"], False),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db8::1", ["10.0.0.0/8"], False),
        ("192.0.2.7", ["*"], False),
        ("", ["10.0.0.0/8"], False),
    ],
)
def test_who_is_within_a_network(address, networks, inside):
    from capwright.host.addresses import within

    assert within(address, networks) is inside


@pytest.mark.parametrize("said", ["*", "proxy.example", "127.0.0.1, *", "10.0.0.0/40", "10.1.2.3/8"])
def test_proxies_are_named_one_by_one(said):
    """With `*` the left-most address that a visitor claims would count, for networks and lock-outs."""
    from capwright.host import settings_of
    from capwright.kernel.refusal import Refused

    good = settings_of({"CAPWRIGHT_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1"}, db="x.sqlite", keep=False)
    assert good.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "::1")
    with pytest.raises(Refused, match="CW-9710"):
        settings_of({"CAPWRIGHT_TRUSTED_PROXIES": said}, db="x.sqlite", keep=False)


def test_many_visitors_do_not_renew_the_allowance_of_one(monkeypatch):
    from capwright.api.fault import Fault
    from capwright.api.limits import Limiter
    from capwright.host import limits

    now = 0.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    monkeypatch.setattr(limits, "_MOST_KEPT", 10)
    limiter = Limiter(1.0, 2.0)
    for n in range(10):
        limiter.take(f"before {n}")
    now = 100.0
    for _ in range(2):
        limiter.take("one")
    for n in range(4):
        limiter.take(f"other {n}")
    with pytest.raises(Fault):
        limiter.take("one")


def test_more_at_once_than_a_full_bucket_holds_counts_as_a_full_bucket(monkeypatch):
    """Five a second, ten at once: a batch of 500 passes, the next waits until the bucket is full again."""
    from capwright.api.fault import Fault
    from capwright.api.limits import Limiter
    from capwright.host import limits

    now = 0.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    limiter = Limiter(5.0, 10.0)
    limiter.take("one", 500)
    with pytest.raises(Fault) as no:
        limiter.take("one", 500)
    now += int(no.value.headers["Retry-After"])
    limiter.take("one", 500)


def test_sockets_of_an_address_are_counted():
    """An application with room for two: the third is closed with a reason, and comes in once one is gone."""
    import asyncio

    from capwright.host.sockets import CLOSED, CountedSockets

    async def story():
        leave = asyncio.Event()

        async def app(_scope, _receive, _send):
            await leave.wait()

        async def arrive(address):
            said = []

            async def receive():
                return {"type": "websocket.connect"}

            async def send(message):
                said.append(message)

            await counted({"type": "websocket", "client": (address, 1)}, receive, send)
            return said

        counted = CountedSockets(app, 2)
        first = [asyncio.create_task(arrive("192.0.2.1")) for _ in range(2)]
        await asyncio.sleep(0)
        third = await arrive("192.0.2.1")
        assert third[-1]["code"] == CLOSED
        assert "CW-9715" in third[-1]["reason"]
        assert len(third[-1]["reason"].encode()) <= 123, "as long as the protocol lets it be"
        other = asyncio.create_task(arrive("192.0.2.2"))
        await asyncio.sleep(0)
        leave.set()
        assert await asyncio.gather(*first, other) == [[], [], []]
        assert await arrive("192.0.2.1") == []

    loops.run(story())


def test_an_address_that_is_not_known_is_outside_every_network():
    from capwright.api.caller import Caller
    from capwright.api.fault import Fault

    bound = Caller("p", frozenset(), "p", ("192.0.2.0/24", "2001:db8::/32"))
    for inside in ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"):
        bound.check_address(inside)
    for outside in ("", "unix:", "testclient", "198.51.100.1", "::1"):
        with pytest.raises(Fault, match="403"):
            bound.check_address(outside)
    Caller("p", frozenset(), "p").check_address("")


def test_a_database_that_is_away_is_asked_at_a_steady_pace(tmp_path):
    """However often it is nudged: each wait for a row nudges, and people wait just then."""
    from capwright.journal.engine import Engine
    from capwright.journal.fault import StoreFailed
    from capwright.journal.store import open_store
    from capwright.market import Market
    from capwright.projection.follower import Follower

    path = str(tmp_path / "market.sqlite")
    with Engine(open_store(path, create=True), Market, clock=lambda: 1_700_000_000_000) as engine:
        engine.execute(opening(MINI), "open", "authority")
    asked = []

    def away(*_given):
        asked.append(time.monotonic())
        raise StoreFailed("away")

    with Follower(path, poll_s=0.01) as follower:
        follower._store.scan, follower._store.reopen = away, away
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            follower.nudge()
            time.sleep(0.005)
    assert 0 < len(asked) <= 4, "once, and once more to connect anew; not with every nudge"


def test_one_faulty_subscriber_ends_nothing(tmp_path, caplog):
    """It is named in the log once, is handed the next rows all the same, and others hear everything."""
    from capwright.journal.engine import Engine
    from capwright.journal.store import open_store
    from capwright.market import Market
    from capwright.projection.follower import Follower
    from capwright.registry.messages import AppointOfficer

    path = str(tmp_path / "market.sqlite")
    trouble, heard, seen = [True], [], []

    def faulty(rows):
        seen.append(rows[-1].seq)
        if trouble[0]:
            raise KeyError("a bug")

    with Engine(open_store(path, create=True), Market, clock=lambda: 1_700_000_000_000) as engine:
        engine.execute(opening(MINI), "open", "authority")
        with Follower(path, poll_s=0.01) as follower, caplog.at_level(logging.ERROR):
            follower.subscribe(faulty)
            follower.subscribe(lambda rows: heard.extend(row.seq for row in rows))
            for n in range(3):
                done = engine.execute(AppointOfficer(f"p-{n}", ("auditor",)), f"id-{n}", "authority")
                follower.wait_for(done.seq, 5)
            assert follower.fault is None
            assert follower.failing == 1
            assert [record.exc_info[0] for record in caplog.records] == [KeyError], "said once"
            trouble[0] = False
            done = engine.execute(AppointOfficer("p-9", ("auditor",)), "id-9", "authority")
            follower.wait_for(done.seq, 5)
            assert follower.failing == 0
    assert heard == seen == [2, 3, 4, 5]
