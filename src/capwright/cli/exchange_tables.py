"""Tables and JSON of `capwright exchange`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from capwright.cli.frame import emit_json, out, say, settings, table
from capwright.kernel.quantity import format_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from rich.table import Table

    from capwright.exchange.messages import ProductClose
    from capwright.exchange.state import Day
    from capwright.exchange.statistics import Bar, MarketFigures
    from capwright.importers.orders import DayRun
    from capwright.kernel.message import Event
    from capwright.ledger.messages import TradeSettled
    from capwright.market import Market
    from capwright.settlement.messages import Statement

__all__ = ["print_book", "print_day", "print_days", "print_run", "run_json"]

Closes = dict[str, list[tuple[date, "ProductClose"]]]


def mode_words(mode: str) -> str:
    """A mode of trading in the reader's language."""
    from capwright.scheme.words import CHOICES

    return say(*CHOICES.get(mode, (mode, mode)))


def money(fen: int) -> str:
    """An amount or a price; a dash for none."""
    return format_money(fen) if fen else "–"


# Replaying a file.


def print_run(done: DayRun, minutes: int) -> None:
    """The day as tables."""
    console = out()
    console.print(f"{done.scheme.name} · {done.on} · {say(done.scheme.body.en, done.scheme.body.zh)}")
    if done.furnished:
        console.print(
            say(
                "No holdings were given: every account got the units and the cash that its rows could need.",
                "未提供持有情况：已按各账户申报所需配给单位与资金。",
            )
        )
    console.print(_frame(done))
    console.print(_trades(done.trades, done.names, done.market.rulebook.now().zone))
    if done.refused:
        console.print(_refused(done))
    for code, (buys, sells) in done.book.items():
        console.print(_depth(f"{code} · {say('book at the end of trading', '收市时盘口')}", buys, sells))
    if done.trades:
        console.print(_bars(done.bars(minutes)))
    console.print(_closes([(code.product, done.on, code) for code in done.closes], done))
    if done.statements:
        console.print(_statements(done.statements, done.names))
    elif done.trades:
        console.print(say("No clearing day: cleared on the next one.", "非清算日：顺延至下一清算日清算。"))
    for en, zh in done.alerts:
        console.print(f"! {say(en, zh)}")
    console.print(say("All conservation laws hold.", "守恒定律全部成立。"))
    relied = _relied(done)
    if relied:
        console.print(
            say(
                f"Relied on {len(relied)} exchange values from memory or by default: ",
                f"依据了{len(relied)}项凭记忆或默认的交易规则数值：",
            )
            + ", ".join(relied[:6])
            + (" …" if len(relied) > 6 else "")  # noqa: PLR2004 - --json has all
        )


def _relied(done: DayRun) -> list[str]:
    """Rules of the day that are from memory or defaults."""
    from capwright.scheme.loader import provisional

    found = (path for path, _, _ in provisional(done.scheme) if path.startswith("exchange."))
    dated = ("modes.", "closings.", "fees.", "members.")
    in_force = _in_force(done)
    return [p for p in found if not p[9:].startswith(dated) or p.split(".")[2] in in_force]


def _in_force(done: DayRun) -> set[str]:
    from capwright.exchange.prices import valid_on

    rules = done.scheme.body.exchange
    assert rules is not None
    lists: tuple[Any, ...] = (rules.modes, rules.closings, rules.fees, rules.members)
    return {rule.code for some in lists for rule in valid_on(some, done.on)}


def _frame(done: DayRun) -> Table:
    made = table(
        say("The day", "当日规则"),
        say("Product", "品种"),
        say("Mode", "交易方式"),
        say("Opening", "开盘价"),
        say("Lowest", "下限"),
        say("Highest", "上限"),
        say("Fee, ‰", "费率（‰）"),
        right=(2, 3, 4, 5),
    )
    assert done.day is not None
    for product in done.day.products.values():
        for mode in product.modes.values():
            if mode.matching == "auction":
                continue
            made.add_row(
                product.code,
                mode_words(mode.mode),
                money(product.opening_fen_per_t) if product.opening_fen_per_t else "–",
                money(mode.lower_fen_per_t) if mode.upper_fen_per_t else "–",
                money(mode.upper_fen_per_t) if mode.upper_fen_per_t else "–",
                f"{mode.buyer_fee_ppm / 1000:g}",
            )
    return made


def _trades(trades: Iterable[tuple[int, TradeSettled]], names: Mapping[str, str], zone: tzinfo) -> Table:
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


def _refused(done: DayRun) -> Table:
    made = table(
        say("Refused by the market", "市场未受理"),
        say("Line", "行"),
        say("Account", "账户"),
        say("Action", "操作"),
        say("Why", "原因"),
        right=(0,),
    )
    for one in done.refused:
        why = f"{one.refusal.code} {one.refusal.message(settings.lang)}"
        for number, name in done.names.items():
            why = why.replace(number, name)
        made.add_row(str(one.line), one.row.account, one.row.action, why)
    return made


def _depth(title: str, buys: Sequence[tuple[int, int, int]], sells: Sequence[tuple[int, int, int]]) -> Table:
    made = table(
        title, "", say("Price", "价格"), say("Tonnes", "数量（吨）"), say("Orders", "笔数"), right=(1, 2, 3)
    )
    for price, quantity_t, count in reversed(sells):
        made.add_row(say("sell", "卖"), money(price), f"{quantity_t:,}", str(count))
    made.add_section()
    for price, quantity_t, count in buys:
        made.add_row(say("buy", "买"), money(price), f"{quantity_t:,}", str(count))
    return made


def _bars(found: Iterable[Bar]) -> Table:
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


def _closes(rows: Iterable[tuple[str, date, ProductClose]], done: DayRun | None = None) -> Table:
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
    rule = _closing_words(done) if done is not None else ""
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


def _closing_words(done: DayRun) -> str:
    from capwright.exchange.prices import valid_on

    rules = done.scheme.body.exchange
    assert rules is not None
    rule = next(iter(valid_on(rules.closings, done.on)), None)
    return f"{rule.code}: {mode_words(rule.method)}" if rule is not None else ""


def _statements(statements: Sequence[Statement], names: Mapping[str, str]) -> Table:
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


def run_json(done: DayRun, minutes: int) -> dict[str, Any]:
    """Everything, as one object: money in fen, quantities in tonnes, times in ms and ISO."""
    import msgspec

    zone = done.market.rulebook.now().zone

    def at(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, zone).isoformat()

    assert done.day is not None
    return {
        "scheme": done.scheme.name,
        "on": str(done.on),
        "furnished_from_orders": done.furnished,
        "products": [msgspec.to_builtins(product) for product in done.day.products.values()],
        "trades": [
            {
                "at": at(at_ms),
                "trade": t.trade_id,
                "product": t.product,
                "mode": t.mode,
                "price_fen_per_t": t.price_fen_per_t,
                "quantity_t": t.quantity_t,
                "buyer": done.names.get(t.buyer, t.buyer),
                "seller": done.names.get(t.seller, t.seller),
                "buy_order": t.buy_order,
                "sell_order": t.sell_order,
                "buyer_fee_fen": t.buyer_fee_fen,
                "seller_fee_fen": t.seller_fee_fen,
            }
            for at_ms, t in done.trades
        ],
        "refused": [
            {
                "line": one.line,
                "at": at(one.at_ms),
                "account": one.row.account,
                "action": one.row.action,
                "code": one.refusal.code,
                "message_en": one.refusal.message("en"),
                "message_zh": one.refusal.message("zh"),
            }
            for one in done.refused
        ],
        "book": {
            code: {
                side: [{"price_fen_per_t": p, "quantity_t": t, "orders": n} for p, t, n in depth]
                for side, depth in (("buy", buys), ("sell", sells))
            }
            for code, (buys, sells) in done.book.items()
        },
        "bars": [msgspec.to_builtins(bar) for bar in done.bars(minutes)],
        "closes": [msgspec.to_builtins(close) for close in done.closes],
        "statements": [
            {**msgspec.to_builtins(line), "account": done.names.get(line.account, line.account)}
            for line in done.statements
        ],
        "alerts": [{"en": en, "zh": zh} for en, zh in done.alerts],
        "relied_on": _relied(done),
    }


# A journal's book and days.


def print_book(product: str, day: Day, sides: Mapping[str, Sequence[tuple[int, int, int]]]) -> None:
    """The book as a table."""
    console = out()
    state = say("open", "开市") if day.open else say("closed", "已收市")
    if not sides["buy"] and not sides["sell"]:
        console.print(f"{product} · {day.on} · {state}: " + say("nothing in the book", "盘口为空"))
        return
    console.print(_depth(f"{product} · {day.on} · {state}", sides["buy"], sides["sell"]))


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
    console.print(_closes(rows))
    console.print(_trades(trades, names, zone))
    console.print(_bars(bars(found, minutes, local)))
    if statements:
        console.print(_statements(statements, names))
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
