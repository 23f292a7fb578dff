"""Units come into being up to the cap, and are frozen and released inside an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.ledger.accounts import Series, series_id
from capwright.ledger.checks import (
    GIVER_UNKNOWN,
    check_free,
    check_kind,
    check_quantity,
    check_receiver,
    check_vintage,
    transaction_type,
)
from capwright.ledger.messages import UnitIssue
from capwright.ledger.place import EXIT_BUCKET, frozen
from capwright.registry.messages import (
    FreezeUnits,
    IssueUnits,
    ReleaseUnits,
    SeriesOpened,
    UnitsFrozen,
    UnitsIssued,
    UnitsReleased,
)

if TYPE_CHECKING:
    from capwright.kernel.message import Event
    from capwright.ledger.book import Book
    from capwright.ledger.room import Request
    from capwright.ledger.rulebook import Rulebook
    from capwright.scheme.registry_rules import UnitKind

__all__ = ["Units"]

KIND_UNKNOWN = define(
    "CW-3006",
    en="The scheme {scheme} has no unit kind {kind}.",
    zh="方案{scheme}没有{kind}品种。",
    rule="scheme",
)
SERIES_FULL = define(
    "CW-3011",
    en="Series {series} would grow to {issued_t} t; 1,000,000,000,000 t is the most.",
    zh="{series}系列将达{issued_t}吨，上限为1,000,000,000,000吨。",
    rule="design: bound everything",
)
NO_PROJECT = define(
    "CW-3012",
    en="Units of kind {kind} are not issued for a project, but project {project} is named.",
    zh="{kind}不按项目签发，但指明了项目{project}。",
    mend_en="Only credits carry a project; allowances share the cap of their vintage.",
    mend_zh="仅减排量按项目签发；配额共用该年度的总量。",
    rule="UK registry check 3500: one cap for all allowances of a period",
)
CONVERTED_ONLY = define(
    "CW-3013",
    en="Units of kind {kind} are never issued afresh: they come from allowances given up for them.",
    zh="{kind}不单独签发，仅由放弃的配额转换而来。",
    mend_en="Use ConvertToSpecial.",
    mend_zh="请办理“转换为专用配额”（ConvertToSpecial）。",
    rule="GZETS 2025-05-12: special quota replaces the remaining free quota of leavers",
)
ABOVE_CAP = define(
    "CW-3500",
    en="Issuing {quantity_t} t of {series} would exceed the cap: {left_t} t of {cap_t} t are left.",
    zh="签发{series}共{quantity_t}吨将突破配额总量：总量{cap_t}吨，剩余{left_t}吨。",
    mend_en="The cap stands in the scheme of the vintage.",
    mend_zh="配额总量见该年度方案。",
    rule="UK registry check 3500; transaction-log check 10004",
)
RESERVED = define(
    "CW-3014",
    en="Units under '{reason}' are frozen and freed by the rules on leavers, not by hand.",
    zh="“{reason}”项下的配额按转出规则冻结和解冻，不得手工办理。",
    mend_en="Two people of the authority free them with ReleaseExitPart; for a freeze give another reason.",
    mend_zh="由主管部门两人办理“分期解冻”（ReleaseExitPart）；其他冻结请另写事由。",
    rule="GZETS 2022-01-06, 2024-01-12, 2025-05-12",
)

# The transaction type by which units of a family come into being.
_ISSUANCE = {"allowance": "issuance", "credit": "credit_issuance"}


class Units:
    """Handlers and appliers for issuance and freezes."""

    def __init__(self, book: Book, rulebook: Rulebook) -> None:
        self._book = book
        self._rulebook = rulebook

    def issue(self, _request: Request, command: IssueUnits) -> list[Event]:
        """Issue units; allowances only up to the cap of their vintage."""
        rules = self._rulebook.now()
        kind = rules.unit_kinds.get(command.kind)
        if kind is None:
            refuse(KIND_UNKNOWN, scheme=rules.scheme.name, kind=command.kind)
        if kind.family == "special":
            refuse(CONVERTED_ONLY, kind=kind.code)
        check_vintage(command.vintage)
        check_quantity(command.quantity_t)
        check_text("project", command.project, MAX_ID, least=0)
        if command.project and kind.family != "credit":
            refuse(NO_PROJECT, kind=kind.code, project=command.project)
        row = transaction_type(rules, _ISSUANCE[kind.family])
        check_kind(rules, kind.code, row, check_receiver(self._book, command.target, row))
        name = series_id(command.kind, command.vintage, command.project)
        series = self._book.state.series.get(name)
        issued_t = series.issued_t if series else 0
        self._check_room(kind, command, name, issued_t)
        events: list[Event] = []
        if series is None:
            events.append(SeriesOpened(Series(name, command.kind, command.vintage, command.project)))
        issue = UnitIssue(name, issued_t + 1, issued_t + command.quantity_t, command.target)
        events.append(
            UnitsIssued(series=name, quantity_t=command.quantity_t, target=command.target, issues=(issue,))
        )
        return events

    def _check_room(self, kind: UnitKind, command: IssueUnits, series: str, issued_t: int) -> None:
        if kind.family == "allowance":
            cap_t = self._rulebook.vintage(command.vintage).section("cap").total_t
            left_t = cap_t - self._allowances_t(command.vintage)
            if command.quantity_t > left_t:
                refuse(ABOVE_CAP, quantity_t=command.quantity_t, series=series, left_t=left_t, cap_t=cap_t)
        if issued_t + command.quantity_t > MAX_T:
            refuse(SERIES_FULL, series=series, issued_t=issued_t + command.quantity_t)

    def _allowances_t(self, vintage: int) -> int:
        """What was issued of a vintage: all kinds of allowances share its cap."""
        kinds = self._rulebook.now().unit_kinds
        allowances = {code for code, kind in kinds.items() if kind.family == "allowance"}
        return sum(
            series.issued_t
            for series in self._book.state.series.values()
            if series.vintage == vintage and series.kind in allowances
        )

    def freeze(self, _request: Request, command: FreezeUnits) -> list[Event]:
        """Move units from the free bucket into a frozen one."""
        self._check_freeze(command)
        check_free(self._book, command.account, command.series, command.quantity_t)
        there = frozen(command.account, command.reason)
        return [
            UnitsFrozen(
                account=command.account,
                series=command.series,
                quantity_t=command.quantity_t,
                reason=command.reason,
                units=self._book.moves(command.account, there, command.series, command.quantity_t),
            )
        ]

    def release(self, _request: Request, command: ReleaseUnits) -> list[Event]:
        """Move frozen units back into the free bucket."""
        self._check_freeze(command)
        there = frozen(command.account, command.reason)
        check_free(self._book, there, command.series, command.quantity_t)
        return [
            UnitsReleased(
                account=command.account,
                series=command.series,
                quantity_t=command.quantity_t,
                reason=command.reason,
                units=self._book.moves(there, command.account, command.series, command.quantity_t),
            )
        ]

    def _check_freeze(self, command: FreezeUnits | ReleaseUnits) -> None:
        if self._book.account(command.account) is None:
            refuse(GIVER_UNKNOWN, account=command.account)
        check_text("reason", command.reason, MAX_ID)
        if command.reason == EXIT_BUCKET:
            refuse(RESERVED, reason=command.reason)
        check_quantity(command.quantity_t)

    # Appliers.

    def series_opened(self, event: SeriesOpened, _at_ms: int) -> None:
        """Fold the event."""
        series = event.series
        self._book.state.series[series.id] = Series(series.id, series.kind, series.vintage, series.project)
