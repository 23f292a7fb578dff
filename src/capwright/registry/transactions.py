"""The life of a typed transaction: proposed, approved, delayed, completed, or ended; and reversed.

The units are held from the proposal on, and the very same go on or back. A type that needs one person and no
delay completes at once, in one event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

from capwright.kernel.refusal import Refused, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.book import Draft
from capwright.ledger.checks import (
    check_different,
    check_free,
    check_giver,
    check_quantity,
    check_receiver,
    check_series,
    check_vintage,
    transaction_type,
)
from capwright.ledger.clock import completion_ms
from capwright.ledger.laws import Promise
from capwright.ledger.messages import TransactionCompleted, UnitMove
from capwright.ledger.place import place
from capwright.registry.messages import (
    AdvanceClock,
    ApproveTransaction,
    CancelTransaction,
    ProposeTransaction,
    RejectTransaction,
    TransactionApproved,
    TransactionEnded,
    TransactionProposed,
)
from capwright.registry.refusals import (
    FROZEN,
    NO_LINES,
    NO_REVERSAL,
    NOT_PENDING,
    OFF_LIST,
    OVER_LIMIT,
    OWN_PROPOSAL,
)
from capwright.registry.reversals import Reversals, hold_place
from capwright.registry.state import PendingTransaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.messages import UnitLine
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook, Rules
    from capwright.registry.people import People
    from capwright.registry.state import RegistryState
    from capwright.registry.trusted import TrustedLists
    from capwright.scheme.registry_rules import TransactionType

__all__ = ["Transactions", "TypeCheck"]

_FOUR_EYES: Final = 2  # people, for a type that one person alone may not carry out


class TypeCheck(Protocol):
    """A further check that another room adds to a transaction type; refuses or returns."""

    def __call__(self, request: Request, command: ProposeTransaction, /) -> None: ...


class Transactions:
    """Handlers and appliers of typed transactions."""

    def __init__(
        self, state: RegistryState, book: Book, rulebook: Rulebook, people: People, trusted: TrustedLists
    ) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook
        self._people = people
        self._trusted = trusted
        self._reversals = Reversals(state, book)
        self.type_checks: dict[str, TypeCheck] = {}

    # Proposing.

    def propose(self, request: Request, command: ProposeTransaction) -> list[Event]:
        """Check everything; complete at once, or hold the units until approval or the end of the delay."""
        rules = self._rulebook.now()
        row = transaction_type(rules, command.type)
        self._check_proposer(request.actor, command.source, row)
        if row.reverses:
            return self._reverse(request, rules, command, row)
        self._check(request, rules, row, command)
        extra = self.type_checks.get(command.type)
        if extra is not None:
            extra(request, command)
        due_ms = 0
        if self._approvals(rules, row, command.source) < _FOUR_EYES:
            due_ms = self._due_ms(rules, row, command.source, command.target, request.at_ms)
            if due_ms <= request.at_ms:
                return [self._complete_now(request.command_id, command, rules)]
        there = hold_place(command.source, request.command_id)
        return [
            TransactionProposed(
                transaction_id=request.command_id,
                type=command.type,
                source=command.source,
                target=command.target,
                lines=command.lines,
                proposer=request.actor,
                vintage=command.vintage,
                completes_at_ms=due_ms,
                units=self._take(command.source, command.lines, there),
            )
        ]

    def _take(self, source: str, lines: Iterable[UnitLine], target: str) -> tuple[UnitMove, ...]:
        draft = Draft(self._book)
        for line in lines:
            draft.take(place(source, line.bucket), target, line.series, line.quantity_t)
        return tuple(draft.units)

    def _approvals(self, rules: Rules, row: TransactionType, giver: str) -> int:
        """How many people are needed; an account type without a checker needs no more than it has."""
        if row.approvals < _FOUR_EYES or row.proposed_by != "representative":
            return row.approvals
        account_type = rules.account_types.get(self._book.state.accounts[giver].type)
        most = account_type.most_approvals if account_type else None
        return row.approvals if most is None else min(row.approvals, most)

    def _check_proposer(self, actor: str, source: str, row: TransactionType) -> None:
        if row.proposed_by == "representative":
            self._people.check_right(actor, source, "initiate")
        else:
            self._people.check_role(actor, (row.proposed_by,))

    def _check(
        self, request: Request, rules: Rules, row: TransactionType, command: ProposeTransaction
    ) -> None:
        """Apply the numbered checks: giver, receiver, units, limit, trusted list."""
        check_different(command.source, command.target)
        check_giver(self._book, command.source, row)
        receiver = check_receiver(self._book, command.target, row)
        if command.reverses:
            refuse(NO_REVERSAL, type=row.name, transaction=command.reverses)
        if command.vintage:
            check_vintage(command.vintage)
        lines = command.lines
        if not lines or (len(lines) > 1 and len({(x.series, x.bucket) for x in lines}) != len(lines)):
            refuse(NO_LINES)
        for line in lines:
            check_quantity(line.quantity_t)
            check_series(self._book, rules, line.series, row, receiver)
            if line.bucket and not (line.bucket.startswith("frozen:") and row.name == "surrender"):
                refuse(FROZEN, bucket=line.bucket)
            check_free(self._book, place(command.source, line.bucket), line.series, line.quantity_t)
        if row.trusted_list:
            self._check_list(rules, row, command, request.at_ms)

    def _check_list(
        self, rules: Rules, row: TransactionType, asked: ProposeTransaction | PendingTransaction, at_ms: int
    ) -> None:
        """Check trusted list and quantity limit of a transfer that is subject to them."""
        if self._trusted.active_at(asked.source, asked.target, at_ms):
            return
        if rules.registry.delay.off_list == "refused":
            refuse(OFF_LIST, source=asked.source, target=asked.target)
        limit_t = rules.registry.transaction_limit_t
        quantity_t = sum(line.quantity_t for line in asked.lines)
        if limit_t is not None and not row.limit_exempt and quantity_t > limit_t:
            refuse(OVER_LIMIT, quantity_t=quantity_t, limit_t=limit_t)

    def _due_ms(
        self, rules: Rules, row: TransactionType, source: str, target: str, approved_at_ms: int
    ) -> int:
        """When a transaction approved now completes; now, for a type without delay."""
        if not row.delayed:
            return approved_at_ms
        trusted = self._trusted.active_at(source, target, approved_at_ms)
        return completion_ms(rules, approved_at_ms, trusted=trusted)

    def _complete_now(
        self, transaction_id: str, command: ProposeTransaction, rules: Rules
    ) -> TransactionCompleted:
        if len(command.lines) == 1:
            line = command.lines[0]
            source = place(command.source, line.bucket)
            units = self._book.moves(source, command.target, line.series, line.quantity_t)
            quantity_t = line.quantity_t
        else:
            units = self._take(command.source, command.lines, command.target)
            quantity_t = sum(line.quantity_t for line in command.lines)
        return TransactionCompleted(
            transaction_id=transaction_id,
            type=command.type,
            source=command.source,
            target=command.target,
            quantity_t=quantity_t,
            vintage=command.vintage,
            reversible=command.type in rules.reversible_types,
            units=units,
        )

    def _reverse(
        self, request: Request, rules: Rules, command: ProposeTransaction, row: TransactionType
    ) -> list[Event]:
        """Undo a completed transaction: the same units go back, within the window and once only."""
        done = self._reversals.check(rules, row, command, request.at_ms)
        extra = self.type_checks.get(command.type)
        if extra is not None:
            extra(request, command)
        if row.approvals >= _FOUR_EYES:
            return [self._reversals.proposed(request, row, command.reverses, done)]
        return [self._reversals.completed(request.command_id, row, command.reverses, done.target)]

    # Deciding.

    def _pending(self, transaction_id: str, *, delayed: bool) -> PendingTransaction:
        found = self._state.pending.get(transaction_id)
        if found is None or bool(found.completes_at_ms) != delayed:
            refuse(NOT_PENDING, transaction=transaction_id)
        return found

    def _check_decider(self, actor: str, pending: PendingTransaction, row: TransactionType) -> None:
        if row.proposed_by == "representative":
            self._people.check_right(actor, pending.source, "approve")
        else:
            self._people.check_role(actor, (row.proposed_by,))

    def approve(self, request: Request, command: ApproveTransaction) -> list[Event]:
        """Approve by a second person; start the delay or complete.

        Everything that may have changed since the proposal is checked again: the proposer's right, both
        accounts, the trusted list, the reversal window.
        """
        pending = self._pending(command.transaction_id, delayed=False)
        rules = self._rulebook.now()
        row = transaction_type(rules, pending.type)
        if request.actor == pending.proposer:
            refuse(OWN_PROPOSAL, person=request.actor)
        self._check_decider(request.actor, pending, row)
        self._check_proposer(pending.proposer, pending.source, row)
        self._check_still(rules, row, pending)
        if row.reverses:
            self._reversals.check_window(rules, row, pending.reverses, request.at_ms)
        elif row.trusted_list:
            self._check_list(rules, row, pending, request.at_ms)
        due_ms = self._due_ms(rules, row, pending.source, pending.target, request.at_ms)
        approved = TransactionApproved(pending.id, request.actor, due_ms)
        if due_ms > request.at_ms:
            return [approved]
        return [approved, self._complete_held(pending, rules, row)]

    def _check_still(self, rules: Rules, row: TransactionType, pending: PendingTransaction) -> None:
        """Check both accounts and the units by the rules of today."""
        check_giver(self._book, pending.source, row)
        receiver = check_receiver(self._book, pending.target, row)
        for line in pending.lines:
            check_series(self._book, rules, line.series, row, receiver)

    def _complete_held(
        self, pending: PendingTransaction, rules: Rules, row: TransactionType
    ) -> TransactionCompleted:
        there = hold_place(pending.source, pending.id)
        if pending.reverses:
            return self._reversals.completed(pending.id, row, pending.reverses, there)
        return TransactionCompleted(
            transaction_id=pending.id,
            type=pending.type,
            source=pending.source,
            target=pending.target,
            quantity_t=sum(line.quantity_t for line in pending.lines),
            vintage=pending.vintage,
            reversible=pending.type in rules.reversible_types,
            units=tuple(UnitMove(m.series, m.first, m.last, there, pending.target) for m in pending.units),
        )

    def reject(self, request: Request, command: RejectTransaction) -> list[Event]:
        """Reject before approval; the proposer may withdraw that way too, and an operator clear up."""
        pending = self._pending(command.transaction_id, delayed=False)
        if request.actor != pending.proposer and not self._is_operator(request.actor):
            row = transaction_type(self._rulebook.now(), pending.type)
            self._check_decider(request.actor, pending, row)
        return [self._ended(pending, "rejected", command.reason)]

    def cancel(self, request: Request, command: CancelTransaction) -> list[Event]:
        """Stop a delayed transaction; representatives of the giver and registry operators may."""
        pending = self._pending(command.transaction_id, delayed=True)
        if not self._is_operator(request.actor):
            self._people.check_right(request.actor, pending.source, "initiate")
        return [self._ended(pending, "cancelled", command.reason)]

    def _is_operator(self, actor: str) -> bool:
        return "operator" in self._state.officers.get(actor, ())

    def _ended(
        self,
        pending: PendingTransaction,
        outcome: Literal["rejected", "cancelled", "terminated"],
        reason: str,
    ) -> TransactionEnded:
        """Give the held units back to the buckets that they came from."""
        check_text("reason", reason, MAX_REASON, least=0)
        return TransactionEnded(
            transaction_id=pending.id,
            outcome=outcome,
            reason=reason,
            units=tuple(UnitMove(m.series, m.first, m.last, m.target, m.source) for m in pending.units),
        )

    def advance(self, request: Request, _command: AdvanceClock) -> list[Event]:
        """Complete what is due, in order of due time; what no longer passes its checks is terminated."""
        events: list[Event] = []
        due = [p for p in self._state.pending.values() if 0 < p.completes_at_ms <= request.at_ms]
        rules = self._rulebook.now()
        for pending in sorted(due, key=lambda p: (p.completes_at_ms, p.id)):
            try:
                row = transaction_type(rules, pending.type)
                self._check_still(rules, row, pending)
            except Refused as refused:
                events.append(self._ended(pending, "terminated", refused.refusal.code))
            else:
                events.append(self._complete_held(pending, rules, row))
        return events

    # Appliers.

    def proposed(self, event: TransactionProposed, _at_ms: int) -> None:
        """Fold the event."""
        self._state.pending[event.transaction_id] = PendingTransaction(
            id=event.transaction_id,
            type=event.type,
            source=event.source,
            target=event.target,
            lines=event.lines,
            proposer=event.proposer,
            vintage=event.vintage,
            reverses=event.reverses,
            completes_at_ms=event.completes_at_ms,
            units=event.units,
        )

    def approved(self, event: TransactionApproved, _at_ms: int) -> None:
        """Fold the event."""
        pending = self._state.pending[event.transaction_id]
        pending.approver = event.approver
        pending.completes_at_ms = event.completes_at_ms

    def completed(self, event: TransactionCompleted, at_ms: int) -> None:
        """Fold the event."""
        pending = self._state.pending.pop(event.transaction_id, None)
        if event.reversible or event.reverses:
            self._reversals.remember(event, pending, at_ms)

    def ended(self, event: TransactionEnded, _at_ms: int) -> None:
        """Fold the event."""
        del self._state.pending[event.transaction_id]

    def promises(self) -> Iterator[Promise]:
        """Yield what the pending transactions hold."""
        for pending in self._state.pending.values():
            for line in pending.lines:
                yield Promise(hold_place(pending.source, pending.id), line.series, line.quantity_t)
