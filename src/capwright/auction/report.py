"""From a file of bids to the document of a round (`capwright auction clear`).

The one module of the room that reads a file, through `capwright.table`; everything it calls is pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Final

from msgspec import Struct, field, structs

from capwright.auction.bids import Bid
from capwright.auction.clearing import clear
from capwright.auction.document import AuctionReport, plain_money, report_of
from capwright.auction.reserve_sale import at_tier, reserve_sale, tier_of
from capwright.auction.ties import DEFAULT_SEED
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.scheme.auction_rules import AuctionRules
from capwright.table import Money, Table, Tonnes, read_table

__all__ = ["BidRow", "auction_from_table", "bids_from_table", "clearing_paths"]

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
    return report_of(rules, clearing, bids, lines, {"name": name, "currency": currency, "lang": lang})


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


def _bid_id(row: BidRow, taken: dict[str, int], repeats: dict[str, int]) -> str:
    parts = [row.bidder, plain_money(row.price_fen_per_t), str(row.quantity_t)]
    if row.time is not None:
        parts.append(row.time.at)
    stem = "|".join(parts)
    bid_id = stem
    while bid_id in taken:
        repeats[stem] = repeats.get(stem, 1) + 1
        bid_id = f"{stem}#{repeats[stem]}"
    return bid_id
