"""How many pages one address may open, so that one visitor does not take the threads of all others.

The limit is far above what people reach, an office behind one address included. A file that is made of many
rows counts as much as many pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.host.addresses import network_of
from capwright.host.limits import Buckets
from capwright.kernel.refusal import Refusal, define

if TYPE_CHECKING:
    from capwright.host.requests import App, Receive, Scope, Send

__all__ = ["CountedVisitors"]

TOO_OFTEN = define(
    "CW-9719",
    en="Your address opens more pages than this site gives out to one.",
    zh="您的地址访问过于频繁，超出本站限制。",
    mend_en="Come back in {wait_s} s. Programs read faster over the API.",
    mend_zh="请{wait_s}秒后再试；程序请使用接口读取。",
    rule="design: bound everything",
)
BURST_S: Final = 20  # seconds' worth of pages at once
FILE: Final = 50  # pages that a file counts as
_FREE: Final = ("/static/", "/health/", "/ready/", "/metrics/")  # costs next to nothing, or watches
_FILES: Final = (".gz", ".csv", ".xlsx", ".pdf", ".parquet")
_PAGE: Final = (
    '<!doctype html><html lang="zh"><meta charset="utf-8"><title>{code}</title>'
    '<p lang="zh">{zh}</p><p lang="en">{en}</p><p>{code}</p></html>'
)


class CountedVisitors:
    """An ASGI application around the pages. `rate` pages a second for each address; 0: as many as come."""

    def __init__(self, app: App, rate: int) -> None:
        self._app = app
        self._buckets = Buckets(rate, rate * BURST_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, with 429 if it is one too many."""
        client, path = scope.get("client"), str(scope.get("path", ""))
        if not path.startswith(_FREE):
            file = path.endswith(_FILES) or b"format=" in scope.get("query_string", b"")
            wait_s = self._buckets.take(network_of(client[0] if client else ""), FILE if file else 1)
            if wait_s:
                await _refused(send, wait_s)
                return
        await self._app(scope, receive, send)


async def _refused(send: Send, wait_s: int) -> None:
    refusal = Refusal(TOO_OFTEN.code, {"wait_s": wait_s})
    page = _PAGE.format(code=refusal.code, zh=refusal.message("zh"), en=refusal.message("en"))
    head = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"retry-after", b"%d" % wait_s),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": head})
    await send({"type": "http.response.body", "body": page.encode()})
