"""A read replica of the market: it follows the journal row by row and never writes.

    follower = Follower("market.sqlite")
    follower.start()
    with follower.look() as market:      # the state after `follower.head.seq`
        ...
    follower.wait_for(outcome.seq)       # read your own write

Any number of processes may follow one journal. What they show is the same fold of the same events that the
engine uses, so no page can differ from the ledger.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from capwright.journal.chain import Head, follow
from capwright.journal.codec import market_codec
from capwright.journal.fault import StoreFailed
from capwright.journal.replay import load
from capwright.journal.store import open_store
from capwright.kernel.message import CommandRefused
from capwright.kernel.refusal import define, refuse
from capwright.market import Market

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from capwright.journal.chain import Record, Row
    from capwright.journal.codec import Codec
    from capwright.journal.store import Store
    from capwright.kernel.message import Event

    Listener = Callable[[Sequence["Committed"]], None]

__all__ = ["Committed", "Follower"]

BEHIND = define(
    "CW-8640",
    en="The pages have not caught up with row {seq} of the journal yet; they stand at row {at}.",
    zh="页面尚未跟上日志第{seq}行，目前在第{at}行。",
    mend_en="The command itself is safe. Load the page again in a moment.",
    mend_zh="指令本身已安全保存，请稍后重新打开页面。",
    rule="design: pages follow the journal",
)
_LOG: Final = logging.getLogger(__name__)
POLL_S: Final = 0.25  # how often a journal is looked at when nobody says that it has grown
RETRY_S: Final = 1.0  # how often a database that is away is asked again
PATIENCE_S: Final = 10.0
_PACE_S: Final = 0.02
_TOGETHER: Final = 500  # offered rows that are folded at once


class Committed(Struct, frozen=True):
    """A row of the journal for those who follow it; `events` are `events_raw` decoded, a refusal too."""

    seq: int
    at_ms: int
    command_id: str
    actor: str
    command: bytes
    events: tuple[Event, ...]
    events_raw: bytes
    hash: bytes

    @classmethod
    def of(cls, row: Row, codec: Codec) -> Committed:
        """Decode a row as a store reads it."""
        seq, at_ms, command_id, actor, command, events, digest = row
        decoded = codec.events(events)
        return cls(seq, at_ms, command_id.decode(), actor.decode(), command, decoded, events, digest)

    @classmethod
    def made(cls, record: Record, decoded: tuple[Event, ...]) -> Committed:
        """A record of an engine in this process, whose events were read back already."""
        seq, at_ms, command_id, actor, command, events, digest = record
        return cls(seq, at_ms, command_id, actor, command, decoded, events, digest)


class Follower:
    """The market's state, kept up with a journal. Safe to use from many threads.

    Raises `OpenFault` when the journal cannot be opened and `ChainFault` when it is wrong.
    """

    def __init__(self, url: str, *, poll_s: float = POLL_S) -> None:
        self._url = url
        self._poll_s = poll_s
        self._codec = market_codec()
        self._listeners: list[Listener] = []
        self._failing: set[Listener] = set()  # said once, until they take rows again
        self._lock = threading.RLock()  # held while the state is read or changed
        self._moved = threading.Condition()  # the head has moved
        self._nudged = threading.Event()
        self._offered: deque[Sequence[Committed]] = deque()  # rows that came without reading the store
        self._closing = False
        self._closed = threading.Event()
        self._hurried = 0.0  # until when somebody waits for a row
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self._store: Store = open_store(url, read_only=True)
        try:
            self._market, self._head, _ = load(self._store, Market, self._codec)
            self._told = self._head.seq  # the last row that listeners have taken too
        except BaseException:
            self._store.close()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def head(self) -> Head:
        """The last row that the state contains."""
        return self._head

    @property
    def fault(self) -> BaseException | None:
        """Why following stopped, or None."""
        return self._fault

    @property
    def failing(self) -> int:
        """How many listeners raised an error at the last rows: what they feed is behind, the state is not."""
        return len(self._failing)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every page of new rows, in order, in the follower's thread.

        One that raises keeps its place: the others and the state go on, and it gets the next rows.
        """
        self._listeners.append(listener)

    def start(self) -> None:
        """Follow from now on, in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="capwright-follower", daemon=True)
            self._thread.start()

    def nudge(self) -> None:
        """Say that the journal has grown, so that nobody waits for the next look."""
        self._nudged.set()

    @contextlib.contextmanager
    def look(self) -> Iterator[Market]:
        """The state, which stands still inside the block. Keep it short and change nothing."""
        with self._lock:
            yield self._market

    def offer(self, records: Sequence[Record], decoded: Sequence[tuple[Event, ...]]) -> None:
        """Take over rows that an engine in this process has just made durable, in their order."""
        if self._fault is not None:  # nobody would take them away again
            return
        self._offered.append([Committed.made(*pair) for pair in zip(records, decoded, strict=True)])
        self._nudged.set()

    def wait_for(self, seq: int, timeout_s: float = PATIENCE_S) -> None:
        """Return once state and listeners have row `seq`; refuse (CW-8640) when that takes too long."""
        if self._told >= seq:
            return
        self._hurried = time.monotonic() + _PACE_S
        self.nudge()
        with self._moved:
            if not self._moved.wait_for(lambda: self._told >= seq or self._fault, timeout_s):
                refuse(BEHIND, seq=seq, at=self._head.seq)
        if self._told < seq:
            refuse(BEHIND, seq=seq, at=self._head.seq)

    def catch_up(self) -> int:
        """Take in what the journal holds now; return how many rows that were."""
        count = 0
        for page in self._store.scan(self._head.seq + 1):
            rows = []
            head = self._head
            for row in page:
                head = follow(head, row)
                rows.append(Committed.of(row, self._codec))
            self._take(rows, head)
            count += len(rows)
        return count

    def _take(self, rows: Sequence[Committed], head: Head) -> None:
        """Fold rows into the state and tell the listeners."""
        apply = self._market.apply
        with self._lock:
            for row in rows:
                for event in row.events:
                    if type(event) is not CommandRefused:
                        apply(event, row.at_ms)
            self._head = head
        for listener in self._listeners:
            self._tell(listener, rows)
        with self._moved:
            self._told = head.seq
            self._moved.notify_all()

    def _tell(self, listener: Listener, rows: Sequence[Committed]) -> None:
        """Hand rows to a listener. Its bugs are its own: they must not end the pages of all others."""
        try:
            listener(rows)
        except Exception:  # noqa: BLE001 - whatever it is, it is logged, counted and the listener's own
            if listener not in self._failing:
                _LOG.exception("rows from %d were not taken by %r", rows[0].seq, listener)
            self._failing.add(listener)
        else:
            self._failing.discard(listener)

    def _take_offered(self) -> None:
        """Fold what the engine offered; what does not continue the state is read from the store instead."""
        while self._offered:
            rows = self._offered.popleft()
            while self._offered and len(rows) < _TOGETHER:
                rows = [*rows, *self._offered.popleft()]
            if rows[0].seq != self._head.seq + 1:
                self._offered.clear()
                self.catch_up()
                return
            last = rows[-1]
            self._take(rows, Head(last.seq, last.at_ms, last.hash))

    def _follow(self) -> None:
        while not self._closing:
            try:
                if self._offered:
                    self._take_offered()
                    if self._hurried < time.monotonic():
                        self._closed.wait(_PACE_S)  # under load, rows are folded many at a time
                else:
                    self.catch_up()
            except StoreFailed:  # the database is away: what is shown stays, and is marked by its head
                with contextlib.suppress(StoreFailed):
                    self._store.reopen()
                self._closed.wait(RETRY_S)  # a nudge does not bring it back
                continue
            except BaseException as fault:  # noqa: BLE001 - a wrong journal: told to whoever asks
                self._fault = fault
                with self._moved:
                    self._moved.notify_all()
                return
            if not self._offered:
                self._nudged.wait(self._poll_s)
            self._nudged.clear()

    def close(self) -> None:
        """Stop following. Closing twice is harmless."""
        self._closing = True
        self._closed.set()
        self.nudge()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._store.close()
