"""Clearing statements: what a day's trades came to for every member, and what is not cleared yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.journal.codec import market_codec
from capwright.market.composition import room_of
from capwright.projection.rows import row_of
from capwright.settlement.messages import Statement, TradesCleared
from capwright.settlement.room import SettlementRoom

if TYPE_CHECKING:
    from capwright.market import Market
    from capwright.projection.replica import Replica

__all__ = ["ClearedDay", "cleared_in", "clearings", "uncleared"]


class ClearedDay(Struct, frozen=True):
    """A clearing: the row of the journal that holds its statements."""

    seq: int
    at_ms: int


def clearings(replica: Replica, count: int = 60) -> list[ClearedDay]:
    """The latest clearings, the latest first."""
    rows = replica.views.rows(
        "SELECT seq, at_ms FROM act WHERE command = 'ClearTrades' AND refused = '' ORDER BY seq DESC LIMIT ?",
        (count,),
    )
    return [ClearedDay(row["seq"], row["at_ms"]) for row in rows]


def cleared_in(replica: Replica, seq: int) -> TradesCleared | None:
    """The statements of a clearing."""
    row = row_of(replica.views, replica.url, seq)
    if row is None:
        return None
    return next((e for e in market_codec().events(row.events) if isinstance(e, TradesCleared)), None)


def uncleared(market: Market) -> list[Statement]:
    """What the trades since the last clearing come to so far; fees still stand with those who pay them."""
    state = room_of(market.rooms, SettlementRoom).state
    return [
        Statement(
            account,
            net.trades,
            net.bought_fen,
            net.sold_fen,
            net.fees_fen,
            net.sold_fen - net.bought_fen - net.fees_fen,
            {kind: t for kind, t in state.net_t.get(account, {}).items() if t},
        )
        for account, net in sorted(state.nets.items())
    ]
