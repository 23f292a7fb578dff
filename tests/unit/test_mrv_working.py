"""Numbers for the eye: what an explanation prints keeps its digits and loses its zeros."""

from decimal import Decimal

import pytest

from capwright.mrv.quality.finding import per_unit
from capwright.mrv.working import filled, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("468000.00", "468,000"),
        ("26452.05200", "26,452.052"),
        ("-5.50", "-5.5"),
        ("100", "100"),
        ("0E-10", "0"),
        ("0.000000012300", "0.0000000123"),
        ("1E+12", "1,000,000,000,000"),
        ("23.151183970000001", "23.15118397"),
        ("999999.99996", "1,000,000"),  # eleven digits
        ("-1E+300", "-1.000000000E+300"),
        ("123456789012345.4", "123,456,789,012,345"),  # a meter reading is not rounded to ten digits
    ],
)
def test_a_number_for_the_eye(value, text):
    assert shown(Decimal(value)) == text


def test_a_formula_with_numbers_has_no_trailing_zeros():
    assert filled("FC * (x - y)", {"FC": Decimal("2.50"), "x": Decimal("-1.0"), "y": Decimal(0)}) == (
        "2.5 × ((-1) - 0)"
    )


@pytest.mark.parametrize(
    ("unit", "under"), [("t", "/t"), ("MWh", "/MWh"), ("t*km", "/(t*km)"), ("10^4 Nm3", "/(10^4 Nm3)")]
)
def test_a_unit_under_a_stroke_has_brackets_where_it_needs_them(unit, under):
    assert per_unit(unit) == under
