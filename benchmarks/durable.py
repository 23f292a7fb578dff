"""Durable transfers a second beside the floor: the same rows, inserted bare, in batches of the same size.

Engine and floor take turns in short rounds of the same work, so that whatever else the machine does falls on
both; the figures are medians over the rounds. The floor does nothing but hand finished rows to the database
with `executemany`: no market, no encoding, no hash, no look-up of ids. For PostgreSQL the rows are written a
third time, by the binary COPY that the engine uses, ready-packed: the least that this database can take.
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

INSERT = "INSERT INTO journal VALUES (%s, %s, %s, %s, %s, %s, %b)"

Rows = list[tuple[Record, bytes]]


def run(folder: Path, postgres_url: Callable[[], str] | None, rounds: int = ROUNDS) -> str:
    """Measure both databases and return the table."""
    found: list[list[str]] = []
    for name, address in (
        ("SQLite", lambda: str(folder / f"{time.monotonic_ns()}.sqlite")),
        ("PostgreSQL", postgres_url),
    ):
        if address is not None:
            found += measure(name, address, rounds)
    return show(
        "Durable transfers a second",
        (
            "database, commands waiting",
            "engine",
            "bare inserts",
            "engine / inserts",
            "bare COPY",
            "engine / COPY",
        ),
        found,
        "Waiting: a list from one caller, futures of one client, or one command each of many threads.",
    )


def measure(name: str, address: Callable[[], str], rounds: int) -> list[list[str]]:
    engine = prepare(open_store(address(), create=True))
    floors: list[Floor] = [Floor(address())]
    if name == "PostgreSQL":
        floors = [InsertFloor(address()), Floor(address())]
    for floor in floors:
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
        count = COMMANDS_A_ROUND[batch]
        seconds: list[list[float]] = []
        for turn in range(rounds + 1):
            envelopes = list(itertools.islice(stream, count))
            before = engine.head.seq
            spent = [drive(engine, envelopes, batch)]
            rows = [rows_of(one) for one in records(engine._store, before + 1, checked=False)]
            assert len(rows) == count
            spent += [floor.write_all(rows, batch) for floor in floors]
            if turn:  # the first round warms up
                seconds.append(spent)
        line = [f"{name}, {label}", per_second(count, statistics.median(row[0] for row in seconds))]
        for index in range(1, len(floors) + 1):
            line.append(per_second(count, statistics.median(row[index] for row in seconds)))
            line.append(share(statistics.median(row[index] / row[0] for row in seconds), 1))
        lines.append(line + ["–"] * (6 - len(line)))
    engine.close(snapshot=False)
    for floor in floors:
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


class InsertFloor(Floor):
    """Writes them as a plain program does: `executemany` and a commit."""

    def write_all(self, rows: Rows, batch: int) -> float:
        import psycopg

        texts = [
            (seq, at, name, actor, command.decode(), events.decode(), digest)
            for (seq, at, name, actor, command, events, digest), _ in rows
        ]
        connection = self.store._connection
        assert isinstance(connection, psycopg.Connection)
        start = time.perf_counter()
        for some in cut(texts, batch):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(INSERT, some)
        return time.perf_counter() - start


def cut(envelopes: Sequence, batch: int) -> Iterator[Sequence]:
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
