"""A scheme's calendars: administration and exchange, and the delay clock as the scheme sets it.

Chinese schemes take the State Council's yearly holiday notices from the `chinesecalendar` package. It knows
them for past years and the current one only; beyond them the calendars fall back to plain weekends, and
`years_without_holidays` tells a report which years those are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache

from chinese_calendar import constants

from capwright.kernel.calendar import WorkingCalendar
from capwright.kernel.delay import WorkingHours, completion_26h, completion_working_hours, trusted_from
from capwright.scheme.registry_rules import DelayRule
from capwright.scheme.schema import CalendarRules

__all__ = [
    "administration_calendar",
    "completion_time",
    "exchange_calendar",
    "holiday_years",
    "trusted_list_time",
    "years_without_holidays",
]


@cache
def administration_calendar(rules: CalendarRules) -> WorkingCalendar:
    """Working days of authority and registry: make-up working weekends count, extra sessions do not."""
    holidays, make_up_days = _national(rules)
    own = frozenset(rules.holidays)
    return WorkingCalendar(holidays | own, make_up_days - own)


@cache
def exchange_calendar(rules: CalendarRules) -> WorkingCalendar:
    """Trading days: make-up working weekends do not count, the scheme's extra sessions do."""
    holidays, _ = _national(rules)
    return WorkingCalendar(holidays | frozenset(rules.holidays), frozenset(rules.extra_sessions))


def holiday_years(rules: CalendarRules) -> range | None:
    """The years whose holidays the national calendar knows; None where the scheme lists all days off."""
    if rules.country == "none":
        return None
    holidays, _ = _national(rules)
    return range(min(holidays).year, max(holidays).year + 1)


def years_without_holidays(rules: CalendarRules, years: Iterable[int]) -> tuple[int, ...]:
    """Those of `years`, in order, for which the calendars know weekends only; a report must say so.

    Without a national calendar a year counts as known when the scheme lists a day off in it.
    """
    known = holiday_years(rules) or {day.year for day in rules.holidays}
    return tuple(year for year in years if year not in known)


def completion_time(
    rule: DelayRule, calendar: WorkingCalendar, approved_at: datetime, *, trusted: bool
) -> datetime:
    """When a delayed transaction approved at `approved_at` (in the scheme's time zone) completes.

    `trusted`: the receiving account is on the giving account's trusted list. The 26 hours of 2011-2019 ran
    for every delayed transfer, trusted or not.
    """
    if rule.kind == "none":
        return approved_at
    if rule.kind == "eu_26h":
        return completion_26h(approved_at, calendar)
    delay = timedelta(hours=rule.trusted_delay_hours if trusted else rule.delay_hours)
    return completion_working_hours(approved_at, delay, calendar, _hours(rule))


def trusted_list_time(rule: DelayRule, calendar: WorkingCalendar, approved_at: datetime) -> datetime:
    """When an addition to the trusted list approved at `approved_at` becomes active."""
    if rule.trusted_list_days == 0:
        return approved_at
    return trusted_from(approved_at, rule.trusted_list_days, calendar, _hours(rule))


def _hours(rule: DelayRule) -> WorkingHours:
    return WorkingHours(time.fromisoformat(rule.open), time.fromisoformat(rule.close))


def _national(rules: CalendarRules) -> tuple[frozenset[date], frozenset[date]]:
    return _chinese() if rules.country == "cn" else (frozenset(), frozenset())


@cache
def _chinese() -> tuple[frozenset[date], frozenset[date]]:
    """Holidays, and weekend days worked to make up for them."""
    return frozenset(constants.holidays), frozenset(constants.workdays)
