"""Whatever participants are told to want and think, they keep to rules, needs and means."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capwright.lab.crowd import Crowd
from capwright.lab.opinion import DayMood
from tests.exchange_worlds import DAY, Exchange
from tests.lab_crowds import Stage, agent, picking, unlimited
from tests.worlds import ALPHA, BETA, TRADER

DAYS = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=3)]
STYLES = st.sampled_from(["buyer", "seller", "investor", "trend", "maker"])
PEOPLE = st.tuples(STYLES, st.integers(1, 4_000), st.integers(-300, 300), st.sampled_from(["early", "late"]))
VALUES = st.integers(4_600, 5_400) | st.integers(2_000, 12_000)  # of the band around 5,000, and beyond
MOODS = st.builds(DayMood, VALUES, st.integers(0, 20_000), st.integers(1, 15_000))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.tuples(PEOPLE, PEOPLE, PEOPLE),
    moods=st.tuples(MOODS, MOODS, MOODS),
    click=st.booleans(),
    cash=st.sampled_from([0, 999, 10**7, 10**9]),
    seed=st.text(max_size=4),
)
def test_agents_keep_to_rules_needs_and_means(people, moods, click, cash, seed):
    """No command is refused, no band is left, nobody buys or sells more than it wants, every law holds."""
    stage = Stage(Exchange(picking if click else unlimited, each_t=10_000, cash=cash))
    agents = [
        agent(account, style, wants_t, bias=bias / 1_000, habit=habit, until=DAYS[-1])
        for account, (style, wants_t, bias, habit) in zip((ALPHA, BETA, TRADER), people, strict=True)
    ]
    wanted_t = {one.account: one.left_t for one in agents}
    crowd = Crowd(agents, dict(zip(DAYS, moods, strict=True)), "TLA", seed)
    for day in DAYS:
        made = len(stage.trades)
        stage.play(crowd, day, close=False)
        limits = stage.world.exchange.state.day.products["TLA"].modes
        for trade in stage.trades[made:]:
            mode = limits[trade.mode]
            assert mode.lower_fen_per_t <= trade.price_fen_per_t <= mode.upper_fen_per_t
        assert stage.world.market.breaches() == []
        stage.world.close(day)
    assert stage.refused == []
    for one in agents:
        bought_t = sum(trade.quantity_t for trade in stage.trades if trade.buyer == one.account)
        sold_t = sum(trade.quantity_t for trade in stage.trades if trade.seller == one.account)
        if one.style == "buyer":
            assert sold_t == 0
            assert bought_t == wanted_t[one.account] - one.left_t
        if one.style == "seller":
            assert bought_t == 0
            assert sold_t == wanted_t[one.account] - one.left_t
    assert stage.world.market.breaches() == []
