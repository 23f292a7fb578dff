"""Which reports to inspect first: the data-quality rules over all reports of a year.

The order follows the journal. It is worked out beside the pages, in a thread of its own: with thousands of
reports it takes a while.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.structs import replace

from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.mrv.quality.companion import Companion
from capwright.mrv.quality.facts import Filing
from capwright.mrv.quality.ranking import Ranked, rank
from capwright.mrv.room import MrvRoom
from capwright.projection.filed_reports import all_reports
from capwright.projection.reporting import method_of, rules_of

if TYPE_CHECKING:
    from capwright.mrv.messages import ReportSubmitted
    from capwright.projection.replica import Replica

__all__ = ["InspectionOrder", "order_of", "place_of"]


class InspectionOrder(Struct, frozen=True):
    """The reports of a year, the one to inspect first at the head; `enterprise` is the account that filed.

    `left_out` counts reports whose method cannot be read any more.
    """

    year: int
    ranked: tuple[Ranked, ...]
    seq: int  # the last report that is in it
    left_out: int = 0


class _Desk:
    """What is known, and who is at work on it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reports: dict[int, dict[str, dict[int, ReportSubmitted]]] = {}  # year → account → version
        self.read = 0
        self.orders: dict[int, InspectionOrder] = {}
        self.working: set[int] = set()


_DESKS: Final[WeakKeyDictionary[Replica, _Desk]] = WeakKeyDictionary()
_GUARD: Final = threading.Lock()


def order_of(replica: Replica, year: int, *, wait: bool = False) -> tuple[InspectionOrder | None, bool]:
    """The order of a year as far as it is known, and whether it is up to date.

    A stale one is worked out anew beside; with `wait` at once.
    """
    with _GUARD:
        desk = _DESKS.setdefault(replica, _Desk())
    latest = replica.views.rows(
        "SELECT max(seq) AS seq FROM act WHERE command = 'SubmitReport' AND refused = ''"
    )
    last = latest[0]["seq"] or 0
    known = desk.orders.get(year)
    if known is not None and known.seq >= last:
        return known, True
    if wait:
        _work(replica, desk, year)
        return desk.orders.get(year), True
    with _GUARD:
        begins = year not in desk.working
        desk.working.add(year)
    if begins:
        threading.Thread(target=_work, args=(replica, desk, year), daemon=True).start()
    return known, False


def place_of(replica: Replica, account: str, year: int) -> Ranked | None:
    """A report's place in the order, where that is known already."""
    known, _ = order_of(replica, year)
    return next((one for one in known.ranked if one.enterprise == account), None) if known else None


def _work(replica: Replica, desk: _Desk, year: int) -> None:
    try:
        with desk.lock:
            for seq, event in all_reports(replica.views, replica.url, desk.read):
                desk.reports.setdefault(event.year, {}).setdefault(event.account, {})[event.version] = event
                desk.read = seq
            desk.orders[year] = _order(replica, desk.reports.get(year, {}), year, desk.read)
    finally:
        with _GUARD:
            desk.working.discard(year)


def _order(
    replica: Replica, reports: dict[str, dict[int, ReportSubmitted]], year: int, seq: int
) -> InspectionOrder:
    filings, left_out = [], 0
    with replica.look() as market:
        rules = rules_of(market, year)
        switches = frozenset(rules.switches if rules is not None else ())
        years = room_of(market.rooms, MrvRoom).state.years
        for account, versions in reports.items():
            firm = years.get(account, {}).get(year)
            current = firm.current if firm is not None else None
            if firm is None or current is None or current.version not in versions:
                continue
            report = versions[current.version].report
            beside = Companion()
            if firm.statements:
                last = firm.statements[-1]
                beside = Companion(verifier=last.verifier, verified=Decimal(last.verified_t))
            try:
                method = method_of(market, report.method)
            except Refused:  # published by a version that checked methods less
                left_out += 1
                continue
            # A firm names itself as it likes in its report; the account is its own.
            filings.append(Filing(method, replace(report, enterprise=account), beside, switches))
    return InspectionOrder(year, tuple(rank(filings)), seq, left_out)
