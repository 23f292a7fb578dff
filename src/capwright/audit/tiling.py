"""Who owns which serial numbers of one series: an ordered tiling of 1…issued by owners.

The market keeps a set of ranges for each place; the auditor keeps one tiling for each series. In a tiling no
unit can lie at two places or at none by construction, so the two structures cannot share a mistake.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Place", "Tiling"]

_CHUNK: Final = (
    512  # blocks; a chunk is cut in two when it has twice as many, so that inserts move little memory
)


class Place:
    """A place and what was counted there. `usable` is false while its account is unknown or closed."""

    __slots__ = ("bucket", "cash_fen", "name", "number", "units_t", "usable")

    def __init__(self, name: str, number: str, *, usable: bool) -> None:
        self.name = name
        self.number = number
        self.bucket = name[len(number) + 1 :]
        self.usable = usable
        self.units_t = 0
        self.cash_fen = 0


class Tiling:
    """Blocks of consecutive units with one owner each, cut into chunks.

    Only the first serial of a block is kept (8 bytes) beside a reference to its owner (8 bytes): a block ends
    where the next one begins, the last one at `issued_t`.
    """

    __slots__ = ("_firsts", "_heads", "_owners", "issued_t")

    def __init__(self) -> None:
        self.issued_t = 0
        self._heads: list[int] = []
        self._firsts: list[array[int]] = []
        self._owners: list[list[Place]] = []

    def issue(self, last: int, owner: Place) -> None:
        """Extend the series to `last`; the new units belong to `owner`."""
        first = self.issued_t + 1
        self.issued_t = last
        if not self._heads:
            self._heads.append(first)
            self._firsts.append(array("q", (first,)))
            self._owners.append([owner])
        elif self._owners[-1][-1] is not owner:
            self._firsts[-1].append(first)
            self._owners[-1].append(owner)
            self._cut(len(self._heads) - 1)

    def give(self, first: int, last: int, source: Place, target: Place) -> bool:  # noqa: C901, PLR0912 - hot
        """Move units to `target` if one block of `source` holds them all; else change nothing."""
        heads = self._heads
        chunk = bisect_right(heads, first) - 1
        if chunk < 0:
            return False
        firsts, owners = self._firsts[chunk], self._owners[chunk]
        at = bisect_right(firsts, first) - 1
        if owners[at] is not source:
            return False
        after = at + 1
        inner = after < len(firsts)
        if inner:
            end = firsts[after] - 1
        else:
            end = heads[chunk + 1] - 1 if chunk + 1 < len(heads) else self.issued_t
        if last > end:
            return False
        if source is target:
            return True
        if firsts[at] == first:
            joins = at > 0 and owners[at - 1] is target
            if last < end:  # the front of the block
                if joins:
                    firsts[at] = last + 1
                    return True
                owners[at] = target
                firsts.insert(after, last + 1)
                owners.insert(after, source)
            else:  # the whole block
                owners[at] = target
                if inner and owners[after] is target:
                    del firsts[after], owners[after]
                if joins:
                    del firsts[at], owners[at]
                return True
        elif last == end:  # the back of the block
            if inner and owners[after] is target:
                firsts[after] = first
                return True
            firsts.insert(after, first)
            owners.insert(after, target)
        else:  # its middle
            firsts[after:after] = array("q", (first, last + 1))
            owners[after:after] = (target, source)
        if len(firsts) > 2 * _CHUNK:
            self._cut(chunk)
        return True

    def _cut(self, chunk: int) -> None:
        """Cut a chunk in two when it has grown too long."""
        firsts = self._firsts[chunk]
        if len(firsts) <= 2 * _CHUNK:
            return
        owners = self._owners[chunk]
        self._firsts[chunk : chunk + 1] = [firsts[:_CHUNK], firsts[_CHUNK:]]
        self._owners[chunk : chunk + 1] = [owners[:_CHUNK], owners[_CHUNK:]]
        self._heads.insert(chunk + 1, firsts[_CHUNK])

    def block_end(self, first: int) -> int:
        """Return the last serial of the block that holds `first`, which must have been issued."""
        chunk = bisect_right(self._heads, first) - 1
        firsts = self._firsts[chunk]
        after = bisect_right(firsts, first)
        if after < len(firsts):
            return firsts[after] - 1
        return self._heads[chunk + 1] - 1 if chunk + 1 < len(self._heads) else self.issued_t

    def blocks(self, first: int = 1, last: int | None = None) -> Iterator[tuple[int, int, Place]]:
        """Yield (first, last, owner) in order within the bounds, neighbours of one owner merged."""
        stop = self.issued_t if last is None else min(last, self.issued_t)
        begun = max(first, 1)
        if begun > stop:
            return
        chunk = bisect_right(self._heads, begun) - 1
        at = bisect_right(self._firsts[chunk], begun) - 1
        owner = self._owners[chunk][at]
        for index in range(chunk, len(self._heads)):
            start = at + 1 if index == chunk else 0
            for block_first, other in zip(
                self._firsts[index][start:], self._owners[index][start:], strict=True
            ):
                if block_first > stop:
                    yield begun, stop, owner
                    return
                if other is not owner:
                    yield begun, block_first - 1, owner
                    begun, owner = block_first, other
        yield begun, stop, owner

    def __len__(self) -> int:
        return sum(map(len, self._firsts))
