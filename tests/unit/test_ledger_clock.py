"""From the sequencer's milliseconds to the scheme's clock: zones, summer time, the ends of the calendar."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from capwright.kernel.refusal import Refused
from capwright.ledger.clock import (
    completion_ms,
    local_time,
    trusted_from_ms,
    within_days,
    working_day_end_ms,
)
from capwright.ledger.rulebook import Rules
from capwright.scheme.loader import load_scheme

UK, GD = Rules(load_scheme("uk-ets")), Rules(load_scheme("guangdong-2023"))


def ms(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_the_clock_shows_the_schemes_time():
    assert local_time(GD, 1_672_538_400_000).isoformat() == "2023-01-01T10:00:00+08:00"
    assert local_time(UK, 1_688_200_200_123).isoformat() == "2023-07-01T09:30:00.123000+01:00"
    assert local_time(UK, 0).isoformat() == "1970-01-01T01:00:00+01:00", (
        "Britain kept summer time that winter"
    )


def test_a_working_day_ends_at_midnight():
    """Guangdong 2023: 29 April to 3 May were off and Saturday 6 May made up, so five days end with 9 May."""
    after = working_day_end_ms(GD, ms("2023-04-28T10:00", "Asia/Shanghai"), 5)
    assert after == ms("2023-05-10T00:00", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("since", "at", "days", "inside"),
    [
        ("2023-03-20T00:00:00.000", "2023-04-03T23:59:59.999", 14, True),  # over the change to summer time
        ("2023-03-20T23:59:59.999", "2023-04-03T23:59:59.999", 14, True),
        ("2023-03-20T00:00:00.000", "2023-04-04T00:00:00.000", 14, False),
        ("2023-03-20T23:59:59.999", "2023-04-04T00:00:00.000", 14, False),
        ("2023-03-20T10:00:00.000", "2023-03-20T23:59:59.999", 0, True),
        ("2023-03-20T10:00:00.000", "2023-03-21T00:00:00.000", 0, False),
    ],
)
def test_calendar_days_are_counted_on_the_local_calendar(since, at, days, inside):
    assert within_days(UK, ms(since, "Europe/London"), ms(at, "Europe/London"), days) is inside


@pytest.mark.parametrize("at_ms", [-1, -(2**63), 221_845_392_000_000, 253_402_300_799_999, 2**63])
def test_times_that_no_calendar_reaches_are_refused(at_ms):
    for ask in (
        lambda: local_time(UK, at_ms),
        lambda: completion_ms(UK, at_ms, trusted=False),
        lambda: trusted_from_ms(UK, at_ms),
        lambda: working_day_end_ms(UK, at_ms, 5),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.refusal.code == "CW-4203"


def test_the_last_moment_that_counts_still_has_a_tomorrow():
    at_ms = 221_845_391_999_999
    assert local_time(UK, at_ms).isoformat() == "8999-12-31T23:59:59.999000+00:00"
    assert completion_ms(UK, at_ms, trusted=False) > at_ms
    assert working_day_end_ms(UK, at_ms, 250) > at_ms
