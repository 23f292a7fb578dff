"""Factor tables: every number has a source, closes against published constants, and never changes."""

import importlib.util
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import unit
from capwright.mrv.library import load_table_text, method, methods, table, tables

D = Decimal
ROOT = Path(__file__).parents[2]
FUELS = ("fuels-gbt-32151@2015.1", "fuels-guangdong@2022.1", "fuels-mee@2022.1", "fuels-ndrc-24@1")
OXIDISED = D(44) / 12


def value(name: str, item: str, column: str) -> Decimal:
    return table(name).factor(item, column).value


@pytest.fixture(scope="module")
def tool() -> Iterator[object]:
    spec = importlib.util.spec_from_file_location("mrv_reference", ROOT / "tools" / "mrv_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- every table ----


@pytest.mark.parametrize("name", tables())
def test_every_number_has_a_source_a_unit_and_names_in_both_languages(name):
    found = table(name)
    assert found.id == name  # a table stands in the file of its name
    codes = [item.code for item in found.body.items]
    assert len(codes) == len(set(codes))
    for named in (found.body, *found.body.columns, *found.body.items):
        assert named.en.strip()
        assert named.zh.strip()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found.body.zh)
    for item in found.body.items:
        for column in item.values:
            factor = found.factor(item.code, column)
            assert factor.citation.source.strip()
            assert factor.name == f"{name}/{item.code}/{column}"
            assert unit(factor.unit)
            assert factor.value.is_finite()
            assert factor.value >= 0


@pytest.mark.parametrize("name", tables())
def test_no_number_claims_to_be_official_unless_the_legal_text_was_read(name):
    # None was: every number came through another party's table, a recalculation, or memory.
    assert {c.confidence.value for c in table(name).citations.values()} <= {
        "secondary", "derived", "memory", "default",
    }  # fmt: skip


def test_what_a_table_lacks_is_refused_with_what_it_has():
    with pytest.raises(Refused, match="CW-5220") as refused:
        table("grid-china@2023.1").factor("taiwan", "2023")
    assert "guangdong" in refused.value.refusal.message()
    with pytest.raises(Refused, match="CW-5221"):  # the figures that circulate exceed the carbon of methane
        table("fuels-mee@2022.1").factor("lng", "cc")
    with pytest.raises(Refused, match="CW-5221"):  # depends on the equipment, belongs to the method
        table("fuels-mee@2022.1").factor("bituminous", "of")
    with pytest.raises(Refused, match="CW-5231"):
        table("fuels-martian@1")


# ---- closure against published constants ----


@pytest.mark.parametrize(
    ("name", "item", "published", "places"),
    [
        # tCO2 per unit burned, printed in the sector texts: NCV x CC x OF x 44/12 must give them back.
        ("fuels-ndrc-24@1", "natural_gas", "21.622", 3),  # reductant of the non-ferrous guideline
        ("fuels-gbt-32151@2015.1", "natural_gas", "21.622", 3),
        ("fuels-mee@2022.1", "natural_gas", "21.650", 3),
        ("fuels-mee@2022.1", "diesel", "3.0959", 4),
        ("fuels-mee@2022.1", "aviation_gasoline", "3.1025", 4),
        ("fuels-mee@2022.1", "jet_kerosene", "3.15315", 5),
        ("fuels-guangdong@2022.1", "jet_kerosene", "3.153", 3),
    ],
)
def test_a_fuel_gives_its_published_factor(name, item, published, places):
    found = value(name, item, "ncv") * value(name, item, "cc") * value(name, item, "of") * OXIDISED
    assert round(found, places) == D(published)


@pytest.mark.parametrize(
    ("ncv", "carbon_from", "item", "published"),
    [
        # The non-ferrous guideline has heating values of its own: 20.304 and 28.447 GJ/t.
        ("20.304", "fuels-gbt-32151@2015.1", "anthracite", "1.924"),
        ("28.447", "fuels-ndrc-24@1", "coke", "2.862"),
    ],
)
def test_the_reductants_of_non_ferrous_metals_close(ncv, carbon_from, item, published):
    cc, of = value(carbon_from, item, "cc"), value(carbon_from, item, "of")
    assert round(D(ncv) * cc * of * OXIDISED, 3) == D(published)


def test_coke_closes_at_93_per_cent_oxidation():
    ncv, cc = value("fuels-mee@2022.1", "coke", "ncv"), value("fuels-mee@2022.1", "coke", "cc")
    assert round(ncv * cc * D("0.93") * OXIDISED, 3) == D("2.853")


@pytest.mark.parametrize("name", ["fuels-gbt-32151@2015.1", "fuels-mee@2022.1", "fuels-ndrc-24@1"])
def test_coal_tar_closes_without_oxidation(name):
    found = value(name, "coal_tar", "ncv") * value(name, "coal_tar", "cc") * OXIDISED
    assert round(found, 3) == D("2.699")
    assert value("steel-materials@2025.1", "coal_tar", "ef") == D("2.699")


def test_jet_kerosene_is_near_corsia_and_the_eu():
    ncv, cc = (
        value("fuels-mee@2022.1", "jet_kerosene", "ncv"),
        value("fuels-mee@2022.1", "jet_kerosene", "cc"),
    )
    for elsewhere in (D("3.16"), D("3.15")):
        assert abs(ncv * cc * OXIDISED / elsewhere - 1) < D("0.003")


@pytest.mark.parametrize("name", FUELS)
def test_no_fuel_holds_more_carbon_than_it_can(name):
    # tC/t: coal and coke 0.95, oils 0.90, LNG 0.80 (methane has 12.011 / 16.043 = 0.749). Crude benzol is
    # printed with 41.816 x 0.0227 = 0.949, above benzene's 72.066 / 78.114 = 0.923; its note says so.
    solid = {"anthracite", "bituminous", "lignite", "washed_coal", "other_washed_coal", "briquette", "coke"}
    for item in table(name).body.items:
        if item.per == "t" and "cc" in item.values and item.code != "crude_benzol":
            most = "0.80" if item.code == "lng" else "0.95" if item.code in solid else "0.90"
            assert item.values["ncv"] * item.values["cc"] <= D(most), item.code
        elif item.code == "crude_benzol":
            assert "benzene" in table(name).factor("crude_benzol", "cc").citation.note


@pytest.mark.parametrize("name", FUELS)
def test_gases_are_counted_in_ten_thousand_cubic_metres(name):
    gases = {item.code for item in table(name).body.items if item.per == "10^4 Nm3"}
    assert gases >= {"natural_gas", "coke_oven_gas", "blast_furnace_gas", "converter_gas"}
    assert table(name).factor("natural_gas", "ncv").unit == "GJ/10^4 Nm3"
    assert {item.per for item in table(name).body.items} == {"t", "10^4 Nm3"}


def test_two_families_of_defaults_stay_apart():
    assert value("fuels-gbt-32151@2015.1", "bituminous", "ncv") == D("23.204")
    assert value("fuels-ndrc-24@1", "bituminous", "ncv") == D("22.350")
    assert value("fuels-mee@2022.1", "bituminous", "cc") == D("0.02618")  # 0.02308 elsewhere is a slip
    assert value("fuels-guangdong@2022.1", "bituminous", "ncv") == D("19.570")


# Atomic weights (IUPAC, abridged).
ATOMS = {
    "C": "12.011", "O": "15.999", "H": "1.008", "Ca": "40.078", "Mg": "24.305", "Na": "22.990",
    "Fe": "55.845", "Mn": "54.938", "Ba": "137.327", "Li": "6.94", "K": "39.098", "Sr": "87.62",
}  # fmt: skip
CARBONATES = {
    "caco3": ("Ca", 1, 1), "mgco3": ("Mg", 1, 1), "feco3": ("Fe", 1, 1), "mnco3": ("Mn", 1, 1),
    "baco3": ("Ba", 1, 1), "li2co3": ("Li", 2, 1), "k2co3": ("K", 2, 1), "srco3": ("Sr", 1, 1),
    "na2co3": ("Na", 2, 1),
}  # fmt: skip


def mass(**atoms: int) -> Decimal:
    return sum((D(ATOMS[name]) * count for name, count in atoms.items()), D(0))


@pytest.mark.parametrize("item", CARBONATES)
def test_carbonates_follow_from_molar_masses(item):
    metal, atoms, _ = CARBONATES[item]
    found = mass(C=1, O=2) / mass(**{metal: atoms, "C": 1, "O": 3})
    # Printed figures are off by a rounded molar mass: strontium by 0.0001, soda by 0.0003.
    slack = D("0.0004") if item == "na2co3" else D("0.00015")
    assert abs(found - value("carbonates@1", item, "ef")) < slack


def test_dolomite_and_baking_soda_follow_from_molar_masses():
    dolomite = 2 * mass(C=1, O=2) / mass(Ca=1, Mg=1, C=2, O=6)
    assert round(dolomite, 4) == value("carbonates@1", "camg_co3_2", "ef") == D("0.4773")
    soda = mass(C=1, O=2) / mass(Na=1, H=1, C=1, O=3)  # one CO2 a mole
    assert abs(soda - value("carbonates@1", "nahco3", "ef")) < D("0.0003")


# ---- electricity and heat ----

# Members of the regional grids; Inner Mongolia lies in two of them, Tibet has no factor.
REGIONS = {
    "north": ("beijing", "tianjin", "hebei", "shanxi", "shandong", "inner_mongolia"),
    "northeast": ("liaoning", "jilin", "heilongjiang", "inner_mongolia"),
    "east": ("shanghai", "jiangsu", "zhejiang", "anhui", "fujian"),
    "central": ("henan", "hubei", "hunan", "jiangxi"),
    "northwest": ("shaanxi", "gansu", "qinghai", "ningxia", "xinjiang"),
    "south": ("guangdong", "guangxi", "guizhou", "yunnan", "hainan"),
    "southwest": ("sichuan", "chongqing"),
}


@pytest.mark.parametrize(
    ("region", "change"),
    [
        ("north", "-6.1"), ("northeast", "-8.0"), ("east", "-2.1"), ("central", "-2.3"),
        ("northwest", "-5.4"), ("south", "4.5"), ("southwest", "9.0"),
    ],
)  # fmt: skip
def test_the_year_on_year_changes_of_the_press_follow_from_the_table(region, change):
    before, after = (value("grid-china@2023.1", region, year) for year in ("2022", "2023"))
    found = (after / before - 1) * 100
    # Northeast: -7.94 from four decimals; the press has -8.0, from figures not rounded.
    assert abs(found - D(change)) <= (D("0.07") if region == "northeast" else D("0.05"))


@pytest.mark.parametrize("year", ["2021", "2022", "2023"])
def test_a_region_lies_among_its_provinces(year):
    for region, provinces in REGIONS.items():
        members = [value("grid-china@2023.1", province, year) for province in provinces]
        assert min(members) <= value("grid-china@2023.1", region, year) <= max(members), region
    regions = [value("grid-china@2023.1", region, year) for region in REGIONS]
    national = value("grid-china@2023.1", "national", year)
    assert min(regions) < national < max(regions)
    without_traded = value("grid-china@2023.1", "national_excl_market_non_fossil", year)
    assert national < without_traded < value("grid-china@2023.1", "national_fossil", year)


def test_every_province_with_a_factor_is_there_for_three_years():
    found = table("grid-china@2023.1")
    codes = {item.code for item in found.body.items}
    provinces = {province for members in REGIONS.values() for province in members}
    assert len(provinces) == 30
    national = {"national", "national_excl_market_non_fossil", "national_fossil"}
    assert codes == provinces | set(REGIONS) | national
    assert all(set(item.values) == {"2021", "2022", "2023"} for item in found.body.items)
    assert {found.factor(code, "2023").unit for code in codes} == {"tCO2/MWh"}


def test_the_fixed_factor_of_the_pilot_is_kept_apart():
    fixed = table("grid-guangdong-fixed@1").factor("guangdong", "ef")
    assert fixed.value == D("0.6379")  # 6.379 t per 10^4 kWh
    national = [value("grid-china@2023.1", "guangdong", year) for year in ("2021", "2022", "2023")]
    assert national == [D("0.4715"), D("0.4403"), D("0.4419")]
    assert not {"ef"} & {column.code for column in table("grid-china@2023.1").body.columns}


def test_the_national_market_s_own_series_is_from_memory():
    found = table("grid-china-ets@1")
    series = [found.factor("national", str(year)) for year in range(2019, 2024)]
    assert [one.value for one in series] == [D(v) for v in ("0.6101", "0.6101", "0.5810", "0.5703", "0.5703")]
    assert all(one.citation.confidence == "memory" for one in series)
    assert all(a.value >= b.value for a, b in pairwise(series))


def test_heat():
    assert table("heat@1").factor("heat", "ef").value == D("0.11")
    assert table("heat@1").factor("heat", "ef").unit == "tCO2/GJ"


# ---- coal equivalent ----

TCE_GJ = D("29.3076")  # 7000 kcal/kg x 4.1868 kJ/kcal


def test_coal_equivalents_follow_from_heating_values():
    found = table("energy-tce@1")
    derived = [item for item in found.body.items if item.code not in {"raw_coal", "electricity", "heat"}]
    assert len(derived) == 27
    for item in derived:
        name = "fuels-mee@2022.1" if item.code == "jet_kerosene" else "fuels-ndrc-24@1"
        ncv = table(name).factor(item.code, "ncv")
        factor = found.factor(item.code, "tce")
        assert abs(factor.value - ncv.value / TCE_GJ) <= D("0.00005")
        assert factor.citation.source == f"{name}, NCV / 29.3076"
        # What follows from a number from memory is no surer than that.
        assert factor.citation.confidence.provisional == ncv.citation.confidence.provisional


def test_printed_coal_equivalents_close():
    # Raw coal 20,934 kJ/kg (5000 kcal); electricity 3.6 GJ/MWh; heat.
    assert round(D("20.934") / TCE_GJ, 4) == value("energy-tce@1", "raw_coal", "tce") == D("0.7143")
    assert abs(36 / TCE_GJ - value("energy-tce@1", "electricity", "tce")) < D("0.001")
    assert round(1 / TCE_GJ, 4) == value("energy-tce@1", "heat", "tce") == D("0.0341")
    assert table("energy-tce@1").factor("electricity", "tce").unit == "tce/10^4 kWh"


# ---- warming potentials ----

ORACLE = {"sar": "SARGWP100", "ar4": "AR4GWP100", "ar5": "AR5GWP100", "ar6": "AR6GWP100"}
# What the package calls the gases that this project names by formula.
PACKAGE = {"CHF3": "HFC23", "CH2F2": "HFC32", "c-C4F8": "cC4F8"}


def test_warming_potentials_agree_with_an_independent_package():
    oracle = pytest.importorskip(
        "globalwarmingpotentials", reason="needs the package globalwarmingpotentials"
    )
    compared, missing = 0, []
    for item in table("gwp-ipcc@1").body.items:
        if item.code == "CO2":
            assert set(item.values.values()) == {D(1)}
            continue
        name = PACKAGE.get(item.code, item.code.replace("-", ""))
        for column, their in ORACLE.items():
            theirs = oracle.data[their].get(name)
            if item.values.get(column) is None:
                missing.append((item.code, column))
                assert theirs is None
            else:
                assert item.values[column] == D(str(theirs)), (item.code, column)
                compared += 1
    # No value differs. The second report has neither NF3 nor HFC-245fa.
    assert (compared, missing) == (62, [("NF3", "sar"), ("HFC-245fa", "sar")])


def test_road_transport_mixes_two_reports():
    assert value("gwp-road@1", "CH4", "mixed") == value("gwp-ipcc@1", "CH4", "ar5")
    assert value("gwp-road@1", "N2O", "mixed") == value("gwp-ipcc@1", "N2O", "ar6")


# ---- what is published never changes ----

HOW = (
    "A published table or method never changes: reports that name it would. Put a correction in a file with "
    "a new version beside it, then run: .venv/bin/python tools/mrv_reference.py --digests (it adds new names "
    "only)."
)


@pytest.fixture(scope="module")
def golden(tool) -> dict[str, dict[str, str]]:
    return json.loads(tool.DIGESTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", tables())
def test_a_published_table_never_changes(golden, name):
    assert golden["factors"].get(name) == table(name).digest, HOW


@pytest.mark.parametrize("name", methods())
def test_a_published_method_never_changes(golden, name):
    assert golden["methods"].get(name) == method(name).digest, HOW


def test_nothing_published_disappears(golden):
    assert set(golden["factors"]) == set(tables()), HOW
    assert set(golden["methods"]) == set(methods()), HOW


def test_a_digest_notices_every_change():
    known = table("heat@1")
    text = (ROOT / "src/capwright/mrv/data/factors/heat@1.toml").read_text(encoding="utf-8")
    assert load_table_text(text).digest == known.digest
    for old, new in (
        ("0.11", "0.110"),
        ("蒸汽与热水", "热水"),
        ('"secondary"', '"official"'),
        ("NDRC-24", "GB"),
    ):
        assert load_table_text(text.replace(old, new)).digest != known.digest, new
    assert load_table_text("# a comment\n" + text).digest == known.digest


def test_new_digests_are_added_and_old_ones_kept(tool):
    known = {"factors": {"a@1": "1", "gone@1": "7"}, "methods": {}}
    found = {"factors": {"b@1": "3", "a@1": "2"}, "methods": {"m@1": "4"}}
    merged, wrong = tool.with_new(known, found)
    assert merged == {"factors": {"a@1": "1", "b@1": "3", "gone@1": "7"}, "methods": {"m@1": "4"}}
    assert wrong == ["a@1", "gone@1"]


# ---- the pages ----


@pytest.mark.parametrize("name", ["factors.md", "methods.md"])
def test_the_committed_page_is_up_to_date(tool, name):
    committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert committed == tool.pages()[name], (
        f"{name} is out of date. Run: .venv/bin/python tools/mrv_reference.py"
    )


def test_the_page_shows_every_number_with_its_mark(tool):
    page = tool.pages()["factors.md"]
    assert "| `guangdong` | Guangdong | 广东 | MWh | 0.4715 S | 0.4403 S | 0.4419 S |" in page
    assert "| `guangdong` | Guangdong | 广东 | MWh | 0.6379 D |" in page
    assert "| `lng` | liquefied natural gas | 液化天然气 | t | 51.498 M | - | 0.98 M |" in page
    numbers = sum(len(item.values) for name in tables() for item in table(name).body.items)
    rows = [line.split("|")[5:-1] for line in page.splitlines() if line.startswith("| `")]
    marks = [cell.strip()[-1] for row in rows for cell in row if cell.strip()[-2:-1] == " "]
    assert len(marks) == numbers
    assert set(marks) <= set("OSDMX")


def test_the_page_of_methods_lists_every_component(tool):
    page = tool.pages()["methods.md"]
    for name in methods():
        assert f"\n## {name}\n" in page
    assert "| `coal` | Coal burned in generating units | 燃煤机组燃煤 |" in page
    assert "| (`biomass`) |" in page
