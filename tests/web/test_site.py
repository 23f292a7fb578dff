"""The platform opens, and shows what is in the journal."""

import pytest


def test_the_first_page_needs_no_login(visitor):
    page = visitor.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_desk_needs_one(visitor):
    page = visitor.get("/desk/")
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/identity/login/")


def test_pages_and_api_share_a_port(site):
    import httpx

    assert httpx.get(site.url + "/demo/").status_code == 200
    assert httpx.get(site.url + "/static/web/base.css").headers["content-type"].startswith("text/css")
    missing = httpx.get(site.url + "/api/v1/nothing")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_desk_tells_who_still_owes(site, signed_in):
    with site.host.look() as market:
        duties = market.rooms["compliance"].state.duties
        number, years = next((n, y) for n, y in duties.items() if y[2023].owed_t > y[2023].surrendered_t)
        person = next(iter(market.registry.state.representatives[number]))
        owed_t = years[2023].owed_t - years[2023].surrendered_t
    page = signed_in(person).get("/desk/")
    assert f"{owed_t:,} t" in page.content.decode()


def test_a_demo_user_steps_in(visitor):
    assert visitor.post("/demo/enter/", {"person": "authority-1"}).headers["Location"] == "/desk/"
    assert "authority-1" in visitor.get("/desk/").content.decode()


@pytest.mark.parametrize("person", ["clock", "nobody", "cement-99:operator", ""])
def test_only_listed_users_can_be_entered(visitor, person):
    assert visitor.post("/demo/enter/", {"person": person}).status_code == 404


def test_a_command_is_tried_without_effect_and_then_sent(site, signed_in):
    client = signed_in("exchange-1")
    head = site.settle()
    fields = {"title": "Test", "text": "A notice"}
    tried = client.post("/desk/act/PublishAnnouncement/", {**fields, "try": "1"})
    assert "it would be accepted" in tried.content.decode()
    assert site.settle() == head
    sent = client.post("/desk/act/PublishAnnouncement/", {**fields, "command_id": "web/n-1"})
    assert sent.status_code == 302, sent.content.decode()
    assert site.settle() == head + 1
    client.post("/desk/act/PublishAnnouncement/", {**fields, "command_id": "web/n-1"})
    assert site.settle() == head + 1, "the same form sent twice is done once"


def test_a_refusal_says_code_and_reason(site, signed_in):
    account = site.account("cement-05:operator")
    page = signed_in("cement-06:operator").post(
        "/desk/act/WithdrawCash/", {"account": account, "amount_fen": "1"}
    )
    assert "CW-4002" in page.content.decode()


def test_nobody_approves_their_own_proposal(site, signed_in):
    first, second = signed_in("authority-1"), signed_in("authority-2")
    fields = {"person": "helper-1", "roles": ["auditor"], "command_id": "web/appoint-1"}
    first.post("/desk/act/AppointOfficer/", fields)
    with site.host.look() as market:
        (proposal,) = [key for key, one in market.state.proposals.items() if one.proposer == "authority-1"]
    task = f"/desk/approvals/{proposal}/"
    assert task in second.get("/desk/").content.decode()
    first.post(task, {"approve": "1", "command_id": "web/own"})
    with site.host.look() as market:
        assert "helper-1" not in market.registry.state.officers
    second.post(task, {"approve": "1", "command_id": "web/other"})
    with site.host.look() as market:
        assert market.registry.state.officers["helper-1"] == ("auditor",)


def test_a_csv_file_runs_nothing_in_a_spreadsheet():
    from capwright.web.csv_file import csv_file

    rows = [["name", "t"], ["=1+1", -5], ["@x", 0], ["广州", 7]]
    body = csv_file(rows, "a.csv").content
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.decode("utf-8-sig").splitlines() == ["name,t", "'=1+1,-5", "'@x,0", "广州,7"]


def test_parquet_and_csv_say_what_json_says(visitor, tmp_path):
    import csv

    import duckdb

    def asked(form):
        return visitor.get(f"/statistics/?period=month&format={form}")

    rows = asked("json").json()["items"]
    assert sum(row["volume_t"] for row in rows) > 0
    read = list(csv.DictReader(asked("csv").content.decode("utf-8-sig").splitlines()))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]
    path = tmp_path / "s.parquet"
    path.write_bytes(asked("parquet").content)
    with duckdb.connect() as base:
        found = base.execute(f"SELECT product, volume_t, turnover_fen FROM '{path}'").fetchall()
    assert found == [(row["product"], row["volume_t"], row["turnover_fen"]) for row in rows]
