"""What a shortfall costs, by hand from DECREE art. 36, regulation 775 and the EU's penalty."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from capwright.compliance.sanctions import assess, check_fine, mean_price_fen_per_t
from capwright.kernel.refusal import Refused
from capwright.scheme.compliance_rules import SanctionRules

GUANGDONG = SanctionRules(deduction_multiple=Decimal(2), fine_fen=5_000_000)
MEASURE_2021 = SanctionRules(
    deduction_multiple=Decimal(1), fine_least_fen=2_000_000, fine_most_fen=3_000_000, still_owed=False
)
REGULATION_775 = SanctionRules(
    deduction_multiple=Decimal(1),
    price_multiple_least=Decimal(5),
    price_multiple_most=Decimal(10),
    still_owed=False,
)
EU = SanctionRules(penalty_fen_per_t=10_000)


def test_guangdong_double_deduction_and_fifty_thousand():
    cost = assess(GUANGDONG, 1_234)
    assert cost.deduction_t == 2_468
    assert cost.fine_least_fen == cost.fine_most_fen == cost.least_fen == 50_000_00
    assert cost.still_owed_t == 1_234
    assert cost.citations == (
        "compliance.sanctions.deduction_multiple",
        "compliance.sanctions.fine_fen",
        "compliance.sanctions.still_owed",
    )


def test_the_measure_of_2021_names_a_range():
    cost = assess(MEASURE_2021, 1_000)
    assert (cost.deduction_t, cost.fine_least_fen, cost.fine_most_fen) == (1_000, 20_000_00, 30_000_00)
    assert cost.still_owed_t == 0
    assert cost.citations == (
        "compliance.sanctions.deduction_multiple",
        "compliance.sanctions.fine_least_fen",
        "compliance.sanctions.fine_most_fen",
        "compliance.sanctions.still_owed",
    )


def test_regulation_775_five_to_ten_times_the_value():
    # 1,000 t at 98.00 are 98,000.00; five times 490,000.00, ten times 980,000.00.
    cost = assess(REGULATION_775, 1_000, 98_00)
    assert (cost.fine_least_fen, cost.fine_most_fen, cost.deduction_t) == (490_000_00, 980_000_00, 1_000)
    assert "compliance.sanctions.price_multiple_most" in cost.citations


def test_the_exact_mean_is_rounded_once_at_the_end():
    # 3 t at 100/3 fen are 100 fen; rounding the price first would give 99.
    assert assess(REGULATION_775, 3, Fraction(100, 3)).fine_least_fen == 500
    # 1 t at 0.1 fen times five is half a fen: up.
    assert assess(REGULATION_775, 1, Fraction(1, 10)).fine_least_fen == 1


def test_without_a_price_it_cannot_be_assessed():
    with pytest.raises(Refused, match="CW-7060"):
        assess(REGULATION_775, 1)


def test_eu_penalty_per_tonne_and_still_owed():
    # EUR 100 a tonne.
    cost = assess(EU, 7)
    assert (cost.penalty_fen, cost.still_owed_t, cost.deduction_t) == (700_00, 7, 0)
    assert cost.least_fen == cost.most_fen == 700_00


def test_no_shortfall_no_sanction():
    cost = assess(REGULATION_775, 0)
    assert (cost.deduction_t, cost.most_fen, cost.still_owed_t, cost.citations) == (0, 0, 0, ())


def test_a_fractional_multiple_is_rounded_down():
    assert assess(SanctionRules(deduction_multiple=Decimal("1.5")), 3).deduction_t == 4


def test_an_open_range():
    assert assess(SanctionRules(fine_least_fen=100), 1).most_fen == 100
    assert assess(SanctionRules(fine_most_fen=100), 1).least_fen == 0
    upwards = assess(SanctionRules(price_multiple_least=Decimal(5)), 2, 10)
    assert (upwards.least_fen, upwards.most_fen) == (100, 100)
    assert "compliance.sanctions.price_multiple_most" not in upwards.citations


def test_a_fine_outside_the_range_is_refused():
    cost = assess(MEASURE_2021, 1)
    check_fine(cost, 2_000_000)
    check_fine(cost, 3_000_000)
    for fine in (1_999_999, 3_000_001):
        with pytest.raises(Refused, match="CW-7061"):
            check_fine(cost, fine)


def test_mean_price_of_the_month_before():
    deadline = date(2024, 12, 31)
    trades = [
        (date(2024, 11, 29), 1, 999_99),  # before the month
        (date(2024, 11, 30), 100, 10_000_00),
        (date(2024, 12, 30), 300, 33_000_00),
        (date(2024, 12, 31), 500, 1_00),  # the deadline itself
    ]
    assert mean_price_fen_per_t(trades, deadline) == Fraction(43_000_00, 400)


def test_mean_price_over_the_turn_of_the_year():
    trades = [(date(2023, 12, 15), 1, 50_00), (date(2023, 12, 14), 1, 90_00)]
    assert mean_price_fen_per_t(trades, date(2024, 1, 15)) == 5_000
    assert mean_price_fen_per_t([], date(2024, 1, 15)) is None
