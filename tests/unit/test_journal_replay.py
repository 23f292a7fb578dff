"""Replay to any point, snapshots as a cache, export and import."""

import io
import json

import pytest

from capwright.journal import (
    EMPTY,
    ChainFault,
    Envelope,
    MemoryStore,
    Snapshot,
    export_jsonl,
    import_jsonl,
    load,
    open_store,
    records,
    replay,
)
from capwright.kernel.refusal import BadInput, Refused
from tests.crash.kinds import KINDS, place
from tests.crash.toy import Give, Pass, Toy, codec


@pytest.fixture(params=KINDS)
def where(request, tmp_path):
    return place(request.param, request, tmp_path)


def fill(where, count=30, **options):
    """Give and pass one coin a turn, at the times 1000, 2000 …; every third command is refused."""
    states = [Toy().state_hash()]
    with where.engine(**options) as engine:
        for turn in range(1, count + 1):
            command = Give("a", 1) if turn % 3 else Pass("a", "b", 1000)
            engine.execute(command, f"c{turn}", "x", at_ms=turn * 1000)
            states.append(engine.machine.state_hash())
    return states


def test_replay_to_every_record_and_every_time_gives_the_state_of_then(where):
    states = fill(where)
    store = where.store()
    for seq, state in enumerate(states):
        machine = Toy()
        done = replay(store, machine, codec=codec(), until_seq=seq)
        assert (done.head.seq, machine.state_hash()) == (seq, state)
        machine = Toy()
        done = replay(store, machine, codec=codec(), until_ms=seq * 1000 + 999)
        assert (done.head.seq, machine.state_hash()) == (seq, state)
    assert replay(store, Toy(), codec=codec(), until_ms=0).head == EMPTY
    assert replay(store, Toy(), codec=codec()).events == 20  # ten of the thirty were refused


def test_records_from_the_middle_are_linked_to_the_one_before(where):
    fill(where)
    assert [one.seq for one in records(where.store(), 28)] == [28, 29, 30]
    assert list(records(where.store(), 31)) == []


def test_a_long_journal_is_read_in_pages():
    store = MemoryStore()
    from capwright.journal import Engine

    engine = Engine(store, Toy, codec=codec(), clock=lambda: 1)
    engine.run_batch([Envelope(Give("a", 1), str(number), "x") for number in range(4001)])
    assert [len(page) for page in store.scan()] == [2000, 2000, 1]
    assert replay(store, Toy(), codec=codec()).head.seq == 4001
    assert replay(store, Toy(), codec=codec(), until_seq=2000).head.seq == 2000
    assert sum(1 for _ in records(store)) == 4001


def test_a_start_replays_only_what_is_behind_the_snapshot(where):
    states = fill(where, snapshot_every=8)
    machine, head, replayed = load(where.store(), Toy, codec())
    assert (head.seq, replayed, machine.state_hash()) == (30, 0, states[-1])
    with where.engine(snapshot_every=1000) as engine:
        for turn in range(5):
            engine.execute(Give("z", 1), f"z{turn}", "x")
        engine.close(snapshot=False)
    machine, head, replayed = load(where.store(), Toy, codec())
    assert (head.seq, replayed, machine.purses["z"]) == (35, 5, 5)


@pytest.mark.parametrize("harm", ["state", "checksum", "format", "unreadable", "foreign layout"])
def test_a_wrong_snapshot_is_ignored(where, harm):
    states = fill(where)
    store = where.store()
    good = store.load_snapshot(30)
    bad = {
        "state": good._replace(state=good.state.replace(b"a", b"b")),
        "checksum": good._replace(checksum=bytes(32)),
        "format": Snapshot.of(30, good.hash, "toy-2", good.state),
        "unreadable": Snapshot.of(30, good.hash, "toy-1", b"not json"),
        "foreign layout": Snapshot.of(30, good.hash, "toy-1", b"7"),
    }[harm]
    store.save_snapshot(bad)
    machine, head, replayed = load(store, Toy, codec())
    assert (head.seq, replayed, machine.state_hash()) == (30, 20, states[-1])


def test_a_whole_snapshot_convicts_the_journal_it_disagrees_with(where):
    fill(where)
    store = where.store()
    good = store.load_snapshot(30)
    store.save_snapshot(Snapshot.of(40, good.hash, "toy-1", good.state))
    with pytest.raises(ChainFault) as fault:
        load(store, Toy, codec())
    assert (fault.value.seq, fault.value.refusal.code) == (40, "CW-8706")  # the journal was cut off
    store.save_snapshot(Snapshot.of(41, bytes(32), "toy-1", good.state))
    store.save_snapshot(Snapshot.of(29, good.hash, "toy-1", good.state))
    with pytest.raises(ChainFault):
        load(store, Toy, codec())


def test_export_and_import_give_the_same_bytes_on_every_store(where, tmp_path):
    fill(where)
    store = where.store()
    out = io.BytesIO()
    assert export_jsonl(store, out) == 30
    lines = out.getvalue().splitlines(keepends=True)
    first = json.loads(lines[0])
    assert first["command"] == {"command": "Give", "purse": "a", "coins": 1}
    assert first["events"] == [{"event": "Put", "purse": "a", "coins": 1}]
    assert (first["seq"], first["at"], first["command_id"], first["actor"]) == (1, 1000, "c1", "x")
    copy = open_store(tmp_path / "copy.sqlite", create=True)
    head = import_jsonl(copy, lines, "journal.jsonl")
    assert head == store.head() == copy.head()
    assert list(records(copy)) == list(records(store))
    again = io.BytesIO()
    export_jsonl(copy, again)
    assert again.getvalue() == out.getvalue()
    with pytest.raises(Refused) as refused:
        import_jsonl(copy, lines, "journal.jsonl")
    assert refused.value.refusal.code == "CW-8508"
    copy.close()
    tail = io.BytesIO()
    assert export_jsonl(store, tail, from_seq=29) == 2
    assert tail.getvalue().splitlines(keepends=True) == lines[28:]


@pytest.mark.parametrize(
    ("harm", "line", "code"),
    [
        (lambda lines: lines[1:], 1, "CW-8701"),
        (lambda lines: [*lines[:4], *lines[5:]], 5, "CW-8701"),
        (lambda lines: [lines[0], lines[1].replace(b'"coins":1', b'"coins":2')], 2, "CW-8702"),
        (lambda lines: [lines[0], b"what\n"], 2, "CW-8507"),
        (lambda lines: [lines[0], lines[1][:40]], 2, "CW-8507"),
        (lambda lines: [lines[0].replace(b'"hash":"', b'"hash":"zz')], 1, "CW-8507"),
        (lambda lines: [lines[0].replace(b'"at"', b'"when"')], 1, "CW-8507"),
        (lambda lines: [lines[0], b"\xff\xfe\n"], 2, "CW-8507"),
        (
            lambda lines: [lines[0], lines[1].replace(b'"command":', b'"command":' + b"[" * 200_000)],
            2,
            "CW-8507",
        ),
    ],
)
def test_a_wrong_line_is_named_and_nothing_behind_it_is_taken(tmp_path, harm, line, code):
    source = MemoryStore()
    from capwright.journal import Engine

    with Engine(source, Toy, codec=codec(), clock=lambda: 1) as engine:
        engine.run_batch([Envelope(Give("a", 1), str(number), "x") for number in range(8)])
    out = io.BytesIO()
    export_jsonl(source, out)
    target = MemoryStore()
    with pytest.raises(BadInput) as refused:
        import_jsonl(target, harm(out.getvalue().splitlines(keepends=True)), "j.jsonl")
    assert refused.value.place == f"j.jsonl:{line}"
    assert refused.value.refusal.code == code
    assert target.head() == EMPTY
