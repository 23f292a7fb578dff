"""Where a journal is kept: the contract of the stores, and opening one by its address."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from capwright.journal.fault import BAD_URL, open_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.journal.chain import Head, Record, Row

__all__ = ["PAGE_ROWS", "SNAPSHOTS_KEPT", "Snapshot", "Store", "open_store"]

PAGE_ROWS: Final = 2000  # rows read at a time: bounds the memory of a replay
SNAPSHOTS_KEPT: Final = 2


class Snapshot(NamedTuple):
    """The whole state after record `seq`, whose hash is `hash`; `format` names the layout of `state`."""

    seq: int
    hash: bytes
    format: str
    state: bytes
    checksum: bytes

    @classmethod
    def of(cls, seq: int, chain_hash: bytes, layout: str, state: bytes) -> Snapshot:
        """Make a snapshot with its checksum."""
        return cls(seq, chain_hash, layout, state, _checksum(seq, chain_hash, layout, state))

    @property
    def whole(self) -> bool:
        """Whether the snapshot is as it was written."""
        return self.checksum == _checksum(self.seq, self.hash, self.format, self.state)


def _checksum(seq: int, chain_hash: bytes, layout: str, state: bytes) -> bytes:
    digest = sha256(b"%d %s %s " % (seq, chain_hash.hex().encode(), layout.encode(errors="replace")))
    digest.update(state)
    return digest.digest()


class Store(Protocol):
    """A place that keeps records. One thread at a time may use a store; readers open their own.

    Every method raises `StoreFailed` when the database does not answer, and `ChainFault` when what it answers
    is damaged.
    """

    url: str
    read_only: bool

    def lease(self) -> None:
        """Become the only writer until `release`; raises `OpenFault` (CW-8604) while another one is."""

    def release(self) -> None:
        """Give the lease back."""

    def reopen(self) -> None:
        """Start afresh after `StoreFailed`, taking back a lease; raises `Fenced` if another has it."""

    def head(self) -> Head:
        """The last record."""

    def append(self, records: Sequence[Record], packed: Sequence[bytes]) -> None:
        """Write all records or none, durably. `packed` are their canonical bytes.

        Raises `Fenced` when another writer's records are in the way. After `StoreFailed` either may have
        happened.
        """

    def find(self, command_ids: Sequence[str]) -> list[Record]:
        """The records, in no order, whose command id is one of these."""

    def scan(self, from_seq: int = 1) -> Iterator[list[Row]]:
        """Yield all rows from `from_seq` on in order, some at a time, unchecked."""

    def check(self) -> list[str]:
        """What the database itself finds wrong with its pages and indexes; slow."""

    def duplicates(self) -> list[tuple[int, str]]:
        """Command ids that occur twice, with the later `seq`; from the rows, not the index; slow."""

    def snapshots(self) -> list[int]:
        """The `seq` of the snapshots kept, newest first."""

    def load_snapshot(self, seq: int) -> Snapshot | None: ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it, and drop all but the newest `SNAPSHOTS_KEPT`."""

    def close(self) -> None:
        """Give back the lease and the connection; closing twice is harmless."""


def open_store(url: str | Path, *, create: bool = False, read_only: bool = False) -> Store:
    """Open the journal at `url`: a file path, `sqlite:///FILE`, `postgresql://…` or `memory:`.

    Raises `OpenFault` (CW-88xx) with the reason. Without `create` the journal must be there. `read_only`
    needs no lease and is possible while an engine writes.
    """
    from capwright.journal.memory import MemoryStore  # noqa: PLC0415 - the stores import this module

    address = str(url)
    if address in {"memory:", ":memory:"}:
        return MemoryStore()
    if address.startswith(("postgresql://", "postgres://")):
        from capwright.journal.postgres import PostgresStore  # noqa: PLC0415 - psycopg is optional

        return PostgresStore(address, create=create, read_only=read_only)
    path = address.removeprefix("sqlite:///")
    if not path or "\0" in path or "://" in path or path.startswith("sqlite:"):
        raise open_fault(BAD_URL, url=re.sub(r":[^/@]*@", ":…@", address))  # no password on a screen
    from capwright.journal.sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(Path(path), create=create, read_only=read_only)
