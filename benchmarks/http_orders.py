"""Durable orders over HTTP and WebSocket with 32 clients, beside the server of `matching-engine`.

Both answer an order when it is on disk, and commit together what waits. Ours checks token, rights, band, cash
and position besides, holds the cash, and keeps a hash chain. The client is a process of its own.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.machine import free_port
from benchmarks.table import show

CLIENTS = 32
UNDER_WAY = 8
SECONDS = 6.0
PORT, PEER_PORT = free_port(), free_port()


def request(port: int, path: str, body: dict, token: str = "") -> str:
    raw = json.dumps(body)
    sign = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{sign}"
    return f"{head}Content-Length: {len(raw)}\r\n\r\n{raw}"


def order(account: str, price: int) -> dict:
    return {"account": account, "product": "GDEA", "side": "buy", "price_fen_per_t": price, "quantity_t": 1}


SERVE = """
import json, sys
from msgspec.structs import replace
from capwright.api.site import site
from capwright.host import Host, settings_of
from capwright.host.serving import serve
settings = settings_of({}, db=sys.argv[1], demo=True, port=int(sys.argv[2]), rate_limit=0, page_limit=0)
with Host(settings) as host:
    app = site(host)
    from django.utils import timezone
    from datetime import timedelta
    from oauth2_provider.models import AccessToken, Application
    from capwright.web.models import User
    with host.look() as market:
        people = market.registry.state.representatives
        rich = [n for n in people if people[n] and market.book.state.cash.get(n, 0) > 10**8]
        firms = [(n, next(iter(people[n]))) for n in rich[:32]]
    made = []
    for n, (account, person) in enumerate(firms):
        user, _ = User.objects.get_or_create(person=person, defaults={"username": f"bench-{n}"})
        token = AccessToken.objects.create(
            user=user, token=f"token-{n}", scope="read trade", expires=timezone.now() + timedelta(hours=9)
        )
        made.append([account, f"token-{n}"])
    serve(app, settings, lambda: print(json.dumps(made), flush=True))
"""


def load(folder: Path, port: int, clients: list[list[str]]) -> dict:
    file = folder / "load.json"
    file.write_text(json.dumps(clients))
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.http_client", str(port), str(SECONDS), str(file)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(said.stdout)


@contextlib.contextmanager
def ours(folder: Path):
    """Our server on the Guangdong year: a token for each of 32 accounts, and the process."""
    from capwright.scenario.run import run_scenario

    db = folder / "orders.sqlite"
    if not db.exists():
        run_scenario("guangdong-2023", str(db), until=lambda _zone: 1_721_613_600_000)
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(db), str(PORT)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(process.stdout.readline()), process.pid
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def theirs(folder: Path):
    """The peer's server, where `PEER_PYTHON` (3.12 or newer) has `matching-engine[gateway]`."""
    python = os.environ.get("PEER_PYTHON", sys.executable)
    has = [python, "-c", "import fastapi, matching_engine.gateway.app"]
    if subprocess.run(has, capture_output=True, check=False).returncode:
        yield False
        return
    environment = {**os.environ, "ME_DATA_DIR": str(folder / "peer")}
    with subprocess.Popen(
        [python, "-m", "matching_engine", "serve", "--port", str(PEER_PORT)],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        time.sleep(3)
        try:
            yield True
        finally:
            process.terminate()
            process.wait(20)


async def socket(port: int, account: str, token: str, seconds: float, together: int) -> tuple[int, int]:
    """One WebSocket with eight orders under way; with `together` they go as a list, answers come as lists."""
    from websockets.asyncio.client import connect

    from capwright.client import new_key

    url = f"ws://127.0.0.1:{port}/api/v1/stream?together={together}"
    done = good = sent = 0
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as line:
        until = time.perf_counter() + seconds

        async def send(count: int) -> None:
            nonlocal sent
            asked = []
            for _ in range(count):
                sent += 1
                key = new_key()
                asked.append({"id": key, "command": {"command": "PlaceOrder", **order(account, 3826)}})
            for frame in [asked] if together else asked:
                await line.send(json.dumps(frame))

        await send(UNDER_WAY)
        while done < sent:
            said = await line.recv()
            count = said.count('"answer"') if together else 1
            done += count
            good += count - said.count('"problem"')
            if time.perf_counter() < until:
                await send(count)
    return done, good


SOCKETS = """
import asyncio, json, sys, time, uvloop
from benchmarks.http_orders import socket
async def main():
    port, seconds, together = int(sys.argv[1]), float(sys.argv[3]), int(sys.argv[4])
    began = time.perf_counter()
    found = await asyncio.gather(*(socket(port, a, t, seconds, together) for a, t in json.loads(sys.argv[2])))
    spent = time.perf_counter() - began
    done, good = (sum(one[n] for one in found) for n in (0, 1))
    print(json.dumps({"rate": done / spent, "good": good / done}))
uvloop.run(main())
"""


def run(folder: Path, *, quick: bool = False) -> str:
    """Measure in turns, and return a table."""
    rounds = 2 if quick else 5
    found: dict[str, list[dict]] = {"http": [], "peer": [], "socket": [], "lists": []}
    with ours(folder) as (made, _), theirs(folder) as peer:
        mine = [[request(PORT, "/api/v1/commands/PlaceOrder", order(a, 3826), t)] for a, t in made]
        body = {"account": 1, "side": "buy", "price": "10.00", "quantity": "1"}
        other = [[request(PEER_PORT, "/markets/BTC-USDT/orders", body)]] * CLIENTS
        for _ in range(rounds):
            found["http"].append(load(folder, PORT, mine))
            if peer:
                found["peer"].append(load(folder, PEER_PORT, other))
            for together, name in ((0, "socket"), (1, "lists")):
                said = subprocess.run(
                    [sys.executable, "-c", SOCKETS, str(PORT), json.dumps(made), str(SECONDS), str(together)],
                    capture_output=True, text=True, check=True,
                ).stdout  # fmt: skip
                found[name].append(json.loads(said))
    lines = [
        _line("ours, HTTP", found["http"]),
        _line("`matching-engine`, HTTP", found["peer"]),
        _line("ours, WebSocket, 8 under way each", found["socket"]),
        _line("the same, sent and answered in lists", found["lists"]),
    ]
    lines.append(["ours / theirs", _ratio(found["http"], found["peer"]), "", "", ""])
    lines.append(["WebSocket / HTTP", _ratio(found["socket"], found["http"]), "", "", ""])
    lines.append(["WebSocket in lists / HTTP", _ratio(found["lists"], found["http"]), "", "", ""])
    return show(
        "Durable orders over the network, 32 clients",
        ["", "orders/s", "answered well", "p50, ms", "p99, ms"],
        lines,
    )


def _line(name: str, rounds: list[dict]) -> list[str]:
    if not rounds:
        return [name, "not here", "", "", ""]
    middle = {key: median(one[key] for one in rounds) for key in rounds[0]}
    late = [f"{middle[key]:.1f}" if key in middle else "" for key in ("p50_ms", "p99_ms")]
    return [name, f"{middle['rate']:,.0f}", f"{middle['good']:.1%}", *late]


def _ratio(above: list[dict], below: list[dict]) -> str:
    if not above or not below:
        return "–"
    return f"{median(a['rate'] / b['rate'] for a, b in zip(above, below, strict=True)):.1f}"
