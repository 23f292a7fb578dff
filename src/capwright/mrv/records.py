"""What an enterprise reports: data with units and evidence, by source stream and by output.

These shapes are the file (JSON), the command and the journal alike. Numbers are exact decimals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

__all__ = ["MONTHS", "Datum", "EmissionReport", "Evidence", "Obtained", "Stream"]

MONTHS: Final = 12

# measured 实测, calculated 计算, default 缺省值, estimated 估算: every datum says how it was obtained
# (GD-2021, general rules).
Obtained = Literal["measured", "calculated", "default", "estimated"]


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what is reported: immutable, and an unknown key is an error."""


class Evidence(Record, frozen=True):
    """A document behind a datum, named by the SHA-256 of its bytes.

    The dates and the number are those of a laboratory's report, where it is one: rule R10 looks at them.
    """

    sha256: str
    kind: Literal["invoice", "meter", "lab", "stock", "ledger", "other"] = "other"
    title: str = ""
    number: str = ""
    month: int = 0
    sampled_on: str = ""
    tested_on: str = ""
    reported_on: str = ""
    laboratory: str = ""
    accredited: bool | None = None


class Datum(Record, frozen=True):
    """One symbol of a stream, or one output: a value for the year, or twelve months (None: missing).

    `value` and `months` may not both be given. `unit` is the reporter's own: it is converted, never assumed.
    `tier` and `uncertainty` (a fraction) are for methods with tiers.
    """

    symbol: str
    unit: str
    obtained: Obtained = "measured"
    value: Decimal | None = None
    months: tuple[Decimal | None, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tier: str = ""
    uncertainty: Decimal | None = None
    note: str = ""


class Stream(Record, frozen=True):
    """A source stream: a component of the method at a facility (kiln, boiler, unit, meter).

    `item` is the row of the component's table (the fuel, the gas); `form` prescribes a form where the first
    one that the data allow is not wanted.
    """

    code: str
    component: str
    item: str = ""
    facility: str = ""
    form: str = ""
    data: tuple[Datum, ...] = ()


class EmissionReport(Record, frozen=True):
    """An emission report. `method` is the full name of the method, version included: the report pins it.

    `area` picks the grid factor where the method leaves it open. `outputs` are activity levels; their symbol
    is the output's code, or `code@facility`. `plan` is the version of the monitoring plan it follows.
    """

    enterprise: str
    year: int
    method: str
    streams: tuple[Stream, ...]
    outputs: tuple[Datum, ...] = ()
    area: str = ""
    plan: int = 0
    digest: str = ""
    note: str = ""
