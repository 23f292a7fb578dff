"""Positions: what every account has and has promised of a product, and who holds much of it.

Products over the same kinds of units share one position. Government accounts (totals, reserves, surrender)
are no holders.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from fractions import Fraction
from typing import Final

from msgspec import Struct

from capwright.exchange.state import ExchangeState
from capwright.ledger.book import Book
from capwright.ledger.place import HELD, RESALE, bucket_of
from capwright.scheme.exchange_rules import Product

__all__ = ["LargeHolder", "Parts", "Position", "large_holders", "parts_of", "positions"]

_SETTLING: Final = HELD + RESALE


class Parts(Struct):
    """What an account has of some kinds of units, in tonnes.

    `free_t` can be sold; `held_t` is promised to orders, trades, auctions or transactions; `settling_t` was
    bought too lately to be sold again; `blocked_t` may be surrendered and not sold.
    """

    free_t: int = 0
    held_t: int = 0
    settling_t: int = 0
    blocked_t: int = 0


def parts_of(book: Book, account: str, kinds: Container[str]) -> Parts:
    """The units of these kinds in an account, by what can be done with them."""
    parts, series = Parts(), book.state.series
    for where in book.places_of(account):
        here_t = sum(size_t for name, size_t in book.at(where).items() if series[name].kind in kinds)
        bucket = bucket_of(where)
        if not bucket:
            parts.free_t += here_t
        elif bucket.startswith(_SETTLING):
            parts.settling_t += here_t
        elif bucket.startswith(HELD):
            parts.held_t += here_t
        else:
            parts.blocked_t += here_t
    return parts


class Position(Struct, frozen=True, kw_only=True):
    """A product in an account, in tonnes: its `Parts`, and what is to be bought and sold.

    `buying_t` and `selling_t`: open orders and offered trades (what is being sold is part of `held_t`).
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
    parts = parts_of(book, number, product.unit_kinds)
    buying_t, selling_t = open_t.get((number, "buy"), 0), open_t.get((number, "sell"), 0)
    if parts == Parts() and not buying_t:
        return None
    return Position(
        product=product.code,
        account=number,
        holder=account.holder,
        free_t=parts.free_t,
        held_t=parts.held_t,
        settling_t=parts.settling_t,
        blocked_t=parts.blocked_t,
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
