"""Checking one report, screening many. Nothing here changes a figure; findings come in a fixed order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.mrv.method import Method
from capwright.mrv.quality.balances import balances
from capwright.mrv.quality.companion import Companion
from capwright.mrv.quality.digits import Note, digits
from capwright.mrv.quality.duplicates import copied_carbon, documents, own_documents
from capwright.mrv.quality.facts import Facts, Filing, read
from capwright.mrv.quality.finding import Finding, ordered
from capwright.mrv.quality.laboratory import laboratory
from capwright.mrv.quality.peers import peer_rules
from capwright.mrv.quality.ranges import ranges
from capwright.mrv.quality.series import series
from capwright.mrv.quality.soundness import check_companion
from capwright.mrv.quality.thresholds import DEFAULTS, Thresholds
from capwright.mrv.quality.verifiers import verifiers
from capwright.mrv.quality.wording import finding
from capwright.mrv.records import EmissionReport

__all__ = ["Screening", "check", "screen"]

TWICE = define(
    "CW-5308",
    en="{enterprise} is in the population twice for {year}.",
    zh="{enterprise}的{year}年度报告在样本中重复。",
    mend_en="Keep the version that counts.",
    mend_zh="请只保留有效版本。",
    rule="data-quality catalogue",
)


class Screening(Struct, frozen=True):
    """What a population shows: findings, what could not be looked at, and what was read."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    population: tuple[Facts, ...]


def check(
    method: Method,
    report: EmissionReport,
    companion: Companion | None = None,
    peers: Sequence[Filing] = (),
    thresholds: Thresholds = DEFAULTS,
    *,
    switches: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """All findings on one report, compared with peers where there are any.

    A report that cannot be worked out is a finding (R00), not a refusal; a companion that does not fit the
    report is refused (CW-5304 to CW-5306). Among `peers` the report itself is passed over.
    """
    own = _read(Filing(method, report, companion or Companion(), switches))
    me = report.enterprise, report.year
    others = [read(peer) for peer in peers if (peer.report.enterprise, peer.report.year) != me]
    found = list(_alone(own, thresholds))
    if others:
        everybody = [own, *others]
        group = [one for one in everybody if (one.group, one.report.year) == (own.group, report.year)]
        found += peer_rules(group, thresholds)
        found += documents(everybody)
        found += copied_carbon(everybody, thresholds)
    return ordered(one for one in found if (one.enterprise, one.year) == me)


def screen(population: Sequence[Filing], thresholds: Thresholds = DEFAULTS) -> Screening:
    """All findings on many reports, on each alone and among its peers, and on verifiers and consultants.

    Refuses (CW-5308) a firm with two reports for a year.
    """
    seen: set[tuple[str, int]] = set()
    everybody: list[Facts] = []
    for filing in sorted(population, key=lambda one: (one.report.enterprise, one.report.year)):
        me = filing.report.enterprise, filing.report.year
        if me in seen:
            refuse(TWICE, enterprise=me[0], year=me[1])
        seen.add(me)
        everybody.append(_read(filing))
    found = [one for facts in everybody for one in _alone(facts, thresholds)]
    groups: defaultdict[tuple[tuple[str, str], int], list[Facts]] = defaultdict(list)
    for facts in everybody:
        groups[facts.group, facts.report.year].append(facts)
    notes = []
    for ((method, product), year), group in groups.items():
        found += peer_rules(group, thresholds)
        if len(group) < thresholds.fewest_peers:
            notes.append(_too_few(f"{method} {product} {year}".replace("  ", " "), len(group)))
    found += documents(everybody)
    found += copied_carbon(everybody, thresholds)
    found += verifiers(everybody, thresholds)
    for one in digits(everybody, thresholds):
        if isinstance(one, Note):
            notes.append(one)
        else:
            found.append(one)
    return Screening(ordered(found), tuple(notes), tuple(everybody))


def _read(filing: Filing) -> Facts:
    facts = read(filing)
    check_companion(facts)
    return facts


def _alone(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    if facts.refusal is not None:
        yield finding(
            "R00", "fail", facts, observed=facts.refusal.code, limit="-",
            en=f"The report cannot be worked out: {facts.refusal.message()}",
            zh=f"报告无法计算：{facts.refusal.message('zh')}",
        )  # fmt: skip
    yield from ranges(facts, limits)
    yield from balances(facts, limits)
    yield from laboratory(facts, limits)
    yield from series(facts, limits)
    yield from own_documents(facts)


def _too_few(subject: str, n: int) -> Note:
    return Note(
        "R08",
        subject,
        f"R08, R09, R15, R19, R21: {subject} has too few peers ({n}).",
        f"R08、R09、R15、R19、R21：{subject}同行过少（{n}）。",
    )
