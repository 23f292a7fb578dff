"""The settlement room's part of the state."""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import Struct

from capwright.ledger.messages import TradeSettled

__all__ = ["QUARTER_MS", "Net", "SettlementState", "TradeSum", "Waiting"]

# Sums are kept by quarter of an hour: every time zone is a whole number of them away from UTC, so a local
# day, month or year is made of whole sums.
QUARTER_MS: Final = 900_000


class TradeSum(Struct, gc=False):
    """The trades of one kind and mode in a quarter of an hour, kept for means and statistics."""

    at_ms: int
    kind: str
    mode: str
    trades: int
    quantity_t: int
    value_fen: int


class Net(Struct, gc=False):
    """What an account's trades since the last clearing come to; its units are in `SettlementState.net_t`."""

    trades: int = 0
    bought_fen: int = 0
    sold_fen: int = 0
    fees_fen: int = 0


class Waiting(Struct, gc=False):
    """Cleared proceeds that may not leave the market before a time."""

    amount_fen: int
    until_ms: int


class SettlementState(Struct):
    """Sums of trades in order; the trades that can still be busted; what waits for clearing and resale.

    `resale`: units in T+n buckets, by place. `nets` and `net_t` (by account and kind) since
    the last clearing.
    """

    trades: list[TradeSum] = []
    on: date | None = None
    resale_days: int = 0
    fee_account: str = ""
    bustable: dict[str, tuple[int, TradeSettled]] = {}
    resale: dict[str, int] = {}
    nets: dict[str, Net] = {}
    net_t: dict[str, dict[str, int]] = {}
    waiting: dict[str, Waiting] = {}
    cleared_on: date | None = None
