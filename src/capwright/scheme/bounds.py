"""Bounds on the values of a scheme, so that no figure, time or text of it can stop a market later on.

The file loader and the market's `AdoptScheme` both hold a scheme against them: a scheme that comes as JSON
was not necessarily a file before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from capwright.kernel.calendar import SATURDAY
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.text import MAX_ID, MAX_REASON
from capwright.scheme.exchange_check import exchange_faults
from capwright.scheme.registry_rules import RegistryRules
from capwright.scheme.schema import CalendarRules, SchemeBody

__all__ = ["Fault", "setting_faults", "value_faults"]

# Path, value, what is expected.
Fault = tuple[str, str, str]

_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2200
_MOST_DECIMAL: Final = Decimal(10) ** 15
_MOST_DIGITS: Final = 30
_SHOWN: Final = 60
_DAY: Final = timedelta(days=1)
_LONGEST_SHUT: Final = timedelta(days=60)
_FRACTION: Final = re.compile(r"[0-9]{1,9}(/[0-9]{1,9})?")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")

# The most of an integer by how its name ends; anything else is bounded by what money may be.
_MOST: Final = (("_days", 3_650), ("_months", 1_200), ("_years", 200), ("_hours", 10_000), ("approvals", 2))
_LEAST: Final = (("approvals", 1), ("least_representatives", 0))
_YEARS: Final = ("vintage", "status_since", "base_years", "reference_years", "release_vintages", "year")


def value_faults(values: Iterable[tuple[str, Any]]) -> Iterator[Fault]:
    """Every value out of its bounds; `values` are all values of a scheme with their paths."""
    for path, value in values:
        expected = _expected(path.rpartition(".")[2], value)
        if expected:
            yield path, _shown(value), expected


def setting_faults(body: SchemeBody) -> Iterator[Fault]:
    """What no clock, calendar or account number can be made from; every value is within its bounds."""
    if body.calendar is not None:
        yield from _calendar(body.calendar)
    if body.registry is not None:
        yield from _registry(body.registry)
    yield from exchange_faults(body)


def _expected(name: str, value: Any) -> str:
    """What a value should be, if it is not."""
    if isinstance(value, tuple):
        return next((said for item in value if (said := _expected(name, item))), "")
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return _integer(name, value)
    if isinstance(value, Decimal):
        digits = value.as_tuple()
        wild = not value.is_finite() or abs(value) > _MOST_DECIMAL or len(digits.digits) > _MOST_DIGITS
        return "|x| ≤ 10^15" if wild or abs(int(digits.exponent)) > _MOST_DIGITS else ""
    if isinstance(value, date):
        known = _FIRST_YEAR <= value.year <= _LAST_YEAR
        return "" if known else f"{_FIRST_YEAR} … {_LAST_YEAR}"
    return _text(name, value) if isinstance(value, str) else ""


def _integer(name: str, value: int) -> str:
    if name in _YEARS:
        return "" if _FIRST_YEAR <= value <= _LAST_YEAR else f"{_FIRST_YEAR} … {_LAST_YEAR}"
    least, most = -MAX_FEN, MAX_FEN
    for end, bound in _MOST:
        most = bound if name.endswith(end) else most
    for end, bound in _LEAST:
        least = bound if name.endswith(end) else least
    return "" if least <= value <= most else f"{least} … {most}"


def _text(name: str, value: str) -> str:
    if name == "release_fractions":
        return "" if _FRACTION.fullmatch(value) else "1/3"
    most = MAX_ID if name in {"name", "code", "kind", "round"} else MAX_REASON
    if len(value) > most or not value.replace("\n", "").isprintable():
        return f"1 … {most} printable characters"
    return ""


def _shown(value: Any) -> str:
    text = " ".join(ascii(value).split()) if isinstance(value, str) else str(value)[: _SHOWN + 1]
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _calendar(rules: CalendarRules) -> Iterator[Fault]:
    try:
        ZoneInfo(rules.timezone)
    except (OSError, ValueError, KeyError):  # an unknown zone is a KeyError, a path or a folder the others
        yield "calendar.timezone", _shown(rules.timezone), "Asia/Shanghai, Europe/London …"
    yield from _hours("calendar", rules.open, rules.close)
    holidays = frozenset(rules.holidays)
    shut_until = date.min
    for day in sorted(holidays):
        if day <= shut_until:
            continue
        shut_until = day
        while shut_until + _DAY in holidays or (shut_until + _DAY).weekday() >= SATURDAY:
            shut_until += _DAY
        if shut_until - day > _LONGEST_SHUT:
            most = f"a working day at least every {_LONGEST_SHUT.days} days"
            yield "calendar.holidays", str(day), most
            return


def _hours(path: str, opens: str, closes: str) -> Iterator[Fault]:
    for name, text in (("open", opens), ("close", closes)):
        if not _CLOCK.fullmatch(text):
            yield f"{path}.{name}", _shown(text), "HH:MM"
            return
    if time.fromisoformat(opens) >= time.fromisoformat(closes):
        yield f"{path}.close", closes, f"> {opens}"


def _registry(rules: RegistryRules) -> Iterator[Fault]:
    if not _COUNTRY.fullmatch(rules.country):
        yield "registry.country", _shown(rules.country), "AA … ZZ"
    yield from _hours("registry.delay", rules.delay.open, rules.delay.close)
    for account in rules.account_types:
        if not 100 <= account.number <= 999:  # noqa: PLR2004 - the TTT of an account number
            yield f"registry.account_types.{account.code}.number", str(account.number), "100 … 999"
