"""R17: verifiers among themselves: what they correct, how often nothing, hours on site, km travelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from capwright.mrv.quality.facts import Facts
from capwright.mrv.quality.finding import Finding, percent, plain
from capwright.mrv.quality.measures import robust_z
from capwright.mrv.quality.thresholds import Thresholds

__all__ = ["verifiers"]


def verifiers(population: Sequence[Facts], limits: Thresholds) -> Iterator[Finding]:
    """R17: robust z of each verifier's middle among all verifiers; for time and travel only the low side."""
    corrections = _pool(population, "corrections")
    hours = _pool(population, "hours")
    ways = _pool(population, "km")
    yield from _compare(
        population, corrections, limits, both=True,
        en="The verifier corrects reports by {said} in the middle",
        zh="核查机构对报告的修正幅度中位数为{said}",
    )  # fmt: skip
    yield from _compare(
        population, hours, limits, both=False,
        en="The verifier spends {said} h on site in the middle", zh="核查机构现场核查工时中位数为{said}小时",
    )  # fmt: skip
    yield from _compare(
        population, ways, limits, both=False,
        en="The verifier travels {said} km to a site in the middle",
        zh="核查机构赴现场里程中位数为{said}公里",
    )  # fmt: skip


def _pool(population: Sequence[Facts], what: str) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for facts in population:
        own = facts.companion
        if not own.verifier:
            continue
        if what == "corrections":
            if own.verified is not None and facts.result is not None and facts.result.emissions:
                found[own.verifier].append(float(own.verified / facts.result.emissions - 1))
        else:
            value = own.verifier_hours if what == "hours" else own.verifier_km
            if value is not None:
                found[own.verifier].append(float(value))
    return found


def _compare(
    population: Sequence[Facts],
    pools: dict[str, list[float]],
    limits: Thresholds,
    *,
    both: bool,
    en: str,
    zh: str,
) -> Iterator[Finding]:
    known = {name: median(v) for name, v in sorted(pools.items()) if len(v) >= limits.verifier_filings}
    if len(known) < limits.verifier_others:
        return
    year = max(facts.report.year for facts in population)
    for (name, value), z in zip(known.items(), robust_z(list(known.values())), strict=True):
        if z < -limits.robust_z or (both and z > limits.robust_z):
            said = percent(value) if both else plain(value)
            yield Finding(
                "R17", "review", "", year, f"z = {z:.1f}", str(limits.robust_z),
                f"{en.format(said=said)}, far from the other {len(known) - 1} verifiers (z = {z:.1f}).",
                f"{zh.format(said=said)}，偏离其他{len(known) - 1}家核查机构（稳健z = {z:.1f}）。",
                verifier=name,
            )  # fmt: skip
