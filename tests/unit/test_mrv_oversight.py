"""Verifiers: register, rotation, independence, ratings, cards; spot checks, violations, reminders."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from capwright.kernel.message import Command
from capwright.kernel.refusal import Refused
from capwright.market import ApproveProposal
from capwright.market.messages import CommandProposed
from capwright.mrv import library
from capwright.mrv.conduct import grade_of
from capwright.mrv.figure_messages import ApproveEmissions, ContestFigure, EstimateEmissions, RecordReview
from capwright.mrv.inspections import draw
from capwright.mrv.messages import FileMonitoringPlan, ReportFinding, StateVerification, SubmitReport
from capwright.mrv.oversight_messages import (
    AssignVerifier,
    CardGiven,
    DrawInspections,
    EndAssignment,
    GiveCard,
    InspectionsDrawn,
    Points,
    RateVerifier,
    RecordEngagement,
    RecordViolation,
    RegisterVerifier,
    ReportInspection,
    VerifierRated,
)
from capwright.mrv.verifiers import years_later
from capwright.registry.messages import AppointRepresentative, CloseAccount, Representative, SetReportingYears
from capwright.scheme.loader import list_schemes, load_scheme
from tests.allocation_worlds import ALPHA, BETA, GAMMA
from tests.mrv_workflow_worlds import YEAR, MrvWorld, burned, plan, record, scheme_of
from tests.unit.test_mrv_workflow import refused

MEASURED = Points(Decimal(90), Decimal(80), Decimal(70), Decimal(60))


@pytest.fixture
def world() -> MrvWorld:
    return MrvWorld()


def assign(verifier: str = "v1", account: str = ALPHA, year: int = YEAR, purpose="verification"):
    return AssignVerifier(account, year, verifier, purpose)


# ---- the register ----


def test_the_register_and_its_refusals(world):
    assert refused(world, "olga", RegisterVerifier(record("v9"))) == "CW-4001"
    for bad, code in [
        (record("v9", people=()), "CW-5450"),
        (record("v9", people=("a", "a")), "CW-5450"),
        (record("v9", people=("ann",)), "CW-5451"),
        (record("v9", capacity=-1), "CW-5461"),
        (record("v9", people=("a", "v1-b")), "CW-5462"),
        (record("", people=("a",)), "CW-9103"),
        (record("v9", people=("",)), "CW-9103"),
        (structs.replace(record("v9"), name=""), "CW-9103"),
    ]:
        assert refused(world, "ann", RegisterVerifier(bad)) == code
    for deed in (assign("v9"), RecordEngagement("v9", ALPHA, "consulting", date(2023, 1, 1))):
        assert refused(world, "ann", deed) == "CW-5404"


def test_a_person_may_move_to_another_verifier(world):
    """Someone registered with two could look again at their own statement."""
    assert refused(world, "ann", RegisterVerifier(record("v2", people=("v1-a",)))) == "CW-5462"
    world.do("ann", RegisterVerifier(record("v1", people=("v1-b",))))
    world.do("ann", RegisterVerifier(record("v2", people=("v1-a",))))
    world.do("ann", RegisterVerifier(structs.replace(record("v2", people=("v1-a",)), active=False)))
    world.do("ann", RegisterVerifier(record("v3", people=("v1-a",))))


def test_a_corrected_record_keeps_the_past(world):
    world.together(GiveCard("v1", "yellow", "late"))
    world.do("ann", RegisterVerifier(record("v1", people=("new",))))
    assert len(world.mrv.state.verifiers["v1"].cards) == 1
    world.submit()
    world.assign()
    assert refused(world, "v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "x")) == "CW-5440"
    world.do("new", ReportFinding(ALPHA, YEAR, "misstatement", "x"))


def test_who_is_out_of_business_or_out_of_its_sectors(world):
    world.do("ann", RegisterVerifier(record("v1", active=False)))
    assert refused(world, "ann", assign()) == "CW-5459"
    world.do("ann", RegisterVerifier(record("v1", sectors=("tiles",))))
    assert refused(world, "ann", assign()) == "CW-5459"
    world.do("ann", assign(account=BETA))


# ---- assignments ----


def test_one_verifier_at_a_time(world):
    world.assign()
    assert refused(world, "ann", assign("v2")) == "CW-5456"
    assert refused(world, "ann", EndAssignment(ALPHA, YEAR, "")) == "CW-9103"
    assert refused(world, "ann", EndAssignment(BETA, YEAR, "x")) == "CW-5460"
    world.do("ann", EndAssignment(ALPHA, YEAR, "capacity"))
    world.do("ann", assign("v2"))
    world.submit()
    assert refused(world, "v1-a", ReportFinding(ALPHA, YEAR, "misstatement", "x")) == "CW-5440"


def test_rotation_counts_the_years_running(world):
    """Three years running are allowed (default of the scheme); the fourth is another's."""
    for year in (2020, 2021):
        world.do("ann", RecordEngagement("v1", ALPHA, "verification", date(year + 1, 5, 1), year))
    world.do("ann", assign())
    world.do("ann", EndAssignment(ALPHA, YEAR, "x"))  # 2022 is missing
    world.do("ann", RecordEngagement("v1", ALPHA, "verification", date(2023, 5, 1), 2022))
    assert refused(world, "ann", assign()) == "CW-5453"
    world.do("ann", assign(account=BETA))
    world.do("ann", assign("v2"))


def test_rotation_counts_the_statements_of_this_market(world):
    """With one year allowed: verified in 2022 here, so not in 2023."""
    world.use("[mrv.verifiers]\nrotation_years = 1\n", 2022).use("[mrv.verifiers]\nrotation_years = 1\n")
    world.do("rep-10-a", SubmitReport(ALPHA, burned(1000, year=2022), late=True))
    world.do("ann", assign(year=2022))
    world.do("ann", assign(year=2022, account=BETA))  # a mandate without a statement does not count
    world.do("v1-a", StateVerification(ALPHA, 2022, 1, 1924, "unqualified"))
    assert refused(world, "ann", assign()) == "CW-5453"
    world.do("ann", assign(account=BETA))
    world.do("ann", assign("v2"))


def test_a_consultant_waits_three_years(world):
    consulting = RecordEngagement("v1", ALPHA, "consulting", date(2021, 3, 2))
    world.do("ann", consulting)
    assert refused(world, "ann", assign()) == "CW-5454"  # 2024-03-01: a day less than three years
    world.on(date(2024, 3, 2)).do("ann", assign())
    world.submit()
    world.do("ann", structs.replace(consulting, until=date(2024, 3, 1)))
    assert refused(world, "v1-a", StateVerification(ALPHA, YEAR, 1, 1924, "unqualified")) == "CW-5454"


def test_in_forestry_a_consultant_never_verifies(world):
    world.do("ann", RecordEngagement("v1", ALPHA, "consulting", date(1990, 1, 1)))
    world.do("ann", RecordEngagement("v1", BETA, "consulting", date(1990, 1, 1)))
    extra = '[mrv.verifiers]\nnever_consulting_sectors = ["glass"]\n'
    world.use(extra)
    assert refused(world, "ann", assign()) == "CW-5454"
    world.do("ann", assign(account=BETA))
    assert load_scheme("guangdong-2023").body.mrv.verifiers.never_consulting_sectors == ("forestry",)


def test_the_people_of_a_verifier_are_independent(world):
    world.do("olga", AppointRepresentative(ALPHA, Representative("v1-b")))
    assert refused(world, "ann", assign()) == "CW-5451"
    world.do("ann", assign("v2"))
    world.submit()
    world.do("olga", AppointRepresentative(ALPHA, Representative("v2-a", ("read",))))
    assert refused(world, "v2-a", ReportFinding(ALPHA, YEAR, "misstatement", "x")) == "CW-5451"
    assert refused(world, "v2-b", StateVerification(ALPHA, YEAR, 1, 1924, "unqualified")) == "CW-5451"


def test_capacity(world):
    world.do("ann", RegisterVerifier(record("v1", capacity=2)))
    world.do("ann", assign())
    world.do("ann", assign(account=BETA))
    assert refused(world, "ann", assign(account=GAMMA)) == "CW-5455"
    world.do("ann", EndAssignment(BETA, YEAR, "x"))
    world.do("ann", assign(account=GAMMA))
    world.use("[mrv.verifiers]\nmost_assignments = 1\n")
    world.do("ann", assign("v2", BETA))
    world.do("ann", EndAssignment(GAMMA, YEAR, "x"))
    assert refused(world, "ann", assign("v2", GAMMA)) == "CW-5455"


# ---- ratings and cards ----


def test_a_rating_is_the_weighted_mean_of_the_points(world):
    """0.4 x 90 + 0.3 x 80 + 0.2 x 70 + 0.1 x 60 = 36 + 24 + 14 + 6 = 80: good."""
    (rated,) = world.do("ann", RateVerifier("v1", YEAR, MEASURED))
    assert isinstance(rated, VerifierRated)
    assert (rated.score, rated.grade) == (80, "good")
    assert refused(world, "ann", RateVerifier("v1", YEAR, MEASURED)) == "CW-5466"


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("100", "excellent"),
        ("90", "excellent"),
        ("89.99", "good"),
        ("75", "good"),
        ("74.99", "pass"),
        ("60", "pass"),
        ("59.99", "fail"),
        ("0", "fail"),
    ],
)
def test_classes_at_their_edges(score, grade):
    rules = load_scheme("guangdong-2023").body.mrv.rating
    assert grade_of(rules, Decimal(score)) == grade


@pytest.mark.parametrize("points", ["-1", "100.1", "NaN", "Infinity", "50.00001"])
def test_points_have_bounds(world, points):
    bad = structs.replace(MEASURED, conduct=Decimal(points))
    assert refused(world, "ann", RateVerifier("v1", YEAR, bad)) == "CW-5465"


def test_failing_once_is_yellow_and_twice_is_red(world):
    poor = Points(*[Decimal(10)] * 4)
    world.use("")
    _, first = world.do("ann", RateVerifier("v1", YEAR, poor))
    assert isinstance(first, CardGiven)
    assert (first.colour, first.until) == ("yellow", None)
    world.use("", 2022)
    _, second = world.do("ann", RateVerifier("v1", 2022, poor))
    assert (second.colour, second.until) == ("red", date(2027, 3, 1))


def test_a_scheme_without_ratings(world):
    world.use("[mrv.rating]\nremove = true\n")
    assert refused(world, "ann", RateVerifier("v1", YEAR, MEASURED)) == "CW-5467"


def test_a_card_needs_two_people_and_a_reason(world):
    assert refused(world, "ann", GiveCard("v1", "red", "")) == "CW-9103"
    assert refused(world, "olga", GiveCard("v1", "red", "x")) == "CW-4001"
    (proposed,) = world.do("ann", GiveCard("v1", "red", "copied a report"))
    assert isinstance(proposed, CommandProposed)
    assert not world.mrv.state.verifiers["v1"].cards
    assert refused(world, "ann", ApproveProposal(f"c{world.count}")) == "CW-8213"


def test_a_red_card_bars_until_it_is_over(world):
    world.submit()
    world.assign()
    world.together(GiveCard("v1", "red", "copied a report"))  # 2024-03-01, for three years
    state = StateVerification(ALPHA, YEAR, 1, 1924, "unqualified")
    assert refused(world, "v1-a", state) == "CW-5452"
    assert refused(world, "ann", assign(account=BETA)) == "CW-5452"
    world.on(date(2027, 3, 1))
    assert refused(world, "v1-a", state) == "CW-5452"
    world.on(date(2027, 3, 2)).do("v1-a", state)


def test_two_yellow_cards_make_a_red_one(world):
    assert [e.colour for e in world.together(GiveCard("v1", "yellow", "late"))[1:]] == ["yellow"]
    world.do("ann", assign())
    cards = world.together(GiveCard("v1", "yellow", "late again"))[1:]
    assert [card.colour for card in cards] == ["yellow", "red"]
    assert refused(world, "ann", assign(account=BETA)) == "CW-5452"
    assert [e.colour for e in world.together(GiveCard("v1", "yellow", "once more"))[1:]] == ["yellow"]


def test_a_red_card_for_good(world):
    world.use("[mrv.verifiers]\nred_card_years = { remove = true }\n")
    card = world.together(GiveCard("v1", "red", "fraud"))[1]
    assert card.until is None
    world.on(date(2090, 1, 1))
    assert refused(world, "ann", assign()) == "CW-5452"


def test_years_later():
    assert years_later(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 28)
    assert years_later(date(2024, 3, 1), 3) == date(2027, 3, 1)
    assert years_later(date(9000, 3, 1), 3650) == date(9999, 3, 1)


# ---- spot checks ----


def duty(world: MrvWorld) -> MrvWorld:
    for account in (ALPHA, BETA, GAMMA):
        world.do("olga", SetReportingYears(account, 2014))
    return world


def test_a_draw_is_its_own_proof(world):
    """Half of two glass firms is one, half of one tile firm is one (rounded up)."""
    duty(world)
    (drawn,) = world.do("ann", DrawInspections(YEAR, "closing price 2024-03-01: 65.43", Decimal("0.5")))
    assert isinstance(drawn, InspectionsDrawn)
    assert drawn.population == {"glass": 2, "tiles": 1}

    def place(account: str) -> str:
        return hashlib.sha256(f"closing price 2024-03-01: 65.43|{account}".encode()).hexdigest()

    first = min((ALPHA, GAMMA), key=place)
    assert [(one.account, one.sector, one.sha256) for one in drawn.drawn] == [
        (first, "glass", place(first)),
        (BETA, "tiles", place(BETA)),
    ]
    again = world.do("ann", DrawInspections(YEAR, "closing price 2024-03-01: 65.43", Decimal("0.5")))[0]
    assert again.drawn == drawn.drawn


def test_a_count_is_spread_over_the_sectors():
    """5 of 6 + 3 + 1 firms: 3.0, 1.5 and 0.5 each; the two halves compete for one, and a goes before c."""
    strata = {"b": [f"b{n}" for n in range(6)], "a": ["a0", "a1", "a2"], "c": ["c0"]}
    found = draw("seed", strata, count=5)
    assert {sector: sum(one.sector == sector for one in found) for sector in strata} == {
        "a": 2,
        "b": 3,
        "c": 0,
    }
    assert len({one.account for one in found}) == 5
    assert draw("seed", {"b": strata["b"][::-1], "a": strata["a"], "c": ["c0"]}, count=5) == found
    assert draw("other", strata, count=5) != found


def test_draws_that_are_refused(world):
    assert refused(world, "ann", DrawInspections(YEAR, "s", Decimal("0.5"))) == "CW-5491", (
        "nobody reports yet"
    )
    duty(world)
    for bad, code in [
        (DrawInspections(YEAR, "s"), "CW-5490"),
        (DrawInspections(YEAR, "s", Decimal("0.5"), 1), "CW-5490"),
        (DrawInspections(YEAR, "s", Decimal(2)), "CW-5402"),
        (DrawInspections(YEAR, "s", Decimal("NaN")), "CW-5402"),
        (DrawInspections(YEAR, "s", Decimal("1E-999999999")), "CW-5402"),  # held the market up for good
        (DrawInspections(YEAR, "s", count=4), "CW-5491"),
        (DrawInspections(YEAR, "s", count=-1), "CW-5491"),
        (DrawInspections(YEAR, "s", count=1, sectors=("paper",)), "CW-5491"),
        (DrawInspections(YEAR, "", count=1), "CW-9103"),
    ]:
        assert refused(world, "ann", bad) == code
    world.use("[mrv.inspections]\nrandom_share = 0.6\n")
    assert refused(world, "ann", DrawInspections(YEAR, "s", Decimal("0.5"))) == "CW-5492"
    world.do("ann", DrawInspections(YEAR, "s", Decimal("0.6")))


def test_inspections_random_and_regular(world):
    duty(world)
    (drawn,) = world.do("ann", DrawInspections(YEAR, "s", count=1, sectors=("tiles",)))
    report = ReportInspection(BETA, YEAR, "faults", "scale without calibration", drawn.draw_id)
    assert refused(world, "ann", structs.replace(report, account=ALPHA)) == "CW-5493"
    assert refused(world, "ann", structs.replace(report, year=2022)) == "CW-8201"
    assert refused(world, "ann", structs.replace(report, draw_id="c1")) == "CW-5493"
    world.use("", 2022)
    (other,) = world.do("ann", DrawInspections(2022, "s", count=1, sectors=("tiles",)))
    assert refused(world, "ann", structs.replace(report, draw_id=other.draw_id)) == "CW-5493"
    assert refused(world, "ann", structs.replace(report, text="")) == "CW-9103"
    assert refused(world, "rep-11-a", report) == "CW-4001"
    (found,) = world.do("ann", report)
    assert world.mrv.state.draws[drawn.draw_id].waiting == []
    assert refused(world, "ann", report) == "CW-5493", "reported already"
    world.do("ann", ReportInspection(ALPHA, YEAR, "clean", "regular visit"))
    assert world.mrv.state.inspections[found.inspection_id].faults


def test_who_has_left_is_not_drawn(world):
    duty(world)
    world.do("olga", SetReportingYears(ALPHA, 2014, 2022))
    world.do("olga", SetReportingYears(GAMMA, 2024))
    (drawn,) = world.do("ann", DrawInspections(YEAR, "s", Decimal(1)))
    assert [one.account for one in drawn.drawn] == [BETA]
    world.submit()
    (drawn,) = world.do("ann", DrawInspections(YEAR, "s", Decimal(1)))
    assert [one.account for one in drawn.drawn] == [ALPHA, BETA], "who has reported is among them"
    world.do("olga", CloseAccount(BETA))
    assert world.do("ann", DrawInspections(YEAR, "s", Decimal(1)))[0].population == {"glass": 1}


# ---- violations ----


def violation(code: str = "false_report", subject: str = ALPHA, **more) -> RecordViolation:
    return RecordViolation(subject, YEAR, code, "May left out on purpose", **more)


@pytest.mark.parametrize(
    ("code", "subject", "least_fen", "most_fen"),
    [
        ("false_report", ALPHA, 1_000_000, 3_000_000),  # DECREE art. 35: 10,000-30,000 CNY
        ("obstruction", ALPHA, 1_000_000, 3_000_000),
        ("serious_obstruction", ALPHA, 5_000_000, 5_000_000),  # 50,000 CNY
        ("verifier_fraud", "v1", 3_000_000, 5_000_000),  # art. 38: 30,000-50,000 CNY
        ("verifier_leak", "v1", 3_000_000, 5_000_000),
    ],
)
def test_fines_lie_within_the_law(world, code, subject, least_fen, most_fen):
    for fine_fen in (least_fen - 1, most_fen + 1):
        assert refused(world, "ann", violation(code, subject, fine_fen=fine_fen)) == "CW-5495"
    world.together(violation(code, subject, fine_fen=most_fen))
    recorded = world.together(violation(code, subject))[1]
    assert recorded.fine_fen == least_fen
    assert [one.fine_fen for one in world.mrv.state.violations.values()] == [most_fen, least_fen]


def test_violations_that_are_refused(world):
    for bad, code in [
        (violation("theft"), "CW-5494"),
        (violation("verifier_fraud"), "CW-5494"),
        (violation("false_report", "v1"), "CW-5494"),
        (violation(subject="nobody"), "CW-5403"),
        (violation(inspection_id="c1"), "CW-5496"),
        (structs.replace(violation(), reason=""), "CW-9103"),
    ]:
        assert refused(world, "ann", bad) == code
    (seen,) = world.do("ann", ReportInspection(BETA, YEAR, "faults", "x"))
    assert refused(world, "ann", violation(inspection_id=seen.inspection_id)) == "CW-5496", "of another firm"
    found = violation(subject=BETA, inspection_id=seen.inspection_id)
    assert refused(world, "ann", structs.replace(found, year=YEAR + 1)) in {"CW-5496", "CW-8201"}
    world.together(found)
    assert refused(world, "ann", found) == "CW-5497", "fined for it already"
    (proposed,) = world.do("ann", violation())
    assert isinstance(proposed, CommandProposed)


def test_a_verifier_that_cheats_gets_a_red_card(world):
    assert [type(e).__name__ for e in world.together(violation("verifier_fraud", "v1"))[1:]] == [
        "ViolationRecorded",
        "CardGiven",
    ]
    assert refused(world, "ann", assign()) == "CW-5452"
    world.together(violation("verifier_leak", "v2"))
    world.do("ann", assign("v2"))
    world.together(violation("verifier_leak", "v2"))
    assert refused(world, "ann", assign("v2", BETA)) == "CW-5452", "two yellow cards"


# ---- reminders ----


def owed(world: MrvWorld, on: date) -> list[tuple[str, str, bool]]:
    return [(one.who, one.what, one.overdue) for one in world.mrv.reminders(YEAR, on) if one.account == ALPHA]


def test_reminders_follow_a_year(world):
    """Report due 2024-04-10, statement 2024-06-30; the scheme of the tests has no date for the rest."""
    duty(world)
    on, late = date(2024, 4, 10), date(2024, 4, 11)
    assert owed(world, on) == [(ALPHA, "report", False)]
    assert owed(world, late) == [(ALPHA, "report", True)]
    world.submit()
    assert owed(world, late) == [("authority", "assignment", False)]
    world.assign()
    assert owed(world, date(2024, 6, 30)) == [("v1", "statement", False)]
    assert owed(world, date(2024, 7, 1)) == [("v1", "statement", True)]
    world.do("v1-a", ReportFinding(ALPHA, YEAR, "recommendation", "buy a better scale"))
    assert owed(world, late) == [(ALPHA, "answer", False), ("v1", "statement", False)]
    world.state(1924)
    assert owed(world, late) == [("authority", "review", False)]
    world.accept()
    assert owed(world, late) == [("authority", "approval", False)]
    world.do("rep-10-a", ContestFigure(ALPHA, YEAR, "x"))
    assert owed(world, late) == [("authority", "assignment", False)]
    world.assign("v2", "reverification")
    world.state(1924, person="v2-a")
    world.do("ann", RecordReview(ALPHA, YEAR, "accepted"))
    world.do("ann", ApproveEmissions(ALPHA, YEAR, 1924))
    assert owed(world, date(2030, 1, 1)) == []


def test_a_figure_that_is_contested_after_its_approval_is_owed_another_verifier(world):
    duty(world).use("contest_days = 10\n")
    world.submit()
    world.assign()
    world.state(1924)
    world.accept()
    world.approve(1924)
    assert owed(world, date(2024, 3, 2)) == []
    world.do("rep-10-a", ContestFigure(ALPHA, YEAR, "x"))
    assert owed(world, date(2024, 3, 2)) == [("authority", "assignment", False)]


def test_reminders_of_plans_estimates_and_inspections(world):
    duty(world)
    beta = [
        (r.who, r.what, r.due_on) for r in world.mrv.reminders(YEAR, date(2024, 3, 1)) if r.account == BETA
    ]
    due = date(2024, 4, 10)
    assert beta == [(BETA, "plan", due), (BETA, "report", due)]
    world.do("rep-11-a", FileMonitoringPlan(BETA, plan()))
    world.together(EstimateEmissions(BETA, YEAR, 5, "no report", "area of the plant"))
    world.do("ann", DrawInspections(YEAR, "s", count=1, sectors=("tiles",)))
    beta = [(r.who, r.what) for r in world.mrv.reminders(YEAR, date(2024, 3, 1)) if r.account == BETA]
    assert beta == [("authority", "plan_decision"), ("authority", "approval"), ("authority", "inspection")]


def test_what_is_overdue_comes_first(world):
    duty(world)
    found = world.mrv.reminders(YEAR, date(2024, 4, 11))
    assert [one.overdue for one in found] == sorted((one.overdue for one in found), reverse=True)


# ---- the shipped schemes ----


@pytest.mark.parametrize(
    ("year", "report", "statement"),
    [
        (2014, date(2015, 3, 15), date(2015, 4, 30)),
        (2016, date(2017, 3, 15), date(2017, 4, 15)),
        (2018, date(2019, 3, 15), date(2019, 4, 20)),
        (2019, date(2020, 5, 29), date(2020, 7, 10)),
        (2020, date(2021, 3, 20), date(2021, 4, 30)),
        (2022, date(2023, 3, 31), date(2023, 5, 15)),
        (2023, date(2024, 4, 10), date(2024, 6, 30)),
    ],
)
def test_deadlines_of_guangdong(year, report, statement):
    rules = load_scheme(f"guangdong-{year}").body.mrv
    assert (rules.report_due_on, rules.statement_due_on) == (report, statement)
    assert (rules.recheck.difference_share, rules.recheck.difference_t) == (Decimal("0.10"), 100_000)


def test_every_market_with_a_duty_has_mrv_rules_where_the_sources_have_figures():
    with_rules = {one.name for one in list_schemes() if load_scheme(one.name).body.mrv is not None}
    assert {"eu-ets", "china-national-2024", *(f"guangdong-{y}" for y in range(2013, 2026))} <= with_rules
    eu = load_scheme("eu-ets").body.mrv
    assert (eu.materiality_share, eu.large_materiality_share, eu.large_from_t) == (
        Decimal("0.05"),
        Decimal("0.02"),
        500_000,
    )


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("[mrv.rating]\nreport_quality_share = 0.5\n", "CW-8014"),
        ("[mrv.rating]\ngood_from = 95\n", "CW-8014"),
        ("materiality_share = 5\n", "CW-8014"),
        ('[[mrv.violations]]\ncode = "false_report"\nfine_most_fen = 1\n', "CW-8014"),
    ],
)
def test_a_scheme_that_makes_no_sense(extra, code):
    with pytest.raises(Refused) as caught:
        scheme_of(extra)
    assert caught.value.refusal.code == code


def test_dates_of_a_scheme_are_in_order():
    with pytest.raises(Refused) as caught:
        scheme_of("", statement="2024-04-09")
    assert caught.value.refusal.code == "CW-8010"


def test_types_are_held(world):
    bad: Command = AssignVerifier(ALPHA, YEAR, "v1", "tea")  # type: ignore[arg-type]
    assert refused(world, "ann", bad) == "CW-5401"


def test_every_method_that_a_shipped_scheme_names_is_shipped_and_meant_for_the_sector():
    named = {
        (sector, name)
        for one in list_schemes()
        if (rules := load_scheme(one.name).body.mrv) is not None
        for sector, names in rules.methods.items()
        for name in names
    }
    assert len(named) > 12
    assert [name for _, name in named if name not in library.methods()] == []
    assert [pair for pair in named if pair[0] not in library.method(pair[1]).body.sectors] == []
