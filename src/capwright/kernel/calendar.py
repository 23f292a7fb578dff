"""Working days: a pure calendar of weekends, holidays and extra working days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from msgspec import Struct

__all__ = ["WorkingCalendar"]

SATURDAY: Final = 5
SUNDAY: Final = 6
_DAY: Final = timedelta(days=1)
# The longest shut period on record is nine days; ten times that without a working day is a broken calendar.
_LONGEST_SHUT_DAYS: Final = 90


class WorkingCalendar(Struct, frozen=True):
    """Which days are worked. `extra_working_days` win over weekends and holidays.

    `weekend` holds weekday numbers, Monday = 0. The calendar knows no clock and no time zone.
    """

    holidays: frozenset[date] = frozenset()
    extra_working_days: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def __post_init__(self) -> None:
        assert all(0 <= day <= SUNDAY for day in self.weekend), self.weekend
        assert len(self.weekend) <= SUNDAY, "a week without a working day"

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is worked."""
        if day in self.extra_working_days:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def next_working_day(self, day: date, *, after: bool = False) -> date:
        """Return the first working day on or after `day`; with `after=True`, strictly after it."""
        return self._seek(day + _DAY if after else day, 1)

    def previous_working_day(self, day: date, *, before: bool = False) -> date:
        """Return the last working day on or before `day`; with `before=True`, strictly before it."""
        return self._seek(day - _DAY if before else day, -1)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the working day `count` working days after `day` (before it if negative).

        `day` itself never counts: one working day from a Saturday or a Sunday is the Monday. Zero gives `day`
        as it is.
        """
        step = 1 if count >= 0 else -1
        for _ in range(abs(count)):
            day = self._seek(day + step * _DAY, step)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after `start` up to and including `end`; negative when `end` is earlier.

        The inverse of `add_working_days`: `working_days_between(d, add_working_days(d, n)) == n`.
        """
        if end < start:
            # Going back, `start` does not count and `end` does, as with a negative count above.
            return -sum(self.is_working_day(end + n * _DAY) for n in range((start - end).days))
        return sum(self.is_working_day(start + n * _DAY) for n in range(1, (end - start).days + 1))

    def _seek(self, day: date, step: int) -> date:
        for _ in range(_LONGEST_SHUT_DAYS):
            if self.is_working_day(day):
                return day
            day += step * _DAY
        raise AssertionError(f"no working day within {_LONGEST_SHUT_DAYS} days of {day}")
