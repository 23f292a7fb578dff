"""The register of verifiers: who they are, what bars them, and whom they are assigned to.

Rotation, independence and capacity come from the scheme. Where DECREE is silent the scheme's figures are
documented defaults.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_NAME, MAX_REASON, check_text
from capwright.ledger.accounts import Account
from capwright.ledger.room import Request
from capwright.mrv.desk import Desk
from capwright.mrv.oversight_messages import (
    AssignmentEnded,
    AssignVerifier,
    EndAssignment,
    EngagementRecorded,
    RecordEngagement,
    RegisterVerifier,
    VerifierAssigned,
    VerifierRegistered,
)
from capwright.mrv.state import Assignment, Engagement, FirmYear, Verifier

__all__ = ["Verifiers", "check_unbarred", "years_later"]

NOBODY = define(
    "CW-5450",
    en="The verifier {verifier} needs at least one person, and each once.",
    zh="核查机构{verifier}须登记至少一名人员，且不得重复。",
    rule="design: people act, not bodies",
)
TWO_HATS = define(
    "CW-5451",
    en="{person} is an officer of the market or represents {account}, and may not verify.",
    zh="{person}是市场工作人员或{account}的代表，不得从事核查。",
    mend_en="Name another person.",
    mend_zh="请另指定人员。",
    rule="separation of duties",
)
RED = define(
    "CW-5452",
    en="{verifier} has a red card: it may neither be assigned nor state anything.",
    zh="{verifier}持有红牌，不得承接核查，也不得出具结论。",
    mend_en="Assign another verifier.",
    mend_zh="请另行指派核查机构。",
    rule="Guangdong 2021-07-26: credit file of verifiers",
)
ROTATION = define(
    "CW-5453",
    en="{verifier} has verified {account} {years} years running; another must have {year}.",
    zh="{verifier}已连续{years}年核查{account}，{year}年度须更换机构。",
    mend_en="Assign another verifier.",
    mend_zh="请另行指派核查机构。",
    rule="scheme: mrv.verifiers.rotation_years",
)
CONSULTED = define(
    "CW-5454",
    en="{verifier} consulted for {account} until {until}.",
    zh="{verifier}曾为{account}提供咨询，至{until}止。",
    mend_en="Assign a verifier that is independent of the firm.",
    mend_zh="请指派与企业无利益关系的核查机构。",
    rule="scheme: mrv.verifiers.consulting_bar_years, never_consulting_sectors",
)
FULL = define(
    "CW-5455",
    en="{verifier} has {most} firms for {year} already.",
    zh="{verifier}的{year}年度核查企业已达{most}家。",
    mend_en="Assign another verifier.",
    mend_zh="请另行指派核查机构。",
    rule="scheme: mrv.verifiers.most_assignments; the register",
)
ASSIGNED = define(
    "CW-5456",
    en="{verifier} is assigned to {account} for {year} and has not stated its result yet.",
    zh="{account}的{year}年度已指派{verifier}，尚未出具结论。",
    mend_en="End that assignment first, or wait for the statement.",
    mend_zh="请等待其出具结论，或先终止该指派。",
    rule="one verifier at a time",
)
SAME_BODY = define(
    "CW-5457",
    en="{verifier} has looked at {account} for {year} before: another verifier is needed.",
    zh="{verifier}已核查过{account}的{year}年度，须由其他机构进行。",
    mend_en="Assign a verifier that has not seen this report.",
    mend_zh="请指派未核查过该报告的机构。",
    rule="DECREE art. 7",
)
NOT_DUE = define(
    "CW-5458",
    en="{account}: no {purpose} is due for {year}.",
    zh="{account}的{year}年度目前无须{purpose_zh}。",
    mend_en="A re-check follows from a difference or a review, another verification from a contest.",
    mend_zh="复查因差异或评议而起，重新核查因异议而起。",
    rule="DECREE art. 7",
)
INACTIVE = define(
    "CW-5459",
    en="{verifier} is not active, or does not verify the sector '{sector}'.",
    zh="{verifier}已停业，或不承接“{sector}”行业核查。",
    mend_en="Assign another verifier.",
    mend_zh="请另行指派核查机构。",
    rule="the register of verifiers",
)
NO_ASSIGNMENT = define(
    "CW-5460",
    en="No verifier is assigned to {account} for {year}.",
    zh="{account}的{year}年度没有指派核查机构。",
    rule="DECREE art. 7",
)
BAD_NUMBER = define(
    "CW-5461",
    en="{value} is no number of firms.",
    zh="{value}不是有效的企业数。",
    mend_en="Give 0 for no limit, or up to 100,000.",
    mend_zh="不限填0，否则不超过100,000。",
    rule="design: bound everything",
)
ELSEWHERE = define(
    "CW-5462",
    en="{person} acts for {other}: nobody acts for two verifiers.",
    zh="{person}已在{other}登记，不得同时在两家机构执业。",
    mend_en="Take the person out of the other record first.",
    mend_zh="请先从该机构名录中移除此人。",
    rule="separation of duties",
)

_MOST_FIRMS: Final = 100_000
_LEAP_DAY: Final = (2, 29)
_PURPOSES: Final = {"verification": "核查", "recheck": "复查", "reverification": "重新核查"}


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 28 February for a leap day that is not there."""
    year = min(day.year + years, date.max.year)
    if (day.month, day.day) == _LEAP_DAY:
        day = date(day.year, 2, 28)
    return day.replace(year=year)


def check_unbarred(verifier: Verifier, today: date) -> None:
    """Refuse (CW-5452) a verifier with a red card that still bars."""
    for card in verifier.cards:
        if card.colour == "red" and (card.until is None or today <= card.until):
            refuse(RED, verifier=verifier.record.id)


class Verifiers:
    """Handlers and appliers of the register and of assignments."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # The register.

    def register(self, _request: Request, command: RegisterVerifier) -> list[Event]:
        """Enter or correct a verifier."""
        record = command.verifier
        check_text("verifier", record.id, MAX_ID)
        check_text("name", record.name, MAX_NAME)
        if not record.people or len(set(record.people)) < len(record.people):
            refuse(NOBODY, verifier=record.id)
        if not 0 <= record.capacity <= _MOST_FIRMS:
            refuse(BAD_NUMBER, value=record.capacity)
        for person in record.people:
            check_text("person", person, MAX_ID)
            if self._desk.hooks.is_officer(person):
                refuse(TWO_HATS, person=person, account="-")
            for other in self._desk.state.verifiers.values():
                if other.record.id != record.id and other.record.active and person in other.record.people:
                    refuse(ELSEWHERE, person=person, other=other.record.id)
        return [VerifierRegistered(verifier=record)]

    def registered(self, event: VerifierRegistered, _at_ms: int) -> None:
        """Fold the event."""
        known = self._desk.state.verifiers.get(event.verifier.id)
        if known is None:
            self._desk.state.verifiers[event.verifier.id] = Verifier(event.verifier)
        else:
            known.record = event.verifier

    def engage(self, _request: Request, command: RecordEngagement) -> list[Event]:
        """Record work outside this market."""
        self._desk.verifier(command.verifier)
        self._desk.firm(command.account)
        return [
            EngagementRecorded(
                verifier=command.verifier,
                account=command.account,
                kind=command.kind,
                until=command.until,
                year=command.year,
            )
        ]

    def engaged(self, event: EngagementRecorded, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.state.verifiers[event.verifier].engagements.append(
            Engagement(event.account, event.kind, event.until, event.year)
        )

    # Who may verify whom.

    def check_independent(self, verifier: Verifier, account: Account, year: int, today: date) -> None:
        """Refuse a verifier that consulted for the firm too lately, or ever in a sector that bars it."""
        rules = self._desk.rules(year).verifiers
        for work in verifier.engagements:
            if work.account != account.number or work.kind != "consulting":
                continue
            years = rules.consulting_bar_years
            barred = years is not None and today < years_later(work.until, years)
            if barred or account.sector in rules.never_consulting_sectors:
                refuse(
                    CONSULTED,
                    verifier=verifier.record.id,
                    account=account.number,
                    until=work.until.isoformat(),
                )
        for person in verifier.record.people:
            if self._desk.hooks.is_officer(person) or self._desk.hooks.represents(person, account.number):
                refuse(TWO_HATS, person=person, account=account.number)

    def _check_rotation(self, verifier: Verifier, account: str, year: int) -> None:
        most = self._desk.rules(year).verifiers.rotation_years
        if most is None:
            return
        name = verifier.record.id
        years = {w.year for w in verifier.engagements if w.account == account and w.kind == "verification"}
        years |= {
            year
            for year, firm in self._desk.state.years.get(account, {}).items()
            if any(one.verifier == name and one.purpose == "verification" for one in _done(firm))
        }
        running = 0
        while year - running - 1 in years:
            running += 1
        if running >= most:
            refuse(ROTATION, verifier=name, account=account, years=running, year=year)

    def _check_capacity(self, verifier: Verifier, year: int) -> None:
        name = verifier.record.id
        limits = [verifier.record.capacity or None, self._desk.rules(year).verifiers.most_assignments]
        given = [limit for limit in limits if limit is not None]
        if not given:
            return
        taken = sum(
            any(one.verifier == name and one.status != "ended" for one in years[year].assignments)
            for years in self._desk.state.years.values()
            if year in years
        )
        if taken >= min(given):
            refuse(FULL, verifier=name, most=min(given), year=year)

    # Assignments.

    def assign(self, request: Request, command: AssignVerifier) -> list[Event]:
        """Give a verifier a mandate."""
        desk = self._desk
        account = desk.firm(command.account)
        desk.rules(command.year)
        verifier = desk.verifier(command.verifier)
        firm = desk.of(command.account, command.year)
        today = desk.day(request.at_ms)
        self._check_due(command, firm)
        record = verifier.record
        if not record.active or (record.sectors and account.sector not in record.sectors):
            refuse(INACTIVE, verifier=record.id, sector=account.sector)
        check_unbarred(verifier, today)
        self.check_independent(verifier, account, command.year, today)
        if command.purpose == "verification":
            self._check_rotation(verifier, account.number, command.year)
        elif any(one.verifier == record.id for one in _done(firm)):
            refuse(SAME_BODY, verifier=record.id, account=account.number, year=command.year)
        self._check_capacity(verifier, command.year)
        return [
            VerifierAssigned(
                assignment_id=request.command_id,
                account=command.account,
                year=command.year,
                verifier=command.verifier,
                purpose=command.purpose,
                on=today,
            )
        ]

    @staticmethod
    def _check_due(command: AssignVerifier, firm: FirmYear) -> None:
        waiting = firm.assignment
        if waiting is not None:
            refuse(ASSIGNED, verifier=waiting.verifier, account=command.account, year=command.year)
        estimated = firm.approved and firm.entries[-1].basis == "estimated"
        due = {
            "verification": firm.statement is None and (not firm.approved or estimated),
            "recheck": firm.recheck_due,
            "reverification": firm.contest_open,
        }
        if not due[command.purpose]:
            refuse(
                NOT_DUE, account=command.account, year=command.year,
                purpose=command.purpose, purpose_zh=_PURPOSES[command.purpose],
            )  # fmt: skip

    def end(self, _request: Request, command: EndAssignment) -> list[Event]:
        """Take a mandate back."""
        check_text("reason", command.reason, MAX_REASON)
        waiting = self._desk.of(command.account, command.year).assignment
        if waiting is None:
            refuse(NO_ASSIGNMENT, account=command.account, year=command.year)
        return [
            AssignmentEnded(
                assignment_id=waiting.id, account=command.account, year=command.year, reason=command.reason
            )
        ]

    def assigned(self, event: VerifierAssigned, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.open(event.account, event.year).assignments.append(
            Assignment(event.assignment_id, event.verifier, event.purpose, event.on)
        )

    def ended(self, event: AssignmentEnded, _at_ms: int) -> None:
        """Fold the event."""
        for one in self._desk.open(event.account, event.year).assignments:
            if one.id == event.assignment_id:
                one.status = "ended"


def _done(firm: FirmYear) -> list[Assignment]:
    """The mandates that ended in a statement."""
    return [one for one in firm.assignments if one.status == "stated"]
