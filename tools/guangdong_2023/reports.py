"""What the enterprises report for 2023: fuel, production, electricity, from which their emissions follow.

Made backwards: the emissions of a firm are decided with its quota; here they are taken apart into streams of
the sector's method (shares, heating values, carbon contents are plausible, not published), and the last fuel
is set so that the method, worked out exactly, comes to the very tonne. The market then works it out anew.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

import msgspec

from capwright.mrv import library
from capwright.mrv.calculation import compute
from capwright.mrv.method import Method
from capwright.mrv.records import MONTHS, Datum, EmissionReport, Stream
from guangdong_2023.chance import Chance
from guangdong_2023.firms import VINTAGE, Firm

__all__ = ["METHODS", "MISTAKES", "Verification", "first_report", "make_report", "verifications", "verifiers"]

METHODS: Final = {
    "cement": "guangdong-cement@2022.1",
    "steel": "guangdong-steel@2022.1",
    "petrochem": "guangdong-petrochem@2022.1",
    "paper": "guangdong-paper@2022.1",
    "aviation": "guangdong-aviation@2022.1",
    "ceramics": "guangdong-ceramics@2022.1",
    "ports": "guangdong-port@2022.1",
    "data_centre": "guangdong-data-centre@2022.1",
    "textile": "guangdong-textile@2022.1",
    "airports": "guangdong-airport@2022.1",
}
GRID: Final = Decimal("0.6379")
CENT: Final = Decimal("0.01")


VERIFIERS: Final = 24  # assumed: the province had 40 bodies rated for 2021 (GZETS 2023-03-28)


class Mistake(NamedTuple):
    """What a firm reported wrongly at first: a stream whose figure is off by a factor (0: left out)."""

    stream: str
    factor: str
    en: str
    zh: str


class Verification(NamedTuple):
    """A row of verifications.csv."""

    enterprise: str
    verifier: str
    stream: str = ""
    finding_en: str = ""
    finding_zh: str = ""


# Made up; each is a kind that verifiers do find.
MISTAKES: Final = {
    "ceramics-07": Mistake(
        "site/grid", "0.1", "electricity given in 10^4 kWh as if it were MWh", "电量按万千瓦时填入兆瓦时栏"
    ),
    "paper-12": Mistake(
        "site/grid", "0.84", "the meter of the second machine is missing", "漏计二号纸机电表"
    ),
    "cement-09": Mistake(
        "kiln/bituminous",
        "0.955",
        "coal by invoice, not by what went into the kiln",
        "燃煤按发票量而非入窑量",
    ),
    "steel-14": Mistake("site/grid", "1.12", "power of the housing estate counted in", "误计生活区用电"),
    "data-centre-21": Mistake(
        "generators/diesel", "1000", "litres of diesel entered as tonnes", "柴油升数误按吨填报"
    ),
}


def make_report(firm: Firm, seed: str) -> EmissionReport:
    """The report of a firm, which comes to its emissions to the tonne."""
    method = library.method(METHODS[firm.sector])
    chance = Chance(f"{seed}/report/{firm.id}")
    streams = _MAKERS[firm.sector](firm, chance)
    report = EmissionReport(
        enterprise=firm.id,
        year=VINTAGE,
        method=method.id,
        streams=tuple(streams),
        outputs=_outputs(firm, method),
        area="guangdong",
        plan=1,
    )
    return _fitted(method, report, firm.emissions_t)


def _outputs(firm: Firm, method: Method) -> tuple[Datum, ...]:
    """Output by process; a method's output carries the scheme's process code."""
    codes = {output.process: output for output in method.body.outputs if output.process}
    found = []
    for row in firm.rows:
        output = codes.get(row.process)
        if row.year == VINTAGE and row.activity is not None and output is not None:
            found.append(Datum(output.code, output.unit, value=row.activity))
    return tuple(found)


def _fitted(method: Method, report: EmissionReport, wanted_t: int) -> EmissionReport:
    """Set the last fuel so that the whole comes to `wanted_t`, and its months to that."""
    last = report.streams[-1]
    others = msgspec.structs.replace(report, streams=report.streams[:-1])
    rest = compute(method, others).emissions if others.streams else Decimal(0)
    amount = Decimal(10_000)
    per_unit = (
        compute(method, msgspec.structs.replace(report, streams=(_scaled(last, amount),))).emissions / amount
    )
    made, emissions = report, rest
    amount = Decimal(0)
    for _ in range(20):
        amount += ((wanted_t - emissions) / per_unit).quantize(CENT, ROUND_HALF_UP)
        assert amount > 0, f"{report.enterprise}: the other streams are more than the whole"
        made = msgspec.structs.replace(report, streams=(*report.streams[:-1], _scaled(last, amount)))
        result = compute(method, made)
        emissions = result.emissions
        if result.emissions_t == wanted_t:
            return made
    raise AssertionError(f"{report.enterprise}: {emissions} is not {wanted_t}")


def _scaled(stream: Stream, amount: Decimal) -> Stream:
    """The stream with its activity set to `amount`, spread over the months as it was."""
    data = []
    for datum in stream.data:
        if datum.symbol not in {"FC", "bought"}:
            data.append(datum)
        elif not datum.months:
            data.append(msgspec.structs.replace(datum, value=amount))
        else:
            weights = [value or Decimal(0) for value in datum.months]
            whole = sum(weights)
            months = [(amount * w / whole).quantize(CENT, ROUND_HALF_UP) for w in weights]
            months[-1] += amount - sum(months)
            data.append(msgspec.structs.replace(datum, months=tuple(months)))
    return msgspec.structs.replace(stream, data=tuple(data))


def first_report(report: EmissionReport) -> EmissionReport:
    """What a firm with a mistake reported at first."""
    mistake = MISTAKES[report.enterprise]
    assert any(stream.code == mistake.stream for stream in report.streams), mistake
    streams = tuple(
        _multiplied(stream, Decimal(mistake.factor)) if stream.code == mistake.stream else stream
        for stream in report.streams
    )
    return msgspec.structs.replace(report, streams=streams)


def _multiplied(stream: Stream, factor: Decimal) -> Stream:
    whole = sum(
        datum.value if datum.value is not None else sum(value or Decimal(0) for value in datum.months)
        for datum in stream.data
        if datum.symbol in {"FC", "bought"}
    )
    return _scaled(stream, (whole * factor).quantize(CENT, ROUND_HALF_UP))


def verifiers() -> list[tuple[str, str, str]]:
    """Rows of verifiers.csv: id, name, office."""
    return [
        (f"verifier-{n:02d}", f"Verification body {n:02d} (synthetic)", "Guangzhou")
        for n in range(1, VERIFIERS + 1)
    ]


def verifications(firms: list[Firm], seed: str) -> list[Verification]:
    """Who verifies whom: spread evenly, by chance."""
    chance = Chance(f"{seed}/verifiers")
    bodies = [name for name, _, _ in verifiers()]
    order = [bodies[n % len(bodies)] for n in range(len(firms))]
    found = []
    for firm, body in zip(firms, chance.shuffled(order), strict=True):
        mistake = MISTAKES.get(firm.id)
        said = (mistake.stream, mistake.en, mistake.zh) if mistake else ("", "", "")
        found.append(Verification(firm.id, body, *said))
    return found


# Streams.


def _months(chance: Chance, middle: float, spread: float, places: str) -> tuple[Decimal, ...]:
    unit = Decimal(places)
    return tuple(Decimal(str(middle * (1 + spread * chance.normal()))).quantize(unit) for _ in range(MONTHS))


def _fuel(
    chance: Chance,
    item: str,
    *,
    facility: str = "",
    ncv: float = 0.0,
    unit: str = "t",
    component: str = "fuel",
) -> Stream:
    """A fuel with monthly amounts (weights, scaled later); measured heating values where `ncv` is given."""
    data = [Datum("FC", unit, months=_months(chance, 100, 0.08, "0.01"))]
    if ncv:
        data.append(Datum("NCV", f"GJ/{unit}", months=_months(chance, ncv, 0.015, "0.001")))
    return Stream(f"{facility or 'site'}/{item}", component, item, facility, data=tuple(data))


def _power(mwh: float) -> Stream:
    return Stream("site/grid", "electricity", data=(Datum("bought", "MWh", value=_decimal(mwh, "0.001")),))


def _decimal(value: float, places: str = "0.01") -> Decimal:
    return Decimal(str(value)).quantize(Decimal(places), ROUND_HALF_UP)


def _amount(firm: Firm, *beginnings: str) -> float:
    """Output of 2023 of the processes whose codes begin so."""
    return float(
        sum(
            row.activity or 0
            for row in firm.rows
            if row.year == VINTAGE and row.process.startswith(beginnings)
        )
    )


def _share(firm: Firm, stream: Stream, share: float, per_unit: float) -> Stream:
    """A fuel that makes up about a share of the firm's emissions; `per_unit` is tCO2 per unit."""
    return _scaled(stream, _decimal(firm.emissions_t * share / per_unit))


def _cement(firm: Firm, chance: Chance) -> list[Stream]:
    clinker = _amount(firm, "cement_clinker", "cement_white")
    ground = _amount(firm, "cement_grinding", "cement_other_grinding")
    if not clinker:
        power = _power(firm.emissions_t * chance.between(0.82, 0.9) / float(GRID))
        return [power, _fuel(chance, "bituminous", facility="dryer", ncv=chance.between(21, 24.5))]
    oxides = (
        Datum("Q", "t", value=_decimal(clinker, "1")),
        Datum("FR1", "%", value=_decimal(chance.between(64.6, 65.6))),
        Datum("FR10", "%", value=_decimal(chance.between(0.4, 1.4)), obtained="calculated"),
        Datum("FR2", "%", value=_decimal(chance.between(1.0, 1.8))),
        Datum("FR20", "%", value=_decimal(chance.between(0.02, 0.1)), obtained="calculated"),
    )
    meal = (Datum("Q", "t", value=_decimal(clinker * chance.between(1.5, 1.54), "1")),)
    mwh = clinker * chance.between(0.022, 0.03) + ground * chance.between(0.026, 0.032)
    return [
        Stream("kiln/calcination", "clinker", facility="kiln", data=oxides),
        Stream("kiln/raw-meal", "raw_meal_carbon", facility="kiln", data=meal),
        _power(mwh),
        _share(firm, _fuel(chance, "diesel", facility="quarry"), 0.003, 3.1),
        _fuel(chance, "bituminous", facility="kiln", ncv=chance.between(22, 25)),
    ]


def _steel(firm: Firm, chance: Chance) -> list[Stream]:
    if _amount(firm, "steel_bof"):
        return [
            _share(firm, _fuel(chance, "bituminous", facility="blast-furnace", ncv=24.6), 0.22, 2.05),
            _share(firm, _fuel(chance, "natural_gas", facility="rolling", unit="10^4 Nm3"), 0.03, 21.6),
            _power(firm.emissions_t * chance.between(0.06, 0.09) / float(GRID)),
            _fuel(chance, "washed_coal", facility="coking", ncv=26.1),
        ]
    share = chance.between(0.55, 0.7) if _amount(firm, "steel_eaf") else chance.between(0.3, 0.45)
    return [
        _power(firm.emissions_t * share / float(GRID)),
        _fuel(chance, "natural_gas", facility="furnace", unit="10^4 Nm3"),
    ]


def _petrochem(firm: Firm, chance: Chance) -> list[Stream]:
    return [
        _share(firm, _fuel(chance, "refinery_gas", facility="heaters"), 0.34, 3.04),
        _share(firm, _fuel(chance, "fuel_oil", facility="boilers"), 0.1, 3.17),
        _power(firm.emissions_t * chance.between(0.12, 0.2) / float(GRID)),
        _fuel(chance, "natural_gas", facility="heaters", unit="10^4 Nm3"),
    ]


def _paper(firm: Firm, chance: Chance) -> list[Stream]:
    power = _power(firm.emissions_t * chance.between(0.22, 0.34) / float(GRID))
    if chance.happens(0.6):
        return [power, _fuel(chance, "bituminous", facility="boiler", ncv=chance.between(20, 24))]
    return [power, _fuel(chance, "natural_gas", facility="boiler", unit="10^4 Nm3")]


def _aviation(_firm: Firm, chance: Chance) -> list[Stream]:
    return [_fuel(chance, "jet_kerosene", facility="fleet", component="domestic")]


def _ceramics(firm: Firm, chance: Chance) -> list[Stream]:
    return [
        _power(firm.emissions_t * chance.between(0.18, 0.28) / float(GRID)),
        _share(firm, _fuel(chance, "diesel", facility="transport"), 0.01, 3.1),
        _fuel(chance, "natural_gas", facility="kilns", unit="10^4 Nm3"),
    ]


def _power_and(item: str, low: float, high: float, facility: str) -> Callable[[Firm, Chance], list[Stream]]:
    def make(firm: Firm, chance: Chance) -> list[Stream]:
        power = _power(firm.emissions_t * chance.between(low, high) / float(GRID))
        return [power, _fuel(chance, item, facility=facility)]

    return make


def _textile(firm: Firm, chance: Chance) -> list[Stream]:
    power = _power(firm.emissions_t * chance.between(0.3, 0.45) / float(GRID))
    return [power, _fuel(chance, "natural_gas", facility="boiler", unit="10^4 Nm3")]


_MAKERS: Final[dict[str, Callable[[Firm, Chance], list[Stream]]]] = {
    "cement": _cement,
    "steel": _steel,
    "petrochem": _petrochem,
    "paper": _paper,
    "aviation": _aviation,
    "ceramics": _ceramics,
    "ports": _power_and("diesel", 0.5, 0.7, "equipment"),
    "data_centre": _power_and("diesel", 0.985, 0.998, "generators"),
    "textile": _textile,
    "airports": _power_and("diesel", 0.7, 0.8, "apron"),
}
