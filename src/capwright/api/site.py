"""The site: the API and the pages on one port, as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from a2wsgi import WSGIMiddleware
from litestar.enums import ScopeType
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from capwright.host.answers import KeptAnswers
from capwright.host.bodies import GatheredBodies
from capwright.host.meters import METERS
from capwright.host.requests import Requests
from capwright.host.sockets import CountedSockets
from capwright.host.visitors import CountedVisitors
from capwright.web.setup import start

if TYPE_CHECKING:
    from capwright.host import Host
    from capwright.host.requests import App, Receive, Scope, Send

__all__ = ["site"]

PAGE_WORKERS: Final = 8


def site(host: Host) -> Requests:
    """The application of one market. Pages run in threads, since Django is quickest under WSGI."""
    wsgi = start(host)
    from capwright.api.app import api  # noqa: PLC0415 - its models need Django set up
    from capwright.api.commands import PATH, CommandApp  # noqa: PLC0415
    from capwright.api.desk import Desk  # noqa: PLC0415

    made = KeptAnswers(WSGIMiddleware(wsgi, workers=PAGE_WORKERS))  # type: ignore[arg-type]
    pages = CountedVisitors(GatheredBodies(made), host.settings.page_limit)
    desk = Desk(host)
    programs, commands = cast("App", api(desk)), CommandApp(desk)
    sockets = CountedSockets(programs, host.settings.socket_limit)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever lies under `/api`, every WebSocket and the start are for programs; the rest for people."""
        path = str(scope.get("path", ""))
        if scope["type"] == ScopeType.WEBSOCKET:
            await sockets(scope, receive, send)
        elif scope["type"] != ScopeType.HTTP or path == "/api" or path.startswith("/api/"):
            one = scope["type"] == ScopeType.HTTP and path.startswith(PATH) and path != PATH
            await (commands if one else programs)(scope, receive, send)
        else:
            await pages(scope, receive, send)

    host.follower.subscribe(METERS.rows)
    trusted = host.settings.trusted_proxies
    inner = ProxyHeadersMiddleware(answer, list(trusted)) if trusted else answer  # type: ignore[arg-type]
    return Requests(inner, trusted, commands.express)  # type: ignore[arg-type]
