"""Closed serial ranges and sorted sets of them: how units are numbered and held."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RangeSet", "SerialRange"]


class SerialRange(Struct, frozen=True, order=True, gc=False):
    """The units `first` to `last` of one series, both ends included; a single unit has `first == last`."""

    first: int
    last: int

    def __post_init__(self) -> None:
        assert 1 <= self.first <= self.last, (self.first, self.last)

    @property
    def size_t(self) -> int:
        """How many units (tonnes) the range counts: both ends count."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


class RangeSet:
    """Disjoint closed ranges in ascending order; neighbours are merged as they touch.

    Two flat 64-bit arrays instead of objects: a million blocks take 16 MB, and splitting or merging one block
    moves memory, not Python objects.
    """

    __slots__ = ("firsts", "lasts", "size_t")

    def __init__(self) -> None:
        self.firsts = array("q")
        self.lasts = array("q")
        self.size_t = 0

    def __len__(self) -> int:
        return len(self.firsts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self.firsts, self.lasts, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and self.firsts == other.firsts and self.lasts == other.lasts

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return "RangeSet(" + ", ".join(f"{a}-{b}" for a, b in self) + ")"

    def contains(self, first: int, last: int) -> bool:
        """Whether every unit from `first` to `last` is in the set."""
        at = bisect_right(self.firsts, first) - 1
        return at >= 0 and self.lasts[at] >= last

    def add(self, first: int, last: int) -> None:
        """Add a range that must not overlap the set; merge it with its neighbours."""
        assert first <= last, (first, last)
        firsts, lasts = self.firsts, self.lasts
        at = bisect_left(firsts, first)
        joins_left = False
        if at:
            before = lasts[at - 1]
            assert before < first, "unit added twice"
            joins_left = before == first - 1
        if at < len(firsts):
            after = firsts[at]
            assert last < after, "unit added twice"
            if after == last + 1:
                if joins_left:
                    lasts[at - 1] = lasts[at]
                    del firsts[at], lasts[at]
                else:
                    firsts[at] = first
                self.size_t += last - first + 1
                return
        if joins_left:
            lasts[at - 1] = last
        else:
            firsts.insert(at, first)
            lasts.insert(at, last)
        self.size_t += last - first + 1

    def remove(self, first: int, last: int) -> None:
        """Take out a range that must lie inside one block; split the block where needed."""
        assert first <= last, (first, last)
        firsts, lasts = self.firsts, self.lasts
        at = bisect_right(firsts, first) - 1
        assert at >= 0, "unit not held"
        block_first, block_last = firsts[at], lasts[at]
        assert last <= block_last, "unit not held"
        if block_first == first:
            if block_last == last:
                del firsts[at], lasts[at]
            else:
                firsts[at] = last + 1
        else:
            lasts[at] = first - 1
            if block_last != last:
                firsts.insert(at + 1, last + 1)
                lasts.insert(at + 1, block_last)
        self.size_t -= last - first + 1

    def pick(self, quantity_t: int, skip_t: int = 0) -> list[tuple[int, int]]:
        """Return the lowest-numbered ranges adding up to `quantity_t`, but for the lowest `skip_t` units.

        Nothing is taken; there must be enough.
        """
        assert quantity_t > 0 <= skip_t, (quantity_t, skip_t)
        assert quantity_t + skip_t <= self.size_t, (quantity_t, skip_t, self.size_t)
        picked: list[tuple[int, int]] = []
        for block_first, last in zip(self.firsts, self.lasts, strict=True):
            first = block_first + skip_t
            if first > last:
                skip_t = first - last - 1
                continue
            skip_t = 0
            size = last - first + 1
            if size >= quantity_t:
                picked.append((first, first + quantity_t - 1))
                return picked
            picked.append((first, last))
            quantity_t -= size
        raise AssertionError("unreachable: size_t disagrees with the ranges")

    def to_bytes(self) -> bytes:
        """Flat bytes for snapshots: firsts then lasts, 64-bit integers in the machine's own byte order."""
        return self.firsts.tobytes() + self.lasts.tobytes()

    @classmethod
    def from_bytes(cls, raw: bytes) -> RangeSet:
        """Rebuild from `to_bytes`."""
        made = cls()
        half = len(raw) // 2
        made.firsts.frombytes(raw[:half])
        made.lasts.frombytes(raw[half:])
        made.size_t = sum(made.lasts) - sum(made.firsts) + len(made.firsts)
        return made
