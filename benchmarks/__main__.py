"""`python -m benchmarks [section …] [--quick]`, or `make bench`, prints tables."""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import (
    bare_book,
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
        for name in asked.sections or SECTIONS:
            if name == "durable":
                print(durable.run(folder, database(stack), 3 if asked.quick else durable.ROUNDS), flush=True)
            elif name == "replay":
                print(replaying.run(folder, database(stack), quick=asked.quick), flush=True)
            elif name == "memory":
                print(memory.run(), flush=True)
            elif name == "book":
                print(bare_book.run(quick=asked.quick), flush=True)
            elif name == "orders":
                print(trading.run(folder, database(stack), quick=asked.quick), flush=True)
            elif name == "network":
                print(http_orders.run(folder, quick=asked.quick), flush=True)
            elif name == "readers":
                print(readers.run(folder, quick=asked.quick), flush=True)
            elif name == "load":
                print(load.run(folder, asked.minutes), flush=True)
            elif name == "pages":
                print(pages.run(folder, quick=asked.quick), flush=True)
            elif name == "reports":
                print(reporting.run(folder, quick=asked.quick), flush=True)
            else:
                print(start.run(folder, quick=asked.quick), flush=True)


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
