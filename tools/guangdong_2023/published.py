"""Published figures that the synthetic year is calibrated to.

Monthly volume, mean price and closing prices are aggregates of the exchange's published daily figures
(GDEA, all modes); for 2023-07 … 2024-06 they add up to 8.66 Mt at 67.87 CNY/t. The auctions of credits are
from the exchange's notices.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

__all__ = ["LOTS", "MONTHS", "Lot", "Month"]


class Month(NamedTuple):
    """A month of trading: tonnes; prices in fen per tonne."""

    year: int
    month: int
    volume_t: int
    mean: int
    first_close: int
    last_close: int
    least_close: int
    most_close: int


MONTHS: Final = (
    Month(2023, 7, 2_180_883, 7960, 8089, 7939, 7702, 8329),
    Month(2023, 8, 380_899, 7595, 7704, 7412, 7335, 7704),
    Month(2023, 9, 246_350, 7240, 7246, 6807, 6807, 7499),
    Month(2023, 10, 204_130, 6670, 7063, 6791, 6461, 7063),
    Month(2023, 11, 562_182, 6425, 6532, 6530, 6401, 6658),
    Month(2023, 12, 2_429_439, 6527, 6415, 6674, 6057, 6808),
    Month(2024, 1, 398_822, 7198, 6481, 6558, 6437, 6732),
    Month(2024, 2, 71_981, 6549, 6556, 6639, 6466, 6723),
    Month(2024, 3, 409_327, 6388, 6678, 6661, 6337, 6767),
    Month(2024, 4, 640_169, 6364, 6468, 6119, 6119, 6468),
    Month(2024, 5, 705_925, 5304, 6136, 5136, 4825, 6136),
    Month(2024, 6, 425_343, 4939, 5193, 4966, 4876, 5193),
    Month(2024, 7, 1_540_934, 4623, 4850, 4071, 4071, 5198),
    Month(2024, 8, 360_532, 4143, 3777, 4846, 3696, 4934),
    Month(2024, 9, 24_500, 4381, 4391, 4302, 4007, 4893),
)


class Lot(NamedTuple):
    """A lot of PHCER sold at auction: day, methodology, tonnes, price in fen per tonne."""

    on: date
    type: str
    quantity_t: int
    price: int


LOTS: Final = (
    Lot(date(2023, 7, 18), "distributed_pv", 689, 8410),
    Lot(date(2023, 9, 22), "forest", 10_178, 6733),
    Lot(date(2023, 11, 23), "forest", 8_871, 6500),
    Lot(date(2023, 11, 24), "forest", 115_131, 6361),
    Lot(date(2024, 1, 24), "distributed_pv", 4_618, 6501),
    Lot(date(2024, 7, 12), "forest", 6_219, 4290),
)
