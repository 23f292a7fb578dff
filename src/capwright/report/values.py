"""What the run relied on: provisional values of the schemes, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.allocation.room import AllocationRoom
from capwright.auction.room import AuctionRoom
from capwright.compliance.room import ComplianceRoom
from capwright.ledger.clock import local_time
from capwright.report.shapes import ProvisionalLine, RefusalLine, Words
from capwright.scheme.show import provisional_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.market import Market
    from capwright.report.facts import Facts, RefusedRow
    from capwright.scheme.schema import Scheme
    from capwright.scheme.show import Row

__all__ = ["first_vintage", "provisional_lines", "refusal_lines"]


# Provisional values.


def first_vintage(market: Market) -> int:
    """The first vintage that the story itself deals with: what is older was carried over from before it."""
    allocation, auction = market.rooms["allocation"], market.rooms["auction"]
    compliance = market.rooms["compliance"]
    assert isinstance(allocation, AllocationRoom)
    assert isinstance(auction, AuctionRoom)
    assert isinstance(compliance, ComplianceRoom)
    told = [
        *allocation.state.quotas,
        *allocation.state.projects,
        *(one.vintage for one in auction.state.auctions.values()),
        *(year for years in compliance.state.duties.values() for year in years),
    ]
    adopted = [rules.body.vintage for rules in market.rulebook.by_name.values()]
    return min(told or [year for year in adopted if year is not None], default=0)


class _Used:
    """Which parts of the schemes the run needed."""

    def __init__(self, market: Market, facts: Facts) -> None:
        allocation, auction = market.rooms["allocation"], market.rooms["auction"]
        compliance = market.rooms["compliance"]
        assert isinstance(allocation, AllocationRoom)
        assert isinstance(auction, AuctionRoom)
        assert isinstance(compliance, ComplianceRoom)
        self._facts = facts
        self._processes = {code for by_process in allocation.state.figures.values() for code in by_process}
        self._quotas = {*allocation.state.quotas, *allocation.state.projects}
        self._rounds = {auction.round for auction in auction.state.auctions.values()}
        self._auctions = {auction.vintage for auction in auction.state.auctions.values()}
        self._duties = {year for years in compliance.state.duties.values() for year in years}
        self._issued = {series.vintage for series in market.book.state.series.values()}
        self._types = {account.type for account in market.book.state.accounts.values()}
        latest = market.rulebook.latest
        self._latest = latest.scheme.name if latest else ""

    def sections(self, scheme: Scheme) -> tuple[str, ...]:
        """The sections of a scheme that a command of the run asked for."""
        vintage = scheme.body.vintage
        latest = scheme.name == self._latest
        needed = {
            "calendar": latest,
            "registry": latest,
            "coverage": vintage in self._quotas,
            "allocation": vintage in self._quotas,
            "cap": vintage in self._issued,
            "auction": vintage in self._auctions,
            "compliance": vintage in self._duties or (vintage is None and bool(self._duties)),
        }
        return tuple(name for name, used in needed.items() if used)

    def row(self, row: Row) -> bool:
        """Whether a row of a used section was used: tables list what some runs never touch."""
        table, _, rest = row.path.partition(".")[2].partition(".")
        item = rest.partition(".")[0]
        kept = {
            "processes": item in self._processes,
            "rounds": item in self._rounds,
            "account_types": item in self._types,
            "transaction_types": item in self._facts.transaction_types,
        }
        return kept.get(table, True) if rest else True


def provisional_lines(market: Market, facts: Facts) -> tuple[ProvisionalLine, ...]:
    """Every memory and default value that the run relied on; alike in several schemes: one line."""
    used = _Used(market, facts)
    found: dict[tuple[object, ...], tuple[Row, list[str]]] = {}
    for rules in market.rulebook.by_name.values():
        sections = used.sections(rules.scheme)
        for row in provisional_rows(rules.scheme, sections) if sections else ():
            if used.row(row):
                key = row.path, row.value, row.source, row.confidence
                found.setdefault(key, (row, []))[1].append(rules.scheme.name)
    return tuple(
        ProvisionalLine(
            section=row.section,
            section_words=Words(*row.section_label),
            path=row.path,
            label=Words(*row.label),
            value=Words(*row.value),
            unit=Words(*row.unit),
            source=row.source,
            confidence=row.confidence,
            note=Words(*row.note),
            schemes=tuple(schemes),
        )
        for row, schemes in found.values()
    )


# Refusals.


def refusal_lines(market: Market, refused: Iterable[RefusedRow]) -> tuple[RefusalLine, ...]:
    """Refused commands by code and command, the most frequent first."""
    found: dict[tuple[str, str], list[RefusedRow]] = {}
    for row in refused:
        found.setdefault((row.refusal.code, row.command), []).append(row)
    rules = market.rulebook.latest
    lines = []
    for (code, command), rows in found.items():
        first = rows[0]
        if rules is None:
            continue
        said = Words(first.refusal.message("en"), first.refusal.message("zh"))
        on = local_time(rules, first.at_ms).date()
        lines.append(RefusalLine(code, len(rows), command, first.actor, first.command_id, on, said))
    return tuple(sorted(lines, key=lambda line: (-line.count, line.code, line.command)))
