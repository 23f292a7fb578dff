"""The book applies postings and answers what lies where.

It holds no rules: those are checked before an event exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.kernel.serial import RangeSet
from capwright.ledger.accounts import Account, Series
from capwright.ledger.messages import UnitMove
from capwright.ledger.place import BANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capwright.ledger.messages import CashMove, PostingEvent, UnitIssue

__all__ = ["Book", "BookState", "Draft"]


class BookState(Struct):
    """The state of the ledger: accounts by number, series by id, units by place and series, cash by place."""

    accounts: dict[str, Account] = {}
    series: dict[str, Series] = {}
    units: dict[str, dict[str, RangeSet]] = {}
    cash: dict[str, int] = {}


class Book:
    """Balances and the four operations on them: issue, move units, move cash, look up."""

    def __init__(self, state: BookState | None = None) -> None:
        self.load(state or BookState())

    def load(self, state: BookState) -> None:
        """Take over a state, as when a snapshot is restored."""
        self.state = state
        # Held and frozen places by account; they follow from the state, so they are no part of it.
        self._buckets: dict[str, set[str]] = {}
        for where in [*state.units, *state.cash]:
            self._opened(where)

    # Applying: never refuses; an impossible posting is a bug and stops the process.

    def post(self, event: PostingEvent) -> None:
        """Apply the postings of an event, which must come to what the event says of itself."""
        if event.stated_t:
            moved_t = sum([m.last - m.first + 1 for m in event.units or event.issues])
            assert moved_t == getattr(event, event.stated_t), "postings differ from the quantity stated"
        if event.stated_fen:
            moved_fen = sum([m.amount_fen for m in event.cash])
            assert moved_fen == getattr(event, event.stated_fen), "postings differ from the amount stated"
        if event.issues:
            self._issue(event.issues)
        if event.units:
            self._move_units(event.units)
        if event.cash:
            self._move_cash(event.cash)

    def _issue(self, issues: Iterable[UnitIssue]) -> None:
        for issue in issues:
            series = self.state.series[issue.series]
            assert issue.first == series.issued_t + 1, "series must be issued without a gap"
            assert issue.last >= issue.first, "empty issue"
            series.issued_t = issue.last
            self._ranges(issue.target, issue.series).add(issue.first, issue.last)

    def _opened(self, where: str) -> None:
        account, mark, _ = where.partition("#")
        if mark:
            self._buckets.setdefault(account, set()).add(where)

    def _emptied(self, where: str) -> None:
        account, mark, _ = where.partition("#")
        if mark and where not in self.state.units and where not in self.state.cash:
            here = self._buckets.get(account, set())
            here.discard(where)
            if not here:
                self._buckets.pop(account, None)

    def _ranges(self, where: str, series: str) -> RangeSet:
        here = self.state.units.get(where)
        if here is None:
            here = self.state.units[where] = {}
            self._opened(where)
        ranges = here.get(series)
        if ranges is None:
            ranges = here[series] = RangeSet()
        return ranges

    def _move_units(self, moves: Iterable[UnitMove]) -> None:
        units = self.state.units
        for move in moves:
            series = move.series
            origin = units[move.source]
            given = origin[series]
            given.remove(move.first, move.last)
            if not given.size_t:
                del origin[series]
                if not origin:
                    del units[move.source]
                    self._emptied(move.source)
            there = units.get(move.target)
            if there is None:
                there = units[move.target] = {}
                self._opened(move.target)
            ranges = there.get(series)
            if ranges is None:
                ranges = there[series] = RangeSet()
            ranges.add(move.first, move.last)

    def _move_cash(self, moves: Iterable[CashMove]) -> None:
        cash = self.state.cash
        for move in moves:
            assert move.amount_fen > 0, "cash moves forward"
            left = cash.get(move.source, 0) - move.amount_fen
            assert left >= 0 or move.source == BANK, "cash place overdrawn"
            if left:
                cash[move.source] = left
            else:
                del cash[move.source]
                self._emptied(move.source)
            if move.target not in cash:
                self._opened(move.target)
            total = cash.get(move.target, 0) + move.amount_fen
            if total:
                cash[move.target] = total
            else:
                del cash[move.target]

    # Looking up.

    def account(self, number: str) -> Account | None:
        """Return the account, or None when nobody has this number."""
        return self.state.accounts.get(number)

    def accounts_of_type(self, account_type: str) -> list[Account]:
        """Return the accounts of one type in the order of opening."""
        return [a for a in self.state.accounts.values() if a.type == account_type]

    def balance_t(self, where: str, series: str) -> int:
        """Return how many units of `series` lie at the place `where`."""
        here = self.state.units.get(where)
        ranges = here.get(series) if here else None
        return ranges.size_t if ranges else 0

    def at(self, where: str) -> dict[str, int]:
        """Return quantity by series at a place."""
        return {series: ranges.size_t for series, ranges in self.state.units.get(where, {}).items()}

    def cash_fen(self, where: str) -> int:
        """Return the cash at a place; only `bank` can be below zero."""
        return self.state.cash.get(where, 0)

    def places_of(self, number: str) -> Iterator[str]:
        """Yield every place of an account that holds something: the free one, then its buckets by name."""
        if number in self.state.units or number in self.state.cash:
            yield number
        yield from sorted(self._buckets.get(number, ()))

    def moves(self, source: str, target: str, series: str, quantity_t: int) -> tuple[UnitMove, ...]:
        """Return postings for the lowest-numbered `quantity_t` units of `series` at `source`."""
        picked = self.state.units[source][series].pick(quantity_t)
        return tuple(UnitMove(series, first, last, source, target) for first, last in picked)


class Draft:
    """Postings being put together over several takes from the same places, none of them applied yet.

    Keeps count of what has been taken so that no unit is promised twice inside one event.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._taken: dict[tuple[str, str], int] = {}
        self.units: list[UnitMove] = []

    def available_t(self, source: str, series: str) -> int:
        """How many units of `series` at `source` this draft has not taken."""
        return self._book.balance_t(source, series) - self._taken.get((source, series), 0)

    def skip(self, source: str, series: str, quantity_t: int) -> None:
        """Leave the next `quantity_t` units where they are, because they are spoken for."""
        self._taken[source, series] = self._taken.get((source, series), 0) + quantity_t

    def take(self, source: str, target: str, series: str, quantity_t: int) -> None:
        """Add postings for the next `quantity_t` units; there must be enough."""
        skip = self._taken.get((source, series), 0)
        ranges = self._book.state.units[source][series]
        for first, last in ranges.pick(quantity_t, skip):
            self.units.append(UnitMove(series, first, last, source, target))
        self._taken[source, series] = skip + quantity_t
