"""A journal in memory: for classes, policy runs and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.journal.chain import EMPTY, Head, Record, Row
from capwright.journal.fault import FENCED, LEASE_TAKEN, StoreFailed, open_fault, unavailable
from capwright.journal.store import PAGE_ROWS, SNAPSHOTS_KEPT, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MemoryStore"]


class MemoryStore:
    """Keeps the records in a list; they are gone with the object."""

    url = "memory:"
    read_only = False

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._by_id: dict[str, int] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self._leased = False

    def lease(self) -> None:
        if self._leased:
            raise open_fault(LEASE_TAKEN, holder="this process")
        self._leased = True

    def release(self) -> None:
        self._leased = False

    def reopen(self) -> None:
        pass

    def head(self) -> Head:
        if not self.records:
            return EMPTY
        last = self.records[-1]
        return Head(last.seq, last.at, last.hash)

    def append(self, records: Sequence[Record], packed: Sequence[bytes]) -> None:  # noqa: ARG002 - the contract
        if records[0].seq != len(self.records) + 1:
            raise unavailable(FENCED, f"record {records[0].seq} is there already")
        for record in records:
            if record.command_id in self._by_id:
                raise StoreFailed(f"command id {record.command_id} is there already")
        for record in records:
            self._by_id[record.command_id] = record.seq
        self.records.extend(records)

    def find(self, command_ids: Sequence[str]) -> list[Record]:
        by_id = self._by_id
        return [self.records[by_id[one] - 1] for one in command_ids if one in by_id]

    def scan(self, from_seq: int = 1) -> Iterator[list[Row]]:
        for start in range(max(from_seq, 1) - 1, len(self.records), PAGE_ROWS):
            yield [
                (seq, at, command_id.encode(), actor.encode(), command, events, digest)
                for seq, at, command_id, actor, command, events, digest in self.records[
                    start : start + PAGE_ROWS
                ]
            ]

    def check(self) -> list[str]:
        return []

    def duplicates(self) -> list[tuple[int, str]]:
        first: dict[str, int] = {}
        for one in self.records:
            first.setdefault(one.command_id, one.seq)
        return [(one.seq, one.command_id) for one in self.records if first[one.command_id] != one.seq]

    def snapshots(self) -> list[int]:
        return sorted(self._snapshots, reverse=True)

    def load_snapshot(self, seq: int) -> Snapshot | None:
        return self._snapshots.get(seq)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshots[snapshot.seq] = snapshot
        for old in self.snapshots()[SNAPSHOTS_KEPT:]:
            del self._snapshots[old]

    def close(self) -> None:
        self._leased = False
