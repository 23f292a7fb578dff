"""The journal's events as the auditor reads them: strict about postings, blind to what it does not need.

Written from the journal's format description, not from the market's classes. Decoding is typed because that
is the quickest way to check every posting's fields: none missing, none unknown, none of another type.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

__all__ = ["AuditEvent", "CashMove", "UnitIssue", "UnitMove", "decode_each", "decode_events"]

Serial = Annotated[int, Meta(ge=1, le=2**62)]
Amount = Annotated[int, Meta(ge=1, le=2**62)]
Name = Annotated[str, Meta(min_length=1)]


class UnitIssue(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Units come into being."""

    series: Name
    first: Serial
    last: Serial
    target: Name


class UnitMove(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Units change place."""

    series: Name
    first: Serial
    last: Serial
    source: Name
    target: Name


class CashMove(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Cash changes place."""

    amount_fen: Amount
    source: Name
    target: Name


class AuditEvent(Struct, frozen=True, gc=False):
    """Any event. The fields after the postings mean something for some types only and are checked there."""

    event: Name
    issues: tuple[UnitIssue, ...] = ()
    units: tuple[UnitMove, ...] = ()
    cash: tuple[CashMove, ...] = ()
    account: Any = None
    number: Any = None
    series: Any = None
    transaction_id: Any = None
    type: Any = None
    source: Any = None
    target: Any = None
    quantity_t: Any = None
    reverses: Any = None


decode_events = msgspec.json.Decoder(list[AuditEvent]).decode
_decode_raw = msgspec.json.Decoder(list[Raw]).decode
_decode_one = msgspec.json.Decoder(AuditEvent).decode


def decode_each(raw: bytes) -> list[AuditEvent | str]:
    """Decode event by event, for rows that `decode_events` refuses.

    A malformed event is represented by what is wrong with it.
    """
    found: list[AuditEvent | str] = []
    for one in _decode_raw(raw):
        try:
            found.append(_decode_one(one))
        except msgspec.ValidationError as fault:
            found.append(str(fault))
    return found
