"""Sealed bids: what makes one valid, what a bidder may take in all, and what must be lodged for them.

The order of the tests is fixed, because it decides which bids remain:

1. at entry, in the order of entry: category, tick, lot, least size, and the cumulative share of the round (a
   bid that would exceed it is refused whole; GZETS 2015-09-10);
2. at the close: the least share of the quota (GZETS 2013-12-09), then the reserve price (`bid >= reserve`);
3. from the bidder's highest bid down: purchase limit, holding limit, bid guarantee; what goes beyond is cut
   in whole lots (17 CCR 95910-95915).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

from msgspec import Struct, structs

from capwright.kernel.quantity import MAX_FEN, floor_t, format_money, round_fen
from capwright.kernel.refusal import Refusal, RefusalCode, define
from capwright.scheme.auction_rules import AuctionRules, HoldingLimit

__all__ = [
    "INSTITUTION",
    "NOT_ADMITTED",
    "Bid",
    "Bidder",
    "Screening",
    "SetAside",
    "check_bid",
    "deposit_due_fen",
    "holding_limit_t",
    "schedule_value_fen",
    "screen",
]

INSTITUTION: Final = "institution"  # the bidder category with a least bid of its own (GZETS 2014-09-18)
OTHERS: Final = "*"  # the purchase limit of all categories without one

NOT_ADMITTED = define(
    "CW-6001",
    en="Bidders of the category '{category}' are not admitted to this auction.",
    zh="“{category}”类参与者不能参加本次竞价。",
    mend_en="Admitted: {admitted}.",
    mend_zh="可参加者：{admitted}。",
    rule="auction notice: who may bid",
)
OFF_TICK = define(
    "CW-6002",
    en="The price must be above zero and a multiple of {tick}.",
    zh="申报价格须大于零，且为{tick}的整数倍。",
    rule="auction notice: price step",
)
OFF_LOT = define(
    "CW-6003",
    en="The quantity {quantity_t} is not a whole number of lots of {lot_t} t.",
    zh="申报量{quantity_t}不是每手{lot_t}吨的整数倍。",
    rule="auction notice: lot",
)
TOO_SMALL = define(
    "CW-6004",
    en="The quantity {quantity_t} t is below the least bid of {least_t} t.",
    zh="申报量{quantity_t}吨低于最低申报量{least_t}吨。",
    rule="GZETS 2015-09-10; for institutions GZETS 2014-09-18",
)
BELOW_QUOTA_SHARE = define(
    "CW-6005",
    en="All bids of the bidder together ({total_t} t) are below {least_t} t, the least share of its quota.",
    zh="该单位累计申报量{total_t}吨，低于其配额规定比例{least_t}吨。",
    rule="GZETS 2013-12-09",
)
ABOVE_ROUND_SHARE = define(
    "CW-6006",
    en="With {entered_t} t entered before, the bid exceeds the {most_t} t one bidder may ask for.",
    zh="此前已申报{entered_t}吨，加上本笔超过单个参与者累计申报上限{most_t}吨。",
    rule="GZETS 2015-09-10",
)
BELOW_RESERVE = define(
    "CW-6007",
    en="The price {price} is below the reserve price of {reserve}.",
    zh="申报价格{price}低于保留价{reserve}。",
    rule="GZETS 2015-09-10",
)
BEYOND_PURCHASE_LIMIT = define(
    "CW-6008",
    en="{cut_t} t are beyond the bidder's purchase limit of {most_t} t.",
    zh="其中{cut_t}吨超过该参与者的购买限额{most_t}吨。",
    rule="17 CCR 95910-95915",
)
BEYOND_HOLDING_LIMIT = define(
    "CW-6009",
    en="{cut_t} t are beyond the {most_t} t the bidder may still hold.",
    zh="其中{cut_t}吨超过该参与者尚可持有的{most_t}吨。",
    rule="17 CCR 95920",
)
BEYOND_GUARANTEE = define(
    "CW-6010",
    en="{cut_t} t are not covered by the bidder's bid guarantee of {guarantee}.",
    zh="其中{cut_t}吨未被该参与者的投标担保{guarantee}覆盖。",
    rule="17 CCR 95910-95915",
)
DOUBLE_BID = define(
    "CW-6011",
    en="A bid with the id '{bid}' was entered before.",
    zh="编号“{bid}”的申报已存在。",
    rule="design: a repeated id changes nothing",
)
TOO_DEAR = define(
    "CW-6012",
    en="Price times quantity is more than can be booked.",
    zh="价格与数量之积超出可记账范围。",
    rule="design: bounds on everything",
)


class Bid(Struct, frozen=True, kw_only=True):
    """A sealed bid. `entered` is its place in the order of entry: lower came earlier."""

    id: str
    bidder: str
    price_fen_per_t: int
    quantity_t: int
    entered: int = 0
    category: str = ""


class Bidder(Struct, frozen=True, kw_only=True):
    """What the limits of a round need to know of a bidder; None: the limit does not bind.

    `quota_t` is the quota (or expected emissions) that the least share refers to; `holding_room_t` what the
    bidder may still hold under the holding limit; `guarantee_fen` the bid guarantee lodged.
    """

    name: str
    category: str = ""
    quota_t: int | None = None
    holding_room_t: int | None = None
    guarantee_fen: int | None = None


class SetAside(Struct, frozen=True, kw_only=True):
    """A bid that takes no part in the clearing, or a part of one (`cut`); `quantity_t` counts that part."""

    bid: str
    bidder: str
    price_fen_per_t: int
    quantity_t: int
    cut: bool
    refusal: Refusal


class Screening(Struct, frozen=True):
    """The bids that take part, in the order given, with cut quantities; and what was set aside."""

    valid: tuple[Bid, ...]
    rejected: tuple[SetAside, ...]


def check_bid(
    rules: AuctionRules, offered_t: int, bid: Bid, *, bidder: Bidder | None = None, entered_t: int = 0
) -> Refusal | None:
    """Test a single bid as it is entered; `entered_t` is what its bidder has entered before in the round.

    A bidder without a category is taken as admitted: whether it is one is the caller's knowledge.
    """
    category = bid.category or (bidder.category if bidder else "")
    if rules.bidders and category and category not in rules.bidders:
        return _refusal(NOT_ADMITTED, category=category, admitted=", ".join(rules.bidders))
    if bid.price_fen_per_t <= 0 or bid.price_fen_per_t % rules.tick_fen:
        return _refusal(OFF_TICK, tick=format_money(rules.tick_fen))
    if bid.quantity_t <= 0 or bid.quantity_t % rules.lot_t:
        return _refusal(OFF_LOT, quantity_t=bid.quantity_t, lot_t=rules.lot_t)
    if bid.price_fen_per_t * bid.quantity_t > MAX_FEN:
        return _refusal(TOO_DEAR)
    least_t = rules.min_bid_t or 0
    if category == INSTITUTION:
        least_t = max(least_t, rules.institution_min_bid_t or 0)
    if bid.quantity_t < least_t:
        return _refusal(TOO_SMALL, quantity_t=bid.quantity_t, least_t=least_t)
    if rules.max_share_per_bidder is not None:
        most_t = floor_t(rules.max_share_per_bidder * offered_t)
        if entered_t + bid.quantity_t > most_t:
            return _refusal(ABOVE_ROUND_SHARE, entered_t=entered_t, most_t=most_t)
    return None


def screen(
    rules: AuctionRules,
    offered_t: int,
    bids: Sequence[Bid],
    *,
    reserve_fen_per_t: int | None = None,
    bidders: Iterable[Bidder] = (),
) -> Screening:
    """Apply every test of the round, in the order the module states; independent of the order of `bids`."""
    known = {bidder.name: bidder for bidder in bidders}
    rejected: list[SetAside] = []
    valid = _at_entry(rules, offered_t, bids, known, rejected)
    valid = _by_quota_share(rules, valid, known, rejected)
    if reserve_fen_per_t is not None:
        low = [bid for bid in valid if bid.price_fen_per_t < reserve_fen_per_t]
        rejected += [_whole(bid, _below_reserve(bid, reserve_fen_per_t)) for bid in low]
        valid = [bid for bid in valid if bid.price_fen_per_t >= reserve_fen_per_t]
    if rules.purchase_limits or rules.holding_limit or rules.guarantee == "schedule_value":
        valid = _within_limits(rules, offered_t, valid, known, rejected)
    return Screening(tuple(valid), tuple(rejected))


def _below_reserve(bid: Bid, reserve_fen_per_t: int) -> Refusal:
    said = format_money(reserve_fen_per_t)
    return _refusal(BELOW_RESERVE, price=format_money(bid.price_fen_per_t), reserve=said)


def _at_entry(
    rules: AuctionRules,
    offered_t: int,
    bids: Sequence[Bid],
    known: Mapping[str, Bidder],
    rejected: list[SetAside],
) -> list[Bid]:
    """The bids that were accepted when they were entered."""
    valid = []
    seen: set[str] = set()
    entered_t: dict[str, int] = {}
    for bid in sorted(bids, key=lambda bid: (bid.entered, bid.id)):
        before_t = entered_t.get(bid.bidder, 0)
        refusal = check_bid(rules, offered_t, bid, bidder=known.get(bid.bidder), entered_t=before_t)
        if bid.id in seen:
            refusal = _refusal(DOUBLE_BID, bid=bid.id)
        seen.add(bid.id)
        if refusal:
            rejected.append(_whole(bid, refusal))
        else:
            valid.append(bid)
            entered_t[bid.bidder] = before_t + bid.quantity_t
    return valid


def _by_quota_share(
    rules: AuctionRules, bids: list[Bid], known: Mapping[str, Bidder], rejected: list[SetAside]
) -> list[Bid]:
    """Set aside all bids of a bidder that asks in all for less than the least share of its quota.

    The notice does not say whether the share holds for each bid or for all bids together; the sum is taken.
    """
    share = rules.least_share_of_quota
    if share is None:
        return bids
    asked_t: dict[str, int] = {}
    for bid in bids:
        asked_t[bid.bidder] = asked_t.get(bid.bidder, 0) + bid.quantity_t
    refused: dict[str, Refusal] = {}
    for name, total_t in asked_t.items():
        quota_t = known[name].quota_t if name in known else None
        if quota_t is not None:
            least_t = int((share * quota_t).to_integral_value(ROUND_CEILING))
            if total_t < least_t:
                refused[name] = _refusal(BELOW_QUOTA_SHARE, total_t=total_t, least_t=least_t)
    rejected += [_whole(bid, refused[bid.bidder]) for bid in bids if bid.bidder in refused]
    return [bid for bid in bids if bid.bidder not in refused]


def _within_limits(
    rules: AuctionRules,
    offered_t: int,
    bids: list[Bid],
    known: Mapping[str, Bidder],
    rejected: list[SetAside],
) -> list[Bid]:
    """Cut each bidder's bids to its limits, from the highest down; the rest keep their order."""
    left_t = {bid.id: bid.quantity_t for bid in bids}
    schedules: dict[str, list[Bid]] = {}
    for bid in sorted(bids, key=lambda bid: (-bid.price_fen_per_t, bid.entered, bid.id)):
        schedules.setdefault(bid.bidder, []).append(bid)
    for name, schedule in schedules.items():
        bidder = known.get(name, Bidder(name=name))
        limits = rules.purchase_limits
        share = limits.get(schedule[0].category or bidder.category, limits.get(OTHERS))
        if share is not None:
            most_t = floor_t(share * offered_t)
            _cut(schedule, left_t, rules.lot_t, rejected, _Limit(BEYOND_PURCHASE_LIMIT, most_t=most_t))
        if rules.holding_limit and bidder.holding_room_t is not None:
            most_t = max(bidder.holding_room_t, 0)
            _cut(schedule, left_t, rules.lot_t, rejected, _Limit(BEYOND_HOLDING_LIMIT, most_t=most_t))
        if rules.guarantee == "schedule_value" and bidder.guarantee_fen is not None:
            limit = _Limit(BEYOND_GUARANTEE, guarantee_fen=bidder.guarantee_fen)
            _cut(schedule, left_t, rules.lot_t, rejected, limit)
    return [_with_quantity(bid, left_t[bid.id]) for bid in bids if left_t[bid.id]]


class _Limit(Struct, frozen=True):
    """A limit on a bidder's schedule: a quantity, or a guarantee that must cover the running total."""

    code: RefusalCode
    most_t: int = 0
    guarantee_fen: int | None = None

    def at_price_t(self, price_fen_per_t: int) -> int:
        """The most the bidder may ask for at this price or more."""
        return self.most_t if self.guarantee_fen is None else self.guarantee_fen // price_fen_per_t

    def refusal(self, cut_t: int) -> Refusal:
        if self.guarantee_fen is None:
            return _refusal(self.code, cut_t=cut_t, most_t=self.most_t)
        return _refusal(self.code, cut_t=cut_t, guarantee=format_money(self.guarantee_fen))


def _cut(
    schedule: Sequence[Bid], left_t: dict[str, int], lot_t: int, rejected: list[SetAside], limit: _Limit
) -> None:
    """Cut a schedule (highest bid first) in whole lots so that the running total stays within the limit."""
    taken_t = 0
    for bid in schedule:
        room_t = max(limit.at_price_t(bid.price_fen_per_t) - taken_t, 0)
        want_t = left_t[bid.id]
        kept_t = want_t if want_t <= room_t else room_t - room_t % lot_t
        if kept_t < want_t:
            rejected.append(_part(bid, want_t - kept_t, limit.refusal(want_t - kept_t)))
            left_t[bid.id] = kept_t
        taken_t += kept_t


def schedule_value_fen(bids: Iterable[Bid]) -> int:
    """The most a bidder can owe at any clearing price: price × all it asks for at that price or more.

    This is what a bid guarantee must cover (17 CCR 95910-95915).
    """
    taken_t = worst_fen = 0
    for bid in sorted(bids, key=lambda bid: -bid.price_fen_per_t):
        taken_t += bid.quantity_t
        worst_fen = max(worst_fen, taken_t * bid.price_fen_per_t)
    return worst_fen


def deposit_due_fen(rules: AuctionRules, bid: Bid) -> int:
    """The deposit locked when bidding: a share of price × quantity, to the nearest fen (GZETS 2013-12-09)."""
    return round_fen((rules.deposit_share or Decimal(0)) * bid.price_fen_per_t * bid.quantity_t)


def holding_limit_t(limit: HoldingLimit, budget_t: int) -> int:
    """The most current-vintage allowances one holder may own, for a yearly budget (17 CCR 95920)."""
    return floor_t(limit.base_share * limit.base_t + limit.rest_share * (budget_t - limit.base_t))


def _whole(bid: Bid, refusal: Refusal) -> SetAside:
    return _part(bid, bid.quantity_t, refusal)


def _part(bid: Bid, quantity_t: int, refusal: Refusal) -> SetAside:
    return SetAside(
        bid=bid.id,
        bidder=bid.bidder,
        price_fen_per_t=bid.price_fen_per_t,
        quantity_t=quantity_t,
        cut=quantity_t < bid.quantity_t,
        refusal=refusal,
    )


def _with_quantity(bid: Bid, quantity_t: int) -> Bid:
    return bid if quantity_t == bid.quantity_t else structs.replace(bid, quantity_t=quantity_t)


def _refusal(code: RefusalCode, **details: str | int) -> Refusal:
    return Refusal(code.code, details)
