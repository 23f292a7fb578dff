"""Who buys how much in which month: firms short of quota, new projects for their paid share, investors."""

# ruff: noqa: PLR2004 - the figures are assumptions and stand where they are used
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from guangdong_2023.chance import Chance
from guangdong_2023.published import MONTHS, Month

__all__ = ["BLOCK_T", "Want", "Wish", "wants_of_month", "wishes_by_month"]

BLOCK_T: Final = 100_000  # the least of a negotiated trade, from memory
_LARGEST_LISTED_T: Final = 30_000
# How ready firms are to buy in a month, and how much of its volume they may take; the rest is the investors'.
_READY: Final = {(2024, 5): (0.8, 0.75), (2024, 6): (0.9, 0.8), (2024, 7): (1.0, 0.82)}
_OTHERWISE: Final = (0.35, 0.45)


class Wish(NamedTuple):
    """A buyer's need between two days, both included. Tonnes."""

    buyer: str
    quantity_t: int
    after: date
    until: date


class Want(NamedTuple):
    """A purchase to be matched on a day; `until` is the last day that serves the buyer."""

    buyer: str
    quantity_t: int
    after: date
    until: date
    negotiated: bool


def wishes_by_month(wishes: Sequence[Wish], seed: str) -> dict[tuple[int, int], list[Wish]]:
    """Spread every wish over the months it can be met in, within what the months hold."""
    chance = Chance(f"{seed}/wishes")
    room = {(m.year, m.month): int(m.volume_t * _ready(m)[1]) for m in MONTHS}
    found: dict[tuple[int, int], list[Wish]] = {key: [] for key in room}
    # Whoever has the least choice of months goes first.
    for wish in sorted(wishes, key=lambda w: (w.until.toordinal() - w.after.toordinal(), w.buyer)):
        left_t = wish.quantity_t
        months = [m for m in MONTHS if _overlaps(m, wish)]
        parts = 1 + min(left_t // 20_000, 3)
        while left_t:
            open_months = [m for m in months if room[m.year, m.month] > 0]
            assert open_months, f"no month left for {wish.buyer}"
            weights = [room[m.year, m.month] * _ready(m)[0] for m in open_months]
            month = chance.pick(open_months, weights)
            key = month.year, month.month
            part_t = min(left_t, room[key], max(wish.quantity_t // parts, 500))
            if left_t - part_t < 200:  # no crumbs
                part_t = min(left_t, room[key])
            found[key].append(wish._replace(quantity_t=part_t))
            room[key] -= part_t
            left_t -= part_t
    return found


def wants_of_month(
    month: Month, wishes: Sequence[Wish], investors: Mapping[str, float], seed: str
) -> list[Want]:
    """Cut the wishes of a month into purchases; investors buy what is left of the published volume."""
    chance = Chance(f"{seed}/wants/{month.year}-{month.month}")
    wants: list[Want] = []
    for wish in wishes:
        wants += [
            Want(wish.buyer, quantity_t, wish.after, wish.until, quantity_t >= BLOCK_T)
            for quantity_t in _pieces(wish.quantity_t, 0.9, chance)
        ]
    rest_t = month.volume_t - sum(want.quantity_t for want in wants)
    assert rest_t >= 0, month
    names, weights = list(investors), list(investors.values())
    share = 0.55 if rest_t > 150_000 else 0.0
    for quantity_t in _pieces(rest_t, share, chance):
        buyer = chance.pick(names, weights)
        wants.append(Want(buyer, quantity_t, date.min, date.max, quantity_t >= BLOCK_T))
    return wants


def _pieces(total_t: int, block_share: float, chance: Chance) -> list[int]:
    """Cut a quantity into block trades and smaller listed ones."""
    pieces: list[int] = []
    blocks_t = int(total_t * block_share)
    while blocks_t >= BLOCK_T // 2 and total_t - sum(pieces) >= BLOCK_T:
        left_t = total_t - sum(pieces)
        piece_t = min(left_t, chance.whole(BLOCK_T // 1000, 260) * 1000)
        pieces.append(piece_t)
        blocks_t -= piece_t
    left_t = total_t - sum(pieces)
    while left_t > 0:
        piece_t = max(50, round(2_600 * chance.lognormal(1.1)))
        piece_t = min(left_t, piece_t, _LARGEST_LISTED_T)
        if left_t - piece_t < 50:
            piece_t = left_t
        pieces.append(piece_t)
        left_t -= piece_t
    return pieces


def _ready(month: Month) -> tuple[float, float]:
    return _READY.get((month.year, month.month), _OTHERWISE)


def _overlaps(month: Month, wish: Wish) -> bool:
    """Whether the wish can be met during most of the month: from its first days and past its middle."""
    return wish.after <= date(month.year, month.month, 8) and wish.until >= date(month.year, month.month, 20)
