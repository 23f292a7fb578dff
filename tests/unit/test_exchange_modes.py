"""Listed-click, listed bidding, negotiated trades: each mode as its rules have it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capwright.exchange import messages as m
from capwright.exchange.sides import order_place
from capwright.registry.messages import SetAccountStatus
from tests.exchange_worlds import ALPHA, BETA, DAY, FEES, GAMMA, TRADER, Exchange, at, trades


@pytest.fixture
def world() -> Exchange:
    return click_world()


def click_world(pick: str = "best", crossing: str = "refuse") -> Exchange:
    """TLA is picked from listings here."""

    def change(text: str) -> str:
        book = 'matching = "continuous"\ncrossing = "match"'
        return text.replace(book, f'matching = "click"\npick = "{pick}"\ncrossing = "{crossing}"').replace(
            'mode = "continuous"\nproducts = ["TLA"]', 'mode = "listed_click"\nproducts = ["TLA"]'
        )

    return Exchange(change).open()


# Listed-click.


def test_a_listing_is_picked_at_its_price_in_part(world):
    world.order(ALPHA, "sell", 5000, 100, id="s")
    (trade,) = world.by(BETA, m.PickOrder(BETA, "s", 40), "p")
    assert (trade.price_fen_per_t, trade.quantity_t, trade.mode) == (5000, 40, "listed_click")
    assert (trade.buy_order, trade.sell_order, trade.aggressor) == ("p", "s", "buy")
    assert world.left() == {"s": 60}
    assert (world.cash(BETA), world.cash(FEES)) == (10**9 - 201_000, 2_000)
    assert world.market.breaches() == []


def test_a_buy_listing_is_picked_by_a_seller(world):
    world.order(BETA, "buy", 5000, 100, id="b")
    (trade,) = world.by(ALPHA, m.PickOrder(ALPHA, "b", 100))
    assert (trade.seller, trade.buyer, world.left()) == (ALPHA, BETA, {})
    assert world.cash(order_place(BETA, "b")) == 0
    assert world.market.breaches() == []


def test_only_the_best_listing_may_be_picked(world):
    """GZETS 2015-06-10: sell list ascending, buy list descending; price, then time."""
    world.order(ALPHA, "sell", 5010, 10, id="dear")
    world.order(ALPHA, "sell", 5000, 10, id="best")
    world.order(TRADER, "sell", 5000, 10, id="same price, later")
    assert world.refused(BETA, m.PickOrder(BETA, "dear", 1)) == "CW-6222"
    assert world.refused(BETA, m.PickOrder(BETA, "same price, later", 1)) == "CW-6222"
    world.by(BETA, m.PickOrder(BETA, "best", 10))
    world.by(BETA, m.PickOrder(BETA, "same price, later", 10))
    world.by(BETA, m.PickOrder(BETA, "dear", 10))
    world.order(BETA, "buy", 4800, 10, id="low")
    world.order(BETA, "buy", 4900, 10, id="high")
    assert world.refused(ALPHA, m.PickOrder(ALPHA, "low", 1)) == "CW-6222"


def test_a_listing_that_cannot_trade_is_passed_over(world):
    world.order(ALPHA, "sell", 5000, 10, id="best")
    world.order(TRADER, "sell", 5010, 10, id="next")
    world.do("olga", SetAccountStatus(ALPHA, "suspended", "test"))
    assert world.refused(BETA, m.PickOrder(BETA, "best", 1)) == "CW-6225"
    world.order(BETA, "buy", 5005, 1)  # crosses only what cannot trade
    world.by(BETA, m.PickOrder(BETA, "next", 10))
    assert world.market.breaches() == []


def test_before_2015_any_listing_could_be_picked():
    world = click_world(pick="any", crossing="rest")
    world.order(ALPHA, "sell", 5010, 10, id="dear")
    world.order(ALPHA, "sell", 5000, 10, id="best")
    world.by(BETA, m.PickOrder(BETA, "dear", 10))
    assert world.left() == {"best": 10}


def test_the_national_market_picks_among_the_best_five_prices():
    world = click_world(pick="best_five")
    for n in range(7):
        world.order(ALPHA, "sell", 5000 + n, 10, id=f"s{n}")
    world.order(TRADER, "sell", 5004, 10, id="fifth price, second")
    assert world.refused(BETA, m.PickOrder(BETA, "s5", 1)) == "CW-6222"
    world.by(BETA, m.PickOrder(BETA, "fifth price, second", 10))
    world.by(BETA, m.PickOrder(BETA, "s4", 10))
    world.by(BETA, m.PickOrder(BETA, "s5", 10))


def test_no_crossing_posts(world):
    """GZETS 2016-12-20: a new buy strictly below the best sell, a new sell strictly above the best buy."""
    world.order(ALPHA, "sell", 5000, 10)
    assert world.refused(BETA, m.PlaceOrder(BETA, "TLA", "buy", 5000, 10)) == "CW-6214"
    world.order(BETA, "buy", 4999, 10)
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 4999, 10)) == "CW-6214"
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 4500, 10)) == "CW-6214"


def test_before_2016_12_23_posts_could_cross_and_rest():
    world = click_world(crossing="rest")
    world.order(ALPHA, "sell", 5000, 10)
    (placed,) = world.order(BETA, "buy", 5100, 10)
    assert placed.resting_t == 10


def test_bad_picks(world):
    world.order(ALPHA, "sell", 5000, 10, id="s")
    assert world.refused(BETA, m.PickOrder(BETA, "nope", 1)) == "CW-6208"
    assert world.refused(BETA, m.PickOrder(BETA, "s", 11)) == "CW-6223"
    assert world.refused(BETA, m.PickOrder(BETA, "s", 0)) == "CW-6212"
    assert world.refused(ALPHA, m.PickOrder(ALPHA, "s", 1)) == "CW-6215"
    assert world.refused(GAMMA, m.PickOrder(GAMMA, "s", 1)) == "CW-6215", "the same holder"
    world.at_ms = at("12:00")
    assert world.refused(BETA, m.PickOrder(BETA, "s", 1)) == "CW-6203"


def test_a_pick_needs_cash_and_units():
    poor = click_world()
    poor.order(ALPHA, "sell", 5500, 10_000, id="s")
    assert poor.refused(TRADER, m.PickOrder(TRADER, "s", 3_001)) == "CW-6217"
    poor.order(BETA, "buy", 5000, 5_000, id="b")
    assert poor.refused(TRADER, m.PickOrder(TRADER, "b", 2_001)) == "CW-6219"


def test_a_continuous_book_is_not_picked():
    world = Exchange().open()
    world.order(ALPHA, "sell", 5000, 10, id="s")
    assert world.refused(BETA, m.PickOrder(BETA, "s", 1)) == "CW-6224"


# Listed bidding: crossed at the one price that trades most.


@pytest.fixture
def call() -> Exchange:
    return Exchange().open()


def test_a_call_trades_the_most_at_one_price(call):
    """At 50.00: 30 bought, 40 sold → 30; at 49.90: 50 and 20 → 20; at 50.10: 30 and 40 → 30.

    Of 50.00 and 50.10, which trade the same and leave the same imbalance, 50.00 is the reference.
    """
    call.order(BETA, "buy", 5010, 30, id="b1", product="TLB")
    call.order(BETA, "buy", 4990, 20, id="b2", product="TLB")
    call.order(ALPHA, "sell", 4990, 20, id="s1", product="TLB")
    call.order(ALPHA, "sell", 5000, 20, id="s2", product="TLB")
    assert call.left() == {"b1": 30, "b2": 20, "s1": 20, "s2": 20}, "nothing trades before the call"
    made = trades(call.do("eve", m.CrossListings("TLB")))
    assert {(t.price_fen_per_t, t.buy_order, t.sell_order, t.quantity_t) for t in made} == {
        (5000, "b1", "s1", 20),
        (5000, "b1", "s2", 10),
    }
    assert call.left() == {"b2": 20, "s2": 10}
    # Held 30 × 50.10 and 5 ‰; paid 30 × 50.00 and 5 ‰.
    assert call.cash(order_place(BETA, "b1")) == 0
    assert call.cash(BETA) == 10**9 - 150_000 - 750 - (20 * 4990 + 499)
    assert call.market.breaches() == []


def test_a_partly_filled_buyer_keeps_what_its_rest_needs(call):
    call.order(BETA, "buy", 5010, 30, id="b", product="TLB")
    call.order(ALPHA, "sell", 4990, 10, id="s", product="TLB")
    call.do("eve", m.CrossListings("TLB"))
    assert call.left() == {"b": 20}
    assert call.market.breaches() == []


def test_nothing_to_cross(call):
    assert call.code("eve", m.CrossListings("TLB")) == "CW-6243"
    assert call.code("eve", m.CrossListings("TLA")) == "CW-6242"
    call.order(BETA, "buy", 4990, 30, product="TLB")
    call.order(ALPHA, "sell", 5000, 30, product="TLB")
    assert call.code("eve", m.CrossListings("TLB")) == "CW-6243"


def test_a_day_with_a_crossed_call_is_crossed_before_it_closes(call):
    call.order(BETA, "buy", 5000, 30, product="TLB")
    call.order(ALPHA, "sell", 5000, 30, product="TLB")
    call.at_ms = at("15:31")
    assert call.code("clock", m.CloseTradingDay(DAY)) == "CW-6234"
    call.do("clock", m.CrossListings("TLB"))
    call.close()
    assert call.market.breaches() == []


def test_a_day_closes_though_a_listing_cannot_trade_any_more(call):
    call.order(BETA, "buy", 5000, 30, product="TLB")
    call.order(ALPHA, "sell", 5000, 30, product="TLB")
    call.do("eve", m.Halt(ALPHA, "under suspicion"))
    call.close()
    assert call.left() == {}
    assert call.market.breaches() == []


def test_a_holder_does_not_list_against_itself(call):
    call.order(ALPHA, "sell", 5000, 30, product="TLB")
    assert call.refused(GAMMA, m.PlaceOrder(GAMMA, "TLB", "buy", 5000, 1)) == "CW-6215"


# Negotiated transfers.


def test_both_sides_confirm(world):
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 3500, 200), "d")
    assert world.units(order_place(ALPHA, "d")) == {"TLA-2022": 200}
    (trade,) = world.by(BETA, m.ConfirmDeal(BETA, "d"), "ok")
    assert (trade.mode, trade.price_fen_per_t, trade.quantity_t) == ("negotiated", 3500, 200)
    assert (trade.seller, trade.buyer, trade.sell_order, trade.buy_order) == (ALPHA, BETA, "d", "ok")
    assert world.cash(BETA) == 10**9 - 700_000 - 3_500
    assert world.exchange.state.deals == {}
    assert world.market.breaches() == []


def test_a_buyer_proposes_and_holds_cash(world):
    world.by(BETA, m.ProposeDeal(BETA, ALPHA, "TLA", "buy", 6500, 10), "d")
    assert world.cash(order_place(BETA, "d")) == 65_000 + 325
    world.by(ALPHA, m.ConfirmDeal(ALPHA, "d"))
    assert world.cash(order_place(BETA, "d")) == 0
    assert world.market.breaches() == []


@pytest.mark.parametrize(
    ("price", "quantity_t", "code"),
    [(3500, 10, ""), (6500, 10, ""), (3499, 10, "CW-6211"), (6501, 10, "CW-6211"), (5000, 9, "CW-6212")],
)
def test_thirty_per_cent_and_the_least_size(world, price, quantity_t, code):
    asked = m.ProposeDeal(ALPHA, BETA, "TLA", "sell", price, quantity_t)
    assert world.refused(ALPHA, asked) == code


def test_nobody_else_decides(world):
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5000, 10), "d")
    assert world.refused(TRADER, m.ConfirmDeal(TRADER, "d")) == "CW-6240"
    assert world.refused(ALPHA, m.ConfirmDeal(ALPHA, "d")) == "CW-6240"
    assert world.refused(TRADER, m.WithdrawDeal(TRADER, "d")) == "CW-6240"
    assert world.refused(ALPHA, m.ConfirmDeal(BETA, "d")) == "CW-4002"


@pytest.mark.parametrize(("who", "reason"), [(ALPHA, "member"), (BETA, "declined")])
def test_withdrawn_or_declined(world, who, reason):
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5000, 10), "d")
    (cancelled,) = world.by(who, m.WithdrawDeal(who, "d"))
    assert cancelled.reason == reason
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert world.refused(BETA, m.ConfirmDeal(BETA, "d")) == "CW-6240"


def test_offers_expire_with_the_day(world):
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5000, 10), "d")
    world.close()
    assert world.exchange.state.deals == {}
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    world.open(on=DAY + timedelta(days=1))
    assert world.refused(BETA, m.ConfirmDeal(BETA, "d")) == "CW-6240"


def test_no_deal_within_one_holder(world):
    assert world.refused(ALPHA, m.ProposeDeal(ALPHA, GAMMA, "TLA", "sell", 5000, 10)) == "CW-6241"
    assert world.refused(ALPHA, m.ProposeDeal(ALPHA, ALPHA, "TLA", "sell", 5000, 10)) == "CW-6241"
    assert world.refused(ALPHA, m.ProposeDeal(ALPHA, "nobody", "TLA", "sell", 5000, 10)) == "CW-6220"


def test_the_counterparty_needs_cash_and_room(world):
    world.by(ALPHA, m.ProposeDeal(ALPHA, TRADER, "TLA", "sell", 5000, 3_001), "d")
    assert world.refused(TRADER, m.ConfirmDeal(TRADER, "d")) == "CW-6217"
    world.by(TRADER, m.ProposeDeal(TRADER, ALPHA, "TLA", "buy", 5000, 3_000), "e")
    assert world.refused(TRADER, m.ProposeDeal(TRADER, ALPHA, "TLA", "buy", 5000, 3_001)) == "CW-6217"


def test_credits_and_allowances_are_apart(world):
    """Units of a product's kinds only are sold through it."""
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLC", "sell", 5000, 1)) == "CW-6219"
