"""The auditor's own book: accounts, places, the tiling of every series, cash; it notes what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capwright.audit import findings as says
from capwright.audit.tiling import Place, Tiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capwright.audit.findings import Findings
    from capwright.audit.shapes import AuditEvent, CashMove, UnitIssue, UnitMove

__all__ = ["OUTSIDE", "AccountRecord", "Replay", "SeriesRecord"]

OUTSIDE: Final = "bank"
_NOWHERE: Final = ""


class AccountRecord:
    """What the auditor keeps of an account."""

    __slots__ = ("closed", "holder", "name", "number", "places", "purpose", "type")

    def __init__(self, number: str, fields: dict[str, Any]) -> None:
        self.number = number
        self.type = str(fields.get("type", ""))
        self.purpose = str(fields.get("purpose", ""))
        self.holder = str(fields.get("holder", ""))
        self.name = str(fields.get("name", ""))
        self.closed = False
        self.places: dict[str, Place] = {}


class SeriesRecord:
    """What the auditor keeps of a series."""

    __slots__ = ("id", "kind", "project", "tiling", "vintage")

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.id = name
        self.kind = str(fields.get("kind", ""))
        self.vintage = fields.get("vintage", 0)
        self.project = str(fields.get("project", ""))
        self.tiling = Tiling()


class Replay:
    """Folds events into holdings.

    Faults go to `findings`. After a fault the journal's word is followed where it can be, so that one fault
    is reported once and not again at every later row.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.accounts: dict[str, AccountRecord] = {}
        self.series: dict[str, SeriesRecord] = {}
        self.places: dict[str, Place] = {}
        self._nowhere = Place(_NOWHERE, _NOWHERE, usable=False)
        self._outside = self.places[OUTSIDE] = Place(OUTSIDE, OUTSIDE, usable=True)
        self._waiting: dict[str, dict[str, Place]] = {}  # places of accounts that were never opened
        self.refusals = 0
        self._completed: set[str] = set()
        self._reversed: set[str] = set()
        self._special = {
            "AccountOpened": self._account_opened,
            "AccountClosed": self._account_closed,
            "SeriesOpened": self._series_opened,
            "TransactionCompleted": self._transaction_completed,
            "CommandRefused": self._command_refused,
        }

    def apply(self, event: AuditEvent) -> None:
        """Apply one event: its postings first, then what its type means."""
        if event.issues:
            self._issue(event.issues)
        if event.units:
            self._move_units(event.units)
        if event.cash:
            self._move_cash(event.cash)
        special = self._special.get(event.event)
        if special is not None:
            special(event)

    # Places.

    def _open(self, name: str) -> Place:
        """Make a place that nothing lies at yet."""
        number = name.partition("#")[0]
        account = self.accounts.get(number)
        place = self.places[name] = Place(name, number, usable=account is not None and not account.closed)
        siblings = self._waiting.setdefault(number, {}) if account is None else account.places
        siblings[name] = place
        return place

    def _drop(self, place: Place) -> None:
        """Forget an empty bucket: there is one for each promise ever made."""
        del self.places[place.name]
        account = self.accounts.get(place.number)
        siblings = self._waiting[place.number] if account is None else account.places
        del siblings[place.name]

    def _place(self, name: str) -> Place:
        """Return the place; note one in an account that is not open."""
        place = self.places.get(name) or self._open(name)
        if not place.usable:
            known = place.number in self.accounts
            self.findings.add(
                says.CLOSED_ACCOUNT if known else says.UNKNOWN_ACCOUNT, place=name, account=place.number
            )
        return place

    # Postings.

    def _series(self, name: str) -> Tiling:
        found = self.series.get(name)
        if found is None:
            self.findings.add(says.UNKNOWN_SERIES, series=name)
            found = self.series[name] = SeriesRecord(name, {})
        return found.tiling

    def _no_units_outside(self, series: str, *places: Place) -> None:
        if self._outside in places:
            self.findings.add(says.UNITS_OUTSIDE, series=series)

    def _issue(self, issues: Iterable[UnitIssue]) -> None:
        findings = self.findings
        findings.list = "issues"
        for number, issue in enumerate(issues, 1):
            findings.posting = number
            tiling = self._series(issue.series)
            target = self._place(issue.target)
            self._no_units_outside(issue.series, target)
            first, last, due = issue.first, issue.last, tiling.issued_t + 1
            if last < first:
                findings.add(says.EMPTY_RANGE, series=issue.series, first=first, last=last)
                continue
            if first != due:
                findings.add(says.ISSUE_GAP, series=issue.series, first=first, last=last, expected=due)
                if first > due:
                    tiling.issue(first - 1, self._nowhere)
            if last > tiling.issued_t:
                target.units_t += last - tiling.issued_t
                tiling.issue(last, target)
        findings.list, findings.posting = "", 0

    def _move_units(self, moves: Iterable[UnitMove]) -> None:
        places, series = self.places, self.series
        for number, move in enumerate(moves, 1):
            source, target = places.get(move.source), places.get(move.target)
            if target is None:
                target = self._open(move.target)
            known = series.get(move.series)
            first, last = move.first, move.last
            if (
                known is not None
                and source is not None
                and source.usable
                and target.usable
                and first <= last
                and target is not self._outside
                and known.tiling.give(first, last, source, target)
            ):
                moved_t = last - first + 1
                source.units_t -= moved_t
                target.units_t += moved_t
                if source.bucket and not source.units_t and not source.cash_fen:
                    self._drop(source)
            else:
                self._move_doubtful(move, number)

    def _move_doubtful(self, move: UnitMove, number: int) -> None:
        """Apply a move that the quick way could not: new places, several blocks, or a fault to describe."""
        findings = self.findings
        findings.list, findings.posting = "units", number
        source, target = self._place(move.source), self._place(move.target)
        tiling = self._series(move.series)
        self._no_units_outside(move.series, source, target)
        named: dict[str, str | int] = {"series": move.series, "first": move.first, "last": move.last}
        if move.last < move.first:
            findings.add(says.EMPTY_RANGE, **named)
        else:
            self._move_pieces(tiling, move, source, target, {**named, "source": move.source})
        findings.list, findings.posting = "", 0

    def _move_pieces(
        self, tiling: Tiling, move: UnitMove, source: Place, target: Place, details: dict[str, str | int]
    ) -> None:
        findings = self.findings
        for first, last, owner in list(tiling.blocks(move.first, move.last)):
            if owner is not source:
                found: dict[str, str | int] = {"found_first": first, "found_last": last}
                if owner is self._nowhere:
                    findings.add(says.NEVER_ISSUED, **details, **found)
                    continue
                findings.add(says.NOT_AT_SOURCE, **details, **found, found=owner.name)
            owner.units_t -= last - first + 1
            target.units_t += last - first + 1
            self._reassign(tiling, first, last, owner, target)
        if move.last > tiling.issued_t:
            beyond: dict[str, str | int] = {
                "found_first": max(move.first, tiling.issued_t + 1),
                "found_last": move.last,
            }
            findings.add(says.NEVER_ISSUED, **details, **beyond)

    @staticmethod
    def _reassign(tiling: Tiling, first: int, last: int, owner: Place, target: Place) -> None:
        """Hand over a run of one owner that may span chunks of the tiling."""
        while first <= last:
            stop = min(last, tiling.block_end(first))
            given = tiling.give(first, stop, owner, target)
            assert given, "the tiling lost a block"
            first = stop + 1

    def _move_cash(self, moves: Iterable[CashMove]) -> None:
        findings = self.findings
        findings.list = "cash"
        for number, move in enumerate(moves, 1):
            findings.posting = number
            source, target = self._place(move.source), self._place(move.target)
            amount_fen = move.amount_fen
            source.cash_fen -= amount_fen
            if source.cash_fen < 0 and source is not self._outside:
                findings.add(
                    says.OVERDRAWN, source=move.source, amount_fen=amount_fen, left_fen=source.cash_fen
                )
            target.cash_fen += amount_fen
            if source.bucket and not source.cash_fen and not source.units_t:
                self._drop(source)
        findings.list, findings.posting = "", 0

    # Events with a meaning of their own. The fields were read as anything, so their types are checked here.

    def _text(self, value: object, field: str) -> str:
        if isinstance(value, str) and value:
            return value
        self.findings.add(says.MALFORMED, fault=f"`{field}` is no text")
        return ""

    def _account_opened(self, event: AuditEvent) -> None:
        fields = event.account if isinstance(event.account, dict) else {}
        number = self._text(fields.get("number"), "account.number")
        if not number:
            return
        if number in self.accounts:
            self.findings.add(says.ACCOUNT_TWICE, account=number)
            return
        account = self.accounts[number] = AccountRecord(number, fields)
        account.places = self._waiting.pop(number, {})
        for place in account.places.values():
            place.usable = True

    def _account_closed(self, event: AuditEvent) -> None:
        number = self._text(event.number, "number")
        account = self.accounts.get(number)
        if account is None or account.closed:
            self.findings.add(says.CLOSED_UNKNOWN, account=number)
            return
        account.closed = True
        for place in account.places.values():
            place.usable = False
            if place.units_t or place.cash_fen:
                self.findings.add(
                    says.CLOSED_WITH_HOLDINGS,
                    account=number,
                    place=place.name,
                    units_t=place.units_t,
                    cash_fen=place.cash_fen,
                )

    def _series_opened(self, event: AuditEvent) -> None:
        fields = event.series if isinstance(event.series, dict) else {}
        name = self._text(fields.get("id"), "series.id")
        if not name:
            return
        if name in self.series:
            self.findings.add(says.SERIES_TWICE, series=name)
            return
        self.series[name] = SeriesRecord(name, fields)

    def _command_refused(self, event: AuditEvent) -> None:
        del event
        self.refusals += 1

    def _transaction_completed(self, event: AuditEvent) -> None:
        findings, number = self.findings, event.transaction_id
        if not isinstance(number, str) or not number:
            findings.add(says.MALFORMED, fault="`transaction_id` is no text")
            return
        if number in self._completed:
            findings.add(says.TRANSACTION_TWICE, transaction_id=number)
        self._completed.add(number)
        source, target, stated_t = event.source, event.target, event.quantity_t
        moved_t = 0
        for move in event.units:
            giver, taker = move.source, move.target
            if (giver == source or giver.partition("#")[0] == source) and (
                taker == target or taker.partition("#")[0] == target
            ):
                moved_t += move.last - move.first + 1
        if moved_t != stated_t or type(stated_t) is not int:
            findings.add(
                says.QUANTITY_DIFFERS,
                transaction_id=number,
                stated_t=str(stated_t) if type(stated_t) is not int else stated_t,
                moved_t=moved_t,
                source=str(source),
                target=str(target),
            )
        if event.reverses is not None:
            self._reversal(number, event.reverses)

    def _reversal(self, number: str, undone: object) -> None:
        if undone == "":
            return
        reverses = self._text(undone, "reverses")
        if not reverses:
            return
        if reverses not in self._completed or reverses == number:
            self.findings.add(says.REVERSES_UNKNOWN, transaction_id=number, reverses=reverses)
        elif reverses in self._reversed:
            self.findings.add(says.REVERSED_TWICE, transaction_id=number, reverses=reverses)
        self._reversed.add(reverses)

    # The end.

    def check_end(self) -> None:
        """Check the whole: every series is tiled, the two counts of units agree, cash sums to zero."""
        tiled: dict[str, int] = {}
        for record in self.series.values():
            for first, last, owner in record.tiling.blocks():
                if owner is self._nowhere:
                    self.findings.add(says.LIE_NOWHERE, series=record.id, first=first, last=last)
                tiled[owner.name] = tiled.get(owner.name, 0) + last - first + 1
        for place in self.places.values():
            if tiled.get(place.name, 0) != place.units_t:
                self.findings.add(
                    says.COUNTS_DIFFER,
                    place=place.name,
                    tiled_t=tiled.get(place.name, 0),
                    counted_t=place.units_t,
                )
        total_fen = sum(place.cash_fen for place in self.places.values())
        if total_fen:
            self.findings.add(says.CASH_SUM, total_fen=total_fen)

    def blocks(self) -> Iterator[tuple[str, int, int, str]]:
        """Yield (series, first, last, place) of every block, series by series in order of opening."""
        for record in self.series.values():
            for first, last, owner in record.tiling.blocks():
                if owner is not self._nowhere:
                    yield record.id, first, last, owner.name

    @property
    def transactions(self) -> int:
        """How many different transactions were completed."""
        return len(self._completed)

    def purpose(self, place_name: str) -> str:
        """Return the purpose of the account in which a place lies; empty when unknown."""
        account = self.accounts.get(self.places[place_name].number)
        return account.purpose if account else ""
