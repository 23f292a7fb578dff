"""Rules on single values: R01 to R04 and R13."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from capwright.kernel.unit import EXACT
from capwright.mrv.quality.companion import LabSample
from capwright.mrv.quality.facts import Facts, Reading, StreamFacts
from capwright.mrv.quality.finding import Finding, Severity, percent, plain
from capwright.mrv.quality.thresholds import Thresholds
from capwright.mrv.quality.wording import finding

__all__ = ["dulong", "ranges"]

# MJ/kg per per cent of mass as received: carbon, hydrogen, oxygen less sulfur, moisture.
_DULONG: Final = (Decimal("0.339"), Decimal("1.03"), Decimal("0.109"), Decimal("0.025"))
_HUNDRED: Final = Decimal(100)


def ranges(facts: Facts, limits: Thresholds) -> Iterator[Finding]:
    """R01, R02, R03, R04 and R13 on every stream and month."""
    samples = {(sample.stream, sample.month): sample for sample in facts.companion.lab}
    for stream in facts.streams:
        for reading in stream.readings:
            if stream.component.scope == "combustion":
                yield from _carbon_per_heat(facts, stream, reading, limits)
                yield from _heating_value(facts, stream, reading, limits)
                yield from _carbon(facts, stream, reading, limits)
            sample = samples.get((stream.code, reading.month))
            yield from _moisture(facts, stream, reading, sample, limits)
            if sample is not None:
                yield from _elements(facts, stream, reading, sample, limits)


def _carbon_per_heat(
    facts: Facts, stream: StreamFacts, reading: Reading, limits: Thresholds
) -> Iterator[Finding]:
    """R01: as reported, and as carbon over heating value where both are measured."""
    if stream.family != "coal":
        return
    value = reading.reported.get("cc")
    carbon, ncv = reading.reported.get("carbon"), reading.reported.get("ncv")
    if value is None and carbon is not None and ncv:
        value = carbon / ncv
    if value is None:
        return
    severity: Severity
    if not limits.cc_fail_least <= value <= limits.cc_fail_most:
        severity, least, most = "fail", limits.cc_fail_least, limits.cc_fail_most
    elif not limits.cc_warn_least <= value <= limits.cc_warn_most:
        severity, least, most = "warn", limits.cc_warn_least, limits.cc_warn_most
    else:
        return
    yield finding(
        "R01", severity, facts, stream, reading.month,
        observed=f"{plain(value)} tC/GJ", limit=f"{least}-{most} tC/GJ",
        en="The coal's carbon per unit of heat is {observed}; {limit} is expected.",
        zh="燃煤单位热值含碳量为{observed}，合理范围为{limit}。",
    )  # fmt: skip


def _heating_value(
    facts: Facts, stream: StreamFacts, reading: Reading, limits: Thresholds
) -> Iterator[Finding]:
    """R02."""
    value = reading.reported.get("ncv")
    known = {
        ("coal", "t"): (limits.ncv_coal_least, limits.ncv_coal_most),
        ("natural_gas", "10^4 Nm3"): (limits.ncv_gas_least, limits.ncv_gas_most),
    }
    if value is None or (stream.family, stream.per) not in known:
        return
    least, most = known[stream.family, stream.per]
    if not least <= value <= most:
        yield finding(
            "R02", "fail", facts, stream, reading.month,
            observed=f"{plain(value)} GJ/{stream.per}", limit=f"{least}-{most} GJ/{stream.per}",
            en="The net calorific value is {observed}; {limit} is possible.",
            zh="低位发热量为{observed}，合理范围为{limit}。",
        )  # fmt: skip


def _carbon(facts: Facts, stream: StreamFacts, reading: Reading, limits: Thresholds) -> Iterator[Finding]:
    """R03: carbon by mass, as reported or as heating value times carbon per heat."""
    if stream.per != "t" or not stream.family or stream.family == "natural_gas":
        return
    value = reading.reported.get("carbon")
    ncv, cc = reading.value("ncv"), reading.value("cc")
    if value is None and ncv is not None and cc is not None and {"ncv", "cc"} & reading.reported.keys():
        value = EXACT.multiply(ncv, cc)
    most = {
        "coal": limits.carbon_coal_most,
        "lng": limits.carbon_lng_most,
        "oil": limits.carbon_oil_most,
    }[stream.family]
    if value is not None and value > most:
        yield finding(
            "R03", "fail", facts, stream, reading.month,
            observed=f"{plain(value)} tC/t", limit=f"{most} tC/t",
            en="The fuel would hold {observed} of carbon; it can hold {limit} at most.",
            zh="燃料含碳量达{observed}，上限为{limit}。",
        )  # fmt: skip


def dulong(
    carbon: Decimal, hydrogen: Decimal, oxygen: Decimal, sulfur: Decimal, moisture: Decimal
) -> Decimal:
    """Net calorific value in MJ/kg (GJ/t) from per cent of mass as received.

    0.339 C + 1.03 H - 0.109 (O - S) - 0.025 M, a formula of Dulong's kind with Mendeleev's coefficients.
    """
    c, h, o, m = _DULONG
    return c * carbon + h * hydrogen - o * (oxygen - sulfur) - m * moisture


def _elements(
    facts: Facts, stream: StreamFacts, reading: Reading, sample: LabSample, limits: Thresholds
) -> Iterator[Finding]:
    """R04: the heating value that the elements give, against the one reported."""
    ncv, carbon = reading.reported.get("ncv"), sample.carbon
    if carbon is None and "carbon" in reading.reported:
        carbon = reading.reported["carbon"] * _HUNDRED
    moisture = sample.moisture
    if moisture is None and "m_ar" in reading.reported:
        moisture = reading.reported["m_ar"] * _HUNDRED
    parts = carbon, sample.hydrogen, sample.oxygen, sample.sulfur, moisture
    if not ncv or stream.family != "coal":
        return
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return
    expected = dulong(*known)
    apart = abs(expected - ncv) / ncv
    if apart > limits.dulong_share:
        severity: Severity = "fail" if apart > limits.dulong_share * limits.gross_factor else "warn"
        yield finding(
            "R04", severity, facts, stream, reading.month,
            observed=percent(apart), limit=percent(limits.dulong_share),
            evidence=(sample.number,) if sample.number else (),
            en=f"The heating value of {plain(ncv)} GJ/t is {{observed}} from the {plain(expected)} GJ/t that "
            "the elements of the coal give; {limit} is allowed.",
            zh=f"低位发热量{plain(ncv)} GJ/t，按元素分析估算为{plain(expected)} GJ/t，"
            "相差{observed}，允许{limit}。",
        )  # fmt: skip


def _moisture(
    facts: Facts, stream: StreamFacts, reading: Reading, sample: LabSample | None, limits: Thresholds
) -> Iterator[Finding]:
    """R13."""
    value, dried = reading.reported.get("m_ar"), reading.reported.get("m_ad")
    if value is None:
        return
    if dried is not None and value < dried:
        yield finding(
            "R13", "fail", facts, stream, reading.month,
            observed=percent(value), limit=percent(dried),
            en="Moisture as received is {observed}, below the air-dried moisture of {limit}.",
            zh="收到基全水分{observed}低于空气干燥基水分{limit}。",
        )  # fmt: skip
    if not limits.moisture_least <= value <= limits.moisture_most:
        yield finding(
            "R13", "fail", facts, stream, reading.month,
            observed=percent(value),
            limit=f"{percent(limits.moisture_least)} - {percent(limits.moisture_most)}",
            en="Moisture as received is {observed}; {limit} is expected.",
            zh="收到基全水分为{observed}，合理范围为{limit}。",
        )  # fmt: skip
    if sample is None or sample.moisture is None:
        return
    apart = abs(value - sample.moisture / _HUNDRED)
    if apart > limits.moisture_gap:
        yield finding(
            "R13", "fail", facts, stream, reading.month,
            observed=percent(apart), limit=percent(limits.moisture_gap),
            evidence=(sample.number,) if sample.number else (),
            en=f"Moisture as received is {percent(value)}, the laboratory's {plain(sample.moisture)} %: "
            "{observed} apart, {limit} is allowed.",
            zh=f"填报全水分{percent(value)}，化验值{plain(sample.moisture)} %，"
            "相差{observed}，允许{limit}。",
        )  # fmt: skip
