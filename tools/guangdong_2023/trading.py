"""The calendar of the year: trading days, surrenders, and trades that were agreed elsewhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from capwright.scheme.calendar import exchange_calendar
from capwright.scheme.loader import load_scheme

__all__ = ["PLAN", "Surrender", "Trade", "trading_days"]

PLAN: Final = date(2024, 1, 12)


class Trade(NamedTuple):
    """A row of transfers.csv; price in fen per tonne."""

    on: date
    seller: str
    buyer: str
    kind: str
    vintage: int
    quantity_t: int
    price: int
    mode: str
    on_exchange: str = ""


class Surrender(NamedTuple):
    """All that a firm owes, or has, on a day; at the end of it `left_t` must be owed still."""

    on: date
    holder: str
    owed_t: int
    left_t: int


def trading_days(year: int, month: int) -> list[date]:
    """Days on which the exchange was open, extra weekend sessions included."""
    calendar = load_scheme("guangdong-2023").body.calendar
    assert calendar is not None
    open_days = exchange_calendar(calendar)
    first = date(year, month, 1)
    days = (first + timedelta(days=n) for n in range(31))
    return [day for day in days if day.month == month and open_days.is_working_day(day)]
