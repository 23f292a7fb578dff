"""A client and an engine in one process, made to be killed.

`python -m tests.crash.worker` reads jobs from standard input, one JSON object a line, and forks a child for
each, so that a kill costs milliseconds and no interpreter start. The child opens an engine, repeats what its
predecessor did not get an answer to, goes on with new commands, and writes down the ids it was answered,
after the answer. It ends by a SIGKILL: its own at a counted moment of the program (`moment`), or somebody
else's. The parent writes the child's process number, then its exit status.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from typing import Any

from capwright.journal import Engine, Envelope, OpenFault
from capwright.kernel.message import Command
from tests.crash.kinds import Place
from tests.crash.toy import Give, Pass, Toy, codec

PURSES = [f"purse {number}" for number in range(8)]
LEASE_S = 20


class ToyTask:
    """Gives and passes coins; about a quarter is refused."""

    actor = "client"
    options: dict[str, Any] = {"machine": Toy}  # noqa: RUF012

    def command(self, draw: random.Random) -> Command:
        if draw.random() < 0.3:
            return Give(draw.choice(PURSES), draw.randrange(1, 10))
        return Pass(draw.choice(PURSES), draw.choice(PURSES), draw.randrange(1, 10))


class MarketTask:
    """Transfers between two accounts of a small market, some of them too large."""

    def __init__(self) -> None:
        from capwright.market import Market
        from tests.worlds import World

        self.options = {"machine": Market, "codec": None}
        self.opening = World().furnish(20_000).log

    def command(self, draw: random.Random) -> tuple[str, Command]:
        from tests.worlds import ALPHA, TRADER, ProposeTransaction, UnitLine, rep

        source, target = draw.sample([ALPHA, TRADER], 2)
        line = UnitLine("TLA-2023", draw.randrange(1, 300))
        return rep(source), ProposeTransaction("transfer", source, target, (line,))


class TradeTask(MarketTask):
    """Orders on a trading day of a small exchange: entered, cancelled, replaced, offered, confirmed."""

    def __init__(self) -> None:
        from capwright.market import Market
        from tests.exchange_worlds import Exchange

        self.options = {"machine": Market, "codec": None}
        world = Exchange().open("10:00")
        self.at_ms = world.at_ms
        self.opening = [(name, actor, at_ms, command) for command, name, actor, at_ms in world.log]

    def command(self, draw: random.Random) -> tuple[str, Command]:
        from capwright.exchange import messages as m
        from tests.exchange_worlds import ALPHA, BETA, TRADER, rep

        account, other = draw.sample([ALPHA, BETA, TRADER], 2)
        side, price = draw.choice(("buy", "sell")), draw.randrange(4980, 5021)
        known = f"{draw.randrange(10)}.{draw.randrange(40)}/{draw.randrange(30)}"  # mostly nobody's order
        kind = draw.random()
        if kind < 0.7:
            return rep(account), m.PlaceOrder(account, "TLA", side, price, draw.randrange(1, 40))
        if kind < 0.8:
            return rep(account), m.MassCancel(account, "TLA", side)
        if kind < 0.9:
            deal = m.ProposeDeal(account, other, "TLA", side, price, draw.randrange(10, 40))
            return rep(account), deal
        return rep(account), m.ConfirmDeal(account, known)


TASKS: dict[str, type[ToyTask | MarketTask]] = {"toy": ToyTask, "market": MarketTask, "trade": TradeTask}


def command_of(task: ToyTask | MarketTask, name: str) -> Envelope:
    """The command that belongs to an id: a repeated id repeats its command."""
    draw = random.Random(name)
    if isinstance(task, TradeTask):
        actor, command = task.command(draw)
        return Envelope(command, name, actor, task.at_ms)
    if isinstance(task, MarketTask):
        actor, command = task.command(draw)
        return Envelope(command, name, actor)
    return Envelope(task.command(draw), name, task.actor)


def kill_at(moment: int) -> None:
    """Let this process kill itself at the `moment`-th call or return of anything, C functions included."""
    left = moment

    def count(_frame: object, _event: str, _arg: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)
    sys.setprofile(count)


def open_engine(job: dict[str, Any], task: ToyTask | MarketTask) -> Engine:
    """Open the engine; a killed predecessor's database session may need a moment to end."""
    place = Place(job["kind"], job["address"])
    until = time.monotonic() + LEASE_S
    while True:
        try:
            options = {"codec": codec(), **task.options, "snapshot_every": job["snapshot_every"]}
            return place.engine(clock=lambda: time.time_ns() // 1_000_000, **options)
        except OpenFault as refused:
            if refused.refusal.code != "CW-8604" or time.monotonic() > until:
                raise
        time.sleep(0.005)


def work(job: dict[str, Any], task: ToyTask | MarketTask) -> None:
    draw = random.Random(job["seed"])
    acks = os.open(job["acks"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    if job["kill"] == "start":
        kill_at(job["moment"])
    engine = open_engine(job, task)
    if isinstance(task, MarketTask) and engine.head.seq < len(task.opening):
        with engine.bulk() as run:
            for name, actor, at_ms, command in task.opening:
                assert run(command, name, actor, at_ms).ok
    os.write(acks, b"ready\n")
    if job["kill"] == "moment":
        kill_at(job["moment"])
    names = list(job["unanswered"])
    number = 0
    while True:
        size = draw.choice([1, 1, 2, 5, 20, 60, 120])
        while len(names) < size:
            names.append(f"{job['seed']}/{number}")
            number += 1
        batch, names = names[:size], names[size:]
        os.write(acks, "".join(f"asked {name}\n" for name in batch).encode())
        envelopes = [command_of(task, name) for name in batch]
        if job["threaded"]:
            futures = [engine.submit(*envelope) for envelope in envelopes]
            outcomes = [future.result() for future in futures]
        else:
            outcomes = engine.run_batch(envelopes)
        lines = [f"got {outcome.seq} {name}\n" for name, outcome in zip(batch, outcomes, strict=True)]
        os.write(acks, "".join(lines).encode())


def main() -> None:
    tasks: dict[str, ToyTask | MarketTask] = {}
    for line in sys.stdin:
        job = json.loads(line)
        if job["task"] not in tasks:
            tasks[job["task"]] = TASKS[job["task"]]()
        child = os.fork()
        if not child:
            try:
                work(job, tasks[job["task"]])
            except BaseException:  # noqa: BLE001
                import traceback

                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
