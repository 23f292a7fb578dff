"""`python -m benchmarks [section …] [--quick]`, or `make bench`, prints tables."""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from benchmarks import (
    bare_book,
    contended,
    durable,
    http_orders,
    load,
    machine,
    memory,
    pages,
    readers,
    replaying,
    reporting,
    start,
    trading,
)
from tests.postgres import NoPostgresError, start_postgres

SECTIONS = (
    "durable",
    "contended",
    "replay",
    "memory",
    "start",
    "book",
    "orders",
    "reports",
    "network",
    "readers",
    "pages",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", choices=[*SECTIONS, "load", []], help="what to measure; all but `load` if none"
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds: minutes become seconds, figures shake"
    )
    parser.add_argument(
        "--minutes", type=float, default=load.MINUTES, help="how long `load` runs (default: %(default)g)"
    )
    parser.add_argument(
        "--folder", type=Path, help="where to write, on the disk to be measured (default: build/)"
    )
    asked = parser.parse_args()
    base = asked.folder or Path("build")
    base.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base, prefix="bench-")))
        print("\n".join(machine.describe(folder)), "\n", flush=True)
        on, quick = cache(lambda: database(stack)), asked.quick  # a server is started when one is needed
        runs: dict[str, Callable[[], str]] = {
            "durable": lambda: durable.run(folder, on(), 3 if quick else durable.ROUNDS),
            "contended": lambda: contended.run(folder, quick=quick),
            "replay": lambda: replaying.run(folder, on(), quick=quick),
            "memory": memory.run,
            "start": lambda: start.run(folder, quick=quick),
            "book": lambda: bare_book.run(quick=quick),
            "orders": lambda: trading.run(folder, on(), quick=quick),
            "reports": lambda: reporting.run(folder, quick=quick),
            "network": lambda: http_orders.run(folder, quick=quick),
            "readers": lambda: readers.run(folder, quick=quick),
            "pages": lambda: pages.run(folder, quick=quick),
            "load": lambda: load.run(folder, asked.minutes),
        }
        for name in asked.sections or SECTIONS:
            print(runs[name](), flush=True)


def database(stack: ExitStack) -> Callable[[], str] | None:
    """Return a maker of empty PostgreSQL databases, or None on a machine without a server."""
    try:
        server = start_postgres()
    except NoPostgresError as reason:
        print(reason, flush=True)
        return None
    stack.callback(server.close)
    return server.new_database


if __name__ == "__main__":
    main()
