"""Engines and web workers as users start them, on one market in PostgreSQL, and those who send to them."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import httpx

from capwright.exchange.messages import PublishAnnouncement
from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.market import Market
from capwright.market.messages import Officer, OpenMarket
from tests.registry_worlds import scheme_body

KEY = "k" * 40
OFFICERS = (
    Officer("authority-1", ("authority",)),
    Officer("authority-2", ("authority",)),
    Officer("exchange-1", ("exchange",)),
)

_COPY = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"


def copied(source, target):
    """A consistent copy of a database, as a backup makes it and a restore brings it back.

    In another process: whatever opens and closes a file in this one, be it another SQLite or a plain reading,
    takes along the locks (POSIX) that the engine here holds on it. The next to leave then removes its
    write-ahead log.
    """
    subprocess.run([sys.executable, "-c", _COPY, str(source), str(target)], check=True)


def open_market(url):
    """A new market at an empty database."""
    opening = OpenMarket(scheme_body("guangdong-2023"), OFFICERS)
    with Engine(open_store(url, create=True), Market) as engine:
        outcome = engine.execute(opening, "open", "operator-1", at_ms=1_700_000_000_000)
        assert outcome.ok, outcome.refusal


def notice(n):
    return PublishAnnouncement(f"Notice {n}", "Text")


def ids_in(url):
    """How often each command id stands in the journal."""
    store = open_store(url, read_only=True)
    try:
        return Counter(row[2].decode() for page in store.scan() for row in page)
    finally:
        store.close()


class Process:
    """`capwright serve`. `inside`: the network namespace that it runs in; `folder`: for a worker's files."""

    def __init__(self, url, role, *, folder=None, port=None, host="127.0.0.1", inside=None):
        self.url = f"http://{host}:{port}"
        environment = {
            **os.environ,
            "CAPWRIGHT_SECRET_KEY": KEY,
            "CAPWRIGHT_LANG": "en",
            "CAPWRIGHT_RATE_LIMIT": "0",
            "CAPWRIGHT_PAGE_LIMIT": "0",
            "CAPWRIGHT_HOST": host,
            "PYTHONUNBUFFERED": "1",
        }
        asked = [sys.executable, "-m", "capwright", "serve", "--role", role, "--db", url]
        if role != "engine":
            environment["CAPWRIGHT_VIEWS"] = str(folder / f"views-{port}.sqlite")
            environment["CAPWRIGHT_DOCUMENTS"] = str(folder / "documents")
            asked += ["--demo", "--port", str(port)]
        if inside:
            asked = ["ip", "netns", "exec", inside, *asked]
        self.process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=environment)

    def says(self):
        return self.process.stdout.readline().strip()

    def up(self):
        """Wait until a web worker is open."""
        while (line := self.says()) and not line.startswith("Open:"):
            pass
        assert line, "the worker ended"
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def cookie_of(worker, person="exchange-1"):
    """The session of a demo user."""
    with httpx.Client(base_url=worker.url, timeout=20) as web:
        web.get("/demo/")
        form = {"person": person, "csrfmiddlewaretoken": web.cookies["csrftoken"]}
        web.post("/demo/enter/", data=form, headers={"Referer": worker.url + "/"})
        return web.cookies["sessionid"]


class Senders:
    """People who send notices to workers in turn; each keeps a notice's key until it is answered.

    `done` are (time, worker, id in the journal, seconds from first try to answer); `refused` are (time,
    worker, status) of answers other than 200, and of none (0).
    """

    def __init__(self, workers, cookie, count=8, timeout_s=10.0):
        self.done, self.refused = [], []
        self._stop = threading.Event()
        self._workers, self._cookie, self._timeout_s = workers, cookie, timeout_s
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _send(self, number):
        headers = {"Cookie": f"sessionid={self._cookie}", "Sec-Fetch-Site": "same-origin"}
        tried = n = 0
        with httpx.Client(headers=headers, timeout=self._timeout_s) as web:
            while not self._stop.is_set():
                n += 1
                key, began, answer = f"{number}-{n}", time.monotonic(), None
                while answer is None:
                    worker = self._workers[(number + tried) % len(self._workers)]
                    answer = self._asked(web, worker, n, key)
                    if answer is None:
                        tried += 1
                        time.sleep(0.2)
                        if self._stop.is_set() and time.monotonic() - began > 60:
                            return
                now = time.monotonic()
                self.done.append((now, worker, answer["command_id"], now - began))

    def _asked(self, web, worker, n, key):
        try:
            answer = web.post(
                worker.url + "/api/v1/commands/PublishAnnouncement",
                json={"title": f"Notice {n}", "text": "Text"},
                headers={"Idempotency-Key": key},
            )
        except httpx.TransportError:
            self.refused.append((time.monotonic(), worker, 0))
            return None
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code in {502, 503}, answer.text  # the client knows that it may send again
        self.refused.append((time.monotonic(), worker, answer.status_code))
        return None

    def stop(self):
        """End once everybody has an answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive()

    def first_after(self, moment, worker=None):
        """Seconds from a moment to the first answer after it."""
        return min(at for at, by, *_ in self.done if at > moment and worker in {None, by}) - moment

    def wait_for(self, count, seconds=20.0):
        """Wait until so many more notices were answered."""
        wanted, until = len(self.done) + count, time.monotonic() + seconds
        while len(self.done) < wanted:
            assert time.monotonic() < until, f"{count} answers did not come in {seconds} s"
            time.sleep(0.05)

    def check(self, url):
        """What was answered stands in the journal once, and nothing stands there twice."""
        found = ids_in(url)
        assert not [one for _, _, one, _ in self.done if found[one] != 1]
        assert max(found.values()) == 1
        assert len({one for _, _, one, _ in self.done}) == len(self.done)
