"""The methods, against published and hand-worked figures."""

from decimal import Decimal

import pytest

from capwright.kernel.refusal import Refused
from tests.allocation_books import RULES_2020, RULES_2021, allocate, cement_book, make_book, process, row

CAPACITY = 5_000 * 300  # a 5,000 t/d line, 300 days


def test_clinker_line_of_vintage_2021_worked_example():
    """CCXNN: 5,000 × 300 × 1.2 × 0.884 × 0.99 × 0.96 = 1,512,276 t free."""
    done = allocate(cement_book(**RULES_2021), row("clinker", 2021, 2_500_000, licensed_capacity=CAPACITY))
    assert done.quota.free_t == 1_512_276
    assert done.quota.free == Decimal("1512276.48")
    assert done.quota.free_remainder == Decimal("0.48")
    assert done.quota.approved_t == 1_575_288
    assert done.quota.paid_t == 63_012


def test_loss_of_the_line_and_its_mill_between_2020_and_2021():
    """Clinker 1,672,086 → 1,512,276, grinding of 2 Mt loses 4,781: about 0.17 Mt in all (164,591)."""
    clinker = row("clinker", None, 2_500_000, licensed_capacity=CAPACITY)
    grinding = row("grinding", None, 2_000_000)
    old, new = (cement_book(**rules, vintage=2021) for rules in (RULES_2020, RULES_2021))
    assert allocate(old, clinker).quota.free_t == 1_672_086
    clinker_loss = allocate(old, clinker).quota.free - allocate(new, clinker).quota.free
    grinding_loss = allocate(old, grinding).quota.free - allocate(new, grinding).quota.free
    assert clinker_loss == Decimal("159809.52")  # 159,810 in the source
    assert grinding_loss == Decimal("4781.6")
    both = allocate(old, clinker, grinding).quota.free - allocate(new, clinker, grinding).quota.free
    assert both == Decimal("164591.12")


def test_output_cap_binds_only_above_the_factor():
    for factor, most in (("1.3", 1_950_000), ("1.2", 1_800_000)):
        book = cement_book(**RULES_2021 | {"capacity_factor": Decimal(factor)})
        at, above, below = (
            allocate(book, row("clinker", 2021, output, licensed_capacity=CAPACITY))
            for output in (most, most + 400_000, most - 1)
        )
        assert at.quota.total == above.quota.total == Decimal(most) * Decimal("0.884") * Decimal("0.99")
        assert below.quota.total < at.quota.total
        assert not at.quota.steps[0].notes
        assert "above the cap" in above.quota.steps[0].notes[0].text("en")


def test_missing_capacity_is_said_not_hidden():
    done = allocate(cement_book(**RULES_2021), row("clinker", 2021, 100))
    assert "cap was not applied" in done.quota.steps[0].notes[0].text("en")
    assert "产量上限" in done.quota.steps[0].notes[0].text("zh")


def test_steps_spell_themselves_out_and_cite_the_scheme():
    done = allocate(cement_book(**RULES_2021), row("clinker", 2021, 2_500_000, licensed_capacity=CAPACITY))
    (step,) = done.quota.steps
    assert step.formula == "A = min(Q_2021, k × C) × BM × d"
    assert step.numbers == "min(2,500,000, 1.2 × 1,500,000) × 0.884 × 0.99 = 1,575,288"
    assert done.quota.formula == "free = f × A_clinker"
    assert done.quota.numbers == "0.96 × 1,575,288 = 1,512,276.48 → 1,512,276"
    assert step.cites == (
        "allocation.processes.clinker.method",
        "allocation.processes.clinker.capacity_factor",
        "allocation.processes.clinker.benchmark",
        "allocation.processes.clinker.decline",
    )
    assert done.quota.cites == ("coverage.sectors.cement.free_share", "allocation.rounding")


def test_data_centre_benchmark_is_grid_factor_times_pue():
    """0.9441 = 0.6379 × 1.48 (2023); 1,000,000 kWh of IT equipment at 97 % free, d = 1."""
    assert (Decimal("0.6379") * Decimal("1.48")).quantize(Decimal("0.0001")) == Decimal("0.9441")
    book = make_book(
        process("it", "benchmark", "data_centre", benchmark=Decimal("0.9441"), activity_unit="MWh"),
        free_share="0.97",
        vintage=2023,
    )
    done = allocate(book, row("it", 2023, 100_000))
    assert done.quota.approved_t == 94_410
    assert done.quota.free_t == 91_577  # 91,577.7


def test_historical_intensity_weighs_by_output():
    """(900 + 2,200) / (1,000 + 2,000) × 3,000 × 0.98 = 3,038, not the mean of 0.9 and 1.1 (2,940)."""
    book = make_book(
        process("tiles", "historical_intensity", decline="0.98"),
        free_share=1,
        vintage=2025,
        base_years=(2022, 2023, 2024),
    )
    done = allocate(
        book,
        row("tiles", 2022, 1_000, emissions_t=900),
        row("tiles", 2023, 2_000, emissions_t=2_200),
        row("tiles", 2024, 5_000, emissions_t=9_999, normal=False),
        row("tiles", 2025, 3_000),
    )
    assert done.quota.approved_t == 3_038
    assert done.quota.steps[0].formula == "A = Q_2025 × (E_2022 + E_2023) / (Q_2022 + Q_2023) × d"
    assert "allocation.base_years" in done.cites


def test_quotients_are_exact_to_the_last_tonne():
    """A third of 100 × 3 is 100, also after rounding down: no 99.999… from a cut quotient."""
    book = make_book(process("a", "historical_intensity"), free_share=1, vintage=2023, base_years=(2022,))
    done = allocate(book, row("a", 2022, 3, emissions_t=100), row("a", 2023, 3))
    assert done.quota.approved_t == 100
    assert done.quota.total_remainder == 0


def test_historical_emissions_mean_of_normal_years_2016():
    """Mean of the normal years among 2013-2015, d = 0.99: (100,000 + 110,000) / 2 × 0.99 = 103,950."""
    book = make_book(
        process("mine", "historical_emissions", decline="0.99"),
        free_share="0.97",
        vintage=2016,
        base_years=(2013, 2014, 2015),
    )
    rows = [
        row("mine", 2013, emissions_t=100_000),
        row("mine", 2014, emissions_t=30_000, normal=False),
        row("mine", 2015, emissions_t=110_000),
    ]
    done = allocate(book, *rows)
    assert done.quota.approved_t == 103_950
    assert done.quota.free_t == 100_831  # 100,831.5
    allowance = allocate(book, *rows, row("mine", 2016, extra_t=1_000))
    assert allowance.quota.approved_t == 104_950


def test_one_off_benchmark_of_2013_uses_mean_historical_output():
    book = make_book(
        process("power", "benchmark", benchmark=Decimal("0.770"), output_basis="historical_mean"),
        free_share="0.97",
        vintage=2013,
        base_years=(2010, 2011, 2012),
        pre_issue="full_formula",
        true_up=False,
        compulsory_paid_share=Decimal("0.03"),
    )
    done = allocate(
        book, *(row("power", year, 1_000_000 + (year - 2011) * 90) for year in (2010, 2011, 2012))
    )
    assert done.quota.approved_t == 770_000
    assert done.quota.free_t == done.pre_issue.quantity_t == 746_900
    assert done.true_up is None
    assert (done.buy_first_t, done.buy_by_auction_t) == (23_100, 23_100)


def test_national_unit_with_heat():
    """1,000,000 MWh × 0.7950 + 500,000 GJ × 0.1038 = 846,900 t, all free (2023 benchmarks)."""
    book = make_book(
        process(
            "coal_large",
            "benchmark",
            "power",
            benchmark=Decimal("0.7950"),
            heat_benchmark=Decimal("0.1038"),
            activity_unit="MWh",
        ),
        free_share=1,
        vintage=2023,
        pre_issue="previous_output",
        pre_issue_share=Decimal("0.70"),
    )
    done = allocate(
        book,
        row("coal_large", 2022, 900_000, heat_gj=Decimal(500_000)),
        row("coal_large", 2023, 1_000_000, heat_gj=Decimal(500_000)),
    )
    assert done.quota.free_t == 846_900
    assert done.pre_issue.quantity_t == 537_180  # 0.7 × (715,500 + 51,900)
    assert done.true_up.issue_t == 309_720
    assert done.quota.steps[0].numbers == "1,000,000 × 0.795 × 1 + 500,000 × 0.1038 × 1 = 846,900"


def test_verified_emissions_are_the_quota():
    book = make_book(process("steel", "verified_emissions", "steel"), free_share=1, vintage=2024)
    done = allocate(book, row("steel", 2024, emissions_t=123_456))
    assert done.quota.free_t == 123_456


def test_two_sectors_in_one_enterprise_round_once():
    """0.95 × 101 + 0.97 × 101 = 193.92 → 193; rounding each would give 95 + 97 = 192."""
    book = make_book(
        process("power", "verified_emissions", "power"), process("kiln", "verified_emissions"), vintage=2016
    )
    book.sectors["power"] = type(book.sectors["power"])(
        code="power", en="", zh="", free_share=Decimal("0.95")
    )
    book.sectors["cement"] = type(book.sectors["cement"])(
        code="cement", en="", zh="", free_share=Decimal("0.97")
    )
    done = allocate(book, row("power", 2016, emissions_t=101), row("kiln", 2016, emissions_t=101))
    assert (done.quota.approved_t, done.quota.free_t, done.quota.paid_t) == (202, 193, 9)


@pytest.mark.parametrize(("share", "free_t"), [("0.97", 970), ("0.95", 950), ("0.96", 960), ("1", 1000)])
def test_free_shares(share: str, free_t: int):
    book = make_book(process("a", "verified_emissions"), free_share=share)
    done = allocate(book, row("a", 2021, emissions_t=1_000))
    assert (done.quota.free_t, done.quota.paid_t) == (free_t, 1_000 - free_t)


def test_negative_benchmark_never_makes_a_debt():
    book = make_book(process("bof", "benchmark", "steel", benchmark=Decimal("-0.02")))
    done = allocate(book, row("bof", 2021, 1_000))
    assert done.quota.steps[0].value == -20
    assert (done.quota.approved_t, done.quota.free_t) == (0, 0)


def test_new_project_by_capacity_or_energy():
    book = make_book(
        process("clinker", "benchmark", benchmark=Decimal("0.884"), decline="0.98"),
        process("glass", "historical_intensity"),
        vintage=2024,
        free_share="0.95",
        new_project_paid_share=Decimal("0.10"),
        new_project_auction_share=Decimal("0.5"),
        new_project_energy_factor=Decimal("2.66"),
    )
    by_capacity = allocate(book, row("clinker", 2024, 1_500_001, kind="new_project"))
    assert by_capacity.quota.total == Decimal("1326000.884")  # no decline factor
    assert by_capacity.quota.free_t == 1_193_400  # 1,193,400.7956
    assert (by_capacity.buy_first_t, by_capacity.buy_by_auction_t) == (132_600, 66_300)
    assert by_capacity.pre_issue is None
    by_energy = allocate(book, row("glass", 2024, kind="new_project", energy_tce=Decimal(10_000)))
    assert by_energy.quota.approved_t == 26_600
    own = row("glass", 2024, kind="new_project", energy_tce=Decimal(10_000), energy_factor=Decimal("2.5"))
    assert allocate(book, own).quota.approved_t == 25_000


def refused(book, *rows):
    with pytest.raises(Refused) as caught:
        allocate(book, *rows)
    return caught.value.refusal.code


def test_refusals():
    intensity = make_book(process("a", "historical_intensity"), vintage=2023, base_years=(2021, 2022))
    assert refused(intensity, row("a", 2023, 100)) == "CW-5010"
    assert refused(intensity, row("a", 2022, 0, emissions_t=5), row("a", 2023, 1)) == "CW-5010"
    assert refused(intensity, row("a", 2022, 100), row("a", 2023, 100)) == "CW-5011"
    no_benchmark = make_book(process("a", "benchmark"))
    assert refused(no_benchmark, row("a", 2021, 1)) == "CW-5012"
    assert refused(no_benchmark, row("a", 2021, 1, kind="new_project")) == "CW-5013"
    last = make_book(process("a", "benchmark", benchmark=Decimal(1)), pre_issue="last_approved")
    assert refused(last, row("a", 2021)) == "CW-5014"
    huge = make_book(process("a", "benchmark", benchmark=Decimal(1000)))
    assert refused(huge, row("a", 2021, 10**15)) == "CW-5030"
