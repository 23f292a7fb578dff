"""Offset filters and limits of Guangdong and the national market, by hand from their notices."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from capwright.compliance.offsets import (
    CreditProject,
    OffsetLot,
    OffsetRequest,
    admit,
    admit_in_turn,
    bars,
    limit_t,
)
from capwright.scheme.compliance_rules import BasketRule, CreditFilter, OffsetRules

SHANGHAI = ZoneInfo("Asia/Shanghai")
PILOTS = ("Beijing", "Tianjin", "Shanghai", "Shenzhen", "Chongqing", "Hubei", "Sichuan", "Fujian")
CCER = CreditFilter(
    kind="CCER",
    provincial=False,
    barred_project_types=("hydro", "coal", "oil", "gas", "waste_energy"),
    barred_regions=PILOTS,
    least_co2_ch4_share=Decimal("0.5"),
    bar_pre_cdm=True,
)
PHCER = CreditFilter(kind="PHCER", provincial=True)


def rules(**changes):
    base = {
        "limit_share": Decimal("0.10"),
        "basis": "actual_emissions",
        "least_provincial_share": Decimal("0.70"),
        "home_region": "Guangdong",
        "bar_own_boundary": True,
        "credits": (CCER, PHCER),
    }
    return OffsetRules(**base | changes)


GUANGDONG = rules()
NATIONAL = OffsetRules(
    limit_share=Decimal("0.05"), basis="obligation", credits=(CreditFilter(kind="CCER", provincial=False),)
)


def ccer(code="C1", type="pv", region="Yunnan", share="1", pre_cdm=False, inside=()):  # noqa: A002
    gases = None if share is None else Decimal(share)
    return CreditProject(code, "CCER", type, region, gases, pre_cdm, tuple(inside))


FOREST = CreditProject("P1", "PHCER", "forest", "Guangdong")


def codes(lot, scheme=GUANGDONG, account="F"):
    return [reason.code for reason in bars(scheme, account, lot)]


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (ccer(), []),
        (ccer(type="hydro"), ["CW-7033"]),
        (ccer(type="coal"), ["CW-7033"]),
        (ccer(type="waste_energy"), ["CW-7033"]),
        (ccer(type="coal_bed_methane"), []),
        (ccer(type=""), ["CW-7033"]),
        (ccer(region="Hubei"), ["CW-7034"]),
        (ccer(region="Shenzhen"), ["CW-7034"]),
        (ccer(region=""), ["CW-7034"]),
        (ccer(share="0.5"), []),
        (ccer(share="0.4999"), ["CW-7035"]),
        (ccer(share=None), ["CW-7035"]),
        (ccer(pre_cdm=True), ["CW-7036"]),
        (ccer(pre_cdm=None), ["CW-7036"]),
        (ccer(inside=["F"]), ["CW-7032"]),
        (ccer(inside=["G"]), []),
        (
            ccer(type="hydro", region="Fujian", share="0", pre_cdm=True, inside=["F"]),
            ["CW-7032", "CW-7033", "CW-7034", "CW-7035", "CW-7036"],
        ),
    ],
)
def test_project_filters(project, expected):
    assert codes(OffsetLot("CCER", 10, project)) == expected


def test_other_kinds_and_missing_projects():
    assert codes(OffsetLot("VCS", 10)) == ["CW-7030"]
    assert codes(OffsetLot("CCER", 10)) == ["CW-7031"]
    assert codes(OffsetLot("CCER", 10, FOREST)) == ["CW-7031"]
    assert codes(OffsetLot("S-GDEA", 10)) == ["CW-7030"]  # no basket before vintage 2024


def test_vintage_2015_has_no_regional_ban_yet():
    earlier = rules(
        credits=(
            CreditFilter(
                kind="CCER",
                provincial=False,
                barred_project_types=("hydro",),
                least_co2_ch4_share=Decimal("0.5"),
                bar_pre_cdm=True,
            ),
        )
    )
    assert codes(OffsetLot("CCER", 10, ccer(region="Hubei")), earlier) == []
    assert codes(OffsetLot("PHCER", 10, FOREST), earlier) == ["CW-7030"]  # PHCER only from vintage 2016


def test_phcer_inside_the_firms_boundary_is_barred():
    roof = CreditProject("P2", "PHCER", "pv", "Guangdong", inside=("F",))
    assert codes(OffsetLot("PHCER", 10, roof)) == ["CW-7032"]


@pytest.mark.parametrize(("emissions", "most"), [(100_000, 10_000), (99_999, 9_999), (9, 0), (10, 1), (0, 0)])
def test_a_tenth_of_actual_emissions_rounded_down(emissions, most):
    assert limit_t(GUANGDONG, emissions, obligation_t=1_000_000) == most


def test_the_limit_is_measured_on_emissions_not_on_the_obligation():
    assert limit_t(GUANGDONG, 1_000, 500) == 100
    assert limit_t(NATIONAL, 1_000, 500) == 25


def verdicts(decision):
    return [(v.admitted_t, [r.code for r in v.reasons]) for v in decision.verdicts]


def test_within_all_limits():
    lots = [OffsetLot("CCER", 30, ccer()), OffsetLot("PHCER", 70, FOREST)]
    assert verdicts(admit(GUANGDONG, "F", 1_000, 1_000, lots)) == [(30, []), (70, [])]


def test_one_tonne_too_many_from_elsewhere():
    lots = [OffsetLot("CCER", 31, ccer()), OffsetLot("PHCER", 70, FOREST)]
    decision = admit(GUANGDONG, "F", 1_000, 1_000, lots)
    assert verdicts(decision) == [(30, ["CW-7038"]), (70, [])]
    assert decision.admitted_t == decision.limit_t == 100


def test_elsewhere_only_is_nothing():
    assert verdicts(admit(GUANGDONG, "F", 1_000, 1_000, [OffsetLot("CCER", 50, ccer())])) == [
        (0, ["CW-7038"])
    ]


def test_a_few_provincial_credits_carry_three_sevenths_of_their_number():
    # 0.7 T ≤ 7 and whole tonnes: 7 carry 3, 8 carry 3 (0.3 × 11 = 3.3), 10 carry 4 (0.3 × 14 = 4.2).
    for home, away in [(7, 3), (8, 3), (10, 4), (1, 0), (2, 0), (3, 1)]:
        lots = [OffsetLot("PHCER", home, FOREST), OffsetLot("CCER", 999, ccer())]
        assert [v.admitted_t for v in admit(GUANGDONG, "F", 100_000, 0, lots).verdicts] == [home, away], home


def test_ccer_from_a_guangdong_project_is_provincial():
    lots = [OffsetLot("CCER", 70, ccer("C9", region="Guangdong")), OffsetLot("CCER", 30, ccer())]
    assert verdicts(admit(GUANGDONG, "F", 1_000, 1_000, lots)) == [(70, []), (30, [])]


def test_over_the_limit():
    decision = admit(GUANGDONG, "F", 1_000, 1_000, [OffsetLot("PHCER", 150, FOREST)])
    assert verdicts(decision) == [(100, ["CW-7037"])]
    message = decision.verdicts[0].reasons[0].message()
    assert "100 t" in message
    assert "10 % of 1000 t" in message


def test_a_barred_lot_does_not_use_up_the_limit():
    lots = [OffsetLot("CCER", 100, ccer(type="hydro")), OffsetLot("PHCER", 100, FOREST)]
    assert verdicts(admit(GUANGDONG, "F", 1_000, 1_000, lots)) == [(0, ["CW-7033"]), (100, [])]


def test_the_national_market_has_no_provincial_share():
    lot = OffsetLot("CCER", 60, ccer())
    assert verdicts(admit(NATIONAL, "F", 9_999, 1_000, [lot])) == [(50, ["CW-7037"])]


VINTAGE_2024 = rules(
    basket=BasketRule(kind="S-GDEA", partner_kind="PHCER", least_partner_share=Decimal("0.70"))
)


@pytest.mark.parametrize(
    ("phcer", "special", "admitted"),
    [(70, 30, (70, 30)), (69, 30, (69, 29)), (0, 30, (0, 0)), (100, 30, (70, 30)), (100, 50, (70, 30))],
)
def test_special_quota_with_phcer(phcer, special, admitted):
    # 69 PHCER carry 69 × 3/7 = 29.57, so 29. Under a limit of 100 at most 30 can be special.
    lots = [OffsetLot("PHCER", phcer, FOREST), OffsetLot("S-GDEA", special)]
    decision = admit(VINTAGE_2024, "F", 1_000, 1_000, lots)
    assert tuple(v.admitted_t for v in decision.verdicts) == admitted


def test_special_quota_without_phcer_says_what_is_missing():
    decision = admit(VINTAGE_2024, "F", 1_000, 1_000, [OffsetLot("S-GDEA", 30)])
    assert verdicts(decision) == [(0, ["CW-7039"])]
    assert "PHCER" in decision.verdicts[0].reasons[0].message("zh")


def test_provincial_ccer_does_not_carry_special_quota():
    lots = [OffsetLot("CCER", 100, ccer(region="Guangdong")), OffsetLot("S-GDEA", 30)]
    assert verdicts(admit(VINTAGE_2024, "F", 1_000, 1_000, lots)) == [(100, []), (0, ["CW-7039"])]


def test_room_is_kept_for_the_partner_of_the_basket():
    # 30 special need 70 PHCER of the hundred, so the provincial CCER offered first yields.
    lots = [
        OffsetLot("CCER", 100, ccer(region="Guangdong")),
        OffsetLot("S-GDEA", 30),
        OffsetLot("PHCER", 100, FOREST),
    ]
    assert [v.admitted_t for v in admit(VINTAGE_2024, "F", 1_000, 1_000, lots).verdicts] == [0, 30, 70]


def test_partner_credits_once_taken_free_the_room_for_others():
    lots = [
        OffsetLot("PHCER", 70, FOREST),
        OffsetLot("CCER", 100, ccer(region="Guangdong")),
        OffsetLot("S-GDEA", 30),
    ]
    assert [v.admitted_t for v in admit(VINTAGE_2024, "F", 2_000, 0, lots).verdicts] == [70, 100, 30]


def test_special_quota_yields_to_the_provincial_share():
    # 20 from elsewhere were admitted before; of 100 no more than 30 may be other than provincial.
    lots = [OffsetLot("PHCER", 80, FOREST), OffsetLot("S-GDEA", 30)]
    first = admit(
        VINTAGE_2024, "F", 1_000, 0, [OffsetLot("PHCER", 47, FOREST), OffsetLot("CCER", 20, ccer())]
    )
    second = admit(VINTAGE_2024, "F", 1_000, 0, lots, used=first.used)
    assert verdicts(first) == [(47, []), (20, [])]
    assert verdicts(second) == [(23, ["CW-7037"]), (10, ["CW-7038"])]


def test_reasons_say_what_is_known():
    assert "CO2 and CH4 are ? of" in bars(GUANGDONG, "F", OffsetLot("CCER", 1, ccer(share=None)))[0].message()
    assert "are 0.4 of" in bars(GUANGDONG, "F", OffsetLot("CCER", 1, ccer(share="0.4")))[0].message()
    capped = admit(GUANGDONG, "F", 1_000, 0, [OffsetLot("PHCER", 70, FOREST)], ceiling_left_t=35)
    assert "leaves 35 t" in capped.verdicts[0].reasons[0].message()


def test_the_ceiling_leaves_special_quota_alone():
    lots = [OffsetLot("PHCER", 70, FOREST), OffsetLot("S-GDEA", 30)]
    decision = admit(VINTAGE_2024, "F", 1_000, 1_000, lots, ceiling_left_t=35)
    assert verdicts(decision) == [(35, ["CW-7040"]), (15, ["CW-7039"])]


def request(account, minute, quantity, day=1):
    return OffsetRequest(
        account,
        1_000_000,
        1_000_000,
        (OffsetLot("PHCER", quantity, FOREST),),
        datetime(2018, 6, day, 9, minute, tzinfo=SHANGHAI),
    )


def test_first_come_first_served_under_the_ceiling():
    capped = rules(market_ceiling_t=100_000, request_by=date(2018, 6, 10))
    decisions = admit_in_turn(
        capped,
        [request("C", 3, 50_000), request("B", 2, 40_000), request("A", 1, 40_000), request("D", 4, 1)],
    )
    served = [(d.account, d.admitted_t, [r.code for r in d.verdicts[0].reasons]) for d in decisions]
    assert served == [
        ("A", 40_000, []),
        ("B", 40_000, []),
        ("C", 20_000, ["CW-7040"]),
        ("D", 0, ["CW-7040"]),
    ]


def test_requests_after_the_day_are_refused_and_use_nothing():
    capped = rules(market_ceiling_t=50_000, request_by=date(2018, 6, 10))
    decisions = admit_in_turn(capped, [request("A", 0, 40_000, day=10), request("B", 0, 10, day=11)])
    assert [(d.account, d.admitted_t) for d in decisions] == [("A", 40_000), ("B", 0)]
    assert decisions[1].verdicts[0].reasons[0].code == "CW-7041"


def test_a_second_request_of_one_firm_counts_with_the_first():
    decisions = admit_in_turn(GUANGDONG, [request("A", 1, 60_000), request("A", 2, 60_000)])
    assert [d.admitted_t for d in decisions] == [60_000, 40_000]


def test_equal_times_are_served_by_account():
    capped = rules(market_ceiling_t=10)
    decisions = admit_in_turn(capped, [request("B", 1, 10), request("A", 1, 10)])
    assert [(d.account, d.admitted_t) for d in decisions] == [("A", 10), ("B", 0)]
