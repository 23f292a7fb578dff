"""A journal as JSON lines, one record each, and back."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

import msgspec

from capwright.journal.chain import EMPTY, Head, Record, follow, pack
from capwright.journal.fault import ChainFault
from capwright.journal.replay import records
from capwright.kernel.refusal import BadInput, Refusal, define, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.journal.store import Store

__all__ = ["Line", "export_jsonl", "import_jsonl"]

BAD_LINE = define(
    "CW-8507",
    en="This line is not a record of a journal: {reason}.",
    zh="此行不是日志记录：{reason}。",
    mend_en="Import a file as `capwright journal export` wrote it.",
    mend_zh="请导入由 capwright journal export 写出的文件。",
    rule="design: the journal is the only truth",
)
NOT_EMPTY = define(
    "CW-8508",
    en="The journal already has {count:,} records; only an empty one takes an import.",
    zh="该日志已有{count:,}条记录；只有空日志可以导入。",
    rule="design: the journal is the only truth",
)
_BATCH: Final = 1000


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One line: `hash` in hexadecimal, `command` and `events` the very bytes that were hashed."""

    seq: int
    at: int
    command_id: str
    actor: str
    command: msgspec.Raw
    events: msgspec.Raw
    hash: str


def export_jsonl(store: Store, out: IO[bytes], *, from_seq: int = 1, to_seq: int | None = None) -> int:
    """Write the records from `from_seq` to `to_seq`, or to the end, checking the chain; return how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    for one in records(store, from_seq):
        if to_seq is not None and one.seq > to_seq:
            break
        line = Line(
            one.seq,
            one.at,
            one.command_id,
            one.actor,
            msgspec.Raw(one.command),
            msgspec.Raw(one.events),
            one.hash.hex(),
        )
        out.write(encoder.encode(line) + b"\n")
        count += 1
    return count


def import_jsonl(store: Store, lines: Iterable[bytes], file: str = "") -> Head:
    """Fill an empty journal with exported lines and return its head.

    The chain is checked line by line; raises `BadInput` at a wrong one, and nothing behind it is written.
    """
    store.lease()
    try:
        return _import(store, lines, file)
    finally:
        store.release()


def _import(store: Store, lines: Iterable[bytes], file: str) -> Head:
    if store.head() != EMPTY:
        refuse(NOT_EMPTY, count=store.head().seq)
    decoder = msgspec.json.Decoder(Line)
    head = EMPTY
    waiting: list[Record] = []
    packed: list[bytes] = []
    for number, text in enumerate(lines, 1):
        try:
            line = decoder.decode(text)
            command, events = bytes(line.command), bytes(line.events)
            name, actor = line.command_id.encode(), line.actor.encode()
            row = (line.seq, line.at, name, actor, command, events, bytes.fromhex(line.hash))
            head = follow(head, row)
        except ChainFault as wrong:
            raise BadInput(wrong.refusal, file, number) from wrong
        except (msgspec.MsgspecError, ValueError, RecursionError) as wrong:
            raise BadInput(Refusal(BAD_LINE.code, {"reason": str(wrong)}), file, number) from wrong
        waiting.append(Record(line.seq, line.at, line.command_id, line.actor, command, events, row[6]))
        packed.append(pack(*row[:6]))
        if len(waiting) == _BATCH:
            store.append(waiting, packed)
            waiting, packed = [], []
    if waiting:
        store.append(waiting, packed)
    return head
