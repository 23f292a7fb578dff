"""Everything that programs may read, with what it answers; and here the rules and the journal.

Long lists come in parts (`limit`, at most 1,000; `after`). Answers that follow from the journal carry `ETag`
and `Capwright-Row`, the row that they are as of; `If-None-Match` saves the body.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from capwright.api.account_reads import (
    account,
    accounts,
    compliance,
    history,
    holdings,
    orders,
    serial,
    tasks,
)
from capwright.api.desk import Page, answer, desk_of
from capwright.api.fault import Fault
from capwright.api.lists import After, Ask, Limit
from capwright.api.market_reads import (
    announcements,
    auctions,
    book,
    coverage,
    days,
    market,
    products,
    trades,
)
from capwright.api.records import (
    ActRecord,
    BookRecord,
    DayRecord,
    HeadRecord,
    MarketRecord,
    OrderRecord,
    ProductRecord,
    Row,
    TradeRecord,
)
from capwright.history import Step
from capwright.journal.store import open_store
from capwright.kernel.refusal import CATALOGUE, RefusalCode
from capwright.projection.coverage import CoverageRecord
from capwright.projection.records import AccountRecord, AuctionRecord, ComplianceRecord, Holding, NoticeRecord
from capwright.projection.tasks import Task
from capwright.scheme.codec import scheme_to_json

if TYPE_CHECKING:
    from capwright.api.desk import Desk

__all__ = ["ANSWERS", "HANDLERS", "router"]


@get("/schemes", summary="The rules in force, by name", tags=["rules"])
async def schemes(request: Ask) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    found, seq = await desk.looked(lambda state: list(state.rulebook.by_name))
    return answer(request, found, seq, public=True)


@get("/schemes/{name:str}", summary="A scheme with the source of every value", tags=["rules"])
async def scheme(request: Ask, name: FromPath[str]) -> Response[bytes]:
    desk = desk_of(request)
    await desk.viewer(request)
    rules, seq = await desk.looked(lambda state: state.rulebook.by_name.get(name))
    if rules is None:
        raise Fault(404, f"No scheme {name} is in force", f"没有现行方案{name}")
    raw = await asyncio.to_thread(scheme_to_json, rules.scheme)
    return answer(request, msgspec.Raw(raw), seq, public=True)


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
        raise Fault(403, "The journal is open to auditors and the authority", "日志仅供审计和主管部门查询")
    seq = desk.host.head.seq  # before the reading: a row that comes meanwhile must not count as known
    rows = await asyncio.to_thread(_rows, desk, after, limit)
    return answer(request, Page(list(rows), str(rows[-1].seq) if len(rows) == limit else ""), seq)


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
    "coverage": list[CoverageRecord],
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
    market, coverage, products, book, trades, days, accounts, account, holdings, orders, history, compliance,
    auctions, announcements, tasks, serial, schemes, scheme, refusals, journal, head,
]  # fmt: skip
router = Router("/api/v1", route_handlers=HANDLERS)
