"""The compliance room: duties, surrender in the scheme's order, offset limits, judgement, sanctions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import ClassVar

from capwright.compliance.duties import Duties
from capwright.compliance.judging import Judging
from capwright.compliance.messages import (
    AssessCompliance,
    ComplianceAssessed,
    EmissionsRecorded,
    ImposeSanction,
    ProjectRegistered,
    RecordEmissions,
    RegisterProject,
    SanctionImposed,
    SurrenderUnits,
)
from capwright.compliance.obligation import UnitEmissions, obligation
from capwright.compliance.offsets import TOO_LATE, CreditProject, OffsetVerdict, admit
from capwright.compliance.state import ComplianceState, DutyYear
from capwright.compliance.status import (
    CumulativeStatus,
    DutyRecord,
    cumulative_status,
)
from capwright.compliance.surrender import Holding, plan_surrender
from capwright.compliance.usage import Usage
from capwright.kernel.message import Event
from capwright.kernel.quantity import MAX_T
from capwright.kernel.refusal import Refusal, Refused, define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.ledger.accounts import Account
from capwright.ledger.checks import check_quantity, check_vintage
from capwright.ledger.clock import local_time
from capwright.ledger.messages import TransactionCompleted, UnitLine
from capwright.ledger.place import bucket_of
from capwright.ledger.room import Request, Room
from capwright.scheme.compliance_rules import ComplianceRules
from capwright.scheme.registry_rules import REVERSAL_OF_SURRENDER, SURRENDER

__all__ = ["ComplianceRoom"]

NO_ACCOUNT = define(
    "CW-7101",
    en="{account} is not an account with a duty.",
    zh="{account}不是负有履约义务的账户。",
    rule="scheme: registry.account_types",
)
EMISSIONS_RANGE = define(
    "CW-7102",
    en="{emissions_t} is not a figure of verified emissions.",
    zh="{emissions_t}不是有效的经核查排放量。",
    mend_en="Give whole tonnes from 0 to 1,000,000,000,000.",
    mend_zh="请填写0至1,000,000,000,000之间的整数吨。",
    rule="design: bound everything",
)
NOTHING_OWED = define(
    "CW-7103",
    en="{account} owes nothing for {vintage}.",
    zh="{account}在{vintage}年度没有待清缴的数量。",
    mend_en="Verified emissions may not be recorded yet, or enough is surrendered.",
    mend_zh="可能尚未登记经核查排放量，或已足额清缴。",
    rule="DECREE art. 18",
)
TOO_MUCH = define(
    "CW-7104",
    en="{account} owes {owed_t} t for {vintage}; {quantity_t} t are more than that.",
    zh="{account}在{vintage}年度待清缴{owed_t}吨，{quantity_t}吨超出所需。",
    rule="DECREE art. 18: one unit for one tonne",
)
NO_UNITS = define(
    "CW-7105",
    en="{account} has no unit that it may surrender for {vintage}.",
    zh="{account}没有可用于{vintage}年度清缴的配额。",
    mend_en="Buy allowances of this or an older vintage.",
    mend_zh="请购买当年或以前年度的配额。",
    rule="DECREE art. 17-18",
)
PROJECT_TAKEN = define(
    "CW-7106", en="There is a project {code} already.", zh="项目{code}已登记。", rule="design: ids are unique"
)
VINTAGE_MISSING = define(
    "CW-7108",
    en="A surrender must name the vintage it is for.",
    zh="清缴须指明所履约的年度。",
    rule="DECREE art. 18",
)
LINES_DIFFER = define(
    "CW-7109",
    en="The lines of the surrender do not add up to {quantity_t} t.",
    zh="清缴各行合计与{quantity_t}吨不符。",
    mend_en="Give the lines or the quantity alone.",
    mend_zh="请只填写各行或只填写数量。",
    rule="design: one clear message for bad input",
)
BAD_SHARE = define(
    "CW-7110",
    en="{share} is no share of CO2 and CH4: a number from 0 to 1 is expected.",
    zh="{share}不是有效的CO2和CH4占比，应为0至1之间的数。",
    rule="design: bound everything",
)


class ComplianceRoom(Room):
    """Obligations, surrender, offsets, status, sanctions."""

    state_type: ClassVar[type[ComplianceState]] = ComplianceState
    state: ComplianceState
    # Wired by the market. `pending` yields the surrenders under way of an account (all: "") for a vintage.
    propose: Callable[[Request, SurrenderUnits, tuple[UnitLine, ...]], list[Event]]
    pending: Callable[[str, int], Iterable[UnitLine]] = staticmethod(lambda _account, _vintage: ())
    trades: Callable[[], Iterable[tuple[date, int, int]]] = staticmethod(lambda: ())
    # Refuses to record what another room has approved and answers for.
    check_direct: Callable[[str, int], None] = staticmethod(lambda _account, _year: None)

    def wire(self) -> None:
        """Connect handlers and appliers."""
        self.duties = Duties(self.state)
        self.usage = Usage(self.state, self.book, self.rulebook)
        # The market sets `trades` after this.
        judging = Judging(self.duties, self.book, self.rulebook, lambda: self.trades())  # noqa: PLW0108
        self.handlers = {
            RecordEmissions: self._record_directly,
            RegisterProject: self._register_project,
            SurrenderUnits: self._surrender,
            AssessCompliance: judging.assess,
            ImposeSanction: judging.impose,
        }
        self.appliers = {
            EmissionsRecorded: self._emissions_recorded,
            ProjectRegistered: self._project_registered,
            TransactionCompleted: self._transaction_completed,
            ComplianceAssessed: judging.assessed,
            SanctionImposed: judging.sanctioned,
        }

    # Looking up.

    def _rules(self, year: int) -> ComplianceRules:
        rules: ComplianceRules = self.rulebook.vintage(year).section("compliance")
        return rules

    def duty(self, account: str, year: int) -> DutyYear:
        """An account's duty of a year; an empty one where nothing is recorded."""
        return self.duties.of(account, year)

    def record(self, account: Account, since: int = 0) -> DutyRecord:
        """The duty record over all years, or over those from `since` on, for the cumulative status."""
        return self.duties.record(account, since)

    def status(self, account: Account, current_year: int) -> CumulativeStatus:
        """The cumulative status (UK, EU) in a year."""
        return cumulative_status(self.record(account), current_year)

    def owed_t(self, account: str, vintage: int) -> int:
        """What is still owed for a vintage, pending surrenders counted as done."""
        duty = self.duty(account, vintage)
        under_way_t = sum(line.quantity_t for line in self.pending(account, vintage))
        return max(duty.owed_t - duty.surrendered_t - under_way_t, 0)

    # Emissions and projects.

    def _record_directly(self, request: Request, command: RecordEmissions) -> list[Event]:
        self.check_direct(command.account, command.year)
        return self.record_emissions(request, command)

    def record_emissions(self, _request: Request, command: RecordEmissions) -> list[Event]:
        """Record the emissions of a year, with what is owed for them."""
        account = self.book.account(command.account)
        if account is None or account.government or account.purpose != "holding":
            refuse(NO_ACCOUNT, account=command.account)
        check_vintage(command.year)
        units = command.units or (UnitEmissions(command.account, command.emissions_t),)
        emissions_t = sum(unit.emissions_t for unit in units)
        if not 0 <= emissions_t <= MAX_T or emissions_t != command.emissions_t:
            refuse(EMISSIONS_RANGE, emissions_t=command.emissions_t)
        if account.first_year:
            record = self.record(account)
            if command.excluded:
                record.with_emissions(command.year, None, current_year=command.year).with_exclusion(
                    command.year
                )
            else:
                record.without_exclusion(command.year).with_emissions(
                    command.year, emissions_t, current_year=command.year
                )
        owed_t = 0
        if not command.excluded:
            owed_t = obligation(self._rules(command.year), command.year, units).owed_t
        return [
            EmissionsRecorded(
                account=command.account,
                year=command.year,
                emissions_t=emissions_t,
                owed_t=owed_t,
                excluded=command.excluded,
            )
        ]

    def _register_project(self, _request: Request, command: RegisterProject) -> list[Event]:
        check_text("code", command.code, MAX_ID)
        for name in ("kind", "type", "region"):
            check_text(name, getattr(command, name), MAX_ID, least=0)
        for account in command.inside:
            check_text("account", account, MAX_ID)
        share = command.co2_ch4_share
        if share is not None and not (share.is_finite() and 0 <= share <= 1):
            refuse(BAD_SHARE, share=str(share)[:40])
        project = CreditProject(
            code=command.code,
            kind=command.kind,
            type=command.type,
            region=command.region,
            co2_ch4_share=command.co2_ch4_share,
            pre_cdm=command.pre_cdm,
            inside=command.inside,
        )
        if command.code in self.state.projects:
            refuse(PROJECT_TAKEN, code=command.code)
        return [ProjectRegistered(project=project)]

    # Surrender.

    def _surrender(self, request: Request, command: SurrenderUnits) -> list[Event]:
        """Plan what to hand in and pass it on to the registry as a transaction of type `surrender`."""
        if command.quantity_t:
            check_quantity(command.quantity_t)
        lines = command.lines or self._plan(request, command)
        if command.lines and command.quantity_t not in {0, sum(line.quantity_t for line in lines)}:
            refuse(LINES_DIFFER, quantity_t=command.quantity_t)
        return self.propose(request, command, lines)

    def _plan(self, request: Request, command: SurrenderUnits) -> tuple[UnitLine, ...]:
        rules = self._rules(command.vintage)
        owed_t = self.owed_t(command.account, command.vintage)
        if not owed_t and rules.status == "yearly":
            refuse(NOTHING_OWED, account=command.account, vintage=command.vintage)
        quantity_t = command.quantity_t or owed_t
        holdings = self._holdings(command.account, command.vintage)
        admitted_t = _admitted_t(self._verdicts(request, command.account, command.vintage, holdings))
        families = self.usage.families()
        plan = plan_surrender(rules, families, command.vintage, quantity_t, holdings, admitted_t)
        if not plan.lines:
            refuse(NO_UNITS, account=command.account, vintage=command.vintage)
        return tuple(
            UnitLine(self.usage.series_of(line.holding), line.quantity_t, line.holding.bucket)
            for line in plan.lines
        )

    def _holdings(self, account: str, vintage: int) -> list[Holding]:
        """What the account may hand in: its free units, and those frozen for this vintage or an older one.

        Half of a year's free quota is frozen against sale, never against surrender (GZETS 2015-12-17); what
        one duty leaves over serves the next.
        """
        found: list[Holding] = []
        for where in self.book.places_of(account):
            bucket = bucket_of(where)
            year = bucket.removeprefix("frozen:")
            if bucket and not (year != bucket and year.isdecimal() and int(year) <= vintage):
                continue
            for series_name, quantity_t in self.book.at(where).items():
                series = self.book.state.series[series_name]
                found.append(Holding(series.kind, series.vintage, quantity_t, series.project, bucket))
        return found

    def check_surrender(
        self, request: Request, account: str, vintage: int, lines: Iterable[UnitLine]
    ) -> None:
        """The rules of compliance on a surrender however it was asked for; refuses or returns."""
        if not vintage:
            refuse(VINTAGE_MISSING)
        lines = tuple(lines)
        rules = self._rules(vintage)
        quantity_t = sum(line.quantity_t for line in lines)
        owed_t = self.owed_t(account, vintage)
        if rules.status == "yearly" and quantity_t > owed_t:
            refuse(TOO_MUCH, account=account, owed_t=owed_t, vintage=vintage, quantity_t=quantity_t)
        holdings = [self.usage.holding_of(line) for line in lines]
        verdicts = self._verdicts(request, account, vintage, holdings)
        for verdict in verdicts:
            if verdict.admitted_t < verdict.lot.quantity_t:
                raise Refused(verdict.reasons[0])
        families = self.usage.families()
        plan = plan_surrender(rules, families, vintage, quantity_t, holdings, _admitted_t(verdicts))
        for barred in plan.barred:
            raise Refused(barred.reason)

    def _verdicts(
        self, request: Request, account: str, vintage: int, holdings: Iterable[Holding]
    ) -> tuple[OffsetVerdict, ...]:
        """How much of the credits and special units among `holdings` may be used, and why not all of it.

        There is no separate application for an offset here: the surrender is the request, so credits count
        until the last day for requests.
        """
        rules = self._rules(vintage).offsets
        lots = self.usage.lots(holdings)
        if rules is None or not lots:
            return ()
        on = local_time(self.rulebook.now(), request.at_ms).date()
        if rules.request_by is not None and on > rules.request_by:
            late = Refusal(TOO_LATE.code, {"on": on.isoformat(), "by": rules.request_by.isoformat()})
            return tuple(OffsetVerdict(lot, 0, (late,)) for lot in lots)
        duty = self.duty(account, vintage)
        return admit(
            rules,
            account,
            duty.emissions_t or 0,
            duty.owed_t,
            lots,
            used=self.usage.groups(account, vintage, self.pending),
            ceiling_left_t=self.usage.ceiling_left_t(vintage, self.pending),
        ).verdicts

    # Appliers.

    def _emissions_recorded(self, event: EmissionsRecorded, _at_ms: int) -> None:
        duty = self.duties.open(event.account, event.year)
        duty.emissions_t = None if event.excluded else event.emissions_t
        duty.owed_t = event.owed_t
        duty.excluded = event.excluded

    def _project_registered(self, event: ProjectRegistered, _at_ms: int) -> None:
        self.state.projects[event.project.code] = event.project

    def _transaction_completed(self, event: TransactionCompleted, at_ms: int) -> None:
        if event.type == SURRENDER:
            duty, sign = self.duties.open(event.source, event.vintage), 1
        elif event.type == REVERSAL_OF_SURRENDER:
            duty, sign = self.duties.open(event.target, event.vintage), -1
        else:
            return
        duty.surrenders.append((at_ms, sign * event.quantity_t))
        for move in event.units:
            quantity_t = sign * (move.last - move.first + 1)
            duty.used[move.series] = duty.used.get(move.series, 0) + quantity_t


def _admitted_t(verdicts: Iterable[OffsetVerdict]) -> dict[tuple[str, str], int]:
    """The tonnes admitted as offset, by kind and project."""
    admitted_t: dict[tuple[str, str], int] = {}
    for verdict in verdicts:
        key = verdict.lot.kind, verdict.lot.project.code if verdict.lot.project else ""
        admitted_t[key] = admitted_t.get(key, 0) + verdict.admitted_t
    return admitted_t
