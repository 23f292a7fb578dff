"""What is due when: the days of the schemes in force, auctions, and the exchange's next days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from capwright.auction.room import AuctionRoom
from capwright.exchange.dayrules import is_trading_day
from capwright.ledger.clock import local_time
from capwright.market.composition import room_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from capwright.ledger.rulebook import Rules
    from capwright.market import Market

__all__ = ["Entry", "agenda", "trading_days"]

_MRV: Final = (
    ("plan_due_on", "Monitoring plans", "监测计划提交截止"),
    ("report_due_on", "Emission reports", "排放报告提交截止"),
    ("statement_due_on", "Verification reports", "核查报告提交截止"),
    ("city_due_on", "Verified reports to the city", "报送地市截止"),
    ("province_due_on", "From the city to the province", "报送省级截止"),
)


class Entry(Struct, frozen=True, order=True):
    """A day and what it is; `vintage` 0: of none. `href`: where to read or act."""

    on: date
    kind: Literal["reporting", "compliance", "auction"]
    en: str
    zh: str
    vintage: int = 0
    href: str = ""


def agenda(market: Market) -> list[Entry]:
    """All days that the rules and announced auctions name, in order."""
    found = [entry for rules in market.rulebook.by_name.values() for entry in _of_rules(rules)]
    return sorted({*found, *_auctions(market)})


def _of_rules(rules: Rules) -> Iterator[Entry]:
    body = rules.body
    vintage = body.vintage or 0
    if body.mrv is not None:
        for name, en, zh in _MRV:
            day = getattr(body.mrv, name)
            if day is not None:
                yield Entry(day, "reporting", f"{en} of {vintage}", f"{vintage}年度{zh}", vintage)
    if body.compliance is not None:
        yield Entry(
            body.compliance.surrender_due_on, "compliance", f"Last day of surrender for {vintage}",
            f"{vintage}年度清缴截止", vintage,
        )  # fmt: skip
        offsets = body.compliance.offsets
        if offsets is not None and offsets.request_by is not None:
            yield Entry(
                offsets.request_by, "compliance", f"Last day to ask for offsets, {vintage}",
                f"{vintage}年度抵消申请截止", vintage,
            )  # fmt: skip
    if body.period_end is not None:
        yield Entry(
            body.period_end, "compliance", f"End of the year {vintage}", f"{vintage}履约年度结束", vintage
        )


def _auctions(market: Market) -> Iterator[Entry]:
    state, rules = room_of(market.rooms, AuctionRoom).state, market.rulebook.now()
    for one in (*state.auctions.values(), *state.lots.values()):
        if one.opens_ms and one.status != "cancelled":
            day = local_time(rules, one.opens_ms).date()
            yield Entry(
                day, "auction", f"Auction of {one.offered_t:,} t", f"有偿竞价：{one.offered_t:,}吨",
                one.vintage, "/auctions/",
            )  # fmt: skip


def trading_days(market: Market, first: date, days: int) -> list[tuple[date, bool]]:
    """Days from `first` on, and whether the exchange opens; nothing where there is no exchange."""
    body = market.rulebook.now().body
    if body.exchange is None or body.calendar is None:
        return []
    return [
        (day, is_trading_day(body.exchange, body.calendar, day))
        for day in (first + timedelta(days=n) for n in range(days))
    ]
