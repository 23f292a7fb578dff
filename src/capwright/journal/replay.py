"""Reading a journal: its records, checked; the state they add up to; everything that is wrong with it."""

from __future__ import annotations

import contextlib
import gc
from hashlib import sha256
from struct import error as StructError  # noqa: N812
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from capwright.journal.chain import EMPTY, Head, Record, as_record, damaged, follow, pack
from capwright.journal.codec import Codec, market_codec
from capwright.journal.fault import (
    CUT_OFF,
    DUPLICATE,
    STRANGE_SNAPSHOT,
    UNREADABLE,
    WRONG_HASH,
    ChainFault,
    StoreFailed,
)
from capwright.kernel.message import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capwright.journal.chain import Row
    from capwright.journal.store import Snapshot, Store
    from capwright.kernel.message import Command, Event

__all__ = [
    "Machine",
    "Replayed",
    "chained",
    "find_faults",
    "load",
    "quiet_collector",
    "records",
    "replay",
    "replay_past_snapshots",
    "snapshot_faults",
]


class Machine(Protocol):
    """What the journal drives: a market, or a toy in tests."""

    def execute(self, command: Command, *, command_id: str, actor: str, at_ms: int) -> tuple[Event, ...]:
        """Carry the command out and return its events, already applied; or raise `Refused`."""

    def apply(self, event: Event, at_ms: int) -> None:
        """Fold one event of the journal into the state."""

    def snapshot(self) -> bytes:
        """The whole state as deterministic bytes."""

    def restore(self, raw: bytes) -> None:
        """Take over the state that `snapshot` returned."""

    def state_hash(self) -> str:
        """SHA-256 of `snapshot()` in hexadecimal."""


_LOWEST: Final = -(2**63)  # a record numbered 0 or below is in nobody's way, but it is not ours
M = TypeVar("M", bound=Machine)


class Replayed(msgspec.Struct, frozen=True):
    """Where a replay arrived and how many events it applied."""

    head: Head
    events: int


def records(store: Store, from_seq: int = 1, *, checked: bool = True) -> Iterator[Record]:
    """Yield the records from `from_seq` on; memory is bounded. Raises `ChainFault` at a wrong one.

    The hash of the first record yielded is checked only if it is number 1 or its predecessor can be read.
    """
    head = _head_before(store, from_seq) if checked else EMPTY
    for page in store.scan(from_seq):
        for row in page:
            if checked:
                head = follow(head, row)
            yield as_record(row)


def chained(store: Store) -> Iterator[Row]:
    """Yield every row as it is stored, checking the chain; raises `ChainFault` at a wrong one."""
    head = EMPTY
    for page in store.scan(_LOWEST):
        for row in page:
            head = follow(head, row)
            yield row


def _head_before(store: Store, seq: int) -> Head:
    if seq <= 1:
        return EMPTY
    for page in store.scan(seq - 1):
        row = page[0]
        return Head(row[0], row[1], row[6])
    return store.head()  # nothing there: nothing to check


def replay(
    store: Store,
    machine: Machine,
    *,
    codec: Codec | None = None,
    after: Head = EMPTY,
    until_seq: int | None = None,
    until_ms: int | None = None,
) -> Replayed:
    """Fold the records after `after` into `machine`, checking the chain.

    Stops after the record `until_seq` or the last one not later than `until_ms`. Raises `ChainFault` at the
    first record that is wrong; the machine then holds the state before that record.
    """
    last_seq = until_seq if until_seq is not None else 2**63
    last_at = until_ms if until_ms is not None else 2**63
    fold = _fold(machine, (codec or market_codec()).events)
    applied = 0
    head = after
    with quiet_collector():
        for page in store.scan(after.seq + 1 if after.seq else _LOWEST):
            wanted = page
            if page[-1][0] > last_seq or page[-1][1] > last_at:
                wanted = [row for row in page if row[0] <= last_seq and row[1] <= last_at]
            head, count = fold(head, wanted)
            applied += count
            if len(wanted) < len(page):
                break
    return Replayed(head, applied)


def _fold(
    machine: Machine, decode: Callable[[bytes], tuple[Event, ...]]
) -> Callable[[Head, list[Row]], tuple[Head, int]]:
    """Return the inner loop of every start: `follow` written out, for a call for each row costs a fifth."""
    apply = machine.apply

    def fold(head: Head, page: list[Row]) -> tuple[Head, int]:
        applied = 0
        expected, now, digest = head
        for row in page:
            seq, at, command_id, actor, command, events, found = row
            try:
                linked = sha256(digest + pack(seq, at, command_id, actor, command, events)).digest() == found
            except (TypeError, StructError):
                linked = False
            if not linked or seq != expected + 1 or at < now:
                follow(Head(expected, now, digest), row)  # says what it is
                raise AssertionError(f"record {seq} is both right and wrong")
            try:
                for event in decode(events):
                    if type(event) is not CommandRefused:
                        apply(event, at)
                        applied += 1
            except Exception as fault:
                raise ChainFault(UNREADABLE, seq, reason=f"{type(fault).__name__}: {fault}") from fault
            expected, now, digest = seq, at, found
        return Head(expected, now, digest), applied

    return fold


def load(store: Store, factory: Callable[[], M], codec: Codec | None = None) -> tuple[M, Head, int]:
    """Return the state after the last record, its head, and how many events had to be replayed.

    Starts from the newest snapshot that is whole and of the machine's format, else from the first record.
    Raises `ChainFault` when a whole snapshot shows that the journal itself is wrong: cut off, or altered at
    or before the snapshot.
    """
    machine, head = factory(), EMPTY
    for seq in _snapshot_list(store):
        snapshot = _whole_snapshot(store, seq)
        if snapshot is None:
            continue
        head = _match(store, snapshot)
        if snapshot.format == snapshot_format(machine) and _restored(machine, snapshot.state):
            break
        machine, head = factory(), EMPTY
    done = replay(store, machine, codec=codec, after=head)
    return machine, done.head, done.events


def snapshot_format(machine: Machine) -> str:
    """The layout of the machine's snapshots: its attribute `snapshot_format`, changed with the layout."""
    return str(getattr(machine, "snapshot_format", "1"))


def _snapshot_list(store: Store) -> list[int]:
    try:
        return store.snapshots()
    except ChainFault:  # a damaged cache is no cache
        return []


def _whole_snapshot(store: Store, seq: int) -> Snapshot | None:
    try:
        snapshot = store.load_snapshot(seq)
        return snapshot if snapshot is not None and snapshot.whole else None
    except (ChainFault, TypeError, AttributeError):  # damaged pages, columns of the wrong type
        return None


def _restored(machine: Machine, state: bytes) -> bool:
    """Whether the machine took the state over and holds exactly it: a layout may change without its name."""
    try:
        machine.restore(state)
        return machine.snapshot() == state
    except Exception:  # noqa: BLE001 - another version's layout may fail in any way; the journal is the truth
        return False


def _match(store: Store, snapshot: Snapshot) -> Head:
    """Return the head at the snapshot; raises `ChainFault` when the journal is another."""
    for page in store.scan(snapshot.seq):
        seq, at, *_, found = page[0]
        if seq == snapshot.seq and found == snapshot.hash:
            return Head(seq, at, found)
        raise ChainFault(STRANGE_SNAPSHOT, snapshot.seq, reason="its hash is not that of the record")
    raise ChainFault(CUT_OFF, snapshot.seq, found=store.head().seq)


def find_faults(
    store: Store, *, codec: Codec | None = None, known: Head | None = None, most: int = 20
) -> list[ChainFault]:
    """Return everything that is wrong with a journal, at most `most` findings; empty when nothing is.

    Reads every record and every snapshot and lets the database check itself. `known` is a record (its `seq`
    and `hash`) that is known to have been there, such as the head at the last audit: without it, a journal
    cut off cleanly is a shorter journal. With `codec` the messages are decoded too.
    """
    found: list[ChainFault] = []
    for fault in _faults(store, codec, known):
        found.append(fault)
        if len(found) >= most:
            break
    return found


def _faults(store: Store, codec: Codec | None, known: Head | None) -> Iterator[ChainFault]:
    head = EMPTY
    try:
        for page in store.scan(_LOWEST):
            for row in page:
                try:
                    follow(head, row)
                    _decode(row, codec)
                except ChainFault as fault:
                    yield fault
                head = _go_on(row)
                if known and known.seq == head.seq and known.hash != head.hash:
                    yield ChainFault(WRONG_HASH, head.seq)
    except (ChainFault, StoreFailed) as fault:
        yield fault if isinstance(fault, ChainFault) else damaged(head, str(fault))
    if known and known.seq > head.seq:
        yield ChainFault(CUT_OFF, known.seq, found=head.seq)
    for text in store.check():
        yield damaged(head, text)
    for seq, name in store.duplicates():
        yield ChainFault(DUPLICATE, seq, what=f"the command id {name}")
    yield from snapshot_faults(store)


def snapshot_faults(store: Store) -> Iterator[ChainFault]:
    """Yield what is wrong with the snapshots kept; harmless as such, for a wrong one is not used."""
    for seq in _snapshot_list(store):
        try:
            snapshot = _whole_snapshot(store, seq)
            if snapshot is None and seq in _snapshot_list(store):  # and not removed by an engine meanwhile
                raise ChainFault(STRANGE_SNAPSHOT, seq, reason="its checksum is wrong")  # noqa: TRY301
            if snapshot is None:
                continue
            _match(store, snapshot)
        except ChainFault as fault:
            yield fault


def replay_past_snapshots(
    store: Store, factory: Callable[[], M], until_seq: int
) -> tuple[M, list[ChainFault]]:
    """Replay the journal and hold every snapshot that a start could use against the state at its record.

    A snapshot whose state was altered together with its checksum would otherwise be believed at every start.
    """
    machine, head = factory(), EMPTY
    found: list[ChainFault] = []
    for seq in sorted(seq for seq in _snapshot_list(store) if 0 < seq <= until_seq):
        head = replay(store, machine, after=head, until_seq=seq).head
        snapshot = _whole_snapshot(store, seq)
        if snapshot is None or head.seq != seq or snapshot.format != snapshot_format(machine):
            continue
        if snapshot.state != machine.snapshot() and _restored(factory(), snapshot.state):
            found.append(ChainFault(STRANGE_SNAPSHOT, seq, reason="its state is not what the records make"))
    replay(store, machine, after=head, until_seq=until_seq)
    return machine, found


def _go_on(row: tuple[Any, ...]) -> Head:
    """Return the head behind a row that may be wrong; a damaged page can hold anything, NULL included."""
    seq, at, *_, digest = row
    return Head(seq, at if isinstance(at, int) else 0, digest if isinstance(digest, bytes) else b"")


def _decode(row: Row, codec: Codec | None) -> None:
    try:
        as_record(row)
        if codec is None:
            msgspec.json.decode(row[4])
            msgspec.json.decode(row[5])
        else:
            codec.command(row[4])
            codec.events(row[5])
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise ChainFault(UNREADABLE, row[0], reason=str(fault)) from fault


@contextlib.contextmanager
def quiet_collector() -> Iterator[None]:
    """Keep the garbage collector from walking a growing state over and over; the messages make no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
