"""The laws as pages show them: looked at again when the state has moved, and not at every page."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from capwright.host.laws import Laws
from tests.worlds import ALPHA, World


class Followed:
    """A follower of a small market that counts how often it is looked at."""

    def __init__(self):
        self.market = World().furnish().market
        self.head = SimpleNamespace(seq=7)
        self.looks = 0

    @contextmanager
    def look(self):
        self.looks += 1
        yield self.market


@pytest.fixture
def followed():
    return Followed()


def test_a_state_that_has_not_moved_is_looked_at_once(followed):
    laws = Laws(followed, again_s=0.0)
    assert laws.look() is laws.look()
    assert followed.looks == 1
    followed.head.seq = 8
    assert laws.look().seq == 8
    assert followed.looks == 2


def test_a_state_that_moves_is_looked_at_again_after_a_while_only(followed):
    laws = Laws(followed, again_s=3_600.0)
    first = laws.look()
    followed.head.seq = 8
    assert laws.look() is first
    assert (first.seq, first.breaches) == (7, ())


def test_what_is_missing_is_told(followed):
    units = followed.market.book.state.units
    name, lost = next(iter(units.pop(ALPHA).items()))
    found = Laws(followed).look()
    assert any(name in breach for breach in found.breaches)
    held_t = {series: (issued_t, held_t) for series, issued_t, held_t in found.series}
    issued_t, left_t = held_t[name]
    assert issued_t - left_t == lost.size_t > 0
