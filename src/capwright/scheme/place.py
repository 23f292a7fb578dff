"""Finds the line of a key in a scheme file: tomllib gives values without places, a refusal names one."""

from __future__ import annotations

import re

__all__ = ["RawPath", "places"]

RawPath = tuple[str | int, ...]

_HEADER = re.compile(r"\s*\[(?P<many>\[?)\s*(?P<path>[^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
_KEY = re.compile(rf"\s*(?P<path>{_PART}(?:\s*\.\s*{_PART})*)\s*=(?P<rest>.*)$")
_PARTS = re.compile(_PART)
_INLINE_KEY = re.compile(rf"(?P<key>{_PART})\s*=")


def places(text: str) -> dict[RawPath, tuple[int, int]]:
    """Map each path (list items by position) to its line and column, counted from 1.

    A line scanner for the way schemes are written, not a TOML parser: a key it cannot place is simply absent.
    """
    found: dict[RawPath, tuple[int, int]] = {}
    counts: dict[RawPath, int] = {}
    table: RawPath = ()
    array: RawPath | None = None
    item = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if array is not None:
            if stripped.startswith("]"):
                array = None
            elif stripped.startswith("{"):
                _place_inline(found, (*array, item), line, number)
                item += 1
            continue
        if header := _HEADER.fullmatch(line):
            table = _resolve(counts, header["path"], many=bool(header["many"]))
            found.setdefault(table, (number, line.index("[") + 1))
        elif key := _KEY.match(line):
            path = (*table, *_split(key["path"]))
            found.setdefault(path, (number, key.start("path") + 1))
            rest = key["rest"].strip()
            if rest.startswith("{"):
                _place_inline(found, path, line, number, key.start("rest"))
            elif rest.startswith("[") and "]" not in rest:
                array, item = path, 0
    return found


def _split(path: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(path))


def _resolve(counts: dict[RawPath, int], header: str, *, many: bool) -> RawPath:
    """Turn a table header into a path, counting the items of lists of tables."""
    path: RawPath = ()
    parts = _split(header)
    for index, part in enumerate(parts):
        path = (*path, part)
        if many and index == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _place_inline(
    found: dict[RawPath, tuple[int, int]], path: RawPath, line: str, number: int, start: int = 0
) -> None:
    found.setdefault(path, (number, line.index("{", start) + 1))
    for key in _INLINE_KEY.finditer(line, start):
        found.setdefault((*path, key["key"].strip("\"'")), (number, key.start("key") + 1))
