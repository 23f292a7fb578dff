"""From the sequencer's milliseconds to the scheme's local clock and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from capwright.kernel.refusal import define, refuse
from capwright.scheme.calendar import completion_time

if TYPE_CHECKING:
    from capwright.ledger.rulebook import Rules

__all__ = ["completion_ms", "local_ms", "local_time", "trusted_from_ms", "within_days", "working_day_end_ms"]

TIME = define(
    "CW-4203",
    en="The market's clock shows {at_ms} ms after 1970: no calendar reaches that far.",
    zh="市场时钟为1970年后{at_ms}毫秒，已超出日历范围。",
    mend_en="Send commands with a time before the year 9000.",
    mend_zh="指令时间须早于9000年。",
    rule="design: bound everything",
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 221_845_392_000_000  # the year 9000: a thousand years before dates end leave room to count days


def local_time(rules: Rules, at_ms: int) -> datetime:
    """Return the local time of a sequencer time; refuse (CW-4203) one that calendars cannot follow."""
    if not 0 <= at_ms < _LATEST_MS:
        refuse(TIME, at_ms=at_ms)
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(rules.zone)


def _ms(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(milliseconds=1)


def local_ms(rules: Rules, day: date, clock: time) -> int:
    """Return the sequencer's time of a local clock time on a day."""
    return _ms(datetime.combine(day, clock, tzinfo=rules.zone))


def working_day_end_ms(rules: Rules, at_ms: int, working_days: int) -> int:
    """Return the end of the local day that lies this many working days after the day of `at_ms`."""
    now = local_time(rules, at_ms)
    last = rules.administration.add_working_days(now.date(), working_days)
    return _ms(datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=now.tzinfo))


def within_days(rules: Rules, since_ms: int, at_ms: int, days: int) -> bool:
    """Whether the local day of `at_ms` lies at most `days` calendar days after that of `since_ms`."""
    return local_time(rules, at_ms).date() - local_time(rules, since_ms).date() <= timedelta(days=days)


def completion_ms(rules: Rules, approved_at_ms: int, *, trusted: bool) -> int:
    """Return when a delayed transaction approved at this time completes."""
    approved_at = local_time(rules, approved_at_ms)
    return _ms(completion_time(rules.registry.delay, rules.administration, approved_at, trusted=trusted))


def trusted_from_ms(rules: Rules, approved_at_ms: int) -> int:
    """Return when an addition to the trusted list approved at this time becomes active."""
    from capwright.scheme.calendar import trusted_list_time  # noqa: PLC0415 - one caller

    return _ms(
        trusted_list_time(rules.registry.delay, rules.administration, local_time(rules, approved_at_ms))
    )
