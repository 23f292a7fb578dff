"""How many WebSockets one address may hold open, so that one visitor cannot take the room of all others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from capwright.host.addresses import network_of
from capwright.kernel.refusal import Refusal, define

if TYPE_CHECKING:
    from capwright.host.requests import App, Receive, Scope, Send

__all__ = ["CountedSockets"]

TOO_MANY = define(
    "CW-9715",
    en="Your address has {most} streams open, and may have no more.",
    zh="您的地址已打开{most}个实时连接，不能再增加。",
    mend_en="Close one, or follow more channels in one stream.",
    mend_zh="请关闭部分连接，或在一个连接中订阅多个频道。",
    rule="design: bound everything",
)
CLOSED: Final = 4429  # as 429, in the range that is free for applications


class CountedSockets:
    """An ASGI application around one for WebSockets. `most` for each address; 0: as many as come."""

    def __init__(self, app: App, most: int) -> None:
        self._app = app
        self._most = most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket, or close it with the reason."""
        client = scope.get("client")
        address = network_of(client[0] if client else "")
        if self._most and self._open[address] >= self._most:
            refusal = Refusal(TOO_MANY.code, {"most": self._most})
            await receive()
            await send({"type": "websocket.accept"})
            reason = f"{refusal.code} {refusal.message()}"
            await send({"type": "websocket.close", "code": CLOSED, "reason": reason[:120]})
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
