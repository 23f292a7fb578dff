"""The stream: what happens comes as it happens, after a break too, and only to whom it concerns."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


@pytest.fixture
def opened(site):
    """Connects as a person: `opened("exchange-1", channels="notices")`."""
    stack = ExitStack()

    def open_as(person="", **query):
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"Authorization": f"Bearer {site.token(person)}"} if person else {}
        url = site.url.replace("http", "ws") + f"/api/v1/stream?{asked}"
        return stack.enter_context(connect(url, additional_headers=headers, open_timeout=10, close_timeout=1))

    with stack:
        yield open_as


def heard(socket, timeout=10):
    return json.loads(socket.recv(timeout=timeout))


def notice(key):
    return json.dumps(
        {"id": key, "command": {"command": "PublishAnnouncement", "title": key, "text": "Said"}}
    )


def answer_to(socket, key):
    while True:
        message = heard(socket)
        if message.get("id") == key:
            return message["answer"]


def test_a_command_is_answered_and_heard_by_those_who_follow(opened):
    listener = opened(channels="notices")
    sender = opened("exchange-1")
    sender.send(notice("s-1"))
    answer = answer_to(sender, "s-1")
    message = heard(listener)
    assert (message["seq"], message["channel"]) == (answer["seq"], "notices")
    assert message["data"]["title"] == "s-1"


def test_whoever_comes_back_hears_what_was_missed(opened, site):
    sender = opened("exchange-1")
    sender.send(notice("s-2"))
    first = answer_to(sender, "s-2")["seq"]
    for key in ("s-3", "s-4"):
        sender.send(notice(key))
        last = answer_to(sender, key)["seq"]
    site.host.follower.wait_for(last)
    returned = opened(channels="notices", after=first)
    assert [heard(returned)["data"]["title"] for _ in range(2)] == ["s-3", "s-4"]


def test_whoever_comes_back_too_late_is_told(opened):
    returned = opened(channels="notices", after=5)
    assert heard(returned)["channel"] == "gap"


def test_whoever_saw_rows_that_there_are_not_is_told(opened, site):
    """It was connected to a journal that lost rows, or to another one."""
    beyond = site.settle() + 10_000
    returned, sender = opened(channels="notices", after=beyond), opened("exchange-1")
    told = heard(returned)
    assert (told["channel"], told["data"]["after"]) == ("gap", beyond)
    assert told["seq"] == told["data"]["known_from"] < beyond
    sender.send(notice("s-beyond"))
    assert heard(returned)["data"]["title"] == "s-beyond", "and hears what comes, once"
    sender.send(notice("s-beyond-2"))
    assert heard(returned)["data"]["title"] == "s-beyond-2"


def test_a_row_that_comes_in_a_moment_is_no_gap(opened, site):
    """A process may have told of a row that this one is about to read."""
    next_row = site.settle() + 1
    with ThreadPoolExecutor() as pool:
        returned = opened(channels="notices", after=next_row)
        first = pool.submit(heard, returned)
        sender = opened("exchange-1")
        for key in ("s-soon-1", "s-soon-2"):
            sender.send(notice(key))
            answer_to(sender, key)
        assert first.result(10)["data"]["title"] == "s-soon-2"


def test_the_same_key_is_answered_once(opened):
    sender = opened("exchange-1")
    sender.send(notice("s-5"))
    first = answer_to(sender, "s-5")
    sender.send(notice("s-5"))
    assert answer_to(sender, "s-5") == {**first, "repeated": True}


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", '{"id": "x"}', '{"id": "x", "command": {"command": "Nothing"}}']
)
def test_what_cannot_be_read_is_answered_and_the_line_stays(opened, raw):
    sender = opened("exchange-1")
    sender.send(raw)
    assert heard(sender)["answer"]["problem"]["status"] == 400
    sender.send(notice("s-6"))
    assert answer_to(sender, "s-6")["seq"]


def test_the_public_may_not_send(opened):
    socket = opened()
    socket.send(notice("s-7"))
    assert answer_to(socket, "s-7")["problem"]["status"] == 401


@pytest.mark.parametrize("query", [{"channels": "orders:GD-1"}, {"channels": "nothing"}, {"after": "x"}])
def test_nobody_follows_what_is_not_theirs(opened, query):
    socket = opened(**query)
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd.code == 4403


def test_an_order_moves_the_book_and_is_told_to_its_account(opened, site):
    person = "investor-03:operator"
    account = site.account(person)
    with site.host.look() as market:
        day = market.rooms["exchange"].state.day
    if not any(begin <= site.host.clock() < end for begin, end in day.windows_ms):
        pytest.skip("the story's trading session is over")
    mine = opened(person, channels=f"orders:{account}")
    anybody = opened(channels="book:GDEA")
    command = {"command": "PlaceOrder", "account": account, "product": "GDEA", "side": "buy"}
    command |= {"price_fen_per_t": 3826, "quantity_t": 7}
    mine.send(json.dumps({"id": "s-8", "command": command}))
    answer = answer_to(mine, "s-8")
    assert "problem" not in answer, answer
    told = heard(mine)["data"]
    assert (told["event"], told["quantity_t"]) == ("OrderPlaced", 7)
    book = heard(anybody)
    assert book["data"]["buy"] == [[3826, 7, 1]]
    cancel = {"command": "CancelOrder", "account": account, "order_id": told["order_id"]}
    mine.send(json.dumps({"id": "s-9", "command": cancel}))
    assert "problem" not in answer_to(mine, "s-9")
    assert heard(anybody)["data"]["buy"] == []


def test_together_a_frame_is_a_list_of_messages(opened, site):
    listener = opened(channels="notices,journal", together=1)
    alone = opened(channels="notices,journal")
    sender = opened("exchange-1", together=1)
    sender.send(notice("s-10"))
    (answer,) = heard(sender)
    seq = answer["answer"]["seq"]
    heard_together = heard(listener)
    assert isinstance(heard_together, list)
    mine = [message for message in heard_together if message["seq"] == seq]
    assert [message["channel"] for message in mine] == ["notices", "journal"]
    assert [heard(alone) for _ in heard_together] == heard_together
    site.host.follower.wait_for(seq)
    returned = heard(opened(channels="notices", after=seq - 1, together=1))
    assert [message["data"]["title"] for message in returned] == ["s-10"]


def test_commands_in_a_list_are_done_in_their_order_and_answered_one_by_one(opened):
    sender = opened("exchange-1")
    bad = json.dumps({"id": "bad", "command": {"command": "Nothing"}})
    keys = [f"list-{n}" for n in range(20)]
    sender.send(f"[{','.join([*map(notice, keys[:10]), bad, *map(notice, keys[10:])])}]")
    answers = [heard(sender) for _ in range(21)]
    said = {one["id"]: one["answer"] for one in answers}
    rows = [said[key]["seq"] for key in keys]
    assert rows == sorted(set(rows))
    assert said["bad"]["problem"]["status"] == 400


def test_answers_of_one_commit_come_together(opened):
    sender = opened("exchange-1", together=1)
    keys = [f"many-{n}" for n in range(400)]
    sender.send(f"[{','.join(map(notice, keys))}]")
    frames = []
    while sum(map(len, frames)) < len(keys):
        frames.append(heard(sender))
    assert [one["id"] for frame in frames for one in frame] == keys
    assert len(frames) < len(keys) / 4


@pytest.mark.parametrize("count", [0, 501])
def test_a_list_has_a_length(opened, count):
    sender = opened("exchange-1")
    sender.send(f"[{','.join([notice('s-11')] * count)}]")
    assert heard(sender)["answer"]["problem"]["status"] == 400


def test_more_than_may_be_under_way_waits_its_turn(opened, monkeypatch):
    monkeypatch.setattr("capwright.api.line.UNDER_WAY", 3)
    sender = opened("exchange-1")
    for n in range(20):
        sender.send(notice(f"turn-{n}"))
        sender.send("{")
    answers = [heard(sender)["id"] for _ in range(40)]
    assert [key for key in answers if key] == [f"turn-{n}" for n in range(20)]
    assert answers.count("") == 20


def test_what_nobody_foresaw_is_logged_and_its_words_are_not_told(opened, site, monkeypatch, caplog):
    sender, api = opened("exchange-1"), site.api("exchange-1")
    said = {"title": "s-13", "text": "Said"}
    lines = [json.dumps({"command": "PublishAnnouncement", **said})] * 2
    together = {"commands": [{"id": f"s-{n}", "command": json.loads(one)} for n, one in enumerate(lines, 13)]}
    monkeypatch.setattr(site.host, "call", lambda sent, then: then(0, [ValueError("private")] * len(sent)))
    sender.send(notice("s-13"))
    answers = [answer_to(sender, "s-13")["problem"]]
    answers += [one["problem"] for one in api.post("/commands/", json=together).json()["answers"]]
    for _ in ("the ordinary way, since the caller has to be looked up", "perhaps the short one"):
        one = api.post("/commands/PublishAnnouncement", json=said)
        assert one.headers["content-type"] == "application/problem+json"
        answers.append(one.json())
    assert [one["status"] for one in answers] == [500] * 5
    assert "private" not in str(answers)
    assert caplog.text.count("ValueError: private") == 5


def test_what_nobody_foresaw_in_a_read_is_told_as_a_problem_too(site, monkeypatch, caplog):
    def broken(*_asked):
        raise ValueError("private")

    api = site.api("exchange-1")
    assert api.get("/journal/head").status_code == 200
    monkeypatch.setattr("capwright.api.desk.Desk.count", broken)
    answer = api.get("/journal/head")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, "private" in answer.text) == (500, False)
    assert caplog.text.count("ValueError: private") == 1


def test_streams_go_on_while_nobody_can_tell_who_calls(opened, site, monkeypatch):
    """The people's database is away for some looks: who is in stays in, and whoever comes is told to wait."""
    from capwright.api.caller import Callers
    from capwright.kernel.refusal import refuse
    from capwright.web.refusals import PEOPLE_AWAY

    looks = []

    def away(_self, _headers):
        looks.append(1)
        refuse(PEOPLE_AWAY)

    sender = opened("exchange-1", channels="notices")
    token = site.token("exchange-2")
    monkeypatch.setattr("capwright.api.stream.GUARD_S", 0.05)
    listener = opened("exchange-1", channels="notices")
    monkeypatch.setattr(Callers, "find", away)
    deadline = time.monotonic() + 10
    while len(looks) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(looks) >= 3
    sender.send(notice("s-12"))
    assert heard(listener)["data"]["title"] == "s-12"
    monkeypatch.setattr(Callers, "known", lambda _self, _headers: None)
    url = site.url.replace("http", "ws") + "/api/v1/stream"
    late = connect(url, additional_headers={"Authorization": f"Bearer {token}"})
    with late, pytest.raises(ConnectionClosed) as closed:
        late.recv(timeout=10)
    assert closed.value.rcvd.code == 1013
    assert closed.value.rcvd.reason.startswith(PEOPLE_AWAY.code)
