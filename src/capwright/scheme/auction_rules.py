"""Auction section of a scheme: the rule choices of the one clearing engine."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations at run time
from decimal import Decimal  # noqa: TC003
from typing import Literal

from capwright.scheme.section import Section

__all__ = ["AuctionRound", "AuctionRules", "PriceTier"]


class PriceTier(Section):
    """Extra or withheld supply tied to a price: RGGI's CCR and ECR, California's APCR tiers."""

    name: str
    kind: Literal["release_above", "withhold_below", "reserve_sale"]
    trigger_fen_per_t: int
    quantity_t: int


class AuctionRound(Section):
    """A round that the plan or the notice announces."""

    round: str
    on: date | None = None
    offered_t: int
    reserve_fen_per_t: int | None = None


class AuctionRules(Section):
    """How one round is bid, cleared, paid and what becomes of the rest.

    Prices are fen (cents) per tonne. `None` means the scheme has no such rule.
    """

    price_rule: Literal["lowest_accepted", "floor", "pay_as_bid", "highest_rejected"]
    tie_rule: Literal["time", "random", "pro_rata_random"]
    under_subscription: Literal["cancel", "partial", "all_at_floor", "all_at_lowest_bid"]
    reserve: Literal["none", "fixed", "listed_click_mean"] = "none"
    reserve_fen_per_t: int | None = None
    reserve_factor: Decimal | None = None  # k of the policy reserve price
    reserve_months: int = 3
    lot_t: int = 1
    tick_fen: int = 1
    min_bid_t: int | None = None
    institution_min_bid_t: int | None = None
    least_share_of_quota: Decimal | None = None  # 2013: a controlled firm bids at least this share of its quota
    max_share_per_bidder: Decimal | None = None  # of the round
    purchase_limits: dict[str, Decimal] = {}  # share of the round by bidder category (California)
    deposit_share: Decimal | None = None  # of the bid value, held when bidding
    guarantee: Literal["none", "schedule_value"] = "none"  # California: covers the largest value of the schedule
    payment_working_days: int | None = None
    unsold: Literal["cancel", "reserve", "next_round", "spread"]
    spread_rounds: int | None = None
    spread_cap: Decimal | None = None  # of a later round's original volume
    bidders: tuple[str, ...] = ()  # categories admitted; empty: all
    tiers: tuple[PriceTier, ...] = ()
    rounds: tuple[AuctionRound, ...] = ()
