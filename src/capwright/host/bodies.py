"""Bodies of requests for pages, received whole before a thread is given to them.

Pages run in a few threads. Were a body read there, as many slow senders as there are threads would stop the
site; so it is gathered here, in memory or in a temporary file, within a time and a size. A sender must bring
`SLOWEST_B_S` bytes a second after the first `GRACE_S` seconds, which a mobile phone with papers does and a
trickle does not. What is held of all bodies together is bounded too, and of it what one address may hold, so
that nobody fills the disk and nobody takes the room of all others.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, Final

from capwright.host.addresses import network_of
from capwright.kernel.refusal import Refusal, RefusalCode, Refused, define, refuse

if TYPE_CHECKING:
    from capwright.host.requests import App, Receive, Scope, Send

__all__ = ["GatheredBodies"]

BODY_SLOW = define(
    "CW-9713",
    en="The request came too slowly and was given up.",
    zh="请求内容传输过慢，已中止。",
    mend_en="Send it again over a better connection.",
    mend_zh="请在网络较好时重新提交。",
    rule="design: bound everything",
)
BODY_LONG = define(
    "CW-9714",
    en="The request is larger than {most} MB.",
    zh="请求内容超过 {most} MB。",
    mend_en="Send fewer or smaller files at once.",
    mend_zh="请减少文件数量或压缩后分次提交。",
    rule="design: bound everything",
)
BODIES_FULL = define(
    "CW-9718",
    en="Too much is being sent to this site at this moment; the request was not taken.",
    zh="当前上传数据过多，本次请求未被接收。",
    mend_en="Nothing was kept. Send it again in a minute.",
    mend_zh="内容未保存，请稍后重新提交。",
    rule="design: bound everything",
)
GRACE_S: Final = 30.0
SLOWEST_B_S: Final = 8_000
LONGEST: Final = 64_000_000  # bytes: five papers of ten megabytes, and the form around them
MOST_HELD: Final = 1_024_000_000  # bytes of all bodies together, on the disk but for a megabyte of each
_SHARE: Final = 4  # of it an address may hold one part in so many
_AGAIN_S: Final = 60
_STATUS: Final = {"CW-9713": 408, "CW-9714": 413, "CW-9718": 503}
_IN_MEMORY: Final = 1_000_000  # bytes
_PIECE: Final = 65_536


class _Gone(Exception):  # noqa: N818 - an end, not an error
    """The sender went away."""


class _Held:
    """What one body holds of the room for all, until it was answered."""

    def __init__(self, by: Counter[str], address: str, most: int) -> None:
        self._by, self._address, self._most, self._size = by, address, most, 0

    def take(self, size: int) -> None:
        """Hold more; refuses (CW-9718) what there is no room for."""
        if self._by.total() + size > self._most or self._by[self._address] + size > self._most // _SHARE:
            refuse(BODIES_FULL)
        self._by[self._address] += size
        self._size += size

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._by[self._address] -= self._size
        if not self._by[self._address]:
            del self._by[self._address]


class GatheredBodies:
    """An ASGI application around one that gets every body complete; answers 408, 413 and 503 itself."""

    def __init__(
        self, app: App, *, grace_s: float = GRACE_S, longest: int = LONGEST, most: int = MOST_HELD
    ) -> None:
        self._app = app
        self._most = most
        self._held: Counter[str] = Counter()  # bytes, by address; only the event loop counts
        self._grace_s = grace_s
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = dict(scope["headers"])
        if b"transfer-encoding" not in headers and headers.get(b"content-length", b"0") == b"0":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        held = _Held(self._held, network_of(client[0] if client else ""), self._most)
        with held, tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
            try:
                await self._gather(receive, headers, kept, held)
            except Refused as no:
                await _refused(send, no.refusal)
                return
            except _Gone:
                return
            kept.seek(0)
            await self._app(scope, _replayed(kept, receive), send)

    async def _gather(
        self, receive: Receive, headers: dict[bytes, bytes], kept: IO[bytes], held: _Held
    ) -> None:
        said = headers.get(b"content-length", b"0")
        if not said.isdigit() or int(said) > self._longest:
            self._refuse(BODY_LONG)
        began, size, more = time.monotonic(), 0, True
        while more:
            left = began + self._grace_s + size / SLOWEST_B_S - time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), min(max(left, 0.0), self._grace_s))
            except TimeoutError:
                self._refuse(BODY_SLOW)
            if message["type"] != "http.request":
                raise _Gone
            part = message.get("body", b"")
            size += len(part)
            if size > self._longest:
                self._refuse(BODY_LONG)
            held.take(len(part))
            kept.write(part)
            more = message.get("more_body", False)

    def _refuse(self, code: RefusalCode) -> None:
        refuse(code, most=self._longest // 1_000_000)


def _replayed(kept: IO[bytes], receive: Receive) -> Receive:
    """What was gathered, piece by piece; after that, what the connection says."""
    done = False

    async def piece() -> Any:
        nonlocal done
        if done:
            return await receive()
        part = kept.read(_PIECE)
        done = len(part) < _PIECE
        return {"type": "http.request", "body": part, "more_body": not done}

    return piece


async def _refused(send: Send, refusal: Refusal) -> None:
    said = "\n".join(f"{refusal.code} {refusal.message(lang)}" for lang in ("zh", "en")) + "\n"
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    if refusal.code == BODIES_FULL.code:
        head.append((b"retry-after", b"%d" % _AGAIN_S))
    await send({"type": "http.response.start", "status": _STATUS[refusal.code], "headers": head})
    await send({"type": "http.response.body", "body": said.encode()})
