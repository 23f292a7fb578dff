"""Base shapes of everything that is written to the journal: commands asked for, events that happened.

Both are frozen, tagged with their class name (`"command": "OpenAccount"`, `"event": "AccountOpened"`) and
serialised by msgspec, so the same bytes serve the journal, files and the network. A changed event gets a new
class and an upcaster; a class never changes its meaning.
"""

from __future__ import annotations

from typing import ClassVar, Final

from msgspec import Struct

from capwright.kernel.permit import OPERATOR, Permit
from capwright.kernel.refusal import Refusal

__all__ = ["LATEST_MS", "Command", "CommandRefused", "Event", "Outcome"]

# The end of the year 2200, the last vintage: rules work out later moments, and datetimes end in 9999.
LATEST_MS: Final = 7_289_654_399_999


class Command(
    Struct, frozen=True, tag=True, tag_field="command", omit_defaults=True, forbid_unknown_fields=True
):
    """A request in the imperative (`SurrenderUnits`); its id, actor and time travel beside it."""

    permit: ClassVar[Permit] = OPERATOR


class Event(Struct, frozen=True, tag=True, tag_field="event", omit_defaults=True, gc=False):
    """A fact in the past tense (`UnitsSurrendered`), complete: applying it needs no rule and no scheme."""


class CommandRefused(Event, frozen=True):
    """The command changed nothing. Kept in the journal so that a repeated id gets the first answer."""

    refusal: Refusal


class Outcome(Struct, frozen=True):
    """The answer to a command: what happened, or why nothing did."""

    seq: int
    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    repeated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command was carried out."""
        return self.refusal is None
