"""What the log does not tell and the ledger needs: how much was issued, and who had to buy.

The extract has no transfers and no auctions. An installation that surrendered more than it had been given
must have bought units; the plan lets it buy exactly what is missing, just before the surrender, from one
account that was filled the way an auction's is (the bridge). What an installation did not need stays with it,
where in truth it could be sold: so the bridge is larger than the auctions were.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from capwright.importers.eutl_files import EutlData

__all__ = ["PERIODS", "YearPlan", "make_plan", "period_of"]

# First years of the trading periods. Units of a period serve all its years; those of the first one served no
# other (Directive 2003/87/EC art. 13). The log's running totals begin anew with each (EUTL).
PERIODS: Final = (2005, 2008, 2013, 2021)
NO_BANKING_INTO: Final = 2008


class YearPlan(Struct):
    """What one vintage needs, in tonnes: free units by kind, what the bridge sells, and to whom.

    `cancelled` is what is left of the period before and may not be banked, by installation and vintage.
    """

    year: int
    free_t: int = 0  # EUA
    free_aviation_t: int = 0  # EUAA
    bought_t: dict[str, int] = field(default_factory=dict)
    cancelled: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def bridge_t(self) -> int:
        """What the bridge must hold for the surrender of this year's emissions."""
        return sum(self.bought_t.values())


def period_of(year: int) -> int:
    """The first year of the trading period of a year."""
    return max(start for start in PERIODS if start <= year)


def make_plan(data: EutlData) -> dict[int, YearPlan]:
    """Follow every installation's holdings through the years and return the plan of each year."""
    last = max(data.years)
    plan = {year: YearPlan(year) for year in range(min(data.years), last + 1)}
    holdings: dict[str, dict[int, int]] = {}  # by installation and vintage
    for year, needs in plan.items():
        _allocate(data, needs, holdings)
        if year - 1 in plan:
            _surrender(data, plan[year - 1], holdings)
        if year == NO_BANKING_INTO:
            _cancel(needs, holdings)
    _surrender(data, plan[last], holdings)
    return plan


def _allocate(data: EutlData, year: YearPlan, holdings: dict[str, dict[int, int]]) -> None:
    for _, row in data.years.get(year.year, ()):
        if row.allocated_t:
            holdings.setdefault(row.installation_id, {})[year.year] = row.allocated_t
            if data.installations[row.installation_id].aviation:
                year.free_aviation_t += row.allocated_t
            else:
                year.free_t += row.allocated_t


def _surrender(data: EutlData, year: YearPlan, holdings: dict[str, dict[int, int]]) -> None:
    """Take what is surrendered, oldest vintage first; note what has to be bought."""
    last_usable = year.year if period_of(year.year) != period_of(year.year + 1) else year.year + 1
    for _, row in data.years.get(year.year, ()):
        left_t = row.surrendered_t or 0
        has = holdings.get(row.installation_id, {})
        for vintage in sorted(has):
            if not left_t or vintage > last_usable:
                break
            taken_t = min(left_t, has[vintage])
            left_t -= taken_t
            has[vintage] -= taken_t
            if not has[vintage]:
                del has[vintage]
        if left_t:
            year.bought_t[row.installation_id] = left_t


def _cancel(year: YearPlan, holdings: dict[str, dict[int, int]]) -> None:
    for installation, has in holdings.items():
        old = {vintage: has.pop(vintage) for vintage in sorted(has) if vintage < NO_BANKING_INTO}
        if old:
            year.cancelled[installation] = old
