"""Trading days: opening under the rules of the date, closing prices, re-sets, halts, members, notices."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from capwright.exchange import messages as m
from capwright.kernel.refusal import Refused
from capwright.market import ApproveProposal, Market, OpenMarket
from capwright.registry.messages import SetAccountStatus
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_text
from tests.exchange_worlds import (
    ALPHA,
    BETA,
    DAY,
    FEES,
    GAMMA,
    OFFICERS,
    TRADER,
    Exchange,
    at,
    scheme_text,
    trades,
)
from tests.worlds import rep

NEXT = DAY + timedelta(days=1)
OUTAGE = date(2023, 1, 5)


@pytest.fixture
def world() -> Exchange:
    return Exchange().open()


def day(world: Exchange):
    return world.exchange.state.day


# Opening.


def test_a_day_fixes_its_rules(world):
    product = day(world).products["TLA"]
    assert (product.opening_fen_per_t, product.book) == (5000, "continuous")
    book, negotiated = product.modes["continuous"], product.modes["negotiated"]
    assert (book.lower_fen_per_t, book.upper_fen_per_t) == (4500, 5500)
    assert (negotiated.lower_fen_per_t, negotiated.upper_fen_per_t, negotiated.least_t) == (3500, 6500, 10)
    assert (book.buyer_fee_ppm, book.seller_fee_ppm) == (5000, 5000)


def test_the_first_day_has_its_own_band_and_another_product_s_opening_price(world):
    """As S-GDEA on 2025-05-27: the opening price of GDEA, ±20 %."""
    product = day(world).products["TLC"]
    book = product.modes["listed_click"]
    assert (product.opening_fen_per_t, book.lower_fen_per_t, book.upper_fen_per_t) == (5000, 4000, 6000)
    world.close()
    world.open(on=NEXT)
    book = day(world).products["TLC"].modes["listed_click"]
    assert (book.lower_fen_per_t, book.upper_fen_per_t) == (4500, 5500)


@pytest.mark.parametrize(
    ("on", "clock"),
    [(DAY, "09:00"), (NEXT, "09:00"), (date(2023, 1, 2), "09:00"), (date(9999, 1, 1), "09:00")],
)
def test_days_that_cannot_be_opened(world, on, clock):
    world.close()
    world.at_ms = at(clock, DAY)
    assert world.code("clock", m.OpenTradingDay(on)) == "CW-6231"


def test_no_day_opens_on_a_weekend_or_while_one_is_open(world):
    assert world.code("clock", m.OpenTradingDay(DAY)) == "CW-6230"
    world.close()
    world.at_ms = at("09:00", date(2023, 1, 7))
    assert world.code("clock", m.OpenTradingDay(date(2023, 1, 7))) == "CW-6231"


def test_nothing_is_traded_before_the_first_day_or_after_the_last():
    world = Exchange()
    world.at_ms = at("10:00")
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-6200"
    world.open().close()
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-6200"
    assert world.refused(ALPHA, m.PickOrder(ALPHA, "x", 1)) == "CW-6200"


def test_an_outage_shortens_the_day(world):
    """As 2017-08-17: the afternoon only."""
    world.close()
    world.open("10:00", on=OUTAGE)
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-6203"
    world.at_ms = at("13:30", OUTAGE)
    world.order(ALPHA, "sell", 5000, 1)


def test_fees_need_an_account_to_go_to():
    world = Exchange()
    for status in ("suspended",):
        world.do("olga", SetAccountStatus(FEES, status, "test"))
    world.at_ms = at("09:00")
    assert world.code("clock", m.OpenTradingDay(DAY)) == "CW-6233"
    free = Exchange(lambda text: text.replace("permille = 5", "permille = 0"))
    free.do("olga", SetAccountStatus(FEES, "suspended", "test"))
    free.open()
    free.order(ALPHA, "sell", 5000, 1)


def test_who_may_open_and_close():
    world = Exchange()
    world.at_ms = at("09:00")
    for person in ("ann", "olga", rep(ALPHA), "nobody"):
        assert world.code(person, m.OpenTradingDay(DAY)) == "CW-4001"
    assert world.code("eve", m.OpenTradingDay(DAY)) == ""


# Closing.


def test_the_close_is_the_mean_of_the_day_and_opens_the_next(world):
    """60 t at 50.00 and 40 t at 49.00: 49.60. The next band: 44.64 to 54.56."""
    world.order(ALPHA, "sell", 5000, 60)
    world.order(BETA, "buy", 5000, 60)
    world.order(ALPHA, "sell", 4900, 40)
    world.order(BETA, "buy", 4900, 40)
    closed = next(e for e in world.close() if isinstance(e, m.TradingDayClosed))
    close = next(c for c in closed.closes if c.product == "TLA")
    assert (close.closing_fen_per_t, close.counted_t, close.volume_t) == (4960, 100, 100)
    assert (close.first_fen_per_t, close.high_fen_per_t, close.low_fen_per_t) == (5000, 5000, 4900)
    assert close.turnover_fen == 60 * 5000 + 40 * 4900
    world.open(on=NEXT)
    book = day(world).products["TLA"].modes["continuous"]
    assert (book.lower_fen_per_t, book.upper_fen_per_t) == (4464, 5456)


def test_negotiated_trades_do_not_make_the_close(world):
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 4000, 1000), "d")
    world.by(BETA, m.ConfirmDeal(BETA, "d"))
    closed = next(e for e in world.close() if isinstance(e, m.TradingDayClosed))
    close = next(c for c in closed.closes if c.product == "TLA")
    assert (close.closing_fen_per_t, close.volume_t, close.book_volume_t) == (5000, 1000, 0)


def test_a_day_is_closed_after_its_last_session(world):
    world.at_ms = at("15:29:59")
    assert world.code("clock", m.CloseTradingDay(DAY)) == "CW-6232"
    world.at_ms = at("15:30")
    assert world.code("clock", m.CloseTradingDay(NEXT)) == "CW-6232"
    world.do("clock", m.CloseTradingDay(DAY))
    assert world.code("clock", m.CloseTradingDay(DAY)) == "CW-6232"


def test_orders_outside_the_next_band_go(world):
    world.order(ALPHA, "sell", 5500, 10, id="high", validity="gtd", until=NEXT)
    world.order(ALPHA, "sell", 5000, 10)
    world.order(BETA, "buy", 5000, 10)
    world.order(ALPHA, "sell", 4900, 30)
    world.order(BETA, "buy", 4900, 30)  # the close is 49.25: tomorrow at most 54.18
    world.close()
    assert world.left() == {"high": 10}
    world.open(on=NEXT)
    assert world.left() == {}
    assert world.market.breaches() == []


# A price re-set in mid-session.


def test_a_reset_moves_the_band_at_once(world):
    """As the opening price of PHCER on 2024-01-02, moved to an auction's mean."""
    world.order(ALPHA, "sell", 5400, 10, id="out")
    world.order(ALPHA, "sell", 4950, 10, id="in")
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 6400, 10), "d")
    world.do("eve", m.ResetPrice("TLA", 4600, "auction mean"))
    assert set(world.left()) == {"out", "in"}, "one person alone moves no price"
    world.do("ed", approve(world))
    assert set(world.left()) == {"in"}
    assert world.exchange.state.deals == {}
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5061, 1)) == "CW-6211"
    world.order(ALPHA, "sell", 5060, 1)
    assert world.market.breaches() == []
    world.close()
    assert world.exchange.state.references["TLA"] == 4600, "without trades the close is the moved opening"


def test_a_reset_on_the_first_day_keeps_the_band_and_the_steps_of_the_product():
    """46.50 ± 20 % in steps of 0.50: 37.20 and 55.80, to the nearest step 37.00 and 56.00."""

    def change(text: str) -> str:
        return text.replace('first_opening_of = "TLA"\n', 'first_opening_of = "TLA"\ntick_fen = 50\n')

    world = Exchange(change).open()
    world.together(m.ResetPrice("TLC", 4650, "drill"), first="eve", second="ed")
    mode = day(world).products["TLC"].modes["listed_click"]
    assert (mode.lower_fen_per_t, mode.upper_fen_per_t) == (3700, 5600)


def approve(world: Exchange):
    return ApproveProposal(f"c{world.count}")


@pytest.mark.parametrize(("product", "price"), [("TLA", 0), ("TLA", -1), ("NOPE", 100), ("TLA", 10**17)])
def test_bad_resets(world, product, price):
    assert world.code("eve", m.ResetPrice(product, price, "why")) == "CW-6235"


def test_a_reset_overnight_opens_the_next_day(world):
    world.close()
    world.together(m.ResetPrice("TLA", 6409, "auction mean"), first="eve", second="ed")
    world.open(on=NEXT)
    assert day(world).products["TLA"].opening_fen_per_t == 6409


# Halts.


def test_halts_of_market_product_and_firm(world):
    world.order(ALPHA, "sell", 5000, 10, id="s")
    place = m.PlaceOrder(BETA, "TLA", "buy", 4900, 1)
    for target in ("", "TLA", BETA):
        world.do("eve", m.Halt(target, "power cut"))
        assert world.refused(BETA, place) == "CW-6204"
        world.do("eve", m.LiftHalt(target))
        world.by(BETA, place)
    world.do("eve", m.Halt("TLC", "power cut"))
    world.by(BETA, place)
    assert world.code("eve", m.LiftHalt("TLA")) == "CW-6251"


def test_a_halt_ends_by_itself(world):
    world.do("eve", m.Halt("TLA", "news", until_ms=at("10:00")))
    place = m.PlaceOrder(BETA, "TLA", "buy", 4900, 1)
    assert world.refused(BETA, place) == "CW-6204"
    world.at_ms = at("10:00")
    world.by(BETA, place)
    assert world.code("eve", m.Halt("TLA", "news", until_ms=at("09:00"))) == "CW-6254"


def test_the_kill_switch_takes_everything_out(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(BETA, "buy", 4900, 10, id="b")
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5000, 10), "d")
    world.do("eve", m.Halt(ALPHA, "suspected breach", cancel=True))
    assert set(world.left()) == {"b"}
    assert world.exchange.state.deals == {}
    world.do("eve", m.Halt("", "emergency", cancel=True))
    assert world.left() == {}
    assert world.market.breaches() == []
    assert world.cash(BETA) == 10**9


def test_orders_may_be_cancelled_during_a_halt(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.do("eve", m.Halt("", "power cut"))
    world.by(ALPHA, m.CancelOrder(ALPHA, "a"))
    assert world.left() == {}


@pytest.mark.parametrize("target", ["NOPE", "TL-999"])
def test_halts_of_nothing(world, target):
    assert world.code("eve", m.Halt(target, "why")) == "CW-6250"
    assert world.code("eve", m.Halt("TLA", "")) != ""


# Members and accounts.


def test_an_account_that_is_not_open_does_not_trade(world):
    world.do("olga", SetAccountStatus(ALPHA, "restricted", "order to correct"))
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5000, 1)) == "CW-6220"
    world.order(ALPHA, "buy", 4900, 1)  # to correct it must be able to buy
    world.do("olga", SetAccountStatus(ALPHA, "suspended", "test"))
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "buy", 4900, 1)) == "CW-4006"
    world.do("olga", SetAccountStatus(ALPHA, "open", "corrected"))
    world.order(ALPHA, "sell", 5000, 1)


def test_a_suspended_account_s_orders_trade_no_more(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(TRADER, "sell", 5010, 10, id="t")
    world.do("olga", SetAccountStatus(ALPHA, "suspended", "test"))
    events = world.order(BETA, "buy", 5010, 15, id="b")
    assert [t.sell_order for t in trades(events)] == ["t"]
    assert [(e.order_id, e.reason) for e in events if isinstance(e, m.OrderCancelled)] == [("a", "halt")]
    assert world.left() == {"b": 5}
    world.do("eve", m.Halt(BETA, "under suspicion"))
    events = world.order(TRADER, "sell", 5010, 5, id="t2")
    assert trades(events) == []
    assert world.left() == {"t2": 5}
    assert world.market.breaches() == []


def test_a_replaced_order_s_second_trade_has_its_own_id(world):
    world.order(ALPHA, "sell", 5000, 5)
    first = trades(world.order(BETA, "buy", 5000, 10, id="b"))
    world.order(ALPHA, "sell", 5050, 5)
    second = trades(world.by(BETA, m.ReplaceOrder(BETA, "b", 5050, 5)))
    assert first[0].trade_id != second[0].trade_id
    assert len(world.settlement.state.bustable) == 2


MEMBER = """
[[exchange.members]]
code = "individual"
kind = "individual"
en = "Individual"
zh = "个人"
since = 2023-01-04
account_types = ["trading"]
by_admission = true
buys = ["TLA"]
sells = ["TLC"]
modes = ["continuous"]
position_limit_t = 10
rights = ["proprietary", "custody"]
"""


def test_admitted_members_have_their_own_rights():
    world = Exchange(lambda text: text + MEMBER).open()
    assert world.code("eve", m.AdmitMember(TRADER, "individual")) == "CW-6252", "not before 2023-01-04"
    world.close()
    world.open(on=NEXT)
    assert world.code("eve", m.AdmitMember(ALPHA, "individual")) == "CW-6252"
    assert world.code("eve", m.AdmitMember(TRADER, "individual", ("broking",))) == "CW-6253"
    world.do("eve", m.AdmitMember(GAMMA, "individual", ("custody",)))
    assert world.refused(GAMMA, m.PlaceOrder(GAMMA, "TLA", "sell", 5000, 1)) == "CW-6206"
    assert world.refused(GAMMA, m.PlaceOrder(GAMMA, "TLC", "buy", 5000, 1)) == "CW-6206"
    deal = m.ProposeDeal(GAMMA, BETA, "TLA", "buy", 5000, 10)
    assert world.refused(GAMMA, deal) == "CW-6206", "the kind trades in the book only"
    assert world.refused(GAMMA, m.PlaceOrder(GAMMA, "TLA", "buy", 5000, 11)) == "CW-6217"
    world.order(GAMMA, "buy", 5000, 10)


def test_no_member_before_its_kind_exists():
    since, investors = "since = 2023-01-", '\naccount_types = ["trading"]'
    late = Exchange(lambda text: text.replace(f"{since}01{investors}", f"{since}04{investors}")).open()
    assert late.refused(TRADER, m.PlaceOrder(TRADER, "TLA", "sell", 5000, 1)) == "CW-6205"
    late.order(ALPHA, "sell", 5000, 1)
    late.close()
    late.open(on=NEXT)
    late.order(TRADER, "sell", 5000, 1)


# Notices.


def test_notices_are_kept(world):
    world.do("eve", m.PublishAnnouncement("Risk warning", "Prices moved a lot.", "TLA", warning=True), "n1")
    (notice,) = world.exchange.state.announcements
    assert (notice.id, notice.at_ms, notice.warning) == ("n1", world.at_ms, True)
    assert world.code("eve", m.PublishAnnouncement("x", "y", "NOPE")) == "CW-6250"
    assert world.code(rep(ALPHA), m.PublishAnnouncement("x", "y")) == "CW-4001"


# The whole room comes back from a snapshot, and from its events.


def test_a_snapshot_holds_the_books(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(TRADER, "sell", 5000, 10, id="t", validity="gtd", until=NEXT)
    world.order(BETA, "buy", 4900, 10, id="b")
    world.by(ALPHA, m.ReplaceOrder(ALPHA, "a", 5000, 20))
    again = Market()
    again.restore(world.market.snapshot())
    assert again.state_hash() == world.market.state_hash()
    world.market = again
    assert [t.sell_order for t in trades(world.order(BETA, "buy", 5000, 15))] == ["t", "a"]
    assert world.market.breaches() == []


def test_replaying_the_events_gives_the_same_state(world):
    world.order(ALPHA, "sell", 5000, 10, id="a")
    world.order(BETA, "buy", 5100, 4)
    world.by(ALPHA, m.ReplaceOrder(ALPHA, "a", 5100, 20))
    world.by(ALPHA, m.ProposeDeal(ALPHA, BETA, "TLA", "sell", 5000, 10), "d")
    world.by(BETA, m.ConfirmDeal(BETA, "d"))
    world.close()
    live, replayed = Market(), Market()
    for command, name, actor, at_ms in world.log:
        for event in live.execute(command, command_id=name, actor=actor, at_ms=at_ms):
            replayed.apply(event, at_ms)
    assert live.state_hash() == replayed.state_hash() == world.market.state_hash()


def test_a_scheme_without_an_exchange_cannot_open_a_day():
    text = scheme_text().partition("\n# The exchange of testland")[0]
    market = Market()
    body = json.loads(scheme_to_json(load_text(text)))
    market.execute(OpenMarket(body, OFFICERS), command_id="g", actor="genesis", at_ms=at("08:00"))
    with pytest.raises(Refused) as no:
        market.execute(m.OpenTradingDay(DAY), command_id="o", actor="clock", at_ms=at("09:00"))
    assert no.value.refusal.code == "CW-8202"
