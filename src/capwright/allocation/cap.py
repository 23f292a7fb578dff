"""Cap bookkeeping: what the plan foresaw against what was approved and issued.

Cap = controlled units' quota + reserve; reserve = new-project quota + market-adjustment quota (DECREE art.
10); the market-adjustment quota is 5 % of the controlled units' quota (DECREE art. 41(3)). The sum of
approved quota may differ from the controlled figure of the plan: that is flagged, never refused. Issuing
beyond the total cap is.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from msgspec import Struct

from capwright.allocation.working import Note, floor_of
from capwright.kernel.refusal import Refusal, define
from capwright.scheme.allocation_rules import CapRules

__all__ = ["CapLine", "CapOutcome", "CapPlan", "CapStatement", "cap_plan", "cap_statement", "issue_refusal"]

ABOVE_CAP = define(
    "CW-5050",
    en="Issuing {quantity_t} t would take the vintage to {issued_t} t, above its cap of {cap_t} t.",
    zh="发放{quantity_t}吨后该年度累计{issued_t}吨，超过总量{cap_t}吨。",
    mend_en="At most {left_t} t are left under the cap.",
    mend_zh="总量之内最多还可发放{left_t}吨。",
    rule="DECREE art. 10",
)

APPROVED_DIFFERS: Final = Note(
    en="The controlled units' approved quota differs from the plan: allowed, the cap holds in total.",
    zh="控排企业核定配额之和与计划不同。此属允许，总量仍受约束。",
)
RESERVE_ABOVE: Final = Note(
    en="New projects and market adjustment together take more than the reserve.",
    zh="新建项目配额与市场调节配额合计超过储备配额。",
)
SPLIT_UNKNOWN: Final = Note(
    en="The decree's share for market adjustment would alone use up the published reserve of this vintage; "
    "how the reserve was split is not published, so it is planned here as a whole.",
    zh="按管理办法规定的市场调节比例计算，仅此一项即超过该年度公布的储备配额；储备配额如何划分未公布，故此处只列总数。",
)
NEW_PROJECTS_ABOVE: Final = Note(
    en="New projects take more than the plan's reserve leaves beside the market adjustment.",
    zh="新建项目配额超过储备配额扣除市场调节配额后的余额。",
)
ADJUSTMENT_ABOVE: Final = Note(
    en="More was released for market adjustment than the plan's share.",
    zh="市场调节配额的投放超过计划比例。",
)
ABOVE_TOTAL: Final = Note(
    en="Approved and planned quota together exceed the cap.",
    zh="核定配额合计超过总量。",
)


class CapPlan(Struct, frozen=True):
    """The planned cap in tonnes; `new_project_t` is what the reserve leaves beside the market adjustment."""

    controlled_t: int
    reserve_t: int
    adjustment_t: int = 0
    auction_t: int = 0

    @property
    def total_t(self) -> int:
        """The cap."""
        return self.controlled_t + self.reserve_t

    @property
    def new_project_t(self) -> int:
        """New-project quota = reserve - market-adjustment quota."""
        return max(self.reserve_t - self.adjustment_t, 0)

    @property
    def split(self) -> bool:
        """Whether the reserve's two parts are known: the share of one may be more than the whole reserve."""
        return 0 < self.adjustment_t <= self.reserve_t


class CapOutcome(Struct, frozen=True, kw_only=True):
    """What became of the cap so far. `approved_*` are quotas on paper; the rest are units in accounts."""

    approved_controlled_t: int = 0
    approved_new_project_t: int = 0
    free_issued_t: int = 0
    new_project_issued_t: int = 0
    auctioned_t: int = 0
    adjustment_t: int = 0
    recalled_t: int = 0

    @property
    def issued_t(self) -> int:
        """Units of the vintage that were issued and not recalled."""
        given_t = self.free_issued_t + self.new_project_issued_t + self.auctioned_t + self.adjustment_t
        return given_t - self.recalled_t


class CapLine(Struct, frozen=True):
    """Planned against actual; `difference_t` = actual - planned, absent where the plan says nothing.

    The planned parts of the reserve never exceed it.
    """

    key: str
    en: str
    zh: str
    actual_t: int
    planned_t: int | None = None
    difference_t: int | None = None


class CapStatement(Struct, frozen=True):
    """The cap account of a vintage, with what a regulator should look at."""

    lines: tuple[CapLine, ...]
    flags: tuple[Note, ...]


def cap_plan(rules: CapRules) -> CapPlan:
    """The plan of a scheme, with the market-adjustment quota worked out (rounded down)."""
    share = rules.market_adjustment_share
    adjustment_t = 0 if share is None else floor_of(rules.controlled_t * Fraction(share))
    return CapPlan(rules.controlled_t, rules.reserve_t, adjustment_t, rules.auction_planned_t or 0)


def cap_statement(plan: CapPlan, outcome: CapOutcome) -> CapStatement:
    """Set plan and outcome side by side."""
    reserve_t = outcome.approved_new_project_t + outcome.adjustment_t
    lines = (
        _line("controlled", outcome.approved_controlled_t, plan.controlled_t),
        _line("reserve", reserve_t, plan.reserve_t),
        _line("new_project", outcome.approved_new_project_t, plan.new_project_t if plan.split else None),
        _line("adjustment", outcome.adjustment_t, plan.adjustment_t if plan.split else None),
        _line("free_issued", outcome.free_issued_t),
        _line("new_project_issued", outcome.new_project_issued_t),
        _line("auctioned", outcome.auctioned_t, plan.auction_t),
        _line("recalled", outcome.recalled_t),
        _line("total", outcome.issued_t, plan.total_t),
    )
    flags = (
        (APPROVED_DIFFERS, outcome.approved_controlled_t not in (0, plan.controlled_t)),
        (SPLIT_UNKNOWN, plan.adjustment_t > plan.reserve_t),
        (NEW_PROJECTS_ABOVE, plan.split and outcome.approved_new_project_t > plan.new_project_t),
        (ADJUSTMENT_ABOVE, plan.split and outcome.adjustment_t > plan.adjustment_t),
        (RESERVE_ABOVE, not plan.split and reserve_t > plan.reserve_t),
        (ABOVE_TOTAL, outcome.approved_controlled_t + reserve_t > plan.total_t),
    )
    return CapStatement(lines, tuple(note for note, raised in flags if raised))


def issue_refusal(plan: CapPlan, outcome: CapOutcome, quantity_t: int) -> Refusal | None:
    """Why `quantity_t` more may not be issued; None while the total cap holds."""
    after_t = outcome.issued_t + quantity_t
    if after_t <= plan.total_t:
        return None
    left_t = max(plan.total_t - outcome.issued_t, 0)
    details: dict[str, str | int] = {
        "quantity_t": quantity_t,
        "issued_t": after_t,
        "cap_t": plan.total_t,
        "left_t": left_t,
    }
    return Refusal(ABOVE_CAP.code, details)


def _line(key: str, actual_t: int, planned_t: int | None = None) -> CapLine:
    en, zh = _WORDS[key]
    return CapLine(key, en, zh, actual_t, planned_t, None if planned_t is None else actual_t - planned_t)


_WORDS: Final = {
    "controlled": ("controlled units, approved", "控排企业核定配额"),
    "reserve": ("reserve, taken up", "储备配额（已使用）"),
    "new_project": ("of which new projects, approved", "其中：新建项目核定配额"),
    "free_issued": ("free quota issued", "已发放免费配额"),
    "new_project_issued": ("issued to new projects", "已发放新建项目配额"),
    "auctioned": ("auctioned, within the cap", "有偿竞价发放（含在总量内）"),
    "adjustment": ("of which released for market adjustment", "其中：已投放市场调节配额"),
    "recalled": ("recalled", "收回配额"),
    "total": ("issued in all, under the cap", "累计发放（总量）"),
}
