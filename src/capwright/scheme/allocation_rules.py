"""Allocation section of a scheme: coverage, cap, methods, benchmarks, shares, pre-issue and recall rules."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations at run time
from decimal import Decimal  # noqa: TC003
from typing import Literal

from capwright.scheme.section import Section

__all__ = ["AllocationRules", "CapRules", "CoverageRules", "ExitRules", "ProcessRule", "Sector"]

Method = Literal["benchmark", "historical_intensity", "historical_emissions", "verified_emissions"]


class Sector(Section):
    """A covered sector with its free share (1 = all free) and its enterprise counts where published."""

    code: str
    en: str
    zh: str
    free_share: Decimal
    opt_in: bool = False
    controlled_count: int | None = None


class CoverageRules(Section):
    """Who is in: standing thresholds and the thresholds of the vintage."""

    threshold_t: int
    threshold_tce: int | None = None
    threshold_racks: int | None = None  # data centres
    reporting_threshold_t: int | None = None
    gases: tuple[str, ...] = ("CO2",)
    sectors: tuple[Sector, ...]
    controlled_count: int | None = None
    new_project_count: int | None = None
    opt_in_lock_years: int | None = None


class CapRules(Section):
    """The planned cap. What was really issued is kept apart, in the ledger."""

    controlled_t: int
    reserve_t: int
    market_adjustment_share: Decimal | None = None
    auction_planned_t: int | None = None

    @property
    def total_t(self) -> int:
        """Cap = controlled units' quota + reserve."""
        return self.controlled_t + self.reserve_t


class ProcessRule(Section):
    """How one process, product or unit is allocated.

    `benchmark` is tCO2 per `activity_unit` (method `benchmark` only); `decline` is the annual decline factor d.
    `capacity_factor`: output counts up to this multiple of the licensed capacity.
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


class ExitRules(Section):
    """Enterprises that leave for the national market: what becomes of their remaining units."""

    sectors: tuple[str, ...]
    small_holding_t: int | None = None  # holdings below this are freed wholly
    release_fractions: tuple[str, ...] = ()  # e.g. "1/3" per plan
    special_kind: str = ""  # unit kind into which the remaining free quota is turned, e.g. S-GDEA
    recall_pre_issued: bool = False


class AllocationRules(Section):
    """Methods and steps of the free allocation of one vintage."""

    processes: tuple[ProcessRule, ...]
    base_years: tuple[int, ...]
    pre_issue: Literal["none", "previous_output", "last_approved", "full_formula"]
    pre_issue_share: Decimal | None = None  # national market: 0.70 of the previous verified output
    new_entrant_pre_issue: Literal["none", "reported_emissions"] = "none"
    true_up: bool = True
    objection_working_days: int = 5
    new_project_paid_share: Decimal | None = None
    new_project_auction_share: Decimal | None = None  # of the paid share, at least this part by auction
    compulsory_paid_share: Decimal | None = None  # 2013: buy first, then the free part opens
    low_utilisation: Decimal | None = None  # months below this utilisation are abnormal; their quota is recalled
    stop_months: int | None = None  # self-chosen stop longer than this in the year triggers the recall
    rounding: Literal["floor_enterprise"] = "floor_enterprise"
    issued_on: date | None = None
    exits: ExitRules | None = None
