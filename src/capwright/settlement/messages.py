"""Commands and events of settlement: cash in and out, registered trades, busts, clearing, resale."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec import Struct

from capwright.kernel.message import Command, Event
from capwright.kernel.permit import (
    EXCHANGE,
    EXCHANGE_OR_CLOCK,
    OPERATOR_OR_AUTHORITY,
    THE_ACCOUNT,
    TWO_OF_THE_EXCHANGE,
    Permit,
)
from capwright.ledger.messages import PostingEvent
from capwright.scheme.exchange_rules import TradeMode

__all__ = [
    "BustTrade",
    "CashDeposited",
    "CashPaid",
    "CashWithdrawn",
    "ClearTrades",
    "DepositCash",
    "PayCash",
    "ResaleFreed",
    "SettleTrade",
    "SettlementDayOpened",
    "Statement",
    "TradesCleared",
    "WithdrawCash",
]


class DepositCash(Command, frozen=True):
    """Book cash that arrived at the settlement bank."""

    permit: ClassVar[Permit] = Permit(roles=("exchange", "operator"))
    account: str
    amount_fen: int


class CashDeposited(PostingEvent, frozen=True, kw_only=True):
    stated_fen: ClassVar[str] = "amount_fen"

    account: str
    amount_fen: int


class WithdrawCash(Command, frozen=True):
    """Pay free cash out to the account's bank."""

    permit: ClassVar[Permit] = THE_ACCOUNT
    account: str
    amount_fen: int


class CashWithdrawn(PostingEvent, frozen=True, kw_only=True):
    stated_fen: ClassVar[str] = "amount_fen"

    account: str
    amount_fen: int


class PayCash(Command, frozen=True):
    """Collect a fine or fee from an account for an account of the government."""

    permit: ClassVar[Permit] = OPERATOR_OR_AUTHORITY
    source: str
    target: str
    amount_fen: int
    purpose: str


class CashPaid(PostingEvent, frozen=True, kw_only=True):
    stated_fen: ClassVar[str] = "amount_fen"

    source: str
    target: str
    amount_fen: int
    purpose: str


class SettleTrade(Command, frozen=True):
    """Register a trade agreed outside: deliver units of a kind against payment.

    The oldest vintage goes first, none younger than `vintage`.
    """

    permit: ClassVar[Permit] = EXCHANGE
    seller: str
    buyer: str
    kind: str
    vintage: int
    quantity_t: int
    price_fen_per_t: int
    mode: TradeMode = "negotiated"


class SettlementDayOpened(Event, frozen=True, kw_only=True):
    """A trading day began: what was bought before can no longer be busted."""

    on: date
    resale_days: int
    fee_account: str = ""


class ResaleFreed(PostingEvent, frozen=True, kw_only=True):
    """Units bought up to the trading day `bought_on` may be sold from the next trading day on (T+n)."""

    bought_on: date


class BustTrade(Command, frozen=True):
    """Undo a trade of the last trading day: a manifest error, before the next opening."""

    permit: ClassVar[Permit] = TWO_OF_THE_EXCHANGE
    trade_id: str
    reason: str


class ClearTrades(Command, frozen=True):
    """Clear all trades since the last clearing: a statement for every member, and one for the fees."""

    permit: ClassVar[Permit] = EXCHANGE_OR_CLOCK
    on: date


class Statement(Struct, frozen=True):
    """A member's clearing: cash and units in and out by trades. Over all members the nets add up to zero.

    `net_fen` is what the account gained; the fee account's line holds all fees. `units_t` by unit kind is
    what it gained; busted trades are not in it.
    """

    account: str
    trades: int
    bought_fen: int
    sold_fen: int
    fees_fen: int
    net_fen: int
    units_t: dict[str, int]


class TradesCleared(Event, frozen=True, kw_only=True):
    """What the sales brought may leave the market from `cash_out_ms` on."""

    on: date
    statements: tuple[Statement, ...]
    cash_out_ms: int = 0
