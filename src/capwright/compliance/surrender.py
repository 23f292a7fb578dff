"""Which units to surrender: the scheme's order, older vintages first, later ones only with borrowing.

Banking without limit, no borrowing (DECREE art. 17): what is left of older vintages may be used, what is
issued for a later vintage may not. Credits and special quota go only as far as `offsets` admitted them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from capwright.kernel.refusal import Refusal, define
from capwright.scheme.compliance_rules import ComplianceRules

__all__ = ["BarredHolding", "Holding", "SurrenderLine", "SurrenderPlan", "plan_surrender"]

Family = Literal["allowance", "special", "credit"]

LATER_VINTAGE = define(
    "CW-7050",
    en="{kind} of vintage {vintage} cannot be used for {due}: there is no borrowing.",
    zh="{vintage}年度{kind}不得用于{due}年度清缴：不允许预借。",
    rule="DECREE art. 17",
)
OLDER_VINTAGE = define(
    "CW-7051",
    en="{kind} of vintage {vintage} cannot be used for {due}: there is no banking.",
    zh="{vintage}年度{kind}不得用于{due}年度清缴：不允许结转。",
    rule="scheme: compliance.banking",
)
KIND_NOT_ACCEPTED = define(
    "CW-7052",
    en="{kind} is not accepted for surrender under this scheme.",
    zh="该方案不接受以{kind}清缴。",
    rule="scheme: compliance.surrender_order",
)
NOT_ADMITTED = define(
    "CW-7053",
    en="{quantity_t} t of {kind} were not admitted as offset.",
    zh="{quantity_t}吨{kind}未获准用于抵消。",
    mend_en="Apply for the offset first.",
    mend_zh="请先提出抵消申请。",
    rule="offset limits of the vintage",
)


class Holding(Struct, frozen=True):
    """Units of one series that a firm may surrender.

    `bucket` is empty for free units; frozen ones, which may be surrendered but not traded, name their
    bucket and go first, so that what can be traded is left.
    """

    kind: str
    vintage: int
    quantity_t: int
    project: str = ""
    bucket: str = ""


class SurrenderLine(Struct, frozen=True):
    """One step of the plan: so many tonnes of this holding."""

    holding: Holding
    quantity_t: int
    step: str


class BarredHolding(Struct, frozen=True):
    """Tonnes of a holding that cannot be used, and why."""

    holding: Holding
    quantity_t: int
    reason: Refusal


class SurrenderPlan(Struct, frozen=True):
    """What to surrender, in order; what is still lacking; what had to stay behind by rule."""

    owed_t: int
    lines: tuple[SurrenderLine, ...]
    barred: tuple[BarredHolding, ...]

    @property
    def surrendered_t(self) -> int:
        """Sum of the lines."""
        return sum(line.quantity_t for line in self.lines)

    @property
    def shortfall_t(self) -> int:
        """What the holdings do not cover."""
        return self.owed_t - self.surrendered_t


def plan_surrender(
    rules: ComplianceRules,
    families: Mapping[str, Family],
    vintage: int,
    owed_t: int,
    holdings: Sequence[Holding],
    admitted: Mapping[tuple[str, str], int] | None = None,
) -> SurrenderPlan:
    """Pick what to surrender for `vintage`.

    `families` says what each unit kind is; `admitted` gives the tonnes of credits and special quota that
    may be used, by (kind, project). The sum of the lines is the obligation, or all that may be used.
    """
    assert owed_t >= 0, owed_t
    admitted_t = dict(admitted or {})
    queue: list[tuple[int, Holding, int]] = []
    barred: list[BarredHolding] = []
    for holding in sorted(holdings, key=_turn):
        family = families.get(holding.kind)
        step = _step(rules, family, holding.vintage, vintage)
        if isinstance(step, int):
            usable_t = holding.quantity_t
            if family != "allowance":
                key = holding.kind, holding.project
                usable_t = min(usable_t, admitted_t.get(key, 0))
                admitted_t[key] = admitted_t.get(key, 0) - usable_t
            queue.append((step, holding, usable_t))
            rest_t = holding.quantity_t - usable_t
            if rest_t:
                reason = Refusal(NOT_ADMITTED.code, {"kind": holding.kind, "quantity_t": rest_t})
                barred.append(BarredHolding(holding, rest_t, reason))
        elif holding.quantity_t:
            details: dict[str, str | int] = {"kind": holding.kind, "vintage": holding.vintage, "due": vintage}
            barred.append(BarredHolding(holding, holding.quantity_t, Refusal(step, details)))
    lines: list[SurrenderLine] = []
    left_t = owed_t
    for step, holding, usable_t in sorted(queue, key=lambda item: item[0]):
        take_t = min(left_t, usable_t)
        if take_t:
            lines.append(SurrenderLine(holding, take_t, rules.surrender_order[step]))
            left_t -= take_t
    return SurrenderPlan(owed_t, tuple(lines), tuple(barred))


def _turn(holding: Holding) -> tuple[int, str, str, bool, str]:
    """Order inside a step: older vintages first, frozen units before free ones."""
    return holding.vintage, holding.kind, holding.project, not holding.bucket, holding.bucket


def _step(rules: ComplianceRules, family: Family | None, has: int, due: int) -> int | str:
    """Return the position of a holding in the scheme's order, or the refusal code that bars it."""
    order = rules.surrender_order
    wanted: str | None = family
    if family == "allowance":
        if has > due and not rules.borrowing:
            return LATER_VINTAGE.code
        if has < due:
            if not rules.banking:
                return OLDER_VINTAGE.code
            wanted = "older_vintage" if "older_vintage" in order else "allowance"
    return next((at for at, step in enumerate(order) if step == wanted), KIND_NOT_ACCEPTED.code)
