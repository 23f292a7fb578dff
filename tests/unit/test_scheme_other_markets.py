"""The schemes beside Guangdong against the published rules and figures."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from capwright.auction.bids import Bid, holding_limit_t
from capwright.auction.clearing import clear
from capwright.auction.supply import roll_forward
from capwright.scheme.calendar import administration_calendar, completion_time, trusted_list_time
from capwright.scheme.loader import check_scheme, check_shipped, list_schemes, load_scheme, provisional
from capwright.scheme.presets import PRESETS
from capwright.scheme.section import Confidence

NATIONAL = [f"china-national-{year}" for year in range(2019, 2025)]
AUCTIONS = [
    "auction-eu", "auction-uk", "auction-uk-2021", "auction-uk-2026",
    "auction-wci", "auction-wci-2025", "auction-wci-2026",
    "auction-rggi", "auction-rggi-2021", "auction-rggi-2023", "auction-rggi-2027",
]  # fmt: skip
OTHERS = [*NATIONAL, *AUCTIONS, "uk-ets", "eu-ets", "eu-ets-2018"]


@pytest.mark.parametrize("name", OTHERS)
def test_every_scheme_loads_and_is_listed(name):
    assert check_scheme(name) == []
    assert load_scheme(name).name == name
    assert name in {line.name for line in list_schemes()}


def test_no_two_shipped_schemes_clash():
    assert check_shipped() == []


def test_presets_name_auction_rules():
    assert sorted(PRESETS) == ["eu", "rggi", "uk", "wci"]
    for name in PRESETS.values():
        assert load_scheme(name).body.auction is not None


# National market.


def national(year):
    return load_scheme(f"china-national-{year}").body


# Coal above 300 MW, to 300 MW, unconventional, gas, heat from coal, heat from gas.
BENCHMARKS = {
    2019: "0.877 0.979 1.146 0.392 0.126 0.059",
    2020: "0.877 0.979 1.146 0.392 0.126 0.059",
    2021: "0.8218 0.8773 0.9350 0.3920 0.1111 0.0560",
    2022: "0.8177 0.8729 0.9303 0.3901 0.1105 0.0557",
    2023: "0.7950 0.8090 0.8285 0.3305 0.1038 0.0536",
    2024: "0.7910 0.8049 0.8244 0.3288 0.1033 0.0533",
}


@pytest.mark.parametrize("year", BENCHMARKS)
def test_national_power_benchmarks(year):
    *electricity, heat_coal, heat_gas = (Decimal(text) for text in BENCHMARKS[year].split())
    power = [p for p in national(year).allocation.processes if p.sector == "power"]
    assert [p.code for p in power] == ["coal_above_300", "coal_to_300", "coal_unconventional", "gas"]
    assert [p.benchmark for p in power] == electricity
    assert [p.heat_benchmark for p in power] == [heat_coal, heat_coal, heat_coal, heat_gas]
    basis = "MWh gross generation" if year >= 2023 else "MWh net supply"
    assert {p.activity_unit for p in power} == {basis}
    assert {p.decline for p in power} == {1}


@pytest.mark.parametrize("name", NATIONAL)
def test_national_figures_from_memory_are_named(name):
    paths = {path for path, _, _ in provisional(load_scheme(name))}
    assert "allocation.processes.gas.benchmark" in paths
    assert "compliance.surrender_due_on" in paths
    assert "allocation.pre_issue_share" not in paths  # confirmed by several sources


@pytest.mark.parametrize("year", range(2019, 2025))
def test_national_allocation_and_offsets(year):
    body = national(year)
    assert body.vintage == year
    assert (body.period_start, body.period_end) == (date(year, 1, 1), date(year, 12, 31))
    assert (body.allocation.pre_issue, body.allocation.pre_issue_share) == (
        "previous_output",
        Decimal("0.7"),
    )
    assert {sector.free_share for sector in body.coverage.sectors} == {1}
    assert (body.compliance.offsets.limit_share, body.compliance.offsets.basis) == (
        Decimal("0.05"),
        "obligation",
    )
    assert body.compliance.status == "yearly"


def test_the_national_gap_is_capped_to_2022_only():
    caps = {year: national(year).compliance.shortfall_cap_share for year in range(2019, 2025)}
    assert caps == {**dict.fromkeys(range(2019, 2023), Decimal("0.2")), 2023: None, 2024: None}


def test_national_sanctions_change_with_the_regulation_of_2024():
    before, after = national(2022).compliance.sanctions, national(2023).compliance.sanctions
    assert (before.fine_least_fen, before.fine_most_fen) == (20_000_00, 30_000_00)
    assert (before.price_multiple_least, before.price_multiple_most) == (None, None)
    assert (after.price_multiple_least, after.price_multiple_most) == (5, 10)
    assert after.fine_most_fen is None
    assert before.deduction_multiple == after.deduction_multiple == 1


def test_steel_cement_and_aluminium_join_in_2024_with_verified_emissions():
    assert [s.code for s in national(2023).coverage.sectors] == ["power"]
    assert [s.code for s in national(2024).coverage.sectors] == ["power", "steel", "cement", "aluminium"]
    joined = [p for p in national(2024).allocation.processes if p.sector != "power"]
    assert [(p.code, p.method) for p in joined] == [
        ("steel", "verified_emissions"),
        ("cement", "verified_emissions"),
        ("aluminium", "verified_emissions"),
    ]
    assert national(2024).allocation.new_entrant_pre_issue == "none"


# UK and EU registries.


def rows(name):
    return {row.code: row for row in load_scheme(name).body.registry.transaction_types}


@pytest.mark.parametrize("name", ["uk-ets", "eu-ets"])
def test_only_transfers_between_holders_are_delayed(name):
    delayed = {row.name for row in rows(name).values() if row.delayed}
    assert delayed == ({"transfer", "export"} if name == "eu-ets" else {"transfer"})
    assert all(row.trusted_list for row in rows(name).values() if row.delayed)


def test_the_uk_transaction_types_and_who_moves_what():
    table = rows("uk-ets")
    assert sorted(table) == sorted(
        "1-40 10-2 10-82 10-37 10-40 10-41 10-42 10-43 10-50 10-51 10-55 10-90 10-190 10-91 10-99".split()  # noqa: SIM905
    )
    operators = ("operator_holding", "aircraft_operator_holding", "maritime_operator_holding")
    assert (table["10-2"].from_types, table["10-2"].to_types) == (operators, ("surrender",))
    assert table["10-90"].from_types == (*operators, "trading")
    assert "general_holding" in table["10-50"].to_types
    assert "surrender" not in table["10-50"].to_types
    assert (table["1-40"].proposed_by, table["1-40"].approvals) == ("authority", 2)
    assert (table["10-40"].approvals, table["10-40"].from_types) == (1, ("allocation", "new_entrant_reserve"))


@pytest.mark.parametrize("name", ["uk-ets", "eu-ets", "eu-ets-2018"])
def test_reversals_lead_back(name):
    table = {row.name: row for row in load_scheme(name).body.registry.transaction_types}
    reversals = {row.name: row.reverses for row in table.values() if row.reverses}
    assert reversals == {
        "reversal_of_allocation": "allocation",
        "reversal_of_surrender": "surrender",
        "reversal_of_deletion": "deletion",
    }
    for name_, undone in reversals.items():
        assert set(table[name_].from_types) == set(table[undone].to_types)
        assert set(table[name_].to_types) == set(table[undone].from_types)
    assert table["reversal_of_surrender"].window_days == 14


def test_eu_accounts_units_and_limit():
    registry = load_scheme("eu-ets").body.registry
    codes = {a.code: a.code_official for a in registry.account_types if a.code_official}
    assert codes == {
        "total_quantity": "100-16", "auction": "100-14", "auction_delivery": "100-13", "allocation": "100-20",
        "new_entrant_reserve": "100-18", "surrender": "100-5", "cancellation": "100-5",
        "operator_holding": "100-7", "aircraft_operator_holding": "100-9", "trading": "100-12",
        "national_holding": "100-2", "central_clearing": "100-3",
    }  # fmt: skip
    assert [kind.code for kind in registry.unit_kinds] == ["EUA", "EUAA", "CHU", "CHUA", "CER", "ERU"]
    assert registry.transaction_limit_t == 2_000_000
    assert load_scheme("eu-ets-2018").body.registry.transaction_limit_t is None
    table = rows("eu-ets")
    assert table["10-2"].limit_exempt
    assert table["10-90"].limit_exempt
    assert not table["10-50"].limit_exempt
    holders = [a for a in registry.account_types if not a.government]
    assert {a.least_representatives for a in holders} == {2}


def test_status_deadline_and_penalty():
    for name, due in [("uk-ets", (4, 30)), ("eu-ets", (9, 30)), ("eu-ets-2018", (4, 30))]:
        rules = load_scheme(name).body.compliance
        assert rules.status == "cumulative"
        assert (rules.surrender_due_on.month, rules.surrender_due_on.day) == due
        assert rules.sanctions.penalty_fen_per_t == 100_00
        assert rules.sanctions.still_owed
    cited = load_scheme("eu-ets").citations
    assert cited["compliance.sanctions.penalty_fen_per_t"].confidence is Confidence.OFFICIAL
    assert load_scheme("uk-ets").citations["compliance.sanctions.penalty_fen_per_t"].confidence.provisional


def easter(year):
    """Easter Sunday by Gauss's rule for 1900-2099."""
    d = (19 * (year % 19) + 24) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7
    day = 22 + d + e
    if (d, e) == (29, 6) or (d == 28 and e == 6 and year % 19 > 10):
        day -= 7
    return date(year, 3, 1) + timedelta(days=day - 1)


@pytest.mark.parametrize("name", ["uk-ets", "eu-ets"])
def test_listed_holidays_are_weekdays_and_hold_both_easter_days(name):
    holidays = load_scheme(name).body.calendar.holidays
    assert list(holidays) == sorted(set(holidays))
    assert all(day.weekday() < 5 for day in holidays)
    for year in range(2021, 2027):
        assert {easter(year) - timedelta(days=2), easter(year) + timedelta(days=1)} <= set(holidays)


def test_the_bank_holidays_of_the_uk_registry_test_are_listed():
    listed = load_scheme("uk-ets").body.calendar.holidays
    for month, day in [(1, 1), (4, 2), (4, 5), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)]:
        assert date(2021, month, day) in listed


def test_the_clocks_of_the_three_registries():
    def done(name, approved, *, trusted=False):
        body = load_scheme(name).body
        zone = ZoneInfo(body.calendar.timezone)
        at = datetime.fromisoformat(approved).replace(tzinfo=zone)
        calendar = administration_calendar(body.calendar)
        rule = body.registry.delay
        ends = completion_time(rule, calendar, at, trusted=trusted), trusted_list_time(rule, calendar, at)
        return [end.strftime("%a %d %b %H:%M") for end in ends]

    # Over the early May bank holiday of 2021, as in the UK registry's table.
    assert done("uk-ets", "2021-04-30 15:00") == ["Tue 04 May 15:00", "Wed 05 May 15:00"]
    assert done("uk-ets", "2021-05-01 12:00", trusted=True)[0] == "Tue 04 May 10:00"
    # Swedish example of the trusted list: Thursday 11:30, active next Wednesday 11:30.
    assert done("eu-ets", "2024-02-01 11:30", trusted=True) == ["Thu 01 Feb 11:30", "Wed 07 Feb 11:30"]
    # Danish table: Friday 10:00-16:00, Monday two hours later.
    assert done("eu-ets-2018", "2018-02-02 11:15")[0] == "Mon 05 Feb 13:15"


# Auctions.


def rules_of(name):
    return load_scheme(name).body.auction


def test_auction_rules_side_by_side():
    def choice(name):
        r = rules_of(name)
        return r.price_rule, r.tie_rule, r.under_subscription, r.lot_t, r.tick_fen, r.unsold

    assert choice("auction-eu") == ("lowest_accepted", "random", "cancel", 500, 1, "spread")
    assert choice("auction-uk") == ("lowest_accepted", "random", "partial", 500, 1, "spread")
    wci = ("lowest_accepted", "pro_rata_random", "all_at_floor", 1_000, 1, "reserve")
    assert choice("auction-wci") == wci
    assert choice("auction-rggi")[2:5] == ("all_at_floor", 1_000, 1)


def test_eu_and_uk_markets_hold_their_auction_rules():
    assert rules_of("eu-ets") == rules_of("auction-eu")
    assert rules_of("uk-ets") == rules_of("auction-uk-2021")


def test_reserve_prices_of_the_years():
    assert rules_of("auction-uk").reserve_fen_per_t is None
    assert rules_of("auction-uk-2021").reserve_fen_per_t == 22_00
    assert rules_of("auction-uk-2026").reserve_fen_per_t == 28_00
    assert rules_of("auction-wci").reserve_fen_per_t is None
    assert rules_of("auction-wci-2025").reserve_fen_per_t == 25_87
    assert rules_of("auction-wci-2026").reserve_fen_per_t == 27_94
    assert rules_of("auction-rggi-2027").reserve_fen_per_t == 9_00


def test_rggi_tier_prices_grow_by_seven_percent():
    first, later = (
        {tier.name: tier.trigger_fen_per_t for tier in rules_of(f"auction-rggi-{year}").tiers}
        for year in (2021, 2023)
    )
    assert first == {"CCR": 13_00, "ECR": 6_00}
    # 13.00 × 1.07² = 14.8837 and 6.00 × 1.07² = 6.8694
    assert later == {"CCR": 14_88, "ECR": 6_87}
    assert rules_of("auction-rggi").tiers == ()
    assert [t.trigger_fen_per_t for t in rules_of("auction-rggi-2027").tiers] == [19_50, 29_25]


def test_california_limits():
    rules = rules_of("auction-wci")
    assert rules.purchase_limits == {"covered": Decimal("0.25"), "other": Decimal("0.04")}
    assert holding_limit_t(rules.holding_limit, 162_800_000) == 5_945_000  # published for 2013
    assert rules_of("auction-wci-2025").reserve_sale_share == Decimal("0.6")


# Worked example of a law blog: 10 lots of 1,000 t at 15, 50 at 12, 40 at 10.
TOY = [
    Bid(id=str(n), bidder=who, price_fen_per_t=price * 100, quantity_t=lots * 1_000, entered=n)
    for n, (who, price, lots) in enumerate([("a", 15, 10), ("b", 12, 50), ("c", 10, 40)])
]


def test_the_toy_book_under_eu_and_uk_rules():
    for name in ("auction-eu", "auction-uk"):
        done = clear(rules_of(name), 60_000, TOY, reserve_fen_per_t=1)
        assert (done.price_fen_per_t, done.sold_t, done.revenue_fen) == (12_00, 60_000, 720_000_00)
    short = clear(rules_of("auction-uk"), 120_000, TOY, reserve_fen_per_t=1)
    assert (short.price_fen_per_t, short.sold_t, short.unsold_t) == (10_00, 100_000, 20_000)
    assert clear(rules_of("auction-eu"), 120_000, TOY).outcome == "cancelled"
    # The standing rules bring no reserve price; the legal one of those years does: nobody bids 22.
    assert clear(rules_of("auction-uk"), 60_000, TOY).price_fen_per_t == 12_00
    assert clear(rules_of("auction-uk-2021"), 60_000, TOY).sold_t == 0


def test_unsold_volume_goes_to_the_next_four_auctions():
    eu = roll_forward(rules_of("auction-eu"), 2_000_000, [3_000_000] * 6)
    assert eu.added_t == (500_000, 500_000, 500_000, 500_000, 0, 0)
    # A later UK auction takes no more than a quarter of its own volume; what exceeds it goes to the others.
    uk = roll_forward(rules_of("auction-uk"), 2_000_000, [1_000_000, 4_000_000, 4_000_000, 4_000_000])
    assert sum(uk.added_t) == 2_000_000
    assert uk.added_t[0] == 250_000
    assert max(uk.added_t) <= 1_000_000
