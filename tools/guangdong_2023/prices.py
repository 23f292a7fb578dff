"""Prices: a daily path through the published closes of each month, and trades that meet its mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from guangdong_2023.chance import Chance
from guangdong_2023.published import Month

__all__ = ["Priced", "daily_closes", "price_month"]

BAND: Final = 0.28  # a negotiated price stays inside 30 % of the opening price
STEP: Final = 0.08  # closes move by less than the band of 10 %


class Priced(NamedTuple):
    """A trade of a month that needs a price."""

    on: date
    quantity_t: int
    negotiated: bool


def daily_closes(month: Month, days: Sequence[date], chance: Chance) -> dict[date, float]:
    """A path from the first close to the last that stays between the least and the most."""
    found: dict[date, float] = {}
    drift, last = 0.0, float(month.first_close)
    room = (month.most_close - month.least_close) / 2
    for at, day in enumerate(days):
        along = at / (len(days) - 1)
        drift = 0.7 * drift + 0.35 * room * chance.normal()
        at_the_ends = min(along, 1 - along) * 4
        value = (
            month.first_close + (month.last_close - month.first_close) * along + drift * min(at_the_ends, 1)
        )
        last = _within(max(last * (1 - STEP), min(last * (1 + STEP), value)), month)
        found[day] = last
    return found


def price_month(
    month: Month, trades: Sequence[Priced], closes: dict[date, float], chance: Chance
) -> list[int]:
    """Prices in fen per tonne whose mean by volume is the published one as nearly as whole fen allow."""
    noise = [1 + 0.004 * chance.normal() for _ in trades]
    target = month.mean * sum(trade.quantity_t for trade in trades)
    blocks = sum(t.quantity_t * closes[t.on] for t in trades if t.negotiated)
    prices = [closes[t.on] * n for t, n in zip(trades, noise, strict=True)]
    if blocks:  # block trades carry what the closes do not explain: discounts, and once a premium
        listed = sum(t.quantity_t * p for t, p in zip(trades, prices, strict=True) if not t.negotiated)
        share = max(1 - BAND, min(1 + BAND, (target - listed) / blocks))
        prices = [closes[t.on] * share if t.negotiated else p for t, p in zip(trades, prices, strict=True)]
    for _ in range(8):  # the rest shifts the listed trades inside the published range of closes
        gap = (target - sum(t.quantity_t * p for t, p in zip(trades, prices, strict=True))) / max(
            sum(t.quantity_t for t in trades if not t.negotiated), 1
        )
        prices = [p if t.negotiated else _within(p + gap, month) for t, p in zip(trades, prices, strict=True)]
    return [round(price) for price in prices]


def _within(value: float, month: Month) -> float:
    return float(max(month.least_close, min(month.most_close, value)))
