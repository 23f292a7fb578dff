"""Helpers for auction tests: short rules and books."""

from __future__ import annotations

from decimal import Decimal

from capwright.auction.bids import Bid
from capwright.scheme.auction_rules import AuctionRules


def rules(**choice) -> AuctionRules:
    """Plain uniform-price rules, changed by `choice`."""
    made = {
        "price_rule": "lowest_accepted",
        "tie_rule": "random",
        "under_subscription": "partial",
        "unsold": "cancel",
    }
    return AuctionRules(**(made | choice))


def bid(bidder: str, price: str | int, quantity_t: int, entered: int = 0, **more) -> Bid:
    """A bid with the price in currency units; its id is the bidder's name unless given."""
    return Bid(
        **(
            {
                "id": bidder,
                "bidder": bidder,
                "price_fen_per_t": int(Decimal(price) * 100),
                "quantity_t": quantity_t,
                "entered": entered,
            }
            | more
        )
    )
