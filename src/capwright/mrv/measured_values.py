"""What a verified report measured, as entries of the database of measured indicators.

Only what was measured counts, and what follows from measured values alone: carbon as received from air-dried
carbon and moisture, carbon per unit of heat from carbon and heating value. A default never becomes evidence.
A year's value is the mean of the measured months weighted with what was burned in them (GD-2021: never a
plain mean); months without a measurement, or in which nothing was burned, say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import EXACT, convert, stated, total, unit
from capwright.mrv.desk import Desk
from capwright.mrv.indicators import QUANTITIES, Basis, IndicatorDatabase, IndicatorEntry, Quantity, weighted
from capwright.mrv.messages import MeasuredValue
from capwright.mrv.method import Component, Method
from capwright.mrv.records import MONTHS, EmissionReport, Evidence
from capwright.mrv.report_check import check_report
from capwright.mrv.source_stream import Given, Scoped, open_stream
from capwright.mrv.working import Node

__all__ = ["from_measured", "from_report", "of_market"]

Obtained = Literal["measured", "calculated"]
_BASES: Final[dict[str, Basis]] = {"ar": "ar", "ad": "ad", "d": "d"}
ZERO: Final = Decimal(0)


class _Series(Struct):
    """A measured quantity of a stream: by month (0: the year as a whole), with the evidence behind it."""

    quantity: Quantity
    basis: Basis
    unit: str
    obtained: Obtained
    values: dict[int, Decimal]
    evidence: tuple[Evidence, ...] = ()


def from_report(
    method: Method, report: EmissionReport, *, enterprise: str = "", verified_by: str = ""
) -> tuple[IndicatorEntry, ...]:
    """The entries of a verified report; refuses a report that is not of this method or not sound.

    `enterprise` is the name under which the database keeps the firm, that of the report where left out.
    """
    check_report(method, report, frozenset(found.switch for found in method.body.components if found.switch))
    made: list[IndicatorEntry] = []
    for stream in report.streams:
        scoped = open_stream(method, report, stream)
        if not _concerns(scoped.component, stream.item):
            continue
        head = IndicatorEntry(
            enterprise=enterprise or report.enterprise,
            year=report.year,
            fuel=stream.item or stream.component,
            quantity="ncv",
            value=ZERO,
            unit="",
            facility=stream.facility,
            stream=stream.code,
            per=scoped.per,
            method=method.id,
            verified_by=verified_by,
        )
        amounts = _amounts(scoped)
        series = [*_reported(scoped), *_derived(scoped)]
        series += _per_heat(series, amounts)
        for one in series:
            made.extend(_entries(head, one, amounts))
    return tuple(sorted(made, key=lambda entry: entry.key))


def from_measured(
    method: Method, enterprise: str, year: int, values: Iterable[MeasuredValue], *, verified_by: str = ""
) -> tuple[IndicatorEntry, ...]:
    """Entries from the year's values that an approval carries (`EmissionsApproved.measured`).

    They have neither months, amounts nor evidence: `from_report` says more where the report is at hand.
    """
    made = []
    for value in values:
        component = method.component(value.component)
        found = _quantity(value.symbol, value.unit)
        if component is None or found is None or not _concerns(component, value.item):
            continue
        quantity, basis, wanted = found
        made.append(
            IndicatorEntry(
                enterprise=enterprise, year=year, fuel=value.item or value.component, quantity=quantity,
                value=_converted(value.value, value.unit, wanted), unit=wanted, basis=basis,
                facility=value.facility, stream=value.stream, method=method.id, verified_by=verified_by,
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda entry: entry.key))


def of_market(desk: Desk) -> IndicatorDatabase:
    """The database as the journal has it: what was measured in years whose verified figure was approved."""
    made: list[IndicatorEntry] = []
    for account, years in desk.state.years.items():
        for year, firm in years.items():
            filed, statement = firm.current, firm.statement
            if filed is None or statement is None or all(entry.basis != "verified" for entry in firm.entries):
                continue
            method = desk.method(filed.method)
            made += from_measured(method, account, year, filed.measured, verified_by=statement.verifier)
    return IndicatorDatabase(made)


def _concerns(component: Component, item: str) -> bool:
    """Whether a component is about a fuel, or a material that its table names."""
    return not component.cross_check and (component.scope == "combustion" or bool(item))


def _quantity(symbol: str, text: str) -> tuple[Quantity, Basis, str] | None:
    """What a symbol measures, told by its unit; shares by their name too (`M_ar`, `C_ad`, `OF`)."""
    name, _, suffix = symbol.partition("_")
    basis = _BASES.get(suffix, "")
    if suffix and not basis:
        return None
    own = unit(text)
    for quantity in ("ncv", "carbon", "cc"):
        for wanted in QUANTITIES[quantity][2]:
            if own.alike(unit(wanted)):
                return quantity, basis, wanted
    if own.dimensions:
        return None
    shares: dict[str, tuple[Quantity, str]] = {
        "M": ("moisture", "1"), "OF": ("oxidation", "1"), "C": ("carbon", "tC/t"),
    }  # fmt: skip
    if name not in shares or (name != "OF" and not basis):
        return None
    quantity, wanted = shares[name]
    return quantity, basis, wanted


def _converted(value: Decimal, given: str, wanted: str) -> Decimal:
    """In the database's unit; a share of carbon by mass is tC/t."""
    if not unit(given).dimensions and wanted == "tC/t":
        return stated(convert(value, unit(given), unit("1")))
    return stated(convert(value, unit(given), unit(wanted)))


def _amounts(scoped: Scoped) -> dict[int, Decimal]:
    """What was burned by month and in the year (0): the stream's first activity."""
    series = next(
        (
            scoped.series[s.code]
            for s in scoped.component.symbols
            if s.role == "activity" and s.code in scoped.series
        ),
        None,
    )
    if series is None:
        return {}
    if series.value is not None:
        return {0: series.value}
    found = {month + 1: value for month, value in enumerate(series.months) if value is not None}
    return {0: total(found.values()), **found}


def _reported(scoped: Scoped) -> Iterator[_Series]:
    """Measured data of the stream."""
    for code, series in scoped.series.items():
        symbol = scoped.component.symbol(code)
        found = _quantity(code, scoped.units[code])
        if (
            symbol is None
            or symbol.role == "activity"
            or found is None
            or series.datum.obtained != "measured"
        ):
            continue
        quantity, basis, wanted = found
        given = {month + 1: value for month, value in enumerate(series.months) if value is not None}
        if series.value is not None:
            given[0] = series.value
        values = {month: _converted(value, scoped.units[code], wanted) for month, value in given.items()}
        yield _Series(quantity, basis, wanted, "measured", values, series.datum.evidence)


def _derived(scoped: Scoped) -> Iterator[_Series]:
    """Symbols that the method works out from measured data only."""
    for symbol in scoped.component.symbols:
        found = _quantity(symbol.code, scoped.units[symbol.code])
        if symbol.code in scoped.series or not symbol.formulas or symbol.role == "activity" or found is None:
            continue
        quantity, basis, wanted = found
        values: dict[int, Decimal] = {}
        evidence: dict[str, Evidence] = {}
        for month in range(1, MONTHS + 1) if scoped.monthly else (0,):
            given = _resolved(scoped, symbol.code, month)
            if given is not None and _all_measured(given.node):
                values[month] = _converted(given.value, given.unit, wanted)
                evidence |= {one.sha256: one for one in _behind(given.node)}
        if values:
            yield _Series(quantity, basis, wanted, "calculated", values, tuple(evidence.values()))


def _resolved(scoped: Scoped, code: str, month: int) -> Given | None:
    try:
        return scoped.resolve(code, scoped.of_month(month - 1) if month else scoped.of_year())
    except Refused:
        return None


def _all_measured(node: Node) -> bool:
    if node.children:
        return all(_all_measured(child) for child in node.children)
    return node.obtained == "measured"


def _behind(node: Node) -> Iterator[Evidence]:
    yield from node.evidence
    for child in node.children:
        yield from _behind(child)


def _per_heat(series: Sequence[_Series], amounts: dict[int, Decimal]) -> Iterator[_Series]:
    """Carbon per unit of heat from carbon and heating value of the same basis, unless it was measured.

    The year's value is carbon of the year over heat of the year, from the same months.
    """
    if any(one.quantity == "cc" for one in series):
        return
    for carbon in series:
        for heat in series:
            fits = carbon.quantity == "carbon" and heat.quantity == "ncv"
            # As received is what a heating value means where no basis is named.
            if not fits or (carbon.basis or "ar") != "ar" or (heat.basis or "ar") != "ar":
                continue
            months = sorted(carbon.values.keys() & heat.values.keys())
            values = {
                month: stated(EXACT.divide(carbon.values[month], heat.values[month]))
                for month in months
                if heat.values[month] and amounts.get(month) != 0
            }
            whole = _year(carbon, amounts, values), _year(heat, amounts, values)
            if 0 not in values and whole[0] is not None and whole[1]:
                values[0] = stated(EXACT.divide(whole[0], whole[1]))
            evidence = {one.sha256: one for one in (*carbon.evidence, *heat.evidence)}
            yield _Series("cc", "", "tC/GJ", "calculated", values, tuple(evidence.values()))
            return


def _year(one: _Series, amounts: dict[int, Decimal], months: Iterable[int]) -> Decimal | None:
    """The mean of the given months weighted with what was burned; None where no weights are known."""
    chosen = [month for month in months if month and amounts.get(month)]
    if not chosen:
        return None
    return weighted([one.values[month] for month in chosen], [amounts[month] for month in chosen])


def _entries(head: IndicatorEntry, one: _Series, amounts: dict[int, Decimal]) -> Iterator[IndicatorEntry]:
    """The months, and the year."""
    made = replace(head, quantity=one.quantity, basis=one.basis, unit=one.unit, obtained=one.obtained)
    months = [month for month in one.values if month and amounts.get(month) != 0]
    for month in months:
        hashes = tuple(e.sha256 for e in one.evidence if e.month in {0, month})
        value, amount = one.values[month], amounts.get(month)
        yield replace(made, value=value, month=month, amount=amount, evidence=hashes)
    of_year = one.values.get(0, _year(one, amounts, months))
    if of_year is not None:
        hashes = tuple(e.sha256 for e in one.evidence)
        amount = total(amounts[m] for m in months if m in amounts) if months else amounts.get(0)
        yield replace(made, value=of_year, amount=amount, months=len(months), evidence=hashes)
