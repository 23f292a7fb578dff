"""How much of the area's emissions the market covers, year by year, against the scheme's targets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.compliance.room import ComplianceRoom
from capwright.market.composition import room_of
from capwright.mrv.coverage import Share, coverage_share
from capwright.mrv.room import MrvRoom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.market import Market

__all__ = ["CoverageRecord", "TargetRecord", "coverage", "targets"]

FEWEST: Final = 3  # of fewer firms no sum is told: whoever knows one figure would know another's


class TargetRecord(Struct, frozen=True, omit_defaults=True):
    """A target: the share of the area's emissions to be covered in a year, and what is missing to it, t."""

    year: int
    covered_share: Decimal
    needed_t: int = 0
    short_t: int = 0


class CoverageRecord(Struct, frozen=True, omit_defaults=True):
    """A year: the firms with a duty, their emissions (tCO2e), and the share of the area's (tCO2).

    `emissions_t` is missing where a figure is, or firms are too few to tell a sum; `area_t` and `share` where
    no inventory of the year has been recorded. `amiss`: the inventory is smaller than what is covered.
    """

    year: int
    firms: int
    with_figure: int
    emissions_t: int | None = None
    area_t: int | None = None
    document: str = ""
    share: Decimal | None = None
    amiss: bool = False
    targets: tuple[TargetRecord, ...] = ()


def targets(market: Market) -> tuple[TargetRecord, ...]:
    """What the scheme in force means to cover, by year."""
    rules = market.rulebook.now().body.coverage
    found = sorted(rules.targets, key=lambda one: one.year) if rules is not None else ()
    return tuple(TargetRecord(one.year, one.covered_share) for one in found)


def coverage(market: Market) -> list[CoverageRecord]:
    """Every year with duties, the latest first."""
    found: dict[int, list[int | None]] = {}
    for years in room_of(market.rooms, ComplianceRoom).state.duties.values():
        for year, duty in years.items():
            found.setdefault(year, []).append(duty.emissions_t)
    return [_year(market, year, found[year]) for year in sorted(found, reverse=True)]


def _year(market: Market, year: int, figures: list[int | None]) -> CoverageRecord:
    known = [one for one in figures if one is not None]
    emissions_t = sum(known) if len(known) >= FEWEST else None
    inventory = room_of(market.rooms, MrvRoom).state.inventories.get(year)
    area_t, document = (inventory.emissions_t, inventory.document) if inventory is not None else (None, "")
    rules, share, amiss = market.rulebook.now(), None, False
    if rules.body.coverage is not None and emissions_t is not None and area_t is not None:
        amiss = emissions_t > area_t
        share = None if amiss else coverage_share(rules.scheme, year, emissions_t, area_t)
    return CoverageRecord(
        year, len(figures), len(known), emissions_t, area_t, document, None if share is None else share.share,
        amiss, tuple(_against(share)),
    )  # fmt: skip


def _against(share: Share | None) -> Iterator[TargetRecord]:
    for one in share.targets if share is not None else ():
        yield TargetRecord(one.year, one.covered_share, one.needed_t, one.short_t)
