"""Lists out of tables, read in parts that never take apart what belongs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from capwright.projection.views import Views

__all__ = ["part"]


def part(views: Views, sql: str, given: Sequence[Any], limit: int, key: str) -> tuple[list[sqlite3.Row], Any]:
    """The first part of what a query finds in the order of `key`, and the key where the next begins, if any.

    Rows that share a key stay together, since the next part begins beyond it: one row of the journal has all
    trades of an order, and all transactions whose time has come. Where more share it than `limit`, the part
    is longer.
    """
    most = limit
    while True:
        rows = views.rows(f"{sql} LIMIT ?", (*given, most + 1))
        if len(rows) <= limit:
            return rows, None
        whole = [row for row in rows[:limit] if row[key] != rows[limit][key]]
        whole = whole or [row for row in rows if row[key] == rows[0][key]]
        if len(whole) < len(rows):
            return whole, whole[-1][key]
        if len(rows) <= most:
            return rows, None
        most *= 2
