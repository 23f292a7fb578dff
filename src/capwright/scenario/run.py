"""Playing a scenario into a journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.market import Market
from capwright.scenario.load import Scenario, load_scenario
from capwright.scenario.play import Player

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


def run_scenario(name_or_folder: str | Path, db_url: str, *, progress: Progress | None = None) -> RunResult:
    """Play a built-in scenario or a folder into a new journal at `db_url`.

    `progress(done, total, label)` is called about a hundred times. Raises `BadInput` for a bad scenario
    before the journal is created, and `Refused` when `db_url` already holds one.
    """
    scenario = load_scenario(name_or_folder)
    actions = Player(scenario).actions()
    began = time.monotonic()
    refused: list[RefusedAction] = []
    store = open_store(db_url, create=True)
    if store.head().seq:
        store.close()
        refuse(NOT_EMPTY, db=db_url)
    with Engine(store, Market) as engine:
        every = max(len(actions) // 100, 1)
        with engine.bulk() as run:
            for done, action in enumerate(actions):
                if progress and done % every == 0:
                    progress(done, len(actions), action.label)
                outcome = run(action.command, action.command_id, action.actor, at_ms=action.at_ms)
                if outcome.refusal is not None:
                    refused.append(
                        RefusedAction(
                            action.command_id,
                            action.actor,
                            type(action.command).__name__,
                            action.at_ms,
                            outcome.refusal,
                        )
                    )
        if progress:
            progress(len(actions), len(actions), "")
        market = engine.machine
        assert isinstance(market, Market)
        head = engine.head
    return RunResult(
        scenario=scenario,
        market=market,
        commands=len(actions),
        refused=tuple(refused),
        seconds=time.monotonic() - began,
        head=head.hash.hex(),
        db=db_url,
    )
