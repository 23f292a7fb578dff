"""Commands and events of the area's inventory: what the whole area emitted in a year, covered or not."""

from __future__ import annotations

from typing import ClassVar

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import AUTHORITY, Permit

__all__ = ["InventoryRecorded", "RecordInventory"]


class RecordInventory(Command, frozen=True):
    """Record the area's emissions from energy in a year, in tCO2; a later record of the year replaces it.

    The share that the market covers is measured against them. `document`: where the figure is from.
    """

    permit: ClassVar[Permit] = AUTHORITY
    year: int
    emissions_t: int
    document: str


class InventoryRecorded(Event, frozen=True, kw_only=True):
    year: int
    emissions_t: int
    document: str
    recorded_by: str
