"""How much text one person may send to the journal, which keeps every command for ever, refused ones too.

Orders and other short commands pass uncounted: how many of them come is bounded where they come in. What is
longer draws on an allowance of its person's that fills up again slowly, so that nobody fills the disk with
long commands that are refused one after the other.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import msgspec

from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from capwright.kernel.message import Command

__all__ = ["TOO_MUCH", "Bulk"]

TOO_MUCH = define(
    "CW-9717",
    en="A command of {size} bytes is more than {person} may send now: {left} bytes.",
    zh="指令长{size}字节，超过{person}目前可提交的{left}字节。",
    mend_en="Send it later or in parts; whoever runs the market can import large files beside the platform.",
    mend_zh="请稍后再试或拆分提交；大批量数据可由运营方在平台之外导入。",
    rule="design: bound everything",
)
SHORT: Final = 8_192  # bytes; longer ones are counted
AT_ONCE: Final = 8_000_000  # bytes: dozens of schemes, a year of reports of a large firm
REFILL_B_S: Final = 2_000.0
_MOST_KEPT: Final = 10_000  # people; those with the most left are forgotten, which is nearly the same
_ENCODE: Final = msgspec.json.Encoder().encode


class Bulk:
    """Allowances of people for long commands. Safe to use from many threads."""

    def __init__(self, at_once: int = AT_ONCE, refill_b_s: float = REFILL_B_S) -> None:
        self._at_once = at_once
        self._refill_b_s = refill_b_s
        self._left: dict[str, tuple[float, float]] = {}  # bytes, when
        self._lock = threading.Lock()

    def take(self, person: str, command: Command) -> None:
        """Count a command; refuses (CW-9717) when it is longer than what its person has left."""
        try:
            size = len(_ENCODE(command))
        except (ValueError, TypeError, OverflowError, RecursionError):  # no text at all: the journal says so
            return
        if size <= SHORT:
            return
        with self._lock:
            now = time.monotonic()
            left, when = self._left.get(person, (float(self._at_once), now))
            left = min(float(self._at_once), left + (now - when) * self._refill_b_s)
            if size > left:
                refuse(TOO_MUCH, size=size, person=person, left=int(left))
            if len(self._left) >= _MOST_KEPT and person not in self._left:
                del self._left[max(self._left, key=lambda one: self._left[one][0])]
            self._left[person] = (left - size, now)
