"""How a process fares: does it follow, does the database answer, is there an engine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.journal.fault import StoreFailed
from capwright.journal.store import open_store
from capwright.kernel.refusal import Refused

if TYPE_CHECKING:
    from capwright.host.host import Host
    from capwright.journal.chain import Head

__all__ = ["MOST_BEHIND", "State", "silent", "state_of"]

MOST_BEHIND: Final = 5_000  # rows; a follower takes in some ten thousand a second
_ENGINE: Final = (
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)
_CONNECT_S: Final = 3


class State(Struct, frozen=True):
    """Rows are counts; `journal` is the last row in the database, `follower` and `views` what pages have.

    `fault` says why following stopped; `engine` whether somebody writes the journal; `fenced` that it is no
    longer this process, which had the engine in it.
    """

    answers: bool
    journal: int
    head_at_ms: int
    follower: int
    views: int
    engine: bool
    fault: str
    took_s: float
    fenced: bool = False

    @property
    def behind(self) -> int:
        """How many rows the pages lack."""
        return max(0, self.journal - self.follower)

    @property
    def ready(self) -> bool:
        """Whether this process can serve: it follows closely, and the database answers."""
        return self.answers and not self.fault and not self.fenced and self.behind <= MOST_BEHIND


def silent(host: Host) -> State:
    """How a process fares whose database says nothing, not even no."""
    return _state(host, host.written, answers=False, engine=False, took_s=0.0)


def state_of(host: Host) -> State:
    """Ask the database, and look at the follower."""
    began = time.perf_counter()
    answers = True
    try:
        store = open_store(host.settings.db, read_only=True)
        try:
            written = store.head()
        finally:
            store.close()
        engine = host.settings.role != "web" or _engine(host.settings.db)
    except (Refused, StoreFailed, OSError):
        written, answers, engine = host.written, False, False
    return _state(host, written, answers=answers, engine=engine, took_s=time.perf_counter() - began)


def _state(host: Host, written: Head, *, answers: bool, engine: bool, took_s: float) -> State:
    head, fault = host.head, host.follower.fault
    return State(
        answers,
        max(written.seq, head.seq),
        max(written.at, head.at),
        head.seq,
        host.views.seq,
        engine,
        type(fault).__name__ if fault else "",
        took_s,
        host.fenced,
    )


def _engine(url: str) -> bool:
    """Whether the lease of the journal is held."""
    import psycopg  # noqa: PLC0415 - an extra

    from capwright.journal.postgres import LOCK_CLASS  # noqa: PLC0415
    from capwright.journal.wire import connect  # noqa: PLC0415

    try:
        with connect(url, "capwright-state", connect_timeout=_CONNECT_S) as connection:
            return connection.execute(_ENGINE, (LOCK_CLASS,)).fetchone() is not None
    except psycopg.Error as error:
        raise StoreFailed(str(error)) from error
