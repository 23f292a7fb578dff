"""The engine: answers, repeats, refusals, faults of the machine, batches, closing."""

import threading
from concurrent.futures import wait
from queue import SimpleQueue

import msgspec
import pytest

from capwright.journal import (
    EngineClosed,
    Envelope,
    JournalUnavailable,
    MachineFault,
    MemoryStore,
    find_faults,
    records,
    upcaster,
)
from capwright.journal.upcast import UPCASTERS, upcast
from capwright.kernel.message import Event
from capwright.kernel.refusal import CATALOGUE, Refusal, Refused
from tests.crash.kinds import KINDS, place
from tests.crash.toy import Babble, Give, Pass, Put, Stumble, Taken, Toy, codec


@pytest.fixture(params=KINDS)
def where(request, tmp_path):
    return place(request.param, request, tmp_path)


def ids(where):
    return [one.command_id for one in records(where.store())]


def test_a_command_is_in_the_journal_when_it_is_answered(where):
    with where.engine() as engine:
        outcome = engine.execute(Give("ann", 5), "g1", "bank", at_ms=7_000)
        assert (outcome.seq, outcome.events, outcome.refusal) == (1, (Put("ann", 5),), None)
        (row,) = records(where.store() if where.kind == "memory" else where.store(read_only=True))
    assert (row.seq, row.at, row.command_id, row.actor) == (1, 7_000, "g1", "bank")
    assert row.command == b'{"command":"Give","purse":"ann","coins":5}'
    assert row.events == b'[{"event":"Put","purse":"ann","coins":5}]'


def test_a_refused_command_has_a_record_and_changes_nothing(where):
    with where.engine() as engine:
        engine.execute(Give("ann", 5), "g1", "bank")
        before = engine.machine.state_hash()
        outcome = engine.execute(Pass("ann", "ben", 6), "p1", "ann")
        assert outcome.seq == 2
        assert outcome.events == ()
        assert outcome.refusal == Refusal("CW-8999", {"purse": "ann", "has": 5})
        assert engine.machine.state_hash() == before
    assert ids(where) == ["g1", "p1"]


def test_a_repeated_id_gets_the_first_answer_also_when_that_was_a_refusal(where):
    with where.engine() as engine:
        refused = engine.execute(Pass("ann", "ben", 5), "p1", "ann")
        given = engine.execute(Give("ann", 5), "g1", "bank")
        again = engine.execute(Pass("ann", "ben", 5), "p1", "ann")  # could be carried out by now
        assert again == msgspec.structs.replace(refused, repeated=True)
    with where.engine() as engine:  # and after a restart
        assert engine.execute(Give("ann", 5), "g1", "bank") == msgspec.structs.replace(given, repeated=True)
        assert engine.machine.purses == {"ann": 5}
    assert ids(where) == ["p1", "g1"]


def test_an_id_repeated_inside_one_batch_counts_once(where):
    with where.engine() as engine:
        first, second, third = engine.run_batch(
            [Envelope(Give("ann", coins), "g", "bank") for coins in (1, 1, 2)]
        )
        assert (first.seq, first.repeated) == (1, False)
        assert (second.seq, second.repeated, second.events) == (1, True, first.events)
        assert third.refusal.code == "CW-8502"
        assert engine.machine.purses == {"ann": 1}


@pytest.mark.parametrize(("command", "actor"), [(Give("ann", 6), "bank"), (Give("ann", 5), "thief")])
def test_an_id_for_another_command_or_actor_is_refused_and_not_recorded(where, command, actor):
    with where.engine() as engine:
        engine.execute(Give("ann", 5), "g1", "bank")
        outcome = engine.execute(command, "g1", actor)
        assert (outcome.seq, outcome.refusal.code) == (0, "CW-8502")
        assert outcome.refusal.details == {"command_id": "g1", "seq": 1}
    assert ids(where) == ["g1"]


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (Envelope(Give("a", 1), "", "bank"), "CW-8501"),
        (Envelope(Give("a", 1), "x" * 201, "bank"), "CW-8501"),
        (Envelope(Give("a", 1), "a\0b", "bank"), "CW-8501"),
        (Envelope(Give("a", 1), "\ud800", "bank"), "CW-8501"),
        (Envelope(Give("a", 1), "tab\t", "bank"), "CW-8501"),
        (Envelope(Give("a", 1), "ok", ""), "CW-8504"),
        (Envelope(Give("a", 1), "ok", "\n"), "CW-8504"),
        (Envelope(Give("\udfff", 1), "ok", "bank"), "CW-8503"),
        (Envelope(Give("a" * 17_000_000, 1), "ok", "bank"), "CW-8505"),
        (Envelope(Give("a", 1), "ok", "bank", -1), "CW-8506"),
        (Envelope(Give("a", 1), "ok", "bank", 2**60), "CW-8506"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_both_languages(where, envelope, code):
    with where.engine(clock=lambda: 0) as engine:
        before, bad, after = engine.run_batch(
            [Envelope(Give("b", 1), "1", "bank", 0), envelope, Envelope(Give("b", 1), "2", "bank")]
        )
        assert before.ok
        assert after.ok
        assert (bad.seq, bad.refusal.code) == (0, code)
        for lang in ("en", "zh"):
            said = bad.refusal.message(lang)
            assert "{" not in said
            said.encode()
    assert ids(where) == ["1", "2"]


def test_text_of_any_language_and_zero_bytes_come_back(where):
    name = "\u5e7f\u5dde \U0001f333 \0 \u2028"
    with where.engine() as engine:
        engine.execute(Give(name, 1), "\u7f16\u53f7-1", "\u5f20\u4e09")
    with where.engine() as engine:
        assert engine.machine.purses == {name: 1}
        assert engine.execute(Give(name, 1), "\u7f16\u53f7-1", "\u5f20\u4e09").repeated


def test_time_never_runs_back(where):
    with where.engine(clock=lambda: 500) as engine:
        engine.execute(Give("a", 1), "1", "bank", at_ms=900)
        engine.execute(Give("a", 1), "2", "bank", at_ms=100)
        engine.execute(Give("a", 1), "3", "bank")
    with where.engine() as engine:
        engine.execute(Give("a", 1), "4", "bank", at_ms=899)
        engine.execute(Give("a", 1), "5", "bank")
    assert [one.at for one in records(where.store())] == [900, 900, 900, 900, 1_000]


@pytest.mark.parametrize("bug", [Stumble(), Babble()])
def test_a_bug_costs_its_own_command_and_leaves_no_trace(where, bug):
    with where.engine() as engine:
        futures = [
            engine.submit(command, str(number), "x")
            for number, command in enumerate([Give("a", 1), bug, Give("a", 2), bug, Give("a", 3)])
        ]
        wait(futures)
        faults = [futures[1].exception(), futures[3].exception()]
        assert all(isinstance(fault, MachineFault) for fault in faults)
        assert all(fault.refusal.code == "CW-8606" for fault in faults)
        assert [futures[n].result().seq for n in (0, 2, 4)] == [1, 2, 3]
        assert engine.machine.purses == {"a": 6}
        with pytest.raises(MachineFault):
            engine.run_batch([Envelope(Give("a", 4), "5", "x"), Envelope(bug, "6", "x")])
        assert engine.machine.purses == {"a": 10}
    assert find_faults(where.store(), codec=codec()) == []


def test_bulk_answers_at_once_and_writes_in_batches(where):
    with where.engine() as engine:
        with engine.bulk(2) as run:
            assert run(Give("a", 3), "1", "x").seq == 1
            assert engine.machine.purses == {"a": 3}
            assert engine.head.seq == 0
            assert run(Pass("a", "b", 4), "2", "x").refusal.code == "CW-8999"
            assert engine.head.seq == 2
            assert run(Give("a", 3), "1", "x").repeated
            assert run(Pass("a", "b", 1), "3", "x").seq == 3
        assert engine.head.seq == 3
    assert ids(where) == ["1", "2", "3"]


def test_an_exception_inside_bulk_keeps_what_was_answered(where):
    with where.engine() as engine:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012, SIM117
            with engine.bulk() as run:
                run(Give("a", 3), "1", "x")
                raise ZeroDivisionError
        with pytest.raises(MachineFault):  # noqa: PT012, SIM117
            with engine.bulk() as run:
                run(Give("a", 4), "2", "x")
                run(Stumble(), "3", "x")
        assert engine.machine.purses == {"a": 7}
    assert ids(where) == ["1", "2"]


def test_group_commit_under_a_hundred_threads(where):
    """Every answer is its own command's; all of it is in far fewer transactions than commands."""
    each = 20
    commits = []
    with where.engine() as engine:
        append = engine._store.append
        engine._store.append = lambda rows, packed: (commits.append(len(rows)), append(rows, packed))[1]
        start = threading.Barrier(100)
        wrong = []

        def client(number):
            start.wait()
            for turn in range(each):
                outcome = engine.submit(Give(f"p{number}", turn), f"{number}/{turn}", f"c{number}").result()
                if outcome.events != (Put(f"p{number}", turn),):
                    wrong.append(outcome)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert engine.machine.purses == {f"p{number}": sum(range(each)) for number in range(100)}
    assert sum(commits) == 100 * each
    assert len(commits) < 100 * each
    assert sorted(ids(where)) == sorted(f"{number}/{turn}" for number in range(100) for turn in range(each))
    assert find_faults(where.store(), codec=codec()) == []


def test_batches_grow_with_what_is_waiting():
    class Slow(MemoryStore):
        begun, opened = threading.Event(), threading.Event()

        def append(self, rows, packed):
            self.begun.set()
            self.opened.wait(10)
            super().append(rows, packed)

    store = Slow()
    from capwright.journal import Engine

    with Engine(store, Toy, codec=codec()) as engine:
        sizes = []
        work = engine._work
        engine._work = lambda envelopes: (sizes.append(len(envelopes)), work(envelopes))[1]
        futures = [engine.submit(Give("a", 1), "first", "x")]
        assert store.begun.wait(10)  # the first batch is closed: what comes now waits for the next
        futures += [engine.submit(Give("a", 1), str(number), "x") for number in range(1200)]
        store.opened.set()
        assert [future.result(10).seq for future in futures] == list(range(1, 1202))
    assert sizes == [1, 500, 500, 200]


def test_a_cancelled_future_is_not_carried_out(where):
    with where.engine() as engine:
        with engine._lock:  # the writer waits
            running = engine.submit(Give("a", 1), "1", "x")
            while not running.running():
                pass
            waiting = engine.submit(Give("a", 10), "2", "x")
            assert waiting.cancel()
        assert running.result().ok
        engine.submit(Give("a", 100), "3", "x").result()
        assert engine.machine.purses == {"a": 101}


def test_a_closed_engine_answers_what_waits_and_takes_no_more(where):
    engine = where.engine()
    futures = [engine.submit(Give("a", 1), str(number), "x") for number in range(50)]
    engine.close()
    assert all(future.result().ok for future in futures)
    with pytest.raises(EngineClosed):
        engine.submit(Give("a", 1), "late", "x")
    with pytest.raises(EngineClosed):
        engine.execute(Give("a", 1), "late", "x")
    assert issubclass(EngineClosed, JournalUnavailable)
    engine.close()
    assert len(ids(where)) == 50


def test_an_interrupt_in_the_middle_leaves_memory_and_journal_together(where):
    class Interrupted(Toy):
        trap = False

        def apply(self, event, at_ms):
            super().apply(event, at_ms)
            if Interrupted.trap and event.purse == "trap":
                Interrupted.trap = False
                raise KeyboardInterrupt

    with where.engine(Interrupted) as engine:
        Interrupted.trap = True
        with pytest.raises(KeyboardInterrupt):
            engine.run_batch(
                [Envelope(Give(name, 1), f"{n}{name}", "x") for n in range(30) for name in ("a", "trap")]
            )
        assert engine.machine.purses == {}
        assert engine.execute(Give("a", 1), "after", "x").seq == 1
        assert engine.machine.purses == {"a": 1}


def test_snapshots_are_taken_every_so_many_events_and_two_are_kept(where, monkeypatch):
    monkeypatch.setattr("capwright.journal.engine.PACED_FROM_S", 600.0)  # a busy machine may take long
    with where.engine(snapshot_every=10) as engine:
        for number in range(35):
            engine.execute(Give("a", 1), str(number), "x")
        assert engine._store.snapshots() == [30, 20]
    assert where.store().snapshots() == [35, 30]


def test_old_messages_are_read_by_upcasters(where):
    with where.engine() as engine:
        engine.execute(Give("ann", 5), "1", "bank")
        engine.execute(Pass("ann", "ben", 2), "2", "ann")

    class Moved(Event, frozen=True):
        purse: str
        change: int

    class Donate(Give, frozen=True):
        pass

    from capwright.journal import Codec, replay

    class NewToy(Toy):
        def apply(self, event, at_ms):
            assert isinstance(event, Moved)
            self.purses[event.purse] = self.purses.get(event.purse, 0) + event.change

    def changed(sign):
        return lambda old: {"event": "Moved", "purse": old["purse"], "change": sign * old["coins"]}

    new = Codec((Donate, Pass), (Moved,))
    try:
        upcaster("Put")(changed(1))
        upcaster("Taken")(lambda old: {"event": "TakenLater", **{k: old[k] for k in ("purse", "coins")}})
        upcaster("TakenLater")(changed(-1))
        upcaster("Give")(lambda old: {**old, "command": "Donate"})
        machine = NewToy()
        replay(where.store(), machine, codec=new)
        assert machine.purses == {"ann": 3, "ben": 2}
        first = next(iter(records(where.store())))
        assert new.command(first.command) == Donate("ann", 5)
        upcaster("Round")(lambda old: old)
        with pytest.raises(AssertionError):
            upcast({"event": "Round"})
    finally:
        for tag in ("Put", "Taken", "TakenLater", "Give", "Round"):
            UPCASTERS.pop(tag, None)
    with pytest.raises(msgspec.ValidationError):
        new.events(first.events)


def test_every_code_of_the_journal_speaks_both_languages():
    codes = [code for code in CATALOGUE if "CW-8500" < code < "CW-8900"]
    assert len(codes) >= 25
    for code in codes:
        spec = CATALOGUE[code]
        assert spec.en
        assert spec.zh
        assert bool(spec.mend_en) == bool(spec.mend_zh)


def test_faults_are_refusals_so_that_one_handler_shows_them_all():
    assert issubclass(MachineFault, Refused)
    assert Taken("a", 1) == codec().events(b'[{"event":"Taken","purse":"a","coins":1}]')[0]


def test_whoever_calls_hears_the_outcome_or_what_went_wrong(where):
    heard = SimpleQueue()
    with where.engine() as engine:
        engine.call([Envelope(Give("ann", 5), key, "bank") for key in ("g1", "g2")], heard.put)
        assert [one.seq for one in heard.get(timeout=10)] == [1, 2]
        assert ids(where) == ["g1", "g2"]
        some = [Envelope(Give("ann", 1), "g3", "bank"), Envelope(Stumble(), "s1", "bank"),
                Envelope(Give("ann", 1), "g4", "bank")]  # fmt: skip
        engine.call(some, heard.put)
        before, broken, after = heard.get(timeout=10)
        assert isinstance(broken, MachineFault)
        assert (before.seq, after.seq) == (3, 4)
    with pytest.raises(EngineClosed):
        engine.call([Envelope(Give("ann", 5), "g5", "bank")], heard.put)
    assert heard.empty()


def test_snapshots_that_take_long_are_taken_less_often(where, monkeypatch):
    """One that took 2 s is the last for 600 s: three hundred times as long."""
    now = 1000.0
    monkeypatch.setattr("capwright.journal.engine.time.monotonic", lambda: now)
    with where.engine(snapshot_every=10) as engine:
        taken = []
        save = engine._store.save_snapshot

        def slow(snapshot):
            nonlocal now
            now += 2.0
            taken.append(snapshot.seq)
            save(snapshot)

        engine._store.save_snapshot = slow
        for number in range(1, 41):
            engine.execute(Give("ann", 1), str(number), "bank")
        assert taken == [10]
        now += 599.0
        engine.execute(Give("ann", 1), "41", "bank")
        assert taken == [10]
        now += 1.0
        engine.execute(Give("ann", 1), "42", "bank")
        assert taken == [10, 42]
        engine._store.save_snapshot = save
