"""MRV section of a scheme: methods, deadlines, re-checks, verifiers, ratings, inspections, fines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import field

from capwright.scheme.section import Section

__all__ = ["InspectionRules", "MrvRules", "RatingRules", "RecheckRules", "VerifierRules", "ViolationRule"]


class RecheckRules(Section, frozen=True, kw_only=True):
    """When the verified figure is so far from the reported one that another verifier must look again.

    Either condition suffices, and reaching the figure is enough. `basis`: the figure that the share is of.
    """

    difference_share: Decimal | None = None
    difference_t: int | None = None
    basis: Literal["reported", "verified"] = "reported"


class VerifierRules(Section, frozen=True, kw_only=True):
    """Who may verify whom. A rule that is left out does not exist."""

    rotation_years: int | None = None  # the most years running that one verifier may verify one firm
    consulting_bar_years: int | None = None  # after consulting for a firm
    never_consulting_sectors: tuple[str, ...] = ()  # in these, a consultant of the firm may never verify it
    most_assignments: int | None = None  # firms of one year for one verifier
    yellow_cards_for_red: int | None = None
    red_card_years: int | None = None  # how long a red card bars; left out: for good


class RatingRules(Section, frozen=True, kw_only=True):
    """The yearly rating of verifiers: points from 0 to 100 by criterion, weighted, and the classes."""

    report_quality_share: Decimal
    conformity_share: Decimal
    timeliness_share: Decimal
    conduct_share: Decimal
    excellent_from: int
    good_from: int
    pass_from: int
    fail_card: Literal["none", "yellow", "red"] = "none"
    fails_for_red: int | None = None


class InspectionRules(Section, frozen=True, kw_only=True):
    """Spot checks: the least share of each sector's firms that is drawn."""

    random_share: Decimal | None = None


class ViolationRule(Section, frozen=True, kw_only=True):
    """A violation with its fine, and for verifiers the card that comes with it."""

    code: str
    en: str
    zh: str
    subject: Literal["enterprise", "verifier"]
    fine_least_fen: int
    fine_most_fen: int
    card: Literal["none", "yellow", "red"] = "none"


class MrvRules(Section, frozen=True, kw_only=True):
    """Monitoring, reporting and verification of one vintage.

    `methods`: the methods that a sector may use (`code@version`); a sector that is not named may use any
    that the market has published. `switches`: deductions that are allowed (`green_power`).
    """

    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    switches: tuple[str, ...] = ()
    plan_required: bool = True
    plan_due_on: date | None = None
    report_due_on: date | None = None
    statement_due_on: date | None = None  # the verifier's report
    city_due_on: date | None = None  # the verified report to the city
    province_due_on: date | None = None  # from the city to the province
    late_reports: Literal["marked", "refused"] = "marked"
    review_required: bool = True
    contest_days: int | None = None  # after approval; left out: only before
    materiality_share: Decimal | None = None
    large_materiality_share: Decimal | None = None
    large_from_t: int | None = None  # above so many tonnes the stricter share holds
    recheck: RecheckRules = RecheckRules()
    verifiers: VerifierRules = VerifierRules()
    rating: RatingRules | None = None
    inspections: InspectionRules = InspectionRules()
    violations: tuple[ViolationRule, ...] = ()
