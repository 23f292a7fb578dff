"""`capwright journal import`: a journal made anew from its exported or published rows."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from capwright.cli.frame import command, emit_json, note, say, settings
from capwright.cli.given import input_path, new_file
from capwright.cli.problem import FILE_THERE
from capwright.kernel.refusal import BadInput, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["declare"]


def declare(group: typer.Typer) -> None:
    """Add the command to `capwright journal`."""
    command(
        group,
        "import",
        path="journal import",
        examples=[
            "capwright journal import journal.jsonl.gz -o mine.sqlite",
            "capwright journal import demo.jsonl -o copy.sqlite --json",
        ],
    )(import_command)


def import_command(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Rows as JSON lines, plain or .gz. JSON 行文件，可为 .gz。"),
    ],
    to: Annotated[
        Path, typer.Option("--output", "-o", metavar="DB", help="New SQLite file. 新的 SQLite 文件。")
    ],
) -> None:
    """Make a journal from the rows that `journal export` wrote or a market published, checking every link.

    由导出或公布的日志行重建日志，逐行核对散列链。
    """
    from capwright.journal.export import import_jsonl
    from capwright.journal.store import open_store
    from capwright.table.rows import UNREADABLE

    source = input_path(file)
    new_file(to)
    if to.exists():
        raise BadInput(Refusal(FILE_THERE.code), str(to))
    part = to.with_name(f"{to.name}.part")
    try:
        with _lines(source) as lines:
            store = open_store(part, create=True)
            try:
                head = import_jsonl(store, lines, str(source))
            finally:
                store.close()
        part.replace(to)
    except (OSError, EOFError, zlib.error) as fault:
        raise BadInput(Refusal(UNREADABLE.code, {"why": str(fault)}), str(source)) from None
    finally:
        for left in (part, *(Path(f"{part}{end}") for end in ("-wal", "-shm", ".lock"))):
            left.unlink(missing_ok=True)
    if settings.json:
        emit_json({"db": str(to), "rows": head.seq, "head": head.hash.hex()})
    else:
        hash_ = head.hash.hex()
        note(say(f"{head.seq:,} rows in {to}; head {hash_}", f"{to}：{head.seq:,}行，末行散列值 {hash_}"))


@contextlib.contextmanager
def _lines(path: Path) -> Iterator[IO[bytes]]:
    import gzip

    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        yield stream  # type: ignore[misc]
