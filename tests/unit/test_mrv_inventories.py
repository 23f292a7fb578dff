"""The area's inventory, and how much of it the market covers."""

from datetime import date
from decimal import Decimal

import pytest

from capwright.compliance.messages import RecordEmissions
from capwright.mrv.inventory_messages import InventoryRecorded, RecordInventory
from capwright.projection.coverage import coverage, targets
from tests.allocation_worlds import ALPHA, BETA, GAMMA, GdWorld
from tests.unit.test_mrv_workflow import refused

YEAR = 2023
DOCUMENT = "Inventory made for this test, 1 April 2024"


@pytest.fixture
def world():
    return GdWorld(YEAR, funded_t=0).firms(ALPHA, BETA, GAMMA, sector="cement").on(date(2024, 4, 1))


def record(world, emissions_t, year=YEAR):
    return world.do("ann", RecordInventory(year, emissions_t, DOCUMENT))


def figures(world, *emissions_t):
    for account, figure in zip((ALPHA, BETA, GAMMA), emissions_t, strict=False):
        world.do("ann", RecordEmissions(account, YEAR, figure))


def test_an_inventory_names_who_recorded_it_and_its_document(world):
    event = InventoryRecorded(year=YEAR, emissions_t=5, document=DOCUMENT, recorded_by="ann")
    assert record(world, 5)[-1] == event


@pytest.mark.parametrize(
    ("year", "emissions_t", "document", "code"),
    [
        (1989, 5, DOCUMENT, "CW-5531"),
        (2025, 5, DOCUMENT, "CW-5531"),
        (2023, 0, DOCUMENT, "CW-5530"),
        (2023, -1, DOCUMENT, "CW-5530"),
        (2023, 100_000_000_001, DOCUMENT, "CW-5530"),
        (2023, 5, "", "CW-5532"),
    ],
)
def test_what_is_no_inventory_is_refused(world, year, emissions_t, document, code):
    assert refused(world, "ann", RecordInventory(year, emissions_t, document)) == code


def test_a_firm_records_none(world):
    assert refused(world, "rep-10-a", RecordInventory(YEAR, 5, DOCUMENT)) == "CW-4001"


def test_the_share_against_the_targets(world):
    """6,999 + 1 + 500 of 10,000 t are 75 %: both targets of POLICY-2023 (70 % by 2025, 75 % by 2030)."""
    figures(world, 6_999, 1, 500)
    record(world, 10_000)
    (year,) = coverage(world.market)
    assert (year.year, year.firms, year.with_figure, year.emissions_t) == (2023, 3, 3, 7_500)
    assert (year.area_t, year.document, year.share) == (10_000, DOCUMENT, Decimal("0.75"))
    assert [(one.year, one.short_t) for one in year.targets] == [(2025, 0), (2030, 0)]


def test_a_later_record_replaces_the_first(world):
    """7,500 of 10,001 t are 74.99 % (cut); 75 % of it, 7,500.75 t, need 7,501 t."""
    figures(world, 7_000, 400, 100)
    record(world, 10_000)
    record(world, 10_001)
    (year,) = coverage(world.market)
    assert year.share == Decimal("0.7499")
    assert [(one.year, one.needed_t, one.short_t) for one in year.targets] == [
        (2025, 7_001, 0),
        (2030, 7_501, 1),
    ]


def test_without_an_inventory_there_is_no_share(world):
    figures(world, 1, 2, 3)
    record(world, 10_000, year=2022)
    (year,) = coverage(world.market)
    assert (year.emissions_t, year.area_t, year.share, year.amiss) == (6, None, None, False)
    assert [(one.year, str(one.covered_share)) for one in targets(world.market)] == [
        (2025, "0.70"),
        (2030, "0.75"),
    ]


def test_an_inventory_below_what_is_covered_is_amiss(world):
    figures(world, 10, 20, 30)
    record(world, 59)
    (year,) = coverage(world.market)
    assert (year.share, year.amiss) == (None, True)


def test_of_two_firms_no_sum_is_told(world):
    figures(world, 10, 20)
    record(world, 100)
    (year,) = coverage(world.market)
    assert (year.with_figure, year.emissions_t, year.share) == (2, None, None)
