"""Stops, the compulsory purchase of 2013, new projects, the cap and leavers, on the ledger."""

from datetime import date
from decimal import Decimal

import pytest

from capwright.allocation.leaver_messages import (
    ConvertToSpecial,
    FreezeLeaver,
    RecallPreIssued,
    ReleaseExitPart,
)
from capwright.allocation.messages import (
    ApproveQuota,
    DecideObjection,
    ObjectToQuota,
    PreIssueAllowances,
    RecallForStop,
    RecallOwed,
    TrueUpAllowances,
)
from capwright.allocation.project_messages import (
    AdvanceNewProject,
    IssueToNewProject,
    ProjectLine,
    RecordPaidShare,
    RegisterNewProject,
)
from capwright.auction.messages import AnnounceAuction, ClearAuction, PlaceBid, SettleAuction
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.ledger.place import frozen
from capwright.registry.messages import ProposeTransaction
from capwright.settlement.messages import DepositCash
from tests.allocation_worlds import (
    ALLOCATION,
    ALPHA,
    AUCTION,
    BETA,
    CANCELLATION,
    GAMMA,
    NEW_RESERVE,
    PROJECT,
    RESERVE,
    TOTAL,
    TRADER,
    GdWorld,
)

GRINDING = "cement_grinding"


def code_of(world, *args):
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(*args)
    assert world.market.state_hash() == before
    return refused.value.refusal.code


def same_by_replay_and_snapshot(world):
    assert world.replayed().state_hash() == world.market.state_hash()
    assert world.restored().state_hash() == world.market.state_hash()


# Stops. BETA's mill: 2 Mt × 0.023 × 0.99 × 0.96 = 43,718.4 t free, 50,000 pre-issued.


def mill(**figures) -> GdWorld:
    world = GdWorld(2021).firms(ALPHA, BETA)
    world.open(TRADER, "trading")
    world.record(BETA, GRINDING, 2021, activity=Decimal(2_000_000), last_approved_t=50_000, **figures)
    world.together(PreIssueAllowances(2021))
    world.on(date(2022, 7, 1)).together(ApproveQuota(2021))
    return world


def test_a_long_stop_is_recalled_and_cancelled_and_the_true_up_counts_it():
    world = mill()
    (_, stop) = world.together(RecallForStop(BETA, 2021, abnormal_months=8, stopped_months=7))
    # 43,718.4 × 8 / 12 = 29,145.6
    assert (stop.quantity_t, stop.owed_t, stop.entitled_less_t) == (29_145, 0, 29_145)
    assert "43,718.4 × 8 / 12 = 29,145.6 → 29,145" in stop.steps[0]
    assert world.free_t(CANCELLATION) == 29_145
    assert (world.frozen_t(BETA), world.free_t(BETA)) == (0, 50_000 - 29_145)
    assert code_of(world, "ann", RecallForStop(BETA, 2021, 8, 7)) == "CW-5131"
    (_, event) = world.on(date(2022, 7, 11)).together(TrueUpAllowances(2021))
    assert event.quantity_t == 50_000 - 43_718
    assert world.free_t(BETA) == 43_718 - 29_145
    same_by_replay_and_snapshot(world)


def test_a_stop_on_record_needs_no_figures_in_the_command():
    world = mill(abnormal_months=6, closed=True)
    (_, stop) = world.together(RecallForStop(BETA, 2021))
    assert stop.quantity_t == 21_859  # 43,718.4 / 2 = 21,859.2


def test_a_stop_of_six_months_is_not_recalled():
    world = mill()
    assert code_of(world, "ann", RecallForStop(BETA, 2021, 8, 6)) == "CW-5130"
    assert code_of(world, "ann", RecallForStop(ALPHA, 2021, 8, 7)) == "CW-5113"
    assert code_of(world, "ann", RecallForStop(BETA, 2021, 13, 7)) == "CW-5002"


def test_a_stop_scales_with_the_quota_that_an_objection_set():
    world = mill()
    world.do("rep-11-a", ObjectToQuota(BETA, 2021, "wrong output"))
    world.together(DecideObjection(BETA, 2021, 46_000))
    (_, stop) = world.together(RecallForStop(BETA, 2021, 8, 7))
    assert stop.quantity_t == 29_439  # 29,145 × 44,160 / 43,718 = 29,439.7


def test_what_a_stop_does_not_find_is_owed_and_cancelled_later():
    world = mill()
    world.spend(BETA, 25_000)
    (_, stop) = world.together(RecallForStop(BETA, 2021, 8, 7))
    assert (stop.quantity_t, stop.owed_t) == (25_000, 4_145)
    (_, event) = world.on(date(2022, 7, 11)).together(TrueUpAllowances(2021))
    assert (event.quantity_t, event.owed_t) == (0, 6_282)
    trader = ProposeTransaction("transfer", TRADER, BETA, (UnitLine("GDEA-2021", 10_000),))
    world.do("rep-30-a", trader)
    first, second = world.together(RecallOwed(BETA, 2021))[1:]
    assert (first.reason, first.quantity_t, first.owed_t) == ("true_up", 6_282, 0)
    assert (second.reason, second.quantity_t, second.owed_t) == ("stop", 10_000 - 6_282, 427)
    assert world.free_t(CANCELLATION) == 25_000 + 3_718
    assert world.free_t(ALLOCATION) == 7_500_000 - 50_000 + 6_282


# 2013: mean output 1,000,000 t × 0.893 = 893,000 t, 97 % free = 866,210 t, 3 % to buy = 26,790 t.


@pytest.fixture
def first_year() -> GdWorld:
    world = GdWorld(2013, on=date(2013, 12, 9)).firms(ALPHA, BETA)
    for account in (ALPHA, BETA):
        for year in (2010, 2011, 2012):
            output = Decimal(1_000_000 + (year - 2011) * 100_000)
            world.record(account, "cement_clinker_large", year, activity=output)
    return world


def test_in_2013_the_free_part_opens_after_three_per_cent_is_bought_at_auction(first_year):
    world = first_year
    world.together(ApproveQuota(2013))
    assert world.room.quota_t(ALPHA, 2013) == 893_000
    assert code_of(world, "ann", PreIssueAllowances(2013, (ALPHA,))) == "CW-5044"
    world.central(TOTAL, RESERVE, 2013, 20_000)
    world.central(TOTAL, AUCTION, 2013, 80_000)
    world.central(RESERVE, AUCTION, 2013, 20_000, "delivery_to_auction")
    opens, hour = world.at_ms, 3_600_000
    world.do(
        "olga",
        AnnounceAuction("A1", 2013, "GDEA", opens, opens + hour, offered_t=100_000, reserve_fen_per_t=6000),
    )
    for who, account, quantity_t in (("rep-10-a", ALPHA, 26_790), ("rep-11-a", BETA, 26_789)):
        world.do("olga", DepositCash(account, 200_000_000))
        world.do(who, PlaceBid("A1", account, 6000, quantity_t))
    world.at_ms += hour
    world.do("olga", ClearAuction("A1", "seed"))
    world.do("olga", SettleAuction("A1"))
    assert world.room.desk.bought(2013, ALPHA).auction_t == 26_790
    assert code_of(world, "ann", PreIssueAllowances(2013, (ALPHA, BETA))) == "CW-5044"
    (_, event) = world.together(PreIssueAllowances(2013))  # those who may: ALPHA
    assert (event.account, event.basis, event.quantity_t) == (ALPHA, "full_formula", 866_210)
    assert world.free_t(ALPHA) + world.frozen_t(ALPHA) == 893_000
    assert code_of(world, "ann", PreIssueAllowances(2013)) == "CW-5110"
    assert code_of(world, "ann", TrueUpAllowances(2013, (ALPHA,))) == "CW-5117"
    # 20,000 t came from the market-adjustment reserve, 6,790 t of the sale from the auction quota
    lines = {line.key: line.actual_t for line in world.room.cap_statement(2013).lines}
    assert (lines["auctioned"], lines["adjustment"], lines["total"]) == (6_790, 20_000, 893_000)
    same_by_replay_and_snapshot(world)


def test_in_2013_the_authority_can_put_a_purchase_on_record(first_year):
    world = first_year
    world.do("ann", RecordPaidShare(BETA, 2013, 26_789, "auction"))
    world.do("ann", RecordPaidShare(BETA, 2013, 100_000, "other"))  # it must be by auction
    assert code_of(world, "ann", PreIssueAllowances(2013, (BETA,))) == "CW-5044"
    world.do("ann", RecordPaidShare(BETA, 2013, 1, "auction"))
    (_, event) = world.together(PreIssueAllowances(2013))
    assert (event.account, event.quantity_t, event.frozen_t) == (BETA, 866_210, 433_105)


# New projects of vintage 2024: 100,000 t × 0.60 = 60,000 t; 10 % paid, half of that by auction at least.


def test_a_new_project_buys_first_then_gets_its_free_part():
    world = GdWorld(2024)
    world.open(PROJECT, "new_project_holding")
    line = ProjectLine(process="paper_corrugated", design_capacity=Decimal(100_000))
    (_, event) = world.together(RegisterNewProject(PROJECT, 2024, (line,)))
    assert (event.approved_t, event.free_t, event.paid_t, event.buy_by_auction_t) == (
        60_000,
        54_000,
        6_000,
        3_000,
    )
    assert world.room.quota_t(PROJECT, 2024) == 60_000
    accept = AdvanceNewProject(PROJECT, 2024, "accepted")
    assert code_of(world, "ann", accept) == "CW-5040"
    world.do("ann", RecordPaidShare(PROJECT, 2024, 6_000))
    assert code_of(world, "ann", accept) == "CW-5041"
    world.do("ann", RecordPaidShare(PROJECT, 2024, 3_000, "auction"))
    assert code_of(world, "ann", AdvanceNewProject(PROJECT, 2024, "controlled")) == "CW-5143"
    world.do("ann", accept)
    assert code_of(world, "ann", IssueToNewProject(PROJECT, 2024)) == "CW-5042"
    world.do("ann", AdvanceNewProject(PROJECT, 2024, "controlled"))
    (_, issued) = world.together(IssueToNewProject(PROJECT, 2024))
    assert (issued.quantity_t, issued.frozen_t) == (54_000, 27_000)
    assert world.free_t(NEW_RESERVE) == 1_000_000 - 54_000
    assert code_of(world, "ann", IssueToNewProject(PROJECT, 2024)) == "CW-5043"
    lines = {line.key: line.actual_t for line in world.room.cap_statement(2024).lines}
    assert (lines["new_project"], lines["new_project_issued"]) == (60_000, 54_000)
    same_by_replay_and_snapshot(world)


def test_bad_projects_are_refused():
    world = GdWorld(2024)
    world.open(PROJECT, "new_project_holding")
    line = ProjectLine(process="paper_corrugated", design_capacity=Decimal(100_000))
    assert code_of(world, "ann", RegisterNewProject(PROJECT, 2024, ())) == "CW-5142"
    assert code_of(world, "ann", RegisterNewProject(PROJECT, 2024, (line, line))) == "CW-5142"
    unknown = ProjectLine(process="no_such", design_capacity=Decimal(1))
    assert code_of(world, "ann", RegisterNewProject(PROJECT, 2024, (unknown,))) == "CW-5005"
    bare = ProjectLine(process="paper_corrugated")
    assert code_of(world, "ann", RegisterNewProject(PROJECT, 2024, (bare,))) == "CW-5013"
    assert code_of(world, "ann", RegisterNewProject(ALLOCATION, 2024, (line,))) == "CW-2004"
    assert code_of(world, "ann", IssueToNewProject(PROJECT, 2024)) == "CW-5141"
    assert code_of(world, "ann", RecordPaidShare(PROJECT, 2024, 0)) == "CW-3005"
    world.together(RegisterNewProject(PROJECT, 2024, (line,)))
    assert code_of(world, "ann", RegisterNewProject(PROJECT, 2024, (line,))) == "CW-5140"


def test_nothing_is_issued_beyond_the_cap():
    world = GdWorld(2021).firms(ALPHA, BETA)
    world.record(ALPHA, GRINDING, 2021, last_approved_t=1)
    world.record(BETA, GRINDING, 2021, last_approved_t=11)
    world.together(PreIssueAllowances(2021, (ALPHA,)))
    world.room.state.quotas[2021][ALPHA].issued_t = 265_000_000 - 10  # as if all but 10 t were out
    assert code_of(world, "ann", PreIssueAllowances(2021)) == "CW-5050"


# Leavers.


def holder(vintage: int, account: str, quantity_t: int, sector: str) -> GdWorld:
    world = GdWorld(vintage).firms(account, sector=sector)
    give(world, account, quantity_t)
    return world


def give(world, account, quantity_t):
    lines = (UnitLine(f"GDEA-{world.vintage}", quantity_t),)
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, account, lines))


def test_a_generator_is_frozen_and_freed_by_thirds():
    world = holder(2021, GAMMA, 10_000, "power")
    (_, event) = world.together(FreezeLeaver(GAMMA, 2021))
    assert (event.quantity_t, event.held_t, event.kind) == (10_000, 0, "")
    assert [tuple(part) for part in event.parts] == [(2021, 3_333), (2022, 3_333), (2023, 3_334)]
    assert world.free_t(GAMMA) == 0
    assert code_of(world, "ann", FreezeLeaver(GAMMA, 2021)) == "CW-5152"
    assert code_of(world, "ann", ReleaseExitPart(GAMMA, 2022)) == "CW-5155"
    freed = []
    for vintage in (2021, 2022, 2023):
        (_, part) = world.together(ReleaseExitPart(GAMMA, vintage))
        freed.append(part.quantity_t)
        same_by_replay_and_snapshot(world)
    assert freed == [3_333, 3_333, 3_334]
    assert world.free_t(GAMMA) == 10_000
    assert code_of(world, "ann", ReleaseExitPart(GAMMA, 2023)) == "CW-5155"
    world.record(GAMMA, GRINDING, 2021, last_approved_t=5)
    assert code_of(world, "ann", PreIssueAllowances(2021, (GAMMA,))) == "CW-5107"


@pytest.mark.parametrize(("holding_t", "first_t"), [(4_999, 4_999), (5_000, 1_666)])
def test_a_small_holding_is_freed_wholly(holding_t, first_t):
    world = holder(2021, GAMMA, holding_t, "power")
    world.together(FreezeLeaver(GAMMA, 2021))
    (_, part) = world.together(ReleaseExitPart(GAMMA, 2021))
    assert part.quantity_t == first_t


def test_a_captive_plant_stays_frozen():
    world = holder(2021, GAMMA, 9_000, "paper")
    assert code_of(world, "ann", FreezeLeaver(GAMMA, 2021)) == "CW-5151"
    (_, event) = world.together(FreezeLeaver(GAMMA, 2021, captive_plant=True))
    assert (event.parts, event.held_t) == ((), 9_000)
    assert code_of(world, "ann", ReleaseExitPart(GAMMA, 2021)) == "CW-5155"


def test_the_half_frozen_for_surrender_goes_into_the_exit_holding_too():
    world = GdWorld(2021).firms(GAMMA, sector="power")
    world.record(GAMMA, GRINDING, 2021, last_approved_t=9_001)
    world.together(PreIssueAllowances(2021))
    (_, event) = world.together(FreezeLeaver(GAMMA, 2021))
    assert event.quantity_t == 9_001
    assert world.frozen_t(GAMMA) == 0
    assert world.market.book.at(frozen(GAMMA, "exit")) == {"GDEA-2021": 9_001}


def test_leavers_of_2024_get_special_units_freed_by_thirds():
    world = holder(2023, ALPHA, 100_001, "cement")
    world.firms(BETA, sector="steel")
    give(world, BETA, 50_000)
    world.adopt("guangdong-2024")
    assert code_of(world, "ann", ConvertToSpecial(ALPHA, 2024)) == "CW-5154"
    for account in (ALPHA, BETA):
        (_, event) = world.together(FreezeLeaver(account, 2024))
        assert event.kind == "S-GDEA"
        assert code_of(world, "ann", ReleaseExitPart(account, 2024)) == "CW-5156"
    assert code_of(world, "ann", ConvertToSpecial(ALPHA, 2023)) == "CW-5150"
    opened, alpha = world.together(ConvertToSpecial(ALPHA, 2024))[1:]
    assert opened.series.id == "S-GDEA-2024"
    assert (alpha.quantity_t, alpha.issues[0].first, alpha.issues[0].last) == (100_001, 1, 100_001)
    (_, beta) = world.together(ConvertToSpecial(BETA, 2024))
    assert (beta.issues[0].first, beta.issues[0].last) == (100_002, 150_001)
    assert world.free_t(CANCELLATION) == 150_001
    assert code_of(world, "ann", ConvertToSpecial(ALPHA, 2024)) == "CW-5156"
    freed = []
    for vintage in (2024, 2025, 2026):
        (_, part) = world.together(ReleaseExitPart(ALPHA, vintage))
        freed.append(part.quantity_t)
    assert freed == [33_333, 33_334, 33_334]
    assert world.market.book.at(ALPHA) == {"S-GDEA-2024": 100_001}
    same_by_replay_and_snapshot(world)


def test_pre_issued_quota_of_a_leaver_is_recalled_and_the_rest_deducted_nationally():
    world = GdWorld(2023).firms(BETA)
    world.open(TRADER, "trading")
    world.record(BETA, GRINDING, 2023, last_approved_t=50_001)
    assert code_of(world, "ann", RecallPreIssued(BETA, 2023)) == "CW-5157"
    world.together(PreIssueAllowances(2023))
    world.spend(BETA, 20_000)
    recalled, noted = world.together(RecallPreIssued(BETA, 2023))[1:]
    assert (recalled.pre_issued_t, recalled.quantity_t) == (50_001, 30_001)
    assert noted.quantity_t == 20_000
    assert world.room.state.national == {BETA: {2023: 20_000}}
    assert world.free_t(ALLOCATION) == 7_500_000 - 20_000
    assert code_of(world, "ann", RecallPreIssued(BETA, 2023)) == "CW-5107"
    assert code_of(world, "ann", ApproveQuota(2023, (BETA,))) == "CW-5107"
    assert code_of(world, "ann", ApproveQuota(2023)) == "CW-5110"
    same_by_replay_and_snapshot(world)


def test_a_leaver_does_not_hold_up_the_true_up_of_the_others():
    world = GdWorld(2023).firms(ALPHA, BETA)
    for account in (ALPHA, BETA):
        world.record(account, GRINDING, 2023, activity=Decimal(1_000_000), last_approved_t=20_000)
    world.together(PreIssueAllowances(2023))
    world.on(date(2024, 7, 1)).together(ApproveQuota(2023))
    world.together(RecallPreIssued(BETA, 2023))
    (_, event) = world.on(date(2024, 7, 9)).together(TrueUpAllowances(2023))
    # 1,000,000 × 0.023 = 23,000 t, 0.96 of it free
    assert (event.account, event.quantity_t) == (ALPHA, 2_080)
    assert code_of(world, "ann", TrueUpAllowances(2023, (BETA,))) == "CW-5107"
