"""The exchange room: trading days, orders and picks, trades between two, halts, members, notices, cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from capwright.exchange import case_messages as c
from capwright.exchange import messages as m
from capwright.exchange.cases import Cases
from capwright.exchange.changes import Changes
from capwright.exchange.day import Days
from capwright.exchange.deals import Deals
from capwright.exchange.desk import Desk, Hooks, Tables
from capwright.exchange.halts import Halts
from capwright.exchange.listings import Listings
from capwright.exchange.orders import Orders
from capwright.exchange.sides import order_place
from capwright.exchange.state import ExchangeState
from capwright.exchange.tape import Tape
from capwright.ledger.laws import Promise
from capwright.ledger.messages import TradeBusted, TradeSettled
from capwright.ledger.room import Room

__all__ = ["ExchangeRoom"]


class ExchangeRoom(Room):
    """Everything that is traded."""

    state_type: ClassVar[type[ExchangeState]] = ExchangeState
    state: ExchangeState

    def wire(self) -> None:
        """Connect handlers and appliers."""
        self.hooks = Hooks()
        shared = (self.state, self.book, self.rulebook, self.hooks, Tables())
        orders, changes, self.tape = Orders(*shared), Changes(*shared), Tape(*shared)
        days, self.deals, listings, halts = Days(*shared), Deals(*shared), Listings(*shared), Halts(*shared)
        cases = Cases(*shared)
        self.tape.fill_tables()
        self.handlers = {
            m.OpenTradingDay: days.open,
            m.CloseTradingDay: days.close,
            m.ResetPrice: days.reset,
            m.PlaceOrder: orders.place,
            m.PickOrder: orders.pick,
            m.ReplaceOrder: changes.replace,
            m.CancelOrder: changes.cancel,
            m.MassCancel: changes.mass_cancel,
            m.CrossListings: listings.cross,
            m.ProposeDeal: self.deals.propose,
            m.ConfirmDeal: self.deals.confirm,
            m.WithdrawDeal: self.deals.withdraw,
            m.Halt: cases.guard_halt(halts.halt),
            m.LiftHalt: cases.guard_lift(halts.lift),
            m.AdmitMember: cases.guard_admit(halts.admit),
            m.PublishAnnouncement: halts.publish,
            c.OpenCase: cases.open,
            c.SummonInterview: cases.summon,
            c.RecordInterview: cases.interview,
            c.RequireReport: cases.require,
            c.RecordReport: cases.report,
            c.PublishWarning: cases.warn,
            c.ReportToRegulator: cases.tell_regulator,
            c.ImposeMeasure: cases.impose,
            c.LiftMeasure: cases.lift,
            c.CloseCase: cases.close,
        }
        self.appliers = {
            m.TradingDayOpened: days.opened,
            m.TradingDayClosed: days.closed,
            m.PriceReset: days.was_reset,
            m.OrderPlaced: self.tape.placed,
            m.OrderReplaced: self.tape.replaced,
            m.OrderCancelled: self.tape.cancelled,
            m.OrderRefunded: self.tape.refunded,
            m.DealProposed: self.deals.proposed,
            m.DealCancelled: self.deals.cancelled,
            m.TradingHalted: halts.halted,
            m.TradingResumed: halts.resumed,
            m.MemberAdmitted: halts.admitted,
            m.ExchangeAnnouncement: halts.announced,
            c.CaseOpened: cases.opened,
            c.InterviewSummoned: cases.summoned,
            c.InterviewHeld: cases.held,
            c.ReportRequired: cases.required,
            c.ReportReceived: cases.received,
            c.WarningPublished: cases.warned,
            c.CaseReported: cases.reported,
            c.MeasureImposed: cases.imposed,
            c.MeasureLifted: cases.lifted,
            c.CaseClosed: cases.closed,
            TradeSettled: self._traded,
            TradeBusted: self.tape.busted,
        }

    def _traded(self, event: TradeSettled, at_ms: int) -> None:
        self.tape.traded(event, at_ms)
        if self.state.deals and event.mode in ("negotiated", "block"):
            self.deals.settled(event, at_ms)

    @property
    def desk(self) -> Desk:
        """The books and tables, to look at."""
        return self.tape

    def promises(self) -> Iterator[Promise]:
        """What open orders and offered trades hold."""
        for order in self.state.orders.values():
            where = order_place(order.account, order.id)
            if order.side == "sell":
                yield Promise(where, "", order.left_t)
            else:
                yield Promise(where, "cash", self.tape.held_fen(order))
        for deal in self.state.deals.values():
            where = order_place(deal.account, deal.id)
            if deal.side == "sell":
                yield Promise(where, "", deal.quantity_t)
            else:
                yield Promise(where, "cash", self.tape.deal_fen(deal))

    def engaged(self, account: str) -> str:
        """The first open order or offered trade of an account, or nothing."""
        orders = ((order.account, order.id) for order in self.state.orders.values())
        deals = ((deal.account, deal.id) for deal in self.state.deals.values())
        return next((found for owner, found in (*orders, *deals) if owner == account), "")

    # What the auction room asks.

    def opening(self, kind: str) -> int | None:
        """The opening price of the product that a kind is traded in; None while the exchange is shut."""
        day = self.state.day
        if day is None or not day.open:
            return None
        found = (p.opening_fen_per_t for p in day.products.values() if kind in p.unit_kinds)
        return next(found, None)

    def check_trade(self, account: str, product: str, side: str, mode: str, at_ms: int) -> None:
        """Refuse an account that may not buy or sell a product in a mode, open or shut."""
        self.tape.check_trade(account, product, side, mode, at_ms)
