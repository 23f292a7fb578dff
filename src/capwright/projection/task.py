"""A task of somebody."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Task"]


class Task(Struct, frozen=True):
    """Something to do: in words, where, until when (ms UTC; 0: no term), and for which account."""

    kind: str
    en: str
    zh: str
    href: str
    detail: str = ""
    due_ms: int = 0
    account: str = ""
