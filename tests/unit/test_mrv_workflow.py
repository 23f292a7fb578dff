"""From the monitoring plan to the figure that counts: the whole path, and every way it is refused.

The method of the tests has electricity at 0.6379 tCO2/MWh: 100,000 MWh are 63,790 t exactly. A tonne of its
anthracite gives 20.304 GJ x 0.02749 tC/GJ x 0.94 x 44/12 = 1.92378... tCO2, so 1000 t give 1924 t.
"""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from capwright.audit import audit
from capwright.compliance.messages import EmissionsRecorded, RecordEmissions
from capwright.journal import Engine, MemoryStore, find_faults, market_codec, replay
from capwright.kernel.message import Command
from capwright.kernel.refusal import CATALOGUE, Refused
from capwright.market import AdoptScheme, ApproveProposal, Market
from capwright.market.messages import CommandProposed
from capwright.mrv import library
from capwright.mrv.definition import pack, unpack
from capwright.mrv.figure_messages import (
    ApproveEmissions,
    ContestFigure,
    EmissionPart,
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
    FindingReported,
    MeasuredValue,
    PublishMethod,
    ReportFinding,
    ReturnPlan,
    StateVerification,
    SubmitReport,
    VerifiedStream,
    WithdrawReport,
)
from capwright.mrv.oversight_messages import AssignVerifier, RegisterVerifier
from capwright.mrv.plan import PlanDatum, PlanFacility, PlanStream
from capwright.mrv.records import EmissionReport, Evidence, Stream
from capwright.mrv.verification import apart, is_material
from capwright.scheme.mrv_rules import MrvRules, RecheckRules
from tests import mrv_worlds
from tests.allocation_worlds import ALLOCATION, ALPHA, BETA, GAMMA, TRADER, GdWorld
from tests.mrv_workflow_worlds import (
    METHOD,
    YEAR,
    MrvWorld,
    burned,
    figures,
    plan,
    record,
    without_mrv,
)
from tests.mrv_worlds import coal, datum

MILLION_T = 10**12


@pytest.fixture
def world() -> MrvWorld:
    return MrvWorld()


def refused(world: MrvWorld, actor: str, command: Command) -> str:
    """The code of the refusal; nothing has changed."""
    before = world.market.state_hash()
    with pytest.raises(Refused) as caught:
        world.do(actor, command)
    assert world.market.state_hash() == before
    refusal = caught.value.refusal
    assert "{" not in refusal.message("en") + refusal.message("zh"), refusal
    return refusal.code


def bought(mwh: object) -> EmissionReport:
    return figures(Stream("el", "electricity", data=(datum("bought", "MWh", mwh),)))


def verified(world: MrvWorld, mwh: object = 100_000, found_t: int | None = None, *, by: str = "v1") -> int:
    """Report so many MWh and have it verified, with another figure where one is given; what is verified."""
    if world.year().current is None:
        world.submit(bought(mwh))
    world.assign(by)
    return stated(world, found_t, by=by)


def stated(world: MrvWorld, found_t: int | None = None, *, by: str = "v1") -> int:
    current = world.year().current
    assert current is not None
    figure_t = current.emissions_t if found_t is None else found_t
    differing = () if found_t is None else (VerifiedStream("el", Decimal(found_t)),)
    world.state(figure_t, "qualified", person=f"{by}-a", differing=differing, version=current.version)
    return figure_t


# ---- the whole path ----


def test_the_path_from_plan_to_obligation(world):
    (submitted,) = world.submit(burned(1000))
    assert submitted.emissions_t == 1924
    # 1000 x 20.304 x 0.02749 x 0.94 x 44/12 = 558.15696 x 0.94 x 44/12 = 524.6675424 x 44/12
    assert submitted.emissions == Decimal("1923.7809888")
    assert submitted.digest
    assert submitted.method_digest == METHOD.digest
    assert not submitted.late
    assert submitted.submitted_by == "rep-10-a"
    assert submitted.scopes == {"combustion": Decimal("1923.7809888")}
    world.assign()
    (found,) = world.do(
        "v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "invoice of May missing", "coal", 96)
    )
    assert isinstance(found, FindingReported)
    world.do("rep-10-a", AnswerFinding(ALPHA, YEAR, found.finding_id, "we add it"))
    (corrected,) = world.submit(burned(1050), change="invoice of May added")
    assert (corrected.version, corrected.emissions_t) == (2, 2020)  # 1.9237809888 x 1050 = 2019.97
    world.do("v1-b", CloseFinding(ALPHA, YEAR, found.finding_id, "corrected"))
    (statement,) = world.state(2020)
    assert (statement.reported_t, statement.verified_t, statement.recheck) == (2020, 2020, False)
    world.accept()
    approved, recorded = world.approve(2020)
    assert isinstance(approved, EmissionsApproved)
    assert (approved.basis, approved.verifier, approved.version) == ("verified", "v1", 2)
    assert recorded == EmissionsRecorded(account=ALPHA, year=YEAR, emissions_t=2020, owed_t=2020)
    assert world.owed_t() == world.year().approved_t == 2020
    assert world.restored().state_hash() == world.market.state_hash()


def test_a_misstatement_is_corrected_by_a_later_report_only(world):
    world.submit(burned(1000))
    world.assign()
    (found,) = world.do("v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "invoice of May missing", "coal"))
    corrected = CloseFinding(ALPHA, YEAR, found.finding_id, "corrected")
    assert refused(world, "v1-a", corrected) == "CW-5448"
    world.do("rep-10-a", AnswerFinding(ALPHA, YEAR, found.finding_id, "we add it"))
    assert refused(world, "v1-a", corrected) == "CW-5448", "an answer corrects nothing"
    world.submit(burned(1050), change="invoice of May added")
    world.do("rep-10-a", WithdrawReport(ALPHA, YEAR, "a typing error"))
    assert refused(world, "v1-a", corrected) == "CW-5448", "a version that was withdrawn corrects nothing"
    world.submit(burned(1060), change="invoice of May added")
    (closed,) = world.do("v1-a", corrected)
    assert (closed.finding_id, closed.outcome) == (found.finding_id, "corrected")
    assert world.restored().state_hash() == world.market.state_hash()


@pytest.mark.parametrize("kind", ["nonconformity", "recommendation"])
def test_what_is_not_in_the_report_is_corrected_without_a_later_one(world, kind):
    world.submit(burned(1000))
    world.assign()
    (found,) = world.do("v1-a", ReportFinding(ALPHA, YEAR, kind, "no calibration record"))
    (closed,) = world.do("v1-a", CloseFinding(ALPHA, YEAR, found.finding_id, "corrected"))
    assert closed.outcome == "corrected"


def test_a_measured_property_comes_with_the_report_and_with_the_approval(world):
    """20 GJ/t in January to June at 100 t a month, 23 GJ/t after at 200 t: (600 x 20 + 1200 x 23) / 1800."""
    months = mrv_worlds.months(*[100] * 6, 200)
    ncv = mrv_worlds.months(*[20] * 6, 23)
    report = figures(coal(datum("FC", "t", months=months), datum("NCV", "MJ/kg", months=ncv)))
    (submitted,) = world.submit(report)
    measured = (MeasuredValue("coal", "fuel", "NCV", Decimal(22), "GJ/t", "anthracite"),)
    assert submitted.measured == measured
    world.assign()
    world.state(submitted.emissions_t)
    world.accept()
    assert world.approve(submitted.emissions_t)[0].measured == measured


def test_a_default_value_is_no_measured_indicator(world):
    report = figures(coal(datum("FC", "t", 1000), datum("NCV", "GJ/t", 20, obtained="estimated")))
    assert world.submit(report)[0].measured == ()


def test_streams_outside_the_plan_are_named(world):
    report = figures(coal(), coal(code="boiler-2"))
    assert world.submit(report)[0].outside_plan == ("boiler-2",)


def test_a_journal_replays_and_passes_the_audit(world):
    world.submit()
    world.assign()
    world.state(1924)
    world.accept()
    world.approve(1924)
    world.together(RestateEmissions(ALPHA, YEAR, 2000, "a scale was off"))
    store = MemoryStore()
    engine = Engine(store, Market)
    for name, actor, at_ms, command in world.log:
        outcome = engine.execute(command, name, actor, at_ms=at_ms)
        assert outcome.ok, outcome
    refusal = engine.execute(ApproveEmissions(ALPHA, YEAR, 1), "late", "ann", at_ms=world.at_ms).refusal
    assert refusal is not None
    assert refusal.code == "CW-5475"
    machine = Market()
    replay(store, machine)
    assert machine.state_hash() == engine.machine.state_hash() == world.market.state_hash()
    assert find_faults(store, codec=market_codec()) == []
    assert audit(list(itertools.chain.from_iterable(store.scan()))).ok


def test_a_snapshot_from_before_the_room_restores():
    plain = GdWorld(YEAR, funded_t=0)
    read = msgspec.msgpack.decode(plain.market.snapshot())
    del read["rooms"]["mrv"]
    old = Market()
    old.restore(msgspec.msgpack.encode(read))
    assert old.state_hash() == plain.market.state_hash()


# ---- methods ----


def test_a_published_method_is_complete_and_needs_nothing_else(world):
    published = world.mrv.state.methods["test@1"]
    assert published.digest == METHOD.digest
    assert published.definition["tables"]["fuel"]["body"]["items"][0]["values"]["ncv"] == "20.304"
    assert world.mrv.desk.method("test@1").digest == METHOD.digest


def test_a_method_needs_two_people():
    world = MrvWorld()
    other = mrv_worlds.method(text=mrv_worlds.METHOD.replace('version = "1"', 'version = "2"'))
    (proposed,) = world.do("ann", PublishMethod(pack(other)))
    assert isinstance(proposed, CommandProposed)
    assert "test@2" not in world.mrv.state.methods
    assert refused(world, "ann", ApproveProposal(f"c{world.count}")) == "CW-8213"


def test_a_published_version_never_changes(world):
    assert refused(world, "ann", PublishMethod(pack(METHOD))) == "CW-5407"
    changed = mrv_worlds.method(
        text=mrv_worlds.METHOD.replace('standard_en = "none"', 'standard_en = "other"')
    )
    assert changed.id == METHOD.id
    assert refused(world, "ann", PublishMethod(pack(changed))) == "CW-5406"


def test_a_definition_must_be_sound(world):
    broken = pack(METHOD)
    assert refused(world, "ann", PublishMethod({})) == "CW-5400"
    assert refused(world, "ann", PublishMethod(broken | {"more": 1})) == "CW-5400"
    rounded = msgspec.json.decode(msgspec.json.encode(broken).replace(b'"20.304"', b"20.304"))
    assert refused(world, "ann", PublishMethod(rounded)) == "CW-5400"  # a float
    unsourced = broken | {"tables": broken["tables"] | {"fuel": broken["tables"]["fuel"] | {"citations": {}}}}
    assert refused(world, "ann", PublishMethod(unsourced)) == "CW-5232"
    abstract = broken | {"body": broken["body"] | {"abstract": True, "version": "9"}}
    assert refused(world, "ann", PublishMethod(abstract)) == "CW-5408"


def test_an_unpublished_method_cannot_be_used(world):
    assert (
        refused(world, "rep-10-a", SubmitReport(ALPHA, structs.replace(burned(1), method="test@2")))
        == "CW-5405"
    )
    assert refused(world, "rep-10-a", FileMonitoringPlan(ALPHA, plan(method="x@1"), "new")) == "CW-5405"


def test_the_scheme_says_which_method_a_sector_uses(world):
    world.use('\n[mrv.methods]\nglass = ["other@1"]\ntiles = ["test@1"]\n')
    assert world.market.book.account(ALPHA).sector == "glass"
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5420"
    world.use('\n[mrv.methods]\nglass = ["other@1", "test@1"]\n')
    world.submit(burned(1))


# ---- plans ----


def test_versions_of_a_plan(world):
    (filed,) = world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="yearly audit"), "audit added"))
    assert filed.version == 2
    assert [one.status for one in world.mrv.state.plans[ALPHA]] == ["approved", "filed"]
    world.do("ann", ReturnPlan(ALPHA, 2, "name the auditor"))
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="audit by B"), "auditor named"))
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="audit by C"), "another auditor"))
    world.do("ann", ApprovePlan(ALPHA, 4))
    versions = world.mrv.state.plans[ALPHA]
    assert [one.status for one in versions] == ["superseded", "returned", "replaced", "approved"]
    assert [one.plan is None for one in versions] == [True, True, True, False]
    assert [one.change for one in versions] == ["", "audit added", "auditor named", "another auditor"]


def test_a_plan_that_says_nothing_new(world):
    assert refused(world, "rep-10-a", FileMonitoringPlan(ALPHA, plan(), "again")) == "CW-5413"
    assert refused(world, "rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="x"))) == "CW-5414"


def test_a_returned_plan_may_be_filed_again():
    world = MrvWorld(ready=False)
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan()))
    world.do("ann", ReturnPlan(ALPHA, 1, "sign it"))
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(), "signed"))
    assert [one.status for one in world.mrv.state.plans[ALPHA]] == ["returned", "filed"]


STREAM = PlanStream("s", "fuel", "anthracite")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"streams": ()}, "CW-5412"),
        ({"streams": (STREAM, STREAM)}, "CW-5411"),
        ({"streams": (structs.replace(STREAM, component="magic"),)}, "CW-5410"),
        ({"streams": (structs.replace(STREAM, item="wood"),)}, "CW-5410"),
        ({"streams": (structs.replace(STREAM, data=(PlanDatum("XYZ", "factor"),)),)}, "CW-5410"),
        (
            {
                "streams": (
                    structs.replace(STREAM, data=(PlanDatum("FC", "direct"), PlanDatum("FC", "direct"))),
                )
            },
            "CW-5411",
        ),
        (
            {"streams": (structs.replace(STREAM, data=(PlanDatum("FC", "direct", accuracy=Decimal(2)),)),)},
            "CW-5402",
        ),
        (
            {
                "streams": (
                    structs.replace(STREAM, data=(PlanDatum("FC", "direct", accuracy=Decimal("NaN")),)),
                )
            },
            "CW-5402",
        ),
        ({"streams": (structs.replace(STREAM, data=(PlanDatum("FC", "guess"),)),)}, "CW-5401"),
        ({"facilities": (PlanFacility("k", "kiln"), PlanFacility("k", "kiln"))}, "CW-5411"),
        ({"organisation": ""}, "CW-9103"),
        ({"boundary": "x" * 501}, "CW-9103"),
        ({"quality": "a\nb"}, "CW-9103"),
    ],
)
def test_a_plan_must_fit_the_method(world, change, code):
    assert refused(world, "rep-10-a", FileMonitoringPlan(ALPHA, plan(**change), "new")) == code


def test_who_decides_on_a_plan_and_on_which(world):
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="x"), "new"))
    for deed in (ApprovePlan(ALPHA, 2), ReturnPlan(ALPHA, 2, "no")):
        assert refused(world, "rep-10-a", deed) == "CW-4001"
    assert refused(world, "rep-11-a", FileMonitoringPlan(ALPHA, plan(), "x")) == "CW-4002"
    for deed in (ApprovePlan(ALPHA, 1), ReturnPlan(ALPHA, 3, "x"), ApprovePlan(BETA, 1)):
        assert refused(world, "ann", deed) == "CW-5415"
    assert refused(world, "ann", ReturnPlan(ALPHA, 2, "")) == "CW-9103"


# ---- reports ----


def test_a_report_needs_an_approved_plan_where_the_scheme_asks_for_one():
    world = MrvWorld(ready=False)
    submit = SubmitReport(ALPHA, burned(1))
    assert refused(world, "rep-10-a", submit) == "CW-5422"
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan()))
    assert refused(world, "rep-10-a", submit) == "CW-5422"
    world.use("\nplan_required = false\n").do("rep-10-a", submit)


def test_a_report_follows_a_plan_that_was_approved(world):
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(quality="x"), "new"))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1, plan=2))) == "CW-5423"
    world.submit(burned(1, plan=1))
    world.do("ann", ApprovePlan(ALPHA, 2))
    world.submit(burned(2, plan=1), change="the old plan held in the year")
    world.submit(burned(3, plan=2), change="x")


def test_after_the_deadline_a_report_says_that_it_is_late(world):
    world.on(date(2024, 4, 10))
    world.do("rep-10-a", SubmitReport(ALPHA, burned(1)))
    world.do("rep-10-a", WithdrawReport(ALPHA, YEAR, "wrong year"))
    world.on(date(2024, 4, 11))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5424"
    (late,) = world.submit(burned(1), late=True)
    assert late.late
    (corrected,) = world.submit(burned(2), change="x")
    assert corrected.late, "a correction is as late as what it corrects"


def test_a_correction_after_the_deadline_is_not_late(world):
    world.submit(burned(1))
    world.on(date(2024, 5, 1))
    assert not world.submit(burned(2), change="x")[0].late


def test_a_report_on_time_is_not_late_because_it_says_so(world):
    assert not world.submit(burned(1), late=True)[0].late


def test_a_scheme_may_take_no_late_reports(world):
    world.use('\nlate_reports = "refused"\n').on(date(2024, 4, 11))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1), late=True)) == "CW-5425"


def proved(evidence: Evidence) -> EmissionReport:
    return figures(coal(structs.replace(datum("FC", "t", 1), evidence=(evidence,))))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (structs.replace(burned(1), enterprise=BETA), "CW-5426"),
        (structs.replace(burned(1), year=2024), "CW-8201"),
        (structs.replace(burned(1), year=0), "CW-3010"),
        (structs.replace(burned(1), digest="00"), "CW-5240"),
        (figures(coal(datum("FC", "t", -1))), "CW-5243"),
        (figures(coal(datum("FC", "MWh", 1))), "CW-5255"),
        (figures(coal(datum("FC", "t", "1e30"))), "CW-5431"),
        (figures(coal(datum("FC", "t", "NaN"))), "CW-5244"),
        (burned(1, note="a\x00b"), "CW-9103"),
        (burned(1, plan=-1), "CW-5423"),
        (proved(Evidence("zz")), "CW-5286"),
        (proved(Evidence("a" * 64, month=13)), "CW-5286"),
        (proved(Evidence("a" * 64, "lab", tested_on="2023-02-30")), "CW-5286"),
        (figures(coal(structs.replace(datum("FC", "t", 1), obtained="guessed"))), "CW-5401"),
        (figures(coal(structs.replace(datum("FC", "t", 1), unit=7))), "CW-5401"),
    ],
)
def test_a_report_that_is_refused(world, report, code):
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, report)) == code


def test_the_holder_may_stand_for_the_account(world):
    world.submit(structs.replace(burned(1), enterprise="holder-10"))


def test_a_year_is_reported_when_it_is_over(world):
    world.on(date(2023, 12, 31))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5421"
    world.on(date(2024, 1, 1)).submit(burned(1))


def test_who_may_report(world):
    assert refused(world, "rep-11-a", SubmitReport(ALPHA, burned(1))) == "CW-4002"
    assert refused(world, "ann", SubmitReport(ALPHA, burned(1))) == "CW-4002"
    world.open(TRADER, "trading")
    assert refused(world, "ann", AssignVerifier(ALLOCATION, YEAR, "v1")) == "CW-5403"


def test_the_same_report_again(world):
    world.submit(burned(1))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5427"


def test_withdrawing_a_report(world):
    assert refused(world, "rep-10-a", WithdrawReport(ALPHA, YEAR, "x")) == "CW-5429"
    world.submit(burned(1))
    world.submit(burned(2), change="x")
    assert refused(world, "rep-10-a", WithdrawReport(ALPHA, YEAR, "")) == "CW-9103"
    world.do("rep-10-a", WithdrawReport(ALPHA, YEAR, "first one was right"))
    assert world.year().current.version == 1
    (third,) = world.submit(burned(3), change="x")
    assert third.version == 3, "a version number is never used twice"
    world.assign()
    world.state(6, version=3)  # 3 x 1.92378 = 5.77
    assert refused(world, "rep-10-a", WithdrawReport(ALPHA, YEAR, "x")) == "CW-5430"


def test_a_verified_report_is_not_replaced(world):
    verified(world)
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, bought(1))) == "CW-5428"
    world.do("ann", RecordReview(ALPHA, YEAR, "returned", "the May meter is missing"))
    world.submit(bought(1), change="May added")


# ---- findings and statements ----


def test_findings_and_whose_they_are(world):
    raise_it = ReportFinding(ALPHA, YEAR, "nonconformity", "no calibration record")
    assert refused(world, "v1-a", raise_it) == "CW-5460", "nobody is assigned"
    world.assign()
    assert refused(world, "v1-a", raise_it) == "CW-5429", "nothing is reported"
    world.submit()
    assert refused(world, "v2-a", raise_it) == "CW-5440"
    assert refused(world, "rep-10-a", raise_it) == "CW-5440"
    assert refused(world, "ann", raise_it) == "CW-5440"
    assert refused(world, "v1-a", structs.replace(raise_it, stream="gas")) == "CW-5443"
    assert refused(world, "v1-a", structs.replace(raise_it, text="")) == "CW-9103"
    assert refused(world, "v1-a", structs.replace(raise_it, kind="TLA")) == "CW-5401"
    assert refused(world, "v1-a", structs.replace(raise_it, effect_t=10**13)) == "CW-5447"
    (found,) = world.do("v1-a", raise_it)
    answer = AnswerFinding(ALPHA, YEAR, found.finding_id, "here it is")
    close = CloseFinding(ALPHA, YEAR, found.finding_id, "explained")
    assert refused(world, "rep-11-a", answer) == "CW-4002"
    assert refused(world, "rep-10-a", structs.replace(answer, finding_id="c1")) == "CW-5441"
    assert refused(world, "rep-10-a", close) == "CW-5440"
    world.do("rep-10-a", answer)
    assert world.year().findings[found.finding_id].status == "answered"
    world.do("v1-b", close)
    assert refused(world, "v1-b", close) == "CW-5441", "it is settled"
    assert refused(world, "rep-10-a", answer) == "CW-5441"


def test_an_unqualified_opinion_needs_settled_findings(world):
    world.submit()
    world.assign()
    (first,) = world.do("v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "May is missing"))
    world.do("v1-a", ReportFinding(ALPHA, YEAR, "recommendation", "buy a better scale"))
    state = StateVerification(ALPHA, YEAR, 1, 1924, "unqualified")
    assert refused(world, "v1-a", state) == "CW-5446"
    world.do("v1-a", CloseFinding(ALPHA, YEAR, first.finding_id, "explained"))
    world.do("v1-a", state)


def test_a_statement_and_its_refusals(world):
    state = StateVerification(ALPHA, YEAR, 1, 1924, "unqualified")
    assert refused(world, "v1-a", state) == "CW-5460"
    world.assign()
    assert refused(world, "v1-a", state) == "CW-5429"
    world.submit()
    assert refused(world, "v2-a", state) == "CW-5440"
    assert refused(world, "v1-a", structs.replace(state, version=2)) == "CW-5442"
    assert refused(world, "v1-a", structs.replace(state, verified_t=1925)) == "CW-5444"
    assert refused(world, "v1-a", structs.replace(state, opinion="fine")) == "CW-5401"
    for streams, code in [
        ((VerifiedStream("gas", Decimal(1)),), "CW-5443"),
        ((VerifiedStream("coal", Decimal(1924)), VerifiedStream("coal", Decimal(1924))), "CW-5443"),
        ((VerifiedStream("coal", Decimal("NaN")),), "CW-5447"),
        ((VerifiedStream("coal", Decimal("1e13")),), "CW-5447"),
        ((VerifiedStream("coal", Decimal(-1)),), "CW-5447"),
        ((VerifiedStream("coal", Decimal("1e-60")),), "CW-5447"),
        ((VerifiedStream("coal", Decimal("1924.5")),), "CW-5444"),  # half up: 1925
    ]:
        assert refused(world, "v1-a", structs.replace(state, differing=streams)) == code
    world.do("v1-a", state)
    assert refused(world, "v1-a", state) == "CW-5460", "the mandate is over"


def test_a_statement_after_its_date_is_late(world):
    """Due on 2024-06-30; a re-check has no date of its own."""
    world.submit(bought(100_000))
    world.assign()
    world.on(date(2024, 6, 30))
    assert not world.do("v1-a", StateVerification(ALPHA, YEAR, 1, 63_790, "adverse"))[0].late
    world.on(date(2024, 7, 1)).assign()
    assert stated(world, 80_000)
    assert world.year().statements[-1].late
    world.assign("v2", "recheck")
    stated(world, 80_000, by="v2")
    assert not world.year().statements[-1].late


def test_materiality_at_its_edge(world):
    """5 % of 63,790 t are 3,189.5 t: 3,189 t are not material, 3,190 t are."""
    world.submit(bought(100_000))
    world.assign()
    state = StateVerification(
        ALPHA, YEAR, 1, 66_980, "unqualified", "", (VerifiedStream("el", Decimal(66_980)),)
    )
    assert refused(world, "v1-a", state) == "CW-5445"
    world.state(66_979, differing=(VerifiedStream("el", Decimal(66_979)),))
    rules = MrvRules(materiality_share=Decimal("0.05"))
    assert is_material(rules, 1000, 1050) is None  # 5 % exactly
    assert is_material(rules, 1000, 1051) == Decimal("0.05")
    large = structs.replace(rules, large_materiality_share=Decimal("0.02"), large_from_t=500_000)
    assert is_material(large, 500_000, 510_001) is None  # not above 500,000 t
    assert is_material(large, 500_001, 510_001) is None  # 2 % of 500,001 are 10,000.02
    assert is_material(large, 500_001, 510_002) == Decimal("0.02")
    assert is_material(MrvRules(), 1000, 0) is None


@pytest.mark.parametrize(
    ("reported_t", "verified_t", "again"),
    [
        (63_790, 70_168, False),  # 6,378 t: below 10 % (6,379 t)
        (63_790, 70_169, True),  # exactly 10 %
        (63_790, 57_412, False),
        (63_790, 57_411, True),
        (6_379_000, 6_478_999, False),  # 99,999 t
        (6_379_000, 6_479_000, True),  # exactly 100,000 t, though only 1.6 %
        (6_379_000, 6_279_001, False),
        (6_379_000, 6_279_000, True),
        (0, 0, False),
        (0, 1, True),
    ],
)
def test_when_another_verifier_must_look_again(reported_t, verified_t, again):
    rules = RecheckRules(difference_share=Decimal("0.10"), difference_t=100_000)
    assert apart(rules, reported_t, verified_t) is again
    world = MrvWorld()
    world.submit(bought(Decimal(reported_t) / Decimal("0.6379")))
    assert world.year().current.emissions_t == reported_t
    verified(world, found_t=verified_t)
    assert world.year().recheck_due is again


def test_the_basis_of_the_share_is_a_rule():
    """1,000 t reported, 1,100 t verified: 10 % of the reported, 9.1 % of the verified."""
    by_reported = RecheckRules(difference_share=Decimal("0.10"))
    assert apart(by_reported, 1000, 1100)
    assert not apart(structs.replace(by_reported, basis="verified"), 1000, 1100)
    assert not apart(RecheckRules(), 0, MILLION_T)


def test_a_recheck_by_another_verifier(world):
    verified(world, found_t=80_000)
    assert refused(world, "ann", RecordReview(ALPHA, YEAR, "accepted")) == "CW-5471"
    assert refused(world, "ann", ApproveEmissions(ALPHA, YEAR, 80_000)) == "CW-5471"
    assert refused(world, "rep-10-a", ContestFigure(ALPHA, YEAR, "too much")) == "CW-5471"
    assert refused(world, "ann", AssignVerifier(ALPHA, YEAR, "v2")) == "CW-5458"
    assert refused(world, "ann", AssignVerifier(ALPHA, YEAR, "v2", "reverification")) == "CW-5458"
    assert refused(world, "ann", AssignVerifier(ALPHA, YEAR, "v1", "recheck")) == "CW-5457"
    world.assign("v2", "recheck")
    stated(world, 75_000, by="v2")
    assert not world.year().recheck_due, "a re-check is not re-checked"
    assert refused(world, "ann", ApproveEmissions(ALPHA, YEAR, 75_000)) == "CW-5473"
    assert refused(world, "ann", RecordReview(ALPHA, YEAR, "accepted", body="v2")) == "CW-5483"
    world.do("ann", RecordReview(ALPHA, YEAR, "accepted", body="v3"))
    world.approve(75_000)
    assert world.owed_t() == 75_000


def test_an_adverse_opinion_is_no_figure(world):
    world.submit(bought(100_000))
    world.assign()
    world.state(63_790, "adverse")
    assert world.year().standing_t is None
    assert refused(world, "ann", ApproveEmissions(ALPHA, YEAR, 63_790)) == "CW-5470"
    assert refused(world, "ann", RecordReview(ALPHA, YEAR, "accepted")) == "CW-5470"
    world.submit(bought(90_000), change="corrected")
    verified(world)
    world.accept()
    world.approve(57_411)  # 90,000 x 0.6379


# ---- review, contest, estimate, approval, restatement ----


def test_a_review_and_its_refusals(world):
    accept = RecordReview(ALPHA, YEAR, "accepted")
    assert refused(world, "ann", accept) == "CW-5482"
    verified(world)
    assert refused(world, "ann", RecordReview(ALPHA, YEAR, "returned")) == "CW-9103", "it must say why"
    assert refused(world, "rep-10-a", accept) == "CW-4001"
    world.do("ann", accept)
    assert refused(world, "ann", accept) == "CW-5482"


def test_a_review_may_ask_for_a_recheck(world):
    verified(world)
    world.do("ann", RecordReview(ALPHA, YEAR, "recheck", "the laboratory is not accredited"))
    world.assign("v2", "recheck")
    stated(world, by="v2")
    world.accept()
    world.approve(63_790)


def test_a_contested_figure_is_verified_by_another_body(world):
    contest = ContestFigure(ALPHA, YEAR, "the second meter counts twice")
    assert refused(world, "rep-10-a", contest) == "CW-5470"
    verified(world, found_t=66_000)
    world.accept()
    assert refused(world, "rep-10-a", structs.replace(contest, reason="")) == "CW-9103"
    assert refused(world, "rep-11-a", contest) == "CW-4002"
    world.do("rep-10-a", contest)
    assert refused(world, "ann", ApproveEmissions(ALPHA, YEAR, 66_000)) == "CW-5472"
    assert refused(world, "ann", AssignVerifier(ALPHA, YEAR, "v1", "reverification")) == "CW-5457"
    world.assign("v3", "reverification")
    stated(world, by="v3")
    assert refused(world, "rep-10-a", contest) == "CW-5478", "once"
    world.accept()
    world.approve(63_790)


def test_a_contest_after_the_approval(world):
    verified(world)
    world.accept()
    world.approve(63_790)
    contest = ContestFigure(ALPHA, YEAR, "wrong meter")
    assert refused(world, "rep-10-a", contest) == "CW-5479", "the scheme has no time for it"
    world.use("\ncontest_days = 10\n")
    world.on(date(2024, 3, 12))
    assert refused(world, "rep-10-a", contest) == "CW-5479"
    world.on(date(2024, 3, 11)).do("rep-10-a", contest)
    restate = RestateEmissions(ALPHA, YEAR, 60_000, "meter counted twice")
    assert refused(world, "ann", restate) == "CW-5472"
    world.assign("v2", "reverification")
    stated(world, 60_000, by="v2")
    world.together(restate)
    assert world.owed_t() == world.year().approved_t == 60_000


def estimate(emissions_t: int = 70_000, **more) -> EstimateEmissions:
    values = {"reason": "no report", "basis": "coal bought, from invoices of the supplier"} | more
    return EstimateEmissions(ALPHA, YEAR, emissions_t, **values)


def test_an_estimate_where_nothing_was_filed(world):
    assert refused(world, "olga", estimate()) == "CW-4001"
    assert refused(world, "ann", estimate(reason="")) == "CW-9103"
    assert refused(world, "ann", estimate(basis="")) == "CW-9103"
    assert refused(world, "ann", estimate(-1)) == "CW-5485"
    assert refused(world, "ann", estimate(10**12 + 1)) == "CW-5485"
    (proposed,) = world.do("ann", estimate())
    assert isinstance(proposed, CommandProposed)
    assert world.year().standing_t is None
    assert refused(world, "ann", ApproveProposal(f"c{world.count}")) == "CW-8213"
    world.do("bob", ApproveProposal(f"c{world.count - 1}"))
    assert world.year().standing_t == 70_000
    assert refused(world, "rep-10-a", ContestFigure(ALPHA, YEAR, "too much")) == "CW-5429", "report first"
    (approved, _) = world.approve(70_000)
    assert (approved.basis, approved.verifier, approved.version) == ("estimated", "", 0)
    assert world.owed_t() == 70_000
    assert refused(world, "ann", estimate(80_000)) == "CW-5475"


def test_an_estimate_errs_on_the_safe_side(world):
    world.submit(bought(100_000))
    world.assign()
    world.state(66_000, "disclaimer", differing=(VerifiedStream("el", Decimal(66_000)),))
    assert refused(world, "ann", estimate(65_999)) == "CW-5481"
    world.together(estimate(66_000))
    world.approve(66_000)


def test_no_estimate_where_a_verified_figure_stands(world):
    verified(world)
    assert refused(world, "ann", estimate()) == "CW-5480"


def test_a_statement_does_away_with_an_estimate(world):
    world.together(estimate())
    verified(world, 100_000)
    assert world.year().standing_t == 63_790
    world.accept()
    world.approve(63_790)


def test_an_adverse_opinion_leaves_the_estimate(world):
    world.together(estimate())
    world.submit(bought(100_000))
    world.assign()
    (statement,) = world.state(80_000, "adverse", differing=(VerifiedStream("el", Decimal(80_000)),))
    assert not statement.recheck, "what is of no use is not re-checked"
    assert world.year().standing_t == 70_000


def test_a_contested_estimate_waits_for_the_other_verifier(world):
    """The verification that was under way when the firm contested does not settle the contest."""
    world.together(estimate())
    world.submit(bought(100_000))
    world.assign()
    world.do("rep-10-a", ContestFigure(ALPHA, YEAR, "the invoices are of another plant"))
    stated(world)
    assert refused(world, "ann", ApproveEmissions(ALPHA, YEAR, 63_790)) == "CW-5472"
    world.assign("v2", "reverification")
    stated(world, by="v2")
    world.accept()
    world.approve(63_790)


MEMO = """
[[components]]
code = "memo_item"
en = "biomass"
zh = "生物质"
scope = "memo"
symbols = [{ code = "A", en = "amount", zh = "数量", unit = "tCO2", role = "activity" }]
forms = [{ code = "direct", en = "as given", zh = "直接填报", formula = "A" }]
"""


def test_a_memo_is_neither_verified_nor_counted(world):
    text = mrv_worlds.METHOD.replace('version = "1"', 'version = "3"')
    world.together(PublishMethod(pack(mrv_worlds.method(MEMO, text))))
    bio = Stream("bio", "memo_item", data=(datum("A", "tCO2", 500),))
    grid = Stream("el", "electricity", data=(datum("bought", "MWh", 100_000),))
    (submitted,) = world.submit(structs.replace(figures(grid, bio), method="test@3"))
    assert submitted.emissions_t == 63_790
    assert [(one.stream, one.counted) for one in submitted.amounts] == [("el", True), ("bio", False)]
    world.assign()
    assert refused(world, "v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "x", "bio")) == "CW-5443"
    world.state(63_790)


def test_a_firm_may_report_after_an_approved_estimate_and_be_restated(world):
    world.together(estimate())
    world.approve(70_000)
    verified(world, 100_000)
    assert world.year().approved_t == 70_000
    world.together(RestateEmissions(ALPHA, YEAR, 63_790, "verified report"))
    assert world.owed_t() == 63_790


def test_approval_and_its_refusals(world):
    approve = ApproveEmissions(ALPHA, YEAR, 63_790)
    assert refused(world, "ann", approve) == "CW-5470"
    assert refused(world, "ann", structs.replace(approve, account=ALLOCATION)) == "CW-5403"
    assert refused(world, "ann", structs.replace(approve, year=2020)) == "CW-8201"
    verified(world)
    assert refused(world, "rep-10-a", approve) == "CW-4001"
    assert refused(world, "ann", approve) == "CW-5473"
    world.accept()
    assert refused(world, "ann", structs.replace(approve, emissions_t=63_791)) == "CW-5474"
    parts = (EmissionPart("kiln", 63_789),)
    assert refused(world, "ann", structs.replace(approve, parts=parts)) == "CW-7102"
    world.do("ann", approve)
    assert refused(world, "ann", approve) == "CW-5475"
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5428"
    assert refused(world, "ann", AssignVerifier(ALPHA, YEAR, "v2")) == "CW-5458"


def test_a_scheme_may_do_without_the_review(world):
    world.use("\nreview_required = false\n")
    verified(world)
    world.approve(63_790)


def test_restating_is_a_reversal_and_a_new_posting(world):
    restate = RestateEmissions(ALPHA, YEAR, 60_000, "the meter was read twice in May")
    assert refused(world, "ann", restate) == "CW-5476"
    verified(world)
    world.accept()
    world.approve(63_790)
    assert refused(world, "ann", structs.replace(restate, emissions_t=63_790)) == "CW-5477"
    assert refused(world, "ann", structs.replace(restate, emissions_t=-1)) == "CW-5485"
    assert refused(world, "ann", structs.replace(restate, reason="")) == "CW-9103"
    _, restated, recorded = world.together(restate)
    assert restated == EmissionsRestated(
        account=ALPHA, year=YEAR, reversed_t=63_790, emissions_t=60_000, reason=restate.reason
    )
    assert recorded == EmissionsRecorded(account=ALPHA, year=YEAR, emissions_t=60_000, owed_t=60_000)
    assert [e.emissions_t for e in world.year().entries] == [63_790, -63_790, 60_000]
    assert world.year().approved_t == world.owed_t() == 60_000
    world.together(RestateEmissions(ALPHA, YEAR, 61_000, "and the April reading was missing"))
    assert [e.emissions_t for e in world.year().entries] == [63_790, -63_790, 60_000, -60_000, 61_000]
    assert world.owed_t() == 61_000


def test_nobody_records_past_an_approved_figure(world):
    record = RecordEmissions(ALPHA, YEAR, 50_000)
    world.do("ann", record)
    assert world.owed_t() == 50_000
    verified(world)
    world.accept()
    world.approve(63_790)
    assert world.owed_t() == 63_790
    assert refused(world, "ann", record) == "CW-5484"
    assert refused(world, "ann", structs.replace(record, excluded=True)) == "CW-5484"
    world.do("ann", structs.replace(record, account=BETA))


def test_a_scheme_without_mrv_has_none(world):
    world.together(AdoptScheme(without_mrv()))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-8202"
    assert refused(world, "ann", ApproveEmissions(GAMMA, YEAR, 1)) == "CW-8202"


def test_every_code_of_the_room_is_tested_somewhere():
    """A refusal that no test reaches is a promise that nobody holds."""
    texts = "".join(p.read_text() for p in Path(__file__).parent.glob("test_mrv_*.py"))
    codes = [code for code in CATALOGUE if "CW-5400" <= code <= "CW-5499"]
    assert len(codes) > 60
    assert [code for code in codes if f'"{code}"' not in texts] == []


@pytest.mark.parametrize("name", library.methods())
def test_a_shipped_method_survives_the_journal(name):
    """JSON keeps every number: what comes out of the journal has the digest of the file."""
    shipped = library.method(name)
    read = msgspec.json.decode(msgspec.json.encode(pack(shipped)))
    assert unpack(read).digest == shipped.digest


def test_a_cement_works_reports_with_the_method_of_its_sector():
    """The scheme of vintage 2023 names the method; nothing else will do for a cement works."""
    world = GdWorld(2023, funded_t=0, on=date(2024, 3, 1)).firms(ALPHA, sector="cement")
    name = "guangdong-cement@2022.1"
    for method in (METHOD, library.method(name)):
        world.together(PublishMethod(pack(method)))
    stream = PlanStream("grid", "electricity")
    world.do("rep-10-a", FileMonitoringPlan(ALPHA, plan(method=name, streams=(stream,))))
    world.do("ann", ApprovePlan(ALPHA, 1))
    world.do("ann", RegisterVerifier(record("v1")))
    grid = Stream("grid", "electricity", data=(datum("bought", "MWh", 1000),))
    assert refused(world, "rep-10-a", SubmitReport(ALPHA, burned(1))) == "CW-5420"
    (submitted,) = world.do(
        "rep-10-a", SubmitReport(ALPHA, EmissionReport(ALPHA, 2023, name, (grid,), area="guangdong"))
    )
    assert submitted.emissions == Decimal("637.9")  # 1000 MWh x 0.6379, Guangdong's fixed factor
