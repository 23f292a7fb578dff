"""A steady load of orders with readers beside it; every minute says how it went.

`python -m benchmarks.load_client PLAN.json` prints a line of JSON a minute. Each of the clients keeps one
connection, on which it places an order, takes it back, and now and then lists or picks. Requests have their
times beforehand, and an answer's latency counts from then: a server that stalls is charged for the queue that
it causes.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import deque
from pathlib import Path

import httpx
from msgspec import Struct
from msgspec import json as wire

PATH = "/api/v1/commands/"
TRADES_EVERY = 20  # one listing in so many of every second client is there to be picked
READS_S = 0.5  # each reader's pause
TRIES_S = 30.0
MOST_BEHIND_S = 1.0  # what a stall costs beyond this is left out: the rate shows it, and latencies recover


class Plan(Struct):
    """Who sends what: `clients` are accounts with tokens, `reads` paths with a header line.

    `rate`: commands a second by all clients together; 0: as fast as they are answered.
    """

    port: int
    minutes: float
    rate: float
    clients: list[tuple[str, str]]
    reads: list[tuple[str, str]]
    low_fen: int
    middle_fen: int


class Minute:
    """What was answered in the minute that runs."""

    def __init__(self) -> None:
        self.orders: list[float] = []
        self.reads: list[float] = []
        self.late: list[float] = []  # how late this process itself woke up: the machine's share
        self.trades = self.refused = self.failed = self.messages = 0

    def told(self, seconds: float) -> dict:
        """The figures; latencies in ms."""
        said = {"rate": len(self.orders) / seconds, "trades": self.trades, "refused": self.refused}
        said |= {
            "commands": len(self.orders),
            "failed": self.failed,
            "messages": self.messages,
            "reads": len(self.reads),
        }
        for name, found in (("order", self.orders), ("read", self.reads), ("late", self.late)):
            spent = sorted(found)
            for share in (50, 99, 100):
                at = min(len(spent) * share // 100, len(spent) - 1)
                said[f"{name}_p{share}_ms"] = spent[at] * 1000 if spent else None
        return said


class Load:
    """The running load."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.minute = Minute()
        self.offers: deque[str] = deque()  # listed and not picked yet, the first first
        self.until = time.perf_counter() + plan.minutes * 60

    async def ask(self, line: tuple, raw: bytes) -> tuple[int, bytes]:
        """One request on a connection: status and body."""
        reader, writer = line
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return int(head[9:12]), await reader.readexactly(length)

    def request(self, command: str, token: str, body: dict) -> bytes:
        """A command as bytes."""
        raw = json.dumps(body)
        return (
            f"POST {PATH}{command} HTTP/1.1\r\nHost: 127.0.0.1:{self.plan.port}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(raw)}\r\n\r\n{raw}"
        ).encode()

    async def trader(self, number: int) -> None:
        """One client: place, take back, and sometimes trade with the neighbour."""
        account, token = self.plan.clients[number]
        line = await asyncio.open_connection("127.0.0.1", self.plan.port)
        pause = len(self.plan.clients) / self.plan.rate if self.plan.rate else 0.0
        due = time.perf_counter() + pause * number / len(self.plan.clients)
        step, resting = 0, ""
        while due < self.until:
            offering = not resting and number % 2 == 0 and (step + number) % TRADES_EVERY == 0
            what = {"account": account}
            if resting:
                name, what["order_id"] = "CancelOrder", resting
            elif number % 2 and self.offers:
                name = "PickOrder"
                what |= {"order_id": self.offers.popleft(), "quantity_t": 1}
            else:
                name, what["product"], what["quantity_t"] = "PlaceOrder", "GDEA", 1
                what["side"] = "sell" if offering else "buy"
                what["price_fen_per_t"] = self.plan.middle_fen if offering else self.plan.low_fen
            raw = self.request(name, token, what)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            status, body = await self.ask(line, raw)
            now = time.perf_counter()
            self.minute.orders.append(now - due)
            self.minute.late.append(began - due)
            self.minute.refused += 400 <= status < 500
            self.minute.failed += status >= 500
            if name == "PickOrder":
                self.minute.trades += status == 200
                if status != 200:  # an earlier listing's answer was late
                    self.offers.appendleft(what["order_id"])
            placed = wire.decode(body)["command_id"] if status == 200 and name == "PlaceOrder" else ""
            resting = "" if offering else placed
            if offering and placed:
                self.offers.append(placed)
            step += name != "CancelOrder"
            due = max(due + pause, now - MOST_BEHIND_S) if pause else now
        line[1].close()

    async def reader(self, path: str, header: str) -> None:
        """Somebody who looks at a page or reads the API again and again."""
        name, _, value = header.partition(": ")
        url = f"http://127.0.0.1:{self.plan.port}{path}"
        async with httpx.AsyncClient(headers={name: value}, timeout=TRIES_S) as web:
            while time.perf_counter() < self.until:
                began = time.perf_counter()
                answer = await web.get(url)
                self.minute.reads.append(time.perf_counter() - began)
                self.minute.failed += answer.status_code != 200
                await asyncio.sleep(READS_S)

    async def listener(self) -> None:
        """Somebody who follows trades and the book on a WebSocket."""
        from websockets.asyncio.client import connect

        url = f"ws://127.0.0.1:{self.plan.port}/api/v1/stream?channels=trades:GDEA,book:GDEA"
        async with connect(url) as line:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.until - time.perf_counter()):
                    async for _ in line:
                        self.minute.messages += 1

    async def teller(self) -> None:
        """Print what was, every minute."""
        began = time.perf_counter()
        while began < self.until:
            await asyncio.sleep(min(60.0, self.until - began))
            now, minute = time.perf_counter(), self.minute
            self.minute = Minute()
            print(json.dumps(minute.told(now - began)), flush=True)
            began = now

    async def run(self) -> None:
        """All of them until the time is over."""
        await asyncio.gather(
            self.teller(),
            self.listener(),
            *(self.trader(number) for number in range(len(self.plan.clients))),
            *(self.reader(path, header) for path, header in self.plan.reads),
        )


if __name__ == "__main__":
    asyncio.run(Load(wire.decode(Path(sys.argv[1]).read_bytes(), type=Plan)).run())
