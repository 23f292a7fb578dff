"""Rules on a stream's twelve months: R11 (copied), R12 (gaps), R15 (slips), R16 (heaping), R20 (level)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from statistics import median
from typing import Final

from capwright.mrv.quality.facts import Facts, Kind, StreamFacts
from capwright.mrv.quality.finding import Finding, Severity, plain, round_digits
from capwright.mrv.quality.laboratory import lab_reports
from capwright.mrv.quality.measures import at_least, cusum, last_digits
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding
from capwright.mrv.records import MONTHS, Datum

__all__ = ["alike", "is_slip", "series"]

CARBON: Final[frozenset[Kind]] = frozenset({"carbon", "cc", "part"})
_FEWEST_SLIP: Final = 6
_FEWEST_CUSUM: Final = 10
_HEAPS: Final = frozenset({0, 5})
_HEAP_CHANCE: Final = 0.2
_FEWEST_HEAPED: Final = 4


def series(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    """R11, R12, R15 (within the year), R16 (heaping) and R20 on every stream."""
    for stream in facts.streams:
        yield from _copied(facts, stream, limits)
        yield from _gaps(facts, stream)
        yield from _documents(facts, stream)
        for datum in stream.stream.data:
            if datum.months:
                yield from _filled_in(facts, stream, datum, limits)
                yield from _slips(facts, stream, datum, limits)
                yield from _heaps(facts, stream, datum, limits)
        yield from _level(facts, stream, limits)


def alike(value: Decimal | None, digits: int) -> Decimal | None:
    """`value` rounded to so many significant digits; None where it is stated with fewer."""
    if not value or len(value.as_tuple().digits) < digits:
        return None
    return round_digits(value, digits)


def idle(stream: StreamFacts) -> set[int]:
    """The months in which nothing was used."""
    return {r.month for r in stream.readings if r.month and r.reported.get("amount") == 0}


def _copied(facts: Facts, stream: StreamFacts, limits: Thresholds) -> Iterator[Finding]:
    """R11 within a plant: months whose measured carbon agrees to four digits.

    Two months may agree by chance, which is worth a look; three, or two that agree in another measured
    property as well, do not.
    """
    digits, out = int(limits.same_digits), idle(stream)
    measured = [d for d in stream.stream.data if d.months and d.obtained == "measured"]
    for datum in measured:
        if stream.kinds.get(datum.symbol) not in CARBON:
            continue
        groups: defaultdict[Decimal, list[int]] = defaultdict(list)
        for month, value in enumerate(datum.months, 1):
            one = alike(value, digits)
            if one is not None and month not in out:
                groups[one].append(month)
        for value, months in groups.items():
            if len(months) > 1:
                others = [d for d in measured if d is not datum and _joint(stream, d, months, digits)]
                grave = bool(others) or len(months) >= limits.copied_months
                severity: Severity = "fail" if grave else "review"
                also = "".join(f" ({d.symbol} too)" for d in others)
                also_zh = "".join(f"（{d.symbol}也相同）" for d in others)
                named = ", ".join(map(str, months))
                yield finding(
                    "R11", severity, facts, stream, months[0],
                    observed=f"{plain(value)} {datum.unit}", limit=f"{digits} digits 位",
                    en=f"{datum.symbol} of the months {named} is the same to {digits} digits: "
                    f"{{observed}}{also}.",
                    zh=f"{named}月的{datum.symbol}前{digits}位有效数字相同：{{observed}}{also_zh}。",
                )  # fmt: skip


def _joint(stream: StreamFacts, datum: Datum, months: list[int], digits: int) -> bool:
    """Whether two of the months agree in this property as well, to the last digit stated."""
    if not stream.kinds.get(datum.symbol):
        return False
    values = (datum.months[month - 1] for month in months)
    found = [value for value in values if value and len(value.as_tuple().digits) >= digits]
    return any(a == b for a, b in combinations(found, 2))


def _gaps(facts: Facts, stream: StreamFacts) -> Iterator[Finding]:
    """R12: months that are missing, figures that are no measurements, years where months are due."""
    for datum in stream.stream.data:
        symbol = stream.component.symbol(datum.symbol)
        if symbol is None or symbol.role == "factor":
            continue
        missing = [month for month, value in enumerate(datum.months, 1) if value is None]
        activity = symbol.role == "activity"
        if missing:
            named = ", ".join(map(str, missing))
            yield finding(
                "R12", "fail" if activity else "warn", facts, stream, missing[0],
                observed=named, limit=str(MONTHS),
                en=f"{datum.symbol} is missing in month {{observed}}"
                + ("." if activity else "; the default was used."),
                zh=f"{datum.symbol}缺少{{observed}}月的数据" + ("。" if activity else "，已取缺省值。"),
            )  # fmt: skip
        if datum.obtained in {"default", "estimated"}:
            chinese = {"default": "缺省值", "estimated": "估算值"}[datum.obtained]
            yield finding(
                "R12", "warn", facts, stream, observed=datum.obtained, limit="measured 实测",
                en=f"{datum.symbol} is not measured: {{observed}}.",
                zh=f"{datum.symbol}不是实测值，而是{chinese}。",
            )  # fmt: skip
        if activity and not datum.months and stream.component.per == "month":
            yield finding(
                "R12", "warn", facts, stream, observed="1", limit=str(MONTHS),
                en=f"{datum.symbol} is given for the year only; the method works month by month.",
                zh=f"{datum.symbol}仅填报全年值，而方法按月核算。",
            )  # fmt: skip
    if stream.family == "coal" and CARBON & set(stream.kinds.values()) and stream.amount:
        known = {kind for reading in stream.readings for kind in reading.reported}
        if not CARBON & known:
            yield finding(
                "R12", "review", facts, stream, observed="default 缺省", limit="measured 实测",
                en="The carbon of the coal is not measured at all; the default was used.",
                zh="未实测燃煤元素碳，全年采用缺省值。",
            )  # fmt: skip


def _documents(facts: Facts, stream: StreamFacts) -> Iterator[Finding]:
    """R12: laboratory reports for some months and not for others."""
    have = {report.month for report in lab_reports(stream) if report.month}
    used = {reading.month for reading in stream.readings if reading.month} - idle(stream)
    missing = sorted(used - have)
    if have and missing:
        yield finding(
            "R12", "review", facts, stream, missing[0], observed=", ".join(map(str, missing)),
            limit=str(len(used)),
            en="There are laboratory reports, but none for month {observed}.",
            zh="缺少{observed}月的检测报告。",
        )  # fmt: skip


def _filled_in(facts: Facts, stream: StreamFacts, datum: Datum, limits: Thresholds) -> Iterator[Finding]:
    """R12: a month that is exactly the mean of its neighbours looks filled in afterwards."""
    if datum.obtained != "measured":
        return
    values = datum.months
    for month in range(1, MONTHS - 1):
        before, value, after = values[month - 1], values[month], values[month + 1]
        if value is None or before is None or after is None or before == after:
            continue
        if len(value.as_tuple().digits) >= limits.same_digits and 2 * value == before + after:
            yield finding(
                "R12", "review", facts, stream, month + 1, observed=plain(value), limit="-",
                en=f"{datum.symbol} is exactly the mean of the months beside it: {{observed}}.",
                zh=f"{datum.symbol}恰为前后两月的平均值：{{observed}}。",
            )  # fmt: skip


def is_slip(log_ratio: float, limits: Thresholds) -> bool:
    """Whether a log10 ratio lies near 3 or 4, up or down."""
    return any(abs(abs(log_ratio) - size) <= float(limits.slip_width) for size in (3, 4))


def _slips(facts: Facts, stream: StreamFacts, datum: Datum, limits: Thresholds) -> Iterator[Finding]:
    """R15 within a year: a month a thousand times its fellows.

    A small amount may be real (a standby month), so an activity far below is for review only.
    """
    known = {month: float(value) for month, value in enumerate(datum.months, 1) if value and value > 0}
    if len(known) < _FEWEST_SLIP:
        return
    middle = median(known.values())
    symbol = stream.component.symbol(datum.symbol)
    activity = symbol is not None and symbol.role == "activity"
    for month, value in known.items():
        ratio = math.log10(value / middle)
        if is_slip(ratio, limits):
            yield finding(
                "R15", "review" if activity and ratio < 0 else "fail", facts, stream, month,
                observed=f"10^{ratio:.2f}", limit=f"10^±3, 10^±4 (±{limits.slip_width})",
                en=f"{datum.symbol} is {{observed}} times the middle of the year's months: slip of the unit?",
                zh=f"{datum.symbol}为全年各月中位数的{{observed}}倍，疑为单位差错。",
            )  # fmt: skip


def _heaps(facts: Facts, stream: StreamFacts, datum: Datum, limits: Thresholds) -> Iterator[Finding]:
    """R16 within a year: last digits 0 and 5 more often than chance gives."""
    values = [value for value in datum.months if value]
    if datum.obtained != "measured" or len(values) < limits.heaping_values:
        return
    if len(set(values)) < _FEWEST_HEAPED:
        return  # a series that hardly changes is not a dozen draws
    digits = last_digits(values)
    hits = sum(digit in _HEAPS for digit in digits)
    chance = at_least(hits, len(digits), _HEAP_CHANCE)
    if chance < limits.heaping_chance:
        yield finding(
            "R16", "warn", facts, stream, observed=f"{hits}/{len(digits)}",
            limit=f"p < {limits.heaping_chance}",
            en=f"{{observed}} months of {datum.symbol} end in 0 or 5 (chance {chance:.1e}): invented?",
            zh=f"{datum.symbol}有{{observed}}个月末位为0或5（偶然概率{chance:.1e}），"
            "疑为取整或编造。",
        )  # fmt: skip


def _level(facts: Facts, stream: StreamFacts, limits: Thresholds) -> Iterator[Finding]:
    """R20: a change of level in monthly carbon."""
    out = idle(stream)
    kind = next((k for k in ("carbon", "cc", "part") if any(k in r.reported for r in stream.readings)), None)
    if kind is None:
        return
    found = [(r.month, float(r.reported[kind])) for r in stream.readings if kind in r.reported and r.month]
    found = [(month, value) for month, value in found if month not in out]
    if len(found) < _FEWEST_CUSUM:
        return
    score, place = cusum([value for _, value in found])
    if score > limits.cusum:
        yield finding(
            "R20", "review", facts, stream, found[place - 1][0], observed=f"{score:.2f}",
            limit=str(limits.cusum),
            en=f"The coal's or fuel's carbon changes its level after month {found[place - 1][0]} "
            "(cumulative sum {observed}, {limit} is the limit).",
            zh=f"碳含量在{found[place - 1][0]}月后发生水平变化（累积和统计量{{observed}}，限值{{limit}}）。",
        )  # fmt: skip
