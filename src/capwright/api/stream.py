"""The WebSocket at `/api/v1/stream`: market data and one's own orders as they happen, and commands to send.

    ws://…/api/v1/stream?channels=trades:GDEA,book:GDEA,day,notices,orders:ACCOUNT&after=29578

A message is `{"seq": 29579, "channel": "trades:GDEA", "data": {…}}`. After a break, `after` with the last
`seq` seen brings what came since; when that is too long ago the first message is `{"channel": "gap", …}` and
the caller reads anew over HTTP. A book comes as it stands, at most twenty times a second.

Commands go in as `{"id": "key", "command": {"command": "PlaceOrder", …}}`, alone or up to 500 in a list, and
are carried out in their order. Each is answered once it is durable, `{"id": "key", "answer": {…}}`.

With `together=1` every frame that comes out is a list: of messages, all that came since the last one, or of
the answers of one commit. That costs both sides far less when much happens.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from litestar import Router, WebSocket, websocket
from litestar.exceptions import HTTPException, WebSocketDisconnect

from capwright.api.hub import Hub, Listener
from capwright.api.line import Line
from capwright.kernel.refusal import Refused
from capwright.projection.viewer import PUBLIC, Viewer, viewer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.api.caller import Caller
    from capwright.api.desk import Desk

__all__ = ["router"]

CHANNELS: Final = 40  # that one caller may follow
GUARD_S: Final = 15.0  # how often it is asked again whether the caller may follow
LONGEST_AFTER: Final = 18
_LATER: Final = 1013  # also to whoever is too slow
_REFUSED: Final = 4403
_LONGEST_REASON_B: Final = 120  # RFC 6455 allows 123


def allowed(viewer: Viewer, channel: str) -> bool:
    """Whether somebody may follow a channel."""
    kind, _, name = channel.partition(":")
    if kind in {"trades", "book"}:
        return bool(name)
    if kind == "orders":
        return viewer.may_read(name)
    return channel in {"day", "notices", "journal"}


@websocket("/stream")
async def stream(socket: WebSocket[Any, Any, Any]) -> None:
    """One caller: channels out, commands in."""
    desk: Desk = socket.app.state["desk"]
    hub: Hub = socket.app.state["hub"]
    try:
        caller = await desk.caller(socket)
    except HTTPException as no:
        await _closed(socket, no.detail)
        return
    except Refused as no:  # nobody can tell who calls: come back later
        await _closed(socket, f"{no.refusal.code} {no.refusal.message()}", _LATER)
        return
    channels = [name for name in socket.query_params.get("channels", "").split(",") if name]
    after = socket.query_params.get("after", "")
    viewer = await _viewer(desk, caller)
    wrong = next((name for name in channels if not allowed(viewer, name)), "")
    if (
        wrong
        or len(channels) > CHANNELS
        or not (after == "" or (after.isdecimal() and len(after) <= LONGEST_AFTER))
    ):
        await _closed(socket, f"may not follow {wrong[:80]}" if wrong else "channels or after cannot be read")
        return
    await socket.accept()
    one = Listener(channels, together=socket.query_params.get("together", "") == "1")
    line = Line(socket, desk, one)
    tasks: list[asyncio.Task[None]] = []
    try:
        missed = one.frames(await hub.follow(one, int(after) if after else None))
        tasks += [asyncio.create_task(line.talk(missed)), asyncio.create_task(line.listen())]
        if caller.person:  # what is open to the public stays open
            tasks.append(asyncio.create_task(_guard(socket, desk, caller.person, channels)))
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            if (error := task.exception()) and not isinstance(error, WebSocketDisconnect | RuntimeError):
                raise error
    finally:
        hub.leave(one)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await socket.close(_LATER if one.queue.full() else 1000)


async def _closed(socket: WebSocket[Any, Any, Any], why: str, code: int = _REFUSED) -> None:
    await socket.accept()
    await socket.close(code, reason=why.encode()[:_LONGEST_REASON_B].decode(errors="ignore"))


async def _viewer(desk: Desk, caller: Caller) -> Viewer:
    if "read" not in caller.scopes:
        return PUBLIC
    return (await desk.looked(lambda market: viewer_of(market, caller.person)))[0]


async def _guard(socket: WebSocket[Any, Any, Any], desk: Desk, person: str, channels: Sequence[str]) -> None:
    """End once the token or session is no longer good, or a channel no longer open to its person."""
    headers = dict(socket.scope["headers"])
    while True:
        await asyncio.sleep(GUARD_S)
        try:
            caller = await asyncio.to_thread(desk.callers.find, headers)
        except HTTPException:
            return
        except Refused:  # the people's database is away: what was allowed stays until it can be asked again
            continue
        viewer = await _viewer(desk, caller)
        if caller.person != person or not all(allowed(viewer, name) for name in channels):
            return


router = Router("/api/v1", route_handlers=[stream])
