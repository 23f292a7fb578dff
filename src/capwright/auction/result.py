"""What a cleared round says: price, awards, losers, the marginal bid and the published statistics."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from msgspec import Struct

from capwright.auction.bids import Bid, SetAside
from capwright.kernel.refusal import Refusal

__all__ = ["Award", "Clearing", "Counts", "Marginal", "Statistics", "statistics"]


class Award(Struct, frozen=True, kw_only=True):
    """What one bid won and what it pays for a tonne."""

    bid: str
    bidder: str
    bid_fen_per_t: int
    price_fen_per_t: int
    quantity_t: int

    @property
    def value_fen(self) -> int:
        """What the winner pays for this bid."""
        return self.price_fen_per_t * self.quantity_t


class Marginal(Struct, frozen=True, kw_only=True):
    """The last winning bid; `tied` counts the bids at its price, winners and losers."""

    bid: str
    bidder: str
    price_fen_per_t: int
    asked_t: int
    won_t: int
    tied: int


class Counts(Struct, frozen=True, kw_only=True):
    """Bids, bidders and tonnes of a round (EEX; all rounding half up).

    Cover is demand ÷ supply to 2 decimals, of the valid bids and of all bids submitted; the means are whole
    tonnes.
    """

    submitted_bids: int
    submitted_t: int
    valid_bids: int
    valid_t: int
    bidders: int
    winners: int
    cover: Decimal
    cover_submitted: Decimal
    mean_bid_t: int
    mean_won_t: int


class Statistics(Counts, frozen=True, kw_only=True):
    """The derived columns of the exchanges' result tables.

    `mean_bid_fen_per_t` is volume-weighted. Prices are of the valid bids, None when there is none.
    """

    high_fen_per_t: int | None = None
    low_fen_per_t: int | None = None
    mean_bid_fen_per_t: int | None = None


class Clearing(Struct, frozen=True, kw_only=True):
    """The result of a round.

    `supply_t` = offered, plus released, less withheld; `sold_t` + `unsold_t` = `supply_t`.
    `price_fen_per_t` is the uniform price, with pay-as-bid the lowest winning price, None when nothing was
    sold: then `reason` says why; `note` is what a reader should know of the price. Awards stand in the
    order of rank. `rejected` were not valid, `unsuccessful` were valid and won nothing or not all. `moved_t`
    is the released (+) or withheld (-) quantity by tier.
    """

    outcome: Literal["cleared", "cancelled"]
    offered_t: int
    supply_t: int
    price_fen_per_t: int | None
    reserve_fen_per_t: int | None
    sold_t: int
    unsold_t: int
    revenue_fen: int
    seed: str
    awards: tuple[Award, ...]
    unsuccessful: tuple[SetAside, ...]
    rejected: tuple[SetAside, ...]
    statistics: Statistics
    reason: Refusal | None = None
    marginal: Marginal | None = None
    interim_fen_per_t: int | None = None
    moved_t: dict[str, int] = {}
    note: Refusal | None = None

    def won_t(self) -> dict[str, int]:
        """Units won by bidder, in the order of the best award."""
        won: dict[str, int] = {}
        for award in self.awards:
            won[award.bidder] = won.get(award.bidder, 0) + award.quantity_t
        return won

    def owed_fen(self) -> dict[str, int]:
        """What each winner pays."""
        owed: dict[str, int] = {}
        for award in self.awards:
            owed[award.bidder] = owed.get(award.bidder, 0) + award.value_fen
        return owed


def statistics(
    submitted: Sequence[Bid], valid: Sequence[Bid], awards: Sequence[Award], supply_t: int
) -> Statistics:
    """Work out the derived columns; `supply_t` is what demand is measured against."""
    submitted_t = sum(bid.quantity_t for bid in submitted)
    valid_t = sum(bid.quantity_t for bid in valid)
    bidders = len({bid.bidder for bid in valid})
    winners = len({award.bidder for award in awards})
    prices = [bid.price_fen_per_t for bid in valid]
    value_fen = sum(bid.price_fen_per_t * bid.quantity_t for bid in valid)
    return Statistics(
        submitted_bids=len(submitted),
        submitted_t=submitted_t,
        valid_bids=len(valid),
        valid_t=valid_t,
        bidders=bidders,
        winners=winners,
        cover=_ratio(valid_t, supply_t),
        cover_submitted=_ratio(submitted_t, supply_t),
        mean_bid_t=_mean(valid_t, bidders),
        mean_won_t=_mean(sum(award.quantity_t for award in awards), winners),
        high_fen_per_t=max(prices, default=None),
        low_fen_per_t=min(prices, default=None),
        mean_bid_fen_per_t=_mean(value_fen, valid_t) if valid_t else None,
    )


def _ratio(part: int, whole: int) -> Decimal:
    """A quotient to two decimals, half up."""
    return (Decimal(part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else Decimal("0.00")


def _mean(total: int, count: int) -> int:
    """A mean to the nearest whole number, half up; 0 of nothing."""
    return (2 * total + count) // (2 * count) if count else 0
