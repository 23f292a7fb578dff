"""A day that `capwright exchange replay` played, as tables and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from capwright.cli.exchange_tables import (
    bars_table,
    closes_table,
    depth_table,
    mode_words,
    money,
    statements_table,
    trades_table,
)
from capwright.cli.frame import out, say, settings, table

if TYPE_CHECKING:
    from rich.table import Table

    from capwright.importers.orders import DayRun

__all__ = ["print_run", "run_json"]


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
    console.print(trades_table(done.trades, done.names, done.market.rulebook.now().zone))
    if done.refused:
        console.print(_refused(done))
    for code, (buys, sells) in done.book.items():
        console.print(depth_table(f"{code} · {say('book at the end of trading', '收市时盘口')}", buys, sells))
    if done.trades:
        console.print(bars_table(done.bars(minutes)))
    console.print(closes_table([(code.product, done.on, code) for code in done.closes], _closing_words(done)))
    if done.statements:
        console.print(statements_table(done.statements, done.names))
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
    from capwright.scheme.dated import valid_on

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


def _closing_words(done: DayRun) -> str:
    from capwright.scheme.dated import valid_on

    rules = done.scheme.body.exchange
    assert rules is not None
    rule = next(iter(valid_on(rules.closings, done.on)), None)
    return f"{rule.code}: {mode_words(rule.method)}" if rule is not None else ""


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
