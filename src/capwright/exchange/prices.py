"""Prices and fees: bands, closing prices, the dated rule in force. Pure integer arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from capwright.exchange.state import Tick
from capwright.kernel.refusal import define, refuse
from capwright.scheme.exchange_rules import ClosingRule

__all__ = ["band_limits", "closing_price", "fee_fen", "mean_fen_per_t", "permille_ppm"]

FINE_RATE = define(
    "CW-6270",
    en="A fee of {permille} per mille is finer than a millionth of the value.",
    zh="手续费率{permille}‰的精度超过百万分之一。",
    rule="design: integers inside",
)
_MILLION: Final = 1_000_000


def band_limits(reference_fen_per_t: int, band: Decimal | None, tick_fen: int = 1) -> tuple[int, int]:
    """The lowest and highest price of a day: reference × (1 ∓ band), each rounded to the nearest step.

    So the limit can lie a little beyond the band: of 2,475 daily closes of GDEA, 37 of the 40 beyond ±10 %
    equal it exactly. A half step is rounded up (derived: nine closes stand at such a limit, e.g. 58.75 →
    64.63 and 16.45 → 14.81; one, 20.55 → 22.60, a cent within). A limit is never below one step. No band, or
    no reference: 0, 0.
    """
    if band is None or not reference_fen_per_t:
        return 0, 0

    def nearest(price: Decimal) -> int:
        return int((price / tick_fen).to_integral_value(ROUND_HALF_UP)) * tick_fen

    lower, upper = nearest(reference_fen_per_t * (1 - band)), nearest(reference_fen_per_t * (1 + band))
    return max(lower, tick_fen), max(upper, tick_fen)


def closing_price(
    rule: ClosingRule, ticks: Sequence[Tick], opening_fen_per_t: int, local: Callable[[int], datetime]
) -> tuple[int, int]:
    """The closing price and the tonnes that made it; without any, the opening price and zero.

    A volume-weighted mean is rounded once, half up, to the fen, whatever the product's step. A
    product without an opening price has none to stay at: its first trades make one, however few tonnes
    (default: the rules do not speak of it).
    """
    counted = [tick for tick in ticks if tick.mode in rule.modes and not _skipped(rule, tick, local)]
    if rule.method == "last_trades" and rule.count is not None:
        counted = counted[-rule.count :]
    elif rule.method == "last_price":
        counted = counted[-1:]
    counted_t = sum(tick.quantity_t for tick in counted)
    if not counted_t or (opening_fen_per_t and counted_t <= (rule.least_t or 0)):
        return opening_fen_per_t, 0
    value_fen = sum(tick.quantity_t * tick.price_fen_per_t for tick in counted)
    return mean_fen_per_t(value_fen, counted_t), counted_t


def _skipped(rule: ClosingRule, tick: Tick, local: Callable[[int], datetime]) -> bool:
    """Whether the trade was made in the minutes that do not count."""
    if not rule.skip_from:
        return False
    return rule.skip_from <= f"{local(tick.at_ms):%H:%M}" < rule.skip_until


def mean_fen_per_t(value_fen: int, quantity_t: int) -> int:
    """A volume-weighted mean price, rounded once, half up, to the fen; that of nothing is zero."""
    return (2 * value_fen + quantity_t) // (2 * quantity_t) if quantity_t else 0


def fee_fen(value_fen: int, ppm: int) -> int:
    """A fee in parts per million of a value, rounded half up to the fen."""
    return (value_fen * ppm + _MILLION // 2) // _MILLION


def permille_ppm(permille: Decimal) -> int:
    """A rate per mille in parts per million; refuse one that is no whole number of them."""
    if not permille.is_finite() or permille < 0 or (ppm := Fraction(permille) * 1000).denominator != 1:
        refuse(FINE_RATE, permille=str(permille))
    return int(ppm)
