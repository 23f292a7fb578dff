"""Rows of a CSV file: decoded, split, held against the columns, read, and placed by line and cell."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Generic, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, Refused, define
from capwright.table.cells import TOO_BIG, Column, columns_of

__all__ = ["Table", "check_unique", "parse_table", "read_table"]

MAX_BYTES: Final = 512 * 1024 * 1024
T = TypeVar("T", bound=Struct)

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
    plan = columns_of(row)
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


def _check_header(header: list[str], plan: dict[str, Column], file: str, line: int) -> list[str]:
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
