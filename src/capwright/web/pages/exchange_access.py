"""Who may look at the exchange's desk, and times as its forms give them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from capwright.ledger.clock import local_ms
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.refusals import unreadable

if TYPE_CHECKING:
    from django.http import HttpRequest

    from capwright.projection.viewer import Viewer

__all__ = ["moment_ms", "officer"]


def officer(request: HttpRequest) -> Viewer:
    """The person who looks, if the exchange's desk is open to them: its officers, the authority, auditors."""
    who = viewer(request)
    if not who.has("exchange", "authority", "auditor"):
        raise PermissionDenied
    return who


def moment_ms(text: str) -> int:
    """A local time as a form gives it (2024-07-22T10:30); nothing is 0."""
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        unreadable("time", "a time like 2024-07-22T10:30 is needed", "须写成 2024-07-22T10:30 的形式", "时间")
    with host().look() as market:
        return local_ms(market.rulebook.now(), when.date(), when.time())
