"""What programs may read: the market, accounts, trades, compliance, the journal.

Lists come in pages of at most 1,000 (`limit`, `after`). Answers that follow from the state carry `ETag` and
`Capwright-Row`, the row of the journal they are as of; `If-None-Match` saves the body.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from capwright.api.desk import Page, answer, desk_of
from capwright.exchange.room import ExchangeRoom
from capwright.history import Step, balances_at, life_of, parse_serial
from capwright.journal.replay import chained
from capwright.journal.store import open_store
from capwright.kernel.refusal import CATALOGUE, RefusalCode
from capwright.market.composition import room_of
from capwright.projection import records
from capwright.projection.records import AccountRecord, AuctionRecord, ComplianceRecord, Holding, NoticeRecord
from capwright.projection.tasks import Task, tasks_of
from capwright.scheme.codec import scheme_to_json

if TYPE_CHECKING:
    from capwright.api.desk import Desk
    from capwright.history import Balances
    from capwright.projection.viewer import Viewer

__all__ = ["ANSWERS", "HANDLERS", "router"]

Ask = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most")]
_LAST: Final = 2**62  # more than any row or ms: databases take no longer numbers
After = Annotated[int, QueryParameter(ge=0, le=_LAST, description="Continue after this row")]


class MarketRecord(Struct):
    """The market: its schemes, where its journal stands, its time."""

    title_en: str
    title_zh: str
    nature: str
    scheme: str
    schemes: list[str]
    timezone: str
    currency: str
    seq: int
    hash: str
    at_ms: int


class ProductRecord(Struct, omit_defaults=True):
    """A product today: whether trade is on, its limits, the best listings."""

    code: str
    trading: bool
    opening_fen_per_t: int | None = None
    lower_fen_per_t: int | None = None
    upper_fen_per_t: int | None = None
    best_buy_fen_per_t: int | None = None
    best_sell_fen_per_t: int | None = None
    last_fen_per_t: int | None = None


class Level(Struct):
    """A price of the book with what stands there."""

    price_fen_per_t: int
    quantity_t: int
    orders: int


class BookRecord(Struct):
    """The book of a product, best prices first; nobody is named."""

    product: str
    buy: list[Level]
    sell: list[Level]


class TradeRecord(Struct, omit_defaults=True):
    """A trade. `buyer` and `seller` are told to the parties and to those who watch the market."""

    seq: int
    trade_id: str
    at_ms: int
    product: str
    kind: str
    mode: str
    price_fen_per_t: int
    quantity_t: int
    aggressor: str = ""
    busted: bool = False
    buyer: str = ""
    seller: str = ""


class OrderRecord(Struct, omit_defaults=True):
    """A resting order of an account."""

    id: str
    account: str
    product: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    left_t: int
    until: str = ""


class DayRecord(Struct):
    """A product's trading day."""

    product: str
    on_day: str
    opening_fen: int
    first_fen: int
    high_fen: int
    low_fen: int
    closing_fen: int
    trades: int
    volume_t: int
    turnover_fen: int


class ActRecord(Struct):
    """A row of the journal in short: who sent which command when, and the code of its refusal."""

    seq: int
    at_ms: int
    actor: str
    command: str
    command_id: str
    refused: str


class HeadRecord(Struct):
    """The last row."""

    seq: int
    at_ms: int
    hash: str


class Row(Struct):
    """A row of the journal in full; `hash` binds it to all before it."""

    seq: int
    at_ms: int
    command_id: str
    actor: str
    command: msgspec.Raw
    events: msgspec.Raw
    hash: str


def _may(viewer: Viewer, account: str) -> None:
    if not viewer.person:
        raise PermissionDeniedException("Sign in, or send an access token")
    if not viewer.may_read(account):
        raise NotFoundException("No such account, or none of yours")


@get("/market", summary="The market, its schemes and where its journal stands", tags=["market"])
async def market(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        about, rules, head = state.state.about, state.rulebook.now(), desk.host.head
        found = MarketRecord(
            about.get("en", ""),
            about.get("zh", ""),
            about.get("nature", ""),
            rules.scheme.name,
            list(state.rulebook.by_name),
            str(rules.zone),
            rules.body.currency,
            head.seq,
            head.hash.hex(),
            desk.host.clock(),
        )
    return answer(request, found, head.seq, public=True)


@get("/products", summary="The products of the exchange and today's limits", tags=["market"])
async def products(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        room = room_of(state.rooms, ExchangeRoom)
        day, seq = room.state.day, desk.host.head.seq
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
    return answer(request, found, seq, public=True)


@get("/products/{product:str}/book", summary="The book, by price", tags=["market"])
async def book(request: Ask, product: FromPath[str], levels: Limit = 20) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        room, seq = room_of(state.rooms, ExchangeRoom), desk.host.head.seq
        if room.state.day is None or product not in room.state.day.products:
            raise NotFoundException(f"There is no product {product} today")
        found = room.desk.books.get(product)
        sides = [
            [Level(*one) for one in found.depth(side, levels)] if found else [] for side in ("buy", "sell")
        ]
    return answer(request, BookRecord(product, sides[0], sides[1]), seq, public=True)


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
        _may(viewer, account)
    sql = "SELECT * FROM trade WHERE seq > ?"
    given: list[int | str] = [after]
    if product:
        sql, given = sql + " AND product = ?", [*given, product]
    if account:
        sql, given = sql + " AND (buyer = ? OR seller = ?)", [*given, account, account]
    named = bool(account) or viewer.has("exchange", "authority", "auditor")
    rows = await asyncio.to_thread(desk.host.views.rows, f"{sql} ORDER BY seq LIMIT ?", [*given, limit + 1])
    found = [_trade(row, named=named) for row in rows[:limit]]
    page = Page(found, str(found[-1].seq) if len(rows) > limit else "")
    return answer(request, page, desk.host.head.seq, public=not named)


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
    sql = "SELECT * FROM day WHERE on_day > ? AND (? = '' OR product = ?) ORDER BY on_day, product LIMIT ?"
    rows = await asyncio.to_thread(desk.host.views.rows, sql, (after, product, product, limit))
    return answer(request, Page([DayRecord(*row) for row in rows]), desk.host.head.seq, public=True)


@get("/accounts", summary="The accounts you may read", tags=["accounts"])
async def accounts(request: Ask, after: FromQuery[str] = "", limit: Limit = 100) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if not viewer.person:
        raise PermissionDeniedException("Sign in, or send an access token")
    with desk.host.look() as state:
        mine = sorted(
            number for number in state.book.state.accounts if viewer.may_read(number) and number > after
        )
        part = mine[:limit]
        found = [
            records.account_record(state.book.state.accounts[number], tuple(viewer.accounts.get(number, ())))
            for number in part
        ]
        seq = desk.host.head.seq
    return answer(request, Page(found, part[-1] if len(mine) > limit else ""), seq)


@get("/accounts/{number:str}", summary="An account", tags=["accounts"])
async def account(request: Ask, number: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    _may(viewer, number)
    with desk.host.look() as state:
        found = state.book.state.accounts.get(number)
        if found is None:
            raise NotFoundException("No such account, or none of yours")
        record = records.account_record(found, tuple(viewer.accounts.get(number, ())))
    return answer(request, record, desk.host.head.seq)


@get(
    "/accounts/{number:str}/holdings",
    summary="Units and cash of an account, now or then",
    tags=["accounts"],
)
async def holdings(
    request: Ask,
    number: FromPath[str],
    as_of: Annotated[int | None, QueryParameter(ge=0, le=_LAST, description="ms UTC since 1970")] = None,
) -> Response[bytes]:
    desk = desk_of(request)
    _may(await desk.viewer(request), number)
    if as_of is None:
        with desk.host.look() as state:
            return answer(request, records.holdings(state, number), desk.host.head.seq)
    past = await asyncio.to_thread(_balances, desk, as_of)
    return answer(request, _past(past, number), past.seq)


def _balances(desk: Desk, as_of: int) -> Balances:
    store = open_store(desk.host.settings.db, read_only=True)
    try:
        return balances_at(chained(store), as_of)
    finally:
        store.close()


def _past(past: Balances, number: str) -> list[Holding]:
    found = []
    for place in sorted({*past.units_t, *past.cash_fen}):
        where, _, bucket = place.partition("#")
        if where == number:
            series = sorted(past.units_t.get(place, {}).items())
            found += [Holding(number, bucket, name, quantity_t) for name, quantity_t in series]
            if place in past.cash_fen:
                found.append(Holding(number, bucket, cash_fen=past.cash_fen[place]))
    return found


@get("/accounts/{number:str}/orders", summary="Resting orders of an account", tags=["accounts"])
async def orders(request: Ask, number: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    _may(await desk.viewer(request), number)
    with desk.host.look() as state:
        room = room_of(state.rooms, ExchangeRoom)
        found = [
            OrderRecord(
                one.id,
                one.account,
                one.product,
                one.side,
                one.price_fen_per_t,
                one.quantity_t,
                one.left_t,
                one.until.isoformat() if one.until else "",
            )
            for one in room.state.orders.values()
            if one.account == number
        ]
        seq = desk.host.head.seq
    return answer(request, found, seq)


@get(
    "/accounts/{number:str}/history", summary="Rows of the journal that touched an account", tags=["accounts"]
)
async def history(
    request: Ask, number: FromPath[str], after: After = 0, limit: Limit = 100
) -> Response[bytes]:
    desk = desk_of(request)
    _may(await desk.viewer(request), number)
    sql = (
        "SELECT act.seq, at_ms, actor, command, command_id, refused"
        " FROM touch JOIN act ON act.seq = touch.seq"
        " WHERE account = ? AND touch.seq > ? ORDER BY touch.seq LIMIT ?"
    )
    rows = await asyncio.to_thread(desk.host.views.rows, sql, (number, after, limit + 1))
    found = [ActRecord(*row) for row in rows[:limit]]
    page = Page(found, str(found[-1].seq) if len(rows) > limit else "")
    return answer(request, page, desk.host.head.seq)


@get("/compliance", summary="Who owed and surrendered what", tags=["compliance"])
async def compliance(request: Ask, vintage: FromQuery[int | None] = None) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    with desk.host.look() as state:
        found = records.compliance(state, vintage)
        seq = desk.host.head.seq
    if not viewer.has("authority", "operator", "auditor"):  # the law publishes results, not figures
        for one in found:
            if not viewer.may_read(one.account):
                one.emissions_t, one.owed_t, one.surrendered_t, one.shortfall_t = None, 0, 0, 0
    return answer(request, Page(list(found)), seq)


@get("/auctions", summary="Auctions and their results", tags=["market"])
async def auctions(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        return answer(request, records.auctions(state), desk.host.head.seq, public=True)


@get("/announcements", summary="Notices of the exchange", tags=["market"])
async def announcements(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        return answer(request, records.notices(state), desk.host.head.seq, public=True)


@get("/tasks", summary="What waits for you", tags=["accounts"])
async def tasks(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    with desk.host.look() as state:
        return answer(request, tasks_of(state, viewer), desk.host.head.seq)


@get("/serials/{serial:str}", summary="The life of one unit", tags=["registry"])
async def serial(request: Ask, serial: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if not viewer.has("authority", "operator", "auditor"):
        raise PermissionDeniedException("The moves of units are told to those who keep the register")
    series, number = parse_serial(serial)
    steps = await asyncio.to_thread(_steps, desk, series, number)
    return answer(request, steps, desk.host.head.seq)


def _steps(desk: Desk, series: str, number: int) -> list[Step]:
    desk.host.follower.wait_for(desk.host.head.seq)  # the tables come after the state
    return life_of(desk.host, series, number)


@get("/schemes", summary="The rules in force, by name", tags=["rules"])
async def schemes(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        return answer(request, list(state.rulebook.by_name), desk.host.head.seq, public=True)


@get("/schemes/{name:str}", summary="A scheme with the source of every value", tags=["rules"])
async def scheme(request: Ask, name: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    with desk.host.look() as state:
        rules = state.rulebook.by_name.get(name)
        if rules is None:
            raise NotFoundException(f"No scheme {name} is in force")
        return answer(request, msgspec.Raw(scheme_to_json(rules.scheme)), desk.host.head.seq, public=True)


@get("/refusals", summary="Every refusal code, in both languages", tags=["rules"])
async def refusals(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    return answer(request, [CATALOGUE[code] for code in sorted(CATALOGUE)], 0, public=True)


@get("/journal", summary="Rows of the journal in full, for auditors and officers", tags=["journal"])
async def journal(request: Ask, after: After = 0, limit: Limit = 100) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if not viewer.has("auditor", "authority"):
        raise PermissionDeniedException("The journal is open to auditors and the authority")
    rows = await asyncio.to_thread(_rows, desk, after, limit)
    return answer(
        request, Page(list(rows), str(rows[-1].seq) if len(rows) == limit else ""), desk.host.head.seq
    )


def _rows(desk: Desk, after: int, limit: int) -> list[Row]:
    store = open_store(desk.host.settings.db, read_only=True)
    try:
        found: list[Row] = []
        for page in store.scan(after + 1):
            for seq, at_ms, command_id, actor, command, events, digest in page[: limit - len(found)]:
                raw = msgspec.Raw(command), msgspec.Raw(events)
                found.append(Row(seq, at_ms, command_id.decode(), actor.decode(), *raw, digest.hex()))
            if len(found) >= limit:
                break
        return found
    finally:
        store.close()


@get("/journal/head", summary="The last row and its hash: they stand for the whole journal", tags=["journal"])
async def head(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    now = desk.host.head
    return answer(request, HeadRecord(now.seq, now.at, now.hash.hex()), now.seq, public=True)


# What each answers with, for the API's description; a tuple is a page of them.
ANSWERS: Final[dict[str, Any]] = {
    "market": MarketRecord,
    "products": list[ProductRecord],
    "book": BookRecord,
    "trades": (TradeRecord,),
    "days": (DayRecord,),
    "accounts": (AccountRecord,),
    "account": AccountRecord,
    "holdings": list[Holding],
    "orders": list[OrderRecord],
    "history": (ActRecord,),
    "compliance": (ComplianceRecord,),
    "auctions": list[AuctionRecord],
    "announcements": list[NoticeRecord],
    "tasks": list[Task],
    "serial": list[Step],
    "schemes": list[str],
    "scheme": dict[str, Any],
    "refusals": list[RefusalCode],
    "journal": (Row,),
    "head": HeadRecord,
}
HANDLERS: Final[list[Any]] = [
    market, products, book, trades, days, accounts, account, holdings, orders, history, compliance, auctions,
    announcements, tasks, serial, schemes, scheme, refusals, journal, head,
]  # fmt: skip
router = Router("/api/v1", route_handlers=HANDLERS)
