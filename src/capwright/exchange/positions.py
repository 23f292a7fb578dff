"""Positions: what every account has and has promised of a product, and who holds much of it.

Products over the same kinds of units share one position. Government accounts (totals, reserves, surrender)
are no holders.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

from capwright.exchange.state import ExchangeState
from capwright.ledger.book import Book
from capwright.ledger.place import bucket_of
from capwright.scheme.exchange_rules import Product

__all__ = ["LargeHolder", "Position", "large_holders", "positions"]

_HELD = "held:"
_SETTLING = "held:t:"  # bought, and not to be sold again until settlement frees it


class Position(Struct, frozen=True, kw_only=True):
    """A product in an account, in tonnes.

    `free_t` can be sold; `held_t` is promised to orders, trades, auctions or transactions; `settling_t` was
    bought too lately to be sold again; `blocked_t` may be surrendered and not sold. `buying_t` and
    `selling_t`: open orders and offered trades (what is being sold is part of `held_t`).
    """

    product: str
    account: str
    holder: str
    free_t: int = 0
    held_t: int = 0
    settling_t: int = 0
    blocked_t: int = 0
    buying_t: int = 0
    selling_t: int = 0

    @property
    def units_t(self) -> int:
        """All units in the account, whatever they are promised to."""
        return self.free_t + self.held_t + self.settling_t + self.blocked_t


def positions(state: ExchangeState, book: Book, products: Iterable[Product]) -> list[Position]:
    """The positions of all holders' accounts that have or want something, by product and account."""
    found: list[Position] = []
    for product in products:
        open_t: dict[tuple[str, str], int] = {}
        promised = [(o.account, o.side, o.product, o.left_t) for o in state.orders.values()]
        promised += [(d.account, d.side, d.product, d.quantity_t) for d in state.deals.values()]
        for account, side, code, quantity_t in promised:
            if code == product.code:
                open_t[account, side] = open_t.get((account, side), 0) + quantity_t
        for number in sorted(book.state.accounts):
            position = _position(book, product, number, open_t)
            if position is not None:
                found.append(position)
    return found


def _position(
    book: Book, product: Product, number: str, open_t: dict[tuple[str, str], int]
) -> Position | None:
    account = book.state.accounts[number]
    if account.government:
        return None
    parts = {"": 0, _HELD: 0, _SETTLING: 0, "else": 0}
    series = book.state.series
    for where in book.places_of(number):
        bucket = bucket_of(where)
        part = next((known for known in (_SETTLING, _HELD) if bucket.startswith(known)), "else")
        for name, quantity_t in book.at(where).items():
            if series[name].kind in product.unit_kinds:
                parts[part if bucket else ""] += quantity_t
    buying_t, selling_t = open_t.get((number, "buy"), 0), open_t.get((number, "sell"), 0)
    if not any(parts.values()) and not buying_t:
        return None
    return Position(
        product=product.code,
        account=number,
        holder=account.holder,
        free_t=parts[""],
        held_t=parts[_HELD],
        settling_t=parts[_SETTLING],
        blocked_t=parts["else"],
        buying_t=buying_t,
        selling_t=selling_t,
    )


class LargeHolder(Struct, frozen=True):
    """A holder with much of a product, over all its accounts."""

    product: str
    holder: str
    accounts: tuple[str, ...]
    units_t: int
    share: Fraction


def large_holders(held: Iterable[Position], share: Fraction) -> list[LargeHolder]:
    """Holders of at least a share of a product's units in holders' accounts, the largest first.

    The rule speaks of holders, so that two accounts of one holder count together (default).
    """
    totals: dict[str, int] = {}
    owned: dict[tuple[str, str], list[Position]] = {}
    for position in held:
        totals[position.product] = totals.get(position.product, 0) + position.units_t
        owned.setdefault((position.product, position.holder), []).append(position)
    found: list[LargeHolder] = []
    for (product, holder), theirs in owned.items():
        units_t = sum(position.units_t for position in theirs)
        if units_t and Fraction(units_t, totals[product]) >= share:
            accounts = tuple(position.account for position in theirs)
            found.append(LargeHolder(product, holder, accounts, units_t, Fraction(units_t, totals[product])))
    order = {product: n for n, product in enumerate(totals)}
    return sorted(found, key=lambda one: (order[one.product], -one.units_t, one.holder))
