"""Formulas of methods made for the eye: MathML for a page, one line of Unicode for a terminal, units too.

A symbol `C_ar` is C with the subscript ar, `FR10` is FR with 10, `eta` is η. The named constants of the
formula language are shown as what they are: 44/12 for `CO2_C`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from html import escape
from typing import Any, Final

from capwright.kernel.unit import GASES
from capwright.mrv.formula import CONSTANTS, Call, Expression, Name, Number, Operation, parse

__all__ = [
    "chemical",
    "mathml",
    "mathml_equation",
    "pieces",
    "plain",
    "plain_symbol",
    "symbol_parts",
    "unit_shown",
]

_GREEK: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ",
    "lambda": "λ", "mu": "μ", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
}  # fmt: skip
_DIGITS_BELOW: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_DIGITS_ABOVE: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BELOW: Final = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_FLAT: Final = frozenset("0123456789aehijklmnoprstuvx")
_NUMBERED: Final = re.compile(r"([A-Za-z]+)(\d+)")
_FORMULAS: Final = [gas for gas in (*GASES, "CaCO3", "MgCO3") if "HFC" not in gas]
_SPECIES: Final = sorted(_FORMULAS, key=len, reverse=True)
_SPECIES_AT: Final = re.compile("|".join(re.escape(one) for one in _SPECIES))
_POWER: Final = re.compile(r"\^(-?\d+)")
_CUBED: Final = re.compile(r"\b(N?m)([23])\b")
_SHORT: Final = 2
_LOOSE, _TIGHT, _ATOM = 1, 2, 3  # how tightly an expression holds together: sums, products, the rest


def chemical(text: str) -> str:
    """A text with the digits of known formulas lowered: CO₂, c-C₄F₈."""
    return _SPECIES_AT.sub(lambda match: match[0].translate(_DIGITS_BELOW), text)


def unit_shown(text: str) -> str:
    """A unit as it is printed: tCO₂/MWh, 10⁴ Nm³."""
    raised = _POWER.sub(lambda match: match[1].translate(_DIGITS_ABOVE), text)
    cubed = _CUBED.sub(lambda match: match[1] + match[2].translate(_DIGITS_ABOVE), raised)
    return chemical(cubed).replace("*", "·").replace("degC", "°C")


def symbol_parts(name: str) -> tuple[str, str]:
    """A symbol's letter or letters and its subscript, which may be empty."""
    base, _, below = name.partition("_")
    numbered = _NUMBERED.fullmatch(base)
    if numbered and not below:
        base, below = numbered[1], numbered[2]
    return _GREEK.get(base, base), chemical(below.replace("_", " "))


# Where brackets are needed is the same for every way of writing.


def _fraction(name: str) -> Expression:
    """What a named constant stands for: 44/12, 3.6, 1."""
    above, below, _ = CONSTANTS[name]
    if below == 10:  # noqa: PLR2004 - tenths are written as a decimal
        return Number(Decimal(above).scaleb(-1))
    return Number(Decimal(above)) if below == 1 else _over(above, below)


def _over(above: int, below: int) -> Operation:
    return Operation("/", Number(Decimal(above)), Number(Decimal(below)))


def simple(node: Expression) -> Expression:
    """The expression with its constants written out, and without factors that are one."""
    if isinstance(node, Name):
        return _fraction(node.symbol) if node.symbol in CONSTANTS else node
    if isinstance(node, Call):
        return Call(node.function, tuple(simple(argument) for argument in node.arguments))
    if isinstance(node, Operation):
        left, right = simple(node.left), simple(node.right)
        if node.operator == "*" and isinstance(node.right, Name) and right == Number(Decimal(1)):
            return left
        if node.operator == "*" and isinstance(node.left, Name) and left == Number(Decimal(1)):
            return right
        return Operation(node.operator, left, right)
    return node


def holds(node: Expression) -> int:
    """How tightly it holds together; a fraction with a bar stands by itself."""
    if not isinstance(node, Operation):
        return _ATOM
    return {"+": _LOOSE, "-": _LOOSE, "*": _TIGHT, "/": _ATOM}[node.operator]


def barred(node: Expression) -> Expression:
    """The expression with every chain of × and / as one bar, ratios of numbers by themselves behind it."""
    if isinstance(node, Call):
        return Call(node.function, tuple(barred(argument) for argument in node.arguments))
    if not isinstance(node, Operation):
        return node
    if node.operator in "+-":
        return Operation(node.operator, barred(node.left), barred(node.right))
    above: list[Expression] = []
    below: list[Expression] = []
    ratios: list[Expression] = []
    _factors(node, above, below, ratios)
    if not below:
        return _product([*above, *ratios])
    if not above:
        above, ratios = ratios or [Number(Decimal(1))], []
    return _product([Operation("/", _product(above), _product(below)), *ratios])


def _factors(
    node: Expression, above: list[Expression], below: list[Expression], ratios: list[Expression]
) -> None:
    if not isinstance(node, Operation) or node.operator in "+-":
        above.append(barred(node))
    elif isinstance(node.left, Number) and isinstance(node.right, Number) and node.operator == "/":
        ratios.append(node)
    elif node.operator == "*":
        _factors(node.left, above, below, ratios)
        _factors(node.right, above, below, ratios)
    else:
        _factors(node.left, above, below, ratios)
        turned: list[Expression] = []
        _factors(node.right, turned, above, turned)
        below.extend(turned)


def _product(factors: list[Expression]) -> Expression:
    made = factors[0]
    for factor in factors[1:]:
        made = Operation("*", made, factor)
    return made


# MathML.


def mathml(text: str) -> str:
    """A formula as the inside of a `math` element."""
    return _row(barred(simple(parse(text))))


def mathml_equation(left: str, text: str, *, sign: int = 1) -> str:
    """`left = formula` as a `math` element on a line of its own; `sign` -1 puts a minus before it."""
    right = barred(simple(parse(text)))
    inner = _row(right)
    if sign < 0:
        inner = "<mo>−</mo>" + (inner if holds(right) > _LOOSE else _bracketed(inner))
    return f'<math display="block">{mathml_symbol(left)}<mo>=</mo>{inner}</math>'


def mathml_symbol(name: str) -> str:
    """A symbol with its subscript."""
    base, below = symbol_parts(name)
    letter = f"<mi>{escape(base)}</mi>"
    if not below:
        return letter
    kind = "mn" if below.isdecimal() else "mtext"
    return f"<msub>{letter}<{kind}>{escape(below)}</{kind}></msub>"


def _row(node: Expression) -> str:
    if isinstance(node, Number):
        return f"<mn>{node.value:f}</mn>"
    if isinstance(node, Name):
        return mathml_symbol(node.symbol)
    if isinstance(node, Call):
        arguments = "<mo>,</mo>".join(_row(argument) for argument in node.arguments)
        return f"<mi>{node.function}</mi>{_bracketed(arguments)}"
    left, right = node.left, node.right
    if node.operator == "/":
        return f"<mfrac><mrow>{_row(left)}</mrow><mrow>{_row(right)}</mrow></mfrac>"
    if node.operator == "*":
        return f"{_held(left, _TIGHT)}<mo>×</mo>{_held(right, _TIGHT)}"
    if node.operator == "+":
        return f"{_row(left)}<mo>+</mo>{_row(right)}"
    return f"{_row(left)}<mo>−</mo>{_held(right, _TIGHT)}"


def _held(node: Expression, least: int) -> str:
    inner = _row(node)
    return inner if holds(node) >= least else _bracketed(inner)


def _bracketed(inner: str) -> str:
    return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"


# Pieces for the typesetter of the PDF report, which knows how to lay out fractions and subscripts.

Piece = list[Any]


def pieces(text: str) -> list[Piece]:
    """A formula as rows of pieces: number, symbol, operator, fraction, brackets, function."""
    return _pieces(barred(simple(parse(text))))


def _pieces(node: Expression) -> list[Piece]:
    if isinstance(node, Number):
        return [["number", f"{node.value:f}"]]
    if isinstance(node, Name):
        return [["symbol", *symbol_parts(node.symbol)]]
    if isinstance(node, Call):
        inner: list[Piece] = []
        for argument in node.arguments:
            inner += [*([["operator", ","]] if inner else []), *_pieces(argument)]
        return [["function", node.function], ["brackets", inner]]
    if node.operator == "/":
        return [["fraction", _pieces(node.left), _pieces(node.right)]]
    sign = {"*": "×", "+": "+", "-": "−"}[node.operator]
    least = _TIGHT if node.operator == "*" else _LOOSE
    right = _TIGHT if node.operator == "-" else least
    return [*_grouped(node.left, least), ["operator", sign], *_grouped(node.right, right)]


def _grouped(node: Expression, least: int) -> list[Piece]:
    inner = _pieces(node)
    return inner if holds(node) >= least else [["brackets", inner]]


# One line of Unicode.


def plain(text: str) -> str:
    """A formula on one line: FC × NCV × CC × OF × 44/12."""
    return _line(simple(parse(text)))


def plain_symbol(name: str) -> str:
    """A symbol with its subscript in Unicode where it is short and all of it can be lowered."""
    base, below = symbol_parts(name)
    if not below:
        return base
    if len(below) <= _SHORT and _FLAT.issuperset(below):
        return base + below.translate(_BELOW)
    return f"{base}_{below.replace(' ', '_')}"


def _line(node: Expression) -> str:
    if isinstance(node, Number):
        return f"{node.value:f}"
    if isinstance(node, Name):
        return plain_symbol(node.symbol)
    if isinstance(node, Call):
        return f"{node.function}({', '.join(_line(argument) for argument in node.arguments)})"
    left, right = node.left, node.right
    if node.operator == "/":
        bar = "/" if isinstance(left, Number) and isinstance(right, Number) else " / "
        below = f"({_line(right)})" if isinstance(right, Operation) else _line(right)
        return f"{_kept(left)}{bar}{below}"
    if node.operator == "*":
        return f"{_kept(left)} × {_kept(right, right=True)}"
    if node.operator == "+":
        return f"{_line(left)} + {_line(right)}"
    return f"{_line(left)} − {_kept(right)}"


def _kept(node: Expression, *, right: bool = False) -> str:
    """An operand with brackets where they are needed; on the right of × a quotient too, except 44/12."""
    inner = _line(node)
    if holds(node) == _LOOSE:
        return f"({inner})"
    if right and isinstance(node, Operation) and node.operator == "/" and " " in inner:
        return f"({inner})"
    return inner
