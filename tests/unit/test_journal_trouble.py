"""A full disk, a lost connection, a commit nobody knows the end of: refused cleanly, recovered from."""

import contextlib
import os
import subprocess
import threading
import time

import pytest

from capwright.journal import (
    Engine,
    Envelope,
    Fenced,
    JournalUnavailable,
    MemoryStore,
    StoreFailed,
    find_faults,
    open_store,
    records,
)
from tests.crash.kinds import Place, place
from tests.crash.toy import Give, Toy, codec


def ids(store):
    return [one.command_id for one in records(store)]


class Shaky(MemoryStore):
    """A store whose next commit goes wrong in a chosen way."""

    def __init__(self):
        super().__init__()
        self.trouble = ""
        self.down = 0  # how many requests fail
        self.down_after = 0  # … after the next trouble

    def append(self, rows, packed):
        trouble, self.trouble = self.trouble, ""
        self.down, self.down_after = self.down_after, 0
        if trouble == "before":
            raise StoreFailed("the line broke before the commit")
        if trouble == "stranger":
            other = rows[0]._replace(command_id="stranger", hash=bytes(32))
            super().append([other], packed[:1])
            raise StoreFailed("the line broke, and another engine was quicker")
        super().append(rows, packed)
        if trouble == "after":
            raise StoreFailed("the line broke after the commit")

    def reopen(self):
        if self.down:
            self.down -= 1
            raise StoreFailed("still down")

    def head(self):
        if self.down:
            raise StoreFailed("still down")
        return super().head()

    def find(self, command_ids):
        if self.down:
            raise StoreFailed("still down")
        return super().find(command_ids)


@pytest.fixture
def shaky():
    store = Shaky()
    with Engine(store, Toy, codec=codec(), clock=lambda: 1, patience_s=0.2) as engine:
        engine.execute(Give("a", 1), "1", "x")
        yield store, engine


def test_a_commit_that_did_not_happen_leaves_nothing(shaky):
    store, engine = shaky
    store.trouble = "before"
    with pytest.raises(JournalUnavailable) as refused:
        engine.run_batch([Envelope(Give("a", 10), "2", "x"), Envelope(Give("a", 100), "3", "x")])
    assert refused.value.refusal.code == "CW-8601"
    assert "the line broke before" in refused.value.refusal.message("zh")
    assert engine.machine.purses == {"a": 1}
    assert engine.execute(Give("a", 100), "3", "x").seq == 2
    assert engine.machine.purses == {"a": 101}


def test_a_commit_that_did_happen_is_answered(shaky):
    store, engine = shaky
    store.trouble = "after"
    store.down_after = 2
    outcome = engine.execute(Give("a", 10), "2", "x")
    assert (outcome.seq, outcome.repeated) == (2, False)
    assert engine.machine.purses == {"a": 11}
    assert engine.execute(Give("a", 10), "2", "x").repeated


def test_a_commit_nobody_knows_the_end_of_says_so_and_counts_once(shaky):
    store, engine = shaky
    for trouble, seq in (("after", 2), ("before", 3)):
        name = f"{trouble} the commit"
        store.trouble = trouble
        store.down_after = 10**9
        with pytest.raises(JournalUnavailable) as refused:
            engine.execute(Give(trouble, 10), name, "x")
        assert refused.value.refusal.code == "CW-8602"
        with pytest.raises(JournalUnavailable) as refused:
            engine.execute(Give("a", 1), "meanwhile", "x")
        assert refused.value.refusal.code == "CW-8601"
        with pytest.raises(JournalUnavailable):
            _ = engine.machine
        store.down = 0
        outcome = engine.execute(Give(trouble, 10), name, "x")
        assert (outcome.seq, outcome.repeated) == (seq, trouble == "after")
    assert engine.machine.purses == {"a": 1, "after": 10, "before": 10}
    assert ids(store) == ["1", "after the commit", "before the commit"]


def test_what_needs_no_commit_is_answered_even_when_the_commit_fails(shaky):
    store, engine = shaky
    store.trouble = "before"
    envelopes = [
        Envelope(Give("a", 1), "1", "x"),
        Envelope(Give("b", 1), "2", "x"),
        Envelope(Give("b", 2), "", "x"),
        Envelope(Give("b", 1), "2", "x"),
    ]
    with engine._lock:  # so that they make one batch
        futures = [engine.submit(*one) for one in envelopes]
        while not futures[0].running():
            time.sleep(0.001)
    assert futures[0].result().repeated
    assert isinstance(futures[1].exception(), JournalUnavailable)
    assert futures[2].result().refusal.code == "CW-8501"
    assert isinstance(futures[3].exception(), JournalUnavailable)


def test_a_stranger_in_our_place_fences_us(shaky):
    store, engine = shaky
    store.trouble = "stranger"
    with pytest.raises(Fenced):
        engine.execute(Give("a", 10), "2", "x")
    with pytest.raises(Fenced):
        engine.execute(Give("a", 10), "3", "x")
    assert ids_unchecked(store) == ["1", "stranger"]


def ids_unchecked(store):
    return [one.command_id for one in records(store, checked=False)]


def test_bulk_tells_of_a_failed_commit(shaky):
    store, engine = shaky
    store.trouble = "before"
    with pytest.raises(JournalUnavailable):  # noqa: SIM117
        with engine.bulk() as run:
            run(Give("a", 10), "2", "x")
    assert engine.machine.purses == {"a": 1}
    with pytest.raises(JournalUnavailable):  # noqa: PT012, SIM117
        with engine.bulk() as run:
            run(Give("a", 10), "2", "x")
            store.down = 1
            run(Give("a", 10), "3", "x")
    assert engine.machine.purses == {"a": 1}


def test_a_snapshot_that_cannot_be_written_costs_nothing(shaky):
    store, engine = shaky

    def full(snapshot):
        raise StoreFailed("disk full")

    store.save_snapshot = full
    assert engine.snapshot() is False
    assert engine.execute(Give("a", 1), "2", "x").seq == 2


# A full disk.


def fill_up(engine, size=5_000):
    """Give until the disk is full; return how many were answered."""
    for number in range(10_000):
        try:
            assert engine.execute(Give("a" * size, 1), f"fill {number}", "x").ok
        except JournalUnavailable as refused:
            said = str(refused)
            break
    else:
        raise AssertionError("the disk does not fill up")
    assert said.startswith("CW-8601")
    assert "full" in said
    return number


@pytest.mark.parametrize("kind", ["apsw", "sqlite3"])
def test_a_file_that_may_not_grow(kind, tmp_path):
    where = Place(kind, str(tmp_path / "journal.sqlite"))
    with where.engine() as engine:

        def limit(pages):
            engine._store._connection.execute(f"PRAGMA max_page_count = {pages}")

        reconnect = engine._store._connect

        def connect_with_limit(**options):
            connection = reconnect(**options)
            connection.execute("PRAGMA max_page_count = 60")
            return connection

        engine._store._connect = connect_with_limit
        limit(60)
        answered = fill_up(engine)
        assert answered > 3
        assert engine.machine.purses == {"a" * 5_000: answered}  # reading goes on
        assert engine.execute(Give("a" * 5_000, 1), "fill 0", "x").repeated
        with pytest.raises(JournalUnavailable):
            engine.execute(Give("b" * 5_000, 1), "again", "x")
        engine._store._connect = reconnect
        limit(100_000)  # room was made
        assert engine.execute(Give("b" * 5_000, 1), "again", "x").seq == answered + 1
    store = where.store()
    assert find_faults(store, codec=codec()) == []
    assert ids(store) == [*(f"fill {n}" for n in range(answered)), "again"]
    where.close()


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system here: {mounted.stderr.decode()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("kind", ["apsw", "sqlite3"])
def test_a_full_disk(kind, tiny_disk):
    where = Place(kind, str(tiny_disk / "journal.sqlite"))
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(400_000))
    with where.engine() as engine:
        answered = fill_up(engine, size=3_000)
        assert engine.machine.purses == {"a" * 3_000: answered}
        with contextlib.suppress(JournalUnavailable):  # a smaller one may still fit
            engine.execute(Give("b", 1), "b", "x")
        ballast.unlink()
        assert engine.execute(Give("a", 1), "after", "x").ok
        for number in range(10):
            assert engine.execute(Give("c" * 3_000, 1), f"c{number}", "x").ok
        purses = engine.machine.purses
    with where.engine() as engine:
        assert engine.machine.purses == purses
    store = where.store()
    assert find_faults(store, codec=codec()) == []
    assert ids(store)[:answered] == [f"fill {n}" for n in range(answered)]
    where.close()


# A lost connection.


@pytest.fixture
def pg(request, tmp_path):
    return place("postgres", request, tmp_path)


@pytest.fixture
def admin(pg):
    import psycopg

    with psycopg.connect(pg.address, autocommit=True) as connection:
        yield connection
    connection.close()


def terminate(admin, engine):
    admin.execute("SELECT pg_terminate_backend(%s)", (int(engine._store._session[0]),))
    while admin.execute(
        "SELECT 1 FROM pg_stat_activity WHERE pid = %s", (int(engine._store._session[0]),)
    ).fetchone():
        time.sleep(0.005)


def test_a_connection_lost_between_commands_is_mended_without_a_word(pg, admin):
    with pg.engine() as engine:
        for number in range(3):
            assert engine.execute(Give("a", 1), str(number), "x").seq == number + 1
            terminate(admin, engine)
        assert engine.machine.purses == {"a": 3}


@pytest.mark.parametrize("size", [1, 10, 230])
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_connection_lost_at_the_commit(pg, admin, when, size):
    """Before, nothing landed; after, all did; in the middle, one or the other. The answer says which."""
    with pg.engine() as engine:
        engine.execute(Give("a", 1), "0", "x")
        store = engine._store
        append = store.append

        def append_with_trouble(rows, packed):
            store.append = append
            if when == "before":
                terminate(admin, engine)
            elif when == "during":
                threading.Thread(target=terminate, args=(admin, engine)).start()
            append(rows, packed)
            if when == "after":
                terminate(admin, engine)
                raise StoreFailed("the answer was lost")

        store.append = append_with_trouble
        batch = [Envelope(Give("b", 1), f"b{number}", "x") for number in range(size)]
        code = ""
        try:
            engine.run_batch(batch)
        except JournalUnavailable as refused:
            code = refused.refusal.code
        landed = len(ids_of(pg)) - 1
        all_of_it, nothing = (size, ""), (0, "CW-8601")
        possible = {"before": [nothing], "during": [nothing, all_of_it], "after": [all_of_it]}
        assert (landed, code) in possible[when]
        assert engine.machine.purses == {"a": 1, **({"b": landed} if landed else {})}
        assert all(one.repeated == bool(landed) for one in engine.run_batch(batch))
        assert engine.machine.purses == {"a": 1, "b": size}
    assert len(ids_of(pg)) == size + 1


def ids_of(where):
    store = where.store(create=False, read_only=True)
    try:
        return ids(store)
    finally:
        store.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_server(postgres_server, pg, mode):
    if not postgres_server.can_restart:
        pytest.skip("the server given is not ours to restart")
    with pg.engine(patience_s=0.3) as engine:
        engine.execute(Give("a", 1), "1", "x")
        postgres_server.stop(mode)
        with pytest.raises(JournalUnavailable) as refused:
            engine.execute(Give("a", 1), "2", "x")
        assert refused.value.refusal.code == "CW-8601"
        waiting = engine.submit(Give("a", 1), "3", "x")
        assert isinstance(waiting.exception(30), JournalUnavailable)
        postgres_server.start()
        assert engine.execute(Give("a", 1), "2", "x").seq == 2
        assert engine.machine.purses == {"a": 2}
    assert ids(pg.store()) == ["1", "2"]


def test_a_server_that_restarts_under_load_loses_and_doubles_nothing(postgres_server, pg):
    if not postgres_server.can_restart:
        pytest.skip("the server given is not ours to restart")
    answered, refused = set(), set()
    done = threading.Event()
    with pg.engine(patience_s=10) as engine:

        def client(number):
            turn = 0
            while not done.is_set():
                name = f"{number}/{turn}"
                try:
                    engine.submit(Give("a", 1), name, "x").result(60)
                except JournalUnavailable:
                    refused.add(name)
                    time.sleep(0.02)
                else:
                    answered.add(name)
                turn += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(0.15)
            postgres_server.restart("immediate")
        time.sleep(0.1)
        done.set()
        for thread in threads:
            thread.join()
        total = engine.machine.purses["a"]
    store = pg.store()
    found = ids(store)
    assert len(found) == len(set(found)) == total
    assert answered <= set(found)
    assert not refused & set(found)  # with patience, what was refused did not happen
    assert len(answered) > 20
    assert find_faults(store, codec=codec()) == []


def test_a_lost_session_that_the_server_has_not_noticed_is_ended_by_us(pg):
    """Our side of the line is gone, the server's still holds the lease: it is our own, so we end it."""
    with pg.engine() as engine:
        engine.execute(Give("a", 1), "1", "x")
        hanging = engine._store._connection
        engine._store._lost = engine._lost = True
        engine._store._connection = engine._store._connect()  # as if the first had gone without goodbye
        assert engine.execute(Give("a", 1), "2", "x").seq == 2
        assert engine.machine.purses == {"a": 2}
        hanging.close()


def test_two_engines_race_for_a_fresh_journal(pg):
    """Both start at once, many times: one wins each time, and every answered command is there."""
    from capwright.journal import OpenFault

    answered = []
    for turn in range(10):
        start = threading.Barrier(2)
        lost = []

        def contend(name, start=start, lost=lost):
            start.wait()
            try:
                with Engine(open_store(pg.address, create=True), Toy, codec=codec()) as engine:
                    answered.append(engine.execute(Give("a", 1), name, "x").seq)
            except OpenFault as refused:
                lost.append(refused.refusal.code)

        threads = [threading.Thread(target=contend, args=(f"{turn}{side}",)) for side in "lr"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(lost) <= {"CW-8604"}
    store = pg.store()
    assert sorted(answered) == [one.seq for one in records(store)]
    assert len(answered) >= 10
