"""Tonnes and money: what is read, what is refused, and that printing can be read back."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.quantity import (
    MAX_FEN,
    MAX_T,
    floor_t,
    format_money,
    format_tonnes,
    parse_money_fen,
    parse_tonnes,
    round_fen,
)
from capwright.kernel.refusal import Refused


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("1", 1), (" 12 ", 12), ("1,234", 1234), ("1,000,000,000,000", 10**12), ("007", 7)],
)
def test_tonnes_are_read(text, value):
    assert parse_tonnes(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1.0", "1.5", "1e3", "0x10", "-1", "--1", "+1", "1_000", "1,23", "1,2345", ",123", "1 000",
     "1000000000001", "9" * 30, "１２", "٣", "NaN", "Infinity", "1\n2", "12t"],
)  # fmt: skip
def test_what_is_no_whole_number_of_tonnes_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_tonnes(text)
    assert refused.value.refusal.code == "CW-9101"


def test_the_least_quantity_is_the_callers():
    assert parse_tonnes("-5", least=-10) == -5
    assert parse_tonnes("1", least=1) == 1
    for text, least in (("0", 1), ("-11", -10)):
        with pytest.raises(Refused):
            parse_tonnes(text, least=least)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("1", 100), ("1.5", 150), ("1.05", 105), ("-0.01", -1), ("1,234.50", 123_450), ("28.10", 2810),
     ("815,460,455", 81_546_045_500), ("999999999999999.99", 99_999_999_999_999_999)],
)  # fmt: skip
def test_money_is_read_to_the_fen(text, fen):
    assert parse_money_fen(text) == fen


@pytest.mark.parametrize(
    "text", ["", ".5", "1.", "1.005", "1,5", "1e2", "￥5", "5元", "1.2.3", "1000000000000001", "9" * 40, "-"]
)
def test_what_is_no_amount_of_money_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_money_fen(text)
    assert refused.value.refusal.code == "CW-9102"


def test_a_refused_text_is_not_repeated_at_length():
    with pytest.raises(Refused) as refused:
        parse_tonnes("7" * 10_000)
    assert len(refused.value.refusal.details["text"]) <= 40


def test_printing():
    assert format_tonnes(1_234_567) == "1,234,567"
    assert format_tonnes(-5) == "-5"
    assert format_money(1_478_613_500) == "14,786,135.00"  # Guangdong, 27 March 2015: 422,461 t at 35
    assert format_money(-5) == "-0.05"
    assert format_money(0) == "0.00"


@given(st.integers(0, MAX_T))
def test_tonnes_print_and_read_back(value):
    assert parse_tonnes(format_tonnes(value)) == value


@given(st.integers(-MAX_FEN, MAX_FEN))
def test_money_prints_and_reads_back(value):
    if abs(value) < 10**17:  # the largest amount has one digit more than can be typed
        assert parse_money_fen(format_money(value)) == value


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_tonnes, parse_money_fen):
        with contextlib.suppress(Refused):
            assert isinstance(parse(text), int)


@pytest.mark.parametrize(("value", "down"), [("0.9", 0), ("1", 1), ("1.999", 1), ("-0.1", -1)])
def test_whole_tonnes_are_rounded_down(value, down):
    assert floor_t(Decimal(value)) == down


@pytest.mark.parametrize(("value", "fen"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999", 2), ("-0.5", -1)])
def test_fen_are_rounded_half_up(value, fen):
    assert round_fen(Decimal(value)) == fen
