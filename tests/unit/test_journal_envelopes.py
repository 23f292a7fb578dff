"""What travels with commands, and commands that are not what they say."""

from __future__ import annotations

import pytest

from capwright.journal import Engine, Envelope, MemoryStore, records
from capwright.journal.codec import market_codec
from capwright.market import Market
from capwright.registry.messages import RegisterHolder, SetReportingYears
from capwright.settlement.messages import DepositCash
from tests.worlds import ALPHA, opening


def test_a_time_beyond_the_last_vintage_is_refused_and_leaves_the_clock_alone():
    """Near the year 9999 no local date can be worked out, and the clock never goes back."""
    with Engine(MemoryStore(), Market) as engine:
        for at_ms in (-1, 7_289_654_400_000, 253_402_300_799_999, 2**63):
            outcome = engine.execute(opening(), f"x{at_ms}", "g", at_ms=at_ms)
            assert not outcome.ok
            assert (outcome.refusal.code, outcome.seq) == ("CW-8506", 0), at_ms
        assert engine.execute(opening(), "genesis", "g", at_ms=7_289_654_399_999).ok


@pytest.fixture
def engine():
    with Engine(MemoryStore(), Market) as made:
        assert made.execute(opening(), "genesis", "g", at_ms=1_000).ok
        yield made


@pytest.mark.parametrize(
    "command",
    [
        DepositCash(5, 5),
        DepositCash(ALPHA, 5.5),
        DepositCash(ALPHA, "5"),
        DepositCash(ALPHA, True),
        SetReportingYears(ALPHA, 2023.0),
        RegisterHolder("x"),
        None,
        5,
        "OpenAccount",
        object(),
        {"command": "AdvanceClock", "more": 1},
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_command_that_is_not_of_its_type_is_no_fault_of_the_market_and_not_journaled(engine, command):
    """Some stopped the writer, which then read the whole journal anew; some were journaled and unreadable."""
    outcome = engine.execute(command, "x", "olga", at_ms=2_000)
    assert (outcome.seq, outcome.refusal.code) == (0, "CW-8503")
    assert engine.head.seq == 1


@pytest.mark.parametrize(
    ("command_id", "actor", "at_ms", "code"),
    [
        (None, "olga", 1, "CW-8501"),
        (5, "olga", 1, "CW-8501"),
        ([], "olga", 1, "CW-8501"),
        (b"x", "olga", 1, "CW-8501"),
        ("\ud800", "olga", 1, "CW-8501"),
        ("x", None, 1, "CW-8504"),
        ("x", [], 1, "CW-8504"),
        ("x", "\ud800", 1, "CW-8504"),
        ("x", "olga", 2_000.5, "CW-8506"),
        ("x", "olga", "now", "CW-8506"),
        ("x", "olga", True, "CW-8506"),
    ],
)
def test_ids_actors_and_times_of_other_types_are_refused(engine, command_id, actor, at_ms, code):
    good = Envelope(DepositCash(ALPHA, 5), "good", "olga", 2_000)
    bad, fine = engine.run_batch([Envelope(DepositCash(ALPHA, 5), command_id, actor, at_ms), good])
    assert (bad.seq, bad.refusal.code) == (0, code)
    assert fine.seq == 2, "whoever else is in the batch does not suffer"
    assert engine.submit(DepositCash(ALPHA, 5), command_id, actor, at_ms).result(5).refusal.code == code


def test_every_command_in_the_journal_can_be_read_again(engine):
    engine.execute(DepositCash(ALPHA, 5), "x", "olga", at_ms=2_000)
    store = engine._store
    assert [type(market_codec().command(one.command)).__name__ for one in records(store)] == [
        "OpenMarket",
        "DepositCash",
    ]
