"""The public market and the trading screen: what they show is the exchange's book, and who may act on it."""

import json

import pytest


@pytest.fixture
def trader(site, signed_in):
    """A client of a firm with its account; `cement-11` acts in these tests only."""
    return signed_in("cement-11:operator"), site.account("cement-11:operator")


@pytest.fixture
def other(site, signed_in):
    return signed_in("cement-12:operator"), site.account("cement-12:operator")


def live(client, number, product="GDEA"):
    return client.get(f"/desk/accounts/{number}/trade/live.json?product={product}").json()


def send(client, number, **given):
    fields = {"product": "GDEA", **given}
    answer = client.post(
        f"/desk/accounts/{number}/trade/send/", fields, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_anybody_sees_the_products(visitor):
    text = visitor.get("/market/").content.decode()
    assert "22 Jul 2024" in text
    for product in ("GDEA", "PHCER", "CCER"):
        assert f'href="/market/{product}/"' in text


def test_the_calendar_knows_extra_sessions(visitor):
    july = visitor.get("/market/?month=2024-07").content.decode()
    august = visitor.get("/market/?month=2023-10").content.decode()
    assert july.count("Extra session") == 4
    assert "Extra session" not in august
    assert visitor.get("/market/?month=soon").status_code == 404


def test_the_book_is_public_without_names_or_ids(site, visitor, trader):
    client, number = trader
    placed = send(client, number, action="place", side="sell", price="46.10", quantity="120")
    assert placed["code"] == ""
    body = visitor.get("/market/GDEA/live.json").content.decode()
    with site.host.look() as market:
        depth = market.rooms["exchange"].desk.books["GDEA"].depth("sell", 10)
    assert [
        [one["price_fen_per_t"], one["quantity_t"], one["orders"]] for one in json.loads(body)["book"]["sell"]
    ] == [list(level) for level in depth]
    page = visitor.get("/market/GDEA/").content.decode()
    for text in (body, page):
        assert number not in text
        assert "cement-11" not in text
        assert "web/" not in json.dumps(json.loads(body)["book"])
    assert client.get(f"/desk/accounts/{number}/trade/").status_code == 200
    assert send(client, number, action="mass")["code"] == ""


def test_the_chart_is_the_days_of_the_exchange(site, visitor):
    found = visitor.get("/market/GDEA/chart.json").json()
    with site.host.look() as market:
        closes = market.rooms["exchange"].state.closes["GDEA"]
        ticks = market.rooms["exchange"].state.ticks["GDEA"]
        volume_t = sum(tick.quantity_t for tick in ticks)
    assert len(found["days"]) == len(closes)
    assert found["days"][-1][4] == closes[-1][1].closing_fen_per_t
    assert sum(bar[5] for bar in found["minutes"]) == volume_t


@pytest.mark.parametrize("path", ["/market/GOLD/", "/market/GOLD/live.json"])
def test_an_unknown_product_is_not_found(visitor, path):
    assert visitor.get(path).status_code == 404


def test_a_trading_screen_is_for_its_account(site, visitor, signed_in, trader):
    _, number = trader
    assert visitor.get(f"/desk/accounts/{number}/trade/").status_code == 302
    stranger = signed_in("cement-13:operator")
    for path in ("", "live.json?product=GDEA", "check.json?product=GDEA&price=42&quantity=1"):
        assert stranger.get(f"/desk/accounts/{number}/trade/{path}").status_code == 404
    order = {"action": "place", "product": "GDEA", "side": "buy", "price": "42", "quantity": "1"}
    assert stranger.post(f"/desk/accounts/{number}/trade/send/", order).status_code == 404
    officer = signed_in("exchange-1")
    page = officer.get(f"/desk/accounts/{number}/trade/").content.decode()
    assert 'id="ticket"' not in page, "officers look, they do not trade"
    head = site.settle()
    answer = send(officer, number, **order)
    assert answer["code"]
    assert site.settle() == head + 1, "the refusal is on record"


def test_value_and_fee_are_known_before_sending(site, trader):
    client, number = trader
    head = site.settle()
    order = "product=GDEA&action=place&side=sell&price=45.00&quantity=1000"
    ask = f"/desk/accounts/{number}/trade/check.json?{order}"
    found = client.get(ask).json()
    assert found["code"] == ""
    assert (found["value_fen"], found["fee_fen"], found["total_fen"]) == (4_500_000, 22_500, 4_477_500)
    outside = client.get(ask.replace("45.00", "99.00")).json()
    assert outside["code"] == "CW-6211"
    unreadable = client.get(ask.replace("quantity=1000", "quantity=many")).json()
    assert unreadable["code"]
    assert unreadable["value_fen"] is None
    assert site.settle() == head, "checking does nothing"


def test_an_order_is_placed_changed_picked_and_cancelled(site, trader, other):
    seller, number = trader
    buyer, second = other
    before = live(seller, number)["standing"]
    assert send(seller, number, action="place", side="sell", price="39.00", quantity="300")["code"] == ""
    mine = live(seller, number)
    order = mine["orders"][0]
    assert (order["left_t"], order["price_fen_per_t"]) == (300, 3900)
    assert mine["standing"]["held_t"] == before["held_t"] + 300
    listing = next(
        one for one in live(buyer, second)["book"]["sell_listings"] if one["price_fen_per_t"] == 3900
    )
    assert listing["may_pick"]
    assert not listing["mine"]
    assert not next(one for one in mine["book"]["sell_listings"] if one["mine"])["may_pick"]
    picked = send(buyer, second, action="pick", listing=listing["number"], quantity="100")
    assert (picked["code"], picked["traded_t"]) == ("", 100)
    assert live(buyer, second)["trades"][0]["side"] == "buy"
    assert (
        send(seller, number, action="replace", order=order["id"], price="39.10", quantity="200")["code"] == ""
    )
    stale = send(buyer, second, action="pick", listing=listing["number"], quantity="100")
    assert stale["code"] == "CW-6208", "a listing that moved cannot be picked at its old price"
    assert send(seller, number, action="cancel", order=order["id"])["code"] == ""
    assert live(seller, number)["orders"] == []
    assert live(seller, number)["standing"]["held_t"] == before["held_t"]


def test_the_same_ticket_sent_twice_is_one_order(trader):
    client, number = trader
    fields = {
        "action": "place",
        "side": "sell",
        "price": "46.00",
        "quantity": "10",
        "command_id": "web/ticket-1",
    }
    assert send(client, number, **fields)["code"] == ""
    assert send(client, number, **fields)["code"] == ""
    assert len([one for one in live(client, number)["orders"] if one["price_fen_per_t"] == 4600]) == 1
    send(client, number, action="mass")


def test_without_scripts_a_form_comes_back_to_the_screen(trader):
    client, number = trader
    fields = {"action": "place", "product": "GDEA", "side": "sell", "price": "46.20", "quantity": "10"}
    answer = client.post(f"/desk/accounts/{number}/trade/send/", fields)
    assert answer.headers["Location"] == f"/desk/accounts/{number}/trade/?product=GDEA"
    assert "The order was taken" in client.get(answer.headers["Location"]).content.decode()
    send(client, number, action="mass")


def test_a_deal_waits_for_the_other_side(trader, other):
    seller, number = trader
    buyer, second = other
    fields = {
        "side": "sell",
        "counterparty": second,
        "price": "40.00",
        "quantity": "100000",
        "mode": "negotiated",
    }
    answer = send(seller, number, action="propose", **fields)
    assert answer["code"] == ""
    deal = live(buyer, second)["deals"][0]
    assert (deal["side"], deal["own"], deal["other"]) == ("buy", False, number)
    assert "Confirm or decline an offered trade of 100,000 t GDEA" in buyer.get("/desk/").content.decode()
    assert send(buyer, second, action="withdraw", deal=deal["id"])["code"] == ""
    assert live(seller, number)["deals"] == []


def test_an_unknown_action_is_not_found(trader):
    client, number = trader
    assert client.post(f"/desk/accounts/{number}/trade/send/", {"action": "steal"}).status_code == 404


def test_orders_and_holdings_of_every_account_are_found_by_its_places(site):
    from capwright.projection.records import holdings
    from capwright.projection.trader import open_orders

    with site.host.look() as market:
        orders = market.rooms["exchange"].state.orders.values()
        book = market.book.state
        for number in book.accounts:
            assert open_orders(market, number) == sorted(
                (one for one in orders if one.account == number), key=lambda one: one.arrival
            )
        held = [one for number in book.accounts for one in holdings(market, number)]
        assert sum(one.quantity_t for one in held) == sum(
            ranges.size_t for series in book.units.values() for ranges in series.values()
        )
        bank = sum(fen for place, fen in book.cash.items() if place.partition("#")[0] not in book.accounts)
        assert sum(one.cash_fen for one in held) + bank == 0
