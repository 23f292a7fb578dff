"""What programs may read of the market: products, book, trades, days, auctions, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from capwright.api.desk import Page, answer, desk_of, need_account
from capwright.api.fault import Fault
from capwright.api.lists import After, Ask, Limit, part_of
from capwright.api.records import BookRecord, DayRecord, Level, MarketRecord, ProductRecord, TradeRecord
from capwright.exchange.room import ExchangeRoom
from capwright.market.composition import room_of
from capwright.projection import records
from capwright.projection.coverage import coverage as covered

if TYPE_CHECKING:
    from capwright.market import Market

__all__ = ["announcements", "auctions", "book", "coverage", "days", "market", "products", "trades"]


@get("/market", summary="The market, its schemes and where its journal stands", tags=["market"])
async def market(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    host = desk.host

    def read(state: Market) -> MarketRecord:
        about, rules = state.state.about, state.rulebook.now()
        return MarketRecord(
            about.get("en", ""),
            about.get("zh", ""),
            about.get("nature", ""),
            rules.scheme.name,
            list(state.rulebook.by_name),
            str(rules.zone),
            rules.body.currency,
            host.head.seq,
            host.head.hash.hex(),
            host.clock(),
        )

    found, seq = await desk.looked(read)
    return answer(request, found, seq, public=True)


@get("/coverage", summary="How much of the area's emissions is covered, year by year", tags=["market"])
async def coverage(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    found, seq = await desk.looked(covered)
    return answer(request, found, seq, public=True)


@get("/products", summary="The products of the exchange and today's limits", tags=["market"])
async def products(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    found, seq = await desk.looked(_products)
    return answer(request, found, seq, public=True)


def _products(state: Market) -> list[ProductRecord]:
    room = room_of(state.rooms, ExchangeRoom)
    day = room.state.day
    found = []
    for code, product in (day.products if day else {}).items():
        mode = next(iter(product.modes.values()), None)
        book, ticks = room.desk.books.get(code), room.state.ticks.get(code)
        found.append(
            ProductRecord(
                code,
                bool(day and day.open) and code not in room.state.halts,
                product.opening_fen_per_t,
                mode.lower_fen_per_t if mode else None,
                mode.upper_fen_per_t if mode else None,
                book.best("buy") if book else None,
                book.best("sell") if book else None,
                ticks[-1].price_fen_per_t if ticks else None,
            )
        )
    return found


@get("/products/{product:str}/book", summary="The book, by price", tags=["market"])
async def book(request: Ask, product: FromPath[str], levels: Limit = 20) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)

    def read(state: Market) -> BookRecord:
        room = room_of(state.rooms, ExchangeRoom)
        if room.state.day is None or product not in room.state.day.products:
            raise Fault(404, f"There is no product {product} today", f"今日没有品种{product}")
        found = room.desk.books.get(product)
        sides = [
            [Level(*one) for one in found.depth(side, levels)] if found else [] for side in ("buy", "sell")
        ]
        return BookRecord(product, sides[0], sides[1])

    found, seq = await desk.looked(read)
    return answer(request, found, seq, public=True)


@get("/trades", summary="Trades in order; those of one account name the parties", tags=["market"])
async def trades(
    request: Ask,
    product: FromQuery[str] = "",
    account: FromQuery[str] = "",
    after: After = 0,
    limit: Limit = 100,
) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if account:
        need_account(viewer, account)
    sql = "SELECT * FROM trade WHERE seq > ?"
    given: list[int | str] = [after]
    if product:
        sql, given = sql + " AND product = ?", [*given, product]
    if account:
        sql, given = sql + " AND (buyer = ? OR seller = ?)", [*given, account, account]
    named = bool(account) or viewer.has("exchange", "authority", "auditor")
    rows, following, seq = await part_of(desk, f"{sql} ORDER BY seq, rowid", given, limit, "seq")
    page = Page([_trade(row, named=named) for row in rows], following)
    return answer(request, page, seq, public=not named)


def _trade(row: Any, *, named: bool) -> TradeRecord:
    parties = (row["buyer"], row["seller"]) if named else ("", "")
    return TradeRecord(
        row["seq"],
        row["trade_id"],
        row["at_ms"],
        row["product"],
        row["kind"],
        row["mode"],
        row["price_fen_per_t"],
        row["quantity_t"],
        row["aggressor"],
        bool(row["busted"]),
        *parties,
    )


@get("/days", summary="Closing prices and volumes by trading day", tags=["market"])
async def days(
    request: Ask, product: FromQuery[str] = "", after: FromQuery[str] = "", limit: Limit = 400
) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    sql = "SELECT * FROM day WHERE on_day > ? AND (? = '' OR product = ?) ORDER BY on_day, product"
    rows, following, seq = await part_of(desk, sql, (after, product, product), limit, "on_day")
    return answer(request, Page([DayRecord(*row) for row in rows], following), seq, public=True)


@get("/auctions", summary="Auctions and their results", tags=["market"])
async def auctions(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    found, seq = await desk.looked(records.auctions)
    return answer(request, found, seq, public=True)


@get("/announcements", summary="Notices of the exchange", tags=["market"])
async def announcements(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    found, seq = await desk.looked(records.notices)
    return answer(request, found, seq, public=True)
