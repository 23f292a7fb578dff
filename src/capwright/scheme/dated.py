"""Rules that hold from one day to another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

__all__ = ["Dated", "valid_on"]


class Dated(Protocol):
    """A rule with its first day and its last one, where it has one."""

    @property
    def since(self) -> date: ...

    @property
    def until(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def valid_on(rules: Iterable[D], on: date) -> list[D]:
    """The dated rules in force on a day, in the order of the scheme."""
    return [rule for rule in rules if rule.since <= on and (rule.until is None or on <= rule.until)]
