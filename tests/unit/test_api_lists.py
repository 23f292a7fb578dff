"""Lists that programs read in parts: every row comes once, however small the parts are."""

import asyncio
import sqlite3
from types import SimpleNamespace

import pytest

from capwright.api.lists import part_of


@pytest.fixture
def desk():
    """Trades of four rows of the journal; the order of row 7 met three others."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE trade (seq INTEGER, trade_id TEXT)")
    connection.executemany(
        "INSERT INTO trade VALUES (?, ?)", [(5, "a"), (7, "b"), (7, "c"), (7, "d"), (8, "e"), (9, "f")]
    )
    views = SimpleNamespace(seq=9, rows=lambda sql, given: connection.execute(sql, given).fetchall())
    return SimpleNamespace(host=SimpleNamespace(views=views))


def parts(desk, limit):
    after, found = "0", []
    while after:
        sql = "SELECT * FROM trade WHERE seq > ? ORDER BY seq, rowid"
        rows, after, seq = asyncio.run(part_of(desk, sql, (int(after),), limit, "seq"))
        assert seq == 9
        found.append("".join(row["trade_id"] for row in rows))
    return found


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        (1, ["a", "bcd", "e", "f"]),  # a row of the journal is never parted
        (2, ["a", "bcd", "ef"]),
        (3, ["a", "bcd", "ef"]),
        (4, ["abcd", "ef"]),
        (5, ["abcde", "f"]),
        (6, ["abcdef"]),
    ],
)
def test_trades_of_one_order_come_in_one_part(desk, limit, found):
    assert parts(desk, limit) == found
