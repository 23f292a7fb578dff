"""The small form for an emission report: the streams of the monitoring plan, or what the method requires.

What a form cannot hold (evidence, tiers, gaps) is filed as a workbook; nothing of that is needed for a report
that stands on yearly or monthly figures.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, get_args

from msgspec import Struct

from capwright.filing.excel_layout import alternatives
from capwright.filing.wording import default_words, items_of, units_of
from capwright.kernel.refusal import Refused, refuse
from capwright.mrv.records import MONTHS, Datum, EmissionReport, Obtained, Stream
from capwright.web.refusals import NOT_NUMBER, NOTHING, YEAR_OR_MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from capwright.mrv.method import Component, Method, Symbol
    from capwright.mrv.plan import MonitoringPlan, PlanStream

__all__ = ["FormDatum", "FormStream", "read_form", "streams_of", "usual_components"]

_MOST_LETTERS: Final = 40
_WAYS: Final[dict[str, Obtained]] = {
    "measured": "measured", "direct": "measured", "mass_balance": "calculated", "factor": "default",
    "default": "default", "estimated": "estimated",
}  # fmt: skip


class FormDatum(Struct):
    """A symbol of a stream, or an output: `name` begins the names of its fields."""

    name: str
    symbol: str
    en: str
    zh: str
    units: tuple[str, ...]
    obtained: str
    default_en: str = ""
    default_zh: str = ""
    needed: bool = False
    value: str = ""
    unit: str = ""
    months: tuple[str, ...] = ("",) * MONTHS

    @property
    def monthly(self) -> bool:
        """Whether months are filled in."""
        return any(self.months)


class FormStream(Struct):
    """A source stream of the form."""

    name: str
    code: str
    component: str
    en: str
    zh: str
    item: str
    items: tuple[tuple[str, str, str, str], ...]
    facility: str
    data: tuple[FormDatum, ...]


def streams_of(
    method: Method, plan: MonitoringPlan | None, earlier: EmissionReport | None, given: Mapping[str, str]
) -> tuple[list[FormStream], list[FormDatum]]:
    """Streams and outputs of the form: filled with what was typed, or else with an earlier report."""
    planned: Iterable[PlanStream | Stream] = ()
    if earlier is not None:
        planned = earlier.streams
    elif plan is not None and plan.method == method.id:
        planned = plan.streams
    streams = []
    for n, one in enumerate(planned):
        component = method.component(one.component)
        if component is not None:
            ways = {
                datum.symbol: _WAYS.get(getattr(datum, "determined", ""), "measured") for datum in one.data
            }
            ways |= {d.symbol: d.obtained for d in one.data if isinstance(d, Datum)}
            before = {d.symbol: d for d in one.data if isinstance(d, Datum)}
            streams.append(
                _stream(method, component, f"s{n}", one.code, one.item, one.facility, ways, before)
            )
    if not streams:
        for n, component in enumerate(usual_components(method)):
            streams.append(_stream(method, component, f"s{n}", component.code, "", "", {}, {}))
    outputs = [
        FormDatum(
            f"o{n}", one.code, one.en, one.zh, (one.unit,), "measured", needed=one.required, unit=one.unit
        )
        for n, one in enumerate(method.body.outputs)
    ]
    if earlier is not None:
        before = {datum.symbol: datum for datum in earlier.outputs}
        for out in outputs:
            _fill(out, before.get(out.symbol))
    if given:
        for datum in (*outputs, *(d for s in streams for d in s.data)):
            _typed(datum, given)
        for stream in streams:
            stream.item = given.get(f"{stream.name}.item", stream.item)
            stream.facility = given.get(f"{stream.name}.facility", stream.facility)
    return streams, outputs


def usual_components(method: Method) -> list[Component]:
    """The components that a firm without a plan begins with."""
    counted = [
        one for one in method.body.components if not one.cross_check and not one.beside and not one.switch
    ]
    return [one for one in counted if one.required] or [one for one in counted if one.scope != "memo"]


def _stream(
    method: Method,
    component: Component,
    name: str,
    code: str,
    item: str,
    facility: str,
    ways: Mapping[str, Obtained],
    before: Mapping[str, Datum],
) -> FormStream:
    data = []
    for symbol in component.symbols:
        if symbol.fixed:
            continue
        datum = _datum(method, component, symbol, f"{name}.{symbol.code}", item)
        datum.obtained = ways.get(symbol.code, "measured")
        _fill(datum, before.get(symbol.code))
        data.append(datum)
    # What the plan measures comes first; what mostly stays with its default follows.
    data.sort(key=lambda one: one.symbol not in ways and not one.needed)
    items = items_of(method, component)
    return FormStream(
        name, code, component.code, component.en, component.zh, item, items, facility, tuple(data)
    )


def _datum(method: Method, component: Component, symbol: Symbol, name: str, item: str) -> FormDatum:
    per = next((per for code, _, _, per in items_of(method, component) if code == item), "")
    units = units_of(method, component, symbol)
    unit = symbol.unit.replace("{per}", per) if per and "{gas}" not in symbol.unit else units[0]
    units = tuple(dict.fromkeys((*alternatives(unit), *units)))
    en, zh, _ = default_words(method, component, symbol)
    derived = bool(symbol.formulas)
    return FormDatum(
        name, symbol.code, symbol.en, symbol.zh, units, "measured",
        en or ("from other figures" if derived else ""), zh or ("由其他数据推算" if derived else ""),
        needed=symbol.role == "activity" and not en and not derived, unit=unit,
    )  # fmt: skip


def _fill(datum: FormDatum, before: Datum | None) -> None:
    """Put an earlier figure in."""
    if before is None:
        return
    datum.value = "" if before.value is None else f"{before.value:f}"
    datum.unit, datum.obtained = before.unit, before.obtained
    if before.unit not in datum.units:
        datum.units = (before.unit, *datum.units)
    if before.months:
        datum.months = tuple("" if one is None else f"{one:f}" for one in before.months)


def _typed(datum: FormDatum, given: Mapping[str, str]) -> None:
    datum.value = given.get(f"{datum.name}.value", "")
    datum.unit = given.get(f"{datum.name}.unit", datum.unit)
    datum.obtained = given.get(f"{datum.name}.obtained", datum.obtained)
    datum.months = tuple(given.get(f"{datum.name}.m{n}", "") for n in range(1, MONTHS + 1))


def read_form(
    method: Method,
    head: Mapping[str, str],
    year: int,
    streams: list[FormStream],
    outputs: list[FormDatum],
    plan: int = 0,
) -> tuple[EmissionReport | None, list[Refused]]:
    """The report that a filled form says; or what is wrong with its fields."""
    faults: list[Refused] = []
    made = []
    for stream in streams:
        data = _read_all(stream.data, faults, stream.code)
        if data:
            made.append(Stream(stream.code, stream.component, stream.item, stream.facility, "", data))
    if not made and not faults:
        try:
            refuse(NOTHING)
        except Refused as no:
            faults.append(no)
    told = _read_all(outputs, faults, "")
    if faults:
        return None, faults
    report = EmissionReport(
        head.get("enterprise", ""), year, method.id, tuple(made), told, head.get("area", ""), plan
    )
    return report, []


def _read_all(data: Iterable[FormDatum], faults: list[Refused], place: str) -> tuple[Datum, ...]:
    found = []
    for one in data:
        try:
            datum = _read(one, f"{place}/{one.symbol}" if place else one.symbol)
        except Refused as no:
            faults.append(no)
        else:
            if datum is not None:
                found.append(datum)
    return tuple(found)


def _read(one: FormDatum, place: str) -> Datum | None:
    value = _number(one.value, place)
    months = tuple(_number(text, f"{place}, {n}") for n, text in enumerate(one.months, 1))
    monthly = any(month is not None for month in months)
    if monthly and value is not None:
        refuse(YEAR_OR_MONTHS, place=place)
    if not monthly and value is None:
        return None
    way: Obtained = next((way for way in get_args(Obtained) if way == one.obtained), "measured")
    return Datum(one.symbol, one.unit, way, value, months if monthly else ())


def _number(text: str, place: str) -> Decimal | None:
    bare = text.replace(",", "").replace("，", "").strip()
    if not bare:
        return None
    try:
        value = Decimal(bare) if len(bare) <= _MOST_LETTERS else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        refuse(NOT_NUMBER, place=place, text=text[:_MOST_LETTERS])
    return value
