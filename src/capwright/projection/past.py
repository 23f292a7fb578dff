"""What lay in an account at an earlier time: its own rows added up, however long the journal is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from capwright.journal.codec import market_codec
from capwright.ledger.messages import PostingEvent
from capwright.ledger.place import account_of, bucket_of
from capwright.projection.records import Holding
from capwright.projection.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.projection.views import Views

__all__ = ["holdings_at"]

_LAST: Final = "SELECT coalesce(max(seq), 0) AS seq FROM act WHERE at_ms <= ?"
_TOUCHED: Final = "SELECT seq FROM touch WHERE account = ? AND seq <= ? ORDER BY seq"


def holdings_at(views: Views, url: str, number: str, until_ms: int) -> tuple[list[Holding], int]:
    """Everything that lay in an account at the end of the millisecond `until_ms` (UTC since 1970).

    Bucket by bucket, free first; with the last row of the journal by then. A row that moves anything into or
    out of an account names it, and the tables know which rows name whom.
    """
    last = views.rows(_LAST, (until_ms,))[0]["seq"]
    seqs = [row["seq"] for row in views.rows(_TOUCHED, (number, last))]
    codec = market_codec()
    units_t: Counter[tuple[str, str]] = Counter()  # bucket, series
    cash_fen: Counter[str] = Counter()
    for record in read_rows(views, url, seqs):
        for event in codec.events(record.events):
            if isinstance(event, PostingEvent):
                for bucket, series, moved_t in _units(event, number):
                    units_t[bucket, series] += moved_t
                for bucket, moved_fen in _cash(event, number):
                    cash_fen[bucket] += moved_fen
    found = [
        Holding(number, bucket, series, left_t) for (bucket, series), left_t in units_t.items() if left_t
    ]
    found += [Holding(number, bucket, cash_fen=left_fen) for bucket, left_fen in cash_fen.items() if left_fen]
    return sorted(found, key=lambda one: (one.bucket, one.series == "", one.series)), last


def _units(event: PostingEvent, number: str) -> Iterator[tuple[str, str, int]]:
    for issue in event.issues:
        if (bucket := _bucket(issue.target, number)) is not None:
            yield bucket, issue.series, issue.last - issue.first + 1
    for move in event.units:
        moved_t = move.last - move.first + 1
        if (bucket := _bucket(move.source, number)) is not None:
            yield bucket, move.series, -moved_t
        if (bucket := _bucket(move.target, number)) is not None:
            yield bucket, move.series, moved_t


def _cash(event: PostingEvent, number: str) -> Iterator[tuple[str, int]]:
    for move in event.cash:
        if (bucket := _bucket(move.source, number)) is not None:
            yield bucket, -move.amount_fen
        if (bucket := _bucket(move.target, number)) is not None:
            yield bucket, move.amount_fen


def _bucket(place: str, number: str) -> str | None:
    """The bucket of the account that a place is; None for another's."""
    return bucket_of(place) if account_of(place) == number else None
