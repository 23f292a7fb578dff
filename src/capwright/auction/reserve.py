"""Reserve prices: the fixed one of a notice, Guangdong's policy reserve price from listed-click trades."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from capwright.kernel.quantity import round_fen
from capwright.kernel.refusal import define, refuse
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["PolicyReserve", "Trade", "escalated_fen", "policy_reserve", "reserve_for"]

NO_RESERVE = define(
    "CW-6030",
    en="This scheme's auctions have a policy reserve price; none is given.",
    zh="本体系的竞价设有政策保留价，但未给出。",
    mend_en="Give the announced one with --reserve.",
    mend_zh="请用 --reserve 给出公布的政策保留价。",
    rule="GZETS 2015-09-10, 2017-03-15, 2020-04-10",
)
BAD_RESERVE = define(
    "CW-6031",
    en="A reserve price must be above zero.",
    zh="保留价须大于零。",
    rule="design: bounds on everything",
)
NO_TRADES = define(
    "CW-6032",
    en="No {modes} trade from {first} to {last}: the policy reserve price cannot be worked out.",
    zh="{first}至{last}没有{modes}成交，无法计算政策保留价。",
    rule="GZETS 2017-03-15",
)


class Trade(Struct, frozen=True, kw_only=True):
    """Trades of a day in one mode, in sum: only some modes count for the reserve price."""

    on: date
    mode: str
    quantity_t: int
    value_fen: int


class PolicyReserve(Struct, frozen=True, kw_only=True):
    """A policy reserve price and what it was worked out from."""

    price_fen_per_t: int
    factor: Decimal
    first: date
    last: date
    quantity_t: int
    value_fen: int

    @property
    def mean_fen_per_t(self) -> Decimal:
        """The unrounded volume-weighted mean price."""
        return Decimal(self.value_fen) / self.quantity_t


def reserve_for(rules: AuctionRules, given_fen_per_t: int | None) -> int | None:
    """The reserve price of a round: the one given, else the scheme's fixed one, else None.

    Refuses when the scheme works its reserve price out from trades and none is given.
    """
    if given_fen_per_t is not None:
        if given_fen_per_t <= 0:
            refuse(BAD_RESERVE)
        return given_fen_per_t
    if rules.reserve == "listed_click_mean":
        refuse(NO_RESERVE)
    return rules.reserve_fen_per_t


def policy_reserve(rules: AuctionRules, trades: Iterable[Trade], announced_on: date) -> PolicyReserve:
    """Guangdong's policy reserve price: factor × volume-weighted mean price of the full months before.

    Counted are the listed-click trades of the three full calendar months before the announcement. The mean
    is exact; only the product is rounded, once, to the nearest fen, half up. The factor, the number of
    months and the modes that count come from the scheme.
    """
    last = announced_on.replace(day=1) - timedelta(days=1)
    month = last.year * 12 + last.month - rules.reserve_months
    first = date(month // 12, month % 12 + 1, 1)
    factor = rules.reserve_factor if rules.reserve_factor is not None else Decimal(1)
    counted = [trade for trade in trades if first <= trade.on <= last and trade.mode in rules.reserve_modes]
    quantity_t = sum(trade.quantity_t for trade in counted)
    value_fen = sum(trade.value_fen for trade in counted)
    if not quantity_t:
        modes = ", ".join(rules.reserve_modes)
        refuse(NO_TRADES, modes=modes, first=first.isoformat(), last=last.isoformat())
    return PolicyReserve(
        price_fen_per_t=round_fen(factor * value_fen / quantity_t),
        factor=factor,
        first=first,
        last=last,
        quantity_t=quantity_t,
        value_fen=value_fen,
    )


def escalated_fen(base_fen_per_t: int, rate: Decimal, years: int) -> int:
    """A price that grows by a fixed rate each year, rounded once, half up (RGGI's triggers: 7 %)."""
    return round_fen(base_fen_per_t * (1 + rate) ** years)
