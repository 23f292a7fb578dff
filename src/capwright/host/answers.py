"""Answers of pages, taken from their threads at once and given to their readers as slowly as these read.

Pages run in a few threads. Were an answer written to the reader there, as many readers who ask for something
long and then do not read would stop the site. So what a page says is kept here, in memory or in a temporary
file, and its thread is free as soon as it has said it. A reader must take `SLOWEST_B_S` bytes a second after
the first `GRACE_S` seconds.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from typing import IO, TYPE_CHECKING, Any, Final

from capwright.host.bodies import GRACE_S, SLOWEST_B_S

if TYPE_CHECKING:
    from capwright.host.requests import App, Receive, Scope, Send

__all__ = ["KeptAnswers"]

_IN_MEMORY: Final = 1_000_000  # bytes
_PIECE: Final = 65_536
_SHORT: Final = 65_536  # bytes that a connection takes without waiting for its reader


class _TooSlow(Exception):  # noqa: N818 - an end, not an error
    """The reader does not read."""


class KeptAnswers:
    """An ASGI application around one that never waits for its reader."""

    def __init__(self, app: App, *, grace_s: float = GRACE_S) -> None:
        self._app = app
        self._grace_s = grace_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
            start: dict[str, Any] = {}
            size = 0

            async def keep(message: Any) -> None:
                nonlocal size
                if message["type"] == "http.response.start":
                    start.update(message)
                else:
                    size += kept.write(message.get("body", b""))

            await self._app(scope, receive, keep)
            if start:
                kept.seek(0)
                try:
                    await self._give(send, start, kept, size)
                except _TooSlow:
                    return  # the server closes what was not finished

    async def _give(self, send: Send, start: dict[str, Any], kept: IO[bytes], size: int) -> None:
        began, given = time.monotonic(), 0
        await send(start)
        while True:
            part = kept.read(_PIECE)
            given += len(part)
            message = {"type": "http.response.body", "body": part, "more_body": given < size}
            if size <= _SHORT:  # the ordinary page: nothing to wait for
                await send(message)
                return
            left = began + self._grace_s + given / SLOWEST_B_S - time.monotonic()
            try:
                await asyncio.wait_for(send(message), max(left, 0.001))
            except TimeoutError:
                raise _TooSlow from None
            if given >= size:
                return
