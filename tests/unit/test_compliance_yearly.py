"""Per-year status: complied in time, late or short, against deadlines that moved; the published counts."""

from datetime import date
from fractions import Fraction

import pytest

from capwright.compliance.status import (
    Deadline,
    DutyRecord,
    YearlyCounts,
    YearlyStatus,
    count_yearly,
    static_status,
    yearly_status,
)

# Vintage 2023: 20 June moved to 31 July 2024.
DUE = Deadline(date(2024, 7, 31), date(2024, 6, 20))
JUNE, LAST_DAY, DAY_AFTER, SEPTEMBER = (
    date(2024, 6, 25),
    date(2024, 7, 31),
    date(2024, 8, 1),
    date(2024, 9, 10),
)


@pytest.mark.parametrize(
    ("surrenders", "as_of", "status"),
    [
        ([], JUNE, "PENDING"),
        ([], LAST_DAY, "PENDING"),
        ([], DAY_AFTER, "SHORT"),
        ([(JUNE, 100)], JUNE, "COMPLIED"),
        ([(JUNE, 100)], date(2024, 6, 24), "PENDING"),
        ([(LAST_DAY, 100)], SEPTEMBER, "COMPLIED"),
        ([(DAY_AFTER, 100)], LAST_DAY, "PENDING"),
        ([(DAY_AFTER, 100)], DAY_AFTER, "COMPLIED_LATE"),
        ([(JUNE, 99)], SEPTEMBER, "SHORT"),
        ([(JUNE, 99), (SEPTEMBER, 1)], SEPTEMBER, "COMPLIED_LATE"),
        ([(SEPTEMBER, 1), (JUNE, 99)], SEPTEMBER, "COMPLIED_LATE"),
        ([(JUNE, 150), (SEPTEMBER, -50)], SEPTEMBER, "COMPLIED"),
        ([(JUNE, 100), (DAY_AFTER, -1)], SEPTEMBER, "SHORT"),
        ([(JUNE, 100), (DAY_AFTER, -1), (SEPTEMBER, 1)], SEPTEMBER, "COMPLIED_LATE"),
        ([(JUNE, 100), (LAST_DAY, -1), (LAST_DAY, 1)], SEPTEMBER, "COMPLIED"),
        ([(JUNE, -5), (JUNE, 105)], SEPTEMBER, "COMPLIED"),
    ],
)
def test_status(surrenders, as_of, status):
    assert yearly_status(100, surrenders, DUE, as_of).status == status


def test_figures_of_a_late_firm():
    result = yearly_status(100, [(JUNE, 60), (SEPTEMBER, 45)], DUE, SEPTEMBER)
    assert (result.obligation_t, result.surrendered_t, result.surrendered_by_due_t) == (100, 105, 60)
    assert (result.shortfall_t, result.shortfall_at_due_t) == (0, 40)
    assert result.complied_on == SEPTEMBER
    assert result.deadline.moved
    assert result.deadline.due_on_original == date(2024, 6, 20)


def test_the_deadline_day_counts_for_what_was_lacking():
    result = yearly_status(100, [(LAST_DAY, 60), (DAY_AFTER, 10)], DUE, SEPTEMBER)
    assert (result.surrendered_by_due_t, result.shortfall_at_due_t, result.shortfall_t) == (60, 40, 30)


def test_the_original_date_does_not_judge():
    assert yearly_status(100, [(date(2024, 7, 30), 100)], DUE, SEPTEMBER).status == "COMPLIED"


def test_nothing_owed_is_complied_even_without_a_surrender():
    assert yearly_status(0, [], DUE, SEPTEMBER).status == "COMPLIED"
    assert yearly_status(0, [(SEPTEMBER, 5)], DUE, SEPTEMBER).status == "COMPLIED"


def test_a_deadline_without_an_original_did_not_move():
    assert not Deadline(LAST_DAY).moved
    assert not Deadline(LAST_DAY, LAST_DAY).moved


# Firms due, in time, late, for good; the quota-weighted rates are not recomputable.
PUBLISHED = [
    (2014, 184, 183, 1),
    (2017, 246, 245, 1),
    (2022, 200, 198, 2),
    (2023, 391, 389, 2),
]


@pytest.mark.parametrize(("vintage", "due", "on_time", "late"), PUBLISHED)
def test_published_counts(vintage, due, on_time, late):
    outcomes = [YearlyStatus.COMPLIED] * on_time + [YearlyStatus.COMPLIED_LATE] * late
    outcomes += [YearlyStatus.NOT_APPLICABLE, YearlyStatus.EXCLUDED]
    assert count_yearly(outcomes) == YearlyCounts(due=due, on_time=on_time, late=late)


def test_rate_of_vintage_2014_is_as_published():
    counts = count_yearly([YearlyStatus.COMPLIED] * 183 + [YearlyStatus.SHORT])
    assert counts.rate == Fraction(183, 184)
    assert f"{float(counts.rate):.2%}" == "99.46%"


def test_counts_name_every_duty():
    counts = count_yearly(list(YearlyStatus))
    assert counts == YearlyCounts(due=5, on_time=1, late=1, short=1, pending=1, not_reported=1)
    assert count_yearly([]).rate is None


def test_static_status_is_frozen_at_the_cut_off():
    # Opened on 1 April 2022 with first year 2021: C. Excluded two days later.
    opened = DutyRecord(2021, 2023)
    history = [(date(2022, 4, 1), opened), (date(2022, 4, 3), opened.with_exclusion(2021))]
    assert static_status(history, date(2022, 4, 2)) == "C"
    assert static_status(history, date(2022, 4, 4)) == "EXCLUDED"
    assert static_status(history, date(2022, 4, 1)) is None


def test_a_surrender_on_the_last_day_counts_and_a_later_one_does_not():
    reported = DutyRecord(2021).with_emissions(2021, 100, current_year=2022)
    history = [(date(2022, 4, 1), reported), (date(2022, 4, 30), reported.with_surrender(100))]
    assert static_status(history, date(2022, 5, 1)) == "A"
    late = [(date(2022, 4, 1), reported), (date(2022, 5, 1), reported.with_surrender(100))]
    assert static_status(late, date(2022, 5, 1)) == "B"


def test_of_two_records_of_one_day_the_later_in_line_counts():
    reported = DutyRecord(2021).with_emissions(2021, 100, current_year=2022)
    day = date(2022, 4, 1)
    assert static_status([(day, reported), (day, reported.with_surrender(100))], date(2022, 5, 1)) == "A"
