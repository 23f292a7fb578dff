"""Lots that holders entrust to the exchange: held at once, announced, bid for and cleared like any round.

The terms are those of the notice of 2020-07-06 and of the PHCER auctions of 2017 to 2023: small lots go
whole to the highest bidder at its price; parts of a large lot go at the last accepted bid, and when demand is
short either all of it at the floor or nothing.
"""

from __future__ import annotations

from capwright.auction.desk import Desk
from capwright.auction.messages import (
    AnnounceEntrusted,
    AuctionCancelled,
    AuctionEntrusted,
    AwardTraded,
    EntrustAuction,
    EntrustedAnnounced,
    WithdrawEntrusted,
)
from capwright.auction.state import Lot
from capwright.auction.venue import band_limits, mode_rule, product_of, session_windows
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN, format_money
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger.book import Draft
from capwright.ledger.checks import check_giver, check_kind, check_quantity, check_series, transaction_type
from capwright.ledger.clock import local_time
from capwright.ledger.messages import TradeBusted, UnitMove
from capwright.ledger.place import held
from capwright.ledger.room import Request
from capwright.scheme.exchange_rules import ExchangeRules, ModeRule, Product

__all__ = ["Entrusting"]

_RULE = "GZETS 2020-06-22, 2020-07-06: entrusted auctions"

NO_MODE = define(
    "CW-6311",
    en="Units of kind {kind} cannot be sold by {mode} on {on}.",
    zh="{on}不能以“{mode}”方式出售{kind}。",
    mend_en="The scheme's exchange section lists products and modes with their dates.",
    mend_zh="可交易品种和方式及其起止日期见方案 exchange 部分。",
    rule=_RULE,
)
BAD_LOT = define(
    "CW-6312",
    en="{quantity_t} t at a floor of {floor} cannot be entrusted: {least_t} to {most_t} t in lots of "
    "{lot_t} t, prices in steps of {tick}.",
    zh="不能委托{quantity_t}吨、底价{floor}：数量须为{least_t}至{most_t}吨、{lot_t}吨的整数倍，"
    "价格最小变动单位为{tick}。",
    rule=_RULE,
)
NOT_FREE = define(
    "CW-6313",
    en="{account} has {available_t} t of {kind} at its disposal, {quantity_t} t are entrusted.",
    zh="{account}可用的{kind}为{available_t}吨，不足委托的{quantity_t}吨。",
    mend_en="Units held for other promises do not count.",
    mend_zh="已为其他事项冻结的数量不可重复使用。",
    rule=_RULE,
)
NOT_ENTRUSTED = define(
    "CW-6314",
    en="There is no lot {auction} that waits to be announced.",
    zh="没有待公告的委托标的{auction}。",
    mend_en="It may have been announced or taken back before, or belong to somebody else.",
    mend_zh="该标的可能已公告、已撤回，或不属于该账户。",
    rule=_RULE,
)
TOO_SOON = define(
    "CW-6315",
    en="The auction must open {days} working days after its announcement: on {earliest} at the earliest.",
    zh="竞价须至少提前{days}个工作日公告，最早可于{earliest}举行。",
    rule="GZETS 2020-06-22: seven working days",
)
OFF_OPENING = define(
    "CW-6316",
    en="The reserve price {floor} is outside {lower} to {upper}, the band around today's opening price.",
    zh="保留价{floor}超出当日开盘价允许的范围（{lower}—{upper}）。",
    mend_en="Without an opening price today, announce it on a trading day while the exchange is open.",
    mend_zh="当日没有开盘价的，请在交易日开市后公告。",
    rule="risk rule of 2015-11-12, art. 7: one-way auctions within ±10 % of the opening price",
)
BAD_TERMS = define(
    "CW-6318",
    en="'{what}' is not among the terms of an entrusted lot: {known}.",
    zh="“{what}”不是委托标的可选的条件：{known}。",
    rule=_RULE,
)

_MODES = ("entrusted_auction", "one_way_auction")
_SHORT = ("all_at_floor", "cancel")


class Entrusting(Desk):
    """Handlers and appliers of a lot until it is announced, and of its trades."""

    def entrust(self, request: Request, command: EntrustAuction) -> list[Event]:
        """Hold the units and fix the terms."""
        for what, known in ((command.mode, _MODES), (command.short, _SHORT)):
            if what not in known:
                refuse(BAD_TERMS, what=str(what)[:40], known=", ".join(known))
        check_text("title", command.title, MAX_ID, least=0)
        rules = self.rulebook.now()
        exchange: ExchangeRules = rules.section("exchange")
        product, mode = self._venue(exchange, command.kind, command.mode, request.at_ms)
        row = transaction_type(rules, "transfer")
        seller = check_giver(self.book, command.account, row)
        check_kind(rules, command.kind, row, seller)
        self._check_size(product, mode, command)
        self.hooks.check_trade(command.account, product.code, "sell", command.mode, request.at_ms)
        auction_id = f"e:{request.command_id}"
        return [
            AuctionEntrusted(
                auction_id=auction_id,
                account=command.account,
                product=product.code,
                kind=command.kind,
                series=command.series,
                offered_t=command.quantity_t,
                reserve_fen_per_t=command.floor_fen_per_t,
                mode=command.mode,
                whole_lot=command.whole_lot,
                short=command.short,
                lot_t=product.lot_t,
                tick_fen=product.tick_fen,
                deposit_share=exchange.entrusted_deposit_share,
                payment_days=exchange.entrusted_payment_days,
                title=command.title,
                units=self._held(command, held(command.account, auction_id)),
            )
        ]

    def _venue(self, exchange: ExchangeRules, kind: str, mode: str, at_ms: int) -> tuple[Product, ModeRule]:
        """The product and the rule of the mode today; refuse what the exchange does not do."""
        on = local_time(self.rulebook.now(), at_ms).date()
        product = product_of(exchange, kind, on)
        rule = mode_rule(exchange, mode, on, product.code) if product is not None else None
        if product is None or rule is None:
            refuse(NO_MODE, kind=kind[:40], mode=mode, on=on.isoformat())
        return product, rule

    def _check_size(self, product: Product, mode: ModeRule, command: EntrustAuction) -> None:
        quantity_t, floor = command.quantity_t, command.floor_fen_per_t
        check_quantity(quantity_t)
        most_t = mode.most_t if mode.most_t is not None else quantity_t
        fits = mode.least_t <= quantity_t <= most_t and not quantity_t % product.lot_t
        priced = floor > 0 and not floor % product.tick_fen and quantity_t * floor <= MAX_FEN
        if not fits or not priced:
            refuse(
                BAD_LOT,
                quantity_t=quantity_t,
                floor=format_money(floor),
                least_t=mode.least_t,
                most_t=most_t,
                lot_t=product.lot_t,
                tick=format_money(product.tick_fen),
            )

    def _held(self, command: EntrustAuction, there: str) -> tuple[UnitMove, ...]:
        """Postings that hold the lot: the named series, or the oldest vintages of the kind first."""
        account = command.account
        names = [command.series]
        if command.series:
            rules = self.rulebook.now()
            row = transaction_type(rules, "transfer")
            series = check_series(self.book, rules, command.series, row, self.book.state.accounts[account])
            names = [command.series] if series.kind == command.kind else []
        else:
            names = self.by_age(account, command.kind)
        draft = Draft(self.book)
        left_t = command.quantity_t
        for name in names:
            take_t = min(left_t, draft.available_t(account, name))
            if take_t:
                draft.take(account, there, name, take_t)
                left_t -= take_t
        if left_t:
            refuse(
                NOT_FREE,
                account=account,
                available_t=command.quantity_t - left_t,
                kind=command.series or command.kind,
                quantity_t=command.quantity_t,
            )
        return tuple(draft.units)

    def _waiting(self, auction_id: str, account: str = "") -> Lot:
        lot = self.state.lots.get(auction_id)
        if lot is None or lot.status != "entrusted" or (account and lot.source != account):
            refuse(NOT_ENTRUSTED, auction=auction_id[:200])
        return lot

    def announce(self, request: Request, command: AnnounceEntrusted) -> list[Event]:
        """Fix the day and the hours of a lot's auction."""
        lot = self._waiting(command.auction_id)
        opens_ms, closes_ms = command.opens_ms, command.closes_ms
        self.check_times(opens_ms, closes_ms)
        rules = self.rulebook.now()
        exchange: ExchangeRules = rules.section("exchange")
        if opens_ms < request.at_ms:
            refuse(TOO_SOON, days=0, earliest=f"{local_time(rules, request.at_ms):%Y-%m-%d %H:%M}")
        if lot.mode == "entrusted_auction":
            days = exchange.entrusted_notice_days
            today = local_time(rules, request.at_ms).date()
            earliest = rules.administration.add_working_days(today, days)
            if local_time(rules, opens_ms).date() < earliest:
                refuse(TOO_SOON, days=days, earliest=earliest.isoformat())
        else:
            _, today_rule = self._venue(exchange, lot.kind, lot.mode, request.at_ms)
            self._check_opening(lot, today_rule)
        _, rule = self._venue(exchange, lot.kind, lot.mode, opens_ms)
        windows = session_windows(rules, rule, opens_ms, closes_ms)
        return [
            EntrustedAnnounced(auction_id=lot.id, opens_ms=opens_ms, closes_ms=closes_ms, windows_ms=windows)
        ]

    def _check_opening(self, lot: Lot, rule: ModeRule) -> None:
        """Hold a one-way auction's reserve price against the opening price of the day it is announced."""
        if rule.band is None:
            return
        assert lot.reserve_fen_per_t is not None
        opening = self.hooks.opening(lot.kind)
        lower, upper = band_limits(opening, rule.band, lot.tick_fen) if opening else (0, 0)
        if not lower <= lot.reserve_fen_per_t <= upper:
            said = {"lower": format_money(lower), "upper": format_money(upper)}
            refuse(OFF_OPENING, floor=format_money(lot.reserve_fen_per_t), **said)

    def withdraw(self, _request: Request, command: WithdrawEntrusted) -> list[Event]:
        """Give a lot back to its holder before it is announced."""
        lot = self._waiting(command.auction_id, command.account)
        check_text("reason", command.reason, MAX_REASON, least=0)
        draft = Draft(self.book)
        self.take_lot(draft, lot, lot.source, lot.offered_t)
        return [AuctionCancelled(auction_id=lot.id, reason=command.reason, units=tuple(draft.units))]

    # Appliers.

    def entrusted(self, event: AuctionEntrusted, _at_ms: int) -> None:
        """Fold the event."""
        self.state.lots[event.auction_id] = Lot(
            id=event.auction_id,
            vintage=0,
            series=event.series,
            source=event.account,
            offered_t=event.offered_t,
            opens_ms=0,
            closes_ms=0,
            reserve_fen_per_t=event.reserve_fen_per_t,
            round="",
            status="entrusted",
            product=event.product,
            kind=event.kind,
            mode=event.mode,
            whole_lot=event.whole_lot,
            short=event.short,
            lot_t=event.lot_t,
            tick_fen=event.tick_fen,
            deposit_share=event.deposit_share,
            payment_days=event.payment_days,
            title=event.title,
        )

    def announced(self, event: EntrustedAnnounced, _at_ms: int) -> None:
        """Fold the event."""
        lot = self.state.lots[event.auction_id]
        lot.status = "announced"
        lot.opens_ms, lot.closes_ms, lot.windows_ms = event.opens_ms, event.closes_ms, event.windows_ms

    def traded(self, event: AwardTraded, _at_ms: int) -> None:
        """Fold the event."""
        lot = self.state.lots[event.auction_id]
        del lot.due[event.account]
        lot.deposits.pop(event.account, None)

    def busted(self, event: TradeBusted, _at_ms: int) -> None:
        """A lot's trade was undone: what it sold does not count any more."""
        lot = self.state.lots.get(event.trade_id.rpartition("/")[0])
        if lot is not None and event.mode == lot.mode:
            lot.sold_t -= event.quantity_t
            lot.revenue_fen -= event.quantity_t * event.price_fen_per_t
