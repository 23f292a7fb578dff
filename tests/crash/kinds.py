"""The stores every journal test runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from capwright.journal import Engine, MemoryStore, Store, open_store
from capwright.journal.sqlite import SqliteStore
from tests.crash.toy import Toy, codec

KINDS = ("memory", "apsw", "sqlite3", "postgres")
DURABLE = ("apsw", "sqlite3", "postgres")


class Place:
    """Somewhere a journal lies, to be opened again and again."""

    def __init__(self, kind: str, address: str) -> None:
        self.kind = kind
        self.address = address
        self._memory = MemoryStore()
        self._opened: list[Store] = []

    def store(self, *, create: bool = True, read_only: bool = False) -> Store:
        if self.kind == "memory":
            return self._memory
        if self.kind == "sqlite3":
            made = SqliteStore(Path(self.address), create=create, read_only=read_only, driver="sqlite3")
        else:
            made = open_store(self.address, create=create, read_only=read_only)
        self._opened.append(made)
        return made

    def close(self) -> None:
        for one in self._opened:
            one.close()

    def engine(self, machine=Toy, **options) -> Engine:
        options.setdefault("codec", codec())
        options.setdefault("clock", lambda: 1_000)
        return Engine(self.store(), machine, **options)


def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    address = (
        request.getfixturevalue("postgres_url") if kind == "postgres" else str(tmp_path / "journal.sqlite")
    )
    made = Place(kind, address)
    request.addfinalizer(made.close)
    return made
