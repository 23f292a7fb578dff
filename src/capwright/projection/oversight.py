"""What the authority looks at: the cap and what became of it, quotas by sector, verifiers and their work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.allocation.room import AllocationRoom
from capwright.compliance.room import ComplianceRoom
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.mrv.room import MrvRoom

if TYPE_CHECKING:
    from datetime import date

    from capwright.allocation.cap import CapStatement
    from capwright.market import Market
    from capwright.mrv.state import Verifier

__all__ = [
    "DutyRow",
    "SectorQuota",
    "VerifierView",
    "cap_of",
    "duties_of",
    "sector_names",
    "sector_quotas",
    "verifiers_of",
    "vintages_of",
]


class DutyRow(Struct, frozen=True):
    """A firm's duty of a vintage. `left_t` is still owed; `status` is empty until it was judged."""

    account: str
    name: str
    sector: str
    vintage: int
    emissions_t: int | None
    owed_t: int
    surrendered_t: int
    left_t: int
    excluded: bool
    status: str
    shortfall_t: int
    sanctioned: bool
    fine_fen: int
    deduct_t: int

    @property
    def stage(self) -> str:
        """excluded, done, sanctioned, short (judged so), owing (the last day is ahead, or nobody judged)."""
        if self.excluded:
            return "excluded"
        if self.sanctioned:
            return "sanctioned"
        if self.shortfall_t:
            return "short"
        return "owing" if self.left_t else "done"


class SectorQuota(Struct, frozen=True):
    """A sector's quotas of a vintage, tonnes."""

    sector: str
    firms: int
    pre_issued_t: int
    approved_t: int
    free_t: int
    issued_t: int
    settled: int
    objections: int


class VerifierView(Struct, frozen=True):
    """A verifier with its work and its record. `barred`: a red card holds."""

    id: str
    name: str
    office: str
    people: tuple[str, ...]
    sectors: tuple[str, ...]
    active: bool
    open: int
    stated: int
    findings: int
    changed_t: int
    ratings: tuple[tuple[int, str, str], ...]
    cards: tuple[tuple[str, date, date | None], ...]
    barred: bool


def vintages_of(market: Market) -> list[int]:
    """Vintages with quotas or duties, the latest first."""
    quotas = room_of(market.rooms, AllocationRoom).state.quotas
    duties = room_of(market.rooms, ComplianceRoom).state.duties
    return sorted({*quotas, *(year for years in duties.values() for year in years)}, reverse=True)


def cap_of(market: Market, vintage: int) -> CapStatement | None:
    """The cap account of a vintage; None where its scheme has no cap."""
    try:
        return room_of(market.rooms, AllocationRoom).cap_statement(vintage)
    except Refused:
        return None


def sector_names(market: Market) -> dict[str, tuple[str, str]]:
    """English and Chinese names of the sectors in force."""
    coverage = market.rulebook.now().body.coverage
    return {one.code: (one.en, one.zh) for one in coverage.sectors} if coverage is not None else {}


def sector_quotas(market: Market, vintage: int) -> list[SectorQuota]:
    """A vintage's quotas by sector, the largest first."""
    sums: dict[str, list[int]] = {}
    accounts = market.book.state.accounts
    for number, quota in room_of(market.rooms, AllocationRoom).state.quotas.get(vintage, {}).items():
        row = sums.setdefault(accounts[number].sector, [0] * 7)
        added = (
            1, quota.pre_issued_t or 0, quota.approved_t or 0, quota.free_t,
            quota.issued_t - quota.recalled_t, quota.settled, quota.objection == "open",
        )  # fmt: skip
        for n, value in enumerate(added):
            row[n] += value
    return sorted(
        (SectorQuota(sector, *row) for sector, row in sums.items()), key=lambda one: -one.approved_t
    )


def duties_of(market: Market, vintage: int) -> list[DutyRow]:
    """Every firm's duty of a vintage, what is owed most at the head."""
    duties = room_of(market.rooms, ComplianceRoom).state.duties
    found = []
    for number, years in duties.items():
        duty = years.get(vintage)
        if duty is None:
            continue
        account, judged = market.book.state.accounts[number], duty.judgement
        surrendered_t = duty.surrendered_t
        found.append(
            DutyRow(
                number, account.name, account.sector, vintage, duty.emissions_t, duty.owed_t, surrendered_t,
                0 if duty.excluded else max(0, duty.owed_t - surrendered_t), duty.excluded,
                judged.status if judged else "", judged.shortfall_at_due_t if judged else 0, duty.sanctioned,
                duty.fine_fen, duty.deduct_t,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.left_t, one.account))


def verifiers_of(market: Market, today: date) -> list[VerifierView]:
    """The register, with what each verifier has to do and has done."""
    state = room_of(market.rooms, MrvRoom).state
    work = {name: [0, 0, 0, 0] for name in state.verifiers}
    for years in state.years.values():
        for firm in years.values():
            for one in firm.assignments:
                work[one.verifier][0] += one.status == "open"
                work[one.verifier][1] += one.status == "stated"
            for finding in firm.findings.values():
                work[finding.verifier][2] += 1
            for statement in firm.statements:
                work[statement.verifier][3] += abs(statement.verified_t - statement.reported_t)
    return [_verifier(one, work[name], today) for name, one in state.verifiers.items()]


def _verifier(one: Verifier, work: list[int], today: date) -> VerifierView:
    record = one.record
    return VerifierView(
        id=record.id,
        name=record.name,
        office=record.office,
        people=record.people,
        sectors=record.sectors,
        active=record.active,
        open=work[0],
        stated=work[1],
        findings=work[2],
        changed_t=work[3],
        ratings=tuple((year, found.grade, f"{found.score:f}") for year, found in sorted(one.ratings.items())),
        cards=tuple((card.colour, card.on, card.until) for card in one.cards),
        barred=any(c.colour == "red" and (c.until is None or today <= c.until) for c in one.cards),
    )
