"""What the two halves of the auction room share: the state, the rules of a round, government accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from capwright.auction.bids import Bid
from capwright.auction.reserve import Trade
from capwright.auction.reserve_sale import reserve_sale, tier_of
from capwright.auction.state import Auction, AuctionState, BidRecord
from capwright.kernel.refusal import define, refuse
from capwright.ledger.book import Book
from capwright.ledger.rulebook import Rulebook
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["AUCTION_UNKNOWN", "NOT_CLOSED", "Desk", "Hooks", "as_bid", "round_key"]

AUCTION_UNKNOWN = define(
    "CW-6102", en="There is no auction {auction}.", zh="没有竞价{auction}。", rule="design"
)
NOT_CLOSED = define(
    "CW-6104",
    en="{auction} cannot be cleared: bidding is still open, or it was cleared or cancelled before.",
    zh="竞价{auction}不能出清：申报尚未截止，或已出清、已取消。",
    rule="auction notice: hours",
)
NO_AUCTION_ACCOUNT = define(
    "CW-6106",
    en="The market has no open government account for {purpose}.",
    zh="市场没有用于“{purpose}”的政府账户。",
    mend_en="Open one first.",
    mend_zh="请先开立。",
    rule="scheme: registry.account_types",
)


class Hooks:
    """Wired in from other rooms: trades for policy reserve prices, a bidder's quota of a vintage."""

    def __init__(self) -> None:
        self.trades: Callable[[], Iterable[Trade]] = lambda: ()
        self.quota_t: Callable[[str, int], int | None] = lambda _account, _vintage: None


class Desk:
    """A part of the auction room."""

    def __init__(self, state: AuctionState, book: Book, rulebook: Rulebook, hooks: Hooks) -> None:
        self.state = state
        self.book = book
        self.rulebook = rulebook
        self.hooks = hooks

    def rules_of(self, vintage: int) -> AuctionRules:
        """The auction rules of a vintage."""
        rules: AuctionRules = self.rulebook.vintage(vintage).section("auction")
        return rules

    def rules_for(self, auction: Auction) -> AuctionRules:
        """The rules of a round: those of its vintage, or of a sale from the reserve."""
        rules = self.rules_of(auction.vintage)
        return reserve_sale(rules, tier_of(rules, auction.tier)) if auction.tier else rules

    def auction(self, auction_id: str) -> Auction:
        """The round of this id; refuses an unknown one."""
        auction = self.state.auctions.get(auction_id)
        if auction is None:
            refuse(AUCTION_UNKNOWN, auction=auction_id)
        return auction

    def government(self, purpose: str, *, first: str = "", fallback: str = "") -> str:
        """The number of the first open government account of a purpose, of the type `first` if there is one.

        Refuses where there is none and no fallback.
        """
        found = [
            account
            for account in self.book.state.accounts.values()
            if account.government and account.purpose == purpose and account.status == "open"
        ]
        chosen = next((account for account in found if account.type == first), found[0] if found else None)
        if chosen is None and not fallback:
            refuse(NO_AUCTION_ACCOUNT, purpose=purpose)
        return chosen.number if chosen is not None else fallback


def round_key(vintage: int, name: str) -> str:
    """The key of a planned round of a vintage."""
    return f"{vintage}/{name}"


def as_bid(bid_id: str, entered: int, record: BidRecord) -> Bid:
    """The bid of a record; its place in the order of entry is its id where it has none."""
    return Bid(
        id=bid_id or str(entered),
        bidder=record.account,
        price_fen_per_t=record.price_fen_per_t,
        quantity_t=record.quantity_t,
        entered=entered,
        category=record.category,
    )
