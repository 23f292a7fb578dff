"""A round until its close: announced, bid for, called off."""

from __future__ import annotations

from capwright.auction.bids import NOT_ADMITTED, Bid, check_bid, deposit_due_fen, schedule_value_fen
from capwright.auction.desk import NOT_CLOSED, Desk, as_bid, round_key
from capwright.auction.messages import (
    AnnounceAuction,
    AuctionAnnounced,
    AuctionCancelled,
    BidPlaced,
    BidWithdrawn,
    CancelAuction,
    PlaceBid,
    WithdrawBid,
)
from capwright.auction.reserve import policy_reserve, reserve_for
from capwright.auction.reserve_sale import check_due, tier_of
from capwright.auction.state import Auction, BidRecord, Lot
from capwright.auction.venue import session_windows, set_hours
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger.accounts import series_id
from capwright.ledger.book import Draft
from capwright.ledger.checks import check_free, check_kind, check_quantity, check_receiver, transaction_type
from capwright.ledger.clock import local_time
from capwright.ledger.messages import CashMove
from capwright.ledger.place import held
from capwright.ledger.room import Request
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["Bidding"]

AUCTION_TAKEN = define(
    "CW-6101",
    en="There is an auction {auction} already.",
    zh="竞价{auction}已存在。",
    rule="design: ids are unique",
)
WINDOW = define(
    "CW-6103",
    en="The bidding window of {auction} is not open.",
    zh="竞价{auction}目前不在申报时段。",
    mend_en="Bids are taken from its opening to its close.",
    mend_zh="请在公布的起止时间内申报。",
    rule="auction notice: hours",
)
NO_DEPOSIT = define(
    "CW-6107",
    en="The deposit for this bid is {deposit_fen} fen; {account} has {available_fen} fen at its disposal.",
    zh="本笔申报须缴保证金{deposit_fen}分，{account}可用资金为{available_fen}分。",
    mend_en="Deposit cash before bidding.",
    mend_zh="请先入金后申报。",
    rule="GZETS 2013-12-09; 17 CCR 95910-95915: bid guarantee",
)
IRREVOCABLE = define(
    "CW-6108",
    en="The bid {bid} cannot be withdrawn.",
    zh="申报{bid}不可撤回。",
    mend_en="Either it does not exist, or the scheme makes bids irrevocable.",
    mend_zh="该申报不存在，或方案规定申报不可撤销。",
    rule="GZETS 2015-09-10",
)
NO_PLAN = define(
    "CW-6111",
    en="The scheme's plan has no round {round} for the vintage {vintage}.",
    zh="方案中没有{vintage}年度第{round}轮竞价。",
    mend_en="Give the volume, or name a planned round.",
    mend_zh="请给出投放量，或指明计划中的轮次。",
    rule="scheme: auction.rounds",
)
BAD_ID = define(
    "CW-6112",
    en="'{auction}' cannot be the id of an auction: it may not contain a colon.",
    zh="“{auction}”不能作为竞价编号：不得含有冒号。",
    mend_en="Leave the colon out: what is held for a transfer is kept under names with one.",
    mend_zh="请去掉冒号：为划转冻结的配额使用带冒号的名称。",
    rule="design: a balance can never be promised twice",
)
OWN_LOT = define(
    "CW-6319",
    en="{account} belongs to the holder who sells {auction} and may not bid for it.",
    zh="{account}与{auction}的委托人同属一个持有人，不得参与其竞价。",
    rule="risk rule of 2015-11-12: abnormal trading",
)


class Bidding(Desk):
    """Handlers and appliers up to the close of a round."""

    def announce(self, request: Request, command: AnnounceAuction) -> list[Event]:
        """Announce a round: check the volume, set it aside, fix the reserve price."""
        check_text("auction", command.auction_id, MAX_ID)
        if ":" in command.auction_id:
            refuse(BAD_ID, auction=command.auction_id)
        if command.auction_id in self.state.auctions:
            refuse(AUCTION_TAKEN, auction=command.auction_id)
        check_text("round", command.round, MAX_ID, least=0)
        self.check_times(command.opens_ms, command.closes_ms)
        rules = self.rules_of(command.vintage)
        series = series_id(command.kind, command.vintage)
        source, offered_t, reserve = self._offer(rules, command, request.at_ms)
        check_quantity(offered_t)
        check_free(self.book, source, series, offered_t)
        there = held(source, command.auction_id)
        now = self.rulebook.now()
        mode = set_hours(now, command.opens_ms)
        windows = session_windows(now, mode, command.opens_ms, command.closes_ms) if mode else ()
        return [
            AuctionAnnounced(
                auction_id=command.auction_id,
                vintage=command.vintage,
                series=series,
                source=source,
                offered_t=offered_t,
                opens_ms=command.opens_ms,
                closes_ms=command.closes_ms,
                reserve_fen_per_t=reserve,
                round=command.round,
                tier=command.tier,
                windows_ms=windows,
                units=self.book.moves(source, there, series, offered_t),
            )
        ]

    def _offer(
        self, rules: AuctionRules, command: AnnounceAuction, at_ms: int
    ) -> tuple[str, int, int | None]:
        """Which account the units come from, how many, and the reserve price."""
        if not command.tier:
            offered_t = command.offered_t or self._planned_t(rules, command)
            return self.government("auction"), offered_t, self._reserve(rules, command, at_ms)
        tier = tier_of(rules, command.tier)
        check_due(rules, self._last_price(), last_before_surrender=command.last_before_surrender)
        source = self.government("reserve", first="market_reserve")
        return source, command.offered_t or tier.quantity_t, tier.trigger_fen_per_t

    def _last_price(self) -> int | None:
        """The settlement price of the last auction cleared, sales from the reserve left out."""
        cleared = [a for a in self.state.auctions.values() if a.price_fen_per_t is not None and not a.tier]
        return max(cleared, key=lambda auction: auction.closes_ms).price_fen_per_t if cleared else None

    def _planned_t(self, rules: AuctionRules, command: AnnounceAuction) -> int:
        for planned in rules.rounds:
            if planned.round == command.round:
                return planned.offered_t + self.state.carried.get(
                    round_key(command.vintage, planned.round), 0
                )
        return refuse(NO_PLAN, round=command.round, vintage=command.vintage)

    def _reserve(self, rules: AuctionRules, command: AnnounceAuction, at_ms: int) -> int | None:
        """The reserve price given in the notice, else the scheme's, else the policy reserve of the trades."""
        given = command.reserve_fen_per_t
        if given is None:
            given = next((r.reserve_fen_per_t for r in rules.rounds if r.round == command.round), None)
        if given is None and rules.reserve == "listed_click_mean":
            today = local_time(self.rulebook.now(), at_ms).date()
            given = policy_reserve(rules, self.hooks.trades(), today).price_fen_per_t
        return reserve_for(rules, given)

    def _in_window(self, request: Request, auction: Auction) -> None:
        windows = auction.windows_ms or ((auction.opens_ms, auction.closes_ms),)
        inside = any(begin_ms <= request.at_ms < end_ms for begin_ms, end_ms in windows)
        if auction.status != "announced" or not inside:
            refuse(WINDOW, auction=auction.id)

    def _check_buyer(self, lot: Lot, account: str, at_ms: int) -> None:
        """Refuse a bidder that may not get the units, or that is the seller's own."""
        rules = self.rulebook.now()
        row = transaction_type(rules, "transfer")
        buyer = check_receiver(self.book, account, row)
        check_kind(rules, lot.kind, row, buyer)
        if buyer.holder == self.book.state.accounts[lot.source].holder:
            refuse(OWN_LOT, account=account, auction=lot.id)
        self.hooks.check_trade(account, lot.product, "buy", lot.mode, at_ms)

    def place_bid(self, request: Request, command: PlaceBid) -> list[Event]:
        """Take a bid inside the window and hold its deposit."""
        auction = self.auction(command.auction_id)
        self._in_window(request, auction)
        if isinstance(auction, Lot):
            self._check_buyer(auction, command.account, request.at_ms)
        rules = self.rules_for(auction)
        category = self._category(rules, command.account)
        bid = Bid(
            id=f"{auction.id}/{auction.entered + 1}",
            bidder=command.account,
            price_fen_per_t=command.price_fen_per_t,
            quantity_t=command.quantity_t,
            category=category,
        )
        check_quantity(command.quantity_t)
        mine = [b for b in auction.bids.values() if b.account == command.account]
        refusal = check_bid(rules, auction.offered_t, bid, entered_t=sum(b.quantity_t for b in mine))
        if refusal:
            raise Refused(refusal)
        deposit_fen = self._deposit_fen(rules, bid, mine)
        available_fen = self.book.cash_fen(command.account)
        if deposit_fen > min(available_fen, MAX_FEN):
            refuse(NO_DEPOSIT, deposit_fen=deposit_fen, account=command.account, available_fen=available_fen)
        there = held(command.account, auction.id)
        return [
            BidPlaced(
                auction_id=auction.id,
                bid_id=bid.id,
                account=command.account,
                category=category,
                price_fen_per_t=command.price_fen_per_t,
                quantity_t=command.quantity_t,
                deposit_fen=deposit_fen,
                cash=(CashMove(deposit_fen, command.account, there),) if deposit_fen else (),
            )
        ]

    def _category(self, rules: AuctionRules, number: str) -> str:
        """The bidder category of an account's type; refuse one without where the scheme admits categories."""
        account_type = self.book.state.accounts[number].type
        row = self.rulebook.now().account_types.get(account_type)
        category = row.bidder_category if row is not None else ""
        if rules.bidders and not category:
            refuse(NOT_ADMITTED, category=account_type, admitted=", ".join(rules.bidders))
        return category

    def _deposit_fen(self, rules: AuctionRules, bid: Bid, mine: list[BidRecord]) -> int:
        """What this bid adds to the deposit: a share of its value, or of the schedule's worst case."""
        if rules.guarantee == "schedule_value":
            before = [as_bid("", n, b) for n, b in enumerate(mine)]
            return schedule_value_fen([*before, bid]) - schedule_value_fen(before)
        return deposit_due_fen(rules, bid)

    def withdraw_bid(self, request: Request, command: WithdrawBid) -> list[Event]:
        """Give a bid back where the scheme lets bidders change their minds."""
        auction = self.auction(command.auction_id)
        self._in_window(request, auction)
        bid = auction.bids.get(command.bid_id)
        if bid is None or bid.account != command.account or not self.rules_for(auction).withdrawable:
            refuse(IRREVOCABLE, bid=command.bid_id)
        there = held(command.account, auction.id)
        cash = (CashMove(bid.deposit_fen, there, command.account),) if bid.deposit_fen else ()
        return [
            BidWithdrawn(
                auction_id=auction.id,
                bid_id=command.bid_id,
                account=command.account,
                deposit_fen=bid.deposit_fen,
                cash=cash,
            )
        ]

    def cancel(self, _request: Request, command: CancelAuction) -> list[Event]:
        """Call a round off; units and deposits go back."""
        auction = self.auction(command.auction_id)
        if auction.status not in {"entrusted", "announced"}:
            refuse(NOT_CLOSED, auction=auction.id)
        check_text("reason", command.reason, MAX_REASON, least=0)
        draft = Draft(self.book)
        self.take_lot(draft, auction, auction.source, auction.offered_t)
        return [
            AuctionCancelled(
                auction_id=auction.id,
                reason=command.reason,
                units=tuple(draft.units),
                cash=tuple(
                    CashMove(deposit_fen, held(account, auction.id), account)
                    for account, deposit_fen in auction.deposits.items()
                    if deposit_fen
                ),
            )
        ]

    # Appliers.

    def announced(self, event: AuctionAnnounced, _at_ms: int) -> None:
        """Fold the event."""
        self.state.auctions[event.auction_id] = Auction(
            id=event.auction_id,
            vintage=event.vintage,
            series=event.series,
            source=event.source,
            offered_t=event.offered_t,
            opens_ms=event.opens_ms,
            closes_ms=event.closes_ms,
            reserve_fen_per_t=event.reserve_fen_per_t,
            round=event.round,
            tier=event.tier,
            windows_ms=event.windows_ms,
        )

    def bid_placed(self, event: BidPlaced, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        auction.entered += 1
        auction.bids[event.bid_id] = BidRecord(
            event.account, event.category, event.price_fen_per_t, event.quantity_t, event.deposit_fen
        )
        auction.deposits[event.account] = auction.deposits.get(event.account, 0) + event.deposit_fen

    def bid_withdrawn(self, event: BidWithdrawn, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        del auction.bids[event.bid_id]
        auction.deposits[event.account] -= event.deposit_fen

    def cancelled(self, event: AuctionCancelled, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        auction.status = "cancelled"
        auction.deposits.clear()
