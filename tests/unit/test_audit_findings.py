"""Every fault the auditor knows, provoked in a journal written by hand; and a sound journal without any."""

from __future__ import annotations

from array import array

import pytest

from capwright.audit import GENESIS, audit, row_hash
from capwright.journal.chain import GENESIS as MARKET_GENESIS
from capwright.journal.chain import pack
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
    opened,
    opening,
    plain,
    refused,
    seal,
    series,
    unit,
)


def codes(rows, **options):
    return [(f.code, f.seq, f.event) for f in audit(rows, **options).findings]


def only(rows, **options):
    report = audit(rows, **options)
    assert [f.code for f in report.findings] == [report.findings[0].code], [f.text() for f in report.findings]
    return report.findings[0]


def story():
    """A short year: 1000 t issued, 600 to a firm, 100 sold, 450 surrendered and back, 400 surrendered."""
    return [
        opening(),
        [issue(1, 1000, ISSUE)],
        [completed("T-1", "allocation", ISSUE, FIRM, 600, unit(1, 600, ISSUE, FIRM))],
        [moved(cash=[cash(500_00, "bank", OTHER)], name="CashPaidIn")],
        [
            moved(unit(101, 200, FIRM, f"{FIRM}#held:o-1"), name="OrderPlaced"),
            moved(cash=[cash(300_00, OTHER, f"{OTHER}#held:o-2")], name="OrderPlaced"),
        ],
        [refused()],
        [
            moved(
                unit(101, 200, f"{FIRM}#held:o-1", OTHER),
                cash=[cash(300_00, f"{OTHER}#held:o-2", FIRM)],
                name="TradeSettled",
            )
        ],
        [
            completed(
                "T-2",
                "surrender",
                FIRM,
                SINK,
                450,
                unit(1, 100, FIRM, SINK),
                unit(201, 550, FIRM, SINK),
            )
        ],
        [
            completed(
                "T-3",
                "reverse",
                SINK,
                FIRM,
                450,
                unit(1, 100, SINK, FIRM),
                unit(201, 550, SINK, FIRM),
                reverses="T-2",
            )
        ],
        [
            completed(
                "T-4", "surrender", FIRM, SINK, 400, unit(1, 100, FIRM, SINK), unit(201, 500, FIRM, SINK)
            )
        ],
    ]


def test_the_hash_is_the_one_the_journal_writes():
    columns = ("c-1", "阿兰", b'{"command":"Do"}', b"[]")
    [row] = seal([(1, NOON_MS, *columns)])
    raw = [c.encode() if isinstance(c, str) else c for c in columns]
    assert row_hash(GENESIS, 1, NOON_MS, *raw) == row[6]
    assert GENESIS == MARKET_GENESIS
    # And the market's packing agrees with the description from which the test and the auditor were written.
    from hashlib import sha256

    assert sha256(MARKET_GENESIS + pack(1, NOON_MS, *raw)).digest() == row[6]


def test_a_sound_journal():
    rows = journal(*story())
    report = audit(rows, expected_head=rows[-1][6].hex())
    assert report.ok
    assert report.findings == []
    assert report.head == rows[-1][6].hex()
    assert report.last_at_ms == NOON_MS + 9_000
    assert report.counts == {
        "rows": 10,
        "refused": 1,
        "events": 15,
        "accounts": 4,
        "series": 1,
        "transactions": 4,
        "blocks": 5,
    }
    # By hand: the firm has 501-600 left, the buyer 101-200, the sink 1-100 and 201-500; 601 on stay.
    assert report.holdings == {
        SINK: {SERIES: array("q", (1, 100, 201, 500))},
        OTHER: {SERIES: array("q", (101, 200))},
        FIRM: {SERIES: array("q", (501, 600))},
        ISSUE: {SERIES: array("q", (601, 1000))},
    }
    assert report.units_t() == {
        SINK: {SERIES: 400},
        OTHER: {SERIES: 100},
        FIRM: {SERIES: 100},
        ISSUE: {SERIES: 400},
    }
    assert report.series == {SERIES: {"issued": 1000, "surrender": 400, "holding": 200, "issue": 400}}
    assert report.conservation() == [
        {"series": SERIES, "issued": 1000, "held": 600, "surrendered": 400, "cancelled": 0, "exported": 0}
    ]
    assert report.cash == {"bank": -500_00, OTHER: 200_00, FIRM: 300_00}
    assert report.cash_by_account() == {"bank": -500_00, OTHER: 200_00, FIRM: 300_00}
    assert report.as_dict("zh")["ok"] is True


def test_rows_may_come_with_raw_texts_as_the_stores_hand_them_out():
    rows = [(*r[:2], r[2].encode(), r[3].encode(), *r[4:]) for r in journal(*story())]
    assert audit(rows).ok


def test_an_empty_journal():
    report = audit([])
    assert report.ok
    assert report.head == GENESIS.hex()
    assert codes([], expected_head="ab") == [("CW-8907", 0, 0)]


# The chain.


@pytest.mark.parametrize(
    ("column", "altered"),
    [
        (1, NOON_MS + 2_001),
        (2, "c-3x"),
        (3, "somebody"),
        (4, b'{"command":"Did"}'),
        (5, b'[{"event":"Nothing"}]'),
    ],
)
def test_an_altered_column_breaks_the_chain_at_its_row_only(column, altered):
    rows = journal(opening(), [issue(1, 10, ISSUE)], [{"event": "A"}], [{"event": "B"}])
    row = list(rows[2])
    row[column] = altered
    rows[2] = tuple(row)
    finding = only(rows)
    assert (finding.code, finding.seq) == ("CW-8902", 3)
    assert finding.details["found"] == rows[2][6].hex()


def test_an_altered_hash_is_told_from_an_altered_row_after_it():
    rows = journal(opening(), [{"event": "A"}], [{"event": "B"}], [{"event": "C"}])
    rows[1] = (*rows[1][:6], bytes(32))
    assert codes(rows) == [("CW-8902", 2, 0)]


def test_a_missing_row():
    rows = journal(opening(), [{"event": "A"}], [{"event": "B"}], [{"event": "C"}])
    del rows[1]
    assert codes(rows) == [("CW-8901", 3, 0), ("CW-8902", 3, 0)]
    assert audit(rows).findings[0].details == {"expected": 2, "found": 3}


def test_a_missing_first_row():
    rows = journal([], [{"event": "A"}], [{"event": "B"}])[1:]
    assert codes(rows) == [("CW-8901", 2, 0), ("CW-8902", 2, 0)]


def test_missing_rows_at_the_end_show_only_against_a_head_from_elsewhere():
    rows = journal(opening(), [{"event": "A"}], [{"event": "B"}])
    head = rows[-1][6].hex()
    assert codes(rows[:-1]) == []
    assert codes(rows[:-1], expected_head=head) == [("CW-8907", 0, 0)]
    assert codes(rows, expected_head=head.upper()) == []


def test_two_rows_in_the_wrong_order():
    rows = journal(opening(), [{"event": "A"}], [{"event": "B"}], [{"event": "C"}])
    rows[1], rows[2] = rows[2], rows[1]
    assert [f.code for f in audit(rows).findings if f.seq == 3][:2] == ["CW-8901", "CW-8902"]


def test_two_rows_in_the_wrong_order_and_renumbered():
    rows = journal(opening(), [{"event": "A"}], [{"event": "B"}])
    second, third = rows[1], rows[2]
    rows[1:] = [(2, second[1], *third[2:]), (3, third[1], *second[2:])]
    assert ("CW-8902", 2, 0) in codes(rows)


def test_a_rewritten_journal_shows_only_against_a_head_from_elsewhere():
    true, false = plain(opening(), [{"event": "A"}]), plain(opening(), [{"event": "B"}])
    head = list(seal(true))[-1][6].hex()
    assert codes(list(seal(false))) == []
    assert codes(list(seal(false)), expected_head=head) == [("CW-8907", 0, 0)]


def test_time_going_back():
    rows = plain(opening(), [{"event": "A"}], [{"event": "B"}])
    rows[2] = (3, rows[1][1] - 1, *rows[2][2:])
    finding = only(seal(rows))
    assert (finding.code, finding.seq) == ("CW-8903", 3)


def test_a_command_id_used_twice():
    rows = plain(opening(), [{"event": "A"}], [{"event": "B"}])
    rows[2] = (*rows[2][:2], "c-2", *rows[2][3:])
    finding = only(seal(rows))
    assert (finding.code, finding.seq, finding.details) == ("CW-8904", 3, {"command_id": "c-2"})


@pytest.mark.parametrize(
    "raw",
    [b"", b"[", b'[["event":"A"}]', b'[{"event":"A"}', b'[{"event":"A"}] ]', b"\xff", b'[{"event":"\xff"}]'],
)
def test_events_that_are_no_json(raw):
    rows = plain(opening(), [{"event": "A"}])
    rows[1] = (*rows[1][:5], raw)
    finding = only(seal(rows))
    assert (finding.code, finding.seq, finding.details["column"]) == ("CW-8905", 2, "events")


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a":1} x', b'{"a":"\xff"}'])
def test_a_command_that_is_no_json(raw):
    rows = plain(opening(), [{"event": "A"}])
    rows[1] = (*rows[1][:4], raw, rows[1][5])
    finding = only(seal(rows))
    assert (finding.code, finding.seq, finding.details["column"]) == ("CW-8905", 2, "command")


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        (0, "2", "seq"),
        (0, 0, "seq"),
        (0, 2**63, "seq"),
        (0, True, "seq"),
        (1, None, "at"),
        (1, 1.5, "at"),
        (2, "", "command_id"),
        (2, b"\xff", "command_id"),
        (3, None, "actor"),
        (4, "{}", "command"),
        (5, None, "events"),
        (6, b"short", "hash"),
    ],
)
def test_columns_of_the_wrong_type(column, value, name):
    rows = journal(opening(), [{"event": "A"}])
    row = list(rows[1])
    row[column] = value
    finding = only([rows[0], tuple(row)])
    assert (finding.code, finding.seq, finding.details["column"]) == ("CW-8908", 2, name)


# The shape of postings.


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (
            {"units": [{"series": SERIES, "first": 1, "last": 5, "source": ISSUE}]},
            "missing required field `target`",
        ),
        ({"units": [{**unit(1, 5, ISSUE, FIRM), "memo": 1}]}, "unknown field `memo`"),
        ({"units": [unit(1, 5.0, ISSUE, FIRM)]}, "Expected `int`, got `float`"),
        ({"units": [unit(0, 5, ISSUE, FIRM)]}, ">= 1"),
        ({"units": [unit(1, 2**63, ISSUE, FIRM)]}, "<= "),
        ({"units": [unit("1", 5, ISSUE, FIRM)]}, "Expected `int`, got `str`"),
        ({"units": [unit(1, 5, "", FIRM)]}, "length >= 1"),
        ({"units": unit(1, 5, ISSUE, FIRM)}, "Expected `array`"),
        ({"cash": [cash(0, "bank", FIRM)]}, ">= 1"),
        ({"cash": [cash(-5, "bank", FIRM)]}, ">= 1"),
        (
            {"cash": [{"amount_fen": 5, "source": "bank", "target": FIRM, "unit": "CNY"}]},
            "unknown field `unit`",
        ),
        ({"issues": [{"series": SERIES, "first": 11, "last": 20}]}, "missing required field `target`"),
    ],
)
def test_malformed_postings_are_named_and_their_neighbours_still_count(event, fault):
    rows = journal(
        opening(),
        [issue(1, 10, ISSUE)],
        [{"event": "A"}, {"event": "B", **event}, moved(unit(1, 5, ISSUE, OTHER))],
    )
    finding = only(rows)
    assert (finding.code, finding.seq, finding.event) == ("CW-8906", 3, 2)
    assert fault in finding.details["fault"]
    assert audit(rows).units_t()[OTHER] == {SERIES: 5}


def test_an_event_without_a_name():
    assert codes(journal(opening(), [{"units": []}])) == [("CW-8906", 2, 1)]


def test_events_that_are_no_array():
    rows = plain(opening(), [])
    rows[1] = (*rows[1][:5], b'{"event":"A"}')
    assert codes(seal(rows)) == [("CW-8906", 2, 0)]


# Units.


def test_an_issue_with_a_gap():
    report = audit(journal(opening(), [issue(1, 10, ISSUE)], [issue(21, 30, ISSUE)]))
    assert [(f.code, f.seq) for f in report.findings] == [("CW-8911", 3), ("CW-8951", 0)]
    assert report.findings[0].details == {"series": SERIES, "first": 21, "last": 30, "expected": 11}
    assert report.findings[0].where() == "row 3, event 1, issues 1"
    assert report.findings[1].details == {"series": SERIES, "first": 11, "last": 20}


@pytest.mark.parametrize(("first", "last", "in_all"), [(5, 15, 15), (1, 10, 10), (10, 11, 11)])
def test_units_issued_twice(first, last, in_all):
    report = audit(journal(opening(), [issue(1, 10, ISSUE)], [issue(first, last, FIRM)]))
    assert [(f.code, f.seq) for f in report.findings] == [("CW-8911", 3)]
    assert report.series[SERIES]["issued"] == in_all


def test_a_range_that_ends_before_it_begins():
    assert codes(journal(opening(), [issue(5, 4, ISSUE)])) == [("CW-8916", 2, 1)]
    rows = journal(opening(), [issue(1, 10, ISSUE)], [moved(unit(5, 4, ISSUE, FIRM))])
    assert codes(rows) == [("CW-8916", 3, 1)]


def test_units_that_lie_elsewhere_are_named_with_where_they_lie():
    report = audit(
        journal(
            opening(),
            [issue(1, 100, ISSUE)],
            [moved(unit(1, 10, ISSUE, FIRM)), moved(unit(41, 50, ISSUE, OTHER))],
            [{"event": "A"}, moved(unit(51, 55, ISSUE, FIRM), unit(6, 45, ISSUE, SINK))],
        )
    )
    assert [(f.code, f.seq, f.event, f.posting) for f in report.findings] == [
        ("CW-8912", 4, 2, 2),
        ("CW-8912", 4, 2, 2),
    ]
    base = {"series": SERIES, "first": 6, "last": 45, "source": ISSUE}
    assert report.findings[0].details == {**base, "found_first": 6, "found_last": 10, "found": FIRM}
    assert report.findings[1].details == {**base, "found_first": 41, "found_last": 45, "found": OTHER}
    assert report.findings[0].text() == (
        f"CW-8912 row 4, event 2, units 2: "
        f"Units 6-45 of {SERIES} are taken from {ISSUE}, but 6-10 lie at {FIRM}."
    )
    assert report.findings[0].text("zh").startswith("CW-8912 第4行第2个事件units第2项: ")
    # The journal's word is followed: the 40 t lie at the sink now.
    assert report.units_t() == {
        FIRM: {SERIES: 10},
        SINK: {SERIES: 40},
        OTHER: {SERIES: 5},
        ISSUE: {SERIES: 45},
    }


def test_units_taken_from_the_wrong_bucket():
    rows = journal(
        opening(),
        [issue(1, 10, FIRM)],
        [moved(unit(1, 5, FIRM, f"{FIRM}#held:o-1"))],
        [moved(unit(1, 5, FIRM, OTHER))],
    )
    finding = only(rows)
    assert (finding.code, finding.seq, finding.details["found"]) == ("CW-8912", 4, f"{FIRM}#held:o-1")


def test_units_that_were_never_issued():
    report = audit(journal(opening(), [issue(1, 10, ISSUE)], [moved(unit(8, 15, ISSUE, FIRM))]))
    assert [f.code for f in report.findings] == ["CW-8913"]
    assert report.findings[0].details["found_first"] == 11
    assert report.findings[0].details["found_last"] == 15
    assert report.units_t() == {ISSUE: {SERIES: 7}, FIRM: {SERIES: 3}}


def test_units_in_a_gap_of_the_issue():
    rows = journal(opening(), [issue(11, 20, ISSUE)], [moved(unit(6, 15, ISSUE, FIRM))])
    assert codes(rows) == [("CW-8911", 2, 1), ("CW-8913", 3, 1), ("CW-8951", 0, 0)]


def test_an_unknown_series():
    rows = journal(
        opening(), [issue(1, 10, ISSUE, "GDEA-2024")], [moved(unit(1, 5, ISSUE, FIRM, "GDEA-2024"))]
    )
    finding = only(rows)
    assert (finding.code, finding.seq, finding.details) == ("CW-8914", 2, {"series": "GDEA-2024"})


def test_a_series_opened_twice():
    assert codes(journal(opening(), [series()])) == [("CW-8915", 2, 1)]


def test_units_to_the_outside():
    rows = journal(opening(), [issue(1, 10, ISSUE)], [moved(unit(1, 5, ISSUE, "bank"))])
    assert codes(rows) == [("CW-8936", 3, 1)]
    assert codes(journal(opening(), [issue(1, 10, "bank")])) == [("CW-8936", 2, 1)]


# Cash.


def test_an_overdrawn_place():
    rows = journal(opening(), [moved(cash=[cash(100, "bank", FIRM), cash(101, FIRM, OTHER)])])
    finding = only(rows)
    assert (finding.code, finding.seq, finding.posting) == ("CW-8921", 2, 2)
    assert finding.details == {"source": FIRM, "amount_fen": 101, "left_fen": -1}


def test_held_cash_is_not_free_cash():
    rows = journal(
        opening(),
        [moved(cash=[cash(100, "bank", FIRM), cash(60, FIRM, f"{FIRM}#held:o-1")])],
        [moved(cash=[cash(50, FIRM, OTHER)])],
    )
    assert codes(rows) == [("CW-8921", 3, 1)]


# Accounts.


@pytest.mark.parametrize("where", ["GD-999", "GD-999#held:o-1", "#x", "Bank"])
def test_postings_to_unknown_accounts(where):
    rows = journal(opening(), [issue(1, 10, ISSUE)], [moved(unit(1, 5, ISSUE, where))])
    finding = only(rows)
    assert (finding.code, finding.seq, finding.details["place"]) == ("CW-8931", 3, where)
    assert codes(journal(opening(), [moved(cash=[cash(5, "bank", where)])])) == [("CW-8931", 2, 1)]
    assert codes(journal(opening(), [issue(1, 10, where)])) == [("CW-8931", 2, 1)]


def test_postings_before_the_account_is_opened():
    rows = journal(
        [series(), issue(1, 10, ISSUE)],
        [opened(ISSUE, "issue"), opened(FIRM)],
        [moved(unit(1, 5, ISSUE, FIRM))],
    )
    assert codes(rows) == [("CW-8931", 1, 2)]


def test_an_account_closed_with_holdings():
    rows = journal(
        opening(),
        [issue(1, 10, FIRM), moved(cash=[cash(7, "bank", f"{FIRM}#held:b")])],
        [closed(FIRM)],
    )
    report = audit(rows)
    assert [
        (f.code, f.details["place"], f.details["units_t"], f.details["cash_fen"]) for f in report.findings
    ] == [
        ("CW-8933", FIRM, 10, 0),
        ("CW-8933", f"{FIRM}#held:b", 0, 7),
    ]


def test_postings_to_a_closed_account():
    rows = journal(opening(), [issue(1, 10, ISSUE), closed(FIRM)], [moved(unit(1, 5, ISSUE, FIRM))])
    finding = only(rows)
    assert (finding.code, finding.seq, finding.details) == ("CW-8932", 3, {"place": FIRM, "account": FIRM})
    rows = journal(opening(), [closed(FIRM)], [moved(cash=[cash(5, "bank", f"{FIRM}#held:x")])])
    assert codes(rows) == [("CW-8932", 3, 1)]


def test_an_emptied_account_may_be_closed():
    rows = journal(
        opening(), [issue(1, 10, FIRM)], [moved(unit(1, 10, FIRM, f"{FIRM}#frozen:x"))],
        [moved(unit(1, 10, f"{FIRM}#frozen:x", OTHER))], [closed(FIRM)],
    )  # fmt: skip
    assert codes(rows) == []


def test_accounts_opened_twice_or_closed_twice():
    assert codes(journal(opening(), [opened(FIRM)])) == [("CW-8934", 2, 1)]
    assert codes(journal(opening(), [closed(FIRM)], [closed(FIRM)])) == [("CW-8935", 3, 1)]
    assert codes(journal(opening(), [closed("GD-999")])) == [("CW-8935", 2, 1)]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "AccountOpened"},
        {"event": "AccountOpened", "account": {"number": 5}},
        {"event": "AccountOpened", "account": "GD-1"},
        {"event": "SeriesOpened", "series": "GDEA-2023"},
        {"event": "SeriesOpened", "series": {"id": ""}},
        {"event": "TransactionCompleted", "quantity_t": 0},
    ],
)
def test_special_events_without_their_fields(event):
    assert codes(journal(opening(), [event])) == [("CW-8906", 2, 1)]


# Commands and transactions.


@pytest.mark.parametrize(
    "batch",
    [
        [refused(cash=[cash(5, "bank", FIRM)])],
        [refused(units=[unit(1, 5, ISSUE, FIRM)])],
        [refused(), {"event": "A"}],
        [{"event": "A"}, refused()],
        [refused(), refused()],
    ],
)
def test_refused_commands_change_nothing(batch):
    finding = only(journal(opening(), [issue(1, 10, ISSUE)], batch))
    assert (finding.code, finding.seq) == ("CW-8941", 3)


def two_transactions(second):
    return journal(
        opening(),
        [issue(1, 100, ISSUE)],
        [completed("T-1", "allocation", ISSUE, FIRM, 50, unit(1, 50, ISSUE, FIRM))],
        [second],
    )


def test_a_transaction_completed_twice():
    rows = two_transactions(completed("T-1", "transfer", FIRM, OTHER, 5, unit(1, 5, FIRM, OTHER)))
    finding = only(rows)
    assert (finding.code, finding.seq, finding.details) == ("CW-8942", 4, {"transaction_id": "T-1"})


@pytest.mark.parametrize(
    ("quantity_t", "units", "moved_t"),
    [
        (6, [unit(1, 5, FIRM, OTHER)], 5),
        (5, [unit(1, 5, FIRM, SINK)], 0),
        (5, [unit(1, 5, FIRM, OTHER), unit(6, 6, FIRM, OTHER)], 6),
        (5, [], 0),
        ("5", [unit(1, 5, FIRM, OTHER)], 5),
        (None, [unit(1, 5, FIRM, OTHER)], 5),
        (True, [unit(1, 1, FIRM, OTHER)], 1),
    ],
)
def test_a_quantity_that_differs_from_the_postings(quantity_t, units, moved_t):
    finding = only(two_transactions(completed("T-2", "transfer", FIRM, OTHER, quantity_t, *units)))
    assert (finding.code, finding.seq, finding.details["moved_t"]) == ("CW-8943", 4, moved_t)


def test_a_quantity_counts_held_units_of_the_source():
    rows = journal(
        opening(),
        [issue(1, 100, FIRM)],
        [moved(unit(1, 8, FIRM, f"{FIRM}#held:T-1"), name="TransactionProposed")],
        [completed("T-1", "transfer", FIRM, OTHER, 8, unit(1, 8, f"{FIRM}#held:T-1", OTHER))],
    )
    assert codes(rows) == []


def test_reversals():
    back = [unit(1, 50, FIRM, ISSUE)]
    sound = completed("T-2", "reverse", FIRM, ISSUE, 50, *back, reverses="T-1")
    assert codes(two_transactions(sound)) == []
    unknown = completed("T-2", "reverse", FIRM, ISSUE, 50, *back, reverses="T-9")
    assert codes(two_transactions(unknown)) == [("CW-8944", 4, 1)]
    itself = completed("T-2", "reverse", FIRM, ISSUE, 50, *back, reverses="T-2")
    assert codes(two_transactions(itself)) == [("CW-8944", 4, 1)]
    number = completed("T-2", "reverse", FIRM, ISSUE, 50, *back, reverses=7)
    assert codes(two_transactions(number)) == [("CW-8906", 4, 1)]
    twice = journal(
        opening(),
        [issue(1, 100, ISSUE)],
        [completed("T-1", "allocation", ISSUE, FIRM, 50, unit(1, 50, ISSUE, FIRM))],
        [completed("T-2", "reverse", FIRM, ISSUE, 50, *back, reverses="T-1")],
        [completed("T-3", "allocation", ISSUE, FIRM, 50, unit(1, 50, ISSUE, FIRM))],
        [completed("T-4", "reverse", FIRM, ISSUE, 50, *back, reverses="T-1")],
    )
    assert codes(twice) == [("CW-8945", 6, 1)]


# Many faults.


def test_findings_are_counted_beyond_the_limit():
    rows = journal(opening(), [moved(cash=[cash(1, FIRM, OTHER)]) for _ in range(30)])
    report = audit(rows, limit=7)
    assert len(report.findings) == 7
    assert report.findings_total == 30
    assert not report.ok
    assert report.as_dict()["findings"][0]["where"] == "row 2, event 1, cash 1"


def test_every_finding_speaks_both_languages():
    from capwright.audit import findings
    from capwright.kernel.refusal import RefusalCode

    for spec in vars(findings).values():
        if isinstance(spec, RefusalCode):
            assert spec.code.startswith("CW-89")
            assert spec.en.isascii()
            assert any("一" <= letter <= "鿿" for letter in spec.zh)
