"""R16 on pools of reports: first digits, last digits, heaps on 0 and 5, by verifier and consultant.

One plant's figures are too few and too alike for Benford's law. So is a pool, unless it has
hundreds of values over two orders of magnitude; where it has not, that is said instead of a result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from capwright.mrv.quality.facts import Facts
from capwright.mrv.quality.finding import Finding
from capwright.mrv.quality.measures import benford, last_digits, orders, terminal
from capwright.mrv.quality.thresholds import Thresholds

__all__ = ["Note", "digits"]


class Note(Struct, frozen=True):
    """What a rule could not look at, and why."""

    rule: str
    subject: str
    en: str
    zh: str


def digits(population: Sequence[Facts], limits: Thresholds) -> Iterator[Finding | Note]:
    """R16 on all reports together, and on those of each verifier and each consultant."""
    pools: defaultdict[str, list[Facts]] = defaultdict(list)
    for facts in population:
        pools[""].append(facts)
        for name in dict.fromkeys((facts.companion.verifier, facts.companion.consultant)):
            if name:
                pools[name].append(facts)
    for name, members in sorted(pools.items()):
        year = max(facts.report.year for facts in members)
        yield from _first(name, year, amounts(members), limits)
        yield from _last(name, year, endings(members), limits)


def amounts(members: Sequence[Facts]) -> list[Decimal]:
    """The year's amounts, activities and outputs, in the method's units.

    Not the months: twelve months of one plant begin with the same digits, and are no twelve draws.
    """
    found: list[Decimal] = []
    for facts in members:
        for stream in facts.streams:
            for code, value in stream.years.items():
                symbol = stream.component.symbol(code)
                if symbol is not None and symbol.role == "activity" and value:
                    found.append(value)
        found += [value for value in facts.outputs.values() if value]
    return found


def endings(members: Sequence[Facts]) -> list[int]:
    """The last digits of all measured months, each at the finest place of its own series."""
    found: list[int] = []
    for facts in members:
        for stream in facts.streams:
            for datum in stream.stream.data:
                if datum.obtained == "measured":
                    found += last_digits([value for value in datum.months if value])
    return found


def _subject(name: str) -> tuple[str, str]:
    return (f"the reports of {name}", f"{name}的报告") if name else ("all reports", "全部报告")


def _first(name: str, year: int, values: list[Decimal], limits: Thresholds) -> Iterator[Finding | Note]:
    """First digits: both the deviation and chi-square must be beyond their limits.

    The deviation alone grows in small pools: with 300 values chance gives some 0.015.
    """
    en, zh = _subject(name)
    reach = orders(values)
    if len(values) < limits.benford_values or reach < limits.benford_orders:
        said = f"{len(values)}/{limits.benford_values}; 10^{reach:.1f}/10^{limits.benford_orders}"
        yield Note(
            "R16", name,
            f"Benford's law is not applicable to {en}: too few values or too alike ({said}).",
            f"首位数字检验不适用于{zh}：样本过少或量级过窄（{said}）。",
        )  # fmt: skip
        return
    found = benford(values)
    if found.mad > limits.benford_mad and found.chi2 > limits.benford_chi2:
        observed = f"MAD {found.mad:.4f}, χ² {found.chi2:.1f}"
        yield Finding(
            "R16", "review", "", year, observed, f"MAD {limits.benford_mad}, χ² {limits.benford_chi2}",
            f"The first digits of {found.n} values in {en} do not follow Benford's law ({observed}).",
            f"{zh}的{found.n}个数值首位数字不符合本福特定律（{observed}）。",
            verifier=name,
        )  # fmt: skip


def _last(name: str, year: int, ends: list[int], limits: Thresholds) -> Iterator[Finding | Note]:
    """Last digits should be equally likely."""
    en, zh = _subject(name)
    if len(ends) < limits.terminal_values:
        said = f"{len(ends)}/{limits.terminal_values}"
        yield Note(
            "R16", name, f"Last digits are not applicable to {en}: too few values ({said}).",
            f"末位数字检验不适用于{zh}：样本过少（{said}）。",
        )  # fmt: skip
        return
    found = terminal(ends)
    if found.chi2 > limits.terminal_chi2:
        heaped = (found.counts[0] + found.counts[5]) / found.n
        yield Finding(
            "R16", "review", "", year, f"χ² {found.chi2:.1f}", f"χ² {limits.terminal_chi2}",
            f"The last digits of {found.n} values in {en} are not equally likely (χ² {found.chi2:.1f}); "
            f"{heaped:.0%} end in 0 or 5.",
            f"{zh}的{found.n}个数值末位数字分布不均（χ² {found.chi2:.1f}），{heaped:.0%}以0或5结尾。",
            verifier=name,
        )  # fmt: skip
