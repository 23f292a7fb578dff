"""Where the market's time comes from: the machine's clock, or in a demo the story's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Clock", "story_clock", "system_clock"]

Clock: TypeAlias = Callable[[], int]  # ms UTC since 1970


def system_clock() -> int:
    """The machine's time."""
    return time.time_ns() // 1_000_000


def story_clock(last_ms: int) -> Clock:
    """A clock that stood at `last_ms` when it was made and runs on at the pace of life."""
    began = time.monotonic_ns()
    return lambda: last_ms + 1 + (time.monotonic_ns() - began) // 1_000_000
