"""What a firm owes for one vintage: its verified emissions, with the reliefs the scheme grants.

Guangdong, UK, EU: verified emissions, tonne for tonne. National market (from memory): a gas unit owes at most
its quota, and the firm's gap is owed up to a share of its emissions, so that

    owed = min( sum over units of min(emissions, quota if gas), free quota + 20 % × emissions )
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.quantity import MAX_T, floor_t
from capwright.kernel.refusal import define, refuse
from capwright.scheme.compliance_rules import ComplianceRules

__all__ = ["Obligation", "Relief", "UnitEmissions", "obligation", "round_emissions_t"]

BAD_EMISSIONS = define(
    "CW-7020",
    en="{emissions} is not a verified emission figure.",
    zh="{emissions}不是有效的经核查排放量。",
    mend_en="Give tonnes from 0 to 1,000,000,000,000.",
    mend_zh="请填写0至1,000,000,000,000之间的吨数。",
    rule="design: integers inside",
)
QUOTA_NEEDED = define(
    "CW-7021",
    en="The obligation under this scheme depends on the quota of '{unit}', which is missing.",
    zh="该方案的清缴义务取决于“{unit}”的配额，但未提供配额。",
    mend_en="Give the approved quota of the unit.",
    mend_zh="请提供该机组核定的配额。",
    rule="national market: gas units and the cap on the gap",
)

GAS_PATH: Final = "compliance.gas_units_owe_at_most_quota"
CAP_PATH: Final = "compliance.shortfall_cap_share"


class UnitEmissions(Struct, frozen=True):
    """The verified emissions of one unit, process or whole firm, with its approved free quota where known."""

    code: str
    emissions_t: int
    quota_t: int | None = None
    gas: bool = False


class Relief(Struct, frozen=True):
    """Tonnes not owed, and the dotted scheme path of the rule behind them."""

    quantity_t: int
    path: str
    unit: str = ""


class Obligation(Struct, frozen=True):
    """What is owed for a vintage: `emissions_t` less the reliefs."""

    vintage: int
    emissions_t: int
    owed_t: int
    reliefs: tuple[Relief, ...] = ()

    @property
    def citations(self) -> tuple[str, ...]:
        """Scheme paths of the rules that changed the figure, without repetition."""
        return tuple(dict.fromkeys(relief.path for relief in self.reliefs))


def round_emissions_t(emissions: Decimal) -> int:
    """Round verified emissions to whole tonnes, half up.

    The Union's monitoring regulation (2018/2066 art. 72) asks for rounded tonnes; where a scheme says nothing
    the same is the documented default. Refuses figures that are negative, not finite or absurd.
    """
    if not emissions.is_finite() or not 0 <= emissions <= MAX_T:
        refuse(BAD_EMISSIONS, emissions=str(emissions)[:40])
    return int(emissions.to_integral_value(ROUND_HALF_UP))


def obligation(rules: ComplianceRules, vintage: int, units: Sequence[UnitEmissions]) -> Obligation:
    """Return what a firm owes for `vintage` from the verified emissions of its units.

    The bound `quota + share × emissions` is rounded down, in the firm's favour: it is a most.
    """
    for unit in units:
        if not 0 <= unit.emissions_t <= MAX_T:
            refuse(BAD_EMISSIONS, emissions=unit.emissions_t)
    emissions_t = sum(unit.emissions_t for unit in units)
    reliefs: list[Relief] = []
    if rules.gas_units_owe_at_most_quota:
        reliefs = [
            Relief(unit.emissions_t - quota_t, GAS_PATH, unit.code)
            for unit in units
            if unit.gas and unit.emissions_t > (quota_t := _quota(unit))
        ]
    owed_t = emissions_t - sum(relief.quantity_t for relief in reliefs)
    if rules.shortfall_cap_share is not None and units:
        quota_t = sum(_quota(unit) for unit in units)
        most_t = floor_t(quota_t + rules.shortfall_cap_share * emissions_t)
        if owed_t > most_t:
            reliefs.append(Relief(owed_t - most_t, CAP_PATH))
            owed_t = most_t
    return Obligation(vintage, emissions_t, owed_t, tuple(reliefs))


def _quota(unit: UnitEmissions) -> int:
    if unit.quota_t is None:
        refuse(QUOTA_NEEDED, unit=unit.code)
    return unit.quota_t
