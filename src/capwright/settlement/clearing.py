"""End of day: clearing statements that add up to zero, busts of manifest errors, cash in and out."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.clock import local_ms, local_time
from capwright.ledger.messages import CashMove, TradeBusted, TradeSettled, UnitMove
from capwright.settlement.delivery import resale_bucket
from capwright.settlement.messages import BustTrade, ClearTrades, Statement, TradesCleared
from capwright.settlement.state import Net, SettlementState, Waiting

if TYPE_CHECKING:
    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook, Rules
    from capwright.scheme.exchange_rules import SettlementRules

__all__ = ["Clearing", "is_clearing_day"]

_RULE = "GZETS trading notices: clearing after 15:30, cash in by 16:00, cash out next trading day from 9:00"

CLEARED = define(
    "CW-3110",
    en="{on} cannot be cleared at {now}: it is no clearing day, not over yet, or cleared already.",
    zh="{now}不能清算{on}：该日非清算日、尚未收市或已经清算。",
    mend_en="Trades of extra weekend sessions are cleared on the next clearing day, after {from_time}.",
    mend_zh="周末加开交易日的成交顺延至下一清算日{from_time}后清算。",
    rule=_RULE,
)
NO_TRADE = define(
    "CW-3111",
    en="There is no trade {trade} that could still be undone.",
    zh="没有可撤销的成交{trade}。",
    mend_en="Errors have to be solved before the next opening.",
    mend_zh="差错须在下一交易日开市前处理。",
    rule="risk rule of 2015-11-12, art. 14",
)
BUST_UNITS = define(
    "CW-3112",
    en="The units of trade {trade} are no longer at the disposal of {account}.",
    zh="成交{trade}的标的已不在{account}的可用余额中。",
    mend_en="Settle between the two by a negotiated trade.",
    mend_zh="请由双方以协议转让方式处理。",
    rule="risk rule of 2015-11-12, art. 14",
)
BUST_CASH = define(
    "CW-3113",
    en="{account} has {available_fen} fen free, {amount_fen} fen of trade {trade} have to go back.",
    zh="{account}可用资金为{available_fen}分，不足退回成交{trade}所需的{amount_fen}分。",
    mend_en="Deposit cash first.",
    mend_zh="请先入金。",
    rule="risk rule of 2015-11-12, art. 14",
)
CASH_HOURS = define(
    "CW-3108",
    en="Cash moves {hours} on clearing days; now it is {now}.",
    zh="资金划转时间为清算日{hours}，现为{now}。",
    mend_en="Come back then.",
    mend_zh="请在上述时间办理。",
    rule=_RULE,
)
UNCLEARED = define(
    "CW-3109",
    en="{account} may withdraw {available_fen} fen: {waiting_fen} fen of sales are not cleared or not due.",
    zh="{account}可出金{available_fen}分：另有卖出款{waiting_fen}分尚未清算或未到出金时间。",
    mend_en="What sales bring may leave the market on the clearing day after their clearing.",
    mend_zh="卖出款于清算后的下一清算日方可出金。",
    rule=_RULE,
)


def settlement_rules(rules: Rules) -> SettlementRules | None:
    """The settlement rules of the exchange, where the scheme has one."""
    exchange = rules.body.exchange
    return exchange.settlement if exchange is not None else None


def is_clearing_day(rules: Rules, on: date) -> bool:
    """Whether trades are cleared and cash moves on a day: a trading day, unless extra and on a weekend."""
    from capwright.scheme.calendar import exchange_calendar  # noqa: PLC0415 - heavy

    calendar = rules.section("calendar")
    if not exchange_calendar(calendar).is_working_day(on):
        return False
    found = settlement_rules(rules)
    deferred = found is not None and found.defer_weekends
    return not (deferred and on in calendar.extra_sessions)


class Clearing:
    """Handlers and appliers of the end of the day, and what it means for cash."""

    def __init__(self, state: SettlementState, book: Book, rulebook: Rulebook) -> None:
        self.state = state
        self._book = book
        self._rulebook = rulebook

    # Statements.

    def clear(self, request: Request, command: ClearTrades) -> list[Event]:
        """Clear what was traded since the last clearing."""
        rules = self._rulebook.now()
        now = local_time(rules, request.at_ms)
        found = settlement_rules(rules)
        from_text = (found.clear_from if found else "") or "00:00"
        late = now.date() == command.on and now.time() >= time.fromisoformat(from_text)
        again = self.state.cleared_on is not None and command.on <= self.state.cleared_on
        if again or not late or not is_clearing_day(rules, command.on):
            refuse(CLEARED, on=str(command.on), now=f"{now:%Y-%m-%d %H:%M}", from_time=from_text)
        return [
            TradesCleared(
                on=command.on,
                statements=self._statements(),
                cash_out_ms=_next_cash_out_ms(rules, found, command.on),
            )
        ]

    def _statements(self) -> tuple[Statement, ...]:
        lines: list[Statement] = []
        fees_fen = 0
        fee_account = self.state.fee_account
        for account, net in sorted(self.state.nets.items()):
            fees_fen += net.fees_fen
            if account != fee_account:
                lines.append(self._statement(account, net))
        own = self.state.nets.get(fee_account, Net())
        if fees_fen or own != Net():
            lines.append(self._statement(fee_account, own, fees_fen))
        assert sum(line.net_fen for line in lines) == 0, "a clearing that does not add up to zero"
        return tuple(lines)

    def _statement(self, account: str, net: Net, income_fen: int = 0) -> Statement:
        return Statement(
            account=account,
            trades=net.trades,
            bought_fen=net.bought_fen,
            sold_fen=net.sold_fen,
            fees_fen=net.fees_fen - income_fen,
            net_fen=net.sold_fen - net.bought_fen - net.fees_fen + income_fen,
            units_t={kind: t for kind, t in sorted(self.state.net_t.get(account, {}).items()) if t},
        )

    def cleared(self, event: TradesCleared, _at_ms: int) -> None:
        """Fold the event."""
        state = self.state
        state.cleared_on = event.on
        state.nets.clear()
        state.net_t.clear()
        state.waiting = {
            line.account: Waiting(line.net_fen, event.cash_out_ms)
            for line in event.statements
            if line.net_fen > 0
        }

    # Cash.

    def check_hours(self, at_ms: int, *, out: bool) -> None:
        """Refuse cash outside the hours of a clearing day, where the scheme has such hours."""
        rules = self._rulebook.now()
        found = settlement_rules(rules)
        if found is None:
            return
        begin, end = (
            (found.cash_out_from, found.cash_out_until) if out else (found.cash_in_from, found.cash_in_until)
        )
        if not begin and not end:
            return
        now = local_time(rules, at_ms)
        clock = f"{now:%H:%M}"
        inside = (begin or "00:00") <= clock and (not end or clock <= end)
        if not inside or not is_clearing_day(rules, now.date()):
            refuse(CASH_HOURS, hours=f"{begin or '00:00'}–{end or '24:00'}", now=f"{now:%Y-%m-%d %H:%M}")

    def check_cleared(self, at_ms: int, account: str, amount_fen: int) -> None:
        """Refuse to pay out proceeds before their time."""
        waiting_fen = 0
        net = self.state.nets.get(account)
        if net is not None:
            waiting_fen += max(0, net.sold_fen - net.bought_fen - net.fees_fen)
        cleared = self.state.waiting.get(account)
        if cleared is not None and at_ms < cleared.until_ms:
            waiting_fen += cleared.amount_fen
        available_fen = max(0, self._book.cash_fen(account) - waiting_fen)
        if waiting_fen and amount_fen > available_fen:
            refuse(UNCLEARED, account=account, available_fen=available_fen, waiting_fen=waiting_fen)

    # Busts.

    def bust(self, _request: Request, command: BustTrade) -> list[Event]:
        """Undo a trade of the last trading day, exactly its units and its money."""
        check_text("reason", command.reason, MAX_REASON)
        found = self.state.bustable.get(command.trade_id)
        if found is None:
            refuse(NO_TRADE, trade=command.trade_id)
        traded_at_ms, trade = found
        return [
            TradeBusted(
                trade_id=trade.trade_id,
                traded_at_ms=traded_at_ms,
                seller=trade.seller,
                buyer=trade.buyer,
                kind=trade.kind,
                quantity_t=trade.quantity_t,
                price_fen_per_t=trade.price_fen_per_t,
                mode=trade.mode,
                reason=command.reason,
                product=trade.product,
                buyer_fee_fen=trade.buyer_fee_fen,
                seller_fee_fen=trade.seller_fee_fen,
                units=self._back(trade),
                cash=self._refund(trade),
            )
        ]

    def _back(self, trade: TradeSettled) -> tuple[UnitMove, ...]:
        """The same units, from where the buyer has them to the seller's free place."""
        moves: list[UnitMove] = []
        on = self.state.on
        places = (trade.buyer, f"{trade.buyer}#{resale_bucket(on)}" if on is not None else trade.buyer)
        for move in trade.units:
            where = next((p for p in places if self._holds(p, move)), None)
            if where is None:
                refuse(BUST_UNITS, trade=trade.trade_id, account=trade.buyer)
            moves.append(UnitMove(move.series, move.first, move.last, where, trade.seller))
        return tuple(moves)

    def _holds(self, where: str, move: UnitMove) -> bool:
        ranges = self._book.state.units.get(where, {}).get(move.series)
        return ranges is not None and ranges.contains(move.first, move.last)

    def _refund(self, trade: TradeSettled) -> tuple[CashMove, ...]:
        fees_fen = trade.buyer_fee_fen + trade.seller_fee_fen
        proceeds_fen = trade.value_fen - trade.seller_fee_fen
        owed = ((trade.seller, proceeds_fen), (self.state.fee_account, fees_fen))
        for account, amount_fen in owed:
            available_fen = self._book.cash_fen(account) if amount_fen else 0
            if available_fen < amount_fen:
                said = {"available_fen": available_fen, "amount_fen": amount_fen}
                refuse(BUST_CASH, account=account, trade=trade.trade_id, **said)
        return tuple(CashMove(amount_fen, account, trade.buyer) for account, amount_fen in owed if amount_fen)


def _next_cash_out_ms(rules: Rules, found: SettlementRules | None, on: date) -> int:
    """The morning of the next clearing day, when what this clearing brought may leave."""
    if found is None or not found.cash_out_from:
        return 0
    day = on + timedelta(days=1)
    while not is_clearing_day(rules, day):
        day += timedelta(days=1)
    return local_ms(rules, day, time.fromisoformat(found.cash_out_from))
