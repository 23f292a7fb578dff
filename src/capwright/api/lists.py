"""Lists that are read in parts: how many at most, where a part begins, what it is as of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request
from litestar.params import QueryParameter

from capwright.projection.parts import part

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from capwright.api.desk import Desk

__all__ = ["LAST", "After", "Ask", "Limit", "part_of"]

Ask = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most")]
LAST: Final = 2**62  # more than any row or ms: databases take no longer numbers
After = Annotated[int, QueryParameter(ge=0, le=LAST, description="Continue after this row")]


async def part_of(
    desk: Desk, sql: str, given: Sequence[int | str], limit: int, key: str
) -> tuple[list[sqlite3.Row], str, int]:
    """A part of a table in the order of `key`, where the next part begins, and the row that it is as of."""
    seq = desk.host.views.seq  # before the reading: a row that comes meanwhile must not count as known
    rows, following = await asyncio.to_thread(part, desk.host.views, sql, given, limit, key)
    return rows, "" if following is None else str(following), seq
