"""Officers and representatives: roles, rights, enough of them, and what happens when they change."""

import pytest

from capwright.ledger.messages import UnitLine
from capwright.market import ApproveProposal, Market, Officer, OpenMarket, RejectProposal
from capwright.registry.messages import (
    AppointOfficer,
    AppointRepresentative,
    ApproveTransaction,
    IssueUnits,
    ProposeTransaction,
    RejectTransaction,
    RemoveRepresentative,
    Representative,
)
from tests.registry_worlds import OFFICERS, Registry, scheme_body
from tests.worlds import ALPHA, BETA, MINI, TOTAL, TRADER, World, number, rep

LINE = (UnitLine("TLA-2023", 10),)


@pytest.fixture
def world() -> World:
    made = World().furnish()
    made.code = Registry.code.__get__(made)
    return made


def wait_for_approval(world: World, actor: str = "") -> str:
    world.do(actor or rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, LINE))
    return f"c{world.count}"


# Representatives.


def test_rights_decide_what_a_representative_does(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("maker", ("initiate",))))
    world.do("olga", AppointRepresentative(ALPHA, Representative("checker", ("approve",))))
    world.do("olga", AppointRepresentative(ALPHA, Representative("reader", ("read",))))
    wish = ProposeTransaction("delayed_transfer", ALPHA, BETA, LINE)
    assert world.code("checker", wish) == "CW-4002"
    assert world.code("reader", wish) == "CW-4002"
    assert world.code(rep(BETA), wish) == "CW-4002"
    waiting = wait_for_approval(world, "maker")
    assert world.code("maker", ApproveTransaction(waiting)) == "CW-4202"
    assert world.code("reader", ApproveTransaction(waiting)) == "CW-4002"
    assert world.code(rep(BETA), ApproveTransaction(waiting)) == "CW-4002"
    assert world.code("checker", ApproveTransaction(waiting)) == ""


def test_nobody_runs_the_registry_and_disposes_of_what_is_in_it(world):
    """An operator who made himself representative of an account could empty it alone."""
    assert world.code("olga", AppointRepresentative(ALPHA, Representative("olga"))) == "CW-4009"
    assert world.code("ann", AppointOfficer(rep(ALPHA), ("operator",))) == "CW-4009"


def test_an_account_keeps_the_least_number_of_representatives(world):
    assert world.code("olga", RemoveRepresentative(ALPHA, rep(ALPHA))) == "CW-4104"
    demoted = AppointRepresentative(ALPHA, Representative(rep(ALPHA), ("read",)))
    assert world.code("olga", demoted) == "CW-4104"
    world.do("olga", AppointRepresentative(ALPHA, Representative("third", ("approve",))))
    assert world.code("olga", RemoveRepresentative(ALPHA, rep(ALPHA))) == ""
    assert world.code("olga", RemoveRepresentative(ALPHA, "third")) == "CW-4104"


def test_a_trading_account_of_the_small_market_needs_one(world):
    world.do("olga", RemoveRepresentative(TRADER, rep(TRADER)))
    assert world.code("olga", RemoveRepresentative(TRADER, rep(TRADER, "b"))) == "CW-4104"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (RemoveRepresentative(ALPHA, "nobody"), "CW-4004"),
        (RemoveRepresentative("TL-1", "nobody"), "CW-4003"),
        (AppointRepresentative("TL-1", Representative("x")), "CW-4003"),
        (AppointRepresentative(ALPHA, Representative("x", ())), "CW-4007"),
        (AppointRepresentative(ALPHA, Representative("x\n")), "CW-9103"),
        (AppointRepresentative(ALPHA, Representative("x" * 101)), "CW-9103"),
    ],
)
def test_appointments_that_do_not_fit_are_refused(world, command, code):
    assert world.code("olga", command) == code
    assert world.code(rep(ALPHA), command) == "CW-4001"


def test_whom_an_account_lists_finds_it_again_and_in_a_restored_market_too(world):
    world.do("olga", AppointRepresentative(BETA, Representative("third")))
    world.do("olga", AppointRepresentative(ALPHA, Representative("third", ("read",))))
    assert world.market.registry.people.accounts_of("third") == [ALPHA, BETA]
    restored = Market()
    restored.restore(world.market.snapshot())
    assert restored.registry.people.accounts_of("third") == [ALPHA, BETA]
    assert restored.registry.people.accounts_of(rep(ALPHA)) == [ALPHA]
    world.do("olga", AppointRepresentative(ALPHA, Representative("third")))  # other rights, the same account
    world.do("olga", RemoveRepresentative(BETA, "third"))
    assert world.market.registry.people.accounts_of("third") == [ALPHA]
    assert world.market.registry.people.accounts_of("nobody") == []


def test_whoever_represents_nobody_any_more_may_become_an_officer(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("third")))
    assert world.code("ann", AppointOfficer("third", ("auditor",))) == "CW-4009"
    world.do("olga", RemoveRepresentative(ALPHA, "third"))
    assert world.code("ann", AppointOfficer("third", ("auditor",))) == ""


def test_a_right_gained_while_it_waits_counts(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("late", ("read",))))
    waiting = wait_for_approval(world)
    assert world.code("late", ApproveTransaction(waiting)) == "CW-4002"
    world.do("olga", AppointRepresentative(ALPHA, Representative("late", ("approve",))))
    assert world.code("late", ApproveTransaction(waiting)) == ""


def test_a_right_lost_while_it_waits_counts_too(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("third")))
    waiting = wait_for_approval(world)
    world.do("olga", AppointRepresentative(ALPHA, Representative(rep(ALPHA, "b"), ("initiate",))))
    assert world.code(rep(ALPHA, "b"), ApproveTransaction(waiting)) == "CW-4002"
    assert world.code("third", ApproveTransaction(waiting)) == ""


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_what_a_former_representative_proposed_is_not_approved_but_can_be_rejected(world, how):
    world.do("olga", AppointRepresentative(ALPHA, Representative("third")))
    waiting = wait_for_approval(world)
    world.do(
        "olga",
        RemoveRepresentative(ALPHA, rep(ALPHA))
        if how == "removed"
        else AppointRepresentative(ALPHA, Representative(rep(ALPHA), ("approve",))),
    )
    assert world.code(rep(ALPHA, "b"), ApproveTransaction(waiting)) == "CW-4002"
    world.do(rep(ALPHA, "b"), RejectTransaction(waiting, "not ours any more"))
    assert world.market.book.balance_t(ALPHA, "TLA-2023") == 1000
    assert world.market.breaches() == []


def test_the_proposer_withdraws_a_second_person_rejects_and_an_operator_clears_up(world):
    for actor in (rep(ALPHA), rep(ALPHA, "b"), "olga"):
        waiting = wait_for_approval(world)
        assert world.code(rep(BETA), RejectTransaction(waiting)) == "CW-4002"
        (ended,) = world.do(actor, RejectTransaction(waiting, "no"))
        assert (ended.outcome, ended.reason) == ("rejected", "no")
        assert world.code(actor, RejectTransaction(waiting)) == "CW-4201"
    assert world.market.book.balance_t(ALPHA, "TLA-2023") == 1000


def test_a_reason_is_bounded(world):
    waiting = wait_for_approval(world)
    assert world.code(rep(ALPHA), RejectTransaction(waiting, "x" * 501)) == "CW-9103"
    assert world.code(rep(ALPHA), RejectTransaction(waiting, "a\x1b[2J")) == "CW-9103"


# Officers.


def test_issuance_takes_two_people_of_the_authority(world):
    world.do("ann", IssueUnits("TLA", 2023, 100, TOTAL))
    proposal = f"c{world.count}"
    assert world.market.book.state.series["TLA-2023"].issued_t == 100_000
    assert world.code("ann", ApproveProposal(proposal)) == "CW-8213"
    for actor in ("olga", "clock", rep(ALPHA), "nobody"):
        assert world.code(actor, ApproveProposal(proposal)) == "CW-4001"
    world.do("bob", ApproveProposal(proposal))
    assert world.market.book.state.series["TLA-2023"].issued_t == 100_100
    assert world.code("bob", ApproveProposal(proposal)) == "CW-8212"
    assert world.code("ann", RejectProposal(proposal)) == "CW-8212"


def test_only_the_authority_asks_for_issuance(world):
    for actor in ("olga", "clock", rep(ALPHA), "nobody"):
        assert world.code(actor, IssueUnits("TLA", 2023, 100, TOTAL)) == "CW-4001"


def test_a_proposal_is_rejected_by_the_other_or_withdrawn(world):
    for actor in ("ann", "bob"):
        world.do("ann", IssueUnits("TLA", 2023, 100, TOTAL))
        proposal = f"c{world.count}"
        assert world.code("olga", RejectProposal(proposal)) == "CW-4001"
        world.do(actor, RejectProposal(proposal, "no"))
        assert world.code("bob", ApproveProposal(proposal)) == "CW-8212"


def test_a_command_that_could_not_be_carried_out_is_not_even_proposed(world):
    assert world.code("ann", IssueUnits("TLA", 2023, 10_000_000, TOTAL)) == "CW-3500"
    assert world.market.state.proposals == {}


def test_what_changed_since_the_proposal_is_checked_again_at_approval(world):
    """The cap is 1,050,000 t and 100,000 t are issued: two proposals fit one by one, but not together."""
    for _ in range(2):
        world.do("ann", IssueUnits("TLA", 2023, 500_000, TOTAL))
    first, second = f"c{world.count - 1}", f"c{world.count}"
    world.do("bob", ApproveProposal(first))
    assert world.code("bob", ApproveProposal(second)) == "CW-3500"
    assert world.market.book.state.series["TLA-2023"].issued_t == 600_000
    assert second in world.market.state.proposals, "it waits until it is rejected"


def test_a_proposal_of_someone_who_lost_the_role_is_not_approved(world):
    world.do("ann", AppointOfficer("carl", ("authority",)))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    world.do("carl", IssueUnits("TLA", 2023, 100, TOTAL))
    proposal = f"c{world.count}"
    world.do("ann", AppointOfficer("carl", ()))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    assert "carl" not in world.market.registry.state.officers
    assert world.code("ann", ApproveProposal(proposal)) == "CW-4001"
    world.do("ann", RejectProposal(proposal))


def test_two_people_always_keep_the_role_of_the_authority(world):
    assert world.code("ann", AppointOfficer("bob", ())) == "CW-4005"
    assert world.code("ann", AppointOfficer("bob", ("operator",))) == "CW-4005"
    world.do("ann", AppointOfficer("carl", ("authority", "auditor")))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    assert world.code("carl", AppointOfficer("bob", ("operator",))) == ""
    world.do("ann", ApproveProposal(f"c{world.count}"))
    assert world.market.registry.state.officers["bob"] == ("operator",)
    assert world.code("ann", AppointOfficer("ann", ())) == "CW-4005"


def test_two_dismissals_cannot_slip_through_together(world):
    world.do("ann", AppointOfficer("carl", ("authority",)))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    world.do("ann", AppointOfficer("bob", ()))
    world.do("ann", AppointOfficer("carl", ()))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    assert world.code("bob", ApproveProposal(f"c{world.count - 2}")) == "CW-4005"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (AppointOfficer("", ("operator",)), "CW-9103"),
        (AppointOfficer("x\n", ("operator",)), "CW-9103"),
        (AppointOfficer("carl", ("emperor",)), "CW-4007"),
    ],
)
def test_officers_that_cannot_be_kept_are_refused(world, command, code):
    assert world.code("ann", command) == code


@pytest.mark.parametrize(
    ("officers", "code"),
    [
        ((Officer("ann", ("authority",)),), "CW-4005"),
        ((Officer("ann", ("authority",)), Officer("ann", ("authority",))), "CW-4005"),
        ((Officer("ann", ("authority",)), Officer("olga", ("operator",))), "CW-4005"),
        ((*OFFICERS, Officer("x\x00", ("operator",))), "CW-9103"),
        ((*OFFICERS, Officer("x", ("emperor",))), "CW-4007"),
    ],
)
def test_a_market_does_not_open_with_wrong_officers(officers, code):
    from capwright.kernel.refusal import Refused

    with pytest.raises(Refused) as refused:
        Market().execute(OpenMarket(scheme_body(MINI), officers), command_id="c", actor="g", at_ms=0)
    assert refused.value.refusal.code == code


def test_a_transaction_of_officers_needs_the_office_of_its_row():
    world = Registry("guangdong-2023")
    firm, other = world.account["operator_holding"], world.other["operator_holding"]
    series = world.stock(firm, 100)
    name, _ = world.propose("closure_transfer", firm, other, 50, series)
    assert world.code("ann", ApproveTransaction(name)) == "CW-4001"
    assert world.code(f"{firm}/a", ApproveTransaction(name)) == "CW-4001"
    assert world.code("olga", ApproveTransaction(name)) == "CW-4202"
    world.do("ann", AppointOfficer("olga", ()))
    world.do("bob", ApproveProposal(f"c{world.count}"))
    assert world.code("otto", ApproveTransaction(name)) == "CW-4001", "its proposer is no operator any more"
    assert world.code("otto", RejectTransaction(name)) == ""


def test_a_person_without_account_number_is_told_so(world):
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", number(120, 999), BETA, LINE)) == "CW-4003"
