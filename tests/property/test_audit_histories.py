"""Random sound histories pass the audit; any one altered byte or posting is found."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from capwright.audit import audit, compare_holdings
from tests.journal_rows import cash, completed, issue, moved, opened, plain, refused, seal, series, unit

NUMBERS = [f"GD-100-{n}-0-20" for n in range(1, 6)]
PLACES = [*NUMBERS, *(f"{n}#held:{p}" for n in NUMBERS for p in "xy")]
SERIES = ["GDEA-2023", "PHCER-2019-P17"]


class Naive:
    """One list entry per unit: the slowest possible ledger, and the hardest to get wrong."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.owners = {name: [] for name in SERIES}
        self.cash = Counter()
        self.batches = [[*(opened(n) for n in NUMBERS), *(series(name) for name in SERIES)]]
        self.completed = []

    def step(self) -> None:
        kind = self.random.choice(("issue", "move", "move", "move", "complete", "pay_in", "pay", "refuse"))
        self.batches.append(getattr(self, kind)())

    def issue(self):
        name, where, size = self.random.choice(SERIES), self.random.choice(PLACES), self.random.randint(1, 12)
        begun = len(self.owners[name]) + 1
        self.owners[name] += [where] * size
        return [issue(begun, begun + size - 1, where, name)]

    def _run(self):
        """A stretch of units of one owner, anywhere inside a block."""
        name = self.random.choice([name for name in SERIES if self.owners[name]] or [None])
        if name is None:
            return None
        owners = self.owners[name]
        first = last = self.random.randint(1, len(owners))
        while last < len(owners) and owners[last] == owners[first - 1] and self.random.random() < 0.8:
            last += 1
        return name, first, last, owners[first - 1]

    def _take(self, target):
        run = self._run()
        if run is None or run[3] == target:
            return None
        name, first, last, source = run
        self.owners[name][first - 1 : last] = [target] * (last - first + 1)
        return unit(first, last, source, target, name)

    def move(self):
        taken = [self._take(self.random.choice(PLACES)) for _ in range(self.random.randint(1, 4))]
        return [moved(*(t for t in taken if t))]

    def complete(self):
        target = self.random.choice(NUMBERS)
        taken = self._take(target)
        if taken is None:
            return []
        number = f"T-{len(self.batches)}"
        undone = ""
        if self.completed and self.random.random() < 0.3:
            undone = self.completed.pop(self.random.randrange(len(self.completed)))
        self.completed.append(number)
        source = taken["source"].partition("#")[0]
        size = taken["last"] - taken["first"] + 1
        return [completed(number, "transfer", source, target, size, taken, reverses=undone)]

    def pay_in(self):
        where, amount = self.random.choice(PLACES), self.random.randint(1, 1000)
        self.cash[where] += amount
        self.cash["bank"] -= amount
        return [moved(cash=[cash(amount, "bank", where)])]

    def pay(self):
        rich = [where for where in PLACES if self.cash[where] > 0]
        if not rich:
            return [{"event": "Nothing"}]
        source, target = self.random.choice(rich), self.random.choice([*PLACES, "bank"])
        if source == target:
            return []
        amount = self.random.randint(1, self.cash[source])
        self.cash[source] -= amount
        self.cash[target] += amount
        return [moved(cash=[cash(amount, source, target)])]

    def refuse(self):
        return [refused()]

    def units(self):
        """Blocks by place and series."""
        held = {}
        for name, owners in self.owners.items():
            for number, where in enumerate(owners, 1):
                held.setdefault(where, {}).setdefault(name, []).append((number, number))
        return held


def history(seed: int, steps: int) -> Naive:
    naive = Naive(Random(seed))
    for _ in range(steps):
        naive.step()
    return naive


@given(seed=st.integers(0, 2**32), steps=st.integers(0, 80))
def test_sound_histories_pass_and_give_the_naive_holdings(seed, steps):
    naive = history(seed, steps)
    rows = list(seal(plain(*naive.batches)))
    report = audit(rows, expected_head=rows[-1][6].hex())
    assert report.findings == []
    assert compare_holdings(report, naive.units(), naive.cash) == []
    assert report.units_t() == {
        where: {name: len(blocks) for name, blocks in here.items()} for where, here in naive.units().items()
    }
    for name, owners in naive.owners.items():
        assert report.series[name]["issued"] == len(owners) == sum(report.series[name].values()) / 2


@given(seed=st.integers(0, 2**32), steps=st.integers(0, 30), data=st.data())
def test_any_altered_byte_is_found(seed, steps, data):
    rows = list(seal(plain(*history(seed, steps).batches)))
    head = rows[-1][6].hex()
    at = data.draw(st.integers(0, len(rows) - 1), label="row")
    column = data.draw(st.integers(0, 6), label="column")
    row = list(rows[at])
    if isinstance(row[column], int):
        row[column] ^= 1 << data.draw(st.integers(0, 40), label="bit")
    else:
        raw = bytearray(row[column].encode() if isinstance(row[column], str) else row[column])
        raw[data.draw(st.integers(0, len(raw) - 1), label="byte")] ^= 1 << data.draw(
            st.integers(0, 7), label="bit"
        )
        row[column] = bytes(raw)
    rows[at] = tuple(row)
    report = audit(rows, expected_head=head)
    assert report.findings
    assert min(f.seq or len(rows) for f in report.findings) in {rows[at][0], at + 1, at + 2, len(rows)}


def postings(rows):
    """Every (row, event, list, posting, field) that could be altered."""
    return [
        (at, number, kind, place, field)
        for at, row in enumerate(rows)
        for number, event in enumerate(json.loads(row[5]))
        for kind in ("issues", "units", "cash")
        for place, posting in enumerate(event.get(kind, ()))
        for field in posting
    ]


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 60), data=st.data())
def test_any_altered_posting_is_found_even_when_all_hashes_are_made_anew(seed, steps, data):
    naive = history(seed, steps)
    rows = plain(*naive.batches)
    choices = postings(rows)
    if not choices:
        return
    at, number, kind, place, field = data.draw(st.sampled_from(choices), label="posting")
    events = json.loads(rows[at][5])
    posting = events[number][kind][place]
    old = posting[field]
    if isinstance(old, int):
        posting[field] = old + data.draw(st.sampled_from([-3, -1, 1, 5, 10**6]), label="change")
    else:
        others = SERIES if field == "series" else [*PLACES, "bank", "GD-9"]
        posting[field] = data.draw(st.sampled_from([o for o in others if o != old]), label="other")
    rows[at] = (*rows[at][:5], json.dumps(events).encode())
    report = audit(list(seal(rows)))
    found = [*report.findings, *compare_holdings(report, naive.units(), naive.cash)]
    if posting.get("source", 1) == posting.get("target", 2) and field == "source" and kind == "units":
        assert any(f.seq == at + 1 for f in found)  # a move to itself of what lies elsewhere
    assert found


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 30), data=st.data())
def test_any_missing_doubled_or_swapped_row_is_found(seed, steps, data):
    rows = list(seal(plain(*history(seed, steps).batches)))
    head = rows[-1][6].hex()
    at = data.draw(st.integers(0, len(rows) - 2), label="row")
    what = data.draw(st.sampled_from(["drop", "double", "swap", "drop last"]), label="what")
    if what == "drop":
        del rows[at]
    elif what == "double":
        rows.insert(at, rows[at])
    elif what == "swap":
        rows[at], rows[at + 1] = rows[at + 1], rows[at]
    else:
        del rows[-1]
    assert not audit(rows, expected_head=head).ok
