"""Following the stream: every message once and in order, breaks of the line or not."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

from capwright.client.refused import MarketRefused

try:
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect
except ImportError:  # pragma: no cover - the extra `client` is not installed
    connect = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["follow"]

LONGEST_WAIT_S: Final = 30.0  # between two tries to come back
_FIRST_WAIT_S: Final = 0.2
_NOT_ALLOWED: Final = 4403


def follow(
    url: str, headers: Callable[[], dict[str, str]], channels: Sequence[str], after: int
) -> Iterator[dict[str, Any]]:
    """Messages with rows after `after`. `headers` is asked anew for each line, since tokens end.

    A line that breaks is made anew, and what was missed comes first; it is tried for ever, at most every
    `LONGEST_WAIT_S`. Raises `MarketRefused` (403) for a channel that may not be followed.
    """
    if connect is None:
        raise ImportError("pip install capwright[client]")
    address = f"ws{url.removeprefix('http')}/api/v1/stream?channels={','.join(channels)}&together=1"
    wait_s = _FIRST_WAIT_S
    while True:
        line = None
        with contextlib.suppress(OSError, InvalidHandshake):
            line = connect(f"{address}&after={after}", additional_headers=headers())
        if line is not None:
            with line:
                for message in _frames(line):
                    wait_s = _FIRST_WAIT_S
                    # After a gap the journal may end before what was seen of another one.
                    seen = message["seq"]
                    after = seen if message["channel"] == "gap" else max(after, seen)
                    yield message
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _frames(line: Any) -> Iterator[dict[str, Any]]:
    """What comes until the line ends, however it does."""
    while True:
        try:
            frame = line.recv()
        except ConnectionClosed as end:
            if end.rcvd is not None and end.rcvd.code == _NOT_ALLOWED:
                raise MarketRefused(403, "", end.rcvd.reason, end.rcvd.reason) from None
            return
        yield from json.loads(frame)
