"""The outcome of an audit: findings, tables, and holdings to compare with the market's."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from capwright.audit import findings as says
from capwright.audit.findings import Finding, Findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from capwright.audit.replay import Replay

__all__ = ["AuditReport", "compare_holdings", "make_report"]

# Where units have gone for good, by purpose of the account they lie in; everywhere else they are held.
_GONE = {"surrender": "surrendered", "cancellation": "cancelled", "export": "exported"}


class AuditReport(Struct, frozen=True):
    """What the auditor found. `findings` may be fewer than `findings_total`.

    `head` is the hash of the last row, `last_at_ms` its time. `series` gives per series the issued quantity
    and the quantity by purpose of the accounts; `cash` the fen by place. `holdings` keeps per place and
    series the flat list first, last, first, last … in ascending order.
    """

    head: str
    last_at_ms: int
    counts: dict[str, int]
    findings: list[Finding]
    findings_total: int
    series: dict[str, dict[str, int]]
    cash: dict[str, int]
    holdings: dict[str, dict[str, array[int]]]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings_total

    def conservation(self) -> list[dict[str, int | str]]:
        """Return per series the table issued = held + surrendered + cancelled + exported, in tonnes."""
        table = []
        for series, totals in self.series.items():
            line: dict[str, int | str] = {
                "series": series,
                "issued": totals["issued"],
                "held": 0,
                "surrendered": 0,
                "cancelled": 0,
                "exported": 0,
            }
            for purpose, quantity_t in totals.items():
                if purpose != "issued":
                    column = _GONE.get(purpose, "held")
                    line[column] = int(line[column]) + quantity_t
            table.append(line)
        return table

    def cash_by_account(self) -> dict[str, int]:
        """Return fen per account, its buckets taken together; `bank` is the outside."""
        totals: dict[str, int] = {}
        for where, fen in self.cash.items():
            number = where.partition("#")[0]
            totals[number] = totals.get(number, 0) + fen
        return totals

    def units_t(self) -> dict[str, dict[str, int]]:
        """Return tonnes by place and series."""
        return {
            where: {series: _quantity_t(flat) for series, flat in here.items()}
            for where, here in self.holdings.items()
        }

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return everything but the serial numbers as plain values, for JSON."""
        return {
            "ok": self.ok,
            "head": self.head,
            "last_at_ms": self.last_at_ms,
            **self.counts,
            "findings_total": self.findings_total,
            "findings": [
                {
                    "code": finding.code,
                    "seq": finding.seq,
                    "event": finding.event,
                    "where": finding.where(lang),
                    "message": finding.message(lang),
                    "details": finding.details,
                }
                for finding in self.findings
            ],
            "series": self.conservation(),
            "series_by_purpose": self.series,
            "cash_fen": self.cash_by_account(),
        }


def _quantity_t(flat: array[int]) -> int:
    return sum(flat[1::2]) - sum(flat[::2]) + len(flat) // 2


def make_report(
    replay: Replay, findings: Findings, head: str, last_at_ms: int, counts: dict[str, int]
) -> AuditReport:
    """Read the tables off the auditor's book."""
    series = {name: {"issued": record.tiling.issued_t} for name, record in replay.series.items()}
    holdings: dict[str, dict[str, array[int]]] = {}
    for name, first, last, where in replay.blocks():
        here = holdings.get(where)
        if here is None:
            here = holdings[where] = {}
        flat = here.get(name)
        if flat is None:
            flat = here[name] = array("q")
        flat.append(first)
        flat.append(last)
    for where, here in holdings.items():
        purpose = replay.purpose(where)
        for name, flat in here.items():
            series[name][purpose] = series[name].get(purpose, 0) + _quantity_t(flat)
    counts |= {
        "accounts": len(replay.accounts),
        "series": len(replay.series),
        "transactions": replay.transactions,
        "blocks": sum(len(flat) // 2 for here in holdings.values() for flat in here.values()),
    }
    cash = {place.name: place.cash_fen for place in replay.places.values() if place.cash_fen}
    return AuditReport(head, last_at_ms, counts, findings.kept, findings.total, series, cash, holdings)


def compare_holdings(
    report: AuditReport,
    market_units: Mapping[str, Mapping[str, Iterable[tuple[int, int]]]],
    market_cash: Mapping[str, int],
) -> list[Finding]:
    """Compare the market's holdings with the auditor's, serial by serial and fen by fen.

    `market_units` gives per place and series the blocks (first, last) in ascending order; `market_cash` fen
    by place. An empty list means that both arrived at the same.
    """
    found = Findings(limit=2**31)
    for where in sorted({*report.holdings, *market_units}):
        mine, theirs = report.holdings.get(where, {}), market_units.get(where, {})
        for series in sorted({*mine, *theirs}):
            flat = mine.get(series, array("q"))
            for first, last, market_has in _differences(flat, theirs.get(series, ())):
                found.add(
                    says.MARKET_UNITS,
                    place=where,
                    series=series,
                    first=first,
                    last=last,
                    market="there" if market_has else "not there",
                    auditor="not there" if market_has else "there",
                    market_zh="在此" if market_has else "不在此",
                    auditor_zh="不在此" if market_has else "在此",
                )
    for where in sorted({*report.cash, *market_cash}):
        market_fen, auditor_fen = market_cash.get(where, 0), report.cash.get(where, 0)
        if market_fen != auditor_fen:
            found.add(says.MARKET_CASH, place=where, market_fen=market_fen, auditor_fen=auditor_fen)
    return found.kept


def _edges(blocks: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield where ownership begins and ends in turn: first, last + 1, … with touching blocks merged."""
    end = 0
    for first, last in blocks:
        if first != end:
            if end:
                yield end
            yield first
        end = last + 1
    if end:
        yield end


def _differences(mine: array[int], theirs: Iterable[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    """Return the stretches (first, last, whether only the market has it) on which the two disagree."""
    my_edges = [*_edges(zip(mine[::2], mine[1::2], strict=True))]
    their_edges = [*_edges(theirs)]
    if my_edges == their_edges:
        return []
    turns = sorted([(edge, False) for edge in my_edges] + [(edge, True) for edge in their_edges])
    found: list[tuple[int, int, bool]] = []
    here, there, begun = False, False, 0
    for edge, market in turns:
        if here != there and edge > begun:
            found.append((begun, edge - 1, there))
        here, there = (here, not there) if market else (not here, there)
        begun = edge
    return found
