"""What compliance costs an account: paid so far, still to pay, and what the next vintage may cost.

The forecast is arithmetic on figures that the page shows beside it: emissions as verified last, free quota as
pre-issued or as given last, prices as they were in the last trading days. It foresees nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from capwright.projection.position import Position
    from capwright.projection.views import Views

__all__ = ["Cost", "Outlook", "Prices", "cost_of"]

_DAYS: Final = 20  # trading days whose closing prices give the range
_YEAR_MS: Final = 365 * 86_400_000
_SUM: Final = (
    "SELECT coalesce(sum(quantity_t), 0) AS t,"
    " coalesce(sum(quantity_t * price_fen_per_t), 0) AS fen FROM trade"
)
_BOUGHT: Final = _SUM + " WHERE buyer = ? AND product = ? AND at_ms >= ? AND busted = 0"
_SOLD: Final = _SUM + " WHERE seller = ? AND product = ? AND at_ms >= ? AND busted = 0"
_CLOSES: Final = "SELECT closing_fen FROM day WHERE product = ? AND trades > 0 ORDER BY on_day DESC LIMIT ?"


class Prices(Struct, frozen=True):
    """The last price and the range of the last closing prices, fen a tonne; 0 where nothing was traded."""

    last_fen_per_t: int
    low_fen_per_t: int
    high_fen_per_t: int
    days: int

    def of(self, quantity_t: int) -> tuple[int, int, int]:
        """What a quantity costs at the last, the lowest and the highest of them, fen."""
        return (
            quantity_t * self.last_fen_per_t,
            quantity_t * self.low_fen_per_t,
            quantity_t * self.high_fen_per_t,
        )


class Outlook(Struct, frozen=True):
    """The next vintage if nothing changes; `gap_t` below zero: units to spare. Fen at last, low and high."""

    vintage: int
    emissions_t: int
    free_quota_t: int
    pre_issued: bool
    spare_t: int
    gap_t: int
    cost_fen: tuple[int, int, int]

    @property
    def distance_t(self) -> int:
        """The gap, or what is to spare, without its sign."""
        return abs(self.gap_t)


class Cost(Struct, frozen=True):
    """Trades of the last 365 days without fees, what is missing now, and the outlook, if one is known."""

    bought_t: int
    bought_fen: int
    sold_t: int
    sold_fen: int
    missing_t: int
    missing_fen: tuple[int, int, int]
    prices: Prices
    outlook: Outlook | None


def cost_of(views: Views, number: str, position: Position, now_ms: int) -> Cost:
    """The cost of an account's compliance, from its position and its trades."""
    prices = _prices(views, position)
    since = now_ms - _YEAR_MS
    (bought,) = views.rows(_BOUGHT, (number, position.kind, since))
    (sold,) = views.rows(_SOLD, (number, position.kind, since))
    missing_t = max(0, -position.balance_t)
    return Cost(
        bought["t"],
        bought["fen"],
        sold["t"],
        sold["fen"],
        missing_t,
        prices.of(missing_t),
        prices,
        _outlook(position, prices),
    )


def _prices(views: Views, position: Position) -> Prices:
    """The last price belongs to the range: today has no closing price yet."""
    closes = [row["closing_fen"] for row in views.rows(_CLOSES, (position.kind, _DAYS))]
    last = position.price_fen_per_t
    return Prices(last, min([last, *closes]), max([last, *closes]), len(closes))


def _outlook(position: Position, prices: Prices) -> Outlook | None:
    """The vintage after the last one with verified emissions."""
    known = [duty for duty in position.duties if duty.emissions_t is not None]
    if not known:
        return None
    last = max(known, key=lambda duty: duty.vintage)
    quotas = {quota.vintage: quota for quota in position.quotas}
    coming, given = quotas.get(last.vintage + 1), quotas.get(last.vintage)
    pre_issued = coming is not None and coming.pre_issued_t is not None
    if coming is not None and coming.pre_issued_t is not None:
        free_quota_t = coming.pre_issued_t
    else:
        free_quota_t = given.free_t if given is not None else 0
    # What was pre-issued is in the holdings already: it must not be counted twice.
    spare_t = max(0, position.balance_t - (free_quota_t if pre_issued else 0))
    emissions_t = last.emissions_t or 0
    gap_t = emissions_t - free_quota_t - spare_t
    return Outlook(
        last.vintage + 1,
        emissions_t,
        free_quota_t,
        pre_issued,
        spare_t,
        gap_t,
        prices.of(max(0, gap_t)),
    )
