"""The exchange's desk: halts, notices, clearing, auctions, surveillance, members."""

import re
import time
from datetime import date

import pytest

PAGES = (
    "/desk/exchange/",
    "/desk/exchange/clearing/",
    "/desk/exchange/auctions/",
    "/desk/exchange/surveillance/",
    "/desk/exchange/surveillance/holders/",
    "/desk/exchange/members/",
)


@pytest.fixture
def desk(signed_in):
    return signed_in("exchange-1")


def do(client, **given):
    return client.post("/desk/exchange/do/", given)


@pytest.mark.parametrize("path", PAGES)
def test_the_desk_is_for_officers(signed_in, visitor, path):
    assert signed_in("exchange-1").get(path).status_code == 200
    assert signed_in("authority-1").get(path).status_code == 200
    assert signed_in("cement-14:operator").get(path).status_code == 403
    assert visitor.get(path).status_code == 302


def test_only_the_exchange_acts(signed_in, site):
    head = site.settle()
    assert do(signed_in("authority-1"), action="halt", kind="market", reason="x").status_code == 403
    assert site.settle() == head
    assert "Emergency stop" not in signed_in("authority-1").get("/desk/exchange/").content.decode()


def test_a_product_is_halted_until_it_is_lifted(site, desk, visitor):
    do(
        desk,
        action="halt",
        kind="product",
        product="PHCER",
        reason="News is awaited",
        until="2024-07-22T15:00",
    )
    assert "News is awaited" in visitor.get("/market/PHCER/").content.decode()
    with site.host.look() as market:
        halt = market.rooms["exchange"].state.halts["PHCER"]
    assert halt.until_ms == 1721631600000, "15:00 in Guangzhou"
    assert "News is awaited" in desk.get("/desk/exchange/").content.decode()
    do(desk, action="lift", target="PHCER")
    with site.host.look() as market:
        assert "PHCER" not in market.rooms["exchange"].state.halts


def test_a_halt_needs_a_target_unless_it_is_the_market(site, desk):
    head = site.settle()
    do(desk, action="halt", kind="account", account="", reason="x")
    assert site.settle() == head, "an empty account field must not halt the whole market"


def test_the_day_cannot_close_early(site, desk):
    page = desk.get("/desk/exchange/").content.decode()
    on = re.search(r'name="action" value="close"><input type="hidden" name="on" value="([^"]*)"', page)[1]
    assert on == "2024-07-22", "a date for programs: the button sends it"
    do(desk, action="close", on=on)
    assert "CW-6232" in desk.get("/desk/exchange/").content.decode()
    with site.host.look() as market:
        assert market.rooms["exchange"].state.day.open


def test_a_notice_is_public(desk, visitor):
    do(desk, action="notice", title="Hours on Friday", text="As usual.", product="GDEA", warning="1")
    assert "Hours on Friday" in visitor.get("/market/GDEA/").content.decode()


def test_a_price_is_reset_by_two(site, desk, signed_in):
    from capwright.web.sending import id_of

    proposal = id_of("exchange-1", "web/reset-1")
    with site.host.look() as market:
        before = market.rooms["exchange"].state.references["PHCER"]
    do(desk, action="reset", product="PHCER", price="60.00", reason="Test", command_id="web/reset-1")
    with site.host.look() as market:
        assert market.rooms["exchange"].state.references["PHCER"] == before
    signed_in("exchange-2").post(f"/desk/approvals/{proposal}/", {"approve": "1"})
    with site.host.look() as market:
        assert market.rooms["exchange"].state.references["PHCER"] == 6000


def test_statements_add_up_to_zero(site, desk):
    row = site.host.views.rows(
        "SELECT MAX(seq) AS seq FROM act WHERE command = 'ClearTrades' AND refused = ''"
    )[0]
    text = desk.get(f"/desk/exchange/clearing/?row={row['seq']}").content.decode()
    assert "adds up to zero" in text
    assert "2024-07-19" in text
    open_text = desk.get("/desk/exchange/clearing/").content.decode()
    assert "Not cleared yet" in open_text
    assert desk.get("/desk/exchange/clearing/?row=1").status_code == 404


def test_alerts_are_those_of_the_watch(site, desk):
    from capwright.projection.alerts import alerts_of

    found, _ = alerts_of(site.host, wait=True)
    assert found, "the July of the story crosses thresholds"
    assert {alert.day for alert in found} <= {date(2024, 6, n) for n in range(1, 31)} | {
        date(2024, 7, n) for n in range(1, 32)
    }
    text = desk.get("/desk/exchange/surveillance/").content.decode()
    assert found[-1].said("en") in text.replace("&#x27;", "'")
    one = desk.get(f"/desk/exchange/surveillance/?kind={found[-1].code}&day={found[-1].day}").content.decode()
    assert found[-1].said("en") in one.replace("&#x27;", "'")
    assert alerts_of(site.host) == (found, True), "looking again raises nothing twice"


def test_alerts_of_days_gone_by_are_let_go(site, desk, monkeypatch):
    from weakref import WeakKeyDictionary

    from capwright.projection import alerts

    monkeypatch.setattr(alerts, "_FEEDS", WeakKeyDictionary())
    found, _ = alerts.alerts_of(site.host, wait=True)
    monkeypatch.setattr(alerts, "DAYS", 2)
    do(desk, action="notice", title="Notice", text="A new row")
    site.settle()
    kept, _ = alerts.alerts_of(site.host, wait=True)
    opened = site.host.views.rows(
        "SELECT at_ms FROM act WHERE command = 'OpenTradingDay' AND refused = '' ORDER BY seq DESC LIMIT 2"
    )
    assert kept == tuple(alert for alert in found if alert.at_ms >= opened[-1]["at_ms"])
    assert len(kept) < len(found)


def test_many_rows_are_looked_through_beside_the_page(site, desk, monkeypatch):
    from capwright.projection import alerts

    found, _ = alerts.alerts_of(site.host, wait=True)
    monkeypatch.setattr(alerts, "AT_ONCE", 0)
    alerts._FEEDS.pop(site.host)
    page, until = desk.get("/desk/exchange/surveillance/").content.decode(), time.monotonic() + 60
    assert "are being looked through" in page
    while "are being looked through" in page and time.monotonic() < until:
        time.sleep(0.05)
        page = desk.get("/desk/exchange/surveillance/").content.decode()
    assert alerts.alerts_of(site.host) == (found, True)


def test_a_case_gets_its_steps(site, desk):
    from capwright.web.sending import id_of

    one, two = id_of("exchange-1", "web/case-1"), id_of("exchange-1", "web/case-2")
    account = site.account("cement-15:operator")
    fields = {"trigger": "complaint", "text": "A complaint", "account": account, "command_id": "web/case-1"}
    desk.post("/desk/act/OpenCase/", fields)
    path = f"/desk/exchange/surveillance/cases/{one}/"
    assert "A complaint" in desk.get(path).content.decode()
    desk.post(path, {"step": "summon", "date": "2024-07-24", "text": "Please come"})
    desk.post(path, {"step": "interview", "text": "Too early"})
    with site.host.look() as market:
        case = market.rooms["exchange"].state.cases[one]
        assert case.interview_on == date(2024, 7, 24)
        assert "Too early" not in [entry.text for entry in case.entries]
    desk.post(path, {"step": "close", "text": "Settled"})
    assert "CW-" in desk.get(path).content.decode(), "a case with an interview to come stays open"
    fields |= {"command_id": "web/case-2", "account": ""}
    desk.post("/desk/act/OpenCase/", fields)
    desk.post(path.replace(one, two), {"step": "close", "text": "Nothing in it"})
    with site.host.look() as market:
        cases = market.rooms["exchange"].state.cases
        assert not cases[one].closed_ms
        assert cases[two].closed_ms
    assert desk.get("/desk/exchange/surveillance/cases/none/").status_code == 404


def test_positions_come_as_files(desk):
    rows = desk.get("/desk/exchange/surveillance/positions-GDEA.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("date,product,account")
    assert len(rows) > 400
    assert desk.get("/desk/exchange/surveillance/positions-GDEA.xml").content.startswith(b"<?xml")
    assert desk.get("/desk/exchange/surveillance/positions-GOLD.csv").status_code == 404


def test_an_auction_from_notice_to_settlement(site, desk, signed_in):
    from capwright.web.clock import local

    people = {
        site.account(person): signed_in(person) for person in ("cement-16:operator", "cement-17:operator")
    }
    closes = f"{local(site.host.clock() + 5_000):%Y-%m-%dT%H:%M:%S}"
    fields = {"action": "announce", "auction": "T-1", "kind": "GDEA", "vintage": "2023", "offered": "2000",
              "opens": "2024-07-22T09:30", "closes": closes, "reserve": "40.00"}  # fmt: skip
    desk.post("/desk/exchange/auctions/", fields)
    for number, bidder in people.items():
        mine = f"/desk/accounts/{number}/auctions/"
        assert "At least 1,000 t a bid" in bidder.get(mine).content.decode()
        bidder.post(mine, {"auction": "T-1", "price": "45.00", "quantity": "1000"})
        text = bidder.get(mine).content.decode()
        assert "2,250.00" in text, "5 % of the bid is held"
        assert all(other not in text for other in people if other != number)
    path = "/desk/exchange/auctions/T-1/"
    sealed = desk.get(path).content.decode()
    assert "Bids are sealed" in sealed
    assert not any(number in sealed for number in people)
    desk.post(path, {"action": "clear", "auction": "T-1", "seed": "early"})
    assert "CW-6104" in desk.get(path).content.decode()
    time.sleep(6)
    opened = desk.get(path).content.decode()
    assert all(number in opened for number in people)
    assert 'class="demand-line"' in opened
    desk.post(path, {"action": "clear", "auction": "T-1", "seed": "seed-1"})
    with site.host.look() as market:
        cleared = market.rooms["auction"].state.auctions["T-1"]
        assert (cleared.status, cleared.price_fen_per_t, cleared.sold_t) == ("cleared", 4500, 2000)
    assert "To pay" in desk.get(path).content.decode()
    desk.post(path, {"action": "settle", "auction": "T-1"})
    with site.host.look() as market:
        assert not market.rooms["auction"].state.auctions["T-1"].due


def test_bids_are_for_the_account_only(site, signed_in):
    number = site.account("cement-16:operator")
    assert signed_in("cement-19:operator").get(f"/desk/accounts/{number}/auctions/").status_code == 404


def test_members_are_found_and_admitted(site, desk):
    text = desk.get("/desk/exchange/members/?q=cement").content.decode()
    assert "Controlled enterprise" in text
    with site.host.look() as market:
        number = market.book.accounts_of_type("trading")[-1].number
    do(desk, action="admit", account=number, kind="individual", right_proprietary="1")
    with site.host.look() as market:
        assert market.rooms["exchange"].state.members[number].kind == "individual"
    assert number in desk.get("/desk/exchange/members/").content.decode(), "who was admitted stands first"


def test_the_emergency_stop_cancels_every_order(site, desk, signed_in):
    seller, number = signed_in("cement-18:operator"), site.account("cement-18:operator")
    order = {"action": "place", "product": "GDEA", "side": "sell", "price": "46.40", "quantity": "10"}
    seller.post(f"/desk/accounts/{number}/trade/send/", order)
    with site.host.look() as market:
        kept = [one.account for one in market.rooms["exchange"].state.orders.values()]
    assert number in kept
    do(desk, action="halt", kind="market", cancel="1", reason="Drill")
    try:
        with site.host.look() as market:
            assert not market.rooms["exchange"].state.orders
        assert "Drill" in signed_in("").get("/market/").content.decode()
    finally:
        do(desk, action="lift", target="")
