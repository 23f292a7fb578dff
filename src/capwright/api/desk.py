"""What handlers share: the host, who calls, the limits; and conditional answers by the journal's head."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from msgspec import Struct

from capwright import __version__
from capwright.api.caller import Caller, Callers
from capwright.api.fault import NO_ACCOUNT, SIGN_IN, Fault
from capwright.api.limits import Limiter
from capwright.api.waiting import Waiting
from capwright.host.addresses import network_of
from capwright.projection.viewer import PUBLIC, Viewer, viewer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from capwright.host import Host
    from capwright.market import Market

__all__ = ["Desk", "Page", "answer", "desk_of", "need_account"]

T = TypeVar("T")
_BURST: Final = 10  # seconds' worth of requests at once


class Page(Struct, omit_defaults=True):
    """A part of a list. `next` goes into `after` for the part that follows; without it this is the last."""

    items: list[Any]
    next: str = ""


class Desk:
    """One API of one market."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.callers = Callers(host.settings.url, host.settings.session_cookie)
        self.waiting = Waiting(host)
        rate = host.settings.rate_limit
        self._programs = Limiter(rate, rate * _BURST) if rate else Limiter(0, 0)
        self._public = Limiter(rate / 2, rate / 2 * _BURST) if rate else Limiter(0, 0)

    async def caller(self, request: Any, count: int = 1) -> Caller:
        """Who calls, counted against the limits."""
        return await self.caller_of(request.scope, dict(request.scope["headers"]), count)

    async def caller_of(self, scope: Any, headers: dict[bytes, bytes], count: int = 1) -> Caller:
        """Who sends an ASGI request with these headers."""
        found = self.callers.known(headers)
        client = scope.get("client")
        address = client[0] if client else ""
        if found is None:
            self._public.take(network_of(address))  # guesses are counted before they are looked up
            found = await asyncio.to_thread(self.callers.find, headers)
        if found.person:
            found.check_address(address)
            self.count(found, count)
        else:
            self._public.take(network_of(address), count)
        return found

    def count(self, caller: Caller, count: int = 1) -> None:
        """Count requests of a known person against the limit; refuses what is beyond it (429)."""
        self._programs.take(caller.key, count)

    async def viewer(self, request: Any) -> Viewer:
        """Who calls, in the market's terms."""
        caller = await self.caller(request)
        if not caller.person:
            return PUBLIC
        caller.need("read")
        found, _ = await self.looked(lambda market: viewer_of(market, caller.person))
        return found

    async def looked(self, read: Callable[[Market], T]) -> tuple[T, int]:
        """What a reading of the state gives, and the row that it is as of.

        In a thread: whoever has the state locked must not keep the event loop, and with it all orders.
        """

        def look() -> tuple[T, int]:
            with self.host.look() as market:
                return read(market), self.host.head.seq

        return await asyncio.to_thread(look)


def desk_of(request: Request[Any, Any, Any]) -> Desk:
    """The API's own things."""
    desk: Desk = request.app.state["desk"]
    return desk


def need_account(viewer: Viewer, account: str) -> None:
    """Refuse whoever may not read an account; to a stranger it is not there."""
    if not viewer.person:
        raise Fault(403, *SIGN_IN)
    if not viewer.may_read(account):
        raise Fault(404, *NO_ACCOUNT)


def answer(request: Request[Any, Any, Any], value: Any, seq: int, *, public: bool = False) -> Response[bytes]:
    """A value as JSON with the row that it is as of; 304 when the caller has it already.

    The tag names the version too: another one may say the same row in other words.
    """
    tag = f'W/"{__version__}-{seq}"'
    headers = {
        "ETag": tag,
        "Capwright-Row": str(seq),
        "Cache-Control": "public, max-age=1" if public else "private, no-cache",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)
