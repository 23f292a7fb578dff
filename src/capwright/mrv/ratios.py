"""Ratios beside a result: intensities, heat ratios, load factors, of the enterprise and of each facility."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.unit import Unit, convert, stated, total, unit
from capwright.mrv import formula
from capwright.mrv.factors import Factor
from capwright.mrv.method import Coefficient, Indicator, Method, MethodBody
from capwright.mrv.working import Node, factor_node, filled, shown

if TYPE_CHECKING:
    from capwright.mrv.calculation import StreamResult

__all__ = ["ratio_units", "ratios"]

RATIO_IMPOSSIBLE = define(
    "CW-5290",
    en="{indicator} comes to {value} {unit}, which is not possible: {least} to {most} is ({formula}).",
    zh="{indicator_zh}为{value} {unit}，不可能，应在{least}至{most}之间（{formula}）。",
    mend_en="One of the figures is wrong or in another unit than stated (kWh is not MWh).",
    mend_zh="请核对相关数据及其单位（kWh 与 MWh 不同）。",
    rule="the method's bounds",
)

ZERO: Final = Decimal(0)


def ratio_units(body: MethodBody, indicator: Indicator) -> dict[str, Unit]:
    """The unit of everything that an indicator's formula may name."""
    units = {output.code: unit(output.unit) for output in body.outputs}
    units |= {coefficient.code: unit(coefficient.unit) for coefficient in indicator.coefficients}
    return units | dict.fromkeys(["E", *(f"E_{one.code}" for one in body.components)], unit("tCO2e"))


def ratios(
    method: Method, counted: list[StreamResult], outputs: dict[str, Decimal]
) -> tuple[dict[str, Decimal], list[Node]]:
    """Ratios by code and by `code@facility`, those that exist; refuses (CW-5290) impossible ones."""
    made: dict[str, Decimal] = {}
    nodes: list[Node] = []
    places = list(dict.fromkeys(name.partition("@")[2] for name in outputs if "@" in name))
    whole = {name: value for name, value in outputs.items() if "@" not in name}
    for place in ("", *places):
        mark = f"@{place}" if place else ""
        here = {n.removesuffix(mark): v for n, v in outputs.items() if n.endswith(mark)} if place else whole
        streams = [found for found in counted if not place or found.facility == place]
        values = _values(method, streams, here)
        for indicator in method.body.indicators:
            names = formula.symbols(indicator.formula)
            if not place and indicator.per_facility and _several(names, outputs):
                continue
            unreported = {output.code for output in method.body.outputs} - here.keys()
            node = _ratio(method, indicator, values, complete=unreported.isdisjoint(names), mark=mark)
            if node is not None:
                made[node.symbol] = node.value
                nodes.append(node)
    return made, nodes


def _values(method: Method, streams: list[StreamResult], outputs: dict[str, Decimal]) -> dict[str, Decimal]:
    """What formulas of ratios know: outputs, none where not reported, and emissions."""
    values = {output.code: outputs.get(output.code, ZERO) for output in method.body.outputs}
    values["E"] = total(found.emissions for found in streams)
    for component in method.body.components:
        own = (found.emissions for found in streams if found.component == component.code)
        values[f"E_{component.code}"] = total(own)
    return values


def _several(names: Iterable[str], outputs: dict[str, Decimal]) -> bool:
    places = {key.partition("@")[2] for key in outputs if "@" in key and key.partition("@")[0] in names}
    return len(places) > 1


def _ratio(
    method: Method, indicator: Indicator, values: dict[str, Decimal], *, complete: bool, mark: str
) -> Node | None:
    """One ratio; None where nothing was made, or where it is zero for want of a reported output."""
    factors = {one.code: _factor(method, indicator, one) for one in indicator.coefficients}
    known = values | {code: factor.value for code, factor in factors.items()}
    try:
        raw = formula.evaluate(indicator.formula, known)
    except Refused:
        return None  # nothing was made: there is no ratio to show
    found = formula.unit_of(indicator.formula, ratio_units(method.body, indicator))
    value = stated(convert(raw, found, unit(indicator.unit)))
    if not value and not complete:
        return None
    least, most = indicator.least, indicator.most
    if (least is not None and value < least) or (most is not None and value > most):
        refuse(
            RATIO_IMPOSSIBLE, indicator=indicator.en, indicator_zh=indicator.zh, value=shown(value),
            unit=indicator.unit, formula=indicator.formula,
            least="-" if least is None else shown(least), most="∞" if most is None else shown(most),
        )  # fmt: skip
    return Node(
        en=indicator.en, zh=indicator.zh, symbol=indicator.code + mark, value=value, unit=indicator.unit,
        formula=indicator.formula, numbers=filled(indicator.formula, known),
        children=tuple(factor_node(factor, code) for code, factor in factors.items()),
    )  # fmt: skip


def _factor(method: Method, indicator: Indicator, one: Coefficient) -> Factor:
    """A coefficient with its source."""
    citation = method.citations[f"indicators.{indicator.code}.coefficients.{one.code}.value"]
    return Factor(one.value, one.unit, method.id, indicator.code, one.code, citation)
