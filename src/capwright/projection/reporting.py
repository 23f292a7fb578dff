"""Emission reports as desks see them: where a firm's year stands, and who may verify it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.mrv.oversight_messages import AssignVerifier, Purpose
from capwright.mrv.room import MrvRoom
from capwright.mrv.state import FirmYear

if TYPE_CHECKING:
    from datetime import date

    from capwright.kernel.refusal import Refusal
    from capwright.market import Market
    from capwright.mrv.method import Method
    from capwright.scheme.mrv_rules import MrvRules

__all__ = [
    "PlanView",
    "Stage",
    "YearView",
    "filing_year",
    "method_names",
    "method_of",
    "methods_for",
    "plans_of",
    "purpose_due",
    "reporting_years",
    "rules_of",
    "stage_of",
    "verifier_choices",
    "view_of",
    "year_of",
    "years_of",
    "years_of_all",
]

# What a firm's year waits for: the report, a verifier, the verifier's statement, the review, another verifier
# (recheck, contested), the approval; approved: nothing.
Stage = Literal[
    "missing", "unassigned", "verification", "review", "recheck", "contested", "approve", "approved"
]


class YearView(Struct, frozen=True):
    """A firm's year. Tonnes of CO2e; None: not there yet. `verifier` has it, or had it last.

    `open_findings` wait for the firm's answer, `answered_findings` for the verifier.
    """

    account: str
    name: str
    sector: str
    year: int
    stage: Stage
    version: int
    versions: int
    method: str
    filed_on: date | None
    late: bool
    reported_t: int | None
    verified_t: int | None
    standing_t: int | None
    approved_t: int | None
    estimated: bool
    verifier: str
    opinion: str
    open_findings: int
    answered_findings: int
    contested: bool

    @property
    def difference_t(self) -> int | None:
        """What the verifier changed."""
        if self.verified_t is None or self.reported_t is None:
            return None
        return self.verified_t - self.reported_t


class PlanView(Struct, frozen=True):
    """A version of a firm's monitoring plan. `status`: filed, approved, returned, replaced, superseded."""

    account: str
    name: str
    version: int
    status: str
    on: date
    change: str
    method: str
    streams: int


def rules_of(market: Market, year: int) -> MrvRules | None:
    """The MRV rules of a year; None where no scheme has any."""
    try:
        rules: MrvRules = market.rulebook.vintage(year).section("mrv")
    except Refused:
        return None
    return rules


def filing_year(market: Market) -> int:
    """The year that reports are filed for now: the latest that has rules of its own; 0 where none has."""
    known = [rules.body.vintage or 0 for rules in market.rulebook.by_name.values() if rules.body.mrv]
    return max(known, default=0)


def method_of(market: Market, name: str) -> Method:
    """A method as the market has published it; refuses (CW-5405) another."""
    return room_of(market.rooms, MrvRoom).desk.method(name)


def method_names(market: Market) -> dict[str, tuple[str, str]]:
    """What the published methods are called, in English and Chinese, by id."""
    desk = room_of(market.rooms, MrvRoom)
    bodies = {id_: desk.desk.method(id_).body for id_ in desk.state.methods}
    return {id_: (body.en, body.zh) for id_, body in bodies.items()}


def methods_for(market: Market, sector: str, year: int) -> list[str]:
    """The published methods that a firm of a sector may use for a year."""
    published = list(room_of(market.rooms, MrvRoom).state.methods)
    rules = rules_of(market, year)
    allowed = rules.methods.get(sector, ()) if rules is not None else ()
    return [name for name in published if not allowed or name in allowed]


def stage_of(firm: FirmYear, *, review_required: bool = True) -> Stage:
    """The one thing that a firm's year waits for."""
    if firm.assignment is not None:
        return "verification"
    if firm.contest_open:
        return "contested"
    if firm.approved:
        return "approved"
    if firm.estimate_t is not None:
        return "approve"
    if firm.recheck_due:
        return "recheck"
    if firm.statements and firm.review != "returned":
        reviewed = firm.review == "accepted" or not review_required
        return "approve" if reviewed and firm.statement is not None else "review"
    return "unassigned" if firm.current is not None else "missing"


def purpose_due(firm: FirmYear) -> Purpose:
    """What a verifier would be assigned for now."""
    if firm.contest_open:
        return "reverification"
    return "recheck" if firm.recheck_due else "verification"


def year_of(market: Market, account: str, year: int) -> YearView | None:
    """A firm's year; None where nobody has done anything about it."""
    firm = room_of(market.rooms, MrvRoom).state.years.get(account, {}).get(year)
    return None if firm is None else view_of(market, account, year, firm)


def years_of(market: Market, account: str) -> list[YearView]:
    """A firm's years, the latest first."""
    years = room_of(market.rooms, MrvRoom).state.years.get(account, {})
    return [view_of(market, account, year, firm) for year, firm in sorted(years.items(), reverse=True)]


def reporting_years(market: Market) -> list[int]:
    """The years that anybody has reported for, the latest first."""
    state = room_of(market.rooms, MrvRoom).state
    return sorted({year for years in state.years.values() for year in years}, reverse=True)


def years_of_all(market: Market, year: int) -> list[YearView]:
    """One year of every firm that reports for it, those without a report included."""
    room = room_of(market.rooms, MrvRoom)
    rules = rules_of(market, year)
    required = rules is None or rules.review_required
    return [
        view_of(market, one.number, year, room.desk.of(one.number, year), review_required=required)
        for one in room.desk.firms(year)
    ]


def view_of(
    market: Market, number: str, year: int, firm: FirmYear, *, review_required: bool | None = None
) -> YearView:
    """A firm's year as desks see it."""
    if review_required is None:
        rules = rules_of(market, year)
        review_required = rules is None or rules.review_required
    account = market.book.state.accounts[number]
    current, last = firm.current, firm.statements[-1] if firm.statements else None
    statuses = [one.status for one in firm.findings.values()]
    return YearView(
        account=number,
        name=account.name,
        sector=account.sector,
        year=year,
        stage=stage_of(firm, review_required=review_required),
        version=current.version if current else 0,
        versions=len(firm.reports),
        method=current.method if current else "",
        filed_on=current.on if current else None,
        late=current.late if current else False,
        reported_t=current.emissions_t if current else None,
        verified_t=last.verified_t if last else None,
        standing_t=firm.standing_t,
        approved_t=firm.approved_t if firm.approved else None,
        estimated=firm.estimate_t is not None,
        verifier=firm.assignments[-1].verifier if firm.assignments else "",
        opinion=last.opinion if last else "",
        open_findings=statuses.count("open"),
        answered_findings=statuses.count("answered"),
        contested=firm.contested,
    )


def plans_of(market: Market, account: str = "") -> list[PlanView]:
    """An account's versions of its plan, the latest first; of all accounts those that wait for a decision."""
    state = room_of(market.rooms, MrvRoom).state
    accounts = market.book.state.accounts
    return [
        PlanView(
            number,
            accounts[number].name,
            one.version,
            one.status,
            one.on,
            one.change,
            one.plan.method if one.plan else "",
            len(one.plan.streams) if one.plan else 0,
        )
        for number, versions in state.plans.items()
        if not account or number == account
        for one in reversed(versions)
        if account or one.status == "filed"
    ]


def verifier_choices(
    market: Market, account: str, year: int, actor: str, at_ms: int
) -> list[tuple[str, str, Refusal | None]]:
    """Every verifier with its name, and why it may not be assigned (None: it may); those that may first."""
    state = room_of(market.rooms, MrvRoom).state
    purpose = purpose_due(state.years.get(account, {}).get(year) or FirmYear())
    found: list[tuple[str, str, Refusal | None]] = []
    for name, verifier in state.verifiers.items():
        command = AssignVerifier(account, year, name, purpose)
        refusal: Refusal | None = None
        try:
            list(market.decide(command, command_id="try", actor=actor, at_ms=at_ms))
        except Refused as no:
            refusal = no.refusal
        found.append((name, verifier.record.name, refusal))
    return sorted(found, key=lambda one: one[2] is not None)
