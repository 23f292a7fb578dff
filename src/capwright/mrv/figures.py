"""The figure that counts: reviewed, contested, estimated, approved, restated.

Figures are entries: an approval posts one, a restatement takes it back and posts another. The sum of the
entries is the figure; what is owed follows from it in compliance, in the same command.
"""

from __future__ import annotations

from datetime import timedelta

from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.room import Request
from capwright.mrv.desk import Desk
from capwright.mrv.figure_messages import (
    ApproveEmissions,
    ContestFigure,
    EmissionsApproved,
    EmissionsEstimated,
    EmissionsRestated,
    EstimateEmissions,
    FigureContested,
    RecordReview,
    RestateEmissions,
    ReviewRecorded,
)
from capwright.mrv.reports import NO_REPORT
from capwright.mrv.state import Entry, FirmYear

__all__ = ["Figures"]

NOTHING_STANDS = define(
    "CW-5470",
    en="No figure stands for {account} and {year}: nothing usable is verified, nothing is estimated.",
    zh="{account}的{year}年度尚无可核定的排放量：既无可用的核查结论，也未测算。",
    mend_en="Verify a report, or estimate the emissions.",
    mend_zh="请先核查报告，或由主管部门测算。",
    rule="DECREE art. 7",
)
RECHECK_DUE = define(
    "CW-5471",
    en="{account}, {year}: another verifier must re-check the figure first.",
    zh="{account}的{year}年度排放量须先由另一机构复查。",
    mend_en="Assign one with the purpose `recheck`.",
    mend_zh="请以复查（recheck）为用途指派核查机构。",
    rule="DECREE art. 7: 10 % or 100,000 t",
)
CONTEST_OPEN = define(
    "CW-5472",
    en="{account}, {year}: the firm contests the figure; another verifier must verify it again first.",
    zh="{account}对{year}年度排放量有异议，须先由另一机构重新核查。",
    mend_en="Assign one with the purpose `reverification`.",
    mend_zh="请以重新核查（reverification）为用途指派核查机构。",
    rule="DECREE art. 7",
)
NOT_REVIEWED = define(
    "CW-5473",
    en="{account}, {year}: the verification is not reviewed and accepted yet.",
    zh="{account}的{year}年度核查报告尚未通过评议。",
    mend_en="Record the review first.",
    mend_zh="请先登记评议结果。",
    rule="scheme: mrv.review_required",
)
OTHER_FIGURE = define(
    "CW-5474",
    en="The figure that stands is {standing_t} t, not {given_t} t.",
    zh="待核定的排放量为{standing_t}吨，而不是{given_t}吨。",
    mend_en="Approve the figure that stands.",
    mend_zh="请按待核定的数值核定。",
    rule="design: nobody approves what he has not seen",
)
APPROVED = define(
    "CW-5475",
    en="The emissions of {account} for {year} are approved: {approved_t} t.",
    zh="{account}的{year}年度排放量已核定为{approved_t}吨。",
    mend_en="A correction is a restatement.",
    mend_zh="更正请办理“更正核定排放量”（RestateEmissions）。",
    rule="restatement = reversal and new posting",
)
NOT_APPROVED = define(
    "CW-5476",
    en="The emissions of {account} for {year} are not approved yet.",
    zh="{account}的{year}年度排放量尚未核定。",
    rule="restatement = reversal and new posting",
)
SAME_FIGURE = define(
    "CW-5477",
    en="The approved figure is {emissions_t} t already.",
    zh="已核定的排放量就是{emissions_t}吨。",
    rule="restatement = reversal and new posting",
)
CONTESTED = define(
    "CW-5478",
    en="The figure of {account} for {year} was contested once; another time is not possible.",
    zh="{account}已对{year}年度排放量提出过异议，不得再次提出。",
    rule="one contest for each figure",
)
CONTEST_LATE = define(
    "CW-5479",
    en="The figure of {account} for {year} is approved; it can no longer be contested.",
    zh="{account}的{year}年度排放量已核定，异议期已过。",
    rule="scheme: mrv.contest_days",
)
USABLE = define(
    "CW-5480",
    en="{account} has a usable verified figure for {year}: {verified_t} t; there is nothing to estimate.",
    zh="{account}的{year}年度已有可用的核查排放量{verified_t}吨，无须测算。",
    mend_en="Approve it, or send it back in the review.",
    mend_zh="请予核定，或在评议中退回。",
    rule="DECREE art. 7",
)
NOT_CAUTIOUS = define(
    "CW-5481",
    en="{emissions_t} t is below the {least_t} t that the firm reported or a verifier found.",
    zh="{emissions_t}吨低于企业报告或核查得出的{least_t}吨。",
    mend_en="An estimate errs on the safe side.",
    mend_zh="测算应从严（取保守值）。",
    rule="conservative estimate",
)
NO_STATEMENT = define(
    "CW-5482",
    en="{account} has no statement for {year} that waits for a review.",
    zh="{account}的{year}年度没有待评议的核查结论。",
    rule="verification review 核查评议",
)
REVIEWER = define(
    "CW-5483",
    en="{body} verified this report and may not review it.",
    zh="{body}核查过该报告，不得承担评议。",
    rule="GZETS 2018-03-16: review and verification are kept apart",
)
DIRECT = define(
    "CW-5484",
    en="The emissions of {account} for {year} were approved here: they are restated, not recorded anew.",
    zh="{account}的{year}年度排放量已经核定，只能更正，不得重新登记。",
    mend_en="Use RestateEmissions.",
    mend_zh="请办理“更正核定排放量”（RestateEmissions）。",
    rule="restatement = reversal and new posting",
)
RANGE = define(
    "CW-5485",
    en="{emissions_t} t is no emission figure.",
    zh="{emissions_t}吨不是有效的排放量。",
    mend_en="Give whole tonnes from 0 to 1,000,000,000,000.",
    mend_zh="请填写0至1,000,000,000,000之间的整数吨。",
    rule="design: bound everything",
)


class Figures:
    """Handlers and appliers of the figure that counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Review and contest.

    def review(self, request: Request, command: RecordReview) -> list[Event]:
        """Record the review of the last statement."""
        firm = self._desk.of(command.account, command.year)
        if not firm.statements or firm.review or firm.approved:
            refuse(NO_STATEMENT, account=command.account, year=command.year)
        if command.body and any(one.verifier == command.body for one in firm.statements):
            refuse(REVIEWER, body=command.body)
        if command.outcome == "accepted":
            if firm.recheck_due:
                refuse(RECHECK_DUE, account=command.account, year=command.year)
            if firm.statement is None:  # its opinion makes it of no use
                refuse(NOTHING_STANDS, account=command.account, year=command.year)
        else:
            check_text("text", command.text, MAX_REASON)
        return [
            ReviewRecorded(
                account=command.account,
                year=command.year,
                outcome=command.outcome,
                recorded_by=request.actor,
                text=command.text,
                body=command.body,
            )
        ]

    def reviewed(self, event: ReviewRecorded, _at_ms: int) -> None:
        """Fold the event."""
        firm = self._desk.open(event.account, event.year)
        firm.review = event.outcome
        if event.outcome != "accepted":
            firm.recheck_due = event.outcome == "recheck"

    def contest(self, request: Request, command: ContestFigure) -> list[Event]:
        """Ask for another verification."""
        check_text("reason", command.reason, MAX_REASON)
        account, year = command.account, command.year
        firm = self._desk.of(account, year)
        figure_t = firm.approved_t if firm.approved else firm.standing_t
        if figure_t is None:
            refuse(NOTHING_STANDS, account=account, year=year)
        if firm.contested:
            refuse(CONTESTED, account=account, year=year)
        if firm.recheck_due:
            refuse(RECHECK_DUE, account=account, year=year)
        if firm.current is None:
            refuse(NO_REPORT, account=account, year=year)
        if firm.approved:
            days = self._desk.rules(year).contest_days
            today, since = self._desk.day(request.at_ms), firm.entries[0].on
            if days is None or today > since + timedelta(days=days):
                refuse(CONTEST_LATE, account=account, year=year)
        return [
            FigureContested(
                account=account,
                year=year,
                figure_t=figure_t,
                reason=command.reason,
                contested_by=request.actor,
            )
        ]

    def contested(self, event: FigureContested, _at_ms: int) -> None:
        """Fold the event."""
        firm = self._desk.open(event.account, event.year)
        firm.contest_open = firm.contested = True

    # Estimate.

    def estimate(self, _request: Request, command: EstimateEmissions) -> list[Event]:
        """Estimate on the safe side where nothing usable was filed."""
        check_text("reason", command.reason, MAX_REASON)
        check_text("basis", command.basis, MAX_REASON)
        _check_range(command.emissions_t)
        self._desk.firm(command.account)
        self._desk.rules(command.year)
        firm = self._desk.of(command.account, command.year)
        if firm.approved:
            self._refuse_approved(command.account, command.year, firm)
        if firm.statement is not None:
            verified_t = firm.statement.verified_t
            refuse(USABLE, account=command.account, year=command.year, verified_t=verified_t)
        least_t = _least_t(firm)
        if command.emissions_t < least_t:
            refuse(NOT_CAUTIOUS, emissions_t=command.emissions_t, least_t=least_t)
        return [
            EmissionsEstimated(
                account=command.account,
                year=command.year,
                emissions_t=command.emissions_t,
                reason=command.reason,
                basis=command.basis,
            )
        ]

    def estimated(self, event: EmissionsEstimated, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.open(event.account, event.year).estimate_t = event.emissions_t

    # Approval.

    def approve(self, request: Request, command: ApproveEmissions) -> list[Event]:
        """Approve the figure that stands, and post it to compliance."""
        self._desk.firm(command.account)
        rules = self._desk.rules(command.year)
        firm = self._desk.of(command.account, command.year)
        if firm.approved:
            self._refuse_approved(command.account, command.year, firm)
        standing_t, statement = firm.standing_t, firm.statement
        if standing_t is None:
            refuse(NOTHING_STANDS, account=command.account, year=command.year)
        if firm.contest_open:
            refuse(CONTEST_OPEN, account=command.account, year=command.year)
        verified = firm.estimate_t is None and statement is not None
        if verified and firm.recheck_due:
            refuse(RECHECK_DUE, account=command.account, year=command.year)
        if verified and rules.review_required and firm.review != "accepted":
            refuse(NOT_REVIEWED, account=command.account, year=command.year)
        if standing_t != command.emissions_t:
            refuse(OTHER_FIGURE, standing_t=standing_t, given_t=command.emissions_t)
        current = firm.current
        used = current if verified else None
        approved = EmissionsApproved(
            account=command.account,
            year=command.year,
            emissions_t=standing_t,
            basis="verified" if verified else "estimated",
            approved_by=request.actor,
            version=used.version if used is not None else 0,
            verifier=statement.verifier if verified and statement is not None else "",
            measured=used.measured if used is not None else (),
            processes=used.processes if used is not None else {},
        )
        posted = self._desk.hooks.record(request, command.account, command.year, standing_t, command.parts)
        return [approved, *posted]

    def approved(self, event: EmissionsApproved, at_ms: int) -> None:
        """Fold the event: post the figure."""
        firm = self._desk.open(event.account, event.year)
        firm.entries.append(Entry(event.emissions_t, event.basis, self._desk.day(at_ms)))

    def restate(self, request: Request, command: RestateEmissions) -> list[Event]:
        """Take the approved figure back and post another one."""
        check_text("reason", command.reason, MAX_REASON)
        _check_range(command.emissions_t)
        firm = self._desk.of(command.account, command.year)
        if not firm.approved:
            refuse(NOT_APPROVED, account=command.account, year=command.year)
        if firm.contest_open:
            refuse(CONTEST_OPEN, account=command.account, year=command.year)
        if firm.approved_t == command.emissions_t:
            refuse(SAME_FIGURE, emissions_t=command.emissions_t)
        restated = EmissionsRestated(
            account=command.account,
            year=command.year,
            reversed_t=firm.approved_t,
            emissions_t=command.emissions_t,
            reason=command.reason,
        )
        posted = self._desk.hooks.record(
            request, command.account, command.year, command.emissions_t, command.parts
        )
        return [restated, *posted]

    def restated(self, event: EmissionsRestated, at_ms: int) -> None:
        """Fold the event: two entries."""
        on = self._desk.day(at_ms)
        self._desk.open(event.account, event.year).entries += [
            Entry(-event.reversed_t, "restated", on, event.reason),
            Entry(event.emissions_t, "restated", on, event.reason),
        ]

    def check_direct(self, account: str, year: int) -> None:
        """Refuse (CW-5484) that a figure approved here is recorded past this room."""
        if self._desk.of(account, year).approved:
            refuse(DIRECT, account=account, year=year)

    @staticmethod
    def _refuse_approved(account: str, year: int, firm: FirmYear) -> None:
        refuse(APPROVED, account=account, year=year, approved_t=firm.approved_t)


def _least_t(firm: FirmYear) -> int:
    """The largest figure that anybody gave for the year, usable or not."""
    reported = [one.emissions_t for one in firm.reports if not one.withdrawn]
    return max([0, *reported, *(one.verified_t for one in firm.statements)])


def _check_range(emissions_t: int) -> None:
    if not 0 <= emissions_t <= MAX_T:
        refuse(RANGE, emissions_t=emissions_t)
