"""Opening a journal to read it, and its rows one by one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from capwright.journal.chain import Row
    from capwright.journal.store import Store

__all__ = ["DbArgument", "journal_zone", "opened", "rows"]

DbArgument = Annotated[
    str,
    typer.Argument(
        metavar="DB", help="Journal: path of a SQLite file, sqlite:///FILE or postgresql://HOST/NAME."
    ),
]
_UTC: Final = "UTC"


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


class _Calendar(msgspec.Struct):
    timezone: str = _UTC


class _Body(msgspec.Struct):
    calendar: _Calendar | None = None


class _Scheme(msgspec.Struct):
    body: _Body


class _Opening(msgspec.Struct):
    """What is read of the first command: the time zone of the scheme."""

    scheme: _Scheme


def journal_zone(store: Store) -> tzinfo:
    """The time zone of the journal's scheme; UTC where its first command names none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for row in rows(store):
        with contextlib.suppress(msgspec.MsgspecError, ZoneInfoNotFoundError, ValueError):
            opening = msgspec.json.decode(row[4], type=_Opening)
            if opening.scheme.body.calendar is not None:
                return ZoneInfo(opening.scheme.body.calendar.timezone)
        break
    return ZoneInfo(_UTC)
