"""An order of inspection: which reports to look at first, and why, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.mrv.quality.checking import Screening, screen
from capwright.mrv.quality.facts import Facts, Filing
from capwright.mrv.quality.finding import Finding, ordered
from capwright.mrv.quality.thresholds import DEFAULTS, Thresholds

__all__ = ["Ranked", "rank", "rank_screening"]

_POINTS: Final = {"fail": Decimal(10), "warn": Decimal(4), "review": Decimal(1)}
_WORST_FIRST: Final = ("fail", "warn", "review")
_EXTRA: Final = Decimal("0.25")  # a rule that speaks five times counts twice as much as once, and no more
_MOST_EXTRA: Final = 4


class Ranked(Struct, frozen=True):
    """A report's place. `score` is the sum of its rules' points; the reasons are in the order of points."""

    place: int
    enterprise: str
    year: int
    score: Decimal
    emissions_t: int | None
    reasons_en: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    findings: tuple[Finding, ...]


def rank(population: Sequence[Filing], thresholds: Thresholds = DEFAULTS) -> list[Ranked]:
    """Every report of the population, the one to inspect first at the head.

    Points per rule that speaks: 10 for fail, 4 for warn, 1 for review, by its gravest finding, a quarter more
    for each further one up to twice as many. What is said of a verifier counts for all it verified. Of equal
    scores the larger emitter comes first, then the name: the order never depends on that of the files.
    """
    return rank_screening(screen(population, thresholds))


def rank_screening(found: Screening) -> list[Ranked]:
    """The order of a population that is already screened."""
    by_firm: defaultdict[tuple[str, int], list[Finding]] = defaultdict(list)
    by_verifier: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in found.findings:
        if finding.enterprise:
            by_firm[finding.enterprise, finding.year].append(finding)
        elif finding.verifier:
            by_verifier[finding.verifier].append(finding)
    rows = []
    for facts in found.population:
        names = dict.fromkeys((facts.companion.verifier, facts.companion.consultant))
        own = [*by_firm[facts.report.enterprise, facts.report.year]]
        own += [one for name in names if name for one in by_verifier[name]]
        rows.append((facts, *_scored(own)))
    rows.sort(key=lambda row: (-row[1], -_tonnes(row[0]), row[0].report.enterprise, row[0].report.year))
    return [
        Ranked(
            place=place,
            enterprise=facts.report.enterprise,
            year=facts.report.year,
            score=score,
            emissions_t=facts.result.emissions_t if facts.result is not None else None,
            reasons_en=tuple(_reason(group, "en") for group in groups),
            reasons_zh=tuple(_reason(group, "zh") for group in groups),
            findings=tuple(one for group in groups for one in group),
        )
        for place, (facts, score, groups) in enumerate(rows, 1)
    ]


def _tonnes(facts: Facts) -> int:
    return facts.result.emissions_t if facts.result is not None else 0


def _scored(findings: list[Finding]) -> tuple[Decimal, list[list[Finding]]]:
    """The score and the findings by rule, the heaviest rule first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in ordered(findings):
        groups[finding.rule].append(finding)
    weighed = []
    for rule, group in groups.items():
        group.sort(key=lambda one: _WORST_FIRST.index(one.severity))
        extra = min(len(group) - 1, _MOST_EXTRA) * _EXTRA
        weighed.append((-_POINTS[group[0].severity] * (1 + extra), rule, group))
    weighed.sort(key=lambda row: row[:2])
    return sum((-row[0] for row in weighed), Decimal(0)), [row[2] for row in weighed]


def _reason(group: list[Finding], lang: str) -> str:
    """The gravest finding of a rule, and how many more there are."""
    first, more = group[0], len(group) - 1
    place = "/".join(part for part in (first.facility, first.stream) if part)
    if lang == "zh":
        where = f"（{place}{f'，{first.month}月' if first.month else ''}）" if place or first.month else ""
        return f"{first.rule}{where} {first.zh}" + (f"（另有{more}项）" if more else "")
    month = f"month {first.month}" if first.month else ""
    where = ", ".join(part for part in (place, month) if part)
    return f"{first.rule} {f'({where}) ' if where else ''}{first.en}" + (
        f" (and {more} more)" if more else ""
    )
