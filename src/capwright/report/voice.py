"""One language at a time: words, numbers and dates as its readers write them. Integers in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.kernel.quantity import currency_word, format_money, format_tonnes

if TYPE_CHECKING:
    from datetime import date

    from capwright.report.shapes import Words

__all__ = ["LANGUAGES", "NONE", "Voice", "scaled"]

LANGUAGES: Final = ("zh", "en")
NONE: Final = "–"
_MINUS: Final = "\u2212"
_MILLION: Final = 10**6
_WAN: Final = 10**4
_YI: Final = 10**8
_FEN: Final = 100


def scaled(value: int, unit: int, decimals: int) -> str:
    """Return value / unit with thousands separators and so many decimals, rounded half up away from zero."""
    factor = 10**decimals
    whole = (abs(value) * factor * 2 + unit) // (unit * 2)
    sign = _MINUS if value < 0 and whole else ""
    text = f"{whole // factor:,}"
    return f"{sign}{text}.{whole % factor:0{decimals}d}" if decimals else f"{sign}{text}"


class Voice:
    """Speaks one language about money of one currency."""

    def __init__(self, lang: str, currency: str = "CNY") -> None:
        assert lang in LANGUAGES, lang
        self.lang = lang
        self.zh = lang == "zh"
        self.currency = currency_word(currency, lang)

    def say(self, en: str, zh: str) -> str:
        """The words in this language."""
        return zh if self.zh else en

    def of(self, words: Words) -> str:
        """The words in this language."""
        return words.zh if self.zh else words.en

    def many(self, count: int, one: str, more: str) -> str:
        """A count of things in English: 1 round, 20 rounds."""
        return f"{self.whole(count)} {one if count == 1 else more}"

    def tonnes(self, quantity_t: int) -> str:
        """Tonnes for reading: Mt in English, 万吨 or 亿吨 in Chinese; small ones whole."""
        size = abs(quantity_t)
        if self.zh:
            if size >= _YI:
                return f"{scaled(quantity_t, _YI, 2)}亿吨"
            return f"{scaled(quantity_t, _WAN, 2)}万吨" if size >= _WAN else f"{self.whole(quantity_t)}吨"
        return (
            f"{scaled(quantity_t, _MILLION, 2)}\u00a0Mt"
            if size >= _MILLION
            else f"{self.whole(quantity_t)}\u00a0t"
        )

    def money(self, amount_fen: int) -> str:
        """Money for reading: millions in English, 万 or 亿 in Chinese; small amounts whole."""
        size = abs(amount_fen) // _FEN
        if self.zh:
            if size >= _YI:
                return f"{scaled(amount_fen, _YI * _FEN, 2)}亿{self.currency}"
            if size >= _WAN:
                return f"{scaled(amount_fen, _WAN * _FEN, 2)}万{self.currency}"
            return f"{self.amount(amount_fen)}{self.currency}"
        if size >= _MILLION:
            return f"{self.currency} {scaled(amount_fen, _MILLION * _FEN, 2)} million"
        return f"{self.currency} {self.amount(amount_fen)}"

    @staticmethod
    def whole(value: int | None) -> str:
        """A whole number, exactly; a dash for none."""
        return NONE if value is None else format_tonnes(value).replace("-", _MINUS)

    @staticmethod
    def amount(amount_fen: int | None) -> str:
        """Money with two decimals, exactly; a dash for none."""
        return NONE if amount_fen is None else format_money(amount_fen).replace("-", _MINUS)

    @staticmethod
    def signed(value: int | None) -> str:
        """A difference with its sign."""
        return NONE if value is None else f"{'+' if value > 0 else ''}{Voice.whole(value)}"

    @staticmethod
    def percent(part: int, whole: int, decimals: int = 1) -> str:
        """A share; never shown as 100 or 0 when it is not."""
        if not whole:
            return NONE
        text = scaled(part * 100, whole, decimals)
        if part != whole and text == scaled(100, 1, decimals):
            text = f"> {scaled(10 ** (decimals + 2) - 1, 10**decimals, decimals)}"
        if part and text == scaled(0, 1, decimals):
            text = f"< {scaled(1, 10**decimals, decimals)}"
        return f"{text}%"

    def day(self, on: date | None) -> str:
        """A day."""
        return NONE if on is None else on.isoformat()

    def price(self, fen_per_t: int) -> str:
        """A price with its unit."""
        return f"{self.amount(fen_per_t)}{'' if self.zh else ' '}{self.price_unit()}"

    def price_unit(self) -> str:
        """Currency per tonne."""
        return self.say(f"{self.currency}/t", f"{self.currency}/吨")

    def yes(self, value: bool | None) -> str:  # noqa: FBT001 - a value, not an option
        """Yes, no, or a dash."""
        if value is None:
            return NONE
        return self.say("yes", "是") if value else self.say("no", "否")
