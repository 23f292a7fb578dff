"""Completed transactions in pages: those that were completed together stay together."""

import sqlite3
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from capwright.projection.register import completed

COLUMNS = "seq, transaction_id, at_ms, type, source, target, quantity_t, vintage, reverses"


@pytest.fixture
def replica():
    """Four rows of the journal; with row 7 the time of three transactions had come, b was undone in row 9."""
    base = sqlite3.connect(":memory:")
    base.row_factory = sqlite3.Row
    base.execute(f"CREATE TABLE completed ({COLUMNS})")
    for seq, name, kind, reverses in (
        (5, "a", "transfer", ""), (7, "b", "surrender", ""), (7, "c", "surrender", ""),
        (7, "d", "transfer", ""), (8, "e", "transfer", ""), (9, "f", "reversal_of_surrender", "b"),
    ):  # fmt: skip
        base.execute(
            "INSERT INTO completed VALUES (?, ?, 0, ?, 'x', 'y', 1, 2023, ?)", (seq, name, kind, reverses)
        )
    types = (
        SimpleNamespace(name="transfer", reverses=""),
        SimpleNamespace(name="reversal_of_surrender", reverses="surrender"),
    )
    market = SimpleNamespace(
        rulebook=SimpleNamespace(
            now=lambda: SimpleNamespace(registry=SimpleNamespace(transaction_types=types))
        ),
        registry=SimpleNamespace(state=SimpleNamespace(reversible={"c": None})),
    )

    @contextmanager
    def look():
        yield market

    views = SimpleNamespace(rows=lambda sql, given: base.execute(sql, given).fetchall())
    return SimpleNamespace(views=views, look=look)


@pytest.mark.parametrize(
    ("count", "pages"),
    [(1, ["f", "e", "dcb", "a"]), (2, ["fe", "dcb", "a"]), (5, ["fedcb", "a"]), (6, ["fedcba"])],
)
def test_no_transaction_is_lost_between_two_pages(replica, count, pages):
    found, before = [], 0
    while True:
        done, before = completed(replica, before, count)
        found.append("".join(one.id for one in done))
        if not before:
            break
    assert found == pages


def test_what_was_undone_and_what_may_be_is_said(replica):
    done, following = completed(replica, 0, 10, "surrender")
    assert [(one.id, one.reversed, one.undo) for one in done] == [
        ("c", False, "reversal_of_surrender"),
        ("b", True, ""),
    ]
    assert following == 0
