"""Whether an operator has complied: cumulatively (UK, EU) or year by year (Guangdong, national market).

Cumulative status (UK ETS registry 6.0.0, compliance calculation service; the Union Registry's A, B, C):
counted since the operator's first year, never per year.

* A year is *due* when it has ended, and the current year too when it is the operator's last.
* `NOT_APPLICABLE`: the first year has not ended (unless it is also the last).
* `EXCLUDED`: every due year is excluded.
* `C`: a due year that is not excluded lacks verified emissions.
* `B`: the emissions of the due years exceed the net surrenders. `A`: they do not.

One corner is not settled by the registry's own test sequences: in the last year of operation its code looks
at the earlier years alone when it decides `EXCLUDED`. Here the last year is due for every question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from capwright.kernel.refusal import define, refuse

__all__ = [
    "CumulativeStatus",
    "Deadline",
    "DutyRecord",
    "YearlyCounts",
    "YearlyResult",
    "YearlyStatus",
    "count_yearly",
    "cumulative_status",
    "past_years_status",
    "static_status",
    "yearly_status",
]

EMISSIONS_OUTSIDE = define(
    "CW-7001",
    en="Emissions of {year} lie outside the operator's years {first}-{last}.",
    zh="{year}年度的排放量不在该主体的履约年份{first}-{last}之内。",
    mend_en="Correct the year, or the first or last year of operation.",
    mend_zh="请更正年份，或更正首个或最后履约年份。",
    rule="UK ETS registry 6.0.0, validity of a compliance event",
)
EXCLUDED_EMISSIONS = define(
    "CW-7002",
    en="{year} is excluded and cannot have emissions of {emissions_t} t.",
    zh="{year}年度已豁免，不得有{emissions_t}吨排放量。",
    mend_en="Withdraw the exclusion or the emissions first.",
    mend_zh="请先撤销豁免或撤回排放量。",
    rule="UK ETS registry 6.0.0, validity of a compliance event",
)
NEGATIVE_EMISSIONS = define(
    "CW-7003",
    en="Verified emissions cannot be negative: {emissions_t} t.",
    zh="经核查的排放量不得为负：{emissions_t}吨。",
    rule="UK ETS registry 6.0.0, verified emissions event",
)
REVERSAL_TOO_LARGE = define(
    "CW-7004",
    en="A reversal of {quantity_t} t exceeds the {surrendered_t} t surrendered.",
    zh="撤销数量{quantity_t}吨超过已清缴的{surrendered_t}吨。",
    mend_en="Reverse no more than was surrendered.",
    mend_zh="撤销数量不得超过已清缴数量。",
    rule="conservation: nothing comes back that was not surrendered",
)
YEARS_CROSSED = define(
    "CW-7005",
    en="The last year {last} is before the first year {first}.",
    zh="最后履约年份{last}早于首个履约年份{first}。",
    rule="UK ETS registry 6.0.0, initialisation of a compliant entity",
)
FUTURE_EMISSIONS = define(
    "CW-7006",
    en="Emissions of {year} cannot be known in {current}.",
    zh="{current}年不可能已有{year}年度的排放量。",
    rule="UK ETS registry 6.0.0, emissions of a future year are not used",
)


class CumulativeStatus(StrEnum):
    """The dynamic surrender status of the UK and Union registries."""

    NOT_APPLICABLE = "NOT_APPLICABLE"
    EXCLUDED = "EXCLUDED"
    A = "A"
    B = "B"
    C = "C"


class DutyRecord(Struct, frozen=True):
    """What a registry knows of one operator's duty: years, verified emissions, exclusions, net surrenders.

    `emissions` is tCO2e by year; a year without a figure is absent, zero is a figure. `last_year` None: not
    ended. The methods return a changed record or refuse; the record itself never changes.
    """

    first_year: int
    last_year: int | None = None
    emissions: dict[int, int] = {}
    excluded: frozenset[int] = frozenset()
    surrendered_t: int = 0

    def check(self) -> None:
        """Refuse a record that contradicts itself."""
        if self.last_year is not None and self.last_year < self.first_year:
            refuse(YEARS_CROSSED, first=self.first_year, last=self.last_year)
        for year in sorted(self.emissions):
            self._check_year(year, self.emissions[year])

    def _check_year(self, year: int, emissions_t: int) -> None:
        if emissions_t < 0:
            refuse(NEGATIVE_EMISSIONS, emissions_t=emissions_t)
        if emissions_t == 0:
            return
        if year < self.first_year or (self.last_year is not None and year > self.last_year):
            refuse(EMISSIONS_OUTSIDE, year=year, first=self.first_year, last=self.last_year or "")
        if year in self.excluded:
            refuse(EXCLUDED_EMISSIONS, year=year, emissions_t=emissions_t)

    def checked(self) -> DutyRecord:
        self.check()
        return self

    def with_emissions(self, year: int, emissions_t: int | None, *, current_year: int) -> DutyRecord:
        """Record or correct the verified emissions of a year; None takes the figure back."""
        if emissions_t is None:
            return replace(self, emissions={y: t for y, t in self.emissions.items() if y != year})
        self._check_year(year, emissions_t)
        if emissions_t and year > current_year:
            refuse(FUTURE_EMISSIONS, year=year, current=current_year)
        return replace(self, emissions={**self.emissions, year: emissions_t})

    def with_exclusion(self, year: int) -> DutyRecord:
        """Free the operator of one year's duty; a year with emissions is refused."""
        return replace(self, excluded=self.excluded | {year}).checked()

    def without_exclusion(self, year: int) -> DutyRecord:
        """Take an exclusion back."""
        return replace(self, excluded=self.excluded - {year})

    def with_surrender(self, quantity_t: int) -> DutyRecord:
        """Count a completed surrender."""
        assert quantity_t >= 0, quantity_t
        return replace(self, surrendered_t=self.surrendered_t + quantity_t)

    def with_reversal(self, quantity_t: int) -> DutyRecord:
        """Count a completed reversal of surrender; more than was surrendered is refused."""
        assert quantity_t >= 0, quantity_t
        if quantity_t > self.surrendered_t:
            refuse(REVERSAL_TOO_LARGE, quantity_t=quantity_t, surrendered_t=self.surrendered_t)
        return replace(self, surrendered_t=self.surrendered_t - quantity_t)

    def with_years(self, first_year: int, last_year: int | None) -> DutyRecord:
        """Change the first and last year; emissions that would fall outside are refused."""
        return replace(self, first_year=first_year, last_year=last_year).checked()


def cumulative_status(record: DutyRecord, current_year: int) -> CumulativeStatus:
    """Return the dynamic status in `current_year`, which is due itself when it is the last year."""
    return _status(record, current_year, with_current=record.last_year == current_year)


def past_years_status(record: DutyRecord, current_year: int) -> CumulativeStatus:
    """Return the status over the years before `current_year` alone: what the static status publishes."""
    return _status(record, current_year, with_current=False)


def static_status(history: Iterable[tuple[date, DutyRecord]], before: date) -> CumulativeStatus | None:
    """Return the status frozen at a cut-off: of the last record dated before `before`; None if there is none.

    The surrender of the last permitted day counts, so for a deadline of 30 April the cut-off is 1 May. Later
    corrections leave a frozen status alone. Records of one day count in the order given.
    """
    last: tuple[date, DutyRecord] | None = None
    for on, record in history:
        if on < before and (last is None or on >= last[0]):
            last = on, record
    return past_years_status(last[1], (before - timedelta(days=1)).year) if last else None


def _status(record: DutyRecord, year: int, *, with_current: bool) -> CumulativeStatus:
    first, last = record.first_year, record.last_year
    if year < first or (year == first and last != first):
        return CumulativeStatus.NOT_APPLICABLE
    ended = year if with_current else year - 1
    due = range(first, (ended if last is None else min(ended, last)) + 1)
    # Nothing has ended yet for an operator of a single year: its exclusion shows at once.
    if all(y in record.excluded for y in due or (year,)):
        return CumulativeStatus.EXCLUDED
    if any(y not in record.emissions and y not in record.excluded for y in due):
        return CumulativeStatus.C
    emitted_t = sum(record.emissions.get(y, 0) for y in due)
    return CumulativeStatus.B if emitted_t > record.surrendered_t else CumulativeStatus.A


class YearlyStatus(StrEnum):
    """Whether the duty of one vintage was met, and when."""

    NOT_APPLICABLE = "NOT_APPLICABLE"  # not covered in that vintage, or the vintage has not ended
    EXCLUDED = "EXCLUDED"
    NOT_REPORTED = "NOT_REPORTED"  # covered, but no verified emissions
    PENDING = "PENDING"  # not enough surrendered yet, the deadline still ahead
    COMPLIED = "COMPLIED"
    COMPLIED_LATE = "COMPLIED_LATE"
    SHORT = "SHORT"


class Deadline(Struct, frozen=True):
    """The last day for surrendering: as it was in fact, and as the rules had it before it was moved."""

    due_on: date
    due_on_original: date | None = None

    @property
    def moved(self) -> bool:
        """Whether the authority moved the deadline."""
        return self.due_on_original is not None and self.due_on_original != self.due_on


class YearlyResult(Struct, frozen=True):
    """The outcome of one vintage. `complied_on`: the day from which enough lay surrendered for good."""

    status: YearlyStatus
    deadline: Deadline
    obligation_t: int = 0
    surrendered_t: int = 0
    surrendered_by_due_t: int = 0
    complied_on: date | None = None

    @property
    def shortfall_t(self) -> int:
        """What is still lacking."""
        return max(0, self.obligation_t - self.surrendered_t)

    @property
    def shortfall_at_due_t(self) -> int:
        """What was lacking at the deadline: the base of the sanctions."""
        return max(0, self.obligation_t - self.surrendered_by_due_t)


def yearly_status(
    obligation_t: int, surrenders: Sequence[tuple[date, int]], deadline: Deadline, as_of: date
) -> YearlyResult:
    """Judge one vintage from its obligation and the dated surrenders for it (negative: reversals).

    The deadline day itself is in time. What was reversed later no longer counts: a firm that was in time,
    took units back and made good after the deadline complied late.
    """
    net_t = by_due_t = 0
    complied_on: date | None = None
    days: dict[date, int] = {}
    for on, quantity_t in surrenders:
        if on <= as_of:
            days[on] = days.get(on, 0) + quantity_t
    for on in sorted(days):
        net_t += days[on]
        if on <= deadline.due_on:
            by_due_t = net_t
        if net_t < obligation_t:
            complied_on = None
        elif complied_on is None:
            complied_on = on
    if net_t >= obligation_t:
        late = complied_on is not None and complied_on > deadline.due_on and obligation_t > 0
        status = YearlyStatus.COMPLIED_LATE if late else YearlyStatus.COMPLIED
    else:
        status = YearlyStatus.PENDING if as_of <= deadline.due_on else YearlyStatus.SHORT
    return YearlyResult(status, deadline, obligation_t, net_t, by_due_t, complied_on)


class YearlyCounts(Struct, frozen=True):
    """How many firms had a duty and how they met it, as the authority publishes it."""

    due: int = 0
    on_time: int = 0
    late: int = 0
    short: int = 0
    pending: int = 0
    not_reported: int = 0

    @property
    def rate(self) -> Fraction | None:
        """Share of the firms with a duty that met it by the deadline; None when nobody has a duty."""
        return Fraction(self.on_time, self.due) if self.due else None


def count_yearly(statuses: Iterable[YearlyStatus]) -> YearlyCounts:
    """Count outcomes; firms not covered or excluded have no duty and are left out."""
    tally = dict.fromkeys(YearlyStatus, 0)
    for status in statuses:
        tally[status] += 1
    kinds = (
        tally[YearlyStatus.COMPLIED],
        tally[YearlyStatus.COMPLIED_LATE],
        tally[YearlyStatus.SHORT],
        tally[YearlyStatus.PENDING],
        tally[YearlyStatus.NOT_REPORTED],
    )
    return YearlyCounts(sum(kinds), *kinds)
