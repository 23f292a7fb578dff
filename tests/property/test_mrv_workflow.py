"""Random walks through the MRV workflow: whatever is sent, and by whom.

What holds: a refusal changes nothing; what is owed is the figure approved last; the entries of a year add up
to it; a verified figure that counts was reviewed, and nothing about it is open; who has a red card states
nothing; the events alone rebuild the state.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from capwright.kernel.message import Command
from capwright.kernel.refusal import Refused
from capwright.market import ApproveProposal, Market, RejectProposal, event_union
from capwright.mrv.figure_messages import (
    ApproveEmissions,
    ContestFigure,
    EmissionsApproved,
    EmissionsRestated,
    EstimateEmissions,
    RecordReview,
    RestateEmissions,
)
from capwright.mrv.messages import (
    AnswerFinding,
    ApprovePlan,
    CloseFinding,
    FileMonitoringPlan,
    ReportFinding,
    ReturnPlan,
    StateVerification,
    SubmitReport,
    VerificationStated,
    VerifiedStream,
    WithdrawReport,
)
from capwright.mrv.oversight_messages import (
    AssignVerifier,
    DrawInspections,
    EndAssignment,
    GiveCard,
    Points,
    RateVerifier,
    RecordEngagement,
    RecordViolation,
    ReportInspection,
)
from capwright.mrv.records import Stream
from capwright.registry.messages import SetReportingYears
from tests.allocation_worlds import ALPHA, BETA
from tests.mrv_workflow_worlds import YEAR, MrvWorld, figures, plan
from tests.mrv_worlds import datum

EVENTS = msgspec.json.Decoder(tuple[event_union(), ...])
ACCOUNTS = st.sampled_from((ALPHA, BETA))
VERIFIERS = st.sampled_from(("v1", "v2", "v3"))
PEOPLE = st.sampled_from(("v1-a", "v2-b", "v3-a"))
FIGURES = st.sampled_from((0, 57_411, 60_000, 63_790, 70_169, 80_000))
DAY_MS = 86_400_000


@cache
def start() -> tuple[bytes, int]:
    world = MrvWorld()
    world.use('contest_days = 30\nlate_reports = "marked"\n[mrv.inspections]\nrandom_share = 0.5\n')
    world.do("rep-11-a", FileMonitoringPlan(BETA, plan()))
    world.do("ann", ApprovePlan(BETA, 1))
    for account in (ALPHA, BETA):
        world.do("olga", SetReportingYears(account, 2014))
    return world.market.snapshot(), world.at_ms


class Workflow(RuleBasedStateMachine):
    """Two firms, three verifiers, one year."""

    def __init__(self) -> None:
        super().__init__()
        snapshot, self.at_ms = start()
        self.market, self.replayed = Market(), Market()
        self.market.restore(snapshot)
        self.replayed.restore(snapshot)
        self.sent = 0
        self.counts: dict[str, int] = {}  # account -> the figure approved or restated last
        self.done: list[str] = []

    def send(self, actor: str, command: Command) -> bool:
        """Send a command; whether it was carried out."""
        self.sent += 1
        before = self.market.state_hash()
        try:
            events = self.market.execute(command, command_id=f"c{self.sent}", actor=actor, at_ms=self.at_ms)
        except Refused:
            events = ()
        if not events:
            assert self.market.state_hash() == before, command
            return False
        for event in events:
            if isinstance(event, (EmissionsApproved, EmissionsRestated)):
                self.counts[event.account] = event.emissions_t
            if isinstance(event, EmissionsApproved) and event.basis == "verified":
                firm = self.firm(event.account)
                assert firm.review == "accepted"
                assert not firm.recheck_due
                assert not firm.contest_open
            if isinstance(event, VerificationStated):
                cards = self.room.state.verifiers[event.verifier].cards
                assert not any(card.colour == "red" for card in cards)
        for event in EVENTS.decode(msgspec.json.encode(events)):
            self.replayed.apply(event, self.at_ms)
        self.done.append(type(command).__name__)
        return True

    def together(self, command: Command, *, yes: bool) -> None:
        if self.send("ann", command):
            decide = ApproveProposal if yes else RejectProposal
            self.send("bob", decide(f"c{self.sent}"))

    @property
    def room(self):
        return self.market.rooms["mrv"]

    def firm(self, account: str):
        return self.room.desk.of(account, YEAR)

    def rep(self, account: str) -> str:
        return f"rep-{account.split('-')[2]}-a"

    @rule(account=ACCOUNTS, steps=st.integers(1, 7), found=st.sampled_from((None, None, 66_000, 80_000)))
    def go_on(self, account, steps, found):
        """What comes next, some steps of it: random deeds alone seldom come to an end."""
        for _ in range(steps):
            self.next_step(account, found)

    def next_step(self, account, found):
        firm = self.firm(account)
        if firm.current is None and not firm.approved:
            self.submit(account, 100_000, late=True)
        elif firm.assignment is not None:
            self.state(account, asked=True, person="", found=found, opinion="qualified")
        elif firm.recheck_due or firm.contest_open or (firm.statement is None and not firm.approved):
            purpose = "recheck" if firm.recheck_due else "verification"
            purpose = "reverification" if firm.contest_open else purpose
            for verifier in ("v1", "v2", "v3"):
                self.assign(account, verifier, purpose)
        elif firm.review != "accepted" and not firm.approved:
            self.review(account, "accepted")
        else:
            self.approve(account, None)

    # The firm.

    @rule(account=ACCOUNTS, quality=st.sampled_from(("", "x", "y")), change=st.sampled_from(("", "new")))
    def file_plan(self, account, quality, change):
        self.send(self.rep(account), FileMonitoringPlan(account, plan(quality=quality), change))

    @rule(account=ACCOUNTS, version=st.integers(1, 3), yes=st.booleans())
    def decide_plan(self, account, version, yes):
        self.send("ann", ApprovePlan(account, version) if yes else ReturnPlan(account, version, "no"))

    @rule(account=ACCOUNTS, mwh=st.sampled_from((100_000, 90_000, 10_000_000)), late=st.booleans())
    def submit(self, account, mwh, late):
        report = figures(Stream("el", "electricity", data=(datum("bought", "MWh", mwh),)), account=account)
        self.send(self.rep(account), SubmitReport(account, report, late))

    @rule(account=ACCOUNTS)
    def withdraw(self, account):
        self.send(self.rep(account), WithdrawReport(account, YEAR, "wrong"))

    @rule(account=ACCOUNTS)
    def contest(self, account):
        self.send(self.rep(account), ContestFigure(account, YEAR, "wrong meter"))

    # The verifier.

    @rule(
        account=ACCOUNTS,
        verifier=VERIFIERS,
        purpose=st.sampled_from(("verification", "verification", "recheck", "reverification")),
    )
    def assign(self, account, verifier, purpose):
        self.send("ann", AssignVerifier(account, YEAR, verifier, purpose))

    @rule(account=ACCOUNTS)
    def end(self, account):
        self.send("ann", EndAssignment(account, YEAR, "busy"))

    @rule(account=ACCOUNTS, person=PEOPLE, kind=st.sampled_from(("misstatement", "recommendation")))
    def find(self, account, person, kind):
        self.send(person, ReportFinding(account, YEAR, kind, "May is missing"))

    @rule(account=ACCOUNTS, person=PEOPLE, answer=st.booleans())
    def settle(self, account, person, answer):
        for name in list(self.firm(account).findings)[-1:]:
            if answer:
                self.send(self.rep(account), AnswerFinding(account, YEAR, name, "added"))
            else:
                self.send(person, CloseFinding(account, YEAR, name, "explained"))

    @rule(
        account=ACCOUNTS,
        asked=st.booleans(),
        person=PEOPLE,
        found=st.one_of(st.none(), st.sampled_from((57_411, 60_000, 66_000, 80_000, 6_500_000))),
        opinion=st.sampled_from(("unqualified", "qualified", "qualified", "adverse", "disclaimer")),
    )
    def state(self, account, asked, person, found, opinion):
        firm = self.firm(account)
        if asked and firm.assignment is not None:  # most often the one who may
            person = f"{firm.assignment.verifier}-a"
        current = firm.current
        version = current.version if current is not None else 1
        figure_t = found if found is not None else (current.emissions_t if current is not None else 0)
        differing = () if found is None else (VerifiedStream("el", Decimal(found)),)
        self.send(person, StateVerification(account, YEAR, version, figure_t, opinion, "", differing))

    # The authority.

    @rule(account=ACCOUNTS, outcome=st.sampled_from(("accepted", "accepted", "returned", "recheck")))
    def review(self, account, outcome):
        self.send("ann", RecordReview(account, YEAR, outcome, "" if outcome == "accepted" else "why"))

    @rule(account=ACCOUNTS, figure=st.one_of(st.none(), FIGURES))
    def approve(self, account, figure):
        standing_t = self.firm(account).standing_t
        self.send("ann", ApproveEmissions(account, YEAR, (standing_t or 0) if figure is None else figure))

    @rule(account=ACCOUNTS, figure=FIGURES, yes=st.booleans())
    def estimate(self, account, figure, yes):
        self.together(EstimateEmissions(account, YEAR, figure, "none filed", "invoices"), yes=yes)

    @rule(account=ACCOUNTS, figure=FIGURES, yes=st.booleans())
    def restate(self, account, figure, yes):
        self.together(RestateEmissions(account, YEAR, figure, "a meter was off"), yes=yes)

    # Oversight.

    @rule(verifier=VERIFIERS, colour=st.sampled_from(("yellow", "yellow", "red")), yes=st.booleans())
    def card(self, verifier, colour, yes):
        self.together(GiveCard(verifier, colour, "late"), yes=yes)

    @rule(verifier=VERIFIERS, points=st.integers(0, 101))
    def rate(self, verifier, points):
        self.send("ann", RateVerifier(verifier, YEAR, Points(*[Decimal(points)] * 4)))

    @rule(verifier=VERIFIERS, account=ACCOUNTS, year=st.integers(2018, 2024))
    def engage(self, verifier, account, year):
        kind = "consulting" if year == 2018 else "verification"
        self.send("ann", RecordEngagement(verifier, account, kind, date(year, 6, 1), year))

    @rule(
        seed=st.text(max_size=5),
        share=st.sampled_from((None, "0.4", "0.5", "1", "2")),
        count=st.integers(-1, 3),
    )
    def draw(self, seed, share, count):
        self.send("ann", DrawInspections(YEAR, seed, None if share is None else Decimal(share), count))

    @rule(account=ACCOUNTS, drawn=st.booleans())
    def inspect(self, account, drawn):
        draw = next(reversed(self.room.state.draws), "") if drawn else ""
        self.send("ann", ReportInspection(account, YEAR, "faults", "no calibration", draw))

    @rule(
        subject=st.sampled_from((ALPHA, BETA, "v1")),
        violation=st.sampled_from(("false_report", "verifier_leak", "verifier_fraud", "theft")),
        fine=st.sampled_from((None, 999_999, 3_000_000)),
        yes=st.booleans(),
    )
    def violate(self, subject, violation, fine, yes):
        self.together(RecordViolation(subject, YEAR, violation, "found", fine), yes=yes)

    @rule(days=st.sampled_from((1, 20, 60)))
    def wait(self, days):
        self.at_ms += days * DAY_MS

    # What holds.

    @invariant()
    def what_is_owed_is_the_figure_approved_last(self):
        compliance = self.market.rooms["compliance"]
        for account in (ALPHA, BETA):
            firm = self.firm(account)
            assert firm.approved == (account in self.counts)
            assert firm.approved_t == self.counts.get(account, 0)
            duty = compliance.duty(account, YEAR)
            assert duty.owed_t == self.counts.get(account, 0)
            assert (duty.emissions_t is None) == (account not in self.counts)

    @invariant()
    def a_firm_has_one_open_mandate_at_most(self):
        for account in (ALPHA, BETA):
            firm = self.firm(account)
            assert sum(one.status == "open" for one in firm.assignments) <= 1
            stated = [one for one in firm.assignments if one.status == "stated"]
            assert len(stated) == len(firm.statements)
            again = [one.verifier for one in stated if one.purpose != "verification"]
            assert len(again) == len(set(again)), "another verifier each time"

    @invariant()
    def reminders_can_be_told(self):
        for one in self.room.reminders(YEAR, date(2024, 7, 1)):
            assert one.overdue == (one.due_on is not None and one.due_on < date(2024, 7, 1))

    def teardown(self):
        assert self.market.breaches() == []
        again = Market()
        again.restore(self.market.snapshot())
        assert again.state_hash() == self.market.state_hash() == self.replayed.state_hash()


def test_random_walks():
    run_state_machine_as_test(
        Workflow,
        settings=settings(
            max_examples=60,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
