"""Pages with 5,000 accounts and 1,000,000 trades in the journal: how long they take to answer.

One after another over one connection; then four visitors at once who open pages at random.
"""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from pathlib import Path

from benchmarks import busy_market
from benchmarks.served import served
from benchmarks.table import show

PORT = 18_313
VISITORS = 4
FIRM = "cement-05:operator"
PUBLIC = (
    "/",
    "/market/",
    "/market/GDEA/",
    "/market/GDEA/live.json",
    "/market/GDEA/chart.json",
    "/entities/",
    "/entities/?q=more&page=3",
    "/statistics/",
    "/statistics/?period=day",
    "/coverage/",
    "/transparency/",
    "/auctions/",
    "/announcements/",
    "/rules/",
    "/rules/guangdong-2023.json",
    "/serials/?serial=GDEA-2023-1",
    "/serials/?serial={serial}",
    "/serials/?serial=GDEA-2023-999999999999",
    "/journal/{seq}/",
    "/certificates/",
    "/reference/refusals/",
    "/apply/",
    "/api/v1/market",
    "/api/v1/trades?limit=1000&after={seq}",
)
DESKS = {
    FIRM: (
        "/desk/",
        "/desk/calendar/",
        "/desk/commands/",
        "/desk/security/",
        "/desk/accounts/{account}/",
        "/desk/accounts/{account}/trade/",
        "/desk/accounts/{account}/trade/live.json?product=GDEA",
        "/desk/accounts/{account}/auctions/",
        "/desk/accounts/{account}/surrender/",
        "/desk/accounts/{account}/transfers/",
        "/desk/accounts/{account}/reports/",
        "/desk/accounts/{account}/reports/2023/",
        "/desk/accounts/{account}/allocation/",
        "/desk/accounts/{account}/cash/",
        "/desk/accounts/{account}/people/",
        "/desk/accounts/{account}/certificates/",
        "/desk/accounts/{account}/history/",
        "/api/v1/accounts/{account}/holdings",
        "/api/v1/trades?account={account}&after={seq}",
    ),
    "authority-1": (
        "/desk/",
        "/desk/calendar/",
        "/desk/authority/",
        "/desk/authority/allocation/",
        "/desk/authority/reports/",
        "/desk/authority/reports/?tab=order",
        "/desk/authority/verifiers/",
        "/desk/authority/compliance/",
        "/desk/accounts/{account}/reports/2023/",
        "/api/v1/accounts?limit=1000",
        "/api/v1/compliance",
        "/api/v1/tasks",
        "/api/v1/journal?after={seq}",
    ),
    "operator-1": (
        "/desk/registry/",
        "/desk/registry/accounts/",
        "/desk/registry/applications/",
        "/desk/registry/transactions/",
        "/desk/registry/transactions/?type=surrender",
        "/desk/registry/reconciliation/",
        "/serials/?serial={serial}",
        "/api/v1/serials/{serial}",
    ),
    "exchange-1": (
        "/desk/exchange/",
        "/desk/exchange/auctions/",
        "/desk/exchange/clearing/",
        "/desk/exchange/members/",
        "/desk/exchange/surveillance/",
        "/desk/exchange/surveillance/holders/",
    ),
    "auditor-1": (
        "/desk/auditor/",
        "/desk/auditor/journal/",
        "/desk/auditor/journal/?actor={firm}&command=PlaceOrder",
        "/desk/auditor/journal/?refused=1",
        "/desk/auditor/journal/?day=2024-09-10",
        "/desk/auditor/journal/?account={account}&command=SurrenderUnits",
        "/desk/auditor/journal/?open={seq}",
    ),
    "verifier-01:lead": ("/desk/verifier/",),
}


class Browser:
    """One connection to the server that is measured."""

    def __init__(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)

    def ask(self, path: str, cookie: str) -> tuple[float, int]:
        """Milliseconds until a page is here, and its status."""
        headers = {"Cookie": f"sessionid={cookie}", "Sec-Fetch-Site": "same-origin"} if cookie else {}
        began = time.perf_counter()
        self._line.request("GET", path, headers=headers)
        answer = self._line.getresponse()
        answer.read()
        return (time.perf_counter() - began) * 1000, answer.status


def run(folder: Path, *, quick: bool = False) -> str:
    """Make the journal, measure, and return tables."""
    db = folder / "busy.sqlite"
    accounts, trades = (1_000, 20_000) if quick else (busy_market.ACCOUNTS, busy_market.TRADES)
    busy_market.build(db, accounts=accounts, trades=trades)
    return measure(db, rounds=40 if quick else 200, title=f"{accounts:,} accounts and {trades:,} trades")


def measure(db: Path, *, rounds: int, title: str) -> str:
    """Serve the journal and ask every page."""
    with served(db, PORT, list(DESKS)) as people:
        given = {
            "account": people[FIRM]["accounts"][0], "firm": FIRM,
            "seq": busy_market.some_row(db), "serial": busy_market.some_serial(db),
        }  # fmt: skip
        asked = [("", path.format(**given)) for path in PUBLIC]
        asked += [(person, path.format(**given)) for person, paths in DESKS.items() for path in paths]
        lines, good = [], []
        for person, path in asked:
            cookie = people[person]["cookie"] if person else ""
            first, status, spent = _one(path, cookie, rounds)
            if status == 200:
                good.append((path, cookie))
            shown = path.replace(given["account"], "…").replace(given["serial"], "N")
            lines.append([person.partition(":")[0], shown, f"{first:.0f}", *_figures(spent), _note(status)])
            print(lines[-1], file=sys.stderr, flush=True)
        mixed = _mixed(good, 5 if rounds < 100 else 30)
    lines.append(["", f"{VISITORS} visitors at once, pages at random", "", *_figures(mixed), ""])
    return show(f"Pages with {title}", ["who", "page", "first, ms", "median, ms", "99 %, ms", ""], lines)


def _one(path: str, cookie: str, rounds: int) -> tuple[float, int, list[float]]:
    """The first time a page is asked, its status, and so many times more, but ten seconds at most."""
    browser = Browser()
    first, status = browser.ask(path, cookie)
    spent, until = [], time.perf_counter() + 10
    while len(spent) < rounds and (time.perf_counter() < until or not spent):
        spent.append(browser.ask(path, cookie)[0])
    return first, status, spent


def _mixed(pages: list[tuple[str, str]], seconds: float) -> list[float]:
    """Times of pages that visitors open at random, all at once."""
    spent: list[float] = []
    until = time.perf_counter() + seconds

    def visit(seed: int) -> None:
        draw, browser = random.Random(seed), Browser()
        while time.perf_counter() < until:
            spent.append(browser.ask(*draw.choice(pages))[0])

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spent


def _figures(spent: list[float]) -> list[str]:
    ordered = sorted(spent)
    middle, late = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    return [f"{middle:.1f}", f"{late:.1f}"]


def _note(status: int) -> str:
    return "" if status == 200 else str(status)
