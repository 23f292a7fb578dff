"""The result of a round as a document, and the way from a file of bids to it (`capwright auction clear`).

The one module of the room that reads a file, through `capwright.table`; everything it calls is pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Struct, field, structs

from capwright.auction.bids import Bid, SetAside
from capwright.auction.clearing import clear
from capwright.auction.reserve_sale import at_tier, reserve_sale, tier_of
from capwright.auction.result import Clearing, Statistics
from capwright.auction.ties import DEFAULT_SEED
from capwright.kernel.quantity import format_money
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.scheme.auction_rules import AuctionRules
from capwright.scheme.reliance import Reliance
from capwright.table import Money, Table, Tonnes, read_table

__all__ = [
    "AuctionReport",
    "BidRow",
    "auction_from_table",
    "bids_from_table",
    "clearing_paths",
    "report_json",
]

BAD_MOMENT = define(
    "CW-6040",
    en="'{text}' is not a time of bidding.",
    zh="“{text}”不是申报时间。",
    mend_en="Write 09:31:05, 2024-07-31T09:31:05 or a running number.",
    mend_zh="请填写 09:31:05、2024-07-31T09:31:05 或顺序号。",
    rule="GZETS 2015-09-10: price, then time",
)
MIXED_MOMENTS = define(
    "CW-6041",
    en="This time is written differently from the one on line {line}; they cannot be put in order.",
    zh="该时间与第{line}行的写法不同，无法排序。",
    mend_en="Write all times alike: a time of day, a date with time, or a running number.",
    mend_zh="请统一时间写法：时刻、日期时间或顺序号。",
    rule="GZETS 2015-09-10: price, then time",
)

_NUMBER: Final = re.compile(r"[0-9]{1,15}")


RESERVE_LEFT_OUT = define(
    "CW-6042",
    en="The scheme has a policy reserve price, but none was given: every bid counts.",
    zh="该体系设有政策保留价，但未给出：所有申报均视为有效。",
    mend_en="Give the announced one with --reserve.",
    mend_zh="请用 --reserve 给出公布的政策保留价。",
    rule="GZETS 2015-09-10, 2017-03-15, 2020-04-10",
)


# What deposits, payment and a secondary market ask for is not applied to a plain file.
_CLEARING: Final = (
    "price_rule",
    "tie_rule",
    "under_subscription",
    "equal_is_short",
    "reserve_fen_per_t",
    "lot_t",
    "tick_fen",
    "min_bid_t",
    "institution_min_bid_t",
    "max_share_per_bidder",
    "purchase_limits",
    "unsold",
    "spread_rounds",
    "spread_cap",
    "bidders",
)


class Moment(Struct, frozen=True, order=True):
    """A time of bidding that sorts within its kind: `number`, `day` (time of day), `local` or `utc`."""

    kind: str
    at: str


class _MomentCell:
    """Reads a running number, a time of day, or a date with time."""

    def read(self, text: str) -> Moment:
        if _NUMBER.fullmatch(text):
            return Moment("number", text.zfill(15))
        try:
            if len(text) > len("09:31:05.000000"):
                at = datetime.fromisoformat(text)
                if at.tzinfo is None:
                    return Moment("local", at.isoformat(timespec="microseconds"))
                return Moment("utc", at.astimezone(UTC).isoformat(timespec="microseconds"))
            day = time.fromisoformat(text)
        except (ValueError, OverflowError):  # the day before the year 1, in UTC
            refuse(BAD_MOMENT, text=text[:40])
        if ":" not in text or day.tzinfo is not None:
            refuse(BAD_MOMENT, text=text[:40])
        return Moment("day", day.isoformat(timespec="microseconds"))


class BidRow(Struct, frozen=True):
    """One row of a file of bids: `bidder,price,quantity_t[,time][,category]`; the price in currency units."""

    bidder: str
    price_fen_per_t: Annotated[int, Money(least_fen=1)] = field(name="price")
    quantity_t: Annotated[int, Tonnes(least=1)]
    time: Annotated[Moment | None, _MomentCell()] = None
    category: str = ""


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


class StatisticsLine(Struct, frozen=True, kw_only=True):
    """The derived columns of the exchanges' result tables; see `Statistics`."""

    submitted_bids: int
    submitted_t: int
    valid_bids: int
    valid_t: int
    bidders: int
    winners: int
    cover: Decimal
    cover_submitted: Decimal
    mean_bid_t: int
    mean_won_t: int
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


def clearing_paths(rules: AuctionRules, tier: str = "") -> list[str]:
    """The scheme paths that clearing a file of bids can depend on: what is set, and applies to a file."""
    fields = [name for name in _CLEARING if getattr(rules, name) not in (None, (), {})]
    tiers = [t.name for t in rules.tiers if (t.name == tier if tier else t.kind != "reserve_sale")]
    return [f"auction.{name}" for name in fields] + [f"auction.tiers.{name}" for name in tiers]


def auction_from_table(
    rules: AuctionRules,
    path: Path,
    offer_t: int,
    reserve_fen_per_t: int | None = None,
    seed: str = DEFAULT_SEED,
    *,
    tier: str = "",
    name: str = "",
    currency: str = "CNY",
    lang: str = "en",
) -> AuctionReport:
    """Clear the bids of a CSV file under a scheme's rules.

    `tier` names a price tier: the units are then sold from the reserve at its price. `name` is the scheme's,
    `lang` the language of the reasons. Raises `BadInput` for a faulty file. A policy
    reserve price that is not given is left out and the report says so: a file of bids has no trades to work
    it out from. (A round on the ledger is refused without it.)
    """
    bids, lines = bids_from_table(read_table(path, BidRow))
    if tier:
        sold = tier_of(rules, tier)
        bids, rules = at_tier(sold, bids), reserve_sale(rules, sold)
    unknown = rules.reserve == "listed_click_mean" and reserve_fen_per_t is None
    if unknown:
        rules = structs.replace(rules, reserve="none")
    clearing = clear(rules, offer_t, bids, reserve_fen_per_t=reserve_fen_per_t, seed=seed)
    if unknown:
        clearing = structs.replace(clearing, note=Refusal(RESERVE_LEFT_OUT.code))
    return _report(rules, clearing, bids, lines, {"name": name, "currency": currency, "lang": lang})


def bids_from_table(table: Table[BidRow]) -> tuple[list[Bid], dict[str, int]]:
    """Turn the rows of a file into bids with ids, and return the line of each id.

    The order of entry is the time column, equal times and files without one by line. The id is made of the
    row itself (`bidder|price|quantity|time`, with `#2` for its repetition), so that the draw among equal
    prices does not hang on the order of the lines.
    """
    first: tuple[int, Moment] | None = None
    for line, row in table.numbered():
        if row.time is None:
            if table.column("time"):
                table.refuse(line, "time", BAD_MOMENT, text="")
        elif first is None:
            first = (line, row.time)
        elif row.time.kind != first[1].kind:
            table.refuse(line, "time", MIXED_MOMENTS, line=first[0])
    ordered = sorted(table.numbered(), key=lambda item: (item[1].time or Moment("", ""), item[0]))
    bids: list[Bid] = []
    lines: dict[str, int] = {}
    repeats: dict[str, int] = {}
    for entered, (line, row) in enumerate(ordered, start=1):
        bid_id = _bid_id(row, lines, repeats)
        lines[bid_id] = line
        bids.append(
            Bid(
                id=bid_id,
                bidder=row.bidder,
                price_fen_per_t=row.price_fen_per_t,
                quantity_t=row.quantity_t,
                entered=entered,
                category=row.category,
            )
        )
    return bids, lines


def report_json(report: AuctionReport, *, indent: int = 2) -> str:
    """The report as JSON text; decimals are written as exact numbers with two places."""
    raw = msgspec.json.Encoder(decimal_format="number").encode(report)
    return msgspec.json.format(raw, indent=indent).decode()


def _bid_id(row: BidRow, taken: dict[str, int], repeats: dict[str, int]) -> str:
    parts = [row.bidder, _plain(row.price_fen_per_t), str(row.quantity_t)]
    if row.time is not None:
        parts.append(row.time.at)
    stem = "|".join(parts)
    bid_id = stem
    while bid_id in taken:
        repeats[stem] = repeats.get(stem, 1) + 1
        bid_id = f"{stem}#{repeats[stem]}"
    return bid_id


def _report(
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
    same: dict[str, Any] = {
        name: getattr(found, name)
        for name in StatisticsLine.__struct_fields__
        if name in Statistics.__struct_fields__
    }
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


def _plain(amount_fen: int) -> str:
    return format_money(amount_fen).replace(",", "")


def _exact(amount_fen: int) -> Decimal:
    """Fen as currency units, always with two places."""
    return Decimal(_plain(amount_fen))


def _units(amount_fen: int | None) -> Decimal | None:
    return None if amount_fen is None else _exact(amount_fen)
