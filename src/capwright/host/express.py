"""A short way for requests that programs send thousands of times a second.

Serving a request the ordinary way makes a task, an event and half a dozen messages of it, which cost more
than an order does. So once a `POST` is there with its whole body, the application's express is asked first.
It either takes the request and answers it later by a callback, or leaves it, having done nothing; then it is
served the ordinary way, which also tells what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from collections.abc import Callable

    Headers: TypeAlias = list[tuple[bytes, bytes]]
    Answer: TypeAlias = Callable[[int, Headers, bytes], None]
    Express: TypeAlias = Callable[[Any, bytes, Answer], bool]  # scope, body, answer → whether it was taken

__all__ = ["ExpressProtocol"]


class ExpressProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an express beside the application."""

    def __init__(self, express: Express, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._express = express
        self._taking_in = False
        self._early: RequestResponseCycle | None = None  # its body may be complete once all was taken in

    def data_received(self, data: bytes) -> None:
        """Take in what came. What has its body still on its way goes the ordinary way, with its limits."""
        self._taking_in = True
        super().data_received(data)
        self._taking_in = False
        early, self._early = self._early, None
        if early is not None:
            super()._start_asgi_task(early, self.app)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless that would be read as the answer to a request before it."""
        if self._awaited():
            self.transport.close()
        else:
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Hand the line over to a WebSocket, unless an answer has yet to go over it: its frames are none."""
        if self._awaited():
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def _awaited(self) -> bool:
        """Whether a request that is whole waits for its answer, or an answer is half sent."""
        last: Any = self.cycle  # None before the first
        if last is None or last.response_complete:
            return False
        return bool(self.pipeline) or last.response_started or not last.more_body

    def on_message_complete(self) -> None:
        """A request is there with its whole body."""
        super().on_message_complete()
        early, self._early = self._early, None
        if early is not None:
            self._serve(early)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["method"] != "POST" or app is not self.app:
            super()._start_asgi_task(cycle, app)
        elif not cycle.more_body:  # it was waiting behind another one
            self._serve(cycle)
        elif self._taking_in:
            self._early = cycle
        else:  # it was waiting, and nothing more may ever come: its limits count from now on
            super()._start_asgi_task(cycle, app)

    def _serve(self, cycle: RequestResponseCycle) -> None:
        if self.flow.write_paused or not self._express(cycle.scope, bytes(cycle.body), _answer(cycle)):
            super()._start_asgi_task(cycle, self.app)


def _answer(cycle: RequestResponseCycle) -> Answer:
    """What answers a request at once, in one write."""

    def answer(status: int, headers: Headers, body: bytes) -> None:
        if cycle.disconnected:
            return
        said = [STATUS_LINE[status]]
        for name, value in (*cycle.default_headers, *headers):
            said += (name, b": ", value, b"\r\n")
        said.append(b"content-length: %d\r\n" % len(body))
        said.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        said.append(body)
        cycle.transport.write(b"".join(said))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()

    return answer
