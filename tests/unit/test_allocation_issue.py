"""Pre-issue, true-up both ways, objections, and buying before receiving."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from capwright.allocation.entry import (
    NewProject,
    accept_refusal,
    auction_due_t,
    compulsory_due_t,
    compulsory_refusal,
    free_issue_refusal,
)
from capwright.allocation.issue import objection_open, objection_until, true_up, two_step
from capwright.kernel.calendar import WorkingCalendar
from tests.allocation_books import allocate, make_book, process, row


def book_2014():
    """GZETS 2014-08-18: A0 = Q_2013 × BM × d, A = A0 × Q_2014 / Q_2013; clinker 0.893, f = 0.97."""
    return make_book(
        process("clinker", "benchmark", benchmark=Decimal("0.893")),
        free_share="0.97",
        vintage=2014,
        pre_issue="previous_output",
    )


@pytest.mark.parametrize(
    ("output", "issue_t", "recall_t"),
    # f × A = 0.97 × 0.893 × Q = 0.86621 × Q; pre-issue 0.86621 × 1,000,000
    [(1_200_000, 173_242, 0), (900_000, 0, 86_621), (1_000_000, 0, 0)],
)
def test_two_step_allocation_settles_both_ways(output, issue_t, recall_t):
    done = allocate(book_2014(), row("clinker", 2013, 1_000_000), row("clinker", 2014, output))
    assert done.pre_issue.quantity_t == 866_210
    assert (done.true_up.issue_t, done.true_up.recall_t) == (issue_t, recall_t)
    assert done.pre_issue.basis == "previous_output"
    assert done.pre_issue.steps[0].formula == "A0 = Q_2013 × BM × d"


def test_two_step_wording_equals_the_direct_formula():
    first = Fraction(777_777) * Fraction("0.893") * Fraction("0.99")
    assert two_step(first, Fraction(654_321), Fraction(777_777)) == Fraction(654_321) * Fraction(
        "0.893"
    ) * Fraction("0.99")


def test_pre_issue_before_the_output_is_known():
    done = allocate(book_2014(), row("clinker", 2013, 1_000_000))
    assert done.quota is None
    assert done.true_up is None
    assert done.final_free_t == 866_210
    assert "awaits" in done.notes[0].text("en")


def test_last_approved_is_the_pre_issue_from_2019():
    book = make_book(
        process("a", "benchmark", benchmark=Decimal(1)),
        free_share="0.96",
        vintage=2022,
        pre_issue="last_approved",
    )
    done = allocate(book, row("a", 2022, 1_000, last_approved_t=1_000))
    assert (done.pre_issue.quantity_t, done.true_up.recall_t, done.true_up.delta_t) == (1_000, 40, -40)
    unknown = allocate(book, row("a", 2022, 1_000))
    assert unknown.pre_issue is None
    assert unknown.true_up is None
    assert "no true-up" in unknown.notes[0].text("en")
    stated = allocate(book, row("a", 2022, 1_000, last_approved_t=1_000, pre_issued_t=900))
    assert (stated.pre_issue.basis, stated.true_up.issue_t) == ("given", 60)


def test_newly_covered_firm_of_2023_starts_with_reported_emissions():
    book = make_book(
        process("tiles", "historical_intensity"),
        vintage=2023,
        base_years=(2022,),
        free_share="0.97",
        pre_issue="last_approved",
        new_entrant_pre_issue="reported_emissions",
    )
    done = allocate(
        book,
        row("tiles", 2022, 10_000, emissions_t=20_000, kind="newly_covered"),
        row("tiles", 2023, 9_000, kind="newly_covered"),
    )
    assert done.pre_issue.quantity_t == 20_000
    assert done.true_up.recall_t == 20_000 - 17_460  # 0.97 × 18,000


def test_true_up_of_nothing():
    assert (true_up(5, 5).issue_t, true_up(5, 5).recall_t) == (0, 0)


def test_objection_window_counts_working_days():
    """Published Thursday 2023-09-28; 29 September to 6 October is shut, 7 and 8 October are worked."""
    calendar = WorkingCalendar(
        holidays=frozenset([date(2023, 9, 29), *(date(2023, 10, day) for day in range(1, 7))]),
        extra_working_days=frozenset([date(2023, 10, 7), date(2023, 10, 8)]),
    )
    published = date(2023, 9, 28)
    assert objection_until(published, 5, calendar) == date(2023, 10, 11)
    assert objection_open(published, date(2023, 10, 11), 5, calendar)
    assert not objection_open(published, date(2023, 10, 12), 5, calendar)
    assert not objection_open(published, date(2023, 9, 27), 5, calendar)


def test_new_project_buys_first_half_of_it_by_auction():
    half = Decimal("0.5")
    project = NewProject(quota_t=100_001, free_t=90_000, stage="controlled")
    assert auction_due_t(project, half) == 5_001  # half of 10,001, rounded up
    assert free_issue_refusal(project, half).code == "CW-5040"
    otc = NewProject(
        quota_t=100_001, free_t=90_000, bought_auction_t=5_000, bought_other_t=5_001, stage="controlled"
    )
    assert free_issue_refusal(otc, half).code == "CW-5041"
    assert free_issue_refusal(otc, None) is None
    bought = NewProject(
        quota_t=100_001, free_t=90_000, bought_auction_t=5_001, bought_other_t=5_000, stage="approved"
    )
    assert accept_refusal(bought, half) is None
    assert free_issue_refusal(bought, half).code == "CW-5042"
    ready = NewProject(
        quota_t=100_001, free_t=90_000, bought_auction_t=5_001, bought_other_t=5_000, stage="controlled"
    )
    assert free_issue_refusal(ready, half) is None
    done = NewProject(
        quota_t=100_001, free_t=90_000, bought_auction_t=5_001, bought_other_t=5_000, stage="issued"
    )
    assert free_issue_refusal(done, half).code == "CW-5043"


def test_compulsory_purchase_of_2013_opens_the_free_part():
    assert compulsory_due_t(1_000_001, Decimal("0.03")) == 30_001
    assert compulsory_refusal(1_000_001, 30_000, Decimal("0.03")).details == {
        "bought_t": 30_000,
        "due_t": 30_001,
    }
    assert compulsory_refusal(1_000_001, 30_001, Decimal("0.03")) is None
    assert compulsory_refusal(1_000_001, 0, None) is None
