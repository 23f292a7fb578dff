"""Allocation section of a scheme: coverage, cap, methods, benchmarks, shares, pre-issue and recall rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from capwright.scheme.section import Section

__all__ = [
    "AllocationRules",
    "CapRules",
    "CoverageRules",
    "CoverageTarget",
    "ElectricityBasis",
    "ExitRules",
    "ProcessRule",
    "Sector",
]

ElectricityBasis = Literal["calorific_value", "equal_value"]
Method = Literal["benchmark", "historical_intensity", "historical_emissions", "verified_emissions"]


class Sector(Section, frozen=True, kw_only=True):
    """A covered sector with its free share (1 = all free) and its enterprise counts where published."""

    code: str
    en: str
    zh: str
    free_share: Decimal
    opt_in: bool = False
    controlled_count: int | None = None


class CoverageTarget(Section, frozen=True, kw_only=True):
    """The share of the area's emissions that the market is to cover in a year."""

    year: int
    covered_share: Decimal

    @property
    def en(self) -> str:
        """What the target is called."""
        return str(self.year)

    @property
    def zh(self) -> str:
        """What the target is called in Chinese."""
        return f"{self.year}年"


class CoverageRules(Section, frozen=True, kw_only=True):
    """Who is in: the thresholds of the vintage's plan, which go before the `standing_*` ones of the law.

    `threshold_tce`: energy use that covers a firm as well; `threshold_racks`: standard racks of a data
    centre; `downgrade_years`: after so many years in a row under the threshold a firm reports only or is out.
    `reference_years`: a figure of any of these years decides (empty: of the year before the vintage).
    `opt_in_lock_years`: who joined of its own will may leave after so many years of compliance in a row.
    `opt_in_by_approval`: firms below the thresholds or of other sectors may join too. `electricity_basis`:
    how electricity counts in `threshold_tce`, by its own heat (当量值) or by the coal burned for it (等价值).
    `targets`: the share of the area's emissions that is to be covered, by year.
    """

    threshold_t: int
    standing_threshold_t: int | None = None
    standing_non_industry_threshold_t: int | None = None
    new_project_threshold_t: int | None = None
    downgrade_years: int | None = None
    threshold_tce: int | None = None
    threshold_racks: int | None = None
    reporting_threshold_t: int | None = None
    gases: tuple[str, ...] = ("CO2",)
    sectors: tuple[Sector, ...]
    controlled_count: int | None = None
    new_project_count: int | None = None
    opt_in_lock_years: int | None = None
    opt_in_by_approval: bool = False
    electricity_basis: ElectricityBasis = "calorific_value"
    reference_years: tuple[int, ...] = ()
    targets: tuple[CoverageTarget, ...] = ()


class CapRules(Section, frozen=True, kw_only=True):
    """The planned cap. What was really issued is kept apart, in the ledger."""

    controlled_t: int
    reserve_t: int
    market_adjustment_share: Decimal | None = None
    auction_planned_t: int | None = None

    @property
    def total_t(self) -> int:
        """Cap = controlled units' quota + reserve."""
        return self.controlled_t + self.reserve_t


class ProcessRule(Section, frozen=True, kw_only=True):
    """How one process, product or unit is allocated.

    `benchmark` is tCO2 per `activity_unit` (method `benchmark` only); `decline` is the annual decline
    factor d. `capacity_factor`: output counts up to this multiple of the licensed capacity. `output_basis`
    `historical_mean` is the one-off benchmark formula of 2013, mean output of the normal base years instead
    of the vintage's. `heat_benchmark` is tCO2 per GJ of heat supplied, added to the electricity part
    (national power sector, where `activity_unit` says whether MWh are net supply or gross generation).
    """

    code: str
    sector: str
    en: str
    zh: str
    method: Method
    activity_unit: str = "t"
    benchmark: Decimal | None = None
    decline: Decimal
    capacity_factor: Decimal | None = None
    output_basis: Literal["vintage", "historical_mean"] = "vintage"
    heat_benchmark: Decimal | None = None


class ExitRules(Section, frozen=True, kw_only=True):
    """Enterprises that leave for the national market: what becomes of their remaining units."""

    sectors: tuple[str, ...]
    small_holding_t: int | None = None  # holdings below this are freed wholly
    release_fractions: tuple[str, ...] = ()  # e.g. "1/3" per plan
    release_vintages: tuple[int, ...] = ()  # the vintages with whose plans the fractions are freed
    special_kind: str = ""  # unit kind into which the remaining free quota is turned, e.g. S-GDEA
    recall_pre_issued: bool = False


class AllocationRules(Section, frozen=True, kw_only=True):
    """Methods and steps of the free allocation of one vintage.

    `new_project_auction_share`: at least this part of the paid share is bought by auction.
    `new_project_energy_factor`: tCO2 per tce of expected energy use, for new projects without a benchmark.
    `compulsory_paid_share`: buy this first, then the free part opens (2013).
    `low_utilisation`: months below it are abnormal; after a closure, or a self-chosen stop of more than
    `stop_months` in the year, their quota is recalled. `historical_stop_months`: firms of the historical
    methods are recalled already for a stop this long or longer (2015).
    """

    processes: tuple[ProcessRule, ...]
    base_years: tuple[int, ...]
    pre_issue: Literal["none", "previous_output", "last_approved", "full_formula"]
    pre_issue_share: Decimal | None = None  # national market: 0.70 of the previous verified output
    new_entrant_pre_issue: Literal["none", "reported_emissions"] = "none"
    true_up: bool = True
    objection_working_days: int = 5
    new_project_paid_share: Decimal | None = None
    new_project_auction_share: Decimal | None = None
    new_project_energy_factor: Decimal | None = None
    compulsory_paid_share: Decimal | None = None
    low_utilisation: Decimal | None = None
    stop_months: int | None = None
    historical_stop_months: int | None = None
    rounding: Literal["floor_enterprise"] = "floor_enterprise"
    issued_on: date | None = None
    exits: ExitRules | None = None
