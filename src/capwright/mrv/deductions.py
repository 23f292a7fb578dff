"""Deductions that may not exceed what they are taken from: certificates, shore power, replaced carbonates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from capwright.kernel.refusal import define, refuse
from capwright.kernel.unit import EXACT, total
from capwright.mrv.method import Method
from capwright.mrv.working import Node

if TYPE_CHECKING:
    from capwright.mrv.calculation import StreamResult

__all__ = ["limited"]

NOT_THERE = define(
    "CW-5280",
    en="{stream} takes from '{component}' at facility {facility}, where the report has none.",
    zh="{stream}从设施{facility}的“{component}”中扣减，而报告中该设施没有此项。",
    mend_en="File the deduction by the facilities that have it: {known}.",
    mend_zh="请按有此项的设施分别填报扣减：{known}。",
    rule="the method's definition: a deduction stays within what it is taken from, by facility",
)

ZERO: Final = Decimal(0)

# tCO2e that is left to deduct from, by component and facility: of each month, or one figure for the year.
Left = dict[tuple[str, str], list[Decimal]]


def limited(method: Method, streams: Sequence[StreamResult]) -> list[StreamResult]:
    """Cut deductions to what they are taken from, by facility, and by month where both are monthly.

    Deductions from the same component take from what the ones before them have left. Refuses (CW-5280) a
    deduction at a facility that has nothing of the kind.
    """
    left = _left(streams)
    made: list[StreamResult] = []
    for found in streams:
        component = method.component(found.component)
        if component is not None and component.within:
            _check_place(found, component.within, streams)
            made.append(_cut(found, component.within, left))
        else:
            made.append(found)
    return made


def _left(streams: Iterable[StreamResult]) -> Left:
    left: Left = {}
    for found in streams:
        if not found.counted or found.emissions <= 0:
            continue
        key = found.component, found.facility
        amounts = list(found.months) or [found.emissions]
        known = left.get(key, [])
        if known and len(known) != len(amounts):  # one of them is of the year only: so is the sum
            known, amounts = [total(known)], [total(amounts)]
        left[key] = [EXACT.add(a, b) for a, b in zip(known, amounts, strict=True)] if known else amounts
    return left


def _check_place(found: StreamResult, within: str, streams: Iterable[StreamResult]) -> None:
    places = sorted({other.facility or "-" for other in streams if other.component == within})
    if (found.facility or "-") not in places:
        refuse(
            NOT_THERE, stream=found.stream, facility=found.facility or "-", component=within,
            known=", ".join(places) or "-",
        )  # fmt: skip


def _cut(found: StreamResult, within: str, left: Left) -> StreamResult:
    """The deduction as far as something is left, which it takes away."""
    key = within, found.facility
    limits = left.get(key, [ZERO])
    wanted = list(found.months) if len(found.months) == len(limits) else [found.emissions]
    if len(wanted) != len(limits):
        limits = [total(limits)]
    used = [max(want, -limit) for want, limit in zip(wanted, limits, strict=True)]
    left[key] = [EXACT.add(limit, use) for limit, use in zip(limits, used, strict=True)]
    emissions = total(used)
    if emissions == found.emissions:
        return found
    node = Node(
        en=f"{found.node.en}, not below zero",
        zh=f"{found.node.zh}（不低于零）",
        value=emissions,
        unit="tCO2e",
        formula=f"max({found.stream}, -E_{within})",
        children=(found.node,),
    )
    months = tuple(used) if found.months and len(used) == len(found.months) else ()
    return replace(found, emissions=emissions, node=node, months=months)
