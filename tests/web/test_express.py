"""The short way of commands: over a bare line, requests in pieces, in one piece, cut off and in a row."""

import json
import re
import socket
import time

import pytest

from capwright.host.meters import METERS
from capwright.journal.store import open_store

PERSON = "exchange-1"


@pytest.fixture
def line(site):
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(site):
    return site.token(PERSON)


def asking(token, title, *more, version="1.1", path="PublishAnnouncement", body=None):
    body = json.dumps({"title": title, "text": "Said"}) if body is None else body
    head = [
        f"POST /api/v1/commands/{path} HTTP/{version}", "Host: 127.0.0.1", f"Authorization: Bearer {token}",
        "Content-Type: application/json", f"Content-Length: {len(body)}", *more,
    ]  # fmt: skip
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def heard(line, count=1):
    """So many answers: status, headers and the body as JSON of each."""
    answers, raw = [], b""
    while len(answers) < count:
        head, found, rest = raw.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1]) if found else 0
        if found and len(rest) >= length:
            lines = head.decode().split("\r\n")
            headers = dict(one.split(": ", 1) for one in lines[1:])
            answers.append((int(lines[0].split()[1]), headers, json.loads(rest[:length])))
            raw = rest[length:]
            continue
        more = line.recv(65536)
        assert more, f"the line ended after {len(answers)} answers and {raw!r}"
        raw += more
    assert not raw
    return answers


def titled(site, seq, title):
    """Whether a row of the journal has the notice of this title."""
    store = open_store(site.host.url, read_only=True)
    try:
        row = next(row for page in store.scan(seq) for row in page)
    finally:
        store.close()
    return row[0] == seq and f'"{title}"'.encode() in b"".join(one for one in row if isinstance(one, bytes))


def requests_counted():
    kept = {str(labels): value for _, labels, value in METERS.metrics()[0].values}
    return kept.get("{'surface': 'api', 'method': 'POST', 'status': '200'}", 0)


def test_it_is_the_short_way_that_answers(site, line, token, monkeypatch):
    """Without it, all other tests here would test the ordinary way."""
    line.sendall(asking(token, "known now"))  # the token has been looked up
    heard(line)
    monkeypatch.setattr("capwright.api.commands.CommandApp.__call__", None)
    before = requests_counted()
    line.sendall(asking(token, "short"))
    ((status, headers, said),) = heard(line)
    assert (status, headers["capwright-row"]) == (200, str(said["seq"]))
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert requests_counted() == before + 1


def test_many_at_once_are_answered_in_their_order(line, token):
    """Pipelined, the short way and the ordinary one in turn."""
    wrong = asking(token, "", body='{"title": 1}')
    line.sendall(b"".join((asking(token, f"row {n}") + wrong) for n in range(5)))
    answers = heard(line, 10)
    assert [status for status, *_ in answers] == [200, 400] * 5
    rows = [said["seq"] for status, _, said in answers if status == 200]
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("cut", [1, 40, -60, -1])
def test_a_body_in_pieces(line, token, cut):
    raw = asking(token, "in pieces")
    line.sendall(raw[:cut])
    time.sleep(0.05)
    line.sendall(raw[cut:])
    ((status, _, said),) = heard(line)
    assert (status, said["events"][0]["title"]) == (200, "in pieces")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"token": "wrong"}, 401),
        ({"path": "Nothing"}, 404),
        ({"body": "{"}, 400),
        ({"body": ""}, 400),
    ],
)
def test_what_is_amiss_is_told_and_the_line_stays(line, token, more, status):
    line.sendall(asking(**({"token": token, "title": "x"} | more)))
    ((found, headers, said),) = heard(line)
    assert (found, said["status"], headers["content-type"]) == (status, status, "application/problem+json")
    line.sendall(asking(token, "still here"))
    assert heard(line)[0][0] == 200


def test_a_refusal_of_the_market_comes_in_the_language_asked_for(line, token):
    order = {"account": "GD-0", "order_id": "none"}
    for language, word in (("en", "Refused"), ("zh-CN", "未获受理")):
        line.sendall(
            asking(token, "", f"Accept-Language: {language}", path="CancelOrder", body=json.dumps(order))
        )
        ((status, headers, said),) = heard(line)
        assert (status, said["title"]) == (422, word)
        assert headers["capwright-row"] == str(said["seq"])


@pytest.mark.parametrize(("version", "more"), [("1.0", ()), ("1.1", ("Connection: close",))])
def test_the_line_ends_where_the_caller_wants_it(line, token, version, more):
    line.sendall(asking(token, "the last", *more, version=version))
    ((status, headers, _),) = heard(line)
    assert (status, headers["connection"]) == (200, "close")
    assert line.recv(10) == b""


def test_an_id_given_twice_is_done_once(line, token):
    raw = asking(token, "once", "Idempotency-Key: express-1")
    line.sendall(raw + raw)
    first, second = (said for _, _, said in heard(line, 2))
    assert second == {**first, "repeated": True}


def test_whoever_leaves_without_waiting_has_sent_it_all_the_same(site, token):
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as gone:
        gone.sendall(asking(token, "gone", "Idempotency-Key: express-gone"))
    again = site.api(PERSON).post(
        "/commands/PublishAnnouncement",
        json={"title": "gone", "text": "Said"},
        headers={"Idempotency-Key": "express-gone"},
    )
    assert again.status_code == 200


def test_whoever_does_not_read_is_not_answered_for_ever(site, token):
    """Answers wait for a reader in the line's buffers, not in memory without bound: the sending stops."""
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=1) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        again = asking(token, "deaf", "Idempotency-Key: express-deaf")  # repeated: it writes no rows
        with pytest.raises(TimeoutError):
            deaf.sendall(again * 60_000)


def test_what_stalls_behind_another_request_has_its_limit_too(line, token, monkeypatch):
    """Its head came with the request before: waiting for its body alone, it held the line for ever."""
    monkeypatch.setattr("capwright.api.commands.SLOWEST_BODY_S", 0.2)
    line.sendall(asking(token, "before") + asking(token, "stalls")[:-5])
    first, second = heard(line, 2)
    assert (first[0], second[0]) == (200, 408)


@pytest.mark.parametrize(
    "after",
    [
        b"\x16\x03\x01 no HTTP\r\n\r\n",
        (
            b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ),
    ],
    ids=["no HTTP", "upgrade"],
)
def test_what_comes_behind_an_order_does_not_answer_it(site, line, token, after):
    """The order is carried out: an answer of 400 or 101 in its place would say something else of it."""
    key = f"Idempotency-Key: express-behind-{len(after)}"
    line.sendall(asking(token, "behind", key) + after)
    raw = b""
    while more := line.recv(65536):
        raw += more
    assert not raw.startswith((b"HTTP/1.1 400", b"HTTP/1.1 101")), raw[:80]
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as again:
        again.sendall(asking(token, "behind", key))
        ((status, _, said),) = heard(again)
    assert (status, said["repeated"]) == (200, True)


def chunked(token, title, *, cuts=(7,), expect=False, length=None, end=b"0\r\n\r\n"):
    body, parts, begun = json.dumps({"title": title, "text": "Said"}).encode(), [], 0
    for cut in (*cuts, len(body)):
        if part := body[begun:cut]:
            parts.append(b"%x\r\n%b\r\n" % (len(part), part))
        begun = cut
    head = [
        "POST /api/v1/commands/PublishAnnouncement HTTP/1.1", "Host: 127.0.0.1",
        f"Authorization: Bearer {token}", "Content-Type: application/json", "Transfer-Encoding: chunked",
    ]  # fmt: skip
    head += ["Expect: 100-continue"] * expect + [f"Content-Length: {length}"] * (length is not None)
    return ("\r\n".join(head) + "\r\n\r\n").encode(), b"".join(parts) + end


@pytest.mark.parametrize("cuts", [(), (7,), (1, 2, 3), tuple(range(1, 30))])
def test_a_body_in_chunks_is_an_order_too(site, line, token, cuts):
    head, body = chunked(token, f"chunks {len(cuts)}", cuts=cuts)
    line.sendall(head + body + asking(token, f"behind chunks {len(cuts)}"))
    answers = heard(line, 2)
    assert [status for status, *_ in answers] == [200, 200]
    assert titled(site, answers[0][2]["seq"], f"chunks {len(cuts)}")
    assert titled(site, answers[1][2]["seq"], f"behind chunks {len(cuts)}")


def test_chunks_that_come_late_or_one_byte_at_a_time(site, line, token):
    head, body = chunked(token, "byte by byte", cuts=(5, 20))
    for n in range(len(head) - 4, len(head)):
        line.sendall((head + body)[(0 if n == len(head) - 4 else n) : n + 1])
    for byte in body:
        line.sendall(bytes([byte]))
    ((status, _, said),) = heard(line)
    assert (status, titled(site, said["seq"], "byte by byte")) == (200, True)


def test_whoever_asks_before_sending_is_told_to_go_on(site, line, token):
    raw = asking(token, "expected", "Expect: 100-continue")
    head, _, body = raw.partition(b"\r\n\r\n")
    line.sendall(head + b"\r\n\r\n")
    assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sendall(body)
    ((status, _, said),) = heard(line)
    assert (status, titled(site, said["seq"], "expected")) == (200, True)


def test_whoever_does_not_wait_to_be_told_is_served_too(site, line, token):
    line.sendall(asking(token, "not waited", "Expect: 100-continue"))
    raw = b""
    while b"}" not in raw.partition(b"HTTP/1.1 200")[2]:
        raw += line.recv(65536)
    assert raw.count(b"HTTP/1.1 200") == 1
    assert raw.startswith((b"HTTP/1.1 100", b"HTTP/1.1 200"))


def test_whoever_has_closed_their_side_is_served_and_the_line_ends(site, token):
    """Nothing more will come from there (shutdown); it is done once, answer or not."""
    host, port = site.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=10) as line:
            key = f"Idempotency-Key: half-closed-{time.time_ns()}"
            line.sendall(asking(token, "half closed", key))
            line.shutdown(socket.SHUT_WR)
            raw = b""
            while more := line.recv(65536):
                raw += more
        with socket.create_connection((host, int(port)), timeout=10) as again:
            again.sendall(asking(token, "half closed", key))
            ((status, _, said),) = heard(again)
        assert status == 200
        assert said["repeated"] is True
        assert titled(site, said["seq"], "half closed")


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"0\r\nX-Trailer: 1\r\n\r\n"])
@pytest.mark.parametrize("length", ["5", "0", "4096"])
def test_a_body_with_two_lengths_is_no_request(site, line, token, length, end):
    """Where one reader sees the end of a body and another its middle, requests are smuggled in."""
    before = site.settle()
    head, body = chunked(token, "two lengths", length=length, end=end)
    line.sendall(head + body + asking(token, "smuggled"))
    raw = b""
    try:
        while more := line.recv(65536):
            raw += more
    except ConnectionError:
        pass
    assert raw.count(b"HTTP/1.1 400") <= 1
    assert b"HTTP/1.1 200" not in raw
    assert site.settle() == before


@pytest.mark.parametrize(
    "mangled",
    [b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"Content-Length: +5\r\n",
     b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: 0x5\r\n"],
)  # fmt: skip
def test_lengths_that_are_none_are_refused(site, line, token, mangled):
    before = site.settle()
    head = b"POST /api/v1/commands/PublishAnnouncement HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
    line.sendall(head + token.encode() + b"\r\n" + mangled + b"\r\n" + asking(token, "smuggled"))
    line.settimeout(3)
    raw = b""
    try:
        while more := line.recv(65536):
            raw += more
    except (ConnectionError, TimeoutError):
        pass
    assert b"HTTP/1.1 200" not in raw
    assert site.settle() == before
