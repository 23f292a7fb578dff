"""Compliance section of a scheme: deadlines, surrender order, offsets, banking, sanctions, status."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from capwright.scheme.section import Section

__all__ = ["BasketRule", "ComplianceRules", "CreditFilter", "OffsetRules", "SanctionRules"]


class CreditFilter(Section, frozen=True, kw_only=True):
    """A credit kind admitted as offset, from a vintage on, and what bars a single project.

    Project types are slugs: `hydro`, `coal`, `oil`, `gas` (power or heat from that fuel), `waste_energy`,
    `coal_bed_methane`, `forest`, `pv`, `wind`, `biogas` … Regions are the English names of provinces and
    cities. A project that does not say what the filter asks for is barred.
    """

    kind: str  # unit kind, e.g. CCER
    provincial: bool  # counts towards the provincial share
    barred_project_types: tuple[str, ...] = ()
    barred_regions: tuple[str, ...] = ()
    least_co2_ch4_share: Decimal | None = None
    bar_pre_cdm: bool = False


class BasketRule(Section, frozen=True, kw_only=True):
    """A unit kind usable only together with another, e.g. S-GDEA with PHCER at no less than 70 % PHCER."""

    kind: str
    partner_kind: str
    least_partner_share: Decimal


class OffsetRules(Section, frozen=True, kw_only=True):
    """How much of an obligation credits may cover. `basis` names what the limit is a share of.

    Credits of a `provincial` kind and of projects in `home_region` count towards the provincial share.
    """

    limit_share: Decimal
    basis: Literal["actual_emissions", "obligation"]
    least_provincial_share: Decimal | None = None
    home_region: str = ""
    bar_own_boundary: bool = False
    market_ceiling_t: int | None = None
    request_by: date | None = None
    request_by_original: date | None = None
    credits: tuple[CreditFilter, ...] = ()
    basket: BasketRule | None = None


class SanctionRules(Section, frozen=True, kw_only=True):
    """What a shortfall costs.

    `deduction_multiple` × shortfall is taken from next year's allocation; `fine_fen` is a fixed fine;
    `price_multiple_*` × shortfall × mean market price is the fine of the national regulation;
    `penalty_fen_per_t` the EU-type excess emissions penalty.
    """

    deduction_multiple: Decimal | None = None
    fine_fen: int | None = None
    fine_least_fen: int | None = None
    fine_most_fen: int | None = None
    price_multiple_least: Decimal | None = None
    price_multiple_most: Decimal | None = None
    penalty_fen_per_t: int | None = None
    still_owed: bool = True


class ComplianceRules(Section, frozen=True, kw_only=True):
    """The yearly duty: how much, by when, with what, and what if not."""

    surrender_due_on: date
    surrender_due_on_original: date | None = None
    due_on_source_note: str = ""
    # Vintages later than the compliance year may not be used unless borrowing is allowed.
    banking: bool = True
    borrowing: bool = False
    surrender_order: tuple[Literal["credit", "special", "older_vintage", "allowance"], ...] = (
        "credit",
        "special",
        "older_vintage",
        "allowance",
    )
    status: Literal["yearly", "cumulative"]
    status_since: int | None = None  # cumulative: years before this one do not count (EU: the trading period)
    shortfall_cap_share: Decimal | None = None  # 2019-22 national: of emissions; the most of the gap owed
    gas_units_owe_at_most_quota: bool = False
    offsets: OffsetRules | None = None
    sanctions: SanctionRules = SanctionRules()
    due_count: int | None = None  # published: enterprises with a duty
    complied_count: int | None = None  # published: complied by the deadline
