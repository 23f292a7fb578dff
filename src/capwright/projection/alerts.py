"""Surveillance's alerts, worked out from the journal and kept up with it. They change nothing.

The watch begins on the morning of a trading day some weeks back; what happened before it is the journal's.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from capwright.exchange.surveillance import Watch
from capwright.journal.codec import market_codec
from capwright.journal.store import open_store
from capwright.kernel.message import CommandRefused

if TYPE_CHECKING:
    from capwright.exchange.alerts import Alert
    from capwright.projection.replica import Replica
__all__ = ["alerts_of"]

DAYS: Final = 20  # trading days that are watched
AT_ONCE: Final = 2_000  # rows that somebody who looks waits for


class _Feed:
    """A watch and how far it has read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.watch: Watch | None = None
        self.seq = 0
        self.known: tuple[Alert, ...] = ()
        self.working = False


_FEEDS: Final[WeakKeyDictionary[Replica, _Feed]] = WeakKeyDictionary()
_GUARD: Final = threading.Lock()


def alerts_of(replica: Replica, *, wait: bool = False) -> tuple[tuple[Alert, ...], bool]:
    """Alerts of the last trading days in the order in which they were raised, and whether all are there.

    The first look reads the rows of those days, later ones what came since. When that is much it is read
    beside, in a thread of its own; with `wait` at once.
    """
    with _GUARD:
        feed = _FEEDS.setdefault(replica, _Feed())
        if feed.watch is None:
            _begin(replica, feed)
        if feed.watch is None:  # nothing is traded
            return (), True
        beside = not wait and (feed.working or replica.head.seq - feed.seq > AT_ONCE)
        if beside and not feed.working:
            feed.working = True
            threading.Thread(target=_catch_up, args=(replica, feed), daemon=True).start()
    if beside:
        return feed.known, False
    _catch_up(replica, feed)
    return feed.known, True


def _catch_up(replica: Replica, feed: _Feed) -> None:
    try:
        with feed.lock:
            if feed.watch is not None and feed.seq < replica.head.seq:
                _read(replica, feed, feed.watch)
    finally:
        feed.working = False


def _first_morning(replica: Replica) -> tuple[int, int] | None:
    """Row and time of the opening of the first trading day that is watched."""
    mornings = replica.views.rows(
        "SELECT seq, at_ms FROM act WHERE command = 'OpenTradingDay' AND refused = ''"
        " ORDER BY seq DESC LIMIT ?",
        (DAYS,),
    )
    return (mornings[-1]["seq"], mornings[-1]["at_ms"]) if mornings else None


def _begin(replica: Replica, feed: _Feed) -> None:
    morning = _first_morning(replica)
    with replica.look() as market:
        rules = market.rulebook.now()
        if morning is not None and rules.body.exchange is not None:
            feed.watch = Watch.of(rules, market.book)
    feed.seq = morning[0] - 1 if morning is not None else 0


def _read(replica: Replica, feed: _Feed, watch: Watch) -> None:
    codec, last = market_codec(), replica.head.seq
    store = open_store(replica.url, read_only=True)
    try:
        for page in store.scan(feed.seq + 1):
            for seq, at_ms, _id, _actor, _command, raw, _hash in page:
                if seq > last:  # accounts of later rows may not be known yet
                    break
                for event in codec.events(raw):
                    if type(event) is not CommandRefused:
                        watch.see(event, at_ms)
                feed.seq = seq
            if feed.seq >= last:
                break
    finally:
        store.close()
    _, begins_ms = _first_morning(replica) or (0, 0)  # days go by while the process runs
    watch.alerts[:] = [alert for alert in watch.alerts if alert.at_ms >= begins_ms]
    feed.known = tuple(watch.alerts)
