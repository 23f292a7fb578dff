"""Issuance under the cap, credits without one, freezes, and what a proposal of units must look like."""

import pytest

from capwright.compliance.messages import RecordEmissions
from capwright.kernel.quantity import MAX_T
from capwright.ledger.messages import UnitLine
from capwright.market import ApproveProposal
from capwright.registry.messages import (
    FreezeUnits,
    IssueUnits,
    ProposeTransaction,
    ReleaseUnits,
    SetAccountStatus,
)
from capwright.scheme.loader import load_scheme
from tests.registry_worlds import Registry, scheme_body
from tests.worlds import ALLOCATION, ALPHA, BETA, SURRENDER, TOTAL, TRADER, World, rep

CAP_T = 1_050_000  # the small scheme: 1,000,000 for controlled units and 50,000 in reserve
ISSUED_T = 100_000
TLA = "TLA-2023"


@pytest.fixture
def world() -> World:
    made = World().furnish()
    made.code = Registry.code.__get__(made)
    return made


# Issuance.


def test_allowances_are_issued_up_to_the_cap_and_not_a_tonne_more(world):
    left_t = CAP_T - ISSUED_T
    assert world.code("ann", IssueUnits("TLA", 2023, left_t + 1, TOTAL)) == "CW-3500"
    world.together(IssueUnits("TLA", 2023, left_t - 1, TOTAL))
    assert world.code("ann", IssueUnits("TLA", 2023, 2, TOTAL)) == "CW-3500"
    world.together(IssueUnits("TLA", 2023, 1, TOTAL))
    assert world.code("ann", IssueUnits("TLA", 2023, 1, TOTAL)) == "CW-3500"
    assert world.market.book.state.series[TLA].issued_t == CAP_T


def test_a_project_is_no_way_around_the_cap(world):
    world.together(IssueUnits("TLA", 2023, CAP_T - ISSUED_T, TOTAL))
    assert world.code("ann", IssueUnits("TLA", 2023, 1, TOTAL, "P1")) == "CW-3012"


def test_all_kinds_of_allowances_share_the_cap_of_their_vintage():
    """EUA and EUAA of one vintage together stay inside it."""
    world = Registry("eu-ets")
    cap_t = load_scheme("eu-ets").body.cap.total_t
    total = world.account["total_quantity"]
    world.together(IssueUnits("EUAA", 2024, 1000, world.account.get("aviation_total_quantity", total)))
    assert world.code("ann", IssueUnits("EUA", 2024, cap_t - 999, total)) == "CW-3500"
    assert world.code("ann", IssueUnits("EUA", 2024, cap_t - 1000, total)) == ""


def test_a_vintage_without_a_scheme_has_no_cap_and_gets_nothing(world):
    assert world.code("ann", IssueUnits("TLA", 2024, 1, TOTAL)) == "CW-8201"


def test_units_are_numbered_on_where_the_series_ended(world):
    (_, event) = world.together(IssueUnits("TLA", 2023, 500, TOTAL))
    (issue,) = event.issues
    assert (issue.first, issue.last) == (ISSUED_T + 1, ISSUED_T + 500)


def test_credits_have_no_cap_but_a_project_and_a_bounded_series(world):
    for _ in range(2):
        world.together(IssueUnits("TLC", 2019, MAX_T // 2, TRADER, "P17"))
    assert world.market.book.state.series["TLC-2019-P17"].issued_t == MAX_T
    assert world.code("ann", IssueUnits("TLC", 2019, 1, TRADER, "P17")) == "CW-3011"
    assert world.code("ann", IssueUnits("TLC", 2019, 1, TRADER, "P18")) == ""
    assert world.market.breaches() == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (IssueUnits("XXX", 2023, 1, TOTAL), "CW-3006"),
        (IssueUnits("TLA", 2023, 0, TOTAL), "CW-3005"),
        (IssueUnits("TLA", 2023, -1, TOTAL), "CW-3005"),
        (IssueUnits("TLA", 2023, MAX_T + 1, TOTAL), "CW-3005"),
        (IssueUnits("TLA", 2023, 2**63, TOTAL), "CW-3005"),
        (IssueUnits("TLC", 2023, 2**64, TRADER), "CW-8216"),
        (IssueUnits("TLA", 1989, 1, TOTAL), "CW-3010"),
        (IssueUnits("TLC", -2023, 1, TRADER), "CW-3010"),
        (IssueUnits("TLC", 2**63, 1, TRADER), "CW-3010"),
        (IssueUnits("TLA", 2023, 1, ALPHA), "CW-2004"),
        (IssueUnits("TLA", 2023, 1, "TL-1"), "CW-2001"),
        (IssueUnits("TLC", 2023, 1, TOTAL), "CW-2004"),
        (IssueUnits("TLC", 2023, 1, TRADER, "P\n1"), "CW-9103"),
        (IssueUnits("TLC", 2023, 1, TRADER, "P" * 101), "CW-9103"),
    ],
)
def test_an_issue_that_does_not_fit_is_refused(world, command, code):
    assert world.code("ann", command) == code


def test_nothing_is_issued_into_a_suspended_account(world):
    world.do("olga", SetAccountStatus(TRADER, "suspended"))
    assert world.code("ann", IssueUnits("TLC", 2023, 1, TRADER)) == "CW-2003"


def test_credits_go_to_accounts_that_may_hold_them():
    world = Registry("guangdong-2023")
    owner = world.account["project_owner"]
    assert world.code("ann", IssueUnits("PHCER", 2019, 5, owner, "P1")) == ""
    world.do("bob", ApproveProposal(f"c{world.count}"))
    assert world.book.at(owner) == {"PHCER-2019-P1": 5}
    assert world.code("ann", IssueUnits("GDEA", 2023, 5, owner)) == "CW-2004"
    firm = world.account["operator_holding"]
    series = world.stock(firm, 10)
    gift = ProposeTransaction("closure_transfer", firm, owner, (UnitLine(series, 1),))
    assert world.code("olga", gift) == "CW-2004"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"to_types": ["project_owner"]}, "CW-2005"), ({"unit_kinds": ["CCER"]}, "CW-3004"), ({}, "")],
)
def test_what_is_issued_must_suit_its_row_and_the_account(changes, code):
    table = scheme_body("guangdong-2023")["body"]["registry"]["transaction_types"]
    table = [{**row, **changes} if row["name"] == "issuance" else row for row in table]
    world = Registry("guangdong-2023", registry={"transaction_types": table})
    target = world.account["project_owner" if "to_types" in changes else "total_quantity"]
    assert world.code("ann", IssueUnits("GDEA", 2023, 5, target)) == code


def test_special_quota_comes_from_conversion_only():
    """Guangdong's S-GDEA replaces free quota that is cancelled; issuing it afresh would add to the cap."""
    world = Registry("guangdong-2025")
    for target in world.account.values():
        assert world.code("ann", IssueUnits("S-GDEA", 2025, 1, target)) == "CW-3013"


# Freezing.


def test_frozen_units_are_surrendered_but_not_sold(world):
    world.do("olga", FreezeUnits(ALPHA, TLA, 600, "2023"))
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    assert list(world.market.book.state.units[f"{ALPHA}#frozen:2023"][TLA]) == [(1, 600)]
    frozen = (UnitLine(TLA, 500, "frozen:2023"),)
    assert (
        world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, (UnitLine(TLA, 401),)))
        == "CW-3003"
    )
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, frozen)) == "CW-3007"
    assert world.code(rep(ALPHA), ProposeTransaction("delayed_transfer", ALPHA, BETA, frozen)) == "CW-3007"
    assert world.code(rep(ALPHA), ProposeTransaction("surrender", ALPHA, SURRENDER, frozen, 2023)) == ""
    assert world.market.book.balance_t(f"{ALPHA}#frozen:2023", TLA) == 100
    assert world.market.breaches() == []


def test_no_more_is_frozen_than_is_free_and_no_more_released_than_is_frozen(world):
    assert world.code("olga", FreezeUnits(ALPHA, TLA, 1001, "2023")) == "CW-3003"
    assert world.code("olga", FreezeUnits(ALPHA, TLA, 1000, "2023")) == ""
    assert world.code("olga", FreezeUnits(ALPHA, TLA, 1, "2023")) == "CW-3003"
    assert world.code("ann", ReleaseUnits(ALPHA, TLA, 1001, "2023")) == "CW-3003"
    assert world.code("ann", ReleaseUnits(ALPHA, TLA, 1, "2022")) == "CW-3003"
    assert world.code("ann", ReleaseUnits(ALPHA, TLA, 400, "2023")) == ""
    assert world.market.book.balance_t(ALPHA, TLA) == 400
    assert world.code("ann", ReleaseUnits(ALPHA, TLA, 600, "2023")) == ""
    assert list(world.market.book.state.units[ALPHA][TLA]) == [(1, 1000)]


@pytest.mark.parametrize("deed", [FreezeUnits, ReleaseUnits])
@pytest.mark.parametrize(
    ("account", "series", "quantity_t", "reason", "code"),
    [
        ("TL-1", TLA, 1, "2023", "CW-1003"),
        (ALPHA, "TLA-1999", 1, "2023", "CW-3003"),
        (ALPHA, TLA, 0, "2023", "CW-3005"),
        (ALPHA, TLA, -5, "2023", "CW-3005"),
        (ALPHA, TLA, 2**63, "2023", "CW-3005"),
        (ALPHA, TLA, 1, "", "CW-9103"),
        (ALPHA, TLA, 1, "a\tb", "CW-9103"),
    ],
)
def test_a_freeze_that_does_not_fit_is_refused(world, deed, account, series, quantity_t, reason, code):
    assert world.code("ann", deed(account, series, quantity_t, reason)) == code


def test_holders_do_not_freeze_and_do_not_release(world):
    for deed in (FreezeUnits, ReleaseUnits):
        assert world.code(rep(ALPHA), deed(ALPHA, TLA, 1, "2023")) == "CW-4001"


def test_the_operator_freezes_but_only_the_authority_lifts(world):
    world.do("olga", FreezeUnits(ALPHA, TLA, 100, "2023"))
    assert world.code("olga", ReleaseUnits(ALPHA, TLA, 100, "2023")) == "CW-4001"


def test_two_freezes_are_apart(world):
    world.do("olga", FreezeUnits(ALPHA, TLA, 100, "2023"))
    world.do("olga", FreezeUnits(ALPHA, TLA, 50, "court order 7"))
    assert world.code("ann", ReleaseUnits(ALPHA, TLA, 101, "2023")) == "CW-3003"
    world.do("ann", ReleaseUnits(ALPHA, TLA, 50, "court order 7"))
    assert world.market.book.balance_t(ALPHA, TLA) == 900


# What a proposal of units must look like.


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "CW-3008"),
        ((UnitLine(TLA, 1), UnitLine(TLA, 2)), "CW-3008"),
        ((UnitLine(TLA, 0),), "CW-3005"),
        ((UnitLine(TLA, -1),), "CW-3005"),
        ((UnitLine(TLA, 2**63),), "CW-3005"),
        ((UnitLine(TLA, 2**64),), "CW-8216"),
        ((UnitLine(TLA, 10**4000),), "CW-8216"),
        ((UnitLine("TLA-1999", 1),), "CW-3002"),
        ((UnitLine("", 1),), "CW-3002"),
        ((UnitLine(TLA, 1001),), "CW-3003"),
        ((UnitLine(TLA, 500), UnitLine("TLC-2023", 1)), "CW-3002"),
        ((UnitLine(TLA, 1, "held:tx:c1"),), "CW-3007"),
        ((UnitLine(TLA, 1, "frozen:2023"),), "CW-3007"),
        ((UnitLine(TLA, 1, "\x00"),), "CW-3007"),
    ],
)
def test_lines_that_do_not_fit_are_refused(world, lines, code):
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, lines)) == code


def test_nobody_sends_to_himself_or_to_nowhere(world):
    line = (UnitLine(TLA, 1),)
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, ALPHA, line)) == "CW-2008"
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, "", line)) == "CW-2001"
    assert world.code("ann", ProposeTransaction("central_transfer", "TL-9", ALPHA, line)) == "CW-1003"
    assert world.code(rep(ALPHA), ProposeTransaction("fly", ALPHA, BETA, line)) == "CW-3001"
    assert world.code(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, line, 10**9)) == "CW-3010"


def test_several_series_move_in_one_transaction(world):
    world.together(IssueUnits("TLC", 2021, 70, ALPHA, "P1"))
    lines = (UnitLine(TLA, 300), UnitLine("TLC-2021-P1", 70))
    (event,) = world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, BETA, lines))
    assert event.quantity_t == 370
    assert world.market.book.at(BETA) == {TLA: 1300, "TLC-2021-P1": 70}
    assert world.market.book.at(ALPHA) == {TLA: 700}


def test_a_transaction_over_scattered_blocks_takes_the_lowest_serials(world):
    """ALPHA has 1-1000, BETA 1001-2000; to and fro leaves holes that later transfers fill from below."""
    world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine(TLA, 100),)))
    world.do(rep(BETA), ProposeTransaction("transfer", BETA, TRADER, (UnitLine(TLA, 50),)))
    world.do(rep(ALPHA), ProposeTransaction("transfer", ALPHA, TRADER, (UnitLine(TLA, 10),)))
    ranges = world.market.book.state.units[TRADER][TLA]
    assert list(ranges) == [(1, 110), (1001, 1050)]
    (event,) = world.do(rep(TRADER), ProposeTransaction("transfer", TRADER, BETA, (UnitLine(TLA, 120),)))
    assert [(m.first, m.last) for m in event.units] == [(1, 110), (1001, 1010)]
    assert list(ranges) == [(1011, 1050)]
    assert list(world.market.book.state.units[BETA][TLA]) == [(1, 110), (1001, 1010), (1051, 2000)]
    assert world.market.breaches() == []


def test_the_success_case_of_the_uk_log():
    """UK transaction log: 10,000 and 40,000, move 200: 9,800 and 40,200."""
    world = Registry("uk-ets")
    world.at("2023-03-15T11:00")
    source, target = world.account["trading"], world.other["trading"]
    series = world.stock(source, 10_000)
    world.stock(target, 40_000)
    name, _ = world.propose("transfer", source, target, 200, series)
    world.approve(name, "transfer", source)
    world.at("2023-03-16T11:00")
    world.tick()
    assert world.book.balance_t(source, series) == 9_800
    assert world.book.balance_t(target, series) == 40_200


def test_allocation_and_central_transfer_keep_to_the_authority(world):
    line = (UnitLine(TLA, 10),)
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, ALLOCATION, line))
    for actor in ("olga", rep(ALPHA)):
        assert world.code(actor, ProposeTransaction("allocation", ALLOCATION, ALPHA, line)) == "CW-4001"
    assert world.code("bob", ProposeTransaction("allocation", ALLOCATION, ALPHA, line)) == ""
