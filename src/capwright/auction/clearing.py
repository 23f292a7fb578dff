"""The one clearing engine: ranks valid bids, finds the price, shares out the supply.

Every choice of rule is a small function in a table keyed by the name the scheme uses. The engine is pure: the
same rules, bids and seed give the same result in whatever order the bids arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from capwright.auction.bids import Bid, Bidder, SetAside, screen
from capwright.auction.reserve import reserve_for
from capwright.auction.result import Award, Clearing, Marginal, statistics
from capwright.auction.supply import Supply, adjust
from capwright.auction.ties import DEFAULT_SEED, PRO_RATA, rank, share_out
from capwright.kernel.quantity import MAX_T, format_money
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.scheme.auction_rules import AuctionRules

__all__ = ["clear"]

BAD_SUPPLY = define(
    "CW-6020",
    en="{offered_t} t cannot be offered.",
    zh="不能投放{offered_t}吨。",
    mend_en="Offer from 1 to {most_t} t.",
    mend_zh="投放量应在1至{most_t}吨之间。",
    rule="design: bounds on everything",
)
NO_BIDS = define(
    "CW-6021",
    en="There was no valid bid.",
    zh="没有有效申报。",
    rule="auction notice",
)
DEMAND_SHORT = define(
    "CW-6022",
    en="Valid demand of {demand_t} t is below the {supply_t} t offered; nothing is sold.",
    zh="有效申报量{demand_t}吨低于投放量{supply_t}吨，本次竞价不成交。",
    rule="GZETS 2015-09-10; Reg. (EU) 2023/2830",
)
BELOW_SECONDARY = define(
    "CW-6023",
    en="The price of {price} is significantly below the secondary market's {secondary}; nothing is sold.",
    zh="成交价{price}明显低于二级市场价格{secondary}，本次竞价不成交。",
    rule="Reg. (EU) 2023/2830; UK SI 2021/484",
)
NO_FLOOR = define(
    "CW-6024",
    en="This auction sells at the reserve price, but none is given.",
    zh="本次竞价按保留价成交，但未给出保留价。",
    mend_en="Give one with --reserve.",
    mend_zh="请用 --reserve 给出保留价。",
    rule="auction notice: floor price",
)
AT_LOWEST = define(
    "CW-6028",
    en="Demand falls short and no reserve price is known: all is sold at the lowest valid bid.",
    zh="申报量不足且未给出保留价，全部按最低有效申报价成交。",
    mend_en="Give the reserve price with --reserve if there was one.",
    mend_zh="如有保留价，请用 --reserve 给出。",
    rule="default: a floor that is not known cannot be the price",
)
OUTBID = define(
    "CW-6025",
    en="The price {price} is below the clearing price of {clearing}.",
    zh="申报价格{price}低于成交价{clearing}。",
    rule="auction notice: ranking",
)
TIED_OUT = define(
    "CW-6026",
    en="At the price {price} the supply did not reach for {quantity_t} t of this bid ({tie_rule}).",
    zh="在价格{price}上，供给不足，本笔申报中{quantity_t}吨未成交（{tie_rule}）。",
    rule="auction notice: ranking of equal prices",
)
NOT_HELD = define(
    "CW-6027",
    en="The auction sold nothing.",
    zh="本次竞价未成交。",
    rule="auction notice",
)


def clear(
    rules: AuctionRules,
    offered_t: int,
    bids: Sequence[Bid],
    *,
    reserve_fen_per_t: int | None = None,
    seed: str = DEFAULT_SEED,
    secondary_fen_per_t: int | None = None,
    bidders: Iterable[Bidder] = (),
) -> Clearing:
    """Clear one round.

    `secondary_fen_per_t` is the price on the secondary market, for the schemes that compare with it. Raises
    `Refused` when the rules need a reserve price and none is given, or the supply is absurd.
    """
    if not 0 < offered_t <= MAX_T:
        refuse(BAD_SUPPLY, offered_t=offered_t, most_t=MAX_T)
    reserve = reserve_for(rules, reserve_fen_per_t)
    screening = screen(rules, offered_t, bids, reserve_fen_per_t=reserve, bidders=bidders)
    book = _Book(tuple(rank(screening.valid, rules.tie_rule, seed)))
    decision = _decide(rules, book, offered_t, reserve, secondary_fen_per_t)
    awards = _fill(rules, book, decision, seed) if decision.price_fen_per_t is not None else ()
    sold_t = sum(award.quantity_t for award in awards)
    return Clearing(
        outcome="cleared" if awards else "cancelled",
        offered_t=offered_t,
        supply_t=decision.supply.supply_t,
        price_fen_per_t=decision.price_fen_per_t if awards else None,
        reserve_fen_per_t=reserve,
        sold_t=sold_t,
        unsold_t=decision.supply.supply_t - sold_t,
        revenue_fen=sum(award.value_fen for award in awards),
        seed=seed,
        awards=awards,
        unsuccessful=_losers(rules, book, decision, awards),
        rejected=screening.rejected,
        statistics=statistics(bids, screening.valid, awards, decision.supply.supply_t),
        reason=decision.reason,
        marginal=_marginal(book, awards),
        interim_fen_per_t=decision.supply.interim_fen_per_t if decision.supply.moved_t else None,
        moved_t=decision.supply.moved_t,
        note=Refusal(AT_LOWEST.code) if awards and _floor_unknown(rules, book, decision, reserve) else None,
    )


def _floor_unknown(rules: AuctionRules, book: _Book, decision: _Decision, reserve: int | None) -> bool:
    """Whether all should have been sold at a reserve price that nobody gave."""
    at_floor = rules.under_subscription == "all_at_floor" and _is_short(rules, book, decision.supply.supply_t)
    return at_floor and reserve is None


class _Book(Struct, frozen=True):
    """The valid bids of a round, best first."""

    ranked: tuple[Bid, ...]

    @property
    def demand_t(self) -> int:
        return sum(bid.quantity_t for bid in self.ranked)

    @property
    def lowest(self) -> int:
        return self.ranked[-1].price_fen_per_t

    def demand_at(self, price_fen_per_t: int) -> int:
        """Demand at a price or above it."""
        return sum(bid.quantity_t for bid in self.ranked if bid.price_fen_per_t >= price_fen_per_t)

    def price_where(self, reached: Callable[[int], bool]) -> int | None:
        """The price of the first bid at which the running total satisfies `reached`."""
        total_t = 0
        for bid in self.ranked:
            total_t += bid.quantity_t
            if reached(total_t):
                return bid.price_fen_per_t
        return None


class _Decision(Struct, frozen=True, kw_only=True):
    """The price, the supply, and who takes part in sharing it."""

    supply: Supply
    price_fen_per_t: int | None = None
    reason: Refusal | None = None
    cut_off_fen_per_t: int = 0  # bids below it win nothing, even if supply is left
    as_bid: bool = False


# ---- price rules: the price for a supply, given that something is sold ----


def _lowest_accepted(book: _Book, supply_t: int, _reserve: int | None) -> int:
    """The bid at which the running total matches or exceeds the supply; the lowest bid if none does."""
    price = book.price_where(lambda total_t: total_t >= supply_t)
    return book.lowest if price is None else price


def _floor(_book: _Book, _supply_t: int, reserve: int | None) -> int:
    """The reserve price, whatever was bid."""
    if reserve is None:
        refuse(NO_FLOOR)
    return reserve


def _highest_rejected(book: _Book, supply_t: int, reserve: int | None) -> int:
    """The best price of which some part won nothing; without one the reserve price, else the lowest bid."""
    price = book.price_where(lambda total_t: total_t > supply_t)
    if price is None:
        return book.lowest if reserve is None else reserve
    return price


_PRICE: Final[dict[str, Callable[[_Book, int, int | None], int]]] = {
    "lowest_accepted": _lowest_accepted,
    "floor": _floor,
    "pay_as_bid": _lowest_accepted,
    "highest_rejected": _highest_rejected,
}


# ---- demand short of supply: the rule instead of the price rule, None where the price rule stands ----


def _is_short(rules: AuctionRules, book: _Book, supply_t: int) -> bool:
    """Whether demand falls short; where it just matches the supply the scheme decides."""
    return book.demand_t < supply_t or (rules.equal_is_short and book.demand_t == supply_t)


def _cancel(book: _Book, supply_t: int, _reserve: int | None) -> int | Refusal | None:
    """Nothing is sold."""
    return Refusal(DEMAND_SHORT.code, {"demand_t": book.demand_t, "supply_t": supply_t})


_SHORT: Final[dict[str, Callable[[_Book, int, int | None], int | Refusal | None]]] = {
    "cancel": _cancel,
    "partial": lambda _book, _supply_t, _reserve: None,
    "all_at_floor": lambda book, _supply_t, reserve: book.lowest if reserve is None else reserve,
    "all_at_lowest_bid": lambda book, _supply_t, _reserve: book.lowest,
}


def _price(rules: AuctionRules, book: _Book, supply_t: int, reserve: int | None) -> int | Refusal:
    """The price for a supply, or why nothing is sold."""
    if not book.ranked:
        return Refusal(NO_BIDS.code)
    if _is_short(rules, book, supply_t):
        ruled = _SHORT[rules.under_subscription](book, supply_t, reserve)
        if ruled is not None:
            return ruled
    return _PRICE[rules.price_rule](book, supply_t, reserve)


def _decide(
    rules: AuctionRules, book: _Book, offered_t: int, reserve: int | None, secondary: int | None
) -> _Decision:
    """Find supply and price: tiers first, then the price, then the comparison with the secondary market."""

    def price_at(supply_t: int) -> int | None:
        price = _price(rules, book, supply_t, reserve)
        return price if isinstance(price, int) else None

    supply = adjust(rules.tiers, offered_t, book.demand_at, price_at)
    price = _price(rules, book, supply.supply_t, reserve)
    if isinstance(price, Refusal):
        return _Decision(supply=supply, reason=price)
    if supply.pinned_fen_per_t is not None:
        price = supply.pinned_fen_per_t
    price = max(price, supply.least_fen_per_t)
    short = _is_short(rules, book, supply.supply_t) and rules.under_subscription.startswith("all_at_")
    decision = _Decision(
        supply=supply, price_fen_per_t=price, as_bid=rules.price_rule == "pay_as_bid" and not short
    )
    if rules.secondary_rule == "none" or secondary is None:
        return decision
    return _against_secondary(rules, book, decision, price, secondary)


def _against_secondary(
    rules: AuctionRules, book: _Book, decision: _Decision, price: int, secondary: int
) -> _Decision:
    """Cancel the round or lift the price when it is too far below the secondary market.

    Too far is more than the tolerance, a share of the secondary price; the platforms do not publish theirs.
    """
    if price >= secondary * (1 - (rules.secondary_tolerance or Decimal(0))):
        return decision
    meeting = [bid.price_fen_per_t for bid in book.ranked if bid.price_fen_per_t >= secondary]
    if rules.secondary_rule == "cancel" or not meeting:
        said = {"price": format_money(price), "secondary": format_money(secondary)}
        return _Decision(supply=decision.supply, reason=Refusal(BELOW_SECONDARY.code, {**said}))
    return _Decision(
        supply=decision.supply,
        price_fen_per_t=meeting[-1],
        cut_off_fen_per_t=meeting[-1],
        as_bid=decision.as_bid,
    )


# ---- awards ----


def _fill(rules: AuctionRules, book: _Book, decision: _Decision, seed: str) -> tuple[Award, ...]:
    """Share the supply out by rank; the last bid gets the remainder, or equal prices share it pro rata."""
    bids = [bid for bid in book.ranked if bid.price_fen_per_t >= decision.cut_off_fen_per_t]
    left_t = decision.supply.supply_t
    won_t: dict[str, int] = {}
    for bid in bids:
        won_t[bid.id] = min(bid.quantity_t, left_t)
        left_t -= won_t[bid.id]
    last = next((bid for bid in bids if won_t[bid.id] < bid.quantity_t), None)
    if rules.tie_rule == PRO_RATA and last is not None:
        tied_t = {bid.id: bid.quantity_t for bid in bids if bid.price_fen_per_t == last.price_fen_per_t}
        available_t = sum(won_t[bid] for bid in tied_t)
        won_t |= share_out(tied_t, available_t, lot_t=rules.lot_t, seed=seed)
    price = decision.price_fen_per_t
    assert price is not None
    return tuple(
        Award(
            bid=bid.id,
            bidder=bid.bidder,
            bid_fen_per_t=bid.price_fen_per_t,
            price_fen_per_t=bid.price_fen_per_t if decision.as_bid else price,
            quantity_t=won_t[bid.id],
        )
        for bid in bids
        if won_t[bid.id]
    )


def _losers(
    rules: AuctionRules, book: _Book, decision: _Decision, awards: Sequence[Award]
) -> tuple[SetAside, ...]:
    """Valid bids, or parts of them, that won nothing, each with its reason."""
    won_t = {award.bid: award.quantity_t for award in awards}
    lost = []
    for bid in book.ranked:
        lost_t = bid.quantity_t - won_t.get(bid.id, 0)
        if lost_t:
            lost.append(
                SetAside(
                    bid=bid.id,
                    bidder=bid.bidder,
                    price_fen_per_t=bid.price_fen_per_t,
                    quantity_t=lost_t,
                    cut=bid.id in won_t,
                    refusal=_why_lost(rules, bid, lost_t, decision.price_fen_per_t),
                )
            )
    return tuple(lost)


def _why_lost(rules: AuctionRules, bid: Bid, lost_t: int, clearing: int | None) -> Refusal:
    if clearing is None:
        return Refusal(NOT_HELD.code)
    said = format_money(bid.price_fen_per_t)
    if bid.price_fen_per_t < clearing:
        return Refusal(OUTBID.code, {"price": said, "clearing": format_money(clearing)})
    return Refusal(TIED_OUT.code, {"price": said, "quantity_t": lost_t, "tie_rule": rules.tie_rule})


def _marginal(book: _Book, awards: Sequence[Award]) -> Marginal | None:
    """The last winner by rank."""
    if not awards:
        return None
    last = awards[-1]
    asked_t = next(bid.quantity_t for bid in book.ranked if bid.id == last.bid)
    return Marginal(
        bid=last.bid,
        bidder=last.bidder,
        price_fen_per_t=last.bid_fen_per_t,
        asked_t=asked_t,
        won_t=last.quantity_t,
        tied=sum(1 for bid in book.ranked if bid.price_fen_per_t == last.bid_fen_per_t),
    )
