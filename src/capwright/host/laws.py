"""The conservation laws held against the state, and what is issued against what lies in accounts.

That goes through every block of units and every promise, while the state stands still for all readers; so it
is done anew only when the state has moved, and some seconds after the last time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from capwright.market import Market
    from capwright.projection.follower import Follower

__all__ = ["Held", "Laws"]

AGAIN_S: Final = 10.0


class Held(Struct, frozen=True):
    """The laws that are broken after row `seq`.

    `series`: the id of each, what was issued of it and what lies in accounts, in tonnes.
    """

    seq: int
    breaches: tuple[str, ...]
    series: tuple[tuple[str, int, int], ...]


class Laws:
    """The last look at the laws. Safe to use from many threads."""

    def __init__(self, follower: Follower, again_s: float = AGAIN_S) -> None:
        self._follower = follower
        self._again_s = again_s
        self._lock = threading.Lock()  # who come together wait for one look
        self._last: Held | None = None
        self._after = 0.0  # when the next look may be

    def look(self) -> Held:
        """The laws as they hold now, or held a few seconds ago."""
        with self._lock:
            last = self._last
            if last is None or (last.seq != self._follower.head.seq and time.monotonic() >= self._after):
                with self._follower.look() as market:
                    last = self._last = _held(market, self._follower.head.seq)
                self._after = time.monotonic() + self._again_s
            return last


def _held(market: Market, seq: int) -> Held:
    in_accounts: Counter[str] = Counter()
    for ranges in market.book.state.units.values():
        for name, units in ranges.items():
            in_accounts[name] += units.size_t
    series = sorted((one.id, one.issued_t, in_accounts[one.id]) for one in market.book.state.series.values())
    return Held(seq, tuple(market.breaches()), tuple(series))
