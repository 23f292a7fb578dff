"""Trading days of a scenario: the exchange opens, the agents come, it closes and clears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.exchange.dayrules import is_clearing_day, is_trading_day
from capwright.exchange.messages import CloseTradingDay, OpenTradingDay
from capwright.lab.crowd import SLOTS, Crowd
from capwright.lab.opinion import Month, moods
from capwright.lab.participant import Participant
from capwright.lab.sight import Sight
from capwright.registry.messages import FreezeUnits
from capwright.scenario.people import AUTHORITY, CLOCK, EXCHANGE, speaker
from capwright.settlement.messages import ClearTrades, DepositCash

if TYPE_CHECKING:
    from capwright.kernel.message import Command, Outcome
    from capwright.market import Market
    from capwright.scenario.files import AgentRow, Step
    from capwright.scenario.script import Action, Script
    from capwright.scheme.exchange_rules import ExchangeRules
    from capwright.scheme.schema import CalendarRules

__all__ = ["TradingDays", "Turn", "freeze_sectors"]

_OPENS: Final = time(9, 20)
_CLOSES: Final = time(15, 35)
_CLEARS: Final = time(15, 40)
_DEPOSITS: Final = time(9, 5)
# Six turns in the morning and six in the afternoon, the first after the minutes that do not count.
_TURNS: Final = (
    *(time(9 + (33 + 18 * n) // 60, (33 + 18 * n) % 60) for n in range(6)),
    *(time(13 + (33 + 18 * n) // 60, (33 + 18 * n) % 60) for n in range(6)),
)

Send = Callable[["Command", str], "Outcome"]


class Turn(Struct, frozen=True):
    """Commands that depend on how things stand: made when the story has come so far."""

    at_ms: int
    play: Callable[[Market, Send], None]
    label: str = ""


class TradingDays:
    """The trading days from the story's beginning to the date that `[trading]` names."""

    def __init__(self, script: Script) -> None:
        self._script = script
        scenario = script.scenario
        trading = scenario.file.trading
        assert trading is not None
        self._until = trading.until
        self._product = trading.product
        body = next(s.body for s in reversed(script.schemes) if s.body.exchange and s.body.calendar)
        assert body.exchange is not None
        assert body.calendar is not None
        self._rules: ExchangeRules = body.exchange
        self._calendar: CalendarRules = body.calendar
        self._crowd = self._make_crowd()

    def days(self) -> Iterator[date]:
        """Every trading day of the story; not the first when the market opens after the exchange would."""
        begins_at = self._script.scenario.file.begins_at
        day = begins_at.date()
        if self._script.on(day, _OPENS) < self._script.ms(begins_at):
            day += timedelta(days=1)
        while day <= self._until:
            if is_trading_day(self._rules, self._calendar, day):
                yield day
            day += timedelta(days=1)

    def _make_crowd(self) -> Crowd:
        scenario, numbers = self._script.scenario, self._script.directory
        by_month: dict[tuple[int, int], list[date]] = {}
        for day in self.days():
            by_month.setdefault((day.year, day.month), []).append(day)
        months = [
            Month(
                year=int(row.month[:4]),
                month=int(row.month[5:]),
                volume_t=row.volume_t,
                first=row.first,
                last=row.last,
                least=row.least,
                most=row.most,
                block=row.block,
                rush=row.rush,
            )
            for row in scenario.opinions
        ]
        participants = [self._participant(row, numbers[row.enterprise]) for row in scenario.agents]
        seed = f"{scenario.file.seed}/{self._product}"
        played = [month for month in months if (month.year, month.month) in by_month]
        return Crowd(participants, moods(played, by_month, seed), self._product, seed)

    def _participant(self, row: AgentRow, account: str) -> Participant:
        return Participant(
            id=row.enterprise,
            account=account,
            person=speaker(row.enterprise),
            style=row.style,
            left_t=row.quantity_t,
            since=row.since or date.min,
            until=row.until or date.max,
            bias=row.bias / 1_000,
            habit=row.habit,
        )

    def actions(self) -> Iterator[Action | Turn]:
        """Openings, turns, closings, clearings and the agents' deposits."""
        script = self._script
        for row in script.scenario.agents:
            if row.cash and row.cash_on is not None:
                deposit = DepositCash(script.directory[row.enterprise], row.cash)
                yield script.act(script.on(row.cash_on, _DEPOSITS), EXCHANGE, deposit, "depositing cash")
        assert len(_TURNS) == SLOTS
        for day in self.days():
            label = f"trading on {day}"
            yield script.act(script.on(day, _OPENS), CLOCK, OpenTradingDay(day), label)
            for slot, clock in enumerate(_TURNS):
                yield Turn(script.on(day, clock), self._turn(day, slot), label)
            yield script.act(script.on(day, _CLOSES), CLOCK, CloseTradingDay(day), label)
            if is_clearing_day(self._rules, self._calendar, day):
                yield script.act(script.on(day, _CLEARS), CLOCK, ClearTrades(day), label)

    def _turn(self, day: date, slot: int) -> Callable[[Market, Send], None]:
        def play(market: Market, send: Send) -> None:
            self._crowd.turn(Sight(market, self._product), day, slot, send)

        return play


def freeze_sectors(step: Step, accounts: list[str]) -> Callable[[Market, Send], None]:
    """Freeze whatever accounts have free of a kind, as of then."""

    def play(market: Market, send: Send) -> None:
        book = market.book
        for account in accounts:
            for series, quantity_t in list(book.at(account).items()):
                if book.state.series[series].kind == step.kind:
                    send(FreezeUnits(account, series, quantity_t, step.reason), AUTHORITY)

    return play
