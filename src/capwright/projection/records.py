"""What the API and pages say of the market: plain typed values, taken out of the state.

Quantities are whole tonnes, money is fen (or cent) of the scheme's currency, times are ms UTC since 1970.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.auction.room import AuctionRoom
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.market.composition import room_of

if TYPE_CHECKING:
    from capwright.ledger.accounts import Account
    from capwright.market import Market

__all__ = [
    "AccountRecord",
    "AuctionRecord",
    "ComplianceRecord",
    "Holding",
    "NoticeRecord",
    "account_record",
    "auctions",
    "compliance",
    "holdings",
    "notices",
]


class AccountRecord(Struct, omit_defaults=True):
    """A registry account as the register shows it."""

    number: str
    type: str
    holder: str
    name: str
    sector: str
    status: str
    opened_on: date
    government: bool = False
    rights: tuple[str, ...] = ()


class Holding(Struct, omit_defaults=True):
    """Units of a series, or cash, in one bucket of an account: free when `bucket` is empty."""

    account: str
    bucket: str = ""
    series: str = ""
    quantity_t: int = 0
    cash_fen: int = 0


class ComplianceRecord(Struct, omit_defaults=True):
    """How an enterprise stands for a vintage. `status` is empty until it has been judged."""

    account: str
    name: str
    sector: str
    vintage: int
    emissions_t: int | None
    owed_t: int
    surrendered_t: int
    excluded: bool = False
    status: str = ""
    shortfall_t: int = 0


class AuctionRecord(Struct, omit_defaults=True):
    """A round: what is offered, when, and what came of it; bidders are not named."""

    id: str
    vintage: int
    series: str
    offered_t: int
    opens_ms: int
    closes_ms: int
    status: str
    round: str = ""
    reserve_fen_per_t: int | None = None
    bids: int = 0
    price_fen_per_t: int | None = None
    sold_t: int = 0
    revenue_fen: int = 0
    seed: str = ""


class NoticeRecord(Struct, omit_defaults=True):
    """A notice of the exchange."""

    id: str
    at_ms: int
    title: str
    text: str
    product: str = ""
    warning: bool = False


def account_record(account: Account, rights: tuple[str, ...] = ()) -> AccountRecord:
    """An account of the register."""
    return AccountRecord(
        account.number,
        account.type,
        account.holder,
        account.name,
        account.sector,
        account.status,
        account.opened_on,
        account.government,
        rights,
    )


def holdings(market: Market, number: str) -> list[Holding]:
    """Everything that lies in an account, bucket by bucket: free first."""
    book = market.book.state
    found = []
    for place in market.book.places_of(number):
        bucket = place.partition("#")[2]
        found += [
            Holding(number, bucket, series, ranges.size_t)
            for series, ranges in sorted(book.units.get(place, {}).items())
        ]
        if place in book.cash:
            found.append(Holding(number, bucket, cash_fen=book.cash[place]))
    return found


def compliance(market: Market, vintage: int | None = None) -> list[ComplianceRecord]:
    """All duties, by account and vintage, in the order of the accounts' opening."""
    duties = room_of(market.rooms, ComplianceRoom).state.duties
    found = []
    for number, account in market.book.state.accounts.items():
        for year, duty in duties.get(number, {}).items():
            if vintage is None or year == vintage:
                judged = duty.judgement
                found.append(
                    ComplianceRecord(
                        number,
                        account.name,
                        account.sector,
                        year,
                        duty.emissions_t,
                        duty.owed_t,
                        duty.surrendered_t,
                        duty.excluded,
                        judged.status if judged else "",
                        judged.shortfall_t if judged else 0,
                    )
                )
    return found


def auctions(market: Market) -> list[AuctionRecord]:
    """All rounds in the order of their announcement."""
    return [
        AuctionRecord(
            one.id,
            one.vintage,
            one.series,
            one.offered_t,
            one.opens_ms,
            one.closes_ms,
            one.status,
            one.round,
            one.reserve_fen_per_t,
            len(one.bids),
            one.price_fen_per_t,
            one.sold_t,
            one.revenue_fen,
            one.seed,
        )
        for one in room_of(market.rooms, AuctionRoom).state.auctions.values()
    ]


def notices(market: Market) -> list[NoticeRecord]:
    """All notices, the latest first."""
    found = room_of(market.rooms, ExchangeRoom).state.announcements
    return [
        NoticeRecord(one.id, one.at_ms, one.title, one.text, one.product, one.warning)
        for one in reversed(found)
    ]
