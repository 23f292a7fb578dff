"""What a hostile or clumsy user tries: each of these once worked."""

import asyncio
import logging
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from capwright.kernel.refusal import Refused
from tests.web import loops
from tests.web.processes import copied

OTHER_SITES = ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]


def appoint(client, person, command_id, **more):
    fields = {"person": person, "roles": ["auditor"], "command_id": command_id, **more}
    return client.post("/desk/act/AppointOfficer/", fields)


@pytest.mark.parametrize("address", OTHER_SITES)
def test_a_form_does_not_lead_to_another_site(site, address):
    sent = appoint(site.client("authority-2"), "lured-1", f"web/lured-{len(address)}", next=address)
    assert sent.status_code == 302
    assert sent["Location"] == "/desk/"


def test_ids_of_forms_are_bound_to_the_person(site):
    from capwright.web.sending import id_of

    first, second = id_of("authority-2", "web/x"), id_of("authority-1", "web/x")
    assert first == id_of("authority-2", "web/x")
    assert first != second
    assert id_of("a/b", "c") != id_of("a", "b/c")
    appoint(site.client("authority-2"), "bound-1", "../tick/\0\n" + "x" * 10_000)
    with site.host.look() as market:
        assert all("tick" not in one for one in market.state.proposals)
        assert id_of("authority-2", "../tick/\0\n" + "x" * 10_000) in market.state.proposals


def test_a_proposal_is_open_to_those_who_decide_on_it(site):
    from capwright.web.sending import id_of

    appoint(site.client("authority-2"), "closed-1", "web/closed-1")
    address = f"/desk/approvals/{id_of('authority-2', 'web/closed-1')}/"
    assert site.client("authority-1").get(address).status_code == 200
    assert site.client("cement-01:operator").get(address).status_code == 404


@pytest.mark.parametrize("wrong", ["--5", "9" * 5000, "٣", "1-2"])
def test_wrong_numbers_in_forms_are_refused(site, wrong):
    client = site.client("cement-01:operator")
    shown = client.post("/desk/act/PlaceOrder/", {"quantity_t": wrong, "price_fen_per_t": wrong, "try": "1"})
    assert shown.status_code == 200
    assert "CW-9720" in shown.content.decode()


@pytest.mark.parametrize("wrong", ["[" * 200_000, '[{"person":"\\ud800"}]', "1e999999", "\0"])
def test_wrong_json_in_forms_is_refused(site, wrong):
    fields = {"representatives": wrong, "number": "x", "type": "x", "name": "x", "holder": "x"}
    shown = site.client("operator-1").post("/desk/act/OpenAccount/", fields)
    assert shown.status_code == 200
    assert "CW-9720" in shown.content.decode()


def test_deep_bodies_are_refused(site):
    deep = '{"x":' + "[" * 200_000
    with site.api("cement-02:operator") as api:
        for path in ("/commands/PlaceOrder", "/commands/"):
            assert api.post(path, content=deep).status_code == 400


def test_a_limit_is_a_persons_not_a_tokens(site):
    from capwright.api.caller import Callers

    callers = Callers(site.url)
    token = site.token("cement-03:operator").encode()
    keys = {
        callers.find({b"authorization": kind + token}).key for kind in (b"Bearer ", b"bearer ", b"Bearer  ")
    }
    assert len(keys) == 1


def session_of(client):
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}", "Sec-Fetch-Site": "same-origin"}


def test_a_session_from_before_a_new_password_is_none(site):
    client = site.client("cement-04:operator")
    number = site.account("cement-04:operator")
    address = f"{site.url}/api/v1/accounts/{number}"
    headers = session_of(client)
    assert httpx.get(address, headers=headers).status_code == 200
    user = site.user("cement-04:operator")
    user.set_password("quite-another-password")
    user.save()
    headers["Cookie"] += "; fresh=1"  # not the answer that is remembered
    assert httpx.get(address, headers=headers).status_code in {401, 403, 404}


def test_a_session_without_second_factor_sends_nothing(site, monkeypatch):
    import msgspec

    from capwright.web import people

    client = site.client("cement-05:operator")
    key = client.cookies["sessionid"].value
    assert "trade" in people.holder_of_session(key).scopes

    class Strict:
        settings = msgspec.structs.replace(site.host.settings, demo=False)

    monkeypatch.setattr(people, "host", Strict)
    assert people.holder_of_session(key).scopes == ("read",)


def test_a_stream_ends_with_its_token(site, monkeypatch):
    import websockets
    from oauth2_provider.models import AccessToken
    from websockets.sync.client import connect

    from capwright.api import stream

    monkeypatch.setattr(stream, "GUARD_S", 0.2)
    token = site.token("cement-06:operator")
    number = site.account("cement-06:operator")
    address = site.url.replace("http", "ws") + f"/api/v1/stream?channels=orders:{number}"
    with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.6)  # open as long as the token is good
        assert AccessToken.objects.filter(token_checksum=sha256(token.encode()).hexdigest()).delete()[0]
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(timeout=60)


def test_slow_bodies_end(site, monkeypatch):
    from capwright.api import commands
    from capwright.api.fault import Fault

    async def trickle():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    monkeypatch.setattr(commands, "SLOWEST_BODY_S", 0.2)
    with pytest.raises(Fault) as caught:
        loops.run(commands._in_time(trickle))
    assert caught.value.status_code == 408


def test_a_full_disk_under_the_views_stops_nothing(desk_journal, tmp_path, caplog):
    from capwright.host import Host, settings_of
    from capwright.registry.messages import AppointOfficer

    path = tmp_path / "full.sqlite"
    copied(desk_journal, path)
    with Host(settings_of({}, db=str(path), demo=True, rate_limit=0, page_limit=0)) as host:
        write = host.views._write
        pages = write.execute("PRAGMA page_count").fetchone()[0]
        write.execute(f"PRAGMA max_page_count = {pages}")
        with caplog.at_level(logging.ERROR):
            for n in range(300):
                host.send(AppointOfficer(f"p-{n}-" + "x" * 60, ("auditor",)), f"full-{n}", "authority-2")
        assert host.views_fault
        assert host.follower.fault is None
        assert host.views.seq < host.head.seq, "the views are behind"
        assert len(caplog.records) == 1, "said once"
        write.execute("PRAGMA max_page_count = 1073741823")
        host.send(AppointOfficer("after", ("auditor",)), "full-after", "authority-2")
        assert host.views_fault == ""
        assert host.views.seq == host.head.seq
        (count,) = host.views.rows("SELECT count(*) AS n FROM act WHERE command_id LIKE 'full-%'")
        assert count["n"] == 301


def test_an_applicants_name_fills_in_one_field_only(site):
    from capwright.web.models import Application

    name = "Evil&type=government&number=x"
    Application.objects.create(
        reference="A-EVIL", organisation=name, email="a@example.org", account_type="compliance"
    )
    sent = site.client("operator-1").post("/desk/registry/applications/A-EVIL/", {"accept": "1"})
    filled = parse_qs(urlsplit(sent["Location"]).query)
    assert filled == {
        "open": ["compliance"],
        "name": [name],
        "holder": ["A-EVIL"],
        "people": ["u-a-evil-1"],
    }


def test_what_is_not_known_is_sent_again_under_the_same_id(site, monkeypatch):
    from capwright.journal import fault
    from capwright.web.sending import id_of

    client = site.client("exchange-1")
    fields = {"title": "Once", "text": "Only once", "command_id": "web/once"}
    with monkeypatch.context() as away:

        def gone(*_):
            raise fault.unavailable(fault.UNKNOWN_COMMIT, "no answer in time")

        away.setattr(site.host, "send", gone)
        page = client.post("/desk/act/PublishAnnouncement/", fields)
        number = site.account("cement-07:operator")
        order = {"side": "buy", "price": "40.00", "quantity": "100", "product": "GDEA", "command_id": "web/o"}
        screen = site.client("cement-07:operator").post(
            f"/desk/accounts/{number}/trade/send/", order, headers={"accept": "application/json"}
        )
    assert page.status_code == 503
    assert "Nothing has changed" not in page.content.decode()
    assert screen.json()["command_id"] == "web/o", screen.content
    assert 'name="command_id" value="web/once"' in page.content.decode()
    for _ in range(2):
        assert client.post("/desk/act/PublishAnnouncement/", fields).status_code == 302
    found = site.host.views.rows(
        "SELECT seq FROM act WHERE command_id = ?", (id_of("exchange-1", "web/once"),)
    )
    assert len(found) == 1


def test_long_commands_do_not_fill_the_journal(site, monkeypatch):
    from capwright.host.bulk import SHORT, Bulk

    monkeypatch.setattr(site.host, "bulk", Bulk(at_once=50_000, refill_b_s=1.0))
    long, short = {"title": "x", "text": "x" * 30_000}, {"title": "x", "text": "x" * (SHORT // 2)}
    with site.api("cement-08:operator") as api:
        answers = [api.post("/commands/PublishAnnouncement", json=long) for _ in range(2)]
        items = [{"id": f"flood-{n}", "command": {"command": "PublishAnnouncement", **x}} for n, x in
                 enumerate((short, long, short))]  # fmt: skip
        batch = api.post("/commands/", json={"commands": items}).json()["answers"]
    head = site.settle()
    page = site.client("cement-08:operator").post("/desk/act/PublishAnnouncement/", long)
    assert [one.json()["code"] for one in answers] == ["CW-4001", "CW-9717"]
    assert answers[1].status_code == 429
    assert [one["problem"]["code"] for one in batch] == ["CW-4001", "CW-9717", "CW-4001"]
    assert "CW-9717" in page.content.decode()
    assert site.settle() == head


def test_an_allowance_fills_up_again(monkeypatch):
    from capwright.exchange.messages import PublishAnnouncement
    from capwright.host import bulk
    from capwright.kernel.refusal import Refused

    now = 0.0
    monkeypatch.setattr(bulk.time, "monotonic", lambda: now)
    long, allowance = PublishAnnouncement("x", "x" * 9_000), bulk.Bulk(at_once=10_000, refill_b_s=100.0)
    allowance.take("one", long)
    allowance.take("other", long)
    with pytest.raises(Refused, match="CW-9717"):
        allowance.take("one", long)
    now = 90.0  # 9,000 bytes later
    allowance.take("one", long)


@pytest.mark.parametrize(
    "path", ["/trades?after={}", "/accounts/{{}}/history?after={}", "/accounts/{{}}/holdings?as_of={}"]
)
@pytest.mark.parametrize("number", [2**63, 10**40, -1])
def test_numbers_that_no_database_takes_are_refused(site, path, number):
    with site.api("authority-1") as api:
        found = api.get(path.format(number).format(site.account("cement-01:operator")))
        rows = api.get(f"/journal?after={number}")
    assert (found.status_code, rows.status_code) == (400, 400)


def test_a_desk_left_open_is_shut(site, monkeypatch):
    from capwright.web import idle
    from capwright.web.people import holder_of_session

    now = idle.time.time()
    monkeypatch.setattr(idle.time, "time", lambda: now)
    client, number = site.client("cement-10:operator"), site.account("cement-10:operator")
    key = client.cookies["sessionid"].value
    assert client.get("/desk/").status_code == 200
    lasts = 30 * 60
    now += lasts - 100
    assert client.get("/desk/").status_code == 200
    for _ in range(4):  # the page asks by itself
        now += lasts / 5
        assert client.get(f"/desk/accounts/{number}/trade/live.json?product=GDEA").status_code == 200
        assert holder_of_session(key) is not None
    now += lasts / 4
    assert holder_of_session(key) is None
    assert client.get("/desk/").status_code == 302


def test_a_desk_with_a_hand_on_it_stays_open(site, monkeypatch):
    from capwright.web import idle

    now = idle.time.time()
    monkeypatch.setattr(idle.time, "time", lambda: now)
    client = site.client("cement-10:operator")
    for _ in range(4):  # a long form is filled in
        assert client.get("/desk/in-use/").status_code == 204
        now += 25 * 60
    assert client.get("/desk/").status_code == 200
    assert site.client().get("/desk/in-use/").status_code == 302


@pytest.mark.parametrize("minutes", ["0", "4", "61", "600"])
def test_sessions_without_use_end_within_bounds(minutes):
    from capwright.host import settings_of

    with pytest.raises(Refused, match="CW-9710"):
        settings_of({"CAPWRIGHT_IDLE_MINUTES": minutes}, db="x.sqlite", keep=False)
    assert settings_of({"CAPWRIGHT_IDLE_MINUTES": "60"}, db="x.sqlite", keep=False).idle_minutes == 60


def test_over_tls_cookies_belong_to_this_host_alone(site):
    from capwright.api.caller import NOBODY, Callers
    from capwright.host import settings_of
    from capwright.web.setup import django_settings

    read = settings_of({}, db="x.sqlite", secret_key="k" * 40, public_url="https://market.example")
    found = django_settings(read)
    assert found["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert found["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    callers = Callers(read.url, read.session_cookie)
    other, own = b"sessionid=set-by-another-subdomain", b"__Host-sessionid=x"
    headers = {b"sec-fetch-site": b"same-origin"}
    assert callers.known({**headers, b"cookie": other}) is NOBODY
    assert callers.known({**headers, b"cookie": own}) is None, "it is looked up"
