"""Rows of the journal by time: they stand in the order of time, and no number is left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from capwright.projection.views import Views

__all__ = ["JournalDay", "day_of", "days_of", "rows_between"]


class JournalDay(Struct, frozen=True):
    """A day of the journal (ISO): how many rows it has, and its first and last row."""

    day: str
    count: int
    first: int
    last: int


def days_of(views: Views, zone: ZoneInfo, count: int) -> list[JournalDay]:
    """The last days on which rows were written, the latest first; days begin at midnight in `zone`."""
    found: list[JournalDay] = []
    newest = views.rows("SELECT seq, at_ms FROM act ORDER BY seq DESC LIMIT 1")
    while newest and len(found) < count:
        last, at_ms = newest[0]
        day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()
        first = _first_from(views, _begin_ms(day, zone), last)
        found.append(JournalDay(day.isoformat(), last - first + 1, first, last))
        newest = views.rows("SELECT seq, at_ms FROM act WHERE seq = ?", (first - 1,))
    return found


def day_of(views: Views, zone: ZoneInfo, day: date) -> JournalDay | None:
    """One day of the journal, or None when no row was written on it."""
    first, last = rows_between(views, _begin_ms(day, zone), _begin_ms(day + timedelta(days=1), zone))
    return JournalDay(day.isoformat(), last - first + 1, first, last) if last >= first else None


def rows_between(views: Views, begin_ms: int, end_ms: int) -> tuple[int, int]:
    """The first and the last row from `begin_ms` to before `end_ms`; the last is before the first if none."""
    newest = views.rows("SELECT coalesce(max(seq), 0) AS seq FROM act")[0]["seq"]
    return _first_from(views, begin_ms, newest + 1), _first_from(views, end_ms, newest + 1) - 1


def _first_from(views: Views, at_ms: int, otherwise: int) -> int:
    """The first row that is not earlier than a time."""
    found = views.rows("SELECT seq FROM act WHERE at_ms >= ? ORDER BY at_ms, seq LIMIT 1", (at_ms,))
    return int(found[0]["seq"]) if found else otherwise


def _begin_ms(day: date, zone: ZoneInfo) -> int:
    midnight = datetime.combine(day, time(), zone)
    return (midnight.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
