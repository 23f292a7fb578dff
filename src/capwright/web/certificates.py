"""Certificates of the market that is shown: which there are, and whether one checks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from capwright.journal.codec import market_codec
from capwright.projection.certificates import ENDS, Certificate, Held, named, of_row
from capwright.projection.rows import read_rows, row_of
from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.journal.chain import Record
    from capwright.projection.certificates import Name

__all__ = ["Checked", "check", "holding_now", "listed"]

MOST_UNDONE: Final = 20_000  # rows that one look at past holdings goes back over
_LISTED: Final = 100
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
    if name is None or not 0 < name.seq <= (head := host().head).seq:
        return Checked("unknown")
    host().follower.wait_for(head.seq)  # the tables come after the state
    if kind == "holding":
        return _check_holding(name)
    certified = (one for one in _of_rows([name.seq]) if one.kind == kind)
    found = next((one for one in certified if one.id.rpartition(".")[2] == name.digest), None)
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
        "SELECT act.seq FROM touch JOIN act ON act.seq = touch.seq"
        " WHERE account = ? AND touch.seq > ? AND touch.seq <= ? AND refused = ''"
        " ORDER BY touch.seq DESC LIMIT ?",
        (name.account, name.seq, head.seq, MOST_UNDONE + 1),
    )
    if len(since) > MOST_UNDONE:
        return Checked("old")
    for record in read_rows(host().views, host().url, [row["seq"] for row in since]):
        held.undo(market_codec().events(record.events))
    row = _record(name.seq)
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
    by_transaction = {one.transaction_id: one for one in _of_rows(sorted({row["seq"] for row in rows}))}
    return [
        Checked(
            "superseded" if row["by_seq"] else "valid",
            by_transaction[row["transaction_id"]],
            row["by_seq"] or 0,
        )
        for row in rows
    ]


def _of_rows(seqs: Sequence[int]) -> list[Certificate]:
    """What rows of the journal certify."""
    with host().look() as market:
        purposes = {
            one.number: one.purpose for one in market.book.state.accounts.values() if one.purpose in ENDS
        }
    codec = market_codec()
    return [
        one
        for row in read_rows(host().views, host().url, seqs)
        for one in of_row(row.seq, row.at, row.hash, codec.events(row.events), purposes)
    ]


def _record(seq: int) -> Record:
    row = row_of(host().views, host().url, seq)
    assert row is not None, seq
    return row
