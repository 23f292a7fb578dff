"""Accounts by type; units by series and by kind, and where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.ledger.laws import totals_t
from capwright.report.shapes import AccountLine, KindLine, SeriesLine

if TYPE_CHECKING:
    from capwright.market import Market
    from capwright.report.groups import Names

__all__ = ["account_lines", "kind_lines", "series_lines"]

_FAMILIES = {"allowance": 0, "special": 1, "credit": 2}
_GOVERNMENT = ("issue", "allocation", "auction", "reserve", "cash")


def account_lines(market: Market, names: Names) -> tuple[AccountLine, ...]:
    """Count accounts by type and status: holders first, then the government's, each in order of opening."""
    counts: dict[tuple[bool, str], dict[str, int]] = {}
    for account in market.book.state.accounts.values():
        row = counts.setdefault((account.government, account.type), {})
        row[account.status] = row.get(account.status, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: item[0][0])
    return tuple(
        AccountLine(
            type=code,
            words=names.account_type(code),
            government=government,
            open=row.get("open", 0),
            restricted=row.get("restricted", 0),
            suspended=row.get("suspended", 0),
            closed=row.get("closed", 0),
        )
        for (government, code), row in ordered
    )


def series_lines(market: Market, names: Names) -> tuple[SeriesLine, ...]:
    """Where the units of every series lie: allowances by vintage, then special ones, then credits."""
    lines = []
    every = market.book.state.series
    for name, row in totals_t(market.book).items():
        series = every[name]
        lines.append(
            SeriesLine(
                series=name,
                kind=series.kind,
                vintage=series.vintage,
                issued_t=row["issued"],
                held_t=row.get("holding", 0),
                government_t=sum(row.get(purpose, 0) for purpose in _GOVERNMENT),
                surrendered_t=row.get("surrender", 0),
                cancelled_t=row.get("cancellation", 0),
                exported_t=row.get("export", 0),
            )
        )
    kinds = list(dict.fromkeys(line.kind for line in lines))

    def place(line: SeriesLine) -> tuple[int, int, int, str]:
        return _FAMILIES.get(names.family(line.kind), 1), kinds.index(line.kind), line.vintage, line.series

    return tuple(sorted(lines, key=place))


def kind_lines(series: tuple[SeriesLine, ...], names: Names) -> tuple[KindLine, ...]:
    """The same by kind."""
    by_kind: dict[str, list[SeriesLine]] = {}
    for line in series:
        by_kind.setdefault(line.kind, []).append(line)
    return tuple(
        KindLine(
            kind=kind,
            words=names.kind(kind),
            family=names.family(kind),
            series=len(lines),
            issued_t=sum(line.issued_t for line in lines),
            held_t=sum(line.held_t for line in lines),
            government_t=sum(line.government_t for line in lines),
            surrendered_t=sum(line.surrendered_t for line in lines),
            cancelled_t=sum(line.cancelled_t for line in lines),
            exported_t=sum(line.exported_t for line in lines),
        )
        for kind, lines in by_kind.items()
    )
