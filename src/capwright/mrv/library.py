"""The shipped methods and factor tables, and the loading of one's own.

The files are TOML like schemes and are read by the same reader: every number has a source and a confidence. A
method's formulas are checked for units when it is loaded, for every kind of item that its streams may have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import resources
from typing import Any, Final, TypeVar

import msgspec

from capwright.kernel.refusal import Refusal, RefusalCode, Refused, define, refuse
from capwright.kernel.unit import Unit, unit
from capwright.mrv.factors import FactorColumn, FactorItem, FactorTable, FactorTableBody
from capwright.mrv.formula import symbols, unit_of
from capwright.mrv.method import (
    Check,
    Coefficient,
    Component,
    Form,
    Indicator,
    Method,
    MethodBody,
    Output,
    Symbol,
    Tier,
)
from capwright.mrv.ratios import ratio_units
from capwright.scheme.problem import Origin, Problems, problem
from capwright.scheme.section import Citation, Section
from capwright.scheme.shape import EXEMPT, check_shape, plain
from capwright.scheme.tree import Leaf, Table, merge_tables, parse

__all__ = [
    "build_method", "build_table", "load_method_text", "load_table_text", "method", "methods", "scoped_unit",
    "table", "tables",
]  # fmt: skip

UNKNOWN_METHOD = define(
    "CW-5230",
    en="There is no method '{name}'.",
    zh="没有核算方法“{name}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="design: a report names its method with the version",
)
UNKNOWN_TABLE = define(
    "CW-5231",
    en="There is no factor table '{name}'.",
    zh="没有因子表“{name}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="design: a report names its factors with the version",
)
BAD_METHOD = define(
    "CW-5232",
    en="The method is not sound at {path}: {reason}",
    zh="核算方法在{path}处有误：{reason}",
    mend_en="Correct the definition.",
    mend_zh="请改正定义。",
    rule="design: methods are data",
)
NOT_TOLD = define(
    "CW-5233",
    en="'{name}' is named without a known version.",
    zh="“{name}”未注明有效版本。",
    mend_en="Write code@version. Known: {known}.",
    mend_zh="请写成“代码@版本”。可用的有：{known}。",
    rule="design: a report names its method with the version",
)

_NAMES: Final = frozenset({"code", "version", "en", "zh"})
# What makes up a citation; `note_zh` is a key of methods themselves, beside `note_en`.
_CITING: Final = ("source", "confidence", "note")
EXEMPT.update(
    {
        FactorTableBody: _NAMES,
        FactorColumn: _NAMES | {"unit"},
        FactorItem: _NAMES | {"per"},
        MethodBody: _NAMES | {"standard_en", "standard_zh", "extends", "abstract", "sectors", "tables"},
        Component: frozenset(Component.__struct_fields__) - {"symbols", "forms", "checks"},
        Symbol: frozenset(Symbol.__struct_fields__)
        - {"value", "least", "most", "least_per", "most_per", "formulas", "tiers"},
        Form: _NAMES,
        Check: _NAMES,
        Coefficient: _NAMES | {"unit"},
        Output: frozenset(Output.__struct_fields__),
        Indicator: _NAMES | {"unit", "per_facility"},
        Tier: frozenset({"tier", "en", "zh"}),
    }
)

S = TypeVar("S", bound=Section)


def methods() -> tuple[str, ...]:
    """Full names of the shipped methods, sorted."""
    return tuple(sorted(_files("methods")))


def tables() -> tuple[str, ...]:
    """Full names of the shipped factor tables, sorted."""
    return tuple(sorted(_files("factors")))


@cache
def method(name: str) -> Method:
    """A shipped method by its full name, or by its code where there is one version; refuses (CW-5230)."""
    known = _files("methods")
    text, file = known[_full(name, known, UNKNOWN_METHOD)]
    return load_method_text(text, file=file)


@cache
def table(name: str) -> FactorTable:
    """A shipped factor table by its full name; refuses (CW-5231)."""
    known = _files("factors")
    text, file = known[_full(name, known, UNKNOWN_TABLE)]
    return load_table_text(text, file=file)


def _full(name: str, known: dict[str, tuple[str, str]], unknown: RefusalCode) -> str:
    if name in known:
        return name
    alike = sorted(full for full in known if full.split("@")[0] == name.split("@", maxsplit=1)[0])
    if not alike:
        refuse(unknown, name=name[:60], known=", ".join(sorted(known)))
    if len(alike) > 1 or "@" in name:
        refuse(NOT_TOLD, name=name[:60], known=", ".join(alike))
    return alike[0]


@cache
def _files(folder: str) -> dict[str, tuple[str, str]]:
    """Full name → (text, file name); a file is named `code@version.toml`. Packs begin with an underscore."""
    found = {}
    for file in (resources.files("capwright.mrv") / "data" / folder).iterdir():
        if file.name.endswith(".toml") and not file.name.startswith("_"):
            found[file.name[:-5]] = (file.read_text(encoding="utf-8"), file.name)
    return found


def _pack(name: str) -> str:
    file = resources.files("capwright.mrv") / "data" / "methods" / f"_{name}.toml"
    if not name.replace("-", "").isalnum() or not file.is_file():
        refuse(UNKNOWN_METHOD, name=name[:60], known="-")
    return file.read_text(encoding="utf-8")


def load_table_text(text: str, *, file: str = "<text>") -> FactorTable:
    """Read a factor table; raises `BadInput` with the place of the first fault."""
    tree, problems = parse(text, file, _CITING)
    return build_table(*_read(tree, problems, FactorTableBody), tree)


def build_table(
    body: FactorTableBody, citations: dict[str, Citation], tree: Table | None = None
) -> FactorTable:
    """Check a factor table's sense and compute its digest."""
    tree = tree or Table({}, Origin(f"{body.code}@{body.version}"))
    columns = {column.code for column in body.columns}
    for item in body.items:
        for name in item.values:
            if name not in columns:
                _bad(tree, f"items.{item.code}", f"no column '{name}'")
            if f"items.{item.code}.values.{name}" not in citations:
                _bad(tree, f"items.{item.code}", f"'{name}' has no source")
    _checked(tree, "columns", lambda: [unit(c.unit.replace("{per}", "t")) for c in body.columns])
    _checked(tree, "items", lambda: [unit(item.per) for item in body.items])
    return FactorTable(body, citations, _digest(body, citations))


def load_method_text(
    text: str, *, file: str = "<text>", tables_of: Callable[[str], FactorTable] | None = None
) -> Method:
    """Read a method; raises `BadInput` with the place of the first fault.

    `tables_of` finds the factor tables that it names, the shipped ones by default.
    """
    own, problems = parse(text, file, _CITING)
    tree = Table({}, own.origin)
    extends = own.fields.get("extends")
    names = extends.value if isinstance(extends, Leaf) and isinstance(extends.value, list) else []
    for name in names:
        pack, more = parse(_pack(str(name)), f"_{name}.toml", _CITING)
        problems += more
        tree = merge_tables(tree, pack, "", problems)
    tree = merge_tables(tree, own, "", problems)
    body, citations = _read(tree, problems, MethodBody)
    found = {
        name: _checked(tree, f"tables.{name}", partial(tables_of or table, full))
        for name, full in body.tables.items()
    }
    return build_method(body, citations, found, tree)


def build_method(
    body: MethodBody, citations: dict[str, Citation], found: dict[str, FactorTable], tree: Table | None = None
) -> Method:
    """Put a method together with its tables, check its sense and compute its digest."""
    tree = tree or Table({}, Origin(f"{body.code}@{body.version}"))
    digest = _digest(body, citations, *(f"{n}={t.digest}" for n, t in sorted(found.items())))
    made = Method(body, citations, found, digest)
    warming = found.get("gwp")
    if warming is not None and body.gwp not in {column.code for column in warming.body.columns}:
        _bad(tree, "gwp", f"the table {warming.id} has no column '{body.gwp}'")
    codes = {component.code for component in body.components}
    for component in body.components:
        path = f"components.{component.code}"
        if component.within and component.within not in codes:
            _bad(tree, path, f"within names no component: {component.within}")
        if component.beside and component.beside not in codes:
            _bad(tree, path, f"beside no component: {component.beside}")
        if (component.table or component.items) and component.table not in found:
            _bad(tree, path, f"no table '{component.table}'")
        if component.gas == "@item" and not component.table:
            _bad(tree, path, "the gas is the item, and there is no table of items")
        for per, gas in _kinds(made, component):
            _checked(tree, path, partial(_check_units, made, component, per, gas))
        _check_defaults(made, component, tree, path)
    for output in body.outputs:
        _checked(tree, f"outputs.{output.code}", partial(unit, output.unit))
        if output.code == "E" or output.code.startswith("E_"):
            _bad(tree, f"outputs.{output.code}", "E and E_… are names of emissions")
    for indicator in body.indicators:
        _checked(tree, f"indicators.{indicator.code}", partial(_check_indicator, body, indicator))
    return made


def _kinds(made: Method, component: Component) -> Iterator[tuple[str, str]]:
    """The different (unit of counting, gas) that streams of a component may have."""
    if not component.table:
        yield "t", component.gas
        return
    items = made.tables[component.table].body.items
    chosen = [item for item in items if not component.items or item.code in component.items]
    yield from dict.fromkeys(
        (item.per, item.code if component.gas == "@item" else component.gas) for item in chosen
    )


def scoped_unit(text: str, per: str, gas: str) -> Unit:
    """The unit of a symbol for a stream whose item is counted in `per`."""
    return unit(text.replace("{per}", per).replace("{gas}", gas))


def _check_units(made: Method, component: Component, per: str, gas: str) -> None:
    known = {symbol.code: scoped_unit(symbol.unit, per, gas) for symbol in component.symbols}
    for symbol in component.symbols:
        for formula in symbol.formulas:
            _same(formula, unit_of(formula, known), known[symbol.code])
    for form in component.forms:
        _same(form.formula, unit_of(form.formula, known), unit(f"t{gas}"))
    for check in component.checks:
        unit_of(f"max({check.low}, {check.high})", known)  # compared as they stand: in one unit
    for symbol in component.symbols:
        if symbol.default:
            _check_default_unit(made, component, symbol, per, known[symbol.code])


def _check_indicator(body: MethodBody, indicator: Indicator) -> None:
    known = ratio_units(body, indicator)
    _same(indicator.formula, unit_of(indicator.formula, known), unit(indicator.unit))


def _same(formula: str, got: Unit, wanted: Unit) -> None:
    if not got.alike(wanted):
        raise Refused(
            Refusal(BAD_METHOD.code, {"path": formula, "reason": f"{got.named()} ≠ {wanted.named()}"})
        )


def _check_default_unit(made: Method, component: Component, symbol: Symbol, per: str, wanted: Unit) -> None:
    """Hold the column that a default stands in against the symbol's unit; for `@year` every year's column."""
    name, _, place = made.default_of(symbol).partition(":")
    if name not in made.tables:
        refuse(UNKNOWN_TABLE, name=name, known=", ".join(made.tables))
    table = made.tables[name]
    row, _, column = place.rpartition(".")
    if row and not row.startswith("@"):
        per = table.item(row).per
    heads = [c for c in table.body.columns if c.code == column or (column == "@year" and c.code.isdigit())]
    if not heads:
        refuse(BAD_METHOD, path=f"{component.code}.{symbol.code}", reason=f"no column '{column}'")
    for head in heads:
        if not unit(head.unit.replace("{per}", per)).alike(wanted):
            reason = f"{head.unit} ≠ {symbol.unit}"
            refuse(BAD_METHOD, path=f"{component.code}.{symbol.code}", reason=reason)


def _check_defaults(made: Method, component: Component, tree: Table, path: str) -> None:
    codes = {symbol.code for symbol in component.symbols}
    for form in component.forms:
        missing = [name for name in symbols(form.formula) if name not in codes]
        if missing:
            _bad(tree, path, f"'{form.formula}' knows no {missing[0]}")
    for symbol in component.symbols:
        if symbol.weight and symbol.weight not in codes:
            _bad(tree, path, f"{symbol.code} is weighted with {symbol.weight}, which is not there")
        if symbol.fixed and symbol.value is None and not symbol.default and not symbol.formulas:
            _bad(tree, path, f"{symbol.code} is fixed but has no value")
    for item in component.items:
        _checked(tree, f"{path}.items", partial(made.tables[component.table].item, item))


def _read(tree: Table, problems: Problems, kind: type[S]) -> tuple[S, dict[str, Citation]]:
    citations = check_shape(tree, kind, problems, complete=True)
    if problems:
        raise problems[0]
    return msgspec.convert(plain(tree), kind), citations


def _checked(tree: Table, path: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Refused as refused:
        said = refused.refusal
        reason = said.message()
        if said.code == BAD_METHOD.code:  # said once is enough
            reason = f"{said.details['path']}: {said.details['reason']}."
        raise problem(BAD_METHOD, _origin(tree, path), path=path, reason=reason) from refused


def _bad(tree: Table, path: str, reason: str) -> None:
    raise problem(BAD_METHOD, _origin(tree, path), path=path, reason=reason)


def _origin(tree: Table, path: str) -> Origin:
    node: Any = tree
    origin = tree.origin
    for part in path.split("."):
        below = getattr(node, "fields", None) or getattr(node, "tables", None) or {}
        if part not in below:
            return origin
        node = below[part]
        origin = node.origin
    return origin


def _digest(body: Section, citations: dict[str, Citation], *more: str) -> str:
    content = (body, sorted(citations.items()), more)
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
