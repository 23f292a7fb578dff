"""Published auctions of holders' units, played through the market with every posting.

* The entrusted auction of 2020-07-06: floor 28.05; lots of 12,700 t and 55,000 t, whole,
  to the highest bidder at 28.53 and 29.18; a lot of 832,300 t at 28.10 to eleven bidders, of which 205,000 t
  came to no sale because the other 95 % was not paid within five trading days; deposits went to the seller.
* The PHCER auctions of 2023: bids from 1 t, the last accepted bid is the price, no sale when
  demand is short. Their mean price became the opening price of 2024-01-02, 64.09 (GZETS 2023-12-25).

Published are volumes, floors, prices, the number of winners and what failed. The single bids are not: they
are reconstructed so that they add up to the published figures, and so are the names and the firm that sold.
Fees of 2 per mille from each side in 2020 and 5 in 2023 (fee notices of the exchange).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from capwright.auction import messages as m
from capwright.auction.bids import Bid
from capwright.auction.bulletin import bulletin, bulletin_text
from capwright.auction.clearing import clear
from capwright.auction.desk import lot_rules
from capwright.auction.state import Lot
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import TradeSettled, UnitLine
from capwright.ledger.place import held
from capwright.registry.messages import IssueUnits, OpenAccount, ProposeTransaction, Representative
from capwright.settlement.messages import DepositCash, WithdrawCash
from tests.allocation_worlds import ALLOCATION, GdWorld, gd
from tests.exchange_worlds import at
from tests.worlds import number, rep

FLOOR = 2805
ROOM = number(106, 1, "GD")  # the exchange's own account
SELLER, OWNER = gd("operator_holding", 10), number(122, 11, "GD")
BUYERS = [gd("trading", n) for n in range(30, 44)]


class Sale(GdWorld):
    """A Guangdong market under the shipped scheme; every command is followed by all laws."""

    def __init__(self, vintage: int, permille: int, on: date) -> None:
        super().__init__(vintage, on=on)
        self.permille = permille
        self.open(ROOM, "exchange")
        for buyer in BUYERS:
            self.open(buyer, "trading")
        owner = OpenAccount(
            OWNER,
            "project_owner",
            "owner",
            "Owner",
            date(2017, 6, 1),
            representatives=(Representative(rep(OWNER)),),
        )
        self.do("olga", owner)
        self.open(SELLER, "operator_holding")

    def entrust(self, name: str, command: m.EntrustAuction) -> None:
        self.do(rep(command.account), command, name)

    def announce(self, name: str, on: date) -> None:
        self.do("olga", m.AnnounceEntrusted(f"e:{name}", at("09:30", on), at("11:30", on)))

    def bid(self, name: str, buyer: str, price_fen: int, quantity_t: int) -> None:
        """Bid with exactly the deposit of 5 %; all these deposits are whole fen."""
        self.do("olga", DepositCash(buyer, price_fen * quantity_t // 20))
        self.do(rep(buyer), m.PlaceBid(f"e:{name}", buyer, price_fen, quantity_t))
        assert self.market.book.cash_fen(buyer) == 0

    def clear(self, name: str) -> m.AuctionCleared:
        events = self.do("olga", m.ClearAuction(f"e:{name}", ""))
        return next(event for event in events if isinstance(event, m.AuctionCleared))

    def pay(self, name: str, *, but: tuple[str, ...] = ()) -> list[TradeSettled]:
        """Bring what every winner still owes with its fee, then settle."""
        lot = self.market.rooms["auction"].state.lots[f"e:{name}"]
        for buyer, award in lot.due.items():
            if buyer not in but:
                fee_fen = (award.value_fen * self.permille + 500) // 1000
                rest_fen = award.value_fen - lot.deposits[buyer] + fee_fen
                free_fen = self.market.book.cash_fen(buyer)
                if rest_fen > free_fen:
                    self.do("olga", DepositCash(buyer, rest_fen - free_fen))
        events = self.do("olga", m.SettleAuction(f"e:{name}"))
        return [event for event in events if isinstance(event, TradeSettled)]

    def said(self, name: str, result: m.AuctionCleared, on: date):
        return bulletin(self.market.rooms["auction"].state.lots[f"e:{name}"], result, on=on)


# The entrusted auction of 2020-07-06.

ON = date(2020, 7, 6)
# Tonnes, price and value: 12,700 × 28.53 = 362,331.00 and 55,000 × 29.18 = 1,604,900.00.
SMALL = {"12.7": (12_700, 2853, 36_233_100), "55": (55_000, 2918, 160_490_000)}
FAILED = (BUYERS[3], BUYERS[7])
# Reconstructed: eleven winners, of whom two do not pay for 205,000 t; the last gets 50,000 of 60,000 t.
LARGE = [
    (2900, 100_000), (2890, 60_000), (2880, 50_000), (2870, 105_000), (2860, 80_000), (2850, 90_000),
    (2840, 70_000), (2830, 100_000), (2820, 77_300), (2815, 50_000), (2810, 60_000), (2806, 40_000),
    (2804, 100_000),
]  # fmt: skip


@pytest.fixture
def auction():
    """The day up to the clearing of all three lots."""
    world = Sale(2019, 2, date(2020, 6, 22))
    units = UnitLine("GDEA-2019", 900_000)
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, SELLER, (units,)))
    for name, (quantity_t, _, _) in SMALL.items():
        world.entrust(
            name, m.EntrustAuction(SELLER, "GDEA", quantity_t, FLOOR, whole_lot=True, title=f"{quantity_t} t")
        )
    world.entrust("832.3", m.EntrustAuction(SELLER, "GDEA", 832_300, FLOOR, title="832,300 t"))
    for name in (*SMALL, "832.3"):
        world.announce(name, ON)
    world.at_ms = at("09:30", date(2020, 7, 6))
    for name, (quantity_t, price, _) in SMALL.items():
        world.bid(name, BUYERS[0], FLOOR, quantity_t)
        world.bid(name, BUYERS[1], price, quantity_t)
        world.bid(name, BUYERS[2], price - 20, quantity_t)
    for buyer, (price, quantity_t) in zip(BUYERS, LARGE, strict=False):
        world.bid("832.3", buyer, price, quantity_t)
    world.at_ms = at("11:30", date(2020, 7, 6))
    results = {name: world.clear(name) for name in (*SMALL, "832.3")}
    return world, results


def test_everything_is_held_from_the_entrustment_on(auction):
    world, _ = auction
    assert world.market.book.at(SELLER) == {}
    for name, quantity_t in (("12.7", 12_700), ("55", 55_000), ("832.3", 832_300)):
        assert world.market.book.at(held(SELLER, f"e:{name}")) == {"GDEA-2019": quantity_t}


@pytest.mark.parametrize("name", SMALL)
def test_small_lots_go_whole_to_the_highest_bidder_at_its_price(auction, name):
    _, results = auction
    quantity_t, price, value_fen = SMALL[name]
    found = results[name]
    assert (found.price_fen_per_t, found.sold_t, found.revenue_fen) == (price, quantity_t, value_fen)
    assert [line.account for line in found.awards] == [BUYERS[1]]


def test_the_large_lot_clears_at_28_10_to_eleven_bidders(auction):
    _, results = auction
    found = results["832.3"]
    assert (found.price_fen_per_t, found.sold_t, len(found.awards)) == (2810, 832_300, 11)
    assert found.revenue_fen == 2_338_763_000  # 832,300 × 28.10 = 23,387,630.00
    assert {line.account: line.quantity_t for line in found.awards}[BUYERS[10]] == 50_000
    assert len(found.rejected) == 1  # 28.04 is below the floor


def test_after_payment_and_default_the_sums_are_the_published_ones(auction):
    world, results = auction
    book = world.market.book
    world.at_ms = at("15:00", date(2020, 7, 13))
    for name, (quantity_t, price, value_fen) in SMALL.items():
        (trade,) = world.pay(name)
        assert (trade.mode, trade.quantity_t, trade.price_fen_per_t) == (
            "entrusted_auction",
            quantity_t,
            price,
        )
        assert trade.value_fen == value_fen
    for buyer in FAILED:  # whatever deposits came back is gone too
        if book.cash_fen(buyer):
            world.do(rep(buyer), WithdrawCash(buyer, book.cash_fen(buyer)))
    paid = world.pay("832.3", but=FAILED)
    assert sum(trade.quantity_t for trade in paid) == 627_300
    for buyer in FAILED:
        with pytest.raises(Refused, match="CW-6110"):
            world.do("olga", m.DeclareDefault("e:832.3", buyer))
    # Five trading days after 6 July: 7, 8, 9, 10, 13. From the 14th on the deposits are lost.
    world.at_ms = at("00:00", date(2020, 7, 14))
    for buyer in FAILED:
        world.do("olga", m.DeclareDefault("e:832.3", buyer))

    assert book.at(SELLER) == {"GDEA-2019": 205_000}
    # 12,700 × 28.53 + 55,000 × 29.18 + 627,300 × 28.10, less 2 per mille (724.66 + 3,209.80 + 35,254.26),
    # and 5 % of 105,000 × 28.70 and of 100,000 × 28.30: 150,675.00 and 141,500.00.
    taken_fen = 36_233_100 + 160_490_000 + 1_762_713_000
    fees_fen = 72_466 + 320_980 + 3_525_426
    assert book.cash_fen(SELLER) == taken_fen - fees_fen + 15_067_500 + 14_150_000 == 1_984_734_728
    assert book.cash_fen(ROOM) == 2 * fees_fen
    assert [t.quantity_t for t in world.market.rooms["settlement"].state.trades] == [
        12_700 + 55_000 + 627_300
    ]
    assert world.market.breaches() == []

    told = world.said("832.3", results["832.3"], ON)
    assert (told.offered_t, told.sold_t, told.winners) == (832_300, 832_300, 11)
    assert (told.paid_t, told.failed_t, told.open_t) == (627_300, 205_000, 0)
    assert (told.paid, told.failed) == (Decimal("17627130.00"), Decimal("5760500.00"))
    assert (told.bidders, told.valid_bids, told.high, told.low) == (
        13,
        12,
        Decimal("29.00"),
        Decimal("28.06"),
    )
    text = bulletin_text(told, "zh")
    assert "逾期未付款不予成交205,000吨" in text
    assert "成交价28.10元/吨，成交832,300吨，成交11家" in text


def test_seven_working_days_of_notice_reach_from_22_june_to_2_july():
    """25 and 26 June were holidays, Sunday 28 June was worked: 23, 24, 28, 29, 30 June, 1, 2 July."""
    world = Sale(2019, 2, date(2020, 6, 22))
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, SELLER, (UnitLine("GDEA-2019", 1000),)))
    world.entrust("lot", m.EntrustAuction(SELLER, "GDEA", 1000, FLOOR))
    with pytest.raises(Refused, match="CW-6315"):
        world.announce("lot", date(2020, 7, 1))
    world.announce("lot", date(2020, 7, 2))


def test_there_was_no_entrusted_auction_before_22_june_2020():
    world = Sale(2019, 2, date(2020, 6, 19))
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, SELLER, (UnitLine("GDEA-2019", 1000),)))
    with pytest.raises(Refused, match="CW-6311"):
        world.entrust("lot", m.EntrustAuction(SELLER, "GDEA", 1000, FLOOR))


# PHCER auctions until 2020: one lot, the highest bid wins and pays its bid. Day, t, floor, price.

WHOLE = [
    (date(2017, 6, 8), 26_284, 1203, 1471), (date(2017, 6, 8), 11_328, 1203, 1475),
    (date(2018, 5, 10), 34_254, 1081, 1601), (date(2018, 5, 10), 27_161, 1081, 1634),
    (date(2018, 6, 7), 307_805, 1193, 1632), (date(2018, 10, 18), 40_024, 1165, 2250),
    (date(2019, 11, 28), 180, 1961, 2902), (date(2019, 11, 28), 572, 2451, 2918),
    (date(2019, 11, 28), 196_643, 2451, 3202), (date(2020, 4, 29), 1_448, 2867, 3600),
    (date(2020, 11, 6), 60_375, 2217, 3303), (date(2020, 12, 28), 9_789, 3300, 3606),
]  # fmt: skip


@pytest.mark.parametrize(("on", "quantity_t", "floor", "price"), WHOLE)
def test_a_whole_lot_of_phcer_goes_at_the_highest_bid(on, quantity_t, floor, price):
    """The one engine under the terms of a whole lot; a lower and an earlier bid lose."""
    lot = Lot(
        id=str(on), vintage=0, series="", source=OWNER, offered_t=quantity_t, opens_ms=0, closes_ms=1,
        reserve_fen_per_t=floor, round="", product="PHCER", kind="PHCER", mode="entrusted_auction",
        whole_lot=True, short="cancel",
    )  # fmt: skip
    offers = ((floor - 1, "low"), (floor, "first"), (price, "best"), (price - 1, "last"))
    bids = [
        Bid(id=name, bidder=name, price_fen_per_t=offer, quantity_t=quantity_t, entered=n)
        for n, (offer, name) in enumerate(offers)
    ]
    found = clear(lot_rules(lot), quantity_t, bids, reserve_fen_per_t=floor)
    assert [(a.bidder, a.price_fen_per_t, a.quantity_t) for a in found.awards] == [
        ("best", price, quantity_t)
    ]


# The PHCER auctions of 2023: day, t, floor, price (None: not sold).

PHCER = [
    (date(2023, 7, 18), 689, 8350, 8410),
    (date(2023, 9, 5), 913, 8181, None),
    (date(2023, 9, 8), 428, 8181, None),
    (date(2023, 9, 11), 3_262, 8181, None),
    (date(2023, 9, 18), 913, 7500, None),
    (date(2023, 9, 22), 10_178, 6680, 6733),
    (date(2023, 10, 24), 428, 6800, None),
    (date(2023, 11, 23), 8_871, 6500, 6500),
    (date(2023, 11, 24), 115_131, 6200, 6361),
]


def test_the_mean_of_the_phcer_auctions_of_2023_is_the_opening_price_of_2024():
    world = Sale(2023, 5, date(2023, 6, 1))
    world.together(IssueUnits("PHCER", 2022, 200_000, OWNER))
    for n, (on, quantity_t, floor, price) in enumerate(PHCER):
        world.at_ms = at("09:00", on - timedelta(days=20))
        world.entrust(f"p{n}", m.EntrustAuction(OWNER, "PHCER", quantity_t, floor, short="cancel"))
        world.announce(f"p{n}", on)
        world.at_ms = at("10:00", on)
        bids = [(price or floor, quantity_t - 1)]  # a tonne short
        if price is not None:  # reconstructed: a dearer bid first, the last accepted bid for the rest
            bids = [(price + 100, quantity_t // 20 * 10), (price, quantity_t)]
        for buyer, (bid_fen, bid_t) in zip(BUYERS, bids, strict=False):
            world.do("olga", DepositCash(buyer, bid_fen * bid_t))
            world.do(rep(buyer), m.PlaceBid(f"e:p{n}", buyer, bid_fen, bid_t))
        world.at_ms = at("11:30", on)
        found = world.clear(f"p{n}")
        assert (found.price_fen_per_t, found.sold_t) == (price, quantity_t if price else 0)
        world.pay(f"p{n}")
    sums = [t for t in world.market.rooms["settlement"].state.trades if t.kind == "PHCER"]
    assert {t.mode for t in sums} == {"entrusted_auction"}
    sold_t, value_fen = sum(t.quantity_t for t in sums), sum(t.value_fen for t in sums)
    assert sold_t == 689 + 10_178 + 8_871 + 115_131
    assert (Decimal(value_fen) / sold_t / 100).quantize(Decimal("0.01")) == Decimal("64.09")
    assert world.market.book.at(OWNER) == {"PHCER-2022": 200_000 - sold_t}
    assert world.market.breaches() == []
