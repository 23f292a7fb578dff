"""How web processes hand commands to the engine in another process: a table, and the journal as the answer.

A web process writes a command into `inbox` and waits until its follower meets the row of that id in the
journal; so what it answers is durable, and nothing else has to be kept. What has no new row, a repeated id or
a command that never reached the market, is answered in the table. If an engine dies, the next one takes the
same commands: one that was committed before is known by its id. Nothing acknowledged is lost, nothing done
twice.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from capwright.journal import fault
from capwright.journal.codec import encode, market_codec
from capwright.kernel.message import CommandRefused, Outcome
from capwright.kernel.refusal import Refusal, Refused

try:
    import psycopg

    from capwright.journal.wire import connect
except ImportError:  # pragma: no cover - the extra `postgres` is not installed
    psycopg = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.journal.engine import Engine
    from capwright.kernel.message import Command
    from capwright.projection.follower import Committed, Follower

__all__ = ["Clerk", "Messenger"]

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS inbox (
    id bigserial PRIMARY KEY, command_id text NOT NULL, actor text NOT NULL, command text NOT NULL,
    answer text, put_at timestamptz NOT NULL DEFAULT now()
)
"""
_SESSION: Final = "SET synchronous_commit = off; SET statement_timeout = '10s'"
_PUT: Final = (
    "INSERT INTO inbox (command_id, actor, command) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])"
)
_TAKE: Final = "SELECT id, command_id, actor, command FROM inbox WHERE answer IS NULL ORDER BY id LIMIT 500"
_ANSWERED: Final = (
    "DELETE FROM inbox WHERE answer IS NOT NULL AND command_id = ANY(%s)"
    " RETURNING command_id, actor, command, answer"
)
_STALE: Final = "DELETE FROM inbox WHERE answer IS NOT NULL AND put_at < now() - interval '10 minutes'"
_UNENCODABLE: Final = (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError)
_WAIT_S: Final = 0.25
_RETRY_S: Final = 0.5
_MOST: Final = 500
PATIENCE_S: Final = 30.0


class _Answer(Struct):
    """What came of a command without a new row: the row of the first answer, or a refusal.

    `failed`: the engine could not say (`JournalUnavailable`); else the refusal is the answer.
    """

    seq: int = 0
    refusal: Refusal | None = None
    failed: bool = False


def _connected(url: str) -> Any:
    connection = connect(url, "capwright-inbox")
    connection.execute(_SESSION)
    return connection


def _unwritable(command_id: str, error: Exception) -> Outcome:
    """The answer to a command that cannot be written down."""
    details: dict[str, str | int] = {"command_id": command_id, "reason": str(error)}
    return Outcome(0, (), Refusal(fault.UNWRITABLE_COMMAND.code, details))


def _dropped(connection: Any) -> None:
    """Close a session of which nothing is expected any more."""
    if connection is not None:
        with contextlib.suppress(psycopg.Error):
            connection.close()


_Put: TypeAlias = tuple[str, str, str]  # id, actor and text of a command


class _Asked(Struct):
    """A command that waits for its answer, until when, and who waits."""

    put: _Put
    until: float
    futures: list[Future[Outcome]]


class Messenger:
    """The web process's side: `submit` gives a future that is answered when the row is in this follower."""

    def __init__(self, url: str, follower: Follower, *, patience_s: float = PATIENCE_S) -> None:
        self._url = url
        self._follower = follower
        self._patience_s = patience_s
        self._queue: SimpleQueue[_Put | None] = SimpleQueue()
        self._waiting: dict[str, _Asked] = {}
        self._lock = threading.Lock()
        self._closing = False
        connection = _connected(url)
        with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
            connection.execute(_TABLE)  # two may make it at once
        connection.close()
        follower.subscribe(self._rows)
        self._threads = [
            threading.Thread(target=work, name=f"capwright-{work.__name__}", daemon=True)
            for work in (self._send, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, command: Command, command_id: str, actor: str) -> Future[Outcome]:
        """Hand a command over. The future fails with `JournalUnavailable` when no answer comes in time."""
        if self._closing:
            raise fault.unavailable(fault.CLOSED)
        future: Future[Outcome] = Future()
        try:
            put = (command_id, actor, encode(command).decode())
        except _UNENCODABLE as error:
            future.set_result(_unwritable(command_id, error))
            return future
        with self._lock:
            asked = self._waiting.setdefault(command_id, _Asked(put, time.monotonic() + self._patience_s, []))
            if asked.put != put:  # the answer to come is another command's
                raise fault.unavailable(fault.NOT_WRITTEN, "another command with this id is under way")
            asked.futures.append(future)
        self._queue.put(put)
        return future

    def _send(self) -> None:
        """Write what waits into the inbox, many at a time; a lost connection is made anew."""
        connection: Any = None
        batch: list[_Put] = []
        while True:
            if not batch:
                first = self._queue.get()
                if first is None:
                    break
                batch = [first]
                with contextlib.suppress(Empty):
                    while len(batch) < _MOST:
                        more = self._queue.get_nowait()
                        if more is None:  # the end, after this batch
                            self._queue.put(None)
                            break
                        batch.append(more)
            try:
                connection = connection or _connected(self._url)
                ids, actors, commands = (list(column) for column in zip(*batch, strict=True))
                connection.execute(_PUT, (ids, actors, commands))
                connection.execute("NOTIFY capwright_inbox")
                batch = []
            except psycopg.Error:
                _dropped(connection)
                connection = None
                self._expire()
                batch = [one for one in batch if one[0] in self._waiting]
                if self._closing:
                    break
                time.sleep(_RETRY_S)
        if connection is not None:
            connection.close()

    def _listen(self) -> None:
        """Wake the follower when the engine has written, and fetch the answers that have no row.

        After a break what waits is put in again: a database that crashed has forgotten what had no row yet.
        """
        broken = False
        while not self._closing:
            try:
                with _connected(self._url) as connection:
                    connection.execute("LISTEN capwright_done")
                    if broken:
                        with self._lock:
                            again = [one.put for one in self._waiting.values()]
                        for put in again:
                            self._queue.put(put)
                    broken = False
                    while not self._closing:
                        for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
                            self._follower.nudge()
                        self._fetch(connection)
                        self._expire()
            except psycopg.Error:
                broken = True
                self._expire()
                time.sleep(_RETRY_S)

    def _fetch(self, connection: Any) -> None:
        with self._lock:
            ids = list(self._waiting)
        found = connection.execute(_ANSWERED, (ids,)).fetchall() if ids else ()
        for command_id, actor, command, answer in found:
            put = (command_id, actor, command)
            said = msgspec.json.decode(answer, type=_Answer)
            if said.seq:
                self._answer(put, self._first(connection, command_id, said.seq))
            elif said.refusal is not None and said.failed:
                self._fail(put, fault.JournalUnavailable(said.refusal))
            else:
                self._answer(put, Outcome(0, (), said.refusal))

    def _first(self, connection: Any, command_id: str, seq: int) -> Outcome:
        events = connection.execute("SELECT events FROM journal WHERE seq = %s", (seq,)).fetchone()
        assert events is not None, command_id
        return market_codec().outcome(seq, events[0].encode(), repeated=True)

    def _rows(self, rows: Sequence[Committed]) -> None:
        """Called by the follower: rows whose ids somebody waits for."""
        for row in rows:
            if row.command_id in self._waiting:
                put = (row.command_id, row.actor, row.command.decode())
                refused = row.events[0] if len(row.events) == 1 else None
                if isinstance(refused, CommandRefused):
                    self._answer(put, Outcome(row.seq, (), refused.refusal))
                else:
                    self._answer(put, Outcome(row.seq, row.events))

    def _answer(self, put: _Put, outcome: Outcome) -> None:
        for future in self._done(put):
            future.set_result(outcome)

    def _fail(self, put: _Put, why: Exception) -> None:
        for future in self._done(put):
            future.set_exception(why)

    def _done(self, put: _Put) -> list[Future[Outcome]]:
        """Who waits for this command and for no other under its id: of one before, answers may come late."""
        with self._lock:
            asked = self._waiting.get(put[0])
            if asked is None or asked.put != put:
                return []
            del self._waiting[put[0]]
            return asked.futures

    def _expire(self) -> None:
        now = time.monotonic()
        with self._lock:
            late = [asked.put for asked in self._waiting.values() if asked.until < now]
        for put in late:
            self._fail(put, fault.unavailable(fault.UNKNOWN_COMMIT, "the engine did not answer in time"))

    def close(self) -> None:
        """Take no more commands; those under way fail as not known. Closing twice is harmless."""
        if self._closing:
            return
        self._closing = True
        self._queue.put(None)
        for thread in self._threads:
            thread.join(5)
        for asked in list(self._waiting.values()):
            self._fail(asked.put, fault.unavailable(fault.UNKNOWN_COMMIT, "the process ends"))


class Clerk:
    """The engine process's side: takes commands out of the inbox and has them carried out."""

    def __init__(self, url: str, engine: Engine) -> None:
        self._url = url
        self._engine = engine
        self._codec = market_codec()
        self._closing = False
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="capwright-clerk", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether commands are taken."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while not self._closing:
            try:
                with _connected(self._url) as connection:
                    with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
                        connection.execute(_TABLE)
                    connection.execute("LISTEN capwright_inbox")
                    while not self._closing:
                        if not self._some(connection):
                            for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
                                pass
            except psycopg.Error:
                time.sleep(_RETRY_S)
            except Refused as no:  # the engine lost its lease: another one has the inbox now
                self.failed = no
                return

    def _some(self, connection: Any) -> bool:
        """Carry out what waits; return whether there was anything."""
        rows = connection.execute(_TAKE).fetchall()
        if not rows:
            return False
        futures = [self._future(*row[1:]) for row in rows]
        done: list[int] = []
        answers: list[tuple[str, int]] = []
        for (number, *_), future in zip(rows, futures, strict=True):
            try:
                outcome = future.result()
            except Refused as no:
                if no.refusal.code in {fault.FENCED.code, fault.CLOSED.code}:
                    raise
                if no.refusal.code == fault.NOT_WRITTEN.code:
                    continue  # stays in the inbox: the next round tries again
                answers.append((msgspec.json.encode(_Answer(0, no.refusal, failed=True)).decode(), number))
            else:
                if outcome.seq and not outcome.repeated:
                    done.append(number)
                else:
                    refusal = None if outcome.seq else outcome.refusal
                    answers.append((msgspec.json.encode(_Answer(outcome.seq, refusal)).decode(), number))
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM inbox WHERE id = ANY(%s)", (done,))
            if answers:
                cursor.executemany("UPDATE inbox SET answer = %s WHERE id = %s", answers)
        if answers:
            connection.execute(_STALE)  # answers that nobody fetched
        connection.execute("NOTIFY capwright_done")
        return True

    def _future(self, command_id: str, actor: str, command: str) -> Future[Outcome]:
        try:
            return self._engine.submit(self._codec.command(command.encode()), command_id, actor)
        except Refused as no:
            failed: Future[Outcome] = Future()
            failed.set_exception(no)
            return failed
        except msgspec.DecodeError as error:  # of a newer web process: it must not stop the others' commands
            told: Future[Outcome] = Future()
            told.set_result(_unwritable(command_id, error))
            return told

    def close(self) -> None:
        """Finish what is under way, then stop."""
        self._closing = True
        self._thread.join(10)
