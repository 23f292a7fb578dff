"""Laws of the delay clock on any calendar."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.calendar import WorkingCalendar
from capwright.kernel.delay import WorkingHours, completion_26h, completion_working_hours

ZONE = ZoneInfo("Europe/London")
HOURS = WorkingHours()
moments = st.datetimes(
    datetime(2021, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2021, 12, 31),  # noqa: DTZ001
    timezones=st.just(ZONE),
)
calendars = st.builds(
    WorkingCalendar, holidays=st.frozensets(st.dates(date(2021, 1, 1), date(2022, 2, 1)), max_size=20)
)
delays = st.integers(0, 10 * 24 * 60).map(lambda n: timedelta(minutes=n))


@given(moments, delays, calendars)
def test_completion_falls_into_the_hours_of_a_working_day(approved, delay, calendar):
    done = completion_working_hours(approved, delay, calendar, HOURS)
    assert calendar.is_working_day(done.date())
    assert HOURS.open <= done.time() <= HOURS.close
    assert done.replace(tzinfo=None) >= approved.replace(tzinfo=None) + delay


@given(moments, moments, delays, calendars)
def test_a_later_approval_never_completes_earlier(one, other, delay, calendar):
    first, second = sorted((one, other), key=lambda moment: moment.replace(tzinfo=None))
    done = [completion_working_hours(at, delay, calendar, HOURS) for at in (first, second)]
    assert done[0].date() <= done[1].date()
    eu = [completion_26h(at, calendar) for at in (first, second)]
    assert eu[0].date() <= eu[1].date()


@given(moments, calendars)
def test_26_hours_never_run_short(approved, calendar):
    done = completion_26h(approved, calendar)
    assert done.replace(tzinfo=None) >= approved.replace(tzinfo=None) + timedelta(hours=26)
    assert calendar.is_working_day(done.date())
