"""Words for the codes of a journal: account types, transaction types, events and buckets as people say them.

The names of types come from the schemes that the journal itself holds, so that no market has to be replayed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import msgspec

from capwright.cli.frame import say, settings
from capwright.projection.bucket_words import bucket_words
from capwright.projection.terms import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capwright.journal.chain import Row

__all__ = ["Names", "bucket_in_words", "event_name", "place_words"]

_ADOPTING: Final = (b'"MarketOpened"', b'"SchemeAdopted"')


class _Type(msgspec.Struct):
    """An account type (`code`) or a transaction type (`name`)."""

    en: str = ""
    zh: str = ""
    code: str = ""
    name: str = ""
    government: bool = False


class _Registry(msgspec.Struct):
    account_types: tuple[_Type, ...] = ()
    transaction_types: tuple[_Type, ...] = ()


class _Body(msgspec.Struct):
    registry: _Registry | None = None


class _Scheme(msgspec.Struct):
    body: _Body


class _Event(msgspec.Struct):
    scheme: _Scheme | None = None


class Names:
    """The names that the schemes adopted so far give to types."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Type] = {}
        self._transactions: dict[str, _Type] = {}

    def heeding(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Hand the rows on, and learn the names of the schemes they put in force once they are done with."""
        for row in rows:
            yield row
            self.heed(row)

    def heed(self, row: Row) -> None:
        """Learn the names that a row brings; a row that cannot be read brings none."""
        events = row[5]
        if not any(mark in events for mark in _ADOPTING):
            return
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            for event in msgspec.json.decode(events, type=list[_Event]):
                registry = event.scheme.body.registry if event.scheme else None
                if registry is not None:
                    self._accounts |= {one.code: one for one in registry.account_types}
                    self._transactions |= {one.name: one for one in registry.transaction_types}

    def transaction(self, name: str) -> str:
        """The name of a transaction type; the code word where no scheme names it."""
        found = self._transactions.get(name)
        return (say(found.en, found.zh) or name) if found else name

    def account(self, kind: str, name: str) -> str:
        """The name of an account: in Chinese that of its type, if it is the government's.

        A name of its own, other than the type's, stays beside it.
        """
        found = self._accounts.get(kind)
        if settings.lang != "zh" or found is None or not found.government or not found.zh:
            return name
        return found.zh if name in {"", found.en, found.zh} else f"{found.zh}（{name}）"


def event_name(name: str) -> str:
    """The name of a command or an event; in English the code word itself, which `--type` takes."""
    return say(name, NAMES.get(name, name))


def bucket_in_words(bucket: str) -> str:
    """A bucket in the language of the command line, with the id of what it is held for."""
    return bucket_words(bucket, settings.lang, named=True)


def place_words(place: str) -> str:
    """A place in words: the account, and its bucket unless it is the free one."""
    number, _, bucket = place.partition("#")
    words = bucket_in_words(bucket)
    return number + say(f" [{words}]", f"［{words}］") if bucket else number
