"""Nothing lost, nothing doubled: the engine is killed at seeded moments and started again, over and over."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from capwright.audit import audit
from capwright.journal import find_faults, load, market_codec, records, replay
from tests.crash.kinds import DURABLE, place
from tests.crash.toy import Toy, codec
from tests.crash.worker import MarketTask, ToyTask, command_of

ROOT = Path(__file__).resolve().parents[2]


class Victims:
    """Starts workers, kills them, and keeps what their client knows."""

    def __init__(self, where, tmp_path, task, seed):
        self.where = where
        self.task = task
        self.acks = tmp_path / "acks"
        self.acks.touch()
        self.draw = random.Random(seed)
        self.seed = seed
        self.asked: dict[str, None] = {}
        self.got: dict[str, int] = {}
        self.kills = 0
        self.read = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)

    def kill_one(self, kind, moment, *, threaded):
        """Run one worker until it is killed; `moment` counts ms for the kind time, else calls."""
        self.kills += 1
        unanswered = [name for name in self.asked if name not in self.got]
        job = {
            "kind": self.where.kind,
            "address": self.where.address,
            "task": self.task,
            "seed": f"{self.seed}.{self.kills}",
            "acks": str(self.acks),
            "snapshot_every": 120,
            "kill": kind,
            "moment": moment,
            "threaded": threaded,
            "unanswered": unanswered,
        }
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        if kind == "time":
            self.wait_until_ready()
            time.sleep(moment / 1000)
            os.kill(child, signal.SIGKILL)
        status = int(self.process.stdout.readline())
        assert status == -signal.SIGKILL, f"the worker ended by itself with {status}"
        self.learn()

    def wait_until_ready(self):
        until = time.monotonic() + 30
        while b"ready" not in self.acks.read_bytes()[self.read :]:
            assert time.monotonic() < until, "the worker does not start"
            time.sleep(0.001)

    def learn(self):
        """Read what the client has noted; a last line without its end was not noted."""
        text = self.acks.read_bytes()[self.read :]
        whole = text[: text.rfind(b"\n") + 1]
        self.read += len(text)
        for line in whole.decode().splitlines():
            what, _, rest = line.partition(" ")
            if what == "asked":
                self.asked.setdefault(rest)
            elif what == "got":
                seq, _, name = rest.partition(" ")
                assert self.got.setdefault(name, int(seq)) == int(seq), "two answers to one command"

    def check(self, *, fully):
        """Every answered command is there once, under its number; none is there twice."""
        store = self.where.store(create=False, read_only=True)
        seqs = {}
        for record in records(store):
            assert record.command_id not in seqs, f"{record.command_id} is there twice"
            seqs[record.command_id] = record.seq
        for name, seq in self.got.items():
            assert seqs.get(name) == seq, f"answered command {name} is not record {seq}"
        if fully:
            assert find_faults(store, codec=codec() if self.task == "toy" else market_codec()) == []
            self.check_state(store)
        store.close()

    def check_state(self, store):
        if self.task == "toy":
            from_snapshot, _, _ = load(store, Toy, codec())
            from_scratch, model = Toy(), Toy()
            replay(store, from_scratch, codec=codec())
            task = ToyTask()
            for record in records(store):
                carry_out(model, command_of(task, record.command_id).command)
            assert from_snapshot.purses == from_scratch.purses == model.purses
            assert min(model.purses.values()) >= 0
            return
        from capwright.market import Market

        from_snapshot, _, _ = load(store, Market)
        from_scratch = Market()
        replay(store, from_scratch)
        assert from_snapshot.state_hash() == from_scratch.state_hash()
        assert from_snapshot.breaches() == []
        report = audit(itertools.chain.from_iterable(store.scan()))
        assert not report.findings


def carry_out(toy, command):
    """The toy's rules once more."""
    coins = command.coins
    if hasattr(command, "source"):
        if toy.purses.get(command.source, 0) < coins:
            return
        toy.purses[command.source] -= coins
    purse = getattr(command, "purse", None) or command.target
    toy.purses[purse] = toy.purses.get(purse, 0) + coins


def moments(draw, count):
    """Seeded kills: at counted calls while starting and working, mid-batch included, and at random times."""
    for number in range(count):
        kind = ("moment", "moment", "time", "moment", "start")[number % 5]
        if kind == "time":
            yield kind, draw.random() ** 2 * 25
        else:
            yield kind, int(draw.choice([500, 5_000, 60_000]) * draw.random()) + 1


def campaign(where, tmp_path, task, seed, kills):
    victims = Victims(where, tmp_path, task, seed)
    try:
        for number, (kind, moment) in enumerate(moments(victims.draw, kills)):
            if kind == "start" and victims.kills == 0:
                kind = "moment"  # noqa: PLW2901 - the first one makes the journal
            victims.kill_one(kind, moment, threaded=number % 3 == 2)
            if number % 5 == 4:
                victims.check(fully=False)
    finally:
        victims.close()
    victims.check(fully=True)
    assert len(victims.got) > kills // 2, "hardly anything was answered before the kills"
    return victims


@pytest.fixture(params=DURABLE)
def where(request, tmp_path):
    return place(request.param, request, tmp_path)


@pytest.mark.parametrize("task", ["toy", "market", "trade"])
def test_killed_a_few_dozen_times(where, tmp_path, task):
    campaign(where, tmp_path, task, seed=f"{where.kind} {task}", kills=30)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["toy", "market", "trade"])
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_hundreds_of_times(where, tmp_path, task, seed):
    campaign(where, tmp_path, task, seed=f"{seed} {where.kind} {task}", kills=250)


@pytest.mark.parametrize("mode", ["immediate"])
def test_the_database_server_crashes_with_the_engine(request, tmp_path, postgres_server, mode):
    """The server is stopped as by a crash while a worker is busy; what was answered survives its recovery."""
    if not postgres_server.can_restart:
        pytest.skip("the server given is not ours to crash")
    where = place("postgres", request, tmp_path)
    victims = Victims(where, tmp_path, "toy", seed="server")
    try:
        for turn in range(4):
            victims.kill_one("time", 5 + 10 * turn, threaded=False)
            postgres_server.restart(mode)
            victims.check(fully=False)
    finally:
        victims.close()
    victims.check(fully=True)


def test_a_command_belongs_to_its_id():
    task = MarketTask()
    assert command_of(task, "x/1") == command_of(task, "x/1")
    assert command_of(ToyTask(), "x/1") == command_of(ToyTask(), "x/1")
