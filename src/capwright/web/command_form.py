"""A form for any command, made from its type: what no page of its own has is done here.

Plain fields become inputs, choices become lists; money is asked for in whole units of the currency, times by
the market's clock; names are given one a line. A part is a group of fields, a list of parts is rows of them,
as deep as the type goes: fields are a tree, and the name of each is its place in it, `lines.0.series`. What
is filled in is read by `form_reading`; the market checks the rest.
"""

from __future__ import annotations

import re
import types
import typing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Union

import msgspec
from msgspec import NODEFAULT, Struct, field

from capwright.kernel.quantity import format_money
from capwright.market.machine import COMMANDS
from capwright.web.clock import local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from capwright.kernel.message import Command
    from capwright.kernel.refusal import Refusal

__all__ = [
    "DEEPEST",
    "Field",
    "Pair",
    "built",
    "by_name",
    "fields_of",
    "flat",
    "key_of",
    "leaves",
    "nested",
    "new_row",
    "plain",
    "told",
]  # fmt: skip

_BY_NAME = {kind.__name__: kind for kind in COMMANDS}
DEEPEST: Final = 8  # parts of a name
_NUMBER: Final = re.compile(r"\.(?:\d+|__\d+__)(?=\.|$)")


class Pair(Struct, frozen=True):
    """An entry of a table of texts."""

    name: str
    text: str


class Field(Struct):
    """A field of a form, or a part of one.

    `kind`: text, number, money, time, date, choice, choices, check, list, document; group, rows and row have
    `parts`. `known` are values that the market knows, with their names; `closed` says that there are no
    others. `empty` is the row that is put in to have one more.
    """

    name: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    value: str = ""
    picked: tuple[str, ...] = ()  # of choices
    known: tuple[tuple[str, str], ...] = ()
    closed: bool = False
    named: bool = False  # what is known is shown by its name alone
    open: bool = False  # a choice need not be made
    loose: bool = False  # in a row, which may be left empty
    hint: Any = None
    parts: list[Field] = field(default_factory=list)
    empty: Field | None = None
    fault: Refusal | None = None
    focus: bool = False

    @property
    def key(self) -> str:
        """The name without the numbers of rows, by which fields are called and known."""
        return key_of(self.name)

    @property
    def own(self) -> str:
        """The name within its part."""
        return self.name.rpartition(".")[2]

    @property
    def whole(self) -> bool:
        """Whether a number has no decimals."""
        return self.hint is int

    @property
    def gaps(self) -> bool:
        """Whether a list may have gaps: twelve months, one of them missing."""
        each = typing.get_args(self.hint)[0] if self.kind == "list" else str
        return plain(each) is not each

    @property
    def number(self) -> int:
        """Which row it is, from 1."""
        return int(self.own) + 1 if self.own.isdecimal() else 0


def key_of(name: str) -> str:
    """The name of a field without the numbers of rows."""
    return _NUMBER.sub("", name)


def by_name(name: str) -> type[Command] | None:
    """The command of a name."""
    return _BY_NAME.get(name)


def fields_of(command: type[Struct], given: Mapping[str, Any]) -> list[Field]:
    """The fields of a command's form, filled in with values of the command: those given, else defaults."""
    return built(command, nested(given))


def flat(fields: list[Field]) -> Iterator[Field]:
    """All fields of a tree, those with parts too."""
    for one in fields:
        yield one
        yield from flat(one.parts)


def leaves(fields: list[Field]) -> Iterator[Field]:
    """The fields that are filled in, those of the empty rows too."""
    for one in fields:
        if one.kind not in {"group", "rows", "row"}:
            yield one
        yield from leaves(one.parts)
        if one.empty is not None:
            yield from leaves([one.empty])


def told(asked: Mapping[str, Any]) -> list[Field]:
    """The fields that a command of the journal gives, for those who decide on it."""
    command = by_name(str(asked.get("command", "")))
    if command is None:
        return []
    return [one for one in built(command, asked, spare=False) if one.name in asked]


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the parts of their names: `lines.0.series` becomes `{"lines": {"0": {"series": …}}}`."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        *parts, last = name.split(".")
        into: Any = found
        for part in parts[:DEEPEST]:
            into = into.setdefault(part, {})
            if not isinstance(into, dict):
                break
        else:
            into[last] = value
    return found


# From types to fields.


def built(
    kind: type[Struct],
    values: Mapping[str, Any],
    within: str = "",
    *,
    filled: bool = False,
    spare: bool = True,
    loose: bool = False,
) -> list[Field]:
    """The fields of a type. `filled`: by somebody, so that a box that is not there is not ticked.

    `spare`: lists without rows get an empty one. `loose`: of a part that may be left out as a whole.
    """
    hints = typing.get_type_hints(kind)
    found = []
    for info in msgspec.structs.fields(kind):
        hint = hints[info.name]
        shape, choices = _kind(info.name, hint)
        default = info.default if info.default is not NODEFAULT else None
        needed = info.default is NODEFAULT and info.default_factory is NODEFAULT
        one = Field(within + info.name, shape, needed, choices, hint=plain(hint), loose=loose)
        one.open = shape == "choice" and default is None and (loose or not needed)
        value = values.get(info.name)
        if shape == "group":
            inner = value if isinstance(value, dict) else {}
            one.parts = built(
                one.hint, inner, f"{one.name}.", filled=filled, spare=spare, loose=loose or not needed
            )
        elif shape in {"rows", "pairs"}:
            _put_rows(one, value, filled=filled, spare=spare)
        else:
            _put(one, value, default, filled=filled)
        found.append(one)
    return found


def new_row(rows: Field, name: str) -> Field:
    """An empty row."""
    return _row(rows, name, {}, filled=False, spare=True)


def _row(rows: Field, name: str, values: Mapping[str, Any], *, filled: bool, spare: bool) -> Field:
    kind = Pair if rows.kind == "pairs" else typing.get_args(rows.hint)[0]
    parts = built(kind, values, f"{name}.", filled=filled, spare=spare, loose=True)
    return Field(name, "row", required=False, parts=parts)


def _put_rows(rows: Field, value: Any, *, filled: bool, spare: bool) -> None:
    if rows.kind == "pairs" and isinstance(value, dict) and not filled:
        value = [{"name": name, "text": text} for name, text in value.items()]
    if isinstance(value, dict):  # by numbers, as forms and addresses give them
        numbered = sorted((int(n), one) for n, one in value.items() if n.isdecimal() and len(n) < DEEPEST)
        value = [one for _, one in numbered]
    listed = [one for one in value or () if isinstance(one, dict)]
    for n, one in enumerate(listed):
        rows.parts.append(_row(rows, f"{rows.name}.{n}", one, filled=filled, spare=spare))
    if spare:
        rows.empty = new_row(rows, f"{rows.name}.__{rows.name.count('__')}__")
        if not listed:
            rows.parts.append(new_row(rows, f"{rows.name}.0"))
    if rows.kind == "pairs":
        rows.kind, rows.hint = "rows", dict


def _put(one: Field, value: Any, default: Any, *, filled: bool) -> None:
    """What stands in a field: what is given, else the default."""
    if one.kind == "check":
        ticked = value is not None if filled else default if value is None else value in {True, "true", "on"}
        one.value = "true" if ticked else ""
        return
    if value is None and not filled:
        value = default
    if one.kind == "choices":
        one.picked = tuple(map(str, value)) if isinstance(value, list | tuple) else (value,) if value else ()
    elif filled:
        last = value[-1] if isinstance(value, list) else value
        one.value = last if isinstance(last, str) else ""
    else:
        one.value = _shown(one.kind, value)


def plain(hint: Any) -> Any:
    """The type without None."""
    if typing.get_origin(hint) in {Union, types.UnionType}:
        kinds = [one for one in typing.get_args(hint) if one is not type(None)]
        if len(kinds) == 1:
            return kinds[0]
    return hint


def _kind(name: str, hint: Any) -> tuple[str, tuple[str, ...]]:
    bare = plain(hint)
    if bare is int and name.endswith(("_fen", "_fen_per_t")):
        return "money", ()
    if bare is int and name.endswith("_ms"):
        return "time", ()
    if typing.get_origin(bare) is Literal:
        return "choice", tuple(str(one) for one in typing.get_args(bare))
    if bare is bool:
        return ("check", ()) if hint is bool else ("choice", ("true", "false"))
    if bare in {int, Decimal}:
        return "number", ()
    if typing.get_origin(bare) is tuple:
        return _kind_of_many(plain(typing.get_args(bare)[0]))
    if isinstance(bare, type) and issubclass(bare, Struct):
        return "group", ()
    return _OTHERS.get(bare, "document"), ()


def _kind_of_many(each: Any) -> tuple[str, tuple[str, ...]]:
    if typing.get_origin(each) is Literal:
        return "choices", tuple(str(one) for one in typing.get_args(each))
    return ("rows", ()) if isinstance(each, type) and issubclass(each, Struct) else ("list", ())


_OTHERS: Final[dict[Any, str]] = {date: "date", str: "text", dict[str, str]: "pairs"}


def _shown(kind: str, value: Any) -> str:
    if value is None or value == ():
        return ""
    if kind in {"money", "time"}:
        number = int(value) if str(value).lstrip("-").isdecimal() else 0
        if kind == "money":
            return format_money(number).replace(",", "")
        return local(number).strftime("%Y-%m-%dT%H:%M") if number else ""
    if kind == "list" and isinstance(value, list | tuple):
        return "\n".join("-" if one is None else str(one) for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | date | Decimal):
        return str(value)
    return msgspec.json.encode(value).decode()
