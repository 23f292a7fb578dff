"""Auctions as the exchange's desk and bidders see them: rounds and lots, bids, the demand curve."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from capwright.auction.desk import lot_rules
from capwright.auction.reserve_sale import reserve_sale, tier_of
from capwright.auction.room import AuctionRoom
from capwright.auction.state import Lot
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of

if TYPE_CHECKING:
    from capwright.auction.state import Auction
    from capwright.market import Market
    from capwright.scheme.auction_rules import AuctionRules

__all__ = ["AuctionView", "BidLine", "auction_of", "auctions_of", "bids_of", "demand"]

Stage = Literal["entrusted", "announced", "bidding", "closed", "cleared", "cancelled"]


class AuctionView(Struct, frozen=True):
    """A round of the government's or a holder's lot. Prices are fen per tonne; None: there is none.

    `stage`: entrusted (a lot without a day), announced (not open yet), bidding, closed (to be cleared),
    cleared, cancelled. `due`: winners who have not paid, with tonnes and fen.
    """

    id: str
    title: str
    is_lot: bool
    units: str
    source: str
    offered_t: int
    opens_ms: int
    closes_ms: int
    windows_ms: tuple[tuple[int, int], ...]
    reserve_fen_per_t: int | None
    stage: Stage
    bids: int
    bidders: int
    price_fen_per_t: int | None
    sold_t: int
    revenue_fen: int
    seed: str
    pay_by_ms: int
    due: tuple[tuple[str, int, int], ...]
    deposit_share: Decimal | None
    withdrawable: bool
    lot_t: int
    tick_fen: int
    whole_lot: bool
    least_t: int | None = None  # of a bid
    most_share: Decimal | None = None  # of what is offered, for one bidder


class BidLine(Struct, frozen=True):
    """A bid as entered."""

    id: str
    account: str
    name: str
    category: str
    price_fen_per_t: int
    quantity_t: int
    deposit_fen: int


def _rules(market: Market, auction: Auction) -> AuctionRules | None:
    if isinstance(auction, Lot):
        return lot_rules(auction)
    try:
        rules: AuctionRules = market.rulebook.vintage(auction.vintage).section("auction")
    except Refused:
        return None
    return reserve_sale(rules, tier_of(rules, auction.tier)) if auction.tier else rules


def _stage(auction: Auction, at_ms: int) -> Stage:
    if auction.status != "announced":
        return auction.status
    if at_ms >= auction.closes_ms:
        return "closed"
    windows = auction.windows_ms or ((auction.opens_ms, auction.closes_ms),)
    return "bidding" if any(begin <= at_ms < end for begin, end in windows) else "announced"


def auction_of(market: Market, auction_id: str, at_ms: int) -> AuctionView | None:
    """An auction by its id."""
    state = room_of(market.rooms, AuctionRoom).state
    found = state.lots.get(auction_id) or state.auctions.get(auction_id)
    return _view(market, found, at_ms) if found is not None else None


def auctions_of(market: Market, at_ms: int) -> list[AuctionView]:
    """All rounds and lots, the latest to open first."""
    state = room_of(market.rooms, AuctionRoom).state
    found = [_view(market, one, at_ms) for one in (*state.auctions.values(), *state.lots.values())]
    return sorted(found, key=lambda one: (one.stage != "entrusted", -one.opens_ms))


def _view(market: Market, auction: Auction, at_ms: int) -> AuctionView:
    rules = _rules(market, auction)
    lot = auction if isinstance(auction, Lot) else None
    return AuctionView(
        id=auction.id,
        title=(lot.title if lot is not None else "") or auction.id,
        is_lot=lot is not None,
        units=auction.series or (lot.kind if lot is not None else ""),
        source=auction.source,
        offered_t=auction.offered_t,
        opens_ms=auction.opens_ms,
        closes_ms=auction.closes_ms,
        windows_ms=auction.windows_ms,
        reserve_fen_per_t=auction.reserve_fen_per_t,
        stage=_stage(auction, at_ms),
        bids=len(auction.bids),
        bidders=len({bid.account for bid in auction.bids.values()}),
        price_fen_per_t=auction.price_fen_per_t,
        sold_t=auction.sold_t,
        revenue_fen=auction.revenue_fen,
        seed=auction.seed,
        pay_by_ms=auction.pay_by_ms,
        due=tuple((one.account, one.quantity_t, one.value_fen) for one in auction.due.values()),
        deposit_share=rules.deposit_share if rules is not None else None,
        withdrawable=rules is not None and rules.withdrawable,
        lot_t=rules.lot_t if rules is not None else 1,
        tick_fen=rules.tick_fen if rules is not None else 1,
        whole_lot=lot is not None and lot.whole_lot,
        least_t=rules.min_bid_t if rules is not None else None,
        most_share=rules.max_share_per_bidder if rules is not None else None,
    )


def bids_of(market: Market, auction_id: str, account: str = "") -> list[BidLine]:
    """The bids of an auction, the highest first; of one account where it is named."""
    state = room_of(market.rooms, AuctionRoom).state
    auction = state.lots.get(auction_id) or state.auctions[auction_id]
    names = market.book.state.accounts
    found = [
        BidLine(
            bid_id,
            bid.account,
            names[bid.account].name,
            bid.category,
            bid.price_fen_per_t,
            bid.quantity_t,
            bid.deposit_fen,
        )
        for bid_id, bid in auction.bids.items()
        if account in ("", bid.account)
    ]
    return sorted(found, key=lambda bid: -bid.price_fen_per_t)


def demand(bids: list[BidLine]) -> list[tuple[int, int]]:
    """The demand curve: tonnes asked for at each price or above it, from the highest price down."""
    curve: list[tuple[int, int]] = []
    total_t = 0
    for bid in bids:
        total_t += bid.quantity_t
        if curve and curve[-1][0] == bid.price_fen_per_t:
            curve[-1] = (bid.price_fen_per_t, total_t)
        else:
            curve.append((bid.price_fen_per_t, total_t))
    return curve
