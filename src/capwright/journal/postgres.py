"""A journal in a PostgreSQL database: one writer with an advisory lock, any number of readers.

Batches are written by one binary COPY on an autocommit connection, which is one statement, one transaction
and one round trip. The lock belongs to the database session, so a lost connection loses it; the primary key
on `seq` fences a writer that has not noticed.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from capwright.journal.chain import EMPTY, FORMAT, Head, Record, Row, damaged
from capwright.journal.fault import (
    CANNOT_OPEN,
    FENCED,
    LEASE_TAKEN,
    NO_DRIVER,
    NO_JOURNAL,
    NOT_A_JOURNAL,
    READ_ONLY,
    WRONG_FORMAT,
    StoreFailed,
    open_fault,
    unavailable,
)
from capwright.journal.store import PAGE_ROWS, SNAPSHOTS_KEPT, Snapshot

try:
    import psycopg
    from psycopg import pq

    from capwright.journal.wire import connect
except ImportError:  # pragma: no cover - the extra `postgres` is not installed
    psycopg = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LOCK_CLASS", "PostgresStore"]

LOCK_CLASS: Final = 0x43415057  # "CAPW"; the second half of the lock's key is the journal table's number
_ENDING_S: Final = 0.3  # the session of an engine that was killed ends a moment after it
_OWN_SESSION_S: Final = 5.0  # how long to wait until the server has ended our own lost session

_TABLES: Final = """
CREATE TABLE journal (
    seq bigint PRIMARY KEY, at bigint NOT NULL, command_id text COLLATE "C" NOT NULL UNIQUE, actor text NOT
    NULL, command text NOT NULL, events text NOT NULL, hash bytea NOT NULL
);
CREATE TABLE snapshot (
    seq bigint PRIMARY KEY, hash bytea NOT NULL, format text NOT NULL, checksum bytea NOT NULL, state bytea
    NOT NULL
);
ALTER TABLE snapshot ALTER state SET STORAGE EXTERNAL;
CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
CREATE FUNCTION journal_is_final() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
CREATE TRIGGER journal_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON journal EXECUTE FUNCTION
journal_is_final();
"""
# Whatever the server's or the user's settings say: an answered commit is on disk, nothing times out in the
# middle, and the id look-up never reads the whole table because statistics are old.
_SESSION: Final = """
SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 0; SET
idle_in_transaction_session_timeout = 0; SET enable_seqscan = off; SET client_encoding = 'UTF8'; SET
default_transaction_isolation = 'read committed'; SET default_transaction_read_only = {read_only}
"""
_COPY: Final = b"COPY journal (seq, at, command_id, actor, command, events, hash) FROM STDIN (FORMAT BINARY)"
_COPY_START: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ROW: Final = b"\0\7"  # seven fields follow
_COPY_HASH: Final = b"\0\0\0\x20"  # 32 bytes follow
_COPY_END: Final = b"\xff\xff"
_BYTES: Final = ", ".join(
    f"convert_to({name}, 'UTF8')" for name in ("command_id", "actor", "command", "events")
)
_PAGE: Final = f"SELECT seq, at, {_BYTES}, hash FROM journal WHERE seq >= %s ORDER BY seq LIMIT {PAGE_ROWS}"  # noqa: S608
_KNOWN: Final = b"SELECT 1 FROM journal WHERE command_id = ANY($1::text[]) LIMIT 1"
_FIND: Final = (
    "SELECT seq, at, command_id, actor, convert_to(command, 'UTF8'), convert_to(events, 'UTF8'), hash"
    " FROM journal WHERE command_id = ANY(%s)"
)
_DUPLICATES: Final = (
    "SELECT max(seq), command_id FROM journal GROUP BY command_id HAVING count(*) > 1 ORDER BY 1 LIMIT 20"
)
_LAST: Final = "SELECT seq, at, hash FROM journal ORDER BY seq DESC LIMIT 1"
_HOLDER: Final = """
SELECT a.pid, a.backend_start::text, coalesce(host(a.client_addr), 'local') FROM pg_locks l JOIN
pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid =
'journal'::regclass::oid AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class PostgresStore:
    """The tables `journal`, `snapshot` and `meta` in the first schema of the search path."""

    def __init__(self, url: str, *, create: bool = False, read_only: bool = False) -> None:
        if psycopg is None:
            raise open_fault(NO_DRIVER)
        self.url = _without_password(url)
        self.read_only = read_only
        self._address = url
        self._leased = False
        self._can_ask = False  # the look-up of ids is prepared in this session
        self._session = ("", "")  # process number and start of our last session with the lease
        try:
            self._connection = self._connect()
            try:
                self._identify(create=create)
            except BaseException:
                self._connection.close()
                raise
        except psycopg.Error as fault:
            raise open_fault(CANNOT_OPEN, url=self.url, reason=_reason(fault)) from fault

    def _connect(self) -> psycopg.Connection[Any]:
        connection = connect(self._address, "capwright")
        connection.execute(_SESSION.format(read_only="on" if self.read_only else "off"))
        return connection

    def _identify(self, *, create: bool) -> None:
        """Make sure that the database holds a journal of this format, making one if it holds none."""
        connection = self._connection
        with connection.transaction():
            if create and not self.read_only:
                connection.execute(
                    "SELECT pg_advisory_xact_lock(%s, 0)", (LOCK_CLASS,)
                )  # two may create at once
            found = {
                name
                for name in ("journal", "snapshot", "meta")
                if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,)
            }
            if not found:
                if not create or self.read_only:
                    raise open_fault(NO_JOURNAL, url=self.url)
                if connection.execute("SHOW server_encoding").fetchone() != ("UTF8",):
                    raise open_fault(CANNOT_OPEN, url=self.url, reason="the database's encoding is not UTF8")
                connection.execute(_TABLES)
                connection.execute("INSERT INTO meta VALUES ('format', %s)", (str(FORMAT),))
            elif len(found) < 3:  # noqa: PLR2004 - the three tables above
                raise open_fault(
                    NOT_A_JOURNAL, url=self.url, reason=f"it has a table {min(found)} of another kind"
                )
        try:
            row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        except psycopg.errors.UndefinedColumn:
            row = None
        if row is None:
            raise open_fault(NOT_A_JOURNAL, url=self.url, reason="its table meta is of another kind")
        if row != (str(FORMAT),):
            raise open_fault(WRONG_FORMAT, url=self.url, found=str(row[0]), known=FORMAT)

    # Lease.

    def lease(self) -> None:
        if self.read_only:
            raise open_fault(READ_ONLY)
        try:
            until = time.monotonic() + _ENDING_S
            while not self._try_lock():
                if time.monotonic() > until:
                    raise open_fault(LEASE_TAKEN, holder=self._holder_text())
                time.sleep(0.02)
        except psycopg.Error as fault:
            raise open_fault(CANNOT_OPEN, url=self.url, reason=_reason(fault)) from fault
        self._leased = True

    def release(self) -> None:
        if self._leased:
            self._leased = False
            with contextlib.suppress(psycopg.Error):  # a lost session has no lock any more
                self._connection.execute("SELECT pg_advisory_unlock_all()")

    def _try_lock(self) -> bool:
        row = self._connection.execute(
            "SELECT pg_try_advisory_lock(%s, 'journal'::regclass::oid::int)", (LOCK_CLASS,)
        ).fetchone()
        if row != (True,):
            return False
        own = self._connection.execute(
            "SELECT pid::text, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        ).fetchone()
        self._session = tuple(own) if own else ("", "")
        return True

    def _holder(self) -> tuple[str, str, str]:
        row = self._connection.execute(_HOLDER, (LOCK_CLASS,)).fetchone()
        return (str(row[0]), str(row[1]), str(row[2])) if row else ("", "", "")

    def _holder_text(self) -> str:
        process, _, host = self._holder()
        return f"database session {process} from {host}" if process else "a database session"

    def reopen(self) -> None:
        """Connect again and take the lease again.

        Having it means that our lost session has ended, so that nothing of it can be committed any more.
        """
        with contextlib.suppress(psycopg.Error):
            self._connection.close()
        try:
            self._can_ask = False
            self._connection = self._connect()
            if self._leased:
                self._take_back()
        except psycopg.Error as fault:
            raise StoreFailed(_reason(fault)) from fault

    def _take_back(self) -> None:
        until = time.monotonic() + _OWN_SESSION_S
        while not self._try_lock():
            process, start, host = self._holder()
            if process and (process, start) != self._session:
                raise unavailable(FENCED, f"database session {process} from {host} holds the lease")
            if time.monotonic() > until:
                raise StoreFailed("the server still keeps our lost session")
            if process:  # the server has not noticed yet that we are gone
                self._connection.execute("SELECT pg_terminate_backend(%s)", (int(process),))
            time.sleep(0.02)

    # Records.

    def head(self) -> Head:
        rows = self._read(_LAST, (), EMPTY)
        return Head(*rows[0]) if rows else EMPTY

    def append(self, records: Sequence[Record], packed: Sequence[bytes]) -> None:
        parts = [_COPY_START]
        for record, fields in zip(records, packed, strict=True):
            parts += (_COPY_ROW, fields, _COPY_HASH, record.hash)
        parts.append(_COPY_END)
        try:
            failed = self._copy(b"".join(parts))
        except psycopg.Error as fault:
            raise StoreFailed(_reason(fault)) from fault
        if failed is not None:
            code, text = failed
            if code == "23505":  # unique_violation
                raise unavailable(FENCED, f"record {records[0].seq} is there already")
            raise StoreFailed(text)

    def _copy(self, data: bytes) -> tuple[str, str] | None:
        """Send one COPY through libpq directly, at half the cost of psycopg's; return what went wrong."""
        wire = self._connection.pgconn
        wire.nonblocking = 0
        result = wire.exec_(_COPY)
        if result.status == pq.ExecStatus.COPY_IN:
            wire.put_copy_data(data)
            wire.put_copy_end()
            result = wire.get_result() or result
            while wire.get_result() is not None:
                pass
        wire.nonblocking = 1
        if result.status == pq.ExecStatus.COMMAND_OK:
            return None
        code = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        text = (result.error_message or wire.error_message).decode(errors="replace")
        return code.decode(), text.strip() or "the server ended the session"

    def find(self, command_ids: Sequence[str]) -> list[Record]:
        if not self._any_known(command_ids):
            return []
        return [Record(*row) for row in self._read(_FIND, (list(command_ids),), EMPTY)]

    def _any_known(self, command_ids: Sequence[str]) -> bool:
        """Whether any of the ids is in the journal; asked of libpq directly, for it is asked all the time."""
        together = '","'.join(command_ids)
        if "\\" in together or together.count('"') != 2 * len(command_ids) - 2:
            return True  # an id with a quote or a backslash: let psycopg find out
        wire = self._connection.pgconn
        try:
            if not self._can_ask:
                wire.prepare(b"capwright_known", _KNOWN)
                self._can_ask = True
            result = wire.exec_prepared(b"capwright_known", [b'{"%b"}' % together.encode()])
        except psycopg.Error as fault:
            raise StoreFailed(_reason(fault)) from fault
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise StoreFailed(
                result.error_message.decode(errors="replace").strip() or "the connection is lost"
            )
        return result.ntuples > 0

    def scan(self, from_seq: int = 1) -> Iterator[list[Row]]:
        while page := self._read(_PAGE, (from_seq,), Head(from_seq - 1, 0, b"")):
            yield page
            from_seq = page[-1][0] + 1

    def _read(self, statement: str, bindings: tuple[Any, ...], after: Head) -> list[Any]:
        try:
            return self._connection.execute(statement, bindings, binary=True).fetchall()
        except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted, UnicodeDecodeError) as fault:
            raise damaged(after, str(fault)) from fault
        except psycopg.Error as fault:
            raise StoreFailed(_reason(fault)) from fault

    def check(self) -> list[str]:
        return []  # the server checks its pages whenever they are read

    def duplicates(self) -> list[tuple[int, str]]:
        with contextlib.suppress(psycopg.Error), self._connection.transaction():
            self._connection.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = off")
            self._connection.execute(
                "SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off"
            )
            return self._connection.execute(_DUPLICATES).fetchall()
        return []  # unreadable: `scan` says where

    # Snapshots.

    def snapshots(self) -> list[int]:
        return [seq for (seq,) in self._read("SELECT seq FROM snapshot ORDER BY seq DESC", (), EMPTY)]

    def load_snapshot(self, seq: int) -> Snapshot | None:
        rows = self._read(
            "SELECT seq, hash, format, state, checksum FROM snapshot WHERE seq = %s", (seq,), EMPTY
        )
        return Snapshot(*rows[0]) if rows else None

    def save_snapshot(self, snapshot: Snapshot) -> None:
        try:
            with self._connection.transaction():
                self._connection.execute(
                    "INSERT INTO snapshot (seq, hash, format, state, checksum) VALUES (%s, %s, %s, %b, %s)"
                    " ON CONFLICT (seq) DO UPDATE SET (hash, format, state, checksum)"
                    " = (excluded.hash, excluded.format, excluded.state, excluded.checksum)",
                    snapshot,
                )
                self._connection.execute(
                    "DELETE FROM snapshot WHERE seq NOT IN"
                    " (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT %s)",
                    (SNAPSHOTS_KEPT,),
                )
        except psycopg.Error as fault:
            raise StoreFailed(_reason(fault)) from fault

    def close(self) -> None:
        self.release()
        with contextlib.suppress(psycopg.Error):
            self._connection.close()


def _reason(fault: Exception) -> str:
    lines = str(fault).strip().splitlines()
    return lines[0] if lines else type(fault).__name__


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    with contextlib.suppress(psycopg.Error):
        parts = psycopg.conninfo.conninfo_to_dict(url)
        parts.pop("password", None)
        return "postgresql:" + psycopg.conninfo.make_conninfo("", **parts)
    return "postgresql:?"
