"""The registry's part of the state."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from capwright.ledger.messages import TransactionCompleted, UnitLine
from capwright.registry.messages import Right, Role

__all__ = ["PendingTransaction", "RegistryState", "TrustedEntry"]


class PendingTransaction(Struct):
    """A transaction between proposal and end. `completes_at_ms` is 0 while it waits for approval."""

    id: str
    type: str
    source: str
    target: str
    lines: tuple[UnitLine, ...]
    proposer: str
    vintage: int = 0
    reverses: str = ""
    approver: str = ""
    completes_at_ms: int = 0


class TrustedEntry(Struct):
    """An entry of a trusted list; it counts once `active_at_ms` has come."""

    proposer: str
    status: Literal["pending", "approved"] = "pending"
    active_at_ms: int = 0


class RegistryState(Struct):
    """Officers and representatives by person, pending and reversible transactions, trusted lists."""

    officers: dict[str, tuple[Role, ...]] = {}
    representatives: dict[str, dict[str, tuple[Right, ...]]] = {}  # account → person → rights
    pending: dict[str, PendingTransaction] = {}
    # Completed transactions of a reversible type, with the time of completion; a reversed one leaves the
    # table.
    reversible: dict[str, tuple[TransactionCompleted, int]] = {}
    trusted: dict[str, dict[str, TrustedEntry]] = {}
