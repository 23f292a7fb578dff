"""Calendars and delay clocks as schemes set them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from capwright.scheme.calendar import (
    administration_calendar,
    completion_time,
    exchange_calendar,
    holiday_years,
    trusted_list_time,
    years_without_holidays,
)
from capwright.scheme.registry_rules import DelayRule
from capwright.scheme.schema import CalendarRules

# Weekend sessions before the 2021 deadline: GZETS notice.
SESSIONS = (date(2021, 7, 10), date(2021, 7, 11), date(2021, 7, 17), date(2021, 7, 18))
GUANGDONG = CalendarRules(country="cn", timezone="Asia/Shanghai", extra_sessions=SESSIONS)
BRUSSELS = ZoneInfo("Europe/Brussels")


def test_make_up_weekends_are_worked_but_not_traded():
    # State Council notice for 2021: 1-7 October off, Sunday 26 September and Saturday 9 October worked.
    for day in (date(2021, 9, 26), date(2021, 10, 9)):
        assert administration_calendar(GUANGDONG).is_working_day(day)
        assert not exchange_calendar(GUANGDONG).is_working_day(day)
    for day in (date(2021, 10, 1), date(2021, 10, 7)):
        assert not administration_calendar(GUANGDONG).is_working_day(day)
        assert not exchange_calendar(GUANGDONG).is_working_day(day)


def test_extra_sessions_are_traded_but_not_worked():
    for day in SESSIONS:
        assert exchange_calendar(GUANGDONG).is_working_day(day)
        assert not administration_calendar(GUANGDONG).is_working_day(day)
    assert not exchange_calendar(GUANGDONG).is_working_day(date(2021, 7, 24))


def test_five_working_days_across_national_day():
    # From Thursday 30 September 2021: 8 and 9 (make-up Saturday), 11, 12, 13 October.
    start = date(2021, 9, 30)
    assert administration_calendar(GUANGDONG).add_working_days(start, 5) == date(2021, 10, 13)
    # The exchange does not open on the 9th.
    assert exchange_calendar(GUANGDONG).add_working_days(start, 5) == date(2021, 10, 14)


def test_the_2015_deadline_moved_over_the_dragon_boat_holiday():
    # 20 June 2015 was a Saturday and Monday 22 June the Dragon Boat holiday: due on 23 June.
    assert administration_calendar(GUANGDONG).next_working_day(date(2015, 6, 20)) == date(2015, 6, 23)


def test_a_holiday_of_the_scheme_adds_to_the_national_ones():
    rules = CalendarRules(
        country="cn", timezone="Asia/Shanghai", holidays=(date(2021, 9, 26), date(2021, 9, 27))
    )
    for calendar in (administration_calendar(rules), exchange_calendar(rules)):
        assert not calendar.is_working_day(date(2021, 9, 26))  # a make-up Sunday that the scheme takes back
        assert not calendar.is_working_day(date(2021, 9, 27))
        assert not calendar.is_working_day(date(2021, 10, 1))


def test_years_beyond_the_notices_are_weekends_only_and_reported():
    known = holiday_years(GUANGDONG)
    assert 2013 in known
    assert 2025 in known
    assert 2100 not in known
    assert administration_calendar(GUANGDONG).is_working_day(date(2100, 10, 1))  # a Friday
    assert years_without_holidays(GUANGDONG, range(2023, 2026)) == ()
    assert years_without_holidays(GUANGDONG, (2100, 2024, 2101)) == (2100, 2101)


def test_without_a_national_calendar_the_listed_years_are_known():
    rules = CalendarRules(timezone="Europe/London", holidays=(date(2024, 12, 25),))
    assert holiday_years(rules) is None
    assert years_without_holidays(rules, (2024, 2025)) == (2025,)
    assert not exchange_calendar(rules).is_working_day(date(2024, 12, 25))
    assert exchange_calendar(rules).is_working_day(date(2024, 12, 26))


CALENDAR = administration_calendar(CalendarRules(timezone="Europe/Brussels"))


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


def test_no_delay_completes_at_once_even_at_night():
    approved = moment("2024-02-03 03:00")
    assert completion_time(DelayRule(), CALENDAR, approved, trusted=False) == approved
    assert trusted_list_time(DelayRule(), CALENDAR, approved) == approved


def test_trusted_transfers_are_immediate_inside_working_hours():
    # Union Registry since 2019: immediate inside 10:00-16:00 on working days, otherwise at the next opening.
    rule = DelayRule(kind="working_hours", delay_hours=24, trusted_list_days=4)
    friday = moment("2024-02-02 11:00")
    assert completion_time(rule, CALENDAR, friday, trusted=True) == friday
    assert completion_time(rule, CALENDAR, friday, trusted=False) == moment("2024-02-05 11:00")
    saturday = moment("2024-02-03 12:00")
    assert completion_time(rule, CALENDAR, saturday, trusted=True) == moment("2024-02-05 10:00")
    assert completion_time(rule, CALENDAR, saturday, trusted=False) == moment("2024-02-06 10:00")
    assert trusted_list_time(rule, CALENDAR, saturday) == moment("2024-02-09 10:00")


def test_other_opening_hours():
    rule = DelayRule(kind="working_hours", open="09:00", close="17:30", delay_hours=2)
    assert completion_time(rule, CALENDAR, moment("2024-02-01 15:00"), trusted=False) == moment(
        "2024-02-01 17:00"
    )
    assert completion_time(rule, CALENDAR, moment("2024-02-01 16:00"), trusted=False) == moment(
        "2024-02-02 09:00"
    )


def test_26_hours_run_for_trusted_accounts_too():
    rule = DelayRule(kind="eu_26h")
    for trusted in (True, False):
        done = completion_time(rule, CALENDAR, moment("2015-02-06 11:15"), trusted=trusted)
        assert done == moment("2015-02-09 13:15")
