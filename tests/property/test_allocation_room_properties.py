"""Random orders of the commands of one vintage: laws, books and answers hold whatever the order."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from capwright.allocation.messages import (
    ApproveQuota,
    DecideObjection,
    ObjectToQuota,
    PreIssueAllowances,
    RecallForStop,
    RecallOwed,
    RecordActivity,
    TrueUpAllowances,
)
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import SanctionImposed, UnitLine
from capwright.registry.messages import ProposeTransaction
from tests.allocation_worlds import ALLOCATION, ALPHA, BETA, CANCELLATION, TRADER, GdWorld

FIRMS = (ALPHA, BETA)
GRINDING = "cement_grinding"
# 0.023 × 0.99 × 0.96 of the output is free: up to 219 t.
outputs = st.decimals(0, 10_000, places=2)
tonnes = st.integers(0, 300)
some = st.lists(st.sampled_from(FIRMS), max_size=2).map(tuple)
firm = st.sampled_from(FIRMS)
cuts = st.sampled_from((0, 20, 150))
wishes = st.one_of(
    st.tuples(st.just("record"), firm, outputs, tonnes),
    st.tuples(st.just("pre_issue"), some),
    st.tuples(st.just("approve"), some),
    st.tuples(st.just("object"), firm),
    st.tuples(st.just("decide"), firm, tonnes),
    st.tuples(st.just("true_up"), some),
    st.tuples(st.just("stop"), firm, st.integers(0, 13), st.integers(5, 12)),
    st.tuples(st.just("owed"), firm, st.integers(0, 20)),
    st.tuples(st.just("spend"), firm, st.integers(1, 100)),
    st.tuples(st.just("buy"), firm, st.integers(1, 50)),
    st.tuples(st.just("sanction"), firm, st.integers(2020, 2021), st.integers(1, 100)),
    st.tuples(st.just("wait"), st.integers(1, 9)),
)


def carry_out(world: GdWorld, wish: tuple) -> None:
    kind, *args = wish
    if kind == "record":
        account, output, last_t = args
        world.do(
            "ann",
            RecordActivity(
                account=account, process=GRINDING, year=2021, activity=Decimal(output), last_approved_t=last_t
            ),
        )
    elif kind == "object":
        world.do(f"rep-{args[0].split('-')[2]}-a", ObjectToQuota(args[0], 2021, "why"))
    elif kind == "spend":
        world.spend(*args)
    elif kind == "buy":
        lines = (UnitLine("GDEA-2021", args[1]),)
        world.do("rep-30-a", ProposeTransaction("transfer", TRADER, args[0], lines))
    elif kind == "wait":
        world.at_ms += args[0] * 86_400_000
    elif kind == "sanction":
        account, vintage, deduct_t = args
        event = SanctionImposed(account=account, vintage=vintage, shortfall_t=1, deduct_t=deduct_t)
        world.market.apply(event, world.at_ms)
        world.events.append((event, world.at_ms))
    else:
        made = {
            "pre_issue": lambda: PreIssueAllowances(2021, *args),
            "approve": lambda: ApproveQuota(2021, *args),
            "decide": lambda: DecideObjection(args[0], 2021, args[1]),
            "true_up": lambda: TrueUpAllowances(2021, *args),
            "stop": lambda: RecallForStop(args[0], 2021, args[1], args[2]),
            "owed": lambda: RecallOwed(args[0], 2021, args[1]),
        }[kind]()
        world.together(made)


def check(world: GdWorld) -> None:
    quotas = world.room.state.quotas.get(2021, {})
    out_t = sum(quota.issued_t - quota.recalled_t for quota in quotas.values())
    with_firms_t = sum(world.free_t(account) + world.frozen_t(account) for account in FIRMS)
    assert with_firms_t + world.free_t(TRADER) == out_t
    assert world.free_t(ALLOCATION) + world.free_t(CANCELLATION) + out_t == 75_000
    for account, quota in quotas.items():
        assert quota.balance_t >= 0
        imposed_t = sum(world.room.state.sanctions.get(account, {}).values())
        assert 0 <= quota.deducted_t <= imposed_t
        if quota.settled:
            assert quota.balance_t == max(quota.free_t - quota.stop_t - quota.deducted_t, 0)


@settings(max_examples=80)
@given(st.lists(wishes, min_size=5, max_size=25), st.integers(0, 3), st.tuples(cuts, cuts))
def test_any_order_of_commands_keeps_laws_and_books(plan, stage, cuts):
    world = GdWorld(2021, funded_t=100_000, on=date(2022, 1, 4)).firms(*FIRMS)
    world.open(TRADER, "trading")
    for account, cut_t in zip(FIRMS if stage else (), cuts, strict=False):  # else few plans reach a true-up
        carry_out(world, ("record", account, Decimal(8_000), 300 if account == ALPHA else 100))
        carry_out(world, ("sanction", account, 2020, cut_t))
    if stage:
        world.together(PreIssueAllowances(2021))
        world.together(ApproveQuota(2021))
    if stage == 2:
        world.do("rep-11-a", ObjectToQuota(BETA, 2021, "why"))
    if stage == 3:
        world.spend(ALPHA, world.free_t(ALPHA))
        world.at_ms += 20 * 86_400_000
    for wish in plan:
        before = world.market.snapshot()
        try:
            carry_out(world, wish)
        except Refused:
            assert world.market.snapshot() == before
        check(world)
    assert world.replayed().state_hash() == world.market.state_hash()
    assert world.restored().state_hash() == world.market.state_hash()


@settings(max_examples=40)
@given(st.decimals(0, 10_000, places=2), tonnes, tonnes, st.integers(0, 400))
def test_a_whole_vintage_ends_with_the_free_quota_less_what_a_sanction_takes(output, last_t, spent_t, cut_t):
    world = GdWorld(2021, funded_t=100_000, on=date(2022, 1, 4)).firms(ALPHA)
    world.open(TRADER, "trading")
    if cut_t:
        carry_out(world, ("sanction", ALPHA, 2020, cut_t))
    carry_out(world, ("record", ALPHA, output, last_t))
    world.together(PreIssueAllowances(2021))
    if 0 < spent_t <= world.free_t(ALPHA):
        world.spend(ALPHA, spent_t)
    world.together(ApproveQuota(2021))
    world.at_ms += 20 * 86_400_000
    world.together(TrueUpAllowances(2021))
    quota = world.room.quota(ALPHA, 2021)
    free_t = int(Decimal(output) * Decimal("0.023") * Decimal("0.99") * Decimal("0.96"))
    assert quota.free_t == free_t
    assert quota.balance_t == max(free_t - cut_t, 0)
    assert world.room.desk.to_deduct_t(ALPHA, 2022) == max(cut_t - free_t, 0)
