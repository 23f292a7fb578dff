"""Crowds on the small exchange: participants made by hand, and a journal of what they sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from capwright.kernel.message import Command, Outcome
from capwright.kernel.refusal import Refused
from capwright.lab.crowd import SLOTS, Crowd
from capwright.lab.opinion import DayMood
from capwright.lab.participant import Participant
from capwright.lab.sight import Sight
from capwright.ledger.messages import TradeSettled
from tests.exchange_worlds import DAY, Exchange, at
from tests.worlds import rep

PRODUCT = "TLA"


def picking(text: str) -> str:
    """Testland with TLA picked from listings, as Guangdong has it, and no limit to positions."""
    where = 'products = ["TLA"]\nsince = 2023-01-01\n'
    book = f'mode = "continuous"\n{where}matching = "continuous"\ncrossing = "match"'
    click = f'mode = "listed_click"\n{where}matching = "click"\ncrossing = "refuse"'
    assert book in text
    return unlimited(text.replace(book, click))


def unlimited(text: str) -> str:
    """Testland without a limit to positions."""
    assert "position_limit_t = 5_000\n" in text
    return text.replace("position_limit_t = 5_000\n", "")


def agent(account: str, style: str, left_t: int = 0, **more) -> Participant:
    """A participant that may come on any day; `more` overrides."""
    given = {"since": DAY, "until": DAY + timedelta(days=30)} | more
    return Participant(
        id=account[-10:], account=account, person=rep(account), style=style, left_t=left_t, **given
    )


@dataclass
class Stage:
    """A market whose commands are counted, those that fail kept apart."""

    world: Exchange
    sent: list[Command] = field(default_factory=list)
    refused: list[tuple[Command, str]] = field(default_factory=list)
    trades: list[TradeSettled] = field(default_factory=list)

    def send(self, command: Command, person: str) -> Outcome:
        self.sent.append(command)
        try:
            events = self.world.do(person, command)
        except Refused as no:
            self.refused.append((command, no.refusal.code))
            return Outcome(self.world.count, refusal=no.refusal)
        self.trades += [event for event in events if isinstance(event, TradeSettled)]
        return Outcome(self.world.count, tuple(events))

    def sight(self, product: str = PRODUCT) -> Sight:
        return Sight(self.world.market, product)

    def play(self, crowd: Crowd, on: date, *, close: bool = True) -> None:
        """A whole day of turns."""
        self.world.open("09:31", on)
        for slot in range(SLOTS):
            self.world.at_ms = at(f"{9 + slot // 6 * 4:02d}:{33 + slot % 6 * 4:02d}", on)
            crowd.turn(self.sight(crowd.product), on, slot, self.send)
        if close:
            self.world.close(on)


def steady(days: Sequence[date], value: int = 5_000, volume_t: int = 400, block: int = 5_000):
    """The same mood every day."""
    return {day: DayMood(value, volume_t, block) for day in days}
