"""Plant-years for the tests of data quality: clean ones with the noise of real plants, and fabricated ones.

The fabrications follow what inspectors found in 2021 and 2022: copied carbon, edited dates, invented
moisture, coal under-reported, batch samples dressed up as months, reports shared between firms; and slips
and rounding.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from capwright.kernel.refusal import Refused
from capwright.mrv.calculation import compute
from capwright.mrv.library import method
from capwright.mrv.quality.companion import Companion, LabSample, PowerReading, Prior, Stock, Weights
from capwright.mrv.quality.facts import Filing
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream

YEAR = 2023
MONTHS = range(12)
SIGMA_STOCK = 0.003  # stock-taking, as a share of the year's coal
SIGMA_WEIGHT = 0.004
SIGMA_POWER = 0.002
SIGMA_YEAR = 0.012  # fuel per product from year to year


@dataclass
class Plant:
    """What happened (true) and what is told (the lists, which a fabrication edits)."""

    name: str
    sector: str
    product: list[float]  # MWh gross, or t of clinker
    coal: list[float]
    ncv: list[float]
    carbon: list[float]  # per cent, air-dried (power) or as received (cement)
    m_ar: list[float]
    m_ad: list[float]
    bought: list[float]
    dates: list[tuple[date, date, date]]
    numbers: list[str]
    hashes: list[str]
    lab: str
    true_coal: float
    true_m_ar: list[float]
    hydrogen: list[float]
    oxygen: list[float]
    sulfur: list[float]
    stock: list[float]  # opening, bought, closing
    feeder: float
    belt: float
    settlement: float
    prior_heat: float
    prior_emissions: float
    prior_product: float
    verifier: str
    verified_share: float
    hours: float
    km: float
    kind: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    product_unit_slip: bool = False
    lends: bool = False


def clean(rng: Random, index: int, sector: str) -> Plant:
    power = sector == "power"
    efficiency = rng.gauss(0.405, 0.014)
    heat_rate = rng.gauss(3.35, 0.12)
    size = rng.lognormvariate(0, 0.6)
    made = [size * (250_000 if power else 120_000) * rng.uniform(0.75, 1.15) for _ in MONTHS]
    ncv_mean, cc_mean = rng.gauss(22.0, 1.0), rng.gauss(0.0262, 0.0003)
    moist = rng.uniform(7, 13)
    plant_lab = f"lab-{rng.randrange(6)}"
    columns: dict[str, list[float]] = {
        n: [] for n in ("ncv", "carbon", "m_ar", "m_ad", "coal", "h", "o", "s")
    }
    dates, numbers, hashes = [], [], []
    for month in MONTHS:
        ncv, cc = rng.gauss(ncv_mean, 0.45), rng.gauss(cc_mean, 0.0002)
        m_ar = min(max(rng.gauss(moist, 1.2), 5), 20)
        m_ad = m_ar * rng.uniform(0.2, 0.4)
        c_ar = ncv * cc * 100
        columns["ncv"].append(ncv)
        columns["m_ar"].append(m_ar)
        columns["m_ad"].append(m_ad)
        columns["carbon"].append(c_ar * (100 - m_ad) / (100 - m_ar) if power else c_ar)
        heat = made[month] * 3.6 / efficiency if power else made[month] * heat_rate
        columns["coal"].append(heat * rng.gauss(1, 0.01) / ncv)
        oxygen, sulfur = rng.gauss(8.5, 1.0), rng.uniform(0.3, 1.2)
        told = ncv * rng.gauss(1, 0.015)
        columns["h"].append((told - 0.339 * c_ar + 0.109 * (oxygen - sulfur) + 0.025 * m_ar) / 1.03)
        columns["o"].append(oxygen)
        columns["s"].append(sulfur)
        last = date(YEAR, month + 1, monthrange(YEAR, month + 1)[1])
        tested = last + timedelta(days=rng.randint(3, 20))
        dates.append(
            (last - timedelta(days=rng.randint(0, 1)), tested, tested + timedelta(days=rng.randint(0, 6)))
        )
        numbers.append(f"{plant_lab}-{index:04}{month + 1:02}")
        hashes.append(digest(index, month))
    whole = sum(columns["coal"])
    opening, closing = whole * rng.uniform(0.02, 0.06), whole * rng.uniform(0.02, 0.06)
    burned_heat = sum(c * n for c, n in zip(columns["coal"], columns["ncv"], strict=True))
    product_before = sum(made) * rng.uniform(0.9, 1.1)
    return Plant(
        name=f"{sector}-{index:04}",
        sector=sector,
        product=made,
        coal=columns["coal"],
        ncv=columns["ncv"],
        carbon=columns["carbon"],
        m_ar=columns["m_ar"],
        m_ad=columns["m_ad"],
        bought=[m * rng.uniform(0.002, 0.004) if power else m * rng.uniform(0.05, 0.07) for m in made],
        dates=dates,
        numbers=numbers,
        hashes=hashes,
        lab=plant_lab,
        true_coal=whole,
        true_m_ar=list(columns["m_ar"]),
        hydrogen=columns["h"],
        oxygen=columns["o"],
        sulfur=columns["s"],
        stock=[opening, whole * rng.gauss(1, SIGMA_STOCK) - opening + closing, closing],
        feeder=whole * rng.gauss(1, SIGMA_WEIGHT),
        belt=whole * rng.gauss(1, SIGMA_WEIGHT),
        settlement=sum(made) * 0.94 * rng.gauss(1, SIGMA_POWER),
        prior_heat=burned_heat / sum(made) * rng.gauss(1, SIGMA_YEAR) * product_before,
        prior_emissions=burned_heat
        / sum(made)
        * cc_mean
        * 44
        / 12
        * 0.99
        * rng.gauss(1, SIGMA_YEAR)
        * product_before
        + (0 if power else 0.535 * product_before),
        prior_product=product_before,
        verifier=f"verifier-{rng.randrange(12)}",
        verified_share=rng.gauss(0, 0.004),
        hours=rng.uniform(20, 60),
        km=rng.uniform(20, 400),
    )


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


# Fabrications: each edits what is told.


def copied_carbon(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    source = min(MONTHS, key=lambda m: plant.carbon[m])
    for month in rng.sample(MONTHS, rng.randint(5, 11)):
        plant.carbon[month] = plant.carbon[source] + rng.choice((0, 0, 0, 0.01, -0.01))


def edited_dates(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    """Twelve reports out of one template: now and then a date or a number is forgotten."""
    base = rng.randrange(900)
    for month in MONTHS:
        sampled, tested, reported = plant.dates[month]
        slip = rng.random()
        if slip < 0.12:
            tested = sampled - timedelta(days=rng.randint(1, 9))
        elif slip < 0.2:
            sampled = sampled - timedelta(days=31 + rng.randint(1, 20))
        elif slip < 0.28:
            reported = tested - timedelta(days=rng.randint(1, 5))
        elif slip < 0.36 and month:
            plant.numbers[month] = plant.numbers[month - 1]
        else:
            plant.numbers[month] = f"{plant.lab}-9{base + month:05}"
        plant.dates[month] = sampled, tested, reported
        plant.carbon[month] *= 0.96


def invented_moisture(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    for month in MONTHS:
        plant.m_ar[month] = rng.choice((0.5, 1.0)) * round(plant.m_ar[month] + rng.uniform(3, 7)) * 1.0
        plant.m_ar[month] = max(plant.m_ar[month], 3.5) if rng.random() < 0.8 else plant.m_ar[month]
    if rng.random() < 0.5:  # the laboratory's paper is forged with it
        plant.true_m_ar = list(plant.m_ar)


def less_coal(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    share = rng.uniform(0.75, 0.93)
    plant.coal = [c * share for c in plant.coal]
    if rng.random() < 0.5:  # the books are made to fit
        plant.stock[1] = plant.true_coal * share - plant.stock[0] + plant.stock[2]
        plant.feeder *= share
        plant.belt *= share


def unit_slip(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    which = rng.randrange(3)
    if which == 0:
        plant.coal[rng.randrange(12)] *= 1000
    elif which == 1:
        plant.bought = [b * 1000 for b in plant.bought]
    else:
        plant.product_unit_slip = True


def round_numbers(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    step = rng.choice((100, 500))
    plant.coal = [round(c * 0.97 / step) * step for c in plant.coal]
    plant.steps = {"coal": "1", "ncv": "0.1", "carbon": "0.1"}
    plant.ncv = [round(n * 2) / 2 for n in plant.ncv]
    plant.carbon = [round(c * 0.98 * 2) / 2 for c in plant.carbon]


def batch(rng: Random, plant: Plant, _others: list[Plant]) -> None:
    """One batch of samples in December; some of the papers are edited to look monthly."""
    day = date(YEAR, 12, rng.randint(1, 20))
    mean = min(plant.carbon)
    for month in rng.sample(MONTHS, rng.randint(6, 12)):
        plant.carbon[month] = mean + rng.gauss(0, 0.04)
        if rng.random() < 0.6:
            plant.dates[month] = day, day + timedelta(days=5), day + timedelta(days=9)


def shared_reports(rng: Random, plant: Plant, others: list[Plant]) -> None:
    """Another firm's laboratory reports, as they are or with the carbon only."""
    other = rng.choice(
        [one for one in others if one is not plant and one.sector == plant.sector and not one.kind]
    )
    papers = rng.random() < 0.6
    other.lends = True
    for month in rng.sample(MONTHS, rng.randint(4, 10)):
        plant.carbon[month] = other.carbon[month]
        if papers:
            plant.hashes[month] = other.hashes[month]


FABRICATIONS: dict[str, Callable[[Random, Plant, list[Plant]], None]] = {
    "copied carbon": copied_carbon,
    "edited dates": edited_dates,
    "invented moisture": invented_moisture,
    "less coal": less_coal,
    "unit slip": unit_slip,
    "round numbers": round_numbers,
    "batch samples": batch,
    "shared reports": shared_reports,
}


# From a plant to a filing.


def _numbers(values: list[float], step: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(repr(round(value, 9))).quantize(Decimal(step)) for value in values)


def _one(value: float, step: str = "0.01") -> Decimal:
    return _numbers([value], step)[0]


def filing(plant: Plant) -> Filing:
    power = plant.sector == "power"
    papers = tuple(
        Evidence(
            sha256=plant.hashes[m],
            kind="lab",
            number=plant.numbers[m],
            month=m + 1,
            sampled_on=plant.dates[m][0].isoformat(),
            tested_on=plant.dates[m][1].isoformat(),
            reported_on=plant.dates[m][2].isoformat(),
            laboratory=plant.lab,
            accredited=True,
        )
        for m in MONTHS
    )
    steps = {"coal": "0.01", "ncv": "0.001", "carbon": "0.01", "m": "0.1", **plant.steps}
    coal = [
        Datum("FC", "t", months=_numbers(plant.coal, steps["coal"])),
        Datum("NCV_ar" if power else "NCV", "GJ/t", months=_numbers(plant.ncv, steps["ncv"])),
    ]
    if power:
        coal += [
            Datum("C_ad", "%", months=_numbers(plant.carbon, steps["carbon"]), evidence=papers),
            Datum("M_ar", "%", months=_numbers(plant.m_ar, steps["m"]), evidence=papers),
            Datum("M_ad", "%", months=_numbers(plant.m_ad, "0.01"), evidence=papers),
        ]
    else:
        shares = _numbers(
            [c / 100 for c in plant.carbon], "0.0001" if "carbon" not in plant.steps else "0.001"
        )
        coal.append(Datum("C", "tC/t", months=shares, evidence=papers))
    streams = [
        Stream("kiln-coal", "coal" if power else "fuel", "" if power else "bituminous", data=tuple(coal)),
        Stream("grid", "electricity", data=(Datum("bought", "MWh", months=_numbers(plant.bought, "0.001")),)),
    ]
    made = sum(plant.product)
    if power:
        factor = 1000 if plant.product_unit_slip else 1
        outputs = (
            Datum("gross", "MWh", value=_one(made * factor, "0.001")),
            Datum("supply", "MWh", value=_one(made * 0.94 * factor, "0.001")),
        )
    else:
        factor = 0.001 if plant.product_unit_slip else 1
        outputs = (Datum("clinker", "t", value=_one(made * factor)),)
        streams.append(
            Stream(
                "line", "clinker", "portland", data=(Datum("Q", "t", months=_numbers(plant.product, "0.01")),)
            )
        )
    made_method = method("power@2022.1" if power else "cement@2024.1")
    report = EmissionReport(plant.name, YEAR, made_method.id, tuple(streams), outputs, "national")
    return Filing(made_method, report, _companion(plant, report, power=power, made=made))


def _verified(report: EmissionReport, share: float) -> Decimal | None:
    try:
        return _one(float(compute(method(report.method), report).emissions) * (1 + share))
    except Refused:
        return None


def _companion(plant: Plant, report: EmissionReport, *, power: bool, made: float) -> Companion:
    share = 0.94 if power else 1
    samples = [
        LabSample(
            "kiln-coal", m + 1, _one(plant.hydrogen[m]), _one(plant.oxygen[m]), _one(plant.sulfur[m]),
            _one(plant.true_m_ar[m], "0.1"), number=plant.numbers[m], sealed=True,
        )
        for m in MONTHS
    ]  # fmt: skip
    return Companion(
        stocks=(Stock("kiln-coal", *(_one(value) for value in plant.stock)),),
        weights=(Weights("kiln-coal", _one(plant.belt), _one(plant.feeder)),),
        power=(PowerReading("supply", settlement=_one(plant.settlement, "0.001")),) if power else (),
        lab=tuple(samples),
        prior=Prior(_one(plant.prior_emissions), _one(plant.prior_product * share), _one(plant.prior_heat)),
        verifier=plant.verifier,
        verified=_verified(report, plant.verified_share),
        verifier_hours=_one(plant.hours, "0.1"),
        verifier_km=_one(plant.km, "1"),
    )


def population(
    seed: int, plants: int = 150, planted: int = 24
) -> tuple[list[Filing], dict[str, str], set[str]]:
    """Filings, the kind of fabrication by the name of each planted firm, and the firms that were copied."""
    rng = Random(seed)
    found = [clean(rng, index, "power" if index % 3 else "cement") for index in range(plants)]
    chosen = rng.sample(found, planted)
    kinds = list(FABRICATIONS)
    for place, plant in enumerate(chosen):
        kind = kinds[place % len(kinds)]
        if kind == "invented moisture" and plant.sector != "power":
            kind = "less coal"  # cement reports carbon as received, without moisture
        plant.kind = kind
    for plant in chosen:
        FABRICATIONS[plant.kind](rng, plant, found)
    return (
        [filing(plant) for plant in found],
        {plant.name: plant.kind for plant in chosen},
        {plant.name for plant in found if plant.lends},
    )
