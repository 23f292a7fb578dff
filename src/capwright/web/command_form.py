"""A form for any command, made from its type: what no page of its own has is done here.

Plain fields become inputs, choices become lists; names are given one a line, nested parts as JSON. The
market checks the rest.
"""

from __future__ import annotations

import re
import types
import typing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Union

import msgspec
from msgspec import NODEFAULT, Struct

from capwright.kernel.message import Command
from capwright.market.machine import COMMANDS
from capwright.web.refusals import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Field", "by_name", "fields_of", "read"]

_BY_NAME = {kind.__name__: kind for kind in COMMANDS}


class Field(Struct):
    """A field of a form. `kind`: text, number, date, choice, choices, check, list, json."""

    name: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    value: str = ""
    hint: str = ""


def by_name(name: str) -> type[Command] | None:
    """The command of a name."""
    return _BY_NAME.get(name)


def fields_of(command: type[Command], given: Mapping[str, str]) -> list[Field]:
    """The fields of a command's form, filled in with what is given."""
    hints = typing.get_type_hints(command)
    found = []
    for info in msgspec.structs.fields(command):
        kind, choices = _kind(hints[info.name])
        required = info.default is NODEFAULT and info.default_factory is NODEFAULT
        value = given.get(info.name)
        if value is None and info.default is not NODEFAULT:
            value = _shown(info.default)
        found.append(Field(info.name, kind, required, choices, value or "", _hint(hints[info.name], kind)))
    return found


def read(command: type[Command], given: Mapping[str, str], lists: Mapping[str, list[str]]) -> Command:
    """The command that a filled form asks for; refuses CW-9720 naming the field."""
    hints = typing.get_type_hints(command)
    values: dict[str, Any] = {}
    for field in fields_of(command, {}):
        raw = given.get(field.name, "").strip()
        if field.kind == "choices":
            picked = lists.get(field.name, [])
            if picked:
                values[field.name] = picked
        elif field.kind == "check":
            values[field.name] = field.name in given
        elif raw or field.required:
            values[field.name] = _value(field, raw, hints[field.name])
    try:
        return msgspec.convert(values, command, strict=False)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        unreadable(command.__name__, str(error))


def _value(field: Field, raw: str, hint: Any) -> Any:
    if field.kind == "list" and not raw.startswith("["):
        return [one for one in re.split(r"[\s,，、]+", raw) if one]
    if field.kind in {"list", "json"}:
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            unreadable(field.name, str(error))
    if field.kind == "number" and _plain(hint) is int:
        text = raw.replace(",", "").replace(" ", "")
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            unreadable(field.name, "a whole number is needed", "须填写整数")
        return int(text)
    return raw


def _plain(hint: Any) -> Any:
    """The type without None."""
    if typing.get_origin(hint) in {Union, types.UnionType}:
        kinds = [one for one in typing.get_args(hint) if one is not type(None)]
        if len(kinds) == 1:
            return kinds[0]
    return hint


def _kind(hint: Any) -> tuple[str, tuple[str, ...]]:
    hint = _plain(hint)
    if typing.get_origin(hint) is Literal:
        return "choice", tuple(str(one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is tuple and typing.get_origin(typing.get_args(hint)[0]) is Literal:
        return "choices", tuple(str(one) for one in typing.get_args(typing.get_args(hint)[0]))
    if hint is bool:
        return "check", ()
    if hint in {int, Decimal}:
        return "number", ()
    if hint is date:
        return "date", ()
    if hint == tuple[str, ...]:
        return "list", ()
    return ("text", ()) if hint is str else ("json", ())


def _hint(hint: Any, kind: str) -> str:
    if kind != "json":
        return ""
    return (
        getattr(hint, "__name__", "")
        if typing.get_origin(hint) is None
        else str(hint).replace("capwright.", "")
    )


def _shown(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, str | int | date | Decimal) and not isinstance(value, bool):
        return str(value)
    return msgspec.json.encode(value).decode()
