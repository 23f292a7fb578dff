"""Cases of the exchange's surveillance, as the risk rule of 2015-11-12 has them (official).

Interviews have a day's written notice; a second suspension within a year ends the membership. Sanctions need
two people. Not in the rule, and decided here (default):

* A suspended or former member's open orders and offers are cancelled: left alone they would go on trading.
* A measure on trading is kept by its case and stands for itself. While it stands, `LiftHalt` cannot end the
  halt that carries it, `Halt` cannot shorten it, and a former member cannot be admitted anew. The one way out
  before its time is `LiftMeasure`, wanted by two people and on the file of the case; the halt is then lifted
  like any other, so that a halt that was there for another reason is not lost with the measure.
* A halt that reaches further than a suspension keeps its end.
* Measures may be set aside in a closed case too, as on appeal; nothing else may happen there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from typing import Any, Final, get_args

from msgspec.structs import replace

from capwright.exchange import case_messages as m
from capwright.exchange.case_refusals import (
    BAD_CHOICE,
    BAD_DAY,
    CLOSED,
    END_OR_NOT,
    NO_CASE,
    NO_INTERVIEW,
    NO_MEASURE,
    NO_PARTY,
    NO_PRODUCT,
    NO_REPORT,
    NO_RULES,
    PENDING,
    SHORT_NOTICE,
    STANDS,
)
from capwright.exchange.deals import deal_release
from capwright.exchange.desk import Desk
from capwright.exchange.messages import AdmitMember, ExchangeAnnouncement, Halt, LiftHalt, TradingHalted
from capwright.exchange.state import CaseEntry, CaseState, Measure
from capwright.kernel.message import Event
from capwright.kernel.refusal import refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger.clock import local_ms, local_time
from capwright.ledger.room import Request
from capwright.scheme.exchange_rules import SurveillanceRules

__all__ = ["Cases"]

_MOST_DAYS: Final = 3660  # ten years: bound everything
_MOST_WAIT_DAYS: Final = 366


def anniversary(on: date) -> date:
    """The day a year later; that of 29 February is 1 March."""
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        return date(on.year + 1, 3, 1)


class Cases(Desk):
    """Handlers and appliers of cases, and what a measure forbids others to do."""

    # Looking up.

    def _surveillance(self) -> SurveillanceRules:
        found = self.rules().surveillance
        return found if found is not None else refuse(NO_RULES)

    def _today(self, request: Request) -> date:
        return local_time(self.rulebook.now(), request.at_ms).date()

    def _case(self, case_id: str, *, closed: bool = False) -> CaseState:
        case = self.state.cases.get(case_id)
        if case is None:
            refuse(NO_CASE, case=case_id[:100])
        if case.closed_ms and not closed:
            refuse(CLOSED, case=case_id)
        return case

    def _party(self, case: CaseState) -> str:
        if not case.account:
            refuse(NO_PARTY, account="")
        return case.account

    def _standing(self, account: str, at_ms: int) -> Iterator[Measure]:
        """The measures on trading that stand for an account."""
        for case in self.state.cases.values():
            if case.account == account:
                yield from (measure for measure in case.measures if measure.stands(at_ms))

    # Handlers.

    def open(self, request: Request, command: m.OpenCase) -> list[Event]:
        """Open a case."""
        self._surveillance()
        self._check_choice(command.trigger, m.Trigger)
        check_text("text", command.text, MAX_REASON)
        check_text("alert", command.alert, MAX_REASON, least=0)
        if command.account and command.account not in self.ledger.state.accounts:
            refuse(NO_PARTY, account=command.account[:100])
        return [
            m.CaseOpened(
                case_id=request.command_id,
                trigger=command.trigger,
                text=command.text,
                account=command.account,
                alert=command.alert,
            )
        ]

    def _check_choice(self, choice: str, kinds: Any) -> None:
        if choice not in get_args(kinds):
            refuse(BAD_CHOICE, choice=str(choice)[:100], known=", ".join(get_args(kinds)))

    def _check_day(self, day: date, first: date, most_days: int) -> None:
        last = first + timedelta(days=most_days)
        if not first <= day <= last:
            refuse(BAD_DAY, day=str(day), first=str(first), last=str(last))

    def summon(self, request: Request, command: m.SummonInterview) -> list[Event]:
        """Give notice of an interview."""
        self._party(self._case(command.case_id))
        check_text("text", command.text, MAX_REASON)
        days = self._surveillance().interview_notice_days
        first = self._today(request) + timedelta(days=days)
        if not first <= command.on <= first + timedelta(days=_MOST_WAIT_DAYS):
            refuse(SHORT_NOTICE, on=str(command.on), days=days, first=str(first))
        return [m.InterviewSummoned(case_id=command.case_id, on=command.on, text=command.text)]

    def interview(self, request: Request, command: m.RecordInterview) -> list[Event]:
        """Record an interview."""
        case = self._case(command.case_id)
        check_text("text", command.text, MAX_REASON)
        today = self._today(request)
        if case.interview_on is None or today < case.interview_on:
            refuse(NO_INTERVIEW, case=case.id, today=str(today), on=str(case.interview_on or "-"))
        return [m.InterviewHeld(case_id=case.id, text=command.text)]

    def require(self, request: Request, command: m.RequireReport) -> list[Event]:
        """Ask for a report."""
        self._party(self._case(command.case_id))
        check_text("text", command.text, MAX_REASON)
        self._check_day(command.due, self._today(request), _MOST_WAIT_DAYS)
        return [m.ReportRequired(case_id=command.case_id, due=command.due, text=command.text)]

    def report(self, _request: Request, command: m.RecordReport) -> list[Event]:
        """Record a report."""
        case = self._case(command.case_id)
        check_text("text", command.text, MAX_REASON)
        if case.report_due is None:
            refuse(NO_REPORT, case=case.id)
        return [m.ReportReceived(case_id=case.id, text=command.text)]

    def warn(self, request: Request, command: m.PublishWarning) -> list[Event]:
        """Publish a risk warning. Which occasions call for one is left to the exchange."""
        case = self._case(command.case_id)
        if command.product and command.product not in {product.code for product in self.rules().products}:
            refuse(NO_PRODUCT, product=command.product[:100])
        notice = self._notice(request, command.title, command.text, command.product, warning=True)
        noted = m.WarningPublished(case_id=case.id, announcement_id=request.command_id, title=command.title)
        return [notice, noted]

    def _notice(
        self, request: Request, title: str, text: str, product: str = "", *, warning: bool = False
    ) -> ExchangeAnnouncement:
        check_text("title", title, MAX_ID)
        check_text("text", text, 2 * MAX_REASON)
        return ExchangeAnnouncement(
            announcement_id=request.command_id, title=title, text=text, product=product, warning=warning
        )

    def tell_regulator(self, _request: Request, command: m.ReportToRegulator) -> list[Event]:
        """Report the case to the regulator."""
        case = self._case(command.case_id)
        check_text("text", command.text, MAX_REASON)
        return [m.CaseReported(case_id=case.id, text=command.text)]

    def impose(self, request: Request, command: m.ImposeMeasure) -> list[Event]:
        """Impose a measure."""
        case = self._case(command.case_id)
        account = self._party(case)
        measure, until = command.measure, command.until
        self._check_choice(measure, m.MeasureKind)
        check_text("title", command.title, MAX_ID, least=0)
        if (measure == "suspend") != (until is not None):
            refuse(END_OR_NOT, measure=measure, until=str(until or "-"))
        today = self._today(request)
        imposed = m.MeasureImposed(
            case_id=case.id,
            measure_id=request.command_id,
            account=account,
            measure=measure,
            text=command.text,
            on=today,
        )
        if measure == "publish":
            return [self._notice(request, command.title, command.text), imposed]
        check_text("text", command.text, MAX_REASON)
        ended = next((one for one in self._standing(account, request.at_ms) if not one.until_ms), None)
        if ended is not None:
            self._refuse_standing(ended)
        if until is not None:
            imposed = self._suspension(imposed, today, until)
        return [imposed, *self._stop(imposed, request.at_ms)]

    def _suspension(self, plain: m.MeasureImposed, today: date, until: date) -> m.MeasureImposed:
        """The suspension with its end, or the end of membership when it is one suspension too many."""
        self._check_day(until, today, _MOST_DAYS)
        before = sum(
            1
            for case in self.state.cases.values()
            for one in case.measures
            if one.account == plain.account and one.suspends and today < anniversary(one.on)
        )
        if before + 1 >= self._surveillance().suspensions_to_end:
            return replace(plain, measure="end_membership", suspensions=before + 1)
        end_ms = local_ms(self.rulebook.now(), until + timedelta(days=1), time())
        return replace(plain, until_ms=end_ms)

    def _stop(self, imposed: m.MeasureImposed, at_ms: int) -> list[Event]:
        """Halt the account, no shorter than it is halted already, and take its orders and offers back."""
        account, until_ms = imposed.account, imposed.until_ms
        halt = self.state.halts.get(account)
        if halt is not None and until_ms and (not halt.until_ms or halt.until_ms > max(until_ms, at_ms)):
            until_ms = halt.until_ms
        orders = [order for order in self.state.orders.values() if order.account == account]
        deals = [
            deal_release(self, deal, "halt")
            for deal in self.state.deals.values()
            if account in (deal.account, deal.counterparty)
        ]
        halted = TradingHalted(target=account, reason=imposed.text, until_ms=until_ms)
        return [halted, *self.cancellations(orders, "halt"), *deals]

    def lift(self, request: Request, command: m.LiftMeasure) -> list[Event]:
        """Set a measure aside."""
        case = self._case(command.case_id, closed=True)
        check_text("text", command.text, MAX_REASON)
        found = next((one for one in case.measures if one.id == command.measure_id), None)
        if found is None or not found.stands(request.at_ms):
            refuse(NO_MEASURE, case=case.id, measure=command.measure_id[:100])
        return [m.MeasureLifted(case_id=case.id, measure_id=found.id, text=command.text)]

    def close(self, _request: Request, command: m.CloseCase) -> list[Event]:
        """Close a case."""
        case = self._case(command.case_id)
        check_text("text", command.text, MAX_REASON)
        if case.interview_on is not None or case.report_due is not None:
            refuse(PENDING, case=case.id)
        return [m.CaseClosed(case_id=case.id, text=command.text)]

    # What a standing measure forbids.

    def _refuse_standing(self, measure: Measure) -> None:
        until = str(local_time(self.rulebook.now(), measure.until_ms)) if measure.until_ms else "-"
        refuse(STANDS, account=measure.account, until=until, case=measure.case_id)

    def guard_halt(self, halt: Callable[[Request, Halt], list[Event]]) -> Callable[..., list[Event]]:
        """Let a halt through unless it would end before a measure that stands."""

        def handler(request: Request, command: Halt) -> list[Event]:
            for measure in self._standing(command.target, request.at_ms):
                if command.until_ms and (not measure.until_ms or command.until_ms < measure.until_ms):
                    self._refuse_standing(measure)
            return halt(request, command)

        return handler

    def guard_lift(self, lift: Callable[[Request, LiftHalt], list[Event]]) -> Callable[..., list[Event]]:
        """Let a halt be lifted unless it carries a measure."""

        def handler(request: Request, command: LiftHalt) -> list[Event]:
            for measure in self._standing(command.target, request.at_ms):
                self._refuse_standing(measure)
            return lift(request, command)

        return handler

    def guard_admit(self, admit: Callable[[Request, AdmitMember], list[Event]]) -> Callable[..., list[Event]]:
        """Let an account be admitted unless its membership was ended."""

        def handler(request: Request, command: AdmitMember) -> list[Event]:
            for measure in self._standing(command.account, request.at_ms):
                if not measure.until_ms:
                    self._refuse_standing(measure)
            return admit(request, command)

        return handler

    # Appliers.

    def _note(self, case_id: str, at_ms: int, step: str, text: str) -> CaseState:
        case = self.state.cases[case_id]
        case.entries.append(CaseEntry(at_ms, step, text))
        return case

    def opened(self, event: m.CaseOpened, at_ms: int) -> None:
        """Fold the event."""
        self.state.cases[event.case_id] = CaseState(
            event.case_id, event.trigger, event.account, event.text, event.alert, at_ms
        )

    def summoned(self, event: m.InterviewSummoned, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "summons", event.text).interview_on = event.on

    def held(self, event: m.InterviewHeld, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "interview", event.text).interview_on = None

    def required(self, event: m.ReportRequired, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "report required", event.text).report_due = event.due

    def received(self, event: m.ReportReceived, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "report", event.text).report_due = None

    def warned(self, event: m.WarningPublished, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "warning", event.title)

    def reported(self, event: m.CaseReported, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "regulator", event.text)

    def imposed(self, event: m.MeasureImposed, at_ms: int) -> None:
        """Fold the event."""
        case = self._note(event.case_id, at_ms, event.measure, event.text)
        if event.measure != "publish":
            case.measures.append(
                Measure(event.measure_id, case.id, event.account, event.measure, event.on, event.until_ms)
            )

    def lifted(self, event: m.MeasureLifted, at_ms: int) -> None:
        """Fold the event."""
        for measure in self._note(event.case_id, at_ms, "measure lifted", event.text).measures:
            if measure.id == event.measure_id:
                measure.lifted = True

    def closed(self, event: m.CaseClosed, at_ms: int) -> None:
        """Fold the event."""
        self._note(event.case_id, at_ms, "closed", event.text).closed_ms = at_ms
