"""A torn or altered byte anywhere in a journal is found, and it is said where."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from capwright.journal import (
    ChainFault,
    Envelope,
    Head,
    MemoryStore,
    OpenFault,
    Record,
    StoreFailed,
    find_faults,
    load,
    open_store,
    records,
)
from capwright.journal.chain import pack
from tests.crash.kinds import DURABLE, place
from tests.crash.toy import Give, Pass, Toy, codec

RECORDS = 6
COLUMNS = {
    "seq": ["seq + 100", "-seq"],
    "at": ["at + 1", "at - 1", "0"],
    "command_id": ["command_id || 'x'", "'other'", "''", "replace(command_id, 'c', 'C')"],
    "actor": ["actor || ' '", "'thief'", "''"],
    "command": ["replace(command, '1', '2')", "command || ' '", "''", "'{}'", "substr(command, 2)"],
    "events": ["replace(events, '1', '2')", "'[]'", "''", "events || ' '", "replace(events, 'a', 'b')"],
}
HASHES = ["zeroed", "shortened", "emptied", "flipped"]


@pytest.fixture(params=DURABLE)
def where(request, tmp_path):
    made = place(request.param, request, tmp_path)
    with made.engine() as engine:
        for turn in range(1, RECORDS + 1):
            command = Give("a", 1) if turn % 3 else Pass("a", "b", 1)
            engine.execute(command, f"c{turn}", "ann", at_ms=turn * 1000)
        engine.close(snapshot=False)
    return made


def run(where, *statements):
    """Work on the tables behind the journal's back."""
    if where.kind == "postgres":
        import psycopg

        connection = psycopg.connect(where.address, autocommit=True)
        connection.execute("DROP TRIGGER IF EXISTS journal_is_final ON journal")
    else:
        connection = sqlite3.connect(where.address, isolation_level=None)
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS journal_no_{verb}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def first_fault(where):
    store = where.store(create=False, read_only=True)
    faults = find_faults(store, codec=codec())
    with pytest.raises(ChainFault) as fault:  # a start from the records says the same
        load(store, Toy, codec())
    assert fault.value.seq == faults[0].seq
    assert fault.value.refusal.code == faults[0].refusal.code
    store.close()
    return faults[0]


def test_an_honest_journal_has_no_faults(where):
    store = where.store()
    assert find_faults(store, codec=codec()) == []
    assert find_faults(store, codec=codec(), known=store.head()) == []


@pytest.mark.parametrize(
    ("column", "change"), [(column, change) for column, changes in COLUMNS.items() for change in changes]
)
def test_any_change_of_any_column_is_found_at_its_record(where, column, change):
    at_fault = (1, 4, RECORDS)
    store = where.store()
    honest = list(records(store))
    store.close()
    for seq in at_fault:
        run(where, f"UPDATE journal SET {column} = {change} WHERE seq = {seq}")
        store = where.store()
        try:
            changed = list(records(store, checked=False)) != honest
        finally:
            store.close()
        assert changed, "the test changed nothing"
        fault = first_fault(where)
        if column != "seq":
            assert (fault.seq, fault.refusal.code) == (seq, "CW-8702")
        else:
            assert fault.refusal.code in {"CW-8701", "CW-8702"}
            assert fault.seq in {seq, 1}
        one = honest[seq - 1]
        quoted = {
            "seq": seq,
            "at": one.at,
            "command_id": f"'{one.command_id}'",
            "actor": f"'{one.actor}'",
            "command": f"'{one.command.decode()}'",
            "events": f"'{one.events.decode()}'",
        }
        key = f"command_id = '{one.command_id}'" if column == "seq" else f"seq = {seq}"
        run(where, f"UPDATE journal SET {column} = {quoted[column]} WHERE {key}")
        store = where.store()
        assert find_faults(store) == []
        store.close()


@pytest.mark.parametrize("harm", HASHES)
def test_any_change_of_a_hash_is_found(where, harm):
    store = where.store()
    honest = list(records(store))
    store.close()
    for seq in (1, 3, RECORDS):
        good = honest[seq - 1].hash.hex()
        bad = {"zeroed": "00" * 32, "shortened": good[:-2], "emptied": "", "flipped": "ff" + good[2:]}[harm]
        literal = "'\\x{}'" if where.kind == "postgres" else "x'{}'"
        run(where, f"UPDATE journal SET hash = {literal.format(bad)} WHERE seq = {seq}")
        fault = first_fault(where)
        assert (fault.seq, fault.refusal.code) == (seq, "CW-8702")
        run(where, f"UPDATE journal SET hash = {literal.format(good)} WHERE seq = {seq}")


def test_missing_records_are_named(where):
    run(where, "DELETE FROM journal WHERE seq IN (3, 4)")
    fault = first_fault(where)
    assert (fault.seq, fault.refusal.code) == (3, "CW-8701")
    assert fault.what == "Record 3 is missing: record 5 follows record 2."


def test_a_missing_beginning_is_named(where):
    run(where, "DELETE FROM journal WHERE seq = 1")
    assert first_fault(where).seq == 1


def test_exchanged_records_are_found(where):
    run(
        where,
        "UPDATE journal SET seq = 99 WHERE seq = 2",
        "UPDATE journal SET seq = 2 WHERE seq = 3",
        "UPDATE journal SET seq = 3 WHERE seq = 99",
    )
    assert first_fault(where).seq == 2


def test_a_journal_cut_off_cleanly_is_found_by_whoever_knows_its_head(where):
    store = where.store()
    head = store.head()
    store.close()
    run(where, f"DELETE FROM journal WHERE seq > {RECORDS - 2}")
    store = where.store()
    assert find_faults(store) == []  # nothing in it is wrong: it is a shorter journal
    (fault,) = find_faults(store, known=head)
    assert (fault.seq, fault.refusal.code) == (RECORDS, "CW-8706")
    assert str(RECORDS - 2) in fault.what
    store.close()


def test_a_journal_cut_off_behind_a_snapshot_does_not_start(where):
    with where.engine() as engine:
        engine.execute(Give("a", 1), "last", "x")
    run(where, f"DELETE FROM journal WHERE seq > {RECORDS - 2}")
    with pytest.raises(ChainFault) as fault:
        where.engine()
    assert fault.value.refusal.code == "CW-8706"


def test_a_journal_written_anew_with_good_hashes_is_found_by_its_known_head(where):
    store = where.store()
    head = store.head()
    rows = list(records(store))
    store.close()
    forged = MemoryStore()
    from capwright.journal import Engine

    engine = Engine(forged, Toy, codec=codec(), clock=lambda: 1)
    for row in rows:
        command = codec().command(row.command)
        engine.execute(command, row.command_id, "forger", at_ms=row.at)
    assert find_faults(forged, codec=codec()) == []
    (fault,) = find_faults(forged, known=head)
    assert (fault.seq, fault.refusal.code) == (RECORDS, "CW-8702")


def chained(rows):
    """Records with good hashes, whatever they say."""
    from hashlib import sha256

    from capwright.journal import GENESIS

    before = GENESIS
    for seq, at, name, actor, command, events in rows:
        packed = pack(seq, at, name.encode(), actor.encode(), command, events)
        before = sha256(before + packed).digest()
        yield Record(seq, at, name, actor, command, events, before), packed


GOOD = (b'{"command":"Give","purse":"a","coins":1}', b'[{"event":"Put","purse":"a","coins":1}]')


@pytest.mark.parametrize(
    ("rows", "seq", "code"),
    [
        ([(1, 5, "a", "x", *GOOD), (2, 4, "b", "x", *GOOD)], 2, "CW-8704"),
        ([(1, 5, "a", "x", *GOOD), (2, 5, "b", "x", GOOD[0], b"[{]")], 2, "CW-8703"),
        ([(1, 5, "a", "x", *GOOD), (2, 5, "b", "x", GOOD[0], b"[{}]")], 2, "CW-8703"),
        ([(1, 5, "a", "x", *GOOD), (2, 5, "b", "x", GOOD[0], b'[{"event":"Put"}]')], 2, "CW-8703"),
        ([(1, 5, "a", "x", *GOOD), (2, 5, "b", "x", GOOD[0], b'[{"event":"Nix"}]')], 2, "CW-8703"),
    ],
)
def test_nonsense_with_good_hashes_is_found(rows, seq, code):
    store = MemoryStore()
    for record, _ in chained(rows):
        store.records.append(record)
    faults = find_faults(store, codec=codec())
    assert [(fault.seq, fault.refusal.code) for fault in faults] == [(seq, code)]
    with pytest.raises(ChainFault) as fault:
        load(store, Toy, codec())
    assert (fault.value.seq, fault.value.refusal.code) == (seq, code)


def test_an_id_used_twice_is_found_even_without_the_index(postgres_url, request, tmp_path):
    made = place("postgres", request, tmp_path)
    made.store().close()
    run(made, "ALTER TABLE journal DROP CONSTRAINT journal_command_id_key")
    store = made.store()
    pairs = list(chained([(seq, 5, "ab"[seq % 2], "x", *GOOD) for seq in (1, 2, 3)]))
    store.append([record for record, _ in pairs], [packed for _, packed in pairs])
    (fault,) = find_faults(store)
    assert (fault.seq, fault.refusal.code) == (3, "CW-8705")


def small_file(tmp_path):
    made = tmp_path / "small.sqlite"
    from capwright.journal import Engine

    with Engine(open_store(made, create=True), Toy, codec=codec(), clock=lambda: 1) as engine:
        engine.run_batch([Envelope(Give(f"purse {n % 7}", n), f"id {n}", "x") for n in range(60)])
        engine.snapshot()
        engine.run_batch([Envelope(Give(f"purse {n % 7}", n), f"id {n}", "x") for n in range(60, 90)])
        honest = engine.machine.state_hash()
        head = engine.head
    return made, honest, head


def judge(file, honest, head):
    """Open a harmed file: refused or found is fine; whatever starts must hold the honest state.

    Returns what happened.
    """
    try:
        store = open_store(file, read_only=True)
    except OpenFault:
        return "refused"
    try:
        try:
            faults = find_faults(store, codec=codec(), known=head)
        except StoreFailed:
            faults = [None]
        try:
            machine, reached, _ = load(store, Toy, codec())
        except (ChainFault, StoreFailed):
            assert faults, "a start fails but no fault is reported"
            return "found"
        if not faults:
            assert (machine.state_hash(), reached) == (honest, head), "a different state, and no fault"
            return "harmless"
        # A start does not read what is behind its snapshot; what it reads is right all the same, or shorter.
        assert machine.state_hash() == honest or reached.seq < head.seq
        return "found"
    finally:
        store.close()


def flip(tmp_path, count, seed):
    file, honest, head = small_file(tmp_path)
    good = file.read_bytes()
    draw = random.Random(seed)
    seen = {"refused": 0, "found": 0, "harmless": 0}
    target = tmp_path / "harmed.sqlite"
    positions = range(len(good)) if count is None else [draw.randrange(len(good)) for _ in range(count)]
    for position in positions:
        bad = bytearray(good)
        bad[position] ^= draw.randrange(1, 256)
        target.write_bytes(bad)
        for side in ("-wal", "-shm"):
            Path(f"{target}{side}").unlink(missing_ok=True)
        try:
            seen[judge(target, honest, head)] += 1
        except Exception as error:
            error.add_note(f"byte {position}: {good[position]:#x} -> {bad[position]:#x}")
            raise
    return seen


def test_a_flipped_byte_of_the_file_is_found_or_harmless(tmp_path):
    seen = flip(tmp_path, 300, seed=1)
    assert seen["found"] > 100
    assert seen["refused"] > 0 or seen["harmless"] > 0


@pytest.mark.slow
def test_every_single_byte_of_the_file_flipped(tmp_path):
    flip(tmp_path, None, seed=2)


def test_a_torn_file_is_found(tmp_path):
    file, honest, head = small_file(tmp_path)
    good = file.read_bytes()
    target = tmp_path / "torn.sqlite"
    for size in [*range(0, len(good), 1777), len(good) - 1]:
        target.write_bytes(good[:size])
        assert judge(target, honest, head) in {"refused", "found"}, size
    for start in range(0, len(good) - 512, 4096):  # a sector that never reached the disk
        target.write_bytes(good[:start] + bytes(512) + good[start + 512 :])
        judge(target, honest, head)


def test_a_harmed_write_ahead_log_gives_a_shorter_journal_or_a_fault_never_another(tmp_path):
    file, _, _ = small_file(tmp_path)
    from capwright.journal import Engine

    engine = Engine(open_store(file), Toy, codec=codec(), clock=lambda: 1)
    states = {engine.head.seq: engine.machine.state_hash()}
    for number in range(12):
        engine.execute(Give("w", number), f"w{number}", "x")
        states[engine.head.seq] = engine.machine.state_hash()
    head = engine.head
    copy = tmp_path / "copy.sqlite"
    shutil.copy(file, copy)
    log = Path(f"{file}-wal").read_bytes()
    engine.close()
    assert len(log) > 12 * 4096
    draw = random.Random(3)
    shorter = 0
    for _ in range(150):
        bad = bytearray(log)
        bad[draw.randrange(len(bad))] ^= draw.randrange(1, 256)
        if draw.random() < 0.2:
            del bad[draw.randrange(len(bad)) :]
        target = tmp_path / "log.sqlite"
        shutil.copy(copy, target)
        Path(f"{target}-wal").write_bytes(bad)
        Path(f"{target}-shm").unlink(missing_ok=True)
        store = open_store(target)
        machine, reached, _ = load(store, Toy, codec())
        assert machine.state_hash() == states[reached.seq]
        assert bool(find_faults(store, known=head)) == (reached != head)
        shorter += reached != head
        store.close()
    assert shorter > 50


def test_the_head_is_what_one_has_to_know():
    assert Head._fields == ("seq", "at", "hash")
