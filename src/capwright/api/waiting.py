"""Answers of the engine's thread brought into the event loop, those of one commit with one wake-up."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from capwright.host import Host
    from capwright.kernel.message import Command, Outcome

    _Then = Callable[[Future[Outcome]], None]

__all__ = ["Waiting"]

_LOG: Final = logging.getLogger("capwright.api")


class Waiting:
    """Sends commands and hands their answers out in the running loop."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._done: deque[tuple[_Then, Future[Outcome]]] = deque()
        self._woken = False

    def submit(self, command: Command, command_id: str, actor: str) -> asyncio.Future[Outcome]:
        """Send a command; the future is answered when its row is on disk."""
        mine: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def then(theirs: Future[Outcome]) -> None:
            if mine.done():  # whoever waited has gone
                return
            error = theirs.exception()
            if error is None:
                mine.set_result(theirs.result())
            else:
                mine.set_exception(error)

        try:
            self.call(command, command_id, actor, then)
        except Refused as no:  # one of a batch: those before it are under way and have answers
            mine.set_exception(no)
        return mine

    def call(self, command: Command, command_id: str, actor: str, then: _Then) -> None:
        """Send a command; `then` is called in the loop when its row is on disk, or nobody can say."""
        loop = asyncio.get_running_loop()

        def answered(theirs: Future[Outcome]) -> None:
            self._done.append((then, theirs))
            if not self._woken:
                self._woken = True
                try:
                    loop.call_soon_threadsafe(self._hand_over)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    self._woken = False

        self._host.submit(command, command_id, actor).add_done_callback(answered)

    def _hand_over(self) -> None:
        self._woken = False
        while self._done:
            then, theirs = self._done.popleft()
            try:
                then(theirs)
            except Exception:  # noqa: BLE001 - one answer that fails must not keep the others back
                _LOG.exception("an answer was lost")
