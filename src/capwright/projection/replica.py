"""What lists that are worked out beside the state read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from capwright.journal.chain import Head
    from capwright.market import Market
    from capwright.projection.views import Views

__all__ = ["Replica"]


class Replica(Protocol):
    """A process's copy of the market: its state, its tables, and the journal that both come from."""

    views: Views

    @property
    def url(self) -> str:
        """Where the journal is."""
        ...

    @property
    def head(self) -> Head:
        """The last row that the state contains."""
        ...

    def look(self) -> AbstractContextManager[Market]:
        """The state, which stands still inside the block."""
        ...
