from decimal import Decimal

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import convert, unit


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("kg", "t", "0.001"),
        ("10^4 Nm3", "Nm3", "10000"),
        ("万Nm3", "10^4 Nm3", "1"),
        ("%", "1", "0.01"),
        ("MJ/kg", "GJ/t", "1"),
        ("GJ/10^4 Nm3", "GJ/Nm3", "0.0001"),
        ("kcal/kg", "GJ/t", "0.0041868"),  # 4.1868 kJ a kilocalorie
        ("tCO2/10^4 kWh", "tCO2/MWh", "0.1"),  # 6.379 t per 10^4 kWh is 0.6379 t/MWh
        ("kgCO2/kWh", "tCO2/MWh", "1"),
        ("mg/km", "t/km", "1e-9"),
        ("t*km", "kg*km", "1000"),
        ("TJ", "GJ", "1000"),
        ("tCO2/TJ", "tCO2/GJ", "0.001"),
        ("kgCOD/m3", "tCOD/m3", "0.001"),
        ("吨标准煤", "kgce", "1000"),
    ],
)
def test_one_of_these_is_so_many_of_those(given, wanted, factor):
    assert convert(Decimal(1), unit(given), unit(wanted)) == Decimal(factor)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("t", "Nm3"),
        ("m3", "Nm3"),  # water is not gas
        ("GJ", "MWh"),  # heat is not electricity
        ("tC", "tCO2"),
        ("t", "tce"),
        ("tC/t", "1"),
        ("GJ/t", "GJ"),
    ],
)
def test_different_things_are_never_converted(given, wanted):
    with pytest.raises(Refused) as refused:
        convert(Decimal(1), unit(given), unit(wanted))
    assert refused.value.refusal.code == "CW-5202"


@pytest.mark.parametrize(
    "text", ["tonne", "t/", "/t", "10^4", "t t", "t**2", "kg CO2", "€", "10^999 t", "t" * 200]
)
def test_unknown_units_are_refused(text):
    with pytest.raises(Refused) as refused:
        unit(text)
    assert refused.value.refusal.code == "CW-5201"


def test_a_power_of_ten_below_the_line_belongs_to_what_follows_it():
    assert convert(Decimal((389.31).__str__()), unit("GJ/10^4 Nm3"), unit("MJ/Nm3")) == Decimal("38.931")


def test_conversion_is_exact_there_and_back():
    third = Decimal(1) / 3
    there = convert(third, unit("kcal"), unit("GJ"))
    back = convert(there, unit("GJ"), unit("kcal"))
    assert abs(back - third) < Decimal("1e-40")
