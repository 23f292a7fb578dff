"""Short names of the auction rules that the command line takes beside scheme names."""

from __future__ import annotations

from typing import Final

__all__ = ["PRESETS"]

# Standing rules. What changes over the years (reserve prices, RGGI's tiers) stands
# in dated schemes such as `auction-rggi-2023`, or comes from the command line.
PRESETS: Final[dict[str, str]] = {
    "eu": "auction-eu",
    "uk": "auction-uk",
    "wci": "auction-wci",
    "rggi": "auction-rggi",
}
