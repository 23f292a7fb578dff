"""A monitoring plan: who measures what, how, with which meter, how often, and what if it fails.

Contents follow the table of contents of Guangdong's guide of 2021: version and change log (which the market
keeps), organisation and boundary, units and key equipment, source streams, for each datum the method, meter
and accuracy, frequency, responsible person, records and gap procedure; quality assurance; uncertainty.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from capwright.mrv.records import Record

__all__ = ["MonitoringPlan", "PlanDatum", "PlanFacility", "PlanStream"]


class PlanDatum(Record, frozen=True):
    """How one symbol is found. `accuracy` and `uncertainty` are fractions: 0.005 is 0.5 %."""

    symbol: str
    determined: Literal["measured", "mass_balance", "factor", "direct", "default", "estimated"]
    meter: str = ""
    accuracy: Decimal | None = None
    frequency: Literal[
        "", "continuous", "shift", "daily", "weekly", "monthly", "batch", "quarterly", "yearly"
    ] = ""
    responsible: str = ""
    records: str = ""
    gap_procedure: str = ""
    uncertainty: Decimal | None = None


class PlanStream(Record, frozen=True):
    """A source stream as reports will name it: `code`, `component` and `item` of the method."""

    code: str
    component: str
    item: str = ""
    facility: str = ""
    data: tuple[PlanDatum, ...] = ()


class PlanFacility(Record, frozen=True):
    """A unit or device inside the boundary, with its key equipment."""

    code: str
    name: str
    equipment: str = ""


class MonitoringPlan(Record, frozen=True):
    """A monitoring plan; its version and the log of changes are kept by the market."""

    method: str
    organisation: str
    boundary: str
    streams: tuple[PlanStream, ...]
    facilities: tuple[PlanFacility, ...] = ()
    quality: str = ""
    uncertainty: str = ""
