"""Hand-made rulebooks: one clinker line, one mill, one mine, one airline."""

from decimal import Decimal
from typing import Any

from capwright.allocation.activity import ActivityRow, group_rows
from capwright.allocation.enterprise import EnterpriseAllocation, allocate_enterprise
from capwright.allocation.vintage import VintageRules
from capwright.scheme.allocation_rules import AllocationRules, ProcessRule, Sector

# CCXNN, vintage 2021: clinker of a 5,000 t/d line, grinding, d = 0.99, f = 0.96, cap 1.2 × capacity.
RULES_2021 = {
    "benchmark": Decimal("0.884"),
    "grinding": Decimal("0.023"),
    "decline": Decimal("0.99"),
    "free_share": Decimal("0.96"),
    "capacity_factor": Decimal("1.2"),
}
# The same before: grinding 0.025, no decline, f = 0.97, cap 1.3 × capacity.
RULES_2020 = {
    "benchmark": Decimal("0.884"),
    "grinding": Decimal("0.025"),
    "decline": Decimal(1),
    "free_share": Decimal("0.97"),
    "capacity_factor": Decimal("1.3"),
}


def process(code: str, method: str, sector: str = "cement", decline: Any = 1, **rest: Any) -> ProcessRule:
    return ProcessRule(
        code=code, sector=sector, en=code, zh=code, method=method, decline=Decimal(decline), **rest
    )


def make_book(
    *processes: ProcessRule,
    free_share: Any = "0.96",
    vintage: int = 2021,
    base_years: tuple[int, ...] = (),
    pre_issue: str = "none",
    **rules: Any,
) -> VintageRules:
    sectors = dict.fromkeys(rule.sector for rule in processes)
    return VintageRules(
        scheme=f"test-{vintage}",
        vintage=vintage,
        rules=AllocationRules(processes=processes, base_years=base_years, pre_issue=pre_issue, **rules),
        processes={rule.code: rule for rule in processes},
        sectors={
            code: Sector(code=code, en=code, zh=code, free_share=Decimal(free_share)) for code in sectors
        },
    )


def cement_book(
    *,
    benchmark: Decimal,
    grinding: Decimal,
    decline: Decimal,
    free_share: Decimal,
    capacity_factor: Decimal,
    **rules: Any,
) -> VintageRules:
    return make_book(
        process(
            "clinker", "benchmark", decline=decline, benchmark=benchmark, capacity_factor=capacity_factor
        ),
        process("grinding", "benchmark", decline=decline, benchmark=grinding),
        free_share=free_share,
        **rules,
    )


def row(process: str, year: int | None = None, activity: Any = None, **rest: Any) -> ActivityRow:
    if activity is not None:
        rest["activity"] = Decimal(activity)
    if "licensed_capacity" in rest:
        rest["licensed_capacity"] = Decimal(rest["licensed_capacity"])
    return ActivityRow(enterprise=rest.pop("enterprise", "A"), process=process, year=year, **rest)


def allocate(book: VintageRules, *rows: ActivityRow) -> EnterpriseAllocation:
    (enterprise,) = group_rows(
        rows, scheme=book.scheme, vintage=book.vintage, processes=tuple(book.processes)
    )
    return allocate_enterprise(book, enterprise)
