"""Sanctions at the edge of what can be booked; figures by hand."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from capwright.compliance.duties import Duties
from capwright.compliance.judging import Judging
from capwright.compliance.messages import ImposeSanction
from capwright.compliance.state import ComplianceState, DutyYear, Judgement
from capwright.kernel.refusal import Refused
from capwright.ledger.book import Book
from capwright.ledger.room import Request
from capwright.scheme.loader import load_scheme

RULES = load_scheme("china-national-2024").body.compliance
REQUEST = Request("c1", "ann", 0)


def judging(short_t: int, price_fen: int) -> Judging:
    """A firm that lacked `short_t`, and one trade at `price_fen` the day before the deadline."""
    state = ComplianceState()
    judged = Judgement("SHORT", RULES.surrender_due_on, short_t, 0, short_t, short_t)
    state.duties["F"] = {2024: DutyYear(emissions_t=short_t, owed_t=short_t, judgement=judged)}
    rulebook = SimpleNamespace(vintage=lambda _year: SimpleNamespace(section=lambda _name: RULES))
    trade: tuple[date, int, int] = (RULES.surrender_due_on - timedelta(days=1), 1, price_fen)
    return Judging(Duties(state), Book(), rulebook, lambda: [trade])


def test_the_fine_is_five_to_ten_times_the_value_of_what_is_lacking():
    (event,) = judging(100, 80_00).impose(REQUEST, ImposeSanction("F", 2024))
    # Regulation 775: 100 t × 80.00 × 5 = 40,000.00 and an equal cut.
    assert (event.shortfall_t, event.fine_fen, event.deduct_t) == (100, 4_000_000, 100)


def test_a_fine_that_no_book_could_hold_is_refused():
    with pytest.raises(Refused) as refused:
        judging(10**9, 10**15).impose(REQUEST, ImposeSanction("F", 2024))
    assert refused.value.refusal.code == "CW-7062"
