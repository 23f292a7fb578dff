"""JSON of records read for people: every fault has its place, and nothing is guessed.

A doubled key, a figure that only looks like one (`1_5`), an unknown key and a wrong kind of value are refused
with the line and column where they stand.
"""

from __future__ import annotations

import codecs
import json
import re
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from capwright.filing.report_csv import NOT_FIGURE
from capwright.kernel.outside import in_chinese
from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, define
from capwright.mrv.records import Record

__all__ = ["parse_records"]

BAD_JSON = define(
    "CW-9503",
    en="The file is not sound JSON: {reason}.",
    zh="文件不是有效的 JSON：{reason}。",
    mend_en="Correct it at the place named.",
    mend_zh="请在所示位置改正。",
    rule="RFC 8259",
)
DOUBLE_KEY = define(
    "CW-9505",
    en="The key '{key}' stands twice in the same object.",
    zh="同一对象中键“{key}”重复出现。",
    mend_en="Keep one: readers of JSON disagree on which one counts.",
    mend_zh="请只保留一个：不同程序对重复键的取值不一致。",
    rule="RFC 8259 section 4",
)

_LOOSE: Final = re.compile(r"[_\s]|[^\x00-\x7f]")
_AT: Final = re.compile(r"(.*) - at `\$?(.*)`$", re.DOTALL)
_PART: Final = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")

R = TypeVar("R", bound=Record)


def parse_records(
    raw: bytes, file: str, kind: type[R], wrong: RefusalCode, figures: frozenset[str]
) -> list[R]:
    """The records of a JSON text: one object, or a list of them. Raises `BadInput` with the place.

    `wrong` is what is said of a text that is sound JSON and no such record; `figures` are the keys whose
    texts are numbers.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    text = _text(raw, file, figures)
    many = text.lstrip()[:1] == "["
    try:
        found: Any = msgspec.json.decode(raw, type=list[kind] if many else kind)  # type: ignore[valid-type]
    except msgspec.ValidationError as fault:
        match = _AT.match(str(fault))
        reason, at = (match[1], match[2]) if match else (str(fault), "")
        place = _place(text, at)
        details: dict[str, str | int] = {
            "at": at.lstrip(".") or "$", "reason": reason, "reason_zh": in_chinese(reason),
        }  # fmt: skip
        raise BadInput(Refusal(wrong.code, details), file, *place) from None
    except (msgspec.DecodeError, RecursionError) as fault:
        raise BadInput(Refusal(BAD_JSON.code, {"reason": str(fault)}), file) from None
    return found if many else [found]


def _text(raw: bytes, file: str, figures: frozenset[str]) -> str:
    """The decoded text, after the standard library has looked at its syntax and for doubled keys."""
    try:
        text = raw.decode("utf-8")
        json.loads(
            text, object_pairs_hook=partial(_single, figures), parse_constant=_no_constant, parse_int=str
        )
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise BadInput(Refusal(BAD_JSON.code, {"reason": "not UTF-8"}), file, line) from None
    except json.JSONDecodeError as fault:
        details: dict[str, str | int] = {"reason": fault.msg[:1].lower() + fault.msg[1:]}
        raise BadInput(Refusal(BAD_JSON.code, details), file, fault.lineno, fault.colno) from None
    except _NotFigureError as fault:
        match = re.search(rf"[\[:,\s]{re.escape(str(fault))}(?=[\],}}\s])", text)
        line = text.count("\n", 0, match.start() + 1) + 1 if match else 0
        raise BadInput(Refusal(NOT_FIGURE.code, {"text": str(fault)[:40]}), file, line) from None
    except _DoubleKeyError as fault:
        key = str(fault)
        line = _line_of_second(text, key)
        raise BadInput(Refusal(DOUBLE_KEY.code, {"key": key[:60]}), file, line) from None
    except (RecursionError, ValueError) as fault:
        raise BadInput(Refusal(BAD_JSON.code, {"reason": str(fault)[:200]}), file) from None
    return text


class _DoubleKeyError(Exception):
    pass


class _NotFigureError(Exception):
    pass


def _no_constant(name: str) -> Any:
    """JSON has no NaN and no Infinity."""
    raise _NotFigureError(name)


def _single(figures: frozenset[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubleKeyError(next(name for name in names if names.count(name) > 1))
    for name in figures & found.keys():
        given = found[name]
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str) and _LOOSE.search(text):  # 1_5 would be read as 15
                raise _NotFigureError(json.dumps(text, ensure_ascii=False))
    return found


def _line_of_second(text: str, key: str) -> int:
    """The line of the doubled key where it can be told: it stands there exactly twice."""
    quoted = json.dumps(key, ensure_ascii=False)
    places = [match.start() for match in re.finditer(re.escape(quoted) + r"\s*:", text)]
    return text.count("\n", 0, places[1]) + 1 if len(places) == 2 else 0  # noqa: PLR2004


# Where a path such as `.streams[2].data[0].unit` stands in the text: line and column.

_SPACE: Final = re.compile(r"[ \t\r\n,:]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}\s]+")


def _place(text: str, path: str) -> tuple[int, int]:
    """Line and column of the value at `path`, or of the last part of it that is there."""
    at = _skip(text, 0)
    for name, index in _PART.findall(path):
        below = _step(text, at, name, int(index) if index else -1)
        if below < 0:
            break
        at = below
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _step(text: str, at: int, name: str, index: int) -> int:
    """Where the member `name`, or the element `index`, of the value at `at` begins; -1 where it has none."""
    opened = text[at : at + 1]
    if opened != ("{" if name else "["):
        return -1
    at, count = _skip(text, at + 1), 0
    while at < len(text) and text[at] not in "]}":
        if name:
            end = _past(text, at)
            key = json.loads(text[at:end])
            at = _skip(text, end)
            if key == name:
                return at
        elif count == index:
            return at
        at, count = _skip(text, _past(text, at)), count + 1
    return -1


def _past(text: str, at: int) -> int:
    """Where the value that begins at `at` ends. The text is known to be sound JSON."""
    depth = 0
    while True:
        match = _STRING.match(text, at) if text[at] == '"' else None
        if match:
            at = match.end()
        elif text[at] in "{[":
            depth, at = depth + 1, at + 1
        elif text[at] in "]}":
            depth, at = depth - 1, at + 1
        else:
            scalar = _SCALAR.match(text, at)
            at = scalar.end() if scalar else at + 1
        if depth <= 0:
            return at
        at = _skip(text, at)
