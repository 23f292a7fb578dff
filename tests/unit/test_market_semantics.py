"""Attacks by meaning: commands that are each in order, in an order that nobody meant."""

from __future__ import annotations

from datetime import date

import pytest

from capwright.allocation.leaver_messages import FreezeLeaver
from capwright.auction.messages import AnnounceAuction, CancelAuction, PlaceBid
from capwright.compliance.messages import RecordEmissions, SurrenderUnits
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import frozen
from capwright.market import ApproveProposal
from capwright.registry.messages import (
    AppointOfficer,
    AppointRepresentative,
    ApproveTransaction,
    CancelTransaction,
    CloseAccount,
    FreezeUnits,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    RejectTransaction,
    ReleaseUnits,
    RemoveRepresentative,
    Representative,
    SetAccountStatus,
)
from capwright.settlement.messages import DepositCash, PayCash, SettleTrade, WithdrawCash
from tests.allocation_worlds import ALLOCATION, GAMMA, GdWorld
from tests.allocation_worlds import AUCTION as GD_AUCTION
from tests.allocation_worlds import TOTAL as GD_TOTAL
from tests.worlds import ALPHA, AUCTION, BETA, SURRENDER, TOTAL, TRADER, World, number, rep


def code(world, actor, command) -> str:
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(actor, command)
    assert world.market.state_hash() == before
    return refused.value.refusal.code


def leaver() -> GdWorld:
    world = GdWorld(2021).firms(GAMMA, sector="power")
    line = (UnitLine("GDEA-2021", 10_000),)
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, GAMMA, line))
    return world


def test_one_officer_cannot_free_by_hand_what_a_leaver_keeps_frozen():
    """`ReleaseUnits` used to empty the exit holding, for which two people of the authority are needed."""
    world = leaver()
    world.together(FreezeLeaver(GAMMA, 2021))
    for officer in ("ann", "bob"):
        assert code(world, officer, ReleaseUnits(GAMMA, "GDEA-2021", 10_000, "exit")) == "CW-3014"
    assert world.market.book.at(frozen(GAMMA, "exit")) == {"GDEA-2021": 10_000}


def test_one_officer_cannot_block_an_exit_by_freezing_under_its_name():
    world = leaver()
    assert code(world, "olga", FreezeUnits(GAMMA, "GDEA-2021", 1, "exit")) == "CW-3014"
    world.do("olga", FreezeUnits(GAMMA, "GDEA-2021", 1, "court"))
    (_, event) = world.together(FreezeLeaver(GAMMA, 2021))
    assert event.quantity_t == 9_999


SERIES = "TLA-2023"


def lines(quantity_t: int, series: str = SERIES, bucket: str = "") -> tuple[UnitLine, ...]:
    return (UnitLine(series, quantity_t, bucket),)


@pytest.fixture
def world() -> World:
    """ALPHA and BETA hold 1,000 t each; a transfer of 600 t from ALPHA waits for its approval."""
    made = World().furnish()
    for account in (ALPHA, BETA, TRADER):
        made.do("olga", DepositCash(account, 1_000_000))
    made.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, lines(10_000)))
    made.do(rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, TRADER, lines(600)), "t1")
    return made


def test_units_of_a_pending_transfer_cannot_be_used_a_second_time(world):
    world.do("ann", RecordEmissions(ALPHA, 2023, 900))
    again = ProposeTransaction("transfer", ALPHA, BETA, lines(401))
    assert code(world, rep(ALPHA), again) == "CW-3003"
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, lines(401))) == "CW-3003"
    assert code(world, "olga", FreezeUnits(ALPHA, SERIES, 401, "court")) == "CW-3003"
    assert code(world, "olga", SettleTrade(ALPHA, BETA, "TLA", 2023, 401, 10)) == "CW-3104"
    for bucket in ("held:tx:t1", "held:t1", "#held:tx:t1", "frozen:../held:tx:t1"):
        assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, lines(1, bucket=bucket)))[:3] == "CW-"
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 400))
    assert world.market.book.balance_t(ALPHA, SERIES) == 0


def test_cash_held_for_a_bid_cannot_be_used_a_second_time(world):
    now = world.at_ms
    for name in ("R1", "R2"):
        world.do("olga", AnnounceAuction(name, 2023, "TLA", now, now + 1000, 1_000, 10))
    world.do(rep(ALPHA), PlaceBid("R1", ALPHA, 40_000, 500))  # deposit 5 % of 20,000,000 fen: all it has
    assert world.market.book.cash_fen(ALPHA) == 0
    assert code(world, rep(ALPHA), WithdrawCash(ALPHA, 1)) == "CW-3103"
    assert code(world, rep(ALPHA), PlaceBid("R2", ALPHA, 40_000, 1)) == "CW-6107"
    assert code(world, "olga", PayCash(ALPHA, SURRENDER, 1, "fine")) == "CW-3103"
    assert code(world, "olga", SettleTrade(BETA, ALPHA, "TLA", 2023, 1, 1)) == "CW-3103"


@pytest.mark.parametrize("auction", ["tx:t1", "held:tx:t9", "t9#x:1"])
def test_a_round_cannot_take_the_name_of_the_hold_of_a_transaction(world, auction):
    """A round `tx:t9` would keep its units in the bucket of the pending transaction t9."""
    now = world.at_ms
    assert code(world, "olga", AnnounceAuction(auction, 2023, "TLA", now, now + 9, 10, 10)) == "CW-6112"


@pytest.mark.parametrize("name", ["t9", "a#b", "#", "é", "a b", "R1/1", "2023"])
def test_a_round_and_a_transaction_of_one_name_keep_apart(name):
    """Guangdong lets two officers of the authority move units out of the auction account."""
    world = GdWorld(2023)
    world.central(GD_TOTAL, GD_AUCTION, 2023, 1_000)
    now, auction = world.at_ms, GD_AUCTION
    back = ProposeTransaction("central_transfer", auction, GD_TOTAL, lines(300, "GDEA-2023"))
    world.do("ann", back, name)
    world.do("olga", AnnounceAuction(name, 2023, "GDEA", now, now + 1000, 700, 4_000))
    assert world.market.breaches() == []
    world.do("bob", ApproveTransaction(name))
    world.do("olga", CancelAuction(name, ""))
    assert world.free_t(auction) == 700
    assert world.market.breaches() == []


def test_who_lost_the_right_between_proposal_and_approval_has_no_say_any_more(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("rep-c")))
    world.do("olga", RemoveRepresentative(ALPHA, rep(ALPHA)))
    assert code(world, rep(ALPHA, "b"), ApproveTransaction("t1")) == "CW-4002"
    world.do(rep(ALPHA, "b"), RejectTransaction("t1"))
    assert world.market.book.balance_t(ALPHA, SERIES) == 1_000


def test_an_officer_demoted_between_proposal_and_approval_counts_no_more(world):
    world.together(AppointOfficer("cem", ("authority",)))
    world.do("ann", IssueUnits("TLA", 2023, 1, TOTAL), "p1")
    world.do("bob", AppointOfficer("ann", ()), "p2")
    world.do("cem", ApproveProposal("p2"))
    assert code(world, "bob", ApproveProposal("p1")) == "CW-4001"
    assert code(world, "ann", ApproveProposal("p1")) == "CW-8213"


def test_two_officers_cannot_remove_each_other_until_nobody_can_approve(world):
    assert code(world, "ann", AppointOfficer("bob", ())) == "CW-4005"
    world.together(AppointOfficer("cem", ("authority",)))
    world.do("ann", AppointOfficer("bob", ()), "p1")
    world.do("bob", AppointOfficer("cem", ()), "p2")
    world.do("cem", ApproveProposal("p1"))
    assert code(world, "ann", ApproveProposal("p2")) == "CW-4001", "its proposer is no officer any more"


def test_accounts_with_something_pending_stay(world):
    assert code(world, "olga", CloseAccount(ALPHA)) == "CW-4106"
    world.do(rep(TRADER), WithdrawCash(TRADER, 1_000_000))
    assert code(world, "olga", CloseAccount(TRADER)) == "CW-4106", "the transfer would go there"
    world.do(rep(ALPHA, "b"), ApproveTransaction("t1"))
    assert code(world, "olga", CloseAccount(TRADER)) == "CW-4106", "it is under way"
    world.do(rep(ALPHA), CancelTransaction("t1"))
    world.do("olga", CloseAccount(TRADER))


def test_two_proposals_do_not_use_the_same_room_under_the_cap(world):
    """The cap is 1,050,000 t, of which 100,000 are out."""
    for name in ("p1", "p2"):
        world.do("ann", IssueUnits("TLA", 2023, 900_000, TOTAL), name)
    world.do("bob", ApproveProposal("p1"))
    assert code(world, "bob", ApproveProposal("p2")) == "CW-3500"


def test_a_surrender_is_undone_once_and_by_one_reversal_at_a_time(world):
    world.do("ann", RecordEmissions(BETA, 2023, 900))
    world.do(rep(BETA), SurrenderUnits(BETA, 2023, 900), "s1")
    world.together(AppointOfficer("otto", ("operator",)))
    reversal = ProposeTransaction("reversal_of_surrender", reverses="s1")
    world.do("olga", reversal, "v1")
    assert code(world, "otto", reversal) == "CW-3019"
    world.do("otto", ApproveTransaction("v1"))
    assert world.market.book.balance_t(BETA, SERIES) == 1_000
    assert code(world, "olga", reversal) == "CW-3019"


def test_surrenders_go_to_an_open_account(world):
    """With the first surrender account suspended nobody could comply, though there was another."""
    other = number(103, 2)
    world.do("olga", OpenAccount(other, "surrender", "authority", "Second", date(2023, 1, 1)))
    world.do("olga", SetAccountStatus(SURRENDER, "suspended"))
    world.do("ann", RecordEmissions(BETA, 2023, 900))
    world.do(rep(BETA), SurrenderUnits(BETA, 2023, 900))
    assert world.market.book.balance_t(other, SERIES) == 900
