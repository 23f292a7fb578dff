"""Two journals written by the first version: every later version must read them to the same holdings.

The files `journal-v1-*.jsonl.xz` and `journal-v1.json` are never written anew after release 0.1.0: when an
event changes, it gets a new class and an upcaster, and these tests stay as they are. Until then
`python -m tests.golden.test_journal_golden` writes them.
"""

import io
import itertools
import json
import lzma
from hashlib import sha256
from pathlib import Path

import pytest

from capwright.audit import audit
from capwright.journal import (
    MemoryStore,
    export_jsonl,
    find_faults,
    import_jsonl,
    market_codec,
    open_store,
    records,
    replay,
)
from capwright.market import Market

HERE = Path(__file__).parent
FACTS = HERE / "journal-v1.json"
NAMES = ("guangdong-2023", "guangdong-auctions")


def packed(name):
    return HERE / f"journal-v1-{name}.jsonl.xz"


def facts(store):
    """What must never change, however the program that reads the journal does."""
    machine = Market()
    done = replay(store, machine)
    state = machine.book.state
    units = [
        [where, series, [list(block) for block in ranges]]
        for where, held in sorted(state.units.items())
        for series, ranges in sorted(held.items())
    ]
    total_t = sum(last - first + 1 for _, _, blocks in units for first, last in blocks)
    return machine, {
        "records": done.head.seq,
        "head": done.head.hash.hex(),
        "units_t": total_t,
        "units": sha256(json.dumps(units).encode()).hexdigest(),
        "cash": sha256(json.dumps(sorted(state.cash.items())).encode()).hexdigest(),
    }


@pytest.fixture(scope="module", params=NAMES)
def golden(request):
    store = MemoryStore()
    import_jsonl(store, lzma.decompress(packed(request.param).read_bytes()).splitlines(keepends=True))
    return request.param, store


def test_the_holdings_of_the_first_version(golden):
    name, store = golden
    machine, found = facts(store)
    assert found == json.loads(FACTS.read_text())[name]
    assert machine.breaches() == []


def test_every_record_and_message_is_understood(golden):
    _, store = golden
    assert find_faults(store, codec=market_codec()) == []
    assert not audit(itertools.chain.from_iterable(store.scan())).findings


def test_the_bytes_are_kept(golden):
    name, store = golden
    out = io.BytesIO()
    export_jsonl(store, out)
    assert out.getvalue() == lzma.decompress(packed(name).read_bytes())


def write() -> None:
    """Make the files from the built-in scenarios."""
    import tempfile

    from capwright.scenario.run import run_scenario

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            run_scenario(name, f"{folder}/{name}.sqlite")
            store = open_store(f"{folder}/{name}.sqlite", read_only=True)
            out = io.BytesIO()
            export_jsonl(store, out)
            packed(name).write_bytes(lzma.compress(out.getvalue(), preset=9 | lzma.PRESET_EXTREME))
            found[name] = facts(store)[1]
            print(name, sum(1 for _ in records(store)))
            store.close()
    FACTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    write()
