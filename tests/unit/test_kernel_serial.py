"""Serial ranges and the blocks that hold them: the UK registry's splits, and what must never happen."""

import pytest

from capwright.kernel.serial import RangeSet, SerialRange


def blocks(*ranges):
    made = RangeSet()
    for first, last in ranges:
        made.add(first, last)
    return made


@pytest.mark.parametrize(
    ("held", "moved", "left", "splits"),
    # UK registry 6.0.0 (unit-block split): how many blocks have to be cut to give a range away.
    [
        ([(1150, 1250)], (1200, 1250), [(1150, 1199)], 1),
        ([(1100, 1400)], (1100, 1325), [(1326, 1400)], 1),
        ([(1000, 1500)], (1100, 1325), [(1000, 1099), (1326, 1500)], 2),
        ([(1200, 1250)], (1200, 1250), [], 0),
    ],
)
def test_a_block_is_split_as_in_the_uk_registry(held, moved, left, splits):
    ranges = blocks(*held)
    ranges.remove(*moved)
    assert list(ranges) == left
    cuts = (moved[0] > held[0][0]) + (moved[1] < held[0][1])
    assert cuts == splits
    assert ranges.size_t == sum(last - first + 1 for first, last in left)
    ranges.add(*moved)
    assert list(ranges) == held


def test_nothing_held_means_nothing_to_split():
    with pytest.raises(AssertionError, match="not held"):
        RangeSet().remove(1200, 1250)


@pytest.mark.parametrize("wrong", [(99, 100), (150, 201), (201, 202), (100, 200_000), (1, 99)])
def test_units_outside_a_block_cannot_be_taken(wrong):
    ranges = blocks((100, 200))
    with pytest.raises(AssertionError):
        ranges.remove(*wrong)
    assert list(ranges) == [(100, 200)]


def test_a_range_over_a_gap_cannot_be_taken():
    ranges = blocks((1, 10), (12, 20))
    with pytest.raises(AssertionError):
        ranges.remove(5, 15)
    assert not ranges.contains(10, 12)


@pytest.mark.parametrize("again", [(100, 100), (50, 100), (200, 300), (120, 130), (1, 999)])
def test_a_unit_cannot_be_held_twice(again):
    ranges = blocks((100, 200))
    with pytest.raises(AssertionError, match="twice"):
        ranges.add(*again)


@pytest.mark.parametrize("deed", ["add", "remove"])
def test_a_range_does_not_run_backwards(deed):
    ranges = blocks((1, 10))
    with pytest.raises(AssertionError):
        getattr(ranges, deed)(7, 6)
    assert list(ranges) == [(1, 10)]


def test_neighbours_become_one_block_whatever_the_order():
    assert list(blocks((1, 5), (6, 9))) == [(1, 9)]
    assert list(blocks((6, 9), (1, 5))) == [(1, 9)]
    assert list(blocks((1, 3), (7, 9), (4, 6))) == [(1, 9)]
    assert list(blocks((1, 3), (5, 9))) == [(1, 3), (5, 9)]


def test_the_lowest_serials_are_picked():
    ranges = blocks((5, 9), (21, 30), (1, 2))
    assert ranges.pick(1) == [(1, 1)]
    assert ranges.pick(4) == [(1, 2), (5, 6)]
    assert ranges.pick(17) == [(1, 2), (5, 9), (21, 30)]
    assert ranges.pick(3, skip_t=6) == [(9, 9), (21, 22)]
    assert ranges.pick(10, skip_t=7) == [(21, 30)]
    assert list(ranges) == [(1, 2), (5, 9), (21, 30)], "picking takes nothing"


@pytest.mark.parametrize(("quantity_t", "skip_t"), [(0, 0), (-1, 0), (1, -1), (18, 0), (1, 17)])
def test_no_more_is_picked_than_there_is(quantity_t, skip_t):
    with pytest.raises(AssertionError):
        blocks((5, 9), (21, 30), (1, 2)).pick(quantity_t, skip_t)


@pytest.mark.parametrize(
    ("first", "last", "size_t"),
    # Counts of published serial ranges: both ends count, so Climate Action Reserve's 1-29251 is one more than
    # its own text says.
    [(1, 100, 100), (1, 29_251, 29_251), (1, 5000, 5000), (7, 7, 1)],
)
def test_both_ends_of_a_range_count(first, last, size_t):
    one = SerialRange(first, last)
    assert one.size_t == size_t
    assert str(one) == f"{first}-{last}"


@pytest.mark.parametrize(("first", "last"), [(0, 5), (-3, 5), (6, 5)])
def test_a_serial_range_starts_at_one_and_runs_forward(first, last):
    with pytest.raises(AssertionError):
        SerialRange(first, last)


def test_two_sets_are_equal_when_they_hold_the_same_units():
    assert blocks((1, 5), (7, 9)) == blocks((7, 9), (1, 3), (4, 5))
    assert blocks((1, 5)) != blocks((1, 4))
    assert blocks((1, 5)) != "1-5"
    assert repr(blocks((1, 5), (7, 9))) == "RangeSet(1-5, 7-9)"
    assert len(blocks((1, 5), (7, 9))) == 2


def test_a_set_survives_its_bytes():
    ranges = blocks((1, 5), (7, 10**12))
    again = RangeSet.from_bytes(ranges.to_bytes())
    assert again == ranges
    assert again.size_t == ranges.size_t == 5 + 10**12 - 6
    assert RangeSet.from_bytes(b"") == RangeSet()
