"""The parts of a scheme that allocation reads, put where they are found quickly."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from capwright.allocation.activity import Kind
from capwright.allocation.working import Working, datum
from capwright.kernel.refusal import define, refuse
from capwright.scheme.allocation_rules import AllocationRules, ProcessRule, Sector
from capwright.scheme.schema import SchemeBody

__all__ = ["VintageRules"]

NO_ALLOCATION = define(
    "CW-5020",
    en="The scheme {scheme} has no rules of free allocation of its own: {lacking} is missing.",
    zh="方案{scheme}没有完整的免费配额分配规则：缺少{lacking}。",
    mend_en="Use a scheme of one vintage, such as guangdong-2023.",
    mend_zh="请使用某一年度的方案，例如 guangdong-2023。",
    rule="design: a scheme allocates its own vintage",
)
NO_SECTOR = define(
    "CW-5021",
    en="Process '{process}' belongs to sector '{sector}', for which the scheme {scheme} has no free share.",
    zh="工序“{process}”属于行业“{sector}”，但方案{scheme}没有该行业的免费比例。",
    mend_en="Add the sector to coverage.sectors with its free_share and source.",
    mend_zh="请在 coverage.sectors 中补充该行业的 free_share 及其来源。",
    rule="coverage.sectors of the scheme",
)


class VintageRules(Struct, frozen=True):
    """Allocation rules of one scheme and vintage, processes and sectors by code."""

    scheme: str
    vintage: int
    rules: AllocationRules
    processes: dict[str, ProcessRule]
    sectors: dict[str, Sector]

    @classmethod
    def of(cls, body: SchemeBody) -> VintageRules:
        """Take the rules out of a scheme; refuse a scheme without coverage, allocation or vintage."""
        if body.allocation is None:
            refuse(NO_ALLOCATION, scheme=body.name, lacking="allocation")
        if body.coverage is None:
            refuse(NO_ALLOCATION, scheme=body.name, lacking="coverage")
        if body.vintage is None:
            refuse(NO_ALLOCATION, scheme=body.name, lacking="vintage")
        return cls(
            scheme=body.name,
            vintage=body.vintage,
            rules=body.allocation,
            processes={rule.code: rule for rule in body.allocation.processes},
            sectors={sector.code: sector for sector in body.coverage.sectors},
        )

    def free_share(self, process: ProcessRule, kind: Kind = "existing") -> Working:
        """The free share f of a process: its sector's, or what a new project need not pay for.

        GZETS 2013-11-27 … 2025-05-12 give shares by sector and a paid share of new projects; where a
        vintage has no such share of its own, a new project is treated as its sector.
        """
        paid = self.rules.new_project_paid_share
        if kind == "new_project" and paid is not None:
            one_less = datum("p", paid, "", "allocation.new_project_paid_share")
            return Working(
                "(1 - p)", f"(1 - {one_less.numbers})", Fraction(1) - one_less.value, one_less.inputs
            )
        sector = self.sectors.get(process.sector)
        if sector is None:
            refuse(NO_SECTOR, process=process.code, sector=process.sector, scheme=self.scheme)
        return datum("f", sector.free_share, "", f"coverage.sectors.{sector.code}.free_share")
