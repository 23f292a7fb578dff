"""Judging a vintage and imposing what the scheme has for a shortfall."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from capwright.compliance.duties import Duties
from capwright.compliance.messages import (
    AssessCompliance,
    ComplianceAssessed,
    ImposeSanction,
    SanctionImposed,
)
from capwright.compliance.sanctions import assess, check_fine, mean_price_fen_per_t
from capwright.compliance.state import Judgement
from capwright.compliance.status import Deadline, YearlyStatus, cumulative_status, yearly_status
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import define, refuse
from capwright.ledger.accounts import Account
from capwright.ledger.book import Book
from capwright.ledger.clock import local_time
from capwright.ledger.room import Request
from capwright.ledger.rulebook import Rulebook
from capwright.scheme.compliance_rules import ComplianceRules

__all__ = ["Judging"]

NOT_SHORT = define(
    "CW-7107",
    en="{account} was not short for {vintage} at the deadline, or was not judged, or is sanctioned already.",
    zh="{account}在{vintage}年度截止时并无欠缴，或尚未评定，或已处罚。",
    rule="DECREE art. 36",
)

TOO_LARGE = define(
    "CW-7062",
    en="The fine of {account} would be {fine_fen} fen; {most_fen} fen is the most that can be booked.",
    zh="对{account}的罚款将达{fine_fen}分，可记账上限为{most_fen}分。",
    mend_en="Name a smaller fine within the legal range, or check the trades behind the mean price.",
    mend_zh="请在法定范围内指明较小的罚款，或核对计算均价的成交。",
    rule="design: bound everything",
)

# Settled trades as (day, tonnes, amount in fen).
Trades = Callable[[], Iterable[tuple[date, int, int]]]


class Judging:
    """Handlers and appliers of judgement and sanction."""

    def __init__(self, duties: Duties, book: Book, rulebook: Rulebook, trades: Trades) -> None:
        self._duties = duties
        self._book = book
        self._rulebook = rulebook
        self._trades = trades

    def _rules(self, year: int) -> ComplianceRules:
        rules: ComplianceRules = self._rulebook.vintage(year).section("compliance")
        return rules

    def assess(self, request: Request, command: AssessCompliance) -> list[Event]:
        """Judge every account with a duty for the vintage, in the order of their opening."""
        rules = self._rules(command.vintage)
        today = local_time(self._rulebook.now(), request.at_ms).date()
        judge = self._judge_cumulative if rules.status == "cumulative" else self._judge_year
        return [
            judge(rules, account, command.vintage, today)
            for account in self._book.state.accounts.values()
            if self._has_duty(account, command.vintage)
        ]

    def _has_duty(self, account: Account, year: int) -> bool:
        if account.government or account.purpose != "holding":
            return False
        if self._duties.known(account.number, year):
            return True
        ended = account.last_year and account.last_year < year
        return bool(account.first_year) and account.first_year <= year and not ended

    def _judge_year(
        self, rules: ComplianceRules, account: Account, vintage: int, today: date
    ) -> ComplianceAssessed:
        duty = self._duties.of(account.number, vintage)
        if duty.excluded or duty.emissions_t is None:
            status = YearlyStatus.EXCLUDED if duty.excluded else YearlyStatus.NOT_REPORTED
            return ComplianceAssessed(account=account.number, vintage=vintage, status=status, on=today)
        deadline = Deadline(rules.surrender_due_on, rules.surrender_due_on_original)
        result = yearly_status(duty.owed_t, self._dated(account.number, vintage), deadline, today)
        return ComplianceAssessed(
            account=account.number,
            vintage=vintage,
            status=result.status,
            on=today,
            owed_t=result.obligation_t,
            surrendered_t=result.surrendered_t,
            shortfall_t=result.shortfall_t,
            shortfall_at_due_t=result.shortfall_at_due_t if today > deadline.due_on else 0,
        )

    def _dated(self, account: str, *years: int) -> list[tuple[date, int]]:
        rules = self._rulebook.now()
        return [
            (local_time(rules, at_ms).date(), quantity_t)
            for year in years
            for at_ms, quantity_t in self._duties.of(account, year).surrenders
        ]

    def _judge_cumulative(
        self, rules: ComplianceRules, account: Account, vintage: int, today: date
    ) -> ComplianceAssessed:
        """The status of today; what is lacking counts the emissions up to the vintage."""
        record = self._duties.record(account, rules.status_since or 0)
        emitted_t = sum(t for year, t in record.emissions.items() if year <= vintage)
        due_on = rules.surrender_due_on
        by_due_t = record.surrendered_t
        if today > due_on:
            dated = self._dated(account.number, *self._duties.years(account.number, rules.status_since or 0))
            by_due_t = sum(quantity_t for on, quantity_t in dated if on <= due_on)
        return ComplianceAssessed(
            account=account.number,
            vintage=vintage,
            status=cumulative_status(record, today.year),
            on=today,
            owed_t=emitted_t,
            surrendered_t=record.surrendered_t,
            shortfall_t=max(emitted_t - record.surrendered_t, 0),
            shortfall_at_due_t=max(emitted_t - by_due_t, 0) if today > due_on else 0,
        )

    def impose(self, _request: Request, command: ImposeSanction) -> list[Event]:
        """Impose the sanction on what was lacking at the deadline; once."""
        rules = self._rules(command.vintage)
        duty = self._duties.of(command.account, command.vintage)
        judgement = duty.judgement
        if judgement is None or not judgement.shortfall_at_due_t or duty.sanctioned:
            refuse(NOT_SHORT, account=command.account, vintage=command.vintage)
        price = mean_price_fen_per_t(self._trades(), rules.surrender_due_on)
        sanction = assess(rules.sanctions, judgement.shortfall_at_due_t, price)
        fine_fen = sanction.fine_least_fen if command.fine_fen is None else command.fine_fen
        check_fine(sanction, fine_fen)
        due_fen = fine_fen + sanction.penalty_fen
        if due_fen > MAX_FEN:
            refuse(TOO_LARGE, account=command.account, fine_fen=due_fen, most_fen=MAX_FEN)
        return [
            SanctionImposed(
                account=command.account,
                vintage=command.vintage,
                shortfall_t=judgement.shortfall_at_due_t,
                deduct_t=sanction.deduction_t,
                fine_fen=due_fen,
            )
        ]

    def assessed(self, event: ComplianceAssessed, _at_ms: int) -> None:
        """Fold the event."""
        self._duties.open(event.account, event.vintage).judgement = Judgement(
            event.status,
            event.on,
            event.owed_t,
            event.surrendered_t,
            event.shortfall_t,
            event.shortfall_at_due_t,
        )

    def sanctioned(self, event: SanctionImposed, _at_ms: int) -> None:
        """Fold the event."""
        duty = self._duties.open(event.account, event.vintage)
        duty.sanctioned = True
        duty.fine_fen += event.fine_fen
        duty.deduct_t += event.deduct_t
