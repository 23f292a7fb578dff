"""Who is in: thresholds by vintage, volunteers, leavers, coal equivalent, the covered share."""

from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given

from capwright.kernel.refusal import Refused
from capwright.mrv.coal_equivalent import EnergyUse, tce_of
from capwright.mrv.coverage import Firm, FirmYear, classify, classify_all, coverage_share, deciding_years
from capwright.scheme.loader import load_scheme


def firm(sector, *years, **more):
    """A firm from (year, emissions_t, energy_tce, racks)."""
    figures = tuple(FirmYear(y, e, Decimal(t) if t is not None else None, r) for y, e, t, r in years)
    return Firm(enterprise="F", sector=sector, figures=figures, **more)


def standing(scheme, one):
    return classify(load_scheme(scheme), one).standing


# Thresholds as published: GZETS 2013-11-27 (20 kt, 10 ktce, in 2011 or 2012), GZETS 2022-12-05 (10 kt,
# 5 ktce), GZETS 2024-01-12 (1,000 racks), NFNEWS-2025 (10 kt or 3,800 tce, figures of 2024).
@pytest.mark.parametrize(
    ("scheme", "one", "expected"),
    [
        ("guangdong-2013", firm("cement", (2011, 20_000, None, None)), "controlled"),
        ("guangdong-2013", firm("cement", (2012, 20_000, None, None)), "controlled"),
        (
            "guangdong-2013",
            firm("cement", (2010, 20_000, None, None), (2012, 19_999, None, None)),
            "reporting",
        ),
        ("guangdong-2013", firm("cement", (2012, 4_999, "10000", None)), "controlled"),
        ("guangdong-2013", firm("cement", (2012, 4_999, "9999.9", None)), "outside"),
        ("guangdong-2013", firm("paper", (2012, 90_000, None, None)), "reporting"),
        ("guangdong-2016", firm("paper", (2015, 20_000, None, None)), "controlled"),
        ("guangdong-2021", firm("paper", (2020, 10_000, None, None)), "reporting"),
        ("guangdong-2022", firm("paper", (2021, 10_000, None, None)), "controlled"),
        ("guangdong-2022", firm("paper", (2021, 9_999, "4999", None)), "reporting"),
        ("guangdong-2022", firm("paper", (2021, 9_999, "5000", None)), "controlled"),
        ("guangdong-2022", firm("ceramics", (2021, 50_000, None, None)), "reporting"),
        ("guangdong-2023", firm("ceramics", (2022, 10_000, None, None)), "controlled"),
        ("china-national-2023", firm("power", (2022, 26_000, None, None)), "controlled"),
        ("china-national-2023", firm("power", (2022, 25_999, "99999", None)), "outside"),
        ("guangdong-2023", firm("data_centre", (2022, 100, None, 1_000)), "controlled"),
        ("guangdong-2023", firm("data_centre", (2022, 100, None, 999)), "outside"),
        ("guangdong-2025", firm("ceramics", (2024, 9_999, "3800", None)), "controlled"),
        ("guangdong-2025", firm("ceramics", (2024, 9_999, "3799", None)), "reporting"),
        (
            "guangdong-2025",
            firm("ceramics", (2023, 90_000, None, None), (2024, 4_999, None, None)),
            "outside",
        ),
    ],
)
def test_thresholds_of_the_vintage(scheme, one, expected):
    assert standing(scheme, one) == expected


@pytest.mark.parametrize(
    ("opted_in", "opted_out", "expected"),
    [
        (None, None, "reporting"),
        (2023, None, "reporting"),  # applies and reports in 2023, controlled from 2024 on
        (2022, None, "controlled"),
        (2024, None, "reporting"),
        (2018, 2020, "controlled"),  # controlled 2019 and 2020: two years of three
        (2017, 2020, "reporting"),  # 2018, 2019, 2020: three years
    ],
)
def test_volunteers_come_and_go_by_the_rule(opted_in, opted_out, expected):
    one = firm("textile", (2022, 30_000, None, None), opted_in=opted_in, opted_out=opted_out)
    assert standing("guangdong-2023", one) == expected


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ([2022], "controlled"),
        ([2021, 2022], "controlled"),
        ([2020, 2021, 2022], "outside"),
        ([2019, 2020, 2022], "controlled"),  # 2021 is not known: the row is broken
    ],
)
def test_who_was_in_leaves_after_three_years_in_a_row(years, expected):
    one = firm("petrochem", *((year, 4_000, None, None) for year in years), controlled_since=2018)
    assert standing("guangdong-2023", one) == expected


def test_a_year_above_begins_the_count_anew():
    years = [(2020, 4_000, None, None), (2021, 10_000, None, None), (2022, 4_000, None, None)]
    decision = classify(load_scheme("guangdong-2023"), firm("petrochem", *years, controlled_since=2018))
    assert decision.standing == "controlled"
    assert decision.reasons[0].key == "coverage.downgrade_years"


def test_leaving_takes_as_many_years_as_the_law_says_and_names_it():
    years = [(year, 4_000, None, None) for year in (2020, 2021, 2022)]
    decision = classify(load_scheme("guangdong-2023"), firm("petrochem", *years, controlled_since=2018))
    assert decision.standing == "outside"
    (why,) = decision.reasons
    assert (why.key, why.source, why.confidence) == (
        "coverage.downgrade_years",
        "RULE-2014-MRV art. 5",
        "official",
    )
    assert why.zh == "连续3年低于门槛。"


@pytest.mark.parametrize(
    ("expected_t", "standing_then"), [(9_999, "outside"), (10_000, "controlled"), (None, "outside")]
)
def test_a_new_project_is_in_by_what_it_is_expected_to_emit(expected_t, standing_then):
    # DECREE art. 9: 10,000 t a year.
    assert standing("guangdong-2023", firm("cement", expected_t=expected_t)) == standing_then


@pytest.mark.parametrize(("since", "expected"), [(2024, "outside"), (2025, "outside"), (2026, "controlled")])
def test_who_is_on_the_national_list_is_out(since, expected):
    one = firm("steel", (2024, 500_000, None, None), national_since=since)
    assert standing("guangdong-2025", one) == expected


def test_others_join_with_approval():
    # DECREE art. 9; no threshold and no sector is asked for.
    for sector in ("cement", "glass"):
        one = firm(sector, (2022, 3_000, None, None), opted_in=2021)
        decision = classify(load_scheme("guangdong-2023"), one)
        assert decision.standing == "controlled"
        assert decision.reasons[0].source == "DECREE art. 9"
    assert (
        standing("china-national-2023", firm("power", (2022, 3_000, None, None), opted_in=2021)) == "outside"
    )


def test_a_volunteer_that_took_its_application_back_was_never_in():
    one = firm("textile", (2022, 30_000, None, None), opted_in=2021, opted_out=2021)
    decision = classify(load_scheme("guangdong-2023"), one)
    assert decision.standing == "reporting"
    assert decision.reasons[0].en == "Took its application back in 2021."


def test_a_volunteer_without_the_thresholds_does_not_come_in():
    assert standing("guangdong-2023", firm("textile", (2022, 3_000, None, None), opted_in=2021)) == "outside"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # DECREE art. 6: reports from 5,000 t on.
        (firm("glass", (2022, 5_000, None, None)), "reporting"),
        (firm("glass", (2022, 4_999, None, None)), "outside"),
        # Who applies reports in that year, however small.
        (firm("textile", (2022, 3_000, None, None), opted_in=2023), "reporting"),
        # Asked to leave in 2023 after 2021, 2022 and 2023: out from 2024 on.
        (firm("textile", (2022, 30_000, None, None), opted_in=2020, opted_out=2023), "controlled"),
        # In for the first time with this vintage: it was not in before.
        (firm("petrochem", (2022, 3_000, None, None), controlled_since=2023), "outside"),
        (firm("petrochem", (2022, 3_000, None, None), controlled_since=2022), "controlled"),
    ],
)
def test_the_year_and_the_tonne_at_the_edge(one, expected):
    assert standing("guangdong-2023", one) == expected


def test_the_plan_goes_before_the_law():
    # DECREE art. 6: 10,000 t in industry, 5,000 t elsewhere; neither sector is in the plan of 2023.
    glass = classify(load_scheme("guangdong-2023"), firm("glass", (2022, 10_000, None, None)))
    hotel = classify(
        load_scheme("guangdong-2023"), firm("hotel", (2022, 6_000, None, None), non_industry=True)
    )
    for decision, key in ((glass, "standing_threshold_t"), (hotel, "standing_non_industry_threshold_t")):
        assert decision.standing == "reporting"
        assert f"coverage.{key}" in [reason.key for reason in decision.reasons]
    mill = classify(load_scheme("guangdong-2023"), firm("glass", (2022, 6_000, None, None)))
    assert [reason.key for reason in mill.reasons] == ["coverage.sectors", "coverage.reporting_threshold_t"]


def test_who_was_in_stays_where_nothing_is_known_and_is_told_so():
    decision = classify(load_scheme("guangdong-2023"), firm("cement", controlled_since=2013))
    assert decision.standing == "controlled"
    assert [reason.zh for reason in decision.reasons] == [
        "此前已控排，连续低于门槛0年，未满3年，继续控排。",
        "没有2022年的数据。",
    ]


def test_a_firm_without_figures_of_the_deciding_year_is_told_so():
    decision = classify(load_scheme("guangdong-2025"), firm("ceramics", (2023, 90_000, None, None)))
    assert decision.standing == "outside"
    assert decision.reasons[-1].zh == "没有2024年的数据。"


def test_the_reason_names_the_figure_the_threshold_and_the_source():
    decision = classify(load_scheme("guangdong-2025"), firm("ceramics", (2024, 9_000, "3800.5", None)))
    (why,) = decision.reasons
    assert why.en == "3,800.5 tce in 2024, at least 3,800."
    assert why.zh == "2024年3,800.5吨标准煤，达到3,800。"
    assert (why.key, why.source, why.confidence) == (
        "coverage.threshold_tce",
        "NFNEWS-2025; JC68",
        "secondary",
    )


def test_the_deciding_years():
    # GZETS 2013-11-27: "in 2011 or 2012"; where a plan says nothing the year before.
    assert deciding_years(load_scheme("guangdong-2013")) == (2011, 2012)
    assert deciding_years(load_scheme("guangdong-2025")) == (2024,)
    assert deciding_years(load_scheme("guangdong-2022")) == (2021,)


@pytest.mark.parametrize(
    ("scheme", "one", "code"),
    [
        ("eu-ets", firm("cement"), "CW-5500"),
        ("guangdong-2023", firm("cement", (2022, -1, None, None)), "CW-5501"),
        ("guangdong-2023", firm("cement", (2022, None, "-0.1", None)), "CW-5501"),
        ("guangdong-2023", firm("cement", (2022, None, None, -1)), "CW-5501"),
        ("guangdong-2023", firm("cement", expected_t=-1), "CW-5501"),
        ("guangdong-2023", firm("cement", (2022, 1, None, None), (2022, 2, None, None)), "CW-5510"),
    ],
)
def test_what_cannot_be_classified_is_refused(scheme, one, code):
    with pytest.raises(Refused, match=code):
        classify(load_scheme(scheme), one)


USES = [
    EnergyUse("raw_coal", Decimal(7000), "t"),
    EnergyUse("electricity", Decimal(10), "10^6 kWh"),
    EnergyUse("heat", Decimal(100_000), "GJ"),
]


def test_coal_equivalent_by_calorific_value():
    # 7,000 t x 0.7143 = 5,000.1; 10 GWh = 1,000 x 10^4 kWh x 1.229 = 1,229; 100,000 GJ x 0.0341 = 3,410.
    found = tce_of(USES)
    assert found.tce == Decimal("9639.1")
    assert found.electricity == "calorific_value"
    assert [factor.name for factor in found.factors] == [
        "energy-tce@1/raw_coal/tce",
        "energy-tce@1/electricity/tce",
        "energy-tce@1/heat/tce",
    ]


def test_coal_equivalent_by_equal_value():
    # 305.5 g/kWh = 3.055 tce per 10^4 kWh; 1,000 x 3.055 = 3,055 in place of 1,229.
    found = tce_of(USES, electricity="equal_value", coal_g_per_kwh=Decimal("305.5"))
    assert found.tce == Decimal("5000.1") + Decimal(3055) + Decimal(3410)
    assert found.electricity == "equal_value"
    assert found.factors[1].citation.source == "given: 305.5 gce/kWh"


def test_the_two_ways_of_counting_electricity_are_told_apart():
    # A coal rate alone does not change the calorific value; the equal value needs one.
    assert tce_of(USES, coal_g_per_kwh=Decimal(300)).tce == Decimal("9639.1")
    with pytest.raises(Refused, match="CW-5508"):
        tce_of(USES, electricity="equal_value")
    without = [use for use in USES if use.item != "electricity"]
    assert tce_of(without, electricity="equal_value").tce == Decimal("8410.1")


@pytest.mark.parametrize("rate", ["0.3055", "3.055", "122.8", "1000.1", "-300"])
def test_an_impossible_coal_rate_is_refused(rate):
    # 3.6 MJ / 29.3076 MJ/kg = 0.12283 kg: less cannot supply a kWh.
    with pytest.raises(Refused, match="CW-5509"):
        tce_of(USES, electricity="equal_value", coal_g_per_kwh=Decimal(rate))


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (EnergyUse("raw_coal", Decimal(1), "GJ"), "CW-5202"),
        (EnergyUse("peat", Decimal(1), "t"), "CW-5220"),
        (EnergyUse("raw_coal", Decimal(1), "sacks"), "CW-5201"),
        (EnergyUse("raw_coal", Decimal(-1), "t"), "CW-5507"),
    ],
)
def test_energy_that_cannot_be_converted_is_refused(use, code):
    with pytest.raises(Refused, match=code):
        tce_of([use])


# POLICY-2023: 70 % by 2025, 75 % by 2030.
@pytest.mark.parametrize(
    ("year", "covered", "total", "share", "short", "due"),
    [
        (2023, 400, 1000, "0.4", (300, 350), (False, False)),
        (2025, 700, 1000, "0.7", (0, 50), (True, False)),
        (2025, 699, 1000, "0.699", (1, 51), (True, False)),
        (2030, 740, 1000, "0.74", (0, 10), (True, True)),
        (2030, 1, 3, "0.3333", (2, 2), (True, True)),  # 70 % of 3 t: 2.1, so 3 needed; 75 %: 2.25, so 3
        (2025, 6_999_999, 10_000_000, "0.6999", (1, 500_001), (True, False)),  # not rounded up to 70 %
    ],
)
def test_the_covered_share_against_the_targets(year, covered, total, share, short, due):
    found = coverage_share(load_scheme("guangdong-2025"), year, covered, total)
    assert found.share == Decimal(share)
    assert [target.year for target in found.targets] == [2025, 2030]
    assert [target.covered_share for target in found.targets] == [Decimal("0.70"), Decimal("0.75")]
    assert tuple(target.short_t for target in found.targets) == short
    assert tuple(target.due for target in found.targets) == due
    assert [target.reached for target in found.targets] == [not t for t in short]


@pytest.mark.parametrize(("covered", "total"), [(11, 10), (0, 0), (1, -1), (-1, 10)])
def test_a_part_larger_than_the_whole_is_refused(covered, total):
    with pytest.raises(Refused, match="CW-5502"):
        coverage_share(load_scheme("guangdong-2025"), 2025, covered, total)


def test_a_market_without_targets_has_a_share_all_the_same():
    found = coverage_share(load_scheme("china-national-2023"), 2023, 1, 4)
    assert (found.share, found.targets) == (Decimal("0.25"), ())


AMOUNTS = st.decimals(0, 10**6, places=3)
KINDS = st.sampled_from(
    [("raw_coal", "t"), ("natural_gas", "10^4 Nm3"), ("electricity", "MWh"), ("heat", "GJ")]
)
LISTS = st.lists(st.builds(lambda kind, q: EnergyUse(kind[0], q, kind[1]), KINDS, AMOUNTS), max_size=8)


@given(LISTS, KINDS, AMOUNTS)
def test_more_energy_is_more_coal(uses, kind, more):
    then = [*uses, EnergyUse(kind[0], more, kind[1])]
    for how, rate in (("calorific_value", None), ("equal_value", Decimal(300))):
        less = tce_of(uses, electricity=how, coal_g_per_kwh=rate).tce
        assert tce_of(then, electricity=how, coal_g_per_kwh=rate).tce >= less
        assert (tce_of(then, electricity=how, coal_g_per_kwh=rate).tce == less) == (more == 0)


@given(LISTS.flatmap(lambda uses: st.tuples(st.just(uses), st.permutations(uses))))
def test_the_order_of_energy_does_not_matter(pair):
    assert tce_of(pair[0]).tce == tce_of(pair[1]).tce


@given(st.decimals(0, 10**6, places=3))
def test_units_do_not_matter(tonnes):
    by_t = tce_of([EnergyUse("raw_coal", tonnes, "t")]).tce
    assert tce_of([EnergyUse("raw_coal", tonnes * 1000, "kg")]).tce == by_t


@given(
    st.integers(0, 40_000),
    st.integers(0, 20_000),
    st.integers(0, 40_000),
    st.sampled_from(["guangdong-2013", "guangdong-2023", "guangdong-2025"]),
)
def test_more_never_lets_a_firm_out(emissions_t, energy_tce, more_t, scheme):
    ranks = {"outside": 0, "reporting": 1, "controlled": 2}
    year = {"guangdong-2013": 2012, "guangdong-2023": 2022, "guangdong-2025": 2024}[scheme]
    less = standing(scheme, firm("cement", (year, emissions_t, energy_tce, None)))
    more = standing(scheme, firm("cement", (year, emissions_t + more_t, energy_tce + more_t, None)))
    assert ranks[more] >= ranks[less]


@given(st.permutations([(2020, 4_000), (2021, 12_000), (2022, 9_000)]))
def test_the_order_of_years_does_not_matter(years):
    one = firm("cement", *((year, t, None, None) for year, t in years), controlled_since=2015)
    assert standing("guangdong-2023", one) == "controlled"


@given(st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_firms_does_not_matter(names):
    tonnes = {"a": 1, "b": 50_000, "c": 6_000, "d": 10_000}
    firms = [
        Firm(enterprise=name, sector="cement", figures=(FirmYear(2022, tonnes[name]),)) for name in names
    ]
    found = {one.enterprise: one.standing for one in classify_all(load_scheme("guangdong-2023"), firms)}
    assert found == {"a": "outside", "b": "controlled", "c": "reporting", "d": "controlled"}
