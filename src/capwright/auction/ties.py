"""Order among equal prices: by time, by a draw anybody can repeat, or shared pro rata.

The draw: bids are ordered by the SHA-256 digest (as lower-case hex) of the UTF-8 text `seed|bid id`, smallest
first. With the seed published before the auction and the bid ids after it, anyone can check the result:
`printf '%s' 'seed|bid id' | sha256sum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final

from capwright.auction.bids import Bid

__all__ = ["DEFAULT_SEED", "PRO_RATA", "draw", "rank", "share_out"]

DEFAULT_SEED: Final = "capwright"  # used when no seed is published
PRO_RATA: Final = "pro_rata_random"


def draw(seed: str, bid_id: str) -> str:
    """The lot a bid draws: smaller comes first."""
    return sha256(f"{seed}|{bid_id}".encode()).hexdigest()


_KEYS: Final[dict[str, Callable[[Bid, str], tuple[int, str]]]] = {
    "time": lambda bid, _seed: (bid.entered, bid.id),
    "random": lambda bid, seed: (0, draw(seed, bid.id)),
    PRO_RATA: lambda bid, seed: (0, draw(seed, bid.id)),
}


def rank(bids: Iterable[Bid], tie_rule: str, seed: str) -> list[Bid]:
    """Bids from the best price down, equal prices by the tie rule."""
    key = _KEYS[tie_rule]
    return sorted(bids, key=lambda bid: (-bid.price_fen_per_t, key(bid, seed)))


def share_out(wanted_t: Mapping[str, int], available_t: int, *, lot_t: int, seed: str) -> dict[str, int]:
    """Share units among bids of one price: pro rata rounded down to lots, the leftover lot by lot as drawn.

    `wanted_t` maps bid ids to quantities that add up to at least `available_t`. A leftover smaller than a lot
    goes to the first in the draw that still wants it.
    """
    total_t = sum(wanted_t.values())
    assert 0 <= available_t <= total_t, (available_t, total_t)
    shares = {bid: want_t * available_t // total_t // lot_t * lot_t for bid, want_t in wanted_t.items()}
    left_t = available_t - sum(shares.values())
    order = sorted(wanted_t, key=lambda bid: draw(seed, bid))
    while left_t:
        for bid in order:
            more_t = min(lot_t, wanted_t[bid] - shares[bid], left_t)
            shares[bid] += more_t
            left_t -= more_t
    return shares
