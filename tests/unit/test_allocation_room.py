"""Pre-issue, approval, objection and true-up on the ledger, with the clinker line of CCXNN (vintage 2021).

5,000 t/d × 300 d × 1.2 × 0.884 × 0.99 × 0.96 = 1,512,276.48 t free for the clinker step; 2 Mt of grinding
give 2,000,000 × 0.023 × 0.99 = 45,540 t, 0.96 of it 43,718.4 t.
"""

from datetime import date
from decimal import Decimal

import pytest

from capwright.allocation.messages import (
    ApproveQuota,
    DecideObjection,
    ObjectToQuota,
    PreIssueAllowances,
    RecallOwed,
    RecordActivity,
    TrueUpAllowances,
)
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import SanctionImposed
from capwright.market import ApproveProposal
from tests.allocation_worlds import ALLOCATION, ALPHA, BETA, GAMMA, TRADER, GdWorld

CLINKER = "cement_clinker_large"
GRINDING = "cement_grinding"
FRIDAY = date(2022, 7, 1)  # five working days later: Friday 8 July
MONDAY_AFTER = date(2022, 7, 11)


def refusal_of(world, *args):
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(*args)
    assert world.market.state_hash() == before
    return refused.value.refusal.code


@pytest.fixture
def world() -> GdWorld:
    """ALPHA's clinker line (pre-issue 1,400,001 t), BETA's mill (pre-issue 50,000 t)."""
    world = GdWorld(2021).firms(ALPHA, BETA)
    world.open(TRADER, "trading")
    world.record(ALPHA, CLINKER, 2021, last_approved_t=1_400_001)
    world.record(BETA, GRINDING, 2021, last_approved_t=50_000)
    return world


def outputs(world: GdWorld) -> None:
    output = {"activity": Decimal(1_900_000), "capacity": Decimal(1_500_000), "last_approved_t": 1_400_001}
    world.record(ALPHA, CLINKER, 2021, **output)
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000), last_approved_t=50_000)


def approved(world: GdWorld) -> GdWorld:
    world.together(PreIssueAllowances(2021))
    outputs(world)
    world.on(FRIDAY).together(ApproveQuota(2021))
    return world


def test_a_pre_issue_is_the_last_approved_quota_and_half_of_it_is_frozen(world):
    _, alpha, beta = world.together(PreIssueAllowances(2021))
    assert (alpha.account, alpha.quantity_t, alpha.frozen_t) == (ALPHA, 1_400_001, 700_000)
    assert (beta.account, beta.quantity_t, beta.frozen_t) == (BETA, 50_000, 25_000)
    assert (world.frozen_t(ALPHA), world.free_t(ALPHA)) == (700_000, 700_001)
    assert world.free_t(ALLOCATION) == 7_500_000 - 1_450_001
    assert alpha.basis == "last_approved"
    assert "1,400,001" in alpha.steps[-1]


def test_a_second_pre_issue_is_refused_by_name_and_for_all(world):
    world.together(PreIssueAllowances(2021))
    assert refusal_of(world, "ann", PreIssueAllowances(2021, (ALPHA,))) == "CW-5111"
    assert refusal_of(world, "ann", PreIssueAllowances(2021)) == "CW-5110"


def test_two_proposals_of_one_pre_issue_give_it_once(world):
    world.do("ann", PreIssueAllowances(2021), "first")
    world.do("ann", PreIssueAllowances(2021), "second")
    world.do("bob", ApproveProposal("first"))
    assert refusal_of(world, "bob", ApproveProposal("second")) == "CW-5110"
    assert world.free_t(ALPHA) + world.frozen_t(ALPHA) == 1_400_001


def test_nobody_gets_units_when_one_of_those_named_cannot(world):
    world.firms(GAMMA)
    assert refusal_of(world, "ann", PreIssueAllowances(2021, (ALPHA, GAMMA))) == "CW-5103"
    assert refusal_of(world, "ann", PreIssueAllowances(2021, (ALPHA, ALPHA))) == "CW-5102"
    assert refusal_of(world, "ann", PreIssueAllowances(2021, (ALPHA, "GD-100-99-0-1"))) == "CW-5101"
    world.record(GAMMA, GRINDING, 2021, activity=Decimal(1))
    assert refusal_of(world, "ann", PreIssueAllowances(2021)) == "CW-5112"


def test_the_allocation_account_must_have_the_units(world):
    world.record(BETA, GRINDING, 2021, last_approved_t=6_100_000)
    assert refusal_of(world, "ann", PreIssueAllowances(2021)) == "CW-5106"


def test_the_approval_spells_the_clinker_example_out(world):
    world.together(PreIssueAllowances(2021))
    outputs(world)
    world.on(FRIDAY)
    _, alpha, beta = world.together(ApproveQuota(2021))
    assert (alpha.approved_t, alpha.free_t, alpha.paid_t) == (1_575_288, 1_512_276, 63_012)
    assert (alpha.pre_issued_t, alpha.difference_t) == (1_400_001, 112_275)
    assert (beta.approved_t, beta.free_t, beta.difference_t) == (45_540, 43_718, -6_282)
    assert alpha.objection_until == date(2022, 7, 8)
    assert alpha.steps[0].startswith("cement_clinker_large: A = min(Q_2021, k × C) × BM × d; ")
    assert "min(1,900,000, 1.2 × 1,500,000) × 0.884 × 0.99 = 1,575,288" in alpha.steps[0]
    assert alpha.steps[-1].endswith("0.96 × 1,575,288 = 1,512,276.48 → 1,512,276")
    assert world.room.quota_t(ALPHA, 2021) == 1_575_288
    assert world.room.quota_t(GAMMA, 2021) is None


def test_an_approved_quota_is_not_approved_again_and_its_figures_are_closed(world):
    approved(world)
    assert refusal_of(world, "ann", ApproveQuota(2021, (ALPHA,))) == "CW-5120"
    assert refusal_of(world, "ann", ApproveQuota(2021)) == "CW-5110"
    correction = RecordActivity(account=ALPHA, process=CLINKER, year=2021, activity=Decimal(1))
    assert refusal_of(world, "ann", correction) == "CW-5109"


def test_an_approval_awaits_the_output_of_every_process(world):
    world.together(PreIssueAllowances(2021))
    assert refusal_of(world, "ann", ApproveQuota(2021, (BETA,))) == "CW-5121"


def test_objection_decision_and_true_up_both_ways(world):
    approved(world)
    assert refusal_of(world, "ann", TrueUpAllowances(2021, (ALPHA,))) == "CW-5115"
    assert refusal_of(world, "ann", TrueUpAllowances(2021)) == "CW-5110"
    world.on(date(2022, 7, 8), hour=23).do("rep-11-a", ObjectToQuota(BETA, 2021, "wrong output"))
    assert refusal_of(world, "rep-11-a", ObjectToQuota(BETA, 2021, "again")) == "CW-5123"
    world.on(MONDAY_AFTER)
    assert refusal_of(world, "ann", TrueUpAllowances(2021, (ALPHA, BETA))) == "CW-5116"
    (_, decided) = world.together(DecideObjection(BETA, 2021, 46_000))
    # 0.96 × 46,000 = 44,160 free, 50,000 were pre-issued
    assert (decided.free_t, decided.paid_t, decided.difference_t) == (44_160, 1_840, -5_840)
    _, alpha, beta = world.together(TrueUpAllowances(2021))
    assert (type(alpha).__name__, alpha.quantity_t, alpha.frozen_t) == ("AllowancesIssued", 112_275, 56_137)
    assert (type(beta).__name__, beta.quantity_t, beta.owed_t) == ("AllowancesRecalled", 5_840, 0)
    assert (world.frozen_t(ALPHA), world.free_t(ALPHA)) == (756_137, 756_139)
    # the frozen half is recalled first
    assert (world.frozen_t(BETA), world.free_t(BETA)) == (25_000 - 5_840, 25_000)
    assert world.free_t(ALLOCATION) == 7_500_000 - 1_512_276 - 44_160
    assert refusal_of(world, "ann", TrueUpAllowances(2021, (ALPHA,))) == "CW-5114"


def test_an_objection_after_the_term_is_too_late(world):
    approved(world).on(date(2022, 7, 9), hour=0)
    assert refusal_of(world, "rep-11-a", ObjectToQuota(BETA, 2021, "late")) == "CW-5122"
    assert refusal_of(world, "ann", DecideObjection(BETA, 2021, 46_000)) == "CW-5124"


def test_only_a_representative_may_object(world):
    approved(world)
    assert refusal_of(world, "rep-10-a", ObjectToQuota(BETA, 2021, "not mine")) == "CW-4002"


def test_true_up_needs_an_approval(world):
    world.together(PreIssueAllowances(2021))
    assert refusal_of(world, "ann", TrueUpAllowances(2021, (ALPHA,))) == "CW-5113"


def test_a_difference_of_zero_settles_without_units(world):
    world.record(BETA, GRINDING, 2021, last_approved_t=43_718)
    world.together(PreIssueAllowances(2021, (BETA,)))
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000))
    world.on(FRIDAY).together(ApproveQuota(2021, (BETA,)))
    (_, event) = world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    assert (type(event).__name__, event.quantity_t, event.units) == ("AllowancesIssued", 0, ())
    assert refusal_of(world, "ann", TrueUpAllowances(2021, (BETA,))) == "CW-5114"


def test_what_a_recall_does_not_find_is_owed_and_recalled_later(world):
    world.record(BETA, GRINDING, 2021, last_approved_t=100_001)
    approved(world)
    world.spend(BETA, 50_001)  # the free half; the frozen 50,000 stay
    (_, beta) = world.on(MONDAY_AFTER).together(TrueUpAllowances(2021, (BETA,)))
    # 100,001 were handed out, 43,718 approved; the frozen half is all that is left
    assert (beta.quantity_t, beta.owed_t) == (50_000, 100_001 - 43_718 - 50_000)
    assert world.room.quota(BETA, 2021).owed == {"true_up": 6_283}
    assert refusal_of(world, "ann", RecallOwed(BETA, 2021)) == "CW-5133"
    world.spend(ALPHA, 5_000, to=BETA)
    (_, part) = world.together(RecallOwed(BETA, 2021))
    assert (part.quantity_t, part.owed_t) == (5_000, 1_283)
    world.spend(ALPHA, 2_000, to=BETA)
    assert refusal_of(world, "ann", RecallOwed(BETA, 2021, 1_284)) == "CW-5132"
    (_, rest) = world.together(RecallOwed(BETA, 2021, 1_283))
    assert rest.owed_t == 0
    assert world.free_t(BETA) == 717
    assert refusal_of(world, "ann", RecallOwed(BETA, 2021)) == "CW-5132"


def sanction(world: GdWorld, account: str, vintage: int, deduct_t: int) -> None:
    event = SanctionImposed(account=account, vintage=vintage, shortfall_t=deduct_t // 2, deduct_t=deduct_t)
    world.market.apply(event, world.at_ms)
    world.events.append((event, world.at_ms))


def test_a_sanction_is_deducted_from_the_next_pre_issue(world):
    sanction(world, BETA, 2020, 20_000)
    (_, beta) = world.together(PreIssueAllowances(2021, (BETA,)))
    assert (beta.pre_issued_t, beta.deducted_t, beta.quantity_t, beta.frozen_t) == (
        50_000,
        20_000,
        30_000,
        15_000,
    )
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000))
    world.on(FRIDAY).together(ApproveQuota(2021, (BETA,)))
    (_, event) = world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    # 43,718 approved less 20,000 for the sanction = 23,718; 30,000 were handed out
    assert (event.quantity_t, event.deducted_t) == (6_282, 0)
    assert world.free_t(BETA) + world.frozen_t(BETA) == 23_718


def test_a_sanction_that_comes_after_the_pre_issue_is_deducted_at_true_up(world):
    world.together(PreIssueAllowances(2021, (BETA,)))
    sanction(world, BETA, 2020, 4_000)
    sanction(world, BETA, 2021, 900)  # of this vintage: for the next one
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000))
    world.on(FRIDAY).together(ApproveQuota(2021, (BETA,)))
    (_, event) = world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    assert (event.quantity_t, event.deducted_t) == (6_282 + 4_000, 4_000)
    assert world.room.desk.to_deduct_t(BETA, 2022) == 900


def test_a_sanction_beyond_the_quota_takes_all_of_it_and_the_rest_waits(world):
    sanction(world, BETA, 2020, 60_000)
    (_, beta) = world.together(PreIssueAllowances(2021, (BETA,)))
    assert (beta.deducted_t, beta.quantity_t) == (50_000, 0)
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000))
    world.on(FRIDAY).together(ApproveQuota(2021, (BETA,)))
    (_, event) = world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    # the quota is 43,718: of the 50,000 taken at pre-issue 6,282 wait for the next vintage again
    assert (event.quantity_t, event.deducted_t) == (0, -6_282)
    assert world.room.desk.to_deduct_t(BETA, 2022) == 60_000 - 43_718


def test_a_newly_covered_firm_starts_with_its_reported_emissions():
    world = GdWorld(2023).firms(ALPHA, BETA)
    world.record(ALPHA, "data_centre", 2022, emissions_t=12_345, covered_from=2023)
    world.record(BETA, "data_centre", 2022, emissions_t=9, covered_from=2024)
    (_, event) = world.together(PreIssueAllowances(2023))
    assert (event.account, event.basis, event.quantity_t) == (ALPHA, "reported_emissions", 12_345)
    assert refusal_of(world, "ann", PreIssueAllowances(2023, (BETA,))) == "CW-5107"
    world.record(ALPHA, "data_centre", 2023, activity=Decimal(20_000))
    (_, quota) = world.together(ApproveQuota(2023))
    # 20,000 MWh × 0.9441 = 18,882; 97 % free
    assert (quota.approved_t, quota.free_t) == (18_882, 18_315)


def test_the_next_vintage_pre_issues_what_this_ledger_approved(world):
    approved(world)
    world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    world.adopt("guangdong-2022")
    world.fund(2022, 10_000_000)
    _, alpha, beta = world.together(PreIssueAllowances(2022))
    assert (alpha.quantity_t, beta.quantity_t) == (1_512_276, 43_718)
    assert world.free_t(ALPHA, 2022) == 756_138


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"activity": Decimal(-1)}, "CW-5001"),
        ({"activity": Decimal("NaN")}, "CW-5001"),
        ({"capacity": Decimal("Infinity")}, "CW-5001"),
        ({"heat_gj": Decimal("1e-10")}, "CW-5001"),
        ({"activity": Decimal(10) ** 16}, "CW-5001"),
        ({"activity": Decimal("0E+999999999")}, "CW-5001"),
        ({"emissions_t": -1}, "CW-9101"),
        ({"last_approved_t": 10**13}, "CW-9101"),
        ({"abnormal_months": 13}, "CW-5002"),
        ({"stopped_months": -1}, "CW-5002"),
        ({"covered_from": 3}, "CW-5108"),
        ({"year": 21}, "CW-5108"),
        ({"process": "no_such"}, "CW-5005"),
        ({"account": "GD-100-99-0-1"}, "CW-5101"),
    ],
)
def test_absurd_figures_are_refused(world, figures, code):
    command = {"account": ALPHA, "process": CLINKER, "year": 2021} | figures
    assert refusal_of(world, "ann", RecordActivity(**command)) == code


def test_replay_and_snapshot_give_the_same_state(world):
    approved(world)
    world.do("rep-11-a", ObjectToQuota(BETA, 2021, "wrong output"))
    assert world.replayed().state_hash() == world.market.state_hash()
    restored = world.restored()
    assert restored.state_hash() == world.market.state_hash()
    # and it goes on from there
    world.market = restored
    world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    assert world.room.quota(ALPHA, 2021).settled
    assert world.replayed().state_hash() == world.market.state_hash()


def test_the_cap_statement_sets_plan_against_outcome(world):
    approved(world)
    world.on(MONDAY_AFTER).together(TrueUpAllowances(2021))
    statement = world.room.cap_statement(2021)
    lines = {line.key: (line.actual_t, line.planned_t) for line in statement.lines}
    assert lines["controlled"] == (1_575_288 + 45_540, 252_000_000)
    assert lines["free_issued"] == (1_450_001 + 112_275, None)
    assert lines["recalled"] == (6_282, None)
    assert lines["total"] == (1_512_276 + 43_718, 265_000_000)
    assert len(statement.flags) == 1  # the approved quota differs from the plan
