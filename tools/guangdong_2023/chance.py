"""Seeded chance that gives the same figures on every machine: integers, plain arithmetic, exact decimals."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final, TypeVar

__all__ = ["Chance"]

T = TypeVar("T")
_EXACT: Final = Context(prec=24)  # Decimal's exp is correctly rounded everywhere; a C library's need not be


class Chance:
    """A stream of chance of its own for each part of the story, so that one part does not shift another."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randrange(low, high + 1)

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def normal(self, most: float = 2.5) -> float:
        """Nearly normal (twelve uniforms), cut at `most` standard deviations."""
        value = sum(self._random.random() for _ in range(12)) - 6.0
        return max(-most, min(most, value))

    def lognormal(self, sigma: float) -> float:
        """Lognormal with median one."""
        return float(_EXACT.exp(Decimal(round(sigma * self.normal(), 12))))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A copy in another order."""
        found = list(items)
        for at in range(len(found) - 1, 0, -1):
            other = self._random.randrange(at + 1)
            found[at], found[other] = found[other], found[at]
        return found

    def pick(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of `items`, by weight."""
        mark = self._random.random() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            mark -= weight
            if mark < 0:
                return item
        return items[-1]
