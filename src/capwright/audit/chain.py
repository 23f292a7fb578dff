"""The chain of rows: numbering, hashes, times, command ids. Written from the format's description alone."""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from capwright.audit import findings as says

if TYPE_CHECKING:
    from capwright.audit.findings import Findings

__all__ = ["GENESIS", "Chain", "Row", "row_hash", "text_of"]

# seq, at (ms UTC since 1970), command_id, actor, command (JSON), events (JSON array), hash. The two
# texts may come as raw UTF-8, as a store hands them out.
Row: TypeAlias = tuple[int, int, str | bytes, str | bytes, bytes, bytes, bytes]

GENESIS: Final = sha256(b"capwright journal 1").digest()
_HASH_SIZE: Final = 32
_LARGEST: Final = 2**63 - 1
_fixed: Final = struct.Struct(">iqiqi").pack
_length: Final = struct.Struct(">i").pack


def row_hash(
    before: bytes, seq: int, at: int, command_id: bytes, actor: bytes, command: bytes, events: bytes
) -> bytes:
    """Return the hash of a row that follows the row with the hash `before`.

    SHA-256 over `before` and the columns seq, at, command_id, actor, command and events in this order, each
    behind its length as a big-endian 32-bit number; the two numbers are big-endian 64-bit.
    """
    parts = (
        before,
        _fixed(8, seq, 8, at, len(command_id)),
        command_id,
        _length(len(actor)),
        actor,
        _length(len(command)),
        command,
        _length(len(events)),
        events,
    )
    return sha256(b"".join(parts)).digest()


def text_of(column: str | bytes) -> str:
    """Return a text column as text, whatever it holds."""
    return column.decode(errors="replace") if isinstance(column, bytes) else column


class Chain:
    """Checks each row against the row before it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._ids: set[bytes] = set()
        self.head = GENESIS
        self._computed = GENESIS  # differs from `head` only after a row whose hash did not fit
        self.seq = 0
        self.at = 0

    def check(self, row: Row) -> bool:
        """Check one row; false when a column is of the wrong type, so that nothing else can be said of it."""
        findings = self._findings
        if not self._fits(row):
            self.seq += 1
            return False
        seq, at, key, sender, command, events, stored = row
        findings.seq = seq
        if isinstance(key, str):
            key = key.encode(errors="surrogatepass")
        if isinstance(sender, str):
            sender = sender.encode(errors="surrogatepass")
        if seq != self.seq + 1:
            findings.add(says.GAP, expected=self.seq + 1, found=seq)
        if at < self.at:
            findings.add(says.TIME_BACK, found=at, before=self.at)
        if key in self._ids:
            findings.add(says.COMMAND_TWICE, command_id=text_of(key))
        self._ids.add(key)
        computed = row_hash(self.head, seq, at, key, sender, command, events)
        if computed != stored:
            computed = self._broken(computed, stored, seq, at, key, sender, command, events)
        self.seq, self.at, self.head, self._computed = seq, at, stored, computed
        return True

    def _broken(self, computed: bytes, stored: bytes, seq: int, at: int, *columns: bytes) -> bytes:
        """Note a row that does not fit, unless only the hash column of the row before it was altered."""
        if self._computed != self.head:
            other = row_hash(self._computed, seq, at, *columns)
            if other == stored:
                return other
        self._findings.add(says.HASH_BROKEN, found=stored.hex(), expected=computed.hex())
        return computed

    def _fits(self, row: Row) -> bool:
        """Whether every column is of its type; notes those that are not."""
        seq, at, command_id, actor, command, events, stored = row
        if (
            type(seq) is int
            and 0 < seq <= _LARGEST
            and type(at) is int
            and 0 <= at <= _LARGEST
            and command_id
            and ((type(command_id) is bytes and command_id.isascii()) or _is_text(command_id))
            and ((type(actor) is bytes and actor.isascii()) or _is_text(actor))
            and type(command) is bytes
            and type(events) is bytes
            and type(stored) is bytes
            and len(stored) == _HASH_SIZE
        ):
            return True
        number_fits = type(seq) is int and 0 < seq <= _LARGEST
        self._findings.seq = seq if number_fits else self.seq + 1
        for column, fits, en, zh in (
            ("seq", number_fits, "a positive number", "正整数"),
            ("at", type(at) is int and 0 <= at <= _LARGEST, "milliseconds since 1970", "自1970年起的毫秒数"),
            ("command_id", command_id and _is_text(command_id), "text", "文本"),
            ("actor", _is_text(actor), "text", "文本"),
            ("command", type(command) is bytes, "bytes", "字节"),
            ("events", type(events) is bytes, "bytes", "字节"),
            ("hash", type(stored) is bytes and len(stored) == _HASH_SIZE, "32 bytes", "32个字节"),
        ):
            if not fits:
                self._findings.add(says.BAD_COLUMN, column=column, expected=en, expected_zh=zh)
        return False


def _is_text(column: Any) -> bool:
    if type(column) is bytes:
        if column.isascii():
            return True
        try:
            column.decode()
        except UnicodeDecodeError:
            return False
        return True
    return type(column) is str
