"""RangeSet against the plain set of numbers that it stands for."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from capwright.kernel.serial import RangeSet

LAST = 60
SERIALS = st.integers(1, LAST)


def as_blocks(numbers: set[int]) -> list[tuple[int, int]]:
    """The maximal runs of a set of numbers, in order: what a RangeSet must show."""
    runs: list[tuple[int, int]] = []
    for n in sorted(numbers):
        if runs and runs[-1][1] == n - 1:
            runs[-1] = runs[-1][0], n
        else:
            runs.append((n, n))
    return runs


def range_set(numbers: set[int]) -> RangeSet:
    made = RangeSet()
    for first, last in as_blocks(numbers):
        made.add(first, last)
    return made


class RangeSetMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ranges, self.model = RangeSet(), set()

    @rule(first=SERIALS, length=st.integers(1, 15))
    def add(self, first, length):
        new = set(range(first, first + length))
        if new & self.model:
            before = list(self.ranges)
            try:
                self.ranges.add(first, first + length - 1)
            except AssertionError:
                assert list(self.ranges) == before
            else:
                raise AssertionError("a unit was added twice")
        else:
            self.ranges.add(first, first + length - 1)
            self.model |= new

    @rule(first=SERIALS, length=st.integers(1, 15))
    def remove(self, first, length):
        old = set(range(first, first + length))
        if old <= self.model:
            self.ranges.remove(first, first + length - 1)
            self.model -= old
        else:
            before = list(self.ranges)
            try:
                self.ranges.remove(first, first + length - 1)
            except AssertionError:
                assert list(self.ranges) == before
            else:
                raise AssertionError("a unit was taken that is not there")

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def pick(self, data):
        skip_t = data.draw(st.integers(0, len(self.model) - 1))
        quantity_t = data.draw(st.integers(1, len(self.model) - skip_t))
        expected = sorted(self.model)[skip_t : skip_t + quantity_t]
        picked = self.ranges.pick(quantity_t, skip_t)
        assert [n for first, last in picked for n in range(first, last + 1)] == expected

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def move_on(self, data):
        """What is picked can be taken out block by block."""
        for first, last in self.ranges.pick(data.draw(st.integers(1, len(self.model)))):
            self.ranges.remove(first, last)
            self.model -= set(range(first, last + 1))

    @rule(first=SERIALS, last=SERIALS)
    def look(self, first, last):
        if first <= last:
            assert self.ranges.contains(first, last) == (set(range(first, last + 1)) <= self.model)

    @invariant()
    def it_shows_the_model(self):
        assert list(self.ranges) == as_blocks(self.model)
        assert self.ranges.size_t == len(self.model)
        assert len(self.ranges) == len(as_blocks(self.model))
        again = RangeSet.from_bytes(self.ranges.to_bytes())
        assert again == self.ranges
        assert again.size_t == self.ranges.size_t


TestRangeSet = RangeSetMachine.TestCase
TestRangeSet.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=LAST))
def test_units_handed_round_among_holders_tile_their_series(owners):
    """Each of the units 1 to n goes to one of five holders, in any pattern: together they tile 1 to n."""
    holders = [RangeSet() for _ in range(5)]
    for serial, owner in enumerate(owners, start=1):
        holders[owner].add(serial, serial)
    everything = sorted(block for holder in holders for block in holder)
    assert [n for first, last in everything for n in range(first, last + 1)] == list(
        range(1, len(owners) + 1)
    )
    whole = RangeSet()
    for first, last in everything:
        whole.add(first, last)
    assert list(whole) == [(1, len(owners))]


@given(st.sets(SERIALS), st.randoms())
def test_the_order_of_adding_does_not_matter(numbers, chance):
    shuffled = list(numbers)
    chance.shuffle(shuffled)
    one_by_one = RangeSet()
    for n in shuffled:
        one_by_one.add(n, n)
    assert one_by_one == range_set(numbers)
