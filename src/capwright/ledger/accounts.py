"""Accounts and the series of units: the fixed points between which postings run."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

__all__ = ["Account", "AccountStatus", "Series", "series_id"]

AccountStatus = Literal["open", "restricted", "suspended", "closed"]


class Account(Struct):
    """A registry account.

    `restricted` accounts may only surrender; `suspended` ones may do nothing until restored. `purpose`
    repeats the
    account type's purpose at opening, so that the conservation law needs no scheme. `first_year` and
    `last_year`
    bound the operator's reporting duty (0: not known, not ended); `opened_on` is a local date.
    """

    number: str
    type: str
    purpose: str
    holder: str
    name: str
    opened_on: date
    government: bool = False
    sector: str = ""
    first_year: int = 0
    last_year: int = 0
    status: AccountStatus = "open"


class Series(Struct):
    """The units of one kind and vintage (and project, for credits), numbered 1, 2, 3 … `issued_t`."""

    id: str
    kind: str
    vintage: int
    project: str = ""
    issued_t: int = 0


def series_id(kind: str, vintage: int, project: str = "") -> str:
    """Return the name of a series: `GDEA-2023`, `PHCER-2019-P17`."""
    return f"{kind}-{vintage}-{project}" if project else f"{kind}-{vintage}"
