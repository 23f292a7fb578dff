"""The steps of `scenario.toml`: what authority and operators do, each at its time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from capwright.allocation.leaver_messages import FreezeLeaver, ReleaseExitPart
from capwright.allocation.messages import (
    ApproveQuota,
    PreIssueAllowances,
    RecallForStop,
    RecordActivity,
    TrueUpAllowances,
)
from capwright.allocation.project_messages import ProjectLine, RegisterNewProject
from capwright.compliance.messages import AssessCompliance, ImposeSanction, RecordEmissions
from capwright.exchange.messages import ResetPrice
from capwright.kernel.quantity import parse_money_fen
from capwright.ledger.accounts import series_id
from capwright.market import AdoptScheme
from capwright.registry.messages import AdvanceClock, IssueUnits, SetAccountStatus
from capwright.scenario.people import AUTHORITY, CLOCK, EXCHANGE, OPERATOR, SECOND_EXCHANGE
from capwright.scenario.reporting import Reporting
from capwright.scenario.trading import Turn, freeze_sectors
from capwright.scheme.codec import scheme_to_json

if TYPE_CHECKING:
    from capwright.scenario.files import ActivityRow, Step
    from capwright.scenario.script import Action, Script

__all__ = ["Steps"]


class Steps:
    """Makes the actions of every step, in the order of the file."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._tables = script.scenario
        self._numbers = script.directory
        self.reporting = Reporting(script)
        self._makers: dict[str, Callable[[int, Step], Iterable[Action | Turn]]] = {
            "adopt": self._adopt,
            "issue": self._issue,
            "distribute": self._distribute,
            "record_activity": self._record_activity,
            "record_carried": self._record_carried,
            "register_projects": self._register_projects,
            "pre_issue": self._pre_issue,
            "approve_quota": self._approve_quota,
            "true_up": self._true_up,
            "recall_stop": self._recall_stop,
            "record_emissions": self._record_emissions,
            "publish_methods": self.reporting.publish_methods,
            "register_verifiers": self.reporting.register_verifiers,
            "file_plans": self.reporting.file_plans,
            "submit_reports": self.reporting.submit_reports,
            "assign_verifiers": self.reporting.assign_verifiers,
            "report_findings": self.reporting.report_findings,
            "state_verifications": self.reporting.state_verifications,
            "record_outputs": self.reporting.record_outputs,
            "approve_emissions": self.reporting.approve_emissions,
            "assess": self._assess,
            "sanction": self._sanction,
            "freeze_leaver": self._freeze_leaver,
            "release_exit": self._release_exit,
            "freeze_sectors": self._freeze_sectors,
            "reset_price": self._reset_price,
            "set_status": self._set_status,
            "advance": self._advance,
        }

    def actions(self) -> Iterator[Action | Turn]:
        """The actions of all steps."""
        for step in self._tables.file.steps:
            yield from self._makers[step.do](self._script.ms(step.at), step)

    # Schemes and the cap.

    def _adopt(self, at_ms: int, step: Step) -> list[Action]:
        scheme = next(s for s in self._script.schemes if s.name == step.scheme)
        body = json.loads(scheme_to_json(scheme))
        return self._script.four_eyes(at_ms, AdoptScheme(body), "adopting schemes")

    def _issue(self, at_ms: int, step: Step) -> list[Action]:
        quantity_t = step.quantity_t
        if not quantity_t:
            cap = next(s.body.cap for s in self._script.schemes if s.body.vintage == step.vintage)
            assert cap is not None
            quantity_t = cap.total_t
        target = self._numbers.government["total_quantity"]
        command = IssueUnits(step.kind, step.vintage, quantity_t, target)
        return self._script.four_eyes(at_ms, command, "issuing the cap")

    def _distribute(self, at_ms: int, step: Step) -> Iterator[Action]:
        source = self._numbers.government["total_quantity"]
        series = series_id(step.kind, step.vintage)
        for account_type, quantity_t in step.to.items():
            target = self._numbers.government[account_type]
            yield from self._script.central(at_ms, source, target, series, quantity_t, "distributing the cap")

    # Figures, quota.

    def _record_activity(self, at_ms: int, step: Step) -> Iterator[Action]:
        newcomers = {
            row.id: row.first_year for row in self._tables.enterprises if row.kind == "newly_covered"
        }
        for row in self._tables.activity:
            if row.year is None or (step.years and row.year not in step.years):
                continue
            command = _figures(self._numbers[row.enterprise], row, newcomers.get(row.enterprise, 0))
            yield self._script.act(at_ms, AUTHORITY, command, "recording activity")

    def _record_carried(self, at_ms: int, step: Step) -> Iterator[Action]:
        for row in self._tables.activity:
            if row.year == step.vintage and (row.last_approved_t, row.pre_issued_t) != (None, None):
                command = RecordActivity(
                    account=self._numbers[row.enterprise],
                    process=row.process,
                    year=row.year,
                    pre_issued_t=row.pre_issued_t,
                    last_approved_t=row.last_approved_t,
                )
                yield self._script.act(at_ms, AUTHORITY, command, "recording last year's quota")

    def _pre_issue(self, at_ms: int, step: Step) -> list[Action]:
        return self._script.four_eyes(at_ms, PreIssueAllowances(step.vintage), "pre-issuing")

    def _approve_quota(self, at_ms: int, step: Step) -> list[Action]:
        return self._script.four_eyes(at_ms, ApproveQuota(step.vintage), "approving quota")

    def _true_up(self, at_ms: int, step: Step) -> list[Action]:
        return self._script.four_eyes(at_ms, TrueUpAllowances(step.vintage), "truing up")

    def _recall_stop(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = RecallForStop(self._numbers[enterprise], step.vintage)
            yield from self._script.four_eyes(at_ms, command, "recalling quota of a stop")

    def _register_projects(self, at_ms: int, step: Step) -> Iterator[Action]:
        lines: dict[str, list[ProjectLine]] = {}
        for row in self._tables.projects:
            if row.vintage == step.vintage:
                line = ProjectLine(
                    process=row.process,
                    design_capacity=row.design_capacity,
                    energy_tce=row.energy_tce,
                    energy_factor=row.energy_factor,
                )
                lines.setdefault(row.enterprise, []).append(line)
        for enterprise, found in lines.items():
            command = RegisterNewProject(self._numbers[enterprise], step.vintage, tuple(found))
            yield from self._script.four_eyes(at_ms, command, "registering new projects")

    # Compliance.

    def _record_emissions(self, at_ms: int, step: Step) -> Iterator[Action]:
        for row in self._tables.emissions:
            if step.vintage and row.year != step.vintage:
                continue
            excluded = row.emissions_t == "EXCLUDED"
            emissions_t = 0 if excluded else int(row.emissions_t)
            command = RecordEmissions(self._numbers[row.enterprise], row.year, emissions_t, excluded)
            yield self._script.act(at_ms, AUTHORITY, command, "recording verified emissions")

    def _assess(self, at_ms: int, step: Step) -> list[Action]:
        return [self._script.act(at_ms, AUTHORITY, AssessCompliance(step.vintage), "assessing")]

    def _sanction(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = ImposeSanction(self._numbers[enterprise], step.vintage)
            yield from self._script.four_eyes(at_ms, command, "imposing sanctions")

    # Leavers, registry.

    def _freeze_leaver(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = FreezeLeaver(self._numbers[enterprise], step.vintage)
            yield from self._script.four_eyes(at_ms, command, "freezing leavers")

    def _release_exit(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = ReleaseExitPart(self._numbers[enterprise], step.vintage)
            yield from self._script.four_eyes(at_ms, command, "releasing leavers' holdings")

    def _freeze_sectors(self, at_ms: int, step: Step) -> list[Turn]:
        rows = [row for row in self._tables.enterprises if row.sector in step.sectors]
        accounts = [self._numbers[row.id] for row in rows]
        return [Turn(at_ms, freeze_sectors(step, accounts), "freezing")]

    def _reset_price(self, at_ms: int, step: Step) -> list[Action]:
        command = ResetPrice(step.product, parse_money_fen(step.price_cny), step.reason)
        by, approver = EXCHANGE, SECOND_EXCHANGE
        return self._script.four_eyes(at_ms, command, "moving a price", by=by, approver=approver)

    def _set_status(self, at_ms: int, step: Step) -> Iterator[Action]:
        for enterprise in step.enterprises:
            command = SetAccountStatus(self._numbers[enterprise], step.status, step.reason)
            yield self._script.act(at_ms, OPERATOR, command, "setting account status")

    def _advance(self, at_ms: int, _step: Step) -> list[Action]:
        return [self._script.act(at_ms, CLOCK, AdvanceClock(), "clock")]


def _figures(account: str, row: ActivityRow, covered_from: int) -> RecordActivity:
    """The command that puts a row of activity.csv on record."""
    assert row.year is not None
    return RecordActivity(
        account=account,
        process=row.process,
        year=row.year,
        activity=row.activity,
        emissions_t=row.emissions_t,
        capacity=row.licensed_capacity,
        heat_gj=row.heat_gj,
        normal=row.normal,
        extra_t=row.extra_t,
        abnormal_months=row.abnormal_months,
        stopped_months=row.stopped_months,
        closed=row.closed,
        pre_issued_t=row.pre_issued_t,
        last_approved_t=row.last_approved_t,
        covered_from=covered_from,
    )
