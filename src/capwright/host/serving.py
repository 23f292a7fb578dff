"""Serving an ASGI application until somebody ends it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from capwright.host.settings import Settings

__all__ = ["serve"]

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
LONGEST_FRAME: Final = (
    2_000_000  # bytes of one message of a WebSocket: a command, of which schemes are longest
)


def serve(app: Any, settings: Settings, opened: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; calls `opened` once the port answers. Refuses a taken port (CW-9712)."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError:
        refuse(NO_WEB)
    config = uvicorn.Config(
        app,
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
    try:
        socket = config.bind_socket()
    except SystemExit:
        refuse(PORT_TAKEN, host=settings.host, port=settings.port, why="it is taken or not ours")
    socket.listen(config.backlog)  # whoever comes before the server runs waits, and is not refused
    gc.collect()
    gc.freeze()  # walking the whole market again and again would stop everybody for 0.1 s each time
    opened()
    uvicorn.Server(config).run(sockets=[socket])
