"""A market with MRV for tests: two firms, a published method, verifiers, and short ways through a year."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from capwright.market import AdoptScheme, Market
from capwright.mrv.definition import pack
from capwright.mrv.figure_messages import ApproveEmissions, RecordReview
from capwright.mrv.messages import (
    ApprovePlan,
    FileMonitoringPlan,
    PublishMethod,
    StateVerification,
    SubmitReport,
)
from capwright.mrv.oversight_messages import AssignVerifier, RegisterVerifier, VerifierRecord
from capwright.mrv.plan import MonitoringPlan, PlanDatum, PlanStream
from capwright.mrv.records import EmissionReport, Stream
from capwright.mrv.room import MrvRoom
from capwright.mrv.state import FirmYear
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_text
from tests.allocation_worlds import ALPHA, BETA, GAMMA, GdWorld
from tests.mrv_worlds import coal, datum, method

METHOD = method()
YEAR = 2023
DUE = date(2024, 4, 10)  # vintage 2023
ON_TIME = date(2024, 3, 1)

VARIANT = """
name = "test-mrv-{year}"
extends = ["guangdong-2023"]
en = "Guangdong for tests of MRV"
zh = "监测报告核查测试"
vintage = {year}
period_start = {{ value = {year}-01-01, source = "tests", confidence = "default" }}
period_end = {{ value = {year}-12-31, source = "tests", confidence = "default" }}

[compliance]
source = "tests"
confidence = "default"
surrender_due_on = {after}-07-31
surrender_due_on_original = {after}-06-20

[compliance.offsets]
source = "tests"
confidence = "default"
request_by = {after}-07-20
request_by_original = {after}-06-10

[mrv]
source = "tests"
confidence = "default"
report_due_on = {after}-04-10
statement_due_on = {statement}
"""


def scheme_of(extra: str = "", year: int = YEAR, statement: str = "") -> dict[str, Any]:
    """The scheme of Guangdong 2023 with other MRV rules, as the journal keeps it."""
    after = year + 1
    text = VARIANT.format(year=year, after=after, statement=statement or f"{after}-06-30") + extra
    return json.loads(scheme_to_json(load_text(text)))  # type: ignore[no-any-return]


def without_mrv() -> dict[str, Any]:
    """The same scheme without the MRV section."""
    text = VARIANT.format(year=YEAR, after=YEAR + 1, statement="").partition("[mrv]")[0]
    return json.loads(scheme_to_json(load_text(text + "[mrv]\nremove = true\n")))  # type: ignore[no-any-return]


def burned(tonnes: object, **more: Any) -> EmissionReport:
    """A report of so many tonnes of coal at ALPHA.

    A tonne of the tests' anthracite gives 20.304 GJ x 0.02749 tC/GJ x 0.94 x 44/12 = 1.9238... t CO2.
    """
    return figures(coal(datum("FC", "t", tonnes)), **more)


def figures(*streams: Stream, account: str = ALPHA, year: int = YEAR, **more: Any) -> EmissionReport:
    return EmissionReport(account, year, "test@1", streams, **more)


def plan(**more: Any) -> MonitoringPlan:
    stream = PlanStream(
        "coal",
        "fuel",
        "anthracite",
        data=(
            PlanDatum(
                "FC",
                "measured",
                meter="belt scale 1",
                frequency="daily",
                responsible="energy manager",
                records="weighing log",
                gap_procedure="mean of the week",
            ),
        ),
    )
    values: dict[str, Any] = {
        "method": "test@1",
        "organisation": "Alpha Cement",
        "boundary": "the plant at one address",
        "streams": (stream,),
    }
    return MonitoringPlan(**(values | more))


def record(name: str = "v1", **more: Any) -> VerifierRecord:
    return VerifierRecord(name, f"Verifier {name}", more.pop("people", (f"{name}-a", f"{name}-b")), **more)


class MrvWorld(GdWorld):
    """Guangdong in spring 2024 with vintage 2023; ALPHA and BETA report, v1 to v3 verify."""

    def __init__(self, *, ready: bool = True) -> None:
        super().__init__(YEAR, funded_t=0, on=date(2023, 1, 4))
        self.firms(ALPHA, GAMMA, sector="glass").firms(BETA, sector="tiles")
        self.on(ON_TIME)
        self.together(PublishMethod(pack(METHOD)))
        for name in ("v1", "v2", "v3"):
            self.do("ann", RegisterVerifier(record(name)))
        if ready:
            self.do("rep-10-a", FileMonitoringPlan(ALPHA, plan()))
            self.do("ann", ApprovePlan(ALPHA, 1))

    @property
    def mrv(self) -> MrvRoom:
        room = self.market.rooms["mrv"]
        assert isinstance(room, MrvRoom)
        return room

    def year(self, account: str = ALPHA, year: int = YEAR) -> FirmYear:
        return self.mrv.desk.of(account, year)

    def owed_t(self, account: str = ALPHA, year: int = YEAR) -> int:
        return self.market.rooms["compliance"].duty(account, year).owed_t

    def use(self, extra: str, year: int = YEAR) -> MrvWorld:
        """Adopt other MRV rules."""
        self.together(AdoptScheme(scheme_of(extra, year)))
        return self

    # Steps of a year.

    def submit(self, report: EmissionReport | None = None, **more: Any):
        return self.do("rep-10-a", SubmitReport(ALPHA, report or burned(1000), **more))

    def assign(self, verifier: str = "v1", purpose: Any = "verification", **more: Any):
        return self.do(
            "ann", AssignVerifier(more.get("account", ALPHA), more.get("year", YEAR), verifier, purpose)
        )

    def state(self, verified_t: int, opinion: Any = "unqualified", *, person: str = "v1-a", **more: Any):
        version = more.pop("version", len(self.year().reports))
        return self.do(person, StateVerification(ALPHA, YEAR, version, verified_t, opinion, **more))

    def accept(self):
        return self.do("ann", RecordReview(ALPHA, YEAR, "accepted"))

    def approve(self, emissions_t: int):
        return self.do("ann", ApproveEmissions(ALPHA, YEAR, emissions_t))

    def restored(self) -> Market:
        """A market made from the snapshot of this one."""
        made = Market()
        made.restore(self.market.snapshot())
        return made
