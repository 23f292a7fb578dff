"""Account numbers against those of the UK registry's own tests (release 6.0.0) and a live EU account."""

import pytest

from capwright.kernel.account_number import AccountNumber, check_digits, parse_account_number
from capwright.kernel.refusal import Refused

VALID = """
UK-100-10000000-0-61 UK-100-10000001-0-56 UK-100-10000001-2-50 UK-100-10000003-2-40 UK-100-10000004-0-41
UK-100-10000014-2-82 UK-100-10000034-2-79 UK-100-10000050-0-5 UK-100-10000051-0-97 UK-100-10000068-2-6
UK-100-10000088-0-9 UK-100-10000993-2-37 UK-100-1003-2-76 UK-100-1006-3-58 UK-100-1010-0-47 UK-100-1016-0-17
UK-100-10455-0-61 UK-100-50001-2-11 UK-100-50002-2-6 UK-100-50012-2-53 UK-100-900000025-2-60
UK-100-900000140-2-67 UK-100-900000930-2-94 EU-100-5016813-0-69
""".split()  # noqa: SIM905 - a table is easier to compare with its source


@pytest.mark.parametrize("text", VALID)
def test_published_numbers_are_read_and_printed_unchanged(text):
    number = parse_account_number(text)
    assert str(number) == text
    country, type_number, identifier, period, check = text.split("-")
    assert check_digits(country, int(type_number), int(identifier), int(period)) == int(check)
    assert AccountNumber.of(country, int(type_number), int(identifier), int(period)) == number


@pytest.mark.parametrize("text", ["UK-100-10-2-14", "GB-100-10000002-2-99", "GB-100-12345-2-22"])
def test_published_invalid_numbers_are_refused(text):
    with pytest.raises(Refused) as caught:
        parse_account_number(text)
    assert caught.value.refusal.code == "CW-1002"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UK",
        "UK-100-10000000-0",
        "UK-100-10000000-0-61-1",
        "uk-100-10000000-0-61",
        " UK-100-10000000-0-61",
        "UK-100-10000000-0-61\n",
        "UK-0100-10000000-0-61",
        "UK-100-010000000-0-61",
        "UK-100-10000050-0-05",  # printed without the leading zero
        "UK-100-１0000000-0-61",  # a full-width digit
        "U1-100-10000000-0-61",
        "UK-100--10000000-0-61",
        "UK-100-0-0-61",
        "UK-100-" + "1" * 400 + "-0-61",
    ],
)
def test_other_forms_are_refused(text):
    with pytest.raises(Refused) as caught:
        parse_account_number(text)
    assert caught.value.refusal.code == "CW-1001"
    assert len(str(caught.value.refusal.details["text"])) <= 60


def test_the_refusals_speak_both_languages():
    with pytest.raises(Refused) as caught:
        parse_account_number("GB-100-12345-2-22")
    assert "GB-100-12345-2-22" in caught.value.refusal.message("en")
    assert "校验码" in caught.value.refusal.message("zh")


def test_check_digits_by_hand():
    # 1 | U=30 K=20 | 100 | 00 | 00 = 130201000000 → mod 97:
    # 130201000000 = 97 * 1342278350 + 50, so the check digits are 98 - 50 = 48.
    assert 97 * 1342278350 + 50 == 130201000000
    assert check_digits("UK", 100, 1, 0) == 48
