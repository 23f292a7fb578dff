"""Surrender plans: the scheme's order, older vintages first, no borrowing."""

from datetime import date

import pytest

from capwright.compliance.surrender import Holding, plan_surrender
from capwright.scheme.compliance_rules import ComplianceRules

FAMILIES = {"GDEA": "allowance", "S-GDEA": "special", "PHCER": "credit", "CCER": "credit"}


def rules(**changes):
    return ComplianceRules(**{"surrender_due_on": date(2024, 7, 31), "status": "yearly"} | changes)


def plan(holdings, owed, admitted=None, scheme=None, vintage=2023):
    made = plan_surrender(
        scheme or rules(), FAMILIES, vintage, owed, [Holding(*h) for h in holdings], admitted
    )
    lines = [(x.holding.kind, x.holding.vintage, x.quantity_t) for x in made.lines]
    return lines, made.shortfall_t, [(x.holding.kind, x.quantity_t, x.reason.code) for x in made.barred]


def test_older_vintages_first():
    lines, short, barred = plan([("GDEA", 2023, 100), ("GDEA", 2021, 30), ("GDEA", 2022, 40)], 100)
    assert lines == [("GDEA", 2021, 30), ("GDEA", 2022, 40), ("GDEA", 2023, 30)]
    assert (short, barred) == (0, [])


def test_credits_then_special_then_allowances():
    holdings = [
        ("GDEA", 2013, 5),
        ("S-GDEA", 2024, 3),
        ("PHCER", 2022, 7, "P1"),
        ("GDEA", 2023, 90),
    ]
    admitted = {("PHCER", "P1"): 7, ("S-GDEA", ""): 3}
    lines, short, _ = plan(holdings, 100, admitted)
    assert lines == [("PHCER", 2022, 7), ("S-GDEA", 2024, 3), ("GDEA", 2013, 5), ("GDEA", 2023, 85)]
    assert short == 0


def test_another_order_is_the_schemes_choice():
    scheme = rules(surrender_order=("allowance", "older_vintage", "credit"))
    holdings = [("PHCER", 2022, 10, "P1"), ("GDEA", 2022, 10), ("GDEA", 2023, 10)]
    lines, _, _ = plan(holdings, 25, {("PHCER", "P1"): 10}, scheme)
    assert lines == [("GDEA", 2023, 10), ("GDEA", 2022, 10), ("PHCER", 2022, 5)]


def test_later_vintages_are_barred():
    lines, short, barred = plan([("GDEA", 2024, 500), ("GDEA", 2023, 60)], 100)
    assert lines == [("GDEA", 2023, 60)]
    assert short == 40
    assert barred == [("GDEA", 500, "CW-7050")]


def test_borrowing_uses_them_last():
    lines, short, barred = plan([("GDEA", 2024, 500), ("GDEA", 2023, 60)], 100, scheme=rules(borrowing=True))
    assert lines == [("GDEA", 2023, 60), ("GDEA", 2024, 40)]
    assert (short, barred) == (0, [])


def test_without_banking_older_vintages_are_barred():
    lines, short, barred = plan([("GDEA", 2022, 60), ("GDEA", 2023, 60)], 100, scheme=rules(banking=False))
    assert lines == [("GDEA", 2023, 60)]
    assert (short, barred) == (40, [("GDEA", 60, "CW-7051")])


def test_an_order_without_older_vintages_takes_them_as_allowances():
    lines, _, _ = plan(
        [("GDEA", 2023, 9), ("GDEA", 2022, 9)], 10, scheme=rules(surrender_order=("allowance",))
    )
    assert lines == [("GDEA", 2022, 9), ("GDEA", 2023, 1)]


def test_credits_count_only_as_admitted():
    lines, short, barred = plan([("PHCER", 2022, 10, "P1"), ("GDEA", 2023, 90)], 100, {("PHCER", "P1"): 4})
    assert lines == [("PHCER", 2022, 4), ("GDEA", 2023, 90)]
    assert (short, barred) == (6, [("PHCER", 6, "CW-7053")])


def test_admission_is_shared_by_the_vintages_of_a_project():
    holdings = [("PHCER", 2022, 10, "P1"), ("PHCER", 2021, 3, "P1")]
    lines, short, barred = plan(holdings, 20, {("PHCER", "P1"): 8})
    assert lines == [("PHCER", 2021, 3), ("PHCER", 2022, 5)]
    assert (short, barred) == (12, [("PHCER", 5, "CW-7053")])


def test_unknown_kinds_and_kinds_without_a_place():
    scheme = rules(surrender_order=("older_vintage", "allowance"))
    _, short, barred = plan([("XYZ", 2023, 5), ("PHCER", 2023, 5, "P")], 5, {("PHCER", "P"): 5}, scheme)
    assert short == 5
    assert barred == [("PHCER", 5, "CW-7052"), ("XYZ", 5, "CW-7052")]


def test_frozen_units_go_before_free_ones():
    made = plan_surrender(
        rules(),
        FAMILIES,
        2023,
        60,
        [Holding("GDEA", 2023, 50), Holding("GDEA", 2023, 50, bucket="frozen:2023")],
    )
    assert [(x.holding.bucket, x.quantity_t) for x in made.lines] == [("frozen:2023", 50), ("", 10)]


@pytest.mark.parametrize("owed", [0, 100, 101])
def test_sums(owed):
    made = plan_surrender(rules(), FAMILIES, 2023, owed, [Holding("GDEA", 2023, 100)])
    assert made.surrendered_t == min(owed, 100)
    assert made.shortfall_t == max(0, owed - 100)


def test_the_reason_is_said_in_both_languages():
    made = plan_surrender(rules(), FAMILIES, 2023, 1, [Holding("GDEA", 2024, 1)])
    reason = made.barred[0].reason
    assert "borrowing" in reason.message()
    assert "2024年度GDEA" in reason.message("zh")
