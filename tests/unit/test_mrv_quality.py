"""Data quality: every rule with a case that fires and one just inside its limit, worked by hand."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from capwright.kernel.refusal import Refused
from capwright.mrv import library
from capwright.mrv.library import load_method_text
from capwright.mrv.quality import measures
from capwright.mrv.quality.checking import check, screen
from capwright.mrv.quality.companion import Companion, LabSample, PowerReading, Prior, Stock, Weights
from capwright.mrv.quality.facts import Filing
from capwright.mrv.quality.page import rules_page
from capwright.mrv.quality.ranges import dulong
from capwright.mrv.quality.ranking import rank
from capwright.mrv.quality.rules import RULES
from capwright.mrv.quality.thresholds import DEFAULTS, limits, load_thresholds_text, thresholds
from capwright.mrv.records import EmissionReport, Evidence, Stream
from tests.mrv_worlds import METHOD, datum, method, months

D = Decimal
POWER = library.method("power@2022.1")
NDRC = load_method_text(
    METHOD.replace("fuels-test@1", "fuels-ndrc-24@1").replace("grid-test@1", "grid-guangdong-fixed@1")
)
MAKER = method('\n[[outputs]]\ncode = "widgets"\nen = "widgets"\nzh = "产品"\nunit = "t"\nrequired = true\n')


def fuel(item: str, *data) -> EmissionReport:
    stream = Stream("kiln", "fuel", item, data=(datum("FC", "10^4 Nm3" if "gas" in item else "t", 1), *data))
    return EmissionReport("firm", 2023, NDRC.id, (stream,))


FC, NCV, CARBON = months(150), months("20.1", 20), months("0.52", "0.53")


def plant(fc=FC, ncv=NCV, c=CARBON, *, gross=5000, more=(), **other):
    """A power plant; 12 × 150 t of 20 GJ/t are 36,000 GJ (36,015 with the first month's 20.1)."""
    coal = Stream(
        "coal", "coal", data=(datum("FC", "t", months=fc), datum("NCV_ar", "GJ/t", months=ncv),
        datum("C_ar", "tC/t", months=c, evidence=other.pop("evidence", ())), *more),
    )  # fmt: skip
    outputs = (datum("gross", "MWh", gross), datum("supply", "MWh", gross), *other.pop("outputs", ()))
    return EmissionReport("plant", 2023, POWER.id, (coal,), outputs)


def said(report, companion=None, *, rule=None, made=None, **more) -> list[tuple[str, str, int]]:
    known = {POWER.id: POWER, NDRC.id: NDRC}
    found = check(made or known[report.method], report, companion, **more)
    return [(f.rule, f.severity, f.month) for f in found if rule is None or f.rule == rule]


def severity(report, rule, companion=None, **more) -> str:
    """The gravest severity of a rule, or nothing."""
    found = {s for _, s, _ in said(report, companion, rule=rule, **more)}
    return next((s for s in ("fail", "warn", "review") if s in found), "")


def code(work) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.refusal.code


# R01 to R04, R13: single values.


@pytest.mark.parametrize(
    ("cc", "expected"),
    [
        ("0.0219", "fail"), ("0.0220", "warn"), ("0.0239", "warn"), ("0.0240", ""), ("0.0290", ""),
        ("0.0291", "warn"), ("0.0320", "warn"), ("0.0321", "fail"),
    ],
)  # fmt: skip
def test_r01_carbon_per_heat_of_coal(cc, expected):
    assert severity(fuel("anthracite", datum("CC", "tC/GJ", cc)), "R01") == expected


@pytest.mark.parametrize(
    ("c", "expected"),
    # 20 GJ/t: 0.44 / 20 = 0.022, 0.4399 / 20 = 0.021995; 0.58 / 20 = 0.029
    [("0.44", "warn"), ("0.4399", "fail"), ("0.58", ""), ("0.5801", "warn")],
)
def test_r01_takes_measured_carbon_over_measured_heat(c, expected):
    assert severity(plant(ncv=months(20), c=months(c)), "R01") == expected


def test_r01_leaves_defaults_alone():
    # the table's briquettes have 0.0336 tC/GJ, beyond the range of measured coal
    assert severity(fuel("briquette"), "R01") == ""
    assert severity(fuel("briquette", datum("CC", "tC/GJ", "0.0336")), "R01") == "fail"


@pytest.mark.parametrize(
    ("item", "unit", "ncv", "expected"),
    [
        ("bituminous", "GJ/t", "8", ""), ("bituminous", "GJ/t", "7.99", "fail"),
        ("bituminous", "GJ/t", "29", ""), ("bituminous", "MJ/kg", "29.01", "fail"),
        ("natural_gas", "GJ/10^4 Nm3", "300", ""), ("natural_gas", "GJ/10^4 Nm3", "299.9", "fail"),
        ("natural_gas", "GJ/10^4 Nm3", "400", ""), ("natural_gas", "MJ/Nm3", "40.01", "fail"),
        ("diesel", "GJ/t", "5", ""),
    ],
)  # fmt: skip
def test_r02_heating_values(item, unit, ncv, expected):
    assert severity(fuel(item, datum("NCV", unit, ncv)), "R02") == expected


@pytest.mark.parametrize(
    ("item", "data", "expected"),
    [
        ("anthracite", (datum("C", "tC/t", "0.95"),), ""),
        ("anthracite", (datum("C", "tC/t", "0.9501"),), "fail"),
        # 50 × 0.016 = 0.80; 50 × 0.0161 = 0.805
        ("lng", (datum("NCV", "GJ/t", 50), datum("CC", "tC/GJ", "0.016")), ""),
        ("lng", (datum("NCV", "GJ/t", 50), datum("CC", "tC/GJ", "0.0161")), "fail"),
        # 45 × 0.02 = 0.90; 45 × 0.0201 = 0.9045
        ("diesel", (datum("NCV", "GJ/t", 45), datum("CC", "tC/GJ", "0.02")), ""),
        ("diesel", (datum("NCV", "GJ/t", 45), datum("CC", "tC/GJ", "0.0201")), "fail"),
    ],
)
def test_r03_carbon_that_a_fuel_can_hold(item, data, expected):
    assert severity(fuel(item, *data), "R03") == expected


def test_dulong_by_hand():
    # 0.339 × 60 + 1.03 × 4 − 0.109 × (8 − 1) − 0.025 × 8 = 20.34 + 4.12 − 0.763 − 0.2
    assert dulong(D(60), D(4), D(8), D(1), D(8)) == D("23.497")


@pytest.mark.parametrize(
    ("ncv", "expected"),
    # (23.497 − 22.17) / 22.17 = 5.986 %; 22.16: 6.033 %; 19.92: 17.957 %; 19.91: 18.016 %, three times 6 %
    [("22.17", ""), ("22.16", "warn"), ("19.92", "warn"), ("19.91", "fail")],
)
def test_r04_heating_value_against_elements(ncv, expected):
    sample = LabSample("coal", 5, D(4), D(8), D(1), D(8), D(60))
    assert severity(plant(ncv=months(ncv)), "R04", Companion(lab=(sample,))) == expected


def test_r04_takes_carbon_and_moisture_from_the_report_where_the_sample_has_none():
    more = (datum("M_ar", "%", months=months(8)),)
    report = plant(ncv=months("22.16"), c=months("0.60"), more=more)
    assert said(report, Companion(lab=(LabSample("coal", 5, D(4), D(8), D(1)),)), rule="R04") == [
        ("R04", "warn", 5)
    ]
    assert said(report, Companion(lab=(LabSample("coal", 5, D(4), D(8)),)), rule="R04") == []


@pytest.mark.parametrize(
    ("ar", "ad", "expected"),
    [
        ("3", "3", ""), ("2.99", "1", "fail"), ("40", "5", ""), ("40.1", "5", "fail"), ("9", "9", ""),
        ("9", "9.1", "fail"),
    ],
)  # fmt: skip
def test_r13_moisture(ar, ad, expected):
    moisture = (datum("M_ar", "%", months=months(ar)), datum("M_ad", "%", months=months(ad)))
    assert severity(plant(more=moisture), "R13") == expected


def test_r13_against_the_laboratory():
    report = plant(more=(datum("M_ar", "%", months=months(10)),))
    lab = [Companion(lab=(LabSample("coal", 3, moisture=D(m)),)) for m in ("9", "8.9", "11", "11.1")]
    assert [severity(report, "R13", one) for one in lab] == ["", "fail", "", "fail"]


# R05 to R07, R14: balances.


@pytest.mark.parametrize(
    ("closing", "expected"),
    # 12 × 1,000 t burned; 2,000 + 14,000 − closing − 500
    [(3380, ""), (3379, "warn"), (3140, "warn"), (3139, "fail"), (3620, ""), (3621, "warn")],
)
def test_r05_stock_balance(closing, expected):
    # 12,120 is 1.00 % away, 12,121 more; 12,360 is 3.00 %, three times the limit
    stock = Stock("coal", D(2000), D(14000), D(closing), D(500))
    assert severity(plant(fc=months(1000), gross=60000), "R05", Companion(stocks=(stock,))) == expected


def test_r05_converts_units():
    stock = Stock("coal", D(2), D(14), D("3.38"), D("0.5"), unit="kt")
    assert severity(plant(fc=months(1000), gross=60000), "R05", Companion(stocks=(stock,))) == ""


@pytest.mark.parametrize(
    ("belt", "feeder", "expected"),
    # 980 t are reported: (1,000 − 980) / 1,000 = 2 %; (1,042.5 − 980) / 1,042.5 = 5.995 %; 1,043: 6.04 %
    [
        (1000, 990, ""),
        (None, 1000, ""),
        (990, "1000.1", "warn"),
        ("1042.5", None, "warn"),
        (1043, None, "fail"),
    ],
)
def test_r06_weights(belt, feeder, expected):
    stream = fuel("bituminous")
    stream = msgspec.structs.replace(
        stream, streams=(msgspec.structs.replace(stream.streams[0], data=(datum("FC", "t", 980),)),)
    )
    given = Weights("kiln", belt and D(belt), feeder and D(feeder))
    assert severity(stream, "R06", Companion(weights=(given,))) == expected


@pytest.mark.parametrize(
    ("gross", "expected"),
    # 36,000 GJ: 62 % are 6,200 MWh, 25 % are 2,500 MWh
    [(6200, ""), (6201, "fail"), (2500, ""), (2499, "fail")],
)
def test_r07_electric_efficiency(gross, expected):
    assert severity(plant(ncv=months(20), gross=gross), "R07") == expected


def test_r07_electricity_and_heat():
    # 2,700 MWh are 9,720 GJ, 27 %; with 24,480 GJ of heat 34,200, 95 %
    def told(gross, heat):
        return severity(
            plant(ncv=months(20), gross=gross, outputs=(datum("heat_supply", "GJ", heat),)), "R07"
        )

    assert told(2700, 24480) == ""
    assert told(2700, 24481) == "fail"
    # much heat, little electricity: 10 % + 28 %
    assert told(1000, 10000) == ""


@pytest.mark.parametrize(
    ("fc", "expected"),
    # 20 GJ/t and 6,000 MWh: 3,150 t are 10.5 GJ/MWh, 5.00 % above last year's 10; 3,450 t are 11.5, 15 %
    [(3150, ""), (3151, "warn"), (3450, "warn"), (3451, "fail"), (2850, ""), (2849, "warn")],
)
def test_r07_fuel_per_product_against_the_year_before(fc, expected):
    report = plant(fc=months(fc, 0), ncv=months(20), gross=6000)
    prior = Companion(prior=Prior(D(1), D(6000), D(60000)))
    assert severity(report, "R07", prior) == expected


def test_r07_looks_at_each_facility():
    # two units of 36,000 GJ each: 10 % and 70 %, together 40 %
    coal = [
        msgspec.structs.replace(plant(ncv=months(20)).streams[0], code=unit, facility=unit)
        for unit in ("a", "b")
    ]
    outputs = tuple(
        datum(f"{code}@{unit}", "MWh", value)
        for unit, value in (("a", 1000), ("b", 7000))
        for code in ("gross", "supply")
    )
    report = EmissionReport("plant", 2023, POWER.id, tuple(coal), outputs)
    found = [(f.facility, f.observed) for f in check(POWER, report) if f.rule == "R07"]
    assert found == [("a", "10.00 %"), ("b", "70.00 %")]


def test_r07_a_fuel_of_unknown_heat_makes_no_balance():
    report = plant(gross=9000, ncv=months(20))
    bare = msgspec.structs.replace(report.streams[0], data=report.streams[0].data[::2])
    assert severity(msgspec.structs.replace(report, streams=(bare,)), "R07") == ""


@pytest.mark.parametrize(
    ("settlement", "statistics", "expected"),
    # 5,000 MWh reported: (5,050 − 5,000) / 5,050 = 0.99 %; 5,051: 1.01 %; 5,155: 3.007 %
    [
        (5050, None, ""),
        (4950, None, ""),
        (5051, None, "warn"),
        (5000, "4949", "warn"),
        (5155, None, "fail"),
        (None, None, ""),
    ],
)
def test_r14_power_readings(settlement, statistics, expected):
    reading = PowerReading(
        "supply", settlement=settlement and D(settlement), statistics=statistics and D(statistics)
    )
    assert severity(plant(), "R14", Companion(power=(reading,))) == expected


def test_r14_of_a_stream_and_in_another_unit():
    grid = Stream("grid", "electricity", data=(datum("bought", "10^4 kWh", 10),))
    report = EmissionReport("firm", 2023, NDRC.id, (grid,))
    near, far = (Companion(power=(PowerReading("grid/bought", D(m), unit="kWh"),)) for m in (101000, 101020))
    assert severity(report, "R14", near) == ""  # 1,000 / 101,000 = 0.990 %
    assert severity(report, "R14", far) == "warn"  # 1,020 / 101,020 = 1.0097 %


# R10: the laboratory.


def paper(month=1, sampled="2023-01-31", tested="2023-02-05", reported="2023-02-08", number="L-1", **more):
    name = more.pop("sha256", f"hash of {number}")
    return Evidence(
        name, "lab", number=number, month=month, sampled_on=sampled, tested_on=tested, reported_on=reported,
        laboratory=more.pop("laboratory", "lab"), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (paper(), ""),
        (paper(sampled="2023-01-01", tested="2023-01-01", reported="2023-01-01"), ""),
        (paper(sampled="2022-12-31"), "fail"),  # before the month
        (paper(tested="2023-01-30"), "fail"),  # before the sample
        (paper(reported="2023-02-04"), "fail"),  # before the test
        (paper(tested="2023-03-12", reported="2023-03-12"), ""),  # 31 January + 40 days
        (paper(tested="2023-03-13", reported="2023-03-13"), "fail"),
        (paper(sampled="31.1.2023"), "fail"),
        (paper(accredited=True), ""),
        (paper(accredited=False), "fail"),
        (paper(month=0, sampled="2020-01-01"), ""),  # of no month: only the order of its own dates
    ],
)
def test_r10_one_report(one, expected):
    assert severity(plant(evidence=(one,)), "R10") == expected


def test_r10_december_reaches_into_the_next_year():
    assert severity(plant(evidence=(paper(12, "2023-12-31", "2024-02-09", "2024-02-09"),)), "R10") == ""
    assert severity(plant(evidence=(paper(12, "2023-12-31", "2024-02-10", "2024-02-10"),)), "R10") == "fail"


def test_r10_numbers_days_and_seals():
    later = {"sampled": "2023-02-28", "tested": "2023-03-02", "reported": "2023-03-09"}
    assert severity(plant(evidence=(paper(), paper(2, number="L-2", **later))), "R10") == ""
    assert severity(plant(evidence=(paper(), paper(2, sha256="other", **later))), "R10") == "fail"
    batch = (
        paper(2, "2023-03-01", "2023-03-02", number="L-1"),
        paper(3, "2023-03-01", "2023-03-02", number="L-2"),
    )
    found = said(plant(evidence=batch), rule="R10")
    assert ("R10", "fail", 2) in found  # the samples of two months taken on one day
    seal = Companion(lab=(LabSample("coal", 4, sealed=False), LabSample("coal", 5, sealed=True)))
    assert said(plant(), seal, rule="R10") == [("R10", "fail", 4)]


def test_r10_numbers_that_fall_while_dates_rise():
    def three(*numbers):
        return plant(
            evidence=tuple(
                paper(m, f"2023-0{m}-28", f"2023-0{m}-28", f"2023-0{m}-28", number=n)
                for m, n in enumerate(numbers, 1)
            )
        )

    assert severity(three("A-001", "A-003", "A-009"), "R10") == ""
    assert severity(three("A-001", "A-009", "A-003"), "R10") == "review"
    assert severity(three("A-001", "A-009", "B-003"), "R10") == ""  # another row of numbers
    day = {"sampled": "2023-01-28", "tested": "2023-01-28", "reported": "2023-01-29"}
    same = [paper(1, number=f"A-{n}", **day) for n in (3, 1, 2)]
    assert severity(plant(evidence=tuple(same)), "R10") == ""  # of one day, in no order


# R11, R12, R15, R16, R20: twelve months.

DIFFERENT = months(*(f"0.5{n * (n + 1) // 2:02}1" for n in range(12)))  # no month between its neighbours


@pytest.mark.parametrize(
    ("c", "expected"),
    [
        (DIFFERENT, ""),
        ((*DIFFERENT[:11], D("0.5001")), "review"),  # two months
        ((*DIFFERENT[:10], D("0.5001"), D("0.5001")), "fail"),  # three
        ((*DIFFERENT[:11], D("0.50012")), "review"),  # the same to four digits
        ((*DIFFERENT[:11], D("0.50016")), ""),  # 0.5002
        (months("0.52"), ""),  # two digits say nothing
        (months("0.5200"), "fail"),
    ],
)
def test_r11_copied_carbon(c, expected):
    ncv = months(*(f"20.{n:03}" for n in range(12)))
    assert severity(plant(c=c, ncv=ncv), "R11") == expected


def test_r11_two_months_alike_in_two_properties_are_a_copy():
    ncv = (*months(*(f"20.{n:03}" for n in range(11)))[:11], D("20.000"))
    assert severity(plant(c=(*DIFFERENT[:11], D("0.5001")), ncv=ncv), "R11") == "fail"


def test_r11_idle_months_do_not_count():
    idle = months(*[150] * 9, 0)
    assert severity(plant(fc=idle, c=months(*(str(v) for v in DIFFERENT[:9]), "0.6000")), "R11") == ""


def test_r12_gaps():
    gap = (*DIFFERENT[:11], None)
    assert said(plant(c=gap), rule="R12") == [("R12", "warn", 12)]  # carbon: the default is used
    found = said(plant(fc=(None, *months(150)[1:])))
    assert ("R12", "fail", 1) in found
    assert ("R00", "fail", 0) in found  # and the report cannot be worked out
    estimated = plant(more=(datum("M_ar", "%", months=months("9.1"), obtained="estimated"),))
    assert said(estimated, rule="R12") == [("R12", "warn", 0)]
    assert said(plant(c=DIFFERENT, ncv=months("20.1", 20)), rule="R12") == []


def test_r12_a_year_where_months_are_due_and_no_carbon_at_all():
    coal = Stream("coal", "coal", data=(datum("FC", "t", 1800), datum("NCV_ar", "GJ/t", 20)))
    report = EmissionReport("plant", 2023, POWER.id, (coal,), (datum("supply", "MWh", 5000),))
    assert said(report, rule="R12") == [("R12", "warn", 0), ("R12", "review", 0)]


def test_r12_a_month_between_its_neighbours():
    c = (D("0.5000"), D("0.5100"), D("0.5200"), *DIFFERENT[3:])
    assert said(plant(c=c), rule="R12") == [("R12", "review", 2)]
    c = (D("0.5000"), D("0.5101"), D("0.5200"), *DIFFERENT[3:])
    assert said(plant(c=c), rule="R12") == []


def test_r12_laboratory_reports_for_some_months():
    assert said(plant(c=DIFFERENT, evidence=(paper(),)), rule="R12") == [("R12", "review", 2)]


@pytest.mark.parametrize(
    ("last", "expected"),
    # of 150: 10^2.74 = 549.5, 10^2.76 = 575.4, 10^4.24 = 17,378, 10^4.26 = 18,197
    [(150 * 549, ""), (150 * 576, "fail"), (150 * 17300, "fail"), (150 * 18300, ""), (D("0.15"), "review")],
)
def test_r15_a_month_off_by_a_unit(last, expected):
    assert severity(plant(fc=months(*[150] * 11, last)), "R15") == expected


def test_r16_heaping_by_hand():
    # 9 of 12: 220 × 0.2^9 × 0.8^3 + 66 × 0.2^10 × 0.8^2 + 12 × 0.2^11 × 0.8 + 0.2^12
    #        = 5.7672e-5 + 4.3254e-6 + 1.966e-7 + 4.1e-9 = 6.2198e-5, below 1e-4; 8 of 12: 5.813e-4
    assert measures.at_least(9, 12, 0.2) == pytest.approx(6.2198e-5, rel=1e-4)
    assert measures.at_least(8, 12, 0.2) == pytest.approx(5.813e-4, rel=1e-3)
    nine = months(100, 105, 110, 115, 120, 125, 130, 135, 140, 141, 142, 143)
    eight = months(100, 105, 110, 115, 120, 125, 130, 135, 144, 141, 142, 143)
    assert severity(plant(fc=nine), "R16") == "warn"
    assert severity(plant(fc=eight), "R16") == ""
    assert severity(plant(fc=months(100)), "R16") == ""  # one value twelve times is no dozen draws


def test_last_digits_lie_at_the_finest_place():
    assert measures.last_digits([D("12.5"), D("12.34"), D(7)]) == [0, 4, 0]


@pytest.mark.parametrize(
    ("before", "expected"), [(2, ""), (3, "review"), (6, "review"), (9, "review"), (10, "")]
)
def test_r20_a_step_in_carbon(before, expected):
    # a clean step after k of n: sqrt(k (n − k) (n − 1)) / n; k = 2: 1.236, 3: 1.436, 6: 1.658; limit 1.358
    c = months(*["0.52"] * before, *["0.50"] * (12 - before))
    assert severity(plant(c=c), "R20") == expected
    assert measures.cusum([float(v) for v in c])[0] == pytest.approx(
        math.sqrt(before * (12 - before) * 11) / 12
    )


# Peers: R08, R09, R15, R19, R21.


def maker(name: str, bought: object, made: object = 100, companion: Companion | None = None) -> Filing:
    """A firm that buys electricity at 0.6379 t/MWh and makes widgets."""
    grid = Stream("grid", "electricity", data=(datum("bought", "MWh", bought),))
    report = EmissionReport(name, 2023, MAKER.id, (grid,), (datum("widgets", "t", made),))
    return Filing(MAKER, report, companion or Companion())


def firms(population, rule, severity=None) -> list[str]:
    found = screen(population).findings
    return sorted({f.enterprise for f in found if f.rule == rule and severity in {None, f.severity}})


def test_r08_change_of_intensity():
    # changes of −4 … +4 % in steps of 1 %, and 12 %: middle 0.5, median deviation 2.5;
    # z = 0.6745 × 11.5 / 2.5 = 3.1
    def grown(last):
        prior = [D(100) * 100 / (100 + n) for n in (*range(-4, 5), last)]
        return [
            maker(f"f{n}", 100, companion=Companion(prior=Prior(before * D("0.6379"), D(100))))
            for n, before in enumerate(prior)
        ]

    assert firms(grown(12), "R08") == []
    assert firms(grown(30), "R08") == ["f9"]
    assert firms(grown(30)[1:], "R08") == []  # nine are too few


def test_r09_below_the_best_of_the_others():
    # intensities 1 … 21. The 5 % quantile without the 1st is 2 + 0.95 = 2.95; without the 2nd
    # 1 + 0.95 × 2 = 2.9; without the 3rd 1.95
    many = [maker(f"f{n:02}", n) for n in range(1, 22)]
    assert firms(many, "R09") == ["f01", "f02"]
    assert firms(many[:20], "R09") == []  # nineteen others are too few


@pytest.mark.parametrize(
    ("times", "expected"),
    [(549, []), (576, ["odd"]), (1000, ["odd"]), (10000, ["odd"]), (D("0.001"), ["odd"]), (100, [])],
)
def test_r15_among_peers(times, expected):
    assert firms([*(maker(f"f{n}", 100) for n in range(9)), maker("odd", 100 * times)], "R15") == expected


def test_r15_a_unit_of_the_product():
    assert firms([*(maker(f"f{n}", 100) for n in range(9)), maker("odd", 100, "0.1")], "R15") == ["odd"]


def test_r19_off_the_line():
    line = [maker(f"f{n}", 100 * n * (100 + n % 3) // 100, 100 * n) for n in range(1, 12)]
    assert firms(line, "R19") == []
    assert firms([*line, maker("low", 300, 600)], "R19") == ["low"]


def test_r21_outliers():
    near = [maker(f"f{n}", 100 + n) for n in range(10)]
    assert firms(near, "R21") == []
    assert firms([*near[:9], maker("far", 200)], "R21", "warn") == ["far"]
    assert firms([*near[:8], maker("far", 200)], "R21") == []  # nine are too few
    assert any("too few peers (9)" in note.en for note in screen([*near[:8], maker("far", 200)]).notes)
    assert not any("peers" in note.en for note in screen(near).notes)
    assert firms([*near, maker("far", 200)], "R21", "warn") == ["far"]


def power_plants(last=None, **odd):
    """Ten power plants, nearly alike; the last one as told."""
    many = []
    for n in range(10):
        given = {"gross": 5000 + n, "c": months(f"0.52{n}1"), "ncv": months(20), **(odd if n == last else {})}
        supply = given.pop("supply", D(given["gross"]) * (1000 - 50 - n) / 1000)
        report = plant(**given)
        outputs = tuple(datum("supply", "MWh", supply) if d.symbol == "supply" else d for d in report.outputs)
        many.append(Filing(POWER, msgspec.structs.replace(report, enterprise=f"p{n}", outputs=outputs)))
    return many


def test_r21_carbon_per_heat_and_own_use():
    def told(name, **odd):
        found = screen(power_plants(9, **odd)).findings
        return [f.enterprise for f in found if f.rule == "R21" and f.severity == "warn" and name in f.en]

    assert told("carbon") == told("generation used") == told("intensity") == []
    assert told("carbon", c=months("0.56")) == ["p9"]  # 0.028 tC/GJ against 0.026
    assert told("carbon", c=months("0.56"), ncv=months("21.4")) == []  # of a better coal
    assert told("generation used", supply=D(4500)) == ["p9"]


def test_r15_looks_at_every_amount_per_product():
    assert firms(power_plants(), "R15") == []
    # gross a thousand times: the plant would run on 0.7 % of itself; the fuel per supply stays as it was
    found = [f for f in screen(power_plants(9, gross=5009000, supply=4700)).findings if f.rule == "R15"]
    assert [(f.enterprise, f.en.partition(" per")[0]) for f in found] == [("p9", "gross")]
    found = [f for f in screen(power_plants(9, fc=months(150000))).findings if f.rule == "R15"]
    assert {f.en.partition(" per")[0] for f in found} == {"coal/FC", "E"}


def test_check_compares_one_report_with_its_peers_and_tells_of_it_only():
    near = [maker(f"f{n}", (100 + n) * (n + 1), 100 * (n + 1)) for n in range(10)]
    far = maker("far", 1000, 500)
    found = check(MAKER, far.report, peers=[*near, far])
    assert {f.enterprise for f in found} == {"far"}
    assert {"R19", "R21"} <= {f.rule for f in found}
    assert check(MAKER, near[0].report, peers=[*near[1:], far]) == ()


# Populations: R11 and R18 across firms, R16, R17.


def test_r11_across_plants_needs_three_months():
    def told(alike):
        other = months(*(f"0.6{n:02}1" for n in range(12)))
        first, second = plant(c=DIFFERENT), plant(c=(*DIFFERENT[:alike], *other[alike:]))
        second = msgspec.structs.replace(second, enterprise="twin")
        return firms([Filing(POWER, first), Filing(POWER, second)], "R11")

    assert told(2) == []
    assert told(3) == ["plant", "twin"]


def test_r18_documents_used_twice():
    def told(*papers):
        reports = [
            msgspec.structs.replace(plant(evidence=(p,)), enterprise=f"f{n}") for n, p in enumerate(papers)
        ]
        return [
            (f.enterprise, f.severity)
            for f in screen([Filing(POWER, r) for r in reports]).findings
            if f.rule == "R18"
        ]

    assert told(paper(number="L-1"), paper(number="L-2")) == []
    assert told(paper(number="L-1"), paper(number="L-2", sha256="hash of L-1")) == [
        ("f0", "fail"),
        ("f1", "fail"),
    ]
    assert told(paper(), paper(sha256="other")) == [("f0", "fail"), ("f1", "fail")]  # one number
    assert told(paper(), paper(sha256="other", laboratory="another lab")) == []
    reports = [msgspec.structs.replace(plant(evidence=(paper(),)), enterprise=f"f{n}") for n in range(3)]
    one = next(f for f in screen([Filing(POWER, r) for r in reports]).findings if "document" in f.en)
    assert one.evidence == ("hash of L-1", "f1 (2023)", "f2 (2023)")
    assert one.en == "The document hash of L-1 also stands behind the report of f1 (2023), f2 (2023)."
    invoice = Evidence("same", "invoice")
    assert told(invoice, invoice) == [("f0", "review"), ("f1", "review")]


def test_r18_one_document_for_several_months():
    two = paper(1, sha256="same"), paper(2, "2023-02-28", "2023-03-02", "2023-03-09", "L-2", sha256="same")
    assert severity(plant(evidence=two), "R18") == "fail"
    assert severity(plant(evidence=(paper(1), paper(1))), "R18") == ""


def test_benford_by_hand():
    assert measures.BENFORD[0] == pytest.approx(0.30103, abs=5e-6)
    assert measures.BENFORD[8] == pytest.approx(0.0457575, abs=5e-8)
    follow = (301, 176, 125, 97, 79, 67, 58, 51, 46)
    found = measures.benford([D(d) for d, n in enumerate(follow, 1) for _ in range(n)])
    assert found.n == 1000
    assert found.mad < 0.0003
    assert found.chi2 < 0.1
    # a hundred of each digit: expected 270.93, 158.48, 112.44, 87.22, 71.26, 60.25, 52.19, 46.04, 41.18;
    # chi-square 107.84 + 21.58 + 1.38 + 1.87 + 11.59 + 26.22 + 43.79 + 63.25 + 84.01
    # = 361.5; deviations 0.53745 / 9 = 0.05972
    even = measures.benford([D(d) for d in range(1, 10) for _ in range(100)])
    assert even.chi2 == pytest.approx(361.5, abs=0.1)
    assert even.mad == pytest.approx(0.05972, abs=5e-5)
    assert [measures.first_digit(D(text)) for text in ("0.0071", "930", "0")] == [7, 9, 0]


def test_r16_benford_on_pools_and_when_it_does_not_apply():
    def pool(n):
        # two values a firm: electricity, 1.5 to 9.5 over four orders, each digit as often; widgets alike
        made = [(D(n % 9 + 1) + D("0.5")) * D(10) ** (n % 4) for n in range(n)]
        companion = Companion(verifier="v")
        return screen([maker(f"f{n:03}", value, value, companion) for n, value in enumerate(made)])

    found = [f for f in pool(180).findings if f.rule == "R16"]
    assert [f.verifier for f in found] == ["", "v"]
    assert "the reports of v do not follow" in found[1].en
    assert "v的报告" in found[1].zh
    assert any(f.rule == "R16" for f in pool(150).findings)  # 300 values
    few = pool(149)  # 298 values
    assert [f for f in few.findings if f.rule == "R16"] == []
    assert any("Benford" in note.en and "298/300" in note.en and "不适用" in note.zh for note in few.notes)


def test_r16_last_digits_of_a_pool():
    def told(digit):
        c = [months(*(f"0.5{(n * 13 + m * 7) % 97:02}{digit(n, m)}" for m in range(12))) for n in range(10)]
        reports = [msgspec.structs.replace(plant(c=one), enterprise=f"f{n}") for n, one in enumerate(c)]
        even = thresholds({"terminal_values": 100, "heaping_values": 1000})
        blind = [msgspec.structs.replace(r, streams=(only_carbon(r.streams[0]),)) for r in reports]
        return [f.rule for f in screen([Filing(POWER, r) for r in blind], even).findings if not f.enterprise]

    def only_carbon(stream):
        data = tuple(
            msgspec.structs.replace(d, obtained="estimated") if d.symbol != "C_ar" else d for d in stream.data
        )
        return msgspec.structs.replace(stream, data=data)

    assert told(lambda n, m: (n * 12 + m) % 10) == []  # 120 digits, twelve of each
    assert told(lambda n, m: (0, 5)[(n + m) % 2]) == ["R16"]


def test_r17_verifiers():
    def told(corrections, hours=30):
        members = []
        for v, share in enumerate(corrections):
            for n in range(5):
                own = Companion(
                    verifier=f"v{v}",
                    verified=D("63.79") * (1 + D(share) / 100),
                    verifier_hours=D(hours if v == 0 else 30 + v),
                )
                members.append(maker(f"f{v}-{n}", 100 + n % 2, 100 + n % 2, own))
        return [f.verifier for f in screen(members).findings if f.rule == "R17"]

    calm = ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]
    assert told(calm) == []
    assert told([*calm[:9], "9"]) == ["v9"]
    assert told([*calm[1:9], "9"]) == []  # nine verifiers are too few
    assert told(calm, hours=1) == ["v0"]
    assert told(calm, hours=99) == []  # much time is no fault


# The whole.


def test_r00_a_report_that_cannot_be_worked_out_is_a_finding():
    found = check(POWER, msgspec.structs.replace(plant(), method="power@2021.1"))
    assert [(f.rule, f.severity, f.observed) for f in found if f.rule == "R00"] == [
        ("R00", "fail", "CW-5240")
    ]


def test_a_clean_report_has_no_findings():
    fc = months(*(150 + n * 13 % 11 for n in range(12)))
    ncv = months(*(f"20.{n * n * 37 % 101:02}3" for n in range(12)))
    c = months(*(f"0.5{n * n * 5 % 97:02}7" for n in range(12)))
    assert check(POWER, plant(fc, ncv, c)) == ()


def test_findings_speak_two_languages_and_name_their_place():
    found = check(POWER, plant(c=(*DIFFERENT[:11], D("0.7001"))))
    one = next(f for f in found if f.rule == "R01")
    assert (one.enterprise, one.year, one.stream, one.month) == ("plant", 2023, "coal", 12)
    assert one.observed in one.en
    assert one.observed in one.zh
    assert one.limit == "0.0220-0.0320 tC/GJ"
    assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


def test_ranking_puts_the_gravest_first_and_says_why():
    clean = maker("clean", 100)
    bad = maker("bad", 100, companion=Companion(power=(PowerReading("grid/bought", D(80)),)))
    odd = maker("odd", 100, companion=Companion(power=(PowerReading("grid/bought", D("98.9")),)))
    large = maker("large", 5000, 5000)
    found = rank([clean, odd, bad, large])
    assert [r.enterprise for r in found] == ["bad", "odd", "large", "clean"]
    assert [r.place for r in found] == [1, 2, 3, 4]
    # one fail 10 points, one warn 4
    assert [r.score for r in found] == [10, 4, 0, 0]
    assert found[0].reasons_en[0].startswith("R14 (grid) grid/bought: meter says 80 MWh")
    assert "表计80 MWh" in found[0].reasons_zh[0]
    assert found[2].emissions_t == 3190  # 5,000 × 0.6379 = 3,189.5


def test_ranking_counts_a_rule_that_speaks_often_a_little_more():
    many = plant(c=(D("0.7001"), D("0.7102"), *DIFFERENT[2:]))
    once = msgspec.structs.replace(plant(c=(D("0.7001"), *DIFFERENT[1:])), enterprise="once")
    first, second = rank([Filing(POWER, once), Filing(POWER, many)])
    # two months against one: 10 × 1.25 and 10
    assert (first.enterprise, first.score - second.score) == ("plant", D("2.5"))


def test_ranking_charges_a_verifier_to_all_it_verified():
    members = []
    for v in range(10):
        for n in range(5):
            own = Companion(
                verifier=f"v{v}", verified=D("63.79") * (D(109) if v == 9 else D(100 + v % 2)) / 100
            )
            members.append(maker(f"f{v}-{n}", 100, 100, own))
    found = rank(members)
    assert {r.enterprise for r in found if r.score} == {f"f9-{n}" for n in range(5)}
    assert found[0].reasons_en[0].startswith("R17 ")


def test_thresholds_can_be_set_and_are_held_to_their_sense():
    assert thresholds({}) == DEFAULTS
    assert thresholds({"stock_share": "0.02"}).stock_share == D("0.02")
    assert load_thresholds_text("[R05]\nstock_share = 0.02\n") == thresholds({"stock_share": D("0.02")})
    assert load_thresholds_text("[R06]\ngross_factor = 4") == thresholds({"gross_factor": 4})
    assert code(lambda: thresholds({"stok_share": 1})) == "CW-5300"
    assert code(lambda: load_thresholds_text("[R06]\nstock_share = 0.02")) == "CW-5300"  # of another rule
    for wrong in (-1, "NaN", "x", True, None, 1e-2, 10**7):
        assert code(lambda wrong=wrong: thresholds({"stock_share": wrong})) == "CW-5301"
    assert code(lambda: thresholds({"cc_warn_least": "0.03"})) == "CW-5302"
    assert code(lambda: load_thresholds_text("stock_share = ")) == "CW-5303"


def test_thresholds_change_what_is_found():
    stock = Companion(stocks=(Stock("coal", D(2000), D(14000), D(3379), D(500)),))
    report = plant(fc=months(1000), gross=60000)
    assert severity(report, "R05", stock) == "warn"
    assert severity(report, "R05", stock, thresholds=thresholds({"stock_share": "0.011"})) == ""


@pytest.mark.parametrize(
    ("companion", "expected"),
    [
        (Companion(stocks=(Stock("oven", D(0), D(0), D(0)),)), "CW-5304"),
        (Companion(weights=(Weights("oven"),)), "CW-5304"),
        (Companion(lab=(LabSample("oven", 1),)), "CW-5304"),
        (Companion(power=(PowerReading("grid/bought"),)), "CW-5304"),
        (Companion(power=(PowerReading("coal/bought"),)), "CW-5304"),
        (Companion(power=(PowerReading("heat_supply"),)), "CW-5304"),
        (Companion(product="bricks"), "CW-5304"),
        (Companion(stocks=(Stock("coal", D(-1), D(0), D(0)),)), "CW-5305"),
        (Companion(weights=(Weights("coal", D("NaN")),)), "CW-5305"),
        (Companion(lab=(LabSample("coal", 1, hydrogen=D(101)),)), "CW-5305"),
        (Companion(prior=Prior(D("Infinity"), D(1))), "CW-5305"),
        (Companion(verified=D(-5)), "CW-5305"),
        (Companion(stocks=(Stock("coal", D(0), D(0), D(0), unit="MWh"),)), "CW-5306"),
        (Companion(power=(PowerReading("supply", D(1), unit="GJ"),)), "CW-5306"),
        (Companion(power=(PowerReading("coal/FC", D(1)),)), "CW-5306"),  # tonnes are no MWh
        (Companion(lab=(LabSample("coal", 13),)), "CW-5307"),
    ],
)
def test_a_companion_that_does_not_fit_is_refused(companion, expected):
    assert code(lambda: check(POWER, plant(), companion)) == expected


def test_a_firm_twice_in_a_population_is_refused():
    assert code(lambda: screen([maker("f", 1), maker("f", 2)])) == "CW-5308"


def test_a_companion_is_plain_json():
    text = (
        b'{"stocks": [{"stream": "coal", "opening": 2000, "bought": 14000.5, "closing": "3380"}],'
        b' "prior": {"emissions": 1, "product": 2}, "verifier": "v"}'
    )
    found = msgspec.json.decode(text, type=Companion)
    assert found.stocks[0].bought == D("14000.5")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"stock": []}', type=Companion)


def test_the_page_has_every_rule_and_every_threshold():
    page = rules_page()
    assert [rule for rule in RULES if f"| {rule} | " not in page] == []
    assert [name for name in limits() if f"| `{name}` |" not in page] == []
    assert list(RULES) == [f"R{n:02}" for n in range(22)]
    for rule in RULES.values():
        assert rule.en.isascii()
        assert not rule.zh.isascii()


def test_every_threshold_says_what_it_means_and_where_it_comes_from():
    for name, limit in limits().items():
        assert limit.en.isascii(), name
        assert not limit.zh.isascii(), name
        assert limit.citation.source, name


# Statistics by hand.


def test_robust_z_by_hand():
    # the middle 3, deviations 2 1 0 1 97, their middle 1: 0.6745 × 97 = 65.43
    assert measures.robust_z([1, 2, 3, 4, 100])[4] == pytest.approx(65.4265)
    # more than half alike: the mean deviation, 10 / 5 = 2, times 1.253314; 10 / 2.506628 = 3.98942
    assert measures.robust_z([1, 1, 1, 1, 11])[4] == pytest.approx(3.98942, abs=1e-5)
    assert measures.robust_z([7, 7]) == [0, 0]


def test_fences_by_hand():
    # 1 … 9: quartiles 3 and 7; 3 − 1.5 × 4 = −3, 7 + 6 = 13
    assert measures.fences(range(1, 10), 1.5) == (-3, 13)


def test_studentised_residuals_by_hand():
    # (0,0) (1,1) (2,2) (3,6): slope 9.5 / 5 = 1.9, residuals 0.6 −0.3 −1.2 0.9, squares 2.7; leverage of the
    # third 1/4 + 0.25/5 = 0.3; the others (2.7 − 1.44 / 0.7) / 1 = 0.642857;
    # −1.2 / sqrt(0.642857 × 0.7) = −1.78885
    found = measures.studentised([0, 1, 2, 3], [0, 1, 2, 6])
    assert found[2] == pytest.approx(-1.78885, abs=1e-5)
    assert found[3] == math.inf  # without it the others lie on a line
    assert measures.studentised([1, 1, 1, 1], [1, 2, 3, 4]) == []
    assert measures.studentised([0, 1, 2, 3], [1, 3, 5, 7]) == [0, 0, 0, 0]


def test_orders_of_magnitude():
    assert measures.orders([D(0), D(2), D(-2000)]) == pytest.approx(3)
    assert measures.orders([]) == 0


def test_month_ends():
    from capwright.mrv.quality.laboratory import _month_end

    assert _month_end(2024, 2) == date(2024, 2, 29)
    assert _month_end(2023, 12) == date(2023, 12, 31)
