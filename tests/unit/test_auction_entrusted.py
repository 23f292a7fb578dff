"""Lots that holders entrust, with sums worked out by hand: hold, notice, bids, price, payment, fees."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capwright.auction import messages as m
from capwright.kernel.message import LATEST_MS
from capwright.ledger.messages import TradeSettled
from capwright.ledger.place import held
from capwright.market import Market
from capwright.registry.messages import CloseAccount, SetAccountStatus
from capwright.settlement.messages import (
    BustTrade,
    ClearTrades,
    DepositCash,
    TradesCleared,
    WithdrawCash,
)
from tests.auction_lots import DAY, LOT, PAID_BY, SALE, Lots
from tests.exchange_worlds import FEES, GAMMA, at
from tests.worlds import ALPHA, BETA, TRADER, rep

CASH = 10**9  # 10,000,000.00 each


@pytest.fixture
def world() -> Lots:
    return Lots()


def sound(world: Lots) -> None:
    """The laws hold, and the snapshot is the whole state."""
    assert world.market.breaches() == []
    other = Market()
    other.restore(world.market.snapshot())
    assert other.state_hash() == world.market.state_hash()
    assert other.breaches() == []


# Entrusting.


def test_units_are_held_at_once_oldest_vintage_first(world):
    (event,) = world.entrust(6000)
    assert event.auction_id == LOT
    assert world.units(held(ALPHA, LOT)) == {"TLA-2022": 5000, "TLA-2023": 1000}
    assert world.units(ALPHA) == {"TLA-2023": 4000}
    sound(world)


def test_a_series_can_be_named(world):
    world.entrust(4000, series="TLA-2023")
    assert world.units(held(ALPHA, LOT)) == {"TLA-2023": 4000}
    assert world.auctions.state.lots[LOT].series == "TLA-2023"
    sound(world)


def test_what_is_entrusted_cannot_be_promised_again(world):
    world.entrust(6000)
    again = m.EntrustAuction(ALPHA, "TLA", 4001, 5000)
    assert world.refused(ALPHA, again) == "CW-6313"
    assert world.refused(ALPHA, m.EntrustAuction(ALPHA, "TLA", 4001, 5000, series="TLA-2023")) == "CW-6313"
    world.by(ALPHA, m.EntrustAuction(ALPHA, "TLA", 4000, 5000))
    assert world.units(ALPHA) == {}
    sound(world)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (m.EntrustAuction(ALPHA, "TLA", 9, 5000), "CW-6312"),  # below the least of ten tonnes
        (m.EntrustAuction(ALPHA, "TLA", 1000, 0), "CW-6312"),
        (m.EntrustAuction(ALPHA, "TLA", 1000, -1), "CW-6312"),
        (m.EntrustAuction(ALPHA, "TLA", 10**12, 10**6), "CW-6312"),  # worth more than can be booked
        (m.EntrustAuction(ALPHA, "TLA", 0, 5000), "CW-3005"),
        (m.EntrustAuction(ALPHA, "TLA", 10_001, 5000), "CW-6313"),
        (m.EntrustAuction(ALPHA, "XXX", 1000, 5000), "CW-6311"),
        (m.EntrustAuction(ALPHA, "TLA", 1000, 5000, series="TLA-2030"), "CW-3002"),
        (m.EntrustAuction(ALPHA, "TLC", 1000, 5000, series="TLA-2023"), "CW-6313"),
        (m.EntrustAuction(ALPHA, "TLA", 1000, 5000, title="x" * 101), "CW-9103"),
        (m.EntrustAuction(ALPHA, "TLA", 1000, 5000, mode="negotiated"), "CW-6318"),
        (m.EntrustAuction(ALPHA, "TLA", 1000, 5000, short="partial"), "CW-6318"),
    ],
)
def test_bad_lots_are_refused(world, command, expected):
    assert world.refused(ALPHA, command) == expected


def test_only_the_holders_people_entrust(world):
    assert world.refused(BETA, m.EntrustAuction(ALPHA, "TLA", 1000, 5000)) == "CW-4002"


def test_a_mode_that_the_scheme_does_not_have_yet_is_refused():
    world = Lots(
        lambda text: text.replace(
            'entrusted_auction"\nsince = 2023-01-01', 'entrusted_auction"\nsince = 2023-02-01'
        )
    )
    assert world.refused(ALPHA, m.EntrustAuction(ALPHA, "TLA", 1000, 5000)) == "CW-6311"


def test_the_rights_of_members_are_asked_for(world):
    asked = []
    world.auctions.hooks.check_trade = lambda *about: asked.append(about)
    world.sell((BETA, 5100, 1000))
    assert asked == [
        (ALPHA, "TLA", "sell", "entrusted_auction", at("08:00", DAY)),
        (BETA, "TLA", "buy", "entrusted_auction", at("10:00", SALE)),
    ]


def test_a_lot_is_taken_back_before_it_is_announced(world):
    world.entrust(6000)
    assert world.refused(BETA, m.WithdrawEntrusted(BETA, LOT)) == "CW-6314"
    world.by(ALPHA, m.WithdrawEntrusted(ALPHA, LOT, "better offer"))
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert world.refused(ALPHA, m.WithdrawEntrusted(ALPHA, LOT)) == "CW-6314"
    sound(world)


def test_an_announced_lot_cannot_be_taken_back_but_called_off(world):
    world.entrust(6000)
    world.announce()
    assert world.refused(ALPHA, m.WithdrawEntrusted(ALPHA, LOT)) == "CW-6314"
    assert world.code("eve", m.AnnounceEntrusted(LOT, at("09:30", SALE), at("11:30", SALE))) == "CW-6314"
    world.at_ms = at("10:00", SALE)
    world.bid(BETA, 5000, 1000)
    world.do("eve", m.CancelAuction(LOT, "power cut"))
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert world.cash(BETA) == CASH
    sound(world)


def test_the_exchange_may_decline_a_lot(world):
    world.entrust()
    world.do("eve", m.CancelAuction(LOT, "title in dispute"))
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    sound(world)


# Notice and hours.


@pytest.mark.parametrize(
    ("on", "opens", "closes", "expected"),
    [
        (date(2023, 1, 11), "09:30", "11:30", "CW-6315"),  # the sixth working day
        (SALE, "09:29", "11:30", "CW-6310"),
        (SALE, "09:30", "15:31", "CW-6310"),
        (SALE, "11:30", "13:30", "CW-6310"),  # all of it in the break
        (date(2023, 1, 14), "09:30", "11:30", "CW-6310"),  # a Saturday
        (SALE, "11:30", "09:30", "CW-6105"),
    ],
)
def test_when_an_entrusted_auction_may_be_held(world, on, opens, closes, expected):
    world.entrust()
    assert world.code("eve", m.AnnounceEntrusted(LOT, at(opens, on), at(closes, on))) == expected


def test_an_auction_does_not_run_overnight_or_out_of_the_calendar(world):
    world.entrust()
    opens = at("09:30", SALE)
    assert world.code("eve", m.AnnounceEntrusted(LOT, opens, at("10:00", date(2023, 1, 13)))) == "CW-6310"
    assert world.code("eve", m.AnnounceEntrusted(LOT, opens, LATEST_MS + 1)) == "CW-6105"
    assert world.code("eve", m.AnnounceEntrusted("e:no", opens, opens + 1)) == "CW-6314"


def test_bids_are_taken_in_the_sessions_only(world):
    world.entrust()
    world.announce("10:00", "14:30")
    for clock, expected in (
        ("09:59", "CW-6103"),
        ("11:30", "CW-6103"),
        ("13:29", "CW-6103"),
        ("14:30", "CW-6103"),
    ):
        world.at_ms = at(clock, SALE)
        assert world.refused(BETA, m.PlaceBid(LOT, BETA, 5000, 100)) == expected
    for clock in ("10:00", "11:29", "13:30", "14:29"):
        world.at_ms = at(clock, SALE)
        world.bid(BETA, 5000, 100)


def test_an_outage_takes_the_hours_away():
    closed = '[[exchange.outages]]\ncode = "storm"\non = 2023-01-12\nhours = ["13:30-15:30"]\n'
    world = Lots(lambda text: text + closed)
    world.entrust()
    assert world.code("eve", m.AnnounceEntrusted(LOT, at("09:30", SALE), at("11:30", SALE))) == "CW-6310"
    world.announce("13:30", "15:30")


# Bids.


@pytest.mark.parametrize(
    ("account", "price", "quantity_t", "expected"),
    [
        (ALPHA, 5000, 1000, "CW-6319"),
        (GAMMA, 5000, 1000, "CW-6319"),  # another account of ALPHA's holder
        (BETA, 5000, 1001, "CW-6006"),
        (BETA, 0, 1000, "CW-6002"),
    ],
)
def test_bad_bids_are_refused(world, account, price, quantity_t, expected):
    world.entrust()
    world.announce()
    world.at_ms = at("10:00", SALE)
    assert world.refused(account, m.PlaceBid(LOT, account, price, quantity_t)) == expected


def test_a_bid_for_part_of_a_whole_lot_is_refused_and_so_is_a_second_one(world):
    world.entrust(1000, whole_lot=True)
    world.announce()
    world.at_ms = at("10:00", SALE)
    assert world.refused(BETA, m.PlaceBid(LOT, BETA, 5000, 999)) == "CW-6003"
    world.bid(BETA, 5000, 1000)
    assert world.refused(BETA, m.PlaceBid(LOT, BETA, 5100, 1000)) == "CW-6006"


def test_a_suspended_account_does_not_bid(world):
    world.entrust()
    world.announce()
    world.at_ms = at("10:00", SALE)
    world.do("olga", SetAccountStatus(BETA, "suspended", "inquiry"))
    assert world.refused(BETA, m.PlaceBid(LOT, BETA, 5000, 1000)) != ""


# Clearing: one engine, the terms of the lot.


def test_a_whole_lot_goes_to_the_highest_bidder_at_its_price(world):
    result = world.sell((BETA, 5100, 6000), (TRADER, 5250, 6000), quantity_t=6000, whole_lot=True)
    assert (result.price_fen_per_t, result.sold_t, result.revenue_fen) == (5250, 6000, 31_500_000)
    assert [line.account for line in result.awards] == [TRADER]
    assert world.cash(BETA) == CASH
    assert world.cash(held(TRADER, LOT)) == 1_575_000  # 5 % of 315,000.00
    sound(world)


def test_equal_bids_for_a_whole_lot_are_ranked_by_time(world):
    result = world.sell((BETA, 5100, 1000), (TRADER, 5100, 1000), whole_lot=True)
    assert [line.account for line in result.awards] == [BETA]


def test_demand_that_reaches_the_lot_sells_at_the_last_accepted_bid(world):
    result = world.sell((BETA, 5300, 600), (TRADER, 5100, 600))
    assert result.price_fen_per_t == 5100
    assert {line.account: line.quantity_t for line in result.awards} == {BETA: 600, TRADER: 400}
    sound(world)


def test_demand_that_just_meets_the_lot_sells_at_the_last_accepted_bid_too(world):
    result = world.sell((BETA, 5300, 600), (TRADER, 5100, 400))
    assert (result.price_fen_per_t, result.sold_t) == (5100, 1000)


def test_short_demand_sells_at_the_floor_and_the_rest_goes_back(world):
    result = world.sell((BETA, 5300, 300), (TRADER, 5100, 200), quantity_t=6000)
    assert (result.price_fen_per_t, result.sold_t) == (5000, 500)
    assert world.units(held(ALPHA, LOT)) == {"TLA-2022": 500}
    assert world.units(ALPHA) == {"TLA-2022": 4500, "TLA-2023": 5000}
    sound(world)


def test_short_demand_sells_nothing_where_the_terms_say_so(world):
    result = world.sell((BETA, 5300, 300), (TRADER, 5100, 200), short="cancel")
    assert (result.outcome, result.price_fen_per_t, result.reason.code) == ("cancelled", None, "CW-6022")
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert (world.cash(BETA), world.cash(TRADER)) == (CASH, CASH)
    assert world.settle() == ()
    sound(world)


def test_bids_below_the_floor_do_not_count(world):
    result = world.sell((BETA, 4999, 1000), (TRADER, 5000, 400))
    assert (result.price_fen_per_t, result.sold_t, result.valid_t) == (5000, 400, 400)
    assert (result.valid_bids, result.high_fen_per_t, result.low_fen_per_t) == (1, 5000, 5000)


# Payment.


def test_payment_is_a_trade_with_the_fees_of_both_sides(world):
    world.sell((TRADER, 5250, 6000), quantity_t=6000, whole_lot=True)
    trade, done = world.settle()
    assert isinstance(trade, TradeSettled)
    assert (trade.mode, trade.price_fen_per_t, trade.quantity_t) == ("entrusted_auction", 5250, 6000)
    # 315,000.00, and 5 per mille from each side: 1,575.00
    assert (trade.buyer_fee_fen, trade.seller_fee_fen) == (157_500, 157_500)
    assert world.cash(TRADER) == CASH - 31_657_500
    assert world.cash(ALPHA) == CASH + 31_342_500
    assert world.cash(FEES) == 315_000
    assert world.units(TRADER) == {"TLA-2022": 1000 + 5000, "TLA-2023": 1000 + 1000}
    assert done == m.AwardTraded(
        auction_id=LOT, account=TRADER, trade_id=trade.trade_id, quantity_t=6000, value_fen=31_500_000
    )
    (counted,) = world.settlement.state.trades
    assert (counted.mode, counted.quantity_t, counted.value_fen) == ("entrusted_auction", 6000, 31_500_000)
    assert world.settle() == ()
    sound(world)


def test_a_fee_that_ends_in_half_a_fen_is_rounded_up(world):
    world.sell((TRADER, 5010, 10), quantity_t=10)  # 501.00: 2.505 of fees
    (trade, _) = world.settle()
    assert (trade.buyer_fee_fen, trade.seller_fee_fen) == (251, 251)
    sound(world)


def test_the_fee_of_the_mode_and_of_the_day_of_the_auction_is_taken():
    fees = """
[[exchange.fees]]
code = "waived"
since = 2023-01-01
modes = ["entrusted_auction"]
until = 2023-01-12
buyer_permille = 2
seller_permille = 0

"""
    world = Lots(lambda text: text.replace("[[exchange.fees]]", fees.strip() + "\n\n[[exchange.fees]]", 1))
    world.sell((TRADER, 5000, 1000))
    world.at_ms = at("10:00", date(2023, 1, 13))
    trade, _ = world.settle()
    assert (trade.buyer_fee_fen, trade.seller_fee_fen) == (10_000, 0)
    sound(world)


def test_without_an_account_for_fees_nothing_is_settled():
    world = Lots()
    world.do("olga", SetAccountStatus(FEES, "suspended", "new account"))
    world.sell((TRADER, 5000, 1000))
    assert world.code("eve", m.SettleAuction(LOT)) == "CW-6317"


def test_the_fee_must_be_there_too(world):
    world.sell((TRADER, 5000, 1000))  # 50,000.00, deposit 2,500.00, fee 250.00
    world.at_ms = at("15:00", SALE)
    world.do(rep(TRADER), WithdrawCash(TRADER, CASH - 250_000 - 4_774_999))
    assert world.settle() == ()
    world.do("eve", DepositCash(TRADER, 1))
    assert len(world.settle()) == 2
    assert world.cash(TRADER) == 0
    sound(world)


def test_a_trade_on_an_open_day_belongs_to_the_day(world):
    world.entrust(6000)
    world.announce()
    world.auctions.hooks.opening = {"TLA": 5000}.get
    world.open("10:00", SALE)
    world.bid(TRADER, 5200, 6000)
    world.at_ms = at("11:30", SALE)
    world.do("eve", m.ClearAuction(LOT, "seed"))
    world.at_ms = at("14:00", SALE)
    trade, _ = world.settle()
    assert trade.product == "TLA"
    (tick,) = world.exchange.state.ticks["TLA"]
    assert (tick.mode, tick.price_fen_per_t, tick.quantity_t) == ("entrusted_auction", 5200, 6000)
    events = world.close(SALE, clear=False)
    close = next(c for e in events if hasattr(e, "closes") for c in e.closes if c.product == "TLA")
    assert (close.volume_t, close.book_volume_t, close.closing_fen_per_t) == (6000, 0, 5000)
    (cleared,) = world.do("clock", ClearTrades(SALE))
    assert isinstance(cleared, TradesCleared)
    nets = {line.account: line.net_fen for line in cleared.statements}
    # 312,000.00 and 1,560.00 of fees from each side
    assert nets == {TRADER: -31_356_000, ALPHA: 31_044_000, FEES: 312_000}
    sound(world)


def test_a_trade_that_is_undone_is_no_sale_of_the_lot(world):
    world.auctions.hooks.opening = lambda _kind: 5000
    world.entrust()
    world.announce()
    world.open("10:00", SALE)
    world.bid(TRADER, 5200, 1000)
    world.at_ms = at("11:30", SALE)
    world.do("eve", m.ClearAuction(LOT, "seed"))
    trade, _ = world.settle()
    world.together(BustTrade(trade.trade_id, "wrong lot"), first="eve", second="ed")
    lot = world.auctions.state.lots[LOT]
    assert (lot.sold_t, lot.revenue_fen) == (0, 0)
    assert world.units(ALPHA) == {"TLA-2022": 5000, "TLA-2023": 5000}
    assert (world.cash(ALPHA), world.cash(TRADER), world.cash(FEES)) == (CASH, CASH, 0)
    sound(world)


def test_a_winner_who_does_not_pay_loses_the_deposit_to_the_seller(world):
    world.sell((BETA, 5300, 600), (TRADER, 5100, 600))
    free_fen = world.cash(TRADER)
    world.do(rep(TRADER), WithdrawCash(TRADER, free_fen))
    assert [event.account for event in world.settle() if isinstance(event, m.AwardTraded)] == [BETA]
    world.at_ms = at("23:59", PAID_BY)
    assert world.code("eve", m.DeclareDefault(LOT, TRADER)) == "CW-6110"
    assert world.code("eve", m.DeclareDefault(LOT, BETA)) == "CW-6109"
    world.at_ms = at("00:00", date(2023, 1, 20))
    before = world.cash(ALPHA)
    world.do("eve", m.DeclareDefault(LOT, TRADER))
    assert world.cash(ALPHA) - before == 153_000  # 5 % of TRADER's bid: 600 t at 51.00
    assert world.units(ALPHA) == {"TLA-2022": 5000 - 600, "TLA-2023": 5000}
    lot = world.auctions.state.lots[LOT]
    assert (lot.sold_t, lot.revenue_fen) == (600, 600 * 5100)
    sound(world)


def test_accounts_with_a_lot_or_an_award_stay_open(world):
    assert world.auctions.engaged(ALPHA) == ""
    world.sell((TRADER, 5000, 1000))
    assert (world.auctions.engaged(ALPHA), world.auctions.engaged(TRADER)) == (LOT, LOT)
    assert world.code("olga", CloseAccount(TRADER)) != ""
    world.settle()
    assert (world.auctions.engaged(ALPHA), world.auctions.engaged(TRADER)) == ("", "")


def test_lots_do_not_count_as_paid_shares_of_a_vintage(world):
    world.sell((TRADER, 5000, 1000))
    world.settle()
    assert world.auctions.state.delivered == {}
    assert world.auctions.state.auctions == {}


# One-way auctions of holders: the band around the opening price.


@pytest.mark.parametrize(
    ("floor", "opening", "expected"),
    [
        (5500, 5000, ""),  # 50.00 × 1.1 = 55.00
        (5501, 5000, "CW-6316"),
        (4500, 5000, ""),
        (4499, 5000, "CW-6316"),
        (5506, 5005, ""),  # 55.055 is rounded to 55.06
        (5507, 5005, "CW-6316"),
        (5000, None, "CW-6316"),  # no opening price: the exchange is shut
    ],
)
def test_the_reserve_of_a_one_way_auction_lies_within_a_tenth_of_the_opening_price(floor, opening, expected):
    world = Lots()
    world.auctions.hooks.opening = lambda kind: opening if kind == "TLA" else None
    world.entrust(1000, floor, mode="one_way_auction")
    world.at_ms = at("09:00", DAY)
    command = m.AnnounceEntrusted(LOT, at("09:30", DAY), at("11:30", DAY))
    assert world.code("eve", command) == expected


def test_a_one_way_auction_needs_no_notice_but_does_not_begin_in_the_past(world):
    world.auctions.hooks.opening = lambda _kind: 5000
    world.entrust(mode="one_way_auction")
    world.at_ms = at("10:00", DAY)
    assert world.code("eve", m.AnnounceEntrusted(LOT, at("09:59", DAY), at("11:30", DAY))) == "CW-6315"
    world.announce("10:00", "11:30", DAY)
    world.bid(BETA, 5000, 1000)
    world.at_ms = at("11:30", DAY)
    world.do("eve", m.ClearAuction(LOT, "seed"))
    trade, _ = world.settle()
    assert trade.mode == "one_way_auction"
    sound(world)


# What holds whatever is bid.

BIDS = st.lists(
    st.tuples(st.sampled_from([BETA, TRADER, ALPHA, GAMMA]), st.integers(4900, 5400), st.integers(1, 7000)),
    max_size=6,
)


@settings(max_examples=40)
@given(
    bids=BIDS,
    terms=st.fixed_dictionaries(
        {
            "quantity_t": st.integers(10, 10_000),
            "whole_lot": st.booleans(),
            "short": st.sampled_from(["all_at_floor", "cancel"]),
        }
    ),
    poor=st.sets(st.sampled_from([BETA, TRADER])),
)
def test_units_and_money_always_add_up(bids, terms, poor):
    world = Lots()
    start_t = 10_000
    world.entrust(**terms)
    world.announce()
    world.at_ms = at("10:00", SALE)
    for account, price_fen, quantity_t in bids:
        size_t = terms["quantity_t"] if terms["whole_lot"] else quantity_t
        assert world.refused(account, m.PlaceBid(LOT, account, price_fen, size_t)) in {
            "",
            "CW-6319",
            "CW-6006",
        }
        assert world.market.breaches() == []
    world.at_ms = at("11:30", SALE)
    world.do("eve", m.ClearAuction(LOT, "seed"))
    assert world.market.breaches() == []
    for account in poor:
        if world.cash(account):
            world.do(rep(account), WithdrawCash(account, world.cash(account)))
    sold = [event for event in world.settle() if isinstance(event, TradeSettled)]
    assert world.market.breaches() == []
    world.at_ms = at("09:00", date(2023, 1, 20))
    lost_fen = 0
    for account in list(world.auctions.state.lots[LOT].due):
        lost_fen += world.cash(held(account, LOT))
        world.do("eve", m.DeclareDefault(LOT, account))
    sold_t = sum(trade.quantity_t for trade in sold)
    assert sum(world.units(ALPHA).values()) == start_t - sold_t
    assert all(trade.price_fen_per_t >= 5000 for trade in sold)
    gained_fen = sum(trade.value_fen - trade.seller_fee_fen for trade in sold)
    assert world.cash(ALPHA) == CASH + gained_fen + lost_fen
    assert world.cash(FEES) == sum(trade.buyer_fee_fen + trade.seller_fee_fen for trade in sold)
    sound(world)


def test_the_events_alone_rebuild_the_state(world):
    other = Market()
    other.restore(world.market.snapshot())
    before = len(world.log)
    world.sell((BETA, 5300, 600), (TRADER, 5100, 600))
    world.settle()
    again = Market()
    again.restore(other.snapshot())
    for command, name, actor, at_ms in world.log[before:]:
        for event in again.decide(command, command_id=name, actor=actor, at_ms=at_ms):
            other.apply(event, at_ms)
        again.restore(other.snapshot())
    assert other.state_hash() == world.market.state_hash()
