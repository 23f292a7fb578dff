"""Single rows of the journal, found by their numbers through the tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from capwright.journal.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.journal.chain import Record
    from capwright.projection.views import Views

__all__ = ["read_rows", "row_of"]

_AT_ONCE: Final = 500
_IDS: Final = "SELECT command_id FROM act WHERE seq IN (SELECT value FROM json_each(?))"


def read_rows(views: Views, url: str, seqs: Sequence[int]) -> Iterator[Record]:
    """Rows of the journal at `url` in the order of the numbers given; unknown ones are left out."""
    if not seqs:
        return
    store = open_store(url, read_only=True)
    try:
        for start in range(0, len(seqs), _AT_ONCE):
            part = seqs[start : start + _AT_ONCE]
            ids = [row["command_id"] for row in views.rows(_IDS, (json.dumps(part),))]
            found = {record.seq: record for record in store.find(ids)}
            yield from (found[seq] for seq in part if seq in found)
    finally:
        store.close()


def row_of(views: Views, url: str, seq: int) -> Record | None:
    """One row, or None when the tables have none of that number."""
    return next(read_rows(views, url, [seq]), None)
