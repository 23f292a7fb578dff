"""The life of a typed transaction: proposed, approved, delayed, completed, or ended; and reversed.

The units are held from the proposal on. A type that needs one person and no delay completes at once, in one
event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from capwright.kernel.refusal import Refused, define, refuse
from capwright.ledger.book import Draft
from capwright.ledger.checks import (
    check_free,
    check_giver,
    check_quantity,
    check_receiver,
    check_series,
    transaction_type,
)
from capwright.ledger.clock import completion_ms
from capwright.ledger.laws import Promise
from capwright.ledger.messages import TransactionCompleted, UnitLine, UnitMove
from capwright.ledger.place import held, place
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
from capwright.registry.state import PendingTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook, Rules
    from capwright.registry.people import People
    from capwright.registry.state import RegistryState
    from capwright.registry.trusted import TrustedLists
    from capwright.scheme.registry_rules import TransactionType

__all__ = ["Transactions", "TypeCheck"]

FROZEN = define(
    "CW-3007",
    en="Units in the bucket '{bucket}' may only be surrendered.",
    zh="“{bucket}”中的配额仅可用于清缴。",
    rule="GZETS 2015-12-17, 2016-02-04: half of the current year's free quota is frozen",
)
NO_LINES = define(
    "CW-3008",
    en="The transaction names no units, or one series twice.",
    zh="交易未指明数量，或同一系列重复。",
    rule="UK registry",
)
SAME_ACCOUNT = define(
    "CW-3009",
    en="Giving and receiving account are both {account}.",
    zh="转出与转入账户同为{account}。",
    rule="UK registry 2008",
)
OVER_LIMIT = define(
    "CW-3018",
    en="{quantity_t} t exceed the limit of {limit_t} t for a transaction to an account off the trusted list.",
    zh="向非信任账户单笔划转{quantity_t}吨，超过{limit_t}吨的上限。",
    mend_en="Put the account on the trusted list, or send several transactions.",
    mend_zh="请将对方加入信任账户名单，或分笔办理。",
    rule="Union Registry since 2023-09-10 (anchor 1.3)",
)
OFF_LIST = define(
    "CW-2507",
    en="{target} is not on the trusted list of {source}, and the scheme allows nothing else.",
    zh="{target}不在{source}的信任账户名单中，方案不允许向其划转。",
    rule="UK registry check 2507",
)
CANNOT_REVERSE = define(
    "CW-3019",
    en="{transaction} is no transaction of type '{type}', or it was reversed before.",
    zh="{transaction}不是“{type}”类交易，或已被撤销。",
    mend_en="A transaction can be reversed once only.",
    mend_zh="每笔交易只能撤销一次。",
    rule="UK registry check 3019",
)
WINDOW_PASSED = define(
    "CW-3020",
    en="{transaction} can no longer be reversed: the window of {window_days} days has passed.",
    zh="{transaction}已超过{window_days}日的撤销期限。",
    rule="UK registry check 3020",
)
UNITS_GONE = define(
    "CW-3021",
    en="The units of {transaction} no longer lie in the account {account}.",
    zh="{transaction}所涉配额已不在账户{account}中。",
    rule="UK registry: reversal of surrender",
)
NOT_PENDING = define(
    "CW-4201",
    en="No transaction {transaction} waits for this.",
    zh="没有处于该状态的交易{transaction}。",
    mend_en="It may have been completed, rejected or cancelled before.",
    mend_zh="该交易可能已完成、被拒绝或取消。",
    rule="UK registry: transaction status",
)
OWN_PROPOSAL = define(
    "CW-4202",
    en="{person} proposed this and may not approve it too.",
    zh="{person}是提出人，不得由本人审批。",
    mend_en="A different person must approve.",
    mend_zh="须由另一人审批。",
    rule="four eyes (anchor 1.6)",
)


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
        self.type_checks: dict[str, TypeCheck] = {}

    # Proposing.

    def propose(self, request: Request, command: ProposeTransaction) -> list[Event]:
        """Check everything; complete at once, or hold the units until approval or the end of the delay."""
        rules = self._rulebook.now()
        row = transaction_type(rules, command.type)
        self._check_proposer(request.actor, command, row)
        if row.reverses:
            return self._reverse(request, command, row)
        self._check(request, rules, row, command)
        extra = self.type_checks.get(command.type)
        if extra is not None:
            extra(request, command)
        alone = self._approvals(rules, row, command.source) < 2  # noqa: PLR2004 - one person suffices
        if alone and not row.delayed:
            return [self._complete_now(request.command_id, command, row)]
        due_ms = 0
        if alone:
            due_ms = self._completion_ms(rules, row, command.source, command.target, request.at_ms)
        draft = Draft(self._book)
        there = held(command.source, request.command_id)
        for line in command.lines:
            draft.take(place(command.source, line.bucket), there, line.series, line.quantity_t)
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
                units=tuple(draft.units),
            )
        ]

    def _approvals(self, rules: Rules, row: TransactionType, giver: str) -> int:
        """How many people are needed; an account type without a checker needs no more than it has."""
        account_type = rules.account_types.get(self._book.state.accounts[giver].type)
        most = account_type.most_approvals if account_type else None
        return row.approvals if most is None else min(row.approvals, most)

    def _check_proposer(self, actor: str, command: ProposeTransaction, row: TransactionType) -> None:
        if row.proposed_by == "representative":
            self._people.check_right(actor, command.source, "initiate")
        else:
            self._people.check_role(actor, (row.proposed_by,))

    def _check(
        self, request: Request, rules: Rules, row: TransactionType, command: ProposeTransaction
    ) -> None:
        """Apply the numbered checks: giver, receiver, units, limit, trusted list."""
        if command.source == command.target:
            refuse(SAME_ACCOUNT, account=command.source)
        check_giver(self._book, command.source, row)
        receiver = check_receiver(self._book, command.target, row)
        keys = {(line.series, line.bucket) for line in command.lines}
        if not command.lines or len(keys) != len(command.lines):
            refuse(NO_LINES)
        for line in command.lines:
            check_quantity(line.quantity_t)
            check_series(self._book, rules, line.series, row, receiver)
            if line.bucket and not (line.bucket.startswith("frozen:") and row.name == "surrender"):
                refuse(FROZEN, bucket=line.bucket)
            check_free(self._book, place(command.source, line.bucket), line.series, line.quantity_t)
        if row.trusted_list and not self._trusted.active_at(command.source, command.target, request.at_ms):
            self._check_off_list(rules, row, command)

    def _check_off_list(self, rules: Rules, row: TransactionType, command: ProposeTransaction) -> None:
        if rules.registry.delay.off_list == "refused":
            refuse(OFF_LIST, source=command.source, target=command.target)
        limit_t = rules.registry.transaction_limit_t
        quantity_t = sum(line.quantity_t for line in command.lines)
        if limit_t is not None and not row.limit_exempt and quantity_t > limit_t:
            refuse(OVER_LIMIT, quantity_t=quantity_t, limit_t=limit_t)

    def _completion_ms(
        self, rules: Rules, row: TransactionType, source: str, target: str, approved_at_ms: int
    ) -> int:
        """When a transaction approved now completes; now, for a type without delay."""
        if not row.delayed:
            return approved_at_ms
        trusted = self._trusted.active_at(source, target, approved_at_ms)
        return completion_ms(rules, approved_at_ms, trusted=trusted)

    def _complete_now(
        self, transaction_id: str, command: ProposeTransaction, row: TransactionType
    ) -> TransactionCompleted:
        if len(command.lines) == 1:
            line = command.lines[0]
            source = place(command.source, line.bucket)
            units = self._book.moves(source, command.target, line.series, line.quantity_t)
            quantity_t = line.quantity_t
        else:
            draft = Draft(self._book)
            for line in command.lines:
                draft.take(place(command.source, line.bucket), command.target, line.series, line.quantity_t)
            units = tuple(draft.units)
            quantity_t = sum(line.quantity_t for line in command.lines)
        return TransactionCompleted(
            transaction_id=transaction_id,
            type=command.type,
            source=command.source,
            target=command.target,
            quantity_t=quantity_t,
            vintage=command.vintage,
            reversible=self._reversible(row),
            units=units,
        )

    def _reversible(self, row: TransactionType) -> bool:
        return any(t.reverses == row.name for t in self._rulebook.now().registry.transaction_types)

    # Reversing.

    def _reverse(self, request: Request, command: ProposeTransaction, row: TransactionType) -> list[Event]:
        """Undo a completed transaction: the same units go back, within the window and once only."""
        found = self._state.reversible.get(command.reverses)
        if found is None or found[0].type != row.reverses or self._reversal_pending(command.reverses):
            refuse(CANNOT_REVERSE, transaction=command.reverses, type=row.reverses)
        done, completed_at_ms = found
        if row.window_days and request.at_ms - completed_at_ms > row.window_days * 86_400_000:
            refuse(WINDOW_PASSED, transaction=command.reverses, window_days=row.window_days)
        check_giver(self._book, done.target, row)
        check_receiver(self._book, done.source, row)
        there = self._book.state.units.get(done.target, {})
        for move in done.units:
            ranges = there.get(move.series)
            if ranges is None or not ranges.contains(move.first, move.last):
                refuse(UNITS_GONE, transaction=command.reverses, account=done.target)
        extra = self.type_checks.get(command.type)
        if extra is not None:
            extra(request, command)
        pending = row.approvals >= 2  # noqa: PLR2004
        goes_to = held(done.target, request.command_id) if pending else done.source
        units = tuple(UnitMove(m.series, m.first, m.last, done.target, goes_to) for m in done.units)
        if pending:
            by_series: dict[str, int] = {}
            for m in units:
                by_series[m.series] = by_series.get(m.series, 0) + m.last - m.first + 1
            return [
                TransactionProposed(
                    transaction_id=request.command_id,
                    type=row.name,
                    source=done.target,
                    target=done.source,
                    lines=tuple(UnitLine(series, quantity_t) for series, quantity_t in by_series.items()),
                    proposer=request.actor,
                    vintage=done.vintage,
                    reverses=command.reverses,
                    units=units,
                )
            ]
        return [
            TransactionCompleted(
                transaction_id=request.command_id,
                type=row.name,
                source=done.target,
                target=done.source,
                quantity_t=done.quantity_t,
                vintage=done.vintage,
                reverses=command.reverses,
                units=units,
            )
        ]

    def _reversal_pending(self, transaction_id: str) -> bool:
        return any(p.reverses == transaction_id for p in self._state.pending.values())

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
        """Approve by a second person; start the delay or complete."""
        pending = self._pending(command.transaction_id, delayed=False)
        rules = self._rulebook.now()
        row = transaction_type(rules, pending.type)
        if request.actor == pending.proposer:
            refuse(OWN_PROPOSAL, person=request.actor)
        self._check_decider(request.actor, pending, row)
        check_giver(self._book, pending.source, row)
        check_receiver(self._book, pending.target, row)
        due_ms = self._completion_ms(rules, row, pending.source, pending.target, request.at_ms)
        approved = TransactionApproved(pending.id, request.actor, due_ms)
        if due_ms > request.at_ms:
            return [approved]
        return [approved, self._complete_held(pending, row)]

    def _complete_held(self, pending: PendingTransaction, row: TransactionType) -> TransactionCompleted:
        there = held(pending.source, pending.id)
        return TransactionCompleted(
            transaction_id=pending.id,
            type=pending.type,
            source=pending.source,
            target=pending.target,
            quantity_t=sum(line.quantity_t for line in pending.lines),
            vintage=pending.vintage,
            reverses=pending.reverses,
            reversible=self._reversible(row),
            units=self._all_from(there, pending.target),
        )

    def _all_from(self, source: str, target: str) -> tuple[UnitMove, ...]:
        return tuple(
            UnitMove(series, first, last, source, target)
            for series, ranges in self._book.state.units.get(source, {}).items()
            for first, last in ranges
        )

    def _release(self, pending: PendingTransaction) -> tuple[UnitMove, ...]:
        """Postings that give held units back to the buckets they came from."""
        there = held(pending.source, pending.id)
        draft = Draft(self._book)
        for line in pending.lines:
            draft.take(there, place(pending.source, line.bucket), line.series, line.quantity_t)
        return tuple(draft.units)

    def reject(self, request: Request, command: RejectTransaction) -> list[Event]:
        """Reject before approval; the proposer may withdraw that way too."""
        pending = self._pending(command.transaction_id, delayed=False)
        row = transaction_type(self._rulebook.now(), pending.type)
        if request.actor != pending.proposer:
            self._check_decider(request.actor, pending, row)
        return [self._ended(pending, "rejected", command.reason)]

    def cancel(self, request: Request, command: CancelTransaction) -> list[Event]:
        """Stop a delayed transaction; representatives of the giver and registry operators may."""
        pending = self._pending(command.transaction_id, delayed=True)
        if "operator" not in self._state.officers.get(request.actor, ()):
            self._people.check_right(request.actor, pending.source, "initiate")
        return [self._ended(pending, "cancelled", command.reason)]

    def _ended(self, pending: PendingTransaction, outcome: str, reason: str) -> TransactionEnded:
        return TransactionEnded(
            transaction_id=pending.id,
            outcome=outcome,  # type: ignore[arg-type]
            reason=reason,
            units=self._release(pending),
        )

    def advance(self, request: Request, _command: AdvanceClock) -> list[Event]:
        """Complete what is due, in order of due time; what no longer passes its checks is terminated."""
        events: list[Event] = []
        due = [p for p in self._state.pending.values() if 0 < p.completes_at_ms <= request.at_ms]
        for pending in sorted(due, key=lambda p: (p.completes_at_ms, p.id)):
            row = transaction_type(self._rulebook.now(), pending.type)
            try:
                check_giver(self._book, pending.source, row)
                check_receiver(self._book, pending.target, row)
            except Refused as refused:
                events.append(self._ended(pending, "terminated", refused.refusal.code))
            else:
                events.append(self._complete_held(pending, row))
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
        )

    def approved(self, event: TransactionApproved, _at_ms: int) -> None:
        """Fold the event."""
        pending = self._state.pending[event.transaction_id]
        pending.approver = event.approver
        pending.completes_at_ms = event.completes_at_ms

    def completed(self, event: TransactionCompleted, at_ms: int) -> None:
        """Fold the event."""
        self._state.pending.pop(event.transaction_id, None)
        if event.reverses:
            del self._state.reversible[event.reverses]
        if event.reversible:
            self._state.reversible[event.transaction_id] = (event, at_ms)

    def ended(self, event: TransactionEnded, _at_ms: int) -> None:
        """Fold the event."""
        del self._state.pending[event.transaction_id]

    def promises(self) -> Iterator[Promise]:
        """Yield what the pending transactions hold."""
        for pending in self._state.pending.values():
            for line in pending.lines:
                yield Promise(held(pending.source, pending.id), line.series, line.quantity_t)
