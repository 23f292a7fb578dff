"""What every request has in common, pages and API alike: an id, a line in the log, a count."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from capwright.host.addresses import within
from capwright.host.logs import REQUEST_ID
from capwright.host.meters import METERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from capwright.host.express import Answer, Express, Headers

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Requests"]

_NAME: Final = b"x-request-id"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SLOW_S: Final = 2.0
_NO_ANSWER: Final = 499  # the caller had gone
_FAULT: Final = 500
_SURFACES: Final = (("/api", "api"), ("/static/", "static"))
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOG: Final = logging.getLogger("capwright.request")
_RUN: Final = secrets.token_hex(8)
_COUNT: Final = itertools.count(1)


class Requests:
    """An ASGI application around another one.

    An id that a trusted proxy sends in `X-Request-Id` is taken over; all others get a new one. `trusted` are
    addresses and networks, as in `CAPWRIGHT_TRUSTED_PROXIES`. It has to be outside of whatever reads
    `X-Forwarded-For`, since it looks at the connection itself.
    """

    def __init__(self, app: App, trusted: Iterable[str] = (), express: Express | None = None) -> None:
        self._app = app
        self._trusted = tuple(trusted)
        self._express = express

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            METERS.socket(1)
            try:
                await self._app(scope, receive, send)
            finally:
                METERS.socket(-1)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = self._given(scope) or _new_id()
        headers = [pair for pair in scope["headers"] if pair[0] != _NAME]
        scope["headers"] = [*headers, (_NAME, request_id.encode())]
        token = REQUEST_ID.set(request_id)
        began, status, size = time.perf_counter(), _NO_ANSWER, 0

        async def sent(message: Any) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (_NAME, request_id.encode())]}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except BaseException:
            status = _FAULT if status == _NO_ANSWER else status
            raise
        finally:
            _told(scope, status, size, time.perf_counter() - began)
            REQUEST_ID.reset(token)

    def express(self, scope: Scope, body: bytes, answer: Answer) -> bool:
        """Have a request answered the short way, if the application has one for it."""
        if self._express is None:
            return False
        request_id = self._given(scope) or _new_id()
        began = time.perf_counter()

        def answered(status: int, headers: Headers, said: bytes) -> None:
            answer(status, [*headers, (_NAME, request_id.encode())], said)
            token = REQUEST_ID.set(request_id)
            _told(scope, status, len(said), time.perf_counter() - began)
            REQUEST_ID.reset(token)

        return self._express(scope, body, answered)

    def _given(self, scope: Scope) -> str:
        """The id that a trusted proxy gave; empty otherwise."""
        if not self._trusted:
            return ""
        said = next((value.decode("latin-1") for name, value in scope["headers"] if name == _NAME), "")
        peer = scope.get("client")
        return said if _ID.fullmatch(said) and peer and within(peer[0], self._trusted) else ""


def _new_id() -> str:
    """An id that no other request has: of this run of the process, and counted in it."""
    return f"{_RUN}{next(_COUNT):016x}"


def _told(scope: Scope, status: int, size: int, seconds: float) -> None:
    path, method = str(scope.get("path", "")), str(scope.get("method", ""))
    method = method if method in _METHODS else "OTHER"  # a label must not grow without bound
    surface = next((name for begin, name in _SURFACES if path.startswith(begin)), "pages")
    METERS.request(surface, method, status, seconds)
    level = logging.WARNING if status >= _FAULT or seconds > _SLOW_S else logging.INFO
    if _LOG.isEnabledFor(level):
        fields = {
            "method": method,
            "path": path,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "bytes": size,
        }
        _LOG.log(level, "request", extra={"fields": fields})
