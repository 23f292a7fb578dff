"""A formula with its constants filled in, as a sum of products that can be added up over many rows.

Σ a·x·y over rows is a·Σ x·y, exactly. So where a formula is such a sum, a database adds up whole products,
and the coefficient, a fraction, is applied once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from capwright.kernel.unit import unit
from capwright.mrv import formula
from capwright.mrv.calculation import choose
from capwright.mrv.formula import CONSTANTS, Call, Expression, Name, Number
from capwright.mrv.method import Method
from capwright.mrv.records import EmissionReport
from capwright.mrv.source_stream import Given, Scoped, open_stream
from capwright.mrv.twins import twins

__all__ = ["Monomial", "NotPolynomialError", "Polynomial", "expand", "parts_of", "range_of", "value_of"]

Monomial = tuple[str, ...]  # symbols in order, repeated for powers; empty: the constant
Polynomial = dict[Monomial, Fraction]


class NotPolynomialError(Exception):
    """The formula divides by, or compares, what differs from row to row."""


def expand(text: str, constants: Mapping[str, Decimal]) -> Polynomial:
    """A formula as a polynomial of the symbols that are not in `constants`."""

    def walk(node: Expression) -> Polynomial:
        if isinstance(node, Number):
            return {(): Fraction(node.value)}
        if isinstance(node, Name):
            if node.symbol in CONSTANTS:
                above, below, _ = CONSTANTS[node.symbol]
                return {(): Fraction(above, below)}
            if node.symbol in constants:
                return {(): Fraction(constants[node.symbol])}
            return {(node.symbol,): Fraction(1)}
        if isinstance(node, Call):
            return _called(node.function, [walk(argument) for argument in node.arguments])
        return _joined(node.operator, walk(node.left), walk(node.right))

    return {monomial: factor for monomial, factor in walk(formula.parse(text)).items() if factor}


def _called(function: str, arguments: list[Polynomial]) -> Polynomial:
    values = [_constant(one) for one in arguments]
    return {(): min(values) if function == "min" else max(values)}


def _joined(operator: str, left: Polynomial, right: Polynomial) -> Polynomial:
    if operator in "+-":
        sign = 1 if operator == "+" else -1
        found = dict(left)
        for monomial, factor in right.items():
            found[monomial] = found.get(monomial, Fraction(0)) + sign * factor
        return found
    if operator == "/":
        below = _constant(right)
        if not below:
            raise NotPolynomialError
        return {monomial: factor / below for monomial, factor in left.items()}
    product: Polynomial = {}
    for one, a in left.items():
        for other, b in right.items():
            key = tuple(sorted((*one, *other)))
            product[key] = product.get(key, Fraction(0)) + a * b
    return product


def _constant(one: Polynomial) -> Fraction:
    if any(one.keys() - {()}):
        raise NotPolynomialError
    return one.get((), Fraction(0))


def value_of(polynomial: Polynomial, values: Mapping[str, Fraction]) -> Fraction:
    """Its value for one row."""
    total = Fraction(0)
    for monomial, factor in polynomial.items():
        for symbol in monomial:
            factor *= values[symbol]  # noqa: PLW2901 - the term grows
        total += factor
    return total


def parts_of(method: Method, least: EmissionReport, most: EmissionReport) -> dict[str, Polynomial]:
    """What a row comes to, by component: the stream's own, and what always follows from it and counts.

    The two reports have the least and the greatest figures of rows that are alike otherwise.
    """
    ends = [
        [(report.streams[0], method.component(report.streams[0].component)), *twins(method, report)]
        for report in (least, most)
    ]
    found: dict[str, Polynomial] = {}
    for (low, component), (high, _) in zip(*ends, strict=True):
        assert component is not None
        if component.scope != "memo" and not component.cross_check:
            opened = open_stream(method, least, low), open_stream(method, most, high)
            found[component.code] = _polynomial(*opened)
    return found


def _polynomial(least: Scoped, most: Scoped) -> Polynomial:
    """A stream's tonnes of CO2e as a polynomial of its figures in their stated units."""
    method, component, given = most.method, most.component, most.of_year()
    form, known = choose(most, given)
    names = set(formula.symbols(form.formula))
    _settled(least, most, known)
    constants = {name: known[name].value for name in names if name not in given}
    own = expand(form.formula, constants)
    got = formula.unit_of(form.formula, {name: unit(known[name].unit) for name in names})
    scale = formula.scale(got, unit(f"t{most.gas}")) * component.sign
    if most.gas not in {"CO2", "CO2e"}:
        scale *= Fraction(method.tables["gwp"].factor(most.gas, method.body.gwp).value)
    units = {datum.symbol: unit(datum.unit).factor for datum in most.stream.data}
    made: Polynomial = {}
    for monomial, factor in own.items():
        for symbol in monomial:
            factor *= units[symbol] / unit(given[symbol].unit).factor  # noqa: PLW2901 - the term grows
        made[monomial] = factor * scale
    return made


def _settled(least: Scoped, most: Scoped, known: Mapping[str, Given]) -> None:
    """Leave to the exact path what may be refused, or come about otherwise, from row to row.

    That is a symbol derived from others, and a check that the least and the greatest figures do not settle.
    """
    given = most.of_year()
    for symbol in most.component.symbols:
        derived = most.resolve(symbol.code, given) if symbol.formulas else None
        if derived is not None and symbol.code not in given and derived.node.children:
            raise NotPolynomialError
    ends = {code: (Fraction(one.value), Fraction(one.value)) for code, one in known.items()}
    for code, low in least.of_year().items():
        ends[code] = Fraction(low.value), Fraction(given[code].value)
    for check in most.component.checks:
        names = {*formula.symbols(check.low), *formula.symbols(check.high)}
        if names <= ends.keys() and range_of(check.low, ends)[1] > range_of(check.high, ends)[0]:
            raise NotPolynomialError


def range_of(text: str, ends: Mapping[str, tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    """Bounds of a formula's value where its symbols lie between `ends`; refuses to divide by what varies."""

    def walk(node: Expression) -> tuple[Fraction, Fraction]:
        if isinstance(node, Number):
            return Fraction(node.value), Fraction(node.value)
        if isinstance(node, Name):
            if node.symbol in CONSTANTS:
                above, below, _ = CONSTANTS[node.symbol]
                return Fraction(above, below), Fraction(above, below)
            return ends[node.symbol]
        if isinstance(node, Call):
            pairs = [walk(argument) for argument in node.arguments]
            choice = min if node.function == "min" else max
            return choice(low for low, _ in pairs), choice(high for _, high in pairs)
        left, right = walk(node.left), walk(node.right)
        if node.operator == "+":
            return left[0] + right[0], left[1] + right[1]
        if node.operator == "-":
            return left[0] - right[1], left[1] - right[0]
        if node.operator == "/":
            if right[0] != right[1] or not right[0]:
                raise NotPolynomialError
            right = 1 / right[0], 1 / right[0]
        corners = [a * b for a in left for b in right]
        return min(corners), max(corners)

    return walk(formula.parse(text))
