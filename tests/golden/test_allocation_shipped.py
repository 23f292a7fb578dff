"""Published worked figures, recomputed under the shipped Guangdong schemes."""

from decimal import Decimal

import pytest

from capwright.allocation.activity import ActivityRow
from capwright.allocation.enterprise import EnterpriseAllocation
from capwright.allocation.exits import exit_plan
from capwright.allocation.report import AllocationReport, allocate_table, render
from capwright.scheme.loader import load_scheme
from tests.allocation_books import row

LINE = {"licensed_capacity": 5_000 * 300}  # a 5,000 t/d line, 300 days a year


def table(vintage: int, *rows: ActivityRow) -> AllocationReport:
    return allocate_table(load_scheme(f"guangdong-{vintage}"), rows)


def one(vintage: int, *rows: ActivityRow) -> EnterpriseAllocation:
    return table(vintage, *rows).enterprises[0]


def test_cement_of_2020_and_2021_worked_example():
    """CCXNN: 1,672,086 t fall to 1,512,276 t, and 2 Mt of grinding lose 4,781: 164,591 t in all."""
    clinker, mill = (
        row("cement_clinker_large", None, 2_000_000, **LINE),
        row("cement_grinding", None, 2_000_000),
    )
    assert one(2020, clinker).quota.free_t == 1_672_086
    assert one(2021, clinker).quota.free_t == 1_512_276
    loss = one(2020, clinker, mill).quota.free - one(2021, clinker, mill).quota.free
    assert loss.quantize(Decimal(1)) == 164_591


def test_white_clinker_and_grinding_of_2016():
    """TJY 20289: 1.108 and 0.027 t/t; (100,000 × 1.108 + 200,000 × 0.027) × 0.97 = 112,714 t."""
    done = one(2016, row("cement_white_clinker", 2016, 100_000), row("cement_grinding", 2016, 200_000))
    assert done.quota.free == Decimal(112_714)


def test_two_step_issue_of_2014():
    """A0 = Q_2013 × BM, then × Q_2014 / Q_2013; power keeps 95 % free."""
    done = one(2014, row("power_coal_1000", 2013, 6_000_000), row("power_coal_1000", 2014, 5_000_000))
    assert done.pre_issue.quantity_t == 4_702_500  # 0.95 × 0.825 × 6,000,000
    assert done.true_up.recall_t == 783_750  # 0.95 × 0.825 × 1,000,000
    assert "allocation.processes.power_coal_1000.benchmark" in done.cites


def test_ticket_of_2013():
    """3 % bought first, then the free 97 % opens; issued at once, no true-up."""
    rows = [row("cement_grinding", year, 1_000_000) for year in (2010, 2011, 2012)]
    done = one(2013, *rows)
    assert (done.quota.approved_t, done.quota.free_t, done.buy_first_t) == (27_000, 26_190, 810)
    assert done.true_up is None


def test_data_centre_of_2023_uses_the_provincial_factor_at_pue_1_48():
    done = one(2023, row("data_centre", 2023, 10_000))
    assert done.quota.approved_t == 9_441
    assert (Decimal("0.6379") * Decimal("1.48")).quantize(Decimal("0.0001")) == Decimal("0.9441")


@pytest.mark.parametrize(
    ("vintage", "process", "free_t"),
    [
        (2013, "cement_mining", 9_700),
        (2014, "power_chp", 9_500),
        (2019, "petrochem", 9_700),
        (2022, "petrochem", 9_600),
        (2022, "aviation_other", 10_000),
        (2023, "textile", 9_700),
        (2024, "petrochem", 9_310),  # d = 0.98, 95 %
        (2025, "petrochem", 9_114),  # d = 0.98, 93 %
    ],
)
def test_free_shares_by_vintage(vintage, process, free_t):
    """The published shares on a firm with constant emissions of 10,000 t and output of 5,000."""
    rows = [row(process, vintage - back, 5_000, emissions_t=10_000) for back in range(4)]
    assert one(vintage, *rows).quota.free_t == free_t


def test_new_project_of_2024_buys_a_tenth_half_of_it_by_auction():
    done = one(2024, row("data_centre", 2024, 1_000_000, kind="new_project"))
    assert done.quota.approved_t == 893_000
    assert (done.quota.free_t, done.buy_first_t, done.buy_by_auction_t) == (803_700, 89_300, 44_650)


def test_leavers_of_2022_and_2024():
    power = load_scheme("guangdong-2022").body.allocation.exits
    assert [part.quantity_t for part in exit_plan(power, 10_000).parts] == [3_333, 3_333, 3_334]
    assert exit_plan(power, 4_999).wholly
    special = exit_plan(load_scheme("guangdong-2024").body.allocation.exits, 1_000)
    assert special.kind == "S-GDEA"
    assert special.parts == ((2024, 333), (2025, 333), (2026, 334))


def test_reports_name_what_was_not_found():
    done = table(2022, row("steel_sinter", 2022, 1_000_000))
    named = {item.path: item.confidence for item in done.relied_on}
    assert named["allocation.processes.steel_sinter.benchmark"] == "default"
    assert named["allocation.rounding"] == "default"
    assert "coverage.sectors.steel.free_share" not in named  # official since 2022
    assert "steel_sinter.benchmark = 0.17 [default]" in render(done)


def test_every_process_of_every_vintage_allocates_or_says_why():
    refusals = []
    for vintage in range(2013, 2026):
        scheme = load_scheme(f"guangdong-{vintage}")
        for rule in scheme.body.allocation.processes:
            rows = [row(rule.code, vintage - back, 5_000, emissions_t=10_000) for back in range(4)]
            try:
                done = allocate_table(scheme, rows).enterprises[0]
            except Exception as fault:  # noqa: BLE001 - collected and compared below
                refusals.append((vintage, rule.code, getattr(fault, "refusal", fault)))
                continue
            assert done.quota.free_t + done.quota.paid_t == done.quota.approved_t
    # The coal CHP benchmark of 2015-2020 was published but not found: it must be refused, not invented.
    assert [(vintage, code, refusal.code) for vintage, code, refusal in refusals] == [
        (vintage, "power_chp", "CW-5012") for vintage in range(2015, 2021)
    ]
