"""What somebody filled in on a form made from a command: kept as typed, read, faults put beside the fields.

A row in which nothing was filled in counts for nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
from msgspec import NODEFAULT

from capwright.kernel.quantity import parse_money_fen
from capwright.kernel.refusal import Refused
from capwright.web.clock import zone
from capwright.web.command_form import built, flat, leaves, nested, new_row, plain
from capwright.web.refusals import unread, unreadable
from capwright.web.templatetags.forms import place_words
from capwright.web.templatetags.words import act_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capwright.kernel.message import Command
    from capwright.kernel.refusal import Refusal
    from capwright.web.command_form import Field

__all__ = ["faults_of", "made", "read", "typed", "with_rows"]

_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$")
_SPLIT: Final = re.compile(r"[\s,，、]+")
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE]-?[0-9]{1,2})?")
_MISSING: Final = ("it has to be filled in", "须填写")
_NO_ROW: Final = ("at least one row has to be filled in", "须至少填写一行")
_NO_WHOLE: Final = ("a whole number is needed", "须填写整数")
_WHY: Final = {
    "number": ("a number is needed", "须填写数值"),
    "date": ("a day is needed", "须填写日期"),
    "time": ("a day and a time are needed", "须填写日期和时间"),
}


def typed(command: type[Command], given: Mapping[str, str], lists: Mapping[str, list[str]]) -> list[Field]:
    """The fields as somebody has filled them in."""
    ticked = {name: many for name, many in lists.items() if len(many) > 1 or name not in given}
    return built(command, nested({**given, **ticked}), filled=True)


def with_rows(fields: list[Field], more: str, fewer: str) -> None:
    """One row more of a list, or one fewer, as the buttons of a form ask for without scripts."""
    for one in list(flat(fields)):
        if one.kind != "rows":
            continue
        if one.name == more:
            one.parts.append(new_row(one, f"{one.name}.{len(one.parts)}"))
            next(leaves(one.parts[-1:])).focus = True
        if fewer.startswith(f"{one.name}."):
            one.parts = [row for row in one.parts if row.name != fewer]
            for n, row in enumerate(one.parts):
                _rename(row, row.name, f"{one.name}.{n}")


def _rename(one: Field, before: str, now: str) -> None:
    """Call a row and what is in it by another number."""
    one.name = now + one.name.removeprefix(before)
    for part in (*one.parts, *([one.empty] if one.empty is not None else ())):
        _rename(part, before, now)


def read(command: type[Command], given: Mapping[str, str], lists: Mapping[str, list[str]]) -> Command:
    """The command that a filled form asks for; refuses CW-9720 naming the first field at fault."""
    fields = typed(command, given, lists)
    asked = made(command, fields)
    if asked is None:
        raise Refused(faults_of(fields)[0][1])
    return asked


def faults_of(fields: list[Field]) -> list[tuple[str, Refusal]]:
    """The faults of a form with the names of the fields they stand at."""
    return [(one.name, one.fault) for one in flat(fields) if one.fault is not None]


def made(command: type[Command], fields: list[Field]) -> Command | None:
    """The command that the fields make; None where one cannot be read, which then says so itself."""
    places: dict[str, Field] = {}
    values = _values(fields, places, "")
    if faults_of(fields):
        return None
    try:
        return msgspec.convert(values, command, strict=False)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        found = _PLACE.search(str(error))
        at = places.get(found["place"]) if found else None
        if at is None:
            unreadable(command.__name__, str(error), field_zh=act_words(command.__name__, "zh"))
        _at_fault(at, (str(error)[: found.start()] if found else str(error), ""))
        return None


def _at_fault(one: Field, why: tuple[str, str]) -> None:
    one.fault = unread(place_words(one.name, "en"), why[0], why[1], place_words(one.name, "zh"))


def _values(fields: list[Field], places: dict[str, Field], within: str) -> dict[str, Any]:
    """The values of fields, as commands are written; where each stands in them is noted."""
    found: dict[str, Any] = {}
    for one in fields:
        name = one.name.rpartition(".")[2]
        place = f"{within}.{name}" if within else name
        places[place] = one
        value = _value_of(one, places, place)
        if value is not NODEFAULT:
            found[name] = value
    return found


def _value_of(one: Field, places: dict[str, Field], place: str) -> Any:
    if one.kind == "rows":
        return _rows(one, places, place)
    if one.kind == "group":
        inner = _values(one.parts, places, place)
        return inner if inner or one.required else NODEFAULT
    if one.kind == "check":
        return bool(one.value)
    raw = one.value.strip()
    if one.kind == "choices":
        value: Any = list(one.picked) or NODEFAULT
    else:
        value = _read(one, raw) if raw else NODEFAULT
    if value is NODEFAULT and one.required and one.fault is None:
        _at_fault(one, _MISSING)
    return value


def _rows(rows: Field, places: dict[str, Field], place: str) -> Any:
    found: list[Any] = []
    for row in rows.parts:
        if not _untouched(row, rows.empty):
            found.append(_values(row.parts, places, f"{place}[{len(found)}]"))
    if not found:
        if rows.required:
            _at_fault(rows, _NO_ROW)
        return NODEFAULT
    if rows.hint is dict:
        return {one.get("name", ""): one.get("text", "") for one in found}
    return found


def _untouched(row: Field, empty: Field | None) -> bool:
    """Whether a row stands as it was put in."""
    if empty is None:
        return False
    if row.kind == "rows":
        return all(_untouched(one, row.empty) for one in row.parts)
    same = (row.value.strip(), set(row.picked)) == (empty.value, set(empty.picked))
    return same and all(_untouched(one, at) for one, at in zip(row.parts, empty.parts, strict=True))


def _read(one: Field, raw: str) -> Any:
    """The value that a text stands for; NODEFAULT, and a fault at the field, where it stands for none."""
    try:
        value = msgspec.convert(_prepared(one, raw), one.hint, strict=False)
    except Refused as no:
        _at_fault(one, (no.refusal.message("en"), no.refusal.message("zh")))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        known = _NO_WHOLE if one.kind == "number" and one.hint is int else _WHY.get(one.kind)
        _at_fault(one, known or (str(error), ""))
    else:
        return value
    return NODEFAULT


def _prepared(one: Field, raw: str) -> Any:
    """A text as the type of the field can be made from it."""
    if one.kind == "money":
        return parse_money_fen(raw)
    if one.kind == "time":
        return round(datetime.fromisoformat(raw).replace(tzinfo=zone()).timestamp() * 1000)
    if one.kind == "document" or (one.kind == "list" and raw.startswith("[")):
        return msgspec.json.decode(raw)
    if one.kind == "list":
        gaps = {"-", "–"} if plain(each := get_args(one.hint)[0]) is not each else set()
        return [None if part in gaps else part for part in _SPLIT.split(raw) if part]
    if one.kind == "number":
        bare = re.sub(r"[\s,，]", "", raw)
        if not (_WHOLE if one.hint is int else _DECIMAL).fullmatch(bare):
            raise ValueError(raw)
        return bare
    return raw
