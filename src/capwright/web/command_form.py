"""A form for any command, made from its type: what no page of its own has is done here.

Plain fields become inputs, choices become lists; money is asked for in whole units of the currency, times by
the market's clock; names are given one a line, nested parts as JSON. The market checks the rest.
"""

from __future__ import annotations

import re
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Union

import msgspec
from msgspec import NODEFAULT, Struct

from capwright.kernel.examples import example_of
from capwright.kernel.message import Command
from capwright.kernel.quantity import format_money, parse_money_fen
from capwright.kernel.refusal import Refused
from capwright.market.machine import COMMANDS
from capwright.web.clock import local, zone
from capwright.web.refusals import unreadable
from capwright.web.templatetags.forms import bare_label
from capwright.web.templatetags.words import act_words

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Field", "by_name", "fields_of", "read", "told", "typed"]

_BY_NAME = {kind.__name__: kind for kind in COMMANDS}


class Field(Struct):
    """A field of a form. `kind`: text, number, money, time, date, choice, choices, check, list, json.

    `known` are values that the market knows, with their names; `closed` says that there are no others.
    """

    name: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    value: str = ""
    hint: str = ""
    picked: tuple[str, ...] = ()  # of choices
    known: tuple[tuple[str, str], ...] = ()
    closed: bool = False


def by_name(name: str) -> type[Command] | None:
    """The command of a name."""
    return _BY_NAME.get(name)


def fields_of(command: type[Struct], given: Mapping[str, Any], within: str = "") -> list[Field]:
    """The fields of a command's form, filled in with values of the command: those given, else defaults.

    A part that has plain fields only is asked for field by field: `points.conduct`.
    """
    hints = typing.get_type_hints(command)
    found = []
    for info in msgspec.structs.fields(command):
        name, hint = within + info.name, hints[info.name]
        if _is_plain_part(hint):
            found += fields_of(_plain(hint), given, f"{name}.")
            continue
        kind, choices = _kind(info.name, hint)
        required = info.default is NODEFAULT and info.default_factory is NODEFAULT
        value = given.get(name)
        if value is None and info.default is not NODEFAULT:
            value = info.default
        shown = _shown(kind, value)
        found.append(Field(name, kind, required, choices, shown, _hint(kind, info.name, command)))
    return found


def typed(command: type[Command], given: Mapping[str, str], lists: Mapping[str, list[str]]) -> list[Field]:
    """The fields as somebody has filled them in, to be shown again."""
    fields = fields_of(command, {})
    for field in fields:
        field.value = given.get(field.name, "")
        if field.kind == "check":
            field.value = "true" if field.name in given else ""
        field.picked = tuple(lists.get(field.name, ()))
    return fields


def told(asked: Mapping[str, Any]) -> list[Field]:
    """The fields that a command of the journal gives, for those who decide on it."""
    command = by_name(str(asked.get("command", "")))
    if command is None:
        return []
    flat = dict(asked)
    for name, value in asked.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{part}": one for part, one in value.items()}
    fields = [field for field in fields_of(command, flat) if field.name in flat]
    for field in fields:
        if field.kind in {"choices", "list"}:
            field.picked = tuple(flat[field.name])
    return fields


def read(command: type[Command], given: Mapping[str, str], lists: Mapping[str, list[str]]) -> Command:
    """The command that a filled form asks for; refuses CW-9720 naming the field."""
    values: dict[str, Any] = {}
    for field in fields_of(command, {}):
        value = _given(field, command, given, lists)
        if value is not NODEFAULT:
            *parts, last = field.name.split(".")
            into = values
            for part in parts:
                into = into.setdefault(part, {})
            into[last] = value
    try:
        return msgspec.convert(values, command, strict=False)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        unreadable(command.__name__, str(error), field_zh=act_words(command.__name__, "zh"))


def _given(
    field: Field, command: type[Struct], given: Mapping[str, str], lists: Mapping[str, list[str]]
) -> Any:
    """What was filled in for a field; NODEFAULT where that is nothing and the field may be left out."""
    raw = given.get(field.name, "").strip()
    if field.kind == "choices":
        return lists.get(field.name) or NODEFAULT
    if field.kind == "check":
        return field.name in given
    return _value(field, raw, _hint_at(command, field.name)) if raw or field.required else NODEFAULT


def _hint_at(command: type[Struct], name: str) -> Any:
    """The type of a field, of a part's field `part.field` too."""
    first, _, rest = name.partition(".")
    hint = _plain(typing.get_type_hints(command)[first])
    return _hint_at(hint, rest) if rest else hint


def _is_plain_part(hint: Any) -> bool:
    part = _plain(hint)
    if not (isinstance(part, type) and issubclass(part, Struct)):
        return False
    return all(_kind(name, one)[0] != "json" for name, one in typing.get_type_hints(part).items())


def _value(field: Field, raw: str, hint: Any) -> Any:
    if field.kind == "list" and not raw.startswith("["):
        return [one for one in re.split(r"[\s,，、]+", raw) if one]
    if field.kind in {"list", "json"}:
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            unreadable(field.name, str(error), field_zh=bare_label(field.name)[1])
    if field.kind == "money":
        return _fen(field.name, raw)
    if field.kind == "time":
        return _ms(field.name, raw)
    if field.kind == "number" and _plain(hint) is int:
        text = raw.replace(",", "").replace(" ", "")
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            unreadable(field.name, "a whole number is needed", "须填写整数", bare_label(field.name)[1])
        return int(text)
    return raw


def _fen(name: str, raw: str) -> int:
    try:
        return parse_money_fen(raw)
    except Refused as no:
        unreadable(name, no.refusal.message("en"), no.refusal.message("zh"), bare_label(name)[1])


def _ms(name: str, raw: str) -> int:
    """A local time of the form's, as ms UTC since 1970."""
    try:
        return round(datetime.fromisoformat(raw).replace(tzinfo=zone()).timestamp() * 1000)
    except (ValueError, OverflowError):
        unreadable(name, "a day and a time are needed", "须填写日期和时间", bare_label(name)[1])


def _plain(hint: Any) -> Any:
    """The type without None."""
    if typing.get_origin(hint) in {Union, types.UnionType}:
        kinds = [one for one in typing.get_args(hint) if one is not type(None)]
        if len(kinds) == 1:
            return kinds[0]
    return hint


def _kind(name: str, hint: Any) -> tuple[str, tuple[str, ...]]:
    hint = _plain(hint)
    if hint is int and name.endswith(("_fen", "_fen_per_t")):
        return "money", ()
    if hint is int and name.endswith("_ms"):
        return "time", ()
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


def _hint(kind: str, name: str, command: type[Struct]) -> str:
    """How a nested field is written, by an example."""
    if kind != "json":
        return ""
    example = example_of(command, every=True).get(name)
    return msgspec.json.encode(example).decode() if example else ""


def _shown(kind: str, value: Any) -> str:
    if value is None or value == ():
        return ""
    if kind in {"money", "time"}:
        number = int(value) if str(value).lstrip("-").isdecimal() else 0
        if kind == "money":
            return format_money(number).replace(",", "")
        return local(number).strftime("%Y-%m-%dT%H:%M") if number else ""
    if kind == "list" and isinstance(value, list | tuple):
        return "\n".join(str(one) for one in value)
    if isinstance(value, str | int | date | Decimal) and not isinstance(value, bool):
        return str(value)
    return msgspec.json.encode(value).decode()
