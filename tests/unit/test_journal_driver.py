"""Many rows go into a table with few statements, in their order, through either library."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.journal.driver import SqliteError, connect, insert


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(), st.binary()), max_size=300))
def test_every_row_goes_in_once_and_in_order(rows):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE it (n INTEGER PRIMARY KEY, a, b, c)")
    statements = []
    connection.set_trace_callback(lambda said: statements.append(said) if said.startswith("INSERT") else None)
    insert(connection.execute, "INSERT INTO it (a, b, c)", "(?, ?, ?)", rows)
    assert connection.execute("SELECT a, b, c FROM it ORDER BY n").fetchall() == rows
    assert len(statements) <= len(rows) // 64 + 6
    connection.close()


def test_what_follows_the_rows_holds_for_each():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER)")
    rows = [(f"{n % 10}", n) for n in range(100)]
    add = "ON CONFLICT DO UPDATE SET count = count + excluded.count"
    insert(connection.execute, "INSERT INTO tally", "(?, ?)", rows, add)
    found = dict(connection.execute("SELECT * FROM tally"))
    assert found == {f"{n}": 450 + 10 * n for n in range(10)}
    connection.close()


@pytest.mark.parametrize("driver", ["apsw", "sqlite3"])
def test_a_row_that_does_not_fit_undoes_its_whole_statement(tmp_path, driver):
    connection = connect(tmp_path / "it.sqlite", read_only=False, driver=driver)
    connection.execute("CREATE TABLE it (n INTEGER PRIMARY KEY)")
    with pytest.raises(SqliteError) as refused:
        insert(connection.execute, "INSERT INTO it", "(?)", [(1,), (2,), (3,), (3,)])
    assert refused.value.kind == "CONSTRAINT"
    assert connection.execute("SELECT * FROM it") == []
    connection.close()
