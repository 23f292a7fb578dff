"""New projects, generators that left the market, and what is special about single firms."""

# ruff: noqa: PLR2004 - the figures are assumptions and stand where they are used
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from capwright.allocation.activity import ActivityRow, group_rows
from capwright.allocation.enterprise import allocate_enterprise
from capwright.allocation.exits import exit_plan
from capwright.allocation.vintage import VintageRules
from capwright.scheme.calendar import administration_calendar
from capwright.scheme.loader import load_scheme
from guangdong_2023.chance import Chance
from guangdong_2023.firms import Firm

__all__ = [
    "Leaver",
    "Objection",
    "Project",
    "make_leavers",
    "make_projects",
    "object_to_quota",
    "stop_production",
    "working_day",
]

# Sector, process, how many; processes without a benchmark go by expected energy use.
_PROJECTS: Final = (
    ("cement", "cement_clinker_large", 2),
    ("cement", "cement_grinding", 1),
    ("steel", "steel_eaf", 3),
    ("petrochem", "petrochem", 6),
    ("paper", "paper_corrugated", 3),
    ("paper", "paper_tissue", 2),
    ("ceramics", "ceramics_building", 3),
    ("data_centre", "data_centre", 6),
)
_ENERGY_FACTOR: Final = Decimal("2.46")  # tCO2/tce, an assumption
_ON_PAPER: Final = 6  # how many of the 26 do not get beyond the approved quota within the story


@dataclass
class Project:
    """A new project; the dates are None where it does not get that far."""

    id: str
    name: str
    sector: str
    process: str
    design_capacity: Decimal | None
    energy_tce: Decimal | None
    energy_factor: Decimal | None
    approved_t: int
    free_t: int
    bought_on: date | None = None
    accepted_on: date | None = None
    controlled_on: date | None = None
    issued_on: date | None = None

    @property
    def paid_t(self) -> int:
        return self.approved_t - self.free_t


class Leaver(NamedTuple):
    """A generator: its allowances of 2020 when it left, freed before the story, and with the plan of 2023."""

    id: str
    name: str
    holding_t: int
    freed_t: int
    last_part_t: int


class Objection(NamedTuple):
    """A firm's objection and its decision."""

    firm: str
    on: date
    reason: str
    decided_on: date
    approved_t: int
    decision: str


def make_projects(seed: str) -> list[Project]:
    """The 26 new projects of the plan, their quota by the scheme, and how far each comes."""
    chance = Chance(f"{seed}/projects")
    rules = VintageRules.of(load_scheme("guangdong-2023").body)
    found: list[Project] = []
    for sector, process, count in _PROJECTS:
        for _ in range(count):
            n = len(found) + 1
            size_t = 25_000 + 95_000 * chance.lognormal(0.8)
            benchmark = rules.processes[process].benchmark
            capacity = energy = factor = None
            if benchmark is None:
                energy, factor = Decimal(round(size_t / float(_ENERGY_FACTOR), -1)), _ENERGY_FACTOR
            else:
                capacity = Decimal(round(size_t / float(benchmark), -2))
            row = ActivityRow(
                enterprise="new",
                process=process,
                year=2023,
                kind="new_project",
                activity=capacity,
                energy_tce=energy,
                energy_factor=factor,
            )
            (enterprise,) = group_rows(
                [row], scheme=rules.scheme, vintage=2023, processes=tuple(rules.processes)
            )
            quota = allocate_enterprise(rules, enterprise).quota
            assert quota is not None
            name = f"New {sector.replace('_', ' ')} project {n:02d} (synthetic)"
            found.append(
                Project(
                    f"new-{n:02d}",
                    name,
                    sector,
                    process,
                    capacity,
                    energy,
                    factor,
                    quota.approved_t,
                    quota.free_t,
                )
            )
    for project in chance.shuffled(found)[_ON_PAPER:]:
        project.bought_on = working_day(date(2024, chance.whole(3, 6), chance.whole(25, 28)))
        project.accepted_on = working_day(project.bought_on + timedelta(days=chance.whole(5, 20)))
        project.controlled_on = working_day(project.accepted_on + timedelta(days=chance.whole(5, 20)))
        project.issued_on = working_day(project.controlled_on + timedelta(days=chance.whole(2, 8)))
    return found


def working_day(day: date) -> date:
    """The day, or the next working day of the administration."""
    calendar = load_scheme("guangdong-2023").body.calendar
    assert calendar is not None
    return administration_calendar(calendar).next_working_day(day)


def make_leavers(seed: str) -> list[Leaver]:
    """Six generators that left for the national market with allowances of 2020; one holds under 5,000 t."""
    chance = Chance(f"{seed}/leavers")
    allocation = load_scheme("guangdong-2022").body.allocation
    assert allocation is not None
    assert allocation.exits is not None
    found: list[Leaver] = []
    for n in range(1, 7):
        holding_t = 3_600 if n == 6 else round(300_000 * chance.lognormal(0.8))
        plan = exit_plan(allocation.exits, holding_t)
        freed_t = sum(part.quantity_t for part in plan.parts if part.vintage in (2021, 2022))
        name = f"Power enterprise {n:02d} (synthetic)"
        found.append(Leaver(f"power-{n:02d}", name, holding_t, freed_t, holding_t - freed_t))
    return found


def stop_production(firm: Firm, months: int) -> None:
    """A firm on historical emissions stands still: it emits less, and loses the quota of those months."""
    share = (12 - months) / 12
    for at, row in enumerate(firm.rows):
        if row.year == 2023:
            assert row.activity is not None
            assert row.emissions_t is not None
            values = {name: getattr(row, name) for name in row.__struct_fields__}
            values |= {
                "activity": Decimal(round(row.activity * Decimal(share))),
                "emissions_t": round(row.emissions_t * share),
                "abnormal_months": months,
                "stopped_months": months,
            }
            firm.rows[at] = ActivityRow(**values)
    firm.emissions_t = sum(row.emissions_t or 0 for row in firm.rows if row.year == 2023)
    rules = VintageRules.of(load_scheme("guangdong-2023").body)
    (enterprise,) = group_rows(firm.rows, scheme=rules.scheme, vintage=2023, processes=tuple(rules.processes))
    recall = allocate_enterprise(rules, enterprise).recall
    assert recall is not None
    firm.stop_t = recall.quantity_t


def object_to_quota(firms: list[Firm], seed: str) -> list[Objection]:
    """Six firms ask for a review within the five working days; four get a little more."""
    chance = Chance(f"{seed}/objections")
    rules = VintageRules.of(load_scheme("guangdong-2023").body)
    fitting = [
        f for f in firms if f.sector in ("cement", "paper", "ceramics") and 60_000 < f.approved_t < 600_000
    ]
    found: list[Objection] = []
    granted = (
        (1.012, "output of one line was metered late", "output corrected after re-check"),
        (1.0, "benchmark thought too strict", "benchmark applies as published"),
        (1.021, "licensed capacity was extended in May 2023", "capacity document accepted"),
        (1.006, "product grade misclassified", "grade corrected"),
        (1.0, "base year thought abnormal", "base year was normal"),
        (1.009, "output of a merged workshop left out", "workshop added"),
    )
    for n, (firm, (factor, reason, decision)) in enumerate(
        zip(chance.shuffled(fitting), granted, strict=False)
    ):
        if factor != 1.0:
            firm.approved_t = round(firm.approved_t * factor)
            share = rules.sectors[firm.sector].free_share
            firm.free_t = int(firm.approved_t * share)
        on, decided_on = (
            date(2024, 6, (14, 17, 18, 19, 20, 20)[n]),
            date(2024, 6, (21, 21, 24, 24, 25, 26)[n]),
        )
        found.append(Objection(firm.id, on, reason, decided_on, firm.approved_t, decision))
    return found
