"""What a single participant does: prices, sizes, cash and patience, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from capwright.exchange import messages as m
from capwright.lab.opinion import DayMood
from capwright.settlement.messages import DepositCash
from tests.exchange_worlds import DAY, Exchange
from tests.lab_crowds import Stage, agent, picking, unlimited
from tests.worlds import ALPHA, BETA, TRADER

# Testland: opening price 5,000 fen, band ± 10 % (4,500 to 5,500), fees of 5 per mille, lots of a tonne.
MOOD = DayMood(value_fen_per_t=5_000, volume_t=1_000, block_fen_per_t=5_000)
NEXT = date(2023, 1, 4)


class Even(Random):
    """Chance without surprises: nobody doubts, every listing has the usual size."""

    def gauss(self, mu=0.0, sigma=1.0):
        return mu

    def lognormvariate(self, mu, sigma):
        return 1.0


@pytest.fixture
def stage():
    return Stage(Exchange(picking).open())


def look(stage, account=ALPHA):
    return stage.sight().of(account)


# Buying and selling.


def test_a_buyer_picks_the_best_offer_that_is_worth_it(stage):
    stage.world.order(BETA, "sell", 5_020, 300, id="dear")
    stage.world.order(BETA, "sell", 5_010, 200, id="best")
    buyer = agent(ALPHA, "buyer", 1_000)
    assert buyer.buy(look(stage), 5_015, 1_000, stage.send) == 200
    assert stage.sent == [m.PickOrder(ALPHA, "best", 200)]
    assert buyer.buy(look(stage), 5_015, 1_000, stage.send) == 0  # the next is dearer than it pays
    assert stage.sent[1:] == [m.PlaceOrder(ALPHA, "TLA", "buy", 5_015, 1_000)]


def test_where_orders_are_matched_it_meets_the_offer_instead():
    stage = Stage(Exchange(unlimited).open())
    stage.world.order(BETA, "sell", 5_010, 200, id="best")
    assert agent(ALPHA, "buyer", 1_000).buy(look(stage), 5_015, 500, stage.send) == 200
    assert stage.sent == [m.PlaceOrder(ALPHA, "TLA", "buy", 5_010, 200)]
    assert [trade.quantity_t for trade in stage.trades] == [200]


def test_listings_keep_clear_of_the_other_side_and_inside_the_band(stage):
    stage.world.order(BETA, "sell", 5_010, 10)
    agent(ALPHA, "buyer", 1_000).buy(look(stage), 5_009, 20, stage.send)
    agent(TRADER, "investor").buy(look(stage, TRADER), 5_300, 5, stage.send)
    agent(TRADER, "investor").buy(look(stage, TRADER), 5_900, 30, stage.send)
    assert stage.sent == [
        m.PlaceOrder(ALPHA, "TLA", "buy", 5_009, 20),
        m.PickOrder(TRADER, stage.sent[1].order_id, 5),
        m.PickOrder(TRADER, stage.sent[1].order_id, 5),
    ]
    stage.sent.clear()
    agent(TRADER, "investor").buy(look(stage, TRADER), 5_900, 30, stage.send)
    assert stage.sent == [m.PlaceOrder(TRADER, "TLA", "buy", 5_500, 30)]  # nobody may bid more
    assert stage.refused == []


def test_a_seller_takes_a_good_bid_and_else_offers_above_it(stage):
    stage.world.order(BETA, "buy", 4_990, 40, id="bid")
    seller = agent(ALPHA, "seller", 500)
    assert seller.sell(look(stage), 4_980, 100, stage.send) == 40
    assert seller.sell(look(stage), 4_980, 100, stage.send) == 0
    assert stage.sent == [
        m.PickOrder(ALPHA, "bid", 40),
        m.PlaceOrder(ALPHA, "TLA", "sell", 4_980, 100),
    ]


def test_cash_bounds_a_bid_with_its_fee():
    stage = Stage(Exchange(picking, cash=1_000_000).open())
    agent(ALPHA, "buyer", 1_000).buy(look(stage), 5_000, 1_000, stage.send)
    # 5,000 and 25 of fee, a fen for rounding: 1,000,000 / 5,026 = 198.96.
    assert stage.sent == [m.PlaceOrder(ALPHA, "TLA", "buy", 5_000, 198)]
    assert stage.refused == []


def test_what_is_listed_is_not_promised_twice(stage):
    """A firm that can spare 500 t lists 300: only 200 more may go, and its need counts its bids alike."""
    seller, buyer = agent(ALPHA, "seller", 500), agent(BETA, "buyer", 400)
    seller.sell(look(stage), 5_400, 300, stage.send)
    assert seller.sellable_t(look(stage)) == 200
    buyer.buy(look(stage, BETA), 4_600, 150, stage.send)
    assert buyer.wanted_t(look(stage, BETA), 5_000) == 250
    seller.sell(look(stage), 5_390, 9_999, stage.send)  # 0.2 % lower: the listing stands well
    assert len(stage.sent) == 2
    seller.sell(look(stage), 5_300, 9_999, stage.send)  # takes the older one back first
    assert stage.sent[3:] == [m.PlaceOrder(ALPHA, "TLA", "sell", 5_300, 500)]
    assert look(stage).listed_t("sell") == 500
    assert seller.sellable_t(look(stage)) == 0


def test_nobody_trades_with_its_own_listing(stage):
    investor = agent(ALPHA, "investor")
    investor.sell(look(stage), 5_000, 100, stage.send)
    assert investor.buy(look(stage), 5_400, 100, stage.send) == 0
    assert len(stage.sent) == 1


def test_nothing_is_sent_while_the_exchange_is_shut():
    stage = Stage(Exchange(picking))
    for style in ("buyer", "seller", "investor", "maker"):
        one = agent(ALPHA, style, 100)
        assert one.act(look(stage), MOOD, DAY, Even(), stage.send, most_t=100) == 0
    assert stage.sent == []


def test_what_others_own_changes_nothing_it_does():
    """Two markets that differ in another account's cash: the same commands."""
    found = []
    for cash in (0, 10**8):
        stage = Stage(Exchange(picking).open())
        if cash:
            stage.world.do("eve", DepositCash(BETA, cash))
        for n in range(20):
            one = agent(ALPHA, ("investor", "trend", "maker")[n % 3])
            one.act(look(stage), MOOD, DAY, Random(n), stage.send, most_t=500)
        found.append([repr(c).split("order_id")[0] for c in stage.sent])
    assert found[0] == found[1]
    assert len(found[0]) > 10


# Time.


@pytest.mark.parametrize(("habit", "half"), [("early", 0.5), ("steady", 0.125), ("late", 0.00390625)])
def test_urgency_grows_from_the_first_day_to_the_last(habit, half):
    buyer = agent(ALPHA, "buyer", 10, habit=habit)
    days = (DAY - timedelta(days=3), DAY, DAY + timedelta(days=15), DAY + timedelta(days=30))
    assert [buyer.urgency(day) for day in days] == pytest.approx([0, 0, half, 1])
    assert [buyer.open_on(day) for day in days] == [False, True, True, True]
    assert not buyer.open_on(DAY + timedelta(days=31))
    buyer.traded(10)
    assert not buyer.open_on(DAY)  # it has what it wanted


def test_an_urgent_buyer_pays_six_per_cent_more(stage):
    buyer = agent(ALPHA, "buyer", 1_000, until=DAY)
    buyer.act(look(stage), MOOD, DAY + timedelta(days=1), Even(), stage.send, most_t=80)
    assert stage.sent == [m.PlaceOrder(ALPHA, "TLA", "buy", 5_300, 80)]


def test_sellers_wait_a_day_for_more_than_the_band_allows_then_take_its_limit(stage):
    seller = agent(ALPHA, "seller", 500)
    seller.sell(look(stage), 6_000, 100, stage.send)
    assert stage.sent == []
    stage.world.close()
    stage.world.open(on=NEXT)
    assert look(stage).stuck()  # nobody met anybody
    seller.sell(look(stage), 6_000, 100, stage.send)
    assert stage.sent == [m.PlaceOrder(ALPHA, "TLA", "sell", 5_500, 100)]


@pytest.mark.parametrize(("price", "stuck"), [(5_000, False), (5_400, False), (5_500, True), (4_500, True)])
def test_a_day_that_ends_at_its_limit_is_stuck(stage, price, stuck):
    stage.world.order(BETA, "sell", price, 10, id="one")
    stage.world.by(ALPHA, m.PickOrder(ALPHA, "one", 10))
    stage.world.close()
    stage.world.open(on=NEXT)
    assert look(stage).stuck() is stuck


# Styles.


def test_an_investor_buys_what_is_cheap_and_sells_what_is_dear(stage):
    stage.world.order(BETA, "sell", 4_970, 10, id="cheap")  # 0.6 % under 5,000
    investor = agent(ALPHA, "investor")
    assert investor.act(look(stage), MOOD, DAY, Even(1), stage.send, most_t=500) == 10
    stage.world.order(BETA, "buy", 5_030, 20, id="dear")
    assert investor.act(look(stage), MOOD, DAY, Even(1), stage.send, most_t=500) == 20
    assert stage.sent == [m.PickOrder(ALPHA, "cheap", 10), m.PickOrder(ALPHA, "dear", 20)]


def test_its_bias_is_its_own_view(stage):
    assert agent(ALPHA, "investor", bias=0.02).value(look(stage), MOOD, Even()) == 5_100


def test_a_follower_of_trends_expects_half_of_the_move_again(stage):
    for on, price in ((DAY, 5_000), (NEXT, 5_400)):
        if on != DAY:
            stage.world.open(on=on)
        stage.world.order(BETA, "sell", price, 10, id=f"s{price}")
        stage.world.by(ALPHA, m.PickOrder(ALPHA, f"s{price}", 10))
        stage.world.close(on)
    stage.world.open(on=date(2023, 1, 6))  # the afternoon of the 5th has a power cut
    # From 5,000 to 5,400 is 8 %, of which it believes 6: 5,400 × 1.03.
    assert agent(ALPHA, "trend").value(look(stage), MOOD, Even()) == 5_562


def test_a_maker_quotes_both_sides_and_moves_them_with_the_price(stage):
    maker = agent(ALPHA, "maker")
    maker.act(look(stage), MOOD, DAY, Even(), stage.send, most_t=400)
    # 0.8 % to each side of 5,000.
    assert stage.sent == [
        m.PlaceOrder(ALPHA, "TLA", "buy", 4_960, 400),
        m.PlaceOrder(ALPHA, "TLA", "sell", 5_040, 400),
    ]
    ids = {order.side: order.id for order in stage.world.exchange.state.orders.values()}
    maker.act(look(stage), MOOD, DAY, Even(), stage.send, most_t=400)
    assert len(stage.sent) == 2  # they stand well
    stage.world.by(TRADER, m.PickOrder(TRADER, ids["sell"], 400))
    stage.world.order(BETA, "sell", 5_200, 10, id="higher")
    stage.world.by(TRADER, m.PickOrder(TRADER, "higher", 10))
    maker.act(look(stage), MOOD, DAY, Even(), stage.send, most_t=400)
    # 0.7 × 5,200 + 0.3 × 5,000 = 5,140; 0.8 % to each side: 5,098.88 and 5,181.12.
    assert stage.sent[2:] == [
        m.ReplaceOrder(ALPHA, ids["buy"], 5_099, 400),
        m.PlaceOrder(ALPHA, "TLA", "sell", 5_181, 400),
    ]
    assert stage.refused == []
