"""Typed reversals: a completed transaction undone with the same units, within its window and once only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.kernel.refusal import refuse
from capwright.ledger.checks import check_giver, check_receiver
from capwright.ledger.clock import within_days
from capwright.ledger.messages import TransactionCompleted, UnitLine, UnitMove
from capwright.ledger.place import TRANSACTION, held
from capwright.registry.messages import TransactionProposed
from capwright.registry.refusals import CANNOT_REVERSE, REVERSAL_DIFFERS, UNITS_GONE, WINDOW_PASSED
from capwright.registry.state import ReversibleTransaction

if TYPE_CHECKING:
    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rules
    from capwright.registry.messages import ProposeTransaction
    from capwright.registry.state import PendingTransaction, RegistryState
    from capwright.scheme.registry_rules import TransactionType

__all__ = ["Reversals", "hold_place"]


def hold_place(account: str, transaction_id: str) -> str:
    """Return the place where the units of a pending transaction lie; no auction's hold has such a name."""
    return held(account, f"{TRANSACTION}{transaction_id}")


class Reversals:
    """The table of what may be undone, and the checks and postings of undoing it."""

    def __init__(self, state: RegistryState, book: Book) -> None:
        self._state = state
        self._book = book

    def check(
        self, rules: Rules, row: TransactionType, command: ProposeTransaction, at_ms: int
    ) -> ReversibleTransaction:
        """Check a proposal to undo a transaction and return what it undoes."""
        if any(p.reverses == command.reverses for p in self._state.pending.values()):
            refuse(CANNOT_REVERSE, transaction=command.reverses, type=row.reverses)
        done = self._known(command.reverses, row)
        self.check_window(rules, row, command.reverses, at_ms)
        if (command.source or done.target, command.target or done.source) != (done.target, done.source):
            refuse(REVERSAL_DIFFERS, transaction=command.reverses)
        lines = sorted((line.series, line.quantity_t, line.bucket) for line in command.lines)
        asked = sorted((line.series, line.quantity_t, line.bucket) for line in _lines(done))
        if command.vintage not in {0, done.vintage} or (lines and lines != asked):
            refuse(REVERSAL_DIFFERS, transaction=command.reverses)
        check_giver(self._book, done.target, row)
        check_receiver(self._book, done.source, row)
        there = self._book.state.units.get(done.target, {})
        for move in done.units:
            ranges = there.get(move.series)
            if ranges is None or not ranges.contains(move.first, move.last):
                refuse(UNITS_GONE, transaction=command.reverses, account=done.target)
        return done

    def check_window(self, rules: Rules, row: TransactionType, transaction_id: str, at_ms: int) -> None:
        """Check that the last day of the window, in the scheme's local calendar, is not over."""
        done = self._known(transaction_id, row)
        if row.window_days and not within_days(rules, done.completed_at_ms, at_ms, row.window_days):
            refuse(WINDOW_PASSED, transaction=transaction_id, window_days=row.window_days)

    def _known(self, transaction_id: str, row: TransactionType) -> ReversibleTransaction:
        done = self._state.reversible.get(transaction_id)
        if done is None or done.type != row.reverses:
            refuse(CANNOT_REVERSE, transaction=transaction_id, type=row.reverses)
        return done

    def proposed(
        self, request: Request, row: TransactionType, reverses: str, done: ReversibleTransaction
    ) -> Event:
        """Hold the units until a second person approves."""
        there = hold_place(done.target, request.command_id)
        return TransactionProposed(
            transaction_id=request.command_id,
            type=row.name,
            source=done.target,
            target=done.source,
            lines=_lines(done),
            proposer=request.actor,
            vintage=done.vintage,
            reverses=reverses,
            units=tuple(UnitMove(m.series, m.first, m.last, done.target, there) for m in done.units),
        )

    def completed(
        self, transaction_id: str, row: TransactionType, reverses: str, source: str
    ) -> TransactionCompleted:
        """Give the units back from the place `source` to the buckets that they came from."""
        done = self._state.reversible[reverses]
        return TransactionCompleted(
            transaction_id=transaction_id,
            type=row.name,
            source=done.target,
            target=done.source,
            quantity_t=sum(m.last - m.first + 1 for m in done.units),
            vintage=done.vintage,
            reverses=reverses,
            units=tuple(UnitMove(m.series, m.first, m.last, source, m.source) for m in done.units),
        )

    def remember(self, event: TransactionCompleted, pending: PendingTransaction | None, at_ms: int) -> None:
        """Fold a completed transaction into the table: it may be undone, or it undid another."""
        if event.reverses:
            del self._state.reversible[event.reverses]
        if event.reversible:
            self._state.reversible[event.transaction_id] = ReversibleTransaction(
                event.type,
                event.source,
                event.target,
                event.vintage,
                at_ms,
                pending.units if pending is not None else event.units,
            )


def _lines(done: ReversibleTransaction) -> tuple[UnitLine, ...]:
    """What a transaction moved, by series."""
    by_series: dict[str, int] = {}
    for move in done.units:
        by_series[move.series] = by_series.get(move.series, 0) + move.last - move.first + 1
    return tuple(UnitLine(series, quantity_t) for series, quantity_t in by_series.items())
