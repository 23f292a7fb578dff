"""A product's trades of the day in figures and minute bars, however many there are.

Pages ask for them again and again while the state is locked, so trades are counted once as they come, and
not all of them each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.exchange.state import Tick

__all__ = ["DayFigures", "day_figures"]

_KEPT: dict[str, DayFigures] = {}  # by product; the market that is shown has one list of each
_MINUTE_MS: Final = 60_000


class DayFigures:
    """The figures of a list of trades: prices in fen/t, volume in t, turnover in fen.

    `minutes` are bars by the second at which their minute begins (UTC since 1970): that second, the first,
    highest, lowest and last price, and the volume.
    """

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self.ticks = ticks
        self.trades = 0
        self.first_fen_per_t = self.last_fen_per_t = self.high_fen_per_t = self.low_fen_per_t = 0
        self.volume_t = self.turnover_fen = 0
        self.minutes: dict[int, list[int]] = {}

    def count(self) -> None:
        """Take in the trades that came since the last time."""
        for tick in self.ticks[self.trades :]:
            price, quantity_t = tick.price_fen_per_t, tick.quantity_t
            if not self.trades:
                self.first_fen_per_t = self.high_fen_per_t = self.low_fen_per_t = price
            self.trades += 1
            self.last_fen_per_t = price
            self.high_fen_per_t = max(self.high_fen_per_t, price)
            self.low_fen_per_t = min(self.low_fen_per_t, price)
            self.volume_t += quantity_t
            self.turnover_fen += price * quantity_t
            begins = tick.at_ms // _MINUTE_MS * 60
            bar = self.minutes.setdefault(begins, [begins, price, price, price, price, 0])
            bar[2], bar[3], bar[4] = max(bar[2], price), min(bar[3], price), price
            bar[5] += quantity_t


def day_figures(code: str, ticks: Sequence[Tick]) -> DayFigures:
    """The figures of a product's trades of the day. Ask while the state stands still, and keep nothing of it.

    Trades only join a list; where one is undone or a day begins, the list is another.
    """
    kept = _KEPT.get(code)
    if kept is None or kept.ticks is not ticks or kept.trades > len(ticks):
        kept = DayFigures(ticks)
    kept.count()
    _KEPT[code] = kept
    return kept
