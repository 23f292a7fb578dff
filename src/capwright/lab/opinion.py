"""What participants think an allowance is worth, day by day, and how much they care to trade.

Months come from a table. In the built-in year they are the exchange's published monthly figures, so that the
opinions are calibrated: what a trade costs is still settled in the book, inside the band of the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from msgspec import Struct

__all__ = ["DayMood", "Month", "moods"]

_PERSISTENCE = 0.7  # of yesterday's mood
_SWING = 0.35  # of half the month's range, standard deviation of a day's news
_QUIET = 0.06  # share of days on which hardly anybody comes
_LIVELY = 0.8  # standard deviation of the logarithm of a day's activity
_RUSH = 2  # how much livelier the last day of a rush is than its first


class Month(Struct, frozen=True):
    """A month as participants see it: prices in fen per tonne.

    `first`, `last`, `least`, `most`: where the value goes from and to, and the range it stays in; `volume_t`:
    what they care to trade; `block`: what large lots are agreed at, in hundredths of the value; `rush`:
    activity rises to the end of the month, as before a deadline.
    """

    year: int
    month: int
    volume_t: int
    first: int
    last: int
    least: int
    most: int
    block: int = 100
    rush: bool = False


class DayMood(Struct, frozen=True):
    """The common opinion of a day: value in fen per tonne, tonnes that want to trade, price of blocks."""

    value_fen_per_t: int
    volume_t: int
    block_fen_per_t: int


def moods(
    months: Sequence[Month], days: Mapping[tuple[int, int], Sequence[date]], seed: str
) -> dict[date, DayMood]:
    """A mood for every trading day of the months."""
    found: dict[date, DayMood] = {}
    for month in months:
        draw = Random(f"{seed}/{month.year}-{month.month}")
        trading = days[month.year, month.month]
        values = _values(month, len(trading), draw)
        shares = _shares(month, len(trading), draw)
        total = sum(shares)
        for day, value, share in zip(trading, values, shares, strict=True):
            volume_t = int(month.volume_t * share / total)
            found[day] = DayMood(value, volume_t, value * month.block // 100)
    return found


def _values(month: Month, count: int, draw: Random) -> list[int]:
    """A path from the first value to the last, with news that fades, inside the month's range."""
    news, found = 0.0, []
    room = (month.most - month.least) / 2
    for at in range(count):
        along = at / max(count - 1, 1)
        news = _PERSISTENCE * news + _SWING * room * draw.gauss(0, 1)
        ends = min(1.0, 4 * min(along, 1 - along))
        value = month.first + (month.last - month.first) * along + news * ends
        found.append(round(max(month.least, min(month.most, value))))
    return found


def _shares(month: Month, count: int, draw: Random) -> list[float]:
    """Lively and quiet days."""
    found: list[float] = []
    for at in range(count):
        lively = draw.lognormvariate(0, _LIVELY)
        if month.rush:
            found.append(lively * (1 + _RUSH * at / count))
        else:
            found.append(1e-9 if draw.random() < _QUIET else lively)
    return found
