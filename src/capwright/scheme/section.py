"""What all sections of a scheme share: the citation of a value and the base of the section types.

In a scheme file a table may carry `source` and `confidence` (and `note`, with its Chinese as `note_zh`). They
hold for every value below it in the same file until a nested table, or an inline table
`{ value = …, source = "…", confidence = "…" }`, says otherwise; `confidence` or `note` alone keep the source.
The loader strips them from the values and keeps them in `Scheme.citations` by the dotted path of the value.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

__all__ = ["Citation", "Confidence", "Section"]


class Confidence(StrEnum):
    """How sure a number is; the last two must be named wherever a report relied on them."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    DERIVED = "derived"
    MEMORY = "memory"
    DEFAULT = "default"

    @property
    def provisional(self) -> bool:
        """Whether a report must say that it relied on this value."""
        return self in (Confidence.MEMORY, Confidence.DEFAULT)


class Citation(Struct, frozen=True):
    """Where a value comes from and how sure it is."""

    source: str
    confidence: Confidence
    note: str = ""
    # Left out where it is not given, so that the digests of older schemes and methods stay what they were.
    note_zh: str | UnsetType = UNSET


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Base of every table of a scheme: immutable, and an unknown key is an error."""
