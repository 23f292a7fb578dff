"""Commands carried out in memory, waiting to be written together: the hot path of the engine."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import msgspec

from capwright.journal import fault
from capwright.journal.chain import Head, Record, pack
from capwright.journal.codec import Codec, encode
from capwright.kernel.message import LATEST_MS, CommandRefused, Event, Outcome
from capwright.kernel.refusal import Refusal, RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from capwright.journal.replay import Machine
    from capwright.kernel.message import Command

__all__ = ["Answer", "Batch", "Bulk", "Envelope", "now_ms", "usable"]

MAX_COMMAND_BYTES: Final = 16 * 1024 * 1024
_MAX_TEXT: Final = 200
_UNENCODABLE: Final = (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError)

new_record: Final = tuple.__new__  # as Record(…), without its Python-level constructor

Answer: TypeAlias = "Outcome | Refused"


class Envelope(NamedTuple):
    """A command with what travels beside it; without `at_ms` the engine's clock gives the time."""

    command: Command
    command_id: str
    actor: str
    at_ms: int | None = None


def now_ms() -> int:
    """The machine's clock, ms UTC since 1970."""
    return time.time_ns() // 1_000_000


def usable(text: str) -> bool:
    """Whether an id can be stored everywhere and shown."""
    return type(text) is str and 0 < len(text) <= _MAX_TEXT and text.isprintable()


class Batch:
    """Carries commands out on `machine` behind `head` and collects their records."""

    __slots__ = (
        "_actors", "_at", "_by_id", "_clock", "_codec", "_digest", "_execute", "_seq",
        "decoded", "events", "packed", "records", "start",
    )  # fmt: skip

    def __init__(self, machine: Machine, head: Head, codec: Codec, clock: Callable[[], int]) -> None:
        self.start = head
        self.records: list[Record] = []
        self.packed: list[bytes] = []
        self.decoded: list[tuple[Event, ...]] = []  # the events of the records, read back from their bytes
        self.events = 0
        self._by_id: dict[str, Record] = {}
        self._actors: set[str] = set()  # found usable
        self._seq, self._at, self._digest = head
        self._execute = machine.execute
        self._codec = codec
        self._clock = clock

    @property
    def head(self) -> Head:
        """The last record, or `start`."""
        return Head(self._seq, self._at, self._digest)

    def carry_out(self, envelope: Envelope, known: dict[str, Record]) -> Answer:
        """Carry a command out, or answer it as before if its id is in this batch or in `known`.

        A refusal with `seq` 0 is not in the journal. After a `MachineFault` the machine must not be used any
        more.
        """
        command, command_id, actor, asked = envelope
        if type(command_id) is not str or not (0 < len(command_id) <= _MAX_TEXT and command_id.isprintable()):
            return _not_journaled(fault.BAD_COMMAND_ID, command_id=repr(command_id)[:_MAX_TEXT])
        if type(actor) is not str or actor not in self._actors:
            if not usable(actor):
                return _not_journaled(fault.BAD_ACTOR, actor=repr(actor)[:_MAX_TEXT])
            self._actors.add(actor)
        try:
            raw = encode(command)
            self._codec.command(raw)  # what is not of its type could be written, but not be read again
        except _UNENCODABLE as error:
            return _not_journaled(fault.UNWRITABLE_COMMAND, command_id=command_id, reason=str(error))
        first = self._by_id.get(command_id) or known.get(command_id)
        if first is not None:
            return self._repeat(first, raw, actor)
        if len(raw) > MAX_COMMAND_BYTES:
            return _not_journaled(
                fault.COMMAND_TOO_LARGE, command_id=command_id, size=len(raw), most=MAX_COMMAND_BYTES
            )
        at = self._clock() if asked is None else asked
        if type(at) is not int or not 0 <= at <= LATEST_MS:
            return _not_journaled(fault.BAD_TIME, command_id=command_id, at_ms=repr(at)[:_MAX_TEXT])
        if at < self._at:  # noqa: PLR1730 - max() costs more than the comparison
            at = self._at

        refusal: Refusal | None = None
        events: tuple[Event, ...]
        try:
            try:
                events = self._execute(command, command_id=command_id, actor=actor, at_ms=at)
                written = encode(events)
            except Refused as no:
                refusal = no.refusal
                events = ()
                written = encode((CommandRefused(refusal),))
            decoded = self._codec.events(written)  # what a restart cannot read must not be committed
        except Exception as error:  # noqa: BLE001 - a bug of the machine, whatever it is
            return _machine_fault(command_id, error)
        self._seq = seq = self._seq + 1
        self._at = at
        packed = pack(seq, at, command_id.encode(), actor.encode(), raw, written)
        self._digest = digest = sha256(self._digest + packed).digest()
        record = new_record(Record, (seq, at, command_id, actor, raw, written, digest))
        self.records.append(record)
        self.packed.append(packed)
        self.decoded.append(decoded)
        self._by_id[command_id] = record
        self.events += len(events)
        return Outcome(seq, events, refusal)

    def _repeat(self, first: Record, raw: bytes, actor: str) -> Outcome:
        if first.command != raw or first.actor != actor:
            return _not_journaled(fault.ID_REUSED, command_id=first.command_id, seq=first.seq)
        return self._codec.outcome(first.seq, first.events, repeated=True)


def _not_journaled(spec: RefusalCode, **details: str | int) -> Outcome:
    return Outcome(0, (), Refusal(spec.code, details))


def _machine_fault(command_id: str, error: Exception) -> fault.MachineFault:
    reason = f"{type(error).__name__}: {error}"
    made = fault.MachineFault(Refusal(fault.BUG.code, {"command_id": command_id, "reason": reason}))
    made.__cause__ = error
    return made


class Bulk:
    """What `Engine.bulk` hands out: called with a command, it answers; records are durable after `flush`."""

    def __init__(
        self,
        begin: Callable[[Sequence[Envelope]], tuple[Batch, dict[str, Record]]],
        known: Callable[[Sequence[Envelope]], dict[str, Record]],
        commit: Callable[[Batch], Refused | None],
        forget: Callable[..., None],
        size: int,
    ) -> None:
        self._begin = begin
        self._known = known
        self._commit = commit
        self._forget = forget
        self._size = size
        self._batch: Batch | None = None

    def __call__(self, command: Command, command_id: str, actor: str, at_ms: int | None = None) -> Outcome:
        """Carry a command out; raises `JournalUnavailable` when the records so far could not be written."""
        envelope = Envelope(command, command_id, actor, at_ms)
        try:
            if self._batch is None:
                self._batch, known = self._begin((envelope,))
            else:
                known = self._known((envelope,))
            answer = self._batch.carry_out(envelope, known)
        except fault.StoreFailed as broken:
            self._batch = None
            self._forget(lost=True)
            raise fault.unavailable(fault.NOT_WRITTEN, str(broken)) from broken
        except BaseException:  # an interrupt or a bug: memory may be ahead of the batch
            self._forget(lost=False)
            raise
        if isinstance(answer, Refused):
            self.flush()
            self._forget(lost=False)
            raise answer
        if len(self._batch.records) >= self._size:
            self.flush()
        return answer

    def flush(self) -> None:
        """Write what was carried out so far."""
        batch, self._batch = self._batch, None
        broken = self._commit(batch) if batch is not None else None
        if broken is not None:
            raise broken
