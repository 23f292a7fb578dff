"""Loads schemes: finds the files, follows `extends`, checks everything and hands out cited, digested schemes.

Inheritance is explicit and flat: the ancestors of a scheme are laid over each other in the order in which a
depth-first walk of `extends` first meets them, each once, parents before children, later over earlier. Tables
merge; lists of tables with an identifier (`code`, `name`, `kind`, `round`) merge by it; everything else is
replaced. `remove = true` in a table or item, or `remove = ["key", …]` in a table, drops what is inherited.
Names are never inherited.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from capwright.kernel.refusal import BadInput, Refusal, Refused
from capwright.scheme.check import check_family, check_sense, walk
from capwright.scheme.codec import build, scheme_from_json, scheme_json_schema, scheme_to_json
from capwright.scheme.problem import (
    ABSTRACT,
    CYCLE,
    MISSING_PARENT,
    UNKNOWN_SCHEME,
    UNREADABLE,
    Origin,
    Problems,
    problem,
)
from capwright.scheme.schema import Scheme, SchemeBody
from capwright.scheme.section import Citation
from capwright.scheme.shape import check_shape, default_citations, plain
from capwright.scheme.tree import Items, Leaf, Node, Table, merge_tables, parse

__all__ = [
    "SchemeSummary",
    "check_family",
    "check_scheme",
    "check_shipped",
    "list_schemes",
    "load_scheme",
    "load_text",
    "provisional",
    "scheme_from_json",
    "scheme_json_schema",
    "scheme_to_json",
]

_NAME = re.compile(r"[\w.-]+")
_NOT_INHERITED = ("name", "extends", "abstract", "en", "zh")


class SchemeSummary(msgspec.Struct, frozen=True):
    """One line of `capwright scheme list`."""

    name: str
    en: str
    zh: str
    jurisdiction: str
    vintage: int | None
    abstract: bool


@dataclass
class _Library:
    """Where scheme texts come from: given texts, the folder of the file, the shipped data; in this order."""

    texts: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def find(self, name: str) -> tuple[str, str] | None:
        """The text and the file name of the scheme `name`."""
        if name in self.texts:
            return self.texts[name], f"{name}.toml"
        if not _NAME.fullmatch(name):  # a parent lies in the same folder, not anywhere else
            return None
        if self.folder is not None and (path := self.folder / f"{name}.toml").is_file():
            return _read(path), str(path)
        if name in shipped_names():
            return _shipped_text(name), f"{name}.toml"
        return None


@cache
def shipped_names() -> tuple[str, ...]:
    """Names of the schemes and packs that come with Capwright, sorted."""
    data = resources.files("capwright.scheme") / "data"
    return tuple(sorted(f.name[:-5] for f in data.iterdir() if f.name.endswith(".toml")))


def _shipped_text(name: str) -> str:
    return (resources.files("capwright.scheme") / "data" / f"{name}.toml").read_text(encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        place = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        reason = f"0x{error.object[error.start]:02x}"
        raise problem(UNREADABLE, Origin(str(path), *place), reason=reason) from error
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise problem(UNREADABLE, Origin(str(path)), reason=reason) from error


def load_scheme(name_or_path: str | Path) -> Scheme:
    """Load a shipped scheme by name, or a file by its path (a `Path`, or a text with `/` or `.toml`).

    Raises `BadInput` (a `Refused`) with the first problem; `check_scheme` gives all.
    """
    if _is_path(name_or_path):
        scheme, problems = _compile_file(Path(name_or_path))
        return _demand(scheme, problems)
    return _load_shipped(str(name_or_path))


@cache
def _load_shipped(name: str) -> Scheme:
    if name not in shipped_names():
        raise Refused(Refusal(UNKNOWN_SCHEME.code, {"name": name, **_meant(name)}))
    return _demand(*_compile(_shipped_text(name), f"{name}.toml", _Library()))


def _meant(name: str) -> dict[str, str]:
    """Words about what may have been meant instead of an unknown name: a file of that name, or alike ones."""
    file = f"{name}.toml"
    with contextlib.suppress(OSError, ValueError):  # a name that could be no file's
        if Path(file).is_file():
            return {
                "near": f"There is a file of that name: write {file}. ",
                "near_zh": f"有同名文件，请写 {file}。",
            }
    near = ", ".join(difflib.get_close_matches(name, shipped_names(), n=3, cutoff=0.5))
    return {
        "near": f"Did you mean: {near}? " if near else "",
        "near_zh": f"是否指：{near}？" if near else "",
    }


def load_text(text: str, *, file: str = "<text>", parents: Mapping[str, str] | None = None) -> Scheme:
    """Load a scheme from its text. `parents`: texts of the schemes it extends, beside the shipped ones."""
    return _demand(*_compile(text, file, _Library(parents or {})))


def check_scheme(name_or_path: str | Path) -> Problems:
    """All problems of a scheme or pack, in the order of discovery; empty when it is sound."""
    if _is_path(name_or_path):
        try:
            return _compile_file(Path(name_or_path), allow_abstract=True)[1]
        except BadInput as error:
            return [error]
    name = str(name_or_path)
    if name not in shipped_names():
        return [problem(UNKNOWN_SCHEME, Origin(name), name=name, **_meant(name))]
    return _compile(_shipped_text(name), f"{name}.toml", _Library(), allow_abstract=True)[1]


def check_shipped() -> Problems:
    """All problems of all shipped schemes, overlapping periods included."""
    found: Problems = []
    schemes = []
    for name in shipped_names():
        scheme, problems = _compile(_shipped_text(name), f"{name}.toml", _Library(), allow_abstract=True)
        found += problems
        schemes += [scheme] if scheme else []
    return found + check_family(schemes)


def list_schemes(*, packs: bool = False) -> list[SchemeSummary]:
    """The shipped schemes by name; with `packs` the abstract ones too. Checks nothing."""
    summaries = [_summary(name) for name in shipped_names()]
    return [summary for summary in summaries if packs or not summary.abstract]


@cache
def _summary(name: str) -> SchemeSummary:
    data = tomllib.loads(_shipped_text(name))
    inherited = data
    while "jurisdiction" not in inherited and inherited.get("extends"):
        inherited = tomllib.loads(_shipped_text(inherited["extends"][0]))
    place = inherited.get("jurisdiction", "")
    return SchemeSummary(
        name, data["en"], data["zh"], place, data.get("vintage"), data.get("abstract", False)
    )


def provisional(scheme: Scheme, sections: Iterable[str] | None = None) -> list[tuple[str, Any, Citation]]:
    """The memory and default values of a scheme, by path: what a report that used `sections` must name."""
    wanted = None if sections is None else frozenset(sections)
    return [
        (path, value, scheme.citations[path])
        for path, value in walk(scheme.body)
        if (wanted is None or path.split(".")[0] in wanted)
        and path in scheme.citations
        and scheme.citations[path].confidence.provisional
    ]


def _is_path(name_or_path: str | Path) -> bool:
    return isinstance(name_or_path, Path) or "/" in name_or_path or name_or_path.endswith(".toml")


def _compile_file(path: Path, *, allow_abstract: bool = False) -> tuple[Scheme | None, Problems]:
    text = _read(path)
    return _compile(text, str(path), _Library(folder=path.parent), allow_abstract=allow_abstract)


def _demand(scheme: Scheme | None, problems: Problems) -> Scheme:
    if scheme is None:
        raise problems[0]
    return scheme


def _compile(
    text: str, file: str, library: _Library, *, allow_abstract: bool = False
) -> tuple[Scheme | None, Problems]:
    """Text to scheme; None where it cannot be built (problems) or is a sound abstract pack."""
    own, problems = parse(text, file)
    if problems and not own.fields:
        return None, problems
    chain: list[Table] = []
    _ancestors(own, [_text(own, "name") or file], library, chain, {}, problems)
    tree = Table({}, own.origin)
    for table in [*map(_inheritable, chain), own]:
        tree = merge_tables(tree, table, "", problems)
    abstract = isinstance(leaf := own.fields.get("abstract"), Leaf) and leaf.value is True
    citations = check_shape(tree, SchemeBody, problems, complete=not abstract)
    if abstract and not allow_abstract:
        name = _text(own, "name")
        near = ", ".join(n for n in shipped_names() if name in _extends_of(n))[:120] or "-"
        problems.insert(0, problem(ABSTRACT, own.origin, name=name, near=near))
    if problems or abstract:
        return None, problems
    body = msgspec.convert(plain(tree), SchemeBody)
    problems = check_sense(body, lambda path: _locate(tree, path))
    return (None if problems else build(body, citations | default_citations(body, citations))), problems


def _ancestors(
    table: Table,
    trail: list[str],
    library: _Library,
    chain: list[Table],
    seen: dict[str, bool],
    problems: Problems,
) -> None:
    """Append the ancestors of `table` to `chain`, parents before children, each once."""
    for parent in _parents(table):
        origin = table.fields["extends"].origin
        if parent in trail:
            problems.append(problem(CYCLE, origin, chain=" → ".join([*trail, parent])))
            continue
        if parent in seen:
            continue
        seen[parent] = True
        found = library.find(parent)
        if found is None:
            problems.append(problem(MISSING_PARENT, origin, name=trail[-1], parent=parent))
            continue
        parsed, new = parse(*found)
        problems.extend(new)
        _ancestors(parsed, [*trail, parent], library, chain, seen, problems)
        chain.append(parsed)


def _parents(table: Table) -> list[str]:
    leaf = table.fields.get("extends")
    names = leaf.value if isinstance(leaf, Leaf) else []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _text(table: Table, key: str) -> str:
    leaf = table.fields.get(key)
    return leaf.value if isinstance(leaf, Leaf) and isinstance(leaf.value, str) else ""


@cache
def _extends_of(name: str) -> tuple[str, ...]:
    return tuple(_parents(parse(_shipped_text(name), name)[0]))


def _inheritable(table: Table) -> Table:
    return replace(table, fields={k: v for k, v in table.fields.items() if k not in _NOT_INHERITED})


def _locate(tree: Table, path: str) -> Origin:
    """The place of a dotted path, or of the nearest thing around it."""
    node: Node = tree
    origin = tree.origin
    for part in path.split("."):
        below = node.fields if isinstance(node, Table) else node.tables if isinstance(node, Items) else {}
        if part not in below:
            return origin
        node = below[part]
        origin = node.origin
    return origin
