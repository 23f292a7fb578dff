"""A machine small enough to see through: purses that may not go below zero."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from capwright.journal import Codec
from capwright.kernel.message import Command, Event
from capwright.kernel.refusal import define, refuse

POOR = define("CW-8999", en="{purse} has only {has}.", zh="{purse}只有{has}。")


class Give(Command, frozen=True):
    """Puts new coins into a purse."""

    purse: str
    coins: int


class Pass(Command, frozen=True):
    """Moves coins from one purse to another, in two events to have something between them."""

    source: str
    target: str
    coins: int


class Stumble(Command, frozen=True):
    """Fails with a bug after its first event was applied."""


class Babble(Command, frozen=True):
    """Makes an event that no codec knows."""


class Taken(Event, frozen=True):
    purse: str
    coins: int


class Put(Event, frozen=True):
    purse: str
    coins: int


class Unheard(Event, frozen=True):
    pass


COMMANDS = (Give, Pass, Stumble, Babble)
EVENTS = (Taken, Put)


def codec() -> Codec:
    return Codec(COMMANDS, EVENTS)


class Toy:
    snapshot_format = "toy-1"

    def __init__(self) -> None:
        self.purses: dict[str, int] = {}
        self.last_at = 0

    def execute(self, command: Any, *, command_id: str, actor: str, at_ms: int) -> tuple[Event, ...]:
        if isinstance(command, Give):
            return self._emit((Put(command.purse, command.coins),), at_ms)
        if isinstance(command, Pass):
            has = self.purses.get(command.source, 0)
            if has < command.coins:
                refuse(POOR, purse=command.source, has=has)
            return self._emit(
                (Taken(command.source, command.coins), Put(command.target, command.coins)), at_ms
            )
        if isinstance(command, Babble):
            return self._emit((Put("babble", 1), Unheard()), at_ms)
        self._emit((Put("stumble", 1),), at_ms)
        raise RuntimeError("stumbled")

    def _emit(self, events: tuple[Event, ...], at_ms: int) -> tuple[Event, ...]:
        for event in events:
            self.apply(event, at_ms)
        return events

    def apply(self, event: Any, at_ms: int) -> None:
        if isinstance(event, Unheard):
            return
        coins = event.coins if isinstance(event, Put) else -event.coins
        self.purses[event.purse] = self.purses.get(event.purse, 0) + coins
        self.last_at = at_ms

    def snapshot(self) -> bytes:
        return json.dumps([self.purses, self.last_at], sort_keys=True).encode()

    def restore(self, raw: bytes) -> None:
        self.purses, self.last_at = json.loads(raw)

    def state_hash(self) -> str:
        return hashlib.sha256(self.snapshot()).hexdigest()
