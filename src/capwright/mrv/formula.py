"""The formulas of methods: read from text, checked for units, worked out exactly.

A formula knows numbers, symbols, `+ - * /`, brackets, and `min`, `max`. Everything that has a unit is a
symbol, so that it has a source as well; a bare number is a pure number. Three ratios of molar masses are
known by name, because every method uses them: `CO2_C` = 44/12, `CO2_CaO` = 44/56, `CO2_MgO` = 44/40 (IPCC
2006, whole molar masses as all Chinese standards have them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.kernel.unit import EXACT, ONE, Unit, unit

__all__ = ["CONSTANTS", "Call", "Expression", "Name", "Number", "Operation", "evaluate", "parse", "unit_of"]

BAD_FORMULA = define(
    "CW-5210",
    en="The formula '{formula}' cannot be read at '{at}'.",
    zh="公式“{formula}”在“{at}”处无法识别。",
    mend_en="Use numbers, symbols, + - * /, brackets, min(…), max(…).",
    mend_zh="只能使用数字、符号、+ - * /、括号、min(…)、max(…)。",
    rule="design: methods are data",
)
UNITS_CLASH = define(
    "CW-5211",
    en="In '{formula}' a {left} meets a {right}.",
    zh="公式“{formula}”中“{left}”与“{right}”单位不一致。",
    mend_en="Both sides of + and - and all arguments of min and max must be in one unit.",
    mend_zh="加减两边及 min、max 的各项须为同一单位。",
    rule="design: conversions only through declared units",
)
UNKNOWN_SYMBOL = define(
    "CW-5212",
    en="The formula '{formula}' uses {symbol}, which is not declared.",
    zh="公式“{formula}”使用了未定义的符号{symbol}。",
    mend_en="Declare the symbol with its unit.",
    mend_zh="请定义该符号及其单位。",
    rule="design: methods are data",
)
NO_QUOTIENT = define(
    "CW-5213",
    en="'{formula}' divides by zero.",
    zh="公式“{formula}”的除数为零。",
    mend_en="Look at the figures below the line.",
    mend_zh="请核对作为除数的数据。",
    rule="design: an impossible value is an error, never a number",
)


class Number(Struct, frozen=True):
    """A pure number; the text is as written."""

    value: Decimal


class Name(Struct, frozen=True):
    """A symbol."""

    symbol: str


class Operation(Struct, frozen=True):
    """`left operator right`; the operator is one of + - * /."""

    operator: str
    left: Expression
    right: Expression


class Call(Struct, frozen=True):
    """`min(…)` or `max(…)`."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Operation | Call

# Name → (numerator, denominator, unit): ratios of molar masses, megajoules of a kilowatt hour, and the tonne
# of carbon in a tonne of pure carbon, which turns a mass fraction (reported in %) into a carbon content.
CONSTANTS: Final[dict[str, tuple[int, int, str]]] = {
    "CO2_C": (44, 12, "tCO2/tC"),
    "CO2_CaO": (44, 56, "tCO2/t"),
    "CO2_MgO": (44, 40, "tCO2/t"),
    "GJ_MWh": (36, 10, "GJ/MWh"),
    "tC_t": (1, 1, "tC/t"),
}
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?(?:[eE]-?\d+)?)|([A-Za-z][A-Za-z0-9_]*)|([-+*/(),]))")
_FUNCTIONS: Final = ("min", "max")
_DEEPEST: Final = 100


@cache
def parse(text: str) -> Expression:
    """Read a formula; refuses (CW-5210)."""
    reader = _Reader(text)
    found = reader.sum(0)
    if reader.peek():
        reader.fail()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self) -> None:
        refuse(BAD_FORMULA, formula=self.text[:200], at=self.text[self.at : self.at + 20] or "…")

    def peek(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            if self.text[self.at :].strip():
                self.fail()
            return ""
        return match[0].strip()

    def take(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            self.fail()
        assert match is not None
        self.at = match.end()
        return match[0].strip()

    def sum(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            self.fail()
        left = self.product(depth)
        while self.peek() in {"+", "-"}:
            left = Operation(self.take(), left, self.product(depth))
        return left

    def product(self, depth: int) -> Expression:
        left = self.atom(depth)
        while self.peek() in {"*", "/"}:
            left = Operation(self.take(), left, self.atom(depth))
        return left

    def atom(self, depth: int) -> Expression:
        token = self.take()
        if token == "(":  # noqa: S105 - a bracket
            inner = self.sum(depth + 1)
            self.expect(")")
            return inner
        if token[0].isdigit():
            return Number(Decimal(token))
        if token in _FUNCTIONS:
            self.expect("(")
            arguments = [self.sum(depth + 1)]
            while self.peek() == ",":
                self.take()
                arguments.append(self.sum(depth + 1))
            self.expect(")")
            return Call(token, tuple(arguments))
        if not token[0].isalpha():
            self.at -= len(token)
            self.fail()
        return Name(token)

    def expect(self, token: str) -> None:
        if self.take() != token:
            self.fail()


@cache
def symbols(text: str) -> tuple[str, ...]:
    """The symbols of a formula in order of appearance, without the named constants."""
    found: dict[str, None] = {}

    def walk(node: Expression) -> None:
        if isinstance(node, Name):
            if node.symbol not in CONSTANTS:
                found[node.symbol] = None
        elif isinstance(node, Operation):
            walk(node.left)
            walk(node.right)
        elif isinstance(node, Call):
            for argument in node.arguments:
                walk(argument)

    walk(parse(text))
    return tuple(found)


def constant(name: str) -> Decimal:
    """A named ratio as a decimal of 60 digits."""
    above, below, _ = CONSTANTS[name]
    return EXACT.divide(Decimal(above), Decimal(below))


def unit_of(text: str, units: Mapping[str, Unit]) -> Unit:
    """The unit that a formula's result has; refuses formulas that add unlike things."""

    def walk(node: Expression) -> Unit:
        if isinstance(node, Number):
            return ONE
        if isinstance(node, Name):
            if node.symbol in CONSTANTS:
                return unit(CONSTANTS[node.symbol][2])
            if node.symbol not in units:
                refuse(UNKNOWN_SYMBOL, formula=text[:200], symbol=node.symbol)
            return units[node.symbol]
        if isinstance(node, Call):
            kinds = [walk(argument) for argument in node.arguments]
        else:
            left, right = walk(node.left), walk(node.right)
            if node.operator in "*/":
                return left.times(right, 1 if node.operator == "*" else -1)
            kinds = [left, right]
        for other in kinds[1:]:
            if not other.alike(kinds[0]) or other.factor != kinds[0].factor:
                refuse(UNITS_CLASH, formula=text[:200], left=_shown(kinds[0]), right=_shown(other))
        return kinds[0]

    return walk(parse(text))


def _shown(found: Unit) -> str:
    return found.text or (found.named() if found.factor == 1 else f"{found.named()} × {found.factor}")


def evaluate(text: str, values: Mapping[str, Decimal]) -> Decimal:
    """Work a formula out with 60 digits; the values are in the units of the symbols.

    Refuses (CW-5213) a division by zero. The result is in the unit that `unit_of` gives: the caller converts.
    """
    try:
        return _worker(parse(text))(values)
    except (DivisionByZero, InvalidOperation):
        refuse(NO_QUOTIENT, formula=text[:200])


@cache
def _worker(node: Expression) -> Callable[[Mapping[str, Decimal]], Decimal]:
    """A function of the values: a tree of closures, twice as quick as walking the tree each time."""
    if isinstance(node, Number):
        fixed = node.value
        return lambda _values: fixed
    if isinstance(node, Name):
        symbol = node.symbol
        if symbol in CONSTANTS:
            ratio = constant(symbol)
            return lambda _values: ratio
        return lambda values: values[symbol]
    if isinstance(node, Call):
        workers = [_worker(argument) for argument in node.arguments]
        choose = min if node.function == "min" else max
        return lambda values: choose(work(values) for work in workers)
    left, right = _worker(node.left), _worker(node.right)
    work = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": EXACT.divide}[node.operator]
    return lambda values: work(left(values), right(values))


def scale(found: Unit, wanted: Unit) -> Fraction:
    """What a formula's result is to be multiplied by to be in `wanted`."""
    return found.factor / wanted.factor
