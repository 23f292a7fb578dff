"""Holds the tree of a scheme against the section types: unknown, wrong or missing keys, missing sources."""

from __future__ import annotations

import difflib
import types
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from capwright.scheme.allocation_rules import ProcessRule, Sector
from capwright.scheme.auction_rules import AuctionRound, PriceTier
from capwright.scheme.compliance_rules import CreditFilter
from capwright.scheme.exchange_rules import (
    ClosingRule,
    FeeRule,
    MemberRule,
    ModeRule,
    OutageRule,
    Product,
    SessionRule,
)
from capwright.scheme.mrv_rules import ViolationRule
from capwright.scheme.problem import MISSING_KEY, UNCITED, UNKNOWN_KEY, WRONG_VALUE, Problems, problem
from capwright.scheme.registry_rules import AccountType, RegistryRules, TransactionType, UnitKind
from capwright.scheme.schema import SchemeBody
from capwright.scheme.section import Citation, Confidence, Section
from capwright.scheme.tree import IDENTITY_KEYS, Items, Leaf, Node, Table, shown

__all__ = ["EXEMPT", "SCHEMA_DEFAULT", "check_shape", "default_citations", "field_types", "plain"]

# Names and identities: they say what a thing is called, not what its rule is, and need no source.
EXEMPT: dict[type[Section], frozenset[str]] = {
    SchemeBody: frozenset({"name", "extends", "abstract", "en", "zh", "jurisdiction", "currency", "vintage"}),
    Sector: frozenset({"code", "en", "zh"}),
    ProcessRule: frozenset({"code", "sector", "en", "zh", "activity_unit"}),
    UnitKind: frozenset({"code", "en", "zh", "family"}),
    AccountType: frozenset({"code", "number", "en", "zh", "purpose", "code_official"}),
    TransactionType: frozenset({"code", "name", "en", "zh"}),
    CreditFilter: frozenset({"kind"}),
    PriceTier: frozenset({"name"}),
    AuctionRound: frozenset({"round"}),
    RegistryRules: frozenset({"country"}),
    Product: frozenset({"code", "en", "zh"}),
    SessionRule: frozenset({"code"}),
    OutageRule: frozenset({"code"}),
    ModeRule: frozenset({"code"}),
    ClosingRule: frozenset({"code"}),
    FeeRule: frozenset({"code"}),
    MemberRule: frozenset({"code", "kind", "en", "zh"}),
    ViolationRule: frozenset({"code", "en", "zh"}),
}

SCHEMA_DEFAULT = Citation(
    "Capwright schema", Confidence.DEFAULT, "not in the scheme file; the schema's default"
)


@cache
def field_types(section: type[Section]) -> dict[str, Any]:
    """The annotated type of each field of a section."""
    hints = get_type_hints(section)
    return {name: hints[name] for name in section.__struct_fields__}


def strip_optional(annotation: object) -> object:
    """`X | None` as `X`."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [arm for arm in get_args(annotation) if arm is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def section_type(annotation: object) -> type[Section] | None:
    """The section behind `Section | None`, or None."""
    bare = strip_optional(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, Section) else None


def item_type(annotation: object) -> type[Section] | None:
    """The section behind `tuple[Section, ...]`, or None."""
    bare = strip_optional(annotation)
    return section_type(get_args(bare)[0]) if get_origin(bare) is tuple else None


def plain(node: Node) -> object:
    """The tree without citations and places, as msgspec converts it."""
    if isinstance(node, Table):
        return {key: plain(value) for key, value in node.fields.items()}
    if isinstance(node, Items):
        return [plain(table) for table in node.tables.values()]
    return node.value


def check_shape(
    table: Table, section: type[Section], problems: Problems, *, complete: bool, path: str = ""
) -> dict[str, Citation]:
    """Check `table` against `section`; the citations by dotted path. `complete`: nothing may be missing."""
    citations: dict[str, Citation] = {}
    known = field_types(section)
    for key, node in table.fields.items():
        below = f"{path}.{key}" if path else key
        if key not in known:
            _unknown(below, key, node, known, problems)
            continue
        exempt = key in EXEMPT.get(section, ())
        citations |= _check_node(node, known[key], below, problems, exempt=exempt, complete=complete)
    if complete:
        _check_required(table, section, path, problems)
    return citations


def _unknown(path: str, key: str, node: Node, known: dict[str, Any], problems: Problems) -> None:
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or sorted(known)
    problems.append(problem(UNKNOWN_KEY, node.origin, path=path, known=", ".join(near)))


def _check_required(table: Table, section: type[Section], path: str, problems: Problems) -> None:
    for spec in msgspec.structs.fields(section):
        if spec.required and spec.name not in table.fields:
            below = f"{path}.{spec.name}" if path else spec.name
            problems.append(problem(MISSING_KEY, table.origin, path=below))


def _check_node(
    node: Node, annotation: object, path: str, problems: Problems, *, exempt: bool, complete: bool
) -> dict[str, Citation]:
    inner = section_type(annotation)
    item = item_type(annotation)
    mapping = get_origin(strip_optional(annotation)) is dict
    if inner is not None and isinstance(node, Table):
        return check_shape(node, inner, problems, complete=complete, path=path)
    if item is not None and isinstance(node, Items):
        citations: dict[str, Citation] = {}
        for key, table in node.tables.items():
            citations |= check_shape(table, item, problems, complete=complete, path=f"{path}.{key}")
        return citations
    if mapping and isinstance(node, Table):
        value_type = get_args(strip_optional(annotation))[1]
        citations = {}
        for key, below in node.fields.items():
            citations |= _check_node(
                below, value_type, f"{path}.{key}", problems, exempt=exempt, complete=complete
            )
        return citations
    if isinstance(node, Leaf) and inner is None and not mapping:
        return _check_leaf(node, annotation, path, problems, exempt=exempt)
    _wrong(path, node, annotation, problems)
    return {}


def _check_leaf(
    leaf: Leaf, annotation: object, path: str, problems: Problems, *, exempt: bool
) -> dict[str, Citation]:
    bare = strip_optional(annotation)
    if isinstance(leaf.value, str) and bare in (date, Decimal):
        # msgspec would take the text; a scheme writes numbers and dates bare so that they cannot be mistaken.
        _wrong(path, leaf, annotation, problems)
        return {}
    try:
        msgspec.convert(leaf.value, annotation)
    except msgspec.ValidationError:
        _wrong(path, leaf, annotation, problems)
        return {}
    if exempt:
        return {}
    if leaf.citation is None:
        problems.append(problem(UNCITED, leaf.origin, path=path))
        return {}
    return {path: leaf.citation}


def _wrong(path: str, node: Node, annotation: object, problems: Problems) -> None:
    en, zh = describe(annotation)
    if isinstance(node, Leaf):
        value = f'"{node.value}"' if isinstance(node.value, str) else shown(node.value)
    else:
        value = "{…}" if isinstance(node, Table) else "[{…}]"
    details = {"path": path, "value": value, "expected": en, "expected_zh": zh}
    problems.append(problem(WRONG_VALUE, node.origin, **details))


_WORDS: dict[object, tuple[str, str]] = {
    int: ("a whole number", "整数"),
    Decimal: ("a number", "数值"),
    str: ("a text in quotation marks", "带引号的文本"),
    bool: ("true or false", "true 或 false"),
    date: ("a date without quotation marks", "不带引号的日期"),
}


def describe(annotation: object) -> tuple[str, str]:
    """A type in words, English and Chinese."""
    bare = strip_optional(annotation)
    if bare in _WORDS:
        return _WORDS[bare]
    if get_origin(bare) is Literal:
        choices = ", ".join(str(choice) for choice in get_args(bare))
        return f"one of {choices}", f"{choices} 之一"
    if get_origin(bare) is tuple:
        inner = get_args(bare)[0]
        if section_type(inner):
            return "a list of tables", "表的列表"
        en, zh = describe(inner)
        return f"a list; each item {en}", f"列表，每项为{zh}"
    return "a table", "表"


def default_citations(section: Section, given: dict[str, Citation], path: str = "") -> dict[str, Citation]:
    """Citations for the numbers that come from the schema's defaults, so that a report can name them too.

    Zero stands for "no such rule" there and needs none.
    """
    found: dict[str, Citation] = {}
    for name, value in items_of(section):
        below = f"{path}.{name}" if path else name
        if isinstance(value, Section):
            found |= default_citations(value, given, below)
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for key, item in keyed_items(value):
                found |= default_citations(item, given, f"{below}.{key}")
        elif _is_number(value) and name not in EXEMPT.get(type(section), ()) and below not in given:
            found[below] = SCHEMA_DEFAULT
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value != 0


def items_of(section: Section) -> list[tuple[str, Any]]:
    """The fields of a section with their values, in the schema's order."""
    return [(name, getattr(section, name)) for name in section.__struct_fields__]


def keyed_items(values: tuple[Section, ...]) -> list[tuple[str, Section]]:
    """Items of a list with the keys they have in dotted paths."""
    for key in IDENTITY_KEYS:
        if all(hasattr(value, key) for value in values):
            return [(getattr(value, key), value) for value in values]
    return [(str(index), value) for index, value in enumerate(values)]
