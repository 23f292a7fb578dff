"""The API: Litestar, under `/api/v1`."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException

from capwright.api import commands, docs, openapi, problem, reads, stream
from capwright.api.commands import LONGEST_BODY
from capwright.api.hub import Hub
from capwright.kernel.refusal import Refused

if TYPE_CHECKING:
    from litestar.types import Scope

    from capwright.api.desk import Desk

__all__ = ["api"]

_LOG: Final = logging.getLogger("capwright.api")


def api(desk: Desk) -> Litestar:
    """The programs' application of one market."""
    hub = Hub(desk)

    async def begin() -> None:
        hub.start(asyncio.get_running_loop())

    return Litestar(
        [commands.router, reads.router, openapi.router, docs.router, stream.router],
        state=State({"desk": desk, "hub": hub}),
        on_startup=[begin],
        on_shutdown=[hub.stop],
        exception_handlers=problem.handlers,
        after_exception=[_log],
        logging_config=None,  # the process has set up its logs
        openapi_config=None,
        request_max_body_size=LONGEST_BODY,
    )


async def _log(error: Exception, scope: Scope) -> None:
    """Log what nobody foresaw on a stream; what a request brought is logged where it is answered."""
    if scope["type"] == ScopeType.WEBSOCKET and not isinstance(error, (HTTPException, Refused)):
        _LOG.error("unforeseen", exc_info=error)
