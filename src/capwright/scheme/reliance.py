"""What a result relied on without a published source: the memory and default values among those it used."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from capwright.scheme.check import walk
from capwright.scheme.schema import Scheme

__all__ = ["Reliance", "relied_on"]


class Reliance(Struct, frozen=True):
    """A memory or default value that a result relied on, and where it comes from."""

    path: str
    value: str
    confidence: str
    source: str
    note: str = ""


def relied_on(scheme: Scheme, paths: Iterable[str]) -> tuple[Reliance, ...]:
    """The provisional values among `paths`, in their order; a path counts with everything below it."""
    values = dict(walk(scheme.body))
    found: dict[str, Reliance] = {}
    for path in paths:
        for below, value in values.items():
            if below != path and not below.startswith(f"{path}."):
                continue
            citation = scheme.citations.get(below)
            if citation is not None and citation.confidence.provisional:
                found.setdefault(
                    below,
                    Reliance(below, _text(value), citation.confidence.value, citation.source, citation.note),
                )
    return tuple(found.values())


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
