"""Delivery against payment: one event in which units, money and fees change hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.ledger.laws import Promise
from capwright.ledger.messages import CashMove, TradeBusted, TradeSettled, UnitMove
from capwright.ledger.place import HELD, RESALE, account_of, bucket_of
from capwright.settlement.messages import ResaleFreed, SettlementDayOpened
from capwright.settlement.state import QUARTER_MS, Net, SettlementState, TradeSum

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from capwright.kernel.message import Event
    from capwright.ledger.book import Book


__all__ = ["Delivery", "resale_bucket"]


def resale_bucket(on: date) -> str:
    """The bucket of units bought on a day that may not be sold again yet."""
    return f"{HELD}{RESALE}{on.isoformat()}"


class Delivery:
    """Makes the events that settle, and keeps what follows from them: sums, nets, T+n buckets."""

    def __init__(self, state: SettlementState, book: Book) -> None:
        self.state = state
        self._book = book
        self._bucket = ""
        self._sums: dict[tuple[str, str], TradeSum] = {}
        self._set_day()
        for one in state.trades[-64:]:
            self._sums[one.kind, one.mode] = one

    def _set_day(self) -> None:
        on = self.state.on
        self._bucket = "#" + resale_bucket(on) if on is not None and self.state.resale_days else ""

    # Handlers' part: what another room's handler emits.

    def open_day(self, on: date, resale_days: int, fee_account: str) -> Event:
        """The event that begins a trading day."""
        return SettlementDayOpened(on=on, resale_days=resale_days, fee_account=fee_account)

    def free_resale(self, bought_on: date) -> list[Event]:
        """The event that frees what was bought up to a day, if there is anything."""
        most = resale_bucket(bought_on)
        moves = [
            UnitMove(series, first, last, where, account_of(where))
            for where in self.state.resale
            if bucket_of(where) <= most
            for series, ranges in self._book.state.units[where].items()
            for first, last in ranges
        ]
        return [ResaleFreed(bought_on=bought_on, units=tuple(moves))] if moves else []

    def settle(
        self,
        *,
        trade_id: str,
        product: str,
        kind: str,
        mode: str,
        price_fen_per_t: int,
        quantity_t: int,
        buyer: str,
        cash_at: str,
        buyer_fee_fen: int,
        seller: str,
        units: Iterable[tuple[str, int, int, str]],
        seller_fee_fen: int,
        buy_order: str,
        sell_order: str,
        aggressor: str,
    ) -> TradeSettled:
        """A trade between two accounts.

        `cash_at` is the place that the buyer pays from; `units` the ranges sold: series, first, last, place.
        """
        value_fen = quantity_t * price_fen_per_t
        target = buyer + self._bucket
        fees_fen = buyer_fee_fen + seller_fee_fen
        paid = CashMove(value_fen - seller_fee_fen, cash_at, seller)
        cash = (paid, CashMove(fees_fen, cash_at, self.state.fee_account)) if fees_fen else (paid,)
        return TradeSettled(
            trade_id=trade_id,
            seller=seller,
            buyer=buyer,
            kind=kind,
            quantity_t=quantity_t,
            price_fen_per_t=price_fen_per_t,
            mode=mode,  # type: ignore[arg-type]  # the day's modes are trade modes
            product=product,
            buy_order=buy_order,
            sell_order=sell_order,
            aggressor=aggressor,  # type: ignore[arg-type]
            buyer_fee_fen=buyer_fee_fen,
            seller_fee_fen=seller_fee_fen,
            units=tuple([UnitMove(series, first, last, at, target) for series, first, last, at in units]),
            cash=cash,
        )

    # Appliers.

    def day_opened(self, event: SettlementDayOpened, _at_ms: int) -> None:
        """Fold the event."""
        state = self.state
        state.on, state.resale_days, state.fee_account = event.on, event.resale_days, event.fee_account
        state.bustable.clear()
        self._set_day()

    def resale_freed(self, event: ResaleFreed, _at_ms: int) -> None:
        """Fold the event."""
        for where in dict.fromkeys(move.source for move in event.units):
            del self.state.resale[where]

    def traded(self, event: TradeSettled, at_ms: int) -> None:
        """Fold a trade, of the exchange or registered."""
        value_fen = event.quantity_t * event.price_fen_per_t
        self._count(event.kind, event.mode, at_ms, 1, event.quantity_t, value_fen)
        if not event.product:
            return
        state = self.state
        state.bustable[event.trade_id] = (at_ms, event)
        self._account(event, 1, value_fen)
        resale = state.resale
        for move in event.units:
            if "#" in move.target:
                resale[move.target] = resale.get(move.target, 0) + move.last - move.first + 1

    def busted(self, event: TradeBusted, _at_ms: int) -> None:
        """Fold the undoing of a trade."""
        value_fen = event.quantity_t * event.price_fen_per_t
        self._count(event.kind, event.mode, event.traded_at_ms, -1, -event.quantity_t, -value_fen)
        del self.state.bustable[event.trade_id]
        self._account(event, -1, value_fen)
        resale = self.state.resale
        for move in event.units:
            if move.source in resale:
                resale[move.source] -= move.last - move.first + 1
                if not resale[move.source]:
                    del resale[move.source]

    def _account(self, event: TradeSettled | TradeBusted, sign: int, value_fen: int) -> None:
        """Count a trade in the nets of both sides and of the fee account."""
        buyer, seller = self._net(event.buyer), self._net(event.seller)
        buyer.trades += sign
        buyer.bought_fen += sign * value_fen
        buyer.fees_fen += sign * event.buyer_fee_fen
        seller.trades += sign
        seller.sold_fen += sign * value_fen
        seller.fees_fen += sign * event.seller_fee_fen
        net_t, kind, quantity_t = self.state.net_t, event.kind, sign * event.quantity_t
        bought, sold = net_t[event.buyer], net_t[event.seller]
        bought[kind] = bought.get(kind, 0) + quantity_t
        sold[kind] = sold.get(kind, 0) - quantity_t

    def _net(self, account: str) -> Net:
        found = self.state.nets.get(account)
        if found is None:
            found = self.state.nets[account] = Net()
            self.state.net_t[account] = {}
        return found

    def _count(self, kind: str, mode: str, at_ms: int, trades: int, quantity_t: int, value_fen: int) -> None:
        """Add to the sum of the quarter of an hour that the trade was made in."""
        begin_ms = at_ms - at_ms % QUARTER_MS
        found = self._sums.get((kind, mode))
        if found is None or found.at_ms != begin_ms:
            found = self._sum(kind, mode, begin_ms)
        found.trades += trades
        found.quantity_t += quantity_t
        found.value_fen += value_fen

    def _sum(self, kind: str, mode: str, begin_ms: int) -> TradeSum:
        """Find the sum, from the end: only a bust asks for an older one."""
        for one in reversed(self.state.trades):
            if one.at_ms == begin_ms and one.kind == kind and one.mode == mode:
                self._sums[kind, mode] = one
                return one
            if one.at_ms < begin_ms:
                break
        made = TradeSum(begin_ms, kind, mode, 0, 0, 0)
        self.state.trades.append(made)
        self._sums[kind, mode] = made
        return made

    def promises(self) -> Iterable[Promise]:
        """What must lie in the T+n buckets."""
        for where, quantity_t in self.state.resale.items():
            yield Promise(where, "", quantity_t)
