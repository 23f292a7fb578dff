"""The area's inventories, against which the market's coverage is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.room import Request
from capwright.mrv.inventory_messages import InventoryRecorded, RecordInventory
from capwright.mrv.state import Inventory

if TYPE_CHECKING:
    from capwright.mrv.desk import Desk

__all__ = ["Inventories"]

BAD_INVENTORY = define(
    "CW-5530",
    en="{emissions_t} t are no emissions of an area in {year}: 1 to {most_t} t are.",
    zh="{year}年区域排放总量{emissions_t}吨无效，应为1至{most_t}吨。",
    mend_en="Give the area's emissions from energy in whole tonnes of CO2.",
    mend_zh="请以整数吨二氧化碳填写区域能源活动排放总量。",
    rule="design: bound everything",
)
BAD_YEAR = define(
    "CW-5531",
    en="An inventory of {year} cannot be recorded in {now}: years from {first} to {now} can.",
    zh="{now}年不能登记{year}年的清单，可登记{first}年至{now}年。",
    rule="design: bound everything",
)
NO_SOURCE = define(
    "CW-5532",
    en="The inventory of {year} has no source.",
    zh="{year}年清单未注明来源。",
    mend_en="Name the document that gives the figure: what it is called, who issued it, when.",
    mend_zh="请注明数据出处：文件名称、发布机构和日期。",
    rule="design: each figure names its source",
)
MOST_T: Final = 100_000_000_000  # more than the whole world emits in a year
FIRST: Final = 1990  # the base year of the UN framework convention's inventories


class Inventories:
    """Handler and applier."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def record(self, request: Request, command: RecordInventory) -> list[Event]:
        """Record or replace the inventory of a year that has begun."""
        year, now = command.year, self._desk.day(request.at_ms).year
        if not FIRST <= year <= now:
            refuse(BAD_YEAR, year=year, first=FIRST, now=now)
        if not 0 < command.emissions_t <= MOST_T:
            refuse(BAD_INVENTORY, year=year, emissions_t=command.emissions_t, most_t=MOST_T)
        if not command.document:
            refuse(NO_SOURCE, year=year)
        return [
            InventoryRecorded(
                year=year,
                emissions_t=command.emissions_t,
                document=command.document,
                recorded_by=request.actor,
            )
        ]

    def recorded(self, event: InventoryRecorded, _at_ms: int) -> None:
        """Keep what was recorded last."""
        self._desk.state.inventories[event.year] = Inventory(event.emissions_t, event.document)
