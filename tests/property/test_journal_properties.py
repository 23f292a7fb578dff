"""Properties of the chain, the codec and the engine under random commands, repeats, failures and restarts."""

import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from capwright.journal import (
    EMPTY,
    ChainFault,
    Engine,
    Envelope,
    Head,
    JournalUnavailable,
    MemoryStore,
    StoreFailed,
    find_faults,
    load,
    open_store,
    records,
    replay,
)
from capwright.journal.chain import follow, pack
from tests.crash.toy import Give, Pass, Stumble, Toy, codec
from tests.journal_rows import seal

numbers = st.integers(0, 2**63 - 1)
texts = st.binary(max_size=12)
rows = st.tuples(numbers, numbers, texts, texts, texts, texts)


@given(rows, rows)
def test_different_records_have_different_bytes(one, other):
    assert (pack(*one) == pack(*other)) == (one == other)


@given(st.text(max_size=9), st.text(max_size=9), texts, texts, numbers)
def test_the_hash_is_the_one_of_the_description(command_id, actor, command, events, at):
    """`seal` was written from the description by another hand."""
    ((*_, digest),) = seal([(1, at, command_id, actor, command, events)])
    row = (1, at, command_id.encode(), actor.encode(), command, events, digest)
    assert follow(EMPTY, row) == Head(1, at, digest)


@given(rows, st.integers(0, 6), st.data())
def test_no_change_of_a_record_keeps_its_hash(row, column, data):
    row = (1, *row[1:])
    from hashlib import sha256

    whole = (*row, sha256(EMPTY.hash + pack(*row)).digest())
    follow(EMPTY, whole)
    replacement = data.draw(numbers if column < 2 else texts)
    if replacement == whole[column]:
        return
    with pytest.raises(ChainFault):
        follow(EMPTY, (*whole[:column], replacement, *whole[column + 1 :]))


names = st.text(min_size=0, max_size=6)
coins = st.integers(0, 2**80)
commands = st.one_of(st.builds(Give, names, coins), st.builds(Pass, names, names, coins))


@given(commands)
def test_a_command_comes_back_from_its_bytes(command):
    raw = msgspec.json.encode(command)
    assert codec().command(raw) == command
    assert msgspec.json.encode(codec().command(raw)) == raw


class Flaky(MemoryStore):
    trouble = ""

    def append(self, rows, packed):
        trouble, self.trouble = self.trouble, ""
        if trouble == "before":
            raise StoreFailed("before")
        super().append(rows, packed)
        if trouble == "after":
            raise StoreFailed("after")


PURSES = st.sampled_from(["a", "b", "c"])
IDS = st.sampled_from([f"id {number}" for number in range(40)])
SMALL = st.one_of(
    st.builds(Give, PURSES, st.integers(0, 9)), st.builds(Pass, PURSES, PURSES, st.integers(0, 9))
)


class JournalRules(RuleBasedStateMachine):
    """The engine against a dictionary of first answers and the purses that follow from them."""

    def __init__(self):
        super().__init__()
        self.purses: dict[str, int] = {}
        self.answers: dict[str, tuple] = {}

    @initialize()
    def begin(self):
        self.store = Flaky()
        self.engine = self.open()

    def open(self):
        return Engine(self.store, Toy, codec=codec(), clock=lambda: 5, snapshot_every=7, patience_s=0.01)

    def expect(self, command):
        """Carry a command out on the model; whether it is accepted."""
        if isinstance(command, Pass):
            if self.purses.get(command.source, 0) < command.coins:
                return False
            self.purses[command.source] = self.purses.get(command.source, 0) - command.coins
        purse = command.target if isinstance(command, Pass) else command.purse
        self.purses[purse] = self.purses.get(purse, 0) + command.coins
        return True

    def compare(self, envelope, outcome):
        first = self.answers.get(envelope.command_id)
        if first is None:
            assert outcome.ok == self.expect(envelope.command)
            assert outcome.seq == len(self.answers) + 1
            assert not outcome.repeated
            self.answers[envelope.command_id] = (envelope.command, outcome)
        elif first[0] == envelope.command:
            assert outcome == msgspec.structs.replace(first[1], repeated=True)
        else:
            assert outcome.refusal.code == "CW-8502"
            assert outcome.seq == 0

    @rule(batch=st.lists(st.tuples(SMALL, IDS), min_size=1, max_size=30))
    def run(self, batch):
        envelopes = [Envelope(command, name, "x") for command, name in batch]
        for envelope, outcome in zip(envelopes, self.engine.run_batch(envelopes), strict=True):
            self.compare(envelope, outcome)

    @rule(batch=st.lists(st.tuples(SMALL, IDS), min_size=1, max_size=30), size=st.integers(1, 9))
    def run_in_bulk(self, batch, size):
        with self.engine.bulk(size) as run:
            for command, name in batch:
                self.compare(Envelope(command, name, "x"), run(command, name, "x"))

    @rule(command=SMALL, name=IDS, trouble=st.sampled_from(["before", "after"]))
    def run_in_trouble(self, command, name, trouble):
        envelope = Envelope(command, name, "x")
        fresh = name not in self.answers
        self.store.trouble = trouble
        try:
            outcome = self.engine.execute(*envelope)
        except JournalUnavailable:
            assert fresh
            assert trouble == "before"
        else:
            self.compare(envelope, outcome)
        self.store.trouble = ""

    @rule()
    def stumble(self):
        with pytest.raises(JournalUnavailable):
            self.engine.execute(Stumble(), f"stumble {len(self.answers)}", "x")

    @rule(snapshot=st.booleans())
    def restart(self, snapshot):
        self.engine.close(snapshot=snapshot)
        self.engine = self.open()

    @precondition(lambda self: hasattr(self, "engine"))
    @invariant()
    def state_and_journal_agree(self):
        assert self.engine.machine.purses == self.purses
        assert self.engine.head.seq == len(self.answers)

    def teardown(self):
        if not hasattr(self, "engine"):
            return
        self.engine.close()
        assert find_faults(self.store, codec=codec()) == []
        assert [one.command_id for one in records(self.store)] == list(self.answers)
        fresh = Toy()
        replay(self.store, fresh, codec=codec())
        assert fresh.purses == self.purses
        assert load(self.store, Toy, codec())[0].state_hash() == fresh.state_hash()


TestJournalRules = JournalRules.TestCase


@given(st.lists(st.tuples(SMALL, IDS, st.sampled_from(["ann", "bob"])), max_size=25), st.integers(1, 25))
def test_any_cut_into_batches_gives_the_same_journal(commands, size):
    """The chain depends on the commands and their times, not on how they were grouped or stored."""
    folder = Path(tempfile.mkdtemp())
    try:
        heads = set()
        for number, step in enumerate((1, size, 500)):
            store = open_store(folder / f"{number}.sqlite", create=True) if number else MemoryStore()
            with Engine(store, Toy, codec=codec(), clock=lambda: 5) as engine:
                for start in range(0, len(commands), step):
                    engine.run_batch([Envelope(*one) for one in commands[start : start + step]])
                heads.add((engine.head, engine.machine.state_hash()))
        assert len(heads) == 1
    finally:
        shutil.rmtree(folder)
