"""Heat of steam and hot water: the appendix of the guidelines, by hand, and printed steam tables."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.refusal import Refused
from capwright.mrv.library import table
from capwright.mrv.steam import hot_water_heat, saturated_enthalpy, steam_heat, superheated_enthalpy

D = Decimal


@pytest.mark.parametrize(
    ("p", "h"),
    [
        ("0.1", "2675.4"),
        ("0.5", "2748.5"),
        ("1", "2776.9"),  # the table says 1.0
        ("0.35", "2731.95"),  # (2725.3 + 2738.6) / 2
        ("1.1", "2780.35"),  # (2776.9 + 2783.8) / 2
        ("0.125", "2683.2"),  # 2675.4 + 0.25 x (2706.6 - 2675.4) = 2675.4 + 7.8
    ],
)
def test_saturated_steam_is_read_by_straight_line(p, h):
    found = saturated_enthalpy(D(p))
    assert (found.value, found.unit) == (D(h), "kJ/kg")


@pytest.mark.parametrize(
    ("p", "t", "h"),
    [
        ("0.5", "160", "2767.3"),
        ("0.5", "350", "3167.6"),
        ("0.5", "180", "2811.4"),  # 2767.3 + 0.5 x (2855.5 - 2767.3)
        ("0.5", "270", "3002.05"),  # 2939.9 + 0.5 x (3064.2 - 2939.9)
        # 0.5 MPa: 2855.5 + (2939.9 - 2855.5) / 4 = 2876.6; 1 MPa: (2828.3 + 2875.6) / 2 = 2851.95;
        # half way between: 2864.275.
        ("0.75", "210", "2864.275"),
    ],
)
def test_superheated_steam_is_read_by_straight_line(p, t, h):
    assert superheated_enthalpy(D(p), D(t)).value == D(h)


@pytest.mark.parametrize(
    ("p", "t", "h"),
    # Tables made from IAPWS-IF97, as textbooks print them, kJ/kg.
    [(1, 300, "3051.6"), (2, 400, "3248.2"), (4, 400, "3214.4"), (6, 500, "3423.1"), (10, 500, "3375.1")],
)
def test_other_pressures_agree_with_printed_steam_tables(p, t, h):
    assert abs(superheated_enthalpy(D(p), D(t)).value - D(h)) <= D("0.2")


def test_saturated_steam_has_its_most_heat_near_three_megapascals():
    # The figures that circulate rise to 2844.5 kJ/kg at 10 MPa. Dry steam does not.
    rows = [(i.values["p"], i.values["h"]) for i in table("steam-saturated@1").body.items]
    assert rows == sorted(rows)
    top = max(rows, key=lambda row: row[1])
    assert top == (D("3.0"), D("2803.3"))
    assert all(a[1] < b[1] for a, b in pairwise(row for row in rows if row[0] <= 3))
    assert all(a[1] > b[1] for a, b in pairwise(row for row in rows if row[0] >= 3))
    assert saturated_enthalpy(D(10)).value == D("2725.5")


def test_the_faulty_point_of_the_appendix_is_not_shipped():
    with pytest.raises(Refused, match="CW-5260"):
        superheated_enthalpy(D("0.5"), D(400))
    assert all(i.values["h"] != D("3217.8") for i in table("steam-superheated@1").body.items)


def test_superheated_steam_rises_with_temperature_by_about_two_kilojoules_a_degree():
    rows: dict[D, list[tuple[D, D]]] = {}
    for item in table("steam-superheated@1").body.items:
        rows.setdefault(item.values["p"], []).append((item.values["t"], item.values["h"]))
    for row in rows.values():
        for (t1, h1), (t2, h2) in pairwise(row):
            assert D("1.9") < (h2 - h1) / (t2 - t1) < D("5.2")  # 5.1 beside saturation at 10 MPa
    assert len(rows) == 9


def test_heat_of_steam():
    # 1000 t x (2748.5 - 83.74) kJ/kg = 2664.76 GJ
    found = steam_heat(D(1000), saturated_enthalpy(D("0.5")))
    assert (found.value, found.unit) == (D("2664.76"), "GJ")
    assert found.numbers == "1,000 × (2,748.5 - 83.74) / 1000"
    assert found.children[1].factor.name == "steam-saturated@1/p0_5/h"
    # A meter that knows the enthalpy: 12.5 t x (2783.74 - 83.74) = 33.75 GJ
    assert steam_heat(D("12.5"), D("2783.74")).value == D("33.75")
    assert steam_heat(D(0), D(2800)).value == 0


def test_heat_of_hot_water():
    # 100 t x 70 K x 4.1868 kJ/(kg K) = 29,307.6 MJ
    assert hot_water_heat(D(100), D(90)).value == D("29.3076")
    assert hot_water_heat(D(100), D(20)).value == 0


@pytest.mark.parametrize(
    "work",
    [
        lambda: saturated_enthalpy(D("0.09")),
        lambda: saturated_enthalpy(D("10.1")),
        lambda: saturated_enthalpy(D("NaN")),
        lambda: superheated_enthalpy(D("0.4"), D(200)),
        lambda: superheated_enthalpy(D("0.5"), D(159)),
        lambda: superheated_enthalpy(D("0.75"), D(190)),  # the row of 1 MPa begins at 200
        lambda: superheated_enthalpy(D(10), D(311)),  # saturated
        lambda: steam_heat(D(-1), D(2800)),
        lambda: steam_heat(D(1), D(80)),
        lambda: steam_heat(D(1), D(28000)),  # ten times too much
        lambda: steam_heat(D("Infinity"), D(2800)),
        lambda: hot_water_heat(D(1), D(15)),
        lambda: hot_water_heat(D(1), D(250)),
    ],
)
def test_nothing_is_read_beyond_the_ends(work):
    with pytest.raises(Refused, match="CW-5260") as refused:
        work()
    assert "绝对压力" in refused.value.refusal.message("zh")


@given(st.decimals("0.1", 10, places=3), st.decimals("0.1", 10, places=3))
def test_what_is_read_lies_between_its_neighbours(p, q):
    low, high = sorted((p, q))
    assert D("2675.4") <= saturated_enthalpy(low).value <= D("2803.3")
    if high <= 3:
        assert saturated_enthalpy(low).value <= saturated_enthalpy(high).value


@given(st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2))
def test_heat_is_linear_in_mass(a, b):
    h = saturated_enthalpy(D("0.8"))
    assert steam_heat(a, h).value + steam_heat(b, h).value == steam_heat(a + b, h).value
