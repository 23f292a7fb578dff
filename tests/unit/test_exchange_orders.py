"""Orders in the continuous book of testland: matching, holds, fees, validity, self-trades, replacing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from capwright.exchange import messages as m
from capwright.exchange.sides import order_place
from capwright.ledger.place import held
from tests.exchange_worlds import ALPHA, BETA, DAY, FEES, GAMMA, TRADER, Exchange, at, trades
from tests.worlds import rep


@pytest.fixture
def world() -> Exchange:
    return Exchange().open()


# Matching.


def test_an_order_that_meets_nothing_rests_and_holds_units(world):
    (placed,) = world.order(ALPHA, "sell", 5000, 100, id="s1")
    assert (placed.resting_t, world.left()) == (100, {"s1": 100})
    assert world.units(order_place(ALPHA, "s1")) == {"TLA-2022": 100}, "the oldest vintage first"
    assert world.units(ALPHA) == {"TLA-2022": 4900, "TLA-2023": 5000}
    assert world.market.breaches() == []


def test_a_buy_order_holds_its_price_and_the_fee(world):
    """50 t at 49.00 are 2,450.00; 5 ‰ of it are 12.25."""
    world.order(BETA, "buy", 4900, 50, id="b1")
    assert world.cash(order_place(BETA, "b1")) == 245_000 + 1_225
    assert world.cash(BETA) == 10**9 - 246_225


def test_the_taker_trades_at_the_resting_price(world):
    """40 t at 50.00 are 2,000.00, 5 ‰ from each side: the buyer pays 2,010.00, the seller gets 1,990.00."""
    world.order(ALPHA, "sell", 5000, 100, id="s1")
    before = world.cash(ALPHA)
    (trade,) = trades(world.order(BETA, "buy", 5100, 40, id="b1"))
    assert (trade.price_fen_per_t, trade.quantity_t, trade.aggressor) == (5000, 40, "buy")
    assert (trade.buyer_fee_fen, trade.seller_fee_fen) == (1000, 1000)
    assert world.cash(BETA) == 10**9 - 201_000
    assert world.cash(ALPHA) == before + 199_000
    assert world.cash(FEES) == 2_000
    assert world.left() == {"s1": 60}
    assert world.market.breaches() == []


def test_price_then_time(world):
    world.order(ALPHA, "sell", 5010, 10, id="later")
    world.order(ALPHA, "sell", 5000, 10, id="first")
    world.order(TRADER, "sell", 5000, 10, id="second")
    made = trades(world.order(BETA, "buy", 5010, 25, id="b"))
    assert [(t.sell_order, t.price_fen_per_t, t.quantity_t) for t in made] == [
        ("first", 5000, 10),
        ("second", 5000, 10),
        ("later", 5010, 5),
    ]
    assert world.left() == {"later": 5}


def test_what_is_not_taken_rests_at_the_limit(world):
    world.order(ALPHA, "sell", 5000, 30, id="s")
    world.order(BETA, "buy", 5020, 50, id="b")
    assert world.left() == {"b": 20}
    # 30 × 50.00 + 20 × 50.20 = 2,504.00: 12.52 of fees, of which 7.50 are paid with the trade.
    assert world.cash(order_place(BETA, "b")) == 20 * 5020 + 1252 - 750
    assert world.market.breaches() == []


def test_a_selling_taker_delivers_its_oldest_units_and_rests_with_the_next(world):
    world.order(BETA, "buy", 5000, 30, id="b")
    (trade,) = trades(world.order(ALPHA, "sell", 4990, 50, id="s"))
    (move,) = trade.units
    assert (move.series, move.first, move.last) == ("TLA-2022", 1, 30)
    assert list(world.market.book.state.units[order_place(ALPHA, "s")]["TLA-2022"]) == [(31, 50)]
    assert world.cash(order_place(BETA, "b")) == 0
    assert world.market.breaches() == []


def test_vintages_are_one_in_the_book_and_blocks_in_the_ledger(world):
    """5,000 t of 2022 and 5,000 of 2023: an order for 6,000 takes both."""
    world.order(ALPHA, "sell", 5000, 6000, id="s")
    assert world.units(order_place(ALPHA, "s")) == {"TLA-2022": 5000, "TLA-2023": 1000}
    (trade,) = trades(world.order(BETA, "buy", 5000, 5500))
    assert [(move.series, move.last - move.first + 1) for move in trade.units] == [
        ("TLA-2022", 5000),
        ("TLA-2023", 500),
    ]
    world.by(ALPHA, m.CancelOrder(ALPHA, "s"))
    assert world.units(ALPHA) == {"TLA-2023": 4500}
    assert world.market.breaches() == []


def test_fees_of_an_order_in_pieces_are_those_of_the_whole(world):
    """1 t at 50.00 costs 0.25; thirty of them one by one cost 7.50, not thirty roundings."""
    world.order(BETA, "buy", 5001, 30, id="b")
    for _ in range(30):
        world.order(ALPHA, "sell", 5001, 1)
    # 30 × 50.01 = 1,500.30; 5 ‰ = 7.5015, rounded to 7.50.
    assert world.cash(BETA) == 10**9 - 150_030 - 750
    assert world.cash(order_place(BETA, "b")) == 0
    assert world.market.breaches() == []


# Refusals: each changes nothing (`refused` checks it).


@pytest.mark.parametrize(
    ("side", "price", "quantity_t", "code"),
    [
        ("buy", 0, 10, "CW-6210"),
        ("buy", -5, 10, "CW-6210"),
        ("buy", 5501, 10, "CW-6211"),
        ("sell", 4499, 10, "CW-6211"),
        ("buy", 5000, 0, "CW-6212"),
        ("buy", 5000, -1, "CW-6212"),
        ("buy", 5000, 10**12 + 1, "CW-6212"),
        ("sell", 5000, 10_001, "CW-6219"),
        ("buy", 5000, 10**7, "CW-6218"),
        ("hold", 5000, 10, "CW-6207"),
    ],
)
def test_absurd_prices_and_sizes_are_refused(world, side, price, quantity_t, code):
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", side, price, quantity_t)) == code


@pytest.mark.parametrize(("price", "code"), [(4500, ""), (5500, ""), (4499, "CW-6211"), (5501, "CW-6211")])
def test_the_band_is_ten_per_cent_of_the_opening_price(world, price, code):
    """50.00: 45.00 to 55.00."""
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", price, 1)) == code


def test_only_a_representative_places_orders(world):
    assert world.code("eve", m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-4002"
    assert world.code(rep(BETA), m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-4002"
    assert world.code(rep(BETA), m.PlaceOrder("nobody", "TLA", "sell", 5000, 1)) == "CW-4003"


def test_what_is_promised_cannot_be_promised_again(world):
    world.order(ALPHA, "sell", 5000, 9_990)
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 11)) == "CW-6219"
    world.order(ALPHA, "sell", 5000, 10)
    assert world.units(ALPHA) == {}


def test_an_order_needs_its_whole_cost_with_fees():
    """100 t at 50.00 cost 5,000.00 and 25.00 of fees."""
    world = Exchange(cash=502_499).open()
    assert world.refused(BETA, m.PlaceOrder(BETA, "TLA", "buy", 5000, 100)) == "CW-6218"
    richer = Exchange(cash=502_500).open()
    richer.order(BETA, "buy", 5000, 100)
    assert richer.cash(BETA) == 0


def test_the_position_limit_counts_holdings_and_open_buys(world):
    """The investor holds 2,000 of at most 5,000 t."""
    world.order(TRADER, "buy", 4900, 2_000, id="b")
    assert world.refused(TRADER, m.PlaceOrder(TRADER, "TLA", "buy", 4900, 1_001)) == "CW-6217"
    world.order(TRADER, "buy", 4900, 1_000)
    world.by(TRADER, m.CancelOrder(TRADER, "b"))
    world.order(TRADER, "buy", 4900, 2_000)
    world.order(ALPHA, "sell", 4900, 500)
    assert world.refused(TRADER, m.PlaceOrder(TRADER, "TLA", "buy", 4900, 1)) == "CW-6217", "bought counts"
    world.order(TRADER, "sell", 5500, 1)
    assert world.refused(TRADER, m.PlaceOrder(TRADER, "TLA", "buy", 4900, 1)) == "CW-6217", (
        "offered counts on"
    )


# Hours.


@pytest.mark.parametrize(
    ("clock", "code"),
    [
        ("09:29:59", "CW-6203"),
        ("09:30", ""),
        ("11:29:59", ""),
        ("11:30", "CW-6203"),
        ("13:29", "CW-6203"),
        ("13:30", ""),
        ("15:30", "CW-6203"),
    ],
)
def test_orders_are_taken_in_the_sessions(world, clock, code):
    world.at_ms = at(clock)
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == code


def test_orders_can_be_cancelled_between_the_sessions(world):
    world.order(ALPHA, "sell", 5000, 1, id="s")
    world.at_ms = at("12:00")
    world.by(ALPHA, m.CancelOrder(ALPHA, "s"))
    assert world.left() == {}


# Validity.


def test_immediate_or_cancel(world):
    world.order(ALPHA, "sell", 5000, 10)
    placed, trade = world.order(BETA, "buy", 5000, 30, validity="ioc")
    assert (placed.resting_t, trade.quantity_t, world.left()) == (0, 10, {})
    assert world.order(BETA, "buy", 5000, 30, validity="ioc")[0].resting_t == 0
    assert world.market.breaches() == []


def test_fill_or_kill(world):
    world.order(ALPHA, "sell", 5000, 10)
    world.order(ALPHA, "sell", 5010, 10)
    assert world.refused(BETA, m.PlaceOrder(BETA, "TLA", "buy", 5010, 21, "fok")) == "CW-6216"
    assert world.refused(BETA, m.PlaceOrder(BETA, "TLA", "buy", 5005, 11, "fok")) == "CW-6216"
    assert len(trades(world.order(BETA, "buy", 5010, 20, validity="fok"))) == 2


def test_good_till_date_stays_over_night_and_expires(world):
    until = DAY + timedelta(days=1)
    world.order(ALPHA, "sell", 5100, 10, id="gtd", validity="gtd", until=until)
    world.order(ALPHA, "sell", 5200, 10, id="day")
    world.close()
    assert world.left() == {"gtd": 10}
    world.open(on=until)
    (trade,) = trades(world.order(BETA, "buy", 5100, 4))
    assert trade.sell_order == "gtd"
    world.close(on=until)
    assert world.left() == {}
    assert world.market.breaches() == []


@pytest.mark.parametrize(
    ("validity", "until"),
    [
        ("gtd", None),
        ("gtd", DAY - timedelta(days=1)),
        ("gtd", DAY + timedelta(days=31)),
        ("gtd", date.max),
        ("day", DAY),
        ("ioc", DAY),
    ],
)
def test_bad_validities(world, validity, until):
    asked = m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1, validity, until)
    assert world.refused(ALPHA, asked) == "CW-6213"


def test_a_scheme_with_day_orders_only_takes_no_other():
    only_day = Exchange(lambda text: text.replace('["day", "gtd", "ioc", "fok"]', '["day"]')).open()
    assert only_day.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1, "ioc")) == "CW-6213"


# Self-trades: GAMMA is another account of ALPHA's holder.


def stp(how: str) -> Exchange:
    return Exchange(lambda text: text.replace('self_trade = "refuse"', f'self_trade = "{how}"')).open()


def test_self_trade_refused(world):
    world.order(ALPHA, "sell", 5000, 10, id="own")
    assert world.refused(GAMMA, m.PlaceOrder(GAMMA, "TLA", "buy", 5000, 10)) == "CW-6215"
    world.order(GAMMA, "buy", 4999, 10)


def test_self_trade_cancels_the_resting_order():
    world = stp("cancel_resting")
    world.order(ALPHA, "sell", 5000, 10, id="own")
    world.order(TRADER, "sell", 5000, 10, id="other")
    cancelled, _, trade = world.order(GAMMA, "buy", 5000, 15, id="b")
    assert (cancelled.order_id, cancelled.reason) == ("own", "self_trade")
    assert (trade.sell_order, trade.quantity_t, world.left()) == ("other", 10, {"b": 5})
    assert world.market.breaches() == []


def test_self_trade_cancels_the_incoming_order():
    world = stp("cancel_incoming")
    world.order(TRADER, "sell", 4990, 10, id="other")
    world.order(ALPHA, "sell", 5000, 10, id="own")
    _, trade = world.order(GAMMA, "buy", 5000, 15, id="b")
    assert (trade.sell_order, world.left()) == ("other", {"own": 10})


def test_self_trade_allowed():
    world = stp("allow")
    world.order(ALPHA, "sell", 5000, 10)
    assert len(trades(world.order(GAMMA, "buy", 5000, 10))) == 1


# Replacing and cancelling.


def test_less_at_the_same_price_keeps_its_place(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(TRADER, "sell", 5000, 10, id="t")
    (replaced,) = world.by(ALPHA, m.ReplaceOrder(ALPHA, "a", 5000, 4))
    assert replaced.keeps_place
    assert [t.sell_order for t in trades(world.order(BETA, "buy", 5000, 5))] == ["a", "t"]
    assert world.units(order_place(ALPHA, "a")) == {}
    assert world.market.breaches() == []


@pytest.mark.parametrize(("price", "open_t"), [(5000, 11), (5001, 10), (5001, 4)])
def test_more_or_another_price_goes_behind(world, price, open_t):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(TRADER, "sell", price, 10, id="t")
    (replaced,) = world.by(ALPHA, m.ReplaceOrder(ALPHA, "a", price, open_t))
    assert not replaced.keeps_place
    (first, *_) = trades(world.order(BETA, "buy", price, 10))
    assert first.sell_order == "t"
    assert world.market.breaches() == []


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("open_t", [3, 10, 25])
def test_a_replaced_order_that_crosses_trades(world, side, open_t):
    other = "sell" if side == "buy" else "buy"
    world.order(BETA, other, 5000, 20, id="o")
    world.order(ALPHA, side, 4900 if side == "buy" else 5100, 10, id="a")
    events = world.by(ALPHA, m.ReplaceOrder(ALPHA, "a", 5000, open_t))
    (trade,) = trades(events)
    took_t = min(open_t, 20)
    assert (trade.quantity_t, trade.aggressor) == (took_t, side)
    assert world.left() == {k: v for k, v in {"o": 20 - took_t, "a": open_t - took_t}.items() if v}
    assert world.market.breaches() == []
    assert world.exchange.state.orders.get("a") is None or world.exchange.state.orders["a"].fee_fen


def test_nobody_touches_the_orders_of_others(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    assert world.refused(BETA, m.CancelOrder(BETA, "a")) == "CW-6208"
    assert world.refused(BETA, m.CancelOrder(ALPHA, "a")) == "CW-4002"
    assert world.refused(BETA, m.ReplaceOrder(BETA, "a", 5000, 1)) == "CW-6208"
    assert world.refused(ALPHA, m.CancelOrder(ALPHA, "b")) == "CW-6208"


def test_a_cancelled_order_gives_everything_back(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(BETA, "buy", 4900, 10, id="b")
    world.by(ALPHA, m.CancelOrder(ALPHA, "a"))
    world.by(BETA, m.CancelOrder(BETA, "b"))
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert world.cash(BETA) == 10**9
    assert world.refused(ALPHA, m.CancelOrder(ALPHA, "a")) == "CW-6208"


def test_mass_cancel_by_product_and_side(world):
    for n, (side, price) in enumerate((("sell", 5000), ("sell", 5100), ("buy", 4900))):
        world.order(ALPHA, side, price, 1, id=f"o{n}")
    world.order(BETA, "buy", 4900, 1, id="beta")
    assert len(world.by(ALPHA, m.MassCancel(ALPHA, "TLC"))) == 0
    world.by(ALPHA, m.MassCancel(ALPHA, side="sell"))
    assert set(world.left()) == {"o2", "beta"}
    world.by(ALPHA, m.MassCancel(ALPHA))
    assert set(world.left()) == {"beta"}


def test_an_account_with_an_open_order_stays_open(world):
    from capwright.registry.messages import CloseAccount

    world.order(ALPHA, "sell", 5000, 1, id="s")
    assert world.code("olga", CloseAccount(ALPHA)) != ""


def test_the_place_of_an_order_is_its_own():
    assert order_place("A", "o1") == held("A", "x:o1")


# T+1.


def test_bought_today_is_sold_tomorrow(world):
    world.order(ALPHA, "sell", 5000, 100)
    world.order(TRADER, "buy", 5000, 100)
    assert world.units(f"{TRADER}#held:t:2023-01-03") == {"TLA-2022": 100}
    assert world.refused(TRADER, m.PlaceOrder(TRADER, "TLA", "sell", 5000, 2_001)) == "CW-6219"
    world.close()
    assert world.units(f"{TRADER}#held:t:2023-01-03") == {}
    world.open(on=DAY + timedelta(days=1))
    world.order(TRADER, "sell", 5000, 2_100)
    assert world.market.breaches() == []


@pytest.mark.parametrize(("resale_days", "sellable_on"), [(0, 0), (1, 1), (2, 2)])
def test_t_plus_n(resale_days, sellable_on):
    change = f"resale_days = {resale_days}"
    world = Exchange(lambda text: text.replace("resale_days = 1", change)).open()
    world.order(ALPHA, "sell", 5000, 100)
    world.order(TRADER, "buy", 5000, 100)
    for n in range(3):
        on = DAY + timedelta(days=n)
        if n:
            world.open("14:00", on=on)
        free_t = sum(world.units(TRADER).values())
        assert free_t == (2_100 if n >= sellable_on else 2_000), on
        world.close(on)
        assert world.market.breaches() == []
