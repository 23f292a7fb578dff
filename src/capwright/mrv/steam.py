"""Heat in steam and hot water, GJ, from mass and state: what a meter of flow, pressure and temperature says.

NDRC-24 and GB/T 32151: heat of steam = mass * (h - 83.74) / 1000, heat of hot water =
mass * (T - 20) * 4.1868 / 1000, with mass in t, enthalpy h in kJ/kg, T in degC; 83.74 kJ/kg is the enthalpy
of water of 20 degC, 4.1868 kJ/(kg K) the heat it takes up. The enthalpy of steam is read from a table by
straight line between its points (over pressure and temperature for superheated steam) and never beyond its
ends. Pressures are absolute: a gauge shows about 0.1 MPa less.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.factors import FactorTable
from capwright.mrv.library import table
from capwright.mrv.working import Node, filled, shown

__all__ = ["hot_water_heat", "saturated_enthalpy", "steam_heat", "superheated_enthalpy"]

OUTSIDE = define(
    "CW-5260",
    en="{what} = {value} {unit} lies outside {least} to {most} {unit}.",
    zh="{what_zh}为{value} {unit}，超出{least}至{most} {unit}的范围。",
    mend_en="Look at the unit (pressures are absolute, in MPa), or give the enthalpy or the heat itself.",
    mend_zh="请核对单位（压力为绝对压力，MPa），或直接填报热焓或热量。",
    rule="NDRC-24, appendix on steam: no value beyond the ends of the table",
)

SATURATED: Final = "steam-saturated@1"
SUPERHEATED: Final = "steam-superheated@1"
COLD: Final = Decimal("83.74")  # kJ/kg: water of 20 degC, whose heat does not count
COLD_DEGC: Final = Decimal(20)
WATER: Final = Decimal("4.1868")  # kJ/(kg K)
# Steam of 800 degC has 4,160 kJ/kg; water above 200 degC takes up more than 4.1868 by over 2 %.
_MOST_ENTHALPY: Final = Decimal(4200)
_MOST_WATER_DEGC: Final = Decimal(200)
_MOST_MASS: Final = Decimal(10**12)
_LINE: Final = "h1 + (h2 - h1) * ({x} - {x}1) / ({x}2 - {x}1)"


class _Point(Struct, frozen=True):
    """An enthalpy `h` at `x`, which is a pressure or a temperature."""

    x: Decimal
    h: Decimal
    node: Node


def saturated_enthalpy(p: Decimal) -> Node:
    """Enthalpy of dry saturated steam, kJ/kg, at MPa (absolute); refuses (CW-5260) beyond the table."""
    known = table(SATURATED)
    points = [_point(known, item.code, item.values["p"]) for item in known.body.items]
    return _read(points, p, "p").node


def superheated_enthalpy(p: Decimal, t: Decimal) -> Node:
    """Enthalpy of superheated steam, kJ/kg, at MPa (absolute) and degC; refuses (CW-5260) beyond the table.

    Between two pressures of the table the temperature must lie in the rows of both.
    """
    known = table(SUPERHEATED)
    rows: dict[Decimal, list[_Point]] = {}
    for item in known.body.items:
        rows.setdefault(item.values["p"], []).append(_point(known, item.code, item.values["t"]))
    low, high = _around(list(rows), p, "p")
    below = _read(rows[low], t, "T")
    if low == high:
        return below.node
    above = _read(rows[high], t, "T")
    pair = [_Point(low, below.h, below.node), _Point(high, above.h, above.node)]
    return _read(pair, p, "p").node


def steam_heat(mass: Decimal, h: Decimal | Node) -> Node:
    """Heat of steam, GJ, from its mass in t and its enthalpy in kJ/kg; refuses (CW-5260) others."""
    given = h if isinstance(h, Node) else _leaf("enthalpy", "热焓", "h", h, "kJ/kg")
    _within("h", "热焓", given.value, "kJ/kg", COLD, _MOST_ENTHALPY)
    return _heat(
        "steam", "蒸汽热量", "mass * (h - 83.74) / 1000", mass, given, EXACT.subtract(given.value, COLD)
    )


def hot_water_heat(mass: Decimal, t: Decimal) -> Node:
    """Heat of hot water, GJ, from its mass in t and its temperature in degC; refuses (CW-5260) others."""
    _within("T", "温度", t, "degC", COLD_DEGC, _MOST_WATER_DEGC)
    given = _leaf("temperature", "温度", "T", t, "degC")
    per = EXACT.multiply(EXACT.subtract(t, COLD_DEGC), WATER)
    return _heat("hot water", "热水热量", "mass * (T - 20) * 4.1868 / 1000", mass, given, per)


def _heat(en: str, zh: str, text: str, mass: Decimal, given: Node, per: Decimal) -> Node:
    _within("mass", "质量", mass, "t", Decimal(0), _MOST_MASS)
    return Node(
        en=f"heat of {en}",
        zh=zh,
        value=stated(EXACT.divide(EXACT.multiply(mass, per), Decimal(1000))),
        unit="GJ",
        symbol="Q",
        formula=text,
        numbers=filled(text, {"mass": mass, given.symbol: given.value}),
        obtained="calculated",
        children=(_leaf("mass", "质量", "mass", mass, "t"), given),
    )


def _leaf(en: str, zh: str, symbol: str, value: Decimal, unit: str) -> Node:
    return Node(en=en, zh=zh, value=value, unit=unit, symbol=symbol, obtained="measured")


def _point(known: FactorTable, code: str, x: Decimal) -> _Point:
    factor, item = known.factor(code, "h"), known.item(code)
    node = Node(
        en=item.en, zh=item.zh, value=factor.value, unit=factor.unit, symbol="h", obtained="default",
        factor=factor,
    )  # fmt: skip
    return _Point(x, factor.value, node)


def _around(places: Sequence[Decimal], x: Decimal, name: str) -> tuple[Decimal, Decimal]:
    """The two places between which `x` lies, or the one on which it lies twice."""
    what, unit = ("压力", "MPa") if name == "p" else ("温度", "degC")
    _within(name, what, x, unit, min(places), max(places))
    return max(place for place in places if place <= x), min(place for place in places if place >= x)


def _read(points: Sequence[_Point], x: Decimal, name: str) -> _Point:
    """The point at `x`, by straight line between its neighbours."""
    low, high = _around([point.x for point in points], x, name)
    one = next(point for point in points if point.x == low)
    other = next(point for point in points if point.x == high)
    if low == high:
        return one
    share = EXACT.divide(EXACT.subtract(x, low), EXACT.subtract(high, low))
    h = stated(EXACT.add(one.h, EXACT.multiply(EXACT.subtract(other.h, one.h), share)))
    text = _LINE.format(x=name)
    values = {name: x, f"{name}1": low, f"{name}2": high, "h1": one.h, "h2": other.h}
    node = Node(
        en="enthalpy between points of the table", zh="热焓（线性内插）", value=h, unit="kJ/kg",
        symbol="h", formula=text, numbers=filled(text, values), obtained="calculated",
        children=(one.node, other.node),
    )  # fmt: skip
    return _Point(x, h, node)


def _within(what: str, zh: str, value: Decimal, unit: str, least: Decimal, most: Decimal) -> None:
    if not value.is_finite() or not least <= value <= most:
        said = shown(value) if value.is_finite() else str(value)
        refuse(OUTSIDE, what=what, what_zh=zh, value=said, unit=unit, least=shown(least), most=shown(most))
