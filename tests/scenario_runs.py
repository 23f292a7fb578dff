"""Playing built-in scenarios for tests, and reading what they left with no help from the market."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

from capwright.journal.replay import replay
from capwright.journal.store import open_store
from capwright.market import Market
from capwright.scenario.load import DATA


def table(name: str, file: str) -> list[dict[str, str]]:
    """The rows of a table of a built-in scenario, as text."""
    with (DATA / name / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rows(db: str) -> list[tuple]:
    store = open_store(db, read_only=True)
    try:
        return list(itertools.chain.from_iterable(store.scan()))
    finally:
        store.close()


def events(db: str, *names: str) -> list[dict]:
    """Events of the journal with these names, each with its time."""
    found = []
    for row in rows(db):
        at_ms = row[1]
        found += [{"at_ms": at_ms} | e for e in json.loads(row[5]) if e["event"] in names]
    return found


def market_at(db: str, until_ms: int | None = None) -> Market:
    """The market replayed from the journal, as it was at a time."""
    store, market = open_store(db, read_only=True), Market()
    try:
        replay(store, market, until_ms=until_ms)
    finally:
        store.close()
    return market


def sqlite_url(folder: Path, name: str = "run.sqlite") -> str:
    return str(folder / name)
