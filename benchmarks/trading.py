"""Orders a second through the whole market: checked, held, matched, settled, journaled.

A hundred members place limit orders around a price that stands; a quarter of the commands cancel an earlier
order. Every command is a new one with a random id, as clients make them. "In memory" is `Market.execute`
alone: rights, rules, holds, matching, delivery against payment, every event applied. "Durable" is the engine:
encoded, hashed, committed, answered.
"""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from benchmarks.durable import as_futures, as_threads, one_by_one, together
from benchmarks.table import per_second, show
from capwright.exchange.messages import CancelOrder, PlaceOrder
from capwright.journal import Engine, Envelope, Store, open_store
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.market import Market
from capwright.registry.messages import OpenAccount, ProposeTransaction, Representative
from capwright.settlement.messages import DepositCash
from tests.exchange_worlds import TOTAL, Exchange
from tests.worlds import number

MEMBERS = [number(121, 100 + n) for n in range(100)]
CASH_FEN = 10**12
PRODUCT = """
[[exchange.products]]
code = "{code}"
en = "{code}"
zh = "{code}"
unit_kinds = ["TLA"]
listed_on = 2023-01-01
first_opening_fen_per_t = 5_000
"""


def world(products: int = 1) -> Exchange:
    """A trading day with a hundred members, 4,000 t and ten thousand million fen each."""

    def change(text: str) -> str:
        codes = [f"P{n}" for n in range(1, products)]
        listed = ", ".join(f'"{code}"' for code in ["TLA", *codes])
        for old, new in (
            ("position_limit_t = 5_000\n", ""),
            ("controlled_t = 1_000_000", "controlled_t = 9_000_000"),
            ('mode = "continuous"\nproducts = ["TLA"]', f'mode = "continuous"\nproducts = [{listed}]'),
        ):
            assert old in text
            text = text.replace(old, new)
        return text + "".join(PRODUCT.format(code=code) for code in codes)

    made = Exchange(change, each_t=200_000)
    for member in MEMBERS:
        who = member.split("-")[2]
        people = (Representative(f"rep-{who}"),)
        account = OpenAccount(member, "trading", who, who, date(2023, 1, 1), representatives=people)
        made.do("olga", account)
        line = (UnitLine("TLA-2023", 4_000),)
        made.do("ann", ProposeTransaction("central_transfer", TOTAL, member, line))
        made.do("eve", DepositCash(member, CASH_FEN))
    return made.open("10:00")


def orders(products: int = 1, *, crossing: int = 12, seed: int = 1) -> Iterator[tuple[object, str, str]]:
    """Commands without end: orders from `crossing` ticks through the middle to 50 away, and cancels."""
    draw = random.Random(seed)
    codes = ["TLA", *(f"P{n}" for n in range(1, products))]
    placed: list[tuple[str, str]] = []
    while True:
        name = uuid.UUID(int=draw.getrandbits(128)).hex
        if len(placed) > 50 and draw.random() < 0.25:
            at = draw.randrange(len(placed))
            (order_id, account), placed[at] = placed[at], placed[-1]
            placed.pop()
            yield CancelOrder(account, order_id), name, "rep-" + account.split("-")[2]
            continue
        account, side, away = draw.choice(MEMBERS), draw.choice(("buy", "sell")), draw.randint(-crossing, 50)
        price = 5_000 - away if side == "buy" else 5_000 + away
        placed.append((name, account))
        yield (
            PlaceOrder(account, draw.choice(codes), side, price, draw.randint(1, 5)),
            name,
            "rep-" + account.split("-")[2],
        )


def in_memory(market: Market, commands: list, at_ms: int) -> tuple[float, int, int]:
    """Seconds, events and refusals of carrying the commands out."""
    execute, events, refused = market.execute, 0, 0
    start = time.perf_counter()
    for command, name, actor in commands:
        try:
            events += len(execute(command, command_id=name, actor=actor, at_ms=at_ms))
        except Refused:
            refused += 1
    return time.perf_counter() - start, events, refused


def run(folder: Path, postgres_url: Callable[[], str] | None, *, quick: bool = False) -> str:
    """Measure and return the tables."""
    return "\n".join((memory_table(quick=quick), durable_table(folder, postgres_url, 3 if quick else 9)))


def memory_table(*, quick: bool) -> str:
    count = 10_000 if quick else 40_000
    lines: list[list[str]] = []
    small, large = world(), world(200)
    narrow, wide = orders(), orders(200)
    resting = _fill(large, 100_000)
    gc.collect()
    gc.freeze()  # what is set up is not walked again and again, as in a process that only writes
    ratios: list[float] = []
    spent: dict[str, list[tuple[float, int, int]]] = {"one": [], "many": []}
    for _ in range(3 if quick else 7):
        one = in_memory(small.market, list(itertools.islice(narrow, count)), small.at_ms)
        many = in_memory(large.market, list(itertools.islice(wide, count)), large.at_ms)
        spent["one"].append(one)
        spent["many"].append(many)
        ratios.append(one[0] / many[0])
    for label, rows in (
        ("one product", spent["one"]),
        (f"200 products, {resting:,} resting orders", spent["many"]),
    ):
        seconds = statistics.median(row[0] for row in rows)
        events = statistics.median(row[1] for row in rows) / count
        refused = statistics.median(row[2] for row in rows) / count
        lines.append([label, per_second(count, seconds), f"{events:.2f}", f"{100 * refused:.1f} %"])
    assert small.market.breaches() == large.market.breaches() == []
    ratio = statistics.median(ratios)
    note = f"200 products beside one, median of the rounds' ratios: {ratio:.2f}. The collector is frozen."
    return show("Orders a second in memory", ("", "orders/s", "events an order", "refused"), lines, note)


def _fill(made: Exchange, count: int) -> int:
    """Let orders rest away from the middle, spread over the products."""
    draw = random.Random(5)
    for n in range(count):
        account, side = MEMBERS[n % 100], ("buy", "sell")[n // 100 % 2]
        away = draw.randint(60, 480)
        price = 5_000 - away if side == "buy" else 5_000 + away
        code = f"P{1 + n % 199}"
        made.market.execute(
            PlaceOrder(account, code, side, price, 1),
            command_id=f"f{n}",
            actor="rep-" + account.split("-")[2],
            at_ms=made.at_ms,
        )
    return len(made.exchange.state.orders)


def engine(store: Store, made: Exchange) -> Engine:
    """An engine on `store` with the world's history."""
    opened = Engine(store, Market, snapshot_every=10**9, clock=lambda: made.at_ms)
    with opened.bulk() as bulk:
        for command, name, actor, at_ms in made.log:
            assert bulk(command, name, actor, at_ms).ok
    return opened


def durable_table(folder: Path, postgres_url: Callable[[], str] | None, rounds: int) -> str:
    lines: list[list[str]] = []
    made = world()
    for name, address in (
        ("SQLite", lambda: str(folder / f"{time.monotonic_ns()}.sqlite")),
        ("PostgreSQL", postgres_url),
    ):
        if address is None:
            continue
        opened = engine(open_store(address(), create=True), made)
        stream = (Envelope(command, command_id, actor) for command, command_id, actor in orders())  # type: ignore[arg-type]
        for label, batch, drive in (
            ("1", 1, one_by_one),
            ("100, one caller", 100, together),
            ("100, futures", 100, as_futures),
            ("100, threads", 100, as_threads),
            ("500, one caller", 500, together),
        ):
            count = 300 if batch == 1 else 5_000
            seconds = []
            for turn in range(rounds + 1):
                envelopes = list(itertools.islice(stream, count))
                spent = drive(opened, envelopes, batch)
                if turn:
                    seconds.append(spent)
            lines.append(
                [
                    f"{name}, {label}",
                    per_second(count, statistics.median(seconds)),
                    per_second(count, min(seconds)),
                ]
            )
        assert opened.machine.breaches() == []  # type: ignore[attr-defined]
        opened.close(snapshot=False)
    return show(
        "Durable orders a second", ("database, commands waiting", "orders/s, median", "best round"), lines
    )


__all__ = ["durable_table", "memory_table", "orders", "run", "world"]
