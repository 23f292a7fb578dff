"""Sales from a price-containment reserve (California's APCR): an auction with every bid at one price."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from capwright.auction.bids import Bid
from capwright.auction.ties import PRO_RATA
from capwright.kernel.refusal import define, refuse
from capwright.scheme.auction_rules import AuctionRules, PriceTier

__all__ = ["at_tier", "check_due", "reserve_sale", "reserve_sale_due", "tier_of"]

NO_TIER = define(
    "CW-6113",
    en="These rules have no tier '{tier}' that is sold from a reserve.",
    zh="该规则中没有从储备出售的价格档“{tier}”。",
    mend_en="Known tiers: {known}.",
    mend_zh="可用的价格档：{known}。",
    rule="scheme: auction.tiers",
)
NOT_DUE = define(
    "CW-6114",
    en="No sale from the reserve is due: the last auction settled below the share of the lowest tier price.",
    zh="储备出售条件未满足：最近一次竞价成交价低于最低价格档的规定比例。",
    mend_en="The last sale before the surrender date is held whatever the price.",
    mend_zh="清缴日前的最后一次储备出售不受此限。",
    rule="17 CCR 95913",
)


def tier_of(rules: AuctionRules, name: str) -> PriceTier:
    """The tier of this name that is sold from a reserve; refuses where the rules have none."""
    tiers = {tier.name: tier for tier in rules.tiers if tier.kind == "reserve_sale"}
    if name not in tiers:
        refuse(NO_TIER, tier=name[:40], known=", ".join(tiers) or "-")
    return tiers[name]


def reserve_sale_due(
    rules: AuctionRules, last_settlement_fen_per_t: int, *, last_before_surrender: bool = False
) -> bool:
    """Whether a sale from the price-containment reserve is held.

    It is when the last settlement price was at least the given share of the lowest tier price, and always for
    the last one before the surrender date (17 CCR 95913).
    """
    triggers = [tier.trigger_fen_per_t for tier in rules.tiers if tier.kind == "reserve_sale"]
    if not triggers or rules.reserve_sale_share is None:
        return False
    return last_before_surrender or last_settlement_fen_per_t >= rules.reserve_sale_share * min(triggers)


def check_due(rules: AuctionRules, last_fen_per_t: int | None, *, last_before_surrender: bool) -> None:
    """Refuse a sale that is not due; `last_fen_per_t` is the last settlement price, None before the first."""
    if not reserve_sale_due(rules, last_fen_per_t or 0, last_before_surrender=last_before_surrender):
        refuse(NOT_DUE)


def reserve_sale(rules: AuctionRules, tier: PriceTier) -> AuctionRules:
    """The rules by which a tier is sold: all that is asked for, or pro rata when it is too much.

    What is not sold stays in the reserve (17 CCR 95913).
    """
    return structs.replace(
        rules,
        price_rule="lowest_accepted",
        tie_rule=PRO_RATA,
        under_subscription="partial",
        reserve="fixed",
        reserve_fen_per_t=tier.trigger_fen_per_t,
        secondary_rule="none",
        unsold="next_round",
        rounds=(),
        tiers=(),
    )


def at_tier(tier: PriceTier, bids: Iterable[Bid]) -> list[Bid]:
    """The bids of a sale: whoever offers the tier's price or more asks at the tier's price."""
    price = tier.trigger_fen_per_t
    return [
        structs.replace(bid, price_fen_per_t=price) if bid.price_fen_per_t > price else bid for bid in bids
    ]
