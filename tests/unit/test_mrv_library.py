"""A method that makes no sense does not load, and the refusal names the place."""

import pytest

from capwright.kernel.refusal import BadInput
from tests.mrv_worlds import method

SYMBOL = """
[[components]]
code = "extra"
en = "extra"
zh = "其他"
scope = "process"
{about}

  [[components.symbols]]
  code = "Q"
  en = "amount"
  zh = "用量"
  unit = "t"
  role = "activity"

  [[components.symbols]]
  code = "EF"
  en = "factor"
  zh = "排放因子"
  unit = "{unit}"
  {symbol}

  [[components.forms]]
  code = "form"
  en = "form"
  zh = "算法"
  formula = "Q * EF"
{more}
"""
CHECK = """
  [[components.checks]]
  code = "check"
  en = "check"
  zh = "核对"
  low = "{low}"
  high = "{high}"
"""


def extra(*, about: str = "", unit: str = "tCO2/t", symbol: str = "value = 1", more: str = "") -> str:
    return SYMBOL.format(about=about, unit=unit, symbol=symbol, more=more)


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        (extra(about='table = "fuel"\nitems = ["peat"]'), "components.extra.items", "peat"),
        (extra(about='table = "oven"'), "components.extra", "oven"),
        (extra(about='gas = "@item"'), "components.extra", "no table of items"),
        (extra(symbol='default = "fuel:ncv"'), "components.extra", "GJ/{per}"),
        (extra(symbol='default = "grid:guangdong.ef"'), "components.extra", "tCO2/MWh"),
        (extra(symbol='default = "grid:guangxi.ef"'), "components.extra", "guangxi"),
        (extra(symbol='default = "grid:@area.@year"'), "components.extra", "@year"),
        (extra(symbol='default = "oven:ef"'), "components.extra", "oven"),
        (extra(symbol='default = "same:electricity.EF"'), "components.extra", "tCO2/MWh"),
        (extra(unit="tCO2/GJ"), "components.extra", "heat"),
        (extra(symbol='weight = "P"'), "components.extra", "weighted with P"),
        (extra(symbol="fixed = true"), "components.extra", "fixed but has no value"),
        (extra(more=CHECK.format(low="Q", high="EF")), "components.extra", "meets"),
        (extra(about='within = "oven"'), "components.extra", "oven"),
        (extra(about='beside = "oven"'), "components.extra", "oven"),
    ],
)
def test_the_place_of_the_fault_is_named(text, path, reason):
    with pytest.raises(BadInput) as refused:
        method(text)
    assert refused.value.refusal.code == "CW-5232"
    assert refused.value.refusal.details["path"] == path
    assert reason in refused.value.refusal.details["reason"]


def test_both_sides_of_a_check_are_in_one_unit():
    # 1 t is more than 900 kg, though 1 is less than 900: such a check would never speak.
    kilograms = extra(symbol="value = 1").replace('unit = "tCO2/t"', 'unit = "kg"')
    text = kilograms.replace("Q * EF", "Q * CO2_CaO") + CHECK.format(low="Q", high="EF")
    with pytest.raises(BadInput, match="meets"):
        method(text)
