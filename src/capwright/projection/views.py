"""Tables for what has been: trades, closes, completed transactions, who did what. They can be built again.

They live in a file beside a SQLite journal (`market.sqlite.views`), since the engine is the only writer of
the journal's own. One process feeds them, in the order of the journal; how far they are stands in the table
`progress`, written in the same transaction. Readers open connections of their own.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from capwright.exchange.messages import TradingDayClosed
from capwright.journal.chain import EMPTY, Head, follow
from capwright.journal.codec import market_codec
from capwright.journal.driver import insert
from capwright.kernel.account_number import PATTERN
from capwright.kernel.message import CommandRefused
from capwright.ledger.messages import TradeBusted, TradeSettled, TransactionCompleted
from capwright.projection.follower import Committed
from capwright.projection.moves import MOVE_TABLES, Mover

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from capwright.journal.store import Store

__all__ = ["LAYOUT", "Views", "accounts_named"]

LAYOUT: Final = "4"  # changed with the tables: views of another layout are dropped and built anew
_TOGETHER: Final = 20_000  # rows of a transaction while tables are built: fewer writes of the same pages
_CACHE_KB: Final = 64_000  # of the feeder: the index of moves is written all over
_NUMBER: Final = re.compile(f'"({PATTERN})(?:#[^"]*)?"'.encode())
_COMMAND: Final = re.compile(rb'"command":"([A-Za-z]+)"')
_TABLES: Final = """
CREATE TABLE progress (seq INTEGER NOT NULL, hash BLOB NOT NULL, layout TEXT NOT NULL);
CREATE TABLE trade (
    seq INTEGER NOT NULL, trade_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, product TEXT NOT NULL,
    kind TEXT NOT NULL, mode TEXT NOT NULL, price_fen_per_t INTEGER NOT NULL, quantity_t INTEGER NOT NULL,
    buyer TEXT NOT NULL, seller TEXT NOT NULL, aggressor TEXT NOT NULL, busted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX trade_seq ON trade (seq);
CREATE INDEX trade_product ON trade (product, seq);
CREATE INDEX trade_buyer ON trade (buyer, seq);
CREATE INDEX trade_seller ON trade (seller, seq);
CREATE TABLE day (
    product TEXT NOT NULL, on_day TEXT NOT NULL, opening_fen INTEGER NOT NULL, first_fen INTEGER NOT NULL,
    high_fen INTEGER NOT NULL, low_fen INTEGER NOT NULL, closing_fen INTEGER NOT NULL,
    trades INTEGER NOT NULL,
    volume_t INTEGER NOT NULL, turnover_fen INTEGER NOT NULL, PRIMARY KEY (product, on_day)) WITHOUT ROWID;
CREATE TABLE completed (
    seq INTEGER NOT NULL, transaction_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, type TEXT NOT NULL,
    source TEXT NOT NULL, target TEXT NOT NULL, quantity_t INTEGER NOT NULL, vintage INTEGER NOT NULL,
    reverses TEXT NOT NULL);
CREATE INDEX completed_seq ON completed (seq);
CREATE INDEX completed_type ON completed (type, seq);
CREATE INDEX completed_source ON completed (source, seq);
CREATE INDEX completed_reverses ON completed (reverses) WHERE reverses <> '';
CREATE TABLE act (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, command TEXT NOT NULL,
    command_id TEXT NOT NULL, refused TEXT NOT NULL);
CREATE INDEX act_at ON act (at_ms);
CREATE INDEX act_actor ON act (actor, seq);
CREATE INDEX act_command ON act (command, seq);
CREATE INDEX act_actor_command ON act (actor, command, seq);
CREATE INDEX act_refused ON act (seq) WHERE refused <> '';
CREATE TABLE touch (
    account TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (account, seq)) WITHOUT ROWID;
CREATE TABLE tally (
    what TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, refused INTEGER NOT NULL,
    PRIMARY KEY (what, name)) WITHOUT ROWID;
"""
_BUST: Final = "UPDATE trade SET busted = 1 WHERE trade_id = ?"
_ADD: Final = "ON CONFLICT DO UPDATE SET count = count + excluded.count, refused = refused + excluded.refused"


class Views:
    """The tables and their feeder. `take` is for one thread; `reading` is for any."""

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._write = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._write.execute("PRAGMA journal_mode = WAL")
        self._write.execute("PRAGMA synchronous = OFF")  # a view lost is a view built again
        self._write.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._mover = Mover()
        self.seq, self._hash = self._begin()

    def _begin(self) -> tuple[int, bytes]:
        try:
            row = self._write.execute("SELECT seq, hash, layout FROM progress").fetchone()
        except sqlite3.OperationalError:
            row = None
        if row is not None and row[2] == LAYOUT:
            return int(row[0]), bytes(row[1])
        self._clear()
        return 0, EMPTY.hash

    def _clear(self) -> None:
        for (name,) in self._write.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            self._write.execute(f'DROP TABLE "{name}"')
        self._write.executescript(_TABLES + MOVE_TABLES)
        self._mover.forget()
        self._write.execute("INSERT INTO progress VALUES (0, ?, ?)", (EMPTY.hash, LAYOUT))
        self.seq, self._hash = 0, EMPTY.hash

    def build(self, store: Store) -> None:
        """Take in what the journal has and the tables lack; build anew if they follow another journal."""
        codec = market_codec()
        if self.seq and not self._belongs(store):
            self._clear()
        head = Head(self.seq, 0, self._hash)
        rows: list[Committed] = []
        for page in store.scan(self.seq + 1):
            for row in page:
                head = follow(head, row)
                rows.append(Committed.of(row, codec))
            if len(rows) >= _TOGETHER:
                self.take(rows)
                rows = []
        self.take(rows)

    def _belongs(self, store: Store) -> bool:
        for page in store.scan(self.seq):
            return bool(page) and page[0][0] == self.seq and page[0][6] == self._hash
        return False

    def take(self, rows: Sequence[Committed]) -> None:
        """Take in rows in order, in one transaction; those already there are passed over."""
        rows = [row for row in rows if row.seq > self.seq]
        if not rows:
            return
        cursor = self._write.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            acts = [_act(row) for row in rows]
            put = partial(insert, cursor.execute)
            put("INSERT INTO act", "(?, ?, ?, ?, ?, ?)", acts)
            put("INSERT INTO tally", "(?, ?, ?, ?)", _tallied(acts), _ADD)
            put("INSERT INTO touch", "(?, ?)", [each for row in rows for each in _touched(row)])
            self._mover.take(cursor, rows)
            found = _Found(rows)
            put("INSERT INTO trade", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", found.trades)
            cursor.executemany(_BUST, found.busted)
            put("INSERT INTO completed", "(?, ?, ?, ?, ?, ?, ?, ?, ?)", found.completed)
            put("INSERT OR REPLACE INTO day", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", found.days)
            last = rows[-1]
            cursor.execute("UPDATE progress SET seq = ?, hash = ?", (last.seq, last.hash))
            cursor.execute("COMMIT")
        except BaseException:
            if self._write.in_transaction:  # a full disk has ended it already
                cursor.execute("ROLLBACK")
            self._mover.forget()
            raise
        self.seq, self._hash = last.seq, last.hash

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection of this thread; rows by name."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA query_only = ON")
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
            self._readers.append(connection)
        yield connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query finds."""
        with self.reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Close all connections; nobody may be reading any more."""
        for connection in (*self._readers, self._write):
            connection.close()


class _Found:
    """What events of the market put into tables."""

    def __init__(self, rows: Sequence[Committed]) -> None:
        self.trades: list[tuple[Any, ...]] = []
        self.busted: list[tuple[str]] = []
        self.completed: list[tuple[Any, ...]] = []
        self.days: list[tuple[Any, ...]] = []
        for row in rows:
            for event in row.events:
                if isinstance(event, TradeSettled):
                    self.trades.append(_trade(row, event))
                elif isinstance(event, TradeBusted):
                    self.busted.append((event.trade_id,))
                elif isinstance(event, TransactionCompleted):
                    self.completed.append(_completed(row, event))
                elif isinstance(event, TradingDayClosed):
                    self.days.extend(_days(event))


def _act(row: Committed) -> tuple[int, int, str, str, str, str]:
    found = _COMMAND.search(row.command)
    name = found[1].decode() if found else ""
    first = row.events[0] if row.events else None
    refused = first.refusal.code if isinstance(first, CommandRefused) else ""
    return row.seq, row.at_ms, row.actor, name, row.command_id, refused


def _tallied(acts: Sequence[tuple[int, int, str, str, str, str]]) -> list[tuple[str, str, int, int]]:
    """How many rows each command, person and refusal has, and how many of them were refused."""
    count: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    for _seq, _at_ms, actor, command, _command_id, code in acts:
        keys = [("command", command), ("actor", actor)]
        if code:
            keys.append(("refused", code))
            refused.update(keys)
        count.update(keys)
    return [(*key, number, refused[key]) for key, number in count.items()]


def accounts_named(command: bytes, events: bytes) -> list[str]:
    """The accounts that a row of the journal touches: those that its command or its events name."""
    numbers = {*_NUMBER.findall(command), *_NUMBER.findall(events)}
    return [number.decode() for number in sorted(numbers)]


def _touched(row: Committed) -> list[tuple[str, int]]:
    return [(number, row.seq) for number in accounts_named(row.command, row.events_raw)]


def _trade(row: Committed, trade: TradeSettled) -> tuple[Any, ...]:
    return (
        row.seq, trade.trade_id, row.at_ms, trade.product or trade.kind, trade.kind, trade.mode,
        trade.price_fen_per_t, trade.quantity_t, trade.buyer, trade.seller, trade.aggressor,
    )  # fmt: skip


def _completed(row: Committed, done: TransactionCompleted) -> tuple[Any, ...]:
    return (
        row.seq, done.transaction_id, row.at_ms, done.type, done.source, done.target, done.quantity_t,
        done.vintage, done.reverses,
    )  # fmt: skip


def _days(closed: TradingDayClosed) -> list[tuple[Any, ...]]:
    return [
        (
            c.product, closed.on.isoformat(), c.opening_fen_per_t, c.first_fen_per_t, c.high_fen_per_t,
            c.low_fen_per_t, c.closing_fen_per_t, c.trades, c.volume_t, c.turnover_fen,
        )
        for c in closed.closes
    ]  # fmt: skip
