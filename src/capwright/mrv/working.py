"""How a number came about: a tree down to the meter reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from capwright.mrv.factors import Factor
from capwright.mrv.formula import CONSTANTS
from capwright.mrv.records import Evidence

__all__ = ["Node", "factor_node", "filled", "shown"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SHOWN_DIGITS = 10
_MOST_DIGITS = 50


class Node(Struct, frozen=True):
    """One number with its unit: the formula, the same with numbers, and the numbers below it.

    A leaf says how it was obtained (`measured` … `estimated`), or stands in a factor table (`factor`).
    """

    en: str
    zh: str
    value: Decimal
    unit: str
    symbol: str = ""
    formula: str = ""
    numbers: str = ""
    note: str = ""
    obtained: str = ""
    factor: Factor | None = None
    evidence: tuple[Evidence, ...] = ()
    children: tuple[Node, ...] = ()


def factor_node(factor: Factor, symbol: str) -> Node:
    """A number that a text or a table prescribes, as a leaf."""
    return Node(
        en=symbol, zh=symbol, symbol=symbol, value=factor.value, unit=factor.unit, obtained="default",
        factor=factor,
    )  # fmt: skip


def shown(value: Decimal) -> str:
    """A number for the eye: ten digits, or the whole part where that is longer; no trailing zeros."""
    if abs(value.adjusted()) > _MOST_DIGITS:  # nothing that anybody measures
        return f"{value:.{_SHOWN_DIGITS - 1}E}"
    places = max(0, _SHOWN_DIGITS - 1 - value.adjusted()) if value else 0
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def filled(formula: str, values: Mapping[str, Decimal]) -> str:
    """The formula with numbers in place of symbols."""

    def number(match: re.Match[str]) -> str:
        name = match[0]
        if name in values:
            value = shown(values[name])
            return f"({value})" if value.startswith("-") else value
        if name in CONSTANTS:
            above, below, _ = CONSTANTS[name]
            return f"{above}/{below}"
        return name

    return _WORD.sub(number, formula).replace("*", "×")
