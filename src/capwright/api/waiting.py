"""Answers of the engine's thread brought into the event loop, those of one commit with one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from capwright.kernel.refusal import Refused

if TYPE_CHECKING:
    from concurrent.futures import Future

    from capwright.host import Host
    from capwright.kernel.message import Command, Outcome

__all__ = ["Waiting"]


class Waiting:
    """Sends commands and hands out futures of the running loop."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._done: deque[tuple[asyncio.Future[Outcome], Future[Outcome]]] = deque()
        self._woken = False

    def submit(self, command: Command, command_id: str, actor: str) -> asyncio.Future[Outcome]:
        """Send a command; the future is answered when its row is on disk."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[Outcome] = loop.create_future()

        def answered(theirs: Future[Outcome]) -> None:
            self._done.append((mine, theirs))
            if not self._woken:
                self._woken = True
                try:
                    loop.call_soon_threadsafe(self._hand_over)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    self._woken = False

        try:
            self._host.submit(command, command_id, actor).add_done_callback(answered)
        except Refused as no:  # one of a batch: those before it are under way and have answers
            mine.set_exception(no)
        return mine

    def _hand_over(self) -> None:
        self._woken = False
        while self._done:
            mine, theirs = self._done.popleft()
            if mine.done():  # whoever waited has gone
                continue
            error = theirs.exception()
            if error is None:
                mine.set_result(theirs.result())
            else:
                mine.set_exception(error)
