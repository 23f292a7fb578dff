"""The same thing twice: documents of several firms or months (R18), carbon of one plant at another (R11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final

from capwright.mrv.quality.facts import Facts
from capwright.mrv.quality.finding import Finding, Severity
from capwright.mrv.quality.laboratory import lab_reports
from capwright.mrv.quality.series import CARBON, alike, idle
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding
from capwright.mrv.records import Evidence

__all__ = ["copied_carbon", "documents", "own_documents"]

# A value that so many firms share is no copy of anybody's: a default passed off as measured, say.
_MOST_SHARING: Final = 100


def own_documents(facts: Facts) -> Iterator[Finding]:
    """R18 within a report: one laboratory document for several months."""
    uses: defaultdict[str, set[int]] = defaultdict(set)
    for stream in facts.streams:
        for report in lab_reports(stream):
            if report.month and report.sha256:
                uses[report.sha256].add(report.month)
    for sha256, months in uses.items():
        if len(months) > 1:
            named = ", ".join(map(str, sorted(months)))
            yield finding(
                "R18", "fail", facts, month=min(months), observed=named, limit="1", evidence=(sha256,),
                en="One laboratory document stands for the months {observed}.",
                zh="同一份检测报告文件用于{observed}月。",
            )  # fmt: skip


def _all_evidence(facts: Facts) -> Iterator[Evidence]:
    for stream in facts.report.streams:
        for datum in stream.data:
            yield from datum.evidence
    for datum in facts.report.outputs:
        yield from datum.evidence


def documents(population: Sequence[Facts]) -> Iterator[Finding]:
    """R18 across reports: a document, or a laboratory's number, with several firms or in several years."""
    owners: defaultdict[tuple[str, ...], dict[tuple[str, int], Facts]] = defaultdict(dict)
    grave: set[tuple[str, ...]] = set()
    for facts in population:
        owner = facts.report.enterprise, facts.report.year
        for one in _all_evidence(facts):
            keys: list[tuple[str, ...]] = [(one.sha256,)] if one.sha256 else []
            if one.kind == "lab" and one.laboratory and one.number:
                keys.append((one.laboratory, one.number))
            for key in keys:
                owners[key][owner] = facts
                if one.kind == "lab":
                    grave.add(key)
    for key, found in owners.items():
        if len(found) > 1:
            severity: Severity = "fail" if key in grave else "review"
            what, what_zh = (
                ("The document", "凭证文件") if len(key) == 1 else ("The laboratory report", "检测报告")
            )
            for owner, facts in found.items():
                others = sorted(f"{name} ({year})" for name, year in found if (name, year) != owner)
                yield finding(
                    "R18", severity, facts, observed=str(len(found)), limit="1",
                    evidence=(key[-1], *others[:20]),
                    en=f"{what} {key[-1][:16]} also stands behind the report of {', '.join(others[:5])}.",
                    zh=f"{what_zh}{key[-1][:16]}也用于{'、'.join(others[:5])}的报告。",
                )  # fmt: skip


def copied_carbon(population: Sequence[Facts], limits: Thresholds) -> Iterator[Finding]:
    """R11 across plants: two firms whose measured carbon agrees in several months of one year.

    A single month agrees by chance among many firms; `copied_months` months do not.
    """
    buckets: defaultdict[tuple[int, int, str, Decimal], set[int]] = defaultdict(set)
    for index, facts in enumerate(population):
        for key in _carbon(facts, int(limits.same_digits)):
            buckets[key].add(index)
    months: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for (_, month, _, _), members in buckets.items():
        if 1 < len(members) <= _MOST_SHARING:
            for pair in combinations(sorted(members), 2):
                if population[pair[0]].report.enterprise != population[pair[1]].report.enterprise:
                    months[pair].add(month)
    for pair, copied in months.items():
        if len(copied) < limits.copied_months:
            continue
        for one, other in (pair, pair[::-1]):
            facts, name = population[one], population[other].report.enterprise
            yield finding(
                "R11", "fail", facts, observed=str(len(copied)), limit=str(limits.copied_months - 1),
                evidence=(f"{name} ({facts.report.year})",),
                en=f"The measured carbon of {{observed}} months is the same as that of {name}.",
                zh=f"有{{observed}}个月的实测碳含量与{name}相同。",
            )  # fmt: skip


def _carbon(facts: Facts, digits: int) -> Iterator[tuple[int, int, str, Decimal]]:
    for stream in facts.streams:
        out = idle(stream)
        for datum in stream.stream.data:
            if stream.kinds.get(datum.symbol) in CARBON and datum.obtained == "measured":
                for month, value in enumerate(datum.months, 1):
                    one = alike(value, digits)
                    if one is not None and month not in out:
                        yield facts.report.year, month, f"{datum.symbol} {datum.unit}", one
