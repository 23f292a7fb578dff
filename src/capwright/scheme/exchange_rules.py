"""Exchange section of a scheme: products, trading modes, prices, fees, members, settlement, surveillance.

Rules of an exchange change on a day, not with a vintage: every rule carries the first day on which it holds
(`since`) and, where it ended, the last (`until`), so that one scheme tells the whole history and the rules of
any trading day can be found. Prices are fen (cents) per tonne.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from capwright.scheme.section import Section

__all__ = [
    "ClosingRule",
    "ExchangeRules",
    "FeeRule",
    "Matching",
    "MemberRule",
    "ModeRule",
    "OutageRule",
    "Product",
    "SelfTrade",
    "SessionRule",
    "SettlementRules",
    "SurveillanceRules",
    "TradeMode",
    "Validity",
]

# Every trade is tagged with the mode it was made in: reserve and closing prices count some modes only.
TradeMode = Literal[
    "listed_bidding",  # 挂牌竞价: listings are collected and crossed at one price
    "listed_click",  # 挂牌点选: one side posts, the other picks
    "continuous",  # price-time matching of EU-type venues
    "negotiated",  # 协议转让: agreed between two, confirmed by both
    "block",  # 大宗协议: the national market's large negotiated trades
    "one_way_auction",  # 单向竞价
    "entrusted_auction",  # 竞价转让
]
Matching = Literal["continuous", "click", "call", "bilateral", "auction"]
SelfTrade = Literal["refuse", "cancel_resting", "cancel_incoming", "allow"]
Validity = Literal["day", "gtd", "ioc", "fok"]


class Product(Section, frozen=True, kw_only=True):
    """What is traded: units of some kinds, vintages fungible in the book.

    The first day's opening price is `first_opening_fen_per_t`, or that of the product `first_opening_of` on
    that day; `first_day_band` replaces the bands of all modes on that day.
    """

    code: str
    en: str
    zh: str
    unit_kinds: tuple[str, ...]
    exchange_code: str = ""  # the venue's own code, e.g. 000002
    isin: str = ""
    lot_t: int = 1
    tick_fen: int = 1
    listed_on: date
    delisted_on: date | None = None  # the first day on which it is not traded any more
    first_opening_fen_per_t: int | None = None
    first_opening_of: str = ""
    first_day_band: Decimal | None = None


class SessionRule(Section, frozen=True, kw_only=True):
    """The hours of a trading day, e.g. `["09:30-11:30", "13:30-15:30"]`."""

    code: str
    since: date
    until: date | None = None
    hours: tuple[str, ...]


class OutageRule(Section, frozen=True, kw_only=True):
    """A day with other hours than usual; no hours: the exchange stayed shut."""

    code: str
    on: date
    hours: tuple[str, ...] = ()


class ModeRule(Section, frozen=True, kw_only=True):
    """How a mode of trading works from a day on.

    `matching`: `click` posts and picks; `continuous` matches by price, then time; `call` collects and crosses
    at one price; `bilateral` needs both sides to confirm; `auction` is run by the auction room. `pick`: which
    resting orders may be picked. `crossing`: what becomes of an order that could meet a resting one: matched,
    refused, or left to rest. `band`: the share by which a price may differ from the opening price, the limits
    rounded to the nearest fen. A product has one mode with a book at a time. No hours: the exchange's.
    """

    code: str
    mode: TradeMode
    products: tuple[str, ...] = ()  # empty: every product
    since: date
    until: date | None = None
    matching: Matching
    pick: Literal["any", "best", "best_five"] = "best"
    crossing: Literal["match", "refuse", "rest"] = "match"
    band: Decimal | None = None
    least_t: int = 1
    most_t: int | None = None
    hours: tuple[str, ...] = ()


class ClosingRule(Section, frozen=True, kw_only=True):
    """How opening and closing prices come about from a day on.

    `last_trades`: the volume-weighted mean of the last `count` trades; `vwap`: of all counted trades; at most
    `least_t` traded: the opening price stays. Trades from `skip_from` to before `skip_until` (local times) do
    not count. `last_price`: the last counted trade. Counted are trades of `modes`. Without any, the opening
    price is the closing price. `opening`: the previous close, or the first trade of the day (the band is
    measured from the previous close all the same).
    """

    code: str
    since: date
    until: date | None = None
    method: Literal["last_trades", "vwap", "last_price"]
    count: int | None = None
    least_t: int | None = None
    skip_from: str = ""
    skip_until: str = ""
    modes: tuple[TradeMode, ...]
    opening: Literal["previous_close", "first_trade"] = "previous_close"


class FeeRule(Section, frozen=True, kw_only=True):
    """Handling fees from a day on, in per mille of the trade's value; the first rule that fits holds.

    `first_transfer`: only for a seller that can have got its units by issuance alone (a project owner).
    """

    code: str
    since: date
    until: date | None = None
    products: tuple[str, ...] = ()  # empty: every product
    modes: tuple[TradeMode, ...] = ()  # empty: every mode
    first_transfer: bool = False
    buyer_permille: Decimal
    seller_permille: Decimal


class MemberRule(Section, frozen=True, kw_only=True):
    """A kind of trading member from a day on, and what it may do.

    Accounts of `account_types` are members of the first kind that names their type and is not
    `by_admission`; any other kind has to be admitted. Empty lists: no limit to products or modes (what the
    registry gives an account by transfer, and takes from it, limits every kind). `position_limit_t`: the most
    of a product that a member may hold with its open buy orders. `rights`: what members of the kind may be
    admitted for.
    """

    code: str
    kind: str
    en: str
    zh: str
    since: date
    until: date | None = None
    account_types: tuple[str, ...]
    by_admission: bool = False
    buys: tuple[str, ...] = ()
    sells: tuple[str, ...] = ()
    modes: tuple[TradeMode, ...] = ()
    position_limit_t: int | None = None
    rights: tuple[str, ...] = ("proprietary",)
    annual_fee_fen: int = 0
    holder_class: Literal["", "investment_firm", "fund", "other_financial", "commercial", "operator"] = ""


class SettlementRules(Section, frozen=True, kw_only=True):
    """Delivery, and cash in and out.

    What is bought on a day can be sold `resale_days` trading days later (1: T+1). Cash comes in until
    `cash_in_until` and goes out from `cash_out_from` of a clearing day; what sales brought goes out from the
    clearing day after their clearing. Trades of the calendar's extra sessions on weekends are cleared on the
    next clearing day after `clear_from` when `defer_weekends`. Fees go to the account of `fee_account_type`.
    """

    resale_days: int = 1
    cash_in_from: str = ""
    cash_in_until: str = ""
    cash_out_from: str = ""
    cash_out_until: str = ""
    clear_from: str = ""
    defer_weekends: bool = False
    fee_account_type: str = ""


class SurveillanceRules(Section, frozen=True, kw_only=True):
    """From when on something is worth a look. An alert accuses nobody."""

    move_share: Decimal  # of the opening price, from open to close or trade to trade
    concentration_share: Decimal  # one account's share of a day's volume
    concentration_least_t: int = 0
    cancel_share: Decimal  # cancelled orders among an account's orders of a day
    cancel_least_orders: int
    large_order_t: int
    wash_minutes: int = 10  # two accounts that trade to and fro within so many minutes
    wash_price_share: Decimal = Decimal("0.01")
    closing_minutes: int = 5  # the end of the day in which a price is watched for marking the close
    closing_move_share: Decimal = Decimal("0.02")
    spoof_minutes: int = 5
    spoof_share: Decimal = Decimal("0.5")  # of the side's depth
    limit_days: int = 3  # closes at the limit in a row
    funds_fen: int = 0  # cash in and out of a day
    large_holder_share: Decimal = Decimal("0.05")  # of all units of a product in holders' accounts
    interview_notice_days: int = 1
    suspensions_to_end: int = 2  # so many suspensions within a year end membership


class ExchangeRules(Section, frozen=True, kw_only=True):
    """Everything that the exchange must know of a scheme."""

    products: tuple[Product, ...]
    sessions: tuple[SessionRule, ...]
    outages: tuple[OutageRule, ...] = ()
    modes: tuple[ModeRule, ...]
    closings: tuple[ClosingRule, ...]
    fees: tuple[FeeRule, ...] = ()
    members: tuple[MemberRule, ...]
    settlement: SettlementRules = SettlementRules()
    surveillance: SurveillanceRules | None = None
    self_trade: SelfTrade = "refuse"
    validities: tuple[Validity, ...] = ("day",)
    most_validity_days: int = 0
    entrusted_notice_days: int = 0  # working days between the notice of an entrusted auction and its day
    entrusted_deposit_share: Decimal | None = None
    entrusted_payment_days: int | None = None
