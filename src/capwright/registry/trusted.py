"""Trusted lists: accounts that a holder's units may go to without the longer delay or the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.kernel.refusal import define, refuse
from capwright.ledger.clock import trusted_from_ms
from capwright.registry.messages import (
    AddTrustedAccount,
    ApproveTrustedAccount,
    RemoveTrustedAccount,
    TrustedAccountActivated,
    TrustedAccountProposed,
    TrustedAccountRemoved,
)
from capwright.registry.people import ACCOUNT_UNKNOWN
from capwright.registry.state import TrustedEntry

if TYPE_CHECKING:
    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook
    from capwright.registry.people import People
    from capwright.registry.state import RegistryState

__all__ = ["TrustedLists"]

LISTED = define(
    "CW-4301",
    en="{trusted} is on the trusted list of {account}, or waits to be.",
    zh="{trusted}已在{account}的信任账户名单中，或正在审批。",
    rule="UK registry: trusted account list states",
)
NOT_LISTED = define(
    "CW-4302",
    en="{trusted} does not wait on the trusted list of {account} for this.",
    zh="{account}的信任账户名单中没有待办的{trusted}。",
    rule="UK registry: trusted account list states",
)
OWN_ENTRY = define(
    "CW-4303",
    en="{person} proposed this entry and may not approve it too.",
    zh="{person}是提出人，不得由本人审批。",
    rule="four eyes",
)
SELF_TRUST = define(
    "CW-4304",
    en="An account needs no trust in itself.",
    zh="账户无需信任自身。",
    rule="UK registry check 2508",
)


class TrustedLists:
    """Handlers and appliers of trusted lists."""

    def __init__(self, state: RegistryState, book: Book, rulebook: Rulebook, people: People) -> None:
        self._state = state
        self._book = book
        self._rulebook = rulebook
        self._people = people

    def active_at(self, account: str, other: str, at_ms: int) -> bool:
        """Whether `other` is on the trusted list of `account` and the entry counts at this time."""
        entry = self._state.trusted.get(account, {}).get(other)
        return entry is not None and entry.status == "approved" and entry.active_at_ms <= at_ms

    def add(self, request: Request, command: AddTrustedAccount) -> list[Event]:
        """Propose an entry; where the account type has one representative only, it is approved with that."""
        trusted = self._book.account(command.trusted)
        if trusted is None or trusted.status == "closed":
            refuse(ACCOUNT_UNKNOWN, account=command.trusted)
        if command.trusted == command.account:
            refuse(SELF_TRUST)
        if command.trusted in self._state.trusted.get(command.account, {}):
            refuse(LISTED, account=command.account, trusted=command.trusted)
        events: list[Event] = [TrustedAccountProposed(command.account, command.trusted, request.actor)]
        rules = self._rulebook.now()
        row = rules.account_types.get(self._book.state.accounts[command.account].type)
        if row is not None and row.most_approvals == 1:
            active_at_ms = trusted_from_ms(rules, request.at_ms)
            events.append(TrustedAccountActivated(command.account, command.trusted, active_at_ms))
        return events

    def approve(self, request: Request, command: ApproveTrustedAccount) -> list[Event]:
        """Approve by a second representative; the entry counts after the scheme's delay."""
        entry = self._state.trusted.get(command.account, {}).get(command.trusted)
        if entry is None or entry.status != "pending":
            refuse(NOT_LISTED, account=command.account, trusted=command.trusted)
        if entry.proposer == request.actor:
            refuse(OWN_ENTRY, person=request.actor)
        self._people.check_right(entry.proposer, command.account, "initiate")  # may have been taken away
        active_at_ms = trusted_from_ms(self._rulebook.now(), request.at_ms)
        return [TrustedAccountActivated(command.account, command.trusted, active_at_ms)]

    def remove(self, _request: Request, command: RemoveTrustedAccount) -> list[Event]:
        """Take an entry off the list, at once: removing trust can only make things safer."""
        if command.trusted not in self._state.trusted.get(command.account, {}):
            refuse(NOT_LISTED, account=command.account, trusted=command.trusted)
        return [TrustedAccountRemoved(command.account, command.trusted)]

    # Appliers.

    def proposed(self, event: TrustedAccountProposed, _at_ms: int) -> None:
        """Fold the event."""
        self._state.trusted.setdefault(event.account, {})[event.trusted] = TrustedEntry(event.proposer)

    def activated(self, event: TrustedAccountActivated, _at_ms: int) -> None:
        """Fold the event."""
        entry = self._state.trusted[event.account][event.trusted]
        entry.status = "approved"
        entry.active_at_ms = event.active_at_ms

    def removed(self, event: TrustedAccountRemoved, _at_ms: int) -> None:
        """Fold the event."""
        del self._state.trusted[event.account][event.trusted]
