"""Methods of services, transport, electronics, grids and aluminium; numbers by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.refusal import BadInput
from capwright.mrv.library import load_method_text, method, methods, table
from capwright.scheme.loader import load_scheme
from tests.mrv_reports import code, near, of, over_12, power, stream, work
from tests.mrv_worlds import datum

SERVICES = ("textile", "data-centre", "public-building", "port", "airport")
MINE = (
    *(f"{name}@2022.1" for name in SERVICES),
    *(f"guangdong-{name}@2022.1" for name in SERVICES),
    "road-transport@2015.1",
    "semiconductor@2015.1",
    "grid-sf6@2015.1",
    "aluminium@2024.1",
    "eu-calculation@2018.1",
    "eu-measurement@2018.1",
    "eu-measurement@2021.1",
    "eu-pfc@2018.1",
    "eu-pfc@2021.1",
    "eu-fallback@2018.1",
)


# All of them.


@pytest.mark.parametrize("name", MINE)
def test_a_method_says_what_it_is_for(name):
    body = method(name).body
    assert name in methods()
    for text in (body.en, body.zh, body.standard_en, body.standard_zh, body.boundary_en, body.boundary_zh):
        assert text
    assert body.gwp in {
        column.code for column in method(name).tables.get("gwp", table("gwp-ipcc@1")).body.columns
    }


def test_outputs_feed_processes_of_the_scheme_in_its_units():
    known = {p.code: p for p in load_scheme("guangdong-2023").body.allocation.processes}
    sectors = {s.code for s in load_scheme("guangdong-2023").body.coverage.sectors}
    fed = set()
    for name in SERVICES:
        body = method(f"guangdong-{name}@2022.1").body
        if name != "public-building":  # not covered in 2023
            assert set(body.sectors) <= sectors
        for output in body.outputs:
            if output.process:
                fed.add(output.process)
                assert known[output.process].activity_unit == output.unit
    assert fed == {"textile", "data_centre", "ports", "airports"}


def test_percent_for_fraction_and_unknown_units_are_refused_everywhere():
    """Every fraction of every method: 101 as a fraction is refused, and so is another dimension."""
    seen = 0
    for name in MINE:
        made = method(name)
        outputs = tuple(datum(o.code, o.unit, 1) for o in made.body.outputs if o.required)
        for component in made.body.components:
            item = component.items[0] if component.items else ""
            if component.table and not item:
                item = made.tables[component.table].body.items[0].code
            for symbol in component.symbols:
                if symbol.unit != "1" or symbol.fixed:
                    continue
                place = (name, component.code, symbol.code)
                slip = stream(component.code, item, datum(symbol.code, "1", 101))
                assert code(lambda s=slip, n=name, o=outputs: work(n, s, outputs=o)) == "CW-5243", place
                wrong = stream(component.code, item, datum(symbol.code, "GJ", 1))
                assert code(lambda s=wrong, n=name, o=outputs: work(n, s, outputs=o)) == "CW-5255", place
                seen += 1
    assert seen > 40


# Services.


def test_guangdong_keeps_its_factor_whatever_the_year_and_area():
    for name in SERVICES:
        outputs = {
            "data-centre": (datum("it_electricity", "MWh", 1),),
            "public-building": (datum("floor_area", "m2", 100_000),),
        }.get(name, ())
        for year in (2013, 2022, 2030):
            found = work(f"guangdong-{name}@2022.1", power(1000), year=year, area="beijing", outputs=outputs)
            # 1,000 × 0.6379
            assert found.emissions == Decimal("637.9")


@pytest.mark.parametrize(
    ("year", "expected"),
    # 1,000 MWh in Guangdong: 0.4715, 0.4403, 0.4419; of 2024 nothing is announced, so the last one holds
    [(2021, "471.5"), (2022, "440.3"), (2023, "441.9"), (2024, "441.9")],
)
def test_elsewhere_the_factor_is_that_of_area_and_year(year, expected):
    assert work("textile@2022.1", power(1000), year=year, area="guangdong").emissions == Decimal(expected)


def test_without_an_area_or_before_the_first_factor_there_is_no_figure():
    assert code(lambda: work("textile@2022.1", power(1000))) == "CW-5259"
    assert code(lambda: work("textile@2022.1", power(1000), year=2019, area="guangdong")) == "CW-5250"
    assert code(lambda: work("textile@2022.1", power(1000), area="atlantis")) == "CW-5220"


def test_a_textile_mill_burns_gas_and_buys_power_and_steam():
    gas = stream(
        "fuel", "natural_gas",
        datum("FC", "10^4 Nm3", 50), datum("NCV", "GJ/10^4 Nm3", "389.31"),
        datum("CC", "tC/GJ", "0.0153"), datum("OF", "%", 99),
    )  # fmt: skip
    steam = stream("heat", "", datum("bought", "GJ", 20_000), datum("sold", "GJ", 2_000))
    found = work(
        "guangdong-textile@2022.1", gas, power(3_000), steam,
        outputs=(datum("product", "t", 4_000), datum("fabric", "10^4 m", 1_000)),
    )  # fmt: skip
    # 50 × 389.31 × 0.0153 × 0.99 × 44/12 = 50 × 21.62188809 = 1,081.0944045; published 21.622 per 10^4 Nm3
    assert near(of(found, "fuel")) == Decimal("1081.094404")
    # 3,000 × 0.6379 = 1,913.7; 18,000 × 0.11 = 1,980; together 4,974.7944045
    assert near(found.emissions, 7) == Decimal("4974.7944045")
    assert found.emissions_t == 4975
    # 4,974.7944045 / 4,000 and / 1,000
    assert near(found.indicators["per_t"], 7) == Decimal("1.2436986")
    assert near(found.indicators["per_10k_m"], 7) == Decimal("4.9747944")
    assert found.processes == {"textile": Decimal(4_000)}


def test_a_data_centre_has_pue_and_intensity():
    diesel = stream(
        "fuel", "diesel",
        datum("FC", "t", 2), datum("NCV", "GJ/t", "42.652"),
        datum("CC", "tC/GJ", "0.0202"), datum("OF", "1", "0.98"),
    )  # fmt: skip
    found = work(
        "guangdong-data-centre@2022.1", power("1000", "10^4 kWh"), diesel,
        outputs=(datum("it_electricity", "MWh", 6_250), datum("total_electricity", "kWh", 10_000_000)),
    )  # fmt: skip
    # 10,000 × 0.6379 = 6,379; 2 × 42.652 × 0.0202 × 0.98 × 44/12 = 2 × 3.095910 (published 3.0959 tCO2/t)
    assert near(of(found, "fuel") / 2, 4) == Decimal("3.0959")
    assert near(found.emissions, 2) == Decimal("6385.19")
    assert found.indicators["pue"] == Decimal("1.6")  # 10,000 / 6,250
    # (6,379 + 6.19182) / 6,250 tCO2/MWh = kgCO2/kWh
    assert near(found.indicators["per_it_electricity"], 5) == Decimal("1.02163")
    assert found.processes == {"data_centre": Decimal(6_250)}


@pytest.mark.parametrize(
    ("it", "total"),
    [
        (datum("it_electricity", "MWh", 10_000), datum("total_electricity", "MWh", 6_250)),  # swapped
        (datum("it_electricity", "MWh", 6_250), datum("total_electricity", "MWh", 10_000_000)),  # kWh as MWh
    ],
)
def test_an_impossible_pue_is_refused(it, total):
    assert code(lambda: work("guangdong-data-centre@2022.1", power(1), outputs=(it, total))) == "CW-5290"


def test_the_electricity_of_the_it_equipment_is_required():
    assert code(lambda: work("guangdong-data-centre@2022.1", power(1))) == "CW-5249"


def test_refrigerant_counts_nationally_and_is_shown_in_guangdong():
    leak = stream(
        "refrigerant", "HFC-134a", datum("refill", "kgHFC-134a", 100), datum("recovered", "kgHFC-134a", 20)
    )
    area = (datum("floor_area", "m2", 1_000),)
    # (100 − 20) kg × 1,300 = 104 tCO2e
    national = work("public-building@2022.1", leak, outputs=area)
    assert national.emissions == Decimal(104)
    local = work("guangdong-public-building@2022.1", leak, outputs=area)
    assert (local.emissions, of(local, "refrigerant")) == (Decimal(0), Decimal(104))


def test_more_recovered_than_refilled_and_plain_kilograms_are_refused():
    area = (datum("floor_area", "m2", 1_000),)
    more = stream(
        "refrigerant", "HFC-125", datum("refill", "kgHFC-125", 10), datum("recovered", "kgHFC-125", 11)
    )
    assert code(lambda: work("public-building@2022.1", more, outputs=area)) == "CW-5254"
    plain = stream("refrigerant", "HFC-125", datum("refill", "kg", 10))
    assert code(lambda: work("public-building@2022.1", plain, outputs=area)) == "CW-5255"


def test_a_building_by_floor_area():
    found = work(
        "guangdong-public-building@2022.1", power(5_000), outputs=(datum("floor_area", "10^4 m2", 5),)
    )
    # 5,000 × 0.6379 / 50,000 m2
    assert found.indicators["per_area"] == Decimal("0.06379")
    slip = (datum("floor_area", "m2", 5),)  # 10^4 m2 written as m2: 637.9 t per m2
    assert code(lambda: work("guangdong-public-building@2022.1", power(5_000), outputs=slip)) == "CW-5290"


def test_a_port_takes_off_what_ships_take_from_shore():
    shore = stream("shore_power", "", datum("sold", "MWh", 1_500))
    found = work(
        "guangdong-port@2022.1", power(20_000), shore,
        outputs=(datum("throughput", "10^4 t", 1_000), datum("containers", "TEU", 500_000)),
    )  # fmt: skip
    # (20,000 − 1,500) × 0.6379 = 11,801.15
    assert found.emissions == Decimal("11801.15")
    # per 10^4 t: / 1,000; per TEU: / 500,000
    assert found.indicators["per_10k_t"] == Decimal("11.80115")
    assert found.indicators["per_teu"] == Decimal("0.0236023")
    assert found.processes == {"ports": Decimal(10_000_000)}


def test_shore_power_takes_off_no_more_than_was_bought():
    shore = stream("shore_power", "", datum("sold", "MWh", 200))
    assert work("guangdong-port@2022.1", power(100), shore).emissions == 0


def test_shore_power_has_the_factor_of_the_electricity_it_was():
    shore = stream("shore_power", "", datum("sold", "MWh", 100))
    # (1,000 − 100) × 0.4403
    assert work("port@2022.1", power(1_000), shore, year=2022, area="guangdong").emissions == Decimal(
        "396.27"
    )


def test_an_airport_passes_electricity_on():
    bought = stream("electricity", "", datum("bought", "MWh", 10_000), datum("sold", "MWh", 4_000))
    found = work(
        "guangdong-airport@2022.1", bought,
        outputs=(datum("throughput", "t", 300_000), datum("passengers", "person", 2_000_000)),
    )  # fmt: skip
    # 6,000 × 0.6379 = 3,827.4
    assert found.emissions == Decimal("3827.4")
    assert found.indicators == {"per_t": Decimal("0.012758"), "per_passenger": Decimal("0.0019137")}


# Road transport.


def test_exhaust_gases_by_distance_with_the_mixed_set():
    fleet = (datum("N", "vehicle", 100), datum("L", "km/vehicle", 20_000))
    found = work(
        "road-transport@2015.1",
        stream("vehicle_ch4", "gasoline_car_cn4", *fleet),
        stream("vehicle_n2o", "gasoline_car_cn4", *fleet),
    )
    # 2,000,000 km × 57 mg = 0.114 t CH4 × 28 (AR5); × 6 mg = 0.012 t N2O × 273 (AR6)
    assert of(found, "vehicle_ch4") == Decimal("3.192")
    assert of(found, "vehicle_n2o") == Decimal("3.276")


def test_distance_may_be_given_whole():
    by_fleet = stream(
        "vehicle_ch4", "diesel_heavy", datum("N", "vehicle", 50), datum("L", "km/vehicle", 100_000)
    )
    whole = stream("vehicle_ch4", "diesel_heavy", datum("VKM", "10^4 km", 500))
    # 5,000,000 km × 175 mg = 0.875 t × 28 = 24.5
    for given_ in (by_fleet, whole):
        assert work("road-transport@2015.1", given_).emissions == Decimal("24.5")


def test_urea_and_electric_vehicles():
    found = work(
        "road-transport@2015.1", stream("urea", "", datum("M", "t", 10)), power(100), area="guangdong"
    )
    # 10 × 0.325 × 0.2 × 44/12 = 0.65 × 44/12; 100 × 0.4419
    assert of(found, "urea") == over_12("0.65")
    assert of(found, "electricity") == Decimal("44.19")


def test_a_vehicle_that_drives_too_far_or_has_no_factor_is_refused():
    metres = stream(
        "vehicle_ch4", "diesel_heavy", datum("N", "vehicle", 1), datum("L", "km/vehicle", 50_000_000)
    )
    assert code(lambda: work("road-transport@2015.1", metres)) == "CW-5243"
    unknown = stream("vehicle_n2o", "gas_heavy_cn4", datum("VKM", "km", 1))  # the table has methane only
    assert code(lambda: work("road-transport@2015.1", unknown)) == "CW-5250"


# Semiconductors.


def test_a_process_gas_brings_its_by_products_along():
    found = work("semiconductor@2015.1", stream("process_gas", "NF3", datum("FC", "kgNF3", 1_000)))
    # 0.9 × 1,000 × (1 − 0.80) × (1 − 0.90 × 0.95) = 900 × 0.2 × 0.145 = 26.1 kg NF3 × 16,100
    assert of(found, "process_gas") == Decimal("420.21")
    # 0.9 × 1,000 × 0.09 × (1 − 0.90 × 0.90) = 81 × 0.19 = 15.39 kg CF4 × 6,630
    assert of(found, "byproduct_cf4") == Decimal("102.0357")
    assert found.emissions == Decimal("522.2457")
    assert [s.stream for s in found.streams] == ["process_gas-NF3", "process_gas-NF3~byproduct_cf4"]


def test_a_gas_may_form_two_by_products():
    found = work("semiconductor@2015.1", stream("process_gas", "c-C4F8", datum("FC", "kgc-C4F8", 100)))
    # 0.9 × 100 × 0.1 × (1 − 0.81) = 1.71 kg of each: the gas itself, CF4 and C2F6
    assert of(found, "process_gas") == Decimal("16.3134")  # × 9,540
    assert of(found, "byproduct_cf4") == Decimal("11.3373")  # × 6,630
    assert of(found, "byproduct_c2f6") == Decimal("18.981")  # × 11,100
    assert found.emissions == Decimal("46.6317")


def test_a_by_product_that_was_measured_is_not_worked_out_again():
    gas = stream("process_gas", "NF3", datum("FC", "kgNF3", 1_000))
    measured = stream(
        "byproduct_cf4", "NF3", datum("FC", "kgNF3", 1_000), datum("B", "kgCF4/kgNF3", "0.05"),
        datum("aj", "%", 100), datum("dj", "%", 80),
    )  # fmt: skip
    found = work("semiconductor@2015.1", gas, measured)
    # 900 × 0.05 × (1 − 0.8) = 9 kg × 6,630
    assert of(found, "byproduct_cf4") == Decimal("59.67")
    assert found.emissions == Decimal("420.21") + Decimal("59.67")


def test_a_gas_that_counts_only_for_what_it_forms():
    found = work("semiconductor@2015.1", stream("byproduct_c3f8", "c-C4F8O", datum("FC", "kgc-C4F8O", 200)))
    # 0.9 × 200 × 0.04 × 0.19 = 1.368 kg C3F8 × 8,900
    assert found.emissions == Decimal("12.1752")


def test_consumption_follows_from_stocks():
    stocks = stream(
        "process_gas", "SF6", datum("opening", "kgSF6", 50), datum("bought", "kgSF6", 1_000),
        datum("closing", "kgSF6", 40), datum("sold", "kgSF6", 10),
    )  # fmt: skip
    # 1,000 kg: 900 × 0.2 × (1 − 0.81) = 34.2 kg × 23,500
    assert work("semiconductor@2015.1", stocks).emissions == Decimal("803.7")
    gone = stream(
        "process_gas", "SF6", datum("opening", "kgSF6", 5), datum("bought", "kgSF6", 5),
        datum("closing", "kgSF6", 10), datum("sold", "kgSF6", 1),
    )  # fmt: skip
    assert code(lambda: work("semiconductor@2015.1", gone)) == "CW-5254"


def test_a_gas_without_a_default_has_to_be_measured():
    fed = datum("FC", "kgCH2F2", 10)
    assert code(lambda: work("semiconductor@2015.1", stream("process_gas", "CH2F2", fed))) == "CW-5250"
    measured = stream(
        "process_gas", "CH2F2", fed, datum("U", "1", "0.9"), datum("a", "1", 0), datum("d", "1", 0)
    )
    # 9 × 0.1 = 0.9 kg × 677 = 0.6093; CF4: 9 × 0.08 × 0.19 = 0.1368 kg × 6,630
    assert work("semiconductor@2015.1", measured).emissions == Decimal("0.6093") + Decimal("0.906984")


def test_the_kilogram_of_another_gas_is_another_thing():
    other = stream("process_gas", "NF3", datum("FC", "kgSF6", 1))
    assert code(lambda: work("semiconductor@2015.1", other)) == "CW-5255"


@given(st.integers(1, 10**6), st.integers(1, 50))
def test_gases_are_linear_and_do_not_care_for_the_unit(amount, times):
    def emitted(value, unit):
        return work("semiconductor@2015.1", stream("process_gas", "C2F6", datum("FC", unit, value))).emissions

    once = emitted(amount, "kgC2F6")
    assert emitted(amount * 1000, "gC2F6") == once
    assert emitted(amount * times, "kgC2F6") == once * times


# Grids.


def test_sf6_and_losses_are_added_never_multiplied():
    found = work(
        "grid-sf6@2015.1",
        stream("sf6_retired", "", datum("cap", "kgSF6", 500), datum("rec", "kgSF6", 480)),
        stream("sf6_repaired", "", datum("cap", "kgSF6", 300), datum("rec", "kgSF6", 290)),
        stream(
            "grid_losses", "", datum("fed_in", "GWh", 1_000), datum("imported", "GWh", 200),
            datum("exported", "GWh", 50), datum("delivered", "GWh", 1_100),
        ),
        area="guangdong", outputs=(datum("delivered", "GWh", 1_100),),
    )  # fmt: skip
    # (20 + 10) kg × 23,900 = 717; (1,000 + 200 − 50 − 1,100) GWh = 50,000 MWh × 0.4419 = 22,095
    assert of(found, "sf6_retired") + of(found, "sf6_repaired") == Decimal(717)
    assert of(found, "grid_losses") == Decimal(22_095)
    assert found.emissions == Decimal(22_812)
    assert near(found.indicators["per_delivered"], 6) == Decimal("0.020738")


def test_gear_gives_back_no_more_than_it_held():
    more = stream("sf6_retired", "", datum("cap", "kgSF6", 10), datum("rec", "kgSF6", 11))
    assert code(lambda: work("grid-sf6@2015.1", more)) == "CW-5254"


def test_a_grid_delivers_no_more_than_it_takes():
    more = stream("grid_losses", "", datum("fed_in", "MWh", 10), datum("delivered", "MWh", 11))
    assert code(lambda: work("grid-sf6@2015.1", more, area="guangdong")) == "CW-5254"


# Aluminium.


def test_an_aluminium_smelter():
    made = datum("Al", "tAl", 100_000)
    found = work(
        "aluminium@2024.1",
        stream("anode", "", made), stream("pfc_cf4", "", made), stream("pfc_c2f6", "", made),
        outputs=(datum("aluminium", "tAl", 100_000), datum("smelting_electricity", "MWh", 1_350_000)),
    )  # fmt: skip
    # 100,000 × 0.411 × (1 − 0.02 − 0.004) × 44/12 = 40,113.6 × 44/12 = 147,083.2
    assert of(found, "anode") == Decimal("147083.2")
    assert of(found, "pfc_cf4") == Decimal(13_260)  # 0.02 kg → 2 t × 6,630
    assert of(found, "pfc_c2f6") == Decimal(1_221)  # 0.0011 kg → 0.11 t × 11,100
    assert found.indicators["electricity_per_t"] == Decimal("13.5")


def test_electricity_of_a_smelter_in_kwh_written_as_mwh_is_refused():
    outputs = (datum("aluminium", "tAl", 100), datum("smelting_electricity", "MWh", 1_350_000))
    anode = stream("anode", "", datum("Al", "tAl", 100))
    assert code(lambda: work("aluminium@2024.1", anode, outputs=outputs)) == "CW-5290"


def test_a_report_without_a_stream_is_no_report_of_nothing():
    assert code(lambda: work("aluminium@2024.1")) == "CW-5257"
    nothing = stream("anode", "", datum("Al", "tAl", 0))
    assert work("aluminium@2024.1", nothing).emissions_t == 0


# Tables and definitions.


def test_warming_potentials_agree_with_an_independent_package():
    independent = pytest.importorskip("globalwarmingpotentials").data
    names = {"c-C4F8": "cC4F8", "CHF3": "HFC23", "CH2F2": "HFC32"}
    columns = {"sar": "SARGWP100", "ar4": "AR4GWP100", "ar5": "AR5GWP100", "ar6": "AR6GWP100"}
    compared = 0
    for item in table("gwp-ipcc@1").body.items:
        for column, value in item.values.items():
            known = independent[columns[column]].get(names.get(item.code, item.code.replace("-", "")))
            if known is not None:
                assert float(value) == known, (item.code, column)
                compared += 1
    assert compared >= 50
    road = table("gwp-road@1")
    assert float(road.factor("CH4", "mixed").value) == independent["AR5GWP100"]["CH4"]
    assert float(road.factor("N2O", "mixed").value) == independent["AR6GWP100"]["N2O"]


def test_stoichiometric_factors_are_ratios_of_molar_masses():
    # CO2 44.01; CaCO3 100.09, MgCO3 84.31, Na2CO3 105.99, NaHCO3 84.01, BaCO3 197.34, Li2CO3 73.89,
    # K2CO3 138.21, SrCO3 147.63, FeCO3 115.86, CaO 56.08, MgO 40.30, BaO 153.33
    masses = {
        "CaCO3": 100.09, "MgCO3": 84.31, "Na2CO3": 105.99, "NaHCO3": 84.01, "BaCO3": 197.34, "Li2CO3": 73.89,
        "K2CO3": 138.21, "SrCO3": 147.63, "FeCO3": 115.86, "CaO": 56.08, "MgO": 40.30, "BaO": 153.33,
    }  # fmt: skip
    for substance, mass in masses.items():
        assert abs(float(table("eu-process@2018.1").factor(substance, "ef").value) - 44.01 / mass) < 0.001


GUESS = """
code = "guess"
version = "1"
en = "guess"
zh = "guess"
standard_en = "none"
standard_zh = "无"
source = "tests"
confidence = "default"
gwp = "ar7"

[tables]
gwp = "gwp-ipcc@1"
"""


def test_a_method_may_not_name_a_warming_set_that_its_table_has_not():
    with pytest.raises(BadInput, match="ar7"):
        load_method_text(GUESS)
