"""The first walking market: open, issue, move, surrender; laws and snapshots hold."""

import pytest

from capwright.compliance.messages import RecordEmissions
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.market import Market
from capwright.registry.messages import ApproveTransaction, ProposeTransaction
from tests.worlds import ALPHA, BETA, SURRENDER, TRADER, World, rep


@pytest.fixture
def world() -> World:
    return World().furnish()


def test_a_transfer_moves_the_lowest_serials_and_the_laws_hold(world):
    world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine("TLA-2023", 300),)))
    ranges = world.market.book.state.units[TRADER]["TLA-2023"]
    assert list(ranges) == [(1, 300)]
    assert world.market.book.balance_t(ALPHA, "TLA-2023") == 700
    assert world.market.breaches() == []


def test_a_refused_command_changes_nothing(world):
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine("TLA-2023", 1001),)))
    assert refused.value.refusal.code == "CW-3003"
    assert world.market.state_hash() == before


def test_surrender_and_reversal_need_their_people_and_give_the_same_units_back(world):
    world.do("ann", RecordEmissions(BETA, 2023, 400))
    world.do(
        rep(BETA), ProposeTransaction("surrender", BETA, SURRENDER, (UnitLine("TLA-2023", 400),), 2023), "s1"
    )
    assert list(world.market.book.state.units[SURRENDER]["TLA-2023"]) == [(1001, 1400)]
    world.do("olga", ProposeTransaction("reversal_of_surrender", reverses="s1"), "r1")
    with pytest.raises(Refused) as refused:
        world.do("olga", ApproveTransaction("r1"))
    assert refused.value.refusal.code == "CW-4202"
    assert world.market.breaches() == []


def test_a_snapshot_restores_the_same_state(world):
    world.do(
        rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, (UnitLine("TLA-2023", 10),)), "d1"
    )
    world.do(rep(ALPHA, "b"), ApproveTransaction("d1"))
    other = Market()
    other.restore(world.market.snapshot())
    assert other.state_hash() == world.market.state_hash()
    assert other.breaches() == []
