"""What traders read of a market: phases of the day, the book by price and by listing, standings, costs."""

from datetime import date

import pytest

from capwright.exchange import messages as m
from capwright.projection import trader, trading
from tests.exchange_worlds import ALPHA, BETA, GAMMA, TRADER, Exchange, at


@pytest.fixture
def world():
    return Exchange().open("10:00")


def place(world, account, product, side, price, t, command_id="", **more):
    return world.by(account, m.PlaceOrder(account, product, side, price, t, **more), command_id)


def test_before_the_first_day_nothing_is_open():
    market = Exchange().market
    day = trading.day_of(market, at("10:00"))
    assert (day.on, day.open, day.phase) == ("", False, "shut")
    assert trading.product_of(market, "TLA", at("10:00")) is None
    assert trading.book_of(market, "TLA").buy == []


@pytest.mark.parametrize(
    ("clock", "phase"),
    [("09:00", "before"), ("09:30", "session"), ("11:30", "break"), ("15:00", "session"), ("15:30", "after")],
)
def test_phases_of_a_day(world, clock, phase):
    assert trading.day_of(world.market, at(clock)).phase == phase


def test_a_closed_day_is_shut(world):
    world.close()
    day = trading.day_of(world.market, at("16:00"))
    assert (day.on, day.open, day.phase) == ("2023-01-03", False, "shut")


def test_a_continuous_book_shows_levels_only(world):
    price = trading.product_of(world.market, "TLA", world.at_ms).opening_fen_per_t
    place(world, ALPHA, "TLA", "sell", price + 2, 30)
    place(world, TRADER, "TLA", "sell", price + 2, 20)
    place(world, BETA, "TLA", "buy", price - 1, 5)
    book = trading.book_of(world.market, "TLA", account=BETA)
    assert book.matching == "continuous"
    assert [(one.price_fen_per_t, one.quantity_t, one.orders) for one in book.sell] == [(price + 2, 50, 2)]
    assert [(one.price_fen_per_t, one.quantity_t, one.orders) for one in book.buy] == [(price - 1, 5, 1)]
    assert not book.sell_listings
    product = trading.product_of(world.market, "TLA", world.at_ms)
    assert (product.best_buy_fen_per_t, product.best_sell_fen_per_t) == (price - 1, price + 2)
    assert product.is_open


def test_listings_are_picked_one_by_one_and_not_by_their_holder(world):
    price = trading.product_of(world.market, "TLB", world.at_ms).opening_fen_per_t or 1000
    code = next(
        one.code
        for one in world.market.rooms["exchange"].state.day.products.values()
        if one.book and one.modes[one.book].matching == "click"
    )
    price = trading.product_of(world.market, code, world.at_ms).opening_fen_per_t or price
    place(world, ALPHA, code, "buy", price, 10)
    place(world, TRADER, code, "buy", price, 10)
    seen = trading.book_of(world.market, code, account=BETA).buy_listings
    assert [one.mine for one in seen] == [False, False]
    assert seen[0].may_pick
    own = trading.book_of(world.market, code, account=ALPHA).buy_listings
    assert own[0].mine
    assert not own[0].may_pick
    same_holder = trading.book_of(world.market, code, account=GAMMA).buy_listings
    assert not same_holder[0].mine
    assert not same_holder[0].may_pick, "accounts of one holder do not trade with one another"
    order_id = trading.order_behind(world.market, code, seen[0].number)
    assert world.market.rooms["exchange"].state.orders[order_id].account == ALPHA
    assert trading.order_behind(world.market, code, 999) == ""


def test_a_halt_is_told_and_ends(world):
    world.do("eve", m.Halt(target="TLA", reason="News", until_ms=at("10:30")))
    halted = trading.product_of(world.market, "TLA", at("10:10"))
    assert (halted.halt, halted.is_open) == ("News", False)
    over = trading.product_of(world.market, "TLA", at("10:31"))
    assert (over.halt, over.is_open) == ("", True)


def test_a_standing_tells_what_an_order_holds(world):
    before = trader.standing_of(world.market, ALPHA, "TLA")
    price = trading.product_of(world.market, "TLA", world.at_ms).opening_fen_per_t
    place(world, ALPHA, "TLA", "sell", price, 30, "o-1")
    after = trader.standing_of(world.market, ALPHA, "TLA")
    assert (after.free_t, after.held_t) == (before.free_t - 30, before.held_t + 30)
    (order,) = trader.orders_of(world.market, ALPHA)
    assert (order.id, order.left_t, order.until) == ("o-1", 30, "")
    place(world, BETA, "TLA", "buy", price, 30)
    bought = trader.standing_of(world.market, BETA, "TLA")
    assert bought.settling_t == 30, "what is bought today cannot be sold today"
    assert trader.orders_of(world.market, ALPHA) == []


def test_costs_are_those_that_a_trade_then_has(world):
    product = world.market.rooms["exchange"].state.day.products["TLA"]
    price = product.opening_fen_per_t
    told = trader.costs_of(world.market, BETA, product, product.book, "buy", price, 70)
    place(world, ALPHA, "TLA", "sell", price, 70)
    before = world.market.book.cash_fen(BETA)
    place(world, BETA, "TLA", "buy", price, 70)
    assert before - world.market.book.cash_fen(BETA) == told.total_fen
    assert told.value_fen == 70 * price


def test_an_order_until_a_day_names_it(world):
    price = trading.product_of(world.market, "TLA", world.at_ms).opening_fen_per_t
    place(world, ALPHA, "TLA", "sell", price, 1, validity="gtd", until=date(2023, 1, 4))
    assert trader.orders_of(world.market, ALPHA)[0].until == "2023-01-04"


def test_the_orders_of_an_account_are_all_that_rest_in_its_name(world):
    price = trading.product_of(world.market, "TLA", world.at_ms).opening_fen_per_t
    for n, account in enumerate((ALPHA, TRADER, ALPHA, BETA, ALPHA)):
        place(world, account, "TLA", "sell", price + n, 10 + n, f"s-{n}")
        place(world, account, "TLA", "buy", price - 5 - n, 10 + n, f"b-{n}")
    place(world, BETA, "TLA", "buy", price, 4, "part")  # leaves 6 t of s-0
    world.by(ALPHA, m.CancelOrder(ALPHA, "b-2"), "gone")
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", price, 10, "negotiated"), "deal")
    resting = list(world.market.rooms["exchange"].state.orders.values())
    assert world.market.rooms["exchange"].state.deals, "it holds units at a place of the same form"
    for account in (ALPHA, BETA, GAMMA, TRADER):
        assert trader.open_orders(world.market, account) == [o for o in resting if o.account == account]
    assert [one.id for one in trader.orders_of(world.market, ALPHA)] == ["b-4", "s-4", "s-2", "b-0", "s-0"]
