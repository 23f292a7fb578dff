"""Seconds until an engine answers, with and without a snapshot, as the journal grows."""

import itertools
import time
from pathlib import Path

from benchmarks.replaying import batches
from benchmarks.table import show
from benchmarks.world import prepare, transfers
from capwright.journal import Engine, open_store
from capwright.market import Market

SIZES = (10_000, 50_000, 200_000)
TAIL = 1_000


def run(folder: Path, *, quick: bool) -> str:
    lines = []
    address = folder / "start.sqlite"
    engine = prepare(open_store(address, create=True))
    stream = transfers()
    for size in SIZES[:2] if quick else SIZES:
        for part in batches(itertools.islice(stream, size - TAIL - engine.head.seq)):
            engine.run_batch(part)
        begin = time.perf_counter()
        engine.snapshot()
        taking = time.perf_counter() - begin
        state = len(engine.machine.snapshot())
        for part in batches(itertools.islice(stream, TAIL)):
            engine.run_batch(part)
        engine.close(snapshot=False)
        begin = time.perf_counter()
        engine = Engine(open_store(address), Market)
        with_snapshot = time.perf_counter() - begin
        engine.close(snapshot=False)
        begin = time.perf_counter()
        engine = Engine(without_snapshots(address), Market)
        without = time.perf_counter() - begin
        lines.append(
            [
                f"{size:,}",
                f"{with_snapshot:.2f} s",
                f"{without:.2f} s",
                f"{state / 1e6:.1f} MB",
                f"{taking:.2f} s",
            ]
        )
    engine.close(snapshot=False)
    return show(
        "Start of an engine on SQLite",
        ("records", "from a snapshot", "from the first record", "size of the snapshot", "taking it"),
        lines,
        f"The snapshot is {TAIL:,} records old.",
    )


def without_snapshots(address: Path):
    store = open_store(address)
    store.snapshots = list
    return store
