"""Which units moved when and where: an index of ranges, so that the life of one unit is found at once.

A range stands under its *node*, the number within it that the highest power of two divides. Around every node
lies the span that its power allows, so the ranges that contain a unit stand under the one node of each power
whose span the unit is in: some sixty look-ups, however many ranges there are (a relational interval tree:
Kriegel, Pötke and Seidl, VLDB 2000).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capwright.journal.driver import insert
from capwright.ledger.messages import PostingEvent, TransactionCompleted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from capwright.projection.follower import Committed
    from capwright.projection.views import Views

__all__ = ["MOVE_TABLES", "Mover", "moves_of"]

MOVE_TABLES: Final = """
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE moved (
    series INTEGER NOT NULL, node INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, event INTEGER NOT NULL, source INTEGER NOT NULL,
    target INTEGER NOT NULL, type INTEGER NOT NULL, transaction_id INTEGER NOT NULL,
    PRIMARY KEY (series, node, seq, n)) WITHOUT ROWID;
"""
_VALUES: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_POWERS: Final = 63  # serial numbers have fewer bits
_FOUND: Final = f"""
SELECT act.seq, act.at_ms, act.command_id, act.actor, event.text, source.text, target.text, first, last,
    type.text, done.text
FROM moved JOIN act ON act.seq = moved.seq JOIN name AS event ON event.id = event
    JOIN name AS source ON source.id = source JOIN name AS target ON target.id = target
    JOIN name AS type ON type.id = type JOIN name AS done ON done.id = moved.transaction_id
WHERE series = (SELECT id FROM name WHERE text = ?) AND node IN ({", ".join("?" * _POWERS)})
    AND first <= ? AND last >= ? ORDER BY moved.seq, n
"""  # noqa: S608 - marks only
_MOST_KNOWN: Final = 200_000  # names whose ids are kept in memory


def node_of(first: int, last: int) -> int:
    """The number from `first` to `last` that the highest power of two divides."""
    power = ((first - 1) ^ last).bit_length() - 1
    return last >> power << power


def nodes_around(number: int) -> list[int]:
    """The node of each power of two under which a range that contains `number` can stand."""
    return [number >> power + 1 << power + 1 | 1 << power for power in range(_POWERS)]


def moves_of(views: Views, series: str, number: int) -> list[tuple[Any, ...]]:
    """What happened to a unit, oldest first: the fields of a `history.Step` in their order."""
    found = views.rows(_FOUND, (series, *nodes_around(number), number, number))
    return [tuple(row) for row in found]


class _Names(dict[str, int]):
    """The numbers of names; one that is asked for the first time gets its own."""

    cursor: sqlite3.Cursor

    def __missing__(self, text: str) -> int:
        self.cursor.execute("INSERT OR IGNORE INTO name (text) VALUES (?)", (text,))
        found = self.cursor.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()
        self[text] = int(found[0])
        return self[text]


class Mover:
    """Feeds the tables. Names are kept once, as numbers: places are long, and come again and again."""

    def __init__(self) -> None:
        self._ids = _Names()

    def forget(self) -> None:
        """The tables are not what they were: a transaction was rolled back, or they are empty."""
        self._ids.clear()

    def take(self, cursor: sqlite3.Cursor, rows: Iterable[Committed]) -> None:
        """Take in rows, in the transaction of the cursor."""
        if len(self._ids) > _MOST_KNOWN:
            self._ids.clear()
        self._ids.cursor = cursor
        moves = [move for row in rows for move in _moves(self._ids, row)]
        insert(cursor.execute, "INSERT INTO moved", _VALUES, sorted(moves))  # neighbours in the tree


def _moves(ids: _Names, row: Committed) -> Iterator[tuple[int, ...]]:
    seq, n = row.seq, 0
    for event in row.events:
        if not isinstance(event, PostingEvent) or not (event.issues or event.units):
            continue
        type_, done = "", ""
        if isinstance(event, TransactionCompleted):
            type_, done = event.type, event.transaction_id
        kind, more = ids[str(event.__struct_config__.tag)], (ids[type_], ids[done])
        for one in event.issues:
            n += 1
            yield (ids[one.series], node_of(one.first, one.last), seq, n, one.first, one.last,
                   kind, ids[""], ids[one.target], *more)  # fmt: skip
        for move in event.units:
            n += 1
            yield (ids[move.series], node_of(move.first, move.last), seq, n, move.first, move.last,
                   kind, ids[move.source], ids[move.target], *more)  # fmt: skip
