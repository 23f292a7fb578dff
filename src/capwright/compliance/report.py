"""The compliance status of many accounts from three plain tables: behind `capwright compliance status`.

Decisions, where the tables leave a choice:

* Two rows for one account and year are refused: emissions carry no date, so a later row cannot be told from a
  slip. A correction replaces the row.
* Emissions count as known whatever the as-of date; those of years that are not due yet do not count.
Surrenders
  after the as-of date do not count.
* Zero emissions and exclusions outside the operator's years are harmless; emissions there are refused.
* Cumulative schemes (UK, EU): the current year is the as-of date's.
* Yearly schemes: the status is that of the scheme's vintage against its deadline. A surrender counts for the
  vintage when its `year` says so or, without one, when it is dated after the vintage's year.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from msgspec import Struct, field

from capwright.compliance.status import (
    EMISSIONS_OUTSIDE,
    REVERSAL_TOO_LARGE,
    YEARS_CROSSED,
    CumulativeStatus,
    Deadline,
    DutyRecord,
    YearlyResult,
    YearlyStatus,
    cumulative_status,
    yearly_status,
)
from capwright.kernel.quantity import MAX_T, parse_tonnes
from capwright.kernel.refusal import define, refuse
from capwright.scheme.compliance_rules import ComplianceRules
from capwright.scheme.schema import Scheme
from capwright.table import Table, Tonnes, check_unique

__all__ = [
    "AccountRow",
    "EmissionsRow",
    "SurrenderRow",
    "cumulative_table",
    "status_paths",
    "status_table",
    "yearly_table",
]

UNKNOWN_ACCOUNT = define(
    "CW-7010",
    en="Account '{account}' is not in the table of accounts.",
    zh="账户表中没有账户“{account}”。",
    mend_en="Add it there, or correct the spelling.",
    mend_zh="请在账户表中添加该账户，或更正拼写。",
    rule="design: one clear message for bad input",
)
NO_COMPLIANCE = define(
    "CW-7011",
    en="Scheme '{scheme}' has no compliance rules.",
    zh="方案“{scheme}”没有履约规则。",
    mend_en="Choose another scheme: `capwright scheme list`.",
    mend_zh="请选择其他方案：`capwright scheme list`。",
    rule="scheme: compliance",
)
NO_VINTAGE = define(
    "CW-7012",
    en="Scheme '{scheme}' is judged year by year but names no vintage.",
    zh="方案“{scheme}”按年度判定履约，但未指明年度。",
    mend_en="Choose the scheme of a year, such as guangdong-2023.",
    mend_zh="请选择某一年度的方案，例如 guangdong-2023。",
    rule="scheme: vintage",
)
NOT_YEAR = define(
    "CW-7013",
    en="'{text}' is not a year.",
    zh="“{text}”不是年份。",
    mend_en="Write it like 2023.",
    mend_zh="请写成 2023 的形式。",
    rule="ISO 8601",
)
NOT_EMISSIONS = define(
    "CW-7014",
    en="'{text}' is neither whole tonnes nor EXCLUDED.",
    zh="“{text}”既不是整数吨，也不是 EXCLUDED。",
    mend_en="Write a whole number of tonnes from 0 up, or EXCLUDED.",
    mend_zh="请填写不小于0的整数吨，或填写 EXCLUDED。",
    rule="design: integers inside",
)

EXCLUDED: Final = "EXCLUDED"
YEAR_DIGITS: Final = 4


class _Year(Struct, frozen=True):
    """A cell with a year of four digits."""

    def read(self, text: str) -> int:
        if len(text) != YEAR_DIGITS or not text.isascii() or not text.isdigit() or text < "1900":
            refuse(NOT_YEAR, text=text[:40])
        return int(text)


class _Emissions(Struct, frozen=True):
    """A cell with verified emissions in whole tonnes, or the word EXCLUDED, read as None."""

    def read(self, text: str) -> int | None:
        if text.upper() == EXCLUDED:
            return None
        if any(letter.isalpha() for letter in text):
            refuse(NOT_EMISSIONS, text=text[:40])
        return parse_tonnes(text)


class AccountRow(Struct, frozen=True):
    """An operator; an empty last year means that it goes on."""

    account: str
    first_year: Annotated[int, _Year()]
    last_year: Annotated[int, _Year()] | None


class EmissionsRow(Struct, frozen=True):
    """Verified emissions of one year; None: the year is excluded."""

    account: str
    year: Annotated[int, _Year()]
    emissions_t: Annotated[int | None, _Emissions()]


class SurrenderRow(Struct, frozen=True):
    """Units surrendered on a day; negative: a reversal. `year` may name the vintage they are for."""

    account: str
    on: date = field(name="date")
    quantity_t: Annotated[int, Tonnes(least=-MAX_T)]
    year: Annotated[int, _Year()] | None = None


def status_table(
    scheme: Scheme,
    as_of: date,
    accounts: Table[AccountRow],
    emissions: Table[EmissionsRow],
    surrenders: Table[SurrenderRow],
) -> list[tuple[str, str]]:
    """Return account and status, in the order of the table of accounts.

    Raises `BadInput` with file, line and column for rows that contradict each other, `Refused` for a scheme
    that cannot be judged.
    """
    if _rules(scheme).status == "cumulative":
        return [
            (account, status.value)
            for account, status in cumulative_table(as_of, accounts, emissions, surrenders)
        ]
    results = yearly_table(scheme, as_of, accounts, emissions, surrenders)
    return [(account, result.status.value) for account, result in results]


def status_paths(scheme: Scheme) -> tuple[str, ...]:
    """The scheme paths that a status depends on: a cumulative one knows no deadline and no relief."""
    if _rules(scheme).status == "cumulative":
        return ("compliance.status",)
    names = (
        "surrender_due_on",
        "surrender_due_on_original",
        "gas_units_owe_at_most_quota",
        "shortfall_cap_share",
    )
    return ("compliance.status", *(f"compliance.{name}" for name in names))


def cumulative_table(
    as_of: date,
    accounts: Table[AccountRow],
    emissions: Table[EmissionsRow],
    surrenders: Table[SurrenderRow],
) -> list[tuple[str, CumulativeStatus]]:
    """Return the dynamic status of every account (UK, EU) on a day."""
    records = _records(accounts, emissions)
    days = _days(records, surrenders)
    found = []
    for account, record in records.items():
        net_t = sum(row.quantity_t for row in days[account] if row.on <= as_of)
        judged = DutyRecord(record.first_year, record.last_year, record.emissions, record.excluded, net_t)
        found.append((account, cumulative_status(judged, as_of.year)))
    return found


def yearly_table(
    scheme: Scheme,
    as_of: date,
    accounts: Table[AccountRow],
    emissions: Table[EmissionsRow],
    surrenders: Table[SurrenderRow],
) -> list[tuple[str, YearlyResult]]:
    """Return the outcome of the scheme's vintage for every account, with dates and tonnes."""
    rules, vintage = _rules(scheme), scheme.body.vintage
    if vintage is None:
        refuse(NO_VINTAGE, scheme=scheme.name)
    deadline = Deadline(rules.surrender_due_on, rules.surrender_due_on_original)
    records = _records(accounts, emissions)
    days = _days(records, surrenders)
    found = []
    for account, record in records.items():
        paid = [
            (row.on, row.quantity_t)
            for row in days[account]
            if (row.on.year > vintage if row.year is None else row.year == vintage)
        ]
        found.append((account, _judge_year(record, vintage, paid, deadline, as_of)))
    return found


def _judge_year(
    record: DutyRecord, vintage: int, paid: list[tuple[date, int]], deadline: Deadline, as_of: date
) -> YearlyResult:
    last = vintage if record.last_year is None else record.last_year
    if not record.first_year <= vintage <= last or as_of.year <= vintage:
        return YearlyResult(YearlyStatus.NOT_APPLICABLE, deadline)
    if vintage in record.excluded:
        return YearlyResult(YearlyStatus.EXCLUDED, deadline)
    if vintage not in record.emissions:
        return YearlyResult(YearlyStatus.NOT_REPORTED, deadline)
    return yearly_status(record.emissions[vintage], paid, deadline, as_of)


def _rules(scheme: Scheme) -> ComplianceRules:
    if scheme.body.compliance is None:
        refuse(NO_COMPLIANCE, scheme=scheme.name)
    return scheme.body.compliance


def _records(accounts: Table[AccountRow], emissions: Table[EmissionsRow]) -> dict[str, DutyRecord]:
    """Join accounts and emissions, in the order of the accounts; nothing is surrendered yet."""
    check_unique(accounts, "account")
    check_unique(emissions, "account", "year")
    figures: dict[str, dict[int, int]] = {}
    excluded: dict[str, set[int]] = {}
    rows: dict[str, AccountRow] = {}
    for line, row in accounts.numbered():
        if row.last_year is not None and row.last_year < row.first_year:
            accounts.refuse(line, "last_year", YEARS_CROSSED, first=row.first_year, last=row.last_year)
        rows[row.account], figures[row.account], excluded[row.account] = row, {}, set()
    for line, entry in emissions.numbered():
        owner = rows.get(entry.account)
        if owner is None:
            emissions.refuse(line, "account", UNKNOWN_ACCOUNT, account=entry.account)
        if entry.emissions_t is None:
            excluded[entry.account].add(entry.year)
            continue
        late = owner.last_year is not None and entry.year > owner.last_year
        if entry.emissions_t and (late or entry.year < owner.first_year):
            years = {"first": owner.first_year, "last": owner.last_year or ""}
            emissions.refuse(line, "year", EMISSIONS_OUTSIDE, year=entry.year, **years)
        figures[entry.account][entry.year] = entry.emissions_t
    return {
        name: DutyRecord(row.first_year, row.last_year, figures[name], frozenset(excluded[name]))
        for name, row in rows.items()
    }


def _days(records: dict[str, DutyRecord], surrenders: Table[SurrenderRow]) -> dict[str, list[SurrenderRow]]:
    """Sort the surrenders by account and day, refusing unknown accounts and reversals of what was not there.

    Within a day surrenders come before reversals, whatever their order in the file.
    """
    numbered: dict[str, list[tuple[int, SurrenderRow]]] = {name: [] for name in records}
    for line, row in surrenders.numbered():
        if row.account not in numbered:
            surrenders.refuse(line, "account", UNKNOWN_ACCOUNT, account=row.account)
        numbered[row.account].append((line, row))
    for rows in numbered.values():
        rows.sort(key=lambda item: (item[1].on, -item[1].quantity_t))
        net_t = 0
        for line, row in rows:
            if net_t + row.quantity_t < 0:
                surrenders.refuse(
                    line, "quantity_t", REVERSAL_TOO_LARGE, quantity_t=-row.quantity_t, surrendered_t=net_t
                )
            net_t += row.quantity_t
    return {name: [row for _, row in rows] for name, rows in numbered.items()}
