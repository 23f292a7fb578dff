"""The delay clock between the approval of a transaction and its completion.

Two regimes: the UK registry's working-hours clock, used by today's Union Registry for its trusted list too,
and the Union Registry's 26 hours of 2011-2019. All times are aware datetimes in the scheme's own time zone,
because "10:00" and "working day" are meant there; sums are taken on the wall clock, so a change to summer
time moves nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from capwright.kernel.calendar import WorkingCalendar

__all__ = ["WorkingHours", "completion_26h", "completion_working_hours", "start_of_clock", "trusted_from"]

_DAY: Final = timedelta(days=1)
_26H_OPEN: Final = time(10)
_26H_CLOSE: Final = time(16)
_26H_NOON: Final = time(12)
_26H_EXTRA: Final = timedelta(hours=2)


class WorkingHours(Struct, frozen=True):
    """The hours of a working day in which the clock may start and stop, both ends included."""

    open: time = time(10)
    close: time = time(16)

    def __post_init__(self) -> None:
        assert self.open < self.close, (self.open, self.close)
        assert self.open.tzinfo is None is self.close.tzinfo, "wall-clock times carry no zone"


def start_of_clock(approved_at: datetime, calendar: WorkingCalendar, hours: WorkingHours) -> datetime:
    """When the clock starts: at once inside working hours, else at the next opening.

    Closing time itself is still inside; a second later starts on the next working day (UK registry 6.0.0).
    """
    return _into_hours(approved_at, calendar, hours, keep_time=False)


def completion_working_hours(
    approved_at: datetime, delay: timedelta, calendar: WorkingCalendar, hours: WorkingHours
) -> datetime:
    """When a transaction delayed by `delay` completes on the working-hours clock.

    Every whole 24 hours of the delay is one working day at the same time of day; the rest runs on the wall
    clock. An end outside working hours moves to the next opening; an end inside the hours of a day off keeps
    its time of day on the next working day (UK registry 6.0.0, delay service and its 78 published rows).
    """
    assert delay >= timedelta(0), delay
    start = start_of_clock(approved_at, calendar, hours)
    days, rest = divmod(delay, _DAY)
    day = calendar.add_working_days(start.date(), days)
    end = datetime.combine(day, _wall(start)) + rest
    return _into_hours(end.replace(tzinfo=approved_at.tzinfo), calendar, hours, keep_time=True)


def trusted_from(
    approved_at: datetime, working_days: int, calendar: WorkingCalendar, hours: WorkingHours
) -> datetime:
    """When an addition to the trusted list becomes active, `working_days` after its second approval.

    Union Registry since 2019: 4 working days; approved Saturday 12:00, the clock starts Monday 10:00 and the
    entry is active on Friday 10:00 (Swedish Energy Agency).
    """
    return completion_working_hours(approved_at, working_days * _DAY, calendar, hours)


def completion_26h(approved_at: datetime, calendar: WorkingCalendar) -> datetime:
    """When a transaction completes under the Union Registry's 26 hours of 2011-2019.

    The published Danish table as one rule: inside 10:00-16:00 of a working day, the next working day two
    hours later in the day; before 10:00, the next working day at 12:00; after 16:00 or on a day off, as if
    approved before 10:00 of the next working day. The table knows no closing time for completions (approved
    at 15:00, it completes at 17:00), so none is applied.
    """
    _require_zone(approved_at)
    day, now = approved_at.date(), _wall(approved_at)
    if not calendar.is_working_day(day):
        counted, inside = calendar.next_working_day(day), False
    elif now > _26H_CLOSE:
        counted, inside = calendar.next_working_day(day, after=True), False
    else:
        counted, inside = day, now >= _26H_OPEN
    due = calendar.next_working_day(counted, after=True)
    if inside:
        return (datetime.combine(due, now) + _26H_EXTRA).replace(tzinfo=approved_at.tzinfo)
    return _at(due, _26H_NOON, approved_at)


def _into_hours(
    moment: datetime, calendar: WorkingCalendar, hours: WorkingHours, *, keep_time: bool
) -> datetime:
    _require_zone(moment)
    day, clock = moment.date(), _wall(moment)
    if clock > hours.close:
        return _at(calendar.next_working_day(day, after=True), hours.open, moment)
    if calendar.is_working_day(day):
        return moment if clock >= hours.open else _at(day, hours.open, moment)
    opening = max(clock, hours.open) if keep_time else hours.open
    return _at(calendar.next_working_day(day), opening, moment)


def _require_zone(moment: datetime) -> None:
    assert moment.tzinfo is not None, "the delay clock needs the scheme's time zone"


def _wall(moment: datetime) -> time:
    """The time of day without its zone and fold: what the clock on the wall shows."""
    return moment.time().replace(fold=0)


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)
