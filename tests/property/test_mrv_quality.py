"""Laws of data quality: findings change no figure, order does not matter, limits are monotone."""

from __future__ import annotations

import random
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capwright.kernel.refusal import Refused
from capwright.mrv import library
from capwright.mrv.calculation import compute
from capwright.mrv.quality import measures
from capwright.mrv.quality.checking import check, screen
from capwright.mrv.quality.companion import Companion, PowerReading, Prior, Stock, Weights
from capwright.mrv.quality.facts import Filing, read
from capwright.mrv.quality.ranking import rank
from capwright.mrv.quality.thresholds import DEFAULTS, limits, thresholds
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream
from tests.mrv_quality_worlds import population

POWER = library.method("power@2022.1")
D = Decimal


def twelve(least: str, most: str, places: int):
    number = st.decimals(least, most, places=places, allow_nan=False)
    return st.lists(number, min_size=12, max_size=12).map(tuple)


@st.composite
def filings(draw, name: str = "plant") -> Filing:
    """A power plant with figures from sensible to absurd, and a companion that need not agree with it."""
    data = (
        Datum("FC", "t", months=draw(twelve("1", "90000", 1))),
        Datum("NCV_ar", "GJ/t", months=draw(twelve("5", "31", 3))),
        Datum("C_ad", "%", months=draw(twelve("30", "90", 2))),
        Datum("M_ar", "%", months=draw(twelve("1", "50", 1))),
        Datum("M_ad", "%", months=draw(twelve("0.5", "20", 1))),
    )
    oil = Datum("FC", "t", value=draw(st.decimals("1", "500", places=1)))
    gross = draw(st.integers(1, 3_000_000))
    report = EmissionReport(
        name,
        2023,
        POWER.id,
        (Stream("coal", "coal", data=data), Stream("oil", "fuel", "diesel", data=(oil,))),
        (Datum("gross", "MWh", value=D(gross)), Datum("supply", "MWh", value=D(gross) * D("0.95"))),
    )
    amount = st.integers(1, 2_000_000).map(D)
    companion = Companion(
        stocks=(Stock("coal", draw(amount), draw(amount), draw(amount)),),
        weights=(Weights("coal", draw(amount), draw(amount), draw(amount)),),
        power=(PowerReading("supply", draw(amount), draw(amount)),),
        prior=Prior(draw(amount), draw(amount), draw(amount)),
    )
    return Filing(POWER, report, companion)


@given(filings())
@settings(max_examples=60, deadline=None)
def test_findings_change_no_figure(filing):
    found = check(filing.method, filing.report, filing.companion)
    facts = read(filing)
    if facts.result is None:
        assert "R00" in {one.rule for one in found}
    else:
        assert facts.result == compute(filing.method, filing.report)
        assert check(filing.method, filing.report, filing.companion) == found


@given(filings(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_streams_and_data_does_not_matter(filing, rng):
    streams = [
        msgspec.structs.replace(s, data=tuple(rng.sample(s.data, len(s.data)))) for s in filing.report.streams
    ]
    rng.shuffle(streams)
    outputs = tuple(rng.sample(filing.report.outputs, 2))
    other = msgspec.structs.replace(filing.report, streams=tuple(streams), outputs=outputs)
    first = check(filing.method, filing.report, filing.companion)
    assert [one for one in check(filing.method, other, filing.companion) if one.rule != "R00"] == [
        one for one in first if one.rule != "R00"
    ]


ODD = st.sampled_from(["NaN", "sNaN", "Infinity", "-1", "0", "1E+40", "1E+30", "1E-30", "9" * 31]).map(D)
TEXTS = st.sampled_from(["", "2023-13-01", "9999-12-31", "0001-01-01", "\x00", "x" * 300, "2023-02-28"])


@st.composite
def spoiled(draw) -> Filing:
    """A filing in which a few things are as nobody should send them."""
    filing = draw(filings())
    data = list(filing.report.streams[0].data)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        one = data[place]
        spots = list(one.months)
        if spots:
            spots[draw(st.integers(0, len(spots) - 1))] = draw(st.none() | ODD)
        changes = draw(
            st.sampled_from(
                [
                    {"months": tuple(spots)}, {"months": tuple(spots[:-1])}, {"unit": "%"}, {"unit": "???"},
                    {"symbol": "XX"}, {"months": (), "value": draw(ODD)}, {"months": ()},
                    {"obtained": "default"}, {"months": (None,) * 12}, {"months": (D(0),) * 12},
                ]
            )
        )  # fmt: skip
        data[place] = msgspec.structs.replace(one, **changes)
    papers = tuple(
        Evidence(
            draw(st.sampled_from(["", "a", "b"])), "lab", number=draw(TEXTS), month=draw(st.integers(-1, 14)),
            sampled_on=draw(TEXTS), tested_on=draw(TEXTS), reported_on=draw(TEXTS), laboratory=draw(TEXTS),
        )
        for _ in range(draw(st.integers(0, 4)))
    )  # fmt: skip
    data[-1] = msgspec.structs.replace(data[-1], evidence=papers)
    stream = msgspec.structs.replace(
        filing.report.streams[0],
        data=tuple(data),
        component=draw(st.sampled_from(["coal", "coal", "fuel", "x"])),
    )
    outputs = (
        Datum("supply", draw(st.sampled_from(["MWh", "t"])), value=draw(ODD)),
        Datum("yy", "t", value=D(1)),
    )
    report = msgspec.structs.replace(
        filing.report,
        streams=(stream, *filing.report.streams[1:]),
        outputs=draw(st.sampled_from([(), outputs[:1], outputs, filing.report.outputs])),
        year=draw(st.sampled_from([2023, 0, 9999, 10**6])),
    )
    return Filing(filing.method, report, draw(st.sampled_from([Companion(), filing.companion])))


def answer(work) -> str:
    """The code of a refusal; nothing where there is none."""
    try:
        work()
    except Refused as refused:
        return refused.refusal.code
    return ""


@given(spoiled())
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_is_found_or_refused_never_a_crash(filing):
    clean = Filing(POWER, msgspec.structs.replace(filing.report, enterprise="other"))
    work = (
        lambda: check(filing.method, filing.report, filing.companion, [clean]),
        lambda: rank([filing, clean]),
    )
    assert {answer(one) for one in work} <= {"", "CW-5304", "CW-5306"}


SHARES = [name for name in limits() if name.endswith("_share") and name != "best_share"]


@pytest.mark.parametrize("name", [*SHARES, "gross_factor", "moisture_gap", "lab_days", "cusum", "total_most"])
@given(filing=filings(), factor=st.integers(1, 20))
@settings(max_examples=8, deadline=None)
def test_a_wider_limit_finds_no_more(name, filing, factor):
    wide = thresholds({name: getattr(DEFAULTS, name) * factor})

    def places(limit):
        found = check(filing.method, filing.report, filing.companion, thresholds=limit)
        return {(f.rule, f.stream, f.month, f.facility) for f in found if f.severity == "fail"} | {
            (f.rule, f.stream, f.month, f.facility, "any") for f in found
        }

    assert places(wide) <= places(DEFAULTS)


@given(filings())
@settings(max_examples=40, deadline=None)
def test_the_unit_of_a_figure_does_not_matter(filing):
    """Tonnes against kg, GJ/t against kJ/kg: the same ranges, balances and slips."""

    def other(datum):
        if datum.symbol == "FC" and datum.months:
            return msgspec.structs.replace(datum, unit="kg", months=tuple(v * 1000 for v in datum.months))
        if datum.symbol == "NCV_ar":
            return msgspec.structs.replace(datum, unit="kJ/kg", months=tuple(v * 1000 for v in datum.months))
        return datum

    streams = tuple(
        msgspec.structs.replace(s, data=tuple(other(d) for d in s.data)) for s in filing.report.streams
    )
    report = msgspec.structs.replace(filing.report, streams=streams)
    rules = {"R01", "R02", "R03", "R05", "R06", "R07", "R13", "R14", "R15"}

    def found(one):
        return [f for f in check(filing.method, one, filing.companion) if f.rule in rules]

    assert found(report) == found(filing.report)


def test_the_order_of_the_population_does_not_matter():
    members, _, _ = population(3, plants=40, planted=8)
    shuffled = random.Random(0).sample(members, len(members))
    assert screen(members).findings == screen(shuffled).findings
    assert screen(members).notes == screen(shuffled).notes
    first, second = rank(members), rank(shuffled)
    assert first == second
    assert [r.score for r in first] == sorted((r.score for r in first), reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_peer_far_away_is_found_and_brings_no_failure_on_others(seed):
    members, _, _ = population(seed, plants=45, planted=0)
    odd = next(one for one in members if one.method.body.code == "power")
    outputs = tuple(msgspec.structs.replace(d, value=d.value / 1000) for d in odd.report.outputs)
    far = Filing(odd.method, msgspec.structs.replace(odd.report, enterprise="far", outputs=outputs))

    def failures(many):
        return {f for f in screen(many).findings if f.severity == "fail" and f.rule in PEERS}

    before, after = failures(members), failures([*members, far])
    assert {f.enterprise for f in after} == {"far"}
    assert before == set()


PEERS = {"R08", "R09", "R15", "R19", "R21"}


def test_checking_one_agrees_with_screening_all():
    members, _, _ = population(5, plants=40, planted=8)
    found = screen(members).findings
    for one in members[::7]:
        own = check(one.method, one.report, one.companion, members)
        assert own == tuple(f for f in found if f.enterprise == one.report.enterprise)


VALUES = st.lists(st.integers(-1000, 1000), min_size=1, max_size=40)


@given(VALUES, st.integers(1, 50), st.integers(-500, 500))
def test_robust_z_knows_no_unit_and_no_zero(values, scale, shift):
    moved = measures.robust_z([scale * v + shift for v in values])
    assert moved == pytest.approx(measures.robust_z(values))


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=30), st.data(), st.integers(0, 100))
def test_the_quantile_without_one(values, data, share):
    rising = sorted(values)
    place = data.draw(st.integers(0, len(rising) - 1))
    without = rising[:place] + rising[place + 1 :]
    assert measures.quantile_without(rising, place, share / 100) == pytest.approx(
        measures.quantile(without, share / 100)
    )


@given(st.lists(st.decimals("0.001", "100000", places=3), min_size=1, max_size=60))
def test_every_first_digit_is_counted_once(values):
    found = measures.benford(values)
    assert found.n == sum(found.counts) == len(values)
    assert measures.benford([v * 10 for v in values]).counts == found.counts


@given(st.lists(st.integers(0, 100), min_size=2, max_size=24))
def test_the_cumulative_sum_knows_no_direction(values):
    """The sum over the year is nothing, so back to front the largest sum is the same."""
    assert measures.cusum(values)[0] == pytest.approx(measures.cusum(values[::-1])[0], abs=1e-9)


@given(st.integers(0, 20), st.integers(1, 99))
def test_at_least_nothing_is_certain_and_more_is_rarer(n, share):
    chances = [measures.at_least(k, n, share / 100) for k in range(n + 1)]
    assert chances[0] == pytest.approx(1)
    assert chances == sorted(chances, reverse=True)
