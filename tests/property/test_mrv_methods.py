"""Laws of every shipped method: linear in what is used, blind to units and to order, never less for more.

A component is tried with each of its ways: what has no default is drawn within the method's own bounds.
"""

from __future__ import annotations

import random
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import EXACT, convert, unit
from capwright.mrv import formula
from capwright.mrv.calculation import compute
from capwright.mrv.library import method, methods
from capwright.mrv.method import Component, Form, Method, Symbol
from capwright.mrv.records import Datum, EmissionReport, Stream
from capwright.mrv.source_stream import open_stream

YEAR = 2023
AREA = "guangdong"
# A figure may be reported in any of these instead.
OTHER_UNITS = {
    "t": "kg", "10^4 Nm3": "Nm3", "MWh": "kWh", "GJ": "MJ", "1": "%", "tC/t": "kgC/kg", "GJ/t": "MJ/kg",
    "GJ/10^4 Nm3": "MJ/Nm3", "tC/10^4 Nm3": "kgC/Nm3", "tCO2/t": "kgCO2/t", "m3": "10^4 m3", "kgCOD": "tCOD",
    "kgCOD/m3": "gCOD/L", "h": "min", "10^4 Nm3/h": "Nm3/h", "tCO2/GJ": "kgCO2/GJ", "kg": "g", "km": "m",
}  # fmt: skip
AMOUNTS = st.decimals("0.001", "1000000", places=3)


def alone(found: Method, component: Component) -> Method:
    """The method with one component counted plainly and nothing else asked for."""
    plain = structs.replace(
        component, sign=1, within="", switch="", scope="process", cross_check=False, beside=""
    )
    others = (
        structs.replace(c, required=False, beside="", cross_check=False, within="")
        for c in found.body.components
        if c.code != component.code
    )
    body = structs.replace(found.body, components=(plain, *others), outputs=(), indicators=())
    return structs.replace(found, body=body)


@cache
def cases(name: str) -> list[tuple[Method, Component, str, Form]]:
    """Every component of a method, with every item and every way."""
    made = []
    for component in method(name).body.components:
        single = alone(method(name), component)
        items = items_of(method(name), component)
        beside = method(name).component(component.beside) if component.beside else None
        if beside is not None:
            items = [item for item in items if item in items_of(method(name), beside)]
        made += [
            (single, single.body.components[0], item, form) for item in items for form in component.forms
        ]
    return made


def items_of(found: Method, component: Component) -> list[str]:
    if not component.table:
        return [""]
    return list(component.items) or [item.code for item in found.tables[component.table].body.items]


def report(found: Method, *streams: Stream) -> EmissionReport:
    return EmissionReport("firm", YEAR, found.id, streams, area=AREA)


def within_bounds(symbol: Symbol, per: str, place: int) -> Decimal:
    """A figure between the method's bounds, lower for each further property."""
    least = symbol.least_per.get(per, symbol.least or Decimal(0))
    most = symbol.most_per.get(per, symbol.most if symbol.most is not None else least + 1)
    return least + (most - least) * (Decimal("0.6") - Decimal("0.05") * place)


def stream(found: Method, component: Component, item: str, form: Form, amount: Decimal) -> Stream:
    """A stream with all that the form needs and the tables do not give; activities are all `amount`."""
    empty = Stream("s", component.code, item, form=form.code)
    scoped = open_stream(found, report(found, empty), empty)
    data = []
    for name in formula.symbols(form.formula):
        symbol = component.symbol(name)
        assert symbol is not None
        if symbol.role == "activity":
            needed = symbol.value is None and not symbol.fixed
            # Hours have a most: leave room for a thousandfold.
            figure = amount if symbol.most is None else amount * symbol.most / 10**9
        else:
            needed = scoped.resolve(name, {}) is None
            figure = within_bounds(symbol, scoped.per, len(data))
        if needed:
            data.append(stated_with(symbol, Datum(name, scoped.units[name], value=figure)))
    return structs.replace(empty, data=tuple(data))


def stated_with(symbol: Symbol, datum: Datum) -> Datum:
    """The datum with what the method wants said about it."""
    if not symbol.needs:
        return datum
    tier = symbol.tiers[0].tier if symbol.tiers else ""
    return structs.replace(datum, tier=tier, uncertainty=Decimal(0), note="estimated")


def scaled(given_: Stream, component: Component, by: Decimal) -> Stream:
    """The same with every activity `by` times as large."""
    activities = {symbol.code for symbol in component.symbols if symbol.role == "activity"}
    data = tuple(
        structs.replace(d, value=d.value * by) if d.symbol in activities and d.value is not None else d
        for d in given_.data
    )
    return structs.replace(given_, data=data)


def tonnes(found: Method, *streams: Stream) -> Decimal:
    return compute(found, report(found, *streams)).emissions


def close(one: Decimal, other: Decimal) -> bool:
    """Equal but for the last of fifty digits."""
    return abs(EXACT.subtract(one, other)) <= EXACT.multiply(abs(other), Decimal("1e-45"))


@pytest.mark.parametrize("name", methods())
@given(data=st.data(), amount=AMOUNTS, by=st.integers(2, 1000))
def test_linear_and_monotone_in_what_is_used(name: str, data: st.DataObject, amount: Decimal, by: int):
    found, component, item, form = data.draw(st.sampled_from(cases(name)))
    once = stream(found, component, item, form, amount)
    before, after = tonnes(found, once), tonnes(found, scaled(once, component, Decimal(by)))
    assert close(after, EXACT.multiply(before, Decimal(by)))
    assert after >= before >= 0


@pytest.mark.parametrize("name", methods())
@given(data=st.data(), amount=AMOUNTS)
def test_blind_to_units(name: str, data: st.DataObject, amount: Decimal):
    found, component, item, form = data.draw(st.sampled_from(cases(name)))
    once = stream(found, component, item, form, amount)
    other = structs.replace(once, data=tuple(in_another_unit(datum) for datum in once.data))
    assert close(tonnes(found, other), tonnes(found, once))


def in_another_unit(datum: Datum) -> Datum:
    wanted = OTHER_UNITS.get(datum.unit)
    if wanted is None or datum.value is None:
        return datum
    return structs.replace(datum, unit=wanted, value=convert(datum.value, unit(datum.unit), unit(wanted)))


@pytest.mark.parametrize("name", methods())
@given(data=st.data(), amounts=st.lists(AMOUNTS, min_size=2, max_size=6), seed=st.integers(0, 2**32))
def test_blind_to_the_order_of_streams(name: str, data: st.DataObject, amounts: list[Decimal], seed: int):
    found, component, _, _ = data.draw(st.sampled_from(cases(name)))
    own = [case for case in cases(name) if case[1].code == component.code]
    streams = [
        structs.replace(
            stream(found, component, own[n % len(own)][2], own[n % len(own)][3], amount), code=f"s{n}"
        )
        for n, amount in enumerate(amounts)
    ]
    shuffled = streams[:]
    random.Random(seed).shuffle(shuffled)
    first, second = compute(found, report(found, *streams)), compute(found, report(found, *shuffled))
    assert close(first.emissions, second.emissions)
    assert first.emissions_t == second.emissions_t
    assert {s.stream: s.emissions for s in first.streams} == {s.stream: s.emissions for s in second.streams}


@pytest.mark.parametrize("name", methods())
def test_a_wrong_dimension_is_refused_everywhere(name: str):
    for found, component, item, form in cases(name):
        once = stream(found, component, item, form, Decimal(1))
        wrong = structs.replace(once, data=tuple(structs.replace(d, unit="rack") for d in once.data))
        with pytest.raises(Refused) as refused:
            tonnes(found, wrong)
        assert refused.value.refusal.code == "CW-5255"


@pytest.mark.parametrize("name", methods())
def test_every_way_works_and_is_linear(name: str):
    for found, component, item, form in cases(name):
        once = stream(found, component, item, form, Decimal("7.25"))
        before, after = tonnes(found, once), tonnes(found, scaled(once, component, Decimal(3)))
        assert close(after, EXACT.multiply(before, Decimal(3))), (component.code, item, form.code)


@pytest.mark.parametrize("name", methods())
def test_what_is_beyond_a_bound_is_refused_everywhere(name: str):
    for found, component, item, form in cases(name):
        empty = Stream("s", component.code, item, form=form.code)
        scoped = open_stream(found, report(found, empty), empty)
        for symbol in component.symbols:
            most = symbol.most_per.get(scoped.per, symbol.most)
            if most is None or symbol.fixed:
                continue
            slip = Datum(symbol.code, scoped.units[symbol.code], value=most * 100)
            slips = structs.replace(empty, data=(stated_with(symbol, slip),))
            with pytest.raises(Refused) as refused:
                tonnes(found, slips)
            assert refused.value.refusal.code == "CW-5243", (component.code, symbol.code)


def test_the_shares_of_every_method_are_bounded():
    """A share given as a percentage without its sign is 100 times too large: each has a bound that tells."""
    unbounded = [
        f"{name}: {component.code}.{symbol.code}"
        for name in methods()
        for component in method(name).body.components
        for symbol in component.symbols
        if symbol.unit == "1" and symbol.role == "property" and not symbol.fixed and symbol.most is None
    ]
    assert unbounded == []
