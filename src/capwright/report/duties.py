"""Compliance in numbers: how vintages were met, who fell short at what cost, allocation by sector."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.allocation.room import AllocationRoom
from capwright.compliance.room import ComplianceRoom
from capwright.compliance.sanctions import Sanction, assess, mean_price_fen_per_t
from capwright.compliance.status import CumulativeStatus, Deadline, YearlyStatus, yearly_status
from capwright.kernel.refusal import Refused
from capwright.ledger.clock import local_time
from capwright.report.shapes import CapAccount, CapLine, SectorLine, ShortLine, VintageLine, Words
from capwright.report.trading import half_up, priced_days

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from capwright.compliance.state import DutyYear
    from capwright.ledger.accounts import Account
    from capwright.market import Market
    from capwright.report.facts import Facts
    from capwright.report.groups import Names
    from capwright.report.shapes import DayLine
    from capwright.scheme.compliance_rules import ComplianceRules

__all__ = ["cap_accounts", "sector_lines", "short_lines", "vintage_lines"]

_PERCENT: Final = 10_000

# What the statuses of both families mean to someone who counts them.
_ON_TIME: Final = (YearlyStatus.COMPLIED, CumulativeStatus.A)
_LATE: Final = (YearlyStatus.COMPLIED_LATE,)
_SHORT: Final = (YearlyStatus.SHORT, CumulativeStatus.B)
_PENDING: Final = (YearlyStatus.PENDING,)
_NOT_REPORTED: Final = (YearlyStatus.NOT_REPORTED, CumulativeStatus.C)


class _Judged(Struct):
    """One account's vintage as it stands at the end of the journal."""

    account: Account
    duty: DutyYear
    status: str
    short_at_due_t: int
    short_t: int


def vintage_lines(market: Market, names: Names, ends_on: date | None) -> tuple[VintageLine, ...]:
    """How every vintage was met that somebody has a duty for."""
    return tuple(
        _vintage(market, names, vintage, judged) for vintage, judged in _all_judged(market, ends_on).items()
    )


def _vintage(market: Market, names: Names, vintage: int, judged: list[_Judged]) -> VintageLine:
    by: dict[str, int] = {}
    for row in judged:
        by[row.status] = by.get(row.status, 0) + 1

    def count(statuses: Iterable[str]) -> int:
        return sum(by.get(status, 0) for status in statuses)

    counts = [count(kinds) for kinds in (_ON_TIME, _LATE, _SHORT, _PENDING, _NOT_REPORTED)]
    due = sum(counts)
    rules = _rules(market, vintage)
    series = market.book.state.series
    credits_t = sum(
        quantity_t
        for row in judged
        for name, quantity_t in row.duty.used.items()
        if names.family(series[name].kind) == "credit"
    )
    return VintageLine(
        vintage=vintage,
        due_on=rules.surrender_due_on if rules else None,
        due_on_original=rules.surrender_due_on_original if rules else None,
        cumulative=rules is not None and rules.status == "cumulative",
        assessed=any(row.duty.judgement for row in judged),
        due=due,
        on_time=counts[0],
        late=counts[1],
        short=counts[2],
        pending=counts[3],
        not_reported=counts[4],
        excluded=count((YearlyStatus.EXCLUDED,)),
        reported=sum(1 for row in judged if row.duty.emissions_t is not None),
        rate_bp=half_up(Fraction(counts[0] * _PERCENT, due)) if due else None,
        owed_t=sum(row.duty.owed_t for row in judged),
        surrendered_t=sum(row.duty.surrendered_t for row in judged),
        credits_t=credits_t,
        short_at_due_t=sum(row.short_at_due_t for row in judged),
        short_t=sum(row.short_t for row in judged),
        by=by,
        published_due=rules.due_count if rules else None,
        published_complied=rules.complied_count if rules else None,
    )


def _rules(market: Market, vintage: int) -> ComplianceRules | None:
    try:
        rules: ComplianceRules = market.rulebook.vintage(vintage).section("compliance")
    except Refused:
        return None
    return rules


def _all_judged(market: Market, ends_on: date | None) -> dict[int, list[_Judged]]:
    room = market.rooms["compliance"]
    assert isinstance(room, ComplianceRoom)
    found: dict[int, list[_Judged]] = {}
    accounts = market.book.state.accounts
    for number, years in room.state.duties.items():
        for vintage, duty in years.items():
            row = _judge(market, accounts[number], vintage, duty, ends_on)
            found.setdefault(vintage, []).append(row)
    return dict(sorted(found.items()))


def _judge(market: Market, account: Account, vintage: int, duty: DutyYear, ends_on: date | None) -> _Judged:
    """Judge as of the end of the journal: a firm that was short when judged may have made good since.

    Cumulative statuses are taken from the last judgement.
    """
    rules, judgement = _rules(market, vintage), duty.judgement
    if duty.excluded:
        return _Judged(account, duty, YearlyStatus.EXCLUDED, 0, 0)
    if judgement is not None and (rules is None or rules.status == "cumulative"):
        return _Judged(account, duty, judgement.status, judgement.shortfall_at_due_t, judgement.shortfall_t)
    if duty.emissions_t is None:
        return _Judged(account, duty, YearlyStatus.NOT_REPORTED, 0, 0)
    short_t = max(duty.owed_t - duty.surrendered_t, 0)
    if rules is None or ends_on is None:
        status = YearlyStatus.PENDING if short_t else YearlyStatus.COMPLIED
        return _Judged(account, duty, status, 0, short_t)
    now = market.rulebook.now()
    dated = [(local_time(now, at_ms).date(), quantity_t) for at_ms, quantity_t in duty.surrenders]
    deadline = Deadline(rules.surrender_due_on, rules.surrender_due_on_original)
    result = yearly_status(duty.owed_t, dated, deadline, ends_on)
    at_due_t = result.shortfall_at_due_t if ends_on > rules.surrender_due_on else 0
    return _Judged(account, duty, result.status, at_due_t, short_t)


# Who fell short.


def short_lines(
    market: Market, names: Names, days: tuple[DayLine, ...], ends_on: date | None
) -> tuple[ShortLine, ...]:
    """Who lacked units at a deadline or lacks them now, last vintage and largest shortfall first."""
    kinds = dict.fromkeys(line.kind for line in days)
    allowances = frozenset(kind for kind in kinds if names.family(kind) in ("allowance", ""))
    lines: list[ShortLine] = []
    for vintage, judged in reversed(_all_judged(market, ends_on).items()):
        rules = _rules(market, vintage)
        lacking = [row for row in judged if row.short_at_due_t or (row.short_t and _is_over(rules, ends_on))]
        lacking.sort(key=lambda row: (-row.short_at_due_t, -row.short_t, row.account.number))
        price = sanction_price = None
        if rules is not None:
            price = mean_price_fen_per_t(priced_days(days, allowances), rules.surrender_due_on)
            sanction_price = mean_price_fen_per_t(priced_days(days, frozenset(kinds)), rules.surrender_due_on)
        for row in lacking:
            sanction = _sanction(rules, row, sanction_price)
            good_on = None if row.short_t else _made_good_on(market, row.duty)
            lines.append(_short(row, vintage, price, sanction, good_on))
    return tuple(lines)


def _is_over(rules: ComplianceRules | None, ends_on: date | None) -> bool:
    return rules is not None and ends_on is not None and ends_on > rules.surrender_due_on


def _sanction(rules: ComplianceRules | None, row: _Judged, price: Fraction | None) -> Sanction | None:
    """What the scheme asks for the shortfall; None where it cannot be told."""
    if rules is None or rules.status == "cumulative":
        return None
    try:
        return assess(rules.sanctions, row.short_at_due_t, price)
    except Refused:  # a multiple of a price that nobody paid
        return None


def _made_good_on(market: Market, duty: DutyYear) -> date | None:
    """The day of the surrender that left nothing short; None while something is."""
    now, left_t = market.rulebook.now(), duty.owed_t
    for at_ms, quantity_t in duty.surrenders:
        left_t -= quantity_t
        if left_t <= 0:
            return local_time(now, at_ms).date()
    return None


def _short(
    row: _Judged,
    vintage: int,
    price: Fraction | None,
    sanction: Sanction | None,
    made_good_on: date | None,
) -> ShortLine:
    duty = row.duty
    return ShortLine(
        account=row.account.number,
        holder=row.account.holder,
        name=row.account.name,
        sector=row.account.sector,
        vintage=vintage,
        owed_t=duty.owed_t,
        surrendered_t=duty.surrendered_t,
        short_at_due_t=row.short_at_due_t,
        short_t=row.short_t,
        mean_fen_per_t=None if price is None else half_up(price),
        cost_fen=None if price is None else half_up(price * row.short_at_due_t),
        deduct_t=sanction.deduction_t if sanction else None,
        fine_least_fen=sanction.least_fen if sanction else None,
        fine_most_fen=sanction.most_fen if sanction else None,
        imposed=duty.sanctioned,
        imposed_fine_fen=duty.fine_fen,
        imposed_deduct_t=duty.deduct_t,
        made_good_on=made_good_on,
    )


# Allocation.


def sector_lines(market: Market, facts: Facts, names: Names) -> tuple[SectorLine, ...]:
    """Free allocation against verified emissions of the accounts with emissions of a vintage, by sector."""
    compliance, allocation = market.rooms["compliance"], market.rooms["allocation"]
    assert isinstance(compliance, ComplianceRoom)
    assert isinstance(allocation, AllocationRoom)
    found: dict[tuple[int, str], _SectorSum] = {}
    for account in market.book.state.accounts.values():
        for vintage, duty in compliance.state.duties.get(account.number, {}).items():
            if duty.emissions_t is None:
                continue
            row = found.setdefault((vintage, account.sector), _SectorSum())
            row.accounts += 1
            row.emissions_t += duty.emissions_t
            row.free_t += facts.free_t.get((vintage, account.number), 0)
            approved_t = allocation.quota_t(account.number, vintage)
            row.approved_t = _plus(row.approved_t, approved_t)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -item[1].emissions_t, item[0][1]))
    return tuple(
        SectorLine(
            vintage=vintage,
            sector=sector,
            words=names.sector(sector),
            accounts=row.accounts,
            approved_t=row.approved_t,
            free_t=row.free_t,
            emissions_t=row.emissions_t,
            difference_t=row.free_t - row.emissions_t,
        )
        for (vintage, sector), row in ordered
    )


class _SectorSum(Struct):
    accounts: int = 0
    approved_t: int | None = None
    free_t: int = 0
    emissions_t: int = 0


def _plus(total_t: int | None, more_t: int | None) -> int | None:
    return total_t if more_t is None else (total_t or 0) + more_t


def cap_accounts(market: Market) -> tuple[CapAccount, ...]:
    """The cap accounts of the vintages for which free quota was worked out."""
    room = market.rooms["allocation"]
    assert isinstance(room, AllocationRoom)
    accounts = []
    for vintage in sorted({**room.state.quotas, **room.state.projects}):
        try:
            statement = room.cap_statement(vintage)
        except Refused:  # a scheme without a cap
            continue
        lines = tuple(
            CapLine(line.key, Words(line.en, line.zh), line.planned_t, line.actual_t, line.difference_t)
            for line in statement.lines
        )
        accounts.append(CapAccount(vintage, lines, tuple(Words(n.en, n.zh) for n in statement.flags)))
    return tuple(accounts)
