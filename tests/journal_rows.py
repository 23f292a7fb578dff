"""Makes small journals by hand for the tests of the auditor, the history and the exports."""

from __future__ import annotations

import json
from hashlib import sha256

SERIES = "GDEA-2023"
ISSUE, FIRM, OTHER, SINK = "GD-100-1-0-20", "GD-121-7-0-55", "GD-121-8-0-43", "GD-300-3-0-17"
NOON_MS = 1_704_081_600_000  # 2024-01-01 04:00 UTC, noon in Guangzhou


def size(column: bytes) -> bytes:
    return len(column).to_bytes(4, "big") + column


def seal(rows, start=None):
    """Chain rows of (seq, at, command_id, actor, command, events): not by the product's code."""
    before = sha256(b"capwright journal 1").digest() if start is None else start
    for seq, at, command_id, actor, command, events in rows:
        packed = size(seq.to_bytes(8, "big")) + size(at.to_bytes(8, "big"))
        for column in (command_id.encode(), actor.encode(), command, events):
            packed += size(column)
        before = sha256(before + packed).digest()
        yield seq, at, command_id, actor, command, events, before


def plain(*batches, step_ms=1000):
    """Rows without hashes, one for each batch (a list of events)."""
    return [
        (
            number,
            NOON_MS + step_ms * (number - 1),
            f"c-{number}",
            "operator",
            b'{"command":"Do"}',
            json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        for number, events in enumerate(batches, 1)
    ]


def journal(*batches, step_ms=1000):
    """A sound chain over batches of events."""
    return list(seal(plain(*batches, step_ms=step_ms)))


def opened(number, purpose="holding", name=""):
    account = {
        "number": number,
        "type": purpose,
        "purpose": purpose,
        "holder": f"h-{number}",
        "name": name or number,
    }
    return {"event": "AccountOpened", "account": {**account, "opened_on": "2024-01-01", "status": "open"}}


def closed(number):
    return {"event": "AccountClosed", "number": number}


def series(name=SERIES, kind="GDEA", vintage=2023):
    return {"event": "SeriesOpened", "series": {"id": name, "kind": kind, "vintage": vintage, "issued_t": 0}}


def issue(first, last, target, name=SERIES):
    return {
        "event": "UnitsIssued",
        "issues": [{"series": name, "first": first, "last": last, "target": target}],
    }


def unit(first, last, source, target, name=SERIES):
    return {"series": name, "first": first, "last": last, "source": source, "target": target}


def cash(amount_fen, source, target):
    return {"amount_fen": amount_fen, "source": source, "target": target}


def moved(*units, cash=(), name="UnitsMoved"):
    event = {"event": name}
    if units:
        event["units"] = list(units)
    if cash:
        event["cash"] = list(cash)
    return event


def completed(transaction_id, kind, source, target, quantity_t, *units, reverses=""):
    event = {
        "event": "TransactionCompleted",
        "units": list(units),
        "transaction_id": transaction_id,
        "type": kind,
        "source": source,
        "target": target,
        "quantity_t": quantity_t,
    }
    if reverses:
        event["reverses"] = reverses
    return event


def refused(**more):
    return {"event": "CommandRefused", "refusal": {"code": "CW-3001", "details": {}}, **more}


def opening():
    """Four accounts and one series, the usual first row."""
    return [
        opened(ISSUE, "issue"),
        opened(FIRM),
        opened(OTHER),
        opened(SINK, "surrender"),
        series(),
    ]
