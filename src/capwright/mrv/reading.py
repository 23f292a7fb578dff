"""Reported data made ready for formulas: figures taken apart, units converted, bounds held."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import Refused, define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.kernel.unit import convert, summed, unit
from capwright.mrv.method import Symbol
from capwright.mrv.records import MONTHS, Datum
from capwright.mrv.working import shown

__all__ = ["Series", "check_bounds", "check_known", "read_datum"]

UNKNOWN_PART = define(
    "CW-5241",
    en="{where}: the method has no {what} '{name}'.",
    zh="{where}：方法中没有{what_zh}“{name}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="the method's definition",
)
TWICE = define(
    "CW-5242",
    en="{where}: '{name}' is given twice.",
    zh="{where}：“{name}”重复填报。",
    mend_en="Keep one.",
    mend_zh="请只保留一个。",
    rule="design: one clear message for bad input",
)
IMPOSSIBLE = define(
    "CW-5243",
    en="{where}: {symbol} = {value} {unit} is not possible: {least} to {most} is.",
    zh="{where}：{symbol} = {value} {unit} 不可能，应在{least}至{most}之间。",
    mend_en="Look at the unit ({unit}): a percentage is written with the unit %, 10^4 Nm3 is not Nm3.",
    mend_zh="请核对单位（{unit}）：百分数的单位写 %，10^4 Nm3 与 Nm3 不同。",
    rule="the method's bounds",
)
NOT_A_NUMBER = define(
    "CW-5244",
    en="{where}: '{value}' is not a figure.",
    zh="{where}：“{value}”不是有效数值。",
    mend_en="Give a plain number of at most 30 digits.",
    mend_zh="请填写不超过30位的普通数字。",
    rule="design: bound everything",
)
VALUE_OR_MONTHS = define(
    "CW-5245",
    en="{where}: give either one value for the year or twelve months.",
    zh="{where}：请填写全年值，或填写十二个月的值，二者择一。",
    rule="GD-2021: monthly records",
)
MONTHS_MISSING = define(
    "CW-5246",
    en="{where}: {symbol} is missing in month {months}.",
    zh="{where}：{symbol}缺少{months}月的数据。",
    mend_en="Give every month, 0 where nothing was used; the method has no default for it.",
    mend_zh="请逐月填报，未使用的月份填0；该参数没有缺省值。",
    rule="the method's gap rule",
)
BAD_DATUM = define(
    "CW-5255",
    en="{where}: {reason}",
    zh="{where}：填报有误，{reason_zh}",
    rule="design: conversions only through declared units",
)

# The parts of a method by name.
PARTS_ZH: Final = {"component": "组件", "item": "品种", "symbol": "参数", "output": "产出"}
_MOST_DIGITS: Final = 30
ZERO: Final = Decimal(0)


class Series(Struct, frozen=True):
    """A datum in the symbol's unit: a value for the year or twelve months."""

    datum: Datum
    value: Decimal | None
    months: tuple[Decimal | None, ...]

    def summed(self) -> Decimal:
        """The year's amount: as given, or the months together; a missing month counts as nothing."""
        return self.value if self.value is not None else summed(value or ZERO for value in self.months)


def check_known(what: str, where: str, name: str, known: Iterable[str]) -> None:
    """Refuse (CW-5241) a name that the method does not have; `what` says of what it is the name."""
    names = list(known)
    if name not in names:
        refuse(
            UNKNOWN_PART, where=where, what=what, what_zh=PARTS_ZH[what], name=name[:60],
            known=", ".join(names)[:600],
        )  # fmt: skip


def read_datum(datum: Datum, wanted: str, symbol: Symbol | None, where: str, per: str = "") -> Series:
    """A datum in the wanted unit; refuses what is no figure or not possible."""
    place = f"{where}/{datum.symbol}"
    check_text("note", datum.note, MAX_REASON, least=0)
    if (datum.value is None) == (not datum.months):
        refuse(VALUE_OR_MONTHS, where=place)
    if datum.months and len(datum.months) != MONTHS:
        refuse(VALUE_OR_MONTHS, where=place)
    try:
        given, target = unit(datum.unit), unit(wanted)
        value = None if datum.value is None else convert(_figure(datum.value, place), given, target)
        months = tuple(
            None if value is None else convert(_figure(value, place), given, target) for value in datum.months
        )
    except Refused as refused:
        if "where" in refused.refusal.details:
            raise
        refuse(
            BAD_DATUM, where=place, reason=refused.refusal.message(), reason_zh=refused.refusal.message("zh")
        )
    for one in (value, *months):
        if one is not None:
            if symbol is not None:
                check_bounds(symbol, one, wanted, where, per)
            elif one < 0:
                refuse(
                    IMPOSSIBLE,
                    where=place,
                    symbol=datum.symbol,
                    value=shown(one),
                    unit=wanted,
                    least=0,
                    most="∞",
                )
    return Series(datum, value, months)


def _figure(value: Decimal, where: str) -> Decimal:
    sign, digits, exponent = value.as_tuple()
    if (
        not isinstance(exponent, int)
        or len(digits) > _MOST_DIGITS
        or not -_MOST_DIGITS <= exponent <= _MOST_DIGITS
    ):
        refuse(NOT_A_NUMBER, where=where, value=str(value)[:40])
    return value if not sign or value else ZERO


def check_bounds(symbol: Symbol, value: Decimal, text: str, where: str, per: str = "") -> None:
    """Refuse (CW-5243) what the method holds for impossible; without a bound, what is below zero."""
    least = symbol.least_per.get(per, ZERO if symbol.least is None else symbol.least)
    highest = symbol.most_per.get(per, symbol.most)
    if value < least or (highest is not None and value > highest):
        most = "∞" if highest is None else shown(highest)
        refuse(
            IMPOSSIBLE, where=where, symbol=symbol.code, value=shown(value), unit=text, least=shown(least),
            most=most,
        )  # fmt: skip
