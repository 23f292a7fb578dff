"""The journal's records and the hash chain over them.

A record has seven columns, in every store: `seq` counts 1, 2, 3 …; `at` is the sequencer's time in ms UTC
since 1970 and never decreases; `command_id` is unique; `actor`; `command` and `events` are JSON as msgspec
writes it; `hash` binds all of it to everything before:

    hash = SHA-256( hash of the record before
                    | 00000008 seq | 00000008 at
                    | length command_id | length actor | length command | length events )

where `|` joins bytes, `length x` is the length of the UTF-8 bytes of x as a big-endian 32-bit number followed
by those bytes, and `seq` and `at` are big-endian 64-bit numbers (00000008 is their length). Before the first
record stands `GENESIS`. The same bytes are the fields of PostgreSQL's binary COPY, so they are made once for
both uses.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from capwright.journal.fault import DAMAGED, GAP, TIME_RUNS_BACK, UNREADABLE, WRONG_HASH, ChainFault

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "EMPTY",
    "FORMAT",
    "GENESIS",
    "HASH_SIZE",
    "Head",
    "Record",
    "Row",
    "as_record",
    "damaged",
    "follow",
    "pack",
]

FORMAT: Final = 1  # raised when columns or the hash change
GENESIS: Final = sha256(b"capwright journal 1").digest()
HASH_SIZE: Final = 32

_SEQ_AT: Final[Callable[..., bytes]] = Struct(">iqiq").pack
_SHORT: Final = tuple(
    size.to_bytes(4, "big") for size in range(4096)
)  # looked up in half the time of packing


class Record(NamedTuple):
    """One row of the journal; `command` and `events` are UTF-8 JSON, exactly the bytes that were hashed."""

    seq: int
    at: int
    command_id: str
    actor: str
    command: bytes
    events: bytes
    hash: bytes


class Head(NamedTuple):
    """The last record of a journal, or of a part of it; `EMPTY` before the first."""

    seq: int
    at: int
    hash: bytes


EMPTY: Final = Head(0, 0, GENESIS)


def pack(seq: int, at: int, command_id: bytes, actor: bytes, command: bytes, events: bytes) -> bytes:
    """Return the canonical bytes of a record, without its hash."""
    try:
        return b"".join(
            (
                _SEQ_AT(8, seq, 8, at),
                _SHORT[len(command_id)],
                command_id,
                _SHORT[len(actor)],
                actor,
                _SHORT[len(command)],
                command,
                _SHORT[len(events)],
                events,
            )
        )
    except IndexError:  # a long column
        columns = (command_id, actor, command, events)
        return _SEQ_AT(8, seq, 8, at) + b"".join(len(one).to_bytes(4, "big") + one for one in columns)


# A row as a store hands it out for checking: the text columns as raw bytes, nothing trusted yet.
Row: TypeAlias = tuple[int, int, bytes, bytes, bytes, bytes, bytes]


def as_record(row: Row) -> Record:
    """Return a row as a record; raises `ChainFault` when an id is not valid text."""
    seq, at, command_id, actor, command, events, digest = row
    try:
        return Record(seq, at, command_id.decode(), actor.decode(), command, events, digest)
    except UnicodeDecodeError as fault:
        raise ChainFault(UNREADABLE, seq, reason="its text is not UTF-8") from fault


def follow(head: Head, row: Row) -> Head:
    """Check that `row` continues the chain at `head` and return the new head; raises `ChainFault`."""
    seq, at, command_id, actor, command, events, found = row
    if seq != head.seq + 1:
        raise ChainFault(GAP, head.seq + 1, found=seq, last=head.seq)
    try:
        packed = pack(seq, at, command_id, actor, command, events)
    except Exception as fault:  # a column that holds no bytes or no number
        raise ChainFault(UNREADABLE, seq, reason="a column has the wrong type") from fault
    if sha256(head.hash + packed).digest() != found:
        raise ChainFault(WRONG_HASH, seq)
    if at < head.at:
        raise ChainFault(TIME_RUNS_BACK, seq, at=at, last_at=head.at)
    return Head(seq, at, found)


def damaged(head: Head, reason: str) -> ChainFault:
    """Make the fault for a database that could not be read after `head`."""
    return ChainFault(DAMAGED, head.seq + 1, reason=reason)
