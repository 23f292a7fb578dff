"""Exact arithmetic that writes down its own working: symbols, numbers and value side by side.

Values are fractions inside, so a quotient such as a three-year mean loses nothing before the final rounding
to whole tonnes; what leaves the room is a `Decimal` of 50 significant digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

__all__ = ["Input", "Note", "Step", "Working", "datum", "decimal_of", "floor_of", "mean", "shown", "total"]

DIGITS: Final = 50
SHOWN_DECIMALS: Final = 6
_EXACT: Final = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)


class Input(Struct, frozen=True):
    """One number of a formula. `path` is its place in the scheme; empty, the enterprise reported it."""

    symbol: str
    value: Decimal
    unit: str = ""
    path: str = ""


class Note(Struct, frozen=True):
    """Something a reader of the result should know, in both languages."""

    en: str
    zh: str

    def text(self, lang: str = "en") -> str:
        """The note in `lang` (`en` or `zh`)."""
        return self.zh if lang == "zh" else self.en


class Step(Struct, frozen=True, kw_only=True):
    """One step of an allocation, spelled out.

    `formula` has symbols, `numbers` the same formula with the figures put in, `value` is tCO2 at 50
    significant digits. `cites` are the dotted scheme paths the step relied on.
    """

    process: str
    method: str
    formula: str
    numbers: str
    value: Decimal
    inputs: tuple[Input, ...] = ()
    cites: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class Working:
    """A value together with the formula it came from and the inputs behind it."""

    __slots__ = ("inputs", "numbers", "symbols", "tight", "value")

    def __init__(
        self,
        symbols: str,
        numbers: str,
        value: Fraction,
        inputs: tuple[Input, ...],
        *,
        tight: bool = True,
    ) -> None:
        self.symbols = symbols
        self.numbers = numbers
        self.value = value
        self.inputs = inputs
        self.tight = tight  # needs no brackets inside a product

    def __mul__(self, other: Working) -> Working:
        left, right = self._bracketed(), other._bracketed()
        return Working(
            f"{left.symbols} × {right.symbols}",
            f"{left.numbers} × {right.numbers}",
            left.value * right.value,
            _join(left.inputs, right.inputs),
        )

    def __truediv__(self, other: Working) -> Working:
        left, right = self._bracketed(), other._bracketed()
        return Working(
            f"{left.symbols} / {right.symbols}",
            f"{left.numbers} / {right.numbers}",
            left.value / right.value,
            _join(left.inputs, right.inputs),
        )

    def __add__(self, other: Working) -> Working:
        return Working(
            f"{self.symbols} + {other.symbols}",
            f"{self.numbers} + {other.numbers}",
            self.value + other.value,
            _join(self.inputs, other.inputs),
            tight=False,
        )

    def at_most(self, other: Working) -> Working:
        """The smaller of two workings."""
        return Working(
            f"min({self.symbols}, {other.symbols})",
            f"min({self.numbers}, {other.numbers})",
            min(self.value, other.value),
            _join(self.inputs, other.inputs),
        )

    def step(
        self, process: str, method: str, symbol: str, cites: Sequence[str], notes: Sequence[Note] = ()
    ) -> Step:
        """Close the working as a step named `symbol`; its inputs are cited along with `cites`."""
        used = (item.path for item in self.inputs if item.path)
        return Step(
            process=process,
            method=method,
            formula=f"{symbol} = {self.symbols}",
            numbers=f"{self.numbers} {_equals(self.value)} {shown(self.value)}",
            value=decimal_of(self.value),
            inputs=self.inputs,
            cites=tuple(dict.fromkeys((*cites, *used))),
            notes=tuple(notes),
        )

    def _bracketed(self) -> Working:
        if self.tight:
            return self
        return Working(f"({self.symbols})", f"({self.numbers})", self.value, self.inputs)


def datum(symbol: str, value: Decimal | int, unit: str = "", path: str = "") -> Working:
    """A working that is one number of the rows or of the scheme."""
    number = Decimal(value)
    return Working(symbol, shown(number), Fraction(number), (Input(symbol, number, unit, path),))


def mean(parts: Sequence[Working]) -> Working:
    """The arithmetic mean; `parts` is not empty."""
    added, count = total(parts), len(parts)
    if count == 1:
        return added
    return Working(
        f"({added.symbols}) / {count}", f"({added.numbers}) / {count}", added.value / count, added.inputs
    )


def total(parts: Sequence[Working]) -> Working:
    """The sum; `parts` is not empty."""
    added = parts[0]
    for part in parts[1:]:
        added += part
    return added


def decimal_of(value: Fraction) -> Decimal:
    """The value at 50 significant digits, half to even; exact whenever 50 digits suffice."""
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def floor_of(value: Fraction) -> int:
    """Whole tonnes, rounded down; never below zero, because nobody is allocated a debt."""
    return max(value.__floor__(), 0)


def shown(value: Decimal | Fraction) -> str:
    """A figure for people: thousands separators, no trailing zeros, at most six decimals."""
    number = value if isinstance(value, Decimal) else decimal_of(value)
    rounded = _EXACT.quantize(number, Decimal(1).scaleb(-SHOWN_DECIMALS))
    text = f"{rounded:,f}".rstrip("0").rstrip(".")
    return text if text != "-0" else "0"


def _join(left: tuple[Input, ...], right: tuple[Input, ...]) -> tuple[Input, ...]:
    """All inputs in order, each once."""
    return tuple(dict.fromkeys((*left, *right)))


def _equals(value: Fraction) -> str:
    """`=` when the shown figure is the exact one, `≈` when decimals were left off."""
    return "=" if (value * 10**SHOWN_DECIMALS).denominator == 1 else "≈"
