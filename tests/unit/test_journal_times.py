"""Times that come with commands."""

from __future__ import annotations

from capwright.journal import Engine, MemoryStore
from capwright.market import Market
from tests.worlds import opening


def test_a_time_beyond_the_last_vintage_is_refused_and_leaves_the_clock_alone():
    """Near the year 9999 no local date can be worked out, and the clock never goes back."""
    with Engine(MemoryStore(), Market) as engine:
        for at_ms in (-1, 7_289_654_400_000, 253_402_300_799_999, 2**63):
            outcome = engine.execute(opening(), f"x{at_ms}", "g", at_ms=at_ms)
            assert not outcome.ok
            assert (outcome.refusal.code, outcome.seq) == ("CW-8506", 0), at_ms
        assert engine.execute(opening(), "genesis", "g", at_ms=7_289_654_399_999).ok
