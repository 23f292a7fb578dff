"""The auction room: rounds and entrusted lots, bid, cleared by the one engine, settled against payment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from capwright.auction import messages as m
from capwright.auction.award import Awards
from capwright.auction.bidding import Bidding
from capwright.auction.desk import Hooks
from capwright.auction.entrusted import Entrusting
from capwright.auction.state import Auction, AuctionState
from capwright.ledger.laws import Promise
from capwright.ledger.messages import TradeBusted
from capwright.ledger.place import held
from capwright.ledger.room import Room

__all__ = ["AuctionRoom"]

_HELD: Final = ("entrusted", "announced")  # statuses in which all that is offered is held


class AuctionRoom(Room):
    """Auctions of the government's allowances, and of lots that holders entrust to the exchange."""

    state_type: ClassVar[type[AuctionState]] = AuctionState
    state: AuctionState

    def wire(self) -> None:
        """Connect handlers and appliers."""
        self.hooks = Hooks()
        bidding = Bidding(self.state, self.book, self.rulebook, self.hooks)
        awards = Awards(self.state, self.book, self.rulebook, self.hooks)
        lots = Entrusting(self.state, self.book, self.rulebook, self.hooks)
        self.handlers = {
            m.AnnounceAuction: bidding.announce,
            m.PlaceBid: bidding.place_bid,
            m.WithdrawBid: bidding.withdraw_bid,
            m.CancelAuction: bidding.cancel,
            m.ClearAuction: awards.clear,
            m.SettleAuction: awards.settle,
            m.DeclareDefault: awards.declare_default,
            m.EntrustAuction: lots.entrust,
            m.AnnounceEntrusted: lots.announce,
            m.WithdrawEntrusted: lots.withdraw,
        }
        self.appliers = {
            m.AuctionAnnounced: bidding.announced,
            m.BidPlaced: bidding.bid_placed,
            m.BidWithdrawn: bidding.bid_withdrawn,
            m.AuctionCancelled: bidding.cancelled,
            m.AuctionCleared: awards.cleared,
            m.UnsoldMoved: awards.unsold_moved,
            m.AwardSettled: awards.award_settled,
            m.AwardDefaulted: awards.award_defaulted,
            m.AuctionEntrusted: lots.entrusted,
            m.EntrustedAnnounced: lots.announced,
            m.AwardTraded: lots.traded,
            TradeBusted: lots.busted,
        }

    def _rounds(self) -> Iterator[Auction]:
        yield from self.state.auctions.values()
        yield from self.state.lots.values()

    def promises(self) -> Iterator[Promise]:
        """Units set aside for rounds and awards, deposits of bidders."""
        for auction in self._rounds():
            units_t = auction.offered_t if auction.status in _HELD else 0
            units_t += sum(award.quantity_t for award in auction.due.values())
            if units_t:
                yield Promise(held(auction.source, auction.id), auction.series, units_t)
            for account, deposit_fen in auction.deposits.items():
                if deposit_fen:
                    yield Promise(held(account, auction.id), "cash", deposit_fen)

    def engaged(self, account: str) -> str:
        """Return the round in which the account has an open bid, an award to pay or a lot to sell, if any."""
        for auction in self._rounds():
            bids = auction.bids.values() if auction.status == "announced" else ()
            if account in auction.due or any(bid.account == account for bid in bids):
                return auction.id
        for lot in self.state.lots.values():
            if lot.source == account and (lot.status in _HELD or lot.due):
                return lot.id
        return ""

    def delivered_t(self, vintage: int, account: str = "") -> int:
        """What auctions of a vintage delivered against payment to an account, or in all."""
        delivered = self.state.delivered.get(vintage, {})
        return delivered.get(account, 0) if account else sum(delivered.values())
