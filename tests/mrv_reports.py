"""Short ways to work reports out by shipped methods, for tests."""

from __future__ import annotations

from decimal import Decimal

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.calculation import Result, compute
from capwright.mrv.library import method
from capwright.mrv.records import EmissionReport, Stream
from tests.mrv_worlds import datum


def work(name: str, *streams: Stream, year: int = 2023, **more) -> Result:
    made = method(name)
    return compute(made, EmissionReport("firm", year, made.id, streams, **more))


def code(doing) -> str:
    with pytest.raises(Refused) as refused:
        doing()
    return refused.value.refusal.code


def stream(component: str, item: str = "", *data, **more) -> Stream:
    return Stream(more.pop("code", f"{component}-{item}"), component, item, data=data, **more)


def power(bought: object, unit: str = "MWh", **more) -> Stream:
    return stream("electricity", "", datum("bought", unit, bought), **more)


def of(found: Result, component: str) -> Decimal:
    return next(s.emissions for s in found.streams if s.component == component)


def near(value: Decimal, places: int = 6) -> Decimal:
    return round(value, places)


def over_12(value: str) -> Decimal:
    """`value` × 44/12, as stated."""
    return stated(EXACT.divide(Decimal(value) * 44, Decimal(12)))
