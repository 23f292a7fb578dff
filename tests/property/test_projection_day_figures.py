"""A day's figures that are counted as trades come are those of counting all trades anew."""

from hypothesis import given
from hypothesis import strategies as st

from capwright.exchange.state import Tick
from capwright.projection.day_figures import DayFigures, day_figures

ticks = st.builds(
    Tick,
    st.uuids().map(str),
    st.integers(1_721_613_600_000, 1_721_613_600_000 + 10_000_000),
    st.just("listed_click"),
    st.integers(1, 10_000),
    st.integers(1, 10**6),
)


def told(figures):
    return {name: value for name, value in vars(figures).items() if name != "ticks"}


@given(st.lists(st.one_of(ticks, st.sampled_from(("look", "bust", "day"))), max_size=60))
def test_counting_as_they_come_is_counting_all_anew(story):
    """Trades come; pages look at any time; a bust and a new day put another list in its place."""
    made = []
    for step in [*story, "look"]:
        if step == "look":
            anew = DayFigures(made)
            anew.count()
            assert told(day_figures("X", made)) == told(anew)
            assert anew.turnover_fen == sum(one.price_fen_per_t * one.quantity_t for one in made)
            assert anew.volume_t == sum(bar[5] for bar in anew.minutes.values())
            if made:
                assert anew.high_fen_per_t == max(one.price_fen_per_t for one in made)
                assert anew.low_fen_per_t == min(one.price_fen_per_t for one in made)
        elif step == "bust":
            made = made[:-1]
        elif step == "day":
            made = []
        else:
            made.append(step)
