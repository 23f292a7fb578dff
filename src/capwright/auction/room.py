"""The auction room: rounds announced, bid, cleared by the one engine, settled delivery against payment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from capwright.auction.bids import Bid, Bidder, check_bid, deposit_due_fen, schedule_value_fen
from capwright.auction.clearing import clear
from capwright.auction.messages import (
    AnnounceAuction,
    AuctionAnnounced,
    AuctionCancelled,
    AuctionCleared,
    AwardDefaulted,
    AwardLine,
    AwardSettled,
    BidPlaced,
    BidWithdrawn,
    CancelAuction,
    ClearAuction,
    DeclareDefault,
    PlaceBid,
    SettleAuction,
    UnsoldMoved,
    WithdrawBid,
)
from capwright.auction.reserve import Trade, policy_reserve, reserve_for
from capwright.auction.result import Clearing
from capwright.auction.state import Auction, AuctionState, BidRecord
from capwright.auction.supply import roll_forward
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import Refused, define, refuse
from capwright.ledger.accounts import series_id
from capwright.ledger.book import Draft
from capwright.ledger.checks import check_free, check_quantity
from capwright.ledger.clock import local_time, working_day_end_ms
from capwright.ledger.laws import Promise
from capwright.ledger.messages import CashMove
from capwright.ledger.place import held
from capwright.ledger.room import Request, Room
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["AuctionRoom"]

AUCTION_TAKEN = define(
    "CW-6101",
    en="There is an auction {auction} already.",
    zh="竞价{auction}已存在。",
    rule="design: ids are unique",
)
AUCTION_UNKNOWN = define(
    "CW-6102", en="There is no auction {auction}.", zh="没有竞价{auction}。", rule="design"
)
WINDOW = define(
    "CW-6103",
    en="The bidding window of {auction} is not open.",
    zh="竞价{auction}目前不在申报时段。",
    mend_en="Bids are taken from its opening to its close.",
    mend_zh="请在公布的起止时间内申报。",
    rule="auction notice: hours",
)
NOT_CLOSED = define(
    "CW-6104",
    en="{auction} cannot be cleared: bidding is still open, or it was cleared or cancelled before.",
    zh="竞价{auction}不能出清：申报尚未截止，或已出清、已取消。",
    rule="auction notice: hours",
)
BAD_WINDOW = define(
    "CW-6105",
    en="An auction must close after it opens.",
    zh="竞价截止时间须晚于开始时间。",
    rule="auction notice",
)
NO_AUCTION_ACCOUNT = define(
    "CW-6106",
    en="The market has no open government account for {purpose}.",
    zh="市场没有用于“{purpose}”的政府账户。",
    mend_en="Open one first.",
    mend_zh="请先开立。",
    rule="scheme: registry.account_types",
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
NOTHING_DUE = define(
    "CW-6109",
    en="{account} has no award of {auction} to pay.",
    zh="{account}在竞价{auction}中没有待付款的中标量。",
    rule="auction notice: payment",
)
STILL_TIME = define(
    "CW-6110",
    en="The term of payment of {auction} has not passed.",
    zh="竞价{auction}的付款期限尚未届满。",
    rule="auction notice: payment (rulebook 4.7: five trading days)",
)
NO_PLAN = define(
    "CW-6111",
    en="The scheme's plan has no round {round} for the vintage {vintage}.",
    zh="方案中没有{vintage}年度第{round}轮竞价。",
    mend_en="Give the volume, or name a planned round.",
    mend_zh="请给出投放量，或指明计划中的轮次。",
    rule="scheme: auction.rounds",
)

# What an account type makes of a bidder; other types bid without a category.
_CATEGORY = {
    "operator_holding": "controlled",
    "new_project_holding": "new_project",
    "trading": "institution",
}


class AuctionRoom(Room):
    """Auctions of allowances."""

    state_type: ClassVar[type[AuctionState]] = AuctionState
    state: AuctionState
    # Wired by the market: the exchange's trades for policy reserve prices, a bidder's quota of a vintage.
    trades: Callable[[], Iterable[Trade]] = staticmethod(lambda: ())
    quota_t: Callable[[str, int], int | None] = staticmethod(lambda _account, _vintage: None)

    def wire(self) -> None:
        """Connect handlers and appliers."""
        self.handlers = {
            AnnounceAuction: self._announce,
            PlaceBid: self._place_bid,
            WithdrawBid: self._withdraw_bid,
            ClearAuction: self._clear,
            SettleAuction: self._settle,
            DeclareDefault: self._declare_default,
            CancelAuction: self._cancel,
        }
        self.appliers = {
            AuctionAnnounced: self._announced,
            BidPlaced: self._bid_placed,
            BidWithdrawn: self._bid_withdrawn,
            AuctionCleared: self._cleared,
            UnsoldMoved: self._unsold_moved,
            AwardSettled: self._award_settled,
            AwardDefaulted: self._award_defaulted,
            AuctionCancelled: self._cancelled,
        }

    def promises(self) -> Iterator[Promise]:
        """Units set aside for rounds and awards, deposits of bidders."""
        for auction in self.state.auctions.values():
            units_t = auction.offered_t if auction.status == "announced" else 0
            units_t += sum(award.quantity_t for award in auction.due.values())
            if units_t:
                yield Promise(held(auction.source, auction.id), auction.series, units_t)
            for account, deposit_fen in auction.deposits.items():
                if deposit_fen:
                    yield Promise(held(account, auction.id), "cash", deposit_fen)

    def delivered_t(self, vintage: int, account: str = "") -> int:
        """What auctions of a vintage delivered against payment to an account, or in all."""
        delivered = self.state.delivered.get(vintage, {})
        return delivered.get(account, 0) if account else sum(delivered.values())

    # Announcing.

    def _rules(self, vintage: int) -> AuctionRules:
        rules: AuctionRules = self.rulebook.vintage(vintage).section("auction")
        return rules

    def _auction(self, auction_id: str) -> Auction:
        auction = self.state.auctions.get(auction_id)
        if auction is None:
            refuse(AUCTION_UNKNOWN, auction=auction_id)
        return auction

    def _government(self, purpose: str, *, fallback: str = "") -> str:
        """The number of the first open government account of a purpose."""
        for account in self.book.state.accounts.values():
            if account.government and account.purpose == purpose and account.status == "open":
                return account.number
        if not fallback:
            refuse(NO_AUCTION_ACCOUNT, purpose=purpose)
        return fallback

    def _announce(self, request: Request, command: AnnounceAuction) -> list[Event]:
        if command.auction_id in self.state.auctions:
            refuse(AUCTION_TAKEN, auction=command.auction_id)
        if command.closes_ms <= command.opens_ms:
            refuse(BAD_WINDOW)
        rules = self._rules(command.vintage)
        source = self._government("auction")
        series = series_id(command.kind, command.vintage)
        offered_t = command.offered_t or self._planned_t(rules, command)
        check_quantity(offered_t)
        check_free(self.book, source, series, offered_t)
        there = held(source, command.auction_id)
        return [
            AuctionAnnounced(
                auction_id=command.auction_id,
                vintage=command.vintage,
                series=series,
                source=source,
                offered_t=offered_t,
                opens_ms=command.opens_ms,
                closes_ms=command.closes_ms,
                reserve_fen_per_t=self._reserve(rules, command, request.at_ms),
                round=command.round,
                units=self.book.moves(source, there, series, offered_t),
            )
        ]

    def _planned_t(self, rules: AuctionRules, command: AnnounceAuction) -> int:
        for planned in rules.rounds:
            if planned.round == command.round:
                return planned.offered_t + self.state.carried.get(
                    _round_key(command.vintage, planned.round), 0
                )
        return refuse(NO_PLAN, round=command.round, vintage=command.vintage)

    def _reserve(self, rules: AuctionRules, command: AnnounceAuction, at_ms: int) -> int | None:
        """The reserve price given in the notice, else the scheme's, else the policy reserve of the trades."""
        given = command.reserve_fen_per_t
        if given is None:
            given = next((r.reserve_fen_per_t for r in rules.rounds if r.round == command.round), None)
        if given is None and rules.reserve == "listed_click_mean":
            today = local_time(self.rulebook.now(), at_ms).date()
            given = policy_reserve(rules, self.trades(), today).price_fen_per_t
        return reserve_for(rules, given)

    # Bidding.

    def _in_window(self, request: Request, auction: Auction) -> None:
        if auction.status != "announced" or not auction.opens_ms <= request.at_ms < auction.closes_ms:
            refuse(WINDOW, auction=auction.id)

    def _place_bid(self, request: Request, command: PlaceBid) -> list[Event]:
        auction = self._auction(command.auction_id)
        self._in_window(request, auction)
        rules = self._rules(auction.vintage)
        account = self.book.state.accounts[command.account]
        category = _CATEGORY.get(account.type, "")
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

    def _deposit_fen(self, rules: AuctionRules, bid: Bid, mine: list[BidRecord]) -> int:
        """What this bid adds to the deposit: a share of its value, or of the schedule's worst case."""
        if rules.guarantee == "schedule_value":
            before = [_bid("", n, b) for n, b in enumerate(mine)]
            return schedule_value_fen([*before, bid]) - schedule_value_fen(before)
        return deposit_due_fen(rules, bid)

    def _withdraw_bid(self, request: Request, command: WithdrawBid) -> list[Event]:
        auction = self._auction(command.auction_id)
        self._in_window(request, auction)
        bid = auction.bids.get(command.bid_id)
        if bid is None or bid.account != command.account or not self._rules(auction.vintage).withdrawable:
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

    # Clearing.

    def _clear(self, request: Request, command: ClearAuction) -> list[Event]:
        auction = self._auction(command.auction_id)
        if auction.status != "announced" or request.at_ms < auction.closes_ms:
            refuse(NOT_CLOSED, auction=auction.id)
        rules = self._rules(auction.vintage)
        result = clear(
            rules,
            auction.offered_t,
            [_bid(bid_id, n, b) for n, (bid_id, b) in enumerate(auction.bids.items())],
            reserve_fen_per_t=auction.reserve_fen_per_t,
            seed=command.seed,
            secondary_fen_per_t=command.secondary_fen_per_t,
            bidders=self._bidders(auction),
        )
        pay_by_ms = request.at_ms
        if rules.payment_working_days:
            pay_by_ms = working_day_end_ms(self.rulebook.now(), request.at_ms, rules.payment_working_days)
        return [self._result(auction, result, pay_by_ms), *self._unsold(auction, rules, result)]

    def _bidders(self, auction: Auction) -> list[Bidder]:
        names = dict.fromkeys(bid.account for bid in auction.bids.values())
        return [
            Bidder(
                name=name,
                quota_t=self.quota_t(name, auction.vintage),
                guarantee_fen=auction.deposits.get(name, 0),
            )
            for name in names
        ]

    def _result(self, auction: Auction, result: Clearing, pay_by_ms: int) -> AuctionCleared:
        lines: dict[str, AwardLine] = {}
        for award in result.awards:
            had = lines.get(award.bidder, AwardLine(award.bidder, 0, 0))
            lines[award.bidder] = AwardLine(
                award.bidder, had.quantity_t + award.quantity_t, had.value_fen + award.value_fen
            )
        cash: list[CashMove] = []
        for account, deposit_fen in auction.deposits.items():
            owed_fen = lines[account].value_fen if account in lines else 0
            if deposit_fen > owed_fen:
                cash.append(CashMove(deposit_fen - owed_fen, held(account, auction.id), account))
        return AuctionCleared(
            auction_id=auction.id,
            outcome=result.outcome,
            price_fen_per_t=result.price_fen_per_t,
            offered_t=auction.offered_t,
            sold_t=result.sold_t,
            revenue_fen=result.revenue_fen,
            seed=result.seed,
            bid_t=sum(bid.quantity_t for bid in auction.bids.values()),
            valid_t=result.statistics.valid_t,
            bidders=len({bid.account for bid in auction.bids.values()}),
            awards=tuple(lines.values()),
            rejected={aside.bid: aside.refusal for aside in result.rejected},
            reason=result.reason,
            pay_by_ms=pay_by_ms,
            cash=tuple(cash),
        )

    def _unsold(self, auction: Auction, rules: AuctionRules, result: Clearing) -> list[Event]:
        """Move what was not sold by the scheme's rule."""
        unsold_t = auction.offered_t - result.sold_t
        if not unsold_t:
            return []
        later, already = self._later_rounds(auction, rules)
        plan = roll_forward(rules, unsold_t, [t for _, t in later], already)
        target = auction.source
        if plan.cancelled_t:
            target = self._government("cancellation")
        elif plan.to_reserve_t:
            target = self._government("reserve")
        draft = Draft(self.book)
        there = held(auction.source, auction.id)
        draft.skip(there, auction.series, result.sold_t)
        draft.take(there, target, auction.series, unsold_t)
        return [
            UnsoldMoved(
                auction_id=auction.id,
                rule=rules.unsold,
                quantity_t=unsold_t,
                target=target,
                later={r: t for (r, _), t in zip(later, plan.added_t, strict=False) if t},
                units=tuple(draft.units),
            )
        ]

    def _later_rounds(self, auction: Auction, rules: AuctionRules) -> tuple[list[tuple[str, int]], list[int]]:
        names = [planned.round for planned in rules.rounds]
        after = rules.rounds[names.index(auction.round) + 1 :] if auction.round in names else ()
        later = [(planned.round, planned.offered_t) for planned in after]
        already = [self.state.carried.get(_round_key(auction.vintage, name), 0) for name, _ in later]
        return later, already

    # Settling.

    def _treasury(self, auction: Auction) -> str:
        return self._government("cash", fallback=auction.source)

    def _settle(self, _request: Request, command: SettleAuction) -> list[Event]:
        auction = self._auction(command.auction_id)
        treasury = self._treasury(auction)
        there = held(auction.source, auction.id)
        draft = Draft(self.book)
        events: list[Event] = []
        for account, award in auction.due.items():
            deposit_fen = auction.deposits.get(account, 0)
            rest_fen = award.value_fen - deposit_fen
            if rest_fen > self.book.cash_fen(account):
                continue
            begin = len(draft.units)
            draft.take(there, account, auction.series, award.quantity_t)
            cash = []
            if deposit_fen:
                cash.append(CashMove(deposit_fen, held(account, auction.id), treasury))
            if rest_fen:
                cash.append(CashMove(rest_fen, account, treasury))
            events.append(
                AwardSettled(
                    auction_id=auction.id,
                    account=account,
                    quantity_t=award.quantity_t,
                    value_fen=award.value_fen,
                    units=tuple(draft.units[begin:]),
                    cash=tuple(cash),
                )
            )
        return events

    def _declare_default(self, request: Request, command: DeclareDefault) -> list[Event]:
        auction = self._auction(command.auction_id)
        award = auction.due.get(command.account)
        if award is None:
            refuse(NOTHING_DUE, account=command.account, auction=auction.id)
        if request.at_ms < auction.pay_by_ms:
            refuse(STILL_TIME, auction=auction.id)
        deposit_fen = auction.deposits.get(command.account, 0)
        there = held(command.account, auction.id)
        back = self.book.moves(
            held(auction.source, auction.id), auction.source, auction.series, award.quantity_t
        )
        return [
            AwardDefaulted(
                auction_id=auction.id,
                account=command.account,
                quantity_t=award.quantity_t,
                deposit_fen=deposit_fen,
                units=back,
                cash=(CashMove(deposit_fen, there, self._treasury(auction)),) if deposit_fen else (),
            )
        ]

    def _cancel(self, _request: Request, command: CancelAuction) -> list[Event]:
        auction = self._auction(command.auction_id)
        if auction.status != "announced":
            refuse(NOT_CLOSED, auction=auction.id)
        there = held(auction.source, auction.id)
        return [
            AuctionCancelled(
                auction_id=auction.id,
                reason=command.reason,
                units=self.book.moves(there, auction.source, auction.series, auction.offered_t),
                cash=tuple(
                    CashMove(deposit_fen, held(account, auction.id), account)
                    for account, deposit_fen in auction.deposits.items()
                    if deposit_fen
                ),
            )
        ]

    # Appliers.

    def _announced(self, event: AuctionAnnounced, _at_ms: int) -> None:
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
        )

    def _bid_placed(self, event: BidPlaced, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        auction.entered += 1
        auction.bids[event.bid_id] = BidRecord(
            event.account, event.category, event.price_fen_per_t, event.quantity_t, event.deposit_fen
        )
        auction.deposits[event.account] = auction.deposits.get(event.account, 0) + event.deposit_fen

    def _bid_withdrawn(self, event: BidWithdrawn, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        del auction.bids[event.bid_id]
        auction.deposits[event.account] -= event.deposit_fen

    def _cleared(self, event: AuctionCleared, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        auction.status = "cleared" if event.outcome == "cleared" else "cancelled"
        auction.price_fen_per_t = event.price_fen_per_t
        auction.sold_t = event.sold_t
        auction.revenue_fen = event.revenue_fen
        auction.seed = event.seed
        auction.pay_by_ms = event.pay_by_ms
        auction.due = {award.account: award for award in event.awards}
        for move in event.cash:
            auction.deposits[move.target] -= move.amount_fen

    def _unsold_moved(self, event: UnsoldMoved, _at_ms: int) -> None:
        vintage = self.state.auctions[event.auction_id].vintage
        for name, more_t in event.later.items():
            key = _round_key(vintage, name)
            self.state.carried[key] = self.state.carried.get(key, 0) + more_t

    def _award_settled(self, event: AwardSettled, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        del auction.due[event.account]
        auction.deposits.pop(event.account, None)
        delivered = self.state.delivered.setdefault(auction.vintage, {})
        delivered[event.account] = delivered.get(event.account, 0) + event.quantity_t

    def _award_defaulted(self, event: AwardDefaulted, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        award = auction.due.pop(event.account)
        auction.deposits.pop(event.account, None)
        auction.sold_t -= award.quantity_t
        auction.revenue_fen -= award.value_fen

    def _cancelled(self, event: AuctionCancelled, _at_ms: int) -> None:
        auction = self.state.auctions[event.auction_id]
        auction.status = "cancelled"
        auction.deposits.clear()


def _round_key(vintage: int, name: str) -> str:
    return f"{vintage}/{name}"


def _bid(bid_id: str, entered: int, record: BidRecord) -> Bid:
    return Bid(
        id=bid_id or str(entered),
        bidder=record.account,
        price_fen_per_t=record.price_fen_per_t,
        quantity_t=record.quantity_t,
        entered=entered,
        category=record.category,
    )
