"""Numbers as addresses and forms give them.

A quantity or an amount that cannot be read is refused: to take it for nothing would be to guess, and a
surrender of 0 t means all that is owed.
"""

from __future__ import annotations

from typing import Final

from capwright.kernel.quantity import parse_money_fen, parse_tonnes

__all__ = ["fen", "tonnes", "whole"]

_MOST_DIGITS: Final = 15  # of rows, years and versions; databases take no longer numbers


def whole(text: str | None) -> int:
    """A row, year, version or page; 0 where the text is none."""
    return int(text) if text and text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def tonnes(text: str | None, *, least: int = 1) -> int:
    """Whole tonnes, commas of either width allowed; refuses (CW-9101) all else and less than `least`."""
    return parse_tonnes(_narrow(text), least=least)


def fen(text: str | None) -> int:
    """An amount in currency units with at most two decimals, in fen; refuses (CW-9102) all else."""
    return parse_money_fen(_narrow(text))


def _narrow(text: str | None) -> str:
    return (text or "").replace("，", ",")
