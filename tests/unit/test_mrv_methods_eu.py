"""EU-type methods: tiers, calculation, measurement, PFC, fall-back; numbers by hand or published."""

from decimal import Decimal

import pytest

from capwright.mrv.calculation import Result
from capwright.mrv.records import Stream
from tests.mrv_reports import code, of, stream, work
from tests.mrv_worlds import datum, months

# EU: calculation.


def gas(*more, item: str = "natural_gas") -> Stream:
    return stream("combustion", item, datum("FQ", "t", 1_000), *more)


def test_combustion_by_standard_factors():
    # 1,000 t × 48.0 GJ/t × 56.1 t/TJ / 1,000
    assert work("eu-calculation@2018.1", gas()).emissions == Decimal("2692.8")
    # 1,000 t of anthracite × 26.7 × 98.3 / 1,000 × 0.98
    assert work(
        "eu-calculation@2018.1", gas(datum("OF", "1", "0.98"), item="anthracite")
    ).emissions == Decimal("2572.1178")


def test_a_factor_per_unit_of_fuel_goes_first():
    assert work("eu-calculation@2018.1", gas(datum("EFM", "tCO2/t", "2.7"))).emissions == Decimal(2_700)


def test_biomass_comes_off_and_is_shown_without_being_reported_twice():
    found = work("eu-calculation@2018.1", gas(datum("BF", "%", 10, tier="3")), gas(item="gas_oil"))
    # 2,692.8 × 0.9 = 2,423.52, beside it 269.28; gas oil 1,000 × 43.0 × 74.1 / 1,000 = 3,186.3
    assert found.emissions == Decimal("2423.52") + Decimal("3186.3")
    assert of(found, "biomass_co2") == Decimal("269.28")
    assert [s.counted for s in found.streams] == [True, True, False]


def test_gas_by_volume_needs_its_heating_value():
    volume = datum("FQ", "10^4 Nm3", 100)
    assert (
        code(lambda: work("eu-calculation@2018.1", stream("combustion", "natural_gas_volume", volume)))
        == "CW-5250"
    )
    found = work(
        "eu-calculation@2018.1",
        stream("combustion", "natural_gas_volume", volume, datum("NCV", "GJ/10^3 Nm3", 36)),
    )
    # 1,000 × 10^3 Nm3 × 36 GJ × 56.1 / 1,000
    assert found.emissions == Decimal("2019.6")
    slip = stream("combustion", "natural_gas_volume", volume, datum("NCV", "GJ/Nm3", 36))
    assert code(lambda: work("eu-calculation@2018.1", slip)) == "CW-5243"


def test_process_emissions_by_input_and_output():
    input_ = stream(
        "process", "CaCO3", datum("AD", "t", 1_000), datum("P", "%", 95), datum("CF", "1", "0.98")
    )
    # 1,000 × 0.95 × 0.440 × 0.98
    assert work("eu-calculation@2018.1", input_).emissions == Decimal("409.64")
    output = stream("process", "CaO", datum("AD", "t", 1_000))
    assert work("eu-calculation@2018.1", output).emissions == Decimal(785)


def test_a_mass_balance_uses_the_regulation_s_own_ratio():
    found = work(
        "eu-calculation@2018.1",
        stream("mass_in", "", datum("AD", "t", 1_000), datum("CC", "tC/t", "0.85")),
        stream("mass_out", "", datum("AD", "t", 2_000), datum("CC", "tC/t", "0.01")),
        stream("transferred_co2", "", datum("M", "tCO2", 100), datum("BF", "%", 20)),
    )
    # (850 − 20) × 3.664 = 3,041.12, less 80 t of fossil CO2 handed on
    assert found.emissions == Decimal("2961.12")


@pytest.mark.parametrize(
    ("tier", "uncertainty"), [("1", "0.075"), ("2", "0.05"), ("3", "0.025"), ("4", "0.015"), ("", "0.3")]
)
def test_a_tier_that_is_met_is_accepted_and_stands_in_the_working(tier, uncertainty):
    amount = datum("FQ", "t", 1_000, tier=tier, uncertainty=Decimal(uncertainty))
    found = work("eu-calculation@2018.1", stream("combustion", "natural_gas", amount))
    assert found.emissions == Decimal("2692.8")
    assert (f"tier {tier}" in found.streams[0].node.children[0].note) == bool(tier)


@pytest.mark.parametrize(
    ("tier", "uncertainty", "expected"),
    [
        ("5", None, "CW-5291"),
        ("4", "0.0151", "CW-5292"),
        ("1", "7.5", "CW-5292"),  # percent for fraction
        ("", "7.5", "CW-5292"),
        ("1", "-0.01", "CW-5292"),
        ("1", "NaN", "CW-5292"),
    ],
)
def test_a_tier_that_is_unknown_or_missed_is_refused(tier, uncertainty, expected):
    amount = datum("FQ", "t", 1, tier=tier, uncertainty=None if uncertainty is None else Decimal(uncertainty))
    assert (
        code(lambda: work("eu-calculation@2018.1", stream("combustion", "natural_gas", amount))) == expected
    )


def test_a_tier_for_a_symbol_without_tiers_is_refused():
    bought = stream("electricity", "", datum("bought", "MWh", 1, tier="1"))
    assert code(lambda: work("guangdong-textile@2022.1", bought)) == "CW-5291"


# EU: measurement. The vectors with 10 hours are published (tests of the UK's reporting service).


def stack(gas_: str, *more) -> Stream:
    return stream(
        f"stack_{gas_.lower()}", "", datum("hours", "h", 10), datum("flow", "10^3 Nm3/h", 10),
        datum("conc", f"g{gas_}/Nm3", 20), *more,
    )  # fmt: skip


def test_stack_measurement_published_vectors():
    assert work("eu-measurement@2018.1", stack("CO2")).emissions == Decimal(2)
    found = work("eu-measurement@2018.1", stack("CO2", datum("BF", "%", 25)))
    assert (found.emissions, of(found, "stack_biomass_co2")) == (Decimal("1.5"), Decimal("0.5"))
    assert work("eu-measurement@2018.1", stack("N2O")).emissions == Decimal(596)  # 2 t × 298 (AR4)


def test_the_later_version_has_the_later_warming_potential():
    assert work("eu-measurement@2021.1", stack("N2O")).emissions == Decimal(530)  # 2 t × 265 (AR5)


def test_months_are_multiplied_before_they_are_added():
    given_ = stream(
        "stack_co2", "", datum("hours", "h", months=months(100, 300, 0)),
        datum("flow", "Nm3/h", months=months(1000, 2000)), datum("conc", "gCO2/Nm3", months=months(100, 200)),
    )  # fmt: skip
    # 100 h × 1,000 × 100 g = 10 t; 300 h × 2,000 × 200 g = 120 t; means of the year would give 129.0625 t
    assert work("eu-measurement@2018.1", given_).emissions == Decimal(130)


def test_measurement_is_corroborated_by_a_calculation_that_does_not_count():
    found = work("eu-measurement@2018.1", stack("CO2"), gas())
    assert found.emissions == Decimal(2)
    assert of(found, "combustion") == Decimal("2692.8")


def test_a_concentration_beyond_pure_gas_is_refused():
    milligrams = stream(
        "stack_co2", "", datum("hours", "h", 1), datum("flow", "Nm3/h", 1), datum("conc", "gCO2/Nm3", 200_000)
    )
    assert code(lambda: work("eu-measurement@2018.1", milligrams)) == "CW-5243"


def test_n2o_has_no_fourth_tier():
    conc = datum("conc", "gN2O/Nm3", 1, tier="4")
    given_ = stream("stack_n2o", "", datum("hours", "h", 1), datum("flow", "Nm3/h", 1), conc)
    assert code(lambda: work("eu-measurement@2018.1", given_)) == "CW-5291"


# EU: PFC.


def both(item: str, *data) -> tuple[Stream, Stream]:
    return (stream("pfc_cf4", item, *data), stream("pfc_c2f6", item, *data))


def pfc(name: str, item: str, *data, fraction: object = None) -> Result:
    cf4, c2f6 = both(item, *data)
    if fraction is not None:
        c2f6 = stream("pfc_c2f6", item, *data, datum("F", "tC2F6/tCF4", fraction))
    return work(name, cf4, c2f6)


def test_overvoltage_published_vector():
    # OVC 1 × 10 mV / 10 % × 1 t = 0.1 t CF4 → 739; C2F6 as much → 1,220; collected 1 %: 195,900
    found = pfc(
        "eu-pfc@2018.1", "measured", datum("Al", "tAl", 1), datum("OVC", "kgCF4/tAl/mV", 1),
        datum("AEO", "mV", 10), datum("CE", "%", 10), datum("eff", "%", 1), fraction=1,
    )  # fmt: skip
    assert of(found, "pfc_cf4") == Decimal(73_900)
    assert of(found, "pfc_c2f6") == Decimal(122_000)
    assert found.emissions == Decimal(195_900)


def test_slope_published_vector():
    # SEF 1 × 10 effects × 10 min × 1 t = 0.1 t CF4 → 739, collected 10 %: 7,390
    found = work(
        "eu-pfc@2018.1",
        stream(
            "pfc_cf4", "measured", datum("Al", "tAl", 1), datum("SEF", "kgCF4/tAl/min*d", 1),
            datum("AEF", "1/d", 10), datum("AED", "min", 10), datum("eff", "%", 10),
        ),
    )  # fmt: skip
    assert found.emissions == Decimal(7_390)


def test_slope_with_the_factors_of_the_technology():
    found = pfc(
        "eu-pfc@2021.1",
        "cwpb",
        datum("Al", "tAl", 100_000),
        datum("AEM", "min/d", "0.5"),
        datum("eff", "%", 100),
    )
    # 100,000 × 0.5 × 0.143 kg = 7.15 t CF4 × 6,630 = 47,404.5; × 0.121 = 0.86515 t C2F6 × 11,100 = 9,603.165
    assert of(found, "pfc_cf4") == Decimal("47404.5")
    assert of(found, "pfc_c2f6") == Decimal("9603.165")


def test_slope_and_overvoltage_agree_with_ipcc_worked_independently():
    metal = pytest.importorskip(
        "bonsai_ipcc.industry.metal.elementary",
        reason="bonsai_ipcc, the independent package, is not installed",
    )
    found = work(
        "eu-pfc@2018.1",
        stream(
            "pfc_cf4", "cwpb", datum("Al", "tAl", 1_234), datum("AEM", "min/d", "0.7"), datum("eff", "1", 1)
        ),
    )
    kilograms = metal.e_cf4_tier2_3_(s_cf4=0.143, aem=0.7, mp=1_234)
    assert float(found.streams[0].gas_t * 1000) == pytest.approx(kilograms, rel=1e-12)


def test_pfc_months_equal_the_year_with_weighted_minutes():
    monthly = stream(
        "pfc_cf4", "cwpb", datum("Al", "tAl", months=months(100, 300, 0)),
        datum("AEM", "min/d", months=months(1, 2)), datum("eff", "1", 1),
    )  # fmt: skip
    # (100 × 1 + 300 × 2) × 0.143 kg = 0.1001 t × 7,390
    assert work("eu-pfc@2018.1", monthly).emissions == Decimal("739.739")


def test_what_escapes_the_ducts_has_no_default():
    given_ = stream("pfc_cf4", "cwpb", datum("Al", "tAl", 1), datum("AEM", "min/d", 1))
    assert code(lambda: work("eu-pfc@2018.1", given_)) == "CW-5250"
    nothing = stream("pfc_cf4", "cwpb", datum("Al", "tAl", 1), datum("AEM", "min/d", 1), datum("eff", "1", 0))
    assert code(lambda: work("eu-pfc@2018.1", nothing)) == "CW-5243"


def test_a_technology_without_an_overvoltage_coefficient():
    given_ = stream(
        "pfc_cf4",
        "vss",
        datum("Al", "tAl", 1),
        datum("AEO", "mV", 1),
        datum("CE", "%", 93),
        datum("eff", "1", 1),
    )
    assert code(lambda: work("eu-pfc@2018.1", given_)) == "CW-5250"


def test_current_efficiency_in_percent_without_the_sign_is_refused():
    given_ = stream(
        "pfc_cf4",
        "cwpb",
        datum("Al", "tAl", 1),
        datum("AEO", "mV", 1),
        datum("CE", "1", 93),
        datum("eff", "1", 1),
    )
    assert code(lambda: work("eu-pfc@2018.1", given_)) == "CW-5243"


# EU: fall-back.


def estimate(**more) -> Stream:
    known = {
        "tier": "B",
        "uncertainty": Decimal("0.05"),
        "note": "metered throughput, factor of a sister plant",
    }
    return stream("fallback", "", datum("estimate", "tCO2e", 1_234, obtained="estimated", **(known | more)))


def test_a_fall_back_states_how_sure_it_is():
    found = work("eu-fallback@2018.1", estimate())
    assert found.emissions == Decimal(1_234)
    assert found.streams[0].node.children[0].obtained == "estimated"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"note": ""}, "CW-5293"),
        ({"uncertainty": None}, "CW-5293"),
        ({"tier": ""}, "CW-5293"),
        ({"tier": "D"}, "CW-5291"),
        ({"uncertainty": Decimal("0.06")}, "CW-5292"),
        ({"tier": "C"}, "CW-5292"),
    ],
)
def test_a_fall_back_that_does_not_is_refused(more, expected):
    assert code(lambda: work("eu-fallback@2018.1", estimate(**more))) == expected
