"""Tonnes, money and prices: integers inside, text at the edge.

Tonnes are whole tCO2e (`int`, suffix `_t`); money is in the hundredth of the scheme's currency (`int`, suffix
`_fen`); prices are fen per tonne (`_fen_per_t`). `float` never enters an official number.
"""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

from capwright.kernel.refusal import define, refuse

__all__ = [
    "MAX_FEN",
    "MAX_T",
    "currency_word",
    "floor_t",
    "format_money",
    "format_tonnes",
    "parse_money_fen",
    "parse_tonnes",
    "round_fen",
]

# Hundredths of each are what amounts are kept in.
_CURRENCIES: Final = {
    "CNY": "元", "EUR": "欧元", "GBP": "英镑", "USD": "美元", "HKD": "港元", "MOP": "澳门元", "TWD": "新台币",
    "SGD": "新加坡元", "AUD": "澳元", "NZD": "新西兰元", "CAD": "加元", "CHF": "瑞士法郎",
}  # fmt: skip

# Bounds on everything: the world emits about 6e10 t a year, and amounts must fit a signed 64-bit column.
MAX_T: Final = 10**12
MAX_FEN: Final = 10**17

BAD_TONNES = define(
    "CW-9101",
    en="'{text}' is not a quantity in whole tonnes.",
    zh="“{text}”不是整数吨。",
    mend_en="Write a whole number from {least} to 1,000,000,000,000, without decimals.",
    mend_zh="请填写{least}至1,000,000,000,000之间的整数，不带小数。",
    rule="design: integers inside",
)
BAD_MONEY = define(
    "CW-9102",
    en="'{text}' is not an amount of money with at most two decimals.",
    zh="“{text}”不是最多两位小数的金额。",
    mend_en="Write it like 1234.50.",
    mend_zh="请写成 1234.50 的形式。",
    rule="design: integers inside",
)

_TONNES = re.compile(r"-?(\d{1,13}|\d{1,3}(,\d{3}){1,4})")
_MONEY = re.compile(r"-?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,2})?")


def parse_tonnes(text: str, *, least: int = 0) -> int:
    """Read whole tonnes, thousands separators allowed; refuse fractions, less than `least`, absurd sizes."""
    bare = text.strip()
    if not _TONNES.fullmatch(bare) or not bare.isascii():
        refuse(BAD_TONNES, text=text[:40], least=least)
    value = int(bare.replace(",", ""))
    if not least <= value <= MAX_T:
        refuse(BAD_TONNES, text=text[:40], least=least)
    return value


def parse_money_fen(text: str) -> int:
    """Read an amount in currency units with at most two decimals and return it in fen."""
    bare = text.strip()
    if not _MONEY.fullmatch(bare) or not bare.isascii():
        refuse(BAD_MONEY, text=text[:40])
    value = int(Decimal(bare.replace(",", "")).scaleb(2))
    if abs(value) > MAX_FEN:
        refuse(BAD_MONEY, text=text[:40])
    return value


def format_tonnes(quantity_t: int) -> str:
    """Return tonnes with thousands separators; `parse_tonnes` reads it back."""
    return f"{quantity_t:,}"


def format_money(amount_fen: int) -> str:
    """Return fen as currency units with two decimals; `parse_money_fen` reads it back."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100:,}.{abs(amount_fen) % 100:02d}"


def currency_word(currency: str, lang: str = "en") -> str:
    """Return what an ISO 4217 code is called beside an amount: the code in English, the word in Chinese."""
    return _CURRENCIES.get(currency, currency) if lang == "zh" else currency


def floor_t(value: Decimal) -> int:
    """Round an exact tonnage down to whole tonnes (a default: no source gives the rounding)."""
    return int(value.to_integral_value(ROUND_FLOOR))


def round_fen(value: Decimal) -> int:
    """Round an exact amount of fen to the nearest fen, half up (the exchange's rounding)."""
    return int(value.to_integral_value(ROUND_HALF_UP))
