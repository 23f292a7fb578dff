"""Certificates of the market that is shown: which there are, and whether one checks out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal, cast

from msgspec import Struct

from capwright.journal.codec import market_codec
from capwright.journal.store import open_store
from capwright.projection.certificates import ENDS, Certificate, Held, named, of_row
from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.journal.chain import Record
    from capwright.journal.store import Store
    from capwright.projection.certificates import Name

__all__ = ["Checked", "check", "holding_now", "listed"]

MOST_UNDONE: Final = 20_000  # rows that one look at past holdings goes back over
_LISTED: Final = 100
_AT_ONCE: Final = 1_000
_REVERSAL: Final = "SELECT seq FROM completed WHERE reverses = ?"


class Checked(Struct, frozen=True):
    """What came of a check.

    `valid`: so it stands in the journal. `superseded`: it did, and row `by_seq` changed that (0: not one row
    alone). `unknown`: the journal says otherwise, or nothing. `old`: too much has happened since to go back.
    """

    status: Literal["valid", "superseded", "unknown", "old"]
    certificate: Certificate | None = None
    by_seq: int = 0


def check(kind: str, text: str) -> Checked:
    """Work out again what the certificate of this id must say."""
    name = named(kind, text)
    if name is None or not 0 < name.seq <= host().head.seq:
        return Checked("unknown")
    if kind == "holding":
        return _check_holding(name)
    found = next(
        (one for one in _of_seq(name.seq) if one.kind == kind and one.id.rpartition(".")[2] == name.digest),
        None,
    )
    if found is None:
        return Checked("unknown")
    undone = host().views.rows(_REVERSAL, (found.transaction_id,))
    return Checked("superseded", found, undone[0]["seq"]) if undone else Checked("valid", found)


def _check_holding(name: Name) -> Checked:
    with host().look() as market:
        account = market.book.account(name.account)
        if account is None:
            return Checked("unknown")
        held, head = Held(market.book, name.account), host().head
    host().follower.wait_for(head.seq)  # the tables come after the state
    now = held.lines()
    since = host().views.rows(
        "SELECT act.seq, act.command_id FROM touch JOIN act ON act.seq = touch.seq"
        " WHERE account = ? AND touch.seq > ? AND touch.seq <= ? AND refused = ''"
        " ORDER BY touch.seq DESC LIMIT ?",
        (name.account, name.seq, head.seq, MOST_UNDONE + 1),
    )
    if len(since) > MOST_UNDONE:
        return Checked("old")
    with _store() as store:
        for record in _newest_first(store, [row["command_id"] for row in since]):
            held.undo(market_codec().events(record.events))
        row = _record(store, name.seq)
    found = held.certificate(row.seq, row.at, row.hash)
    if found.id.rpartition(".")[2] != name.digest:
        return Checked("unknown")
    return Checked("valid" if found.lines == now else "superseded", found)


def holding_now(number: str) -> Certificate:
    """What an account holds after the last row."""
    with host().look() as market:
        held, head = Held(market.book, number), host().head
    return held.certificate(head.seq, head.at, head.hash)


def listed(number: str) -> list[Checked]:
    """What an account handed in, the latest first."""
    with host().look() as market:
        ends = [one.number for one in market.book.state.accounts.values() if one.purpose in ENDS]
    marks = ", ".join("?" * len(ends))
    rows = host().views.rows(
        f"SELECT done.seq, done.transaction_id, undone.seq AS by_seq FROM completed AS done"  # noqa: S608 - marks
        f" LEFT JOIN completed AS undone ON undone.reverses = done.transaction_id"
        f" WHERE done.source = ? AND done.target IN ({marks}) ORDER BY done.seq DESC LIMIT ?",
        (number, *ends, _LISTED),
    )
    by_transaction = {
        one.transaction_id: one for seq in sorted({row["seq"] for row in rows}) for one in _of_seq(seq)
    }
    return [
        Checked(
            "superseded" if row["by_seq"] else "valid",
            by_transaction[row["transaction_id"]],
            row["by_seq"] or 0,
        )
        for row in rows
    ]


def _of_seq(seq: int) -> list[Certificate]:
    with host().look() as market:
        purposes = {
            one.number: one.purpose for one in market.book.state.accounts.values() if one.purpose in ENDS
        }
    with _store() as store:
        row = _record(store, seq)
    return list(of_row(row.seq, row.at, row.hash, market_codec().events(row.events), purposes))


@contextmanager
def _store() -> Iterator[Store]:
    store = open_store(host().settings.db, read_only=True)
    try:
        yield store
    finally:
        store.close()


def _record(store: Store, seq: int) -> Record:
    (row,) = host().views.rows("SELECT command_id FROM act WHERE seq = ?", (seq,))
    (record,) = store.find([cast("str", row["command_id"])])
    return record


def _newest_first(store: Store, command_ids: Sequence[str]) -> Iterator[Record]:
    """The rows of commands that are given newest first."""
    for start in range(0, len(command_ids), _AT_ONCE):
        yield from sorted(
            store.find(command_ids[start : start + _AT_ONCE]), key=lambda one: one.seq, reverse=True
        )
