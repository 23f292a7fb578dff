"""A lease that one process of many has: what is to be done once is done by whoever has it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from capwright.host.settings import Settings

__all__ = ["Lease"]

LOOK_S: Final = 1.0  # how often it is asked for, or whether it is still ours
_CLASS: Final = 0x43415050  # "CAPP"; the engine's lock has a class of its own
_TRY: Final = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"


class Lease:
    """The lease of a `name` among the processes of one journal. One thread uses it.

    It is a lock of a session with PostgreSQL, so it comes free when its process or its line ends. Whoever
    lost it may not know for a moment: what is done under it should bear being done twice. A journal in a file
    has one process, which always has it.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._connection: Any = None
        self._mine = not settings.on_server
        self._look_at = 0.0

    @property
    def held(self) -> bool:
        """Whether this process has it; asks the database at most once a second."""
        if self._settings.on_server and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_S
            self._mine = self._ask()
        return self._mine

    def _ask(self) -> bool:
        import psycopg  # noqa: PLC0415 - an extra

        from capwright.journal.wire import connect  # noqa: PLC0415

        try:
            if self._connection is None:
                self._connection = connect(self._settings.db, f"capwright-{self._name}")
            if self._mine:
                self._connection.execute("SELECT 1")  # raises where the session is over, and the lock with it
                return True
            return bool(self._connection.execute(_TRY, (_CLASS, self._name)).fetchone() == (True,))
        except psycopg.Error:
            self.close()
            return False

    def close(self) -> None:
        """Give it back. Closing twice is harmless."""
        if self._connection is not None:
            with contextlib.suppress(Exception):  # the session may be over already
                self._connection.execute("SELECT pg_advisory_unlock_all()")  # a session ends a moment later
            with contextlib.suppress(Exception):
                self._connection.close()
        self._connection, self._mine = None, not self._settings.on_server
