"""The delay clock against the published tables: UK registry 6.0.0, Danish and Swedish administrators."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capwright.kernel.calendar import WorkingCalendar
from capwright.kernel.delay import (
    WorkingHours,
    completion_26h,
    completion_working_hours,
    start_of_clock,
    trusted_from,
)

LONDON = ZoneInfo("Europe/London")
BRUSSELS = ZoneInfo("Europe/Brussels")
HOURS = WorkingHours(time(10), time(16))
GOLDEN = Path(__file__).parent.parent / "golden"
# The days off of the UK registry's own test; 15-17 June are not real bank holidays.
UK_2021 = WorkingCalendar(
    frozenset(
        date(2021, month, day)
        for month, day in [
            (1, 1), (4, 2), (4, 5), (5, 3), (5, 31), (6, 15), (6, 16), (6, 17), (8, 30), (12, 27), (12, 28),
        ]
    )
)  # fmt: skip
PLAIN = WorkingCalendar()


def rows(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [tuple(datetime.fromisoformat(text) for text in row.values()) for row in csv.DictReader(file)]


def complete(approved, **delay):
    return completion_working_hours(approved, timedelta(**delay), UK_2021, HOURS).replace(tzinfo=None)


@pytest.mark.parametrize("row", rows("uk-delay-clock.csv"), ids=lambda row: row[0].isoformat())
def test_uk_clock_of_minutes_hours_and_days(row):
    approved = row[0].replace(tzinfo=LONDON)
    assert start_of_clock(approved, UK_2021, HOURS).replace(tzinfo=None) == row[1]
    delays = [{"minutes": 7}, {"hours": 2}, {"hours": 24}, {"hours": 72}]
    assert tuple(complete(approved, **delay) for delay in delays) == row[2:]


@pytest.mark.parametrize("row", rows("uk-delay-clock-long.csv"), ids=lambda row: row[0].isoformat())
def test_uk_clock_of_odd_hours(row):
    approved = row[0].replace(tzinfo=LONDON)
    assert start_of_clock(approved, UK_2021, HOURS).replace(tzinfo=None) == row[1]
    assert tuple(complete(approved, hours=h) for h in (7, 10, 12, 32, 34, 36)) == row[2:]


def test_all_78_published_rows_are_here():
    assert len(rows("uk-delay-clock.csv")) + len(rows("uk-delay-clock-long.csv")) == 78


def test_uk_clock_without_delay_is_the_start():
    approved = datetime(2021, 3, 15, 16, 0, 1, tzinfo=LONDON)
    assert complete(approved).isoformat() == "2021-03-16T10:00:00"


def test_an_end_inside_the_hours_of_a_day_off_keeps_its_time():
    # Friday 15:00 + 20 h = Saturday 11:00: the UK delay service moves the day and keeps the time.
    approved = datetime(2021, 3, 19, 15, tzinfo=LONDON)
    assert complete(approved, hours=20).isoformat() == "2021-03-22T11:00:00"


def test_summer_time_moves_nothing_on_the_wall_clock():
    # Clocks go forward on Sunday 28 March 2021.
    approved = datetime(2021, 3, 26, 14, 30, tzinfo=LONDON)
    done = completion_working_hours(approved, timedelta(hours=24), UK_2021, HOURS)
    assert done.isoformat() == "2021-03-29T14:30:00+01:00"


@pytest.mark.parametrize(
    ("approved", "active"),
    [  # 2024-02-01 is a Thursday
        ("2024-02-01 11:30", "2024-02-07 11:30"),
        ("2024-02-03 12:00", "2024-02-09 10:00"),
        ("2024-02-05 19:00", "2024-02-12 10:00"),
    ],
)
def test_swedish_trusted_list_examples(approved, active):
    moment = datetime.fromisoformat(approved).replace(tzinfo=BRUSSELS)
    assert trusted_from(moment, 4, PLAIN, HOURS) == datetime.fromisoformat(active).replace(tzinfo=BRUSSELS)


@pytest.mark.parametrize(
    ("approved", "done"),
    [  # 2015-02-02 is a Monday
        ("2015-02-02 09:59", "2015-02-03 12:00"),  # Mon-Thu before 10:00: next day 12:00
        ("2015-02-05 00:00", "2015-02-06 12:00"),
        ("2015-02-02 10:00", "2015-02-03 12:00"),  # Mon-Thu 10:00-16:00: next day, two hours later
        ("2015-02-04 13:20", "2015-02-05 15:20"),
        ("2015-02-05 15:00", "2015-02-06 17:00"),
        ("2015-02-05 16:30", "2015-02-09 12:00"),  # Thu after 16:00 or Fri before 10:00: Mon 12:00
        ("2015-02-06 09:30", "2015-02-09 12:00"),
        ("2015-02-06 11:15", "2015-02-09 13:15"),  # Fri 10:00-16:00: Mon, two hours later
        ("2015-02-06 16:01", "2015-02-10 12:00"),  # Fri after 16:00 to Mon before 10:00: Tue 12:00
        ("2015-02-07 12:00", "2015-02-10 12:00"),
        ("2015-02-09 09:59", "2015-02-10 12:00"),
    ],
)
def test_danish_26_hour_table(approved, done):
    moment = datetime.fromisoformat(approved).replace(tzinfo=BRUSSELS)
    assert completion_26h(moment, PLAIN) == datetime.fromisoformat(done).replace(tzinfo=BRUSSELS)


def test_a_time_without_zone_is_a_bug():
    with pytest.raises(AssertionError):
        start_of_clock(datetime(2021, 3, 15, 12), PLAIN, HOURS)  # noqa: DTZ001
    with pytest.raises(AssertionError):
        completion_26h(datetime(2021, 3, 15, 12), PLAIN)  # noqa: DTZ001
