"""What enterprises report for allocation: the rows of `activity.csv` and how they are put together.

One row per enterprise, process and year. The row of the scheme's vintage gives Q_t and the state of the
firm in that year; rows of earlier years give Q_{t-1} for the pre-issue and the history for the historical
methods. Columns:

* `enterprise`, `process` (a process code of the scheme); `year` (empty: the vintage);
* `activity` in the process's activity unit; `emissions_t` verified emissions of the process that year;
* `licensed_capacity` a year, in the activity unit, for the output cap; `heat_gj` heat supplied (power
  sector);
* `normal` = false takes the year out of the base years;
* `kind`: `existing`, `newly_covered` (first year in the market) or `new_project` (then `activity` is the
  design capacity, or `energy_tce` the expected annual energy use with `energy_factor` tCO2/tce);
* `extra_t` approved process allowance (petrochemical oil-quality upgrades, 2014);
* `abnormal_months` under the utilisation limit, `stopped_months`, `closed`, for recalls;
* `pre_issued_t` free quota already pre-issued, `last_approved_t` free quota last approved; both are added
  up over an enterprise's rows of the vintage.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Struct

from capwright.kernel.quantity import parse_tonnes
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, define, refuse

__all__ = [
    "ActivityRow",
    "Enterprise",
    "Kind",
    "Months",
    "Positive",
    "ProcessData",
    "RowPlaces",
    "group_rows",
]

Kind = Literal["existing", "newly_covered", "new_project"]
MONTHS_A_YEAR: Final = 12
MAX_ACTIVITY: Final = Decimal(10) ** 15

BAD_ACTIVITY = define(
    "CW-5001",
    en="'{text}' is not an activity figure.",
    zh="“{text}”不是有效的活动数据。",
    mend_en="Write a plain number from 0 to 10^15 with at most 9 decimals, such as 1500000.25.",
    mend_zh="请填写 0 至 10^15 之间的普通数字，最多 9 位小数，例如 1500000.25。",
    rule="design: one clear message for bad input",
)
BAD_MONTHS = define(
    "CW-5002",
    en="'{text}' is not a number of months of a year.",
    zh="“{text}”不是一年之内的月数。",
    mend_en="Write a whole number from 0 to 12.",
    mend_zh="请填写 0 至 12 的整数。",
    rule="RULE-2015-MGMT art. 14-15",
)
DOUBLE_ROW = define(
    "CW-5003",
    en="{enterprise} has a second row for process '{process}' in {year}.",
    zh="{enterprise}在{year}年的工序“{process}”有重复行。",
    mend_en="Give one row per enterprise, process and year.",
    mend_zh="每家企业每道工序每年只填一行。",
    rule="design: one clear message for bad input",
)
LATER_YEAR = define(
    "CW-5004",
    en="The year {year} is later than the vintage {vintage} of the scheme.",
    zh="年份{year}晚于该方案的配额年度{vintage}。",
    mend_en="Remove the row or use the scheme of that year.",
    mend_zh="请删除该行，或使用相应年度的方案。",
    rule="design: a scheme allocates its own vintage",
)
UNKNOWN_PROCESS = define(
    "CW-5005",
    en="The scheme {scheme} has no process '{process}'.",
    zh="方案{scheme}没有工序“{process}”。",
    mend_en="Known processes: {known}.",
    mend_zh="可用的工序：{known}。",
    rule="allocation.processes of the scheme",
)
MIXED_KIND = define(
    "CW-5006",
    en="{enterprise} is '{kind}' in this row but '{first}' in an earlier one.",
    zh="{enterprise}在本行的类别为“{kind}”，而前面的行为“{first}”。",
    mend_en="Give a new project an enterprise name of its own.",
    mend_zh="新建项目请使用单独的企业名称。",
    rule="DECREE art. 9, 19",
)


class Positive(Struct, frozen=True):
    """How a cell with a figure of activity, capacity, energy or heat is read: no sign, bounded."""

    def read(self, text: str) -> Decimal:
        whole, _, part = text.partition(".")
        plain = (
            whole.isascii() and whole.isdigit() and ("." not in text or (part.isascii() and part.isdigit()))
        )
        if not plain or len(whole) > 16 or len(part) > 9 or Decimal(text) > MAX_ACTIVITY:  # noqa: PLR2004
            refuse(BAD_ACTIVITY, text=text[:40])
        return Decimal(text)


class WholeTonnes(Struct, frozen=True):
    """How a cell with a quantity is read: whole tonnes, not negative."""

    def read(self, text: str) -> int:
        return parse_tonnes(text)


class Months(Struct, frozen=True):
    """How a cell with a number of months of a year is read."""

    def read(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text[:9]) <= MONTHS_A_YEAR):
            refuse(BAD_MONTHS, text=text[:40])
        return int(text)


class ActivityRow(Struct, frozen=True, kw_only=True):
    """One row of `activity.csv`: an enterprise, a process, a year. The module says what the columns mean."""

    enterprise: str
    process: str
    year: int | None = None
    activity: Annotated[Decimal, Positive()] | None = None
    emissions_t: Annotated[int, WholeTonnes()] | None = None
    licensed_capacity: Annotated[Decimal, Positive()] | None = None
    heat_gj: Annotated[Decimal, Positive()] | None = None
    normal: bool = True
    kind: Kind = "existing"
    energy_tce: Annotated[Decimal, Positive()] | None = None
    energy_factor: Annotated[Decimal, Positive()] | None = None
    extra_t: Annotated[int, WholeTonnes()] = 0
    abnormal_months: Annotated[int, Months()] = 0
    stopped_months: Annotated[int, Months()] = 0
    closed: bool = False
    pre_issued_t: Annotated[int, WholeTonnes()] | None = None
    last_approved_t: Annotated[int, WholeTonnes()] | None = None


class ProcessData(Struct, frozen=True):
    """All years of one process of one enterprise, by year; `places` has the index of each year's row."""

    process: str
    years: dict[int, ActivityRow]
    places: dict[int, int]

    def year(self, year: int) -> ActivityRow | None:
        """The row of a year."""
        return self.years.get(year)


class Enterprise(Struct, frozen=True):
    """The rows of one enterprise."""

    name: str
    kind: Kind
    processes: tuple[ProcessData, ...]


class RowPlaces(Struct, frozen=True):
    """Where the rows came from, so that a refusal can name file, line and column."""

    file: str = "activity.csv"
    lines: Sequence[int] = ()
    columns: Sequence[str] = ()

    def refusal(self, index: int, refusal: Refusal, column: str = "") -> BadInput:
        """The refusal of the row at `index`, placed in the file."""
        line = self.lines[index] if index < len(self.lines) else 0
        at = list(self.columns).index(column) + 1 if column in self.columns else 0
        return BadInput(refusal, self.file, line, at)

    def refuse(self, index: int, column: str, spec: RefusalCode, **details: str | int) -> BadInput:
        """The same from a code and its details."""
        return self.refusal(index, Refusal(spec.code, details), column)


def group_rows(
    rows: Sequence[ActivityRow],
    *,
    scheme: str,
    vintage: int,
    processes: Sequence[str],
    places: RowPlaces | None = None,
) -> tuple[Enterprise, ...]:
    """Put rows together by enterprise and process, both in order of first appearance.

    Raises `BadInput` for an unknown process, a year after the vintage, a doubled row or mixed kinds.
    """
    places = places or RowPlaces()
    known = frozenset(processes)
    found: dict[str, dict[str, ProcessData]] = {}
    kinds: dict[str, Kind] = {}
    for index, row in enumerate(rows):
        year = vintage if row.year is None else row.year
        if row.process not in known:
            said = ", ".join(processes)
            raise places.refuse(
                index, "process", UNKNOWN_PROCESS, scheme=scheme, process=row.process[:40], known=said
            )
        if year > vintage:
            raise places.refuse(index, "year", LATER_YEAR, year=year, vintage=vintage)
        first = kinds.setdefault(row.enterprise, row.kind)
        if first != row.kind:
            raise places.refuse(
                index, "kind", MIXED_KIND, enterprise=row.enterprise, kind=row.kind, first=first
            )
        data = found.setdefault(row.enterprise, {}).setdefault(row.process, ProcessData(row.process, {}, {}))
        if year in data.years:
            who = {"enterprise": row.enterprise, "process": row.process}
            raise places.refuse(index, "enterprise", DOUBLE_ROW, **who, year=year)
        data.years[year] = row
        data.places[year] = index
    return tuple(Enterprise(name, kinds[name], tuple(data.values())) for name, data in found.items())
