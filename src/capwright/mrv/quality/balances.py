"""Rules that set figures against each other: stocks (R05), weights (R06), energy (R07), power (R14)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from capwright.kernel.unit import EXACT, convert, unit
from capwright.mrv.quality.facts import Facts
from capwright.mrv.quality.finding import Finding, Severity, per_unit, percent, plain
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding

__all__ = ["balances"]

_GJ_PER_MWH: Final = Decimal("3.6")


def balances(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    """R05, R06, R07 and R14."""
    yield from _stocks(facts, limits)
    yield from _weights(facts, limits)
    places = dict.fromkeys(name.partition("@")[2] for name in facts.outputs if "@" in name)
    for facility in (None, *places):
        yield from _energy(facts, facility, limits)
    yield from _fuel_rate(facts, limits)
    yield from _power(facts, limits)


def _grade(apart: Decimal, limit: Decimal, limits: Thresholds) -> Severity:
    return "fail" if apart > limit * limits.gross_factor else "warn"


def _stocks(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    for stock in facts.companion.stocks:
        stream = facts.find(stock.stream)
        if stream is None or not stream.amount:
            continue
        used = EXACT.subtract(EXACT.add(stock.opening, stock.bought), EXACT.add(stock.closing, stock.sold))
        used = convert(used, unit(stock.unit), unit(stream.unit))
        apart = abs(used - stream.amount) / stream.amount
        if apart > limits.stock_share:
            yield finding(
                "R05", _grade(apart, limits.stock_share, limits), facts, stream,
                observed=percent(apart), limit=percent(limits.stock_share),
                en=f"By stock and purchases {plain(used)} {stream.unit} were used, {plain(stream.amount)} "
                "are reported: {observed} apart, {limit} is allowed.",
                zh=f"按库存与购入推算消耗{plain(used)} {stream.unit}，填报{plain(stream.amount)}，"
                "相差{observed}，允许{limit}。",
            )  # fmt: skip


def _spread(values: dict[str, Decimal]) -> tuple[Decimal, str, str]:
    """The difference of the largest and the smallest as a share of the largest, and which they are."""
    high = max(values, key=lambda name: values[name])
    low = min(values, key=lambda name: values[name])
    if values[high] <= 0:
        return Decimal(0), low, high
    return (values[high] - values[low]) / values[high], low, high


def _weights(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    names = {"belt": "皮带秤", "feeder": "给煤机", "invoice": "发票", "reported": "填报"}
    for weights in facts.companion.weights:
        stream = facts.find(weights.stream)
        if stream is None or not stream.unit:
            continue
        own = {"belt": weights.belt, "feeder": weights.feeder, "invoice": weights.invoice}
        given, wanted = unit(weights.unit), unit(stream.unit)
        values = {name: convert(one, given, wanted) for name, one in own.items() if one is not None}
        if stream.amount is not None:
            values["reported"] = stream.amount
        if len(values) < 2:  # noqa: PLR2004 - it takes two to differ
            continue
        apart, low, high = _spread(values)
        if apart > limits.weights_share:
            yield finding(
                "R06", _grade(apart, limits.weights_share, limits), facts, stream,
                observed=percent(apart), limit=percent(limits.weights_share),
                en=f"{low} says {plain(values[low])} {stream.unit}, {high} {plain(values[high])}: "
                "{observed} apart, {limit} is allowed.",
                zh=f"{names[low]}{plain(values[low])} {stream.unit}，{names[high]}{plain(values[high])}，"
                "相差{observed}，允许{limit}。",
            )  # fmt: skip


def _energy(facts: Facts, facility: str | None, limits: Thresholds) -> Iterator[Finding]:
    """R07, efficiencies: electricity made over fuel burned; with heat supplied, both together.

    Where much heat is supplied the electric efficiency may be low, so the least is asked of both together.
    """
    mark = "" if facility is None else f"@{facility}"
    mwh = facts.outputs.get(f"gross{mark}") or facts.outputs.get(f"supply{mark}")
    units = {facts.output_units[code] for code in ("gross", "supply") if code in facts.output_units}
    fuel = facts.heat_of(facility)
    if not mwh or units != {"MWh"} or not fuel:
        return
    supplied = facts.outputs.get(f"heat_supply{mark}", Decimal(0))
    electric = mwh * _GJ_PER_MWH / fuel
    whole = electric + supplied / fuel
    if electric > limits.electric_most or whole < limits.electric_least:
        value = electric if electric > limits.electric_most else whole
        yield finding(
            "R07", "fail", facts, facility=facility or "",
            observed=percent(value),
            limit=f"{percent(limits.electric_least)} - {percent(limits.electric_most)}",
            en="The fuel reported would make electricity with {observed} efficiency; {limit} is possible.",
            zh="按填报燃料量推算的发电效率为{observed}，合理范围为{limit}。",
        )  # fmt: skip
    elif whole > limits.total_most:
        yield finding(
            "R07", "fail", facts, facility=facility or "",
            observed=percent(whole), limit=percent(limits.total_most),
            en="Electricity and heat together are {observed} of the fuel reported; {limit} is possible.",
            zh="电、热产出合计为填报燃料热量的{observed}，上限为{limit}。",
        )  # fmt: skip


def _fuel_rate(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    """R07, fuel per product against the year before (the coal rate of a power plant)."""
    prior, made, heat = facts.companion.prior, facts.made, facts.heat
    if prior is None or not prior.heat or not prior.product or made is None or heat is None:
        return
    before, now = prior.heat / prior.product, heat / made
    apart = abs(now / before - 1)
    if apart > limits.fuel_rate_share:
        per = per_unit(facts.output_units[facts.product])
        yield finding(
            "R07", _grade(apart, limits.fuel_rate_share, limits), facts,
            observed=percent(apart), limit=percent(limits.fuel_rate_share),
            en=f"Fuel used per product went from {plain(before)} to {plain(now)} GJ{per} in a year: "
            "{observed}; {limit} is usual.",
            zh=f"单位产品燃料消耗由{plain(before)}变为{plain(now)} GJ{per}，同比变化{{observed}}，"
            "通常不超过{limit}。",
        )  # fmt: skip


def _power(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    names = {"meter": "表计", "settlement": "结算", "statistics": "统计", "reported": "填报"}
    for reading in facts.companion.power:
        own = {"meter": reading.meter, "settlement": reading.settlement, "statistics": reading.statistics}
        given = unit(reading.unit)
        values = {name: convert(one, given, unit("MWh")) for name, one in own.items() if one is not None}
        told = facts.told(reading.of)
        if told is not None:
            values["reported"] = convert(told[0], unit(told[1]), unit("MWh"))
        if len(values) < 2:  # noqa: PLR2004 - it takes two to differ
            continue
        apart, low, high = _spread(values)
        if apart > limits.power_share:
            stream = facts.find(reading.of.partition("/")[0]) if "/" in reading.of else None
            yield finding(
                "R14", _grade(apart, limits.power_share, limits), facts, stream,
                observed=percent(apart), limit=percent(limits.power_share),
                en=f"{reading.of}: {low} says {plain(values[low])} MWh, {high} {plain(values[high])}: "
                "{observed} apart, {limit} is allowed.",
                zh=f"{reading.of}：{names[low]}{plain(values[low])} MWh，{names[high]}{plain(values[high])}，"
                "相差{observed}，允许{limit}。",
            )  # fmt: skip
