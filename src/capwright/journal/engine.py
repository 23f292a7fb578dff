"""The one writer: takes what is waiting, carries it out, writes one transaction, then answers.

    engine = Engine(open_store("market.sqlite", create=True), Market)
    outcome = engine.submit(command, "id-1", "alice").result()      # from any thread
    outcome = engine.execute(command, "id-2", "alice", at_ms=…)     # one at a time
    with engine.bulk() as run:                                      # scenarios: answers at once, commits in
    batches
        outcome = run(command, "id-3", "alice", at_ms=…)

`submit`, `execute` and `run_batch` answer a command only after its record is durable. A repeated id gets the
first answer. After a failed commit the state in memory is dropped and read anew from the store.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Self

from capwright.journal import fault
from capwright.journal.batch import Answer, Batch, Bulk, Envelope, now_ms, usable
from capwright.journal.chain import EMPTY, Head, Record
from capwright.journal.codec import Codec, market_codec
from capwright.journal.parcel import Letter, Parcel
from capwright.journal.replay import load, snapshot_format
from capwright.journal.store import Snapshot
from capwright.kernel.message import Outcome
from capwright.kernel.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from capwright.journal.parcel import Then
    from capwright.journal.replay import Machine
    from capwright.journal.store import Store
    from capwright.kernel.message import Command, Event

__all__ = ["MAX_BATCH", "Bulk", "Engine", "Envelope"]

MAX_BATCH: Final = 500
SNAPSHOT_EVERY: Final = 200_000  # events: a start replays about a second's worth beside loading the snapshot
PACED_FROM_S: Final = 0.25  # snapshots that take longer are taken less often,
PACE: Final = 300  # so that all commands together wait for them a three-hundredth of the time at most
PATIENCE_S: Final = 5.0  # how long an interrupted commit is looked into before it is answered "not known"
_RETRY_S: Final = 0.05


class Engine:
    """Drives one machine and is the only writer of `store`, which it closes in the end.

    Safe to use from many threads. Raises `OpenFault` when another engine has the store and `ChainFault` when
    the journal is wrong.
    """

    def __init__(
        self,
        store: Store,
        machine_factory: Callable[[], Machine],
        *,
        codec: Codec | None = None,
        clock: Callable[[], int] = now_ms,
        snapshot_every: int = SNAPSHOT_EVERY,
        patience_s: float = PATIENCE_S,
        committed: Callable[[Sequence[Record], Sequence[tuple[Event, ...]]], None] | None = None,
    ) -> None:
        self._store = store
        self._factory = machine_factory
        self._codec = codec or market_codec()
        self._clock = clock
        self._snapshot_every = snapshot_every
        self._patience_s = patience_s
        self._committed = committed  # is told of records, with their events, once they are durable
        self._lock = threading.RLock()  # held while commands are carried out and written
        self._gate = threading.Lock()  # held while the queue is entered or closed
        self._queue: SimpleQueue[Letter | Parcel | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closing = False
        self._stopped: Refused | None = None  # why this engine never works again
        self._lost = False  # the store has to be opened anew
        self._machine: Machine | None = None  # None: has to be read from the store
        self._head = EMPTY
        self._unsaved = 0  # events since the last snapshot
        self._next_snapshot = 0.0  # on the monotonic clock: no sooner
        try:
            store.lease()
            self._ready()
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def head(self) -> Head:
        """The last record known to be durable."""
        return self._head

    @property
    def stopped(self) -> Refused | None:
        """Why this engine carries out nothing any more: closed, fenced, or its journal is wrong."""
        return self._stopped

    @property
    def machine(self) -> Machine:
        """The state after the last command. Look at it only while no other thread sends commands."""
        with self._lock:
            self._begin(())
            assert self._machine is not None
            return self._machine

    def submit(
        self, command: Command, command_id: str, actor: str, at_ms: int | None = None
    ) -> Future[Outcome]:
        """Queue a command; the future is answered once its record is durable.

        It fails with `JournalUnavailable` (also `Fenced`, `EngineClosed`, `MachineFault`) when nothing was
        acknowledged.
        """
        future: Future[Outcome] = Future()
        self._enter(Letter(Envelope(command, command_id, actor, at_ms), future))
        return future

    def call(self, envelopes: Sequence[Envelope], then: Then) -> None:
        """As `submit` for many, but calls `then` with outcomes or what would be raised: futures cost more.

        The commands are written together. `then` is called in the engine's thread, and must neither wait nor
        raise.
        """
        self._enter(Parcel(envelopes, then))

    def _enter(self, parcel: Letter | Parcel) -> None:
        with self._gate:
            if self._closing:
                raise fault.unavailable(fault.CLOSED)
            if self._writer is None:
                self._writer = threading.Thread(target=self._serve, name="capwright-journal", daemon=True)
                self._writer.start()
            self._queue.put(parcel)

    def run_batch(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Carry out commands in order and return their durable outcomes; raises what went wrong first.

        They are written `MAX_BATCH` at a time. Commands outside the batch that failed may have taken effect;
        repeating them under their ids tells.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(envelopes), MAX_BATCH):
            for answer in self._work(envelopes[start : start + MAX_BATCH]):
                if isinstance(answer, Refused):
                    raise answer
                outcomes.append(answer)
        return outcomes

    def execute(self, command: Command, command_id: str, actor: str, at_ms: int | None = None) -> Outcome:
        """Carry out one command and return its durable outcome."""
        return self.run_batch((Envelope(command, command_id, actor, at_ms),))[0]

    @contextlib.contextmanager
    def bulk(self, size: int = MAX_BATCH) -> Iterator[Bulk]:
        """Answer commands at once and write them `size` at a time, the rest at the end of the block.

        For runs that start again when they fail. Nobody else is served meanwhile.
        """
        with self._lock:
            run = Bulk(self._begin, self._known, self._commit, self._forget, size)
            try:
                yield run
            finally:
                run.flush()

    def snapshot(self) -> bool:
        """Store the state for a quick start; return whether that worked.

        A failure costs nothing but time later.
        """
        with self._lock:
            if self._machine is None or self._stopped is not None or self._lost or self._head == EMPTY:
                return False
            self._unsaved = 0
            began = time.monotonic()
            layout = snapshot_format(self._machine)
            try:
                self._store.save_snapshot(
                    Snapshot.of(self._head.seq, self._head.hash, layout, self._machine.snapshot())
                )
            except fault.StoreFailed:
                self._lost = True
                return False
            now = time.monotonic()
            if now - began > PACED_FROM_S:
                self._next_snapshot = now + PACE * (now - began)
            return True

    def close(self, *, snapshot: bool = True) -> None:
        """Answer what is waiting, store a snapshot, give the lease back. Closing twice is harmless."""
        with self._gate:
            already, self._closing = self._closing, True
            if self._writer is not None and not already:
                self._queue.put(None)
        if already:
            return
        if self._writer is not None:
            self._writer.join()
        with self._lock:
            if snapshot and self._unsaved:
                self.snapshot()
            self._stop(fault.unavailable(fault.CLOSED))
            self._store.close()

    # The writer.

    def _serve(self) -> None:
        """Run in a thread: whatever is waiting becomes one batch, so that batches grow with the load."""
        queue = self._queue
        while True:
            parcel = queue.get()
            waiting: list[Letter | Parcel] = []
            count = 0
            while parcel is not None:
                if parcel.taken():
                    waiting.append(parcel)
                    count += len(parcel.envelopes)
                if count >= MAX_BATCH or queue.empty():
                    break
                parcel = queue.get()
            if waiting:
                self._answer(waiting)
            if parcel is None:
                return

    def _answer(self, waiting: list[Letter | Parcel]) -> None:
        envelopes = [envelope for parcel in waiting for envelope in parcel.envelopes]
        answers: Sequence[Outcome | BaseException]
        try:
            answers = self._work(envelopes)
        except BaseException as bug:  # noqa: BLE001 - whoever waits must hear of it
            answers = [bug] * len(envelopes)
        start = 0
        for parcel in waiting:
            end = start + len(parcel.envelopes)
            parcel.answer(answers[start:end])
            start = end

    def _work(self, envelopes: Sequence[Envelope]) -> list[Answer]:
        """Answer envelopes, written together; after a `MachineFault` the rest starts afresh."""
        answers: list[Answer] = []
        with self._lock:
            while len(answers) < len(envelopes):
                answers += self._some(envelopes[len(answers) :])
        return answers

    def _some(self, envelopes: Sequence[Envelope]) -> list[Answer]:
        """Answer envelopes up to the first `MachineFault`."""
        try:
            batch, known = self._begin(envelopes)
        except Refused as no:
            return [no] * len(envelopes)
        answers: list[Answer] = []
        try:
            for envelope in envelopes:
                answer = batch.carry_out(envelope, known)
                answers.append(answer)
                if isinstance(answer, Refused):
                    break
            broken = self._commit(batch)
        except BaseException:  # an interrupt or a bug: memory may be ahead of the store
            self._forget(lost=True)
            raise
        if isinstance(answers[-1], Refused):
            self._machine = None
        if broken is not None:
            behind = batch.start.seq
            answers = [broken if isinstance(one, Outcome) and one.seq > behind else one for one in answers]
        return answers

    def _begin(self, envelopes: Sequence[Envelope]) -> tuple[Batch, dict[str, Record]]:
        """Return an empty batch and the earlier records with the envelopes' ids.

        A lost connection is mended once.
        """
        for last_try in (False, True):
            try:
                self._ready()
                assert self._machine is not None
                batch = Batch(self._machine, self._head, self._codec, self._clock)
                return batch, self._known(envelopes)
            except fault.StoreFailed as broken:
                self._lost = True
                if last_try:
                    raise fault.unavailable(fault.NOT_WRITTEN, str(broken)) from broken
        raise AssertionError("unreachable")

    def _known(self, envelopes: Sequence[Envelope]) -> dict[str, Record]:
        ids = [one[1] for one in envelopes]
        try:
            plain = all(ids) and "".join(ids).isprintable()  # all at once: it is nearly always true
        except TypeError:  # an id that is no text
            plain = False
        if not plain:
            ids = [one for one in ids if usable(one)]
        return {one.command_id: one for one in self._store.find(ids)} if ids else {}

    def _ready(self) -> None:
        """Make sure that store and state are there and belong together; raises `Refused` if they cannot."""
        if self._stopped is not None:
            raise self._stopped.with_traceback(None)
        try:
            if self._lost:
                self._store.reopen()
                self._lost = False
                if self._store.head() != self._head:
                    self._machine = None
            if self._machine is None:
                self._machine, self._head, self._unsaved = load(self._store, self._factory, self._codec)
        except (fault.Fenced, fault.ChainFault) as no:
            self._stop(no)
            raise

    def _commit(self, batch: Batch) -> Refused | None:
        """Write a batch; return why it must not be acknowledged, or None."""
        if not batch.records:
            return None
        try:
            self._store.append(batch.records, batch.packed)
        except fault.Fenced as no:
            self._stop(no)
            return no
        except fault.StoreFailed as broken:
            refusal = self._resolve(batch, str(broken))
            if refusal is not None:
                return refusal
        self._head = batch.head
        if self._committed is not None:
            self._committed(batch.records, batch.decoded)
        self._unsaved += batch.events
        if self._unsaved >= self._snapshot_every and time.monotonic() >= self._next_snapshot:
            self.snapshot()
        return None

    def _resolve(self, batch: Batch, reason: str) -> Refused | None:
        """Find out whether a batch whose commit was interrupted is in the journal; None if it is."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                self._store.reopen()
                head = self._store.head()
                break
            except fault.Fenced as no:
                self._stop(no)
                return no
            except (fault.StoreFailed, fault.ChainFault):
                if time.monotonic() > until:
                    self._forget(lost=True)
                    return fault.unavailable(fault.UNKNOWN_COMMIT, reason)
            time.sleep(_RETRY_S)
        if head == batch.head:
            return None
        self._machine = None
        if head == batch.start:
            return fault.unavailable(fault.NOT_WRITTEN, reason)
        strange = fault.unavailable(fault.FENCED, f"record {batch.start.seq + 1} is not ours")
        self._stop(strange)
        return strange

    def _forget(self, *, lost: bool) -> None:
        """Drop the state in memory; with `lost` the connection to the store too."""
        self._machine = None
        self._lost = self._lost or lost

    def _stop(self, why: Refused) -> None:
        self._stopped = self._stopped or why
        self._machine = None
