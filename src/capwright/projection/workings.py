"""How an account's quota was worked out: the steps that the journal keeps, read from their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.allocation.messages import AllowancesPreIssued, ObjectionDecided, QuotaApproved
from capwright.journal.codec import market_codec
from capwright.projection.rows import read_rows

if TYPE_CHECKING:
    from capwright.projection.views import Views

__all__ = ["Step", "Working", "workings_of"]

_COMMANDS: Final = ("ApproveProposal", "PreIssueAllowances", "ApproveQuota", "DecideObjection")


class Step(Struct, frozen=True):
    """One formula with symbols and with figures; `process` is empty for the sum over all of them."""

    process: str
    formula: str
    numbers: str


class Working(Struct, frozen=True):
    """What a row of the journal made of a vintage's quota: `what` is pre_issue, quota or objection."""

    seq: int
    at_ms: int
    what: str
    vintage: int
    result_t: int
    steps: tuple[Step, ...] = ()
    reason: str = ""


def workings_of(views: Views, url: str, account: str) -> list[Working]:
    """Every working of an account's quotas, the earliest first. Result: pre-issued or approved tonnes."""
    marks = ",".join("?" for _ in _COMMANDS)
    rows = views.rows(
        "SELECT act.seq FROM touch JOIN act ON act.seq = touch.seq"  # noqa: S608 - marks only
        f" WHERE account = ? AND refused = '' AND command IN ({marks}) ORDER BY act.seq",
        (account, *_COMMANDS),
    )
    codec, found = market_codec(), []
    for row in read_rows(views, url, [row["seq"] for row in rows]):
        for event in codec.events(row.events):
            if getattr(event, "account", "") != account:
                continue
            if isinstance(event, AllowancesPreIssued):
                made = ("pre_issue", event.vintage, event.pre_issued_t, _steps(event.steps))
                found.append(Working(row.seq, row.at, *made))
            elif isinstance(event, QuotaApproved):
                made = ("quota", event.vintage, event.approved_t, _steps(event.steps))
                found.append(Working(row.seq, row.at, *made))
            elif isinstance(event, ObjectionDecided):
                decided = ("objection", event.vintage, event.approved_t, (), event.reason)
                found.append(Working(row.seq, row.at, *decided))
    return found


def _steps(lines: tuple[str, ...]) -> tuple[Step, ...]:
    """The lines of an event, `process: formula; figures`, taken apart."""
    found = []
    for line in lines:
        head, _, numbers = line.partition("; ")
        process, colon, formula = head.partition(": ")
        found.append(Step(process, formula, numbers) if colon else Step("", head, numbers))
    return tuple(found)
