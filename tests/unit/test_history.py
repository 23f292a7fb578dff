"""The history of one serial number, and holdings at a past moment."""

from __future__ import annotations

import pytest

from capwright.history import Holder, Step, balances_at, parse_serial, serial_history
from capwright.kernel.refusal import Refused
from tests.journal_rows import (
    FIRM,
    ISSUE,
    NOON_MS,
    OTHER,
    SERIES,
    SINK,
    cash,
    closed,
    completed,
    issue,
    journal,
    moved,
    opening,
    series,
    unit,
)

OLDER = "GDEA-2022"
ROWS = journal(
    [*opening(), series(OLDER, vintage=2022)],
    [issue(1, 100, ISSUE), issue(1, 100, ISSUE, OLDER)],
    [completed("T-1", "allocation", ISSUE, FIRM, 60, unit(1, 60, ISSUE, FIRM))],
    [completed("T-2", "allocation", ISSUE, FIRM, 60, unit(1, 60, ISSUE, FIRM, OLDER))],
    [moved(unit(11, 20, FIRM, f"{FIRM}#held:o-1"), name="OrderPlaced")],
    [moved(cash=[cash(700, "bank", OTHER), cash(300, OTHER, FIRM)])],
    [{"event": "Note", "about": SERIES}],
    [completed("T-3", "transfer", FIRM, OTHER, 10, unit(11, 20, f"{FIRM}#held:o-1", OTHER))],
    [completed("T-4", "surrender", OTHER, SINK, 10, unit(11, 20, OTHER, SINK))],
)


def refusal(function, *arguments):
    with pytest.raises(Refused) as caught:
        function(*arguments)
    return caught.value.refusal


def test_the_whole_way_of_a_unit():
    def step(row, event, source, target, first, last, kind="", number=""):
        at_ms = NOON_MS + 1000 * (row - 1)
        return Step(row, at_ms, f"c-{row}", "operator", event, source, target, first, last, kind, number)

    done = "TransactionCompleted"
    assert serial_history(ROWS, SERIES, 15) == [
        step(2, "UnitsIssued", "", ISSUE, 1, 100),
        step(3, done, ISSUE, FIRM, 1, 60, "allocation", "T-1"),
        step(5, "OrderPlaced", FIRM, f"{FIRM}#held:o-1", 11, 20),
        step(8, done, f"{FIRM}#held:o-1", OTHER, 11, 20, "transfer", "T-3"),
        step(9, done, OTHER, SINK, 11, 20, "surrender", "T-4"),
    ]


@pytest.mark.parametrize(
    ("name", "number", "rows"),
    [(SERIES, 10, [2, 3]), (SERIES, 11, [2, 3, 5, 8, 9]), (SERIES, 20, [2, 3, 5, 8, 9]), (SERIES, 21, [2, 3]),
     (SERIES, 60, [2, 3]), (SERIES, 61, [2]), (SERIES, 100, [2]), (OLDER, 15, [2, 4])],
)  # fmt: skip
def test_both_ends_of_a_block_belong_to_it(name, number, rows):
    assert [step.seq for step in serial_history(ROWS, name, number)] == rows


def test_rows_that_do_not_name_the_series_are_not_decoded():
    rows = [*ROWS, (10, NOON_MS, "c-10", "x", b"{}", b"neither JSON nor of interest", bytes(32))]
    assert len(serial_history(rows, OLDER, 1)) == 2


def test_raw_texts_are_read():
    rows = [(*r[:2], r[2].encode(), "阿兰".encode(), *r[4:]) for r in ROWS]
    assert serial_history(rows, SERIES, 99)[0].command_id == "c-2"
    assert serial_history(rows, SERIES, 99)[0].actor == "阿兰"


def test_unknown_series_and_numbers_are_refused():
    missing = refusal(serial_history, ROWS, "GDEA-2021", 1)
    assert missing.code == "CW-8982"
    assert "GDEA-2023, GDEA-2022" in missing.message()
    assert "已有系列" in missing.message("zh")
    beyond = refusal(serial_history, ROWS, SERIES, 101)
    assert (beyond.code, beyond.details) == ("CW-8983", {"series": SERIES, "number": 101, "issued": 100})
    assert refusal(serial_history, [], SERIES, 1).code == "CW-8982"


@pytest.mark.parametrize(
    ("text", "series", "number"),
    [
        ("GDEA-2023-123456", "GDEA-2023", 123456),
        (" GDEA-2023-1\n", "GDEA-2023", 1),
        ("PHCER-2019-P17-5", "PHCER-2019-P17", 5),
        ("碳普惠-2019-5", "碳普惠-2019", 5),
    ],
)
def test_serials_as_people_write_them(text, series, number):
    assert parse_serial(text) == (series, number)


@pytest.mark.parametrize(
    "text",
    ["", "GDEA", "-5", "5", "X-", "X-0", "X-01", "X-1.5", "X-１", "X--", " -1", "X-1234567890123456789"],
)
def test_other_texts_are_refused(text):
    assert refusal(parse_serial, text).code == "CW-8981"


def test_holdings_at_past_moments():
    assert balances_at(ROWS, NOON_MS - 1).units_t == {}
    assert balances_at(ROWS, NOON_MS - 1).seq == 0
    before = balances_at(ROWS, NOON_MS + 1999)
    assert (before.seq, before.at_ms) == (2, NOON_MS + 1000)
    assert before.units_t == {ISSUE: {SERIES: 100, OLDER: 100}}
    held = balances_at(ROWS, NOON_MS + 5000)
    assert held.units_t == {
        FIRM: {SERIES: 50, OLDER: 60},
        f"{FIRM}#held:o-1": {SERIES: 10},
        ISSUE: {SERIES: 40, OLDER: 40},
    }
    assert held.cash_fen == {"bank": -700, OTHER: 400, FIRM: 300}
    now = balances_at(ROWS)
    assert now.seq == 9
    assert now.units_t[SINK] == {SERIES: 10}
    assert OTHER not in now.units_t


def test_accounts_come_with_the_balances():
    rows = journal(opening(), [closed(OTHER)])
    accounts = balances_at(rows).accounts
    assert accounts[SINK] == Holder(SINK, "surrender", "surrender", f"h-{SINK}", SINK, closed=False)
    assert accounts[OTHER].closed
    assert not balances_at(rows, NOON_MS).accounts[OTHER].closed
