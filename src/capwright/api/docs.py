"""The API's description for people: one page from the same document, without a script."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from litestar import Response, Router, get

from capwright.api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["router"]

_ABOUT: Final = """\
<p class="lead">Everything that desks can do, programs can do. 网页能办理的，接口都能办理。</p>
<ul>
<li>Make a program under “Sign-in and security”, then get a token: <code>POST /oauth/token/</code> with
<code>grant_type=client_credentials</code> and the scopes <code>read</code>, <code>trade</code>,
<code>write</code>. 在“登录与安全”中新建接口客户端，凭编号和密钥换取令牌。</li>
<li>Send a command with the header <code>Idempotency-Key</code>; sent again under the same key it gets the
first answer and does nothing. A UUID of version 7 is stored quickest. 指令带上 Idempotency-Key，
重复发送只生效一次；采用 UUIDv7 写入最快。</li>
<li>An answer comes when the row is on disk. A refusal is <code>application/problem+json</code> with a code,
in both languages; nothing has changed. Its <code>title</code> and <code>detail</code> follow
<code>Accept-Language</code>. 收到答复即已落盘；拒绝时不作任何更改，
title 和 detail 随 Accept-Language 而定。</li>
<li>Reads tell the row that they are as of (<code>Capwright-Row</code>, <code>ETag</code>).
读取结果注明截至日志第几行。</li>
<li>What happens streams from <code>/api/v1/stream?channels=…&amp;after=…</code> (WebSocket): channels
<code>trades:PRODUCT</code>, <code>book:PRODUCT</code>, <code>orders:ACCOUNT</code>, <code>day</code>,
<code>notices</code>, <code>journal</code>; <code>after</code> is the last <code>seq</code> that was heard.
Commands go in as <code>{"id": KEY, "command": {…}}</code>, alone or up to 500 in a list. With
<code>together=1</code> what comes out is lists. 实时推送：channels 选择频道，断线后以 after 续传；
指令可逐条或成批（最多500条）发送；加 together=1 则每帧为列表。</li>
<li>Webhooks are signed: <code>Capwright-Signature: t=TIME,v1=DIGEST</code>, the HMAC-SHA-256 of
<code>TIME.BODY</code> under the webhook's secret. 回调带签名：以密钥对“时间.正文”计算 HMAC-SHA-256。</li>
<li>For Python there is <code>capwright.client</code>. Python 程序可直接使用 capwright.client。</li>
<li><a href="/api/v1/openapi.json">OpenAPI 3.1</a></li>
</ul>"""


@get("/docs", include_in_schema=False)
async def page() -> Response[str]:
    """The page."""
    described = document()
    body = "".join(_group(tag, found) for tag, found in _by_tag(described).items())
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API · Capwright</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/web/base.css"></head><body><header class="top">'
        '<div class="top-in"><a class="brand" href="/">Capwright</a></div></header>'
        '<main class="body"><h1>API</h1>'
        f'<section class="card">{_ABOUT}</section>{body}</main></body></html>'
    )
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return Response(text, media_type="text/html", headers={"Content-Security-Policy": policy})


def _by_tag(described: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, item in described["paths"].items():
        for verb, operation in item.items():
            found.setdefault(operation["tags"][0], []).append((verb.upper(), path, operation))
    return found


def _group(tag: str, operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    return f'<section class="card"><h2>{escape(tag)}</h2>{"".join(_operations(operations))}</section>'


def _operations(operations: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    for verb, path, one in operations:
        yield f"<details><summary><code>{verb} {escape(path)}</code> {escape(one['summary'])}</summary>"
        about = one.get("description", "")
        if about:
            yield f"<p>{escape(about)}</p>"
        given = [p for p in one.get("parameters", ()) if p["in"] != "header"]
        if given:
            rows = "".join(f"<tr><td><code>{p['name']}</code></td><td>{p['in']}</td></tr>" for p in given)
            yield f"<table><tbody>{rows}</tbody></table>"
        body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            shown = json.dumps(body["example"], indent=2, ensure_ascii=False)
            yield f'<pre class="mono scroll">{escape(shown)}</pre>'
        yield "</details>"


router = Router("/api/v1", route_handlers=[page])
