"""Energy use in tonnes of coal equivalent (吨标准煤, tce): fuels, electricity and heat by a versioned table.

Electricity can be counted in two ways, which must never be added up or compared: by its *calorific value*
(当量值), the heat that it is (1.229 tce per 10^4 kWh, GB/T 2589), or by its *equal value* (等价值), the coal
burned to supply it. The second changes from year to year and has no figure here: who uses it gives the rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.kernel.unit import EXACT, convert, unit
from capwright.mrv.factors import Factor
from capwright.mrv.library import table
from capwright.scheme.allocation_rules import ElectricityBasis
from capwright.scheme.section import Citation, Confidence

__all__ = ["ENERGY_TABLE", "CoalEquivalent", "EnergyUse", "tce_of"]

ENERGY_TABLE: Final = "energy-tce@1"
ELECTRICITY: Final = "electricity"
# Less coal than the electricity's own heat, 3.6 MJ / 29.3076 MJ/kgce = 122.8 g, cannot supply it; above a
# kilogram the figure is in another unit.
LEAST_COAL_G: Final = Decimal("122.9")
MOST_COAL_G: Final = Decimal(1000)

NEGATIVE_ENERGY = define(
    "CW-5507",
    en="The energy use of '{item}' is {quantity} {unit}; it cannot be negative.",
    zh="“{item}”的消费量为{quantity} {unit}，不得为负。",
    rule="design: bound everything",
)
NO_COAL_RATE = define(
    "CW-5508",
    en="Electricity is to be counted by its equal value, and the coal burned to supply a kWh is not given.",
    zh="电力按等价值折算，但未给出供电煤耗。",
    mend_en="Give the rate of the year in grams of coal equivalent per kWh, such as 305.5.",
    mend_zh="请给出当年供电煤耗（克标准煤/千瓦时），例如 305.5。",
    rule="GB/T 2589: the equal value follows the coal consumption of the year",
)
BAD_COAL_RATE = define(
    "CW-5509",
    en="{rate} g of coal equivalent per kWh is not possible; {least} to {most} g are.",
    zh="供电煤耗{rate}克标准煤/千瓦时不合理，应在{least}至{most}克之间。",
    mend_en="Give it in grams per kWh, not in kilograms or in tonnes per 10^4 kWh.",
    mend_zh="单位为克/千瓦时，而非千克/千瓦时或吨/万千瓦时。",
    rule="1 kWh = 3.6 MJ; 1 kgce = 29.3076 MJ",
)


class EnergyUse(Struct, frozen=True):
    """An amount of fuel, electricity or heat: `item` of the table of coal equivalents, and its unit."""

    item: str
    quantity: Decimal
    unit: str


class CoalEquivalent(Struct, frozen=True):
    """Energy use in tce, how its electricity was counted, and the factors that it relied on."""

    tce: Decimal
    electricity: ElectricityBasis
    factors: tuple[Factor, ...]


def tce_of(
    uses: Iterable[EnergyUse],
    *,
    electricity: ElectricityBasis = "calorific_value",
    coal_g_per_kwh: Decimal | None = None,
    table_id: str = ENERGY_TABLE,
) -> CoalEquivalent:
    """Sum of quantity × factor, in tce (1 tce = 29.3076 GJ); exact, nothing is rounded.

    `coal_g_per_kwh`: grams of coal equivalent burned to supply a kWh, needed for the equal value and without
    effect on the calorific value. Refuses an unknown item (CW-5220), a unit of another dimension (CW-5202),
    a negative quantity and a missing or impossible coal rate.
    """
    factors: dict[str, Factor] = {}
    total = Decimal(0)
    for use in uses:
        if use.quantity < 0:
            refuse(NEGATIVE_ENERGY, item=use.item, quantity=f"{use.quantity:f}", unit=use.unit)
        factor = factors.get(use.item)
        if factor is None:
            factor = table(table_id).factor(use.item, "tce")
            if use.item == ELECTRICITY and electricity == "equal_value":
                factor = _equal_value(coal_g_per_kwh)
            factors[use.item] = factor
        amount = convert(use.quantity, unit(use.unit), unit(factor.unit.partition("/")[2]))
        total = EXACT.add(total, EXACT.multiply(amount, factor.value))
    return CoalEquivalent(total, electricity, tuple(factors.values()))


def _equal_value(coal_g_per_kwh: Decimal | None) -> Factor:
    """g/kWh over 100 is tce per 10^4 kWh: 300 g × 10^4 = 3 t."""
    if coal_g_per_kwh is None:
        refuse(NO_COAL_RATE)
    if not LEAST_COAL_G <= coal_g_per_kwh <= MOST_COAL_G:
        refuse(BAD_COAL_RATE, rate=f"{coal_g_per_kwh:f}", least=str(LEAST_COAL_G), most=str(MOST_COAL_G))
    citation = Citation(f"given: {coal_g_per_kwh:f} gce/kWh", Confidence.DEFAULT, "no table has it")
    value = EXACT.divide(coal_g_per_kwh, Decimal(100))
    return Factor(value, "tce/10^4 kWh", "given", ELECTRICITY, "equal_value", citation)
