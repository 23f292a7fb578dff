"""Each conservation law, broken by hand: what the handlers never let happen must still be noticed."""

import pytest

from capwright.kernel.serial import RangeSet
from capwright.ledger.accounts import Series
from capwright.ledger.laws import Promise, breaches, totals_t
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import BANK, account_of, bucket_of, frozen, held, place
from capwright.registry.messages import FreezeUnits, ProposeTransaction
from capwright.settlement.messages import DepositCash
from tests.worlds import ALPHA, BETA, TOTAL, TRADER, World, rep

TLA = "TLA-2023"


@pytest.fixture
def world() -> World:
    """A market with free, frozen and held units and cash, in which all laws hold."""
    made = World().furnish()
    made.do("olga", FreezeUnits(ALPHA, TLA, 100, "2023"))
    made.do(rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, (UnitLine(TLA, 50),)), "d1")
    made.do("olga", DepositCash(ALPHA, 500))
    assert made.market.breaches() == []
    return made


def only_breach(world: World) -> str:
    (found,) = world.market.breaches()
    return found


def units(world: World, where: str) -> RangeSet:
    return world.market.book.state.units[where][TLA]


# Blocks tile their series.


def test_a_unit_at_two_places(world):
    units(world, BETA).add(5000, 5009)  # TOTAL has 2001-100000
    assert only_breach(world) == f"units 5000-5009 of {TLA} lie at two places"


def test_a_unit_at_no_place(world):
    units(world, BETA).remove(1500, 1500)
    assert only_breach(world) == f"units 1500-1500 of {TLA} lie nowhere"


def test_the_last_unit_at_no_place(world):
    units(world, TOTAL).remove(99_999, 100_000)
    assert only_breach(world) == f"{TLA} has 100000 issued but 99998 accounted for"


def test_a_unit_that_was_never_issued(world):
    units(world, TOTAL).add(100_001, 100_001)
    assert only_breach(world) == f"{TLA} has 100000 issued but 100001 accounted for"


def test_issued_units_that_do_not_exist(world):
    world.market.book.state.series[TLA].issued_t += 1
    assert only_breach(world) == f"{TLA} has 100001 issued but 100000 accounted for"


def test_units_of_an_unknown_series(world):
    world.market.book.state.units[BETA]["XXX-1"] = RangeSet()
    world.market.book.state.units[BETA]["XXX-1"].add(1, 5)
    assert only_breach(world) == f"{BETA} holds units of the unknown series XXX-1"


def test_a_wrong_count(world):
    units(world, BETA).size_t += 7
    assert only_breach(world) == f"{BETA} counts 1007 of {TLA} but its blocks hold 1000"


def test_an_empty_place_that_was_left_behind(world):
    world.market.book.state.series["TLC-2020"] = Series("TLC-2020", "TLC", 2020)
    world.market.book.state.units[BETA]["TLC-2020"] = RangeSet()
    assert only_breach(world) == f"{BETA} counts 0 of TLC-2020 but its blocks hold 0"


# Everything lies in a known account that is not closed.


def test_units_in_an_unknown_account(world):
    state = world.market.book.state
    state.units["TL-120-99-0-1"] = state.units.pop(BETA)
    assert only_breach(world) == "TL-120-99-0-1 is no place of a known account"


@pytest.mark.parametrize("account", [ALPHA, BETA])
def test_anything_in_a_closed_account(world, account):
    world.market.book.state.accounts[account].status = "closed"
    found = world.market.breaches()
    assert f"{account} holds something although the account is closed" in found
    assert len(found) == {ALPHA: 4, BETA: 1}[account]  # ALPHA: free, frozen, held, and cash


# Cash.


def test_cash_from_nowhere(world):
    world.market.book.state.cash[ALPHA] += 1
    assert only_breach(world) == "cash sums to 1 fen instead of zero"


def test_cash_below_zero(world):
    cash = world.market.book.state.cash
    cash[ALPHA] -= 600
    cash[TRADER] = 600
    assert only_breach(world) == f"{ALPHA} is -100 fen"


def test_only_the_world_outside_owes(world):
    assert world.market.book.state.cash[BANK] == -500


# Held is what was promised.


def test_held_units_without_a_promise(world):
    world.market.registry.state.pending.clear()
    assert only_breach(world) == f"{ALPHA}#held:tx:d1 holds 50 of {TLA} but 0 is promised"


def test_a_promise_without_held_units(world):
    state = world.market.book.state
    for first, last in state.units.pop(f"{ALPHA}#held:tx:d1")[TLA]:
        units(world, ALPHA).add(first, last)
    assert only_breach(world) == f"{ALPHA}#held:tx:d1 holds 0 of {TLA} but 50 is promised"


def test_held_cash_without_a_promise(world):
    cash = world.market.book.state.cash
    cash[f"{ALPHA}#held:R1"] = cash.pop(ALPHA)
    assert only_breach(world) == f"{ALPHA}#held:R1 holds 500 of cash but 0 is promised"


def test_promises_at_one_place_add_up():
    world = World().furnish()
    book = world.market.book
    book.state.units[f"{BETA}#held:x"] = book.state.units.pop(BETA)
    half = Promise(f"{BETA}#held:x", TLA, 500)
    assert breaches(book, [half, half]) == []
    assert breaches(book, [half]) == [f"{BETA}#held:x holds 1000 of {TLA} but 500 is promised"]


def test_frozen_is_not_held(world):
    assert world.market.book.balance_t(f"{ALPHA}#frozen:2023", TLA) == 100


# The table that shows conservation.


def test_totals_by_purpose(world):
    assert totals_t(world.market.book) == {TLA: {"issued": 100_000, "issue": 98_000, "holding": 2_000}}


def test_places_are_put_together_and_taken_apart():
    assert place(ALPHA) == ALPHA
    assert place(ALPHA, "frozen:2023") == frozen(ALPHA, "2023") == f"{ALPHA}#frozen:2023"
    assert held(ALPHA, "a#b") == f"{ALPHA}#held:a#b"
    for where, bucket in ((ALPHA, ""), (frozen(ALPHA, "1"), "frozen:1"), (held(ALPHA, "a#b"), "held:a#b")):
        assert account_of(where) == ALPHA
        assert bucket_of(where) == bucket
