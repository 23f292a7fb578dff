"""Recalculation in bulk: millions of activity rows under another factor version or GWP set.

    result = recalculate(Path("rows.parquet"), method("cement@2015.1"))
    change = compare(Path("rows.parquet"), before, after)

Where a component's formula is a sum of products, DuckDB adds up the products of exact decimals for each
enterprise and the coefficient, a fraction, is applied once; everything else is worked out row by row by the
exact path. Of every kind of row the greatest figures go both ways, and a difference stops the run. Totals
depend neither on threads nor on order. Rounding is `compute`'s: 50 digits stated, whole tonnes half up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from capwright.filing.bulk_rows import BulkRows, Figure, Kind, Row, digits_of, summed
from capwright.filing.polynomial import NotPolynomialError, Polynomial, parts_of, value_of
from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.calculation import TOTAL_NEGATIVE, round_t, work_out
from capwright.mrv.library import scoped_unit, table
from capwright.mrv.method import Component, Method
from capwright.mrv.records import Datum, EmissionReport, Stream
from capwright.mrv.report_check import SWITCHED_OFF

__all__ = ["BulkResult", "Change", "Comparison", "Total", "compare", "recalculate", "varied"]

DEDUCTION = define(
    "CW-9556",
    en="'{component}' is taken off another component within a report; that cannot be done row by row.",
    zh="“{component}”须在同一报告内从其他类别中扣减，无法逐行计算。",
    mend_en="Leave these rows out, or work the reports out one by one.",
    mend_zh="请去除这些行，或逐份报告计算。",
    rule="the method's definition",
)
NO_COMPONENT = define(
    "CW-9557",
    en="The method {method} has no component '{component}'.",
    zh="方法{method}中没有“{component}”类别。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="the method's definition",
)
NO_TABLE = define(
    "CW-9558",
    en="The method {method} has no table '{name}' and no GWP set of that name.",
    zh="方法{method}没有名为“{name}”的因子表或 GWP 口径。",
    mend_en="Its tables: {known}.",
    mend_zh="其因子表：{known}。",
    rule="the method's definition",
)
UNITS_DIFFER = define(
    "CW-9559",
    en="The column '{column}' states no unit: for {component} {item} one method has {before}, one {after}.",
    zh="“{column}”列未注明单位，而对于{component} {item}，两种方法的单位分别为{before}和{after}。",
    mend_en="State the unit at the head of the column, such as {column}:{before}.",
    mend_zh="请在列名中注明单位，如 {column}:{before}。",
    rule="design: conversions only through declared units",
)
BESIDE = define(
    "CW-9560",
    en="'{component}' follows from '{other}' unless it is reported by itself; the file has rows of both.",
    zh="“{component}”由“{other}”推算，单独填报的除外；文件中同时有两类数据。",
    mend_en="Put the two into files of their own enterprises, or work the reports out one by one.",
    mend_zh="请按企业分开两类数据，或逐份报告计算。",
    rule="the method's definition",
)
SUSPECT: Final = Fraction(1, 10**20)  # of the tonnes: above what fifty digits lose, far below any figure
_MOST_DIGITS: Final = 38  # of decimals and whole numbers in DuckDB


class Total(Struct, frozen=True):
    """What an enterprise's year comes to, tCO2e: exact, by component, and in whole tonnes half up."""

    enterprise: str
    year: int
    emissions: Decimal
    emissions_t: int
    components: dict[str, Decimal]


class BulkResult(Struct, frozen=True):
    """All totals by enterprise and year, and over all; `exact_rows` were worked out one by one."""

    method: str
    rows: int
    exact_rows: int
    emissions: Decimal
    components: dict[str, Decimal]
    totals: tuple[Total, ...]

    @property
    def emissions_t(self) -> int:
        """The sum of the whole tonnes of the enterprises' years."""
        return sum(one.emissions_t for one in self.totals)


class Change(Struct, frozen=True):
    """An enterprise's year under two methods, in whole tonnes."""

    enterprise: str
    year: int
    before_t: int
    after_t: int

    @property
    def change_t(self) -> int:
        """By how much it grows."""
        return self.after_t - self.before_t


class Comparison(Struct, frozen=True):
    """The same rows under two methods."""

    before: BulkResult
    after: BulkResult

    @property
    def changes(self) -> list[Change]:
        """Every enterprise's year; both results have the same ones."""
        return [
            Change(a.enterprise, a.year, a.emissions_t, b.emissions_t)
            for a, b in zip(self.before.totals, self.after.totals, strict=True)
        ]


def varied(method: Method, *, tables: Mapping[str, str] = {}, gwp: str = "") -> Method:
    """A method with other factor tables (`{"fuel": "fuels-ndrc-24@1"}`) or another GWP set.

    To recalculate with; it has no digest of its own: it is a question, not a method that a report may name.
    """
    for name in tables:
        if name not in method.tables:
            refuse(NO_TABLE, method=method.id, name=name[:60], known=", ".join(method.tables))
    changed = {name: table(full) for name, full in tables.items()}
    found = replace(method, tables={**method.tables, **changed}, digest="")
    if gwp:
        known = (
            [column.code for column in method.tables["gwp"].body.columns] if "gwp" in method.tables else []
        )
        if gwp not in known:
            refuse(NO_TABLE, method=method.id, name=gwp[:60], known=", ".join([*method.tables, *known]))
        found = replace(found, body=replace(method.body, gwp=gwp))
    return found


def recalculate(source: Path, method: Method, *, threads: int = 2, memory: str = "800MB") -> BulkResult:
    """Work out every row of a file under a method and add up by enterprise and year.

    Refuses what one report would be refused for (CW-52xx), a broken file (CW-955x), and deductions (CW-9556).
    Activity levels and components that a report must have are not asked for.
    """
    with BulkRows(source, _symbols(method), threads=threads, memory=memory) as rows:
        return _recalculated(rows, rows.kinds(), method)


def compare(
    source: Path, before: Method, after: Method, *, threads: int = 2, memory: str = "800MB"
) -> Comparison:
    """Every enterprise's year under two methods; refuses (CW-9559) figures whose unit would change."""
    symbols = _symbols(before) | _symbols(after)
    with BulkRows(source, symbols, threads=threads, memory=memory) as rows:
        kinds = rows.kinds()
        first = _recalculated(rows, kinds, before)
        for kind in kinds:
            _same_units(kind, before, after)
        return Comparison(first, _recalculated(rows, kinds, after))


def _symbols(method: Method) -> set[str]:
    return {symbol.code for component in method.body.components for symbol in component.symbols}


def _same_units(kind: Kind, before: Method, after: Method) -> None:
    for figure in kind.given:
        units = [_unit(method, kind, _component(method, kind), figure) for method in (before, after)]
        if units[0] != units[1]:
            refuse(
                UNITS_DIFFER, column=figure.column[:60], component=kind.component, item=kind.item,
                before=units[0], after=units[1],
            )  # fmt: skip


class _Plan(Struct):
    """How the rows of a kind are worked out: a polynomial for each component, or none: one by one."""

    kind: Kind
    parts: dict[str, Polynomial] | None


def _recalculated(rows: BulkRows, kinds: list[Kind], method: Method) -> BulkResult:
    _sound(method, kinds)
    plans = [_plan(rows, method, kind) for kind in kinds]
    digits = digits_of(kinds)
    count = sum(kind.rows for kind in kinds)
    for plan in plans:
        if plan.parts is not None and not _fits(plan, digits, count):
            plan.parts = None
    quick = [plan for plan in plans if plan.parts is not None]
    slow = [plan for plan in plans if plan.parts is None]
    sums = _Sums()
    if quick:
        _add_up(rows, quick, digits, sums)
    for plan in slow:
        for row in rows.of_kind(plan.kind):
            sums.add(row.enterprise, plan.kind.year, _exact(method, plan.kind, row))
    return sums.result(method.id, count, sum(plan.kind.rows for plan in slow))


def _exact(method: Method, kind: Kind, row: Row) -> Iterator[tuple[str, Fraction]]:
    """What counts of a row, by component, from the exact path."""
    for found in work_out(method, _report(method, kind, row)):
        if found.counted:
            yield found.component, Fraction(found.emissions)


class _Sums:
    """Tonnes by enterprise, year and component: whole numbers of 1 / `below`, so that order does not matter.

    What comes from the exact path is added as a fraction.
    """

    def __init__(self) -> None:
        self.below = 1
        self.whole: dict[tuple[str, int], dict[str, int]] = {}
        self._rest: dict[tuple[str, int], dict[str, Fraction]] = {}

    def add(self, enterprise: str, year: int, amounts: Iterable[tuple[str, Fraction]]) -> None:
        parts = self._rest.setdefault((enterprise, year), {})
        for component, amount in amounts:
            parts[component] = parts.get(component, Fraction(0)) + amount

    def result(self, method: str, rows: int, exact_rows: int) -> BulkResult:
        totals = []
        over_all: dict[str, Fraction] = {}
        for key in sorted(self.whole.keys() | self._rest.keys()):
            parts = {name: Fraction(one, self.below) for name, one in self.whole.get(key, {}).items()}
            for name, amount in self._rest.get(key, {}).items():
                parts[name] = parts.get(name, Fraction(0)) + amount
            for name, amount in parts.items():
                over_all[name] = over_all.get(name, Fraction(0)) + amount
            totals.append(_total(key, parts))
        components = {name: _decimal(over_all[name]) for name in sorted(over_all)}
        return BulkResult(
            method, rows, exact_rows, _decimal(sum(over_all.values(), Fraction(0))), components, tuple(totals)
        )


def _total(key: tuple[str, int], parts: Mapping[str, Fraction]) -> Total:
    """An enterprise's year; refuses (CW-5252) less than nothing, as a report is refused."""
    enterprise, year = key
    check_text("enterprise", enterprise, MAX_ID)
    emissions = _decimal(sum(parts.values(), Fraction(0)))
    if emissions < 0:
        below = ", ".join(f"{enterprise}/{name}" for name, amount in sorted(parts.items()) if amount < 0)
        refuse(TOTAL_NEGATIVE, total=str(round(emissions, 2)), streams=below)
    components = {name: _decimal(parts[name]) for name in sorted(parts)}
    return Total(enterprise, year, emissions, round_t(emissions), components)


def _decimal(amount: Fraction) -> Decimal:
    return stated(EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator)))


# Planning.


def _sound(method: Method, kinds: list[Kind]) -> None:
    """Refuse what depends on other rows of a report (CW-9556, CW-9560), and what is off (CW-5253)."""
    found = {kind.component for kind in kinds}
    for kind in kinds:
        component = _component(method, kind)
        if component.within:
            refuse(DEDUCTION, component=component.code)
        if component.switch:
            refuse(SWITCHED_OFF, where=kind.component, name=component.code, switch=component.switch)
        counted = component.scope != "memo" and not component.cross_check
        if counted and component.beside in found:
            refuse(BESIDE, component=component.code, other=component.beside)


def _component(method: Method, kind: Kind) -> Component:
    found = method.component(kind.component)
    if found is None:
        known = ", ".join(one.code for one in method.body.components)
        refuse(NO_COMPONENT, method=method.id, component=kind.component[:60], known=known)
    return found


def _columns(kind: Kind) -> dict[str, Figure]:
    return {figure.symbol: figure for figure in kind.given}


def _report(method: Method, kind: Kind, row: Row) -> EmissionReport:
    """A row as a report of its own."""
    component = _component(method, kind)
    data = tuple(
        Datum(
            figure.symbol, _unit(method, kind, component, figure), value=Decimal(row.figures[figure.column])
        )
        for figure in kind.given
    )
    code = f"{row.enterprise}/{row.stream or component.code}"
    made = Stream(code, component.code, kind.item, form=kind.form, data=data)
    return EmissionReport(row.enterprise, kind.year, method.id, (made,), area=kind.area)


def _unit(method: Method, kind: Kind, component: Component, figure: Figure) -> str:
    """The unit that a column states, or else the method's."""
    symbol = component.symbol(figure.symbol)
    if figure.unit or symbol is None:
        return figure.unit or "1"
    per = method.tables[component.table].item(kind.item).per if component.table else "t"
    gas = kind.item if component.gas == "@item" else component.gas
    return scoped_unit(symbol.unit, per or "t", gas).text


def _plan(rows: BulkRows, method: Method, kind: Kind) -> _Plan:
    """Try the least and the greatest figures of a kind, then see whether its rows can be summed.

    Bounds are intervals, so that between sound ends every figure is sound. What is refused is looked up in
    the file, to be told with its row.
    """
    ends = [Row("-", "", figures) for figures in (kind.least, kind.most)]
    try:
        reports = [_report(method, kind, row) for row in ends]
        work_out(method, reports[0])
        work_out(method, reports[1])
        parts = parts_of(method, *reports)
    except NotPolynomialError:
        return _Plan(kind, None)
    except Refused:
        _tell(rows, method, kind)
        return _Plan(kind, None)  # the ends do not go together; the rows may
    values = {figure.symbol: Fraction(Decimal(kind.most[figure.column])) for figure in kind.given}
    for component, exact in _exact(method, kind, ends[1]):
        off = abs(value_of(parts[component], values) - exact)
        assert off <= SUSPECT * max(Fraction(1), abs(exact)), f"{component}: two ways, two results"
    return _Plan(kind, parts)


def _fits(plan: _Plan, digits: Mapping[str, int], rows: int) -> bool:
    """Whether all sums of a plan stay within the database's whole numbers, whatever the rows hold."""
    columns = _columns(plan.kind)
    products = [[columns[symbol] for symbol in one] for part in (plan.parts or {}).values() for one in part]
    widest = max((sum(digits[figure.name] for figure in one) for one in products), default=0)
    typed = max((digits[figure.name] + figure.decimals for figure in plan.kind.given), default=0)
    return max(typed, widest + len(str(rows))) <= _MOST_DIGITS


def _tell(rows: BulkRows, method: Method, kind: Kind) -> None:
    """Refuse the row that has an impossible figure."""
    for figure in kind.given:
        for end in (kind.least[figure.column], kind.most[figure.column]):
            for row in rows.of_kind(kind, f"{figure.name} = {end} ORDER BY enterprise, stream LIMIT 1"):
                work_out(method, _report(method, kind, row))


# Summing.


def _add_up(rows: BulkRows, plans: list[_Plan], digits: Mapping[str, int], sums: _Sums) -> None:
    """One pass over all rows that are sums of products: whole numbers only, weighted by the coefficients."""
    decimals = {figure.name: figure.decimals for plan in plans for figure in plan.kind.given}
    terms = [
        (plan.kind, component, one, factor / 10 ** sum(decimals[name] for name in one))
        for plan in plans
        for component, part in (plan.parts or {}).items()
        for one, factor in _named(plan.kind, part).items()
    ]
    sums.below = lcm(*(factor.denominator for *_, factor in terms))
    places = {one: n + 2 for n, one in enumerate(sorted({one for _, _, one, _ in terms}))}
    weights: dict[int, tuple[int, list[tuple[str, int, int]]]] = {
        plan.kind.number: (plan.kind.year, []) for plan in plans
    }
    for kind, component, one, factor in terms:
        weights[kind.number][1].append((component, places[one], int(factor * sums.below)))
    products = [summed(one, digits, decimals) for one in places]
    for row in rows.sums([plan.kind for plan in plans], products):
        year, weighted = weights[row[1]]
        parts = sums.whole.setdefault((row[0], year), {})
        for component, at, weight in weighted:
            parts[component] = parts.get(component, 0) + weight * row[at]


def _named(kind: Kind, part: Polynomial) -> Polynomial:
    """A polynomial of the columns that this kind of rows fills."""
    columns = _columns(kind)
    return {tuple(sorted(columns[symbol].name for symbol in one)): factor for one, factor in part.items()}
