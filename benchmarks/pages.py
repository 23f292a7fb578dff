"""Pages with 5,000 accounts and 1,000,000 trades in the database: how long they take to answer."""

import json
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path

from benchmarks.table import show

ACCOUNTS = 5_000
TRADES = 1_000_000
PORT = 18_313
PUBLIC = (
    "/",
    "/market/",
    "/market/GDEA/",
    "/entities/",
    "/statistics/",
    "/transparency/",
    "/auctions/",
    "/rules/",
)
DESKS = {
    "cement-05:operator": (
        "/desk/",
        "/desk/accounts/{}/",
        "/desk/accounts/{}/trade/",
        "/desk/accounts/{}/history/",
    ),
    "authority-1": ("/desk/authority/", "/desk/authority/compliance/"),
    "operator-1": ("/desk/registry/", "/desk/registry/accounts/"),
    "exchange-1": ("/desk/exchange/",),
}
SERVE = """
import sys
from capwright.api.site import site
from capwright.host import Host, settings_of
from capwright.host.serving import serve
settings = settings_of({}, db=sys.argv[1], demo=True, port=int(sys.argv[2]), rate_limit=0)
with Host(settings) as host:
    app = site(host)
    from django.test import Client
    from capwright.web.models import User
    import json
    made = {}
    for person in sys.argv[3].split(","):
        user, _ = User.objects.get_or_create(person=person, defaults={"username": person.replace(":", "-")})
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        made[person] = client.cookies["sessionid"].value
    serve(app, settings, lambda: print(json.dumps(made), flush=True))
"""


def prepare(folder: Path) -> tuple[Path, str]:
    """The Guangdong year with more accounts and its trades many times over; the path and a firm's account."""
    from capwright.host import Host, settings_of
    from capwright.kernel.account_number import AccountNumber
    from capwright.registry.messages import OpenAccount, Representative
    from capwright.scenario.run import run_scenario

    db = folder / "pages.sqlite"
    run_scenario("guangdong-2023", str(db), until=lambda _zone: 1_721_613_600_000)
    with Host(settings_of({}, db=str(db), demo=True)) as host:
        with host.look() as market:
            known = len(market.book.state.accounts)
            people = market.registry.state.representatives
            account = next(n for n, reps in people.items() if "cement-05:operator" in reps)
        futures = [
            host.submit(
                OpenAccount(
                    str(AccountNumber.of("GD", 100, 20_000_000 + n)), "operator_holding", f"more-{n}",
                    f"More {n}", date(2024, 7, 22), "cement",
                    representatives=(Representative(f"more-{n}:a"), Representative(f"more-{n}:b")),
                ),
                f"more-{n}",
                "operator-1",
            )
            for n in range(ACCOUNTS - known)
        ]  # fmt: skip
        last = [future.result() for future in futures][-1]
        assert last.ok, last.refusal
        host.follower.wait_for(last.seq)
        write = host.views._write
        count = write.execute("SELECT count(*) FROM trade").fetchone()[0]
        for n in range(TRADES // count):
            write.execute(
                "INSERT INTO trade SELECT seq, trade_id || ?, at_ms, product, kind, mode, price_fen_per_t,"
                " quantity_t, buyer, seller, aggressor, busted FROM trade WHERE trade_id NOT LIKE '%~%'",
                (f"~{n}",),
            )
    return db, account


def ask(path: str, cookie: str = "") -> float:
    """Milliseconds until a page is here."""
    headers = {"Cookie": f"sessionid={cookie}"} if cookie else {}
    began = time.perf_counter()
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers=headers)
    ) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def run(folder: Path, *, quick: bool = False) -> str:
    """Measure each page in turn, and return a table."""
    db, account = prepare(folder)
    rounds = 40 if quick else 200
    lines = []
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(db), str(PORT), ",".join(DESKS)], stdout=subprocess.PIPE, text=True
    ) as process:
        cookies = json.loads(process.stdout.readline())
        asked = [(path, "") for path in PUBLIC]
        asked += [
            (path.format(account), cookies[person]) for person, paths in DESKS.items() for path in paths
        ]
        for path, cookie in asked:
            try:
                ask(path, cookie)
                spent = sorted(ask(path, cookie) for _ in range(rounds))
            except urllib.error.HTTPError as no:
                lines.append([path.replace(account, "…"), str(no.code), ""])
                continue
            late = spent[len(spent) * 99 // 100]
            lines.append([path.replace(account, "…"), f"{spent[len(spent) // 2]:.0f}", f"{late:.0f}"])
        process.terminate()
        process.wait(20)
    return show(
        f"Pages with {ACCOUNTS:,} accounts and {TRADES:,} trades", ["page", "median, ms", "99 %, ms"], lines
    )
