"""How often one caller may ask: a bucket of tokens for each, refilled at a steady rate."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["Buckets"]

_MOST_KEPT: Final = 50_000


class Buckets:
    """`rate` requests a second in the long run, `burst` at once. One thread uses it: the event loop's."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left: dict[str, tuple[float, float]] = {}  # left, when

    def take(self, key: str, count: int = 1) -> int:
        """Count requests; returns 0, or in how many seconds to come back when the bucket is empty.

        More at once than a full bucket holds count as a full bucket: they would never pass otherwise.
        """
        if not self._rate:
            return 0
        now = time.monotonic()
        left, when = self._left.get(key, (self._burst, now))
        left = min(self._burst, left + (now - when) * self._rate) - min(count, self._burst)
        if left < 0:
            return max(1, round((-left) / self._rate))
        if len(self._left) > _MOST_KEPT:  # those that are full again are as if they had never been
            full = now - self._burst / self._rate
            self._left = {one: kept for one, kept in self._left.items() if kept[1] > full}
            if len(self._left) > _MOST_KEPT // 2:  # looking through them at every request would cost more
                self._left.clear()
        self._left[key] = (left, now)
        return 0
