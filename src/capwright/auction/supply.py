"""Supply of a round: tiers tied to the price, and where unsold units go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from capwright.kernel.quantity import floor_t
from capwright.scheme.auction_rules import AuctionRules, PriceTier

__all__ = ["RolledForward", "Supply", "adjust", "roll_forward", "spread"]


class Supply(Struct, frozen=True, kw_only=True):
    """What a round sells after its tiers: `moved_t` by tier name, positive released, negative withheld.

    `pinned_fen_per_t`: a tier was used in part, so the price is its trigger. `least_fen_per_t`: a tier was
    released wholly, so the price is at least its trigger.
    """

    supply_t: int
    interim_fen_per_t: int | None
    moved_t: dict[str, int]
    pinned_fen_per_t: int | None = None
    least_fen_per_t: int = 0


def adjust(
    tiers: Sequence[PriceTier],
    offered_t: int,
    demand_at: Callable[[int], int],
    price_at: Callable[[int], int | None],
) -> Supply:
    """Release or withhold supply by the interim price (RGGI's cost and emissions containment reserves).

    `demand_at(price)` is the demand at a price or above it, `price_at(supply)` the price for a supply,
    None when nothing would be sold. Extra units are released, lowest trigger first, while the interim
    price is above the trigger, and are never sold below it; units are withheld, highest trigger first,
    while the interim price is below the trigger, and no more of them than lifts the price to it.
    """
    interim = price_at(offered_t)
    supply_t = offered_t
    moved_t: dict[str, int] = {}
    least = 0
    rising = [tier for tier in tiers if tier.kind == "release_above"]
    for tier in sorted(rising, key=lambda tier: tier.trigger_fen_per_t):
        price = price_at(supply_t)
        wanted_t = demand_at(tier.trigger_fen_per_t) - supply_t
        if price is None or price <= tier.trigger_fen_per_t or wanted_t <= 0:
            break
        released_t = min(tier.quantity_t, wanted_t)
        supply_t += released_t
        moved_t[tier.name] = released_t
        least = tier.trigger_fen_per_t
        if released_t < tier.quantity_t:
            return Supply(
                supply_t=supply_t, interim_fen_per_t=interim, moved_t=moved_t, pinned_fen_per_t=least
            )
    falling = [tier for tier in tiers if tier.kind == "withhold_below" and not moved_t]
    for tier in sorted(falling, key=lambda tier: -tier.trigger_fen_per_t):
        price = price_at(supply_t)
        if price is None or price >= tier.trigger_fen_per_t:
            break
        surplus_t = max(supply_t - demand_at(tier.trigger_fen_per_t), 0)
        withheld_t = min(tier.quantity_t, surplus_t)
        supply_t -= withheld_t
        moved_t[tier.name] = -withheld_t
        if withheld_t < tier.quantity_t:
            pinned = tier.trigger_fen_per_t
            return Supply(
                supply_t=supply_t, interim_fen_per_t=interim, moved_t=moved_t, pinned_fen_per_t=pinned
            )
    return Supply(supply_t=supply_t, interim_fen_per_t=interim, moved_t=moved_t, least_fen_per_t=least)


class RolledForward(Struct, frozen=True, kw_only=True):
    """Where unsold units go; the parts add up to the unsold quantity. `left_t` fits nowhere yet."""

    cancelled_t: int = 0
    to_reserve_t: int = 0
    added_t: tuple[int, ...] = ()  # to the later rounds, in their order
    left_t: int = 0


def roll_forward(
    rules: AuctionRules, unsold_t: int, later_t: Sequence[int] = (), already_t: Sequence[int] = ()
) -> RolledForward:
    """Apply the scheme's rule for unsold units.

    `later_t` are the original volumes of the rounds still to come, `already_t` what was added to them before.
    """
    return _UNSOLD[rules.unsold](rules, unsold_t, later_t, already_t)


def _next_round(
    _rules: AuctionRules, unsold_t: int, later_t: Sequence[int], _already_t: Sequence[int]
) -> RolledForward:
    if not later_t:
        return RolledForward(left_t=unsold_t)
    return RolledForward(added_t=(unsold_t, *(0 for _ in later_t[1:])))


def _spread(
    rules: AuctionRules, unsold_t: int, later_t: Sequence[int], already_t: Sequence[int]
) -> RolledForward:
    count = rules.spread_rounds or len(later_t)
    before_t = [*already_t, *(0 for _ in later_t[len(already_t) :])]
    room_t: list[int | None] = [None] * len(later_t)
    if rules.spread_cap is not None:
        room_t = [
            max(floor_t(rules.spread_cap * round_t) - round_t - had_t, 0) // rules.lot_t * rules.lot_t
            for round_t, had_t in zip(later_t, before_t, strict=True)
        ]
    added_t, left_t = spread(unsold_t, room_t[:count], lot_t=rules.lot_t)
    return RolledForward(added_t=(*added_t, *(0 for _ in later_t[count:])), left_t=left_t)


_UNSOLD: Final[dict[str, Callable[[AuctionRules, int, Sequence[int], Sequence[int]], RolledForward]]] = {
    "cancel": lambda _rules, unsold_t, _later, _already: RolledForward(cancelled_t=unsold_t),
    "reserve": lambda _rules, unsold_t, _later, _already: RolledForward(to_reserve_t=unsold_t),
    "next_round": _next_round,
    "spread": _spread,
}


def spread(unsold_t: int, room_t: Sequence[int | None], *, lot_t: int) -> tuple[tuple[int, ...], int]:
    """Spread units over rounds in equal parts, overflow of a full round to the others; return parts and rest.

    `room_t` is what each round may still take, None without a cap. Parts are whole lots; the odd lots, and a
    rest smaller than a lot, go to the earliest rounds with room.
    """
    added_t = [0] * len(room_t)

    def free_t(at: int, left_t: int) -> int:
        limit_t = room_t[at]
        return left_t if limit_t is None else min(limit_t - added_t[at], left_t)

    left_t = unsold_t
    while left_t:
        open_rounds = [at for at in range(len(room_t)) if free_t(at, left_t)]
        if not open_rounds:
            break
        part_t = left_t // len(open_rounds) // lot_t * lot_t or min(lot_t, left_t)
        for at in open_rounds:
            more_t = min(part_t, free_t(at, left_t))
            added_t[at] += more_t
            left_t -= more_t
    return tuple(added_t), left_t
