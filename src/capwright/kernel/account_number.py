"""Account numbers CC-TTT-ID-P-DD with their check digits, as the UK, EU and UNFCCC registries print them.

CC is the country, TTT the account type, ID the account's own number, P the commitment period (0 where there
is none) and DD the two check digits, printed without a leading zero.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse

__all__ = ["PATTERN", "AccountNumber", "check_digits", "parse_account_number"]

_RULE: Final = "UK registry source 6.0.0, account number; UNFCCC DES annex F"
BAD_FORM = define(
    "CW-1001",
    en="'{text}' is not an account number.",
    zh="“{text}”不是账户号码。",
    mend_en="Write it like UK-100-10000000-0-61: country, type, number, period, check digits.",
    mend_zh="请写成 UK-100-10000000-0-61 的形式：国家、类型、编号、周期、校验码。",
    rule=_RULE,
)
BAD_CHECK_DIGITS = define(
    "CW-1002",
    en="The check digits of account number '{text}' do not fit.",
    zh="账户号码“{text}”的校验码不符。",
    mend_en="Compare it with the account statement: a digit is mistyped.",
    mend_zh="请与账户对账单核对：某一位数字有误。",
    rule=_RULE,
)

_MODULUS: Final = 97
_LETTER_BASE: Final = 55  # A is 10, Z is 35: the letter's ASCII code less 55
_MAX_TYPE: Final = 999
_MAX_PERIOD: Final = 99
# No part has leading zeros (DES: identifier parts are joined without them), so each number has one text.
_PARTS: Final = ("[A-Z]{2}", "[1-9][0-9]{2}", "[1-9][0-9]{0,14}", "(?:0|[1-9][0-9]?)", "[1-9][0-9]?")
PATTERN: Final = "-".join(_PARTS)  # of a number inside a text, for `re`
_FORM: Final = re.compile("-".join(f"({part})" for part in _PARTS), flags=re.ASCII)


class AccountNumber(Struct, frozen=True, order=True, gc=False):
    """One account number. Made by `of` or `parse_account_number`, so its check digits always fit."""

    country: str
    type_number: int
    identifier: int
    period: int
    check: int

    @classmethod
    def of(cls, country: str, type_number: int, identifier: int, period: int = 0) -> AccountNumber:
        """Give an account its number, check digits included."""
        check = check_digits(country, type_number, identifier, period)
        return cls(country, type_number, identifier, period, check)

    def __str__(self) -> str:
        return f"{self.country}-{self.type_number}-{self.identifier}-{self.period}-{self.check}"


def check_digits(country: str, type_number: int, identifier: int, period: int) -> int:
    """Return the check digits, 2 to 98 (ISO 7064 MOD 97-10 over the parts in the registries' order).

    The parts must be in range: two capital letters, type 1 to 999, identifier from 1, period 0 to 99.
    """
    assert re.fullmatch(r"[A-Z]{2}", country), country
    assert 0 < type_number <= _MAX_TYPE, type_number
    assert identifier > 0, identifier
    assert 0 <= period <= _MAX_PERIOD, period
    return _MODULUS + 1 - _value(country, type_number, identifier, period, 0) % _MODULUS


def parse_account_number(text: str) -> AccountNumber:
    """Read an account number strictly; refuse CW-1001 on a bad form, CW-1002 on wrong check digits."""
    form = _FORM.fullmatch(text)
    if form is None:
        refuse(BAD_FORM, text=text[:60])
    country = form[1]
    type_number, identifier, period, check = (int(part) for part in form.groups()[1:])
    if _value(country, type_number, identifier, period, check) % _MODULUS != 1:
        refuse(BAD_CHECK_DIGITS, text=text)
    return AccountNumber(country, type_number, identifier, period, check)


def _value(country: str, type_number: int, identifier: int, period: int, check: int) -> int:
    """The number as one integer: identifier, letters as two digits each, type, period and check digits."""
    letters = "".join(str(ord(letter) - _LETTER_BASE) for letter in country)
    return int(f"{identifier}{letters}{type_number:03d}{period:02d}{check:02d}")
