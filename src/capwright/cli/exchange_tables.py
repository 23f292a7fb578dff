"""Tables that several commands of `capwright exchange` print."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from capwright.cli.frame import say, table
from capwright.kernel.quantity import format_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from rich.table import Table

    from capwright.exchange.messages import ProductClose
    from capwright.exchange.statistics import Bar
    from capwright.ledger.messages import TradeSettled
    from capwright.settlement.messages import Statement

__all__ = [
    "bars_table",
    "closes_table",
    "depth_table",
    "mode_words",
    "money",
    "statements_table",
    "trades_table",
]


def mode_words(mode: str) -> str:
    """A mode of trading in the reader's language."""
    from capwright.scheme.words import CHOICES

    return say(*CHOICES.get(mode, (mode, mode)))


def money(fen: int) -> str:
    """An amount or a price; a dash for none."""
    return format_money(fen) if fen else "–"


def trades_table(trades: Iterable[tuple[int, TradeSettled]], names: Mapping[str, str], zone: tzinfo) -> Table:
    made = table(
        say("Trades", "成交"),
        say("Time", "时间"),
        say("Product", "品种"),
        say("Mode", "方式"),
        say("Price", "价格"),
        say("Tonnes", "数量（吨）"),
        say("Buyer", "买方"),
        say("Seller", "卖方"),
        say("Fees", "手续费"),
        right=(3, 4, 7),
    )
    for at_ms, trade in trades:
        made.add_row(
            _clock(at_ms, zone),
            trade.product or trade.kind,
            mode_words(trade.mode),
            money(trade.price_fen_per_t),
            f"{trade.quantity_t:,}",
            names.get(trade.buyer, trade.buyer),
            names.get(trade.seller, trade.seller),
            money(trade.buyer_fee_fen + trade.seller_fee_fen),
        )
    if not made.row_count:
        made.add_row(say("none", "无"))
    return made


def _clock(at_ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at_ms // 1000, zone).strftime("%H:%M:%S")


def depth_table(
    title: str, buys: Sequence[tuple[int, int, int]], sells: Sequence[tuple[int, int, int]]
) -> Table:
    made = table(
        title, "", say("Price", "价格"), say("Tonnes", "数量（吨）"), say("Orders", "笔数"), right=(1, 2, 3)
    )
    for price, quantity_t, count in reversed(sells):
        made.add_row(say("sell", "卖"), money(price), f"{quantity_t:,}", str(count))
    made.add_section()
    for price, quantity_t, count in buys:
        made.add_row(say("buy", "买"), money(price), f"{quantity_t:,}", str(count))
    return made


def bars_table(found: Iterable[Bar]) -> Table:
    made = table(
        say("Bars", "K线"),
        say("From", "起"),
        say("Product", "品种"),
        say("First", "首笔"),
        say("High", "最高"),
        say("Low", "最低"),
        say("Last", "末笔"),
        say("Mean", "均价"),
        say("Tonnes", "数量（吨）"),
        say("Trades", "笔数"),
        right=range(2, 9),
    )
    for bar in found:
        prices = (bar.first_fen_per_t, bar.high_fen_per_t, bar.low_fen_per_t, bar.last_fen_per_t)
        made.add_row(
            f"{bar.begins:%H:%M}",
            bar.product,
            *(money(price) for price in prices),
            money(bar.mean_fen_per_t),
            f"{bar.volume_t:,}",
            str(bar.trades),
        )
    return made


def closes_table(rows: Iterable[tuple[str, date, ProductClose]], rule: str = "") -> Table:
    made = table(
        say("Closing prices", "收盘价"),
        say("Product", "品种"),
        say("Opening", "开盘价"),
        say("Close", "收盘价"),
        say("Counted, t", "计入量（吨）"),
        say("Rule", "算法"),
        say("Traded, t", "成交量（吨）"),
        say("Turnover", "成交额"),
        right=(1, 2, 3, 5, 6),
    )
    for code, _, close in rows:
        if not close.closing_fen_per_t and not close.trades:
            continue  # never had a price
        kept = say("the opening stays", "沿用开盘价")
        made.add_row(
            code,
            money(close.opening_fen_per_t),
            money(close.closing_fen_per_t),
            f"{close.counted_t:,}",
            rule if close.counted_t else kept,
            f"{close.volume_t:,}",
            money(close.turnover_fen),
        )
    return made


def statements_table(statements: Sequence[Statement], names: Mapping[str, str]) -> Table:
    made = table(
        say("Clearing statements", "清算单"),
        say("Account", "账户"),
        say("Bought", "买入金额"),
        say("Sold", "卖出金额"),
        say("Fees", "手续费"),
        say("Net cash", "资金净额"),
        say("Units, t", "单位净额（吨）"),
        right=(1, 2, 3, 4, 5),
    )
    for line in statements:
        units = ", ".join(f"{t:+,} {kind}" for kind, t in line.units_t.items()) or "0"
        name = names.get(line.account, line.account)
        shown = say("the exchange", "交易所") if name == "@exchange" else name
        figures = (line.bought_fen, line.sold_fen, line.fees_fen, line.net_fen)
        made.add_row(shown, *(format_money(fen) for fen in figures), units)
    made.add_section()
    totals = (
        sum(line.bought_fen for line in statements),
        sum(line.sold_fen for line in statements),
        sum(line.fees_fen for line in statements),
        sum(line.net_fen for line in statements),
    )
    units_t: dict[str, int] = {}
    for line in statements:
        for kind, t in line.units_t.items():
            units_t[kind] = units_t.get(kind, 0) + t
    added = ", ".join(f"{t:,} {kind}" for kind, t in units_t.items()) or "0"
    made.add_row(say("all", "合计"), *(format_money(fen) for fen in totals), added, style="bold")
    return made
