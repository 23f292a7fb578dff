"""Laws of working-day arithmetic."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.calendar import WorkingCalendar

days = st.dates(date(2021, 1, 1), date(2022, 12, 31))
calendars = st.builds(
    WorkingCalendar,
    holidays=st.frozensets(days, max_size=30),
    extra_working_days=st.frozensets(days, max_size=10),
)


@given(calendars, days, st.integers(-40, 40).filter(bool))
def test_adding_then_counting_gives_the_number_back(calendar, day, count):
    end = calendar.add_working_days(day, count)
    assert calendar.is_working_day(end)
    assert calendar.working_days_between(day, end) == count


@given(calendars, days, st.integers(0, 20), st.integers(0, 20))
def test_adding_in_two_steps_is_adding_at_once(calendar, day, first, second):
    at_once = calendar.add_working_days(day, first + second)
    assert calendar.add_working_days(calendar.add_working_days(day, first), second) == at_once


@given(calendars, days, days, days)
def test_counts_of_adjoining_spans_add_up(calendar, a, b, c):
    a, b, c = sorted((a, b, c))
    spans = calendar.working_days_between(a, b) + calendar.working_days_between(b, c)
    assert spans == calendar.working_days_between(a, c)
