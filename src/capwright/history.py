"""Looking back: the history of one serial number, and who held what at a past moment.

Reads journal rows only, with the auditor's shapes and book: it answers the same for every store and needs
neither scheme nor market. `life_of` asks the tables of a replica instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Never

import msgspec
from msgspec import Struct

from capwright.audit.auditor import read_events
from capwright.audit.chain import text_of
from capwright.audit.findings import Findings
from capwright.audit.replay import Replay
from capwright.kernel.refusal import define, refuse
from capwright.projection.moves import moves_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.audit.chain import Row
    from capwright.audit.shapes import AuditEvent
    from capwright.projection.replica import Replica

__all__ = ["Balances", "Holder", "Step", "balances_at", "life_of", "parse_serial", "serial_history"]

BAD_SERIAL = define(
    "CW-8981",
    en="'{text}' is not a serial number.",
    zh="“{text}”不是序列号。",
    mend_en="Write the series, a hyphen and the number, like GDEA-2023-123456.",
    mend_zh="请填写系列、连字符和编号，例如 GDEA-2023-123456。",
    rule="design: units are numbered within their series",
)
NO_SERIES = define(
    "CW-8982",
    en="The journal knows no series {series}.",
    zh="日志中没有系列{series}。",
    mend_en="It knows: {known}.",
    mend_zh="已有系列：{known}。",
    rule="design: units are numbered within their series",
)
NOT_ISSUED = define(
    "CW-8983",
    en="Unit {number} of {series} was never issued; the series ends at {issued}.",
    zh="{series}第{number}号从未签发；该系列止于第{issued}号。",
    rule="design: units are numbered within their series",
)

_SERIAL: Final = re.compile(r"(\S.*)-([1-9][0-9]{0,17})", re.ASCII | re.DOTALL)
_LISTED: Final = 20


class Step(Struct, frozen=True):
    """One thing that happened to a unit: its issue (`source` empty) or a move, in the block `first`-`last`.

    `at_ms` is the time in ms UTC since 1970. `transaction_type` and `transaction_id` are empty for moves that
    are no typed transaction, such as holds.
    """

    seq: int
    at_ms: int
    command_id: str
    actor: str
    event: str
    source: str
    target: str
    first: int
    last: int
    transaction_type: str = ""
    transaction_id: str = ""


class Holder(Struct, frozen=True):
    """An account as it was opened, and whether it had been closed."""

    number: str
    type: str
    purpose: str
    holder: str
    name: str
    closed: bool


class Balances(Struct, frozen=True):
    """What lay where after row `seq`, whose time is `at_ms`: tonnes and fen by place."""

    seq: int
    at_ms: int
    units_t: dict[str, dict[str, int]]
    cash_fen: dict[str, int]
    accounts: dict[str, Holder]


def parse_serial(text: str) -> tuple[str, int]:
    """Read `GDEA-2023-123456` as series and number; refuse anything else."""
    found = _SERIAL.fullmatch(text.strip())
    if found is None:
        refuse(BAD_SERIAL, text=text[:60])
    return found[1], int(found[2])


def serial_history(rows: Iterable[Row], series: str, number: int) -> list[Step]:
    """Return everything that happened to unit `number` of `series`, oldest first.

    Refuses a series that was never opened and a number that was never issued. Rows that do not name the
    series are passed over without decoding.
    """
    needle, opening = msgspec.json.encode(series), b'"SeriesOpened"'
    steps: list[Step] = []
    issued: dict[str, int] = {}  # the last number of each series
    for row in rows:
        raw = row[5]
        if needle not in raw and opening not in raw:
            continue
        for event in read_events(raw, Findings(0)):
            if event.event == "SeriesOpened" and isinstance(event.series, dict):
                issued.setdefault(str(event.series.get("id", "")), 0)
            for issue in event.issues:
                if issue.series == series:
                    issued[series] = max(issued.get(series, 0), issue.last)
                    if issue.first <= number <= issue.last:
                        steps.append(_step(row, event, "", issue.target, issue.first, issue.last))
            steps.extend(
                _step(row, event, move.source, move.target, move.first, move.last)
                for move in event.units
                if move.first <= number <= move.last and move.series == series
            )
    if not steps:
        _refuse_unknown(series, number, issued)
    return steps


def life_of(replica: Replica, series: str, number: int) -> list[Step]:
    """The same as `serial_history` for the journal that a replica follows, from the replica's index of moves.

    It answers at once, however long the journal is, for rows that the replica's tables contain.
    """
    with replica.look() as market:
        issued = {one.id: one.issued_t for one in market.book.state.series.values()}
    steps = [Step(*row) for row in moves_of(replica.views, series, number)]
    if not steps:
        _refuse_unknown(series, number, issued)
    return steps


def _refuse_unknown(series: str, number: int, issued: dict[str, int]) -> Never:
    """Say why a unit has no history; `issued` is the last number of every series."""
    if series not in issued:
        known = list(issued)
        listed = ", ".join(known[:_LISTED]) + (" …" if len(known) > _LISTED else "")
        refuse(NO_SERIES, series=series, known=listed or "-")
    refuse(NOT_ISSUED, series=series, number=number, issued=issued[series])


def _step(row: Row, event: AuditEvent, source: str, target: str, first: int, last: int) -> Step:
    transaction = event.event == "TransactionCompleted"
    return Step(
        seq=row[0],
        at_ms=row[1],
        command_id=text_of(row[2]),
        actor=text_of(row[3]),
        event=event.event,
        source=source,
        target=target,
        first=first,
        last=last,
        transaction_type=str(event.type) if transaction and event.type else "",
        transaction_id=str(event.transaction_id) if transaction and event.transaction_id else "",
    )


def balances_at(rows: Iterable[Row], until_ms: int | None = None) -> Balances:
    """Return what lay where at the end of the millisecond `until_ms` (UTC since 1970); without it, now.

    Reads the rows in order up to that moment and no further.
    """
    replay = Replay(Findings(0))
    seq = at_ms = 0
    for row in rows:
        if until_ms is not None and row[1] > until_ms:
            break
        seq, at_ms = row[0], row[1]
        for event in read_events(row[5], replay.findings):
            replay.apply(event)
    units_t: dict[str, dict[str, int]] = {}
    for series, first, last, where in replay.blocks():
        here = units_t.setdefault(where, {})
        here[series] = here.get(series, 0) + last - first + 1
    return Balances(
        seq=seq,
        at_ms=at_ms,
        units_t=units_t,
        cash_fen={place.name: place.cash_fen for place in replay.places.values() if place.cash_fen},
        accounts={
            a.number: Holder(a.number, a.type, a.purpose, a.holder, a.name, a.closed)
            for a in replay.accounts.values()
        },
    )
