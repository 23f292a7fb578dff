"""Small methods, tables and reports for the tests of MRV."""

from __future__ import annotations

from decimal import Decimal

from capwright.mrv import library
from capwright.mrv.library import load_method_text, load_table_text
from capwright.mrv.method import Method
from capwright.mrv.records import Datum, EmissionReport, Stream

FUELS = """
code = "fuels-test"
version = "1"
en = "Fuels of the tests"
zh = "测试燃料"
source = "NDRC-24"
confidence = "secondary"
columns = [
  { code = "ncv", en = "net calorific value", zh = "低位发热量", unit = "GJ/{per}" },
  { code = "cc", en = "carbon content", zh = "单位热值含碳量", unit = "tC/GJ" },
  { code = "of", en = "oxidation", zh = "碳氧化率", unit = "1" },
]

[[items]]
code = "anthracite"
en = "anthracite"
zh = "无烟煤"
values = { ncv = 20.304, cc = 0.02749, of = 0.94 }

[[items]]
code = "slurry"
en = "coal slurry"
zh = "水煤浆"
values = { cc = 0.0274, of = 0.93 }

[[items]]
code = "gas"
en = "natural gas"
zh = "天然气"
per = "10^4 Nm3"
values = { ncv = 389.31, cc = 0.0153, of = 0.99 }
"""
GRID = """
code = "grid-test"
version = "1"
en = "Grid of the tests"
zh = "测试电网"
source = "made up"
confidence = "memory"
columns = [{ code = "ef", en = "factor", zh = "排放因子", unit = "tCO2/MWh" }]
items = [{ code = "guangdong", en = "Guangdong", zh = "广东", per = "MWh", values = { ef = 0.6379 } }]
"""
METHOD = """
code = "test"
version = "1"
en = "Method of the tests"
zh = "测试方法"
standard_en = "none"
standard_zh = "无"
extends = ["common"]
source = "tests"
confidence = "default"

[tables]
fuel = "fuels-test@1"
grid = "grid-test@1"

[[components]]
code = "electricity"

  [[components.symbols]]
  code = "EF"
  default = "grid:guangdong.ef"
"""


def method(extra: str = "", text: str = METHOD) -> Method:
    """The method of the tests; `extra` is laid behind its text."""
    known = {"fuels-test@1": load_table_text(FUELS), "grid-test@1": load_table_text(GRID)}
    return load_method_text(text + extra, tables_of=lambda name: known.get(name) or library.table(name))


def months(*values: object) -> tuple[Decimal, ...]:
    """Twelve figures, the last one repeated."""
    found = [Decimal(str(value)) for value in values]
    return tuple(found + [found[-1]] * (12 - len(found)))


def datum(symbol: str, unit: str, value: object = None, **more) -> Datum:
    return Datum(symbol, unit, value=None if value is None else Decimal(str(value)), **more)


def coal(*data: Datum, item: str = "anthracite", code: str = "coal", **more) -> Stream:
    return Stream(code, "fuel", item, data=data or (datum("FC", "t", 1000),), **more)


def report(*streams: Stream, **more) -> EmissionReport:
    return EmissionReport("firm", 2023, more.pop("method", "test@1"), streams, **more)
