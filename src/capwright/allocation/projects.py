"""New projects: quota on paper, the paid share bought first, then the free part out of the reserve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.allocation.activity import UNKNOWN_PROCESS, ActivityRow, Enterprise, ProcessData
from capwright.allocation.desk import Desk, steps_text
from capwright.allocation.enterprise import allocate_enterprise
from capwright.allocation.entry import NewProject, accept_refusal, free_issue_refusal
from capwright.allocation.project_messages import (
    AdvanceNewProject,
    IssueToNewProject,
    NewProjectAdvanced,
    NewProjectIssued,
    NewProjectRegistered,
    PaidShareRecorded,
    RecordPaidShare,
    RegisterNewProject,
)
from capwright.allocation.records import check_figure
from capwright.allocation.state import Bought, Project
from capwright.kernel.message import Event
from capwright.kernel.refusal import Refused, define, refuse
from capwright.ledger.book import Draft
from capwright.ledger.checks import check_quantity
from capwright.ledger.room import Request

if TYPE_CHECKING:
    from capwright.allocation.entry import ProjectStage
    from capwright.allocation.vintage import VintageRules

__all__ = ["Projects"]

PROJECT_KNOWN = define(
    "CW-5140",
    en="{account} has a new project of vintage {vintage} already.",
    zh="{account}已登记{vintage}年度的新建项目。",
    mend_en="Give each project an account of its own.",
    mend_zh="每个新建项目请使用单独的账户。",
    rule="DECREE art. 9, 19",
)
PROJECT_UNKNOWN = define(
    "CW-5141",
    en="{account} has no new project of vintage {vintage}.",
    zh="{account}没有{vintage}年度的新建项目。",
    rule="DECREE art. 9, 19",
)
NO_LINES = define(
    "CW-5142",
    en="A new project needs at least one process, each named once.",
    zh="新建项目至少须有一道工序，且不得重复。",
    rule="GZETS 2013-11-27, 2014-08-18",
)
WRONG_STAGE = define(
    "CW-5143",
    en="The new project of {account} is '{stage}'; it cannot become '{next}' now.",
    zh="{account}的新建项目目前为“{stage}”，不能变更为“{next}”。",
    mend_en="The order is approved, accepted, controlled, issued.",
    mend_zh="顺序为：核定、验收、转为控排、发放。",
    rule="DECREE art. 19",
)

_BEFORE: Final[dict[str, ProjectStage]] = {"accepted": "approved", "controlled": "accepted"}


class Projects:
    """Handlers and appliers of new projects."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state

    def register(self, _request: Request, command: RegisterNewProject) -> list[Event]:
        """Approve the quota by design capacity or expected energy use."""
        desk, account, vintage = self._desk, command.account, command.vintage
        rules = desk.rules(vintage)
        desk.account(account)
        desk.receiver(account)
        if account in self._state.projects.get(vintage, {}):
            refuse(PROJECT_KNOWN, account=account, vintage=vintage)
        outcome = allocate_enterprise(rules, _enterprise(rules, command))
        quota = outcome.quota
        assert quota is not None, "a new project's quota needs no output"
        return [
            NewProjectRegistered(
                account=account,
                vintage=vintage,
                approved_t=quota.approved_t,
                free_t=quota.free_t,
                paid_t=quota.paid_t,
                buy_by_auction_t=outcome.buy_by_auction_t,
                steps=steps_text(quota),
            )
        ]

    def record_paid(self, _request: Request, command: RecordPaidShare) -> list[Event]:
        """Note a purchase towards a paid share."""
        self._desk.account(command.account)
        self._desk.rules(command.vintage)
        check_quantity(command.quantity_t)
        return [
            PaidShareRecorded(
                account=command.account,
                vintage=command.vintage,
                quantity_t=command.quantity_t,
                how=command.how,
            )
        ]

    def advance(self, _request: Request, command: AdvanceNewProject) -> list[Event]:
        """Note acceptance (the paid share must be bought by then) or controlled status."""
        project = self._project(command.account, command.vintage)
        if project.stage != _BEFORE[command.stage]:
            refuse(WRONG_STAGE, account=command.account, stage=project.stage, next=command.stage)
        if command.stage == "accepted":
            share = self._desk.rules(command.vintage).rules.new_project_auction_share
            refusal = accept_refusal(self._facts(command.account, command.vintage, project), share)
            if refusal is not None:
                raise Refused(refusal)
        return [NewProjectAdvanced(account=command.account, vintage=command.vintage, stage=command.stage)]

    def issue(self, _request: Request, command: IssueToNewProject) -> list[Event]:
        """Issue the free part once everything before it is done."""
        desk, account, vintage = self._desk, command.account, command.vintage
        project = self._project(account, vintage)
        share = desk.rules(vintage).rules.new_project_auction_share
        refusal = free_issue_refusal(self._facts(account, vintage, project), share)
        if refusal is not None:
            raise Refused(refusal)
        desk.receiver(account)
        source = desk.government("new_entrant_reserve")
        desk.check_source(source, desk.series(vintage), project.free_t)
        desk.check_cap(vintage, project.free_t)
        frozen_t, units = desk.hand_out(Draft(desk.book), source, account, vintage, project.free_t)
        return [
            NewProjectIssued(
                account=account,
                vintage=vintage,
                quantity_t=project.free_t,
                frozen_t=frozen_t,
                units=units,
            )
        ]

    def _project(self, account: str, vintage: int) -> Project:
        project = self._state.projects.get(vintage, {}).get(account)
        if project is None:
            refuse(PROJECT_UNKNOWN, account=account, vintage=vintage)
        return project

    def _facts(self, account: str, vintage: int, project: Project) -> NewProject:
        bought = self._desk.bought(vintage, account)
        return NewProject(
            quota_t=project.quota_t,
            free_t=project.free_t,
            bought_auction_t=bought.auction_t,
            bought_other_t=bought.other_t,
            stage=project.stage,
        )

    # Appliers.

    def registered(self, event: NewProjectRegistered, _at_ms: int) -> None:
        """Fold the event."""
        projects = self._state.projects.setdefault(event.vintage, {})
        projects[event.account] = Project(event.approved_t, event.free_t)

    def paid_recorded(self, event: PaidShareRecorded, _at_ms: int) -> None:
        """Fold the event."""
        accounts = self._state.bought.setdefault(event.vintage, {})
        bought = accounts.setdefault(event.account, Bought())
        if event.how == "auction":
            bought.auction_t += event.quantity_t
        else:
            bought.other_t += event.quantity_t

    def advanced(self, event: NewProjectAdvanced, _at_ms: int) -> None:
        """Fold the event."""
        self._state.projects[event.vintage][event.account].stage = event.stage

    def issued(self, event: NewProjectIssued, _at_ms: int) -> None:
        """Fold the event."""
        project = self._state.projects[event.vintage][event.account]
        project.stage = "issued"
        project.issued_t += event.quantity_t


def _enterprise(rules: VintageRules, command: RegisterNewProject) -> Enterprise:
    """The project as the pure rules read it."""
    processes: dict[str, ProcessData] = {}
    for line in command.lines:
        if line.process not in rules.processes:
            known = ", ".join(rules.processes)
            refuse(UNKNOWN_PROCESS, scheme=rules.scheme, process=line.process[:40], known=known)
        if line.process in processes:
            refuse(NO_LINES)
        for figure in (line.design_capacity, line.energy_tce, line.energy_factor):
            check_figure(figure)
        row = ActivityRow(
            enterprise=command.account,
            process=line.process,
            year=rules.vintage,
            kind="new_project",
            activity=line.design_capacity,
            energy_tce=line.energy_tce,
            energy_factor=line.energy_factor,
        )
        processes[line.process] = ProcessData(line.process, {rules.vintage: row}, {})
    if not processes:
        refuse(NO_LINES)
    return Enterprise(command.account, "new_project", tuple(processes.values()))
