"""Events replayed a second, from the database to the state, the chain checked on the way."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.table import per_second, show
from benchmarks.world import prepare, there_and_back, transfers
from capwright.journal import MAX_BATCH, Envelope, market_codec, open_store, records, replay
from capwright.market import Market


def run(folder: Path, postgres_url: Callable[[], str] | None, *, quick: bool) -> str:
    count = 10_000 if quick else 100_000
    lines = []
    places = [("SQLite", str(folder / "replay-{}.sqlite").format)]
    if postgres_url is not None:
        places.append(("PostgreSQL", lambda _: postgres_url()))
    for database, address in places:
        for label, stream in (("one block each", there_and_back()), ("scattered holdings", transfers())):
            lines.append(measure(f"{database}, {label}", address(label.split()[0]), stream, count))
    return show(
        "Replay",
        (
            "journal",
            "events/s",
            "unit moves/s",
            "moves an event",
            "bytes an event",
            "events/s of a core",
        ),
        lines,
        f"{count:,} transfers; reading, chain check, decoding and applying; median of three. "
        "The last column counts only the time that this process had a core.",
    )


def measure(label: str, address: str, stream: Iterator[Envelope], count: int) -> list[str]:
    engine = prepare(open_store(address, create=True))
    for part in batches(itertools.islice(stream, count)):
        engine.run_batch(part)
    engine.close(snapshot=False)
    store = open_store(address, read_only=True)
    moves = size = 0
    for record in records(store):
        size += len(record.events) + len(record.command)
        moves += sum(len(getattr(event, "units", ())) for event in market_codec().events(record.events))
    seconds, busy = [], []
    for _ in range(3):
        start, started = time.perf_counter(), time.process_time()
        done = replay(store, Market())
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - started)
    store.close()
    spent = statistics.median(seconds)
    return [
        label,
        per_second(done.events, spent),
        per_second(moves, spent),
        f"{moves / done.events:.1f}",
        f"{size / done.events:.0f}",
        per_second(done.events, statistics.median(busy)),
    ]


def batches(envelopes: Iterable[Envelope]) -> Iterator[list[Envelope]]:
    stream = iter(envelopes)
    while part := list(itertools.islice(stream, MAX_BATCH)):
        yield part
