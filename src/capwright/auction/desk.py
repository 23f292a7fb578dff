"""What the parts of the auction room share: the state, a round's rules and units, government accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from capwright.auction.bids import Bid
from capwright.auction.reserve import Trade
from capwright.auction.reserve_sale import reserve_sale, tier_of
from capwright.auction.state import Auction, AuctionState, BidRecord, Lot
from capwright.kernel.message import LATEST_MS
from capwright.kernel.refusal import define, refuse
from capwright.ledger.book import Book, Draft
from capwright.ledger.place import held
from capwright.ledger.rulebook import Rulebook
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["AUCTION_UNKNOWN", "NOT_CLOSED", "Desk", "Hooks", "as_bid", "lot_rules", "round_key"]

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
BAD_WINDOW = define(
    "CW-6105",
    en="An auction must close after it opens, and before the year 2201.",
    zh="竞价截止时间须晚于开始时间，且早于2201年。",
    rule="auction notice; design: bound everything",
)


class Hooks:
    """Wired in from other rooms: trades for policy reserve prices, a bidder's quota of a vintage.

    Of the exchange: `opening` is the opening price of the day of the product that a kind is traded in, None
    while the exchange is shut; `check_trade` refuses an account that may not buy or sell a product in a mode:
    account, product, `buy` or `sell`, mode, time.
    """

    def __init__(self) -> None:
        self.trades: Callable[[], Iterable[Trade]] = lambda: ()
        self.quota_t: Callable[[str, int], int | None] = lambda _account, _vintage: None
        self.opening: Callable[[str], int | None] = lambda _kind: None
        self.check_trade: Callable[[str, str, str, str, int], None] = lambda *_: None


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
        """The rules of a round: those of its vintage, of a sale from the reserve, or a lot's terms."""
        if isinstance(auction, Lot):
            return lot_rules(auction)
        rules = self.rules_of(auction.vintage)
        return reserve_sale(rules, tier_of(rules, auction.tier)) if auction.tier else rules

    def auction(self, auction_id: str) -> Auction:
        """The round of this id; refuses an unknown one."""
        auction = self.state.auctions.get(auction_id) or self.state.lots.get(auction_id)
        if auction is None:
            refuse(AUCTION_UNKNOWN, auction=auction_id)
        return auction

    def known(self, auction_id: str) -> Auction:
        """The round that an event is about: for appliers, which never refuse."""
        return self.state.lots.get(auction_id) or self.state.auctions[auction_id]

    def check_times(self, opens_ms: int, closes_ms: int) -> None:
        """Refuse a round that closes before it opens, or beyond the calendar."""
        if not 0 <= opens_ms < closes_ms <= LATEST_MS:
            refuse(BAD_WINDOW)

    # The units of a round: of one series, or of a kind in a lot made of several.

    def by_age(self, where: str, kind: str) -> list[str]:
        """The series of a kind at a place, oldest vintage first."""
        series = self.book.state.series
        found = [name for name in self.book.at(where) if series[name].kind == kind]
        return sorted(found, key=lambda name: (series[name].vintage, name))

    def take_lot(self, draft: Draft, auction: Auction, target: str, quantity_t: int) -> None:
        """Take units of a round out of what is held for it."""
        there = held(auction.source, auction.id)
        for name, part_t in self._pieces(draft, auction, there, quantity_t):
            draft.take(there, target, name, part_t)

    def skip_lot(self, draft: Draft, auction: Auction, quantity_t: int) -> None:
        """Leave units of a round where they are, because they are sold."""
        there = held(auction.source, auction.id)
        for name, part_t in self._pieces(draft, auction, there, quantity_t):
            draft.skip(there, name, part_t)

    def _pieces(self, draft: Draft, auction: Auction, there: str, quantity_t: int) -> list[tuple[str, int]]:
        if not isinstance(auction, Lot) or auction.series:
            return [(auction.series, quantity_t)]  # perhaps more than lies there yet, when a tier releases it
        pieces = []
        for name in self.by_age(there, auction.kind):
            part_t = min(quantity_t, draft.available_t(there, name))
            if part_t:
                pieces.append((name, part_t))
                quantity_t -= part_t
        assert not quantity_t, "a lot holds less than it sells"
        return pieces

    def government(self, purpose: str, *, first: str = "", fallback: str = "") -> str:
        """The number of the first open government account of a purpose, of the type `first` if there is one.

        The exchange's own account, which takes its fees, is none of the government's. Refuses where there is
        none and no fallback.
        """
        exchange = self.rulebook.now().body.exchange
        fees = exchange.settlement.fee_account_type if exchange is not None else ""
        found = [
            account
            for account in self.book.state.accounts.values()
            if account.government
            and account.purpose == purpose
            and account.status == "open"
            and account.type != fees
        ]
        chosen = next((account for account in found if account.type == first), found[0] if found else None)
        if chosen is None and not fallback:
            refuse(NO_AUCTION_ACCOUNT, purpose=purpose)
        return chosen.number if chosen is not None else fallback


def lot_rules(lot: Lot) -> AuctionRules:
    """The rules by which the one clearing engine sells a lot.

    One bidder may ask for the lot in all, not for more (a default: no notice that was found sets a limit).
    """
    return AuctionRules(
        price_rule="pay_as_bid" if lot.whole_lot else "lowest_accepted",
        tie_rule="time",
        under_subscription="cancel" if lot.whole_lot else lot.short,
        reserve="fixed",
        reserve_fen_per_t=lot.reserve_fen_per_t,
        lot_t=lot.offered_t if lot.whole_lot else lot.lot_t,
        tick_fen=lot.tick_fen,
        max_share_per_bidder=Decimal(1),
        deposit_share=lot.deposit_share,
        payment_working_days=lot.payment_days,
        unsold="next_round",  # there is none: they go back to the seller
    )


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
