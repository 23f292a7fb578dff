"""A small market in which holders entrust lots: testland's exchange with auctions among its modes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from capwright.auction import messages as m
from capwright.kernel.message import Event
from tests.exchange_worlds import Exchange, at
from tests.worlds import ALPHA, rep

DAY = date(2023, 1, 3)  # a Tuesday
SALE = date(2023, 1, 12)  # seven working days later: 4, 5, 6, 9, 10, 11, 12 January
PAID_BY = date(2023, 1, 19)  # five trading days later: 13, 16, 17, 18, 19 January
LOT = "e:lot"
AUCTIONS = """
[[exchange.modes]]
code = "entrusted"
mode = "entrusted_auction"
since = 2023-01-01
matching = "auction"
least_t = 10

[[exchange.modes]]
code = "one-way"
mode = "one_way_auction"
since = 2023-01-01
matching = "auction"
band = 0.10
hours = ["09:30-11:30", "13:30-15:30"]
"""
TERMS = "[exchange]\nentrusted_notice_days = 7\nentrusted_deposit_share = 0.05\nentrusted_payment_days = 5\n"


def with_auctions(text: str) -> str:
    """The exchange's text with auctions, seven days' notice, deposits of 5 % and five days to pay."""
    return text.replace("[exchange]\n", TERMS, 1) + AUCTIONS


class Lots(Exchange):
    """The market of `Exchange` with short ways to sell a lot of ALPHA's."""

    def __init__(self, change: Callable[[str], str] = str, **more: int) -> None:
        super().__init__(lambda text: change(with_auctions(text)), **more)

    @property
    def auctions(self):
        return self.market.rooms["auction"]

    def entrust(self, quantity_t: int = 1000, floor: int = 5000, **more: object) -> tuple[Event, ...]:
        command = m.EntrustAuction(ALPHA, "TLA", quantity_t, floor, **more)
        return self.do(rep(ALPHA), command, "lot")

    def announce(self, opens: str = "09:30", closes: str = "11:30", on: date = SALE) -> tuple[Event, ...]:
        return self.do("eve", m.AnnounceEntrusted(LOT, at(opens, on), at(closes, on)))

    def bid(self, account: str, price_fen: int, quantity_t: int) -> tuple[Event, ...]:
        return self.do(rep(account), m.PlaceBid(LOT, account, price_fen, quantity_t))

    def sell(self, *bids: tuple[str, int, int], **terms: object) -> m.AuctionCleared:
        """Entrust, announce, bid and clear; return the result."""
        self.entrust(**terms)
        self.announce()
        self.at_ms = at("10:00", SALE)
        for account, price_fen, quantity_t in bids:
            self.bid(account, price_fen, quantity_t)
        self.at_ms = at("11:30", SALE)
        events = self.do("eve", m.ClearAuction(LOT, "seed"))
        return next(event for event in events if isinstance(event, m.AuctionCleared))

    def settle(self) -> tuple[Event, ...]:
        return self.do("eve", m.SettleAuction(LOT))
