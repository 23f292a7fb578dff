"""Auction section of a scheme: the rule choices of the one clearing engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import field

from capwright.scheme.section import Section

__all__ = ["AuctionRound", "AuctionRules", "HoldingLimit", "PriceTier"]


class HoldingLimit(Section, frozen=True, kw_only=True):
    """How much one holder may own: `base_share` × base + `rest_share` × (yearly budget - base), rounded down.

    California and Quebec: 0.1 × 25,000,000 + 0.025 × (budget - 25,000,000); 17 CCR 95920.
    """

    base_t: int
    base_share: Decimal
    rest_share: Decimal


class PriceTier(Section, frozen=True, kw_only=True):
    """Extra or withheld supply tied to a price: RGGI's CCR and ECR, California's APCR tiers."""

    name: str
    # release_above: sold too while the interim price is above the trigger, never below it (RGGI's CCR);
    # withhold_below: not sold below the trigger (ECR); reserve_sale: offered apart, at the trigger (APCR).
    kind: Literal["release_above", "withhold_below", "reserve_sale"]
    trigger_fen_per_t: int
    quantity_t: int


class AuctionRound(Section, frozen=True, kw_only=True):
    """A round that the plan or the notice announces."""

    round: str
    on: date | None = None
    offered_t: int
    reserve_fen_per_t: int | None = None


class AuctionRules(Section, frozen=True, kw_only=True):
    """How one round is bid, cleared, paid and what becomes of the rest.

    Prices are fen (cents) per tonne. `None` means the scheme has no such rule.
    """

    price_rule: Literal["lowest_accepted", "floor", "pay_as_bid", "highest_rejected"]
    tie_rule: Literal["time", "random", "pro_rata_random"]
    under_subscription: Literal["cancel", "partial", "all_at_floor", "all_at_lowest_bid"]
    equal_is_short: bool = False  # whether demand that just matches the supply counts as short of it
    reserve: Literal["none", "fixed", "listed_click_mean"] = "none"
    reserve_fen_per_t: int | None = None
    reserve_factor: Decimal | None = None  # k of the policy reserve price
    reserve_months: int = 3
    reserve_modes: tuple[str, ...] = ("listed_click",)  # trades of these modes make the policy reserve price
    lot_t: int = 1
    tick_fen: int = 1
    min_bid_t: int | None = None
    institution_min_bid_t: int | None = None
    least_share_of_quota: Decimal | None = None  # 2013: a bidder asks for at least this share of its quota
    max_share_per_bidder: Decimal | None = None  # of the round
    # Share of the round by bidder category, `*` for all others; bids beyond it are cut (California).
    purchase_limits: dict[str, Decimal] = field(default_factory=dict)
    holding_limit: HoldingLimit | None = None
    # What happens when the price is below the secondary market by more than the tolerance (a share of it): EU
    # cancels, UK lifts the price to the lowest bid that meets the secondary price.
    secondary_rule: Literal["none", "cancel", "lift"] = "none"
    secondary_tolerance: Decimal | None = None
    deposit_share: Decimal | None = None  # of the bid value, held when bidding
    guarantee: Literal["none", "schedule_value"] = "none"  # California: covers the schedule's largest value
    payment_working_days: int | None = None
    withdrawable: bool = False  # whether a bid may be taken back inside the window
    unsold: Literal["cancel", "reserve", "next_round", "spread"]
    spread_rounds: int | None = None
    spread_cap: Decimal | None = None  # of a later round's original volume
    # Categories admitted, e.g. controlled, new_project, opt_in, institution; empty: all.
    bidders: tuple[str, ...] = ()
    tiers: tuple[PriceTier, ...] = ()
    # A reserve sale is held only if the last settlement was at least this share of the lowest tier.
    reserve_sale_share: Decimal | None = None
    rounds: tuple[AuctionRound, ...] = ()
