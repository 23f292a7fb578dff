"""What compliance costs, by hand."""

import pytest

from capwright.projection.cost import cost_of
from capwright.projection.position import Duty, Position, Quota

DAY_MS = 86_400_000
NOW = 1_000 * DAY_MS


class Tables:
    """The rows that the views would give."""

    def __init__(self, bought=(0, 0), sold=(0, 0), closes=()):
        self._bought, self._sold, self._closes = bought, sold, closes
        self.since = set()

    def rows(self, sql, given):
        if "FROM day" in sql:
            return [{"closing_fen": one} for one in self._closes]
        self.since.add(given[2])
        found = self._bought if "buyer" in sql else self._sold
        return [dict(zip(("t", "fen"), found, strict=True))]


def position(*, free_t=0, owed_t=1000, surrendered_t=0, quotas=(), emissions_t=1000, price=5000):
    duty = Duty(2023, emissions_t, owed_t, surrendered_t, owed_t - surrendered_t, 0, "", None)
    return Position((), (duty,), tuple(quotas), "GDEA", free_t, 0, 0, 0, 0, price)


def quota(vintage, *, pre_issued_t=None, free_t=0):
    return Quota(vintage, pre_issued_t, None, free_t, 0, 0, 0, False, "", None)


def test_what_is_missing_costs_the_last_price_and_a_range():
    tables = Tables((300, 1_600_000), (50, 240_000), (5100, 4800, 5300))
    cost = cost_of(tables, "A", position(free_t=400), NOW)
    assert (cost.bought_t, cost.bought_fen, cost.sold_t, cost.sold_fen) == (300, 1_600_000, 50, 240_000)
    assert cost.missing_t == 600  # 1,000 owed, 400 held
    assert cost.missing_fen == (600 * 5000, 600 * 4800, 600 * 5300)
    assert tables.since == {NOW - 365 * DAY_MS}


@pytest.mark.parametrize(
    ("free_t", "surrendered_t", "quotas", "expected"),
    [
        # Done, nothing left: next year's 1,000 t less 900 t given as this year.
        (0, 1000, [quota(2023, free_t=900)], (900, False, 0, 100)),
        # 250 t to spare are used first: nothing to buy.
        (250, 1000, [quota(2023, free_t=900)], (900, False, 250, -150)),
        # 700 t of 2024 are in the account already, and count once: 50 t are to spare beside them.
        (750, 1000, [quota(2023, free_t=900), quota(2024, pre_issued_t=700)], (700, True, 50, 250)),
        # Still short for 2023: that gap is the other line's, not this one's.
        (0, 0, [], (0, False, 0, 1000)),
    ],
)
def test_the_outlook_counts_everything_once(free_t, surrendered_t, quotas, expected):
    cost = cost_of(Tables(), "A", position(free_t=free_t, surrendered_t=surrendered_t, quotas=quotas), NOW)
    outlook = cost.outlook
    assert outlook.vintage == 2024
    assert (outlook.free_quota_t, outlook.pre_issued, outlook.spare_t, outlook.gap_t) == expected
    assert outlook.cost_fen == (max(0, outlook.gap_t) * 5000,) * 3


def test_a_last_price_below_all_closes_is_the_low_end():
    cost = cost_of(Tables(closes=(5100, 5300)), "A", position(price=4088), NOW)
    assert (cost.prices.low_fen_per_t, cost.prices.high_fen_per_t) == (4088, 5300)


def test_without_verified_emissions_nothing_is_said_of_the_future():
    assert cost_of(Tables(), "A", position(emissions_t=None), NOW).outlook is None
