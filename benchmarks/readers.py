"""A thousand WebSocket readers of the public market while orders come in: how late they hear, what they cost.

Thirty-two firms pick one large listing, a tonne at a time: every order is a trade and moves the book. They
send so many a second, or each its next order when the last is answered. A reader follows trades, book and
day of the product. "Heard" counts from the moment at which the order is sent until a reader has the message
of its row (or of a later one, where the book is told of several rows at once).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from bisect import bisect_left
from pathlib import Path
from statistics import median

from benchmarks.served import served
from benchmarks.table import show

PORT = 18_314
READERS = 1_000
BUYERS = 32
PACES = (20, 100, 0)  # orders a second; 0: as many as are answered
PRICE_FEN = 4_000


def run(folder: Path, *, quick: bool = False) -> str:
    """Measure each pace without readers and with them, and return a table."""
    from capwright.scenario.run import run_scenario

    db = folder / "readers.sqlite"
    made = run_scenario("guangdong-2023", str(db), until=lambda _zone: 1_721_613_600_000)
    seller, buyers = _firms(made.market)
    seconds = 4.0 if quick else 12.0
    lines = []
    with served(db, PORT, [seller[1], *(person for _, person in buyers)]) as people:
        tokens = [(account, people[person]["token"]) for account, person in buyers]
        order = _list(seller[0], people[seller[1]]["token"])
        for pace in PACES:
            lines += [
                _line(pace, readers, *_measure(order, tokens, pace, readers, seconds))
                for readers in (0, READERS)
            ]
    return show(
        f"{READERS:,} readers of the market's stream",
        ["orders a second", "readers", "orders/s", "answered p50, ms", "p99, ms", "heard p50, ms", "p99, ms",
         "messages/s", "cut off", "server CPU"],
        lines,
    )  # fmt: skip


def _firms(market) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Who sells, with much to sell, and who buys, with cash; each with a person."""
    found = []
    for number, people in market.registry.state.representatives.items():
        person = next((one for one in people if one.endswith(":operator")), "")
        held_t = market.book.at(number).get("GDEA-2023", 0)
        if person:
            found.append((held_t, market.book.cash_fen(number), number, person))
    seller = max(found)
    buyers = [one for one in sorted(found, key=lambda one: -one[1]) if one is not seller][:BUYERS]
    return (seller[2], seller[3]), [(one[2], one[3]) for one in buyers]


def _command(name: str, token: str, body: dict) -> bytes:
    raw = json.dumps(body)
    head = (
        f"POST /api/v1/commands/{name} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nContent-Type: application/json"
    )
    more = f"Authorization: Bearer {token}\r\nContent-Length: {len(raw)}"
    return f"{head}\r\n{more}\r\n\r\n{raw}".encode()


async def _send(line: tuple[asyncio.StreamReader, asyncio.StreamWriter], raw: bytes) -> dict:
    line[1].write(raw)
    head = await line[0].readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return json.loads(await line[0].readexactly(length))


def _list(account: str, token: str) -> str:
    """Offer many tonnes; the id of the order."""

    async def offer() -> dict:
        line = await asyncio.open_connection("127.0.0.1", PORT)
        body = {"account": account, "product": "GDEA", "side": "sell", "price_fen_per_t": PRICE_FEN,
                "quantity_t": 300_000}  # fmt: skip
        said = await _send(line, _command("PlaceOrder", token, body))
        line[1].close()
        return said

    said = asyncio.run(offer())
    assert said.get("seq"), said
    return said["command_id"]


async def _orders(
    order: str, tokens: list[tuple[str, str]], pace: int, seconds: float
) -> list[tuple[int, float, float]]:
    """Pick the listing for so long: of each order its row, when it was sent, and when it was answered."""
    done: list[tuple[int, float, float]] = []
    began = time.monotonic()

    async def buyer(n: int, account: str, token: str) -> None:
        line = await asyncio.open_connection("127.0.0.1", PORT)
        raw = _command("PickOrder", token, {"account": account, "order_id": order, "quantity_t": 1})
        turn = 0
        while True:
            if pace:  # everybody in turn, evenly
                due = began + (turn * len(tokens) + n) / pace
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent = time.monotonic()
            if sent - began >= seconds:
                break
            said = await _send(line, raw)
            assert said.get("seq"), said
            done.append((said["seq"], sent, time.monotonic()))
            turn += 1
        line[1].close()

    await asyncio.gather(*(buyer(n, *one) for n, one in enumerate(tokens)))
    return done


def _measure(
    order: str, tokens: list[tuple[str, str]], pace: int, readers: int, seconds: float
) -> tuple[list[tuple[int, float, float]], dict, float, float]:
    """The orders, what the readers heard, the seconds it took, and the share of a core that was used."""
    listening = None
    heard: dict = {"lost": 0, "rows": [], "times": []}
    if readers:
        asked = [str(PORT), str(readers), str(seconds + 3)]
        listening = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reader_client", *asked], stdout=subprocess.PIPE, text=True
        )
        assert listening.stdout is not None
        assert listening.stdout.readline() == "ready\n"
    used, began = _cpu_s(), time.monotonic()
    done = asyncio.run(_orders(order, tokens, pace, seconds))
    spent = time.monotonic() - began
    busy = (_cpu_s() - used) / spent
    if listening is not None:
        assert listening.stdout is not None
        heard = json.loads(listening.stdout.readline())
        listening.wait(20)
    return done, heard, spent, busy


def _cpu_s() -> float:
    """Seconds of processor time of our server, found as our child."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for child in children:
        if b"benchmarks.served" in Path(f"/proc/{child}/cmdline").read_bytes():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    raise AssertionError("no server")


def _line(
    pace: int, readers: int, done: list[tuple[int, float, float]], heard: dict, spent: float, busy: float
) -> list[str]:
    answered = sorted((came - sent) * 1000 for _, sent, came in done)
    rows = sorted((seq, sent) for seq, sent, _ in done)
    numbers = [seq for seq, _ in rows]
    late: list[float] = []
    for row, at in zip(heard["rows"], heard["times"], strict=True):
        place = bisect_left(numbers, row)
        if place < len(rows) and numbers[place] == row:
            late.append((at - rows[place][1]) * 1000)
    late.sort()
    return [
        str(pace) if pace else "as many as go",
        f"{readers:,}",
        f"{len(done) / spent:,.0f}",
        *_figures(answered),
        *(_figures(late) if late else ["", ""]),
        f"{len(heard['rows']) / spent:,.0f}" if readers else "",
        str(heard["lost"]) if readers else "",
        f"{busy:.0%}",
    ]


def _figures(ordered: list[float]) -> list[str]:
    return [f"{median(ordered):.1f}", f"{ordered[len(ordered) * 99 // 100]:.1f}"]
