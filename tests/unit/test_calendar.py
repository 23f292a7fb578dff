"""The pure working-day calendar."""

from datetime import date, timedelta

import pytest

from capwright.kernel.calendar import WorkingCalendar

# England 2021: 2 and 5 April (Easter), 3 May; and one invented working Saturday.
HOLIDAYS = frozenset({date(2021, 4, 2), date(2021, 4, 5), date(2021, 5, 3)})
CALENDAR = WorkingCalendar(HOLIDAYS, frozenset({date(2021, 4, 10)}))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2021, 4, 1), True),
        (date(2021, 4, 2), False),
        (date(2021, 4, 3), False),
        (date(2021, 4, 6), True),
        (date(2021, 4, 10), True),
        (date(2021, 4, 11), False),
    ],
)
def test_working_days(day, worked):
    assert CALENDAR.is_working_day(day) is worked


def test_an_extra_working_day_wins_over_a_holiday():
    day = date(2021, 5, 3)
    assert WorkingCalendar(HOLIDAYS, frozenset({day})).is_working_day(day)


def test_next_working_day_on_or_after_and_after():
    assert CALENDAR.next_working_day(date(2021, 4, 1)) == date(2021, 4, 1)
    assert CALENDAR.next_working_day(date(2021, 4, 1), after=True) == date(2021, 4, 6)
    assert CALENDAR.next_working_day(date(2021, 4, 2)) == date(2021, 4, 6)
    assert CALENDAR.previous_working_day(date(2021, 4, 5)) == date(2021, 4, 1)
    assert CALENDAR.previous_working_day(date(2021, 4, 6), before=True) == date(2021, 4, 1)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2021, 4, 1), 1, date(2021, 4, 6)),
        (date(2021, 4, 1), 5, date(2021, 4, 10)),  # 6, 7, 8, 9 and the working Saturday
        (date(2021, 4, 3), 1, date(2021, 4, 6)),
        (date(2021, 4, 3), 0, date(2021, 4, 3)),
        (date(2021, 4, 6), -1, date(2021, 4, 1)),
        (date(2021, 4, 12), -2, date(2021, 4, 9)),
    ],
)
def test_adding_and_counting_working_days(start, count, end):
    assert CALENDAR.add_working_days(start, count) == end
    assert CALENDAR.working_days_between(start, end) == count


def test_other_weekends():
    gulf = WorkingCalendar(weekend=frozenset({4, 5}))
    assert not gulf.is_working_day(date(2021, 4, 2))  # a Friday
    assert gulf.is_working_day(date(2021, 4, 4))  # a Sunday


def test_a_week_without_working_days_is_a_bug():
    with pytest.raises(AssertionError):
        WorkingCalendar(weekend=frozenset(range(7)))


def test_a_calendar_shut_for_ever_is_a_bug_not_an_endless_loop():
    shut = frozenset(date(2021, 1, 1) + timedelta(days=n) for n in range(200))
    with pytest.raises(AssertionError, match="no working day"):
        WorkingCalendar(shut).next_working_day(date(2021, 1, 2))
