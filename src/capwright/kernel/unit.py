"""Units of measurement: exact conversion between declared units, and no way from one dimension to another.

Tonnes of coal, of carbon and of carbon dioxide are different dimensions here, and so are heat and
electricity, a standard cubic metre of gas and a cubic metre of water: a formula that mixes them does not
load, and a figure in the wrong one is refused. A unit is written like `t`, `10^4 Nm3`, `GJ/t`, `tCO2/MWh`,
`mg/km`, `%` or `1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse

__all__ = ["EXACT", "GASES", "ONE", "Unit", "convert", "stated", "summed", "total", "unit"]

UNKNOWN_UNIT = define(
    "CW-5201",
    en="'{text}' is not a unit of measurement known here.",
    zh="“{text}”不是可识别的计量单位。",
    mend_en="Write units like t, 10^4 Nm3, GJ/t, tC/GJ, MWh, tCO2/MWh, % or 1.",
    mend_zh="请按 t、10^4 Nm3、GJ/t、tC/GJ、MWh、tCO2/MWh、% 或 1 的形式填写。",
    rule="design: conversions only through declared units",
)
OTHER_DIMENSION = define(
    "CW-5202",
    en="'{given}' cannot be converted to '{wanted}': they measure different things.",
    zh="“{given}”不能换算为“{wanted}”：两者计量的量不同。",
    mend_en="Give the figure in '{wanted}' or in a unit of the same kind.",
    mend_zh="请以“{wanted}”或同类单位填写。",
    rule="design: conversions only through declared units",
)

# Fifty digits are stated; ten more are kept while working, so that the last of the fifty is right: 44/12 has
# no end, but three times 44/12 is stated as 11, and half a tonne as half a tonne.
EXACT: Final = Context(prec=60)
_STATED: Final = Context(prec=50)

GASES: Final = (
    "CO2", "CH4", "N2O", "SF6", "NF3", "CF4", "C2F6", "C3F8", "c-C4F8", "C4F6", "C5F8", "c-C4F8O", "CHF3",
    "CH2F2", "CH3F", "HFC-23", "HFC-32", "HFC-125", "HFC-134a", "HFC-143a", "HFC-152a", "HFC-227ea",
    "HFC-245fa",
)  # fmt: skip
_SUBSTANCES: Final = ("", "C", "CO2e", "COD", "Al", *GASES)

# Name → (dimension, how many of the dimension's base unit). Masses are made below for every substance.
_ATOMS: Final[dict[str, tuple[str, Fraction]]] = {
    "J": ("heat", Fraction(1, 10**9)),
    "kJ": ("heat", Fraction(1, 10**6)),
    "MJ": ("heat", Fraction(1, 1000)),
    "GJ": ("heat", Fraction(1)),
    "TJ": ("heat", Fraction(1000)),
    "kcal": ("heat", Fraction(41868, 10**10)),  # international table: 4.1868 kJ
    "kWh": ("electricity", Fraction(1, 1000)),
    "MWh": ("electricity", Fraction(1)),
    "GWh": ("electricity", Fraction(1000)),
    "Nm3": ("gas volume", Fraction(1)),
    "m3": ("volume", Fraction(1)),
    "L": ("volume", Fraction(1, 1000)),
    "tce": ("coal equivalent", Fraction(1)),
    "kgce": ("coal equivalent", Fraction(1, 1000)),
    "m2": ("area", Fraction(1)),
    "km": ("distance", Fraction(1)),
    "m": ("distance", Fraction(1, 1000)),
    "h": ("time", Fraction(1)),
    "min": ("time", Fraction(1, 60)),
    "d": ("time", Fraction(24)),
    "degC": ("temperature", Fraction(1)),
    "MPa": ("pressure", Fraction(1)),
    "kPa": ("pressure", Fraction(1, 1000)),
    "rack": ("racks", Fraction(1)),
    "TEU": ("containers", Fraction(1)),
    "vehicle": ("vehicles", Fraction(1)),
    "person": ("persons", Fraction(1)),
    "kVA": ("apparent power", Fraction(1)),
    "V": ("voltage", Fraction(1)),
    "mV": ("voltage", Fraction(1, 1000)),
    "CNY": ("money", Fraction(1)),
    "%": ("", Fraction(1, 100)),
    "1": ("", Fraction(1)),
}
_MASSES: Final = (
    ("kt", 1000),
    ("t", 1),
    ("kg", Fraction(1, 1000)),
    ("g", Fraction(1, 10**6)),
    ("mg", Fraction(1, 10**9)),
)
for _substance in _SUBSTANCES:
    for _prefix, _tonnes in _MASSES:
        _ATOMS[_prefix + _substance] = (f"mass {_substance}".strip(), Fraction(_tonnes))

# What people write in templates, and what it is called here.
_ALIASES: Final[dict[str, str]] = {
    "吨": "t", "万吨": "10^4 t", "千克": "kg", "吉焦": "GJ", "兆焦": "MJ", "兆瓦时": "MWh", "千瓦时": "kWh",
    "立方米": "m3", "万立方米": "10^4 m3", "标准立方米": "Nm3", "万标准立方米": "10^4 Nm3",
    "万Nm3": "10^4 Nm3", "万m3": "10^4 m3", "吨标准煤": "tce", "小时": "h", "公里": "km",
    "万千瓦时": "10^4 kWh", "tkm": "t*km", "t-km": "t*km", "": "1", "无量纲": "1", "m³": "m3", "Nm³": "Nm3",
    "MW": "MWh/h", "kW": "kWh/h", "兆瓦": "MWh/h", "千瓦": "kWh/h",
}  # fmt: skip
_ATOM = re.compile(r"(?:10\^(\d{1,2})\s*)?([A-Za-z%][\w-]*|%|1)(?:\^(-?\d))?")
_SPLIT = re.compile(r"\s*([*/])\s*")


class Unit(Struct, frozen=True):
    """A unit: its text, the powers of its dimensions, and how many of the base unit it is."""

    text: str
    dimensions: tuple[tuple[str, int], ...]
    factor: Fraction

    def times(self, other: Unit, power: int = 1) -> Unit:
        """The product with `other` to the `power`."""
        return _unit_of(
            "", ((self.dimensions, 1), (other.dimensions, power)), self.factor * other.factor**power
        )

    def alike(self, other: Unit) -> bool:
        """Whether both measure the same thing."""
        return self.dimensions == other.dimensions

    def named(self) -> str:
        """The dimensions in words, for messages about formulas."""
        if not self.dimensions:
            return "1"
        return " ".join(name if power == 1 else f"{name}^{power}" for name, power in self.dimensions)


def _unit_of(text: str, parts: Iterable[tuple[Iterable[tuple[str, int]], int]], factor: Fraction) -> Unit:
    powers: dict[str, int] = {}
    for dimensions, sign in parts:
        for name, power in dimensions:
            powers[name] = powers.get(name, 0) + sign * power
    return Unit(text, tuple(sorted((n, p) for n, p in powers.items() if p)), factor)


ONE: Final = Unit("1", (), Fraction(1))


@cache
def unit(text: str) -> Unit:
    """Read a unit; refuses (CW-5201) what it does not know."""
    bare = _alias(text.strip())
    if bare.startswith(("*", "/")) or bare.endswith(("*", "/")):
        refuse(UNKNOWN_UNIT, text=text[:40])
    parts = _SPLIT.split(bare)
    found: list[tuple[tuple[tuple[str, int], ...], int]] = []
    factor, sign = Fraction(1), 1
    for part in parts:
        if part in {"*", "/"}:
            sign = 1 if part == "*" else -1
            continue
        match = _ATOM.fullmatch(_alias(part.strip()))
        if match is None or match[2] not in _ATOMS:
            refuse(UNKNOWN_UNIT, text=text[:40])
        dimension, size = _ATOMS[match[2]]
        power = sign * int(match[3] or 1)
        factor *= size**power * Fraction(10) ** (sign * int(match[1] or 0))
        found.append((((dimension, 1),) if dimension else (), power))
    return _unit_of(bare, found, factor)


def _alias(text: str) -> str:
    return _ALIASES.get(text, text)


def stated(value: Decimal) -> Decimal:
    """A worked-out value with the fifty digits that are stated."""
    return _STATED.plus(value)


def summed(values: Iterable[Decimal]) -> Decimal:
    """The sum with all the digits that are kept while working."""
    found = Decimal(0)
    for value in values:
        found = EXACT.add(found, value)
    return found


def total(values: Iterable[Decimal]) -> Decimal:
    """The sum with the fifty digits that are stated."""
    return stated(summed(values))


def convert(value: Decimal, given: Unit, wanted: Unit) -> Decimal:
    """`value` in `given` as a number in `wanted`; refuses (CW-5202) another dimension.

    Exact to 60 digits: the factor is a fraction, and powers of ten stay exact decimals.
    """
    if not given.alike(wanted):
        refuse(OTHER_DIMENSION, given=given.text or given.named(), wanted=wanted.text or wanted.named())
    if given.factor == wanted.factor:
        return value
    ratio = given.factor / wanted.factor
    return EXACT.divide(EXACT.multiply(value, Decimal(ratio.numerator)), Decimal(ratio.denominator))


def known() -> Mapping[str, str]:
    """Every unit's name and its dimension, for help pages."""
    return {name: dimension for name, (dimension, _) in _ATOMS.items()}
