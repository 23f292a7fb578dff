"""Duties, surrender, offsets and sanctions as commands, with figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from capwright.compliance.messages import (
    AssessCompliance,
    ComplianceAssessed,
    ImposeSanction,
    RecordEmissions,
    RegisterProject,
    SanctionImposed,
    SurrenderUnits,
)
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.market import Market
from capwright.registry.messages import (
    AppointOfficer,
    ApproveTransaction,
    FreezeUnits,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    RejectTransaction,
    Representative,
)
from tests.allocation_worlds import ALLOCATION, ALPHA, BETA, SURRENDER, GdWorld
from tests.worlds import number

OWNER = number(122, 40, "GD")
DUE = date(2024, 7, 31)  # GZETS 2024: 06-20 moved to 07-31


@pytest.fixture
def world() -> GdWorld:
    """Vintage 2023 with two firms: ALPHA holds 1,000 t of 2023, BETA 100 t."""
    made = GdWorld(2023, funded_t=1_000_000, on=date(2024, 5, 6)).firms(ALPHA, BETA)
    made.adopt("guangdong-2022")
    made.adopt("guangdong-2023")
    for account, quantity_t in ((ALPHA, 1000), (BETA, 100)):
        give(made, account, "GDEA-2023", quantity_t)
    return made


def give(world: GdWorld, account: str, series: str, quantity_t: int) -> None:
    line = (UnitLine(series, quantity_t),)
    world.do("ann", ProposeTransaction("allocation", ALLOCATION, account, line))


def lodge(world: GdWorld, kind: str, project: str, quantity_t: int, to: str = ALPHA, **about) -> str:
    """Register a project, issue its credits and bring them to a firm; return the series."""
    if world.market.book.account(OWNER) is None:
        world.do(
            "olga",
            OpenAccount(
                number=OWNER,
                type="project_owner",
                holder="owner",
                name="Owner",
                opened_on=date(2023, 1, 1),
                representatives=(Representative("owner-a"), Representative("owner-b")),
            ),
        )
    world.do("ann", RegisterProject(code=project, kind=kind, **about))
    world.together(IssueUnits(kind, 2022, quantity_t, OWNER, project))
    line = (UnitLine(f"{kind}-2022-{project}", quantity_t),)
    world.do("owner-a", ProposeTransaction("transfer", OWNER, to, line))
    return f"{kind}-2022-{project}"


def rep(account: str, which: str = "a") -> str:
    return f"rep-{account.split('-')[2]}-{which}"


def surrender(world: GdWorld, account: str, quantity_t: int = 0, lines: tuple[UnitLine, ...] = ()) -> str:
    world.do(rep(account), SurrenderUnits(account, 2023, quantity_t, lines))
    name = f"c{world.count}"
    world.do(rep(account, "b"), ApproveTransaction(name))
    return name


def code(world: GdWorld, actor: str, command) -> str:
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do(actor, command)
    assert world.market.state_hash() == before
    return refused.value.refusal.code


def duty(world: GdWorld, account: str):
    return world.market.rooms["compliance"].duty(account, 2023)


def test_everything_owed_is_surrendered_in_the_schemes_order(world):
    """Credits first, then older vintages, then the vintage itself; a frozen unit before a free one."""
    world.fund(2022, 10_000)
    give(world, ALPHA, "GDEA-2022", 150)
    world.do("olga", FreezeUnits(ALPHA, "GDEA-2023", 500, "2023"))
    phcer = lodge(world, "PHCER", "forest", 60)
    world.do("ann", RecordEmissions(ALPHA, 2023, 800))
    surrender(world, ALPHA)
    book = world.market.book
    # 60 PHCER (limit 80), 150 of 2022, the remaining 590: 500 frozen, then 90 free.
    assert book.at(SURRENDER) == {phcer: 60, "GDEA-2022": 150, "GDEA-2023": 590}
    assert world.frozen_t(ALPHA, 2023) == 0
    assert world.free_t(ALPHA, 2023) == 1000 - 590
    assert duty(world, ALPHA).surrendered_t == 800


def test_what_a_duty_left_frozen_serves_the_next(world):
    """900 of the frozen 1,000 t of 2023 are left over; the duty of 2024 takes them before any free unit."""
    world.adopt("guangdong-2024")
    world.fund(2024, 10_000)
    world.do("olga", FreezeUnits(ALPHA, "GDEA-2023", 1000, "2023"))
    world.do("olga", FreezeUnits(BETA, "GDEA-2023", 100, "court"))
    give(world, ALPHA, "GDEA-2024", 500)
    world.do("ann", RecordEmissions(ALPHA, 2023, 100))
    surrender(world, ALPHA)
    for account in (ALPHA, BETA):
        world.do("ann", RecordEmissions(account, 2024, 1200))
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2024))
    world.do(rep(ALPHA, "b"), ApproveTransaction(f"c{world.count}"))
    assert world.market.book.at(SURRENDER) == {"GDEA-2023": 100 + 900, "GDEA-2024": 300}
    assert world.frozen_t(ALPHA, 2023) == 0
    # Units frozen for another reason are not picked.
    assert code(world, rep(BETA), SurrenderUnits(BETA, 2024)) == "CW-7105"


def test_offsets_stop_at_a_tenth_of_actual_emissions(world):
    series = lodge(world, "PHCER", "forest", 200)
    world.do("ann", RecordEmissions(ALPHA, 2023, 999))
    line = (UnitLine(series, 100),)
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, line)) == "CW-7037"  # floor(99.9) = 99
    surrender(world, ALPHA, lines=(UnitLine(series, 99),))
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, (UnitLine(series, 1),))) == "CW-7037"


def test_credits_count_until_the_last_day_for_requests(world):
    """Vintage 2023: 2024-07-20 was the last day."""
    series = lodge(world, "PHCER", "forest", 200)
    world.do("ann", RecordEmissions(ALPHA, 2023, 1000))
    surrender(world.on(date(2024, 7, 20)), ALPHA, lines=(UnitLine(series, 50),))
    world.on(date(2024, 7, 21))
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, (UnitLine(series, 10),))) == "CW-7041"
    surrender(world, ALPHA)  # what is owed is then met with allowances alone
    assert world.market.book.at(SURRENDER) == {series: 50, "GDEA-2023": 950}


def test_a_pending_surrender_counts_against_the_limit(world):
    """Two proposals, each inside the limit, may not pass it together."""
    series = lodge(world, "PHCER", "forest", 200)
    world.do("ann", RecordEmissions(ALPHA, 2023, 1000))
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, (UnitLine(series, 60),)), "first")
    second = SurrenderUnits(ALPHA, 2023, 0, (UnitLine(series, 41),))
    assert code(world, rep(ALPHA), second) == "CW-7037"
    world.do(rep(ALPHA, "b"), RejectTransaction("first"))
    world.do(rep(ALPHA), second)


def test_seventy_of_a_hundred_offsets_are_provincial(world):
    home = lodge(world, "PHCER", "forest", 100)
    away = lodge(
        world, "CCER", "wind", 100, region="Guangxi", type="wind", co2_ch4_share=Decimal(1), pre_cdm=False
    )
    world.do("ann", RecordEmissions(ALPHA, 2023, 1000))
    lines = (UnitLine(home, 69), UnitLine(away, 31))
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, lines)) == "CW-7038"
    surrender(world, ALPHA, lines=(UnitLine(home, 70), UnitLine(away, 30)))


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"region": "Beijing", "type": "wind"}, "CW-7034"),
        ({"region": "Guangxi", "type": "hydro"}, "CW-7033"),
    ],
)
def test_barred_credits_are_refused_by_name_of_the_rule(world, about, expected):
    series = lodge(world, "CCER", "p", 50, co2_ch4_share=Decimal(1), pre_cdm=False, **about)
    world.do("ann", RecordEmissions(ALPHA, 2023, 1000))
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, (UnitLine(series, 10),))) == expected


def test_units_of_a_later_vintage_are_not_taken(world):
    """No borrowing (DECREE art. 17): for 2022, units of 2023 do not count."""
    world.do("ann", RecordEmissions(ALPHA, 2022, 100))
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2022)) == "CW-7105"
    line = (UnitLine("GDEA-2023", 10),)
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2022, 0, line)) == "CW-7050"


def test_no_more_than_is_owed_and_only_with_a_duty(world):
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023)) == "CW-7103"
    world.do("ann", RecordEmissions(ALPHA, 2023, 300))
    line = (UnitLine("GDEA-2023", 301),)
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, line)) == "CW-7104"
    transaction = ProposeTransaction("surrender", ALPHA, SURRENDER, line, 2023)
    assert code(world, rep(ALPHA), transaction) == "CW-7104"  # by the other road too
    surrender(world, ALPHA)
    assert code(world, rep(ALPHA), SurrenderUnits(ALPHA, 2023)) == "CW-7103"


def test_short_at_the_deadline_judged_sanctioned_once(world):
    """BETA owes 160, has 100: 60 short, so 120 t off next year's quota and 50,000 CNY (DECREE art. 36)."""
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    world.do("ann", RecordEmissions(BETA, 2023, 160))
    surrender(world, ALPHA)
    surrender(world, BETA)
    world.on(DUE)
    before = {e.account: e for e in world.do("ann", AssessCompliance(2023))}
    assert before[ALPHA].status == "COMPLIED"
    assert (before[BETA].status, before[BETA].shortfall_at_due_t) == ("PENDING", 0)
    assert code(world, "ann", ImposeSanction(BETA, 2023)) == "CW-7107"
    world.on(date(2024, 8, 1))
    after = {
        e.account: e for e in world.do("ann", AssessCompliance(2023)) if isinstance(e, ComplianceAssessed)
    }
    assert (after[BETA].status, after[BETA].shortfall_at_due_t) == ("SHORT", 60)
    (sanction,) = [e for e in world.together(ImposeSanction(BETA, 2023)) if isinstance(e, SanctionImposed)]
    assert (sanction.deduct_t, sanction.fine_fen) == (120, 5_000_000)
    assert code(world, "ann", ImposeSanction(BETA, 2023)) == "CW-7107"


def test_made_good_after_the_deadline_is_late(world):
    world.do("ann", RecordEmissions(BETA, 2023, 160))
    surrender(world, BETA)
    world.on(date(2024, 9, 2))
    give(world, BETA, "GDEA-2023", 60)
    surrender(world, BETA)
    (judged,) = [e for e in world.do("ann", AssessCompliance(2023)) if e.account == BETA]
    assert (judged.status, judged.shortfall_t, judged.shortfall_at_due_t) == ("COMPLIED_LATE", 0, 60)


def test_a_reversed_surrender_is_owed_again(world):
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    done = surrender(world, ALPHA)
    world.do("olga", ProposeTransaction("reversal_of_surrender", reverses=done))
    name = f"c{world.count}"
    assert code(world, "olga", ApproveTransaction(name)) == "CW-4202"
    world.together(AppointOfficer("otto", ("operator",)))
    world.do("otto", ApproveTransaction(name))
    assert duty(world, ALPHA).surrendered_t == 0
    assert sum(duty(world, ALPHA).used.values()) == 0
    assert world.free_t(ALPHA, 2023) == 1000
    surrender(world, ALPHA)
    assert duty(world, ALPHA).surrendered_t == 500


def test_an_excluded_year_carries_no_duty(world):
    world.do("ann", RecordEmissions(ALPHA, 2023, 0, excluded=True))
    (judged,) = [e for e in world.do("ann", AssessCompliance(2023)) if e.account == ALPHA]
    assert judged.status == "EXCLUDED"


def test_emissions_are_bounded_and_belong_to_holders(world):
    assert code(world, "ann", RecordEmissions(ALPHA, 2023, -1)) in {"CW-7020", "CW-7102"}
    assert code(world, "ann", RecordEmissions(ALPHA, 2023, 10**13)) in {"CW-7020", "CW-7102"}
    assert code(world, "ann", RecordEmissions(ALLOCATION, 2023, 10)) == "CW-7101"
    assert code(world, "rep-10-a", RecordEmissions(ALPHA, 2023, 10)) == "CW-4001"
    assert code(world, "ann", RecordEmissions(ALPHA, 2012, 10)) == "CW-8201"


def test_state_survives_a_snapshot(world):
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    done = surrender(world, ALPHA)
    world.do("ann", AssessCompliance(2023))
    other = Market()
    other.restore(world.market.snapshot())
    assert other.state_hash() == world.market.state_hash()
    reversal = ProposeTransaction("reversal_of_surrender", reverses=done)
    other.execute(reversal, command_id="r", actor="olga", at_ms=world.at_ms)


@pytest.mark.parametrize("quantity_t", [-1, -(2**63), 10**12 + 1])
def test_a_surrender_of_an_absurd_quantity_is_refused(world, quantity_t):
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    for lines in ((), (UnitLine("GDEA-2023", 500),)):
        with pytest.raises(Refused) as refused:
            world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, quantity_t, lines))
        assert refused.value.refusal.code == "CW-3005"


def test_lines_that_do_not_add_up_to_the_quantity_are_refused(world):
    world.do("ann", RecordEmissions(ALPHA, 2023, 500))
    line = (UnitLine("GDEA-2023", 400),)
    with pytest.raises(Refused) as refused:
        world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 500, line))
    assert refused.value.refusal.code == "CW-7109"
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 400, line))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": ""}, "CW-9103"),
        ({"code": "P\n1"}, "CW-9103"),
        ({"region": "x" * 101}, "CW-9103"),
        ({"co2_ch4_share": Decimal("NaN")}, "CW-7110"),
        ({"co2_ch4_share": Decimal("1.01")}, "CW-7110"),
    ],
)
def test_a_project_that_says_nonsense_is_not_registered(world, fields, code):
    with pytest.raises(Refused) as refused:
        world.do("ann", RegisterProject(**{"code": "P1", "kind": "CCER"} | fields))
    assert refused.value.refusal.code == code
    assert world.market.rooms["compliance"].state.projects == {}


def test_the_ceiling_counts_what_is_used_and_what_is_under_way_in_the_whole_market(world):
    """Vintage 2023 has room for 1,000,000 t (a default): 30 t used, 10 of them by BETA, and 5 t asked for."""
    room = world.market.rooms["compliance"]

    def left_t() -> int:
        return room.usage.ceiling_left_t(2023, room.pending)

    assert left_t() == 1_000_000
    home, other = lodge(world, "PHCER", "forest", 60), lodge(world, "PHCER", "park", 40, to=BETA)
    for account in (ALPHA, BETA):
        world.do("ann", RecordEmissions(account, 2023, 1000))
    surrender(world, ALPHA, lines=(UnitLine(home, 20), UnitLine("GDEA-2023", 80)))
    surrender(world, BETA, lines=(UnitLine(other, 10),))
    assert left_t() == 1_000_000 - 30
    world.do(rep(ALPHA), SurrenderUnits(ALPHA, 2023, 0, (UnitLine(home, 5),)), "asked")
    assert left_t() == 1_000_000 - 35
    world.do(rep(ALPHA, "b"), RejectTransaction("asked"))
    assert left_t() == 1_000_000 - 30
