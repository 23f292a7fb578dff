"""Cash in and out, and trades settled delivery against payment."""

import pytest

from capwright.auction.messages import AnnounceAuction, PlaceBid
from capwright.kernel.quantity import MAX_FEN, MAX_T
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import BANK
from capwright.registry.messages import FreezeUnits, IssueUnits, ProposeTransaction
from capwright.settlement.messages import DepositCash, PayCash, SettleTrade, WithdrawCash
from tests.registry_worlds import Registry
from tests.worlds import ALPHA, AUCTION, BETA, DAY_MS, SURRENDER, TOTAL, TRADER, World, rep

TLA = "TLA-2023"


@pytest.fixture
def world() -> World:
    made = World().furnish()
    made.code = Registry.code.__get__(made)
    made.do("olga", DepositCash(BETA, 1_000_000))
    return made


def cash(world: World) -> dict[str, int]:
    return dict(world.market.book.state.cash)


def trade(**changes) -> SettleTrade:
    asked = {
        "seller": ALPHA,
        "buyer": BETA,
        "kind": "TLA",
        "vintage": 2023,
        "quantity_t": 100,
        "price_fen_per_t": 2810,
    }
    return SettleTrade(**{**asked, **changes})


# Cash.


def test_cash_comes_from_the_bank_and_goes_back(world):
    assert cash(world) == {BANK: -1_000_000, BETA: 1_000_000}
    world.do(rep(BETA), WithdrawCash(BETA, 400_000))
    assert cash(world) == {BANK: -600_000, BETA: 600_000}
    world.do(rep(BETA), WithdrawCash(BETA, 600_000))
    assert cash(world) == {}
    assert world.market.breaches() == []


@pytest.mark.parametrize("amount_fen", [0, -1, MAX_FEN + 1, 2**63, 2**64 - 1, -(2**63)])
def test_amounts_that_cannot_be_moved(world, amount_fen):
    assert world.code("olga", DepositCash(ALPHA, amount_fen)) == "CW-3101"
    assert world.code(rep(BETA), WithdrawCash(BETA, amount_fen)) == "CW-3101"
    assert world.code("olga", PayCash(BETA, SURRENDER, amount_fen, "fine")) == "CW-3101"


def test_all_cash_together_stays_within_64_bits(world):
    """Not only one amount is bounded: the bank's debt is the sum of them all."""
    assert world.code("olga", DepositCash(ALPHA, MAX_FEN)) == "CW-3106"
    world.do("olga", DepositCash(ALPHA, MAX_FEN - 1_000_000))
    assert world.code("olga", DepositCash(TRADER, 1)) == "CW-3106"
    world.do(rep(BETA), WithdrawCash(BETA, 1))
    assert world.code("olga", DepositCash(TRADER, 1)) == ""
    world.market.snapshot()
    assert world.market.breaches() == []


def test_integers_beyond_64_bits_reach_no_room(world):
    assert world.code("olga", DepositCash(ALPHA, 10**400)) == "CW-8216"
    assert world.code("olga", trade(price_fen_per_t=-(10**400))) == "CW-8216"


def test_nobody_withdraws_more_than_is_free(world):
    assert world.code(rep(BETA), WithdrawCash(BETA, 1_000_001)) == "CW-3103"
    assert world.code(rep(ALPHA), WithdrawCash(ALPHA, 1)) == "CW-3103"
    assert world.code(rep(ALPHA), WithdrawCash(BETA, 1)) == "CW-4002"
    assert world.code("olga", WithdrawCash(BETA, 1)) == "CW-4002"


def test_cash_held_for_a_bid_is_not_free(world):
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, (UnitLine(TLA, 500),)))
    world.do("olga", AnnounceAuction("R1", 2023, "TLA", world.at_ms, world.at_ms + 1000, 500, 100))
    world.do(rep(BETA), PlaceBid("R1", BETA, 4000, 100))  # 5 % of 400,000
    assert cash(world)[BETA] == 980_000
    assert world.code(rep(BETA), WithdrawCash(BETA, 980_001)) == "CW-3103"
    assert world.code("olga", trade(price_fen_per_t=9801)) == "CW-3103"
    assert world.code("olga", trade(price_fen_per_t=9800)) == ""


def test_fines_are_paid_to_another_account_for_a_purpose(world):
    world.do("ann", PayCash(BETA, SURRENDER, 50_000, "fine of 2023"))
    assert cash(world)[SURRENDER] == 50_000
    assert world.code("ann", PayCash(BETA, BETA, 1, "fine")) == "CW-2008"
    assert world.code("ann", PayCash(BETA, SURRENDER, 1, "")) == "CW-9103"
    assert world.code("ann", PayCash(BETA, SURRENDER, 1, "a\x1bb")) == "CW-9103"
    assert world.code("ann", PayCash(BETA, "TL-1", 1, "fine")) == "CW-3102"
    assert world.code("ann", PayCash(BETA, ALPHA, 1, "loan")) == "CW-3107"
    assert world.code("ann", PayCash(ALPHA, SURRENDER, 1, "fine")) == "CW-3103"
    assert world.code(rep(BETA), PayCash(BETA, SURRENDER, 1, "fine")) == "CW-4001"


def test_cash_needs_an_account(world):
    assert world.code("olga", DepositCash("TL-1", 1)) == "CW-3102"
    assert world.code("olga", DepositCash(BANK, 1)) == "CW-3102"
    assert world.code("olga", DepositCash(f"{ALPHA}#held:x", 1)) == "CW-3102"
    assert world.code(rep(ALPHA), DepositCash(ALPHA, 1)) == "CW-4001"


# Trades.


def test_units_and_money_change_hands_together(world):
    """100 t at 28.10: 2,810.00 (the price of the entrusted auction of 2020-07-06)."""
    (event,) = world.do("olga", trade(), "T-1")
    assert event.value_fen == 281_000
    assert event.trade_id == "T-1"
    assert cash(world) == {BANK: -1_000_000, BETA: 719_000, ALPHA: 281_000}
    book = world.market.book
    assert (book.balance_t(ALPHA, TLA), book.balance_t(BETA, TLA)) == (900, 1100)
    assert list(book.state.units[BETA][TLA]) == [(1, 100), (1001, 2000)]
    (kept,) = world.market.rooms["settlement"].state.trades
    assert (kept.trades, kept.quantity_t, kept.value_fen, kept.mode) == (1, 100, 281_000, "negotiated")
    assert kept.at_ms <= world.at_ms < kept.at_ms + 15 * 60_000
    assert world.market.breaches() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price_fen_per_t": 0}, "CW-3105"),
        ({"price_fen_per_t": -2810}, "CW-3105"),
        ({"price_fen_per_t": MAX_FEN}, "CW-3105"),
        ({"price_fen_per_t": 2**64 - 1}, "CW-3105"),
        ({"quantity_t": 0}, "CW-3005"),
        ({"quantity_t": -100}, "CW-3005"),
        ({"quantity_t": -100, "price_fen_per_t": -2810}, "CW-3005"),
        ({"quantity_t": MAX_T + 1}, "CW-3005"),
        ({"quantity_t": MAX_T, "price_fen_per_t": MAX_FEN}, "CW-3105"),
        ({"quantity_t": 1001, "price_fen_per_t": 1}, "CW-3104"),
        ({"quantity_t": 10, "price_fen_per_t": 100_001}, "CW-3103"),
        ({"buyer": ALPHA}, "CW-2008"),
        ({"buyer": "TL-1"}, "CW-2001"),
        ({"seller": "TL-1"}, "CW-1003"),
        ({"seller": TOTAL}, "CW-1008"),
        ({"buyer": SURRENDER}, "CW-2004"),
        ({"kind": "XXX"}, "CW-3104"),
        ({"vintage": 2022}, "CW-3104"),
        ({"vintage": 2**63}, "CW-3010"),
    ],
)
def test_a_trade_that_does_not_fit_is_refused(world, changes, code):
    assert world.code("olga", trade(**changes)) == code


def test_a_price_of_one_fen_is_a_price(world):
    assert world.code("olga", trade(quantity_t=1, price_fen_per_t=1)) == ""
    assert cash(world)[ALPHA] == 1


def test_the_buyer_pays_to_the_last_fen(world):
    assert world.code("olga", trade(quantity_t=100, price_fen_per_t=10_001)) == "CW-3103"
    assert world.code("olga", trade(quantity_t=100, price_fen_per_t=10_000)) == ""
    assert BETA not in cash(world)


def test_frozen_units_are_not_sold(world):
    world.do("olga", FreezeUnits(ALPHA, TLA, 950, "2023"))
    assert world.code("olga", trade(quantity_t=51)) == "CW-3104"
    assert world.code("olga", trade(quantity_t=50)) == ""


def test_only_the_exchange_settles(world):
    for actor in ("ann", "clock", rep(ALPHA), rep(BETA)):
        assert world.code(actor, trade()) == "CW-4001"


def test_the_oldest_vintages_are_delivered_first_and_none_younger(world):
    for vintage, quantity_t in ((2021, 30), (2019, 20), (2023, 500)):
        world.together(IssueUnits("TLC", vintage, quantity_t, TRADER))
    (event,) = world.do("olga", trade(seller=TRADER, kind="TLC", vintage=2022, quantity_t=45))
    assert [(m.series, m.first, m.last) for m in event.units] == [("TLC-2019", 1, 20), ("TLC-2021", 1, 25)]
    assert world.code("olga", trade(seller=TRADER, kind="TLC", vintage=2022, quantity_t=6)) == "CW-3104"
    assert world.code("olga", trade(seller=TRADER, kind="TLC", vintage=2023, quantity_t=6)) == ""
    assert world.market.breaches() == []


def test_credits_do_not_reach_an_account_that_may_not_hold_allowances():
    """Guangdong's project owners hold credits only: they neither buy allowances nor receive transfers."""
    world = Registry("guangdong-2023")
    world.at_ms += DAY_MS * 2  # the clock begins on a Sunday, when no cash comes in
    firm, owner = world.account["operator_holding"], world.account["project_owner"]
    world.stock(firm, 100)
    world.do("olga", DepositCash(owner, 1_000_000))
    wish = SettleTrade(firm, owner, "GDEA", 2023, 10, 2000)
    assert world.code("olga", wish) == "CW-2004"
    series = world.stock(owner, 50, "PHCER", 2019)
    world.do("olga", DepositCash(firm, 1_000_000))
    world.do("olga", SettleTrade(owner, firm, "PHCER", 2019, 50, 2000, "listed_click"))
    assert world.book.balance_t(firm, series) == 50


@pytest.mark.parametrize("mode", ["listed_click", "listed_bidding", "negotiated", "one_way_auction"])
def test_the_mode_is_kept_for_reserve_prices(world, mode):
    world.do("olga", trade(mode=mode))
    assert world.market.rooms["settlement"].state.trades[-1].mode == mode
