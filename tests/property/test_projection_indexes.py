"""What pages find in an index is what reading the whole journal finds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.history import serial_history
from capwright.journal.codec import encode
from capwright.kernel.account_number import AccountNumber
from capwright.kernel.message import CommandRefused
from capwright.kernel.refusal import Refused
from capwright.ledger.accounts import Series
from capwright.ledger.messages import (
    PostingEvent,
    SeriesOpened,
    TradeSettled,
    TransactionCompleted,
    UnitIssue,
    UnitMove,
)
from capwright.projection.days import days_of, rows_between
from capwright.projection.follower import Committed
from capwright.projection.moves import moves_of, node_of, nodes_around
from capwright.projection.views import Views, accounts_named

ZONE = ZoneInfo("Asia/Shanghai")
MOST = 2**62
numbers = st.one_of(st.integers(1, 40), st.integers(1, MOST))


@st.composite
def ranges(draw):
    first = draw(numbers)
    return first, draw(st.one_of(st.integers(first, min(first + 40, MOST)), st.integers(first, MOST)))


@given(ranges(), st.data())
def test_a_range_stands_under_a_node_that_each_of_its_units_looks_at(found, data):
    first, last = found
    node = node_of(first, last)
    assert first <= node <= last
    for number in (first, last, node, data.draw(st.integers(first, last))):
        assert node in nodes_around(number)


@given(
    st.from_regex("[A-Z]{2}", fullmatch=True),
    st.integers(100, 999),
    st.integers(1, 10**15 - 1),
    st.integers(0, 99),
    st.sampled_from(("", "#frozen:2023", "#held:o:api/1")),
)
def test_every_account_number_is_found_in_a_row(country, kind, identifier, period, bucket):
    """Short check digits too: one account in eleven has a single one."""
    number = str(AccountNumber.of(country, kind, identifier, period))
    assert accounts_named(b'{"account":"%s%s"}' % (number.encode(), bucket.encode()), b"[]") == [number]


PLACES = ("GD-100-1-0-20", "GD-100-1-0-20#held:x:1", "GD-121-7-0-55", "GD-300-3-0-17")
places = st.sampled_from(PLACES)
series = st.sampled_from(("GDEA-2022", "GDEA-2023", "PHCER-2022-p-1"))


@st.composite
def units(draw):
    return UnitMove(draw(series), *draw(ranges()), draw(places), draw(places))


@st.composite
def events(draw):
    moved = tuple(draw(st.lists(units(), max_size=3)))
    kind = draw(st.sampled_from(("opened", "issued", "completed", "traded", "refused")))
    if kind == "opened":
        return SeriesOpened(Series(draw(series), "GDEA", 2023))
    if kind == "completed":
        number = str(draw(st.integers(1, 10**9)))
        return TransactionCompleted(
            transaction_id=number, type="transfer", source=PLACES[0], target=PLACES[2], quantity_t=1,
            units=moved,
        )  # fmt: skip
    if kind == "traded":
        return TradeSettled(
            trade_id=str(draw(st.integers(1, 10**9))), seller=PLACES[0], buyer=PLACES[2], kind="GDEA",
            quantity_t=1, price_fen_per_t=1, mode="negotiated", units=moved,
        )  # fmt: skip
    if kind == "refused":
        return CommandRefused(_refusal())
    issue = UnitIssue(draw(series), *draw(ranges()), draw(places))
    return _Issued(issues=(issue,), units=moved)


class _Issued(PostingEvent, frozen=True, kw_only=True, tag="UnitsIssued"):
    """As the ledger's own, with any postings."""


def _refusal():
    with pytest.raises(Refused) as caught:
        serial_history([], "X", 1)
    return caught.value.refusal


def _once(batches):
    """Events without trades and transactions whose ids have been there."""
    seen = set()
    for batch in batches:
        kept = []
        for event in batch:
            name = getattr(event, "trade_id", "") or getattr(event, "transaction_id", "")
            if not name or (type(event), name) not in seen:
                kept.append(event)
                seen.add((type(event), name))
        yield tuple(kept)


@st.composite
def journals(draw):
    """Rows with time that stands still or goes on, some days at a step."""
    batches = draw(st.lists(st.lists(events(), max_size=4), min_size=1, max_size=12))
    at_ms, rows = 1_704_000_000_000, []
    for seq, batch in enumerate(_once(batches), 1):
        at_ms += draw(st.sampled_from((0, 1, 40_000_000, 200_000_000)))
        actor = draw(st.sampled_from(("ann", "ben")))
        command = draw(st.sampled_from((b'{"command":"Do"}', b'{"command":"Undo"}')))
        raw = encode(batch)
        rows.append(Committed(seq, at_ms, f"c-{seq}", actor, command, batch, raw, bytes([seq])))
    return rows


def _views(folder, rows, cut):
    """Tables that took the rows in two parts, the second over a connection that was opened anew."""
    path = folder.mktemp("views") / "rows.views"
    views = Views(path)
    views.take(rows[:cut])
    views.close()
    views = Views(path)
    views.take(rows)
    return views


@given(journals(), st.data())
def test_the_life_of_a_unit_is_what_the_whole_journal_tells(tmp_path_factory, rows, data):
    views = _views(tmp_path_factory, rows, data.draw(st.integers(0, len(rows))))
    stored = [(r.seq, r.at_ms, r.command_id, r.actor, r.command, r.events_raw, r.hash) for r in rows]
    edges = [
        edge
        for row in rows
        for event in row.events
        for one in (*getattr(event, "issues", ()), *getattr(event, "units", ()))
        for edge in (one.first - 1, one.first, one.last, one.last + 1)
    ]
    asked = data.draw(st.lists(st.tuples(series, st.sampled_from(edges) if edges else numbers), max_size=20))
    for name, number in asked:
        try:
            told = [tuple(getattr(one, field) for field in one.__struct_fields__)
                    for one in serial_history(stored, name, number)]  # fmt: skip
        except Refused:
            told = []
        assert moves_of(views, name, number) == told
    views.close()


@given(journals(), st.data())
def test_days_and_tallies_are_what_the_rows_add_up_to(tmp_path_factory, rows, data):
    views = _views(tmp_path_factory, rows, data.draw(st.integers(0, len(rows))))
    by_day: dict[str, list[int]] = {}
    for row in rows:
        day = datetime.fromtimestamp(row.at_ms / 1000, UTC).astimezone(ZONE).date().isoformat()
        by_day.setdefault(day, []).append(row.seq)
    expected = [(day, len(seqs), seqs[0], seqs[-1]) for day, seqs in sorted(by_day.items(), reverse=True)]
    found = [(one.day, one.count, one.first, one.last) for one in days_of(views, ZONE, 1000)]
    assert found == expected
    assert [one.day for one in days_of(views, ZONE, 2)] == [one[0] for one in expected[:2]]

    times = sorted({rows[0].at_ms - 1, rows[-1].at_ms + 1, *(row.at_ms for row in rows)})
    for begin, end in pairwise(times):
        seqs = [row.seq for row in rows if begin <= row.at_ms < end]
        first, last = rows_between(views, begin, end)
        assert list(range(first, last + 1)) == seqs

    count: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    for row in views.rows("SELECT * FROM act"):
        keys = [("command", row["command"]), ("actor", row["actor"])]
        keys += [("refused", row["refused"])] if row["refused"] else []
        count.update(keys)
        refused.update(keys if row["refused"] else [])
    kept = {(row["what"], row["name"]): (row["count"], row["refused"])
            for row in views.rows("SELECT * FROM tally")}  # fmt: skip
    assert kept == {key: (number, refused[key]) for key, number in count.items()}
    views.close()
