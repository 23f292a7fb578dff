"""The methods of the industrial sectors: examples worked by hand, published constants, refusals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.calculation import Result, compute
from capwright.mrv.library import method, table
from capwright.mrv.records import Datum, EmissionReport, Stream
from tests.mrv_worlds import datum, months


def over(above: str, below: str) -> Decimal:
    """A quotient with the fifty digits that are stated."""
    return stated(EXACT.divide(Decimal(above), Decimal(below)))


def work(
    name: str, *streams: Stream, outputs: tuple[Datum, ...] = (), area: str = "guangdong", **more
) -> Result:
    given = EmissionReport("firm", 2023, name, streams, outputs, area=area)
    return compute(method(name), given, **more)


def power(*streams: Stream, name: str = "power@2022.1", outputs: tuple[Datum, ...] = (), **more) -> Result:
    return work(name, *streams, outputs=(datum("supply", "MWh", 1000), *outputs), **more)


def one(name: str, component: str, *data: Datum, item: str = "", **more) -> Decimal:
    """The tonnes of one stream; the sign of a deduction included."""
    outputs = (datum("supply", "MWh", 1000),) if "power" in name else ()
    stream = Stream("s", component, item, data=data)
    base = Stream("base", "fuel", "natural_gas", data=(datum("FC", "10^4 Nm3", 10**6),))
    if name.startswith(("aviation", "guangdong-aviation")):
        base = Stream("base", "domestic", "jet_kerosene", data=(datum("FC", "kt", 10**4),))
    found = work(name, stream, base, outputs=outputs, **more)
    return found.streams[0].emissions


def code(done) -> str:
    with pytest.raises(Refused) as refused:
        done()
    return refused.value.refusal.code


def coal(*data: Datum, **more) -> Stream:
    return Stream("coal", "coal", data=data, **more)


# Power


def test_carbon_as_received_from_air_dried_carbon_and_moisture():
    # C_ar = 0.6 × (1 − 0.10) / (1 − 0.04) = 0.54 / 0.96 = 0.5625; 1,000 × 0.5625 × 0.99 × 44/12 = 2,041.875
    given = coal(
        datum("FC", "t", 1000), datum("C_ad", "%", 60), datum("M_ar", "%", 10), datum("M_ad", "%", 4)
    )
    assert power(given).emissions == Decimal("2041.875")


def test_carbon_as_received_from_dry_carbon():
    # C_ar = 0.65 × (1 − 0.12) = 0.572; 1,000 × 0.572 × 0.99 × 44/12 = 2,076.36
    given = coal(datum("FC", "t", 1000), datum("C_d", "%", 65), datum("M_ar", "%", 12))
    assert power(given).emissions == Decimal("2076.36")


def test_an_unmeasured_month_takes_the_default_and_the_others_do_not():
    # eleven months: 100 × 0.6 × 0.99 × 44/12 = 217.8; the twelfth: 2,000 × 0.03085 × 0.99 × 44/12 = 223.971
    carbon = (*months("0.6")[:11], None)
    given = coal(
        datum("FC", "t", months=months(100)),
        datum("C_ar", "tC/t", months=carbon),
        datum("NCV_ar", "GJ/t", 20),
    )
    found = power(given)
    assert found.emissions == Decimal("217.8") * 11 + Decimal("223.971")
    assert found.streams[0].form == "measured_carbon+default_carbon"
    assert found.streams[0].months[11] == Decimal("223.971")


@pytest.mark.parametrize(
    ("name", "published"),
    [("power@2022.1", "0.11199"), ("guangdong-power@2022.1", "0.11199"), ("power@2021.1", "0.12305")],
)
def test_the_default_per_gigajoule_is_the_published_one(name: str, published: str):
    # 0.03085 × 0.99 × 44/12 = 0.1119855; 0.03356 × 1 × 44/12 = 0.12305333…
    given = coal(datum("FC", "t", 1), datum("NCV_ar", "GJ/t", 10))
    per_gj = power(given, name=name).emissions / 10
    assert per_gj.quantize(Decimal("0.00001")) == Decimal(published)


def test_measured_months_are_dearer_only_where_the_default_is():
    measured = coal(datum("FC", "t", 100), datum("NCV_ar", "GJ/t", 20), datum("C_ar", "tC/t", "0.5"))
    # 100 × 0.5 × 0.99 × 44/12 = 181.5
    assert power(measured).emissions == power(measured, name="power@2021.1").emissions == Decimal("181.5")


def test_desulfurisation_of_the_standard():
    # 1,000 × 0.90 × 0.440 × 1 = 396
    assert one("power-gbt@2015.1", "desulfurisation", datum("B", "t", 1000)) == Decimal("396.0")


def test_the_newer_texts_leave_desulfurisation_and_heat_out():
    for name in ("power@2022.1", "power@2021.1", "guangdong-power@2022.1"):
        assert method(name).component("desulfurisation") is None
        assert method(name).component("heat") is None


def test_ratios_of_a_power_plant_are_shown_for_each_unit():
    outputs = (
        datum("supply@1", "MWh", 900), datum("gross@1", "MWh", 1000), datum("capacity@1", "MWh/h", 2),
        datum("hours@1", "h", 1000), datum("supply@2", "MWh", 1800), datum("gross@2", "MWh", 2000),
        datum("capacity@2", "MWh/h", 2), datum("hours@2", "h", 2000), datum("heat_supply@2", "GJ", 5000),
        datum("boiler_heat@2", "GJ", 20000),
    )  # fmt: skip
    streams = (
        coal(datum("FC", "t", 1000), datum("C_ar", "tC/t", "0.5"), facility="1"),
        Stream("coal2", "coal", facility="2", data=(datum("FC", "t", 2000), datum("C_ar", "tC/t", "0.5"))),
    )
    found = work("power@2022.1", *streams, outputs=outputs).indicators
    assert found["load_factor@1"] == Decimal("0.5")  # 1,000 / (2 × 1,000)
    assert found["load_factor@2"] == Decimal("0.5")  # 2,000 / (2 × 2,000)
    assert "load_factor" not in found  # hours of two units do not add up
    assert found["heat_ratio@2"] == Decimal("0.25")
    assert "heat_ratio@1" not in found
    # unit 2: 2,000 × 0.5 × 0.99 × 44/12 = 3,630 t; × (1 − 0.25) / 1,800 = 1.5125
    assert found["supply_intensity@2"] == Decimal("1.5125")
    assert found["own_use"] == over("300", "3000")


def test_moisture_that_contradicts_itself_is_refused():
    wet = (datum("FC", "t", 1), datum("C_ad", "%", 60))
    below = coal(*wet, datum("M_ar", "%", 3), datum("M_ad", "%", 4))
    assert code(lambda: power(below)) == "CW-5254"


@pytest.mark.parametrize(
    "data",
    [
        (datum("FC", "t", 1), datum("C_ar", "tC/t", 58)),  # a percentage as a fraction
        (datum("FC", "t", 1), datum("C_ad", "1", 58), datum("M_ar", "%", 9), datum("M_ad", "%", 3)),
        (datum("FC", "t", 1), datum("NCV_ar", "GJ/t", 20000)),  # kJ/kg as GJ/t
        (datum("FC", "t", 1), datum("NCV_ar", "GJ/t", "0.02")),
        (datum("FC", "t", 1), datum("C_d", "%", 65), datum("M_ar", "1", 12)),
    ],
)
def test_slips_of_coal_are_refused(data: tuple[Datum, ...]):
    assert code(lambda: power(coal(*data))) == "CW-5243"


def test_prescribed_figures_of_coal_may_not_be_given():
    assert code(lambda: power(coal(datum("FC", "t", 1), datum("OF", "1", "0.9")))) == "CW-5248"


def test_coal_without_carbon_and_heating_value_is_refused():
    assert code(lambda: power(coal(datum("FC", "t", 1)))) == "CW-5250"


def test_coal_does_not_pass_as_another_fuel():
    other = Stream("x", "fuel", "bituminous", data=(datum("FC", "t", 1),))
    assert code(lambda: power(other)) == "CW-5241"


# Cement


OXIDES = (datum("FR1", "%", 65), datum("FR10", "%", 1), datum("FR2", "%", 2), datum("FR20", "%", "0.5"))


def test_calcination_from_the_oxides():
    # (1,000 + 10 + 5) × ((0.65 − 0.01) × 44/56 + (0.02 − 0.005) × 44/40)
    # = 1,015 × (0.64 × 11/14 + 0.0165) = 1,015 × 7.04/14 + 16.7475 = 510.4 + 16.7475 = 527.1475
    data = (datum("Q", "t", 1000), datum("Q_ckd", "t", 10), datum("Q_bypass", "t", 5), *OXIDES)
    for name in ("cement@2015.1", "guangdong-cement@2022.1"):
        assert one(name, "clinker", *data) == Decimal("527.1475")


def test_calcination_closes_with_the_published_factor_of_clinker():
    # IPCC: 65 % CaO, 2 % of dust: 0.65/0.5603 × 0.43971 × 1.02 = 0.5203; by whole molar masses 0.5209
    data = (datum("Q", "t", 100), datum("Q_ckd", "t", 2), datum("FR1", "%", 65), datum("FR2", "%", 0))
    assert abs(one("cement@2015.1", "clinker", *data) / 100 - Decimal("0.5203")) < Decimal("0.001")


def test_the_ipcc_estimate_stands_beside_and_is_not_counted():
    found = work("cement@2015.1", Stream("kiln", "clinker", data=(datum("Q", "t", 1000), *OXIDES)))
    check = next(s for s in found.streams if s.component == "clinker_ipcc")
    assert check.stream == "kiln~clinker_ipcc"
    assert check.emissions == Decimal(520)  # 1,000 × 0.52
    assert not check.counted
    # 1,000 × (0.64 × 11/14 + 0.0165) = (7,040 + 231)/14
    assert found.emissions == over("7271", "14")


def test_carbon_of_the_raw_meal():
    # 1,500 × 0.001 × 44/12 = 5.5; with gangue 0.3 %: 16.5
    assert one("cement@2015.1", "raw_meal_carbon", datum("Q", "t", 1500)) == Decimal("5.5")
    assert one(
        "cement@2015.1", "raw_meal_carbon", datum("Q", "t", 1500), datum("FR0", "%", "0.3")
    ) == Decimal("16.5")


def test_alternative_fuel_counts_its_fossil_share():
    # tyres: 100 × 31.4 × 0.085 × 0.20 = 53.38
    assert one("cement@2015.1", "alternative_fuel", datum("FC", "t", 100), item="tyres") == Decimal("53.38")


def test_clinker_of_the_newer_text_less_its_alternative_raw_materials():
    line = (
        Stream("k1", "clinker", "portland", facility="1", data=(datum("Q", "t", 1000),)),
        Stream("s1", "alternative_raw", "carbide_slag", facility="1", data=(datum("Q", "t", 100),)),
    )
    # 1,000 × 0.535 − 100 × 0.480 = 487
    assert work("cement@2024.1", *line).emissions == Decimal(487)


def test_no_month_of_a_line_comes_below_zero():
    line = (
        Stream("k", "clinker", "portland", facility="1", data=(datum("Q", "t", months=months(100, 100, 0)),)),
        Stream(
            "a",
            "alternative_raw",
            "carbide_slag",
            facility="1",
            data=(datum("Q", "t", months=months(50, 150, 10)),),
        ),
    )
    # January 53.5 − 24 = 29.5; February 53.5 − 72 → 0; then nothing made, nothing taken off
    assert work("cement@2024.1", *line).emissions == Decimal("29.5")


def test_a_deduction_stays_on_its_line():
    line = (
        Stream("k", "clinker", "portland", facility="1", data=(datum("Q", "t", 100),)),
        Stream("a", "alternative_raw", "carbide_slag", facility="2", data=(datum("Q", "t", 50),)),
    )
    assert code(lambda: work("cement@2024.1", *line)) == "CW-5280"
    other = Stream("k2", "clinker", "portland", facility="2", data=(datum("Q", "t", 10),))
    # line 1: 53.5; line 2: 5.35 − 24 → 0
    assert work("cement@2024.1", *line, other).emissions == Decimal("53.5")


def test_kilns_burn_solid_fuels_to_99_percent():
    data = (datum("FC", "t", 100), datum("NCV", "GJ/t", 20), datum("CC", "tC/GJ", "0.026"))
    # 100 × 20 × 0.026 × 0.99 × 44/12 = 188.76
    assert one("cement@2024.1", "fuel", *data, item="bituminous") == Decimal("188.76")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((datum("FR1", "1", 65), datum("FR2", "1", "0.02")), "CW-5243"),
        ((datum("FR1", "t", 65), datum("FR2", "1", "0.02")), "CW-5255"),
        ((datum("FR1", "%", 65), datum("FR10", "%", 66), datum("FR2", "1", "0.02")), "CW-5254"),
        ((datum("FR1", "%", 65),), "CW-5250"),
    ],
)
def test_slips_of_clinker_are_refused(data: tuple[Datum, ...], expected: str):
    assert code(lambda: one("cement@2015.1", "clinker", datum("Q", "t", 1), *data)) == expected


def test_a_clinker_is_no_alternative_raw_material():
    done = lambda: one("cement@2024.1", "alternative_raw", datum("Q", "t", 1), item="portland")  # noqa: E731
    assert code(done) == "CW-5241"


# Steel


@pytest.mark.parametrize(
    ("component", "item", "expected"),
    [
        ("flux", "limestone", "440"),
        ("flux", "dolomite", "471"),
        ("electrode", "electrode", "3663"),
        ("bought_carbon", "pig_iron", "172"),
        ("bought_carbon", "dri", "73"),
        ("fixed_carbon", "pig_iron", "-172"),
    ],
)
@pytest.mark.parametrize("name", ["steel@2015.1", "steel@2025.1", "guangdong-steel@2022.1"])
def test_materials_of_steel(name: str, component: str, item: str, expected: str):
    assert one(name, component, datum("P", "kt", 1), item=item) == Decimal(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("steel@2015.1", "-15.4"), ("guangdong-steel@2022.1", "-15.4"), ("steel@2025.1", "-37")],
)
def test_the_carbon_of_crude_steel_depends_on_the_text(name: str, expected: str):
    # 1,000 t × 0.0154 or 0.037; the difference is 0.0216 per t
    assert one(name, "fixed_carbon", datum("P", "t", 1000), item="crude_steel") == Decimal(expected)


def test_by_products_of_coking_keep_carbon():
    assert one("steel@2025.1", "fixed_carbon", datum("P", "t", 100), item="coal_tar") == Decimal("-269.9")
    # closes with 33.453 GJ/t × 0.022 tC/GJ × 44/12 = 2.69854
    assert abs(Decimal("33.453") * Decimal("0.022") * 44 / 12 - Decimal("2.699")) < Decimal("0.001")


def test_measured_carbon_of_a_material_goes_before_the_factor():
    # 100 × 0.04 × 44/12 = 14.666…
    found = one(
        "steel@2025.1", "bought_carbon", datum("P", "t", 100), datum("C", "tC/t", "0.04"), item="pig_iron"
    )
    assert found == over("44", "3")


def test_a_material_of_its_own_needs_its_carbon():
    assert code(lambda: one("steel@2015.1", "bought_carbon", datum("P", "t", 1), item="other")) == "CW-5250"


def test_coke_closes_with_the_published_factor():
    # 28.435 × 0.02942 × 0.93 × 44/12 = 2.8526, published 2.853
    found = one("steel@2025.1", "fuel", datum("FC", "t", 1), item="coke")
    assert abs(found - Decimal("2.853")) < Decimal("0.001")


def test_more_kept_than_came_in_is_refused():
    stream = Stream("steel", "fixed_carbon", "crude_steel", data=(datum("P", "t", 1000),))
    assert code(lambda: work("steel@2015.1", stream)) == "CW-5252"


def test_steel_beside_the_ipcc():
    outputs = (datum("coke", "t", 100), datum("bof", "t", 1000), datum("eaf", "t", 100))
    stream = Stream("lime", "flux", "limestone", data=(datum("P", "t", 1),))
    found = work("steel@2015.1", stream, outputs=outputs)
    # 0.56 × 100 + 1.46 × 1,000 + 0.08 × 100 = 1,524
    assert found.indicators["ipcc_tier1"] == Decimal(1524)
    assert found.emissions == Decimal("0.44")
    assert found.processes == {"steel_coking": 100, "steel_bof": 1000, "steel_eaf": 100}


# Petrochemicals


PETROCHEM = "petrochem@2015.1"


def test_coke_burned_off_the_catalyst():
    # 300 × 1.0 × 0.98 × 44/12 = 1,078
    assert one(PETROCHEM, "catalyst_coke", datum("MC", "t", 300)) == Decimal(1078)


def test_regeneration_of_a_reforming_catalyst():
    # 95 × (1 − 0.05) × (0.05/0.95 − 0.02/0.98) × 44/12 = (95 × 0.05 − 95 × 0.95 × 0.02/0.98) × 44/12
    # = (4.75 − 1.805/0.98) × 44/12 = (4.655 − 1.805)/0.98 × 44/12 = 2.85/0.98 × 44/12 = 125.4/11.76
    data = (datum("MC", "t", 95), datum("CF_before", "%", 5), datum("CF_after", "%", 2))
    assert abs(one(PETROCHEM, "reforming", *data) - over("125.4", "11.76")) < Decimal("1e-45")


def test_a_catalyst_does_not_gain_carbon():
    data = (datum("MC", "t", 95), datum("CF_before", "%", 2), datum("CF_after", "%", 5))
    assert code(lambda: one(PETROCHEM, "reforming", *data)) == "CW-5254"


def test_hydrogen_by_carbon_balance():
    # (100 × 0.84 − 10 × 2.4 − 5 × 0.6) × 44/12 = (84 − 24 − 3) × 44/12 = 209
    data = (
        datum("F", "t", 100), datum("C_F", "tC/t", "0.84"), datum("SG", "10^4 Nm3", 10),
        datum("C_SG", "tC/10^4 Nm3", "2.4"), datum("R", "t", 5), datum("C_R", "tC/t", "0.6"),
    )  # fmt: skip
    assert one(PETROCHEM, "hydrogen", *data) == Decimal(209)
    # gas: 20 × 5.4 × 44/12 = 396
    gas = (datum("FV", "10^4 Nm3", 20), datum("C_FV", "tC/10^4 Nm3", "5.4"))
    assert one(PETROCHEM, "hydrogen", *gas) == Decimal(396)


def test_more_carbon_out_than_in_is_refused():
    data = (
        datum("F", "t", 100),
        datum("C_F", "tC/t", "0.1"),
        datum("SG", "10^4 Nm3", 10),
        datum("C_SG", "tC/10^4 Nm3", 2),
    )
    assert code(lambda: one(PETROCHEM, "hydrogen", *data)) == "CW-5254"


def test_calcined_coke():
    # (1,000 × 0.90 − (750 + 10) × 0.98) × 44/12 = (900 − 744.8) × 44/12 = 155.2 × 44/12
    data = (
        datum("M_in", "t", 1000),
        datum("C_in", "tC/t", "0.9"),
        datum("M_out", "t", 750),
        datum("M_dust", "t", 10),
        datum("C_out", "tC/t", "0.98"),
    )
    assert one(PETROCHEM, "calcined_coke", *data) == over("6828.8", "12")


def test_decoking_of_ethylene_furnaces():
    # 10,000 Nm3/h × 100 h × (8 % + 2 %) × 19.7e-4 t/Nm3 = 197
    data = (datum("G", "Nm3/h", 10000), datum("T", "h", 100), datum("y_CO2", "%", 8), datum("y_CO", "%", 2))
    assert one(PETROCHEM, "decoking", *data) == Decimal(197)


def test_ethylene_oxide():
    # (1,000 × 0.856 − 1,200 × 0.545) × 44/12 = (856 − 654) × 44/12 = 202 × 44/12
    assert one(PETROCHEM, "ethylene_oxide", datum("RE", "t", 1000), datum("EO", "t", 1200)) == over(
        "8888", "12"
    )


def test_oxidised_asphalt():
    assert one(PETROCHEM, "asphalt", datum("Q", "t", 1000)) == Decimal(50)


def test_flare_in_normal_running():
    # 10 × (6 × 0.98 × 44/12 + 0.1 × 19.7) = 10 × (21.56 + 1.97) = 235.3
    data = (datum("Q", "10^4 Nm3", 10), datum("C", "tC/10^4 Nm3", 6), datum("y", "%", 10))
    assert one(PETROCHEM, "flare", *data) == Decimal("235.3")


def test_flare_of_an_accident():
    # 2 × 10^4 Nm3/h × 14 h × 1.6 × 0.98 × 44/22.4 × 10 = 2 × 14 × 1.6 × 0.98 × 440/22.4 = 862.4
    data = (datum("G", "10^4 Nm3/h", 2), datum("T", "h", 14), datum("n", "1", "1.6"))
    assert one(PETROCHEM, "flare_accident", *data) == Decimal("862.4")


def test_co2_passed_on_is_taken_off():
    # 10 × 0.99 × 19.7 = 195.03; by mass 100 × 0.995 = 99.5
    volume = (datum("V", "10^4 Nm3", 10), datum("y", "%", 99))
    assert one(PETROCHEM, "transferred_co2", *volume) == Decimal("-195.03")
    mass = (datum("M", "t", 100), datum("w", "tCO2/t", "0.995"))
    assert one(PETROCHEM, "transferred_co2", *mass) == Decimal("-99.5")


def test_the_density_of_co2_closes_with_its_molar_volume():
    # 44.01 kg/kmol over 22.414 Nm3/kmol = 1.9635 kg/Nm3 = 19.64 t per 10^4 Nm3; the texts say 19.7
    assert abs(Decimal("44.01") / Decimal("22.414") * 10 - Decimal("19.7")) < Decimal("0.07")


# Chemicals


CHEMICALS = "chemicals@2015.1"


def test_carbon_balance_of_chemicals():
    streams = (
        Stream("feed", "carbon_in", "methanol", data=(datum("AD", "t", 1000),)),
        Stream(
            "gas", "carbon_in", "gas", data=(datum("AD", "10^4 Nm3", 10), datum("C", "tC/10^4 Nm3", "5.4"))
        ),
        Stream("out", "carbon_out", "other", data=(datum("AD", "t", 200), datum("C", "tC/t", "0.5"))),
    )
    # (375 + 54 − 100) × 44/12 = 329 × 44/12 = 1,206.33…
    assert abs(work(CHEMICALS, *streams).emissions - over("14476", "12")) < Decimal("1e-45")


def test_nitrous_oxide_of_nitric_acid_with_destruction_and_the_old_potential():
    # 10,000 × 0.0139 × (1 − 0.9 × 0.95) = 139 × 0.145 = 20.155 tN2O; × 310 = 6,248.05
    data = (datum("Q", "t", 10000), datum("eta", "%", 90), datum("mu", "%", 95))
    found = work(CHEMICALS, Stream("acid", "nitric_acid", "high_pressure", data=data))
    assert found.streams[0].gas_t == Decimal("20.155")
    assert found.emissions == Decimal("6248.05")


def test_nitrous_oxide_of_adipic_acid():
    # 100 × 0.300 × 310 = 9,300
    assert one(CHEMICALS, "adipic_acid", datum("Q", "t", 100), item="nitric_oxidation") == Decimal(9300)


@pytest.mark.parametrize(
    ("item", "molar_carbon", "molar_mass"),
    [
        ("ethylene", "24.022", "28.054"), ("methanol", "12.011", "32.042"),
        ("ethylene_oxide", "24.022", "44.053"), ("ethylene_glycol", "24.022", "62.068"),
        ("propane", "36.033", "44.097"), ("methane", "12.011", "16.043"), ("urea", "12.011", "60.056"),
        ("vcm", "24.022", "62.498"), ("edc", "24.022", "98.959"), ("butadiene", "48.044", "54.092"),
        ("hydrogen_cyanide", "12.011", "27.026"), ("acetonitrile", "24.022", "41.053"),
    ],
)  # fmt: skip
def test_carbon_contents_close_with_molar_masses(item: str, molar_carbon: str, molar_mass: str):
    found = table("chemicals-carbon@1").factor(item, "cc").value
    assert abs(found - Decimal(molar_carbon) / Decimal(molar_mass)) < Decimal("0.0025")


@pytest.mark.parametrize(
    ("item", "printed", "by_chemistry"), [("ethane", "0.856", "0.799"), ("acrylonitrile", "0.6664", "0.679")]
)
def test_rows_that_do_not_close_are_flagged(item: str, printed: str, by_chemistry: str):
    # ethane 24.022/30.070 = 0.7989; acrylonitrile 36.033/53.064 = 0.6790
    found = table("chemicals-carbon@1").factor(item, "cc")
    assert found.value == Decimal(printed)
    assert by_chemistry in found.citation.note


# Paper


def test_limestone_of_paper_nationally_and_in_guangdong():
    # 1,000 × 0.405; 1,000 × 0.95 × 0.440
    assert one("paper@2015.1", "limestone", datum("Q", "t", 1000)) == Decimal(405)
    assert one(
        "guangdong-paper@2022.1", "limestone", datum("Q", "t", 1000), datum("PUR", "%", 95)
    ) == Decimal(418)


WASTE = (
    datum("W", "10^4 m3", 10),
    datum("COD_in", "kgCOD/m3", 5),
    datum("COD_out", "kgCOD/m3", 1),
    datum("S", "kgCOD", 80000),
)


def test_methane_of_waste_water_with_the_potential_of_its_text():
    # (100,000 × 4 − 80,000) × 0.25 × 0.5 / 1,000 = 40 tCH4; × 21 = 840
    found = work("paper@2015.1", Stream("ww", "wastewater", "paper", data=WASTE))
    assert found.streams[0].gas_t == 40
    assert found.emissions == 840


def test_guangdong_counts_no_methane():
    streams = (
        Stream("ww", "wastewater", "paper", data=WASTE),
        Stream("lime", "limestone", data=(datum("Q", "t", 1000), datum("PUR", "%", 95))),
    )
    found = work("guangdong-paper@2022.1", *streams)
    assert found.streams[0].emissions == 840
    assert found.emissions == 418


def test_waste_water_that_gains_cod_is_refused():
    data = (datum("W", "m3", 10), datum("COD_in", "kgCOD/m3", 1), datum("COD_out", "kgCOD/m3", 5))
    assert code(lambda: one("paper@2015.1", "wastewater", *data, item="paper")) == "CW-5254"


def test_no_more_methane_is_recovered_than_is_made():
    # 40 tCH4 are made (above): 40,000 kg may be recovered, and leave nothing
    assert one("paper@2015.1", "wastewater", *WASTE, datum("R", "kgCH4", 40_000), item="paper") == 0
    more = (*WASTE, datum("R", "tCH4", "40.001"))
    assert code(lambda: one("paper@2015.1", "wastewater", *more, item="paper")) == "CW-5254"


# Aviation


@pytest.mark.parametrize("name", ["aviation@2018.1", "guangdong-aviation@2022.1"])
def test_jet_fuel_closes_with_the_published_factor(name: str):
    # 44.1 × 0.0195 × 1 × 44/12 = 3.15315
    assert one(name, "domestic", datum("FC", "t", 1), item="jet_kerosene") == Decimal("3.15315")


def test_only_domestic_flights_count_and_only_fossil_fuel():
    streams = (
        Stream("cn", "domestic", "jet_kerosene", data=(datum("FC", "t", 1000), datum("bio", "%", 10))),
        Stream("abroad", "international", "jet_kerosene", data=(datum("FC", "t", 500),)),
        Stream("trucks", "fuel", "diesel", data=(datum("FC", "t", 10),)),
        Stream("power", "electricity", data=(datum("bought", "MWh", 100),)),
    )
    found = work("aviation@2018.1", *streams, outputs=(datum("narrow", "t*km", 10**7),))
    assert found.emissions == Decimal("2837.835")  # 1,000 × 0.9 × 3.15315
    assert found.streams[1].emissions == Decimal("1576.575")
    assert [s.counted for s in found.streams[:4]] == [True, False, False, False]
    # 2,837.835 / 1,000 (10^4 tkm)
    assert found.indicators["intensity"] == Decimal("2.837835")
    assert found.processes == {"aviation_narrow": 1000}
    # IPCC: 900 × 44.1 × 0.0715 = 2,837.835: 71.5 kg/GJ is 19.5 × 44/12
    assert found.streams[4].emissions == Decimal("2837.835")


# Ceramics


@pytest.mark.parametrize("name", ["ceramics@2021.1", "guangdong-ceramics@2022.1"])
def test_carbonates_of_ceramic_raw_materials(name: str):
    # 1,000 × 0.90 × (0.05 × 0.4397 + 0.02 × 0.5220) = 900 × 0.032425 = 29.1825
    data = (datum("Q", "t", 1000), datum("w_CaCO3", "%", 5), datum("w_MgCO3", "%", 2))
    assert one(name, "raw_material", *data) == Decimal("29.1825")


def test_carbonates_are_no_more_than_the_material():
    data = (datum("Q", "t", 1), datum("w_CaCO3", "%", 70), datum("w_MgCO3", "%", 40))
    assert code(lambda: one("ceramics@2021.1", "raw_material", *data)) == "CW-5254"


def test_fuel_known_by_its_heat():
    # 1,000 GJ × 0.026 × 0.9 × 44/12 = 85.8
    data = (datum("H", "TJ", 1), datum("CC", "tC/GJ", "0.026"), datum("OF", "%", 90))
    assert one("ceramics@2021.1", "measured_heat", *data, item="bituminous") == Decimal("85.8")


# All of them


GUANGDONG = ["cement", "steel", "petrochem", "paper", "ceramics", "power"]


@pytest.mark.parametrize("sector", GUANGDONG)
def test_guangdong_keeps_one_factor_for_electricity(sector: str):
    # 1,000 × 0.6379
    name = f"guangdong-{sector}@2022.1"
    assert one(name, "electricity", datum("bought", "MWh", 1000), area="") == Decimal("637.9")


def test_the_nation_takes_the_factor_of_area_and_year():
    # Guangdong 2023: 0.4419
    assert one("cement@2015.1", "electricity", datum("bought", "MWh", 1000)) == Decimal("441.9")


def test_green_power_is_off_and_takes_off_no_more_than_was_bought():
    streams = (
        Stream("grid", "electricity", data=(datum("bought", "MWh", 1000),)),
        Stream("green", "green_power", data=(datum("certificates", "MWh", 1500),)),
        Stream("lime", "flux", "limestone", data=(datum("P", "t", 10),)),
    )
    name = "guangdong-steel@2022.1"
    assert code(lambda: work(name, *streams)) == "CW-5253"
    found = work(name, *streams, switches=frozenset({"green_power"}))
    assert found.emissions == Decimal("4.4")
    some = (streams[0], Stream("green", "green_power", data=(datum("certificates", "MWh", 400),)))
    # (1,000 − 400) × 0.6379
    assert work(name, *some, switches=frozenset({"green_power"})).emissions == Decimal("382.74")


def test_biomass_is_shown_and_not_counted():
    # 100 × 15.6 × 0.0305 × 44/12 = 174.46
    streams = (
        Stream("chips", "biomass", "wood", data=(datum("FC", "t", 100),)),
        Stream("lime", "limestone", data=(datum("Q", "t", 1000),)),
    )
    found = work("paper@2015.1", *streams)
    assert found.streams[0].emissions == Decimal("174.46")
    assert found.emissions == Decimal(405)


@pytest.mark.parametrize("sector", GUANGDONG[:5])
def test_an_ipcc_estimate_stands_beside_fuels(sector: str):
    gas = Stream(
        "gas", "fuel", "natural_gas", data=(datum("FC", "10^4 Nm3", 1), datum("NCV", "GJ/10^4 Nm3", 400))
    )
    found = work(f"guangdong-{sector}@2022.1", gas)
    check = found.streams[1]
    assert (check.component, check.counted) == ("fuel_ipcc", False)
    assert check.emissions == Decimal("22.44")  # 400 × 0.0153 × 44/12


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((datum("FC", "t", 1), datum("OF", "1", "1.01")), "CW-5243"),
        ((datum("FC", "t", 1), datum("OF", "1", 98)), "CW-5243"),
        ((datum("FC", "t", 1), datum("C", "tC/t", 60)), "CW-5243"),
        ((datum("FC", "t", 1), datum("NCV", "GJ/t", 23000)), "CW-5243"),
        ((datum("FC", "m3", 1),), "CW-5255"),
        ((datum("FC", "10^4 Nm3", 1),), "CW-5255"),
        ((datum("FC", "t", 1), datum("CC", "GJ/t", 1)), "CW-5255"),
    ],
)
@pytest.mark.parametrize("name", ["steel@2015.1", "guangdong-cement@2022.1", "petrochem@2015.1"])
def test_slips_of_fuels_are_refused(name: str, data: tuple[Datum, ...], expected: str):
    assert code(lambda: one(name, "fuel", *data, item="diesel")) == expected


def test_a_gas_heating_value_in_the_wrong_count_is_refused():
    # 38.931 MJ/Nm3 given as GJ per Nm3 is 10,000 times too much per 10^4 Nm3
    data = (datum("FC", "10^4 Nm3", 1), datum("NCV", "GJ/Nm3", "38.931"))
    assert code(lambda: one("steel@2015.1", "fuel", *data, item="natural_gas")) == "CW-5243"
    right = (datum("FC", "Nm3", 10000), datum("NCV", "MJ/Nm3", "38.931"))
    # 389.31 × 0.0153 × 0.99 × 44/12 = 21.62188809
    assert one("steel@2015.1", "fuel", *right, item="natural_gas") == Decimal("21.62188809")
