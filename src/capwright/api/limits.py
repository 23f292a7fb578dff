"""How often a program may ask; what is too often is refused with 429."""

from __future__ import annotations

from capwright.api.fault import Fault
from capwright.host.limits import Buckets

__all__ = ["Limiter"]


class Limiter:
    """`rate` requests a second in the long run, `burst` at once. One thread uses it: the event loop's."""

    def __init__(self, rate: float, burst: float) -> None:
        self._buckets = Buckets(rate, burst)

    def take(self, key: str, count: int = 1) -> None:
        """Count requests; refuse (429) when the bucket is empty, saying when to come back."""
        if wait_s := self._buckets.take(key, count):
            raise Fault(
                429,
                f"Too many requests; come back in {wait_s} s",
                f"请求过于频繁，请{wait_s}秒后再试",
                {"Retry-After": str(wait_s)},
            )
