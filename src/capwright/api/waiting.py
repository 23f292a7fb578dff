"""Answers of the engine's thread brought into the event loop, those of one commit with one wake-up."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.host import Host
    from capwright.host.host import Then
    from capwright.journal.engine import Envelope
    from capwright.kernel.message import Outcome

__all__ = ["Waiting"]

_LOG: Final = logging.getLogger("capwright.api")


class Waiting:
    """Sends commands and hands their answers out in the running loop."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._done: deque[tuple[Then, int, Sequence[Outcome | BaseException]]] = deque()
        self._woken = False

    def submit(self, envelopes: Sequence[Envelope]) -> asyncio.Future[list[Outcome | BaseException]]:
        """Send commands; the future has their answers, in order, when their rows are on disk."""
        mine: asyncio.Future[list[Outcome | BaseException]] = asyncio.get_running_loop().create_future()
        heard: dict[int, Outcome | BaseException] = {}

        def then(place: int, answers: Sequence[Outcome | BaseException]) -> None:
            heard.update(enumerate(answers, place))
            if len(heard) == len(envelopes) and not mine.done():  # whoever waited may have gone
                mine.set_result([heard[n] for n in range(len(envelopes))])

        if envelopes:
            self.call(envelopes, then)
        else:
            mine.set_result([])
        return mine

    def call(self, envelopes: Sequence[Envelope], then: Then) -> None:
        """As `Host.call`, but `then` is called in the loop."""
        loop = asyncio.get_running_loop()

        def answered(place: int, answers: Sequence[Outcome | BaseException]) -> None:
            self._done.append((then, place, answers))
            if not self._woken:
                self._woken = True
                try:
                    loop.call_soon_threadsafe(self._hand_over)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    self._woken = False

        self._host.call(envelopes, answered)

    def _hand_over(self) -> None:
        self._woken = False
        while self._done:
            then, place, answers = self._done.popleft()
            try:
                then(place, answers)
            except Exception:  # noqa: BLE001 - one answer that fails must not keep the others back
                _LOG.exception("an answer was lost")
