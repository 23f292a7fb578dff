"""The cap account: planned parts add up, and a share larger than the reserve is explained."""

from __future__ import annotations

from decimal import Decimal

from capwright.allocation.cap import (
    ADJUSTMENT_ABOVE,
    NEW_PROJECTS_ABOVE,
    RESERVE_ABOVE,
    SPLIT_UNKNOWN,
    CapOutcome,
    CapPlan,
    cap_statement,
)
from capwright.scheme.loader import load_scheme

MT = 10**6


def planned(plan):
    return {line.key: line.planned_t for line in cap_statement(plan, CapOutcome()).lines}


def test_a_share_above_the_reserve_leaves_the_reserve_whole():
    # Vintage 2023: 5 % of 283 Mt = 14.15 Mt, the reserve is 14 Mt.
    plan = CapPlan(283 * MT, 14 * MT, 14_150_000)
    lines = planned(plan)
    assert (lines["controlled"], lines["reserve"], lines["total"]) == (283 * MT, 14 * MT, 297 * MT)
    assert lines["controlled"] + lines["reserve"] == lines["total"]
    assert (lines["new_project"], lines["adjustment"]) == (None, None)
    assert cap_statement(plan, CapOutcome()).flags == (SPLIT_UNKNOWN,)
    assert "published reserve" in SPLIT_UNKNOWN.en
    taken = CapOutcome(approved_new_project_t=6 * MT, adjustment_t=8 * MT + 1)
    assert cap_statement(plan, taken).flags == (SPLIT_UNKNOWN, RESERVE_ABOVE)


def test_a_known_split_adds_up_to_the_reserve():
    # Vintage 2022: 5 % of 253 Mt = 12.65 Mt of 13 Mt.
    plan = CapPlan(253 * MT, 13 * MT, 12_650_000)
    lines = planned(plan)
    assert lines["new_project"] + lines["adjustment"] == lines["reserve"] == 13 * MT
    assert cap_statement(plan, CapOutcome()).flags == ()
    above = CapOutcome(approved_new_project_t=350_001, adjustment_t=12_650_001)
    assert cap_statement(plan, above).flags == (NEW_PROJECTS_ABOVE, ADJUSTMENT_ABOVE)


def test_without_a_share_the_reserve_stands_alone():
    lines = planned(CapPlan(2 * MT, 100_000))
    assert (lines["reserve"], lines["new_project"], lines["adjustment"]) == (100_000, None, None)


def test_every_bundled_vintage_plans_no_more_than_its_reserve():
    from capwright.allocation.cap import cap_plan

    shares = []
    for vintage in range(2013, 2026):
        rules = load_scheme(f"guangdong-{vintage}").body.cap
        lines = planned(cap_plan(rules))
        assert (lines["new_project"] or 0) + (lines["adjustment"] or 0) <= lines["reserve"]
        shares.append(rules.market_adjustment_share)
    assert Decimal("0.05") in shares
