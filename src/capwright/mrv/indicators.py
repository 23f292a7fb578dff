"""The database of measured indicators (实测数据库): verified heating values, carbon, moisture, oxidation.

An entry is what one firm measured of one fuel in a month, or over the year, with the hashes of the evidence.
The database answers two questions: what has this firm shown for its fuel, and how does a value lie among
those of other firms. A firm is one peer, however many boilers it has; it is never its own peer; and a range
of too few peers is refused, because it would give away what a single firm reported.

Everything is an exact decimal and follows from the entries alone, in whatever order they come.
`measured_values.from_report` makes entries from a verified report.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.kernel.unit import EXACT, stated
from capwright.mrv.records import MONTHS, Record

__all__ = [
    "QUANTITIES", "Basis", "IndicatorDatabase", "IndicatorEntry", "PeerRange", "Position", "Quantity",
]  # fmt: skip

BAD_ENTRY = define(
    "CW-5265",
    en="{enterprise}, {year}, {fuel}: {field} = {value} is no {field} of a measured indicator.",
    zh="{enterprise}{year}年{fuel}：{field}（{value}）不是有效的实测指标内容。",
    mend_en="Values are finite, months 0 (the year) to 12, amounts not negative, units those listed.",
    mend_zh="数值须有限，月份为0（全年）至12，用量不得为负，单位须为规定单位。",
    rule="design: bound everything",
)
TWICE = define(
    "CW-5266",
    en="{enterprise}, {year}, month {month}: {quantity} of {fuel} stands in the database already.",
    zh="{enterprise}{year}年{month}月{fuel}的“{quantity}”已在实测数据库中。",
    mend_en="A corrected report takes the place of all entries of its year.",
    mend_zh="更正后的报告将整体替换该年度的全部记录。",
    rule="design: nobody is counted twice",
)
TOO_FEW = define(
    "CW-5267",
    en="{n} other firms measured {quantity} of {fuel} in {year}: a range needs {least}.",
    zh="{year}年另有{n}家企业实测{fuel}的“{quantity}”，不足{least}家，不提供同行区间。",
    mend_en="Ask for another year, or for a fuel that more firms measure.",
    mend_zh="请查询其他年度，或更多企业实测的燃料。",
    rule="confidentiality: a range must not give a firm away",
)
TWO_UNITS = define(
    "CW-5268",
    en="{fuel} is counted in several units: {quantity} stands in {units}.",
    zh="{fuel}有多种计量单位：“{quantity}”以{units}记录。",
    mend_en="Say which unit.",
    mend_zh="请指明单位。",
    rule="design: units are never mixed silently",
)

Quantity = Literal["ncv", "carbon", "cc", "moisture", "oxidation"]
# As received 收到基, air-dried 空气干燥基, dry 干燥基; empty: the method names none, as for oil and gas.
Basis = Literal["", "ar", "ad", "d"]

# Name in both languages, and the units in which the database keeps the quantity.
QUANTITIES: Final[dict[Quantity, tuple[str, str, tuple[str, ...]]]] = {
    "ncv": ("net calorific value", "低位发热量", ("GJ/t", "GJ/10^4 Nm3")),
    "carbon": ("carbon content", "元素碳含量", ("tC/t", "tC/10^4 Nm3")),
    "cc": ("carbon content per unit of heat", "单位热值含碳量", ("tC/GJ",)),
    "moisture": ("moisture", "水分", ("1",)),
    "oxidation": ("share of carbon oxidised", "碳氧化率", ("1",)),
}
FEWEST_PEERS: Final = 3
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2200
_MAD_TO_SIGMA: Final = Decimal("0.6745")  # Iglewicz and Hoaglin, as in the data-quality rules
ZERO: Final = Decimal(0)


class IndicatorEntry(Record, frozen=True):
    """A verified value. `month` 0 is the year; `amount` what was burned meanwhile, in `per`: its weight.

    `obtained` calculated: from measured values only (carbon as received from air-dried carbon and moisture;
    carbon per unit of heat). `months` says from how many measured months a year's value is the mean, 0 where
    it was reported for the year as a whole. `evidence` holds SHA-256 hashes.
    """

    enterprise: str
    year: int
    fuel: str
    quantity: Quantity
    value: Decimal
    unit: str
    month: int = 0
    basis: Basis = ""
    facility: str = ""
    stream: str = ""
    amount: Decimal | None = None
    per: str = ""
    obtained: Literal["measured", "calculated"] = "measured"
    months: int = 0
    evidence: tuple[str, ...] = ()
    method: str = ""
    verified_by: str = ""

    @property
    def key(self) -> tuple[str, int, str, str, str, str, str, int]:
        """What tells entries apart, and the order in which they are kept."""
        return (
            self.enterprise, self.year, self.fuel, self.quantity, self.basis, self.facility, self.stream,
            self.month,
        )  # fmt: skip


class PeerRange(Struct, frozen=True):
    """Where the firms' values lie, one for each firm.

    Quartiles are read by straight line between neighbours; `spread` is the median distance from the median
    over 0.6745, which for normally spread values is their standard deviation.
    """

    fuel: str
    quantity: Quantity
    basis: Basis
    unit: str
    year: int
    month: int
    n: int
    least: Decimal
    low_quartile: Decimal
    median: Decimal
    high_quartile: Decimal
    most: Decimal
    spread: Decimal


class Position(Struct, frozen=True):
    """A value among its peers. `share` is that of the peers below it, equal ones counted half.

    `z` is its distance from the median in `spread`s; None where the peers' values are (mostly) alike.
    """

    value: Decimal
    below: int
    equal: int
    above: int
    share: Decimal
    z: Decimal | None
    peers: PeerRange


class IndicatorDatabase:
    """Entries, read-only: a corrected or further report makes a new database (`with_year`)."""

    def __init__(self, entries: Iterable[IndicatorEntry] = ()) -> None:
        """Refuses what is no entry (CW-5265) or stands twice (CW-5266)."""
        found: dict[tuple[str | int, ...], IndicatorEntry] = {}
        for entry in entries:
            _check(entry)
            if entry.key in found:
                refuse(
                    TWICE, enterprise=entry.enterprise, year=entry.year, month=entry.month,
                    quantity=entry.quantity, fuel=entry.fuel,
                )  # fmt: skip
            found[entry.key] = entry
        self._entries = tuple(sorted(found.values(), key=lambda entry: entry.key))

    @property
    def entries(self) -> tuple[IndicatorEntry, ...]:
        """Every entry, in the order of their keys."""
        return self._entries

    def with_year(self, enterprise: str, year: int, entries: Iterable[IndicatorEntry]) -> IndicatorDatabase:
        """The database with a firm's year as it is now verified; what stood there before is gone."""
        kept = [entry for entry in self._entries if (entry.enterprise, entry.year) != (enterprise, year)]
        added = list(entries)
        for entry in added:
            if (entry.enterprise, entry.year) != (enterprise, year):
                _bad(entry, "enterprise", f"{entry.enterprise} {entry.year}")
        return IndicatorDatabase([*kept, *added])

    def evidence(
        self, enterprise: str, *, fuel: str = "", quantity: Quantity | None = None, year: int | None = None
    ) -> tuple[IndicatorEntry, ...]:
        """What a firm has shown: its entries with their evidence, by fuel, quantity and year where given."""
        return tuple(
            entry
            for entry in self._entries
            if entry.enterprise == enterprise
            and fuel in {"", entry.fuel}
            and quantity in {None, entry.quantity}
            and year in {None, entry.year}
        )

    def peers(
        self, fuel: str, quantity: Quantity, year: int, *, without: str = "", basis: Basis = "",
        unit: str = "", month: int = 0, least: int = FEWEST_PEERS,
    ) -> PeerRange:  # fmt: skip
        """The range of a year, or of a month, over all firms but `without`.

        Refuses fewer than `least` firms (CW-5267) and a fuel that stands in several units (CW-5268).
        """
        unit, values = self._values(fuel, quantity, year, without, basis, unit, month)
        if len(values) < max(least, 1):
            refuse(TOO_FEW, n=len(values), quantity=quantity, fuel=fuel, year=year, least=max(least, 1))
        middle = quantile(values, Decimal("0.5"))
        away = sorted(abs(EXACT.subtract(value, middle)) for value in values)
        return PeerRange(
            fuel=fuel, quantity=quantity, basis=basis, unit=unit, year=year, month=month, n=len(values),
            least=values[0], low_quartile=quantile(values, Decimal("0.25")), median=middle,
            high_quartile=quantile(values, Decimal("0.75")), most=values[-1],
            spread=stated(EXACT.divide(quantile(away, Decimal("0.5")), _MAD_TO_SIGMA)),
        )  # fmt: skip

    def position(
        self, value: Decimal, fuel: str, quantity: Quantity, year: int, *, without: str = "",
        basis: Basis = "", unit: str = "", month: int = 0, least: int = FEWEST_PEERS,
    ) -> Position:  # fmt: skip
        """Where a value lies among the firms but `without`; refuses as `peers` does."""
        peers = self.peers(
            fuel, quantity, year, without=without, basis=basis, unit=unit, month=month, least=least
        )
        _, values = self._values(fuel, quantity, year, without, basis, peers.unit, month)
        below = sum(one < value for one in values)
        equal = sum(one == value for one in values)
        ranks = EXACT.add(Decimal(below), EXACT.divide(Decimal(equal), Decimal(2)))
        away = EXACT.subtract(value, peers.median)
        return Position(
            value=value,
            below=below,
            equal=equal,
            above=len(values) - below - equal,
            share=stated(EXACT.divide(ranks, Decimal(len(values)))),
            z=stated(EXACT.divide(away, peers.spread)) if peers.spread else None,
            peers=peers,
        )

    def place(self, entry: IndicatorEntry, *, least: int = FEWEST_PEERS) -> Position:
        """Where an entry lies among those of other firms for the same time."""
        return self.position(
            entry.value, entry.fuel, entry.quantity, entry.year, without=entry.enterprise, basis=entry.basis,
            unit=entry.unit, month=entry.month, least=least,
        )  # fmt: skip

    def _values(
        self, fuel: str, quantity: Quantity, year: int, without: str, basis: Basis, unit: str, month: int
    ) -> tuple[str, list[Decimal]]:
        """The unit and one value for each firm, rising."""
        wanted = (fuel, quantity, year, basis, month)
        firms: dict[str, list[IndicatorEntry]] = {}
        for entry in self._entries:
            same = (entry.fuel, entry.quantity, entry.year, entry.basis, entry.month) == wanted
            if same and entry.enterprise != without and unit in {"", entry.unit}:
                firms.setdefault(entry.enterprise, []).append(entry)
        units = sorted({entry.unit for entries in firms.values() for entry in entries})
        if len(units) > 1:
            refuse(TWO_UNITS, fuel=fuel, quantity=quantity, units=", ".join(units))
        values = sorted(_of_firm(entries) for entries in firms.values())
        return (units[0] if units else unit), values


def _of_firm(entries: Sequence[IndicatorEntry]) -> Decimal:
    """A firm's value: the mean weighted with what was burned; the median where an amount is not known."""
    if len(entries) == 1:
        return entries[0].value
    amounts = [entry.amount for entry in entries if entry.amount]
    if len(amounts) < len(entries):
        return quantile(sorted(entry.value for entry in entries), Decimal("0.5"))
    return weighted([entry.value for entry in entries], amounts)


def weighted(values: Sequence[Decimal], amounts: Sequence[Decimal]) -> Decimal:
    """The mean of values weighted with amounts, of which some must be above zero."""
    above = whole = ZERO
    for value, amount in zip(values, amounts, strict=True):
        above = EXACT.add(above, EXACT.multiply(value, amount))
        whole = EXACT.add(whole, amount)
    return stated(EXACT.divide(above, whole))


def quantile(rising: Sequence[Decimal], share: Decimal) -> Decimal:
    """The quantile of sorted values, by straight line between the two neighbours."""
    place = EXACT.multiply(share, Decimal(len(rising) - 1))
    below = int(place)
    above = min(below + 1, len(rising) - 1)
    step = EXACT.subtract(rising[above], rising[below])
    return stated(EXACT.add(rising[below], EXACT.multiply(step, EXACT.subtract(place, Decimal(below)))))


def _check(entry: IndicatorEntry) -> None:
    for what in ("enterprise", "fuel"):
        check_text(what, getattr(entry, what), MAX_ID)
    for what in ("facility", "stream", "method", "verified_by", "per"):
        check_text(what, getattr(entry, what), MAX_ID, least=0)
    for sha256 in entry.evidence:
        check_text("evidence", sha256, MAX_ID)
    if not _FIRST_YEAR <= entry.year <= _LAST_YEAR:
        _bad(entry, "year", entry.year)
    if not 0 <= entry.month <= MONTHS:
        _bad(entry, "month", entry.month)
    if not 0 <= entry.months <= (0 if entry.month else MONTHS):
        _bad(entry, "months", entry.months)
    if not entry.value.is_finite() or entry.value < 0:
        _bad(entry, "value", entry.value)
    if entry.amount is not None and not (entry.amount.is_finite() and entry.amount >= 0):
        _bad(entry, "amount", entry.amount)
    if entry.unit not in QUANTITIES[entry.quantity][2]:
        _bad(entry, "unit", entry.unit)


def _bad(entry: IndicatorEntry, field: str, value: object) -> None:
    refuse(
        BAD_ENTRY, enterprise=entry.enterprise, year=entry.year, fuel=entry.fuel, field=field,
        value=str(value)[:60],
    )  # fmt: skip
