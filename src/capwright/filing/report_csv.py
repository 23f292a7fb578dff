"""Emission reports as one long CSV table for bulk: a row per enterprise, stream, symbol and month.

`month` is 1 to 12; empty means the whole year. An output has an empty `stream`. A document behind a datum,
named by `evidence_sha256`, stands beside a figure or has a row of its own. What is said of a report, a stream
or a datum may be repeated on each of its rows or stand on the first only; it may not contradict itself.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Struct, field

from capwright.kernel.refusal import define, refuse
from capwright.mrv.records import MONTHS, Datum, EmissionReport, Evidence, Stream
from capwright.table import Cell, Table, parse_table

__all__ = ["COLUMNS", "NOT_FIGURE", "parse_reports_csv", "reports_csv"]

CHANGED = define(
    "CW-9506",
    en="'{column}' is '{given}' here and '{first}' on line {line}.",
    zh="“{column}”此处为“{given}”，而第{line}行为“{first}”。",
    mend_en="Rows of one report, stream or datum must agree; leave the cell empty to take over the first.",
    mend_zh="同一报告、排放源或数据的各行须一致；单元格留空则沿用首行。",
    rule="docs: files of emission reports",
)
BAD_MONTH = define(
    "CW-9507",
    en="'{month}' is not a month.",
    zh="“{month}”不是月份。",
    mend_en="Write 1 to 12, or leave it empty for the whole year.",
    mend_zh="请填 1 至 12；全年值请留空。",
    rule="docs: files of emission reports",
)
MONTH_TWICE = define(
    "CW-9508",
    en="{symbol} has a second figure for the same time.",
    zh="{symbol}在同一时段重复填报。",
    mend_en="Keep one: twelve months, or one figure for the year.",
    mend_zh="请只保留一个：或逐月填报，或填全年值。",
    rule="GD-2021: monthly records",
)
NOT_FIGURE = define(
    "CW-9509",
    en="'{text}' is not a figure.",
    zh="“{text}”不是有效数值。",
    mend_en="Write it like 1234.5, with at most 30 digits and without separators or units.",
    mend_zh="请写成 1234.5 的形式，不超过30位，不带千分位和单位。",
    rule="design: bound everything",
)

NO_OWNER = define(
    "CW-9514",
    en="This row has a figure and no symbol: it would belong to nothing.",
    zh="该行有数值而没有符号，无从归属。",
    mend_en="Name the symbol of the stream, or the output.",
    mend_zh="请填写排放源的参数符号或产出代码。",
    rule="design: nothing is left out in silence",
)

_FIGURE: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_SAME: Final = {"method", "digest", "area", "plan", "report_note"}
_STREAM: Final = ("component", "item", "facility", "form")


class Figure(Struct, frozen=True):
    """A decimal of up to 30 digits on either side of the point."""

    def read(self, text: str) -> Decimal:
        if not _FIGURE.fullmatch(text):
            refuse(NOT_FIGURE, text=text[:40])
        return Decimal(text)


class _Month(Struct, frozen=True):
    def read(self, text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text[:4]) <= MONTHS:
            refuse(BAD_MONTH, month=text[:20])
        return int(text)


_FIGURE_CELL: Final[Cell] = Figure()
_MONTH_CELL: Final[Cell] = _Month()


class Row(Struct, frozen=True, kw_only=True):
    """A line of the table; the names of the fields are the columns."""

    enterprise: str
    year: int
    method: str = ""
    stream: str = ""
    component: str = ""
    item: str = ""
    facility: str = ""
    form: str = ""
    symbol: str = ""
    month: Annotated[int, _MONTH_CELL] = 0
    value: Annotated[Decimal | None, _FIGURE_CELL] = None
    unit: str = ""
    obtained: Literal["", "measured", "calculated", "default", "estimated"] = ""
    tier: str = ""
    uncertainty: Annotated[Decimal | None, _FIGURE_CELL] = None
    note: str = ""
    area: str = ""
    plan: int | None = None
    digest: str = ""
    report_note: str = ""
    evidence_sha256: str = ""
    evidence_kind: Literal["", "invoice", "meter", "lab", "stock", "ledger", "other"] = ""
    evidence_title: str = ""
    evidence_number: str = ""
    evidence_month: Annotated[int, _MONTH_CELL] = 0
    evidence_sampled_on: str = ""
    evidence_tested_on: str = ""
    evidence_reported_on: str = ""
    evidence_laboratory: str = ""
    evidence_accredited: bool | None = None


COLUMNS: Final = tuple(item.encode_name for item in msgspec.structs.fields(Row))


# Writing.


def reports_csv(reports: Iterable[EmissionReport]) -> str:
    """The table of some reports, with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        for row in _rows(report):
            writer.writerow([_cell(getattr(row, name)) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    """A value as text; what is absent, and the month and the plan 0, are an empty cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value or "")


def _rows(report: EmissionReport) -> Iterator[Row]:
    head: dict[str, Any] = {
        "enterprise": report.enterprise,
        "year": report.year,
        "method": report.method,
        "digest": report.digest,
        "area": report.area,
        "plan": report.plan,
        "report_note": report.note,
    }
    count = 0
    for stream in report.streams:
        own = head | {"stream": stream.code} | {name: getattr(stream, name) for name in _STREAM}
        if not stream.data:
            yield Row(**own)
        for datum in stream.data:
            yield from _datum_rows(own, datum)
        count += 1
    for datum in report.outputs:
        yield from _datum_rows(head, datum)
        count += 1
    if not count:
        yield Row(**head)


def _datum_rows(head: dict[str, Any], datum: Datum) -> Iterator[Row]:
    own = head | {
        "symbol": datum.symbol,
        "unit": datum.unit,
        "obtained": datum.obtained,
        "tier": datum.tier,
        "uncertainty": datum.uncertainty,
        "note": datum.note,
    }
    if datum.months:
        for month, value in enumerate(datum.months, start=1):
            yield Row(**own, month=month, value=value)
    else:
        yield Row(**own, value=datum.value)
    for one in datum.evidence:
        said = {f"evidence_{name}": getattr(one, name) for name in Evidence.__struct_fields__}
        yield Row(**head, symbol=datum.symbol, **said)


# Reading.


class _Draft(Struct):
    """Something put together from several rows: the line it began on, what is said of it, its parts."""

    line: int
    said: dict[str, tuple[Any, int]] = field(default_factory=dict)
    parts: dict[str, _Draft] = field(default_factory=dict)
    values: dict[int, Decimal | None] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def say(self, table: Table[Row], line: int, column: str, value: Any) -> None:
        """Take a property over, or refuse (CW-9506) one that contradicts an earlier row."""
        if value in {"", None}:
            return
        first, where = self.said.setdefault(column, (value, line))
        if first != value:
            details: dict[str, str | int] = {"given": str(value)[:60], "first": str(first)[:60]}
            table.refuse(line, column, CHANGED, column=column, line=where, **details)

    def got(self, column: str, default: Any = "") -> Any:
        return self.said.get(column, (default, 0))[0]


def parse_reports_csv(raw: bytes, file: str) -> list[EmissionReport]:
    """The reports of a CSV text in order of appearance; raises `BadInput` with line and column."""
    table = parse_table(raw, file, Row)
    drafts: dict[tuple[str, int], _Draft] = {}
    for line, row in table.numbered():
        draft = drafts.setdefault((row.enterprise, row.year), _Draft(line))
        for name in sorted(_SAME):
            draft.say(table, line, name, getattr(row, name))
        _take(table, line, row, draft)
    return [_report(key, draft) for key, draft in drafts.items()]


def _take(table: Table[Row], line: int, row: Row, report: _Draft) -> None:
    """Put a row where it belongs."""
    if not row.symbol and (row.value is not None or row.evidence_sha256):
        table.refuse(line, "symbol", NO_OWNER)
    if not row.stream and not row.symbol:
        return
    holder = report.parts.setdefault(f"s{row.stream}" if row.stream else "o", _Draft(line))
    if row.stream:
        for name in _STREAM:
            holder.say(table, line, name, getattr(row, name))
    if not row.symbol:
        return
    datum = holder.parts.setdefault(row.symbol, _Draft(line))
    for name in ("unit", "obtained", "tier", "uncertainty", "note"):
        datum.say(table, line, name, getattr(row, name))
    if row.evidence_sha256:
        known = {name: getattr(row, f"evidence_{name}") for name in Evidence.__struct_fields__}
        datum.evidence.append(Evidence(**{name: value for name, value in known.items() if value != ""}))
        if row.value is None:
            return
    if row.month in datum.values or (datum.values and (row.month == 0) != (0 in datum.values)):
        table.refuse(line, "month", MONTH_TWICE, symbol=row.symbol[:60])
    datum.values[row.month] = row.value


def _report(key: tuple[str, int], draft: _Draft) -> EmissionReport:
    streams = [(name[1:], part) for name, part in draft.parts.items() if name != "o"]
    outputs = draft.parts.get("o")
    return EmissionReport(
        enterprise=key[0],
        year=key[1],
        method=draft.got("method"),
        streams=tuple(
            Stream(code, data=_data(part), **{name: part.got(name) for name in _STREAM})
            for code, part in streams
        ),
        outputs=_data(outputs) if outputs else (),
        area=draft.got("area"),
        plan=draft.got("plan", 0),
        digest=draft.got("digest"),
        note=draft.got("report_note"),
    )


def _data(draft: _Draft) -> tuple[Datum, ...]:
    return tuple(_datum(symbol, part) for symbol, part in draft.parts.items())


def _datum(symbol: str, draft: _Draft) -> Datum:
    monthly = any(draft.values)
    return Datum(
        symbol,
        draft.got("unit"),
        draft.got("obtained", "measured"),
        value=None if monthly else draft.values.get(0),
        months=tuple(draft.values.get(month) for month in range(1, MONTHS + 1)) if monthly else (),
        evidence=tuple(draft.evidence),
        tier=draft.got("tier"),
        uncertainty=draft.got("uncertainty", None),
        note=draft.got("note"),
    )
