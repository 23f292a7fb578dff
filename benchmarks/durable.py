"""Durable transfers a second beside the floor: the same rows, written bare, by the same statement and batch.

Engine and floor take turns in short rounds of the same work, so that whatever else the machine does falls on
both; the figures are medians over the rounds. The floor does nothing but hand finished rows to the database:
no market, no encoding, no hash, no look-up of ids.
"""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from benchmarks.table import per_second, share, show
from benchmarks.world import prepare, transfers
from capwright.journal import Engine, Envelope, Record, open_store, records
from capwright.journal.chain import pack

ROUNDS = 11
COMMANDS_A_ROUND = {1: 150, 100: 3000, 500: 5000}

Rows = list[tuple[Record, bytes]]


def run(folder: Path, postgres_url: Callable[[], str] | None, rounds: int = ROUNDS) -> str:
    """Measure both databases and return the table."""
    found: list[list[str]] = []
    for name, address in (
        ("SQLite", lambda: str(folder / f"{time.monotonic_ns()}.sqlite")),
        ("PostgreSQL", postgres_url),
    ):
        if address is not None:
            found += measure(name, address(), address(), rounds)
    return show(
        "Durable transfers a second",
        ("database, commands waiting", "engine", "floor", "engine / floor"),
        found,
        "Waiting: a list from one caller, futures of one client, or one command each of many threads.",
    )


def measure(name: str, address: str, floor_address: str, rounds: int) -> list[list[str]]:
    engine = prepare(open_store(address, create=True))
    floor = Floor(floor_address)
    floor.write_all([rows_of(one) for one in records(engine._store)], 500)
    stream = transfers()
    lines = []
    for label, batch, drive in (
        ("1", 1, one_by_one),
        ("100, one caller", 100, together),
        ("100, futures", 100, as_futures),
        ("100, threads", 100, as_threads),
        ("500, one caller", 500, together),
    ):
        engine_s, floor_s = [], []
        count = COMMANDS_A_ROUND[batch]
        for turn in range(rounds + 1):
            envelopes = list(itertools.islice(stream, count))
            before = engine.head.seq
            spent = drive(engine, envelopes, batch)
            rows = [rows_of(one) for one in records(engine._store, before + 1, checked=False)]
            assert len(rows) == count
            bare = floor.write_all(rows, batch)
            if turn:  # the first round warms up
                engine_s.append(spent)
                floor_s.append(bare)
        ratio = statistics.median(b / e for b, e in zip(floor_s, engine_s, strict=True))
        lines.append(
            [
                f"{name}, {label}",
                per_second(count, statistics.median(engine_s)),
                per_second(count, statistics.median(floor_s)),
                share(ratio, 1),
            ]
        )
    engine.close(snapshot=False)
    floor.close()
    return lines


def rows_of(record: Record) -> tuple[Record, bytes]:
    seq, at, command_id, actor, command, events, _ = record
    return record, pack(seq, at, command_id.encode(), actor.encode(), command, events)


class Floor:
    """Writes finished rows and does nothing else."""

    def __init__(self, address: str) -> None:
        self.store = open_store(address, create=True)
        self.store.lease()

    def write_all(self, rows: Rows, batch: int) -> float:
        batches = [
            ([record for record, _ in part], [packed for _, packed in part])
            for part in (rows[start : start + batch] for start in range(0, len(rows), batch))
        ]
        append = self.store.append
        start = time.perf_counter()
        for some, packed in batches:
            append(some, packed)
        return time.perf_counter() - start

    def close(self) -> None:
        self.store.close()


def cut(envelopes: Sequence[Envelope], batch: int) -> Iterator[Sequence[Envelope]]:
    for start in range(0, len(envelopes), batch):
        yield envelopes[start : start + batch]


def one_by_one(engine: Engine, envelopes: Sequence[Envelope], batch: int) -> float:
    start = time.perf_counter()
    for one in envelopes:
        engine.execute(*one)
    return time.perf_counter() - start


def together(engine: Engine, envelopes: Sequence[Envelope], batch: int) -> float:
    start = time.perf_counter()
    for part in cut(envelopes, batch):
        engine.run_batch(part)
    return time.perf_counter() - start


def as_futures(engine: Engine, envelopes: Sequence[Envelope], batch: int) -> float:
    start = time.perf_counter()
    for part in cut(envelopes, batch):
        futures: list[Future] = [engine.submit(*one) for one in part]
        for future in futures:
            future.result()
    return time.perf_counter() - start


def as_threads(engine: Engine, envelopes: Sequence[Envelope], batch: int) -> float:
    ready = threading.Barrier(batch + 1)

    def client(number: int) -> None:
        ready.wait()
        for one in envelopes[number::batch]:
            engine.submit(*one).result()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(batch)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start
