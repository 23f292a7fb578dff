"""What every room of the market has in common: its state, its handlers and what it has promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct

from capwright.ledger.book import Book, Draft
from capwright.ledger.rulebook import Rulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from capwright.kernel.message import Command, Event
    from capwright.ledger.laws import Promise

__all__ = ["Request", "Room"]


class Request(Struct, frozen=True):
    """What travels beside a command: its id, who sends it, and the sequencer's time (ms UTC since 1970)."""

    command_id: str
    actor: str
    at_ms: int


class Room:
    """A part of the market.

    A subclass names its state type and, in `wire`, fills `handlers` (command type → method that checks and
    returns the events,
    changing nothing) and `appliers` (event type → method that folds the event into the state). A handler may
    raise
    `Refused`; an applier may not refuse. The market posts the postings of an event before the appliers run.
    """

    state_type: ClassVar[type[Struct]]

    def __init__(self, book: Book, rulebook: Rulebook) -> None:
        self.book = book
        self.rulebook = rulebook
        self.state: Any = self.state_type()
        self.handlers: dict[type[Command], Callable[[Request, Any], Iterable[Event]]] = {}
        self.appliers: dict[type[Event], Callable[[Any, int], None]] = {}
        self.wire()

    def wire(self) -> None:
        """Fill `handlers` and `appliers`; called again after a snapshot has replaced the state."""

    def draft(self) -> Draft:
        """Start a set of postings."""
        return Draft(self.book)

    def promises(self) -> Iterable[Promise]:
        """Yield what must lie in held and frozen buckets because of this room."""
        return ()
