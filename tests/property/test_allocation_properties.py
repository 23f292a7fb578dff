"""What must hold for any figures: linear in activity, monotone in the benchmark, nothing lost in rounding."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from capwright.allocation.exits import exit_plan, split_parts
from capwright.allocation.issue import true_up, two_step
from capwright.allocation.working import decimal_of
from capwright.scheme.allocation_rules import ExitRules
from tests.allocation_books import allocate, make_book, process, row

tonnes = st.integers(min_value=0, max_value=10**9)
activity = st.decimals(min_value=0, max_value=10**8, places=3)
factor = st.decimals(min_value=0, max_value=20, places=4)
share = st.decimals(min_value=0, max_value=1, places=4)


def book(benchmark, free_share=Decimal("0.96"), **rules):
    return make_book(
        process("a", "benchmark", benchmark=benchmark, decline="0.99"), free_share=free_share, **rules
    )


@given(activity, st.integers(min_value=1, max_value=100), factor)
def test_linear_in_activity(output, times, benchmark):
    once = allocate(book(benchmark), row("a", 2021, output))
    many = allocate(book(benchmark), row("a", 2021, output * times))
    assert many.quota.total == once.quota.total * times


@given(activity, factor, factor)
def test_monotone_in_the_benchmark(output, low, high):
    low, high = sorted((low, high))
    less = allocate(book(low), row("a", 2021, output)).quota
    more = allocate(book(high), row("a", 2021, output)).quota
    assert less.free_t <= more.free_t
    assert less.approved_t <= more.approved_t


@given(st.lists(st.tuples(activity, factor), min_size=1, max_size=5), share)
def test_free_and_paid_make_the_whole_and_rounding_takes_less_than_a_tonne(units, free_share):
    rules = [process(f"p{at}", "benchmark", benchmark=benchmark) for at, (_, benchmark) in enumerate(units)]
    done = allocate(
        make_book(*rules, free_share=free_share),
        *(row(f"p{at}", 2021, output) for at, (output, _) in enumerate(units)),
    ).quota
    assert done.free_t + done.paid_t == done.approved_t
    assert done.paid_t >= 0
    assert 0 <= done.total_remainder < 1
    assert 0 <= done.free_remainder < 1
    exact = sum(Fraction(output) * Fraction(benchmark) for output, benchmark in units)
    assert done.approved_t == exact // 1
    assert done.free_t == exact * Fraction(free_share) // 1


@given(tonnes, tonnes)
def test_true_up_conserves(approved_free_t, pre_issued_t):
    settled = true_up(approved_free_t, pre_issued_t)
    assert pre_issued_t + settled.issue_t - settled.recall_t == approved_free_t
    assert min(settled.issue_t, settled.recall_t) == 0 <= settled.issue_t


@given(activity, activity, factor)
def test_pre_issue_and_delta_end_at_the_free_share(before, now, benchmark):
    assume(before > 0)
    done = allocate(book(benchmark, pre_issue="previous_output"), row("a", 2020, before), row("a", 2021, now))
    assert done.pre_issue.quantity_t + done.true_up.delta_t == done.quota.free_t
    first = done.pre_issue.steps[0].value
    again = two_step(Fraction(first), Fraction(now), Fraction(before))
    assert decimal_of(again) == done.quota.steps[0].value


@given(tonnes, st.integers(min_value=1, max_value=12))
def test_equal_parts_sum_exactly_and_differ_by_at_most_a_tonne(holding_t, count):
    parts = split_parts(holding_t, [Fraction(1, count)] * count)
    assert sum(parts) == holding_t
    assert max(parts) - min(parts) <= 1


@given(tonnes, st.booleans(), st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=4))
def test_a_leaver_loses_nothing(holding_t, captive, weights):
    whole = sum(weights) + 1
    rules = ExitRules(
        sectors=(), small_holding_t=5_000, release_fractions=tuple(f"{weight}/{whole}" for weight in weights)
    )
    plan = exit_plan(rules, holding_t, captive_plant=captive)
    assert sum(part.quantity_t for part in plan.parts) + plan.held_t == holding_t
    assert plan.held_t >= 0


@given(tonnes, st.integers(min_value=0, max_value=12), st.booleans())
def test_a_recall_never_takes_more_than_the_free_quota(emissions_t, months, closed):
    rules = make_book(process("a", "verified_emissions"), low_utilisation=Decimal("0.5"), stop_months=6)
    done = allocate(
        rules,
        row("a", 2021, emissions_t=emissions_t, closed=closed, stopped_months=months, abnormal_months=months),
    )
    assert (done.recall is not None) is (closed or months > 6)
    recalled_t = done.recall.quantity_t if done.recall else 0
    assert 0 <= done.final_free_t == done.quota.free_t - recalled_t
    if months == 12:
        assert done.final_free_t == 0
