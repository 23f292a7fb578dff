"""The enterprises: sectors, sizes, output and emissions of 2020-2023, quota, what they bring from 2022.

How many firms a sector has and how large it is are assumptions, except for the counts marked published.
Quota is worked out by the product itself from the figures made here.
"""

# ruff: noqa: PLR2004 - the figures are assumptions and stand where they are used
from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from capwright.allocation.activity import ActivityRow, group_rows
from capwright.allocation.enterprise import allocate_enterprise
from capwright.allocation.vintage import VintageRules
from capwright.scheme.loader import load_scheme
from guangdong_2023.chance import Chance

__all__ = ["SECTORS", "YEARS", "Firm", "Sector", "make_firms"]

YEARS: Final = (2020, 2021, 2022, 2023)
VINTAGE: Final = 2023


class Sector(NamedTuple):
    """A sector of the vintage. `approved_mt` is the sum of quota aimed at, `ratio` emissions ÷ quota."""

    code: str
    name: str
    count: int
    counted: str  # whether the count is published or assumed
    approved_mt: float
    spread: float  # of sizes, lognormal
    trend: tuple[float, float, float, float]  # output of 2020 … 2023 against 2023
    ratio: float
    ratio_spread: float
    first_year: int  # first vintage of cover


SECTORS: Final = (
    Sector("cement", "Cement", 70, "assumed", 96.0, 0.9, (1.13, 1.11, 1.03, 1.0), 0.985, 0.045, 2013),
    Sector("steel", "Steel", 50, "assumed", 66.0, 0.9, (0.96, 1.00, 0.99, 1.0), 0.985, 0.045, 2013),
    Sector(
        "petrochem", "Petrochemical", 36, "assumed", 54.0, 1.2, (0.97, 1.02, 0.98, 1.0), 0.985, 0.040, 2013
    ),
    Sector("paper", "Paper", 53, "published", 22.0, 1.1, (0.93, 1.01, 0.98, 1.0), 0.980, 0.050, 2016),
    Sector("aviation", "Aviation", 5, "assumed", 11.4, 1.1, (0.68, 0.72, 0.50, 1.0), 1.000, 0.020, 2016),
    Sector("ceramics", "Ceramics", 115, "assumed", 26.0, 0.8, (1.09, 1.14, 1.04, 1.0), 0.985, 0.050, 2023),
    Sector("ports", "Port", 6, "assumed", 1.3, 0.9, (0.94, 0.98, 0.98, 1.0), 0.985, 0.040, 2023),
    Sector(
        "data_centre", "Data centre", 52, "published", 5.0, 0.8, (0.62, 0.75, 0.89, 1.0), 0.990, 0.050, 2023
    ),
    Sector("textile", "Textile", 3, "assumed", 0.35, 0.5, (1.04, 1.08, 1.02, 1.0), 0.980, 0.040, 2023),
    Sector("airports", "Airport", 1, "assumed", 0.22, 0.1, (0.66, 0.68, 0.45, 1.0), 0.980, 0.020, 2023),
)
LEAST_T: Final = 12_000  # just above the threshold of 10,000 t


@dataclass
class Firm:
    """An enterprise with everything that is decided before it trades. Tonnes."""

    id: str
    name: str
    sector: str
    kind: str
    first_year: int
    rows: list[ActivityRow] = field(default_factory=list)
    approved_t: int = 0
    free_t: int = 0
    pre_issued_t: int = 0
    stop_t: int = 0  # recalled for a stop
    emissions_t: int = 0
    banked_t: int = 0


class _Line(NamedTuple):
    """A process of a firm: its share of the firm's size, and emissions per unit where history decides."""

    process: str
    share: float
    intensity: float = 0.0


# Emissions per unit of output of the methods that look at a firm's own history: plausible, not published.
_INTENSITY: Final = {
    "cement_mining": 0.0018,
    "cement_other_grinding": 0.031,
    "steel_rolling": 0.055,
    "petrochem": 0.42,
    "petrochem_coal_hydrogen": 18.5,
    "paper_special": 0.95,
    "paper_pulp": 0.55,
    "aviation_other": 9.6,
    "ceramics_building": 0.19,
    "ceramics_sanitary": 0.46,
    "ports": 0.0034,
    "textile": 1.9,
    "airports": 0.021,
}
# Tonnes of product of each process for a tonne of converter steel.
_INTEGRATED: Final = (
    ("steel_coking", 0.35),
    ("steel_sinter", 1.30),
    ("steel_pellets", 0.20),
    ("steel_lime", 0.08),
    ("steel_iron", 0.92),
    ("steel_bof", 1.00),
    ("steel_rolling", 0.95),
)


def make_firms(seed: str) -> list[Firm]:
    """Make every controlled enterprise with its quota under the schemes guangdong-2022 and guangdong-2023."""
    rules = VintageRules.of(load_scheme("guangdong-2023").body)
    before = VintageRules.of(load_scheme("guangdong-2022").body)
    firms: list[Firm] = []
    for sector in SECTORS:
        chance = Chance(f"{seed}/{sector.code}")
        for n, size_t in enumerate(_sizes(sector, chance), start=1):
            firm = Firm(
                id=f"{sector.code.replace('_', '-')}-{n:02d}",
                name=f"{sector.name} enterprise {n:02d} (synthetic)",
                sector=sector.code,
                kind="existing" if sector.first_year < VINTAGE else "newly_covered",
                first_year=sector.first_year,
            )
            _history(firm, sector, _lines(sector, n, size_t, chance), size_t, rules, chance)
            _quota(firm, rules, before)
            firms.append(firm)
    return firms


def _sizes(sector: Sector, chance: Chance) -> list[float]:
    """Quotas aimed at, the largest first; lognormal, summing to the sector's."""
    total_t = sector.approved_mt * 1_000_000
    raw = sorted((chance.lognormal(sector.spread) for _ in range(sector.count)), reverse=True)
    if sector.code == "steel":  # a few integrated works carry the sector
        raw = [size * 30 if n < 5 else size for n, size in enumerate(raw)]
    spare_t = total_t - LEAST_T * sector.count
    scale = spare_t / sum(raw)
    return [LEAST_T + size * scale for size in raw]


def _lines(sector: Sector, n: int, size_t: float, chance: Chance) -> list[_Line]:
    """The processes of the n-th largest firm of a sector."""
    code = sector.code
    if code == "cement":
        return _cement(n, size_t, chance)
    if code == "steel":
        if n <= 5:
            return [_Line(process, amount) for process, amount in _INTEGRATED]
        if n <= 20:
            return [_Line("steel_eaf", 1.0), _Line("steel_rolling", 0.95, 0.055)]
        return [_Line("steel_rolling", 1.0, 0.055 * chance.between(0.7, 1.6))]
    if code == "petrochem":
        if n in (1, 2, 4):
            return [_Line("petrochem", 0.88), _Line("petrochem_coal_hydrogen", 0.12)]
        return [_Line("petrochem", 1.0)]
    if code == "paper":
        grades = ("corrugated", "printing", "newsprint", "tissue", "coated", "special", "pulp")
        return [_Line(f"paper_{chance.pick(grades, (24, 6, 2, 9, 5, 5, 2))}", 1.0)]
    if code == "aviation":
        full_service = (
            (("wide", 0.40), ("narrow", 0.56), ("freighter", 0.04)),
            (("narrow", 0.9), ("regional", 0.1)),
        )
        if n <= 2:
            return [_Line(f"aviation_{craft}", share) for craft, share in full_service[n - 1]]
        return [_Line("aviation_other", 1.0)]
    if code == "ceramics":
        return [_Line(chance.pick(("ceramics_building", "ceramics_sanitary"), (85, 30)), 1.0)]
    return [_Line(code, 1.0)]


def _cement(n: int, size_t: float, chance: Chance) -> list[_Line]:
    if n > 40:
        return (
            [_Line("cement_grinding", 1.0)] if chance.happens(0.85) else [_Line("cement_other_grinding", 1.0)]
        )
    size = "large" if size_t > 1_400_000 else "medium" if size_t > 700_000 else "small"
    clinker = "cement_white_clinker" if n in (31, 37) else f"cement_clinker_{size}"
    lines = [_Line(clinker, 0.965), _Line("cement_grinding", 0.030)]
    if n % 2:
        lines.append(_Line("cement_mining", 0.005))
    return lines


def _history(
    firm: Firm, sector: Sector, lines: list[_Line], size_t: float, rules: VintageRules, chance: Chance
) -> None:
    """Rows of activity.csv: output and emissions of each process and year."""
    small = 1.0 if size_t < 2_000_000 else 0.45  # large firms differ less from their benchmark
    ratio = sector.ratio + sector.ratio_spread * small * chance.normal()
    swing = [
        1.0 if year == VINTAGE else sector.trend[at] * (1 + 0.04 * chance.normal())
        for at, year in enumerate(YEARS)
    ]
    integrated = any(line.process == "steel_bof" for line in lines)
    scale = size_t
    if integrated:
        scale = size_t / sum(line.share * _factor(rules, line) for line in lines)
    overhaul = sector.code == "petrochem" and chance.happens(0.08)
    for line in lines:
        rule = rules.processes[line.process]
        factor = line.intensity or _factor(rules, line)
        output = scale * line.share if integrated else size_t * line.share / factor
        if not integrated and line.process.startswith("steel_") and len(lines) > 1:
            output = size_t / (0.15 + 0.95 * 0.055) * line.share
        capacity = None
        if rule.capacity_factor is not None:
            capacity = Decimal(round(output / chance.between(0.72, 1.12), -2 if output < 1e6 else -3))
        base = [round(output * swing[at]) for at in range(len(YEARS))]
        for at, year in enumerate(YEARS):
            per_unit = factor * (1 + 0.015 * chance.normal())
            if rule.method == "benchmark":
                per_unit *= ratio
            emissions_t = round(base[at] * max(per_unit, 0.0))
            if year == VINTAGE:
                emissions_t = 0  # follows from the quota, below
            normal = not (overhaul and year == 2021)
            firm.rows.append(
                ActivityRow(
                    enterprise=firm.id,
                    process=line.process,
                    year=year,
                    kind="newly_covered" if firm.kind == "newly_covered" else "existing",
                    activity=Decimal(base[at] if normal else round(base[at] * 0.6)),
                    emissions_t=emissions_t if normal else round(emissions_t * 0.6),
                    licensed_capacity=capacity,
                    normal=normal,
                )
            )
    _emit(firm, ratio, rules, chance)


def _factor(rules: VintageRules, line: _Line) -> float:
    benchmark = rules.processes[line.process].benchmark
    return _INTENSITY[line.process] if benchmark is None else float(benchmark)


def _emit(firm: Firm, ratio: float, rules: VintageRules, chance: Chance) -> None:
    """Emissions of the vintage: the firm's ratio times what the formula gives each process."""
    quota = _allocate(rules, firm.rows).quota
    assert quota is not None
    credit = 0.0  # a negative benchmark (converters burn carbon off) lowers the iron works' figure
    for step in quota.steps:
        if step.value < 0:
            credit += float(step.value)
    for at, row in enumerate(firm.rows):
        if row.year != VINTAGE:
            continue
        value = next(float(step.value) for step in quota.steps if step.process == row.process)
        if row.process == "steel_iron":
            value += credit
        emissions_t = max(round(value * ratio * (1 + 0.004 * chance.normal())), 0)
        firm.rows[at] = _changed(row, emissions_t=emissions_t)
        firm.emissions_t += emissions_t


def _quota(firm: Firm, rules: VintageRules, before: VintageRules) -> None:
    """Last year's quota by last year's scheme, then pre-issue and approved quota of the vintage."""
    if firm.kind == "existing":
        earlier = [row for row in firm.rows if row.year is not None and row.year < VINTAGE]
        last = _allocate(before, earlier).quota
        assert last is not None
        first = next(at for at, row in enumerate(firm.rows) if row.year == VINTAGE)
        firm.rows[first] = _changed(firm.rows[first], last_approved_t=last.free_t)
    outcome = _allocate(rules, firm.rows)
    assert outcome.quota is not None
    assert outcome.pre_issue is not None
    firm.approved_t, firm.free_t = outcome.quota.approved_t, outcome.quota.free_t
    firm.pre_issued_t = outcome.pre_issue.quantity_t


def _allocate(rules: VintageRules, rows: list[ActivityRow]):  # noqa: ANN202 - EnterpriseAllocation
    (enterprise,) = group_rows(
        rows, scheme=rules.scheme, vintage=rules.vintage, processes=tuple(rules.processes)
    )
    return allocate_enterprise(rules, enterprise)


def _changed(row: ActivityRow, **changes: object) -> ActivityRow:
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    return ActivityRow(**(values | changes))
