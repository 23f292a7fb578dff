"""`capwright journal …`: what stands in a journal, and ways out of it."""

from __future__ import annotations

import contextlib
import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from capwright.cli.frame import command, emit_json, make_group, note, out, say, settings, table
from capwright.cli.given import new_file
from capwright.cli.names import Names, event_name
from capwright.cli.opened import DbArgument, local, opened, opening_of, rows
from capwright.cli.problem import FILE_THERE, NOT_A_CHOICE, NOT_A_NAME, UNWRITABLE, bad_argument
from capwright.kernel.refusal import BadInput, Refusal
from capwright.projection.terms import NAMES

if TYPE_CHECKING:
    from datetime import tzinfo

    from capwright.journal.chain import Row
    from capwright.journal.store import Store

__all__ = ["journal"]

journal = make_group("journal", "The journal of a market: show, export, import. 日志。")

PROPOSAL: Final = "ProposeTransaction"
LAST: Final = 20
CLOSEST: Final = 6
NOTHING: Final = (0, 0, b"", b"", b"", b"", b"")
FORMATS: Final = ("jsonl", "beancount")


class _Named(msgspec.Struct):
    """The name of a command, and the type of the transaction if it proposes one."""

    command: str = "?"
    type: str = ""


class _Told(msgspec.Struct):
    """The name of an event, and the code if it is a refusal."""

    event: str = "?"
    refusal: dict[str, Any] | None = None


class _Line(msgspec.Struct, frozen=True):
    """A row as it is listed; `refused` is the code of the refusal, empty when the command was carried out."""

    seq: int
    at_ms: int
    command_id: str
    actor: str
    command: str
    transaction_type: str
    events: tuple[str, ...]
    refused: str
    raw: tuple[bytes, bytes]


@command(
    journal,
    "show",
    path="journal show",
    examples=[
        "capwright journal show demo.sqlite",
        "capwright journal show demo.sqlite --from 100 --limit 5 --full",
        "capwright journal show demo.sqlite --type CommandRefused --json",
    ],
)
def show_command(
    db: DbArgument,
    from_seq: Annotated[
        int, typer.Option("--from", metavar="SEQ", min=1, max=10**18, help="First row. 起始行。")
    ] = 1,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most rows. 最多行数。")] = LAST,
    kind: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="NAME",
            help="Only this command or event, e.g. CommandRefused. 仅此指令或事件，可用中文名。",
        ),
    ] = "",
    actor: Annotated[
        str, typer.Option("--actor", metavar="PERSON", help="Only what this person did. 仅此人的操作。")
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Also the commands and events themselves. 同时显示指令和事件全文。")
    ] = False,
) -> None:
    """List the rows of a journal: who asked for what when, and what came of it.

    列出日志各行：何人何时发出何种指令及其结果。
    """
    kind, names = _code_word(kind), Names()
    with opened(db) as store:
        zone = opening_of(store).zone
        names.heed(next(rows(store), NOTHING))
        found = list(_chosen(names.heeding(rows(store, from_seq)), limit, kind, actor))
    if settings.json:
        emit_json({"timezone": str(zone), "rows": [_json(line, zone) for line in found]})
    elif not found:
        out().print(say("No row matches.", "没有符合条件的行。"))
    elif full:
        _print_full(found, zone)
    else:
        _print(found, zone, names)


def _code_word(kind: str) -> str:
    """The name of a command or event as journals have it; refuse one that there is not."""
    if not kind or kind in NAMES:
        return kind
    for name, zh in NAMES.items():
        if kind == zh:
            return name
    known = difflib.get_close_matches(kind, NAMES, n=CLOSEST, cutoff=0)
    raise bad_argument("--type", NOT_A_NAME, text=kind[:40], known=", ".join(known))


def _chosen(found: Iterator[Row], limit: int, kind: str, actor: str) -> Iterator[_Line]:
    left = limit
    for row in found:
        line = _line(row)
        if (kind and kind not in {line.command, *line.events}) or (actor and actor != line.actor):
            continue
        yield line
        left -= 1
        if not left:
            return


def _line(row: Row) -> _Line:
    """What a listing says of a row, whatever the row holds."""
    seq, at_ms, command_id, actor, asked, events, _ = row
    named, told = _Named(), [_Told()]
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
        named = msgspec.json.decode(asked, type=_Named)
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
        told = msgspec.json.decode(events, type=list[_Told])
    refused = next((str(one.refusal.get("code")) for one in told if one.refusal), "")
    return _Line(
        seq,
        at_ms,
        command_id.decode(errors="replace"),
        actor.decode(errors="replace"),
        named.command,
        named.type if named.command == PROPOSAL else "",
        tuple(one.event for one in told),
        refused,
        (asked, events),
    )


def _json(line: _Line, zone: tzinfo) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "at_ms": line.at_ms,
        "at": local(line.at_ms, zone),
        "command_id": line.command_id,
        "actor": line.actor,
        "command": _plain(line.raw[0]),
        "events": _plain(line.raw[1]),
    }


def _plain(raw: bytes) -> Any:
    """JSON as values; what is no JSON, as text."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw.decode(errors="replace")


def _print_full(found: Sequence[_Line], zone: tzinfo) -> None:
    console = out()
    for line in found:
        console.print(
            f"{line.seq:,}  {local(line.at_ms, zone)}  {line.actor}  {line.command_id}", style="bold"
        )
        for raw in line.raw:
            console.print(_pretty(raw), soft_wrap=True)


def _print(found: Sequence[_Line], zone: tzinfo, names: Names) -> None:
    from rich.text import Text

    console = out()
    made = table(
        "",
        say("Row", "行"),
        say("Time", "时间") + f" ({zone})",
        say("Actor", "操作人"),
        say("Command", "指令"),
        say("Came of it", "结果"),
        right=(0,),
    )
    made.columns[1].no_wrap = True
    for line in found:
        came = Text(line.refused, style="red") if line.refused else Text(_counted(line.events))
        asked = event_name(line.command)
        if line.transaction_type:
            asked += say(": ", "：") + names.transaction(line.transaction_type)
        made.add_row(f"{line.seq:,}", local(line.at_ms, zone), line.actor, asked, came)
    console.print(made)


def _pretty(raw: bytes) -> str:
    try:
        return msgspec.json.format(raw, indent=2).decode(errors="replace")
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


def _counted(events: Sequence[str]) -> str:
    """Events in order, repetitions counted: `QuotaApproved ×391`."""
    counts = {name: events.count(name) for name in dict.fromkeys(events)}
    said = [event_name(name) + (f" ×{count:,}" if count > 1 else "") for name, count in counts.items()]
    return say(", ", "、").join(said)


@command(
    journal,
    "export",
    path="journal export",
    examples=[
        "capwright journal export demo.sqlite --format jsonl -o demo.jsonl",
        "capwright journal export demo.sqlite --format beancount -o demo.beancount",
    ],
)
def export_command(
    db: DbArgument,
    kind: Annotated[
        str, typer.Option("--format", metavar="jsonl|beancount", help="Format. 格式。")
    ] = "jsonl",
    to: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="New file; without it, stdout. 新文件；不填则输出到标准输出。",
        ),
    ] = None,
) -> None:
    """Write a journal out: as JSON lines, hashes included, or as a Beancount file that `bean-check` accepts.

    导出日志：JSON 行（含散列值）或 Beancount 账簿。
    """
    if kind not in FORMATS:
        raise bad_argument("--format", NOT_A_CHOICE, text=kind[:40], choices=", ".join(FORMATS))
    with opened(db) as store, _target(to) as stream:
        written = _jsonl(store, stream) if kind == "jsonl" else _beancount(store, stream)
    said = say(f"{written:,} rows written to {to}.", f"已将{written:,}行写入{to}。")
    if settings.json and to:
        emit_json({"format": kind, "file": str(to), "rows": written})
    elif to:
        note(said)


@contextlib.contextmanager
def _target(path: Path | None) -> Iterator[IO[bytes]]:
    """Where an export goes: stdout, or a new file that appears under its name only when it is whole."""
    if path is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    new_file(path)
    if path.exists():  # an export does not even replace an export
        raise BadInput(Refusal(FILE_THERE.code), str(path))
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    except OSError as fault:
        raise BadInput(Refusal(UNWRITABLE.code, {"why": fault.strerror or str(fault)}), str(path)) from None
    finally:
        part.unlink(missing_ok=True)


def _jsonl(store: Store, stream: IO[bytes]) -> int:
    from capwright.journal.export import export_jsonl

    return export_jsonl(store, stream)


def _beancount(store: Store, stream: IO[bytes]) -> int:
    from capwright.beancount import beancount_lines
    from capwright.journal.replay import chained

    opening = opening_of(store)
    for line in beancount_lines(chained(store), currency=opening.currency, zone=opening.zone):
        stream.write(line.encode() + b"\n")
    return store.head().seq
