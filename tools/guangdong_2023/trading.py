"""The year on the exchange and in the registry, tonne by tonne, so that everyone ends as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from capwright.scheme.calendar import exchange_calendar
from capwright.scheme.loader import load_scheme
from guangdong_2023.book import Holder
from guangdong_2023.chance import Chance
from guangdong_2023.prices import Priced, daily_closes, price_month
from guangdong_2023.published import MONTHS, Month
from guangdong_2023.wants import BLOCK_T, Want, Wish, wants_of_month, wishes_by_month

__all__ = ["PLAN", "TRUE_UP", "Change", "Surrender", "Trade", "Year", "trade_year", "trading_days"]

PLAN: Final = date(2024, 1, 12)
TRUE_UP: Final = date(2024, 6, 27)
FREEZE: Final = date(2024, 8, 5)
PEAK: Final = (2024, 7)


class Trade(NamedTuple):
    """A row of transfers.csv; price in fen per tonne."""

    on: date
    seller: str
    buyer: str
    kind: str
    vintage: int
    quantity_t: int
    price: int
    mode: str


class Change(NamedTuple):
    """Quota handed out (above zero), recalled, or freed, in the morning of a day."""

    on: date
    holder: str
    quantity_t: int
    vintage: int = 2023


class Surrender(NamedTuple):
    """All that a firm owes, or has, on a day; at the end of it `left_t` must be owed still."""

    on: date
    holder: str
    owed_t: int
    left_t: int


@dataclass
class Year:
    """What came of the year."""

    trades: list[Trade] = field(default_factory=list)
    freezes: list[tuple[date, str, int, int]] = field(default_factory=list)  # day, holder, vintage, tonnes


class _Matched(NamedTuple):
    on: date
    seller: str
    buyer: str
    quantity_t: int
    negotiated: bool


def trading_days(year: int, month: int) -> list[date]:
    """Days on which the exchange was open, extra weekend sessions included."""
    calendar = load_scheme("guangdong-2023").body.calendar
    assert calendar is not None
    open_days = exchange_calendar(calendar)
    first = date(year, month, 1)
    days = (first + timedelta(days=n) for n in range(31))
    return [day for day in days if day.month == month and open_days.is_working_day(day)]


def trade_year(
    holders: Mapping[str, Holder],
    wishes: Sequence[Wish],
    changes: Sequence[Change],
    surrenders: Sequence[Surrender],
    frozen_sectors: Sequence[str],
    seed: str,
) -> Year:
    """Match every purchase with a seller that can spare it, day by day; price the trades of each month."""
    year = Year()
    matcher = _Matcher(holders, changes, surrenders, frozen_sectors, seed)
    by_month = wishes_by_month(wishes, seed)
    investors = {name: holder.weight for name, holder in holders.items() if holder.investor}
    for month in MONTHS:
        days = trading_days(month.year, month.month)
        wants = wants_of_month(month, by_month[month.year, month.month], investors, seed)
        matched = matcher.month(month, days, wants)
        chance = Chance(f"{seed}/prices/{month.year}-{month.month}")
        closes = daily_closes(month, days, chance)
        priced = [Priced(m.on, m.quantity_t, m.negotiated) for m in matched]
        for m, price in zip(matched, price_month(month, priced, closes, chance), strict=True):
            vintage = 2022 if m.on < PLAN else 2023
            mode = "negotiated" if m.negotiated else "listed_click"
            year.trades.append(Trade(m.on, m.seller, m.buyer, "GDEA", vintage, m.quantity_t, price, mode))
    matcher.finish()
    year.freezes = matcher.freezes
    return year


class _Matcher:
    """Runs the days in order: quota in the morning, then trades, then surrenders, freezes last."""

    def __init__(
        self,
        holders: Mapping[str, Holder],
        changes: Sequence[Change],
        surrenders: Sequence[Surrender],
        frozen_sectors: Sequence[str],
        seed: str,
    ) -> None:
        self._holders = holders
        self._changes = sorted(changes, key=lambda change: change.on)
        self._surrenders = sorted(surrenders, key=lambda surrender: surrender.on)
        self._frozen_sectors = frozenset(frozen_sectors)
        self._chance = Chance(f"{seed}/sellers")
        self.freezes: list[tuple[date, str, int, int]] = []
        self._shut = False

    def month(self, month: Month, days: Sequence[date], wants: Sequence[Want]) -> list[_Matched]:
        """Put the purchases on days and find sellers."""
        by_day: dict[date, list[Want]] = {day: [] for day in days}
        weights = self._weights(month, days)
        for want in wants:
            fitting = [
                (day, w) for day, w in zip(days, weights, strict=True) if want.after < day <= want.until
            ]
            assert fitting, (want, month)
            by_day[self._chance.pick([d for d, _ in fitting], [w for _, w in fitting])].append(want)
        matched: list[_Matched] = []
        for day in days:
            self._morning(day)
            for want in by_day[day]:
                matched += self._match(day, want)
            self._evening(day)
        return matched

    def finish(self) -> None:
        """Let what remains happen."""
        self._morning(date.max)
        self._evening(date.max)

    def _weights(self, month: Month, days: Sequence[date]) -> list[float]:
        """Lively and quiet days; before the deadline more each day; some days without any trade."""
        peak = (month.year, month.month) == PEAK
        return [
            self._chance.lognormal(0.8) * ((1 + 2 * at / len(days)) if peak else 1.0)
            if peak or not self._chance.happens(0.06)
            else 1e-9
            for at in range(len(days))
        ]

    def _morning(self, day: date) -> None:
        while self._changes and self._changes[0].on <= day:
            change = self._changes.pop(0)
            holder = self._holders[change.holder]
            if change.quantity_t >= 0:
                holder.receive(change.quantity_t, change.vintage)
            else:
                holder.give_back(-change.quantity_t)

    def _evening(self, day: date) -> None:
        while self._surrenders and self._surrenders[0].on <= day:
            surrender = self._surrenders.pop(0)
            left_t = self._holders[surrender.holder].surrender(surrender.owed_t)
            assert left_t == surrender.left_t, (surrender, left_t)
        if day >= FREEZE and not self._shut:
            self._freeze()

    def _freeze(self) -> None:
        """The surplus of the sectors that leave for the national market is frozen for review."""
        self._shut = True
        for holder in self._holders.values():
            if holder.sector not in self._frozen_sectors:
                continue
            for vintage, quantity_t in holder.free.items():
                if quantity_t:
                    self.freezes.append((FREEZE, holder.id, vintage, quantity_t))
                    holder.free[vintage] = 0

    def _match(self, day: date, want: Want) -> list[_Matched]:
        """One seller for the whole piece, or for halves of it where none has enough."""
        found: list[_Matched] = []
        pieces = [want.quantity_t]
        while pieces:
            quantity_t = pieces.pop(0)
            sellers = [
                h
                for h in self._holders.values()
                if h.id != want.buyer and h.sellable_t >= quantity_t and not h.shut
            ]
            if not sellers:
                assert quantity_t > 1, f"nobody can sell on {day}"
                pieces[:0] = [quantity_t // 2, quantity_t - quantity_t // 2]
                continue
            weights = [(h.sellable_t / 1000) ** 0.5 * (2.5 if h.investor else 1.0) for h in sellers]
            seller = self._chance.pick(sellers, weights)
            seller.sell(self._holders[want.buyer], quantity_t)
            negotiated = want.negotiated and quantity_t >= BLOCK_T
            found.append(_Matched(day, seller.id, want.buyer, quantity_t, negotiated))
        return found
