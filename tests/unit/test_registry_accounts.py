"""Account holders and accounts: registered, opened, restricted, suspended, closed."""

from datetime import date

import pytest

from capwright.auction.messages import AnnounceAuction, CancelAuction, PlaceBid
from capwright.compliance.messages import RecordEmissions, SurrenderUnits
from capwright.kernel.account_number import AccountNumber
from capwright.ledger.messages import UnitLine
from capwright.registry.messages import (
    AppointRepresentative,
    CloseAccount,
    FreezeUnits,
    Holder,
    OpenAccount,
    ProposeTransaction,
    RegisterHolder,
    RemoveRepresentative,
    Representative,
    SetAccountStatus,
    SetReportingYears,
)
from capwright.settlement.messages import DepositCash, SettleTrade, WithdrawCash
from tests.registry_worlds import Registry
from tests.worlds import ALPHA, AUCTION, BETA, SURRENDER, TOTAL, TRADER, World, number, rep

LINE = (UnitLine("TLA-2023", 10),)


@pytest.fixture
def world() -> World:
    made = World().furnish()
    made.code = Registry.code.__get__(made)
    return made


def opening(**changes):
    asked = {
        "number": number(120, 77),
        "type": "operator_holding",
        "holder": "holder-77",
        "name": "Account 77",
        "opened_on": date(2023, 1, 1),
        "representatives": (Representative("p1"), Representative("p2")),
    }
    return OpenAccount(**{**asked, **changes})


# Holders.


def test_a_holder_is_registered_corrected_and_entered_by_opening(world):
    holders = world.market.registry.state.holders
    assert holders["holder-10"] == Holder("holder-10", "unspecified")
    world.do("olga", RegisterHolder(Holder("holder-10", "enterprise", "阿尔法钢铁有限公司", "CN")))
    assert holders["holder-10"].name == "阿尔法钢铁有限公司"
    world.do("olga", opening(holder="holder-10"))
    assert holders["holder-10"].kind == "enterprise", "opening another account keeps what is known"
    world.do("olga", RegisterHolder(Holder("张三", "person")))
    assert [a.number for a in world.market.book.state.accounts.values() if a.holder == "holder-10"] == [
        ALPHA,
        number(120, 77),
    ]
    again = type(world.market)()
    again.restore(world.market.snapshot())
    assert again.registry.state.holders == holders


@pytest.mark.parametrize(
    ("holder", "code"),
    [
        (Holder("", "person"), "CW-9103"),
        (Holder("x" * 101, "person"), "CW-9103"),
        (Holder("a\x00b", "person"), "CW-9103"),
        (Holder("ok", "person", "two\nlines"), "CW-9103"),
        (Holder("ok", "duke"), "CW-4108"),
        (Holder("ok", "person", "", "China"), "CW-4108"),
        (Holder("ok", "person", "", "cn"), "CW-4108"),
    ],
)
def test_a_holder_that_cannot_be_kept_is_refused(world, holder, code):
    assert world.code("olga", RegisterHolder(holder)) == code


def test_holders_are_registered_by_the_operator(world):
    assert world.code("ann", RegisterHolder(Holder("h", "person"))) == "CW-4001"


# Opening.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "TL-120-77"}, "CW-1001"),
        ({"number": number(120, 77)[:-2] + "00"}, "CW-1001"),
        ({"number": "TL-120-77-0-98"}, "CW-1002"),
        ({"number": "9" * 5000}, "CW-1001"),
        ({"number": number(121, 77)}, "CW-4102"),
        ({"number": number(120, 77, "GD")}, "CW-4102"),
        ({"number": ALPHA}, "CW-4101"),
        ({"type": "piggy_bank"}, "CW-4103"),
        ({"representatives": ()}, "CW-4104"),
        ({"representatives": (Representative("p1"),)}, "CW-4104"),
        ({"representatives": (Representative("p1"), Representative("p2", ("read",)))}, "CW-4104"),
        ({"representatives": (Representative("p1"), Representative("p1", ("approve",)))}, "CW-4008"),
        ({"representatives": (Representative("p1"), Representative("p2", ()))}, "CW-4007"),
        ({"representatives": (Representative("p1"), Representative("p2", ("rule",)))}, "CW-4007"),
        ({"representatives": (Representative("p1"), Representative(""))}, "CW-9103"),
        ({"representatives": (Representative("p1"), Representative("p\r2"))}, "CW-9103"),
        ({"holder": ""}, "CW-9103"),
        ({"holder": "h" * 101}, "CW-9103"),
        ({"name": "n" * 201}, "CW-9103"),
        ({"name": "\u202egnp.exe"}, "CW-9103"),
        ({"sector": "s\n"}, "CW-9103"),
        ({"first_year": 2023, "last_year": 2022}, "CW-4105"),
        ({"first_year": -1}, "CW-4105"),
        ({"first_year": 2**63}, "CW-4105"),
        ({"first_year": 2023, "last_year": 99_999}, "CW-4105"),
    ],
)
def test_an_account_that_does_not_fit_is_refused(world, changes, code):
    assert world.code("olga", opening(**changes)) == code


def test_a_good_account_is_opened(world):
    world.do("olga", opening(first_year=2023, last_year=2023))
    account = world.market.book.account(number(120, 77))
    assert (account.status, account.purpose, account.government) == ("open", "holding", False)
    assert world.market.registry.state.representatives[account.number] == {
        "p1": ("initiate", "approve", "read"),
        "p2": ("initiate", "approve", "read"),
    }


def test_government_accounts_need_nobody_and_one_representative_suffices_where_the_type_says_so(world):
    world.do("olga", opening(number=number(100, 9), type="total_quantity", representatives=()))
    world.do(
        "olga", opening(number=number(121, 9), type="trading", representatives=(Representative("solo"),))
    )


def test_only_operators_open(world):
    for actor in ("ann", "clock", rep(ALPHA), "nobody"):
        assert world.code(actor, opening()) == "CW-4001"


def test_an_account_number_is_never_used_again(world):
    world.do("olga", opening())
    world.do("olga", CloseAccount(number(120, 77)))
    assert world.code("olga", opening()) == "CW-4101"


def test_the_event_stays_what_it_was_when_the_account_changes(world):
    (event,) = world.do("olga", opening())
    world.do("olga", SetAccountStatus(number(120, 77), "suspended"))
    assert event.account.status == "open"


def test_the_period_of_duty_is_set_within_reason(world):
    world.do("olga", SetReportingYears(ALPHA, 2021, 2025))
    account = world.market.book.account(ALPHA)
    assert (account.first_year, account.last_year) == (2021, 2025)
    assert world.code("olga", SetReportingYears(ALPHA, 2023, 2022)) == "CW-4105"
    assert world.code("olga", SetReportingYears(ALPHA, 1066)) == "CW-4105"
    assert world.code("olga", SetReportingYears("TL-1", 2021)) == "CW-4003"


# Restriction and suspension.


def test_a_restricted_account_only_surrenders(world):
    world.do("olga", SetAccountStatus(ALPHA, "restricted", "late report"))
    world.do("ann", RecordEmissions(ALPHA, 2023, 10))
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, LINE)) == "CW-1006"
    assert world.code("olga", SettleTrade(ALPHA, BETA, "TLA", 2023, 10, 100)) == "CW-1006"
    assert world.code(rep(BETA), ProposeTransaction("transfer", BETA, ALPHA, LINE)) == "", "it may receive"
    assert world.code(rep(ALPHA), SurrenderUnits(ALPHA, 2023)) == ""


def test_a_suspended_account_does_nothing(world):
    world.do("olga", DepositCash(ALPHA, 1000))
    world.do("ann", RecordEmissions(ALPHA, 2023, 10))
    world.do("olga", SetAccountStatus(ALPHA, "suspended"))
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, LINE)) == "CW-1005"
    assert world.code(rep(ALPHA), ProposeTransaction("surrender", ALPHA, SURRENDER, LINE, 2023)) == "CW-1005"
    assert world.code(rep(BETA), ProposeTransaction("transfer", BETA, ALPHA, LINE)) == "CW-2003"
    assert world.code("ann", ProposeTransaction("central_transfer", TOTAL, ALPHA, LINE)) == "CW-2003"
    assert world.code(rep(ALPHA), SurrenderUnits(ALPHA, 2023)) == "CW-4006"
    assert world.code(rep(ALPHA), WithdrawCash(ALPHA, 1)) == "CW-4006"
    assert world.code("olga", DepositCash(ALPHA, 1)) == "CW-3102"
    assert world.code("olga", SettleTrade(BETA, ALPHA, "TLA", 2023, 10, 100)) == "CW-2003"
    assert world.code("olga", FreezeUnits(ALPHA, "TLA-2023", 10, "court")) == "", "the operator still may"
    world.do("olga", SetAccountStatus(ALPHA, "open"))
    assert world.code(rep(ALPHA), SurrenderUnits(ALPHA, 2023)) == ""


def test_a_suspended_bidder_bids_no_more(world):
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, (UnitLine("TLA-2023", 500),)))
    world.do("olga", DepositCash(TRADER, 1_000_000))
    world.do("olga", AnnounceAuction("R1", 2023, "TLA", world.at_ms, world.at_ms + 1000, 500, 100))
    world.do("olga", SetAccountStatus(TRADER, "suspended"))
    assert world.code(rep(TRADER), PlaceBid("R1", TRADER, 200, 100)) == "CW-4006"


def test_an_account_is_restored_with_its_representatives_only(world):
    world.do("olga", SetAccountStatus(ALPHA, "suspended", "representative left"))
    world.do("olga", RemoveRepresentative(ALPHA, rep(ALPHA)))
    assert world.code("olga", SetAccountStatus(ALPHA, "open")) == "CW-4104"
    assert world.code("olga", SetAccountStatus(ALPHA, "restricted")) == "CW-4104"
    world.do("olga", AppointRepresentative(ALPHA, Representative("new", ("initiate",))))
    world.do("olga", SetAccountStatus(ALPHA, "open"))


@pytest.mark.parametrize("status", ["open", "restricted", "suspended"])
def test_unknown_and_closed_accounts_have_no_status_to_change(world, status):
    assert world.code("olga", SetAccountStatus("TL-1", status)) == "CW-4003"
    world.do("olga", CloseAccount(TRADER))
    assert world.code("olga", SetAccountStatus(TRADER, status)) == "CW-4107"


# Closing.


def test_a_closed_account_is_closed_for_everybody(world):
    world.do("olga", CloseAccount(TRADER))
    assert world.code("olga", CloseAccount(TRADER)) == "CW-4107"
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, LINE)) == "CW-2002"
    assert world.code(rep(TRADER), ProposeTransaction("transfer", TRADER, ALPHA, LINE)) == "CW-1004"
    assert world.code("ann", ProposeTransaction("central_transfer", TOTAL, TRADER, LINE)) == "CW-2002"
    assert world.code("olga", DepositCash(TRADER, 5)) == "CW-3102"
    assert world.code("olga", SettleTrade(ALPHA, TRADER, "TLA", 2023, 10, 100)) == "CW-2002"
    assert world.code("olga", AppointRepresentative(TRADER, Representative("x"))) == "CW-4006"
    assert world.code("olga", RemoveRepresentative(TRADER, rep(TRADER))) == "CW-4006"
    assert world.market.breaches() == []


def test_an_account_that_holds_anything_stays_open(world):
    assert world.code("olga", CloseAccount(ALPHA)) == "CW-4106"
    world.do("olga", DepositCash(TRADER, 1))
    assert world.code("olga", CloseAccount(TRADER)) == "CW-4106"
    world.do(rep(TRADER), WithdrawCash(TRADER, 1))
    assert world.code("olga", CloseAccount(TRADER)) == ""
    assert world.code("olga", CloseAccount("TL-1")) == "CW-4003"


def test_frozen_units_keep_an_account_open_even_after_a_restart(world):
    world.do("olga", FreezeUnits(ALPHA, "TLA-2023", 1000, "2023"))
    again = type(world.market)()
    again.restore(world.market.snapshot())
    for market in (world.market, again):
        world.market = market
        assert list(market.book.places_of(ALPHA)) == [f"{ALPHA}#frozen:2023"]
        assert world.code("olga", CloseAccount(ALPHA)) == "CW-4106"


@pytest.mark.parametrize("deposit_share", ["0.05", "0"])
def test_a_bidder_stays_open_until_the_round_is_over(deposit_share):
    """Even where no deposit is held: an award may come to the account."""
    world = Registry("tests/mini_scheme.toml" if deposit_share != "0" else "uk-ets")
    bidder = world.account["trading"]
    series = world.stock(world.account["auction"], 5000)
    world.do("olga", DepositCash(bidder, 10_000_000))
    ask = AnnounceAuction(
        "R1", world.vintage, series.split("-")[0], world.at_ms, world.at_ms + 3_600_000, 5000, 2200
    )
    world.do("olga", ask)
    world.do(f"{bidder}/a", PlaceBid("R1", bidder, 2300, 500))
    world.do(f"{bidder}/a", WithdrawCash(bidder, world.book.cash_fen(bidder)))
    assert world.code("olga", CloseAccount(bidder)) == "CW-4106"
    world.do("olga", CancelAuction("R1", "test"))
    if world.book.cash_fen(bidder):
        world.do(f"{bidder}/a", WithdrawCash(bidder, world.book.cash_fen(bidder)))
    assert world.code("olga", CloseAccount(bidder)) == ""


def test_closing_does_not_walk_all_places():
    """18,000 accounts, as many as the EU has installations, close in seconds and not in minutes."""
    import time

    world = World()
    numbers = [str(AccountNumber.of("TL", 121, n)) for n in range(1, 2001)]
    for one in numbers:
        world.do("olga", opening(number=one, type="trading"))
        world.do("olga", DepositCash(one, 5))
    begun = time.perf_counter()
    for one in numbers:
        assert list(world.market.book.places_of(one)) == [one]
    assert time.perf_counter() - begun < 0.5, (
        "a walk over 2,000 places for each of 2,000 accounts takes longer"
    )
