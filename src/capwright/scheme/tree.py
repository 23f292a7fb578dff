"""A scheme file as a tree of cited values, and the merging of such trees along `extends`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeGuard

from msgspec import UNSET, UnsetType

from capwright.kernel.refusal import BadInput
from capwright.scheme.place import RawPath, places
from capwright.scheme.problem import (
    BAD_CITATION,
    DUPLICATE,
    NOTHING_TO_REMOVE,
    SYNTAX,
    WRONG_VALUE,
    Origin,
    Problems,
    problem,
)
from capwright.scheme.section import Citation, Confidence

__all__ = ["CITING", "IDENTITY_KEYS", "Items", "Leaf", "Node", "Table", "merge_tables", "parse", "shown"]

# A list of tables is addressed by the first of these keys that all its items carry.
IDENTITY_KEYS = ("code", "name", "kind", "round")
CITING = ("source", "confidence", "note", "note_zh")
_LONGEST = 60
_IDENTIFIER = re.compile(r"[^\s.]+")


@dataclass(frozen=True)
class Leaf:
    """A value (a scalar or a list of scalars) with its own file's citation, if any."""

    value: Any
    citation: Citation | None
    origin: Origin


@dataclass(frozen=True)
class Table:
    """A table of named nodes. `removes`: keys of the inherited table to drop; `removed`: drop this one."""

    fields: dict[str, Node]
    origin: Origin
    removes: tuple[str, ...] = ()
    removed: bool = False


@dataclass(frozen=True)
class Items:
    """A list of tables; by identifier where all have one, else by position (`0`, `1` …)."""

    tables: dict[str, Table]
    keyed: bool
    origin: Origin


Node = Leaf | Table | Items


@dataclass
class _Reader:
    file: str
    places: dict[RawPath, tuple[int, int]]
    citing: tuple[str, ...]
    problems: Problems = field(default_factory=list)

    def origin(self, raw: RawPath) -> Origin:
        """The place of `raw`, or of the nearest thing around it that has one."""
        while raw and raw not in self.places:
            raw = raw[:-1]
        return Origin(self.file, *self.places.get(raw, ()))

    def cite(self, data: dict[str, Any], outer: Citation | None, raw: RawPath) -> Citation | None:
        """The citation that holds inside `data`. `confidence` or `note` alone keep the outer source."""
        given = {key: data[key] for key in self.citing if key in data}
        if not given:
            return outer
        source = given.get("source", outer.source if outer else None)
        confidence = given.get("confidence", None if "source" in given or not outer else outer.confidence)
        note, note_zh = given.get("note", ""), given.get("note_zh", UNSET)
        if not isinstance(source, str) or not source.strip():
            return self.bad_citation(raw, "source", source)
        if confidence not in list(Confidence):
            return self.bad_citation(raw, "confidence", confidence)
        if not isinstance(note, str):
            return self.bad_citation(raw, "note", note)
        if not isinstance(note_zh, str | UnsetType):
            return self.bad_citation(raw, "note_zh", note_zh)
        return Citation(str(source), Confidence(str(confidence)), note, note_zh)

    def bad_citation(self, raw: RawPath, key: str, value: object) -> Citation:
        """Report it, and stand in for it, so that the values below are not reported as uncited as well."""
        details = {"path": _dotted(raw), "key": key, "value": "-" if value is None else shown(value)}
        self.problems.append(problem(BAD_CITATION, self.origin((*raw, key)), **details))
        return Citation("?", Confidence.DEFAULT)

    def wrong(self, raw: RawPath, value: object, en: str, zh: str) -> None:
        """Report a value that does not fit where it stands."""
        details = {"path": _dotted(raw), "value": shown(value), "expected": en, "expected_zh": zh}
        self.problems.append(problem(WRONG_VALUE, self.origin(raw), **details))

    def node(self, value: object, outer: Citation | None, raw: RawPath) -> Node:
        if isinstance(value, dict):
            if "value" in value:
                return self.cited_leaf(value, outer, raw)
            return self.table(value, outer, raw)
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            return self.items(value, outer, raw)
        return self.leaf(value, outer, raw)

    def leaf(self, value: object, citation: Citation | None, raw: RawPath) -> Leaf:
        numbers = value if isinstance(value, list) else [value]
        if any(isinstance(number, Decimal) and not number.is_finite() for number in numbers):
            self.wrong(raw, value, "a finite number", "有限数值")
        return Leaf(value, citation, self.origin(raw))

    def cited_leaf(self, data: dict[str, Any], outer: Citation | None, raw: RawPath) -> Leaf:
        words = ", ".join(("value", *self.citing))
        for key, other in data.items():
            if key != "value" and key not in self.citing:
                self.wrong((*raw, key), other, words, words)
        value = data["value"]
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(x, dict) for x in value)):
            self.wrong(raw, value, "a plain value", "普通值")
            value = None
        return self.leaf(value, self.cite(data, outer, raw), raw)

    def table(self, data: dict[str, Any], outer: Citation | None, raw: RawPath) -> Table:
        citation = self.cite(data, outer, raw)
        remove = data.get("remove", False)
        if not isinstance(remove, bool) and not _is_names(remove):
            self.wrong((*raw, "remove"), remove, 'true or ["key", …]', 'true 或 ["键", …]')
            remove = False
        fields = {
            key: self.node(value, citation, (*raw, key))
            for key, value in data.items()
            if key not in self.citing and key != "remove"
        }
        removed = remove is True
        return Table(fields, self.origin(raw), () if isinstance(remove, bool) else tuple(remove), removed)

    def items(self, values: list[Any], outer: Citation | None, raw: RawPath) -> Node:
        if not all(isinstance(value, dict) for value in values):
            self.wrong(raw, values, "a list of tables", "表的列表")
            return Items({}, keyed=False, origin=self.origin(raw))
        key = next((key for key in IDENTITY_KEYS if all(isinstance(v.get(key), str) for v in values)), None)
        tables: dict[str, Table] = {}
        for index, value in enumerate(values):
            name = str(index) if key is None else value[key]
            if not _IDENTIFIER.fullmatch(name):
                words = "an identifier without dots and spaces", "不含点和空格的标识"
                self.wrong((*raw, index), name, *words)
            if name in tables:
                path = _dotted((*raw, name))
                self.problems.append(problem(DUPLICATE, self.origin((*raw, index)), path=path))
            tables[name] = self.table(value, outer, (*raw, index))
        return Items(tables, keyed=key is not None, origin=self.origin(raw))


def shown(value: object) -> str:
    """A value of a file as it may stand in a message: short, on one line."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _is_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _dotted(raw: RawPath) -> str:
    return ".".join(str(part) for part in raw) or "(the file)"


def parse(text: str, file: str, citing: tuple[str, ...] = CITING) -> tuple[Table, Problems]:
    """Read the text of a scheme file into a tree; decimals stay exact. Problems do not stop the reading.

    `citing` are the keys that make up a citation and are no values.
    """
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
        reader = _Reader(file, places(text), citing)
        return reader.table(data, None, ()), reader.problems
    except tomllib.TOMLDecodeError as error:
        found = _syntax(error, text, file)
    except RecursionError:
        found = problem(SYNTAX, Origin(file), reason="nested too deeply")
    except (ValueError, ArithmeticError) as error:  # a number of thousands of digits
        found = problem(SYNTAX, Origin(file), reason=str(error))
    return Table({}, Origin(file)), [found]


def _syntax(error: tomllib.TOMLDecodeError, text: str, file: str) -> BadInput:
    reason = str(error)
    place = re.search(r" \(at line (\d+), column (\d+)\)$", reason)
    line, column = (int(place[1]), int(place[2])) if place else (len(text.splitlines()), 0)
    return problem(SYNTAX, Origin(file, line, column), reason=reason[: place.start()] if place else reason)


def _merge(parent: Node, child: Node, path: str, problems: Problems) -> Node:
    if isinstance(parent, Table) and isinstance(child, Table):
        return merge_tables(parent, child, path, problems)
    if isinstance(parent, Items) and isinstance(child, Items) and parent.keyed and child.keyed:
        fields = _merge_fields(dict(parent.tables), dict(child.tables), path, problems)
        tables = {key: node for key, node in fields.items() if isinstance(node, Table)}
        return replace(child, tables=tables)
    return _settle(child, path, problems)


def merge_tables(parent: Table, child: Table, path: str, problems: Problems) -> Table:
    """Lay `child` over `parent`: tables and keyed lists are merged, anything else is replaced."""
    fields = dict(parent.fields)
    for name in child.removes:
        if fields.pop(name, None) is None:
            problems.append(problem(NOTHING_TO_REMOVE, child.origin, path=f"{path}.{name}".lstrip(".")))
    return Table(_merge_fields(fields, child.fields, path, problems), child.origin)


def _merge_fields(
    fields: dict[str, Any], news: dict[str, Any], path: str, problems: Problems
) -> dict[str, Any]:
    for name, new in news.items():
        below = f"{path}.{name}".lstrip(".")
        if isinstance(new, Table) and new.removed:
            if fields.pop(name, None) is None:
                problems.append(problem(NOTHING_TO_REMOVE, new.origin, path=below))
        elif name in fields:
            fields[name] = _merge(fields[name], new, below, problems)
        else:
            fields[name] = _settle(new, below, problems)
    return fields


def _settle(node: Node, path: str, problems: Problems) -> Node:
    """A node with nothing beneath it: any `remove` in it has nothing to act on."""
    if isinstance(node, Table):
        return merge_tables(Table({}, node.origin), node, path, problems)
    if isinstance(node, Items):
        fields = _merge_fields({}, dict(node.tables), path, problems)
        return replace(node, tables=fields)
    return node
