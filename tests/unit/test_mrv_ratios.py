"""Units of ratios beside a result: checked when a method is loaded, converted when it is worked out."""

from decimal import Decimal

import pytest

from capwright.kernel.refusal import BadInput
from capwright.mrv.calculation import compute
from capwright.mrv.records import Stream
from tests.mrv_worlds import datum, method, report

HEAD = """
[[outputs]]
code = "made"
en = "product"
zh = "产量"
unit = "t"

[[outputs]]
code = "heat"
en = "heat"
zh = "热量"
unit = "GJ"

[[indicators]]
code = "ratio"
en = "ratio"
zh = "比率"
"""


def loaded(unit: str, formula: str, more: str = ""):
    return method(
        f'{HEAD}unit = "{unit}"\nformula = "{formula}"\nsource = "s"\nconfidence = "memory"\n{more}'
    )


def ratio(made) -> Decimal:
    grid = Stream("grid", "electricity", data=(datum("bought", "MWh", 1000),))
    done = compute(made, report(grid, outputs=(datum("made", "t", 50),), method=made.id))
    return done.indicators["ratio"]


@pytest.mark.parametrize(
    ("unit", "formula", "reason"),
    [
        ("tCO2/t", "E / made", "mass CO2"),  # E is in tCO2e: another dimension than tCO2
        ("tCO2e/GJ", "E / made", "heat"),
        ("tCO2e/t", "E / made * heat", "heat"),
        ("1", "made / heat", "heat"),
        ("tCO2e/t", "E / sold", "sold"),
        ("tCO2e/t", "(E + made) / made", "meets"),
        ("tCO2", "0.56 * made", "mass"),  # a bare number has no unit
        ("tCO2e/t·", "E / made", "tCO2e/t·"),
    ],
)
def test_a_ratio_in_another_unit_than_its_formula_gives_does_not_load(unit, formula, reason):
    with pytest.raises(BadInput) as refused:
        loaded(unit, formula)
    assert refused.value.refusal.code == "CW-5232"
    assert refused.value.refusal.details["path"] == "indicators.ratio"
    assert reason in refused.value.refusal.details["reason"]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        # 1,000 MWh × 0.6379 = 637.9 tCO2e; by 50 t
        ("tCO2e/t", "12.758"),
        ("kgCO2e/t", "12758"),
        ("tCO2e/10^4 t", "127580"),
    ],
)
def test_a_ratio_is_stated_in_its_own_unit(unit, expected):
    assert ratio(loaded(unit, "E / made")) == Decimal(expected)


def test_a_coefficient_has_a_unit_and_a_source_and_is_named_when_provisional():
    more = 'coefficients = [{ code = "k", en = "k", zh = "k", unit = "kgCO2/t", value = 560 }]\n'
    made = loaded("tCO2", "k * made", more)
    assert ratio(made) == Decimal(28)  # 0.56 tCO2/t × 50 t
    grid = Stream("grid", "electricity", data=(datum("bought", "MWh", 1000),))
    done = compute(made, report(grid, outputs=(datum("made", "t", 50),), method=made.id))
    assert f"{made.id}/ratio/k" in [factor.name for factor in done.provisional]


def test_an_output_may_not_be_called_like_an_emission():
    with pytest.raises(BadInput) as refused:
        method('[[outputs]]\ncode = "E_coal"\nen = "coal"\nzh = "煤"\nunit = "t"\n')
    assert refused.value.refusal.code == "CW-5232"
    assert refused.value.refusal.details["path"] == "outputs.E_coal"
