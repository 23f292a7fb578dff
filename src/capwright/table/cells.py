"""Cells and columns: how the text of one cell becomes a value, and what a row type asks of its columns."""

from __future__ import annotations

import re
import types
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Protocol, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct

from capwright.kernel.quantity import parse_money_fen, parse_tonnes
from capwright.kernel.refusal import define, refuse

__all__ = ["TOO_BIG", "Cell", "Column", "Money", "Tonnes", "check_year", "columns_of"]

MAX_CELL: Final = 10_000  # characters
_YEARS: Final = range(1900, 2201)
# Characters that hide what a text says or move the cursor; line breaks and tabs in a text do no harm.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(_DATE.pattern + r"[T ][0-9]{2}:")
_BOOLS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

TOO_BIG = define(
    "CW-9218",
    en="'{what}' is too big; at most {most} are read.",
    zh="“{what}”过大，最多读取 {most}。",
    rule="design: one clear message for bad input",
)
LESS_MONEY = define(
    "CW-9219",
    en="'{text}' is less than {least}.",
    zh="“{text}”小于{least}。",
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


class Column(Struct, frozen=True):
    """One column of the plan: its name in the file, its field in the row and how its cells are read."""

    name: str
    field: str
    read: Callable[[str], object]
    required: bool  # the file must have it
    blank: bool  # a cell may be empty: the field then keeps its default
    none: bool  # no default, and an empty cell is None

    def read_into(self, values: dict[str, Any], text: str) -> None:
        """Read a cell into its field; raises `Refused` for a bad one."""
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


def columns_of(row: type[Struct]) -> dict[str, Column]:
    """Work out the columns of a row type, in field order."""
    hints = get_type_hints(row, include_extras=True)
    plan = {}
    for item in msgspec.structs.fields(row):
        has_default = item.default is not NODEFAULT or item.default_factory is not NODEFAULT
        kind, optional = _without_none(hints[item.name])
        plan[item.encode_name] = Column(
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
