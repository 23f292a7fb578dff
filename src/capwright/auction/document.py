"""The result of a round as a document, in currency units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from capwright.auction.bids import Bid, SetAside
from capwright.auction.result import Clearing, Counts, Statistics
from capwright.kernel.quantity import format_money
from capwright.kernel.refusal import Refusal
from capwright.scheme.auction_rules import AuctionRules
from capwright.scheme.reliance import Reliance

__all__ = ["AuctionReport", "plain_money", "report_json", "report_of"]


class BidLine(Struct, frozen=True, kw_only=True):
    """What became of one bid of the file."""

    bid: str
    line: int
    bidder: str
    price: Decimal
    quantity_t: int
    won_t: int
    pays: Decimal


class RefusedLine(Struct, frozen=True, kw_only=True):
    """A bid, or `quantity_t` of one, that was refused or won nothing, with code and reason."""

    bid: str
    line: int
    bidder: str
    price: Decimal
    quantity_t: int
    cut: bool
    code: str
    reason: str


class Why(Struct, frozen=True):
    """Why nothing was sold, or what a reader should know of the price."""

    code: str
    reason: str


class MarginalLine(Struct, frozen=True, kw_only=True):
    """The last winning bid."""

    bid: str
    bidder: str
    price: Decimal
    asked_t: int
    won_t: int
    tied: int


class StatisticsLine(Counts, frozen=True, kw_only=True):
    """The derived columns of the exchanges' result tables, prices in currency units; see `Statistics`."""

    high_price: Decimal | None
    low_price: Decimal | None
    mean_price: Decimal | None


class AuctionReport(Struct, frozen=True, kw_only=True):
    """The result of a round in currency units.

    Prices and amounts are exact decimals with two places; in JSON they are numbers, so 16.10 equals 16.1.
    `awards` and `payments` list the winners only, in the order of their best bid. `rejected` were not
    valid or cut by a limit, `unsuccessful` were valid and won nothing or not all. `unsold_goes` is the
    scheme's rule, `moved_t` what its price tiers released (+) or withheld (-). `relied_on` names the memory
    and default values of the scheme behind it.
    """

    rules: str
    currency: str
    outcome: Literal["cleared", "cancelled"]
    price: Decimal | None
    offered_t: int
    supply_t: int
    sold_t: int
    unsold_t: int
    unsold_goes: str
    revenue: Decimal
    reserve: Decimal | None
    seed: str
    price_rule: str
    tie_rule: str
    awards: dict[str, int]
    payments: dict[str, Decimal]
    rejected: list[RefusedLine]
    unsuccessful: list[RefusedLine]
    bids: list[BidLine]
    statistics: StatisticsLine
    marginal: MarginalLine | None = None
    why: Why | None = None
    note: Why | None = None
    interim_price: Decimal | None = None
    moved_t: dict[str, int] = {}
    relied_on: tuple[Reliance, ...] = ()


def report_json(report: AuctionReport, *, indent: int = 2) -> str:
    """The report as JSON text; decimals are written as exact numbers with two places."""
    raw = msgspec.json.Encoder(decimal_format="number").encode(report)
    return msgspec.json.format(raw, indent=indent).decode()


def report_of(
    rules: AuctionRules, clearing: Clearing, bids: list[Bid], lines: dict[str, int], said: dict[str, str]
) -> AuctionReport:
    won = {award.bid: award for award in clearing.awards}
    lang = said["lang"]
    return AuctionReport(
        rules=said["name"],
        currency=said["currency"],
        outcome=clearing.outcome,
        price=_units(clearing.price_fen_per_t),
        offered_t=clearing.offered_t,
        supply_t=clearing.supply_t,
        sold_t=clearing.sold_t,
        unsold_t=clearing.unsold_t,
        unsold_goes=rules.unsold,
        revenue=_exact(clearing.revenue_fen),
        reserve=_units(clearing.reserve_fen_per_t),
        seed=clearing.seed,
        price_rule=rules.price_rule,
        tie_rule=rules.tie_rule,
        awards=clearing.won_t(),
        payments={bidder: _exact(owed_fen) for bidder, owed_fen in clearing.owed_fen().items()},
        rejected=[_refused(item, lines, lang) for item in clearing.rejected],
        unsuccessful=[_refused(item, lines, lang) for item in clearing.unsuccessful],
        bids=[
            BidLine(
                bid=bid.id,
                line=lines[bid.id],
                bidder=bid.bidder,
                price=_exact(bid.price_fen_per_t),
                quantity_t=bid.quantity_t,
                won_t=won[bid.id].quantity_t if bid.id in won else 0,
                pays=_exact(won[bid.id].value_fen if bid.id in won else 0),
            )
            for bid in sorted(bids, key=lambda bid: lines[bid.id])
        ],
        statistics=_statistics(clearing.statistics),
        marginal=_marginal(clearing),
        why=_why(clearing.reason, lang),
        note=_why(clearing.note, lang),
        interim_price=_units(clearing.interim_fen_per_t),
        moved_t=dict(clearing.moved_t),
    )


def _refused(item: SetAside, lines: dict[str, int], lang: str) -> RefusedLine:
    return RefusedLine(
        bid=item.bid,
        line=lines[item.bid],
        bidder=item.bidder,
        price=_exact(item.price_fen_per_t),
        quantity_t=item.quantity_t,
        cut=item.cut,
        code=item.refusal.code,
        reason=item.refusal.message(lang),
    )


def _statistics(found: Statistics) -> StatisticsLine:
    same: dict[str, Any] = {name: getattr(found, name) for name in Counts.__struct_fields__}
    return StatisticsLine(
        **same,
        high_price=_units(found.high_fen_per_t),
        low_price=_units(found.low_fen_per_t),
        mean_price=_units(found.mean_bid_fen_per_t),
    )


def _marginal(clearing: Clearing) -> MarginalLine | None:
    last = clearing.marginal
    if last is None:
        return None
    return MarginalLine(
        bid=last.bid,
        bidder=last.bidder,
        price=_exact(last.price_fen_per_t),
        asked_t=last.asked_t,
        won_t=last.won_t,
        tied=last.tied,
    )


def _why(reason: Refusal | None, lang: str) -> Why | None:
    return Why(reason.code, reason.message(lang)) if reason else None


def plain_money(amount_fen: int) -> str:
    return format_money(amount_fen).replace(",", "")


def _exact(amount_fen: int) -> Decimal:
    """Fen as currency units, always with two places."""
    return Decimal(plain_money(amount_fen))


def _units(amount_fen: int | None) -> Decimal | None:
    return None if amount_fen is None else _exact(amount_fen)
