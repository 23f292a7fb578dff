"""Obligations: verified emissions, the relief for gas units, the cap on the gap; all by hand."""

from datetime import date
from decimal import Decimal

import pytest

from capwright.compliance.obligation import Relief, UnitEmissions, obligation, round_emissions_t
from capwright.kernel.refusal import Refused
from capwright.scheme.compliance_rules import ComplianceRules

PLAIN = ComplianceRules(surrender_due_on=date(2024, 7, 31), status="yearly")
NATIONAL = ComplianceRules(
    surrender_due_on=date(2021, 12, 31),
    status="yearly",
    shortfall_cap_share=Decimal("0.20"),
    gas_units_owe_at_most_quota=True,
)


def test_guangdong_owes_what_it_emitted():
    owed = obligation(PLAIN, 2023, [UnitEmissions("K1", 70_000), UnitEmissions("K2", 30_001)])
    assert (owed.vintage, owed.emissions_t, owed.owed_t, owed.reliefs) == (2023, 100_001, 100_001, ())
    assert owed.citations == ()


def test_no_units_owe_nothing():
    assert obligation(NATIONAL, 2020, []).owed_t == 0


@pytest.mark.parametrize(
    ("emissions", "quota", "owed"),
    [
        (1_000, 900, 1_000),  # gap 100, a tenth: owed in full
        (1_000, 800, 1_000),  # exactly a fifth
        (1_000, 799, 999),  # one tonne beyond: 799 + 200
        (1_000, 0, 200),
        (1_000, 1_500, 1_000),  # surplus
        (1_001, 700, 900),  # 700 + 200.2, rounded down in the firm's favour
        (999, 700, 899),  # 700 + 199.8
    ],
)
def test_the_gap_is_owed_up_to_a_fifth_of_emissions(emissions, quota, owed):
    assert obligation(NATIONAL, 2020, [UnitEmissions("U", emissions, quota)]).owed_t == owed


def test_a_gas_unit_owes_at_most_its_quota():
    units = [UnitEmissions("coal", 1_000, 950), UnitEmissions("gas", 400, 350, gas=True)]
    owed = obligation(NATIONAL, 2020, units)
    assert (owed.emissions_t, owed.owed_t) == (1_400, 1_350)
    assert owed.reliefs == (Relief(50, "compliance.gas_units_owe_at_most_quota", "gas"),)


def test_a_gas_unit_below_its_quota_owes_its_emissions():
    assert obligation(NATIONAL, 2020, [UnitEmissions("gas", 300, 350, gas=True)]).owed_t == 300


def test_gas_relief_first_then_the_cap():
    # Gas 400 → 100; with coal 1,000 that is 1,100 against 500 + 100 + 20 % of 1,400 = 880.
    units = [UnitEmissions("coal", 1_000, 500), UnitEmissions("gas", 400, 100, gas=True)]
    owed = obligation(NATIONAL, 2020, units)
    assert owed.owed_t == 880
    assert [relief.quantity_t for relief in owed.reliefs] == [300, 220]
    assert owed.citations == ("compliance.gas_units_owe_at_most_quota", "compliance.shortfall_cap_share")


def test_reliefs_do_not_apply_elsewhere():
    assert obligation(PLAIN, 2023, [UnitEmissions("gas", 400, 100, gas=True)]).owed_t == 400


def test_a_missing_quota_is_refused_where_it_matters():
    with pytest.raises(Refused) as refused:
        obligation(NATIONAL, 2020, [UnitEmissions("U7", 400)])
    assert refused.value.refusal.code == "CW-7021"
    assert "U7" in refused.value.refusal.message("zh")


@pytest.mark.parametrize("emissions_t", [0, 10**12])
def test_the_ends_of_the_scale(emissions_t):
    assert obligation(PLAIN, 2023, [UnitEmissions("U", emissions_t)]).owed_t == emissions_t


def test_no_relief_is_reported_where_none_is_given():
    assert obligation(NATIONAL, 2020, [UnitEmissions("U", 1_000, 800)]).reliefs == ()
    assert obligation(NATIONAL, 2020, [UnitEmissions("U", 800, 800, gas=True)]).reliefs == ()


@pytest.mark.parametrize("emissions_t", [-1, 10**12 + 1])
def test_absurd_emissions_are_refused(emissions_t):
    with pytest.raises(Refused, match="CW-7020"):
        obligation(PLAIN, 2023, [UnitEmissions("U", emissions_t)])


@pytest.mark.parametrize(
    ("exact", "whole"), [("0", 0), ("0.4999", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("99999.49", 99_999)]
)
def test_rounding_to_whole_tonnes(exact, whole):
    assert round_emissions_t(Decimal(exact)) == whole


@pytest.mark.parametrize("exact", ["-0.1", "NaN", "Infinity", "1e13"])
def test_figures_that_are_none(exact):
    with pytest.raises(Refused, match="CW-7020"):
        round_emissions_t(Decimal(exact))
