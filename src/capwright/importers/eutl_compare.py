"""The market's judgement of every installation and year beside the code that the log published.

The log's codes: A enough surrendered, B not enough, C no verified emissions, D and E corrections by the
administrator, `-` no duty, `*` an administrator's note. The market's: A, B, C by the cumulative rule of the
trading period, or none where it sees no duty. Where they differ the reason is looked for in the log's own
running totals, which were corrected after the codes had been fixed on 30 April.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from capwright.compliance.status import CumulativeStatus, DutyRecord, past_years_status
from capwright.importers.eutl_files import EutlData, Installation, YearRow
from capwright.importers.eutl_plan import period_of

__all__ = ["NONE", "Agreement", "Difference", "Rate", "compare", "rule_rates"]

NONE: Final = "-"  # no code, no judgement
_JUDGED: Final = ("A", "B", "C")
_DEFERRED: Final = 2013  # Reg. 421/2014 (from memory); the log's totals of that year leave the figure out

# Why a row differs, in the order in which the questions are asked; in words in `eutl_words`.
CORRECTED: Final = "corrected"
UNJUDGED: Final = "unjudged"
OUTSIDE: Final = "outside"
NOT_ASKED: Final = "not_asked"
EARLIER_GAP: Final = "earlier_gap"
FIGURE_LATER: Final = "figure_later"
GAP_IN_LOG: Final = "gap_in_log"
NO_SURRENDER: Final = "no_surrender"
AVIATION_LATER: Final = "aviation_later"
TOTALS_COVER: Final = "totals_cover"
TOTALS_SHORT: Final = "totals_short"
MADE_GOOD: Final = "made_good"
YEARS_COVER: Final = "years_cover"


class Rate(Struct, frozen=True):
    """How many of so many agree; `percent` with two decimals, None of nothing."""

    agree: int
    of: int
    percent: Decimal | None

    @classmethod
    def make(cls, agree: int, of: int) -> Rate:
        """Work out the percentage."""
        return cls(agree, of, (Decimal(100 * agree) / of).quantize(Decimal("0.01")) if of else None)


class Difference(Struct, frozen=True):
    """One way in which log and market differ: the codes, why, how often, when, and the first case."""

    log: str
    market: str
    reason: str
    count: int
    years: dict[int, int]
    example: str
    line: int


class Agreement(Struct, frozen=True):
    """The comparison over all installation-years that the log gave a code A, B or C."""

    overall: Rate
    by_code: dict[str, Rate]  # by the log's code, notes apart: A, A*, B …
    by_year: dict[int, Rate]
    pairs: dict[str, int]  # `A/B`: the log says A, the market B; D, E and none included
    differences: tuple[Difference, ...]  # the largest first
    rules: dict[str, Rate]  # other ways to count, over the same rows: see `rule_rates`


def bare(code: str | None) -> str:
    """The code without the administrator's mark; `-` where the log has none."""
    return (code or "").rstrip("*") or NONE


def compare(data: EutlData, judged: Mapping[tuple[str, int], str]) -> Agreement:
    """Compare the codes with the market's statuses by installation and year."""
    by_code: dict[str, list[int]] = {}
    by_year: dict[int, list[int]] = {}
    pairs: dict[str, int] = {}
    found: dict[tuple[str, str, str], list[tuple[int, YearRow]]] = {}
    gaps = _gaps(data)
    for year, rows in data.years.items():
        for line, row in rows:
            key = row.installation_id
            log, market = bare(row.compliance_code), judged.get((key, year), NONE)
            market = market if market in _JUDGED else NONE
            pair = f"{log}/{market}"
            pairs[pair] = pairs.get(pair, 0) + 1
            if log in _JUDGED:
                for tally in (
                    by_code.setdefault(row.compliance_code or NONE, [0, 0]),
                    by_year.setdefault(year, [0, 0]),
                ):
                    tally[0] += log == market
                    tally[1] += 1
            if log != market:
                reason = _reason(row, data.installations[key], log, market, gaps)
                found.setdefault((log, market, reason), []).append((line, row))
    differences = [_difference(key, cases) for key, cases in found.items()]
    return Agreement(
        overall=_sum(by_code.values()),
        by_code={code: Rate.make(*by_code[code]) for code in sorted(by_code)},
        by_year={year: Rate.make(*by_year[year]) for year in sorted(by_year)},
        pairs=dict(sorted(pairs.items())),
        differences=tuple(sorted(differences, key=lambda d: (-d.count, d.log, d.market, d.reason))),
        rules=rule_rates(data),
    )


def _sum(tallies: Iterable[list[int]]) -> Rate:
    pairs = list(tallies)
    return Rate.make(sum(agree for agree, _ in pairs), sum(of for _, of in pairs))


def _difference(key: tuple[str, str, str], cases: list[tuple[int, YearRow]]) -> Difference:
    years: dict[int, int] = {}
    for _, row in cases:  # they come year by year
        years[row.year] = years.get(row.year, 0) + 1
    line, first = min(cases, key=lambda case: case[0])
    log, market, reason = key
    return Difference(log, market, reason, len(cases), years, f"{first.installation_id} {first.year}", line)


def _gaps(data: EutlData) -> set[tuple[str, int]]:
    """Installation-years without a verified figure that lie between first and last year."""
    has = {
        (r.installation_id, y) for y, rows in data.years.items() for _, r in rows if r.verified_t is not None
    }
    return {
        (i.installation_id, year)
        for i in data.installations.values()
        for year in range(i.first_year, min(i.last_year or max(data.years), max(data.years)) + 1)
        if (i.installation_id, year) not in has
    }


def _reason(
    row: YearRow, installation: Installation, log: str, market: str, gaps: set[tuple[str, int]]
) -> str:
    if log in {"D", "E"}:
        return CORRECTED
    if log == NONE:
        return UNJUDGED
    if market == NONE:
        return OUTSIDE
    if market == "C":
        return NOT_ASKED if (row.installation_id, row.year) in gaps else EARLIER_GAP
    if log == "C":
        return FIGURE_LATER if row.verified_t is not None else GAP_IN_LOG
    return _reason_of_totals(row, installation, log)


def _reason_of_totals(row: YearRow, installation: Installation, log: str) -> str:
    """Why A is B or B is A, from the log's own running totals."""
    surrendered_t, verified_t = row.cumulative_surrendered_t, row.cumulative_verified_t
    if surrendered_t is None or verified_t is None:
        return NO_SURRENDER
    covered = surrendered_t >= verified_t
    if log == "A" and covered and installation.aviation and row.year == _DEFERRED:
        return AVIATION_LATER
    if log == "A":
        return TOTALS_COVER if covered else TOTALS_SHORT
    return MADE_GOOD if covered else YEARS_COVER


# Other rules over the same figures, to see which one the log followed.


def rule_rates(data: EutlData) -> dict[str, Rate]:
    """Agreement of five ways to count with the log's codes A, B, C.

    `period`: from the first year of the trading period, as the market does; `life`: from the installation's
    first year; `year`: each year alone; `log_totals`: the running totals that the log itself gives;
    `period_as_asked`: like `period`, but a year without a figure counts as zero where the log gives a total
    of emissions all the same, which it leaves empty where it misses a figure.
    """
    starts: dict[str, Callable[[int], int]] = {
        "period": period_of,
        "life": lambda _year: 0,
        "year": lambda year: year,
    }
    tallies = {name: [0, 0] for name in (*starts, "log_totals", "period_as_asked")}
    for installation, rows in data.by_installation():
        asked = [_zero_where_none_asked(row) for row in rows]
        for row in rows:
            log = bare(row.compliance_code)
            if log not in _JUDGED:
                continue
            found = {n: status_since(installation, rows, row.year, s(row.year)) for n, s in starts.items()}
            found["log_totals"] = _by_totals(row)
            found["period_as_asked"] = status_since(installation, asked, row.year, period_of(row.year))
            for name, status in found.items():
                tallies[name][0] += status == log
                tallies[name][1] += 1
    return {name: Rate.make(*tally) for name, tally in tallies.items()}


def status_since(installation: Installation, rows: Sequence[YearRow], year: int, since: int) -> str:
    """The cumulative status after the surrender for `year`, counting the years from `since` on.

    None (`-`) for a year outside the installation's first and last in which nothing is recorded.
    """
    counted = [row for row in rows if since <= row.year <= year]
    last = installation.last_year or None
    if last is not None and last < installation.first_year:
        last = None  # the market refuses such years and keeps the first
    outside = year < installation.first_year or (last is not None and year > last)
    if outside and not any(r.year == year and (r.surrendered_t or r.verified_t is not None) for r in counted):
        return NONE
    record = DutyRecord(
        first_year=max(installation.first_year, since),
        last_year=last,
        emissions={row.year: row.verified_t for row in counted if row.verified_t is not None},
        surrendered_t=sum(row.surrendered_t or 0 for row in counted),
    )
    status = past_years_status(record, year + 1)
    return NONE if status is CumulativeStatus.NOT_APPLICABLE else status.value


def _zero_where_none_asked(row: YearRow) -> YearRow:
    if row.verified_t is None and row.cumulative_verified_t is not None:
        return replace(row, verified_t=0)
    return row


def _by_totals(row: YearRow) -> str:
    if row.cumulative_verified_t is None or row.cumulative_surrendered_t is None:
        return "C" if row.verified_t is None else NONE
    return "A" if row.cumulative_surrendered_t >= row.cumulative_verified_t else "B"
