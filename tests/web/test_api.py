"""The API: commands with keys, refusals as problems, reading by right, conditional answers."""

import json
import socket
import time

import jsonschema
import pytest

from capwright.market.machine import COMMANDS


@pytest.fixture(scope="module")
def exchange(site):
    return site.api("exchange-1")


@pytest.fixture(scope="module")
def firm(site):
    return site.api("steel-03:operator")


@pytest.fixture(scope="module")
def number(site):
    return site.account("steel-03:operator")


NOTICE = {"title": "Notice", "text": "From a program"}


def test_a_command_is_answered_with_its_row_and_events(exchange, site):
    answer = exchange.post("/commands/PublishAnnouncement", json=NOTICE, headers={"Idempotency-Key": "a-1"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["events"][0]["event"] == "ExchangeAnnouncement"
    assert int(answer.headers["Capwright-Row"]) == said["seq"]
    site.host.follower.wait_for(said["seq"])
    row = site.host.views.rows("SELECT * FROM act WHERE seq = ?", (said["seq"],))[0]
    assert row["actor"] == "exchange-1"
    assert row["command_id"] == said["command_id"]
    assert "exchange-1" not in said["command_id"], "ids become public with trades; they name nobody"


def test_the_same_key_does_it_once(exchange):
    headers = {"Idempotency-Key": "a-2"}
    first = exchange.post("/commands/PublishAnnouncement", json=NOTICE, headers=headers).json()
    again = exchange.post("/commands/PublishAnnouncement", json=NOTICE, headers=headers).json()
    assert again == {**first, "repeated": True}


def test_the_same_key_of_another_caller_is_another_command(exchange, site):
    other = site.api("exchange-2")
    mine = exchange.post(
        "/commands/PublishAnnouncement", json=NOTICE, headers={"Idempotency-Key": "a-3"}
    ).json()
    theirs = other.post(
        "/commands/PublishAnnouncement", json=NOTICE, headers={"Idempotency-Key": "a-3"}
    ).json()
    assert theirs["seq"] > mine["seq"]


def test_a_refusal_is_a_problem_in_both_languages(firm, site):
    other = site.account("steel-04:operator")
    answer = firm.post("/commands/WithdrawCash", json={"account": other, "amount_fen": 100})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["code"] == "CW-4002"
    assert "may not" in said["message_en"]
    assert "权限" in said["message_zh"]
    assert said["seq"], "a refusal is kept in the journal"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"title": 1, "text": "x"}', 400),
        (b'{"title": "x"}', 400),
        (b'{"title": "x", "text": "y", "more": 1}', 400),
        (b"\xff\xfe", 400),
    ],
)
def test_a_body_that_cannot_be_read_changes_nothing(exchange, site, body, status):
    head = site.settle()
    assert exchange.post("/commands/PublishAnnouncement", content=body).status_code == status
    assert site.settle() == head


@pytest.mark.parametrize("path", ["/commands/PublishAnnouncement", "/commands/"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_is_what_its_type_says(exchange, path, kind, status):
    item = {"id": f"typed {kind}", "command": {"command": "PublishAnnouncement", **NOTICE}}
    body = json.dumps({"commands": [item]} if path.endswith("/") else NOTICE)
    assert exchange.post(path, content=body, headers={"content-type": kind}).status_code == status
    assert exchange.post(path, content=body).status_code == 200, "without a type it is taken for JSON"


def test_nobodys_batch_is_not_waited_for(site):
    """The head of a batch is answered before its body comes, which may be long and slow."""
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"POST /api/v1/commands/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        line.sendall(b"Content-Length: 19000000\r\n\r\n{")
        assert line.recv(100).startswith(b"HTTP/1.1 401")


def test_nobody_sends_without_a_token(site):
    answer = site.api().post("/commands/PublishAnnouncement", json=NOTICE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_is_not_ours_is_refused(site):
    answer = site.api().get("/market", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_scope_bounds_what_a_token_does(site):
    reader = site.api("ceramics-09:operator", scope="read")
    assert reader.get("/accounts").status_code == 200
    answer = reader.post("/commands/WithdrawCash", json={"account": "GD-1", "amount_fen": 1})
    assert answer.status_code == 403
    assert "write" in answer.json()["message_en"]


def test_a_session_counts_only_from_this_site(site):
    client = site.client("authority-1")
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    ours = site.api().get("/tasks", headers={**cookie, "Sec-Fetch-Site": "same-origin"})
    assert ours.status_code == 200
    url = "/commands/AdvanceClock"
    strange = site.api().post(url, json={}, headers={**cookie, "Sec-Fetch-Site": "cross-site"})
    assert strange.status_code == 401
    bare = site.api().post(url, json={}, headers=cookie)
    assert bare.status_code == 401


def test_one_sees_ones_own_account_and_no_other(firm, number, site):
    assert firm.get(f"/accounts/{number}").json()["rights"] == ["initiate", "approve", "read"]
    other = site.account("steel-04:operator")
    for path in ("", "/holdings", "/orders", "/history"):
        assert firm.get(f"/accounts/{other}{path}").status_code == 404
    assert firm.get("/trades", params={"account": other}).status_code == 404
    assert [a["number"] for a in firm.get("/accounts").json()["items"]] == [number]


def test_holdings_are_those_of_the_ledger_now_and_then(firm, number, site):
    now = firm.get(f"/accounts/{number}/holdings").json()
    with site.host.look() as market:
        units_t = sum(
            ranges.size_t
            for place, series in market.book.state.units.items()
            if place.partition("#")[0] == number
            for ranges in series.values()
        )
    assert sum(line.get("quantity_t", 0) for line in now) == units_t
    past = firm.get(f"/accounts/{number}/holdings", params={"as_of": 1_688_342_399_999})
    assert past.json() == [], "before the first row of the account there is nothing"


def test_the_public_sees_trades_without_names(site):
    page = site.api().get("/trades", params={"limit": 3}).json()
    assert len(page["items"]) == 3
    assert not any("buyer" in trade for trade in page["items"])
    following = site.api().get("/trades", params={"limit": 3, "after": page["next"]}).json()
    assert following["items"][0]["seq"] > page["items"][-1]["seq"]


def test_pages_join_without_a_gap(site):
    client, found, after = site.api(), [], 0
    while True:
        page = client.get("/trades", params={"product": "GDEA", "limit": 1000, "after": after}).json()
        found += [trade["trade_id"] for trade in page["items"]]
        if not page.get("next"):
            break
        after = page["next"]
    known = site.host.views.rows("SELECT count(*) FROM trade WHERE product = 'GDEA'")[0][0]
    assert len(set(found)) == known


def test_accounts_come_in_parts_in_order(site):
    client = site.api("operator-1")
    whole = client.get("/accounts", params={"limit": 1000}).json()["items"]
    with site.host.look() as market:
        assert [one["number"] for one in whole] == sorted(market.book.state.accounts)
    found, after = [], ""
    while True:
        part = client.get("/accounts", params={"limit": 150, "after": after}).json()
        assert len(part["items"]) <= 150
        found += part["items"]
        if not (after := part.get("next", "")):
            break
    assert found == whole


def test_long_readings_leave_the_loop_to_others(site):
    """While the state is locked, who asks for all tasks waits alone: the loop still answers."""
    import threading

    slow, quick = site.api("authority-1"), site.api()
    slow.get("/tasks")  # the token is known now
    locked, free, answered = threading.Event(), threading.Event(), []

    def hold():
        with site.host.look():
            locked.set()
            free.wait(10)

    def ask():
        answered.append(slow.get("/tasks", timeout=20).status_code)

    threads = [threading.Thread(target=hold), threading.Thread(target=ask)]
    threads[0].start()
    locked.wait(10)
    try:
        threads[1].start()
        time.sleep(0.3)  # until it has arrived and waits
        assert quick.get("/journal/head", timeout=9).status_code == 200
        assert answered == []
    finally:
        free.set()
        for one in threads:
            one.join(20)
    assert answered == [200]


def test_a_list_is_as_of_the_row_that_its_table_stands_at(site, monkeypatch):
    client = site.api()
    at = site.settle()
    behind = client.get("/days")
    assert behind.headers["Capwright-Row"] == str(at)
    monkeypatch.setattr(site.host.views, "seq", at - 1)
    assert client.get("/days").headers["Capwright-Row"] == str(at - 1), "not the row that the state has"
    again = client.get("/days", headers={"If-None-Match": behind.headers["ETag"]})
    assert again.status_code == 200, "what the tables lacked then is not taken for known"


def test_the_public_sees_how_firms_complied_and_not_their_figures(site):
    items = site.api().get("/compliance", params={"vintage": 2023}).json()["items"]
    assert len(items) == 391
    assert {item["owed_t"] for item in items} == {0}


def test_what_is_known_already_is_not_sent_again(site):
    client = site.api()
    first = client.get("/journal/head")
    again = client.get("/journal/head", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_batch_answers_each_command(exchange):
    commands = [
        {"id": "b-1", "command": {"command": "PublishAnnouncement", **NOTICE}},
        {"id": "b-2", "command": {"command": "LiftHalt", "scope": "nowhere"}},
        {"id": "b-3", "command": {"command": "PublishAnnouncement", **NOTICE}},
    ]
    answer = exchange.post("/commands", json={"commands": commands})
    assert answer.status_code == 400, "a command that cannot be read stops the batch before it begins"
    commands[1]["command"] = {"command": "CloseTradingDay", "on": "2024-07-21"}
    answers = exchange.post("/commands", json={"commands": commands}).json()["answers"]
    assert [bool(one.get("problem")) for one in answers] == [False, True, False]
    assert answers[0]["seq"] < answers[2]["seq"]


def test_the_description_is_whole(site):
    document = site.api().get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for kind in COMMANDS:
        posted = document["paths"][f"/api/v1/commands/{kind.__name__}"]["post"]
        assert posted["requestBody"]["content"]["application/json"]["schema"]


def test_every_example_fits_its_schema(site):
    document = site.api().get("/openapi.json").json()
    for path, item in document["paths"].items():
        for operation in item.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body:
                schema = {**body["schema"], "components": document["components"]}
                jsonschema.validate(body["example"], schema), path


def test_an_answer_fits_its_description(site):
    document = site.api().get("/openapi.json").json()
    for name in ("market", "products", "trades", "days", "schemes", "refusals", "announcements"):
        answer = site.api().get(f"/{name}")
        schema = document["paths"][f"/api/v1/{name}"]["get"]["responses"]["200"]["content"][
            "application/json"
        ]
        jsonschema.validate(
            json.loads(answer.content), {**schema["schema"], "components": document["components"]}
        )
