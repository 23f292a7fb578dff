"""SQLite through apsw where it is installed, else through the standard library; one face for both.

apsw brings a current SQLite and writes batches faster. `SqliteError.kind` is the name of SQLite's result
code (`FULL`, `CORRUPT`, `CONSTRAINT` …), or `TEXT` for stored text that is not UTF-8.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sqlite3
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

with contextlib.suppress(ImportError):
    import apsw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["SqliteConnection", "SqliteError", "connect", "insert"]

_HAS_APSW: Final = importlib.util.find_spec("apsw") is not None
_BUSY_MS: Final = 5000  # a reader's checkpoint or a backup may hold the file for a moment
_MOST_TOGETHER: Final = 64  # rows of one statement: fewer than 999 parameters, as old libraries want
_KINDS: Final = {
    3: "PERM", 5: "BUSY", 6: "LOCKED", 7: "NOMEM", 8: "READONLY", 10: "IOERR", 11: "CORRUPT", 13: "FULL",
    14: "CANTOPEN", 18: "TOOBIG", 19: "CONSTRAINT", 20: "MISMATCH", 24: "FORMAT", 26: "NOTADB",
}  # fmt: skip


class SqliteError(Exception):
    """A failed statement, whichever library ran it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.kind = _KINDS.get(code & 0xFF, "ERROR") if code else "TEXT"


class SqliteConnection(Protocol):
    """What the store needs of a connection. No transaction is ever begun behind its back."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, statement: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows."""

    def close(self) -> None: ...


class _Apsw:
    def __init__(self, path: Path, *, read_only: bool, sealed: bool) -> None:
        flags = (
            apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        )
        name = str(path)
        if sealed:
            name, flags = f"{path.absolute().as_uri()}?immutable=1", flags | apsw.SQLITE_OPEN_URI
        try:
            self._connection = apsw.Connection(name, flags=flags)
        except apsw.Error as fault:
            raise _from_apsw(fault) from fault
        self._connection.set_busy_timeout(_BUSY_MS)
        self._execute = self._connection.execute

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._execute(statement, bindings))
        except apsw.Error as fault:
            raise _from_apsw(fault) from fault
        except UnicodeDecodeError as fault:
            raise SqliteError(0, "stored text is not UTF-8") from fault

    def close(self) -> None:
        self._connection.close()


def _from_apsw(fault: apsw.Error) -> SqliteError:
    return SqliteError(getattr(fault, "result", 1), str(fault))


class _Standard:
    def __init__(self, path: Path, *, read_only: bool, sealed: bool) -> None:
        address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        address += "&immutable=1" if sealed else ""
        try:
            self._connection = sqlite3.connect(
                address, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000, check_same_thread=False
            )
        except sqlite3.Error as fault:
            raise _from_standard(fault) from fault

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, bindings).fetchall()
        except sqlite3.Error as fault:
            raise _from_standard(fault) from fault

    def close(self) -> None:
        self._connection.close()


def _from_standard(fault: sqlite3.Error) -> SqliteError:
    text = str(fault)
    if "Could not decode to UTF-8" in text:
        return SqliteError(0, text)
    return SqliteError(getattr(fault, "sqlite_errorcode", 1), text)


def connect(path: Path, *, read_only: bool, driver: str = "", sealed: bool = False) -> SqliteConnection:
    """Open the file with the best driver, or with the standard library's if `driver` is `sqlite3`.

    `sealed`: nobody can change the file, so that neither locks nor files beside it are needed.
    """
    if driver != "sqlite3" and _HAS_APSW:
        return _Apsw(path, read_only=read_only, sealed=sealed)
    return _Standard(path, read_only=read_only, sealed=sealed)


def insert(
    execute: Callable[[str, Sequence[Any]], object],
    into: str,
    values: str,
    rows: Sequence[Sequence[Any]],
    then: str = "",
) -> None:
    """Run `into VALUES values, values, … then` for many rows with few statements.

    A statement for each row, as `executemany` makes them, gives Python's lock away at each. While another
    thread computes, getting it back takes up to the interpreter's switch interval every time.
    """
    start, left = 0, len(rows)
    while left:
        count = min(1 << (left.bit_length() - 1), _MOST_TOGETHER)
        some = rows[start : start + count]
        execute(_repeated(into, values, then, count), [value for row in some for value in row])
        start, left = start + count, left - count


@cache
def _repeated(into: str, values: str, then: str, count: int) -> str:
    """The statement for so many rows: counts are powers of two, so that few are ever prepared."""
    return f"{into} VALUES {', '.join([values] * count)} {then}"
