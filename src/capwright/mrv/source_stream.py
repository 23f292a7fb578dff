"""A source stream held against its component: units settled, months summed or averaged, gaps named.

The annual value of a property is the mean weighted with the activity it belongs to, never a plain mean
(GD-2021 general rules; MEE guidelines). A month without a value takes the method's default where the method
has one, and the working says so; otherwise the report is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.kernel.unit import EXACT, convert, summed, unit
from capwright.mrv import formula
from capwright.mrv.factors import Factor, FactorItem
from capwright.mrv.library import scoped_unit
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.reading import (
    MONTHS_MISSING,
    TWICE,
    Series,
    check_bounds,
    check_known,
    read_datum,
)
from capwright.mrv.records import Datum, EmissionReport, Stream
from capwright.mrv.tiers import check_tier
from capwright.mrv.working import Node, filled, shown

__all__ = ["Given", "Scoped", "open_stream"]

NO_WEIGHT = define(
    "CW-5247",
    en="{where}: {symbol} is given by month, {weight} is not: a plain mean is never used.",
    zh="{where}：{symbol}按月填报，而{weight}未按月填报；不得采用简单平均。",
    mend_en="Give {weight} by month as well.",
    mend_zh="请同时逐月填报{weight}。",
    rule="GD-2021: annual value = activity-weighted mean",
)
PRESCRIBED = define(
    "CW-5248",
    en="{where}: {symbol} is prescribed by the method and may not be given.",
    zh="{where}：{symbol}由方法规定，不得自行填报。",
    mend_en="Leave it out.",
    mend_zh="请删去该项。",
    rule="the method's definition",
)
CONTRADICTION = define(
    "CW-5254",
    en="{where}: {low} = {low_value} is above {high} = {high_value}: {reason}",
    zh="{where}：{low} = {low_value} 大于 {high} = {high_value}：{reason_zh}",
    mend_en="Correct one of them.",
    mend_zh="请更正其中一项。",
    rule="the method's checks",
)
NO_AREA = define(
    "CW-5259",
    en="{where}: the report names no area, and {symbol} depends on it.",
    zh="{where}：报告未填写所在地区，而{symbol}因地区而异。",
    mend_en="Name the area of the installation. Known: {known}.",
    mend_zh="请填写设施所在地区。可用的有：{known}。",
    rule="the method's definition",
)

ZERO: Final = Decimal(0)


class Given(Struct, frozen=True):
    """A symbol's value in the symbol's unit, and how it came about."""

    value: Decimal
    unit: str
    node: Node


class Scoped:
    """A stream opened against its component: units settled, data converted."""

    def __init__(self, method: Method, report: EmissionReport, stream: Stream, component: Component) -> None:
        self.method = method
        self.report = report
        self.stream = stream
        self.component = component
        self.item: FactorItem | None = None
        if component.table:
            check_known("item", stream.code, stream.item, _items(method, component))
            self.item = method.tables[component.table].item(stream.item)
        self.per = self.item.per if self.item else "t"
        self.gas = stream.item if component.gas == "@item" else component.gas
        self.units = {s.code: self._unit_text(s.unit) for s in component.symbols}
        self.series = {datum.symbol: self._series(datum) for datum in stream.data}
        if len(self.series) < len(stream.data):
            names = [datum.symbol for datum in stream.data]
            refuse(TWICE, where=stream.code, name=next(n for n in names if names.count(n) > 1))
        activities = [s.code for s in component.symbols if s.role == "activity" and s.code in self.series]
        self.monthly = bool(activities) and all(self.series[code].months for code in activities)
        self._resolving: set[str] = set()

    def _unit_text(self, text: str) -> str:
        return text.replace("{per}", self.per).replace("{gas}", self.gas)

    def _series(self, datum: Datum) -> Series:
        where = self.stream.code
        check_known("symbol", where, datum.symbol, [s.code for s in self.component.symbols])
        symbol = self.component.symbol(datum.symbol)
        assert symbol is not None
        if symbol.fixed:
            refuse(PRESCRIBED, where=where, symbol=datum.symbol)
        check_tier(datum, symbol, where)
        return read_datum(datum, scoped_unit(symbol.unit, self.per, self.gas).text, symbol, where, self.per)

    # The year and the months.

    def of_month(self, month: int) -> dict[str, Given]:
        """What is given for a month: its own figures, and those that hold for the year."""
        found = {}
        for code, series in self.series.items():
            value = series.months[month] if series.months else series.value
            if value is not None:
                found[code] = self._leaf(code, series, value)
        for code in self.series:
            symbol = self.component.symbol(code)
            if symbol is not None and symbol.role == "activity" and code not in found:
                refuse(MONTHS_MISSING, where=self.stream.code, symbol=code, months=month + 1)
        return found

    def of_year(self) -> dict[str, Given]:
        """Sums of activities, weighted means of properties."""
        return {code: self._year(code, series) for code, series in self.series.items()}

    def _year(self, code: str, series: Series) -> Given:
        if series.value is not None:
            return self._leaf(code, series, series.value)
        symbol = self.component.symbol(code)
        assert symbol is not None
        values = self._filled(symbol, series)
        leaves = tuple(self._leaf(code, series, value, month).node for month, value in enumerate(values))
        if symbol.role == "activity":
            return self._made(symbol, summed(values), f"Σ {code}", leaves)
        if len(set(values)) == 1:
            return self._made(symbol, values[0], code, leaves)
        weight = symbol.weight or next((s.code for s in self.component.symbols if s.role == "activity"), "")
        weights = self.series[weight].months if weight in self.series else ()
        if not weights:
            refuse(NO_WEIGHT, where=self.stream.code, symbol=code, weight=weight)
        amounts = [w or ZERO for w in weights]
        whole = summed(amounts)
        if not whole:
            return self._made(symbol, values[0], code, leaves)
        above = summed(EXACT.multiply(v, w) for v, w in zip(values, amounts, strict=True))
        return self._made(symbol, EXACT.divide(above, whole), f"Σ({code}·{weight}) / Σ{weight}", leaves)

    def _filled(self, symbol: Symbol, series: Series) -> list[Decimal]:
        """Twelve figures, the method's default where a property has none."""
        missing = [n for n, value in enumerate(series.months) if value is None]
        if not missing:
            return [value for value in series.months if value is not None]
        instead = None if symbol.role == "activity" else self._fallback(symbol)
        if instead is None:
            months = ", ".join(str(n + 1) for n in missing)
            refuse(MONTHS_MISSING, where=self.stream.code, symbol=symbol.code, months=months)
        return [instead.value if value is None else value for value in series.months]

    def _leaf(self, code: str, series: Series, value: Decimal, month: int | None = None) -> Given:
        symbol = self.component.symbol(code)
        assert symbol is not None
        reported = series.datum.months[month] if month is not None else None
        obtained = "default" if month is not None and reported is None else series.datum.obtained
        said = [f"month {month + 1}"] if month is not None else []
        if series.datum.unit != self.units[code]:
            said.append(f"reported in {series.datum.unit}")
        said += [
            text for text in (series.datum.tier and f"tier {series.datum.tier}", series.datum.note) if text
        ]
        return Given(
            value,
            self.units[code],
            Node(
                en=symbol.en, zh=symbol.zh, value=value, unit=self.units[code], symbol=code,
                note="; ".join(said), obtained=obtained,
                evidence=series.datum.evidence if month is None else (),
            ),
        )  # fmt: skip

    def _made(self, symbol: Symbol, value: Decimal, text: str, children: tuple[Node, ...]) -> Given:
        series = self.series.get(symbol.code)
        node = Node(
            en=symbol.en, zh=symbol.zh, value=value, unit=self.units[symbol.code], symbol=symbol.code,
            formula=text, obtained=series.datum.obtained if series else "calculated",
            evidence=series.datum.evidence if series else (), children=children,
        )  # fmt: skip
        return Given(value, self.units[symbol.code], node)

    # Symbols that are not given.

    def resolve(self, code: str, given: dict[str, Given]) -> Given | None:
        """A symbol's value: as given, derived, fixed, or the default; None where there is none."""
        if code in given:
            return given[code]
        symbol = self.component.symbol(code)
        if symbol is None or code in self._resolving:
            return None
        self._resolving.add(code)
        try:
            return self._derived(symbol, given) or self._fallback(symbol)
        finally:
            self._resolving.discard(code)

    def _derived(self, symbol: Symbol, given: dict[str, Given]) -> Given | None:
        for text in symbol.formulas:
            known = {name: self.resolve(name, given) for name in formula.symbols(text)}
            found = {name: one for name, one in known.items() if one is not None}
            if len(found) < len(known):
                continue
            self.check(found)
            values = {name: one.value for name, one in found.items()}
            raw = formula.evaluate(text, values)
            units = {name: unit(one.unit) for name, one in found.items()}
            value = convert(raw, formula.unit_of(text, units), unit(self.units[symbol.code]))
            check_bounds(symbol, value, self.units[symbol.code], self.stream.code, self.per)
            node = Node(
                en=symbol.en, zh=symbol.zh, value=value, unit=self.units[symbol.code], symbol=symbol.code,
                formula=text, numbers=filled(text, values), obtained="calculated",
                children=tuple(one.node for one in found.values()),
            )  # fmt: skip
            return Given(value, self.units[symbol.code], node)
        return None

    def _fallback(self, symbol: Symbol) -> Given | None:
        """The number that the method fixes, or the default of its tables."""
        if symbol.value is not None:
            path = f"components.{self.component.code}.symbols.{symbol.code}.value"
            text = self.units[symbol.code]
            factor = Factor(
                symbol.value,
                text,
                self.method.id,
                self.component.code,
                symbol.code,
                self.method.citations[path],
            )
        elif symbol.default:
            found = self._default(symbol)
            if found is None:
                return None
            factor = found
        else:
            return None
        wanted = unit(self.units[symbol.code])
        value = convert(factor.value, unit(factor.unit), wanted)
        node = Node(
            en=symbol.en, zh=symbol.zh, value=value, unit=self.units[symbol.code], symbol=symbol.code,
            obtained="default", factor=factor,
        )  # fmt: skip
        return Given(value, self.units[symbol.code], node)

    def _default(self, symbol: Symbol) -> Factor | None:
        name, _, place = self.method.default_of(symbol).partition(":")
        row, _, column = place.rpartition(".")
        row = row or self.stream.item
        table = self.method.tables[name]
        row = {"@area": self.report.area, "@item": self.stream.item}.get(row, row)
        if not row:
            known = ", ".join(item.code for item in table.body.items)
            refuse(NO_AREA, where=self.stream.code, symbol=symbol.code, known=known[:600])
        item = table.item(row)
        if column == "@year":
            column = max((y for y in item.values if y.isdigit() and int(y) <= self.report.year), default="")
        return table.factor(row, column) if column in item.values else None

    def check(self, known: dict[str, Given]) -> None:
        """Hold what is known against the component's checks."""
        for check in self.component.checks:
            names = {*formula.symbols(check.low), *formula.symbols(check.high)}
            if not names <= known.keys():
                continue
            values = {name: known[name].value for name in names}
            low, high = formula.evaluate(check.low, values), formula.evaluate(check.high, values)
            if low > high:
                refuse(
                    CONTRADICTION, where=self.stream.code, low=check.low, low_value=shown(low),
                    high=check.high, high_value=shown(high), reason=check.en, reason_zh=check.zh,
                )  # fmt: skip


def _items(method: Method, component: Component) -> list[str]:
    return list(component.items) or [item.code for item in method.tables[component.table].body.items]


def open_stream(method: Method, report: EmissionReport, stream: Stream) -> Scoped:
    """A stream ready for its formulas."""
    component = method.component(stream.component)
    assert component is not None
    scoped = Scoped(method, report, stream, component)
    if component.checks:
        scoped.check(scoped.of_year() if not scoped.monthly else {})
    return scoped
