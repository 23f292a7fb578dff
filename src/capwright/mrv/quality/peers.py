"""Rules that need peers, reports with the same method and product: R08, R09, R15, R19, R21."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from capwright.mrv.quality.facts import Facts
from capwright.mrv.quality.finding import Finding, Severity, per_unit, percent, plain
from capwright.mrv.quality.measures import MAD_TO_SIGMA, fences, quantile_without, robust_z, studentised
from capwright.mrv.quality.series import is_slip
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding

__all__ = ["peer_rules"]


def peer_rules(group: Sequence[Facts], limits: Thresholds) -> Iterator[Finding]:
    """Every rule that compares the members of a group of peers."""
    known = [(facts, value) for facts in group if (value := facts.intensity()) is not None]
    yield from _changes(known, limits)
    yield from _best(known, limits)
    yield from _slips(group, limits)
    yield from _line(known, limits)
    yield from _outliers(group, limits)


def _changes(known: list[tuple[Facts, float]], limits: Thresholds) -> Iterator[Finding]:
    """R08: the logarithm of the change of intensity, in robust z among peers."""
    rows = []
    for facts, value in known:
        prior = facts.companion.prior
        if prior is not None and prior.emissions > 0 and prior.product > 0:
            change = math.log(value / float(prior.emissions / prior.product))
            rows.append((facts, change, float(facts.made or 0) / float(prior.product)))
    if len(rows) < limits.fewest_peers:
        return
    for (facts, change, made), z in zip(rows, robust_z([row[1] for row in rows]), strict=True):
        if abs(z) > limits.robust_z:
            yield finding(
                "R08", "warn", facts, observed=f"z = {z:.1f}", limit=str(limits.robust_z),
                en=f"The intensity changed by {percent(math.expm1(change))} and the product by "
                f"{percent(made - 1)} in a year; among peers that is {{observed}}.",
                zh=f"排放强度同比变化{percent(math.expm1(change))}，产量同比变化{percent(made - 1)}，"
                "在同行中的稳健{observed}。",
            )  # fmt: skip


def _best(known: list[tuple[Facts, float]], limits: Thresholds) -> Iterator[Finding]:
    """R09: below the best share of the others."""
    if len(known) - 1 < limits.best_peers:
        return
    rows = sorted(known, key=lambda row: row[1])
    values = [value for _, value in rows]
    share = float(limits.best_share)
    for place, (facts, value) in enumerate(rows[: math.ceil(share * len(rows)) + 1]):
        best = quantile_without(values, place, share)
        if value < best:
            per = per_unit(facts.output_units[facts.product])
            yield finding(
                "R09", "review", facts, observed=plain(value), limit=plain(best),
                en=f"The intensity of {{observed}} tCO2e{per} is below that of the best {percent(share)} "
                f"of {len(rows) - 1} peers ({{limit}}).",
                zh=f"排放强度{{observed}} tCO2e{per}低于{len(rows) - 1}家同行中最优{percent(share)}的水平"
                "（{limit}）。",
            )  # fmt: skip


def _per_product(facts: Facts) -> dict[str, float]:
    """Every activity, and the emissions, per main product."""
    made = facts.made
    if made is None or made <= 0:
        return {}
    sums: defaultdict[str, float] = defaultdict(float)
    for stream in facts.streams:
        for symbol, value in stream.years.items():
            found = stream.component.symbol(symbol)
            if found is not None and found.role == "activity" and value > 0:
                name = "/".join(
                    part for part in (stream.stream.component, stream.stream.item, symbol) if part
                )
                sums[name] += float(value)
    for code, value in facts.outputs.items():
        if "@" not in code and code != facts.product and value > 0:
            sums[code] = float(value)
    if facts.result is not None and facts.result.emissions > 0:
        sums["E"] = float(facts.result.emissions)
    return {name: value / float(made) for name, value in sums.items()}


def _slips(group: Sequence[Facts], limits: Thresholds) -> Iterator[Finding]:
    """R15: per product a thousand or ten thousand times the middle of the peers, or less."""
    pools: defaultdict[str, list[tuple[Facts, float]]] = defaultdict(list)
    for facts in group:
        for name, value in _per_product(facts).items():
            pools[name].append((facts, math.log10(value)))
    for name, rows in pools.items():
        if len(rows) < limits.fewest_peers:
            continue
        middle = median(value for _, value in rows)
        spread = median(abs(value - middle) for _, value in rows) / MAD_TO_SIGMA
        if spread > limits.slip_spread:
            continue
        for facts, value in rows:
            if is_slip(value - middle, limits):
                yield finding(
                    "R15", "fail", facts, observed=f"10^{value - middle:.2f}",
                    limit=f"10^±3, 10^±4 (±{limits.slip_width})",
                    en=f"{name} per {facts.product} is {{observed}} times the middle of {len(rows)} peers: "
                    "a slip of the unit?",
                    zh=f"单位{facts.product}的{name}为{len(rows)}家同行中位数的{{observed}}倍，疑为单位差错。",
                )  # fmt: skip


def _line(known: list[tuple[Facts, float]], limits: Thresholds) -> Iterator[Finding]:
    """R19: the line of log emissions on log product, residuals measured with the spread of the others."""
    if len(known) < limits.fewest_peers:
        return
    x = [math.log(float(facts.made or 1)) for facts, _ in known]
    y = [a + math.log(value) for a, (_, value) in zip(x, known, strict=True)]
    for (facts, _), t in zip(known, studentised(x, y) or [0.0] * len(known), strict=True):
        if abs(t) > limits.studentised:
            yield finding(
                "R19", "warn", facts, observed=f"t = {t:.1f}", limit=str(limits.studentised),
                en="The emissions do not fit the product as they do with "
                f"{len(known) - 1} peers ({{observed}}).",
                zh=f"排放量与产量的关系偏离{len(known) - 1}家同行（学生化残差{{observed}}）。",
            )  # fmt: skip


def _ratios(facts: Facts) -> dict[str, float]:
    """The ratios that R21 looks at."""
    found = {}
    intensity = facts.intensity()
    if intensity is not None:
        found["E"] = math.log(intensity)
    gross, supply = facts.outputs.get("gross"), facts.outputs.get("supply")
    if gross and supply:
        found["own_use"] = float((gross - supply) / gross)
    carbon = heat = 0.0
    for stream in facts.streams:
        for reading in stream.readings if stream.family == "coal" else ():
            c, ncv = reading.reported.get("carbon"), reading.reported.get("ncv")
            amount = float(reading.reported.get("amount", 1))
            if c is not None and ncv:
                carbon, heat = carbon + amount * float(c), heat + amount * float(ncv)
    if heat:
        found["CC"] = carbon / heat
    return found


_NAMES = {
    "E": ("intensity", "排放强度"),
    "own_use": ("share of generation used by the plant", "厂用电率"),
    "CC": ("carbon per unit of heat of the coal", "燃煤单位热值含碳量"),
}


def _outliers(group: Sequence[Facts], limits: Thresholds) -> Iterator[Finding]:
    """R21: beyond the robust z a warning; beyond Tukey's fences only, a look."""
    rows = [(facts, _ratios(facts)) for facts in group]
    for name, (en, zh) in _NAMES.items():
        known = [(facts, ratios[name]) for facts, ratios in rows if name in ratios]
        if len(known) < limits.fewest_peers:
            continue
        values = [value for _, value in known]
        low, high = fences(values, float(limits.tukey))
        for (facts, value), z in zip(known, robust_z(values), strict=True):
            if abs(z) > limits.robust_z or not low <= value <= high:
                severity: Severity = "warn" if abs(z) > limits.robust_z else "review"
                said = plain(math.exp(value) if name == "E" else value)
                yield finding(
                    "R21", severity, facts, observed=f"z = {z:.1f}", limit=str(limits.robust_z),
                    en=f"The {en} of {said} is far from that of {len(known) - 1} peers ({{observed}}).",
                    zh=f"{zh}为{said}，偏离{len(known) - 1}家同行（稳健{{observed}}）。",
                )  # fmt: skip
