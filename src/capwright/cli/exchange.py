"""`capwright exchange …`: a day's orders played in memory; the book and the days of a journal."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capwright.cli.exchange_days import print_book, print_day, print_days
from capwright.cli.exchange_run import print_run, run_json
from capwright.cli.frame import command, emit_json, make_group, settings
from capwright.cli.given import day as day_of
from capwright.cli.given import input_path, moment_ms, money_fen, scheme_with
from capwright.cli.opened import DbArgument, opened, opening_of
from capwright.cli.problem import bad_argument
from capwright.kernel.quantity import format_money
from capwright.kernel.refusal import define

if TYPE_CHECKING:
    from datetime import tzinfo

    from capwright.journal.store import Store
    from capwright.kernel.message import Event
    from capwright.market import Market

__all__ = ["exchange"]

NO_DAY = define(
    "CW-9360",
    en="The journal has no trading day {on}.",
    zh="日志中没有交易日{on}。",
    mend_en="Its days: {known}.",
    mend_zh="已有的交易日：{known}。",
    rule="design: one clear message for bad input",
)
NO_BOOK = define(
    "CW-9361",
    en="The journal knows no product '{product}' on a trading day.",
    zh="日志的交易日中没有品种“{product}”。",
    mend_en="Its products: {known}.",
    mend_zh="已有的品种：{known}。",
    rule="design: one clear message for bad input",
)
BAD_OPEN = define(
    "CW-9362",
    en="'{text}' gives no product a price.",
    zh="“{text}”未给出品种价格。",
    mend_en="Write it like GDEA=64.81.",
    mend_zh="请写成 GDEA=64.81 的形式。",
    rule="design: one clear message for bad input",
)

exchange = make_group("exchange", "The exchange: replay a day; books and days of a journal. 交易所。")


@command(
    exchange,
    "replay",
    path="exchange replay",
    examples=[
        "capwright exchange replay orders.csv --scheme guangdong-2023 --on 2024-05-14",
        "capwright exchange replay orders.csv --scheme guangdong-2016 --on 2017-01-04 --open GDEA=15.00",
        "capwright exchange replay orders.csv --scheme china-national-2023 --on 2023-06-01 --json",
    ],
)
def replay_command(
    orders: Annotated[
        Path,
        typer.Argument(
            metavar="orders.csv",
            readable=False,
            help="Columns time,action,account,…; - is stdin. 申报文件；- 为标准输入。",
        ),
    ],
    scheme: Annotated[str, typer.Option("--scheme", metavar="NAME", help="The rules. 方案。")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The trading day. 交易日。")],
    holdings: Annotated[
        Path | None,
        typer.Option(
            "--holdings",
            metavar="holdings.csv",
            help="What accounts have in the morning; else what their orders need. 开市前持有情况。",
        ),
    ] = None,
    opens: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="PRODUCT=PRICE", help="A product's opening price. 品种开盘价。"),
    ] = None,
    bars: Annotated[
        int, typer.Option("--bars", metavar="MINUTES", help="Minutes of a bar. K线分钟数。")
    ] = 30,
) -> None:
    """Play a day's orders in memory: trades, bars, closing prices, clearing statements.

    在内存中回放一个交易日：成交、K线、收盘价与清算单。
    """
    from capwright.importers.orders import HoldingRow, read_orders
    from capwright.importers.orders_play import play_day
    from capwright.table import read_table

    rules, _ = scheme_with(scheme, "exchange")
    when = day_of("--on", on)
    table, clocks = read_orders(input_path(orders), when)
    held = read_table(input_path(holdings), HoldingRow) if holdings is not None else None
    done = play_day(rules, when, table, clocks, held, dict(_reference(text) for text in opens or ()))
    if settings.json:
        emit_json(run_json(done, bars))
    else:
        print_run(done, bars)


def _reference(text: str) -> tuple[str, int]:
    product, mark, price = text.partition("=")
    if not mark or not product:
        raise bad_argument("--open", BAD_OPEN, text=text[:60])
    return product, money_fen("--open", price)


@command(
    exchange,
    "book",
    path="exchange book",
    examples=[
        "capwright exchange book demo.sqlite GDEA --as-of 2024-05-14T10:30",
        "capwright exchange book demo.sqlite GDEA --as-of 2024-05-14T10:30 --levels 3 --json",
    ],
)
def book_command(
    db: DbArgument,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="E.g. GDEA. 品种，如 GDEA。")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Then, local to the market. 截至此时。")
    ] = None,
    levels: Annotated[
        int, typer.Option("--levels", min=1, max=1000, help="Prices of each side. 每侧档数。")
    ] = 5,
) -> None:
    """Show the resting orders of a product, now or at a past moment of a trading day.

    显示某品种现在或过去时点的盘口。
    """
    with opened(db) as store:
        zone = opening_of(store).zone
        market = _market(store, moment_ms("--as-of", as_of, zone) if as_of is not None else None)
    room: Any = market.rooms["exchange"]
    day = room.state.day
    if day is None or product not in day.products:
        known = ", ".join(day.products) if day is not None else "-"
        raise bad_argument("PRODUCT", NO_BOOK, product=product[:40], known=known)
    book = room.desk.books.get(product)
    sides = {side: book.depth(side, levels) if book is not None else [] for side in ("sell", "buy")}
    if settings.json:
        emit_json(
            {
                "product": product,
                "day": str(day.on),
                "open": day.open,
                **{
                    side: [
                        {"price": format_money(price), "quantity_t": t, "orders": n} for price, t, n in depth
                    ]
                    for side, depth in sides.items()
                },
            }
        )
    else:
        print_book(product, day, sides)


def _market(store: Store, until_ms: int | None) -> Market:
    from capwright.journal.replay import replay
    from capwright.market import Market

    market = Market()
    replay(store, market, until_ms=until_ms)
    return market


@command(
    exchange,
    "day",
    path="exchange day",
    examples=["capwright exchange day demo.sqlite", "capwright exchange day demo.sqlite 2024-05-14"],
)
def day_command(
    db: DbArgument,
    on: Annotated[str, typer.Argument(metavar="[DATE]", help="One day in full. 某一交易日的全部内容。")] = "",
    product: Annotated[str, typer.Option("--product", help="Only this one. 仅此品种。")] = "",
    bars: Annotated[
        int, typer.Option("--bars", metavar="MINUTES", help="Minutes of a bar. K线分钟数。")
    ] = 30,
) -> None:
    """Show the trading days of a journal with their prices, or one day: trades, bars, statements, alerts.

    显示日志中的各交易日行情，或某一日的成交、K线、清算与预警。
    """
    with opened(db) as store:
        zone = opening_of(store).zone
        market = _market(store, None)
        room: Any = market.rooms["exchange"]
        closes = room.state.closes
        if product and product not in closes:
            known = ", ".join(closes) or "-"
            raise bad_argument("--product", NO_BOOK, product=product[:40], known=known)
        shown = {code: days for code, days in closes.items() if product in ("", code)}
        if not on:
            print_days(shown, list(_events(store, zone, None)), zone)
            return
        when = day_of("DATE", on)
        if all(when != day for days in closes.values() for day, _ in days):
            days = sorted({day for found in closes.values() for day, _ in found})
            known = f"{days[0]} – {days[-1]}" if days else "-"
            raise bad_argument("DATE", NO_DAY, on=str(when), known=known)
        print_day(market, shown, when, list(_events(store, zone, when)), zone, bars)


def _events(store: Store, zone: tzinfo, on: date | None) -> Any:
    """The events of a day, or of all, with their times."""
    from capwright.journal.codec import market_codec
    from capwright.journal.replay import chained

    codec = market_codec()
    for row in chained(store):
        at_ms = row[1]
        if on is None or datetime.fromtimestamp(at_ms // 1000, zone).date() == on:
            events: tuple[Event, ...] = codec.events(row[5])
            for event in events:
                yield at_ms, event
