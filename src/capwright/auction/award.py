"""A round from its close: cleared by the one engine, settled delivery against payment, or defaulted."""

from __future__ import annotations

from capwright.auction.bids import Bidder, holding_limit_t
from capwright.auction.clearing import clear
from capwright.auction.desk import NOT_CLOSED, as_bid, round_key
from capwright.auction.messages import (
    AuctionCleared,
    AwardDefaulted,
    AwardLine,
    AwardSettled,
    ClearAuction,
    DeclareDefault,
    SettleAuction,
    UnsoldMoved,
)
from capwright.auction.reserve_sale import at_tier, tier_of
from capwright.auction.result import Clearing
from capwright.auction.settling import LotSettling
from capwright.auction.state import Auction, Lot
from capwright.auction.supply import roll_forward
from capwright.auction.venue import trading_day_end_ms
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.ledger.book import Draft
from capwright.ledger.checks import check_free
from capwright.ledger.clock import working_day_end_ms
from capwright.ledger.messages import CashMove, UnitMove
from capwright.ledger.place import held
from capwright.ledger.room import Request
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["Awards"]

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
    rule="auction notice: payment, five trading days where no notice says (GZETS 2020-07-06)",
)


class Awards(LotSettling):
    """Handlers and appliers from the close of a round on."""

    def clear(self, request: Request, command: ClearAuction) -> list[Event]:
        """Clear a closed round, release deposits that are not needed, move what was not sold."""
        auction = self.auction(command.auction_id)
        if auction.status != "announced" or request.at_ms < auction.closes_ms:
            refuse(NOT_CLOSED, auction=auction.id)
        check_text("seed", command.seed, MAX_ID, least=0)
        rules = self.rules_for(auction)
        bids = [as_bid(bid_id, n, b) for n, (bid_id, b) in enumerate(auction.bids.items())]
        if auction.tier:
            bids = at_tier(tier_of(self.rules_of(auction.vintage), auction.tier), bids)
        result = clear(
            rules,
            auction.offered_t,
            bids,
            reserve_fen_per_t=auction.reserve_fen_per_t,
            seed=command.seed,
            secondary_fen_per_t=command.secondary_fen_per_t,
            bidders=self._bidders(rules, auction),
        )
        pay_by_ms = request.at_ms
        if rules.payment_working_days:
            term = trading_day_end_ms if isinstance(auction, Lot) else working_day_end_ms
            pay_by_ms = term(self.rulebook.now(), request.at_ms, rules.payment_working_days)
        released = self._released(auction, result)
        return [self._result(auction, result, pay_by_ms, released), *self._not_sold(auction, rules, result)]

    def _released(self, auction: Auction, result: Clearing) -> tuple[UnitMove, ...]:
        """What a price tier adds to the round: out of the reserve, as far as it was sold (RGGI's CCR)."""
        released_t = max(result.sold_t - auction.offered_t, 0)
        if not released_t:
            return ()
        reserve = self.government("reserve", first="market_reserve")
        check_free(self.book, reserve, auction.series, released_t)
        return self.book.moves(reserve, held(auction.source, auction.id), auction.series, released_t)

    def _bidders(self, rules: AuctionRules, auction: Auction) -> list[Bidder]:
        names = dict.fromkeys(bid.account for bid in auction.bids.values())
        if isinstance(auction, Lot):  # no rule of a lot asks for more
            return [Bidder(name=name) for name in names]
        return [
            Bidder(
                name=name,
                quota_t=self.hooks.quota_t(name, auction.vintage),
                holding_room_t=self._holding_room_t(rules, auction, name),
                guarantee_fen=auction.deposits.get(name, 0),
            )
            for name in names
        ]

    def _holding_room_t(self, rules: AuctionRules, auction: Auction, account: str) -> int | None:
        """What an account may still hold: the limit for the year's budget, less what it has or is owed.

        Allowances of the round's vintage and older ones are pooled, held and frozen ones included (17 CCR
        95920). None where the scheme has no limit or no cap to measure it by.
        """
        cap = self.rulebook.vintage(auction.vintage).body.cap
        if rules.holding_limit is None or cap is None:
            return None
        kinds = self.rulebook.now().unit_kinds
        has_t = 0
        for where in self.book.places_of(account):
            for name, quantity_t in self.book.at(where).items():
                series = self.book.state.series[name]
                if kinds[series.kind].family == "allowance" and series.vintage <= auction.vintage:
                    has_t += quantity_t
        for other in self.state.auctions.values():  # entrusted lots are not the government's allowances
            if other.vintage <= auction.vintage and account in other.due:
                has_t += other.due[account].quantity_t
        return holding_limit_t(rules.holding_limit, cap.total_t) - has_t

    def _result(
        self, auction: Auction, result: Clearing, pay_by_ms: int, released: tuple[UnitMove, ...]
    ) -> AuctionCleared:
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
        found = result.statistics
        return AuctionCleared(
            auction_id=auction.id,
            outcome=result.outcome,
            price_fen_per_t=result.price_fen_per_t,
            offered_t=auction.offered_t,
            sold_t=result.sold_t,
            revenue_fen=result.revenue_fen,
            seed=result.seed,
            bid_t=sum(bid.quantity_t for bid in auction.bids.values()),
            valid_t=found.valid_t,
            bidders=len({bid.account for bid in auction.bids.values()}),
            awards=tuple(lines.values()),
            rejected={aside.bid: aside.refusal for aside in result.rejected},
            reason=result.reason,
            pay_by_ms=pay_by_ms,
            valid_bids=found.valid_bids,
            high_fen_per_t=found.high_fen_per_t,
            mean_fen_per_t=found.mean_bid_fen_per_t,
            low_fen_per_t=found.low_fen_per_t,
            units=released,
            cash=tuple(cash),
        )

    def _not_sold(self, auction: Auction, rules: AuctionRules, result: Clearing) -> list[Event]:
        """Cancel what a price tier withheld (RGGI's ECR), move the rest by the scheme's rule."""
        withheld_t = -sum(moved_t for moved_t in result.moved_t.values() if moved_t < 0)
        unsold_t = max(auction.offered_t - withheld_t - result.sold_t, 0)
        draft = Draft(self.book)
        if withheld_t or unsold_t:  # otherwise all was sold, and perhaps more than lies there yet
            self.skip_lot(draft, auction, result.sold_t)
        events: list[Event] = []
        if withheld_t:
            target = self.government("cancellation")
            events.append(self._moved(draft, auction, "withheld", withheld_t, target))
        if unsold_t:
            later, already = self._later_rounds(auction, rules)
            plan = roll_forward(rules, unsold_t, [t for _, t in later], already)
            target = auction.source
            if plan.cancelled_t:
                target = self.government("cancellation")
            elif plan.to_reserve_t:
                target = self.government("reserve", first="market_reserve")
            added = {r: t for (r, _), t in zip(later, plan.added_t, strict=False) if t}
            events.append(self._moved(draft, auction, rules.unsold, unsold_t, target, added))
        return events

    def _moved(
        self,
        draft: Draft,
        auction: Auction,
        rule: str,
        quantity_t: int,
        target: str,
        later: dict[str, int] | None = None,
    ) -> UnsoldMoved:
        begin = len(draft.units)
        self.take_lot(draft, auction, target, quantity_t)
        return UnsoldMoved(
            auction_id=auction.id,
            rule=rule,
            quantity_t=quantity_t,
            target=target,
            later=later or {},
            units=tuple(draft.units[begin:]),
        )

    def _later_rounds(self, auction: Auction, rules: AuctionRules) -> tuple[list[tuple[str, int]], list[int]]:
        names = [planned.round for planned in rules.rounds]
        after = rules.rounds[names.index(auction.round) + 1 :] if auction.round in names else ()
        later = [(planned.round, planned.offered_t) for planned in after]
        already = [self.state.carried.get(round_key(auction.vintage, name), 0) for name, _ in later]
        return later, already

    def _treasury(self, auction: Auction) -> str:
        """Who gets the money: the government, or the holder who entrusted the lot."""
        if isinstance(auction, Lot):
            return auction.source
        return self.government("cash", fallback=auction.source)

    def settle(self, _request: Request, command: SettleAuction) -> list[Event]:
        """Deliver to every winner who can pay."""
        auction = self.auction(command.auction_id)
        draft = Draft(self.book)
        if isinstance(auction, Lot):
            return self.settle_lot(draft, auction)
        treasury = self._treasury(auction)
        events: list[Event] = []
        for account, award in auction.due.items():
            deposit_fen = auction.deposits.get(account, 0)
            rest_fen = award.value_fen - deposit_fen
            if rest_fen > self.book.cash_fen(account):
                continue
            begin = len(draft.units)
            self.take_lot(draft, auction, account, award.quantity_t)
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

    def declare_default(self, request: Request, command: DeclareDefault) -> list[Event]:
        """Take the deposit of a winner who did not pay in time; the units go back."""
        auction = self.auction(command.auction_id)
        award = auction.due.get(command.account)
        if award is None:
            refuse(NOTHING_DUE, account=command.account, auction=auction.id)
        if request.at_ms < auction.pay_by_ms:
            refuse(STILL_TIME, auction=auction.id)
        deposit_fen = auction.deposits.get(command.account, 0)
        there = held(command.account, auction.id)
        draft = Draft(self.book)
        self.take_lot(draft, auction, auction.source, award.quantity_t)
        return [
            AwardDefaulted(
                auction_id=auction.id,
                account=command.account,
                quantity_t=award.quantity_t,
                deposit_fen=deposit_fen,
                units=tuple(draft.units),
                cash=(CashMove(deposit_fen, there, self._treasury(auction)),) if deposit_fen else (),
            )
        ]

    # Appliers.

    def cleared(self, event: AuctionCleared, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        auction.status = "cleared" if event.outcome == "cleared" else "cancelled"
        auction.price_fen_per_t = event.price_fen_per_t
        auction.sold_t = event.sold_t
        auction.revenue_fen = event.revenue_fen
        auction.seed = event.seed
        auction.pay_by_ms = event.pay_by_ms
        auction.due = {award.account: award for award in event.awards}
        for move in event.cash:
            auction.deposits[move.target] -= move.amount_fen

    def unsold_moved(self, event: UnsoldMoved, _at_ms: int) -> None:
        """Fold the event."""
        vintage = self.known(event.auction_id).vintage
        for name, more_t in event.later.items():
            key = round_key(vintage, name)
            self.state.carried[key] = self.state.carried.get(key, 0) + more_t

    def award_settled(self, event: AwardSettled, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        del auction.due[event.account]
        auction.deposits.pop(event.account, None)
        delivered = self.state.delivered.setdefault(auction.vintage, {})
        delivered[event.account] = delivered.get(event.account, 0) + event.quantity_t

    def award_defaulted(self, event: AwardDefaulted, _at_ms: int) -> None:
        """Fold the event."""
        auction = self.known(event.auction_id)
        award = auction.due.pop(event.account)
        auction.deposits.pop(event.account, None)
        auction.sold_t -= award.quantity_t
        auction.revenue_fen -= award.value_fen
