"""How many tonnes of each group of offsets fit under the limits: pure arithmetic for `offsets`.

Let a, b, c, d be the tonnes of partner credits (PHCER), other provincial credits, credits from elsewhere
and special quota, T = a + b + c + d their sum, s the least provincial share and β the partner's least share
of the basket. The limits read

    T ≤ limit      a + b ≥ s·T      a ≥ β·(a + d)      a + b + c ≤ what the ceiling leaves

The partner of the basket counts as provincial; special quota counts under the firm's limit but is neither
provincial nor a credit under the ceiling.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from msgspec import Struct
from msgspec.structs import replace

from capwright.scheme.compliance_rules import OffsetRules

__all__ = ["Fitted", "Groups", "Shares", "fit"]


class Groups(Struct, frozen=True):
    """Tonnes by group."""

    partner_t: int = 0
    provincial_t: int = 0
    elsewhere_t: int = 0
    special_t: int = 0

    @property
    def total_t(self) -> int:
        """All offsets."""
        return self.credits_t + self.special_t

    @property
    def credits_t(self) -> int:
        """Offsets that count under the market's ceiling."""
        return self.partner_t + self.provincial_t + self.elsewhere_t

    def plus(self, group: str, quantity_t: int) -> Groups:
        """Add tonnes to a group."""
        field = f"{group}_t"
        return replace(self, **{field: getattr(self, field) + quantity_t})


class Shares:
    """What may still be taken from each group while the lots are gone through in the order offered."""

    def __init__(self, home_t: int, partner_least_t: int, elsewhere_t: int, special_t: int) -> None:
        self._left = {"home": home_t, "elsewhere": elsewhere_t, "special": special_t}
        self._partner_least_t = partner_least_t

    def take(self, group: str, quantity_t: int) -> int:
        """Take up to `quantity_t`, leaving room for the partner credits the basket needs."""
        pot = group if group in self._left else "home"
        free_t = self._left[pot] - (self._partner_least_t if group == "provincial" else 0)
        taken_t = min(quantity_t, free_t)
        self._left[pot] -= taken_t
        if group == "partner":
            self._partner_least_t = max(0, self._partner_least_t - taken_t)
        return taken_t


class Fitted(Struct, frozen=True):
    """The largest admissible totals and, for each group, the limit that binds it.

    Limits are named limit, provincial, basket, ceiling.
    """

    home_t: int
    partner_least_t: int
    elsewhere_t: int
    special_t: int
    binding: dict[str, str]

    def shares(self, used: Groups) -> Shares:
        """Return what is left to take beyond `used`."""
        return Shares(
            self.home_t - used.partner_t - used.provincial_t,
            max(0, self.partner_least_t - used.partner_t),
            self.elsewhere_t - used.elsewhere_t,
            self.special_t - used.special_t,
        )


def fit(
    rules: OffsetRules, used: Groups, offered: Groups, limit_t: int, ceiling_left_t: int | None
) -> Fitted:
    """Return the largest totals between `used` (admitted before, itself within the limits) and `offered`.

    Starts from the largest conceivable total and comes down until everything fits; each step jumps to the
    total the failed limit allows, so a handful suffices.
    """
    ceiling_t = None if ceiling_left_t is None else used.credits_t + ceiling_left_t
    total_t = max(used.total_t, min(limit_t, offered.total_t))
    while total_t > used.total_t:
        elsewhere_t, special_t = _outside(rules, used, offered, total_t)
        most_t = offered.partner_t + offered.provincial_t + elsewhere_t + special_t
        if ceiling_t is not None:
            most_t = min(most_t, ceiling_t + special_t)
        if most_t >= total_t:
            break
        total_t = max(used.total_t, most_t)
    else:
        elsewhere_t, special_t = used.elsewhere_t, used.special_t
    home_t = total_t - elsewhere_t - special_t
    least_t = _partner_for(rules, special_t)
    at_ceiling = ceiling_t is not None and total_t < limit_t and home_t + elsewhere_t >= ceiling_t
    bound = "ceiling" if at_ceiling else "limit"
    provincial_bound = elsewhere_t + special_t >= _outside_most(rules, total_t)
    if not at_ceiling and total_t < limit_t:
        provincial_bound = True
    basket_bound = special_t < offered.special_t and special_t >= _basket_most(rules, used, offered, total_t)
    outside = "provincial" if provincial_bound and rules.least_provincial_share is not None else bound
    binding = {
        "partner": bound,
        "provincial": bound,
        "elsewhere": outside,
        "special": "basket" if basket_bound else outside,
    }
    return Fitted(home_t, least_t, elsewhere_t, special_t, binding)


def _outside(rules: OffsetRules, used: Groups, offered: Groups, total_t: int) -> tuple[int, int]:
    """Return how much from elsewhere and how much special quota a total of `total_t` can hold."""
    most_t = _outside_most(rules, total_t)
    basket_t = _basket_most(rules, used, offered, total_t)
    free_t = total_t - used.credits_t
    special_t = max(used.special_t, min(offered.special_t, basket_t, free_t, most_t - used.elsewhere_t))
    room_t = total_t - special_t - used.provincial_t - max(used.partner_t, _partner_for(rules, special_t))
    elsewhere_t = max(used.elsewhere_t, min(offered.elsewhere_t, most_t - special_t, room_t))
    return elsewhere_t, special_t


def _outside_most(rules: OffsetRules, total_t: int) -> int:
    """Return the most of `total_t` that need not be provincial."""
    if rules.least_provincial_share is None:
        return total_t
    return floor((1 - Fraction(rules.least_provincial_share)) * total_t)


def _basket_most(rules: OffsetRules, used: Groups, offered: Groups, total_t: int) -> int:
    """Return the most special quota that the partner credits at hand carry within `total_t`."""
    if rules.basket is None:
        return 0
    partner = Fraction(rules.basket.least_partner_share)
    within = floor((1 - partner) * (total_t - used.elsewhere_t - used.provincial_t))
    return within if not partner else min(within, floor(offered.partner_t * (1 - partner) / partner))


def _partner_for(rules: OffsetRules, special_t: int) -> int:
    """Return the partner credits that `special_t` of special quota needs beside it."""
    if rules.basket is None:
        return 0
    partner = Fraction(rules.basket.least_partner_share)
    assert partner < 1, "a basket without room for the special quota"
    return ceil(special_t * partner / (1 - partner))
