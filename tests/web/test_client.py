"""The client does what programs need: tokens, keys, pages, refusals."""

import threading

import httpx
import pytest

from capwright.client import Client, MarketRefused
from capwright.exchange.messages import PublishAnnouncement
from capwright.settlement.messages import WithdrawCash


@pytest.fixture
def client(site):
    """A client for a person."""
    opened = []

    def make(person):
        from oauth2_provider.models import Application

        site.token(person)
        made = Application.objects.get(name=f"test {person}")
        opened.append(Client(site.url, made.client_id, f"secret-of-{person}"))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_a_command_is_done_once_under_its_key(client):
    market = client("exchange-1")
    first = market.send(PublishAnnouncement("Client", "Text"), key="c-1")
    again = market.send(PublishAnnouncement("Client", "Text"), key="c-1")
    assert (again.seq, again.repeated) == (first.seq, True)
    assert first.events[0]["event"] == "ExchangeAnnouncement"


def test_a_refusal_is_raised_with_its_code(client, site):
    market = client("ceramics-11:operator")
    with pytest.raises(MarketRefused) as no:
        market.send(WithdrawCash(site.account("ceramics-12:operator"), 100))
    assert (no.value.status, no.value.code) == (422, "CW-4002")
    assert "权限" in no.value.message_zh


def test_each_of_many_commands_has_its_answer(client, site):
    market = client("exchange-1")
    good = PublishAnnouncement("Many", "Text")
    found = market.send_all([("m-1", good), ("m-2", WithdrawCash("GD-1", 1)), ("m-3", good)])
    assert [type(one).__name__ for one in found] == ["Done", "MarketRefused", "Done"]


def test_lists_come_whole(client, site):
    market = client("exchange-1")
    known = site.host.views.rows("SELECT count(*) FROM trade WHERE product = 'PHCER'")[0][0]
    assert len(list(market.trades(product="PHCER"))) == known


def test_the_public_reads_without_a_client(site):
    with Client(site.url) as market:
        assert market.get("market")["scheme"] == "guangdong-2023"
        with pytest.raises(MarketRefused, match="403"):
            market.get("accounts")


def test_wrong_credentials_are_told(site):
    with (
        Client(site.url, "nobody", "nothing") as market,
        pytest.raises(MarketRefused, match="invalid_client"),
    ):
        market.get("tasks")


def test_a_server_that_is_busy_is_asked_again(monkeypatch):
    answers = [
        httpx.Response(503),
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.Response(200, json=[1]),
    ]
    with Client("http://127.0.0.1:1") as market:
        monkeypatch.setattr(market._http, "request", lambda *_a, **_k: answers.pop(0))
        assert market.get("products") == [1]


def test_a_server_that_is_away_is_told(monkeypatch):
    monkeypatch.setattr("capwright.client.client.time.sleep", lambda _s: None)
    with Client("http://127.0.0.1:1") as market, pytest.raises(httpx.ConnectError):
        market.get("products")


def test_following_resumes_after_a_break_and_hears_everything_once(client, site, monkeypatch):
    """The server ends the line; announcements are made before, just then, and after."""
    from capwright.api.caller import Callers
    from capwright.api.fault import Fault

    monkeypatch.setattr("capwright.api.stream.GUARD_S", 0.05)
    market, sender = client("exchange-1"), site.api("exchange-2")
    heard = market.follow("notices")
    titles = [f"followed {n}" for n in range(6)]
    told = []
    for n, title in enumerate(titles):
        assert (
            sender.post("/commands/PublishAnnouncement", json={"title": title, "text": "x"}).status_code
            == 200
        )
        if n == 2:
            ended = threading.Event()
            with monkeypatch.context() as broken:

                def end(_self, _headers, ended=ended):
                    ended.set()
                    raise Fault(401, "ended by the test", "测试结束连接")

                broken.setattr(Callers, "find", end)
                assert ended.wait(10)
        else:
            told.append(next(heard)["data"]["title"])
    while len(told) < len(titles):
        told.append(next(heard)["data"]["title"])
    assert told == titles


def test_following_begins_after_a_row_or_says_what_may_not_be(client, site):
    market = client("exchange-1")
    before = site.settle()
    sent = market.send(PublishAnnouncement("From here", "Text"))
    site.settle()
    first = next(market.follow("notices", after=before))
    assert (first["seq"], first["data"]["title"]) == (sent.seq, "From here")
    with pytest.raises(MarketRefused) as no:
        next(market.follow("nothing"))
    assert no.value.status == 403
