"""What crosses a threshold at the end of a day or with a trade: pure functions over figures.

Every check yields the fields of an alert, or nothing. Shares are compared exactly. The thresholds' names are
the rules'; how a figure is worked out is ours (default) and stands at its check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from capwright.exchange.messages import ProductClose, ProductDay
from capwright.ledger.messages import TradeSettled
from capwright.scheme.exchange_rules import SurveillanceRules

__all__ = [
    "MINUTE_MS",
    "Fields",
    "HeldTrade",
    "cancel_ratios",
    "concentrations",
    "large_moves",
    "limit_side",
    "marked_closes",
    "parties",
    "wash_legs",
]

MINUTE_MS: Final = 60_000
_LIKE_SIZE: Final = Fraction(4, 5)
Fields = dict[str, Any]


class HeldTrade(Struct, frozen=True, gc=False):
    """A trade with the holders of its sides; `n` is the running number of its event."""

    n: int
    at_ms: int
    trade: TradeSettled
    buyer: str
    seller: str


def parties(trades: Iterable[TradeSettled]) -> tuple[str, ...]:
    """The accounts of some trades, sellers first, each once."""
    return tuple(dict.fromkeys(account for trade in trades for account in (trade.seller, trade.buyer)))


def large_moves(
    rules: SurveillanceRules,
    product: ProductDay,
    was: int,
    now: int,
    trades: Sequence[TradeSettled] = (),
) -> Iterator[Fields]:
    """A price that moved by `move_share` of the day's opening price: open to close, or between two trades.

    The trades are of one mode: prices agreed between two are not measured by the book's.
    """
    opening = product.opening_fen_per_t
    if not opening:
        return
    share = Fraction(abs(now - was), opening)
    if share >= Fraction(rules.move_share):
        yield {
            "product": product.code,
            "accounts": parties(trades[-1:]),
            "trades": tuple(trade.trade_id for trade in trades),
            "direction": "up" if now > was else "down",
            "figures": {"from_fen_per_t": was, "to_fen_per_t": now, "opening_fen_per_t": opening},
            "share": share,
        }


def concentrations(rules: SurveillanceRules, product: str, trades: Sequence[HeldTrade]) -> Iterator[Fields]:
    """An account that took part, on either side, in `concentration_share` of a day's volume.

    A trade counts once for an account, so shares of both sides add up to twice the volume. Days below
    `concentration_least_t` say nothing.
    """
    volume_t = sum(one.trade.quantity_t for one in trades)
    if not volume_t or volume_t < rules.concentration_least_t:
        return
    part_t: Counter[str] = Counter()
    for one in trades:
        for account in parties([one.trade]):
            part_t[account] += one.trade.quantity_t
    for account, account_t in part_t.items():
        share = Fraction(account_t, volume_t)
        if share >= Fraction(rules.concentration_share):
            yield {
                "product": product,
                "accounts": (account,),
                "figures": {"account_t": account_t, "volume_t": volume_t},
                "share": share,
            }


def marked_closes(
    rules: SurveillanceRules, product: ProductDay, trades: Sequence[HeldTrade], last_ms: int
) -> Iterator[Fields]:
    """A book whose price moved by `closing_move_share` in the day's last `closing_minutes`.

    Measured from the last trade before (the opening price, if there was none) to the last trade of the day;
    named are the accounts on the side that pushed: buyers when the price rose.
    """
    begin_ms = last_ms - rules.closing_minutes * MINUTE_MS
    book = [one for one in trades if one.trade.mode == product.book]
    late = [one.trade for one in book if one.at_ms >= begin_ms]
    early = [one.trade.price_fen_per_t for one in book if one.at_ms < begin_ms]
    was = early[-1] if early else product.opening_fen_per_t
    if not late or not was:
        return
    now = late[-1].price_fen_per_t
    share = Fraction(abs(now - was), was)
    if share >= Fraction(rules.closing_move_share):
        pushed = (trade.buyer if now > was else trade.seller for trade in late)
        yield {
            "product": product.code,
            "accounts": tuple(dict.fromkeys(pushed)),
            "trades": tuple(trade.trade_id for trade in late),
            "direction": "up" if now > was else "down",
            "figures": {
                "from_fen_per_t": was,
                "to_fen_per_t": now,
                "volume_t": sum(trade.quantity_t for trade in late),
            },
            "share": share,
        }


def limit_side(product: ProductDay, close: ProductClose) -> str:
    """Whether the day's trades closed at the book's upper (up) or lower limit (down); else empty."""
    mode = product.modes.get(product.book)
    if mode is None or not mode.upper_fen_per_t or not close.counted_t:
        return ""
    if close.closing_fen_per_t >= mode.upper_fen_per_t:
        return "up"
    return "down" if close.closing_fen_per_t <= mode.lower_fen_per_t else ""


def cancel_ratios(
    rules: SurveillanceRules, placed: Mapping[str, str], cancelled: Iterable[str]
) -> Iterator[Fields]:
    """Of at least `cancel_least_orders` orders of a day, the share that an account itself cancelled."""
    orders = Counter(placed.values())
    gone = Counter(placed[order_id] for order_id in cancelled)
    for account, n in orders.items():
        share = Fraction(gone[account], n)
        if n >= rules.cancel_least_orders and share >= Fraction(rules.cancel_share):
            yield {
                "accounts": (account,),
                "figures": {"orders": n, "cancelled": gone[account]},
                "share": share,
            }


def wash_legs(
    rules: SurveillanceRules, last: HeldTrade, there: Iterable[HeldTrade], back: Iterable[HeldTrade]
) -> tuple[list[HeldTrade], list[HeldTrade]]:
    """The trades there and back that the last one completes, if about as much went back as came; else none.

    Trades of at most `wash_minutes` ago, the last price within `wash_price_share` of theirs. About as
    much: the smaller way has at least four fifths of the larger, in however many pieces (default: without
    it, two firms that meet often would raise one alert after the other).
    """
    since_ms = last.at_ms - rules.wash_minutes * MINUTE_MS
    price = last.trade.price_fen_per_t
    part, whole = Fraction(rules.wash_price_share).as_integer_ratio()

    def like(leg: HeldTrade) -> bool:
        own = leg.trade.price_fen_per_t
        return leg.at_ms >= since_ms and abs(price - own) * whole <= own * part

    there = [leg for leg in there if like(leg)]
    if not there:
        return [], []
    back = [*(leg for leg in back if like(leg)), last]
    less_t, more_t = sorted(sum(leg.trade.quantity_t for leg in legs) for legs in (there, back))
    return (there, back) if less_t >= _LIKE_SIZE * more_t else ([], [])
