"""Cases of the exchange: the steps of the risk rule, measures, and what they forbid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from capwright.exchange import case_messages as c
from capwright.exchange import messages as m
from capwright.exchange.cases import anniversary
from capwright.market import ApproveProposal, Market, RejectProposal
from tests.exchange_worlds import DAY, Exchange, at
from tests.worlds import ALPHA, BETA, TRADER

WED = DAY + timedelta(days=1)


def opened(account: str = ALPHA, world: Exchange | None = None) -> Exchange:
    """A trading day with a case called `case` against an account."""
    world = world or Exchange().open()
    world.do("eve", c.OpenCase("abnormal_trading", "sold to itself", account, "an alert"), "case")
    return world


def case(world: Exchange, name: str = "case"):
    return world.exchange.state.cases[name]


def suspend(world: Exchange, until: date, name: str = "case"):
    return world.together(
        c.ImposeMeasure(name, "suspend", "wash trades", until=until), first="eve", second="ed"
    )


def end(world: Exchange, name: str = "case"):
    command = c.ImposeMeasure(name, "end_membership", "wash trades")
    return world.together(command, first="eve", second="ed")


def measure_id(world: Exchange, name: str = "case") -> str:
    return case(world, name).measures[-1].id


def test_a_case_keeps_its_file_from_notice_to_close():
    world = opened()
    notice = world.do("eve", c.SummonInterview("case", WED, "please come"))
    assert notice == (c.InterviewSummoned(case_id="case", on=WED, text="please come"),)
    world.do("eve", c.RequireReport("case", WED, "explain the trades"))
    assert world.code("eve", c.CloseCase("case", "done")) == "CW-6290"
    world.at_ms = at("10:00", WED)
    world.do("ed", c.RecordInterview("case", "denies it"))
    assert world.code("eve", c.CloseCase("case", "done")) == "CW-6290"
    world.do("ed", c.RecordReport("case", "two desks, one firm"))
    world.do("ed", c.ReportToRegulator("case", "for the authority"))
    world.do("ed", c.CloseCase("case", "explained"))
    steps = ["summons", "report required", "interview", "report", "regulator", "closed"]
    assert [entry.step for entry in case(world).entries] == steps
    assert case(world).closed_ms == at("10:00", WED)
    assert case(world).alert == "an alert"


def test_notice_is_a_day_ahead():
    """Risk rule of 2015: written notice at least one day before the interview."""
    world = opened()
    assert world.code("eve", c.SummonInterview("case", DAY, "now")) == "CW-6283"
    assert world.code("eve", c.SummonInterview("case", date(2025, 1, 3), "late")) == "CW-6283"
    world.do("eve", c.SummonInterview("case", WED, "tomorrow"))
    assert world.code("eve", c.RecordInterview("case", "already?")) == "CW-6284"
    world.do("eve", c.SummonInterview("case", WED + timedelta(days=1), "a day later"))
    world.at_ms = at("10:00", WED)
    assert world.code("eve", c.RecordInterview("case", "moved")) == "CW-6284"
    world.at_ms = at("00:00", WED + timedelta(days=1))
    world.do("eve", c.RecordInterview("case", "came"))
    assert world.code("eve", c.RecordInterview("case", "again")) == "CW-6284"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.OpenCase("abnormal_trading", "x", "nobody"), "CW-6288"),
        (c.OpenCase("boredom", "x"), "CW-6287"),
        (c.OpenCase("other", ""), "CW-9103"),
        (c.CloseCase("none", "x"), "CW-6281"),
        (c.RecordInterview("case", "x"), "CW-6284"),
        (c.RecordReport("case", "x"), "CW-6285"),
        (c.RequireReport("case", date(2022, 12, 31), "x"), "CW-6286"),
        (c.PublishWarning("case", "t", "x", "GOLD"), "CW-6293"),
        (c.PublishWarning("case", "", "x"), "CW-9103"),
        (c.ImposeMeasure("case", "suspend", "x"), "CW-6292"),
        (c.ImposeMeasure("case", "end_membership", "x", until=WED), "CW-6292"),
        (c.ImposeMeasure("case", "suspend", "x", until=date(2022, 12, 31)), "CW-6286"),
        (c.ImposeMeasure("case", "suspend", "x", until=date.max), "CW-6286"),
        (c.ImposeMeasure("case", "publish", "x"), "CW-9103"),
        (c.ImposeMeasure("case", "fine", "x"), "CW-6287"),
        (c.LiftMeasure("case", "none", "x"), "CW-6291"),
    ],
)
def test_steps_that_are_refused(command, code):
    assert opened().code("eve", command) == code


def test_a_case_without_a_party_warns_but_summons_nobody():
    world = Exchange().open()
    world.do("eve", c.OpenCase("abnormal_price", "limit up three times"), "case")
    assert world.code("eve", c.SummonInterview("case", WED, "x")) == "CW-6288"
    assert world.code("eve", c.RequireReport("case", WED, "x")) == "CW-6288"
    assert world.code("eve", c.ImposeMeasure("case", "suspend", "x", until=WED)) == "CW-6288"
    notice, noted = world.do("eve", c.PublishWarning("case", "Risk", "Prices move fast.", "TLA"), "w")
    assert notice.warning
    assert notice.product == "TLA"
    assert noted == c.WarningPublished(case_id="case", announcement_id="w", title="Risk")
    assert world.exchange.state.announcements[-1].warning


def test_nothing_happens_in_a_closed_case():
    world = opened()
    world.do("eve", c.CloseCase("case", "nothing in it"))
    for command in (
        c.SummonInterview("case", WED, "x"),
        c.RequireReport("case", WED, "x"),
        c.PublishWarning("case", "t", "x"),
        c.ReportToRegulator("case", "x"),
        c.ImposeMeasure("case", "suspend", "x", until=WED),
        c.CloseCase("case", "x"),
    ):
        assert world.code("eve", command) == "CW-6282"


def test_only_the_exchange_keeps_cases_and_measures_need_two_people():
    world = opened()
    assert world.code("olga", c.OpenCase("other", "x")) != ""
    assert world.refused(ALPHA, c.CloseCase("case", "x")) != ""
    world.do("eve", c.ImposeMeasure("case", "suspend", "x", until=WED), "want")
    assert case(world).measures == []
    assert world.code("eve", ApproveProposal("want")) != ""
    world.do("ed", RejectProposal("want", "no proof"))
    assert case(world).measures == []
    world.order(ALPHA, "sell", 5_000, 10)


def test_a_publication_is_an_announcement_and_no_halt():
    world = opened()
    command = c.ImposeMeasure("case", "publish", "Alpha traded with itself.", "Reprimand")
    world.together(command, first="eve", second="ed")
    assert world.exchange.state.announcements[-1].title == "Reprimand"
    assert [entry.step for entry in case(world).entries] == ["publish"]
    world.order(ALPHA, "sell", 5_000, 10)


def test_a_suspension_takes_orders_out_and_refuses_new_ones_until_its_last_day_is_over():
    world = Exchange().open()
    world.order(ALPHA, "sell", 5_010, 100, id="mine")
    world.order(BETA, "buy", 4_990, 100, id="other")
    world.by(BETA, m.ProposeDeal(BETA, ALPHA, "TLA", "buy", 5_000, 50), "deal")
    opened(world=world)
    suspend(world, WED)
    assert world.left() == {"other": 100}
    assert world.exchange.state.deals == {}
    assert world.units(f"{ALPHA}#held:x:mine") == {}
    order = m.PlaceOrder(ALPHA, "TLA", "sell", 5_010, 100)
    assert world.refused(ALPHA, order) == "CW-6204"
    assert world.refused(BETA, m.ProposeDeal(BETA, ALPHA, "TLA", "buy", 5_000, 50)) == "CW-6204"
    world.close()
    world.open(on=WED)
    assert world.refused(ALPHA, order) == "CW-6204"
    world.close(WED)
    thursday = WED + timedelta(days=1)
    world.open("13:30", on=thursday)
    world.by(ALPHA, order)


def test_a_suspension_cannot_be_lifted_or_shortened_by_the_halt_commands():
    world = opened()
    suspend(world, WED)
    assert world.code("eve", m.LiftHalt(ALPHA)) == "CW-6289"
    assert world.code("eve", m.Halt(ALPHA, "short", until_ms=at("11:00"))) == "CW-6289"
    world.do("eve", m.Halt(ALPHA, "longer"))
    assert world.code("eve", m.LiftHalt(ALPHA)) == "CW-6289"
    world.close()
    world.at_ms = at("00:00", WED + timedelta(days=1))
    world.do("eve", m.LiftHalt(ALPHA))
    assert ALPHA not in world.exchange.state.halts


def test_a_longer_halt_outlives_a_suspension():
    world = opened()
    world.do("eve", m.Halt(ALPHA, "court order"))
    suspend(world, WED)
    assert world.exchange.state.halts[ALPHA].until_ms == 0
    world = opened()
    world.do("eve", m.Halt(ALPHA, "short", until_ms=at("11:00")))
    suspend(world, WED)
    assert world.exchange.state.halts[ALPHA].until_ms == at("00:00", WED + timedelta(days=1))


def test_two_suspensions_within_a_year_end_the_membership():
    """Risk rule of 2015: suspended twice within a year, membership is cancelled."""
    world = opened()
    suspend(world, WED)
    world.at_ms = at("10:00", date(2024, 1, 2))  # a day short of a year after 2023-01-03
    world.do("eve", c.OpenCase("complaint", "again", ALPHA), "again")
    events = suspend(world, date(2024, 1, 5), "again")
    imposed = next(event for event in events if isinstance(event, c.MeasureImposed))
    assert (imposed.measure, imposed.until_ms, imposed.suspensions) == ("end_membership", 0, 2)
    assert world.exchange.state.halts[ALPHA].until_ms == 0
    world.at_ms = at("10:00", date(2030, 1, 2))
    assert world.code("eve", m.LiftHalt(ALPHA)) == "CW-6289"
    assert world.code("eve", m.AdmitMember(ALPHA, "controlled")) == "CW-6289"
    assert world.code("eve", c.ImposeMeasure("again", "suspend", "x", until=date(2030, 1, 5))) == "CW-6289"


@pytest.mark.parametrize(("account", "on"), [(ALPHA, date(2024, 1, 3)), (TRADER, date(2023, 6, 1))])
def test_a_year_later_or_somebody_else_starts_anew(account, on):
    world = opened()
    suspend(world, WED)
    world.at_ms = at("10:00", on)
    world.do("eve", c.OpenCase("complaint", "again", account), "again")
    suspend(world, on, "again")
    assert case(world, "again").measures[0].kind == "suspend"


def test_a_year_from_29_february_ends_on_1_march():
    assert anniversary(date(2024, 2, 29)) == date(2025, 3, 1)
    assert anniversary(date(2023, 1, 3)) == date(2024, 1, 3)


def test_a_measure_set_aside_lets_the_halt_be_lifted_and_counts_no_more():
    world = opened()
    end(world)
    world.do("eve", c.CloseCase("case", "ended"))
    lift = c.LiftMeasure("case", measure_id(world), "on appeal")
    world.together(lift, first="ed", second="eve")
    assert world.refused(ALPHA, m.PlaceOrder(ALPHA, "TLA", "sell", 5_000, 10)) == "CW-6204"
    world.do("eve", m.LiftHalt(ALPHA, "won its appeal"))
    world.order(ALPHA, "sell", 5_000, 10)
    assert world.code("eve", lift) == "CW-6291"
    world.do("eve", c.OpenCase("complaint", "first", ALPHA), "first")
    suspend(world, WED, "first")
    world.together(c.LiftMeasure("first", measure_id(world, "first"), "wrong firm"), first="ed", second="eve")
    world.do("eve", c.OpenCase("complaint", "second", ALPHA), "second")
    suspend(world, WED, "second")
    assert case(world, "second").measures[0].kind == "suspend"


def test_other_halts_are_lifted_as_before():
    world = opened()
    suspend(world, WED)
    for target in ("", "TLA", BETA):
        world.do("eve", m.Halt(target, "drill"))
        world.do("eve", m.LiftHalt(target))
    world.do("eve", m.AdmitMember(ALPHA, "controlled"))  # a suspended member stays one
    assert set(world.exchange.state.halts) == {ALPHA}, "the suspension alone still holds"
    assert ALPHA in world.exchange.state.members


def test_cases_survive_a_snapshot():
    world = opened()
    world.do("eve", c.SummonInterview("case", WED, "please come"))
    suspend(world, WED)
    again = Market()
    again.restore(world.market.snapshot())
    assert again.state_hash() == world.market.state_hash()
    assert again.rooms["exchange"].state.cases == world.exchange.state.cases


def test_without_surveillance_rules_no_case_is_opened():
    def without(text: str) -> str:
        head, _, rest = text.partition("[exchange.surveillance]")
        return head + "[[exchange.products]]" + rest.partition("[[exchange.products]]")[2]

    assert Exchange(without).code("eve", c.OpenCase("other", "x")) == "CW-6280"
