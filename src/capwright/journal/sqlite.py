"""A journal in one SQLite file: write-ahead log, full sync, readers beside the one writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from capwright.journal.chain import EMPTY, FORMAT, Head, Record, Row, damaged
from capwright.journal.driver import SqliteConnection, SqliteError, connect, insert
from capwright.journal.fault import (
    CANNOT_OPEN,
    FENCED,
    LEASE_TAKEN,
    NO_JOURNAL,
    NOT_A_JOURNAL,
    READ_ONLY,
    WRONG_FORMAT,
    StoreFailed,
    open_fault,
    unavailable,
)
from capwright.journal.store import PAGE_ROWS, SNAPSHOTS_KEPT, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["SqliteStore"]

_BUSY_S: Final = 5.0
_CACHE_KB: Final = 65_536  # random ids touch the whole index
_LEAST_BYTES: Final = 512  # SQLite takes a few odd bytes for an empty database
APPLICATION_ID: Final = 0x43415057  # "CAPW" in the file's header

_SCHEMA: Final = (
    """CREATE TABLE journal (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, command_id TEXT NOT NULL UNIQUE, actor TEXT NOT NULL,
        command TEXT NOT NULL, events TEXT NOT NULL, hash BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE snapshot (
        seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, format TEXT NOT NULL, checksum BLOB NOT NULL, state BLOB
        NOT NULL
    ) STRICT""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    # A slip of the hand in the sqlite3 shell must not rewrite history; the hash chain is for those who mean
    # it.
    *(
        f"CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON journal"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    f"INSERT INTO meta VALUES ('format', '{FORMAT}')",  # noqa: S608 - our own number
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)
# CAST hands the stored bytes over untouched, whatever a damaged page says about them.
_PAGE: Final = (
    "SELECT seq, at, CAST(command_id AS BLOB), CAST(actor AS BLOB), CAST(command AS BLOB), "
    "CAST(events AS BLOB), hash FROM journal WHERE seq >= ? ORDER BY seq LIMIT ?"
)
_VALUES: Final = "(?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?)"
_FIND: Final = (
    "SELECT seq, at, command_id, actor, CAST(command AS BLOB), CAST(events AS BLOB), hash"
    " FROM json_each(?) AS asked CROSS JOIN journal ON command_id = asked.value"
)
_DUPLICATES: Final = (
    "SELECT max(seq), CAST(command_id AS BLOB) FROM journal NOT INDEXED"
    " GROUP BY +command_id HAVING count(*) > 1 ORDER BY 1 LIMIT 20"
)
_LAST: Final = "SELECT seq, at, hash FROM journal ORDER BY seq DESC LIMIT 1"


class SqliteStore:
    """One file. Its lock file `<file>.lock` keeps a second engine away; readers take no lock."""

    def __init__(
        self, path: Path, *, create: bool = False, read_only: bool = False, driver: str = ""
    ) -> None:
        self.url = str(path)
        self.read_only = read_only
        self._path = path
        self._driver = driver
        self._lock_fd: int | None = None
        self._check_path(create=create)
        try:
            self._connection = self._connect_patiently(create=create)
        except SqliteError as fault:
            spec = NOT_A_JOURNAL if fault.kind in {"NOTADB", "CORRUPT"} else CANNOT_OPEN
            raise open_fault(spec, url=self.url, reason=str(fault)) from fault

    def _check_path(self, *, create: bool) -> None:
        # The file is not opened here: closing any descriptor of it would drop the locks that this process's
        # other connections hold (POSIX), and the next program to leave would take the write-ahead log along.
        path, folder = self._path, self._path.absolute().parent
        if path.is_dir():
            raise open_fault(NOT_A_JOURNAL, url=self.url, reason="it is a folder")
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            raise open_fault(NOT_A_JOURNAL, url=self.url, reason="it is no ordinary file")
        if path.is_file() and 0 < path.stat().st_size < _LEAST_BYTES:
            raise open_fault(NOT_A_JOURNAL, url=self.url, reason="it is a file of another kind")
        if not path.exists() and (self.read_only or not create):
            raise open_fault(NO_JOURNAL, url=self.url)
        if not folder.is_dir():
            raise open_fault(CANNOT_OPEN, url=self.url, reason=f"the folder {folder} does not exist")
        if not self.read_only and not os.access(folder, os.W_OK):
            raise open_fault(CANNOT_OPEN, url=self.url, reason=f"the folder {folder} cannot be written")

    def _connect_patiently(self, *, create: bool) -> SqliteConnection:
        """Connect, waiting while another program is just making the same file."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                return self._connect(create=create)
            except SqliteError as fault:
                if fault.kind not in {"BUSY", "LOCKED"} or time.monotonic() > until:
                    raise
            time.sleep(0.01)

    def _connect(self, *, create: bool) -> SqliteConnection:
        connection = connect(
            self._path, read_only=self.read_only, driver=self._driver, sealed=self._is_sealed()
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            self._identify(connection, create=create)
            if not self.read_only:
                connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_sealed(self) -> bool:
        """Whether it is a whole file in a folder that cannot be written, as on an auditor's disc."""
        whole = not self._path.with_name(f"{self._path.name}-wal").exists()
        return self.read_only and whole and not os.access(self._path.absolute().parent, os.W_OK)

    def _identify(self, connection: SqliteConnection, *, create: bool) -> None:
        """Make sure that the file is a journal of this format, making it one if it is empty."""
        connection.execute("BEGIN")  # one moment for all three: another program may be making the file
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema")
        ((application,),) = connection.execute("PRAGMA application_id")
        ((version,),) = connection.execute("PRAGMA user_version")
        connection.execute("COMMIT")
        if application == APPLICATION_ID:
            if version != FORMAT:
                raise open_fault(WRONG_FORMAT, url=self.url, found=version, known=FORMAT)
            return
        if tables or application or not create or self.read_only:
            what = "another program's database" if tables or application else "it is empty"
            raise open_fault(NOT_A_JOURNAL, url=self.url, reason=what)
        connection.execute("BEGIN IMMEDIATE")  # two programs may create at once: the second finds it done
        if connection.execute("SELECT count(*) FROM sqlite_schema") == [(0,)]:
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")

    # Lease.

    def lease(self) -> None:
        if self.read_only:
            raise open_fault(READ_ONLY)
        path = f"{self.url}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise open_fault(CANNOT_OPEN, url=path, reason=fault.strerror or str(fault)) from fault
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise open_fault(
                LEASE_TAKEN, holder=f"process {holder}" if holder else "another process"
            ) from fault
        with contextlib.suppress(OSError):  # a full disk: the name of the holder is a courtesy
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        self._lock_fd = descriptor

    def release(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def reopen(self) -> None:
        """Read the file anew: what an interrupted commit left is found by SQLite's own recovery."""
        self._connection.close()
        try:
            self._connection = self._connect(create=False)
        except SqliteError as fault:
            raise StoreFailed(str(fault)) from fault

    # Records.

    def head(self) -> Head:
        rows = self._read(_LAST, (), EMPTY)
        return Head(*rows[0]) if rows else EMPTY

    def append(self, records: Sequence[Record], packed: Sequence[bytes]) -> None:  # noqa: ARG002 - the contract
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            insert(connection.execute, "INSERT INTO journal", _VALUES, records)
            connection.execute("COMMIT")
        except SqliteError as fault:
            self._roll_back()
            if fault.kind == "CONSTRAINT":
                raise unavailable(FENCED, f"record {records[0].seq} is there already") from fault
            raise StoreFailed(str(fault)) from fault

    def _roll_back(self) -> None:
        with contextlib.suppress(SqliteError):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def find(self, command_ids: Sequence[str]) -> list[Record]:
        rows = self._read(_FIND, (msgspec.json.encode(command_ids).decode(),), EMPTY)
        return [Record(*row) for row in rows]

    def scan(self, from_seq: int = 1) -> Iterator[list[Row]]:
        while page := self._read(_PAGE, (from_seq, PAGE_ROWS), Head(from_seq - 1, 0, b"")):
            yield page
            from_seq = page[-1][0] + 1

    def _read(self, statement: str, bindings: tuple[Any, ...], after: Head) -> list[Any]:
        try:
            return self._connection.execute(statement, bindings)
        except SqliteError as fault:
            if fault.kind in {"CORRUPT", "NOTADB", "FORMAT", "TEXT", "MISMATCH"}:
                raise damaged(after, str(fault)) from fault
            raise StoreFailed(str(fault)) from fault

    def check(self) -> list[str]:
        try:
            found = [str(text) for (text,) in self._connection.execute("PRAGMA integrity_check(20)")]
        except SqliteError as fault:
            return [str(fault)]
        return [] if found == ["ok"] else found

    def duplicates(self) -> list[tuple[int, str]]:
        try:
            return [
                (int(seq), name.decode(errors="replace"))
                for seq, name in self._connection.execute(_DUPLICATES)
            ]
        except SqliteError:
            return []  # unreadable: `scan` says where

    # Snapshots.

    def snapshots(self) -> list[int]:
        return [seq for (seq,) in self._read("SELECT seq FROM snapshot ORDER BY seq DESC", (), EMPTY)]

    def load_snapshot(self, seq: int) -> Snapshot | None:
        rows = self._read(
            "SELECT seq, hash, format, state, checksum FROM snapshot WHERE seq = ?", (seq,), EMPTY
        )
        return Snapshot(*rows[0]) if rows else None

    def save_snapshot(self, snapshot: Snapshot) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT OR REPLACE INTO snapshot (seq, hash, format, state, checksum) VALUES (?, ?, ?, ?, ?)",
                snapshot,
            )
            connection.execute(
                "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)",
                (SNAPSHOTS_KEPT,),
            )
            connection.execute("COMMIT")
        except SqliteError as fault:
            self._roll_back()
            raise StoreFailed(str(fault)) from fault

    def close(self) -> None:
        self._connection.close()
        self.release()
