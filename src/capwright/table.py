"""CSV tables at the edge: read strictly into typed rows, and say where a fault is.

A table is described by a msgspec Struct: its field names (or their `field(name=…)`) are the columns, fields
with a default are optional columns, and the annotation says how a cell is read. The project's own quantities
are read with `Annotated[int, Tonnes(least=1)]` and `Annotated[int, Money()]`. Every fault is raised as
`BadInput` with file, line and column; the column is the number of the cell in its row.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import types
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NoReturn,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import NODEFAULT, Struct

from capwright.kernel.quantity import parse_money_fen, parse_tonnes
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, Refused, define, refuse

__all__ = ["Cell", "Money", "Table", "Tonnes", "check_unique", "check_year", "parse_table", "read_table"]

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_CELL: Final = 10_000  # characters
_YEARS: Final = range(1900, 2201)

UNREADABLE = define(
    "CW-9201",
    en="The file cannot be read: {why}.",
    zh="无法读取文件：{why}。",
    mend_en="Check the path and the access rights.",
    mend_zh="请检查路径和访问权限。",
    rule="design: one clear message for bad input",
)
NOT_UTF8 = define(
    "CW-9202",
    en="The file is not UTF-8 text: byte 0x{byte} is not allowed here.",
    zh="文件不是 UTF-8 文本：此处不允许字节 0x{byte}。",
    mend_en="Save it as CSV UTF-8.",
    mend_zh="请另存为“CSV UTF-8”格式。",
    rule="design: one clear message for bad input",
)
NUL_BYTE = define(
    "CW-9203",
    en="The file contains a NUL byte; it is not a text file.",
    zh="文件含有空字节（NUL），不是文本文件。",
    mend_en="Save it as CSV UTF-8.",
    mend_zh="请另存为“CSV UTF-8”格式。",
    rule="design: one clear message for bad input",
)
EMPTY_FILE = define(
    "CW-9204",
    en="The file is empty; its first line must name the columns {columns}.",
    zh="文件为空；第一行应列出各列名：{columns}。",
    rule="design: one clear message for bad input",
)
MISSING_COLUMN = define(
    "CW-9205",
    en="The column '{column}' is missing.",
    zh="缺少“{column}”列。",
    mend_en="Needed: {needed}.",
    mend_zh="必需的列：{needed}。",
    rule="design: one clear message for bad input",
)
UNKNOWN_COLUMN = define(
    "CW-9206",
    en="The column '{column}' is not known here.",
    zh="不认识“{column}”列。",
    mend_en="Known columns: {known}.",
    mend_zh="可用的列：{known}。",
    rule="design: one clear message for bad input",
)
DOUBLE_COLUMN = define(
    "CW-9207",
    en="The column '{column}' appears twice.",
    zh="“{column}”列重复出现。",
    rule="design: one clear message for bad input",
)
WRONG_WIDTH = define(
    "CW-9208",
    en="The row has {found} cells where the header has {expected}.",
    zh="该行有{found}个单元格，而表头有{expected}列。",
    mend_en="A comma inside a text needs quotation marks around the text.",
    mend_zh="文本中含逗号时，请用双引号括起整段文本。",
    rule="design: one clear message for bad input",
)
EMPTY_CELL = define(
    "CW-9209",
    en="'{column}' is empty.",
    zh="“{column}”为空。",
    rule="design: one clear message for bad input",
)
NOT_WHOLE = define(
    "CW-9210",
    en="'{text}' is not a whole number.",
    zh="“{text}”不是整数。",
    rule="design: integers inside",
)
NOT_DECIMAL = define(
    "CW-9211",
    en="'{text}' is not a number.",
    zh="“{text}”不是数字。",
    mend_en="Write it like 1234.56, without separators or exponent.",
    mend_zh="请写成 1234.56 的形式，不用千位分隔符和指数。",
    rule="design: one clear message for bad input",
)
NOT_DATE = define(
    "CW-9212",
    en="'{text}' is not a date.",
    zh="“{text}”不是日期。",
    mend_en="Write it like 2024-07-31.",
    mend_zh="请写成 2024-07-31 的形式。",
    rule="ISO 8601",
)
NOT_TIME = define(
    "CW-9213",
    en="'{text}' is not a date with time.",
    zh="“{text}”不是日期时间。",
    mend_en="Write it like 2024-07-31T09:30:00.",
    mend_zh="请写成 2024-07-31T09:30:00 的形式。",
    rule="ISO 8601",
)
NOT_BOOL = define(
    "CW-9214",
    en="'{text}' is neither true nor false.",
    zh="“{text}”既不是 true 也不是 false。",
    rule="design: one clear message for bad input",
)
NOT_CHOICE = define(
    "CW-9215",
    en="'{text}' is not one of {choices}.",
    zh="“{text}”不在可选值之中：{choices}。",
    rule="design: one clear message for bad input",
)
DOUBLE_KEY = define(
    "CW-9216",
    en="'{key}' is already on line {first_line}; {columns} must be unique.",
    zh="“{key}”已出现在第{first_line}行；{columns}不得重复。",
    rule="design: one clear message for bad input",
)
BAD_QUOTES = define(
    "CW-9217",
    en="The quotation marks of this row do not fit together.",
    zh="该行的引号不配对。",
    mend_en="Inside a quoted text a quotation mark is written twice.",
    mend_zh="引号内的文本若含引号，应写两次。",
    rule="RFC 4180",
)
TOO_BIG = define(
    "CW-9218",
    en="'{what}' is too big; at most {most} are read.",
    zh="“{what}”过大，最多读取 {most}。",
    rule="design: one clear message for bad input",
)

UNPRINTABLE = define(
    "CW-9220",
    en="'{column}' contains a character that cannot be seen: U+{code}.",
    zh="“{column}”含有不可见字符 U+{code}。",
    mend_en="Remove it.",
    mend_zh="请删除该字符。",
    rule="design: one clear message for bad input",
)
DATE_RANGE = define(
    "CW-9221",
    en="The date {text} does not lie in the years {first}-{last}.",
    zh="日期{text}不在{first}—{last}年之间。",
    rule="design: no absurd sizes",
)
# Characters that hide what a text says or move the cursor; line breaks and tabs in a text do no harm.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})

T = TypeVar("T", bound=Struct)


class Cell(Protocol):
    """How a cell is read when the annotation alone does not say it; raises `Refused` for a bad one."""

    def read(self, text: str) -> object: ...


class Tonnes(Struct, frozen=True):
    """Whole tonnes, at least `least`."""

    least: int = 0

    def read(self, text: str) -> int:
        return parse_tonnes(text, least=self.least)


class Money(Struct, frozen=True):
    """An amount or a price per tonne in currency units with at most two decimals, read into fen."""

    least_fen: int = 0

    def read(self, text: str) -> int:
        value = parse_money_fen(text)
        if value < self.least_fen:
            refuse(LESS_MONEY, text=text[:40], least=f"{self.least_fen // 100}.{self.least_fen % 100:02d}")
        return value


LESS_MONEY = define(
    "CW-9219",
    en="'{text}' is less than {least}.",
    zh="“{text}”小于{least}。",
    rule="design: one clear message for bad input",
)


class Table(list[T], Generic[T]):
    """The rows of a file, with the line each began on."""

    def __init__(self, file: str, columns: tuple[str, ...]) -> None:
        super().__init__()
        self.file = file
        self.columns = columns
        self.lines: list[int] = []

    def numbered(self) -> Iterator[tuple[int, T]]:
        """Pairs of line number and row."""
        return zip(self.lines, self, strict=True)

    def column(self, name: str) -> int:
        """The number of a column in this file, from 1; 0 when the file left it out."""
        return self.columns.index(name) + 1 if name in self.columns else 0

    def refuse(self, line: int, column: str, spec: RefusalCode, /, **details: str | int) -> NoReturn:
        """Refuse a cell for a reason only the caller knows, such as an unknown account."""
        raise BadInput(Refusal(spec.code, details), self.file, line, self.column(column))


def read_table(path: Path, row: type[T]) -> Table[T]:
    """Read a CSV file (UTF-8, optionally gzipped as `*.gz`) into rows of type `row`.

    Raises `BadInput` for the first fault: a file that cannot be read or decoded, missing, unknown or doubled
    columns, rows of the wrong width and cells that are not what their column needs.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        why = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
        raise BadInput(Refusal(UNREADABLE.code, {"why": why}), str(path)) from None
    return parse_table(raw, str(path), row)


def parse_table(raw: bytes, file: str, row: type[T]) -> Table[T]:
    """Read the bytes of a CSV file; `file` names it in refusals. See `read_table`."""
    plan = _plan(row)
    records = _records(_text(raw, file), file)
    line, header = next(records, (0, []))
    if not header:
        needed = ", ".join(name for name, column in plan.items() if column.required)
        raise BadInput(Refusal(EMPTY_FILE.code, {"columns": needed}), file)
    columns = [plan[name] for name in _check_header(header, plan, file, line)]
    table: Table[T] = Table(file, tuple(column.name for column in columns))
    for line, cells in records:
        if len(cells) != len(columns):
            details: dict[str, str | int] = {"found": len(cells), "expected": len(columns)}
            raise BadInput(Refusal(WRONG_WIDTH.code, details), file, line, min(len(cells), len(columns)))
        values: dict[str, Any] = {}
        for at, (column, text) in enumerate(zip(columns, cells, strict=True), start=1):
            try:
                column.read_into(values, text)
            except Refused as fault:
                raise BadInput(fault.refusal, file, line, at) from None
        table.append(row(**values))
        table.lines.append(line)
    return table


def check_unique(table: Table[T], *columns: str) -> None:
    """Refuse a table in which two rows agree in all of `columns`, naming both lines."""
    names = {item.encode_name: item.name for item in msgspec.structs.fields(type(table[0]))} if table else {}
    seen: dict[tuple[object, ...], int] = {}
    for line, row in table.numbered():
        key = tuple(getattr(row, names[column]) for column in columns)
        first = seen.setdefault(key, line)
        if first != line:
            said = ", ".join(str(part) for part in key)
            table.refuse(line, columns[0], DOUBLE_KEY, key=said, first_line=first, columns=", ".join(columns))


class _Column(Struct, frozen=True):
    """One column of the plan: its name in the file, its field in the row and how its cells are read."""

    name: str
    field: str
    read: Callable[[str], object]
    required: bool  # the file must have it
    blank: bool  # a cell may be empty: the field then keeps its default
    none: bool  # no default, and an empty cell is None

    def read_into(self, values: dict[str, Any], text: str) -> None:
        bare = text.strip()
        if len(bare) > MAX_CELL:
            refuse(TOO_BIG, what=self.name, most=f"{MAX_CELL} characters")
        if not bare.isprintable():
            self._check_visible(bare)
        if bare:
            values[self.field] = self.read(bare)
        elif self.none:
            values[self.field] = None
        elif not self.blank:
            refuse(EMPTY_CELL, column=self.name)

    def _check_visible(self, text: str) -> None:
        for letter in text:
            if letter not in "\n\r\t" and unicodedata.category(letter) in _INVISIBLE:
                refuse(UNPRINTABLE, column=self.name, code=f"{ord(letter):04X}")


def _plan(row: type[Struct]) -> dict[str, _Column]:
    """Work out the columns of a row type, in field order."""
    hints = get_type_hints(row, include_extras=True)
    plan = {}
    for item in msgspec.structs.fields(row):
        has_default = item.default is not NODEFAULT or item.default_factory is not NODEFAULT
        kind, optional = _without_none(hints[item.name])
        plan[item.encode_name] = _Column(
            name=item.encode_name,
            field=item.name,
            read=_reader(kind),
            required=not has_default,
            blank=has_default,
            none=optional and not has_default,
        )
    return plan


def _without_none(kind: object) -> tuple[object, bool]:
    """Split `X | None` into X and True; an annotated type keeps its annotation."""
    if get_origin(kind) is Annotated:
        return kind, _without_none(get_args(kind)[0])[1]
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        if len(rest) != 1:
            raise TypeError(f"a column is of one type: {kind}")
        return rest[0], True
    return kind, False


def _reader(kind: object) -> Callable[[str], object]:
    """Return the function that reads cells of an annotation."""
    if get_origin(kind) is Annotated:
        cell: Cell = get_args(kind)[1]
        return cell.read
    if get_origin(kind) is Literal:
        choices: tuple[str, ...] = get_args(kind)
        return lambda text: _choice(text, choices)
    return _READERS[kind]


_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(_DATE.pattern + r"[T ][0-9]{2}:")
_BOOLS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        refuse(NOT_WHOLE, text=text[:40])
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        refuse(NOT_DECIMAL, text=text[:40])
    return Decimal(text)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError:
        refuse(NOT_DATE, text=text[:40])
    check_year(day)
    return day


def _datetime(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text if _TIME.match(text) else "")
    except ValueError:
        refuse(NOT_TIME, text=text[:40])
    check_year(at)
    return at


def check_year(day: date) -> None:
    """Refuse a date that no market has: sums with it would leave the calendar."""
    if day.year not in _YEARS:
        refuse(DATE_RANGE, text=day.isoformat()[:40], first=_YEARS[0], last=_YEARS[-1])


def _bool(text: str) -> bool:
    value = _BOOLS.get(text.lower())
    if value is None:
        refuse(NOT_BOOL, text=text[:40])
    return value


def _choice(text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        refuse(NOT_CHOICE, text=text[:40], choices=", ".join(choices))
    return text


_READERS: Final[dict[object, Callable[[str], object]]] = {
    str: str,
    int: _whole,
    Decimal: _decimal,
    date: _date,
    datetime: _datetime,
    bool: _bool,
}


def _text(raw: bytes, file: str) -> str:
    """Decode a whole file strictly; a byte-order mark is tolerated."""
    if len(raw) > MAX_BYTES:
        raise BadInput(Refusal(TOO_BIG.code, {"what": file, "most": f"{MAX_BYTES} bytes"}), file)
    at = raw.find(b"\0")
    if at >= 0:
        raise BadInput(Refusal(NUL_BYTE.code), file, *_place(raw, at))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        # The codec counts from behind a byte-order mark.
        at = fault.start + (len(raw) - len(fault.object))
        raise BadInput(Refusal(NOT_UTF8.code, {"byte": f"{raw[at]:02x}"}), file, *_place(raw, at)) from None


def _place(raw: bytes, at: int) -> tuple[int, int]:
    """Line and cell of a byte that spoils a file before it can be read as a table."""
    before = raw[:at]
    return before.count(b"\n") + 1, before[before.rfind(b"\n") + 1 :].count(b",") + 1


def _records(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each record begins on and its cells; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begin = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise BadInput(Refusal(BAD_QUOTES.code), file, begin) from None
        if cells:
            yield begin, cells
        begin = reader.line_num + 1


def _check_header(header: list[str], plan: dict[str, _Column], file: str, line: int) -> list[str]:
    """Refuse unknown, doubled and missing columns; return the names as the file has them."""
    names = [cell.strip() for cell in header]
    for at, name in enumerate(names, start=1):
        if name not in plan:
            details: dict[str, str | int] = {"column": name[:40], "known": ", ".join(plan)}
            raise BadInput(Refusal(UNKNOWN_COLUMN.code, details), file, line, at)
        if name in names[: at - 1]:
            raise BadInput(Refusal(DOUBLE_COLUMN.code, {"column": name}), file, line, at)
    needed = [name for name, column in plan.items() if column.required]
    for name in needed:
        if name not in names:
            lacking: dict[str, str | int] = {"column": name, "needed": ", ".join(needed)}
            raise BadInput(Refusal(MISSING_COLUMN.code, lacking), file, line)
    return names
