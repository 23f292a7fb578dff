"""Closures and long stops, the cap account, exits to the national market."""

from decimal import Decimal
from fractions import Fraction

import pytest

from capwright.allocation.cap import CapOutcome, cap_plan, cap_statement, issue_refusal
from capwright.allocation.exits import exit_plan, recall_pre_issued, split_parts
from capwright.allocation.recall import abnormal_months
from capwright.kernel.refusal import Refused
from capwright.scheme.allocation_rules import CapRules, ExitRules
from tests.allocation_books import allocate, make_book, process, row


def book(method: str = "verified_emissions", **rules):
    return make_book(
        process("a", method),
        free_share="0.96",
        vintage=2016,
        base_years=(2015,),
        low_utilisation=Decimal("0.5"),
        stop_months=6,
        **rules,
    )


def test_a_month_at_half_load_is_normal():
    assert abnormal_months([Decimal("0.5"), Decimal("0.4999"), Decimal(0), Decimal(1)], Decimal("0.5")) == 2


def test_closure_recalls_the_abnormal_months():
    """Free 960,000 t, closed after August: 4 / 12 recalled, the rest is the firm's."""
    done = allocate(book(), row("a", 2016, emissions_t=1_000_000, closed=True, abnormal_months=4))
    assert done.recall.quantity_t == 320_000
    assert done.final_free_t == 640_000
    assert done.recall.reasons == (("a", "closure"),)
    assert done.recall.numbers == "960,000 × 4 / 12 = 320,000 → 320,000"


def test_a_stop_must_be_longer_than_six_months():
    six = row("a", 2016, emissions_t=1_000_000, stopped_months=6, abnormal_months=6)
    seven = row("a", 2016, emissions_t=1_000_000, stopped_months=7, abnormal_months=8)
    assert allocate(book(), six).recall is None
    assert allocate(book(), seven).recall.quantity_t == 640_000


def test_2015_rule_reaches_only_the_historical_methods():
    stopped = {"stopped_months": 3, "emissions_t": 1_200}
    assert allocate(book(historical_stop_months=3), row("a", 2016, **stopped)).recall is None
    history = allocate(
        book("historical_emissions", historical_stop_months=3),
        row("a", 2015, emissions_t=1_000),
        row("a", 2016, **stopped),
    )
    assert history.recall.quantity_t == 240  # 960 × 3 / 12
    assert history.recall.reasons == (("a", "historical_stop"),)
    two = allocate(
        book("historical_emissions", historical_stop_months=3),
        row("a", 2015, emissions_t=1_000),
        row("a", 2016, stopped_months=2),
    )
    assert two.recall is None


def test_recall_rounds_down():
    done = allocate(book(), row("a", 2016, emissions_t=100, closed=True, abnormal_months=5))
    assert done.recall.quantity_t == 40  # 96 × 5 / 12 exactly
    odd = allocate(book(), row("a", 2016, emissions_t=101, closed=True, abnormal_months=5))
    assert odd.recall.quantity_t == 40  # 40.4


def test_cap_plan_and_statement_of_2022():
    """266 Mt = 253 + 13; market adjustment 5 % of 253 Mt = 12.65 Mt leaves 0.35 Mt for new projects."""
    plan = cap_plan(
        CapRules(controlled_t=253_000_000, reserve_t=13_000_000, market_adjustment_share=Decimal("0.05"))
    )
    assert (plan.total_t, plan.adjustment_t, plan.new_project_t) == (266_000_000, 12_650_000, 350_000)
    outcome = CapOutcome(
        approved_controlled_t=254_000_000, free_issued_t=244_000_000, auctioned_t=500_000, recalled_t=1_000
    )
    statement = cap_statement(plan, outcome)
    lines = {line.key: line for line in statement.lines}
    assert lines["controlled"].difference_t == 1_000_000
    assert lines["total"].actual_t == 244_499_000
    assert lines["recalled"].planned_t is None
    assert [flag.text("en")[:24] for flag in statement.flags] == ["The controlled units' ap"]
    assert not cap_statement(plan, CapOutcome(approved_controlled_t=253_000_000)).flags


def test_issuing_above_the_cap_is_refused_at_the_tonne():
    plan = cap_plan(CapRules(controlled_t=90, reserve_t=10))
    outcome = CapOutcome(free_issued_t=95, recalled_t=5)
    assert issue_refusal(plan, outcome, 10) is None
    refusal = issue_refusal(plan, outcome, 11)
    assert refusal.code == "CW-5050"
    assert refusal.details["left_t"] == 10


THIRDS = ("1/3", "1/3", "1/3")


def exits(**rest):
    return ExitRules(sectors=("power",), release_fractions=THIRDS, **rest)


@pytest.mark.parametrize(
    ("holding_t", "parts"),
    [
        (4_999, (4_999,)),
        (5_000, (1_666, 1_667, 1_667)),
        (5_001, (1_667, 1_667, 1_667)),
        (5_002, (1_667, 1_667, 1_668)),
    ],
)
def test_thirds_sum_exactly_and_small_holdings_go_whole(holding_t, parts):
    plan = exit_plan(exits(small_holding_t=5_000, release_vintages=(2021, 2022, 2023)), holding_t)
    assert tuple(part.quantity_t for part in plan.parts) == parts
    assert plan.held_t == 0
    assert plan.wholly is (holding_t < 5_000)
    assert plan.parts[0].vintage == 2021


def test_a_single_third_leaves_the_rest_frozen():
    rules = ExitRules(sectors=("power",), release_fractions=("1/3",), small_holding_t=5_000)
    plan = exit_plan(rules, 10_000)
    assert (plan.parts[0].quantity_t, plan.held_t) == (3_333, 6_667)


def test_captive_plants_stay_frozen_until_the_special_quota():
    assert exit_plan(exits(small_holding_t=5_000), 9_000, captive_plant=True).held_t == 9_000
    special = exits(special_kind="S-GDEA", release_vintages=(2024, 2025, 2026))
    plan = exit_plan(special, 9_000, captive_plant=True)
    assert plan.kind == "S-GDEA"
    assert plan.parts == ((2024, 3_000), (2025, 3_000), (2026, 3_000))


@pytest.mark.parametrize("fractions", [("1/3", "1/0"), ("a",), ("2/3", "2/3"), ("-1/3",), ("0",)])
def test_nonsense_fractions_are_refused(fractions):
    with pytest.raises(Refused) as caught:
        exit_plan(ExitRules(sectors=(), release_fractions=fractions), 10)
    assert caught.value.refusal.code == "CW-5060"


def test_vintages_and_fractions_must_pair():
    with pytest.raises(Refused) as caught:
        exit_plan(exits(release_vintages=(2024, 2025)), 10)
    assert caught.value.refusal.code == "CW-5062"


def test_pre_issued_quota_of_a_leaver():
    assert recall_pre_issued(100, 60).national_deduction_t == 40
    assert recall_pre_issued(100, 100).national_deduction_t == 0
    with pytest.raises(Refused):
        recall_pre_issued(100, 101)


def test_split_of_nothing():
    assert split_parts(0, [Fraction(1, 3)] * 3) == (0, 0, 0)
