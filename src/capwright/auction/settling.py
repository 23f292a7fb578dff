"""Settlement of an entrusted lot: each award becomes a trade, delivery against payment in one event."""

from __future__ import annotations

from capwright.auction.desk import Desk
from capwright.auction.messages import AwardLine, AwardTraded
from capwright.auction.state import Lot
from capwright.auction.venue import fees_fen
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.book import Draft
from capwright.ledger.clock import local_time
from capwright.ledger.messages import CashMove, TradeSettled
from capwright.ledger.place import held

__all__ = ["LotSettling"]

NO_FEE_ACCOUNT = define(
    "CW-6317",
    en="The award brings fees, but there is no open account of the type '{account_type}' to take them.",
    zh="本次成交须收取手续费，但没有类型为“{account_type}”的可用账户。",
    mend_en="Open one first; the scheme names the type in exchange.settlement.fee_account_type.",
    mend_zh="请先开立该账户；类型由方案 exchange.settlement.fee_account_type 规定。",
    rule="scheme: exchange.settlement",
)


class LotSettling(Desk):
    """How a lot's awards are paid: the deposit first, then free cash; fees of both sides to the exchange."""

    def settle_lot(self, draft: Draft, lot: Lot) -> list[Event]:
        """A trade for every winner who can pay the price and its fee."""
        events: list[Event] = []
        product = lot.product if self.hooks.opening(lot.kind) is not None else ""
        for account, award in lot.due.items():
            buyer_fee_fen, seller_fee_fen = self._fees(lot, award)
            deposit_fen = lot.deposits.get(account, 0)
            if award.value_fen - deposit_fen + buyer_fee_fen > self.book.cash_fen(account):
                continue
            both_fen = buyer_fee_fen + seller_fee_fen
            owed = [(lot.source, award.value_fen - seller_fee_fen)]
            if both_fen:
                owed.append((self._fee_account(), both_fen))
            begin = len(draft.units)
            self.take_lot(draft, lot, account, award.quantity_t)
            trade_id = f"{lot.id}/{account}"
            events.append(
                TradeSettled(
                    trade_id=trade_id,
                    seller=lot.source,
                    buyer=account,
                    kind=lot.kind,
                    quantity_t=award.quantity_t,
                    price_fen_per_t=award.value_fen // award.quantity_t,
                    mode=lot.mode,
                    product=product,
                    buyer_fee_fen=buyer_fee_fen,
                    seller_fee_fen=seller_fee_fen,
                    units=tuple(draft.units[begin:]),
                    cash=_payments(held(account, lot.id), deposit_fen, account, owed),
                )
            )
            events.append(
                AwardTraded(
                    auction_id=lot.id,
                    account=account,
                    trade_id=trade_id,
                    quantity_t=award.quantity_t,
                    value_fen=award.value_fen,
                )
            )
        return events

    def _fees(self, lot: Lot, award: AwardLine) -> tuple[int, int]:
        """The fees of both sides by the rules of the day of the auction, on the value of the whole award."""
        rules = self.rulebook.now()
        exchange = rules.body.exchange
        if exchange is None:
            return 0, 0
        transfer = rules.transaction_types.get("transfer")
        owner = self.book.state.accounts[lot.source].type
        return fees_fen(
            exchange,
            lot.product,
            lot.mode,
            local_time(rules, lot.closes_ms).date(),
            award.value_fen,
            from_owner=transfer is not None and owner not in transfer.to_types,
        )

    def _fee_account(self) -> str:
        exchange = self.rulebook.now().body.exchange
        account_type = exchange.settlement.fee_account_type if exchange is not None else ""
        for account in self.book.accounts_of_type(account_type):
            if account.status == "open":
                return account.number
        return refuse(NO_FEE_ACCOUNT, account_type=account_type)


def _payments(
    deposit: str, deposit_fen: int, account: str, owed: list[tuple[str, int]]
) -> tuple[CashMove, ...]:
    """Pay what is owed in order, out of the deposit first and then out of the account."""
    moves = []
    for target, amount_fen in owed:
        first_fen = min(deposit_fen, amount_fen)
        deposit_fen -= first_fen
        if first_fen:
            moves.append(CashMove(first_fen, deposit, target))
        if amount_fen > first_fen:
            moves.append(CashMove(amount_fen - first_fen, account, target))
    return tuple(moves)
