"""The Guangdong schemes against the published tables, typed by hand from the notices' figures."""

from datetime import date
from decimal import Decimal

import pytest

from capwright.scheme.loader import load_scheme, provisional
from capwright.scheme.section import Confidence

OFFICIAL, SECONDARY, DERIVED, MEMORY, DEFAULT = Confidence
VINTAGES = range(2013, 2026)

Mt = 1_000_000


def scheme(vintage: int):
    return load_scheme(f"guangdong-{vintage}")


def sector(vintage: int, code: str):
    return next(s for s in scheme(vintage).body.coverage.sectors if s.code == code)


def process(vintage: int, code: str):
    return next(p for p in scheme(vintage).body.allocation.processes if p.code == code)


def confidence(vintage: int, path: str) -> Confidence:
    return scheme(vintage).citations[path].confidence


@pytest.mark.parametrize("vintage", VINTAGES)
def test_a_vintage_is_a_calendar_year(vintage):
    body = scheme(vintage).body
    assert (body.vintage, body.jurisdiction, body.currency) == (vintage, "CN-GD", "CNY")
    assert (body.period_start, body.period_end) == (date(vintage, 1, 1), date(vintage, 12, 31))
    assert body.compliance.status == "yearly"


@pytest.mark.parametrize(
    ("vintage", "controlled_t", "reserve_t", "sure"),
    [
        (2013, 350 * Mt, 38 * Mt, OFFICIAL),
        (2014, 370 * Mt, 38 * Mt, OFFICIAL),
        (2015, 370 * Mt, 38 * Mt, OFFICIAL),
        (2016, 399_150_000, 22_850_000, DERIVED),
        (2017, 399 * Mt, 23 * Mt, MEMORY),
        (2018, 399 * Mt, 23 * Mt, MEMORY),
        (2019, 438 * Mt, 27 * Mt, MEMORY),
        (2020, 438 * Mt, 27 * Mt, MEMORY),
        (2021, 252 * Mt, 13 * Mt, MEMORY),
        (2022, 253 * Mt, 13 * Mt, OFFICIAL),
        (2023, 283 * Mt, 14 * Mt, OFFICIAL),
        (2024, 87_500_000, 6_500_000, OFFICIAL),
        (2025, 112 * Mt, 8 * Mt, SECONDARY),
    ],
)
def test_caps(vintage, controlled_t, reserve_t, sure):
    cap = scheme(vintage).body.cap
    assert (cap.controlled_t, cap.reserve_t) == (controlled_t, reserve_t)
    assert cap.market_adjustment_share == Decimal("0.05")
    assert confidence(vintage, "cap.controlled_t") is sure


@pytest.mark.parametrize(
    ("vintage", "t", "tce", "racks", "firms", "new"),
    [
        (2013, 20_000, 10_000, None, 202, 40),
        (2014, 20_000, 10_000, None, 193, 18),
        (2015, 20_000, 10_000, None, 186, 31),
        (2016, 20_000, 10_000, None, 244, 36),
        (2017, 20_000, 10_000, None, 246, None),
        (2018, 20_000, 10_000, None, 249, 39),
        (2019, 20_000, 10_000, None, 242, None),
        (2020, 20_000, 10_000, None, 245, None),
        (2021, 20_000, 10_000, None, 176, None),
        (2022, 10_000, 5_000, None, 200, 17),
        (2023, 10_000, 5_000, 1_000, 391, 26),
        (2024, 10_000, 5_000, 1_000, 258, None),
        (2025, 10_000, 3_800, 1_000, None, None),
    ],
)
def test_coverage(vintage, t, tce, racks, firms, new):
    rules = scheme(vintage).body.coverage
    assert (rules.threshold_t, rules.threshold_tce, rules.threshold_racks) == (t, tce, racks)
    assert (rules.controlled_count, rules.new_project_count) == (firms, new)


FOUR = "power cement steel petrochem"
SIX = f"{FOUR} aviation paper"
FIVE = "cement steel petrochem paper aviation"
SHARES = {  # percent, in the order of the sectors
    2013: (FOUR, "97 97 97 97"),
    2014: (FOUR, "95 97 97 97"),
    2015: (FOUR, "95 97 97 97"),
    2016: (SIX, "95 97 97 97 97 97"),
    2017: (SIX, "95 97 97 97 97 97"),
    2018: (SIX, "95 97 97 97 97 97"),
    2019: (SIX, "95 97 97 97 100 97"),
    2020: (SIX, "95 97 97 97 100 97"),
    2021: (FIVE, "96 96 96 96 100"),
    2022: (FIVE, "96 96 96 96 100"),
    2023: (f"{FIVE} ceramics ports data_centre textile airports", "96 96 96 96 100 97 97 97 97 97"),
    2024: (
        "petrochem paper aviation ceramics ports data_centre textile airports public_buildings",
        "95 95 95 95 95 95 97 97 97",
    ),
    2025: (
        "cement steel petrochem paper aviation ceramics ports data_centre textile airports public_buildings",
        "95 95 93 95 95 95 95 95 97 97 97",
    ),
}


@pytest.mark.parametrize("vintage", VINTAGES)
def test_free_shares(vintage):
    codes, percents = (text.split() for text in SHARES[vintage])
    found = {s.code: s.free_share * 100 for s in scheme(vintage).body.coverage.sectors}
    assert found == {code: int(percent) for code, percent in zip(codes, percents, strict=True)}
    volunteers = {s.code for s in scheme(vintage).body.coverage.sectors if s.opt_in}
    assert volunteers == {"textile", "airports", "public_buildings"} & set(codes)


def test_paid_share_of_new_projects():
    shares = {v: scheme(v).body.allocation.new_project_paid_share for v in VINTAGES}
    assert {v: share for v, share in shares.items() if share is not None} == {
        2013: Decimal("0.03"),
        2021: Decimal("0.06"),
        2022: Decimal("0.06"),
        2023: Decimal("0.06"),
        2024: Decimal("0.10"),
        2025: Decimal("0.10"),
    }
    assert scheme(2024).body.allocation.new_project_auction_share == Decimal("0.5")
    assert scheme(2013).body.allocation.compulsory_paid_share == Decimal("0.03")
    assert scheme(2014).body.allocation.compulsory_paid_share is None


@pytest.mark.parametrize(
    ("vintage", "code", "value", "sure"),
    [
        (2016, "cement_white_clinker", "1.108", OFFICIAL),
        (2016, "cement_grinding", "0.027", OFFICIAL),
        (2019, "cement_grinding", "0.025", SECONDARY),
        (2020, "cement_grinding", "0.025", SECONDARY),
        (2021, "cement_grinding", "0.023", SECONDARY),
        (2021, "cement_clinker_large", "0.884", SECONDARY),
        (2014, "cement_clinker_large", "0.893", MEMORY),
        (2018, "cement_clinker_medium", "0.937", MEMORY),
        (2014, "cement_clinker_small", "0.950", MEMORY),
        (2021, "cement_clinker_medium", "0.909", DEFAULT),
        (2023, "data_centre", "0.9441", SECONDARY),
        (2024, "data_centre", "0.893", DERIVED),
        (2014, "power_coal_1000", "0.825", MEMORY),
        (2013, "power_coal_1000", "0.770", MEMORY),
        (2014, "power_coal_small_cfb", "0.988", MEMORY),
        (2014, "power_gas_390", "0.390", MEMORY),
        (2023, "steel_iron", "1.35", DEFAULT),
        (2023, "steel_bof", "-0.02", DEFAULT),
        (2023, "paper_coated", "0.85", DEFAULT),
        (2024, "paper_coated", "0.8075", DEFAULT),
        (2024, "aviation_wide", "7.905", DEFAULT),
    ],
)
def test_benchmarks(vintage, code, value, sure):
    assert process(vintage, code).benchmark == Decimal(value)
    assert confidence(vintage, f"allocation.processes.{code}.benchmark") is sure


@pytest.mark.parametrize(
    ("vintage", "code", "decline", "capacity"),
    [
        (2016, "cement_mining", "0.99", None),
        (2016, "petrochem", "0.99", None),
        (2016, "cement_white_clinker", "1", "1.3"),
        (2019, "cement_grinding", "1", "1.3"),
        (2021, "cement_clinker_large", "0.99", "1.2"),
        (2023, "ceramics_building", "1", None),
        (2024, "ceramics_building", "0.98", None),
        (2025, "ceramics_sanitary", "0.98", None),
    ],
)
def test_decline_and_output_caps(vintage, code, decline, capacity):
    found = process(vintage, code)
    assert found.decline == Decimal(decline)
    assert found.capacity_factor == (None if capacity is None else Decimal(capacity))


@pytest.mark.parametrize(
    ("vintage", "code", "method"),
    [
        (2014, "power_chp", "historical_emissions"),
        (2015, "power_chp", "benchmark"),
        (2014, "steel_eaf", "historical_emissions"),
        (2022, "steel_eaf", "benchmark"),
        (2014, "cement_other_grinding", "historical_emissions"),
        (2022, "cement_other_grinding", "historical_intensity"),
        (2016, "paper_special", "historical_intensity"),
        (2022, "petrochem_coal_hydrogen", "historical_intensity"),
        (2023, "petrochem", "historical_emissions"),
        (2023, "ports", "historical_intensity"),
        (2023, "data_centre", "benchmark"),
        (2023, "textile", "historical_emissions"),
        (2024, "public_buildings", "historical_emissions"),
        (2024, "paper_high_strength", "historical_intensity"),
    ],
)
def test_methods(vintage, code, method):
    assert process(vintage, code).method == method


def test_worked_clinker_example_of_2021():
    """CCXNN: 5,000 t/d × 300 d × 1.2 × 0.884 × 0.99 × 0.96 = 1,512,276 t."""
    found = process(2021, "cement_clinker_large")
    free = found.benchmark * found.decline * sector(2021, "cement").free_share * found.capacity_factor
    assert int(free * 5000 * 300) == 1_512_276


def test_steps_of_allocation():
    rules = {v: scheme(v).body.allocation for v in VINTAGES}
    assert {v: r.pre_issue for v, r in rules.items()} == {
        2013: "full_formula",
        **dict.fromkeys(range(2014, 2019), "previous_output"),
        **dict.fromkeys(range(2019, 2026), "last_approved"),
    }
    assert [v for v, r in rules.items() if not r.true_up] == [2013]
    assert {p.output_basis for p in rules[2013].processes if p.method == "benchmark"} == {"historical_mean"}
    assert {p.output_basis for p in rules[2014].processes} == {"vintage"}
    assert rules[2016].base_years == (2013, 2014, 2015)
    assert rules[2023].new_entrant_pre_issue == "reported_emissions"
    assert [v for v, r in rules.items() if r.historical_stop_months] == [2015]
    assert {r.objection_working_days for r in rules.values()} == {5}
    assert {(r.low_utilisation, r.stop_months) for r in rules.values()} == {(Decimal("0.5"), 6)}
    assert {scheme(v).body.registry.frozen_free_share for v in VINTAGES} == {Decimal("0.5")}


def test_exits():
    assert scheme(2020).body.allocation.exits is None
    power = scheme(2021).body.allocation.exits
    assert (power.sectors, power.small_holding_t) == (("power",), 5_000)
    assert power.release_fractions == ("1/3", "1/3", "1/3")
    assert power.release_vintages == (2021, 2022, 2023)
    assert [v for v in (2021, 2022, 2023) if scheme(v).body.allocation.exits.recall_pre_issued] == [2023]
    special = scheme(2024).body.allocation.exits
    assert (special.special_kind, special.release_vintages) == ("S-GDEA", (2024, 2025, 2026))
    assert [v for v in VINTAGES if any(k.code == "S-GDEA" for k in scheme(v).body.registry.unit_kinds)] == [
        2024,
        2025,
    ]


@pytest.mark.parametrize(
    ("vintage", "due", "original", "asked", "firms", "complied"),
    [
        (2013, "2014-07-15", "2014-06-20", None, 184, 182),
        (2014, "2015-06-23", "2015-06-20", "2015-06-10", 184, 183),
        (2015, "2016-06-20", None, "2016-06-10", 186, 186),
        (2016, "2017-06-20", None, "2017-06-10", 244, 244),
        (2017, "2018-06-20", None, "2018-06-10", 246, 245),
        (2018, "2019-06-20", None, "2019-06-10", 249, 247),
        (2019, "2020-11-30", "2020-08-31", "2020-11-25", 242, 242),
        (2020, "2021-07-20", "2021-06-20", "2021-07-10", 245, 245),
        (2021, "2022-08-10", "2022-06-20", "2022-07-31", 176, 175),
        (2022, "2023-07-20", "2023-06-20", "2023-07-10", 200, 198),
        (2023, "2024-07-31", "2024-06-20", "2024-07-20", 391, 389),
        (2024, "2025-07-31", None, None, 258, None),
    ],
)
def test_deadlines_and_results(vintage, due, original, asked, firms, complied):
    def day(text):
        return None if text is None else date.fromisoformat(text)

    rules = scheme(vintage).body.compliance
    assert (rules.surrender_due_on, rules.surrender_due_on_original) == (day(due), day(original))
    assert rules.offsets.request_by == day(asked)
    assert (rules.due_count, rules.complied_count) == (firms, complied)


def test_offsets():
    for vintage in VINTAGES:
        rules = scheme(vintage).body.compliance.offsets
        assert (rules.limit_share, rules.basis) == (Decimal("0.10"), "actual_emissions")
        assert (rules.least_provincial_share, rules.bar_own_boundary) == (Decimal("0.70"), True)
    ceilings = {v: scheme(v).body.compliance.offsets.market_ceiling_t for v in VINTAGES}
    assert ceilings == {
        **dict.fromkeys(range(2013, 2017)),
        **dict.fromkeys(range(2017, 2021), 1_500_000),
        **dict.fromkeys(range(2021, 2026), 1_000_000),
    }
    assert confidence(2020, "compliance.offsets.market_ceiling_t") is OFFICIAL
    assert confidence(2021, "compliance.offsets.market_ceiling_t") is DEFAULT


def test_credit_filters_by_vintage():
    def filters(vintage):
        return {c.kind: c for c in scheme(vintage).body.compliance.offsets.credits}

    assert filters(2014)["CCER"].barred_project_types == ()
    assert filters(2015)["CCER"].barred_project_types == ("hydro", "coal", "oil", "gas", "waste_energy")
    assert filters(2015)["CCER"].least_co2_ch4_share == Decimal("0.5")
    assert filters(2015)["CCER"].barred_regions == ()
    assert len(filters(2016)["CCER"].barred_regions) == 8
    assert filters(2016)["CCER"].bar_pre_cdm
    assert "PHCER" not in filters(2015)
    assert filters(2016)["PHCER"].provincial
    assert scheme(2023).body.compliance.offsets.basket is None
    basket = scheme(2024).body.compliance.offsets.basket
    assert (basket.kind, basket.partner_kind) == ("S-GDEA", "PHCER")
    assert basket.least_partner_share == Decimal("0.70")


def test_sanctions_and_banking():
    for vintage in VINTAGES:
        rules = scheme(vintage).body.compliance
        assert (rules.sanctions.deduction_multiple, rules.sanctions.fine_fen) == (2, 5_000_000)
        assert (rules.banking, rules.borrowing) == (True, False)


# Every published round: day, tonnes offered, reserve or floor price in CNY.
ROUNDS = {
    "2013-1": ("2013-12-16", 3_000_000, "60"),
    "2013-2": ("2014-01-06", 5_000_000, "60"),
    "2013-3": ("2014-02-28", 2_000_000, "60"),
    "2013-4a": ("2014-04-03", 3_600_000, "60"),
    "2013-4b": ("2014-04-17", 3_071_116, "60"),
    "2013-4c": ("2014-05-05", 2_391_645, "60"),
    "2013-5": ("2014-06-25", 1_865_000, "60"),
    "2014-1": ("2014-09-26", 2_000_000, "25"),
    "2014-2": ("2014-12-22", 1_000_000, "30"),
    "2014-3": ("2015-03-27", 1_000_000, "35"),
    "2014-4": ("2015-06-10", 3_000_000, "40"),
    "2015-1": ("2015-09-21", 300_000, "12.84"),
    "2015-2": ("2015-12-21", 300_000, "12.80"),
    "2015-3": ("2016-03-29", 500_000, "12.69"),
    "2015-4": ("2016-06-08", 900_000, "12.27"),
    "2016-1": ("2016-09-21", 500_000, "9.37"),
    "2016-2": ("2017-01-04", 500_000, "11.27"),
    "2016-3": ("2017-03-27", 500_000, "16.09"),
    "2016-4": ("2017-06-05", 500_000, "15.15"),
    "2019-1": ("2020-04-27", 400_000, "25.84"),
}


def test_published_auction_rounds():
    found = {
        r.round: (str(r.on), r.offered_t, Decimal(r.reserve_fen_per_t) / 100)
        for v in VINTAGES
        for r in scheme(v).body.auction.rounds
        if r.on is not None
    }
    assert found == {name: (day, t, Decimal(price)) for name, (day, t, price) in ROUNDS.items()}


def test_planned_rounds_have_no_day_and_say_what_they_assume():
    for vintage in (2022, 2023, 2024):
        rounds = scheme(vintage).body.auction.rounds
        assert sum(r.offered_t for r in rounds) == scheme(vintage).body.cap.auction_planned_t == 500_000
        assert [r.on for r in rounds] == [None, None]
        assert confidence(vintage, f"auction.rounds.{vintage}-1.offered_t") is DEFAULT


def test_three_auction_designs():
    first, second, third = (scheme(v).body.auction for v in (2013, 2014, 2015))
    assert [a.under_subscription for a in (first, second, third)] == [
        "all_at_floor",
        "all_at_lowest_bid",
        "cancel",
    ]
    assert [a.reserve for a in (first, second, third)] == ["fixed", "fixed", "listed_click_mean"]
    assert [a.unsold for a in (first, second, third)] == ["next_round", "reserve", "cancel"]
    assert {a.price_rule for a in (first, second, third)} == {"lowest_accepted"}
    assert {a.tie_rule for a in (first, second, third)} == {"time"}
    assert (first.least_share_of_quota, first.deposit_share) == (Decimal("0.03"), Decimal("0.05"))
    assert second.institution_min_bid_t == 5_000
    assert (third.min_bid_t, third.max_share_per_bidder) == (1_000, Decimal("0.5"))
    factors = {v: scheme(v).body.auction.reserve_factor for v in (2015, 2016, 2019)}
    assert factors == {2015: Decimal("0.80"), 2016: Decimal("1.00"), 2019: Decimal("0.90")}


def test_registry_table():
    rules = scheme(2023).body.registry
    assert rules.country == "GD"
    rows = {row.name: row for row in rules.transaction_types}
    assert {name: row.code for name, row in rows.items()} == {
        "issuance": "1-40",
        "credit_issuance": "1-41",
        "central_transfer": "10-51",
        "allocation": "10-40",
        "reversal_of_allocation": "10-41",
        "return_of_excess_allocation": "10-42",
        "delivery_to_auction": "10-37",
        "auction_delivery": "10-38",
        "return_of_excess_auction": "10-43",
        "transfer": "10-50",
        "surrender": "10-2",
        "reversal_of_surrender": "10-82",
        "deletion": "10-90",
        "reversal_of_deletion": "10-190",
        "central_cancellation": "10-92",
        "closure_transfer": "10-91",
        "correction": "10-55",
        "export": "3-0",
        "inbound": "10-100",
    }
    assert (rows["issuance"].approvals, rows["transfer"].approvals, rows["surrender"].approvals) == (2, 2, 2)
    assert {row.reverses for row in rows.values() if row.reverses} == {"allocation", "surrender", "deletion"}
    assert not any(row.delayed for row in rows.values())
    holders = {a.code: a.least_representatives for a in rules.account_types if not a.government}
    firms = {"operator_holding": 2, "new_project_holding": 2}
    assert holders == firms | dict.fromkeys(
        ("trading", "individual", "foreign_institution", "project_owner"), 1
    )


def test_extra_exchange_days_are_weekend_days():
    days = scheme(2023).body.calendar.extra_sessions
    assert date(2018, 6, 18) in days  # a Monday, the Dragon Boat holiday
    assert all(day.weekday() >= 5 for day in days if day != date(2018, 6, 18))
    assert len(days) == len(set(days)) == 37


def test_what_is_not_known_says_so():
    doubtful = {path for path, _, _ in provisional(scheme(2023), ["allocation", "compliance"])}
    assert "allocation.processes.steel_iron.benchmark" in doubtful
    assert "compliance.offsets.market_ceiling_t" in doubtful
    assert "allocation.processes.data_centre.benchmark" not in doubtful
    assert "compliance.surrender_due_on" not in doubtful
    assert "compliance.surrender_due_on" in {path for path, _, _ in provisional(scheme(2024), ["compliance"])}
