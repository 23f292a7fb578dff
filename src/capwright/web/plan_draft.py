"""A first monitoring plan to fill in: the streams that a method begins with, and what each has measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.mrv.plan import MonitoringPlan, PlanDatum, PlanStream
from capwright.web.report_form import usual_components

if TYPE_CHECKING:
    from capwright.mrv.method import Method, Symbol

__all__ = ["draft_of"]


def draft_of(method: Method, organisation: str) -> MonitoringPlan:
    """A plan that says what the method itself says; boundary, meters and people are the firm's to add."""
    streams = tuple(
        PlanStream(one.code, one.code, data=tuple(_planned(each) for each in one.symbols if _given(each)))
        for one in usual_components(method)
    )
    return MonitoringPlan(method.id, organisation, boundary="", streams=streams)


def _given(symbol: Symbol) -> bool:
    """Whether a firm states it: not what the method prescribes or works out."""
    return not symbol.fixed and not symbol.formulas


def _planned(symbol: Symbol) -> PlanDatum:
    if symbol.default or symbol.value is not None:
        return PlanDatum(symbol.code, "factor")
    return PlanDatum(symbol.code, "measured", frequency="monthly", gap_procedure="")
