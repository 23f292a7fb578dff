"""The allocation methods: what one process is due before free and paid parts are told apart.

Let Q be output, BM the benchmark, d the decline factor, E verified emissions, k × C the output cap, H heat:

* benchmark `min(Q_t, k × C) × BM × d (+ H × BM_h × d)`; in 2013 the mean output of the base years takes
  Q_t's place;
* historical intensity `min(Q_t, k × C) × ΣE / ΣQ × d` over the normal base years, output-weighted;
* historical emissions `mean(E) × d + X` over the normal base years, X an approved process allowance (2014);
* verified emissions `E_t × d` (national steel, cement, aluminium 2024, with d = 1);
* new projects `design capacity × BM`, or `expected energy use × conversion factor`.

Sources: GZETS 2013-11-27, 2014-08-18, 2022-12-05, 2024-01-12; for the caps TJY 20289 and CCXNN; national
verified-emissions rule qh12352.com.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from capwright.allocation.activity import ActivityRow, ProcessData
from capwright.allocation.working import Note, Step, Working, datum, mean, total
from capwright.kernel.refusal import define, refuse
from capwright.scheme.allocation_rules import ProcessRule

__all__ = ["StepValue", "method_step", "new_project_step", "process_path"]

NO_BASE_YEAR = define(
    "CW-5010",
    en="Process '{process}' has no normal base year with data: {method} needs at least one of {years}.",
    zh="工序“{process}”没有可用的正常基准年数据：{method}至少需要{years}中的一年。",
    mend_en="Add a row for a base year with activity above zero and emissions.",
    mend_zh="请补充至少一个基准年的行，产量须大于零并填写排放量。",
    rule="allocation.base_years of the scheme",
)
MISSING_FIGURE = define(
    "CW-5011",
    en="Process '{process}' lacks '{column}' for {year}, which {method} needs.",
    zh="工序“{process}”缺少{year}年的“{column}”，{method}需要该数据。",
    mend_en="Fill in the cell, or mark a base year as not normal.",
    mend_zh="请填写该单元格，或将该基准年标为非正常年份。",
    rule="allocation.processes of the scheme",
)
NO_BENCHMARK = define(
    "CW-5012",
    en="The scheme gives no benchmark for process '{process}'.",
    zh="方案没有给出工序“{process}”的基准值。",
    mend_en="Add allocation.processes.{process}.benchmark with its source to the scheme.",
    mend_zh="请在方案中补充 allocation.processes.{process}.benchmark 及其来源。",
    rule="allocation.processes of the scheme",
)
NO_PROJECT_BASIS = define(
    "CW-5013",
    en="The new project's process '{process}' has neither a design capacity with a benchmark "
    "nor expected energy use with a conversion factor.",
    zh="新建项目的工序“{process}”既没有设计产能和基准值，也没有预计能耗和折算系数。",
    mend_en="Fill in activity (design capacity), or energy_tce and energy_factor.",
    mend_zh="请填写 activity（设计产能），或 energy_tce 和 energy_factor。",
    rule="GZETS 2013-11-27, 2014-08-18",
)

NO_CAPACITY: Final = Note(
    en="No licensed capacity given: the output cap was not applied.",
    zh="未提供核定产能：未适用产量上限。",
)
CAPPED: Final = Note(
    en="Output is above the cap: it counts up to the licensed capacity times the factor.",
    zh="产量超过上限：按核定产能乘以系数计入。",
)


class StepValue(NamedTuple):
    """A step and its exact value; the step shows 50 digits of it."""

    step: Step
    exact: Fraction


def process_path(rule: ProcessRule, field: str) -> str:
    """The dotted scheme path of a field of a process rule."""
    return f"allocation.processes.{rule.code}.{field}"


def method_step(
    rule: ProcessRule, data: ProcessData, year: int, base_years: tuple[int, ...], symbol: str = "A"
) -> StepValue | None:
    """The allocation of a process by its method with the figures of `year`.

    `year` is the vintage for the approved quota and the year before for a pre-issue from previous output.
    None when the method needs figures of that year which are not there yet; a method that looks at history
    alone needs none. Raises `Refused` for history the method cannot do without.
    """
    notes: list[Note] = []
    cites = [process_path(rule, "method")]
    work: Working | None
    if rule.method == "benchmark":
        work = _benchmark(rule, data, year, base_years, notes)
        if rule.output_basis == "historical_mean":
            cites += [process_path(rule, "output_basis"), "allocation.base_years"]
    elif rule.method == "historical_intensity":
        work = _historical_intensity(rule, data, year, base_years, notes)
        cites.append("allocation.base_years")
    elif rule.method == "historical_emissions":
        work = _historical_emissions(rule, data, year, base_years)
        cites.append("allocation.base_years")
    else:
        row = data.year(year)
        work = None
        if row is not None and row.emissions_t is not None:
            work = datum(f"E_{year}", row.emissions_t, "tCO2") * _decline(rule)
    if work is None:
        return None
    return StepValue(work.step(rule.code, rule.method, symbol, cites, notes), work.value)


def new_project_step(
    rule: ProcessRule, data: ProcessData, year: int, energy_factor: Working | None
) -> StepValue:
    """The quota of a new project's process: design capacity × BM, else expected energy × factor.

    `energy_factor` is the scheme's; a factor in the row goes before it. No decline factor and no output cap.
    """
    row = data.year(year)
    work, method = None, "new_project_benchmark"
    if row is not None and row.activity is not None and rule.benchmark is not None:
        work = datum("C_design", row.activity, rule.activity_unit) * _bm(rule)
    elif row is not None and row.energy_tce is not None:
        method, factor = "new_project_energy", energy_factor
        if row.energy_factor is not None:
            factor = datum("f_energy", row.energy_factor, "tCO2/tce")
        if factor is not None:
            work = datum("En_expected", row.energy_tce, "tce") * factor
    if work is None:
        refuse(NO_PROJECT_BASIS, process=rule.code, column="activity", year=year)
    return StepValue(work.step(rule.code, method, "A", ()), work.value)


def _benchmark(
    rule: ProcessRule, data: ProcessData, year: int, base_years: tuple[int, ...], notes: list[Note]
) -> Working | None:
    row = data.year(year)
    if rule.output_basis == "historical_mean":
        rows = _base_rows(rule, data, base_years)
        outputs = mean([_figure(rule, each, each_year, "activity") for each_year, each in rows])
    elif row is None or row.activity is None:
        return None
    else:
        outputs = _output(rule, row, year, notes)
    work = outputs * _bm(rule) * _decline(rule)
    if rule.heat_benchmark is not None and row is not None and row.heat_gj is not None:
        heat = datum("BM_heat", rule.heat_benchmark, "tCO2/GJ", process_path(rule, "heat_benchmark"))
        work += datum(f"H_{year}", row.heat_gj, "GJ") * heat * _decline(rule)
    return work


def _historical_intensity(
    rule: ProcessRule, data: ProcessData, year: int, base_years: tuple[int, ...], notes: list[Note]
) -> Working | None:
    rows = _base_rows(rule, data, base_years)
    emissions = total([_figure(rule, row, base, "emissions_t") for base, row in rows])
    output = total([_figure(rule, row, base, "activity") for base, row in rows])
    if not output.value:
        refuse(NO_BASE_YEAR, process=rule.code, method=rule.method, years=_years(base_years))
    row = data.year(year)
    if row is None or row.activity is None:
        return None
    intensity = emissions / output
    return _output(rule, row, year, notes) * intensity * _decline(rule)


def _historical_emissions(
    rule: ProcessRule, data: ProcessData, year: int, base_years: tuple[int, ...]
) -> Working:
    rows = _base_rows(rule, data, base_years)
    work = mean([_figure(rule, row, base, "emissions_t") for base, row in rows]) * _decline(rule)
    row = data.year(year)
    if row is not None and row.extra_t:
        work += datum(f"X_{year}", row.extra_t, "tCO2")
    return work


def _base_rows(
    rule: ProcessRule, data: ProcessData, base_years: tuple[int, ...]
) -> list[tuple[int, ActivityRow]]:
    rows = [(year, row) for year in base_years if (row := data.year(year)) is not None and row.normal]
    if not rows:
        refuse(NO_BASE_YEAR, process=rule.code, method=rule.method, years=_years(base_years))
    return rows


def _figure(rule: ProcessRule, row: ActivityRow, year: int, column: str) -> Working:
    """A figure of a base year, which must be there."""
    value = row.activity if column == "activity" else row.emissions_t
    if value is None:
        refuse(MISSING_FIGURE, process=rule.code, column=column, year=year, method=rule.method)
    if column == "activity":
        return datum(f"Q_{year}", value, rule.activity_unit)
    return datum(f"E_{year}", value, "tCO2")


def _output(rule: ProcessRule, row: ActivityRow, year: int, notes: list[Note]) -> Working:
    """Output that counts: at most k times the licensed annual capacity of the line."""
    if row.activity is None:
        refuse(MISSING_FIGURE, process=rule.code, column="activity", year=year, method=rule.method)
    output = datum(f"Q_{year}", row.activity, rule.activity_unit)
    if rule.capacity_factor is None:
        return output
    if row.licensed_capacity is None:
        notes.append(NO_CAPACITY)
        return output
    factor = datum("k", rule.capacity_factor, "", process_path(rule, "capacity_factor"))
    most = factor * datum("C", row.licensed_capacity, rule.activity_unit)
    if output.value > most.value:
        notes.append(CAPPED)
    return output.at_most(most)


def _bm(rule: ProcessRule) -> Working:
    if rule.benchmark is None:
        refuse(NO_BENCHMARK, process=rule.code)
    return datum("BM", rule.benchmark, f"tCO2/{rule.activity_unit}", process_path(rule, "benchmark"))


def _decline(rule: ProcessRule) -> Working:
    return datum("d", rule.decline, "", process_path(rule, "decline"))


def _years(years: tuple[int, ...]) -> str:
    return ", ".join(str(year) for year in years)
