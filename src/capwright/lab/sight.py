"""What a participant may see: the public book, the day's limits and past closes, and its own account."""

from __future__ import annotations

from collections.abc import Sequence

from capwright.exchange.book import Order
from capwright.exchange.messages import ModeDay, ProductClose, ProductDay, Side
from capwright.exchange.room import ExchangeRoom
from capwright.market import Market

__all__ = ["Sight", "View"]


class Sight:
    """A product's market as anybody sees it."""

    def __init__(self, market: Market, product: str) -> None:
        self._market = market
        room = market.rooms["exchange"]
        assert isinstance(room, ExchangeRoom)
        self._room = room
        self._code = product

    def of(self, account: str) -> View:
        """What the holder of an account sees beside that."""
        return View(self._market, self._code, account)

    @property
    def product(self) -> ProductDay | None:
        """The product today, when the exchange is open."""
        day = self._room.state.day
        return day.products.get(self._code) if day is not None and day.open else None

    def mode(self, name: str) -> ModeDay | None:
        """A mode of trading today."""
        product = self.product
        return product.modes.get(name) if product is not None else None

    def book_mode(self) -> ModeDay | None:
        """The mode whose orders rest in the product's book today."""
        product = self.product
        return product.modes.get(product.book) if product is not None else None

    def first(self, side: Side) -> Order | None:
        """The listing that comes first on a side."""
        book = self._room.desk.books.get(self._code)
        return book.first(side) if book is not None else None

    def best(self, side: Side) -> int | None:
        """The best listed price of a side."""
        first = self.first(side)
        return first.price_fen_per_t if first is not None else None

    def traded_t(self) -> int:
        """What was traded today."""
        return sum(tick.quantity_t for tick in self._room.state.ticks.get(self._code, ()))

    def last_fen(self) -> int:
        """The last price in the book today, else the opening price; 0 when there is none."""
        product = self.product
        if product is None:
            return 0
        ticks = self._room.state.ticks.get(self._code, ())
        found = (tick.price_fen_per_t for tick in reversed(ticks) if tick.mode == product.book)
        return next(found, product.opening_fen_per_t)

    def closes(self, count: int) -> list[ProductClose]:
        """The last days as published, oldest first."""
        return [close for _, close in self._room.state.closes.get(self._code, ())[-count:]]

    def stuck(self) -> bool:
        """Whether the last day ended at a limit of its band, or nobody met anybody in the book."""
        product, mode, last = self.product, self.book_mode(), self.closes(1)
        if product is None or mode is None or not last or not mode.upper_fen_per_t:
            return False
        before, now = last[0], product.opening_fen_per_t
        # The limits of the last day, as today's lie to today's opening price; a fen of rounding either way.
        upper = before.opening_fen_per_t * mode.upper_fen_per_t // max(now, 1) - 1
        lower = before.opening_fen_per_t * mode.lower_fen_per_t // max(now, 1) + 2
        return not before.book_trades or not lower < before.closing_fen_per_t < upper


class View(Sight):
    """The same with one's own account; there is no way to another's."""

    def __init__(self, market: Market, product: str, account: str) -> None:
        super().__init__(market, product)
        self.account = account

    def free_t(self) -> int:
        """What the account can sell of the product now."""
        product = self.product
        kinds: Sequence[str] = product.unit_kinds if product is not None else ()
        book = self._market.book
        series = book.state.series
        return sum(t for name, t in book.at(self.account).items() if series[name].kind in kinds)

    def cash_fen(self) -> int:
        """The account's cash at its disposal."""
        return self._market.book.cash_fen(self.account)

    def orders(self, side: Side) -> list[Order]:
        """The account's own listings on a side."""
        return [
            order
            for order in self._room.state.orders.values()
            if order.account == self.account and order.side == side and order.product == self._code
        ]

    def listed_t(self, side: Side) -> int:
        """What the account's own listings on a side promise."""
        return sum(order.left_t for order in self.orders(side))
