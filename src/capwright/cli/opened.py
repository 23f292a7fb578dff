"""Opening a journal to read it, and its rows one by one."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.journal.chain import Row
    from capwright.journal.store import Store

__all__ = ["DbArgument", "Opening", "local", "opened", "opening_of", "rows"]

DbArgument = Annotated[
    str,
    typer.Argument(
        metavar="DB", help="Journal: path of a SQLite file, sqlite:///FILE or postgresql://HOST/NAME. 日志。"
    ),
]
_UTC: Final = "UTC"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@contextlib.contextmanager
def opened(db: str) -> Iterator[Store]:
    """A journal, open for reading."""
    from capwright.journal.store import open_store

    store = open_store(db, read_only=True)
    try:
        yield store
    finally:
        store.close()


def rows(store: Store, from_seq: int = 1) -> Iterator[Row]:
    """The rows of a journal one by one, unchecked."""
    for page in store.scan(from_seq):
        yield from page


class Opening(msgspec.Struct, frozen=True):
    """What a reader needs of a journal's first command: its scheme's name, currency and time zone."""

    zone: tzinfo
    currency: str = "CNY"
    scheme: str = ""


class _Calendar(msgspec.Struct):
    timezone: str = _UTC


class _Body(msgspec.Struct):
    name: str = ""
    currency: str = "CNY"
    calendar: _Calendar | None = None


class _Scheme(msgspec.Struct):
    body: _Body


class _OpenMarket(msgspec.Struct):
    scheme: _Scheme


def opening_of(store: Store) -> Opening:
    """What the first command says; UTC and CNY where it says nothing or cannot be read."""
    for row in rows(store):
        with contextlib.suppress(msgspec.MsgspecError):
            body = msgspec.json.decode(row[4], type=_OpenMarket).scheme.body
            zone = body.calendar.timezone if body.calendar else _UTC
            return Opening(_zone(zone), body.currency, body.name)
        break
    return Opening(_zone(_UTC))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def local(at_ms: int, zone: tzinfo) -> str:
    """A time of the journal as people of the market read it."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
