"""What a certificate says, worked out from the journal and from nothing else.

Nothing is kept when a certificate is made: whoever checks it works the same content out again. The id names a
row of the journal (and for holdings the account) and the beginning of a digest over row and content, so that
a paper with other figures does not check out.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from capwright.kernel.serial import RangeSet
from capwright.ledger.messages import PostingEvent, TransactionCompleted
from capwright.ledger.place import account_of, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from capwright.kernel.message import Event
    from capwright.ledger.book import Book

__all__ = ["ENDS", "KINDS", "Certificate", "Held", "Kind", "Line", "named", "of_row"]

Kind: TypeAlias = Literal["surrender", "cancellation", "holding"]
KINDS: Final[tuple[Kind, ...]] = ("surrender", "cancellation", "holding")
ENDS: Final[tuple[Kind, ...]] = ("surrender", "cancellation")  # purposes of accounts that units do not leave
_DIGITS: Final = 24  # of the digest in an id: 96 bits


class Line(Struct, frozen=True):
    """Units of a series, all in one state (`free`, `held` or `frozen`; empty for units handed in)."""

    series: str
    state: str
    ranges: tuple[tuple[int, int], ...]

    @property
    def quantity_t(self) -> int:
        """How many tonnes; both ends of a range count."""
        return sum(last - first + 1 for first, last in self.ranges)


class Certificate(Struct, frozen=True):
    """What `account` handed in with row `seq` of the journal, or held after it.

    `at_ms` and `row_hash` are those of the row; `vintage` is the compliance year served (0: none).
    """

    kind: Kind
    account: str
    seq: int
    at_ms: int
    row_hash: str
    lines: tuple[Line, ...]
    vintage: int = 0
    transaction_id: str = ""

    @property
    def quantity_t(self) -> int:
        """The sum of the lines."""
        return sum(line.quantity_t for line in self.lines)

    @property
    def digest(self) -> str:
        """SHA-256 over everything stated, as JSON, in hexadecimal."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def id(self) -> str:
        """What the public check asks for: row, account of a holding, digest."""
        account = f"{self.account}." if self.kind == "holding" else ""
        return f"{self.seq}.{account}{self.digest[:_DIGITS]}"


class Name(Struct, frozen=True):
    """An id taken apart."""

    seq: int
    account: str
    digest: str


def named(kind: str, text: str) -> Name | None:
    """Take an id apart; None for what can be none."""
    parts = text.strip().split(".")
    wanted = 3 if kind == "holding" else 2
    if kind not in KINDS or len(parts) != wanted or not parts[0].isascii() or not parts[0].isdecimal():
        return None
    if len(parts[0]) > 18 or len(parts[-1]) != _DIGITS:  # noqa: PLR2004 - 64 bits
        return None
    return Name(int(parts[0]), parts[1] if kind == "holding" else "", parts[-1].lower())


def of_row(
    seq: int, at_ms: int, row_hash: bytes, events: Iterable[Event], purposes: Mapping[str, str]
) -> Iterator[Certificate]:
    """What the events of a row certify; `purposes` are those of accounts by number."""
    for event in events:
        if isinstance(event, TransactionCompleted):
            kind = purposes.get(event.target)
            if kind in ENDS:
                yield Certificate(
                    "surrender" if kind == "surrender" else "cancellation",
                    event.source,
                    seq,
                    at_ms,
                    row_hash.hex(),
                    tuple(_lines(event)),
                    event.vintage,
                    event.transaction_id,
                )


def _lines(event: PostingEvent) -> Iterator[Line]:
    """Units of an event by series, neighbours joined."""
    by_series: dict[str, RangeSet] = {}
    for move in event.units:
        by_series.setdefault(move.series, RangeSet()).add(move.first, move.last)
    for series in sorted(by_series):
        yield Line(series, "", tuple(by_series[series]))


class Held:
    """The units of an account, from now backwards: `undo` the rows since, the latest first."""

    def __init__(self, book: Book, number: str) -> None:
        self.number = number
        self._units: dict[str, dict[str, RangeSet]] = {
            place: {series: _copy(ranges) for series, ranges in book.state.units[place].items()}
            for place in book.places_of(number)
            if place in book.state.units
        }

    def undo(self, events: Sequence[Event]) -> None:
        """Go back before a row."""
        for event in reversed(events):
            if not isinstance(event, PostingEvent):
                continue
            for move in reversed(event.units):
                if account_of(move.target) == self.number:
                    self._take(move.target, move.series, move.first, move.last)
                if account_of(move.source) == self.number:
                    here = self._units.setdefault(move.source, {})
                    here.setdefault(move.series, RangeSet()).add(move.first, move.last)
            for issue in reversed(event.issues):
                if account_of(issue.target) == self.number:
                    self._take(issue.target, issue.series, issue.first, issue.last)

    def _take(self, place: str, series: str, first: int, last: int) -> None:
        self._units[place][series].remove(first, last)

    def lines(self) -> tuple[Line, ...]:
        """What is held, by series and state."""
        found: dict[tuple[str, str], RangeSet] = {}
        for place, by_series in self._units.items():
            state = bucket_of(place).partition(":")[0]
            state = state if state in {"", "held"} else "frozen"
            for series, ranges in by_series.items():
                here = found.setdefault((series, state or "free"), RangeSet())
                for first, last in ranges:
                    here.add(first, last)
        return tuple(Line(*key, tuple(found[key])) for key in sorted(found) if found[key].size_t)

    def certificate(self, seq: int, at_ms: int, row_hash: bytes) -> Certificate:
        """What was held after the row that was arrived at."""
        return Certificate("holding", self.number, seq, at_ms, row_hash.hex(), self.lines())


def _copy(ranges: RangeSet) -> RangeSet:
    return RangeSet.from_bytes(ranges.to_bytes())
