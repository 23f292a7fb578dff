"""A workbook from a stranger, made safe to open: bounded before anything large is built from it.

An .xlsx file is a zip of XML. It may unpack to a thousand times its size, declare a cell in the last of
a million rows, or bring macros and links. So every part is unpacked here under a bound, each sheet is walked
for the cells that it has, and only then is a plain copy handed to the reading library.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree as ET

from msgspec import Struct, field

from capwright.filing.extras import need
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, define

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "Opened", "open_workbook"]

NOT_WORKBOOK = define(
    "CW-9512",
    en="The file is not an .xlsx workbook that can be read: {reason}.",
    zh="文件不是可读取的 .xlsx 工作簿：{reason}。",
    mend_en="Open it in a spreadsheet program and save it as .xlsx without a password.",
    mend_zh="请用电子表格软件打开，另存为不带密码的 .xlsx 文件。",
    rule="design: bound everything",
)
TOO_MUCH = define(
    "CW-9513",
    en="The workbook is larger than any report: {what}.",
    zh="工作簿超出报告的合理大小：{what}。",
    mend_en="Delete empty rows and columns behind the data, and sheets that do not belong.",
    mend_zh="请删除数据区以外的空行、空列及无关工作表。",
    rule="design: bound everything",
)

MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 100
_MOST_UNPACKED: Final = 64 * 1024 * 1024
_MOST_PARTS: Final = 500
_MOST_CELLS: Final = 400_000
_MOST_MERGED: Final = 100_000
_KEPT: Final = re.compile(r"xl/.*\.xml|(?:.*/)?[^/]*\.rels|\[Content_Types\]\.xml")
_DROPPED: Final = ("externalLinks/", "connections.xml", "queryTables/")
# No tag is looked for beyond the next "<": where none ends, each would be searched for to the end of a part.
_TAG: Final = re.compile(rb"<(/?)(?:[^\s<>/:!?]+:)?(row|c|f|v|is)(?=[\s/>])([^<>]*)(>?)")
_REFERENCE: Final = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_ERROR: Final = re.compile(rb"\st\s*=\s*[\"']e[\"']")
_MERGE: Final = re.compile(
    rb"<(?:[^\s<>/:!?]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Opened(Struct):
    """A workbook ready to be read; by sheet the cells without a result and those merged into a neighbour."""

    book: Any
    file: str
    unknown: dict[str, set[str]] = field(default_factory=dict)
    merged: dict[str, set[str]] = field(default_factory=dict)

    def rows(self, title: str) -> list[list[Any]]:
        """The cells of a sheet from A1 on; none where there is no such sheet."""
        if title not in self.book.sheet_names:
            return []
        found: list[list[Any]] = _read(
            self.file, lambda: self.book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        )
        return found


def _read(file: str, work: Callable[[], Any]) -> Any:
    """Let the reading library work; whatever it raises, a panic too, is the file's fault."""
    try:
        return work()
    except BaseException as fault:
        if isinstance(fault, (KeyboardInterrupt, SystemExit)):
            raise
        return _refuse(file, NOT_WORKBOOK, reason=" ".join(str(fault).split())[:120] or type(fault).__name__)


def open_workbook(raw: bytes, file: str) -> Opened:
    """Open the bytes of a workbook; refuses what is none (CW-9512) and what is too much (CW-9513)."""
    calamine = need("python_calamine", "excel")
    if not raw.startswith(b"PK"):
        _refuse(file, NOT_WORKBOOK, reason="no zip archive; is it protected by a password, or an .xls?")
    parts = _unpacked(raw, file)
    if "xl/workbook.xml" not in parts:
        _refuse(file, NOT_WORKBOOK, reason="no xl/workbook.xml inside")
    sheets = {name: part for name, part in parts.items() if b"sheetData" in part}
    unknown = {name: _walk(name, part, file) for name, part in sheets.items()}
    merged = {name: _merged(name, part, file) for name, part in sheets.items()}
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    copy.seek(0)
    book = _read(file, lambda: calamine.load_workbook(copy))
    titles = _read(file, lambda: _titles(parts))
    return Opened(
        book,
        file,
        {title: unknown.get(part, set()) for title, part in titles.items()},
        {title: merged.get(part, set()) for title, part in titles.items()},
    )


def _refuse(file: str, spec: RefusalCode, **details: str | int) -> Any:
    raise BadInput(Refusal(spec.code, details), file)


def _unpacked(raw: bytes, file: str) -> dict[str, bytes]:
    """The parts of the archive, all together under a bound; macros, links and pictures left out."""
    found: dict[str, bytes] = {}
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = archive.infolist()
            if len(listed) > _MOST_PARTS:
                _refuse(file, TOO_MUCH, what=f"{len(listed)} parts")
            for one in listed:
                name = one.filename
                if not _KEPT.fullmatch(name) or any(word in name for word in _DROPPED):
                    continue
                with archive.open(one) as stream:
                    part = stream.read(left + 1)
                left -= len(part)
                if left < 0:
                    _refuse(file, TOO_MUCH, what=f"> {_MOST_UNPACKED // 1024 // 1024} MB")
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    _refuse(file, NOT_WORKBOOK, reason=f"{one.filename[:60]} declares entities")
                found[one.filename] = part
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as fault:
        _refuse(file, NOT_WORKBOOK, reason=" ".join(str(fault).split())[:120])
    return found


def _walk(name: str, part: bytes, file: str) -> set[str]:
    """Hold a sheet to the bounds; returns the cells with an error, and those of formulas without a result."""
    if b"\0" in part:
        _refuse(file, NOT_WORKBOOK, reason=f"{name[:60]} is not UTF-8")
    unknown: set[str] = set()
    rows = cells = 0
    here, formula, value = "", False, False
    for match in _TAG.finditer(part):
        closing, tag, said = match[1], match[2], match[3]
        if not match[4]:
            _refuse(file, NOT_WORKBOOK, reason=f"{name[:60]} has tags that do not end")
        if tag == b"row" and not closing:
            rows += 1
        elif tag == b"c":
            if here and formula and not value:
                unknown.add(here)
            here, formula, value = "", False, False
            if closing:
                continue
            cells += 1
            here = _reference(name, said, file)
            if _ERROR.search(b" " + said):
                unknown.add(here)
        elif not closing:
            filled = not said.endswith(b"/") and part[match.end() : match.end() + 1] != b"<"
            formula, value = formula or tag == b"f", value or (tag != b"f" and (filled or tag == b"is"))
        if rows > MOST_ROWS or cells > _MOST_CELLS:
            _refuse(file, TOO_MUCH, what=f"{name[:60]}: > {MOST_ROWS} rows or {_MOST_CELLS} cells")
    return unknown


def _merged(name: str, part: bytes, file: str) -> set[str]:
    """The cells of a sheet that are merged into another one; within its bounds."""
    found: set[str] = set()
    left_over = _MOST_MERGED
    for match in _MERGE.finditer(part):
        first, last = _column(match[1]), min(_column(match[3]), MOST_COLUMNS)
        top, bottom = int(match[2]), min(int(match[4]), MOST_ROWS)
        left_over -= 1 + max(0, last - first + 1) * max(0, bottom - top + 1)
        if left_over < 0:
            _refuse(file, TOO_MUCH, what=f"{name[:60]}: > {_MOST_MERGED} merged cells")
        rows, columns = range(top, bottom + 1), range(first, last + 1)
        found |= {f"{_letters(column)}{row}" for row in rows for column in columns}
        found.discard(f"{_letters(first)}{top}")
    return found


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def _letters(column: int) -> str:
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _reference(name: str, said: bytes, file: str) -> str:
    """The place of a cell, which must be told and within bounds."""
    match = _REFERENCE.search(b" " + said)
    if match is None:
        _refuse(file, NOT_WORKBOOK, reason=f"{name[:60]} has cells without a place")
        return ""
    column = _column(match[1])
    if int(match[2]) > MOST_ROWS or column > MOST_COLUMNS:
        place = (match[1] + match[2]).decode()
        _refuse(file, TOO_MUCH, what=f"{name[:60]}: {place} (≤ {MOST_ROWS} × {MOST_COLUMNS})")
    return (match[1] + match[2]).decode()


def _titles(parts: dict[str, bytes]) -> dict[str, str]:
    """Title of each sheet → the part that holds it."""
    book = ET.fromstring(parts["xl/workbook.xml"])  # noqa: S314 - entities were refused, the size is bounded
    links = ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    targets = {one.get("Id", ""): one.get("Target", "").lstrip("/") for one in links}
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_LINK, ""), "")
        found[sheet.get("name", "")] = target if target.startswith("xl/") else f"xl/{target}"
    return found
