"""`capwright doctor`: whether this machine can run the platform, and with which settings."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capwright.cli.frame import FINDINGS, JOURNALS, command, emit_json, out, say, settings, table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["declare"]

_EXTRAS = (
    ("web", "litestar", "pages and API", "网页与接口"),
    ("postgres", "psycopg", "PostgreSQL", "PostgreSQL"),
    ("excel", "openpyxl", "reporting workbooks", "填报模板"),
    ("pdf", "typst", "PDF reports", "PDF 报告"),
    ("s3", "obstore", "documents in a bucket", "对象存储"),
    ("bulk", "duckdb", "bulk recalculation", "批量重算"),
)
_LEAST_FREE = 1_000_000_000  # bytes


def declare(app: typer.Typer) -> None:
    """Add the command to the root."""
    command(
        app, "doctor", panel=JOURNALS, examples=["capwright doctor", "capwright doctor --db market.sqlite"]
    )(doctor_command)


def doctor_command(
    db: Annotated[
        str | None, typer.Option("--db", metavar="FILE|URL", help="Journal; or $CAPWRIGHT_DB. 日志。")
    ] = None,
) -> int:
    """Check settings, packages, disk and the journal; exit code 1 when something is wrong.

    检查设置、软件包、磁盘和日志；有问题时退出码为 1。
    """
    found = list(_checks(db))
    if settings.json:
        emit_json([{"what": en, "ok": ok, "said": said} for en, _, ok, said in found])
    else:
        shown = table("", say("What", "项目"), say("State", "状态"), say("Details", "说明"))
        words = {True: say("fine", "正常"), False: say("wrong", "有误"), None: "–"}
        for en, zh, ok, said in found:
            shown.add_row(say(en, zh), words[ok], said)
        out().print(shown)
    return FINDINGS if any(ok is False for _, _, ok, _ in found) else 0


def _checks(db: str | None) -> Iterator[tuple[str, str, bool | None, str]]:
    yield "Python", "Python", sys.version_info >= (3, 11), sys.version.split()[0]
    for extra, module, en, zh in _EXTRAS:
        there = importlib.util.find_spec(module) is not None
        yield en, zh, True if there else None, "" if there else f"pip install capwright[{extra}]"
    yield from _settings(db)


def _settings(db: str | None) -> Iterator[tuple[str, str, bool | None, str]]:
    from capwright.host.settings import settings_of
    from capwright.kernel.refusal import Refused

    address = db or os.environ.get("CAPWRIGHT_DB")
    if not address:
        yield (
            "journal",
            "日志",
            None,
            say("none named: --db or $CAPWRIGHT_DB", "未指定：--db 或 $CAPWRIGHT_DB"),
        )
        return
    try:
        read = settings_of(os.environ, db=address, keep=False)
    except Refused as no:
        yield "settings", "设置", False, f"{no.refusal.code} {no.refusal.message(settings.lang)}"
        return
    for name in (
        "db",
        "host",
        "port",
        "public_url",
        "role",
        "demo",
        "rate_limit",
        "socket_limit",
        "page_limit",
        "idle_minutes",
        "documents",
        "documents_endpoint",
        "scan",
        "mail_url",
        "log",
    ):
        yield (
            f"CAPWRIGHT_{name.upper()}",
            f"CAPWRIGHT_{name.upper()}",
            None,
            _hidden(str(getattr(read, name))),
        )
    yield (
        "secret key",
        "密钥",
        None,
        say("given", "已设置") if read.secret_key else say("made at the start", "启动时生成"),
    )
    yield from _journal(address)
    if not address.startswith("postgres"):
        free = shutil.disk_usage(Path(address.removeprefix("sqlite:///")).absolute().parent).free
        yield "disk", "磁盘", free >= _LEAST_FREE, f"{free / 1e9:,.1f} GB"


def _journal(address: str) -> Iterator[tuple[str, str, bool | None, str]]:
    from capwright.cli.opened import opened
    from capwright.kernel.refusal import Refused

    try:
        with opened(address) as store:
            head = store.head()
            yield (
                "journal",
                "日志",
                True,
                say(f"{head.seq:,} rows", f"{head.seq:,}行") + f", {head.hash.hex()[:12]}",
            )
    except Refused as no:
        yield "journal", "日志", False, f"{no.refusal.code} {no.refusal.message(settings.lang)}"


def _hidden(text: str) -> str:
    """A database address without its password."""
    head, mark, tail = text.rpartition("@")
    if not mark or "://" not in head:
        return text
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{tail}"
