"""How often one caller may ask: a bucket of tokens for each, refilled at a steady rate."""

from __future__ import annotations

import time
from typing import Final

from capwright.api.fault import Fault

__all__ = ["Limiter"]

_MOST_KEPT: Final = 50_000


class Limiter:
    """`rate` requests a second in the long run, `burst` at once. One thread uses it: the event loop's."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}  # left, when

    def take(self, key: str, count: int = 1) -> None:
        """Count requests; refuse (429) when the bucket is empty, saying when to come back.

        More at once than a full bucket holds count as a full bucket: they would never pass otherwise.
        """
        if not self._rate:
            return
        now = time.monotonic()
        left, when = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - when) * self._rate) - min(count, self._burst)
        if left < 0:
            wait = max(1, round((-left) / self._rate))
            raise Fault(
                429,
                f"Too many requests; come back in {wait} s",
                f"请求过于频繁，请{wait}秒后再试",
                {"Retry-After": str(wait)},
            )
        if len(self._buckets) > _MOST_KEPT:  # those that are full again are as if they had never been
            full = now - self._burst / self._rate
            self._buckets = {one: kept for one, kept in self._buckets.items() if kept[1] > full}
            if len(self._buckets) > _MOST_KEPT // 2:  # looking through them at every request would cost more
                self._buckets.clear()
        self._buckets[key] = (left, now)
