"""A report read for the rules: what each stream holds, month by month, in the method's units.

Reading is forgiving where the calculation refuses: a stream that cannot be read is left out, and the refusal
is a finding of its own. What the method or the firm put in as a default is not the firm's measurement, and no
rule on measured values looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from capwright.kernel.refusal import Refusal, Refused
from capwright.kernel.unit import EXACT, summed, total, unit
from capwright.mrv.calculation import Result, compute
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.quality.companion import Companion
from capwright.mrv.reading import read_datum
from capwright.mrv.records import MONTHS, EmissionReport, Stream
from capwright.mrv.source_stream import Given, Scoped

__all__ = ["Facts", "Family", "Filing", "Kind", "Reading", "StreamFacts", "read"]

Family = Literal["coal", "natural_gas", "lng", "oil", ""]
# carbon: tC by mass or volume; cc: tC/GJ; part: carbon of another basis (air-dried, dry), a share.
Kind = Literal["amount", "ncv", "carbon", "cc", "part", "m_ar", "m_ad", ""]

_COALS: Final = frozenset(
    {
        "coal", "anthracite", "bituminous", "bituminous_coal", "sub_bituminous_coal", "coking_coal",
        "lignite", "washed_coal", "other_washed_coal", "briquette", "coal_gangue", "coal_slime", "slurry",
    }
)  # fmt: skip
_OILS: Final = frozenset(
    {
        "crude_oil", "fuel_oil", "residual_fuel_oil", "gasoline", "motor_gasoline", "diesel", "gas_oil",
        "kerosene", "jet_kerosene", "aviation_gasoline", "naphtha", "other_petroleum",
    }
)  # fmt: skip
_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("GJ/t", "ncv"), ("GJ/Nm3", "ncv"), ("tC/t", "carbon"), ("tC/Nm3", "carbon"), ("tC/GJ", "cc"),
)  # fmt: skip
ZERO: Final = Decimal(0)


class Filing(Struct, frozen=True):
    """A report with its method and what stands beside it: one member of a population."""

    method: Method
    report: EmissionReport
    companion: Companion = Companion()
    switches: frozenset[str] = frozenset()


class Reading(Struct, frozen=True):
    """What a stream says of one month (0: of the year), by kind of quantity."""

    month: int
    reported: dict[Kind, Decimal]
    defaults: dict[Kind, Decimal]

    def value(self, kind: Kind) -> Decimal | None:
        """As reported, or else the default."""
        return self.reported.get(kind, self.defaults.get(kind))


class StreamFacts(Struct, frozen=True):
    """A stream, readable. `amount` is the year's activity; `heat` GJ of fuel `burned` in the year.

    `years` has the year's value, or the sum of the months, of everything reported.
    """

    stream: Stream
    component: Component
    family: Family
    per: str
    symbol: str
    unit: str
    amount: Decimal | None
    burned: bool
    heat: Decimal | None
    readings: tuple[Reading, ...]
    years: dict[str, Decimal]
    units: dict[str, str]
    kinds: dict[str, Kind]

    @property
    def code(self) -> str:
        """The stream's code."""
        return self.stream.code


class Facts(Struct, frozen=True):
    """A filing, readable: its result or why there is none, its streams, outputs and main product."""

    filing: Filing
    result: Result | None
    refusal: Refusal | None
    streams: tuple[StreamFacts, ...]
    outputs: dict[str, Decimal]
    output_units: dict[str, str]
    product: str

    @property
    def report(self) -> EmissionReport:
        """The report."""
        return self.filing.report

    @property
    def companion(self) -> Companion:
        """What stands beside it."""
        return self.filing.companion

    @property
    def group(self) -> tuple[str, str]:
        """Reports with the same method (any version) and main product are peers."""
        return self.filing.method.body.code, self.product

    @property
    def made(self) -> Decimal | None:
        """The year's main product; None where there is none."""
        return self.outputs.get(self.product) or None

    @property
    def heat(self) -> Decimal | None:
        """GJ of all fuel burned; None where it is not known of every fuel."""
        return self.heat_of(None)

    def heat_of(self, facility: str | None) -> Decimal | None:
        """GJ of the fuel burned at a facility (None: at all)."""
        here = [
            found
            for found in self.streams
            if found.burned and (facility is None or found.stream.facility == facility)
        ]
        if not here or any(found.heat is None for found in here):
            return None
        return summed(found.heat for found in here if found.heat is not None)

    def intensity(self) -> float | None:
        """tCO2e per main product, for statistics."""
        if self.result is None or self.made is None or self.result.emissions <= 0:
            return None
        return float(self.result.emissions / self.made)

    def told(self, place: str) -> tuple[Decimal, str] | None:
        """The year's value and unit of an output, or of `stream/symbol`; None where it is not there."""
        code, slash, symbol = place.partition("/")
        stream = self.find(code) if slash else None
        if stream is not None and symbol in stream.years:
            return stream.years[symbol], stream.units[symbol]
        if not slash and place in self.outputs:
            return self.outputs[place], self.output_units[place.partition("@")[0]]
        return None

    def find(self, code: str) -> StreamFacts | None:
        """A stream by its code."""
        return next((found for found in self.streams if found.code == code), None)


def read(filing: Filing) -> Facts:
    """Read a filing; never refuses."""
    result, refusal = None, None
    try:
        result = compute(filing.method, filing.report, switches=filing.switches)
    except Refused as refused:
        refusal = refused.refusal
    outputs, units = _outputs(filing.method, filing.report)
    streams = [found for stream in filing.report.streams if (found := _stream(filing, stream)) is not None]
    return Facts(filing, result, refusal, tuple(streams), outputs, units, _product(filing, outputs))


def _product(filing: Filing, outputs: dict[str, Decimal]) -> str:
    if filing.companion.product:
        return filing.companion.product
    known = filing.method.body.outputs
    required = [output.code for output in known if output.required and output.code in outputs]
    return next(iter([*required, *(output.code for output in known if output.code in outputs)]), "")


def _outputs(method: Method, report: EmissionReport) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Year's outputs by code and by `code@facility`."""
    units = {output.code: output.unit for output in method.body.outputs}
    found: dict[str, Decimal] = {}
    for datum in report.outputs:
        code = datum.symbol.partition("@")[0]
        if code not in units:
            continue
        try:
            series = read_datum(datum, units[code], None, "outputs")
        except Refused:
            continue
        value = series.summed()
        for name in dict.fromkeys((code, datum.symbol)):
            found[name] = EXACT.add(found.get(name, ZERO), value)
    return found, units


def _stream(filing: Filing, stream: Stream) -> StreamFacts | None:
    component = filing.method.component(stream.component)
    if component is None:
        return None
    try:
        scoped = Scoped(filing.method, filing.report, stream, component)
    except Refused:
        return None
    kinds = {symbol.code: _kind(symbol, scoped.units[symbol.code]) for symbol in component.symbols}
    activity = next(
        (s.code for s in component.symbols if s.role == "activity" and s.code in scoped.series), ""
    )
    readings = tuple(_readings(scoped, kinds, activity))
    # Biomass is a memo and is burned all the same: without it the energy balance would not close.
    burned = (
        component.scope in {"combustion", "memo"} and not component.cross_check and "ncv" in kinds.values()
    )
    return StreamFacts(
        stream=stream,
        component=component,
        family=_family(stream),
        per=scoped.per,
        symbol=activity,
        unit=scoped.units.get(activity, ""),
        amount=_amount(scoped, activity),
        burned=burned,
        heat=_heat(readings) if burned else None,
        readings=readings,
        years={code: found for code in scoped.series if (found := _amount(scoped, code)) is not None},
        units=scoped.units,
        kinds=kinds,
    )


def _family(stream: Stream) -> Family:
    name = stream.item or stream.component
    if name in _COALS:
        return "coal"
    if name in _OILS:
        return "oil"
    return "natural_gas" if name.startswith("natural_gas") else "lng" if name == "lng" else ""


def _kind(symbol: Symbol, text: str) -> Kind:
    if symbol.role != "property":
        return ""
    own = unit(text)
    found = next((kind for sample, kind in _KINDS if own.alike(unit(sample))), None)
    if found is not None:
        return found
    if own.dimensions:
        return ""
    shares: dict[str, Kind] = {"M_ar": "m_ar", "M_ad": "m_ad", "C_ad": "part", "C_d": "part"}
    return shares.get(symbol.code, "")


def _amount(scoped: Scoped, activity: str) -> Decimal | None:
    series = scoped.series.get(activity)
    return None if series is None else series.summed()


def _readings(scoped: Scoped, kinds: dict[str, Kind], activity: str) -> Iterator[Reading]:
    """The year, or twelve months where any figure is monthly; a month without activity is left out."""
    monthly = any(series.months for series in scoped.series.values())
    for month in range(1, MONTHS + 1) if monthly else (0,):
        try:
            given = scoped.of_month(month - 1) if month else scoped.of_year()
        except Refused:
            continue
        reported: dict[Kind, Decimal] = {}
        defaults: dict[Kind, Decimal] = {}
        if activity in given and (not month or scoped.series[activity].months):
            reported["amount"] = given[activity].value
        for code, kind in kinds.items():
            if kind and kind not in reported:
                _put(_resolved(scoped, code, given), kind, reported, defaults)
        yield Reading(month, reported, {k: v for k, v in defaults.items() if k not in reported})


def _put(one: Given | None, kind: Kind, reported: dict[Kind, Decimal], defaults: dict[Kind, Decimal]) -> None:
    if one is not None:
        into = defaults if one.node.obtained == "default" else reported
        into.setdefault(kind, one.value)


def _resolved(scoped: Scoped, code: str, given: dict[str, Given]) -> Given | None:
    try:
        return scoped.resolve(code, given)
    except Refused:
        return None


def _heat(readings: Sequence[Reading]) -> Decimal | None:
    """GJ of fuel: the months' amounts times their heating values; None where one of them is unknown."""
    parts = []
    for reading in readings:
        amount, ncv = reading.reported.get("amount"), reading.value("ncv")
        if amount is None or (ncv is None and amount):
            return None
        parts.append(EXACT.multiply(amount, ncv or ZERO))
    return total(parts) if parts else None
