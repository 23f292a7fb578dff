"""What everybody sees of trading: a product's day, its book, the tape.

Plain typed values, taken out of the state; the same for pages and programs. Prices are fen per tonne,
quantities whole tonnes, times ms UTC since 1970. Nobody is named in a book or on a tape: a listing is known
by its arrival number, for an order's id can tell who sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from capwright.exchange.room import ExchangeRoom
from capwright.market.composition import room_of
from capwright.projection.day_figures import day_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.exchange.messages import ModeDay
    from capwright.exchange.state import ExchangeState
    from capwright.market import Market
    from capwright.projection.views import Views

__all__ = [
    "BookLevel",
    "BookState",
    "DayState",
    "Listing",
    "ModeState",
    "ProductState",
    "TradeLine",
    "book_of",
    "day_of",
    "order_behind",
    "product_of",
    "tape_of",
]

Phase = Literal["shut", "before", "session", "break", "after"]
LEVELS: Final = 10
LISTED: Final = 60  # listings of a side that a screen shows
_BESTS: Final = 5


class DayState(Struct, frozen=True):
    """The exchange today. `phase`: shut (no open day), before, in, between or after the sessions.

    `halt`: why the whole market stands still, if it does.
    """

    on: str
    open: bool
    phase: Phase
    windows_ms: tuple[tuple[int, int], ...] = ()
    validities: tuple[str, ...] = ()
    most_validity_days: int = 0
    halt: str = ""


class ModeState(Struct, frozen=True):
    """A mode of trading a product today. Limits of 0: no band. Fees are ppm of the value."""

    mode: str
    matching: str
    pick: str
    lower_fen_per_t: int
    upper_fen_per_t: int
    least_t: int
    most_t: int | None
    windows_ms: tuple[tuple[int, int], ...]
    buyer_fee_ppm: int
    seller_fee_ppm: int
    is_open: bool


class ProductState(Struct, frozen=True):
    """A product today. Prices of 0: there is none (yet). `book` names the mode with a book, if one has.

    `is_open`: whether an order would be taken now; `halt`: why trade stands still, if it does.
    """

    code: str
    en: str
    zh: str
    book: str
    matching: str
    lot_t: int
    tick_fen: int
    opening_fen_per_t: int
    last_fen_per_t: int
    first_fen_per_t: int
    high_fen_per_t: int
    low_fen_per_t: int
    volume_t: int
    turnover_fen: int
    trades: int
    lower_fen_per_t: int
    upper_fen_per_t: int
    best_buy_fen_per_t: int
    best_sell_fen_per_t: int
    is_open: bool
    halt: str = ""
    modes: tuple[ModeState, ...] = ()

    @property
    def change_fen_per_t(self) -> int:
        """The last price less the opening price; 0 where one of them is missing."""
        return self.last_fen_per_t - self.opening_fen_per_t if self.last_fen_per_t else 0


class BookLevel(Struct, frozen=True):
    """A price with what stands there."""

    price_fen_per_t: int
    quantity_t: int
    orders: int


class Listing(Struct, frozen=True):
    """A single order as others see it. `number` is its arrival: it changes when the order moves.

    `mine`: it is of the account that looks; `may_pick`: the rules of the day let it be picked now.
    """

    number: int
    side: str
    price_fen_per_t: int
    left_t: int
    at_ms: int
    mine: bool = False
    may_pick: bool = False


class BookState(Struct, frozen=True):
    """Both sides of a book, best prices first; single listings where they are picked."""

    product: str
    matching: str
    pick: str
    buy: list[BookLevel]
    sell: list[BookLevel]
    buy_listings: list[Listing] = []
    sell_listings: list[Listing] = []


class TradeLine(Struct, frozen=True):
    """A trade. `side`: of the account that asks, or of who came second on a public tape; else empty."""

    seq: int
    at_ms: int
    product: str
    mode: str
    price_fen_per_t: int
    quantity_t: int
    side: str = ""
    busted: bool = False
    other: str = ""


# The day.


def day_of(market: Market, at_ms: int) -> DayState:
    """The exchange at a time."""
    state = room_of(market.rooms, ExchangeRoom).state
    day = state.day
    if day is None:
        return DayState("", open=False, phase="shut")
    return DayState(
        day.on.isoformat(),
        day.open,
        _phase(day.windows_ms, at_ms) if day.open else "shut",
        day.windows_ms,
        tuple(day.validities),
        day.most_validity_days,
        _halt(state, "", at_ms),
    )


def _phase(windows_ms: Sequence[tuple[int, int]], at_ms: int) -> Phase:
    if any(begin <= at_ms < end for begin, end in windows_ms):
        return "session"
    if not windows_ms or at_ms >= windows_ms[-1][1]:
        return "after"
    return "before" if at_ms < windows_ms[0][0] else "break"


def _halt(state: ExchangeState, target: str, at_ms: int) -> str:
    halt = state.halts.get(target)
    return halt.reason if halt is not None and (not halt.until_ms or at_ms < halt.until_ms) else ""


def product_of(market: Market, code: str, at_ms: int) -> ProductState | None:
    """A product on the last trading day; None when it was not traded then."""
    room = room_of(market.rooms, ExchangeRoom)
    state, day = room.state, room.state.day
    product = day.products.get(code) if day is not None else None
    if day is None or product is None:
        return None
    listed = next((one for one in room.desk.rules().products if one.code == code), None)
    book = room.desk.books.get(code)
    figures = day_figures(code, state.ticks.get(code, ()))
    modes = tuple(_mode(mode, at_ms, day_open=day.open) for mode in product.modes.values())
    main = next((mode for mode in modes if mode.mode == product.book), None)
    halt = _halt(state, "", at_ms) or _halt(state, code, at_ms)
    return ProductState(
        code=code,
        en=listed.en if listed else code,
        zh=listed.zh if listed else code,
        book=product.book,
        matching=main.matching if main else "",
        lot_t=product.lot_t,
        tick_fen=product.tick_fen,
        opening_fen_per_t=product.opening_fen_per_t,
        last_fen_per_t=figures.last_fen_per_t,
        first_fen_per_t=figures.first_fen_per_t,
        high_fen_per_t=figures.high_fen_per_t,
        low_fen_per_t=figures.low_fen_per_t,
        volume_t=figures.volume_t,
        turnover_fen=figures.turnover_fen,
        trades=figures.trades,
        lower_fen_per_t=main.lower_fen_per_t if main else 0,
        upper_fen_per_t=main.upper_fen_per_t if main else 0,
        best_buy_fen_per_t=(book.best("buy") or 0) if book else 0,
        best_sell_fen_per_t=(book.best("sell") or 0) if book else 0,
        is_open=main is not None and main.is_open and not halt,
        halt=halt,
        modes=modes,
    )


def _mode(mode: ModeDay, at_ms: int, *, day_open: bool) -> ModeState:
    return ModeState(
        mode.mode,
        mode.matching,
        mode.pick,
        mode.lower_fen_per_t,
        mode.upper_fen_per_t,
        mode.least_t,
        mode.most_t,
        mode.windows_ms,
        mode.buyer_fee_ppm,
        mode.seller_fee_ppm,
        day_open and any(begin <= at_ms < end for begin, end in mode.windows_ms),
    )


# The book.


def book_of(market: Market, code: str, *, account: str = "", levels: int = LEVELS) -> BookState:
    """The book of a product by price, and for an account the single listings where they are picked."""
    room = room_of(market.rooms, ExchangeRoom)
    day = room.state.day
    product = day.products.get(code) if day is not None else None
    mode = product.modes.get(product.book) if product is not None else None
    book = room.desk.books.get(code)
    if book is None or mode is None:
        return BookState(code, mode.matching if mode else "", mode.pick if mode else "any", [], [])
    buy, sell = ([BookLevel(*one) for one in book.depth(side, levels)] for side in _SIDES)
    lists: list[list[Listing]] = [[], []]
    if account and mode.matching == "click":
        lists = [_listings(room, code, side, account, mode.pick) for side in _SIDES]
    return BookState(code, mode.matching, mode.pick, buy, sell, lists[0], lists[1])


_SIDES: Final[tuple[Literal["buy", "sell"], ...]] = ("buy", "sell")


def _listings(
    room: ExchangeRoom, code: str, side: Literal["buy", "sell"], account: str, pick: str
) -> list[Listing]:
    """The first listings of a side; what the account itself or its holder listed cannot be picked."""
    book = room.desk.books[code]
    accounts = room.book.state.accounts
    holder = accounts[account].holder if account in accounts else ""
    near = set(book.prices(side, _BESTS))
    first = next(book.orders(side), None)
    found = []
    for order in book.orders(side):
        allowed = {"best": order is first, "best_five": order.price_fen_per_t in near}.get(pick, True)
        own = order.holder == holder
        found.append(
            Listing(
                order.arrival, side, order.price_fen_per_t, order.left_t, order.at_ms,
                order.account == account, allowed and not own,
            )
        )  # fmt: skip
        if len(found) == LISTED:
            break
    return found


def order_behind(market: Market, code: str, number: int) -> str:
    """The id of the listing with an arrival number; empty when it is gone or has moved."""
    orders = room_of(market.rooms, ExchangeRoom).state.orders.values()
    return next((one.id for one in orders if one.arrival == number and one.product == code), "")


# The tape.


def tape_of(views: Views, code: str, count: int = 40) -> list[TradeLine]:
    """The latest trades of a product without names, the latest first."""
    rows = views.rows(
        "SELECT * FROM trade WHERE product = ? AND busted = 0 ORDER BY seq DESC, rowid DESC LIMIT ?",
        (code, count),
    )
    return [
        TradeLine(
            row["seq"], row["at_ms"], row["product"], row["mode"], row["price_fen_per_t"], row["quantity_t"],
            row["aggressor"],
        )
        for row in rows
    ]  # fmt: skip
