"""What the check digits promise: every number has one text, and one wrong digit is always seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.account_number import AccountNumber, parse_account_number
from capwright.kernel.refusal import Refused

numbers = st.builds(
    AccountNumber.of,
    country=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    type_number=st.integers(100, 999),
    identifier=st.integers(1, 10**15 - 1),
    period=st.integers(0, 99),
)


@given(numbers)
def test_what_is_printed_is_read_back(number):
    assert parse_account_number(str(number)) == number
    assert 2 <= number.check <= 98


@given(numbers, st.data())
def test_any_single_changed_digit_is_refused(number, data):
    text = str(number)
    at = data.draw(st.sampled_from([i for i, c in enumerate(text) if c.isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    with pytest.raises(Refused) as caught:
        parse_account_number(text[:at] + digit + text[at + 1 :])
    assert caught.value.refusal.code in {"CW-1001", "CW-1002"}


@given(numbers, st.data())
def test_any_single_changed_letter_is_refused(number, data):
    text = str(number)
    at = data.draw(st.sampled_from([0, 1]))
    letter = data.draw(st.sampled_from([c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c != text[at]]))
    with pytest.raises(Refused):
        parse_account_number(text[:at] + letter + text[at + 1 :])


@given(st.text())
def test_arbitrary_text_is_refused_or_round_trips(text):
    try:
        number = parse_account_number(text)
    except Refused:
        return
    assert str(number) == text
