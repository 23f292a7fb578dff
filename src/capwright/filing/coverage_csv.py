"""Firms to be held against the thresholds of a vintage, from one or two CSV tables.

`firms.csv` has a row per enterprise and year: `enterprise`, `sector`, `year`, and where known `emissions_t`,
`energy_tce`, `racks`; the same in every row of a firm: `expected_t`, `controlled_since`, `opted_in`,
`opted_out`, `national_since`, `non_industry`. `energy.csv` has a row per enterprise, year and kind of energy:
`enterprise`, `year`, `item`, `quantity`, `unit`; it is converted to coal equivalent.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Struct

from capwright.kernel.refusal import BadInput, Refused, define, refuse
from capwright.kernel.unit import EXACT
from capwright.mrv.coal_equivalent import EnergyUse, tce_of
from capwright.mrv.coverage import Firm, FirmYear
from capwright.table import Tonnes, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from capwright.mrv.factors import Factor
    from capwright.scheme.allocation_rules import ElectricityBasis
    from capwright.table import Table

__all__ = ["EnergyRow", "FirmRow", "FirmTables", "read_firms"]

CONTRADICTION = define(
    "CW-5503",
    en="{enterprise}: {what} is '{first}' in one row and '{second}' here.",
    zh="{enterprise}：{what}前文为“{first}”，此处为“{second}”。",
    mend_en="Say the same in every row of a firm.",
    mend_zh="同一企业各行应保持一致。",
    rule="design: one clear message for bad input",
)
TWICE = define(
    "CW-5504",
    en="{enterprise} has a second row for {year}; the first is on line {line}.",
    zh="{enterprise}在{year}年有重复行，首行为第{line}行。",
    mend_en="Give one row per enterprise and year.",
    mend_zh="每家企业每年只填一行。",
    rule="design: one clear message for bad input",
)
STRANGER = define(
    "CW-5505",
    en="{enterprise} has energy in {year}, but no row for that year among the firms.",
    zh="{enterprise}在{year}年有能源数据，但企业表中没有该年的行。",
    mend_en="Add the row, or correct the name or the year.",
    mend_zh="请补充该行，或更正企业名称或年份。",
    rule="design: one clear message for bad input",
)
BOTH = define(
    "CW-5506",
    en="{enterprise}, {year}: energy is given twice, as energy_tce and in the table of energy.",
    zh="{enterprise}，{year}年：综合能耗在 energy_tce 列和能源表中重复填写。",
    mend_en="Leave the cell energy_tce empty.",
    mend_zh="请将 energy_tce 单元格留空。",
    rule="design: one clear message for bad input",
)
NOT_AMOUNT = define(
    "CW-5511",
    en="'{text}' is not an amount here.",
    zh="“{text}”不是此处可用的数量。",
    mend_en="Write it like 1234.5, not negative and without separators or exponent; racks are whole.",
    mend_zh="请写成 1234.5 的形式，不得为负，不用千位分隔符和指数；机架数为整数。",
    rule="design: one clear message for bad input",
)
NO_YEAR = define(
    "CW-5512",
    en="'{text}' is not a year from {first} to {last}.",
    zh="“{text}”不是{first}至{last}之间的年份。",
    rule="design: no absurd sizes",
)

_OF_FIRM: Final = (
    "sector", "expected_t", "controlled_since", "opted_in", "opted_out", "national_since", "non_industry",
)  # fmt: skip
_YEARS: Final = range(1990, 2101)
_WHOLE: Final = re.compile(r"[0-9]{1,12}")
_DECIMAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
# Which cell of a row of energy a refusal of its conversion is about.
_CELL: Final = {"CW-5201": "unit", "CW-5202": "unit", "CW-5220": "item"}


class Year(Struct, frozen=True):
    """A calendar year that a market may have."""

    def read(self, text: str) -> int:
        if not _WHOLE.fullmatch(text) or int(text) not in _YEARS:
            refuse(NO_YEAR, text=text[:40], first=_YEARS[0], last=_YEARS[-1])
        return int(text)


class Count(Struct, frozen=True):
    """A whole number, not negative."""

    def read(self, text: str) -> int:
        if not _WHOLE.fullmatch(text):
            refuse(NOT_AMOUNT, text=text[:40])
        return int(text)


class Amount(Struct, frozen=True):
    """A decimal number, not negative."""

    def read(self, text: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            refuse(NOT_AMOUNT, text=text[:40])
        return Decimal(text)


class FirmRow(Struct, frozen=True, kw_only=True):
    """A firm's year."""

    enterprise: str
    sector: str
    year: Annotated[int, Year()]
    emissions_t: Annotated[int, Tonnes(least=0)] | None = None
    energy_tce: Annotated[Decimal, Amount()] | None = None
    racks: Annotated[int, Count()] | None = None
    expected_t: Annotated[int, Tonnes(least=0)] | None = None
    controlled_since: Annotated[int, Year()] | None = None
    opted_in: Annotated[int, Year()] | None = None
    opted_out: Annotated[int, Year()] | None = None
    national_since: Annotated[int, Year()] | None = None
    non_industry: bool = False


class EnergyRow(Struct, frozen=True, kw_only=True):
    """How much of one kind of energy a firm used in a year."""

    enterprise: str
    year: Annotated[int, Year()]
    item: str
    quantity: Annotated[Decimal, Amount()]
    unit: str


class FirmTables(Struct, frozen=True):
    """Firms in the order of their first rows, and the factors that their energy was converted with."""

    firms: tuple[Firm, ...]
    factors: tuple[Factor, ...]


def read_firms(
    firms: Path,
    energy: Path | None = None,
    *,
    electricity: ElectricityBasis = "calorific_value",
    coal_g_per_kwh: Decimal | None = None,
) -> FirmTables:
    """Read the tables; `electricity` and `coal_g_per_kwh` as in `tce_of`.

    Raises `BadInput` with file, line and column for the first fault.
    """
    rows = read_table(firms, FirmRow)
    lines: dict[tuple[str, int], int] = {}
    first: dict[str, FirmRow] = {}
    for line, row in rows.numbered():
        began = lines.setdefault((row.enterprise, row.year), line)
        if began != line:
            rows.refuse(line, "year", TWICE, enterprise=row.enterprise, year=row.year, line=began)
        _check_same(rows, line, first.setdefault(row.enterprise, row), row)
    tce, factors = _energy(energy, lines, electricity, coal_g_per_kwh) if energy else ({}, ())
    years: dict[str, list[FirmYear]] = {}
    for line, row in rows.numbered():
        used = tce.get((row.enterprise, row.year))
        if used is not None and row.energy_tce is not None:
            rows.refuse(line, "energy_tce", BOTH, enterprise=row.enterprise, year=row.year)
        known = row.energy_tce if used is None else used
        years.setdefault(row.enterprise, []).append(FirmYear(row.year, row.emissions_t, known, row.racks))
    return FirmTables(tuple(_firm(row, years[name]) for name, row in first.items()), factors)


def _firm(row: FirmRow, figures: list[FirmYear]) -> Firm:
    said = {key: getattr(row, key) for key in _OF_FIRM}
    return Firm(enterprise=row.enterprise, figures=tuple(figures), **said)


def _check_same(rows: Table[FirmRow], line: int, first: FirmRow, row: FirmRow) -> None:
    for what in _OF_FIRM:
        before, now = getattr(first, what), getattr(row, what)
        if before != now:
            said, here = ("" if value is None else str(value) for value in (before, now))
            rows.refuse(
                line, what, CONTRADICTION, enterprise=row.enterprise, what=what, first=said, second=here
            )


def _energy(
    path: Path,
    known: dict[tuple[str, int], int],
    electricity: ElectricityBasis,
    coal_g_per_kwh: Decimal | None,
) -> tuple[dict[tuple[str, int], Decimal], tuple[Factor, ...]]:
    rows = read_table(path, EnergyRow)
    found: dict[tuple[str, int], Decimal] = {}
    relied: dict[str, Factor] = {}
    for line, row in rows.numbered():
        key = row.enterprise, row.year
        if key not in known:
            rows.refuse(line, "enterprise", STRANGER, enterprise=row.enterprise, year=row.year)
        use = EnergyUse(row.item, row.quantity, row.unit)
        try:
            one = tce_of([use], electricity=electricity, coal_g_per_kwh=coal_g_per_kwh)
        except Refused as no:
            column = _CELL.get(no.refusal.code)
            if column is None:
                raise  # about the whole, such as a coal rate that is not given
            raise BadInput(no.refusal, rows.file, line, rows.column(column)) from None
        found[key] = EXACT.add(found.get(key, Decimal(0)), one.tce)
        relied |= {factor.name: factor for factor in one.factors}
    return found, tuple(relied[name] for name in sorted(relied))
