"""Auctions and trades in numbers."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capwright.auction.room import AuctionRoom
from capwright.ledger.clock import local_time
from capwright.report.shapes import AuctionLine, DayLine, MonthLine
from capwright.settlement.room import SettlementRoom
from capwright.settlement.state import TradeSum

if TYPE_CHECKING:
    from datetime import date

    from capwright.auction.state import Auction
    from capwright.market import Market
    from capwright.report.facts import Facts
    from capwright.scenario.load import Scenario

__all__ = ["auction_lines", "day_lines", "half_up", "month_lines", "priced_days"]


def half_up(value: Fraction) -> int:
    """Round to a whole number, half up."""
    return floor(value + Fraction(1, 2))


def auction_lines(market: Market, facts: Facts, scenario: Scenario | None) -> tuple[AuctionLine, ...]:
    """Every round in the order of announcement, beside the published result where the scenario has one."""
    room = market.rooms["auction"]
    assert isinstance(room, AuctionRoom)
    return tuple(_auction(market, facts, scenario, auction) for auction in room.state.auctions.values())


def _auction(market: Market, facts: Facts, scenario: Scenario | None, auction: Auction) -> AuctionLine:
    cleared = facts.cleared.get(auction.id)
    bids = auction.bids.values()
    line = AuctionLine(
        id=auction.id,
        on=local_time(market.rulebook.now(), auction.closes_ms).date(),
        vintage=auction.vintage,
        series=auction.series,
        status=auction.status,
        offered_t=auction.offered_t,
        reserve_fen_per_t=auction.reserve_fen_per_t,
        bidders=cleared.bidders if cleared else len(dict.fromkeys(bid.account for bid in bids)),
        winners=len(cleared.awards) if cleared else 0,
        valid_t=cleared.valid_t if cleared else None,
        sold_t=auction.sold_t,
        price_fen_per_t=auction.price_fen_per_t,
        revenue_fen=auction.revenue_fen,
        paid_fen=facts.paid_fen.get(auction.id, 0),
    )
    return _beside_published(line, scenario) if scenario else line


def _beside_published(line: AuctionLine, scenario: Scenario) -> AuctionLine:
    row = next((row for row in scenario.rounds if row.round == line.id), None)
    if row is None or (row.sold_t is None and row.amount_cny is None):
        return line
    pairs = (
        (row.sold_t, line.sold_t),
        (row.price_cny_per_t or None, line.price_fen_per_t),
        (row.amount_cny, line.revenue_fen),
    )
    return replace(
        line,
        published_sold_t=row.sold_t,
        published_price_fen_per_t=row.price_cny_per_t,
        published_revenue_fen=row.amount_cny,
        equal=all(published in (None, ours) for published, ours in pairs),
    )


class _Sum:
    """Volume and turnover being added up."""

    def __init__(self) -> None:
        self.trades = self.volume_t = self.turnover_fen = 0

    def add(self, trades: TradeSum) -> None:
        self.trades += trades.trades
        self.volume_t += trades.quantity_t
        self.turnover_fen += trades.value_fen

    @property
    def mean_fen_per_t(self) -> int:
        return half_up(Fraction(self.turnover_fen, self.volume_t)) if self.volume_t else 0


def _trades(market: Market) -> SettlementRoom:
    room = market.rooms["settlement"]
    assert isinstance(room, SettlementRoom)
    return room


def month_lines(market: Market) -> tuple[MonthLine, ...]:
    """Trades by month, kind and mode."""
    found: dict[tuple[str, str, str], _Sum] = {}
    rules = market.rulebook.latest
    for trade in _trades(market).state.trades if rules else ():
        assert rules is not None
        key = f"{local_time(rules, trade.at_ms):%Y-%m}", trade.kind, trade.mode
        found.setdefault(key, _Sum()).add(trade)
    return tuple(
        MonthLine(*key, row.trades, row.volume_t, row.turnover_fen, row.mean_fen_per_t)
        for key, row in sorted(found.items())
    )


def day_lines(market: Market) -> tuple[DayLine, ...]:
    """Trades by day and kind."""
    found: dict[tuple[date, str], _Sum] = {}
    rules = market.rulebook.latest
    for trade in _trades(market).state.trades if rules else ():
        assert rules is not None
        key = local_time(rules, trade.at_ms).date(), trade.kind
        found.setdefault(key, _Sum()).add(trade)
    return tuple(
        DayLine(*key, row.volume_t, row.turnover_fen, row.mean_fen_per_t)
        for key, row in sorted(found.items())
    )


def priced_days(days: tuple[DayLine, ...], kinds: frozenset[str]) -> list[tuple[date, int, int]]:
    """Days of trading in these kinds as (day, tonnes, fen)."""
    return [(day.on, day.volume_t, day.turnover_fen) for day in days if day.kind in kinds]
