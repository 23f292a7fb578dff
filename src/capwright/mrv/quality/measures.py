"""Statistics of the data-quality rules.

They work on `float`: none of them ever becomes an official number, they only say where to look. Robust z:
Iglewicz and Hoaglin, 0.6745 (x - median) / MAD. Fences: Tukey, 1.5 times the distance of the quartiles.
Digits: Benford, P(d) = log10(1 + 1/d), with the mean absolute deviation as Nigrini uses it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from statistics import fmean, median
from typing import Final

from msgspec import Struct

__all__ = [
    "BENFORD",
    "MAD_TO_SIGMA",
    "Digits",
    "at_least",
    "benford",
    "cusum",
    "fences",
    "first_digit",
    "last_digits",
    "orders",
    "quantile_without",
    "robust_z",
    "studentised",
    "terminal",
]

BENFORD: Final = tuple(math.log10(1 + 1 / d) for d in range(1, 10))
MAD_TO_SIGMA: Final = 0.6745  # the normal distribution's upper quartile
_MEAN_TO_SIGMA: Final = 1.253314  # the root of pi/2: mean absolute deviation of a normal distribution
_FEWEST_REGRESSION: Final = 4


def robust_z(values: Sequence[float]) -> list[float]:
    """How far each value is from the median, in robust standard deviations.

    Where more than half of the values are alike the median deviation is nothing; the mean deviation then
    takes its place (with its own constant), and values that are all alike have z = 0.
    """
    if not values:
        return []
    middle = median(values)
    away = [abs(value - middle) for value in values]
    spread = median(away) / MAD_TO_SIGMA
    if not spread:
        spread = fmean(away) * _MEAN_TO_SIGMA
    return [(value - middle) / spread if spread else 0.0 for value in values]


def fences(values: Sequence[float], widths: float) -> tuple[float, float]:
    """Tukey's fences: the quartiles less and plus so many distances between them."""
    low, high = quantile(sorted(values), 0.25), quantile(sorted(values), 0.75)
    return low - widths * (high - low), high + widths * (high - low)


def quantile(rising: Sequence[float], share: float) -> float:
    """The quantile of sorted values, by straight line between the two neighbours."""
    place = share * (len(rising) - 1)
    below = math.floor(place)
    above = min(below + 1, len(rising) - 1)
    return rising[below] + (rising[above] - rising[below]) * (place - below)


def quantile_without(rising: Sequence[float], left_out: int, share: float) -> float:
    """The quantile of sorted values but one."""

    def at(index: int) -> float:
        return rising[index if index < left_out else index + 1]

    place = share * (len(rising) - 2)
    below = math.floor(place)
    above = min(below + 1, len(rising) - 2)
    return at(below) + (at(above) - at(below)) * (place - below)


class Digits(Struct, frozen=True):
    """How the digits of a pool of values are spread: `counts`, chi-square and mean absolute deviation."""

    n: int
    counts: tuple[int, ...]
    chi2: float
    mad: float


def first_digit(value: Decimal) -> int:
    """The first significant digit; 0 for zero."""
    return value.as_tuple().digits[0] if value else 0


def benford(values: Sequence[Decimal]) -> Digits:
    """First digits against Benford's law; zeros are left out."""
    found = [first_digit(value) for value in values if value]
    return _spread(tuple(found.count(d) for d in range(1, 10)), BENFORD)


def orders(values: Sequence[Decimal]) -> float:
    """Over how many orders of magnitude the values reach; zeros are left out."""
    sizes = [float(abs(value)) for value in values if value]
    return math.log10(max(sizes) / min(sizes)) if sizes else 0.0


def last_digits(values: Sequence[Decimal]) -> list[int]:
    """Terminal digits at the decimal place of the finest value: 12.5 among hundredths ends in 0."""
    exponents = [e for value in values if isinstance(e := value.as_tuple().exponent, int)]
    finest = min(exponents, default=0)
    return [int(abs(value).scaleb(-finest)) % 10 for value in values if value]


def terminal(digits: Sequence[int]) -> Digits:
    """Terminal digits against ten equally likely ones."""
    return _spread(tuple(digits.count(d) for d in range(10)), (0.1,) * 10)


def _spread(counts: tuple[int, ...], expected: Sequence[float]) -> Digits:
    n = sum(counts)
    if not n:
        return Digits(0, counts, 0.0, 0.0)
    chi2 = sum((c - n * p) ** 2 / (n * p) for c, p in zip(counts, expected, strict=True))
    mad = fmean(abs(c / n - p) for c, p in zip(counts, expected, strict=True))
    return Digits(n, counts, chi2, mad)


def at_least(hits: int, n: int, chance: float) -> float:
    """The probability of at least so many hits in `n` draws (binomial)."""
    return sum(math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(hits, n + 1))


def studentised(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """Externally studentised residuals of the straight line of `y` on `x` (least squares).

    Each residual is measured with the spread of the others. Empty where the line says nothing: fewer than
    four points, or one x only.
    """
    n = len(x)
    if n < _FEWEST_REGRESSION:
        return []
    mean_x, mean_y = fmean(x), fmean(y)
    sxx = math.fsum((a - mean_x) ** 2 for a in x)
    if not sxx:
        return []
    slope = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sxx
    residuals = [b - mean_y - slope * (a - mean_x) for a, b in zip(x, y, strict=True)]
    whole = math.fsum(r * r for r in residuals)
    found = []
    for a, residual in zip(x, residuals, strict=True):
        rest = 1 - (1 / n + (a - mean_x) ** 2 / sxx)
        nothing = 1e-20 * max(1.0, mean_y**2)  # the last bits of the floats
        others = (whole - residual**2 / rest) / (n - 3) if rest > nothing else 0.0
        if residual**2 <= nothing:
            found.append(0.0)
        elif others <= nothing:  # the others lie on a line to the last bit
            found.append(math.copysign(math.inf, residual))
        else:
            found.append(residual / math.sqrt(others * rest))
    return found


def cusum(values: Sequence[float]) -> tuple[float, int]:
    """The largest cumulative sum of deviations from the mean, over s times root n, and where it lies.

    The place counts from 1: the level changes after it. Under no change the figure follows the largest
    value of a Brownian bridge: above 1.358 with a probability of 5 %, 1.628 of 1 %.
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return 0.0, 0
    mean = fmean(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    if spread <= 1e-12 * abs(mean):
        return 0.0, 0
    best, place, running = 0.0, 0, 0.0
    for index, value in enumerate(values, 1):
        running += value - mean
        if abs(running) > best:
            best, place = abs(running), index
    return best / (spread * math.sqrt(n)), place
