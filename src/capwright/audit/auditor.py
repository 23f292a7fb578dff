"""The audit of a whole journal: one pass; memory grows with blocks, command and transaction ids."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import msgspec

from capwright.audit import findings as says
from capwright.audit.chain import Chain
from capwright.audit.findings import Findings
from capwright.audit.replay import Replay
from capwright.audit.report import AuditReport, make_report
from capwright.audit.shapes import AuditEvent, decode_each, decode_events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.audit.chain import Row

__all__ = ["audit", "read_events"]

_json_is_sound = msgspec.json.Decoder(msgspec.Raw).decode


def audit(rows: Iterable[Row], *, expected_head: str | None = None, limit: int = 200) -> AuditReport:
    """Check a journal from its first row and return what was found.

    `expected_head` is the hash (hexadecimal) that the last row should have, from a source other than the
    journal itself: only it can show that rows are missing at the end or that all of them were rewritten. At
    most `limit` findings are kept; all are counted.
    """
    findings = Findings(limit)
    chain, replay = Chain(findings), Replay(findings)
    collecting = gc.isenabled()
    gc.disable()  # nothing here makes reference cycles, and looking for them takes a tenth of the time
    try:
        counts = _read(rows, chain, replay, findings)
    finally:
        if collecting:
            gc.enable()
    findings.seq = findings.event = 0
    head = chain.head.hex()
    if expected_head is not None and head != expected_head.lower():
        findings.add(says.HEAD_DIFFERS, found=head, expected=expected_head)
    replay.check_end()
    return make_report(replay, findings, head, chain.at, counts)


def _read(rows: Iterable[Row], chain: Chain, replay: Replay, findings: Findings) -> dict[str, int]:
    """Check and apply every row; return the counts."""
    apply, check = replay.apply, chain.check
    rows_seen = refused_rows = events_seen = 0
    for row in rows:
        rows_seen += 1
        findings.event = 0
        if not check(row):
            continue
        _check_command(row[4], findings)
        events = read_events(row[5], findings)
        events_seen += len(events)
        for findings.event, event in enumerate(events, 1):
            apply(event)
        if replay.refusals:
            refused_rows += 1
            replay.refusals = 0
            event = events[0]
            if len(events) != 1 or event.issues or event.units or event.cash:
                findings.event = 0
                findings.add(says.REFUSED_POSTS)
    return {"rows": rows_seen, "refused": refused_rows, "events": events_seen}


def _check_command(raw: bytes, findings: Findings) -> None:
    """Note a command that cannot be read."""
    try:
        if not raw.isascii():
            raw.decode()
        _json_is_sound(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        findings.add(says.NOT_JSON, column="command", fault=str(fault))


def read_events(raw: bytes, findings: Findings) -> list[AuditEvent]:
    """Decode the events column; note what cannot be read and return what can."""
    try:
        if not raw.isascii():
            raw.decode()
        return decode_events(raw)
    except msgspec.ValidationError:
        return _decode_singly(raw, findings)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        findings.add(says.NOT_JSON, column="events", fault=str(fault))
    return []


def _decode_singly(raw: bytes, findings: Findings) -> list[AuditEvent]:
    sound: list[AuditEvent] = []
    try:
        each = decode_each(raw)
    except msgspec.ValidationError as fault:  # no array
        findings.add(says.MALFORMED, fault=str(fault))
        return sound
    except msgspec.DecodeError as fault:  # of a wrong shape before the place where it stops being JSON
        findings.add(says.NOT_JSON, column="events", fault=str(fault))
        return sound
    for number, event in enumerate(each, 1):
        if isinstance(event, str):
            findings.event = number
            findings.add(says.MALFORMED, fault=event)
        else:
            sound.append(event)
    findings.event = 0
    return sound
