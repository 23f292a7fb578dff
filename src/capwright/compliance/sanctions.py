"""What a shortfall costs under a scheme.

* Guangdong (DECREE art. 36): next year's allocation is cut by twice the shortfall, and 50,000 CNY.
* National measure of 2021: a fine within a range and an equal cut. Regulation 775 (from 2024-05-01): five to
  ten times the value at the mean price of the month before the deadline, and an equal cut.
* EU, UK: a penalty per tonne; the allowances are still owed.

Where the law gives a range, both ends are returned; `check_fine` holds the authority's choice against them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from msgspec import Struct

from capwright.kernel.quantity import floor_t
from capwright.kernel.refusal import define, refuse
from capwright.scheme.compliance_rules import SanctionRules

__all__ = ["Sanction", "assess", "check_fine", "mean_price_fen_per_t"]

PRICE_NEEDED = define(
    "CW-7060",
    en="The fine is a multiple of the market price, but no trade of the month before the deadline is known.",
    zh="罚款为市场价格的倍数，但截止日前一个月没有成交记录。",
    mend_en="Give the mean price.",
    mend_zh="请提供平均成交价格。",
    rule="State Council regulation 775 (2024)",
)
FINE_OUTSIDE = define(
    "CW-7061",
    en="A fine of {fine_fen} fen is outside the legal range {least_fen}-{most_fen} fen.",
    zh="罚款{fine_fen}分超出法定范围{least_fen}至{most_fen}分。",
    rule="sanction of the scheme",
)

PATH: Final = "compliance.sanctions."


class Sanction(Struct, frozen=True):
    """The consequences of a shortfall. `citations` are the dotted scheme paths of the figures used.

    `deduction_t` is cut from next year's allocation; the fine lies between `fine_least_fen` and
    `fine_most_fen` (equal where the law leaves no choice); `penalty_fen` is the penalty per tonne of EU
    type, in the scheme's currency; `still_owed_t` must be surrendered all the same.
    """

    shortfall_t: int
    deduction_t: int = 0
    fine_least_fen: int = 0
    fine_most_fen: int = 0
    penalty_fen: int = 0
    still_owed_t: int = 0
    citations: tuple[str, ...] = ()

    @property
    def least_fen(self) -> int:
        """The least a firm pays: fine and penalty."""
        return self.fine_least_fen + self.penalty_fen

    @property
    def most_fen(self) -> int:
        """The most a firm pays: fine and penalty."""
        return self.fine_most_fen + self.penalty_fen


def assess(
    rules: SanctionRules, shortfall_t: int, mean_price_fen_per_t: Fraction | int | None = None
) -> Sanction:
    """Return what lacking `shortfall_t` at the deadline costs; nothing is lacking: nothing.

    `mean_price_fen_per_t` is needed where the fine is a multiple of the price. Fines are rounded to the
    fen, half up; a deduction by a fractional multiple is rounded down to whole tonnes.
    """
    assert shortfall_t >= 0, shortfall_t
    if not shortfall_t:
        return Sanction(0)
    used: list[str] = []

    def cite(name: str) -> None:
        used.append(PATH + name)

    deduction_t = penalty_fen = 0
    if rules.deduction_multiple is not None:
        deduction_t = floor_t(rules.deduction_multiple * shortfall_t)
        cite("deduction_multiple")
    least_fen, most_fen = _fixed_fines(rules, used)
    if rules.price_multiple_least is not None or rules.price_multiple_most is not None:
        if mean_price_fen_per_t is None:
            refuse(PRICE_NEEDED)
        value_fen = Fraction(mean_price_fen_per_t) * shortfall_t
        ends = _ends(rules.price_multiple_least, rules.price_multiple_most)
        least_fen += _half_up(Fraction(ends[0]) * value_fen)
        most_fen += _half_up(Fraction(ends[1]) * value_fen)
        for name in ("price_multiple_least", "price_multiple_most"):
            if getattr(rules, name) is not None:
                cite(name)
    if rules.penalty_fen_per_t is not None:
        penalty_fen = rules.penalty_fen_per_t * shortfall_t
        cite("penalty_fen_per_t")
    cite("still_owed")
    owed_t = shortfall_t if rules.still_owed else 0
    return Sanction(shortfall_t, deduction_t, least_fen, most_fen, penalty_fen, owed_t, tuple(used))


def _fixed_fines(rules: SanctionRules, used: list[str]) -> tuple[int, int]:
    """Return both ends of the fines that do not depend on a price, noting the figures used."""
    least_fen = most_fen = 0
    if rules.fine_fen is not None:
        least_fen = most_fen = rules.fine_fen
        used.append(PATH + "fine_fen")
    if rules.fine_least_fen is not None or rules.fine_most_fen is not None:
        low, high = _ends(rules.fine_least_fen, rules.fine_most_fen)
        least_fen, most_fen = least_fen + int(low), most_fen + int(high)
        names = ("fine_least_fen", "fine_most_fen")
        used.extend(PATH + name for name in names if getattr(rules, name) is not None)
    return least_fen, most_fen


def _ends(least: Decimal | int | None, most: Decimal | int | None) -> tuple[Decimal | int, Decimal | int]:
    """Return both ends of a range of which one may be open: no least is zero, no most is the least."""
    low = 0 if least is None else least
    return low, low if most is None else most


def check_fine(sanction: Sanction, fine_fen: int) -> None:
    """Refuse a fine outside the legal range."""
    if not sanction.fine_least_fen <= fine_fen <= sanction.fine_most_fen:
        refuse(
            FINE_OUTSIDE,
            fine_fen=fine_fen,
            least_fen=sanction.fine_least_fen,
            most_fen=sanction.fine_most_fen,
        )


def mean_price_fen_per_t(trades: Iterable[tuple[date, int, int]], deadline: date) -> Fraction | None:
    """Return the volume-weighted mean price, exact, of the month before a deadline; None without trades.

    A trade is (day, tonnes, amount in fen). The month runs from the same day of the month before (its last
    day if there is none) to the day before the deadline: the reading taken of regulation 775, which does
    not spell it out.
    """
    year, month = (deadline.year, deadline.month - 1) if deadline.month > 1 else (deadline.year - 1, 12)
    start = date(year, month, min(deadline.day, monthrange(year, month)[1]))
    volume_t = amount_fen = 0
    for on, quantity_t, paid_fen in trades:
        if start <= on < deadline:
            volume_t += quantity_t
            amount_fen += paid_fen
    return Fraction(amount_fen, volume_t) if volume_t else None


def _half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))
