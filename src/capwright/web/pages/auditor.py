"""The desk of the auditor: the whole journal, searched and shown in full, and the laws."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path

from capwright.projection.days import rows_between
from capwright.projection.rows import row_of
from capwright.projection.views import accounts_named
from capwright.web.clock import zone
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.numbers import whole
from capwright.web.refusals import unreadable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["urls"]

A_PAGE: Final = 100
_MOST_TALLIED: Final = 20
_FULL: Final = 20_000  # characters of a row that are shown at once


def _allowed(request: HttpRequest) -> None:
    if not viewer(request).has("auditor"):
        raise PermissionDenied


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The laws, the counts, where to look."""
    _allowed(request)
    counts = _tallied("command", "command", -1)
    people = _tallied("actor", "actor", _MOST_TALLIED)
    refusals = _tallied("refused", "code", _MOST_TALLIED)
    shown = {
        "laws": host().laws.look(),
        "counts": counts,
        "people": people,
        "refusals": refusals,
    }
    return render(request, "auditor/overview.html", shown)


def _tallied(what: str, named: str, most: int) -> list[dict[str, Any]]:
    """Rows of the journal by command, person or refusal, the most frequent first; all when `most` is -1."""
    found = host().views.rows(
        f"SELECT name AS {named}, count, refused FROM tally WHERE what = ?"  # noqa: S608 - ours
        " ORDER BY count DESC, name LIMIT ?",
        (what, most),
    )
    return [dict(row) for row in found]


def _day_ms(text: str) -> tuple[int, int] | None:
    """Beginning and end of a day by the market's clock; refuses what is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        begin = datetime.combine(day, time(), zone())
        end = datetime.combine(day + timedelta(days=1), time(), zone())
    except (ValueError, OverflowError) as why:
        unreadable("day", str(why), field_zh="日期")
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
        values += [str(seq) for seq in rows_between(host().views, *span)]
    if before := whole(given["before"]):
        sql += " AND act.seq < ?"
        values.append(str(before))
    found = host().views.rows(f"{sql} ORDER BY act.seq DESC LIMIT {A_PAGE}", values)
    acts = [dict(row) for row in found]
    opened = whole(request.GET.get("open"))
    full = _full(opened) if opened else None
    known = host().views.rows("SELECT name FROM tally WHERE what = 'command' ORDER BY 1")
    shown = {
        "acts": acts,
        "given": given,
        "before": acts[-1]["seq"] if len(acts) == A_PAGE else 0,
        "full": full,
        "commands": [row["name"] for row in known],
    }
    return render(request, "auditor/journal.html", shown)


def _full(seq: int) -> dict[str, Any] | None:
    """A row with everything in it."""
    row = row_of(host().views, host().url, seq)
    if row is None:
        return None
    return {
        "seq": row.seq,
        "at_ms": row.at,
        "id": row.command_id,
        "actor": row.actor,
        "command": _pretty(row.command),
        "events": _pretty(row.events),
        "hash": row.hash.hex(),
        "touched": accounts_named(row.command, row.events)[:A_PAGE],
    }


def _pretty(raw: bytes) -> str:
    text = json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
    return text if len(text) <= _FULL else text[:_FULL] + "\n…"


urls = [
    path("desk/auditor/", overview, name="auditor"),
    path("desk/auditor/journal/", journal, name="auditor_journal"),
]
