"""The conservation laws, written once: run by tests, the simulator, the auditor's report, a debug switch.

Each law returns the list of its breaches in words; an empty list means that it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.ledger.place import BANK, HELD, account_of, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.ledger.book import Book

__all__ = ["Promise", "breaches", "totals_t"]


class Promise(Struct, frozen=True):
    """A room has promised that `amount` units of `series` (or fen, series `cash`) lie at `place`.

    The empty series stands for units of any series together: an order holds so many tonnes, of whatever
    vintages.
    """

    place: str
    series: str
    amount: int


def breaches(book: Book, promises: Iterable[Promise]) -> list[str]:
    """Check every law and return all breaches."""
    return [*_tiling(book), *_places(book), *_cash(book), *_promises(book, promises)]


def _tiling(book: Book) -> list[str]:
    """Blocks tile their series: each unit from 1 to issued lies at exactly one place, and no other does."""
    found: dict[str, list[tuple[int, int]]] = {series: [] for series in book.state.series}
    wrong: list[str] = []
    for where, by_series in book.state.units.items():
        for series, ranges in by_series.items():
            if series not in found:
                wrong.append(f"{where} holds units of the unknown series {series}")
                continue
            found[series].extend(ranges)
            counted = sum(last - first + 1 for first, last in ranges)
            if counted != ranges.size_t or not counted:
                wrong.append(f"{where} counts {ranges.size_t} of {series} but its blocks hold {counted}")
    for series, blocks in found.items():
        expected = 1
        for first, last in sorted(blocks):
            if first < expected:
                wrong.append(f"units {first}-{min(last, expected - 1)} of {series} lie at two places")
            elif first > expected:
                wrong.append(f"units {expected}-{first - 1} of {series} lie nowhere")
            expected = max(expected, last + 1)
        if expected != book.state.series[series].issued_t + 1:
            wrong.append(
                f"{series} has {book.state.series[series].issued_t} issued but {expected - 1} accounted for"
            )
    return wrong


def _places(book: Book) -> list[str]:
    """Everything lies in a known account that is not closed."""
    wrong: list[str] = []
    for where in [*book.state.units, *book.state.cash]:
        if where == BANK:
            continue
        account = book.account(account_of(where))
        if account is None:
            wrong.append(f"{where} is no place of a known account")
        elif account.status == "closed":
            wrong.append(f"{where} holds something although the account is closed")
    return wrong


def _cash(book: Book) -> list[str]:
    """Cash sums to zero with the outside, and no place but the outside is below zero."""
    wrong = [f"{w} is {fen} fen" for w, fen in book.state.cash.items() if fen < 0 and w != BANK]
    total = sum(book.state.cash.values())
    if total:
        wrong.append(f"cash sums to {total} fen instead of zero")
    return wrong


def _promises(book: Book, promises: Iterable[Promise]) -> list[str]:
    """Held buckets equal the open promises behind them, no more and no less."""
    expected: dict[tuple[str, str], int] = {}
    together: set[str] = set()
    for promise in promises:
        key = promise.place, promise.series
        expected[key] = expected.get(key, 0) + promise.amount
        if not promise.series:
            together.add(promise.place)
    actual: dict[tuple[str, str], int] = {}
    for where, by_series in book.state.units.items():
        if bucket_of(where).startswith(HELD):
            for series, ranges in by_series.items():
                key = where, "" if where in together else series
                actual[key] = actual.get(key, 0) + ranges.size_t
    actual |= {
        (where, "cash"): fen for where, fen in book.state.cash.items() if bucket_of(where).startswith(HELD)
    }
    return [
        f"{where} holds {actual.get(key, 0)} of {series} but {expected.get(key, 0)} is promised"
        for key in sorted({*expected, *actual})
        for where, series in [key]
        if actual.get(key, 0) != expected.get(key, 0)
    ]


def totals_t(book: Book) -> dict[str, dict[str, int]]:
    """Return per series what was issued and where it went: `issued`, then one figure per account purpose.

    The law `issued = sum of all purposes` follows from the tiling law; this is the table that shows it.
    """
    totals = {series.id: {"issued": series.issued_t} for series in book.state.series.values()}
    for where, by_series in book.state.units.items():
        purpose = book.state.accounts[account_of(where)].purpose
        for series, ranges in by_series.items():
            row = totals[series]
            row[purpose] = row.get(purpose, 0) + ranges.size_t
    return totals
