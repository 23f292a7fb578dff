"""Trades agreed between two (negotiated, block): one side offers and holds, the other confirms."""

from __future__ import annotations

from capwright.exchange.desk import Desk
from capwright.exchange.messages import (
    CancelReason,
    ConfirmDeal,
    DealCancelled,
    DealProposed,
    ProposeDeal,
    Side,
    WithdrawDeal,
)
from capwright.exchange.orders import SIDE
from capwright.exchange.prices import fee_fen
from capwright.exchange.sides import Sides, moved, order_place
from capwright.exchange.state import Deal
from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.ledger.messages import CashMove, TradeSettled, UnitMove
from capwright.ledger.room import Request

__all__ = ["Deals", "deal_release"]

NO_DEAL = define(
    "CW-6240",
    en="There is no trade {deal} that {account} could decide on.",
    zh="没有可由{account}处理的协议{deal}。",
    mend_en="It may have been confirmed, declined or withdrawn, or expired with the day.",
    mend_zh="该协议可能已确认、已拒绝、已撤回或随当日收市失效。",
    rule="trading rules: negotiated transfer, both sides confirm",
)
OWN_DEAL = define(
    "CW-6241",
    en="{account} cannot make a trade with itself or with another account of the same holder.",
    zh="{account}不能与自身或同一持有人的账户成交。",
    rule="risk rule of 2015-11-12: abnormal trading",
)


def deal_release(desk: Desk, deal: Deal, reason: CancelReason | str) -> DealCancelled:
    """The event that calls an offered trade off and gives back what it holds."""
    where = order_place(deal.account, deal.id)
    cash_fen = desk.ledger.cash_fen(where)
    return DealCancelled(
        deal_id=deal.id,
        reason=reason,  # type: ignore[arg-type]
        units=tuple(
            UnitMove(series, first, last, where, deal.account)
            for series, ranges in desk.ledger.state.units.get(where, {}).items()
            for first, last in ranges
        ),
        cash=(CashMove(cash_fen, where, deal.account),) if cash_fen else (),
    )


class Deals(Desk):
    """Handlers and appliers of trades between two, and of listed bidding's call."""

    def propose(self, request: Request, command: ProposeDeal) -> list[Event]:
        """Offer a trade; the proposer's units or cash are held until the other side answers."""
        day = self.day()
        account, side, price, quantity_t = (
            command.account, command.side, command.price_fen_per_t, command.quantity_t,
        )  # fmt: skip
        if side not in ("buy", "sell"):
            refuse(SIDE, side=str(side))
        product = self.product(day, command.product)
        mode = self.mode(product, command.mode, request.at_ms)
        self.check_halts(request.at_ms, product.code, account, command.counterparty)
        opposite: Side = "sell" if side == "buy" else "buy"
        trader = self.member(day, account, side)
        other = self.member(day, command.counterparty, opposite)
        accounts = self.ledger.state.accounts
        if accounts[account].holder == accounts[command.counterparty].holder:
            refuse(OWN_DEAL, account=account)
        self.check_right(trader, side, product, mode.mode)
        self.check_right(other, opposite, product, mode.mode)
        self.check_price(product, mode, price)
        self.check_size(product, mode, quantity_t, price)
        where = order_place(account, request.command_id)
        units: tuple[UnitMove, ...] = ()
        cash: tuple[CashMove, ...] = ()
        if side == "buy":
            self.check_position(trader, account, product, quantity_t)
            value_fen = price * quantity_t
            needed_fen = value_fen + fee_fen(value_fen, mode.buyer_fee_ppm)
            self.check_cash(account, needed_fen)
            cash = (CashMove(needed_fen, account, where),)
        else:
            units = moved(self.free_units(account, product.unit_kinds, quantity_t, product.code), where)
        return [
            DealProposed(
                deal_id=request.command_id,
                account=account,
                counterparty=command.counterparty,
                product=product.code,
                side=side,
                price_fen_per_t=price,
                quantity_t=quantity_t,
                mode=command.mode,
                units=units,
                cash=cash,
            )
        ]

    def confirm(self, request: Request, command: ConfirmDeal) -> list[Event]:
        """Settle an offered trade as its counterparty."""
        deal = self.state.deals.get(command.deal_id)
        if deal is None or deal.counterparty != command.account:
            refuse(NO_DEAL, deal=command.deal_id[:200], account=command.account)
        day = self.day()
        product = self.product(day, deal.product)
        mode = self.mode(product, deal.mode, request.at_ms)
        self.check_halts(request.at_ms, product.code, deal.account, deal.counterparty)
        side: Side = "sell" if deal.side == "buy" else "buy"
        self.member(day, deal.account, deal.side)
        trader = self.member(day, deal.counterparty, side)
        self.check_right(trader, side, product, mode.mode)
        value_fen = deal.price_fen_per_t * deal.quantity_t
        where = order_place(deal.account, deal.id)
        offered = Sides(deal.account, deal.id, 0, 0, 0)
        confirmed = Sides(deal.counterparty, request.command_id, 0, 0, 0)
        if side == "buy":
            buyer, seller = confirmed, offered
            self.check_position(trader, deal.counterparty, product, deal.quantity_t)
            self.check_cash(deal.counterparty, value_fen + fee_fen(value_fen, mode.buyer_fee_ppm))
            units = self.held_units(deal.account, deal.id, deal.quantity_t)
            cash_at = deal.counterparty
        else:
            buyer, seller = offered, confirmed
            kinds = product.unit_kinds
            units = self.free_units(deal.counterparty, kinds, deal.quantity_t, product.code)
            cash_at = where
        buyer.ppm = mode.buyer_fee_ppm
        seller.ppm = self.fee_ppm(mode, "sell", seller.account)
        return [
            self.hooks.settle(
                trade_id=f"{request.command_id}/1",
                product=product.code,
                kind=product.unit_kinds[0],
                mode=deal.mode,
                price_fen_per_t=deal.price_fen_per_t,
                quantity_t=deal.quantity_t,
                buyer=buyer.account,
                cash_at=cash_at,
                buyer_fee_fen=buyer.charge(value_fen),
                seller=seller.account,
                units=units,
                seller_fee_fen=seller.charge(value_fen),
                buy_order=buyer.order_id,
                sell_order=seller.order_id,
                aggressor=side,
            )
        ]

    def withdraw(self, _request: Request, command: WithdrawDeal) -> list[Event]:
        """Take an offered trade back, or decline it."""
        deal = self.state.deals.get(command.deal_id)
        if deal is None or command.account not in (deal.account, deal.counterparty):
            refuse(NO_DEAL, deal=command.deal_id[:200], account=command.account)
        return [deal_release(self, deal, "member" if command.account == deal.account else "declined")]

    # Appliers.

    def proposed(self, event: DealProposed, _at_ms: int) -> None:
        """Fold the event."""
        self.state.deals[event.deal_id] = Deal(
            event.deal_id,
            event.account,
            event.counterparty,
            event.product,
            event.side,
            event.price_fen_per_t,
            event.quantity_t,
            event.mode,
        )

    def cancelled(self, event: DealCancelled, _at_ms: int) -> None:
        """Fold the event."""
        del self.state.deals[event.deal_id]

    def settled(self, event: TradeSettled, _at_ms: int) -> None:
        """A confirmed trade is no open offer any more."""
        self.state.deals.pop(event.buy_order, None)
        self.state.deals.pop(event.sell_order, None)
