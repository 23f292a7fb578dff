"""What traders see: a product's day and book, the tape, an account's orders, offers and position.

Plain typed values, taken out of the state; the same for pages and programs. Prices are fen per tonne,
quantities whole tonnes, times ms UTC since 1970. Nobody is named in a book or on a tape: a listing is known
by its arrival number, for an order's id can tell who sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from capwright.exchange.prices import fee_fen
from capwright.exchange.room import ExchangeRoom
from capwright.ledger.place import bucket_of
from capwright.market.composition import room_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.exchange.messages import ModeDay, ProductDay
    from capwright.exchange.state import ExchangeState
    from capwright.market import Market
    from capwright.projection.views import Views

__all__ = [
    "BookLevel",
    "BookState",
    "Costs",
    "DayState",
    "Listing",
    "ModeState",
    "OpenDeal",
    "OpenOrder",
    "ProductState",
    "Standing",
    "TradeLine",
    "book_of",
    "costs_of",
    "day_of",
    "deals_of",
    "order_behind",
    "orders_of",
    "product_of",
    "standing_of",
    "tape_of",
    "trades_of",
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


class OpenOrder(Struct, frozen=True):
    """A resting order of an account. `until` is empty for a day order."""

    id: str
    product: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    left_t: int
    at_ms: int
    until: str = ""


class OpenDeal(Struct, frozen=True):
    """An offered trade. `side` is that of the account that looks; `own`: it made the offer."""

    id: str
    product: str
    mode: str
    side: str
    price_fen_per_t: int
    quantity_t: int
    other: str
    other_name: str
    own: bool


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


class Standing(Struct, frozen=True):
    """What an account has of a product and in cash.

    Of its units `free_t` can be sold, `held_t` is promised, `settling_t` was bought too lately to be sold
    again, `blocked_t` is only good for surrender.
    """

    product: str
    free_t: int
    held_t: int
    settling_t: int
    blocked_t: int
    cash_fen: int
    cash_held_fen: int


class Costs(Struct, frozen=True):
    """What an order comes to at its price: `total_fen` is paid (buy) or received (sell)."""

    value_fen: int
    fee_fen: int
    total_fen: int


def _exchange(market: Market) -> ExchangeRoom:
    return room_of(market.rooms, ExchangeRoom)


# The day.


def day_of(market: Market, at_ms: int) -> DayState:
    """The exchange at a time."""
    state = _exchange(market).state
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
    room = _exchange(market)
    state, day = room.state, room.state.day
    product = day.products.get(code) if day is not None else None
    if day is None or product is None:
        return None
    listed = next((one for one in room.desk.rules().products if one.code == code), None)
    book = room.desk.books.get(code)
    ticks = state.ticks.get(code, [])
    prices = [tick.price_fen_per_t for tick in ticks]
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
        last_fen_per_t=prices[-1] if prices else 0,
        first_fen_per_t=prices[0] if prices else 0,
        high_fen_per_t=max(prices, default=0),
        low_fen_per_t=min(prices, default=0),
        volume_t=sum(tick.quantity_t for tick in ticks),
        turnover_fen=sum(tick.quantity_t * tick.price_fen_per_t for tick in ticks),
        trades=len(ticks),
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
    room = _exchange(market)
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
    orders = _exchange(market).state.orders.values()
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


def trades_of(views: Views, account: str, count: int = 30, *, before: int = 0) -> list[TradeLine]:
    """The latest trades of an account, the latest first; those before a row of the journal where given."""
    part = "SELECT rowid AS n, * FROM trade WHERE {} = ? AND seq < ? ORDER BY seq DESC, rowid DESC LIMIT ?"
    last = before or 2**62
    found = {}
    for side in ("buyer", "seller"):
        for row in views.rows(part.format(side), (account, last, count)):
            found[row["n"]] = row
    latest = sorted(found.values(), key=lambda row: (row["seq"], row["n"]), reverse=True)[:count]
    return [
        TradeLine(
            row["seq"],
            row["at_ms"],
            row["product"],
            row["mode"],
            row["price_fen_per_t"],
            row["quantity_t"],
            "buy" if row["buyer"] == account else "sell",
            bool(row["busted"]),
            row["seller"] if row["buyer"] == account else row["buyer"],
        )
        for row in latest
    ]


# An account.


def orders_of(market: Market, account: str) -> list[OpenOrder]:
    """The resting orders of an account, the latest first."""
    mine = [one for one in _exchange(market).state.orders.values() if one.account == account]
    return [
        OpenOrder(
            one.id,
            one.product,
            one.side,
            one.price_fen_per_t,
            one.quantity_t,
            one.left_t,
            one.at_ms,
            one.until.isoformat() if one.until else "",
        )
        for one in sorted(mine, key=lambda one: -one.arrival)
    ]


def deals_of(market: Market, account: str) -> list[OpenDeal]:
    """Offered trades that an account made or has to answer."""
    names = market.book.state.accounts
    found = []
    for deal in _exchange(market).state.deals.values():
        if account not in (deal.account, deal.counterparty):
            continue
        own = deal.account == account
        other = deal.counterparty if own else deal.account
        side = deal.side if own else {"buy": "sell", "sell": "buy"}[deal.side]
        found.append(
            OpenDeal(
                deal.id,
                deal.product,
                deal.mode,
                side,
                deal.price_fen_per_t,
                deal.quantity_t,
                other,
                names[other].name if other in names else "",
                own,
            )
        )
    return found


def standing_of(market: Market, account: str, code: str) -> Standing:
    """What an account has of a product's units and in cash."""
    room = _exchange(market)
    kinds = next((one.unit_kinds for one in room.desk.rules().products if one.code == code), ())
    book = market.book
    series = book.state.series
    parts = {"free": 0, "held": 0, "settling": 0, "blocked": 0}
    held_fen = 0
    for where in book.places_of(account):
        bucket = bucket_of(where)
        part = "free"
        if bucket:
            part = "settling" if bucket.startswith("held:t:") else "held"
            part = part if bucket.startswith("held:") else "blocked"
            held_fen += book.cash_fen(where)
        for name, quantity_t in book.at(where).items():
            if series[name].kind in kinds:
                parts[part] += quantity_t
    return Standing(
        code,
        parts["free"],
        parts["held"],
        parts["settling"],
        parts["blocked"],
        book.cash_fen(account),
        held_fen,
    )


def costs_of(
    market: Market, account: str, product: ProductDay, mode: str, side: str, price_fen_per_t: int, t: int
) -> Costs:
    """Value and fee of so many tonnes at a price, as the rules of the day have it for an account."""
    room = _exchange(market)
    value = price_fen_per_t * t
    fee = fee_fen(value, room.desk.fee_ppm(product.modes[mode], side, account))
    return Costs(value, fee, value + fee if side == "buy" else value - fee)
