"""What a trade is put together from: the two sides with their fees, and the ranges of units that move."""

from __future__ import annotations

from capwright.exchange.prices import fee_fen
from capwright.ledger.messages import UnitMove
from capwright.ledger.place import HELD, ORDER

__all__ = ["Sides", "Spans", "cut", "moved", "order_place"]

# Ranges of units at a place: series, first, last, place.
Spans = list[tuple[str, int, int, str]]


def order_place(account: str, order_id: str) -> str:
    """Where an account holds what it has promised with an order or a deal."""
    return f"{account}#{HELD}{ORDER}{order_id}"


class Sides:
    """The two sides of a trade being put together: what each pays and delivers, fees on its whole order."""

    __slots__ = ("account", "fee_fen", "order_id", "ppm", "value_fen")

    def __init__(self, account: str, order_id: str, value_fen: int, fee_fen: int, ppm: int) -> None:
        self.account = account
        self.order_id = order_id
        self.value_fen = value_fen
        self.fee_fen = fee_fen
        self.ppm = ppm

    def charge(self, value_fen: int) -> int:
        """Count a piece traded and return the fee that it adds."""
        self.value_fen += value_fen
        due_fen = fee_fen(self.value_fen, self.ppm) if self.ppm else 0
        added_fen, self.fee_fen = due_fen - self.fee_fen, due_fen
        return added_fen


def moved(spans: Spans, target: str) -> tuple[UnitMove, ...]:
    """Postings that move spans to a place."""
    return tuple([UnitMove(series, first, last, at, target) for series, first, last, at in spans])


def cut(spans: Spans, quantity_t: int) -> tuple[Spans, Spans]:
    """The first `quantity_t` units of the spans, and the rest."""
    taken: Spans = []
    for n, (series, first, last, at) in enumerate(spans):
        size_t = last - first + 1
        if size_t <= quantity_t:
            taken.append((series, first, last, at))
            quantity_t -= size_t
            if not quantity_t:
                return taken, spans[n + 1 :]
            continue
        if quantity_t:
            taken.append((series, first, first + quantity_t - 1, at))
        return taken, [(series, first + quantity_t, last, at), *spans[n + 1 :]]
    assert not quantity_t, "fewer units than are needed"
    return taken, []
