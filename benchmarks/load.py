"""Half the peak rate for a long time: does memory, latency or a file grow beyond what the journal holds?

32 clients place and take back orders over HTTP and trade now and then, readers look at pages and at the API,
and a WebSocket follows the book. First the same load runs as fast as it is answered: that is the peak.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.http_orders import PORT, ours
from benchmarks.load_client import Plan
from benchmarks.table import show

MINUTES = 60.0
PEAK_MINUTES = 1.0
PERSON = "cement-05:operator"
PUBLIC = ("/", "/market/GDEA/", "/transparency/", "/api/v1/products/GDEA/book", "/api/v1/trades?limit=100")
OWN = ("/desk/", "/desk/accounts/{}/trade/", "/desk/accounts/{}/history/")


def run(folder: Path, minutes: float = MINUTES) -> str:
    """Measure the peak, then run at half of it; return a table with a line a minute, and who grew."""
    with ours(folder) as (made, server):
        peak = next(iter(_minutes(folder, _plan(made), PEAK_MINUTES, 0.0)))["rate"]
        found = []
        for said in _minutes(folder, _plan(made), minutes, peak / 2):
            found.append({**said, **_process(server), **_files(folder)})
            print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    lines = [_line(number, said) for number, said in enumerate(found, 1)]
    head = [
        "minute",
        "commands/s",
        "p50, ms",
        "p99, ms",
        "longest, ms",
        "begun late, p99",
        "read p50",
        "read p99",
    ]
    head += ["machine's load", "RSS, MB", "journal, MB", "WAL, MB", "views, MB", "their WAL, MB"]
    return show(
        f"{minutes:g} minutes at {peak / 2:,.0f} commands/s, half the peak", head, lines, _note(found)
    )


def _plan(made: list[list[str]]) -> Plan:
    """Who trades and who reads, at prices of the book as it stands."""
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}") as web:
        book = web.get("/api/v1/products/GDEA/book").json()
        middle = book["sell"][0]["price_fen_per_t"] - 1  # the best price: neighbours meet nobody else
        web.get("/demo/")
        form = {"person": PERSON, "csrfmiddlewaretoken": web.cookies["csrftoken"]}
        web.post("/demo/enter/", data=form, headers={"Referer": f"http://127.0.0.1:{PORT}/"})
        cookie = f"Cookie: sessionid={web.cookies['sessionid']}"
        account = re.search(r"/desk/accounts/([A-Z0-9-]+)/", web.get("/desk/").text)
    assert account is not None
    reads = [(path, "Accept: */*") for path in PUBLIC]
    reads += [(path.format(account[1]), cookie) for path in OWN]
    return Plan(PORT, 0, 0, [(a, t) for a, t in made], reads, middle - 50, middle)


def _minutes(folder: Path, plan: Plan, minutes: float, rate: float) -> Iterator[dict]:
    """Run the load in a process of its own; what it says minute by minute."""
    from msgspec import json as wire
    from msgspec.structs import replace

    file = folder / "plan.json"
    file.write_bytes(wire.encode(replace(plan, minutes=minutes, rate=rate)))
    asked = [sys.executable, "-m", "benchmarks.load_client", str(file)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as client:
        for line in client.stdout or ():
            yield json.loads(line)
    assert client.returncode == 0, "the load broke off"


def _process(number: int) -> dict:
    """Resident memory in MB, open files and threads of a process."""
    status = Path(f"/proc/{number}/status").read_text()
    words = {line.partition(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
    files = sum(1 for _ in Path(f"/proc/{number}/fd").iterdir())
    memory = {"rss_mb": int(words["VmRSS"]) / 1024, "threads": int(words["Threads"]), "files": files}
    return {**memory, "busy": os.getloadavg()[0]}


def _files(folder: Path) -> dict:
    """Sizes in MB of the journal, its log, the views and theirs."""
    names = {"journal": "", "wal": "-wal", "views": ".views", "views_wal": ".views-wal"}
    sizes = {name: folder / f"orders.sqlite{end}" for name, end in names.items()}
    return {f"{name}_mb": p.stat().st_size / 2**20 if p.exists() else 0.0 for name, p in sizes.items()}


def _line(number: int, said: dict) -> list[str]:
    names = ("rate", "order_p50_ms", "order_p99_ms", "order_p100_ms", "late_p99_ms", "read_p50_ms")
    names += ("read_p99_ms", "busy", "rss_mb", "journal_mb", "wal_mb", "views_mb", "views_wal_mb")
    return [
        str(number),
        *(f"{said[name] or 0:,.{1 if 'p50' in name or name == 'busy' else 0}f}" for name in names),
    ]


def _note(found: list[dict]) -> str:
    """The last third held against the middle one."""
    third = max(len(found) // 3, 1)
    middle, last = found[-2 * third : -third] or found, found[-third:]
    said = []
    for name, text in (("order_p50_ms", "p50"), ("order_p99_ms", "p99"), ("rss_mb", "RSS")):
        said.append(f"{text} {median(m[name] for m in last) / median(m[name] for m in middle):.2f}")
    end = found[-1]
    failed, refused = (sum(one[name] for one in found) for name in ("failed", "refused"))
    trades, rows = sum(one["trades"] for one in found), sum(one["commands"] for one in found)
    grown = (found[-1]["rss_mb"] - found[0]["rss_mb"]) * 2**20 / max(rows, 1)
    return (
        f"Last third / middle third: {', '.join(said)}. {rows:,} commands, {trades:,} trades, {refused:,}"
        f" refused, {failed:,} failed; {grown:,.0f} bytes of memory a command; {end['threads']} threads"
        f" and {end['files']} open files at the end, {found[0]['files']} in the first minute."
    )
