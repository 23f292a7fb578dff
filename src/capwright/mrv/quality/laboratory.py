"""R10: the laboratory's reports: dates in order, numbers unique, accredited, sealed.

After the cases of 2022: one batch of samples dressed up as twelve months, with dates and numbers edited.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, date, timedelta
from itertools import pairwise
from typing import Final

from capwright.mrv.quality.facts import Facts, StreamFacts
from capwright.mrv.quality.finding import Finding
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding
from capwright.mrv.records import MONTHS, Evidence

__all__ = ["lab_reports", "laboratory"]

_TAIL: Final = re.compile(r"(.*?)(\d+)")
_FEWEST_NUMBERS: Final = 3
_MONTHS: Final = range(1, MONTHS + 1)


def lab_reports(stream: StreamFacts) -> tuple[Evidence, ...]:
    """The laboratory reports behind a stream, each once."""
    found = (e for datum in stream.stream.data for e in datum.evidence if e.kind == "lab")
    return tuple(dict.fromkeys(found))


def laboratory(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    """R10 on every laboratory report of a filing."""
    for stream in facts.streams:
        reports = lab_reports(stream)
        for report in reports:
            yield from _dates(facts, stream, report, limits)
            if report.accredited is False:
                yield _one(facts, stream, report, "-", "accredited 有资质", (
                    "The laboratory is not accredited for what it tested.", "检测机构不具备该参数的检测资质。"
                ))  # fmt: skip
        yield from _one_day(facts, stream, reports)
        yield from _number_order(facts, stream, reports)
    yield from _numbers(facts)
    for sample in facts.companion.lab:
        if sample.sealed is False:
            yield finding(
                "R10", "fail", facts, facts.find(sample.stream), sample.month,
                observed="-", limit="seal and code 印章、二维码",
                evidence=(sample.number,) if sample.number else (),
                en="The laboratory's report bears no seal or no code to check it with.",
                zh="检测报告缺少印章或防伪二维码。",
            )  # fmt: skip


def _one(
    facts: Facts, stream: StreamFacts, report: Evidence, observed: str, limit: str, words: tuple[str, str]
) -> Finding:
    return finding(
        "R10", "fail", facts, stream, report.month,
        observed=observed, limit=limit, en=words[0], zh=words[1], evidence=(report.number or report.sha256,),
    )  # fmt: skip


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _dates(facts: Facts, stream: StreamFacts, report: Evidence, limits: Thresholds) -> Iterator[Finding]:
    texts = report.sampled_on, report.tested_on, report.reported_on
    for text in texts:
        if text and _date(text) is None:
            yield _one(facts, stream, report, text[:40], "YYYY-MM-DD", (
                "{observed} is no date.", "“{observed}”不是有效日期。"
            ))  # fmt: skip
    steps = [(words, day) for words, day in zip(_STEPS, map(_date, texts), strict=True) if day is not None]
    dated = report.month in _MONTHS and MINYEAR <= facts.report.year < MAXYEAR
    first = date(facts.report.year, report.month, 1) if dated else None
    if first is not None:
        steps.insert(0, (_MONTH, first))
    for (before, earlier), (after, later) in pairwise(steps):
        if later < earlier:
            yield _one(facts, stream, report, later.isoformat(), earlier.isoformat(), (
                f"{after[0]} on {{observed}}, before {before[0]} on {{limit}}.",
                f"{after[1]}（{{observed}}）早于{before[1]}（{{limit}}）。",
            ))  # fmt: skip
    tested = _date(report.tested_on)
    if first is not None and tested is not None:
        latest = _month_end(facts.report.year, report.month) + timedelta(days=int(limits.lab_days))
        if tested > latest:
            yield _one(facts, stream, report, tested.isoformat(), latest.isoformat(), (
                "Tested on {observed}, after {limit}: too long after the month.",
                "检测日期{observed}晚于{limit}，距当月过久。",
            ))  # fmt: skip


_MONTH: Final = "the month began", "当月首日"
_STEPS: Final = (("sampled", "采样日期"), ("tested", "检测日期"), ("reported", "报告日期"))


def _one_day(facts: Facts, stream: StreamFacts, reports: Iterable[Evidence]) -> Iterator[Finding]:
    """Samples of several months taken on one day: a batch dressed up as months."""
    days: defaultdict[str, set[int]] = defaultdict(set)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for report in reports:
        if report.month and _date(report.sampled_on) is not None:
            days[report.sampled_on].add(report.month)
            names[report.sampled_on].add(report.number or report.sha256)
    for day, months in days.items():
        if len(months) > 1:
            yield finding(
                "R10", "fail", facts, stream, min(months), observed=day,
                limit="1", evidence=tuple(sorted(names[day])),
                en=f"The samples of the months {_list(months)} were all taken on {{observed}}.",
                zh=f"{_list(months)}月的样品均于{{observed}}采集。",
            )  # fmt: skip


def _list(months: Iterable[int]) -> str:
    return ", ".join(str(month) for month in sorted(months))


def _number_order(facts: Facts, stream: StreamFacts, reports: Sequence[Evidence]) -> Iterator[Finding]:
    """Numbers of one laboratory that fall while the dates of reporting rise."""
    rows: defaultdict[tuple[str, str, int], list[tuple[str, int, str]]] = defaultdict(list)
    for report in reports:
        match = _TAIL.fullmatch(report.number)
        if match is not None and _date(report.reported_on) is not None:
            key = report.laboratory, match[1], len(match[2])
            rows[key].append((report.reported_on, int(match[2]), report.number))
    for found in rows.values():
        found.sort()
        wrong = [b[2] for a, b in pairwise(found) if b[0] > a[0] and b[1] < a[1]]
        if wrong and len(found) >= _FEWEST_NUMBERS:
            yield finding(
                "R10", "review", facts, stream, observed=", ".join(wrong)[:200], limit="-",
                evidence=tuple(wrong),
                en="The numbers of the laboratory's reports do not rise with their dates: {observed}.",
                zh="检测报告编号未随报告日期递增：{observed}。",
            )  # fmt: skip


def _numbers(facts: Facts) -> Iterator[Finding]:
    """One number on different documents; one document for several months is R18."""
    seen: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for stream in facts.streams:
        for report in lab_reports(stream):
            if report.number:
                seen[report.laboratory, report.number].add(report.sha256)
    for (_, number), hashes in seen.items():
        if len(hashes) > 1:
            yield finding(
                "R10", "fail", facts, observed=str(len(hashes)), limit="1",
                evidence=(number, *sorted(hashes)),
                en=f"The laboratory's number {number} stands on {{observed}} different documents.",
                zh=f"检测报告编号{number}出现在{{observed}}份不同文件上。",
            )  # fmt: skip
