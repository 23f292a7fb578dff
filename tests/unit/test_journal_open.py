"""Opening a journal: what is refused, reading beside a running engine, one engine at a time."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from capwright.journal import Fenced, OpenFault, Record, StoreFailed, open_store, records
from tests.crash.kinds import DURABLE, KINDS, place
from tests.crash.toy import Give


@pytest.fixture(params=KINDS)
def where(request, tmp_path):
    return place(request.param, request, tmp_path)


@pytest.fixture(params=DURABLE)
def durable(request, tmp_path):
    return place(request.param, request, tmp_path)


def code_of(address, **how):
    with pytest.raises(OpenFault) as refused:
        open_store(address, **how)
    assert "{" not in refused.value.refusal.message("zh")
    return refused.value.refusal.code


def test_a_missing_file_is_not_made_by_reading(tmp_path):
    assert code_of(tmp_path / "none.sqlite") == "CW-8801"
    assert code_of(tmp_path / "none.sqlite", create=True, read_only=True) == "CW-8801"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_journal(tmp_path):
    assert code_of(tmp_path, create=True) == "CW-8802"


def test_a_pipe_or_a_device_is_no_journal(tmp_path):
    """Reading a pipe waited for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        for how in ({}, {"create": True}, {"read_only": True}):
            assert code_of(path, **how) == "CW-8802"


def test_a_file_of_another_kind_is_left_as_it_was(tmp_path):
    for name, content in (("a.csv", b"bidder,price\n" * 500), ("b.txt", b"x"), ("c.bin", bytes(8192))):
        file = tmp_path / name
        file.write_bytes(content)
        assert code_of(file, create=True) == "CW-8802"
        assert file.read_bytes() == content


def test_the_database_of_another_program_is_left_as_it_was(tmp_path):
    file = tmp_path / "other.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE journal (entry)")
    connection.close()
    before = file.read_bytes()
    assert code_of(file, create=True) == "CW-8802"
    assert file.read_bytes() == before


def test_an_empty_file_becomes_a_journal_only_when_asked(tmp_path):
    file = tmp_path / "empty.sqlite"
    file.touch()
    assert code_of(file) == "CW-8802"
    store = open_store(file, create=True)
    assert store.head().seq == 0
    store.close()
    open_store(file).close()


@pytest.mark.parametrize("address", ["", "mysql://x/y", "sqlite:x", "sqlite:///", "http://host/a.db", "a\0b"])
def test_an_address_of_no_journal(address):
    assert code_of(address, create=True) == "CW-8805"


def test_the_three_spellings_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store(f"sqlite:///{tmp_path}/a.sqlite", create=True).close()
    open_store("sqlite:///b.sqlite", create=True).close()
    open_store(Path("c 1%.sqlite"), create=True).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.sqlite", "b.sqlite", "c 1%.sqlite"]


def test_a_folder_that_is_not_there_or_cannot_be_written(tmp_path):
    assert code_of(tmp_path / "no" / "x.sqlite", create=True) == "CW-8804"
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert code_of(locked / "x.sqlite", create=True) == "CW-8804"


def test_another_format_is_refused(tmp_path):
    file = tmp_path / "new.sqlite"
    open_store(file, create=True).close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    for how in ({}, {"create": True}, {"read_only": True}):
        assert code_of(file, **how) == "CW-8803"


def test_postgresql_refuses_in_the_same_way(postgres_server, postgres_url):
    import psycopg

    assert code_of(postgres_url) == "CW-8801"
    assert code_of("postgresql://nobody:secret@127.0.0.1:1/none") == "CW-8804"
    with pytest.raises(OpenFault) as refused:
        open_store("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE journal (entry text)")
        assert code_of(postgres_url, create=True) == "CW-8802"
        connection.execute("CREATE TABLE meta (entry text); CREATE TABLE snapshot (entry text)")
        assert code_of(postgres_url, create=True) == "CW-8802"
        connection.execute("DROP TABLE journal, meta, snapshot")
        open_store(postgres_url, create=True).close()
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        assert code_of(postgres_url) == "CW-8803"
    connection.close()


def test_history_cannot_be_rewritten_by_a_slip(durable):
    with durable.engine() as engine:
        engine.execute(Give("a", 1), "1", "x")
    if durable.kind == "postgres":
        import psycopg

        with psycopg.connect(durable.address, autocommit=True) as connection:
            for slip in ("UPDATE journal SET at = 0", "DELETE FROM journal", "TRUNCATE journal"):
                with pytest.raises(psycopg.errors.RaiseException):
                    connection.execute(slip)
    else:
        connection = sqlite3.connect(durable.address)
        for slip in ("UPDATE journal SET at = 0", "DELETE FROM journal"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(slip)
        connection.close()


def test_a_second_engine_is_refused_until_the_first_has_closed(where):
    with where.engine() as engine:
        engine.execute(Give("a", 1), "1", "x")
        with pytest.raises(OpenFault) as refused:
            where.engine()
        assert refused.value.refusal.code == "CW-8604"
        if where.kind != "memory":
            assert str(os.getpid()) in str(refused.value) or where.kind == "postgres"
        engine.execute(Give("a", 1), "2", "x")
    with where.engine() as engine:
        assert engine.machine.purses == {"a": 2}


def test_an_engine_that_was_overtaken_stops_for_good(durable):
    """The lease is lost without notice (a deleted lock file, a cut connection): the key on seq decides."""
    first = durable.engine()
    first.execute(Give("a", 1), "1", "x")
    take_the_lease_away(durable, first)
    second = durable.engine()
    assert second.execute(Give("a", 10), "2", "x").seq == 2
    for _ in range(2):
        with pytest.raises(Fenced) as fenced:
            first.execute(Give("a", 100), "3", "x")
        assert fenced.value.refusal.code == "CW-8603"
    waiting = first.submit(Give("a", 100), "4", "x")
    assert isinstance(waiting.exception(5), Fenced)
    first.close()
    assert second.execute(Give("a", 1000), "5", "x").seq == 3
    assert second.machine.purses == {"a": 1011}
    second.close()
    assert [one.command_id for one in records(durable.store())] == ["1", "2", "5"]


def take_the_lease_away(place, engine):
    if place.kind == "postgres":
        engine._store._connection.execute("SELECT pg_advisory_unlock_all()")
    else:
        Path(f"{place.address}.lock").unlink()


def test_an_engine_whose_session_was_ended_finds_its_successor(postgres_url, request, tmp_path):
    import psycopg

    where = place("postgres", request, tmp_path)
    first = where.engine()
    first.execute(Give("a", 1), "1", "x")
    with psycopg.connect(where.address, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (int(first._store._session[0]),))
    connection.close()
    second = where.engine()
    with pytest.raises(Fenced):
        first.execute(Give("a", 1), "2", "x")
    assert second.execute(Give("a", 1), "2", "x").seq == 2
    first.close()
    second.close()


def test_readers_see_every_answered_command_while_an_engine_writes(where):
    if where.kind == "memory":
        pytest.skip("the readers of a memory journal are its owner")
    with where.engine() as engine:
        reader = where.store(create=False, read_only=True)
        for number in range(20):
            engine.execute(Give("a", 1), str(number), "x")
            assert reader.head() == engine.head
            assert [one.command_id for one in records(reader)] == [str(n) for n in range(number + 1)]
        with pytest.raises(OpenFault):
            reader.lease()
        scan = reader.scan()
        assert len(next(scan)) == 20
        engine.execute(Give("a", 1), "more", "x")  # a reader in the middle is in nobody's way
        reader.close()


def test_reading_changes_no_byte(durable):
    if durable.kind == "postgres":
        with durable.engine():
            pass
        reader = durable.store(create=False, read_only=True)
        with pytest.raises(StoreFailed):
            reader.append([Record(1, 1, "a", "b", b"{}", b"[]", bytes(32))], [b""])
        return
    with durable.engine() as engine:
        engine.execute(Give("a", 1), "1", "x")
    before = Path(durable.address).read_bytes()
    reader = durable.store(create=False, read_only=True)
    assert len(list(records(reader))) == 1
    with pytest.raises(StoreFailed):
        reader.append([Record(2, 1, "a", "b", b"{}", b"[]", bytes(32))], [b""])
    reader.close()
    assert Path(durable.address).read_bytes() == before


def test_creating_at_the_same_moment_makes_one_journal(durable):
    import threading

    errors = []

    def create():
        try:
            durable.store()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with durable.engine() as engine:
        assert engine.execute(Give("a", 1), "1", "x").seq == 1


@pytest.mark.parametrize("kind", ["apsw", "sqlite3"])
def test_a_journal_on_a_medium_that_cannot_be_written_is_read(request, tmp_path, monkeypatch, kind):
    """SQLite wants files beside a journal that it reads; on a read-only disc it could not be opened."""
    where = place(kind, request, tmp_path)
    with where.engine() as engine:
        engine.execute(Give("ann", 5), "g1", "bank", at_ms=7_000)
    for ending in ("-wal", "-shm", ".lock"):
        Path(where.address + ending).unlink(missing_ok=True)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert ids_of(where.store(create=False, read_only=True)) == ["g1"]
    assert [file.name for file in tmp_path.iterdir()] == ["journal.sqlite"]


def ids_of(store):
    return [one.command_id for one in records(store)]


@pytest.mark.parametrize("kind", ["apsw", "sqlite3"])
def test_a_reader_in_the_engines_process_leaves_its_locks(kind, request, tmp_path):
    """Closing any descriptor of the file drops the locks of the process (POSIX).

    The log then went with the next program that left, and what the engine acknowledged after was lost.
    """
    where = place(kind, request, tmp_path)
    visit = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]))"
    asked = [sys.executable, "-c", visit, where.address, "SELECT command_id FROM journal"]
    with where.engine() as engine:
        engine.execute(Give("ann", 1), "before", "bank")
        where.store(read_only=True).close()
        subprocess.run(asked, check=True, capture_output=True)
        engine.execute(Give("ann", 1), "after", "bank")
        seen = subprocess.run(asked, check=True, capture_output=True, text=True)
        assert "after" in seen.stdout
