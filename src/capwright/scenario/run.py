"""Playing a scenario into a journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from msgspec import Struct

from capwright.journal.engine import Bulk, Engine
from capwright.journal.store import open_store
from capwright.kernel.message import Command, Outcome
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.market import Market
from capwright.scenario.load import Scenario, load_scenario
from capwright.scenario.play import Player
from capwright.scenario.trading import Turn

__all__ = ["Progress", "RefusedAction", "RunResult", "run_scenario"]

Progress = Callable[[int, int, str], None]

NOT_EMPTY = define(
    "CW-9310",
    en="{db} holds a journal already; a scenario starts a new one.",
    zh="{db}中已有日志；情景须写入新的数据库。",
    mend_en="Name another file or database, or remove this one yourself.",
    mend_zh="请更换文件或数据库，或自行删除原有文件。",
    rule="design: append-only",
)


class RefusedAction(Struct, frozen=True):
    """A command of the scenario that the market refused."""

    command_id: str
    actor: str
    command: str
    at_ms: int
    refusal: Refusal


class RunResult(Struct, frozen=True):
    """What a run left: the scenario, the market's state, and what was refused on the way."""

    scenario: Scenario
    market: Market
    commands: int
    refused: tuple[RefusedAction, ...]
    seconds: float
    head: str
    db: str


class _Story:
    """Sends commands and keeps what was refused."""

    def __init__(self, name: str, run: Bulk, refused: list[RefusedAction]) -> None:
        self._name = name
        self._run = run
        self._refused = refused
        self._turned = 0
        self.sent = 0

    def send(self, command: Command, command_id: str, actor: str, at_ms: int) -> Outcome:
        """Send one command."""
        self.sent += 1
        outcome = self._run(command, command_id, actor, at_ms=at_ms)
        if outcome.refusal is not None:
            kind = type(command).__name__
            self._refused.append(RefusedAction(command_id, actor, kind, at_ms, outcome.refusal))
        return outcome

    def play(self, turn: Turn, market: Market) -> None:
        """Let a turn send what it wants; its commands follow one another by a second."""
        count = 0

        def send(command: Command, actor: str) -> Outcome:
            nonlocal count
            count += 1
            self._turned += 1
            return self.send(command, f"{self._name}/t{self._turned}", actor, turn.at_ms + 1_000 * count)

        turn.play(market, send)


def run_scenario(
    name_or_folder: str | Path,
    db_url: str,
    *,
    progress: Progress | None = None,
    until: Callable[[tzinfo], int] | None = None,
) -> RunResult:
    """Play a built-in scenario or a folder into a new journal at `db_url`.

    The story stops after the moment (ms UTC since 1970) that `until` gives in the market's time zone.
    `progress(done, total, label)` is called about a hundred times. Raises `BadInput` for a bad scenario
    before the journal is created, and `Refused` when `db_url` already holds one.
    """
    scenario = load_scenario(name_or_folder)
    player = Player(scenario)
    actions = player.actions()
    if until is not None:
        last_ms = until(player.zone)
        actions = [action for action in actions if action.at_ms <= last_ms]
    began = time.monotonic()
    refused: list[RefusedAction] = []
    store = open_store(db_url, create=True)
    if store.head().seq:
        store.close()
        refuse(NOT_EMPTY, db=db_url)
    with Engine(store, Market) as engine:
        every = max(len(actions) // 100, 1)
        with engine.bulk() as run:
            story = _Story(scenario.file.name, run, refused)
            for done, action in enumerate(actions):
                if progress and done % every == 0:
                    progress(done, len(actions), action.label)
                if isinstance(action, Turn):
                    machine = engine.machine
                    assert isinstance(machine, Market)
                    story.play(action, machine)
                else:
                    story.send(action.command, action.command_id, action.actor, action.at_ms)
        if progress:
            progress(len(actions), len(actions), "")
        market = engine.machine
        assert isinstance(market, Market)
        head = engine.head
    return RunResult(
        scenario=scenario,
        market=market,
        commands=story.sent,
        refused=tuple(refused),
        seconds=time.monotonic() - began,
        head=head.hash.hex(),
        db=db_url,
    )
