"""Cash in and out, trades settled delivery against payment in one event, and their clearing.

The exchange settles its trades through `Delivery`. A trade that was agreed elsewhere is registered by the
exchange officer (`SettleTrade`): who may trade and which units follow from the row `transfer` of the
transaction-type table; its approvals, delay and trusted list do not apply, because cash and units change
hands in one event.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.book import Draft
from capwright.ledger.checks import (
    check_different,
    check_giver,
    check_quantity,
    check_receiver,
    check_series,
    check_vintage,
    transaction_type,
)
from capwright.ledger.laws import Promise
from capwright.ledger.messages import CashMove, TradeBusted, TradeSettled
from capwright.ledger.place import BANK
from capwright.ledger.room import Request, Room
from capwright.settlement import messages as m
from capwright.settlement.clearing import Clearing
from capwright.settlement.delivery import Delivery
from capwright.settlement.messages import (
    CashDeposited,
    CashPaid,
    CashWithdrawn,
    DepositCash,
    PayCash,
    SettleTrade,
    WithdrawCash,
)
from capwright.settlement.state import SettlementState

__all__ = ["SettlementRoom"]

AMOUNT = define(
    "CW-3101",
    en="{amount_fen} fen is no amount that can be moved.",
    zh="{amount_fen}分不是可划转的金额。",
    mend_en="The amount must be positive.",
    mend_zh="金额必须为正数。",
    rule="design: bound everything",
)
NO_ACCOUNT = define(
    "CW-3102", en="There is no open account {account}.", zh="没有可用账户{account}。", rule="ledger"
)
NOT_ENOUGH_CASH = define(
    "CW-3103",
    en="{account} has {available_fen} fen at its disposal, {amount_fen} fen are asked for.",
    zh="{account}可用资金为{available_fen}分，不足所需的{amount_fen}分。",
    mend_en="Deposit cash first; cash held for bids does not count.",
    mend_zh="请先入金；已为竞价冻结的资金不可重复使用。",
    rule="trading rules: cash is frozen at the order",
)
PRICE = define(
    "CW-3105",
    en="{price_fen_per_t} fen is no price for a tonne, or the trade is worth more than can be settled.",
    zh="{price_fen_per_t}分不是有效的每吨价格，或成交金额超出可结算范围。",
    mend_en="The price must be positive.",
    mend_zh="价格必须为正数。",
    rule="trading rules: price step 0.01 CNY/t; design: bound everything",
)
TOO_MUCH_CASH = define(
    "CW-3106",
    en="With {amount_fen} fen more, the market would hold more than {most_fen} fen in all.",
    zh="再存入{amount_fen}分后，市场资金总额将超过{most_fen}分。",
    rule="design: bound everything",
)
NOT_ENOUGH_UNITS = define(
    "CW-3104",
    en="{account} has {available_t} t of {kind} of vintage {vintage} or older free, {quantity_t} t are sold.",
    zh="{account}可用的{kind}（{vintage}及以前年度）为{available_t}吨，不足出售的{quantity_t}吨。",
    rule="trading rules: allowances are frozen at the order",
)

NOT_OF_THE_STATE = define(
    "CW-3107",
    en="{account} is no account of the government; officers collect only for it.",
    zh="{account}不是政府账户；工作人员只能代政府收款。",
    mend_en="Between holders cash moves in trades.",
    mend_zh="账户之间的资金随交易划转。",
    rule="separation of duties: fines and fees go to the government",
)


class SettlementRoom(Room):
    """Cash and delivery against payment."""

    state_type: ClassVar[type[SettlementState]] = SettlementState
    state: SettlementState

    def wire(self) -> None:
        """Connect handlers and appliers."""
        self.delivery = Delivery(self.state, self.book)
        self.clearing = Clearing(self.state, self.book, self.rulebook)
        self.handlers = {
            DepositCash: self._deposit,
            WithdrawCash: self._withdraw,
            PayCash: self._pay,
            SettleTrade: self._settle,
            m.BustTrade: self.clearing.bust,
            m.ClearTrades: self.clearing.clear,
        }
        self.appliers = {
            m.SettlementDayOpened: self.delivery.day_opened,
            m.ResaleFreed: self.delivery.resale_freed,
            m.TradesCleared: self.clearing.cleared,
            TradeSettled: self.delivery.traded,
            TradeBusted: self.delivery.busted,
        }

    def promises(self) -> Iterable[Promise]:
        """What lies in the T+n buckets."""
        return self.delivery.promises()

    def _check_account(self, number: str) -> None:
        account = self.book.account(number)
        if account is None or account.status in {"closed", "suspended"}:
            refuse(NO_ACCOUNT, account=number)

    def _check_amount(self, amount_fen: int) -> None:
        if not 0 < amount_fen <= MAX_FEN:
            refuse(AMOUNT, amount_fen=amount_fen)

    def _check_cash(self, number: str, amount_fen: int) -> None:
        self._check_amount(amount_fen)
        available_fen = self.book.cash_fen(number)
        if available_fen < amount_fen:
            refuse(NOT_ENOUGH_CASH, account=number, available_fen=available_fen, amount_fen=amount_fen)

    def _deposit(self, request: Request, command: DepositCash) -> list[Event]:
        self._check_account(command.account)
        self._check_amount(command.amount_fen)
        self.clearing.check_hours(request.at_ms, out=False)
        owned_fen = -self.book.cash_fen(BANK)  # the bank owes what all own
        if owned_fen + command.amount_fen > MAX_FEN:
            refuse(TOO_MUCH_CASH, amount_fen=command.amount_fen, most_fen=MAX_FEN)
        cash = (CashMove(command.amount_fen, BANK, command.account),)
        return [CashDeposited(account=command.account, amount_fen=command.amount_fen, cash=cash)]

    def _withdraw(self, request: Request, command: WithdrawCash) -> list[Event]:
        self._check_account(command.account)
        self._check_cash(command.account, command.amount_fen)
        self.clearing.check_hours(request.at_ms, out=True)
        self.clearing.check_cleared(request.at_ms, command.account, command.amount_fen)
        cash = (CashMove(command.amount_fen, command.account, BANK),)
        return [CashWithdrawn(account=command.account, amount_fen=command.amount_fen, cash=cash)]

    def _pay(self, _request: Request, command: PayCash) -> list[Event]:
        self._check_account(command.source)
        self._check_account(command.target)
        check_different(command.source, command.target)
        check_text("purpose", command.purpose, MAX_REASON)
        if not self.book.state.accounts[command.target].government:
            refuse(NOT_OF_THE_STATE, account=command.target)
        self._check_cash(command.source, command.amount_fen)
        cash = (CashMove(command.amount_fen, command.source, command.target),)
        return [
            CashPaid(
                source=command.source,
                target=command.target,
                amount_fen=command.amount_fen,
                purpose=command.purpose,
                cash=cash,
            )
        ]

    def _settle(self, request: Request, command: SettleTrade) -> list[Event]:
        rules = self.rulebook.now()
        row = transaction_type(rules, "transfer")
        check_different(command.seller, command.buyer)
        check_giver(self.book, command.seller, row)
        receiver = check_receiver(self.book, command.buyer, row)
        check_quantity(command.quantity_t)
        check_vintage(command.vintage)
        value_fen = command.quantity_t * command.price_fen_per_t
        if not 0 < value_fen <= MAX_FEN:
            refuse(PRICE, price_fen_per_t=command.price_fen_per_t)
        self._check_cash(command.buyer, value_fen)
        held = self.book.at(command.seller)
        usable = [
            series
            for series in sorted((self.book.state.series[name] for name in held), key=lambda s: s.vintage)
            if series.kind == command.kind and series.vintage <= command.vintage
        ]
        available_t = sum(held[series.id] for series in usable)
        if available_t < command.quantity_t:
            refuse(
                NOT_ENOUGH_UNITS,
                account=command.seller,
                available_t=available_t,
                kind=command.kind,
                vintage=command.vintage,
                quantity_t=command.quantity_t,
            )
        draft = Draft(self.book)
        left_t = command.quantity_t
        for series in usable:
            check_series(self.book, rules, series.id, row, receiver)
            take_t = min(left_t, held[series.id])
            draft.take(command.seller, command.buyer, series.id, take_t)
            left_t -= take_t
            if not left_t:
                break
        return [
            TradeSettled(
                trade_id=request.command_id,
                seller=command.seller,
                buyer=command.buyer,
                kind=command.kind,
                quantity_t=command.quantity_t,
                price_fen_per_t=command.price_fen_per_t,
                mode=command.mode,
                units=tuple(draft.units),
                cash=(CashMove(value_fen, command.buyer, command.seller),),
            )
        ]
