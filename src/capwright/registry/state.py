"""The registry's part of the state."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from capwright.ledger.messages import UnitLine, UnitMove
from capwright.registry.messages import Holder, Right, Role

__all__ = ["PendingTransaction", "RegistryState", "ReversibleTransaction", "TrustedEntry"]


class PendingTransaction(Struct):
    """A transaction between proposal and end. `completes_at_ms` is 0 while it waits for approval.

    `units` are the postings that put its units into the held bucket, so that the very same go on or back.
    """

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
    units: tuple[UnitMove, ...] = ()


class ReversibleTransaction(Struct, frozen=True):
    """A completed transaction that a typed reversal may undo.

    `units` say where each range came from, bucket included, and the account that it now lies in.
    """

    type: str
    source: str
    target: str
    vintage: int
    completed_at_ms: int
    units: tuple[UnitMove, ...]


class TrustedEntry(Struct):
    """An entry of a trusted list; it counts once `active_at_ms` has come."""

    proposer: str
    status: Literal["pending", "approved"] = "pending"
    active_at_ms: int = 0


class RegistryState(Struct):
    """Officers and representatives by person, holders by id, transactions by id, trusted lists by account."""

    officers: dict[str, tuple[Role, ...]] = {}
    holders: dict[str, Holder] = {}
    representatives: dict[str, dict[str, tuple[Right, ...]]] = {}  # account → person → rights
    pending: dict[str, PendingTransaction] = {}
    # A reversed transaction leaves the table: it can be reversed once only.
    reversible: dict[str, ReversibleTransaction] = {}
    trusted: dict[str, dict[str, TrustedEntry]] = {}  # account → trusted account
