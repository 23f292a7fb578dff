"""`capwright serve`: the platform for one market."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from capwright.cli.frame import JOURNALS, command, out, say

if TYPE_CHECKING:
    from capwright.host import Settings

__all__ = ["declare"]


def declare(app: typer.Typer) -> None:
    """Add the command to the root."""
    command(
        app,
        "serve",
        panel=JOURNALS,
        examples=[
            "capwright serve --db market.sqlite",
            "capwright serve --db demo.sqlite --demo --port 8080",
        ],
    )(serve_command)


def serve_command(
    db: Annotated[
        str | None,
        typer.Option("--db", metavar="FILE|URL", help="Journal; or $CAPWRIGHT_DB. 日志。"),
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. 监听地址。")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port. 端口。")] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Offer demo users; the clock goes on from the last row. 演示模式。"),
    ] = False,
    role: Annotated[
        str | None,
        typer.Option("--role", help="all, web or engine; the last two on PostgreSQL only. 进程角色。"),
    ] = None,
) -> None:
    """Open the platform: pages for people, an API for programs, on one port. Ends with Ctrl-C.

    启动平台：网页与接口使用同一端口；按 Ctrl-C 结束。
    """
    from capwright.host import Host, settings_of
    from capwright.host.logs import set_up
    from capwright.host.serving import serve

    settings = settings_of(os.environ, db=db, host=host, port=port, demo=demo or None, role=role)
    set_up(settings.log)
    if settings.role == "engine":
        _engine(settings)
        return

    def opened() -> None:
        out().print(say(f"Open: {settings.url}", f"已启动：{settings.url}"), style="bold", soft_wrap=True)
        out().print(say("Ctrl-C ends it.", "按 Ctrl-C 结束。"))

    with Host(settings) as market:
        from capwright.api.site import site

        serve(site(market), settings, opened)


def _engine(settings: Settings) -> None:
    """An engine without pages: active, or standing by until the active one is gone."""
    import signal
    import threading

    from capwright.host.standby import run_engine

    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    words = {"standby": say("Standing by.", "待命。"), "active": say("Active.", "已接管。")}
    run_engine(settings, ending, lambda state: out().print(words[state]))
