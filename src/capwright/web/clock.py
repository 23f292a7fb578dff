"""The market's time, local to the scheme."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from capwright.web.hosting import host

__all__ = ["Moment", "local", "now", "zone"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(Struct, frozen=True):
    """A time of the market: ms UTC since 1970, and the local clock."""

    at_ms: int
    local: datetime


def zone() -> ZoneInfo:
    """The market's time zone."""
    with host().look() as market:
        return market.rulebook.now().zone if market.state.opened else ZoneInfo("UTC")


def local(at_ms: int) -> datetime:
    """A time of the journal by the market's clock."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone())


def now() -> Moment:
    """The market's time now."""
    at_ms = host().clock()
    return Moment(at_ms, local(at_ms))
