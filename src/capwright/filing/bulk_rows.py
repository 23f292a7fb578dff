"""Millions of activity rows behind DuckDB: opened, typed without a float, described.

A row is a stream's figures for a year: `enterprise`, `year`, `component`, where needed `stream`, `item`,
`form`, `area`, and a column for each symbol: `FC` in the method's unit, or `FC:kg` in another. A symbol may
have several columns, `FC:t` and `FC:10^4 Nm3`, of which a row fills one. In Parquet figures are integers or
decimals; floats are refused. CSV is UTF-8 with commas; nothing about it is guessed.
"""

from __future__ import annotations

import csv
import gzip
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from msgspec import Struct

from capwright.filing.extras import need
from capwright.kernel.refusal import define, refuse

__all__ = ["BulkRows", "Figure", "Kind", "Row", "digits_of", "summed"]

BAD_FILE = define(
    "CW-9550",
    en="{file} cannot be read: {why}.",
    zh="无法读取{file}：{why}。",
    mend_en="Give a Parquet file, or CSV in UTF-8 with commas and the same number of cells on every line.",
    mend_zh="请提供 Parquet 文件，或 UTF-8 编码、逗号分隔且各行单元格数一致的 CSV 文件。",
    rule="docs: bulk recalculation",
)
BAD_COLUMNS = define(
    "CW-9551",
    en="{file}: the column '{column}' is {fault}.",
    zh="{file}：“{column}”列{fault_zh}。",
    mend_en="Needed: enterprise, year, component. Known besides: {known}.",
    mend_zh="必需的列：enterprise、year、component；其他可用的列：{known}。",
    rule="docs: bulk recalculation",
)
FLOATS = define(
    "CW-9552",
    en="{file}: the column '{column}' is of the type {type}; figures are never floats.",
    zh="{file}：“{column}”列的类型为{type}，数值不得采用浮点类型。",
    mend_en="Write it as DECIMAL, as an integer or as text.",
    mend_zh="请改为 DECIMAL、整数或文本类型。",
    rule="design: never float totals",
)
BAD_CELL = define(
    "CW-9553",
    en="{file}: {where}: '{value}' in the column '{column}' is not a figure.",
    zh="{file}：{where}：“{column}”列中的“{value}”不是有效数值。",
    mend_en="Write it like 1234.5, with at most 15 digits before and 9 after the point.",
    mend_zh="请写成 1234.5 的形式，小数点前不超过15位，后不超过9位。",
    rule="design: bound everything",
)
EMPTY_KEY = define(
    "CW-9554",
    en="{file}: {rows} rows lack enterprise, component or a year between 1990 and 2200.",
    zh="{file}：有{rows}行缺少企业、排放源类别或有效年份（1990—2200）。",
    mend_en="Fill in the three on every row.",
    mend_zh="请逐行填写这三项。",
    rule="docs: bulk recalculation",
)
BAD_SETTING = define(
    "CW-9555",
    en="'{value}' is no sound setting of {name}.",
    zh="“{value}”不是{name}的有效取值。",
    mend_en="threads: 1 to 256; memory: like 800MB or 4GB.",
    mend_zh="threads 取 1 至 256；memory 形如 800MB 或 4GB。",
    rule="docs: bulk recalculation",
)

_WORDS: Final = ("stream", "item", "form", "area")
_NEEDED: Final = ("enterprise", "year", "component")
_FIGURE: Final = r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_KEY: Final = "year, component, item, form, area, bits"
_MOST_THREADS: Final = 256
_MOST_FIGURES: Final = 60  # one bit each of a 64-bit integer
_AT_A_TIME: Final = 10_000


class Figure(Struct, frozen=True):
    """A column of figures: symbol, unit stated ("": the method's), SQL name and decimals."""

    column: str
    symbol: str
    unit: str
    name: str
    decimals: int


class Kind(Struct, frozen=True):
    """Rows alike in what decides how they are worked out. `given` are the columns with figures.

    `least` and `most` bound each of them, as text.
    """

    number: int
    year: int
    component: str
    item: str
    form: str
    area: str
    given: tuple[Figure, ...]
    rows: int
    least: dict[str, str]
    most: dict[str, str]


class Row(Struct, frozen=True):
    """One row; the figures by column, as text."""

    enterprise: str
    stream: str
    figures: dict[str, str]


def _text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    """A path as an SQL literal that stands for this file only, whatever characters it has."""
    return _text(re.sub(r"[*?\[]", r"[\g<0>]", str(path.resolve())))


class BulkRows:
    """An opened file; use it in a `with` statement. The view `activity` has its rows."""

    def __init__(self, path: Path, symbols: set[str], *, threads: int = 2, memory: str = "800MB") -> None:
        self.file = path.name
        self._duckdb = need("duckdb", "bulk")
        self._folder = tempfile.TemporaryDirectory(prefix="capwright-")
        self.connection = self._duckdb.connect()
        self.figures: list[Figure] = []
        try:
            self._settings(threads, memory)
            self._open(path, symbols)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of memory and temporary files."""
        self.connection.close()
        self._folder.cleanup()

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, some at a time; refuses (CW-9550) a file that turns out to be broken."""
        try:
            self.connection.execute(query)
            while part := self.connection.fetchmany(_AT_A_TIME):
                yield from part
        except self._duckdb.Error as fault:
            refuse(BAD_FILE, file=self.file, why=str(fault).partition("\n")[0][:200])

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return list(self.stream(query))

    def _settings(self, threads: int, memory: str) -> None:
        if not 1 <= threads <= _MOST_THREADS:
            refuse(BAD_SETTING, name="threads", value=str(threads)[:20])
        for name, value in (
            ("threads", str(threads)),
            ("memory_limit", memory),
            ("temp_directory", self._folder.name),
            ("preserve_insertion_order", "false"),
            ("autoinstall_known_extensions", "false"),
            ("enable_progress_bar", "false"),  # it would go to standard output, into the JSON
        ):
            try:
                self.connection.execute(f"SET {name} = {_text(value)}")
            except self._duckdb.Error:
                refuse(BAD_SETTING, name=name, value=value[:60])

    # Columns.

    def _open(self, path: Path, symbols: set[str]) -> None:
        if not path.is_file():
            refuse(BAD_FILE, file=str(path)[-200:], why="there is no such file")
        is_csv = path.name.lower().endswith((".csv", ".csv.gz"))
        read, columns = self._csv(path) if is_csv else self._parquet(path)
        figures = self._check([column for column, _, _ in columns], symbols)
        known = {column: (_name(inner), kind) for column, inner, kind in columns}
        words = [
            f"coalesce(CAST({known[word][0]} AS VARCHAR), '') AS {word}" if word in known else f"'' AS {word}"
            for word in ("enterprise", "component", *_WORDS)
        ]
        typed = [
            self._figure(read, column, symbol, unit, known) for column, (symbol, unit) in figures.items()
        ]
        bits = [f"({one.name} IS NOT NULL)::BIGINT * {1 << n}" for n, one in enumerate(self.figures)]
        listed = ", ".join([*words, f"{_year(*known['year'])} AS year", *typed])
        self.query(
            f"CREATE TEMP VIEW activity AS SELECT *, {' + '.join(bits) or '0::BIGINT'} AS bits "  # noqa: S608
            f"FROM (SELECT {listed} FROM {read})"
        )

    def _csv(self, path: Path) -> tuple[str, list[tuple[str, str, str]]]:
        """What to read from, and its columns: name, name inside, type. The file is parsed once."""
        opened = gzip.open if path.name.lower().endswith(".gz") else open
        try:
            with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
                head = next(csv.reader(lines), [])
        except (OSError, EOFError, ValueError, csv.Error) as fault:
            refuse(BAD_FILE, file=self.file, why=str(fault)[:200])
        columns = [(column, f"c{n}", "VARCHAR") for n, column in enumerate(head)]
        types = ", ".join(f"{inner}: 'VARCHAR'" for _, inner, _ in columns) or "c0: 'VARCHAR'"
        kept = Path(self._folder.name) / "rows.parquet"
        self.query(
            f"COPY (SELECT * FROM read_csv({_literal(path)}, columns = {{{types}}}, auto_detect = false,"  # noqa: S608
            " header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true"
            f", null_padding = false, hive_partitioning = false)) TO {_text(str(kept))} (FORMAT parquet)"
        )
        return f"read_parquet({_literal(kept)})", columns

    def _parquet(self, path: Path) -> tuple[str, list[tuple[str, str, str]]]:
        read = f"read_parquet({_literal(path)}, hive_partitioning = false)"
        described = self.query(f"DESCRIBE SELECT * FROM {read}")  # noqa: S608
        leaves = self.query(
            f"SELECT name FROM parquet_schema({_literal(path)}) WHERE num_children IS NULL"  # noqa: S608
        )
        # Inside, a name that differs from another's by capitals only is changed; W and w are two symbols.
        names = leaves if len(leaves) == len(described) else described
        return read, [(name[0], row[0], row[1]) for name, row in zip(names, described, strict=True)]

    def _check(self, columns: list[str], symbols: set[str]) -> dict[str, tuple[str, str]]:
        """Columns of figures with symbol and unit; refuses (CW-9551) what is missing, unknown or double."""
        known = ", ".join((*_WORDS, *sorted(symbols)))[:600]

        def fail(column: str, fault: str, fault_zh: str) -> None:
            refuse(
                BAD_COLUMNS, file=self.file, column=column[:60], fault=fault, fault_zh=fault_zh, known=known
            )

        for column in _NEEDED:
            if column not in columns:
                fail(column, "missing", "缺失")
        figures: dict[str, tuple[str, str]] = {}
        for n, column in enumerate(columns):
            if column in columns[:n]:
                fail(column, "there twice", "重复")
            if column in (*_NEEDED, *_WORDS):
                continue
            symbol, colon, unit = column.partition(":")
            if symbol not in symbols or (colon and not unit) or len(figures) == _MOST_FIGURES:
                fail(column, "not known", "无法识别")
            figures[column] = symbol, unit
        return figures

    def _figure(
        self, read: str, column: str, symbol: str, unit: str, known: dict[str, tuple[str, str]]
    ) -> str:
        """The column as an exact decimal."""
        name, kind = known[column]
        inner = f"x{len(self.figures)}"
        decimal = _DECIMAL.fullmatch(kind)
        if decimal is not None:
            decimals, typed = int(decimal[2]), name
        elif kind.endswith(("INT", "INTEGER")):
            decimals, typed = 0, f"CAST({name} AS DECIMAL(38, 0))"
        elif kind == "VARCHAR":
            decimals = self._decimals(read, column, name, known["enterprise"][0])
            typed = f"CAST(nullif({name}, '') AS DECIMAL(24, {decimals}))"
        else:
            refuse(FLOATS, file=self.file, column=column[:60], type=kind)
        self.figures.append(Figure(column, symbol, unit, inner, decimals))
        return f"{typed} AS {inner}"

    def _decimals(self, read: str, column: str, name: str, enterprise: str) -> int:
        """Decimals that a column of text needs; refuses (CW-9553) what is no figure."""
        bad = self.query(
            f"SELECT {enterprise}, {name} FROM {read} "  # noqa: S608
            f"WHERE {name} <> '' AND NOT regexp_full_match({name}, {_text(_FIGURE)}) ORDER BY ALL LIMIT 1"
        )
        if bad:
            where, value = str(bad[0][0])[:60], str(bad[0][1])[:40]
            refuse(BAD_CELL, file=self.file, where=where, column=column[:60], value=value)
        longest = self.query(f"SELECT max(length(split_part({name}, '.', 2))) FROM {read}")  # noqa: S608
        return int(longest[0][0] or 0)

    # Rows.

    def kinds(self) -> list[Kind]:
        """The kinds of rows in a settled order, kept as a table; refuses (CW-9554) rows without a key."""
        lost = self.query(
            "SELECT count(*) FROM activity WHERE enterprise = '' OR component = '' "
            "OR year IS NULL OR year NOT BETWEEN 1990 AND 2200"
        )[0][0]
        if lost:
            refuse(EMPTY_KEY, file=self.file, rows=lost)
        ends = [
            f", CAST(min({one.name}) AS VARCHAR) AS a{n}, CAST(max({one.name}) AS VARCHAR) AS b{n}"
            for n, one in enumerate(self.figures)
        ]
        self.query(
            f"CREATE TEMP TABLE kinds AS SELECT row_number() OVER (ORDER BY {_KEY}) AS number, * FROM "  # noqa: S608
            f"(SELECT {_KEY}, count(*) AS amount{''.join(ends)} FROM activity GROUP BY {_KEY})"
        )
        return [self._kind(row) for row in self.query("SELECT * FROM kinds ORDER BY number")]

    def _kind(self, row: tuple[Any, ...]) -> Kind:
        number, year, component, item, form, area, bits, amount, *ends = row
        given = {n: one for n, one in enumerate(self.figures) if bits >> n & 1}
        least = {one.column: ends[2 * n] for n, one in given.items()}
        most = {one.column: ends[2 * n + 1] for n, one in given.items()}
        return Kind(number, year, component, item, form, area, tuple(given.values()), amount, least, most)

    def of_kind(self, kind: Kind, where: str = "true") -> Iterator[Row]:
        """The rows of a kind."""
        shown = "".join(f", CAST({one.name} AS VARCHAR)" for one in kind.given)
        for enterprise, stream, *figures in self.stream(
            f"SELECT enterprise, stream{shown} FROM activity JOIN kinds USING ({_KEY}) "  # noqa: S608
            f"WHERE number = {kind.number} AND {where}"
        ):
            columns = (one.column for one in kind.given)
            yield Row(enterprise, stream, dict(zip(columns, figures, strict=True)))

    def sums(self, kinds: list[Kind], products: list[str]) -> Iterator[tuple[Any, ...]]:
        """Enterprise, number of the kind, and the sums of products over the rows of both, whole numbers."""
        wanted = ", ".join(str(kind.number) for kind in kinds)
        added = "".join(f", {product}" for product in products)
        return self.stream(
            f"SELECT enterprise, number{added} FROM activity "  # noqa: S608
            f"JOIN (SELECT * FROM kinds WHERE number IN ({wanted})) USING ({_KEY}) GROUP BY ALL"
        )


def _year(name: str, kind: str) -> str:
    """The year, or NULL where it is none; nothing is rounded to one."""
    if kind.endswith(("INT", "INTEGER")):
        return f"TRY_CAST({name} AS INTEGER)"
    return (
        f"CASE WHEN regexp_full_match(CAST({name} AS VARCHAR), '[0-9]{{4}}') THEN CAST({name} AS INTEGER) END"
    )


def digits_of(kinds: list[Kind]) -> dict[str, int]:
    """Digits that the figures of each column have at most, by its name inside."""
    found: dict[str, int] = {}
    for kind in kinds:
        for figure in kind.given:
            longest = max(
                len(end.lstrip("-").replace(".", "").lstrip("0"))
                for end in (kind.least[figure.column], kind.most[figure.column])
            )
            found[figure.name] = max(found.get(figure.name, 1), figure.decimals, longest)
    return found


def summed(product: tuple[str, ...], digits: Mapping[str, int], decimals: Mapping[str, int]) -> str:
    """The sum of a product of columns, each as a whole number of its smallest decimal."""
    whole = (
        f"CAST(CAST({name} AS DECIMAL({digits[name] + decimals[name]}, {decimals[name]}))"
        f" * {10 ** decimals[name]} AS HUGEINT)"
        for name in product
    )
    return f"sum({' * '.join(whole)})" if product else "count(*)"
