"""The book and the days of a journal, as `capwright exchange book` and `exchange day` show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from capwright.cli.exchange_tables import (
    bars_table,
    closes_table,
    depth_table,
    money,
    statements_table,
    trades_table,
)
from capwright.cli.frame import emit_json, out, say, settings, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from rich.table import Table

    from capwright.exchange.messages import ProductClose
    from capwright.exchange.state import Day
    from capwright.exchange.statistics import MarketFigures
    from capwright.kernel.message import Event
    from capwright.market import Market

__all__ = ["print_book", "print_day", "print_days"]

Closes = dict[str, list[tuple[date, "ProductClose"]]]


def print_book(product: str, day: Day, sides: Mapping[str, Sequence[tuple[int, int, int]]]) -> None:
    """The book as a table."""
    console = out()
    state = say("open", "开市") if day.open else say("closed", "已收市")
    if not sides["buy"] and not sides["sell"]:
        console.print(f"{product} · {day.on} · {state}: " + say("nothing in the book", "盘口为空"))
        return
    console.print(depth_table(f"{product} · {day.on} · {state}", sides["buy"], sides["sell"]))


def print_day(
    market: Market, shown: Closes, on: date, events: list[tuple[int, Event]], zone: tzinfo, minutes: int
) -> None:
    """One day of a journal."""
    import msgspec

    from capwright.exchange.messages import ExchangeAnnouncement, TradingHalted
    from capwright.exchange.statistics import bars, trades_of
    from capwright.exchange.surveillance import Watch, raised
    from capwright.ledger.messages import TradeSettled
    from capwright.settlement.messages import TradesCleared

    trades = [
        (at_ms, e)
        for at_ms, e in events
        if isinstance(e, TradeSettled) and (not e.product or e.product in shown)
    ]
    found = trades_of([(at_ms, e) for at_ms, e in events if getattr(e, "product", "") in shown])
    local = _local(zone)
    rows = [(code, on, close) for code, days in shown.items() for day, close in days if day == on]
    statements = next((e.statements for _, e in events if isinstance(e, TradesCleared)), ())
    watch = Watch.of(market.rulebook.now(), market.book)
    alerts = raised(watch, events) if watch is not None else []
    halts = [e for _, e in events if isinstance(e, TradingHalted)]
    notices = [e for _, e in events if isinstance(e, ExchangeAnnouncement)]
    names = {account.number: account.holder for account in market.book.state.accounts.values()}
    if settings.json:
        emit_json(
            {
                "on": str(on),
                "closes": [msgspec.to_builtins(close) for _, _, close in rows],
                "trades": [{"at_ms": at_ms, **msgspec.to_builtins(t)} for at_ms, t in trades],
                "bars": [msgspec.to_builtins(bar) for bar in bars(found, minutes, local)],
                "statements": [msgspec.to_builtins(line) for line in statements],
                "halts": [msgspec.to_builtins(e) for e in halts],
                "notices": [msgspec.to_builtins(e) for e in notices],
                "alerts": [{"en": alert.en, "zh": alert.zh} for alert in alerts],
            }
        )
        return
    console = out()
    console.print(closes_table(rows))
    console.print(trades_table(trades, names, zone))
    console.print(bars_table(bars(found, minutes, local)))
    if statements:
        console.print(statements_table(statements, names))
    for halt in halts:
        console.print(
            say(f"Halt of {halt.target or 'the market'}: ", f"停止交易（{halt.target or '全市场'}）：")
            + halt.reason
        )
    for notice in notices:
        console.print(f"{notice.title}: {notice.text}")
    for alert in alerts:
        console.print(f"! {say(alert.en, alert.zh)}")


def _local(zone: tzinfo) -> Any:
    return lambda at_ms: datetime.fromtimestamp(at_ms / 1000, zone)


def print_days(shown: Closes, events: list[tuple[int, Event]], zone: tzinfo) -> None:
    """All days of a journal, and what months and compliance years come to."""
    import msgspec

    from capwright.exchange.statistics import market_figures, trades_of

    found = trades_of([(at_ms, e) for at_ms, e in events if getattr(e, "product", "") in shown])
    months = list(market_figures(found, shown, "month", _local(zone)))
    years = list(market_figures(found, shown, "compliance_year", _local(zone)))
    if settings.json:
        emit_json(
            {
                "days": [
                    {"on": str(on), **msgspec.to_builtins(close)}
                    for days in shown.values()
                    for on, close in days
                ],
                "months": [msgspec.to_builtins(figures) for figures in months],
                "compliance_years": [msgspec.to_builtins(figures) for figures in years],
            }
        )
        return
    console = out()
    made = table(
        say("Trading days", "交易日"),
        say("Day", "日期"),
        say("Product", "品种"),
        say("Close", "收盘价"),
        say("High", "最高"),
        say("Low", "最低"),
        say("Trades", "笔数"),
        say("Tonnes", "数量（吨）"),
        say("Turnover", "成交额"),
        right=range(2, 8),
    )
    made.columns[0].no_wrap = True
    rows = sorted((on, code, close) for code, days in shown.items() for on, close in days if close.trades)
    for on, code, close in rows:
        made.add_row(
            str(on),
            code,
            money(close.closing_fen_per_t),
            money(close.high_fen_per_t),
            money(close.low_fen_per_t),
            str(close.trades),
            f"{close.volume_t:,}",
            money(close.turnover_fen),
        )
    console.print(made)
    quiet = sum(1 for days in shown.values() for _, close in days if not close.trades)
    if quiet:
        console.print(
            say(f"{quiet} days of a product without a trade left out.", f"未列出无成交的品种日{quiet}个。")
        )
    console.print(_figures(say("Months", "月份"), months))
    console.print(_figures(say("Compliance years, July to June", "履约年度（7月至次年6月）"), years))


def _figures(title: str, found: Iterable[MarketFigures]) -> Table:
    made = table(
        title,
        say("Period", "期间"),
        say("Product", "品种"),
        say("Tonnes", "数量（吨）"),
        say("Turnover", "成交额"),
        say("Mean", "均价"),
        say("Close", "收盘价"),
        say("Days", "成交日数"),
        right=range(2, 7),
    )
    for column in made.columns:
        column.no_wrap = True
    for one in found:
        if one.total.trades:
            made.add_row(
                one.label,
                one.product,
                f"{one.total.volume_t:,}",
                money(one.total.turnover_fen),
                money(one.total.mean_fen_per_t),
                f"{money(one.first_closing_fen_per_t)} – {money(one.last_closing_fen_per_t)}",
                str(one.days_traded),
            )
    return made
