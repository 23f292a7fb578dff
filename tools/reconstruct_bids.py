#!/usr/bin/env python3
"""Reconstruct the bid books of Guangdong's 20 published auctions from their published aggregates.

Reads `rounds.csv` (facts) and writes `bids.csv` (made up to fit them) in the scenario
`guangdong-auctions`. The exchange published, for each round, the offer, the valid volume, the reserve
price, the highest and often the mean bid, the number of winners and later of bidders, but never a bid.
Every book made here agrees with all of these; names, categories where not published, single quantities,
prices and times are inventions. The mean is taken to be weighted by volume. Where the number of losing
bidders is unpublished, losers are as large as winners on average.

Deterministic: integers and SHA-256 only. Run it without arguments; a test compares its output with the file.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "src/capwright/scenario/data/guangdong-auctions"
SESSION_S = 2 * 60 * 60  # 9:30-11:30, part of every period's hours
CATEGORIES = ("controlled", "new_project", "institution")  # order of the published counts, e.g. 13+2+4


class Facts(NamedTuple):
    """The published aggregates of a round; prices in fen per tonne, None where unpublished."""

    round: str
    date: str
    offered_t: int
    valid_t: int
    reserve: int
    high: int
    mean: int | None
    low: int | None
    bidders: int
    winners: int
    by_category: tuple[int, ...]
    price: int | None


class Order(NamedTuple):
    """A bid before it has a bidder: price in fen per tonne and quantity."""

    price: int
    quantity_t: int


def facts(row: dict[str, str]) -> Facts:
    """Read one line of rounds.csv."""

    def fen(name: str) -> int | None:
        return int(Decimal(row[name]) * 100) if row[name] else None

    offered_t, valid_t, winners = int(row["offered_t"]), int(row["valid_t"]), int(row["winners"])
    losing_t = max(valid_t - offered_t, 0)
    bidders = int(row["bidders"]) if row["bidders"] else winners + losing_t * winners // offered_t
    return Facts(
        round=row["round"],
        date=row["date"],
        offered_t=offered_t,
        valid_t=valid_t,
        reserve=fen("reserve_cny_per_t") or 0,
        high=fen("high_cny_per_t") or 0,
        mean=fen("mean_cny_per_t"),
        low=fen("low_cny_per_t"),
        bidders=bidders,
        winners=winners,
        by_category=tuple(int(part) for part in row["winners_by_category"].split("+") if part),
        price=fen("price_cny_per_t"),
    )


def chance(*parts: object) -> int:
    """A repeatable number that looks random."""
    return int(sha256("|".join(map(str, parts)).encode()).hexdigest()[:12], 16)


def weights_of(count: int, key: str) -> list[int]:
    """Weights that differ by up to a fifth from their mean."""
    return [80 + chance(key, at) % 41 for at in range(count)]


def split(total_t: int, count: int, key: str) -> list[int]:
    """Split a quantity into `count` parts by their weights."""
    weights = weights_of(count, key)
    parts = [total_t * weight // sum(weights) for weight in weights]
    for at in range(total_t - sum(parts)):
        parts[at % count] += 1
    return parts


def ladder(top: int, bottom: int, count: int, *, to_bottom: bool = False) -> list[int]:
    """`count` falling prices from `top` towards `bottom`, reaching it only on request."""
    steps = max(count - 1, 1) if to_bottom else count
    return [bottom + (top - bottom) * (steps - at) // steps for at in range(count)]


def losing_orders(fact: Facts, lost_t: int) -> list[Order]:
    """The bids that won nothing: below the price down to the lowest known, or at it where it is the floor."""
    count = fact.bidders - fact.winners
    if not lost_t or fact.price is None:
        return []
    lowest = fact.low or fact.reserve
    top = max(fact.price - 1, lowest)
    prices = ladder(top, lowest, count, to_bottom=fact.low is not None)
    return [Order(*pair) for pair in zip(prices, split(lost_t, count, fact.round + "/lost"), strict=True)]


def winning_orders(fact: Facts, won_t: int, lost_value: int) -> list[Order]:
    """The bids that won: a falling ladder from the highest bid, and the rest at the clearing price.

    With a published mean half of the winners are on the ladder, and their volume is chosen so that the mean
    over all valid bids comes out; otherwise all winners but the last are.
    """
    price = fact.price or fact.reserve
    upper = fact.winners // 2 if fact.mean else fact.winners - 1
    if fact.price is None:
        upper = fact.bidders
    prices = ladder(fact.high, price, upper)
    if fact.mean:
        excess = fact.mean * fact.valid_t - lost_value - price * won_t
        weights = weights_of(upper, fact.round + "/upper")
        steps = sum(weight * (rung - price) for weight, rung in zip(weights, prices, strict=True))
        upper_t = excess * sum(weights) // steps
    else:
        upper_t = won_t * upper // max(fact.winners, upper)
    base = max(fact.winners - upper, 0)
    quantities = split(upper_t, upper, fact.round + "/upper")
    if base:
        quantities += split(won_t - upper_t, base, fact.round + "/base")
    return [Order(*pair) for pair in zip(prices + [price] * base, quantities, strict=True)]


def book(fact: Facts) -> list[Order]:
    """The bids of a round by rank. The last winner asks for a little more than is left for it."""
    if fact.valid_t <= fact.offered_t:
        return winning_orders(fact, fact.valid_t, 0)
    surplus_t = fact.valid_t - fact.offered_t
    unfilled_t = min(surplus_t // 10, fact.offered_t // fact.winners // 4)
    losers = losing_orders(fact, surplus_t - unfilled_t)
    lost_value = sum(order.price * order.quantity_t for order in losers)
    winners = winning_orders(fact, fact.offered_t + unfilled_t, lost_value)
    return winners + losers


def times(fact: Facts, orders: list[Order]) -> list[str]:
    """Times within the session, in random order but for equal prices, which came in the order of rank."""
    opened = datetime.fromisoformat(f"{fact.date}T09:30:00+08:00")
    gap_s = SESSION_S // (len(orders) + 1)
    places = sorted(range(len(orders)), key=lambda at: chance(fact.round, "time", at))
    for price in sorted({order.price for order in orders}):
        tied = [at for at, order in enumerate(orders) if order.price == price]
        for at, place in zip(tied, sorted(places[at] for at in tied), strict=True):
            places[at] = place
    return [
        (opened + timedelta(seconds=gap_s * (place + 1) - chance(fact.round, "s", place) % gap_s)).isoformat()
        for place in places
    ]


def rows(fact: Facts) -> list[list[str]]:
    """The lines of bids.csv for a round, in the order of time."""
    orders = book(fact)
    categories: list[str] = []
    for category, count in zip(CATEGORIES, fact.by_category, strict=False):
        categories += [category] * count
    categories += [CATEGORIES[0]] * (len(orders) - len(categories))
    numbers = dict.fromkeys(CATEGORIES, 0)
    made = []
    for order, category, at in zip(orders, categories, times(fact, orders), strict=True):
        numbers[category] += 1
        bidder = f"{category.replace('_', '-')}-{numbers[category]:02d}"
        price = f"{order.price // 100}.{order.price % 100:02d}"
        made.append([fact.round, bidder, category, price, str(order.quantity_t), at])
    return sorted(made, key=lambda row: row[-1])


def reconstruct(rounds_csv: str) -> str:
    """The text of bids.csv for the text of rounds.csv."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["round", "bidder", "category", "price", "quantity_t", "time"])
    for row in csv.DictReader(io.StringIO(rounds_csv)):
        writer.writerows(rows(facts(row)))
    return out.getvalue()


if __name__ == "__main__":
    made = reconstruct((FOLDER / "rounds.csv").read_text(encoding="utf-8"))
    (FOLDER / "bids.csv").write_text(made, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{made.count(chr(10)) - 1} bids\n")
