"""Serving an ASGI application until somebody ends it."""

from __future__ import annotations

import gc
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import define, refuse

try:
    import uvicorn
except ImportError:  # pragma: no cover - the extra `web` is not installed
    uvicorn = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

    from capwright.host.requests import Requests
    from capwright.host.settings import Settings

__all__ = ["configured", "serve"]

NO_WEB = define(
    "CW-9711",
    en="The platform needs packages that are not installed.",
    zh="缺少运行平台所需的软件包。",
    mend_en="Install them: pip install 'capwright[web]'.",
    mend_zh="请安装：pip install 'capwright[web]'。",
    rule="design: heavy libraries are extras",
)
PORT_TAKEN = define(
    "CW-9712",
    en="Nothing can listen on {host}:{port}: {why}.",
    zh="无法监听{host}:{port}：{why}。",
    mend_en="Choose another port with --port, or end the program that has it.",
    mend_zh="请用 --port 更换端口，或结束占用该端口的程序。",
    rule="command line",
)
# Whoever writes to a database gives Python's lock away, and gets it back from a thread that computes after
# this long. Python's own 5 ms would be paid several times in every commit while a page is made.
SWITCH_S: Final = 0.001
LONGEST_FRAME: Final = 2_000_000  # bytes of one message of a WebSocket; of commands schemes are longest


def configured(app: Requests, settings: Settings) -> uvicorn.Config:
    """How the application is served."""
    from capwright.host.express import ExpressProtocol  # noqa: PLC0415 - needs the extra

    return uvicorn.Config(
        app,
        http=partial(ExpressProtocol, app.express),  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        log_config=None,
        access_log=False,
        ws_max_size=LONGEST_FRAME,
        ws_per_message_deflate=False,  # it would be done anew for every reader of the same message
        proxy_headers=False,  # the site reads them itself, from trusted proxies
        timeout_graceful_shutdown=5,
    )


def serve(app: Requests, settings: Settings, opened: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; calls `opened` once the port answers. Refuses a taken port (CW-9712)."""
    if uvicorn is None:
        refuse(NO_WEB)
    config = configured(app, settings)
    try:
        socket = config.bind_socket()
    except SystemExit:
        refuse(PORT_TAKEN, host=settings.host, port=settings.port, why="it is taken or not ours")
    socket.listen(config.backlog)  # whoever comes before the server runs waits, and is not refused
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # walking the whole market again and again would stop everybody for 0.1 s each time
    opened()
    uvicorn.Server(config).run(sockets=[socket])
