"""Verification: findings between verifier and firm, and the statement that ends it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.kernel.unit import total
from capwright.ledger.room import Request
from capwright.mrv.calculation import round_t
from capwright.mrv.desk import Desk
from capwright.mrv.messages import (
    AnswerFinding,
    CloseFinding,
    FindingAnswered,
    FindingClosed,
    FindingReported,
    ReportFinding,
    StateVerification,
    VerificationStated,
    VerifiedStream,
)
from capwright.mrv.reports import NO_REPORT
from capwright.mrv.state import Assignment, Filed, Finding, FirmYear, Statement
from capwright.mrv.verifiers import NO_ASSIGNMENT, TWO_HATS, Verifiers, check_unbarred
from capwright.scheme.mrv_rules import MrvRules, RecheckRules

__all__ = ["Verification", "apart", "is_material"]

NOT_ITS_PERSON = define(
    "CW-5440",
    en="{person} does not act for the verifier {verifier}.",
    zh="{person}不是核查机构{verifier}的登记人员。",
    mend_en="The register lists who acts for a verifier.",
    mend_zh="可办理的人员以名录登记为准。",
    rule="the register of verifiers",
)
NO_FINDING = define(
    "CW-5441",
    en="There is no finding {finding} for {account} and {year} that waits for this.",
    zh="{account}的{year}年度没有可如此处理的核查发现{finding}。",
    mend_en="It may be settled, or belong to an assignment that is over.",
    mend_zh="该发现可能已结清，或所属核查已结束。",
    rule="verification code",
)
OTHER_VERSION = define(
    "CW-5442",
    en="The current report of {account} for {year} is version {current}, not {version}.",
    zh="{account}的{year}年度现行报告为第{current}版，而不是第{version}版。",
    mend_en="State the result for the current version.",
    mend_zh="请对现行版本出具结论。",
    rule="verification code",
)
NO_STREAM = define(
    "CW-5443",
    en="The report counts no stream '{stream}', or it is named twice.",
    zh="报告中没有计入合计的排放源“{stream}”，或该源重复填写。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="verification code",
)
SUM_DIFFERS = define(
    "CW-5444",
    en="The streams come to {sum_t} t, the statement says {verified_t} t.",
    zh="各排放源合计{sum_t}吨，而结论为{verified_t}吨。",
    mend_en="List every stream whose figure is not the reported one.",
    mend_zh="请列明与报告值不同的全部排放源。",
    rule="design: every total explains itself",
)
MATERIAL = define(
    "CW-5445",
    en="{difference_t} t of {reported_t} t reported is a material difference ({share}): not 'unqualified'.",
    zh="差异{difference_t}吨（报告{reported_t}吨）超过重要性水平{share}，不得出具无保留结论。",
    mend_en="Have the report corrected, or qualify the opinion.",
    mend_zh="请要求更正报告，或出具保留结论。",
    rule="scheme: mrv.materiality_share",
)
UNSETTLED = define(
    "CW-5446",
    en="{count} findings are not settled: the opinion cannot be 'unqualified'.",
    zh="尚有{count}项核查发现未结清，不得出具无保留结论。",
    mend_en="Close them, or qualify the opinion.",
    mend_zh="请先结清，或出具保留结论。",
    rule="verification code",
)
NO_AMOUNT = define(
    "CW-5447",
    en="{value} is no amount for {what}.",
    zh="{value}不是有效的{what}数值。",
    mend_en="Give a plain number of tonnes.",
    mend_zh="请填写普通的吨数。",
    rule="design: bound everything",
)
NOT_CORRECTED = define(
    "CW-5448",
    en="The misstatement {finding} is of version {version} of the report, and no later one was filed.",
    zh="错报{finding}针对第{version}版报告，此后未提交更正报告。",
    mend_en="Wait for the corrected report, or settle the finding as explained.",
    mend_zh="请待企业提交更正报告，或按“已说明”结清。",
    rule="EU 2018/2067 art. 3(5): a misstatement is an error in reported data; verification code",
)

_MOST_DIGITS: Final = 50
_NEEDS_SETTLING: Final = frozenset({"misstatement", "nonconformity"})


def apart(rules: RecheckRules, reported_t: int, verified_t: int) -> bool:
    """Whether the figures are so far apart that another verifier must look: by share or by tonnes.

    Reaching the figure is enough: DECREE art. 7 says "10 % or 100,000 t and more". A share of nothing is
    reached by any difference.
    """
    difference_t = abs(reported_t - verified_t)
    if rules.difference_t is not None and difference_t >= rules.difference_t:
        return True
    if rules.difference_share is None or not difference_t:
        return False
    base_t = reported_t if rules.basis == "reported" else verified_t
    return difference_t >= Fraction(rules.difference_share) * base_t


def is_material(rules: MrvRules, reported_t: int, verified_t: int) -> Decimal | None:
    """The materiality share that the difference exceeds, or None. Above `large_from_t` the stricter holds."""
    share = rules.materiality_share
    if rules.large_materiality_share is not None and reported_t > (rules.large_from_t or 0):
        share = rules.large_materiality_share
    if share is None or abs(reported_t - verified_t) <= Fraction(share) * reported_t:
        return None
    return share


class Verification:
    """Handlers and appliers of findings and statements."""

    def __init__(self, desk: Desk, verifiers: Verifiers) -> None:
        self._desk = desk
        self._verifiers = verifiers

    def _mandate(self, actor: str, account: str, year: int) -> tuple[FirmYear, Assignment]:
        """The open mandate; refuses a sender who does not act for its verifier."""
        firm = self._desk.of(account, year)
        assignment = firm.assignment
        if assignment is None:
            refuse(NO_ASSIGNMENT, account=account, year=year)
        verifier = self._desk.verifier(assignment.verifier)
        if actor not in verifier.record.people:
            refuse(NOT_ITS_PERSON, person=actor, verifier=assignment.verifier)
        if self._desk.hooks.is_officer(actor) or self._desk.hooks.represents(actor, account):
            refuse(TWO_HATS, person=actor, account=account)
        return firm, assignment

    @staticmethod
    def _report(firm: FirmYear, account: str, year: int) -> Filed:
        current = firm.current
        if current is None:
            refuse(NO_REPORT, account=account, year=year)
        return current

    # Findings.

    def find(self, request: Request, command: ReportFinding) -> list[Event]:
        """Raise a finding."""
        firm, assignment = self._mandate(request.actor, command.account, command.year)
        current = self._report(firm, command.account, command.year)
        check_text("text", command.text, MAX_REASON)
        if command.stream and command.stream not in current.amounts:
            refuse(NO_STREAM, stream=command.stream, known=", ".join(current.amounts)[:500])
        if command.effect_t is not None and abs(command.effect_t) > MAX_T:
            refuse(NO_AMOUNT, value=command.effect_t, what="effect_t")
        return [
            FindingReported(
                finding_id=request.command_id,
                account=command.account,
                year=command.year,
                assignment_id=assignment.id,
                kind=command.kind,
                text=command.text,
                reported_by=request.actor,
                stream=command.stream,
                effect_t=command.effect_t,
            )
        ]

    def answer(self, request: Request, command: AnswerFinding) -> list[Event]:
        """Answer as the firm."""
        check_text("text", command.text, MAX_REASON)
        firm = self._desk.of(command.account, command.year)
        self._finding(firm, command.account, command.year, command.finding_id)
        return [
            FindingAnswered(
                finding_id=command.finding_id,
                account=command.account,
                year=command.year,
                text=command.text,
                answered_by=request.actor,
            )
        ]

    def close(self, request: Request, command: CloseFinding) -> list[Event]:
        """Settle as the verifier that raised it."""
        firm, _ = self._mandate(request.actor, command.account, command.year)
        found = self._finding(firm, command.account, command.year, command.finding_id)
        if command.outcome == "corrected" and found.kind == "misstatement":
            current = self._report(firm, command.account, command.year)
            if current.version <= found.version:
                refuse(NOT_CORRECTED, finding=command.finding_id[:60], version=found.version)
        return [
            FindingClosed(
                finding_id=command.finding_id,
                account=command.account,
                year=command.year,
                outcome=command.outcome,
                closed_by=request.actor,
                text=command.text,
            )
        ]

    @staticmethod
    def _finding(firm: FirmYear, account: str, year: int, finding_id: str) -> Finding:
        """A finding of the open mandate that is not settled."""
        found, mandate = firm.findings.get(finding_id), firm.assignment
        if found is None or mandate is None or found.assignment_id != mandate.id or found.settled:
            refuse(NO_FINDING, finding=finding_id[:60], account=account, year=year)
        return found

    # The statement.

    def state(self, request: Request, command: StateVerification) -> list[Event]:
        """State the outcome."""
        firm, assignment = self._mandate(request.actor, command.account, command.year)
        desk, current = self._desk, self._report(firm, command.account, command.year)
        today = desk.day(request.at_ms)
        verifier = desk.verifier(assignment.verifier)
        check_unbarred(verifier, today)
        self._verifiers.check_independent(verifier, desk.firm(command.account), command.year, today)
        if command.version != current.version:
            refuse(
                OTHER_VERSION,
                account=command.account,
                year=command.year,
                current=current.version,
                version=command.version,
            )
        verified = _verified(current, command.differing)
        if round_t(verified) != command.verified_t:
            refuse(SUM_DIFFERS, sum_t=round_t(verified), verified_t=command.verified_t)
        rules = desk.rules(command.year)
        if command.opinion == "unqualified":
            _check_unqualified(rules, firm, assignment, current, command.verified_t)
        return [
            VerificationStated(
                account=command.account,
                year=command.year,
                version=command.version,
                assignment_id=assignment.id,
                verifier=assignment.verifier,
                settles=assignment.purpose,
                reported_t=current.emissions_t,
                verified=verified,
                verified_t=command.verified_t,
                opinion=command.opinion,
                stated_by=request.actor,
                text=command.text,
                differing=command.differing,
                recheck=assignment.purpose == "verification"
                and command.opinion in {"unqualified", "qualified"}
                and apart(rules.recheck, current.emissions_t, command.verified_t),
                late=assignment.purpose == "verification"
                and rules.statement_due_on is not None
                and today > rules.statement_due_on,
            )
        ]

    # Appliers.

    def found(self, event: FindingReported, _at_ms: int) -> None:
        """Fold the event."""
        firm = self._desk.open(event.account, event.year)
        mandate = next(one for one in firm.assignments if one.id == event.assignment_id)
        firm.findings[event.finding_id] = Finding(
            event.assignment_id,
            mandate.verifier,
            event.kind,
            stream=event.stream,
            effect_t=event.effect_t,
            version=firm.current.version if firm.current is not None else 0,
        )

    def answered(self, event: FindingAnswered, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.open(event.account, event.year).findings[event.finding_id].status = "answered"

    def closed(self, event: FindingClosed, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.open(event.account, event.year).findings[event.finding_id].status = event.outcome

    def stated(self, event: VerificationStated, at_ms: int) -> None:
        """Fold the event: the mandate is over, and what it was to settle is settled."""
        firm = self._desk.open(event.account, event.year)
        for one in firm.assignments:
            if one.id == event.assignment_id:
                one.status = "stated"
        statement = Statement(
            assignment_id=event.assignment_id,
            verifier=event.verifier,
            version=event.version,
            reported_t=event.reported_t,
            verified_t=event.verified_t,
            opinion=event.opinion,
            on=self._desk.day(at_ms),
            late=event.late,
        )
        firm.statements.append(statement)
        firm.review = ""
        firm.recheck_due = event.recheck
        if event.settles == "reverification":
            firm.contest_open = False
        if statement.usable:
            firm.estimate_t = None


def _verified(current: Filed, differing: tuple[VerifiedStream, ...]) -> Decimal:
    """What the streams come to with the verifier's figures in place of the reported ones."""
    amounts = dict(current.amounts)
    seen: set[str] = set()
    for one in differing:
        if one.stream not in amounts or one.stream in seen:
            refuse(NO_STREAM, stream=one.stream[:60], known=", ".join(amounts)[:500])
        seen.add(one.stream)
        if not _is_amount(one.emissions):
            refuse(NO_AMOUNT, value=str(one.emissions)[:40], what=one.stream)
        amounts[one.stream] = one.emissions
    verified = total(amounts.values())
    if not 0 <= verified <= MAX_T:
        refuse(NO_AMOUNT, value=str(round(verified, 2)), what="verified_t")
    return verified


def _is_amount(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    small = isinstance(exponent, int) and abs(exponent) <= _MOST_DIGITS and len(digits) <= _MOST_DIGITS
    return small and abs(value) <= MAX_T


def _check_unqualified(
    rules: MrvRules, firm: FirmYear, assignment: Assignment, current: Filed, verified_t: int
) -> None:
    """An opinion without reserve needs settled findings and no material difference."""
    unsettled = [
        one
        for one in firm.findings.values()
        if one.assignment_id == assignment.id and one.kind in _NEEDS_SETTLING and not one.settled
    ]
    if unsettled:
        refuse(UNSETTLED, count=len(unsettled))
    share = is_material(rules, current.emissions_t, verified_t)
    if share is not None:
        refuse(
            MATERIAL,
            difference_t=abs(current.emissions_t - verified_t),
            reported_t=current.emissions_t,
            share=f"{share:.1%}",
        )
