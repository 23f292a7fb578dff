"""Rounds on the ledger, with sums worked out by hand: deposits, defaults, unsold units, windows."""

from __future__ import annotations

import pytest

from capwright.auction.messages import (
    AnnounceAuction,
    AuctionCleared,
    AwardDefaulted,
    AwardSettled,
    CancelAuction,
    ClearAuction,
    DeclareDefault,
    PlaceBid,
    SettleAuction,
    UnsoldMoved,
    WithdrawBid,
)
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import held
from capwright.registry.messages import ProposeTransaction
from capwright.settlement.messages import DepositCash, WithdrawCash
from tests.worlds import ALPHA, AUCTION, BETA, CANCELLATION, DAY_MS, TOTAL, TRADER, World, rep

HOUR_MS = 3_600_000


@pytest.fixture
def world() -> World:
    made = World().furnish()
    line = (UnitLine("TLA-2023", 10_000),)
    made.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, line))
    for account in (ALPHA, BETA, TRADER):
        made.do("olga", DepositCash(account, 10_000_000))  # 100,000.00
    return made


def announce(world: World, offered_t: int = 1000, reserve: int | None = None) -> None:
    now = world.at_ms
    world.do("olga", AnnounceAuction("R1", 2023, "TLA", now, now + HOUR_MS, offered_t, reserve))


def bid(world: World, account: str, price_fen: int, quantity_t: int):
    return world.do(rep(account), PlaceBid("R1", account, price_fen, quantity_t))


def clear(world: World):
    world.at_ms += HOUR_MS
    return world.do("olga", ClearAuction("R1", "seed"))


def code(world: World, actor: str, command) -> str:
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(actor, command)
    assert world.market.state_hash() == before
    return refused.value.refusal.code


def test_deposit_is_held_then_paid_and_the_loser_gets_it_back(world):
    announce(world)
    bid(world, ALPHA, 6000, 500)  # 30,000.00: deposit 5 % = 1,500.00
    bid(world, BETA, 5000, 500)  # 25,000.00: deposit 1,250.00
    bid(world, TRADER, 4000, 500)  # loses: deposit 1,000.00
    book = world.market.book
    assert book.cash_fen(held(ALPHA, "R1")) == 150_000
    assert book.balance_t(held(AUCTION, "R1"), "TLA-2023") == 1000
    cleared = next(e for e in clear(world) if isinstance(e, AuctionCleared))
    assert (cleared.price_fen_per_t, cleared.sold_t, cleared.revenue_fen) == (5000, 1000, 5_000_000)
    assert book.cash_fen(TRADER) == 10_000_000
    settled = [e for e in world.do("olga", SettleAuction("R1")) if isinstance(e, AwardSettled)]
    assert [(e.account, e.value_fen) for e in settled] == [(ALPHA, 2_500_000), (BETA, 2_500_000)]
    assert book.cash_fen(ALPHA) == 7_500_000
    assert book.cash_fen(AUCTION) == 5_000_000
    assert book.balance_t(ALPHA, "TLA-2023") == 1500
    assert world.market.breaches() == []


def test_a_winner_without_money_defaults_after_five_working_days(world):
    announce(world)
    bid(world, ALPHA, 6000, 500)
    bid(world, BETA, 5000, 500)
    world.do(rep(ALPHA), WithdrawCash(ALPHA, 9_850_000))  # keeps the deposit of 1,500.00 only
    clear(world)
    settled = world.do("olga", SettleAuction("R1"))
    assert [e.account for e in settled] == [BETA]
    assert code(world, "olga", DeclareDefault("R1", ALPHA)) == "CW-6110"
    world.at_ms += 10 * DAY_MS
    (gone,) = world.do("olga", DeclareDefault("R1", ALPHA))
    assert isinstance(gone, AwardDefaulted)
    book = world.market.book
    assert book.cash_fen(held(ALPHA, "R1")) == 0
    assert book.cash_fen(AUCTION) == 2_500_000 + 150_000  # price of BETA's half, ALPHA's lost deposit
    assert book.balance_t(AUCTION, "TLA-2023") == 9000 + 500
    assert code(world, "olga", DeclareDefault("R1", ALPHA)) == "CW-6109"
    assert world.market.breaches() == []


def test_unsold_units_are_cancelled_where_the_scheme_says_so(world):
    announce(world)
    bid(world, ALPHA, 6000, 300)
    events = clear(world)
    unsold = next(e for e in events if isinstance(e, UnsoldMoved))
    assert (unsold.quantity_t, unsold.target) == (700, CANCELLATION)
    assert world.market.book.balance_t(CANCELLATION, "TLA-2023") == 700
    assert world.market.breaches() == []


def test_a_round_without_bids_sells_nothing_and_names_the_reason(world):
    announce(world)
    cleared = next(e for e in clear(world) if isinstance(e, AuctionCleared))
    assert cleared.outcome == "cancelled"
    assert cleared.price_fen_per_t is None
    assert cleared.reason is not None
    assert cleared.reason.code == "CW-6021"


def test_bids_are_taken_inside_the_window_only(world):
    announce(world)
    world.at_ms += HOUR_MS
    assert code(world, rep(ALPHA), PlaceBid("R1", ALPHA, 6000, 100)) == "CW-6103"


def test_a_round_is_cleared_after_its_close_and_once(world):
    announce(world)
    assert code(world, "olga", ClearAuction("R1", "seed")) == "CW-6104"
    clear(world)
    assert code(world, "olga", ClearAuction("R1", "other")) == "CW-6104"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (PlaceBid("R1", ALPHA, 6000, 501), "CW-6006"),  # more than half of the round
        (PlaceBid("R1", ALPHA, 0, 100), "CW-6002"),
        (PlaceBid("R1", ALPHA, 6000, 0), "CW-3005"),
        (PlaceBid("R1", ALPHA, 10**12, 500), "CW-6107"),  # the deposit is not there
        (PlaceBid("R2", ALPHA, 6000, 100), "CW-6102"),
        (WithdrawBid("R1", ALPHA, "R1/1"), "CW-6108"),  # irrevocable by default
    ],
)
def test_bad_bids_are_refused(world, command, expected):
    announce(world)
    assert code(world, rep(ALPHA), command) == expected


def test_several_bids_count_together_against_the_share_of_one_bidder(world):
    announce(world)
    bid(world, ALPHA, 6000, 300)
    assert code(world, rep(ALPHA), PlaceBid("R1", ALPHA, 6000, 201)) == "CW-6006"
    bid(world, ALPHA, 6000, 200)


def test_more_than_the_account_holds_cannot_be_offered(world):
    now = world.at_ms
    command = AnnounceAuction("R9", 2023, "TLA", now, now + HOUR_MS, 10_001)
    assert code(world, "olga", command) == "CW-3003"


def test_a_cancelled_round_gives_everything_back(world):
    announce(world)
    bid(world, ALPHA, 6000, 500)
    world.do("olga", CancelAuction("R1", "power cut"))
    book = world.market.book
    assert book.cash_fen(ALPHA) == 10_000_000
    assert book.balance_t(AUCTION, "TLA-2023") == 10_000
    assert code(world, "olga", SettleAuction("R2")) == "CW-6102"
    assert world.market.breaches() == []


def test_equal_prices_are_drawn_from_the_published_seed(world):
    announce(world, offered_t=500)
    for account in (ALPHA, BETA, TRADER):
        bid(world, account, 6000, 250)
    winners = {line.account for e in clear(world) if isinstance(e, AuctionCleared) for line in e.awards}
    # SHA-256 of "seed|R1/1", "seed|R1/2", "seed|R1/3": the two smallest win; recomputed here.
    import hashlib

    order = sorted((1, 2, 3), key=lambda n: hashlib.sha256(f"seed|R1/{n}".encode()).hexdigest())
    expected = {(ALPHA, BETA, TRADER)[n - 1] for n in order[:2]}
    assert winners == expected


@pytest.mark.parametrize(
    ("opens_ms", "closes_ms"), [(5, 5), (-1, 5), (0, 2**63), (2**62, 2**63), (0, 7_289_654_400_000)]
)
def test_a_round_opens_and_closes_in_reach_of_the_calendar(world, opens_ms, closes_ms):
    """A close in the year 292 million used to be announced, and every report of it failed."""
    assert code(world, "olga", AnnounceAuction("R", 2023, "TLA", opens_ms, closes_ms, 10, 10)) == "CW-6105"


def test_the_name_of_a_planned_round_is_bounded(world):
    now = world.at_ms
    notice = AnnounceAuction("R", 2023, "TLA", now, now + 1, 10, 10, "x" * 5000)
    assert code(world, "olga", notice) == "CW-9103"
