"""Completed transactions as the registry operator sees them, and which may be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.projection.parts import part

if TYPE_CHECKING:
    from capwright.market import Market
    from capwright.projection.replica import Replica

__all__ = ["Done", "completed", "type_names"]


class Done(Struct, frozen=True):
    """A completed transaction. `undo` is the type that reverses it while it may be reversed, else empty."""

    seq: int
    id: str
    at_ms: int
    type: str
    source: str
    target: str
    quantity_t: int
    vintage: int
    reverses: str
    reversed: bool
    undo: str


def type_names(market: Market) -> dict[str, tuple[str, str]]:
    """English and Chinese names of the transaction types in force."""
    return {one.name: (one.en, one.zh) for one in market.rulebook.now().registry.transaction_types}


def completed(replica: Replica, before: int, count: int, kind: str = "") -> tuple[list[Done], int]:
    """Completed transactions, the latest first, from before a row of the journal (0: from the end).

    Also the row before which the list goes on; 0 at its end.
    """
    rows, following = part(
        replica.views,
        "SELECT done.*, EXISTS (SELECT 1 FROM completed later WHERE later.reverses = done.transaction_id)"
        " AS undone FROM completed done WHERE (? = 0 OR done.seq < ?) AND (? = '' OR done.type = ?)"
        " ORDER BY done.seq DESC, done.rowid DESC",
        (before, before, kind, kind),
        count,
        "seq",
    )
    with replica.look() as market:
        types = market.rulebook.now().registry.transaction_types
        known = market.registry.state.reversible
        reversible = {row["transaction_id"] for row in rows if row["transaction_id"] in known}
    undo = {one.reverses: one.name for one in types if one.reverses}
    found = [
        Done(
            seq=row["seq"],
            id=row["transaction_id"],
            at_ms=row["at_ms"],
            type=row["type"],
            source=row["source"],
            target=row["target"],
            quantity_t=row["quantity_t"],
            vintage=row["vintage"],
            reverses=row["reverses"],
            reversed=bool(row["undone"]),
            undo=undo.get(row["type"], "") if row["transaction_id"] in reversible else "",
        )
        for row in rows
    ]
    return found, following or 0
