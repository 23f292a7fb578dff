"""What stands beside a report, for data quality only: stocks, meters, the laboratory, the year before.

Nothing here enters the calculation. Every part may be left out: a rule that lacks its data does not speak.
"""

from __future__ import annotations

from decimal import Decimal

from capwright.mrv.records import Record

__all__ = ["Companion", "LabSample", "PowerReading", "Prior", "Stock", "Weights"]


class Stock(Record, frozen=True):
    """Stock of a stream's fuel or material over the year, in `unit`: opening + bought - closing - sold."""

    stream: str
    opening: Decimal
    bought: Decimal
    closing: Decimal
    sold: Decimal = Decimal(0)
    unit: str = "t"


class Weights(Record, frozen=True):
    """The year's use of a stream as three instruments saw it, in `unit`: belt weigher, feeder, invoices.

    The invoices are of what was used: bought less what went on stock.
    """

    stream: str
    belt: Decimal | None = None
    feeder: Decimal | None = None
    invoice: Decimal | None = None
    unit: str = "t"


class PowerReading(Record, frozen=True):
    """Electricity of the year by meter, by settlement with the grid, and as told to the statistics office.

    `of` is an output (`supply`, `supply@unit1`) or `stream/symbol` (`grid/bought`).
    """

    of: str
    meter: Decimal | None = None
    settlement: Decimal | None = None
    statistics: Decimal | None = None
    unit: str = "MWh"


class LabSample(Record, frozen=True):
    """A month's coal analysis as received, in per cent of mass. `carbon`: the report's own where left out.

    `number` is that of the laboratory's report; `sealed` whether it bears the seal and the code to check it.
    """

    stream: str
    month: int
    hydrogen: Decimal | None = None
    oxygen: Decimal | None = None
    sulfur: Decimal | None = None
    moisture: Decimal | None = None
    carbon: Decimal | None = None
    number: str = ""
    sealed: bool | None = None


class Prior(Record, frozen=True):
    """The year before: verified tCO2e, the main product in the method's unit, GJ of fuel burned."""

    emissions: Decimal
    product: Decimal
    heat: Decimal | None = None


class Companion(Record, frozen=True):
    """All that stands beside one report.

    `product` names the output that measures the firm's size; left out: the first that the method requires,
    or the first reported. `verified` is the verifier's figure in tCO2e; hours and km are its time on site and
    its way there.
    """

    stocks: tuple[Stock, ...] = ()
    weights: tuple[Weights, ...] = ()
    power: tuple[PowerReading, ...] = ()
    lab: tuple[LabSample, ...] = ()
    prior: Prior | None = None
    product: str = ""
    verifier: str = ""
    consultant: str = ""
    verified: Decimal | None = None
    verifier_hours: Decimal | None = None
    verifier_km: Decimal | None = None
