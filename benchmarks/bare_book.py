"""The bare order book beside `matching-engine`, the quickest pure-Python engine that reports fills.

Both get the same commands, made beforehand in their own types, in turns; each keeps its own table of open
orders and reports every fill. Flow A is the engine's own workload without market orders: 200,000 commands,
seed 42, a quarter cancels of a random earlier order, limit orders from 5 ticks through the middle to 50 away,
sizes 1 to 100. Every order has an account of its own, so that the engine's self-trade prevention stays idle.
`matching-engine` needs Python 3.12.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from benchmarks.table import per_second, show
from capwright.exchange.book import Order, OrderBook

COUNT = 200_000
SEED = 42
MID = 100_000

# Side, price (0: at any price), quantity, order id; a quantity of 0 cancels.
Command = tuple[str, int, int, int]


def flow(*, market: float, count: int, seed: int = SEED) -> list[Command]:
    """The workload that `matching_engine.workload` describes, as plain tuples."""
    draw = random.Random(seed)
    placed: list[int] = []
    found: list[Command] = []
    for number in range(1, count + 1):
        roll = draw.random()
        if roll < 0.25 and placed:
            found.append(("", 0, 0, placed[draw.randrange(len(placed))]))
            continue
        side = "buy" if draw.random() < 0.5 else "sell"
        draw.randint(1, 1_000)  # the account, which a bare book does not know
        quantity = draw.randint(1, 100)
        if roll < 0.25 + market:
            found.append((side, 0, quantity, number))
            continue
        offset = draw.randint(-5, 50)
        placed.append(number)
        found.append((side, MID - offset if side == "buy" else MID + offset, quantity, number))
    return found


def ours(commands: list[Command]) -> tuple[float, int, int]:
    """Seconds, fills and lots of our book."""
    book = OrderBook()
    submit, plan, fill, remove = book.submit, book.plan, book.fill, book.remove
    orders: dict[int, Order] = {}
    report: list[tuple[int, int, int, int]] = []
    tell = report.append
    start = time.perf_counter()
    for side, price, quantity, number in commands:
        if not quantity:
            found = orders.pop(number, None)
            if found is not None:
                remove(found)
            continue
        if price:
            order = Order(number, "", "", side, price, quantity, quantity, number)  # type: ignore[arg-type]
            fills = submit(order)
            if order.left_t:
                orders[number] = order
        else:
            fills = plan(side, None, quantity)  # type: ignore[arg-type]
            for maker, taken in fills:
                fill(maker, taken)
        for maker, taken in fills:
            if not maker.left_t:
                del orders[maker.id]  # type: ignore[arg-type]
            tell((maker.id, number, maker.price_fen_per_t, taken))  # type: ignore[arg-type]
    spent = time.perf_counter() - start
    return spent, len(report), sum(one[3] for one in report)


def theirs(commands: list[Command]) -> tuple[float, int, int]:
    """Seconds, fills and lots of `matching-engine`."""
    from matching_engine.domain import CancelOrder, NewOrder, OrderType, SequencedCommand, Side, TimeInForce
    from matching_engine.engine import MatchingEngine
    from matching_engine.events import Trade

    sides = {"buy": Side.BUY, "sell": Side.SELL}
    sequenced = []
    for seq, (side, price, quantity, number) in enumerate(commands, 1):
        if not quantity:
            command = CancelOrder(number, number)
        elif price:
            command = NewOrder(number, number, sides[side], price, quantity)
        else:
            kind = OrderType.MARKET, TimeInForce.IOC
            command = NewOrder(number, number, sides[side], 0, quantity, *kind)
        sequenced.append(SequencedCommand(seq, 0, command))
    process = MatchingEngine().process
    report: list = []
    tell = report.extend
    start = time.perf_counter()
    for one in sequenced:
        tell(process(one))
    spent = time.perf_counter() - start
    trades = [event for event in report if type(event) is Trade]
    return spent, len(trades), sum(trade.qty for trade in trades)


def run(*, quick: bool = False) -> str:
    """Measure and return the table."""
    lines: list[list[str]] = []
    rounds = 3 if quick else 9
    for label, commands in (
        ("the engine's own flow", flow(market=0.05, count=COUNT)),
        ("flow A", flow(market=0.0, count=COUNT)),
    ):
        lines.append(beside(label, commands, rounds))
    note = "The ratio is the median of the rounds' ratios; both report the same fills and lots."
    head = ("200,000 commands", "ours, commands/s", "matching-engine", "ours / theirs", "fills")
    return show("The bare book", head, lines, note)


def beside(label: str, commands: list[Command], rounds: int) -> list[str]:
    engines: list[Callable[[list[Command]], tuple[float, int, int]]] = [ours, theirs]
    try:
        theirs(commands[:10])
    except ImportError:
        engines = [ours]
    spent: list[list[float]] = []
    for turn in range(rounds + 1):
        results = [engine(commands) for engine in engines]
        assert len({result[1:] for result in results}) == 1, results
        if turn:
            spent.append([result[0] for result in results])
    mine = statistics.median(row[0] for row in spent)
    line = [label, per_second(len(commands), mine)]
    if len(engines) > 1:
        other = statistics.median(row[1] for row in spent)
        ratio = statistics.median(row[1] / row[0] for row in spent)
        line += [per_second(len(commands), other), f"{ratio:.2f}"]
    else:
        line += ["not installed", "–"]
    return [*line, f"{results[0][1]:,}"]


if __name__ == "__main__":
    print(run())
