from decimal import Decimal

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import unit
from capwright.mrv.formula import evaluate, parse, symbols, unit_of

UNITS = {
    "FC": unit("t"),
    "NCV": unit("GJ/t"),
    "CC": unit("tC/GJ"),
    "OF": unit("1"),
    "P": unit("kg"),
    "H": unit("h"),
}


def value(text: str, **given: object) -> Decimal:
    return evaluate(text, {name: Decimal(str(number)) for name, number in given.items()})


def code(work) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.refusal.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),  # from the left
        ("100 / 5 / 2", "10"),
        ("max(1, 3, 2) - min(4, 2)", "1"),
        ("A * (100 - M) / 100", "45"),
        ("1.5e-3 * 2", "0.003"),
    ],
)
def test_arithmetic_as_at_school(text, expected):
    assert value(text, A=50, M=10) == Decimal(expected)


def test_ratios_of_molar_masses_have_sixty_digits():
    assert value("3 * CO2_C") == Decimal(11)
    assert str(value("CO2_C")).startswith("3.66666666666666666666666666666666666666666666666666")
    assert value("56 * CO2_CaO + 40 * CO2_MgO") == Decimal(88)


def test_symbols_come_in_the_order_of_the_formula():
    assert symbols("FC * NCV * CC * OF * CO2_C") == ("FC", "NCV", "CC", "OF")


def test_the_unit_follows_from_the_symbols():
    assert unit_of("FC * NCV * CC * OF * CO2_C", UNITS).alike(unit("tCO2"))
    assert unit_of("FC * NCV", UNITS).alike(unit("GJ"))


@pytest.mark.parametrize("text", ["FC + NCV", "FC - P", "max(FC, H)", "FC + 1"])
def test_unlike_things_do_not_add_up(text):
    assert code(lambda: unit_of(text, UNITS)) == "CW-5211"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "a..b",
        "1 2",
        "import(1)",
        "min()",
        "2 ** 3",
        "-1",
        "$",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_what_is_no_formula_is_refused(text):
    assert code(lambda: parse(text)) == "CW-5210"


def test_an_undeclared_symbol_is_named():
    assert code(lambda: unit_of("FC * X", UNITS)) == "CW-5212"


@pytest.mark.parametrize("below", [0, "0.0"])
def test_nothing_divides_by_zero(below):
    assert code(lambda: value("1 / X", X=below)) == "CW-5213"
    assert code(lambda: value("X / X", X=below)) == "CW-5213"
