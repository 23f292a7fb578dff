"""What programs may read of accounts: holdings, orders, history, compliance, tasks, the life of a unit."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from capwright.api.desk import Page, answer, desk_of, need_account
from capwright.api.fault import NO_ACCOUNT, SIGN_IN, Fault
from capwright.api.lists import LAST, After, Ask, Limit, part_of
from capwright.api.records import ActRecord, OrderRecord
from capwright.history import Step, life_of, parse_serial
from capwright.projection import records
from capwright.projection.past import holdings_at
from capwright.projection.tasks import tasks_of
from capwright.projection.trader import open_orders

if TYPE_CHECKING:
    from capwright.api.desk import Desk
    from capwright.exchange.book import Order
    from capwright.market import Market
    from capwright.projection.records import AccountRecord

__all__ = ["account", "accounts", "compliance", "history", "holdings", "orders", "serial", "tasks"]


@get("/accounts", summary="The accounts you may read", tags=["accounts"])
async def accounts(request: Ask, after: FromQuery[str] = "", limit: Limit = 100) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if not viewer.person:
        raise Fault(403, *SIGN_IN)

    def read(state: Market) -> list[AccountRecord]:
        known = state.book.state.accounts
        mine = (number for number in known if number > after and viewer.may_read(number))
        return [
            records.account_record(known[number], tuple(viewer.accounts.get(number, ())))
            for number in heapq.nsmallest(limit + 1, mine)
        ]

    found, seq = await desk.looked(read)
    return answer(request, Page(found[:limit], found[limit - 1].number if len(found) > limit else ""), seq)


@get("/accounts/{number:str}", summary="An account", tags=["accounts"])
async def account(request: Ask, number: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    need_account(viewer, number)

    def read(state: Market) -> AccountRecord:
        found = state.book.state.accounts.get(number)
        if found is None:
            raise Fault(404, *NO_ACCOUNT)
        return records.account_record(found, tuple(viewer.accounts.get(number, ())))

    found, seq = await desk.looked(read)
    return answer(request, found, seq)


@get(
    "/accounts/{number:str}/holdings",
    summary="Units and cash of an account, now or then",
    tags=["accounts"],
)
async def holdings(
    request: Ask,
    number: FromPath[str],
    as_of: Annotated[int | None, QueryParameter(ge=0, le=LAST, description="ms UTC since 1970")] = None,
) -> Response[bytes]:
    desk = desk_of(request)
    need_account(await desk.viewer(request), number)
    if as_of is None:
        found, seq = await desk.looked(lambda state: records.holdings(state, number))
        return answer(request, found, seq)
    url = desk.host.settings.db
    found, seq = await asyncio.to_thread(holdings_at, desk.host.views, url, number, as_of)
    return answer(request, found, seq)


@get("/accounts/{number:str}/orders", summary="Resting orders of an account", tags=["accounts"])
async def orders(request: Ask, number: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    need_account(await desk.viewer(request), number)
    found, seq = await desk.looked(lambda state: [_order(one) for one in open_orders(state, number)])
    return answer(request, found, seq)


def _order(one: Order) -> OrderRecord:
    return OrderRecord(
        one.id,
        one.account,
        one.product,
        one.side,
        one.price_fen_per_t,
        one.quantity_t,
        one.left_t,
        one.until.isoformat() if one.until else "",
    )


@get(
    "/accounts/{number:str}/history", summary="Rows of the journal that touched an account", tags=["accounts"]
)
async def history(
    request: Ask, number: FromPath[str], after: After = 0, limit: Limit = 100
) -> Response[bytes]:
    desk = desk_of(request)
    need_account(await desk.viewer(request), number)
    sql = (
        "SELECT act.seq, at_ms, actor, command, command_id, refused"
        " FROM touch JOIN act ON act.seq = touch.seq"
        " WHERE account = ? AND touch.seq > ? ORDER BY touch.seq"
    )
    rows, following, seq = await part_of(desk, sql, (number, after), limit, "seq")
    return answer(request, Page([ActRecord(*row) for row in rows], following), seq)


@get("/compliance", summary="Who owed and surrendered what", tags=["compliance"])
async def compliance(request: Ask, vintage: FromQuery[int | None] = None) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    found, seq = await desk.looked(lambda state: records.compliance(state, vintage))
    if not viewer.has("authority", "operator", "auditor"):  # the law publishes results, not figures
        for one in found:
            if not viewer.may_read(one.account):
                one.emissions_t, one.owed_t, one.surrendered_t, one.shortfall_t = None, 0, 0, 0
    return answer(request, Page(list(found)), seq)


@get("/tasks", summary="What waits for you", tags=["accounts"])
async def tasks(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    found, seq = await desk.looked(lambda state: tasks_of(state, viewer, desk.host.clock()))
    return answer(request, found, seq)


@get("/serials/{serial:str}", summary="The life of one unit", tags=["registry"])
async def serial(request: Ask, serial: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    viewer = await desk.viewer(request)
    if not viewer.has("authority", "operator", "auditor"):
        raise Fault(
            403, "The moves of units are told to those who keep the register", "配额变动仅供登记机构等查询"
        )
    series, number = parse_serial(serial)
    seq = desk.host.head.seq
    return answer(request, await asyncio.to_thread(_steps, desk, seq, series, number), seq)


def _steps(desk: Desk, seq: int, series: str, number: int) -> list[Step]:
    desk.host.follower.wait_for(seq)  # the tables come after the state
    return life_of(desk.host, series, number)
