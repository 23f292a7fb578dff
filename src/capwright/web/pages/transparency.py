"""What lets anybody check the market: its head, signed heads by day, and the journal once published."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path

from capwright.host.signed_note import Signer
from capwright.journal.chain import Head
from capwright.journal.export import export_jsonl
from capwright.journal.store import open_store
from capwright.projection.days import JournalDay, day_of, days_of
from capwright.projection.rows import row_of
from capwright.web.clock import zone
from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

__all__ = ["urls"]

_DAYS: Final = 60
_EVERY: Final = 100_000
_PIECE_ROWS: Final = 500
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def transparency(request: HttpRequest) -> HttpResponse:
    """The journal's head, its days, and how anybody checks it."""
    today = _today()
    after = host().settings.publish_after_days
    found = days_of(host().views, zone(), _DAYS)
    rows = [(one, _over(one.day, today), _published(one.day, today)) for one in found]
    shown = {
        "days": rows,
        "key": _signer().key,
        "published": next((one for one, _, published in rows if published), None),
        "after": after,
        "site": host().settings.url,
    }
    return render(request, "public/transparency.html", shown)


def published_days(_request: HttpRequest) -> HttpResponse:
    """The days whose rows anybody may have, in order: day, first row, last row."""
    today = _today()
    found = [one for one in days_of(host().views, zone(), _EVERY) if _published(one.day, today)]
    text = "".join(f"{one.day} {one.first} {one.last}\n" for one in reversed(found))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def public_key(_request: HttpRequest) -> HttpResponse:
    """The key that signs heads, for whoever checks them; below it those that signed before."""
    keys = (_signer(key).key for key in (None, *host().settings.old_secret_keys))
    return HttpResponse("".join(f"{key}\n" for key in keys), content_type="text/plain; charset=utf-8")


def signed_head(_request: HttpRequest, day: str) -> HttpResponse:
    """The signed head of a day that is over."""
    found = _day(day)
    last = row_of(host().views, host().url, found.last)
    if last is None or not _over(found.day, _today()):
        raise Http404
    note = _signer().note(Head(last.seq, last.at, last.hash), found.day)
    answer = HttpResponse(note, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="head-{found.day}.txt"'
    answer["Cache-Control"] = _FOR_EVER
    return answer


def journal_of_day(_request: HttpRequest, day: str) -> StreamingHttpResponse:
    """The rows of a published day, as `capwright journal export` writes them."""
    found = _day(day)
    if not _published(found.day, _today()):
        raise Http404
    answer = StreamingHttpResponse(_packed(found), content_type="application/gzip")
    answer["Content-Disposition"] = f'attachment; filename="journal-{found.day}.jsonl.gz"'
    answer["Cache-Control"] = _FOR_EVER
    return answer


def _packed(day: JournalDay) -> Iterator[bytes]:
    """Gzip members, one for some hundred rows: together they are one file."""
    store = open_store(host().url, read_only=True)
    try:
        for first in range(day.first, day.last + 1, _PIECE_ROWS):
            piece = io.BytesIO()
            export_jsonl(store, piece, from_seq=first, to_seq=min(first + _PIECE_ROWS - 1, day.last))
            yield gzip.compress(piece.getvalue(), mtime=0)
    finally:
        store.close()


def _day(day: str) -> JournalDay:
    try:
        found = day_of(host().views, zone(), date.fromisoformat(day))
    except (ValueError, OverflowError):
        raise Http404 from None
    if found is None:
        raise Http404
    return found


def _today() -> date:
    return datetime.fromtimestamp(host().clock() / 1000, UTC).astimezone(zone()).date()


def _over(day: str, today: date) -> bool:
    return date.fromisoformat(day) < today


def _published(day: str, today: date) -> bool:
    """Whether everybody may have the rows of a day. What a demo holds was made up."""
    after = 0 if host().settings.demo else host().settings.publish_after_days
    return after is not None and today - date.fromisoformat(day) > timedelta(days=after)


def _signer(key: str | None = None) -> Signer:
    settings = host().settings
    return Signer(f"{urlsplit(settings.url).netloc}/journal", key or settings.secret_key)


urls = [
    path("transparency/", transparency, name="transparency"),
    path("transparency/days.txt", published_days, name="published_days"),
    path("transparency/key.txt", public_key, name="public_key"),
    path("transparency/heads/<str:day>.txt", signed_head, name="signed_head"),
    path("transparency/journal/<str:day>.jsonl.gz", journal_of_day, name="journal_of_day"),
]
