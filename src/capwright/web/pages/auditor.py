"""The desk of the auditor: the whole journal, searched and shown in full, and the laws."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path

from capwright.journal.store import open_store
from capwright.kernel.refusal import refuse
from capwright.web.clock import zone
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.refusals import UNREADABLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["urls"]

A_PAGE: Final = 100
_FULL: Final = 20_000  # characters of a row that are shown at once


def _allowed(request: HttpRequest) -> None:
    if not viewer(request).has("auditor"):
        raise PermissionDenied


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The laws, the counts, where to look."""
    _allowed(request)
    with host().look() as market:
        breaches = market.breaches()
    counts = host().views.rows(
        "SELECT command, count(*) AS count, sum(refused <> '') AS refused FROM act GROUP BY 1 ORDER BY 2 DESC"
    )
    people = host().views.rows("SELECT actor, count(*) AS count FROM act GROUP BY 1 ORDER BY 2 DESC LIMIT 20")
    refusals = host().views.rows(
        "SELECT refused AS code, count(*) AS count FROM act WHERE refused <> '' GROUP BY 1 ORDER BY 2 DESC"
        " LIMIT 20"
    )
    shown = {
        "breaches": breaches,
        "counts": [dict(row) for row in counts],
        "people": [dict(row) for row in people],
        "refusals": [dict(row) for row in refusals],
    }
    return render(request, "auditor/overview.html", shown)


def _day_ms(text: str) -> tuple[int, int] | None:
    """Beginning and end of a day by the market's clock; refuses what is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        begin = datetime.combine(day, time(), zone())
        end = datetime.combine(day + timedelta(days=1), time(), zone())
    except (ValueError, OverflowError) as why:
        refuse(UNREADABLE, field="day", why=str(why))
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)


@login_required
def journal(request: HttpRequest) -> HttpResponse:
    """Rows by actor, command, account and day, the latest first; each in full."""
    _allowed(request)
    names = ("actor", "command", "account", "day", "before", "refused")
    given = {name: request.GET.get(name, "").strip() for name in names}
    sql, values = "SELECT act.* FROM act WHERE 1 = 1", []
    if given["account"]:
        sql = "SELECT act.* FROM touch JOIN act ON act.seq = touch.seq WHERE touch.account = ?"
        values.append(given["account"])
    for name in ("actor", "command"):
        if given[name]:
            sql += f" AND {name} = ?"
            values.append(given[name])
    if given["refused"]:
        sql += " AND refused <> ''"
    span = _day_ms(given["day"])
    if span is not None:
        sql += " AND act.seq BETWEEN ? AND ?"  # time never runs back along the journal
        values += [str(seq) for seq in _rows_of(span)]
    if given["before"].isdecimal() and len(given["before"]) < 16:  # noqa: PLR2004
        sql += " AND act.seq < ?"
        values.append(given["before"])
    found = host().views.rows(f"{sql} ORDER BY act.seq DESC LIMIT {A_PAGE}", values)
    acts = [dict(row) for row in found]
    open_seq = request.GET.get("open", "")
    full = _full(int(open_seq)) if open_seq.isdecimal() and len(open_seq) < 16 else None  # noqa: PLR2004
    known = host().views.rows("SELECT DISTINCT command FROM act ORDER BY 1")
    shown = {
        "acts": acts,
        "given": given,
        "before": acts[-1]["seq"] if len(acts) == A_PAGE else 0,
        "full": full,
        "commands": [row["command"] for row in known],
    }
    return render(request, "auditor/journal.html", shown)


def _rows_of(span: tuple[int, int]) -> tuple[int, int]:
    """The first and last row of a time, found by halving: rows stand in the order of time."""
    rows = host().views.rows("SELECT coalesce(max(seq), 0) AS last FROM act")
    last = int(rows[0]["last"])

    def first_from(at_ms: int) -> int:
        low, high = 1, last + 1
        while low < high:
            middle = (low + high) // 2
            (row,) = host().views.rows("SELECT at_ms FROM act WHERE seq = ?", (middle,))
            low, high = (middle + 1, high) if row["at_ms"] < at_ms else (low, middle)
        return low

    return first_from(span[0]), first_from(span[1]) - 1


def _full(seq: int) -> dict[str, Any] | None:
    """A row with everything in it."""
    if not host().views.rows("SELECT 1 FROM act WHERE seq = ?", (seq,)):
        return None
    store = open_store(host().settings.db, read_only=True)
    try:
        row = next(iter(store.scan(seq)))[0]
    finally:
        store.close()
    touched = host().views.rows("SELECT account FROM touch WHERE seq = ? LIMIT ?", (seq, A_PAGE))
    return {
        "seq": row[0],
        "at_ms": row[1],
        "id": row[2],
        "actor": row[3],
        "command": _pretty(row[4]),
        "events": _pretty(row[5]),
        "hash": row[6].hex(),
        "touched": [one["account"] for one in touched],
    }


def _pretty(raw: bytes) -> str:
    text = json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
    return text if len(text) <= _FULL else text[:_FULL] + "\n…"


urls = [
    path("desk/auditor/", overview, name="auditor"),
    path("desk/auditor/journal/", journal, name="auditor_journal"),
]
