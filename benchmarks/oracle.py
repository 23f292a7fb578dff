"""The order book against the public byte-exact oracle of matching engines.

`flash1-dev/matching-engine-benchmark` publishes the SHA-256 of the whole report stream that a price-time
engine must produce for five tapes of two million messages (seed 23; commit 41656c8 of 2026-08-16). Its
generator makes the tapes; they stay outside this repository:

    g++ -O2 -std=c++20 -o generator workload/generator.cpp
    for tape in static normal swing-25 swing-40 flash-crash; do
        ./generator $tape TAPES/$tape.bin 1000000 23
    done
    python -m benchmarks.oracle TAPES

A tape is a header of 16 bytes and records of 40: type (0 new, 1 cancel, 2 modify), side, immediate-or-cancel,
quantity, sequence number, order id, price in ticks. Every modify is a cancel and a new order behind the
others. The reports are lines of text: acknowledgements, trades at the resting price, rejections.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import per_second, show
from capwright.exchange.book import Order, OrderBook

# reference/correctness_hash.txt of the benchmark's repository.
PUBLISHED = {
    "flash-crash": "cff8d3f94b709fc64a8b2058a6ca4fb6920364904796e46906895e362d2bb16b",
    "normal": "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e",
    "static": "9803843ee404fc29c9a0aa5614f8f0d5a58b5c44fcac9ef89067886fcaaa30d1",
    "swing-25": "61a84be9469661bd039e00dbc9a7c011e70b6ace37aadfe60045ea083b05f4df",
    "swing-40": "3cb0175e7982ff09ea220d1feaee3844cf9116a5ce455757879dea1d880b9b9f",
}
RECORD = struct.Struct("<BBBBIQQqq")
NEW, CANCEL = 0, 1
SIDES = ("buy", "sell")

Message = tuple[int, int, int, int, int, int, int]


def tape(path: Path) -> list[Message]:
    """Read a tape: type, side, ioc, quantity, sequence, order, price."""
    raw = memoryview(path.read_bytes())[16:]
    assert len(raw) % RECORD.size == 0, "a tape of another layout"
    records = RECORD.iter_unpack(raw)
    return [
        (kind, side, ioc, qty, seq, order, price) for kind, side, ioc, _, qty, seq, order, price, _ in records
    ]


class Player:
    """Drives the book and writes down the reports."""

    def __init__(self) -> None:
        self.book = OrderBook()
        self.orders: dict[int, Order] = {}
        self.lines: list[str] = []

    def play(self, messages: list[Message]) -> list[str]:
        """Play a tape and return its report lines."""
        say, new, change, cancel = self.lines.append, self.new, self.change, self.cancel
        for kind, side, ioc, quantity, seq, number, price in messages:
            if kind == NEW:
                say(f"0,{seq},{side},{number},{price},{quantity}")
                new(side, ioc, quantity, seq, number, price)
            elif kind == CANCEL:
                cancel(side, seq, number)
            else:
                change(side, quantity, seq, number, price)
        return self.lines

    def new(self, side: int, ioc: int, quantity: int, seq: int, number: int, price: int) -> None:
        """Match an order; the rest stands, or goes if it is immediate-or-cancel."""
        order = Order(number, "", "", SIDES[side], price, quantity, quantity, seq)  # type: ignore[arg-type]
        book = self.book
        if not ioc:
            fills = book.submit(order)
            if order.left_t:
                self.orders[number] = order
        else:
            fills = book.plan(order.side, price, quantity)
            for maker, taken in fills:
                book.fill(maker, taken)
                order.left_t -= taken
        for maker, taken in fills:
            if not maker.left_t:
                del self.orders[maker.id]  # type: ignore[arg-type]
            self.lines.append(f"1,{seq},{maker.price_fen_per_t},{taken},{maker.id},{number}")
        if ioc and order.left_t:
            self.lines.append(f"2,{seq},{side},{number},{price}")

    def cancel(self, side: int, seq: int, number: int) -> None:
        """Take an order out, or say that there is none."""
        found = self.orders.pop(number, None)
        if found is None:
            self.lines.append(f"4,{seq},{number}")
        else:
            self.book.remove(found)
            self.lines.append(f"2,{seq},{side},{number},{found.price_fen_per_t}")

    def change(self, side: int, quantity: int, seq: int, number: int, price: int) -> None:
        """Take an order out and enter it anew, or say that there is none."""
        found = self.orders.pop(number, None)
        if found is None:
            self.lines.append(f"5,{seq},{number}")
            return
        self.book.remove(found)
        self.new(SIDES.index(found.side), 0, quantity, seq, number, price)
        self.lines.append(f"3,{seq},{side},{number},{price},{quantity}")


def results(folder: Path) -> Iterator[tuple[str, bool, int, float]]:
    """Play every tape: name, whether the hash is the published one, messages, seconds."""
    for name, expected in PUBLISHED.items():
        messages = tape(folder / f"{name}.bin")
        start = time.perf_counter()
        lines = Player().play(messages)
        spent = time.perf_counter() - start
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        yield name, digest == expected, len(messages), spent


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.oracle", description="Play the oracle's tapes."
    )
    parser.add_argument("folder", type=Path, help="where the five tapes lie")
    found = list(results(parser.parse_args().folder))
    rows = [
        [name, f"{count:,}", per_second(count, spent), "yes" if same else "NO"]
        for name, same, count, spent in found
    ]
    print(show("The public oracle", ("tape", "messages", "messages/s", "hash as published"), rows))
    if not all(same for _, same, _, _ in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
