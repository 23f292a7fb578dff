"""Comparing the market's holdings with the auditor's, and the auditor's checks on itself."""

from __future__ import annotations

from capwright.audit import Replay, audit, compare_holdings
from capwright.audit.findings import Findings
from capwright.audit.shapes import decode_events
from capwright.audit.tiling import Place, Tiling
from capwright.kernel.serial import RangeSet
from tests.journal_rows import FIRM, ISSUE, OTHER, SERIES, cash, issue, journal, moved, opening, unit

ROWS = journal(
    opening(),
    [issue(1, 100, ISSUE)],
    [moved(unit(1, 30, ISSUE, FIRM), unit(51, 60, ISSUE, FIRM), cash=[cash(900, "bank", FIRM)])],
)


def differences(units, money):
    return [(f.code, f.details) for f in compare_holdings(audit(ROWS), units, money)]


def test_equal_holdings_as_range_sets_or_blocks():
    firm = RangeSet()
    firm.add(51, 60)
    firm.add(1, 30)
    market = {FIRM: {SERIES: firm}, ISSUE: {SERIES: [(31, 50), (61, 100)]}}
    assert differences(market, {"bank": -900, FIRM: 900}) == []
    # Blocks that touch are the same holdings; a place that holds nothing is no place.
    split = {FIRM: {SERIES: [(1, 10), (11, 30), (51, 60)]}, ISSUE: {SERIES: [(31, 50), (61, 100)]}, OTHER: {}}
    assert differences(split, {"bank": -900, FIRM: 900, OTHER: 0}) == []


def test_differing_serials_are_named():
    market = {
        FIRM: {SERIES: [(2, 30), (51, 65)]},
        ISSUE: {SERIES: [(31, 50), (61, 100)]},
        OTHER: {"X-1": [(1, 1)]},
    }
    there, gone = ("there", "在此"), ("not there", "不在此")

    def found(place, series, first, last, market, auditor):
        words = {"market": market[0], "market_zh": market[1], "auditor": auditor[0], "auditor_zh": auditor[1]}
        return "CW-8961", {"place": place, "series": series, "first": first, "last": last, **words}

    assert differences(market, {"bank": -900, FIRM: 900}) == [
        found(FIRM, SERIES, 1, 1, gone, there),
        found(FIRM, SERIES, 61, 65, there, gone),
        found(OTHER, "X-1", 1, 1, there, gone),
    ]


def test_a_place_that_the_market_forgot():
    found = differences({ISSUE: {SERIES: [(31, 50), (61, 100)]}}, {"bank": -900, FIRM: 900})
    assert [(d["place"], d["first"], d["last"]) for _, d in found] == [(FIRM, 1, 30), (FIRM, 51, 60)]


def test_differing_cash():
    market = {FIRM: {SERIES: [(1, 30), (51, 60)]}, ISSUE: {SERIES: [(31, 50), (61, 100)]}}
    assert differences(market, {FIRM: 900, OTHER: 1}) == [
        ("CW-8962", {"place": OTHER, "market_fen": 1, "auditor_fen": 0}),
        ("CW-8962", {"place": "bank", "market_fen": 0, "auditor_fen": -900}),
    ]


def test_the_auditor_notices_when_its_own_two_counts_or_the_cash_sum_differ():
    findings = Findings(10)
    replay = Replay(findings)
    for row in ROWS:
        for event in decode_events(row[5]):
            replay.apply(event)
    replay.check_end()
    assert findings.total == 0
    replay.places[FIRM].units_t += 1
    replay.places[FIRM].cash_fen -= 1
    replay.check_end()
    assert [f.code for f in findings.kept] == ["CW-8952", "CW-8922"]


def place(name):
    return Place(name, name, usable=True)


def test_a_tiling_of_many_blocks_keeps_order_over_its_chunks():
    a, b, c = place("a"), place("b"), place("c")
    tiling = Tiling()
    tiling.issue(10_000, a)
    for first in range(1, 10_000, 2):  # every other unit, one by one: 10,000 blocks
        assert tiling.give(first, first, a, b)
    assert len(tiling) == 10_000
    assert [(x, y, o.name) for x, y, o in tiling.blocks(4999, 5001)] == [
        (4999, 4999, "b"),
        (5000, 5000, "a"),
        (5001, 5001, "b"),
    ]
    assert not tiling.give(1, 2, b, c)  # 2 is not b's
    for first in range(2, 10_001, 2):
        assert tiling.give(first, first, a, b)
    assert [(x, y, o.name) for x, y, o in tiling.blocks()] == [(1, 10_000, "b")]


def test_memory_is_given_back_for_promises_that_ended():
    findings = Findings(10)
    replay = Replay(findings)
    batches = [opening(), [issue(1, 10, FIRM), moved(cash=[cash(10, "bank", FIRM)])]]
    for number in range(50):
        held = f"{FIRM}#held:{number}"
        batches.append([moved(unit(1, 5, FIRM, held), cash=[cash(5, FIRM, held)])])
        batches.append([moved(unit(1, 5, held, FIRM), cash=[cash(5, held, FIRM)])])
    for row in journal(*batches):
        for event in decode_events(row[5]):
            replay.apply(event)
    assert findings.total == 0
    assert sorted(replay.places) == sorted(["bank", FIRM])
    assert list(replay.accounts[FIRM].places) == [FIRM]
