"""Commits while another thread computes: a statement for each row, as `executemany` makes them, against few.

Each finished statement gives Python's lock away, and a thread that computes gives it back only after the
interpreter's switch interval (5 ms, in the server `capwright.host.serving.SWITCH_S`).
"""

import sqlite3
import statistics
import sys
import threading
import time
from pathlib import Path

from benchmarks.table import show
from capwright.host.serving import SWITCH_S
from capwright.journal.driver import connect, insert

ROUNDS = 20
PYTHONS_S = 0.005
TABLE = "CREATE TABLE row (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, command TEXT, events TEXT)"


def run(folder: Path, *, quick: bool = False) -> str:
    """Measure and return a table."""
    rounds = ROUNDS // 5 if quick else ROUNDS
    found = []
    for rows in (16, 64, 256):
        cells = [f"{rows}"]
        for busy, switch_s in ((False, PYTHONS_S), (True, PYTHONS_S), (True, SWITCH_S)):
            for many in (True, False):
                path = folder / f"{time.monotonic_ns()}.sqlite"
                cells.append(f"{1000 * _commit_s(path, rows, rounds, busy, switch_s, many=many):,.1f}")
        found.append(cells)
    head = ["rows of a commit"]
    for when in (
        "alone",
        "beside a thread that computes",
        f"the same, switching every {SWITCH_S * 1000:g} ms",
    ):
        head += [f"{when}: `executemany`, ms", f"{when}: ours, ms"]
    return show("Commits beside other threads", head, found)


def _commit_s(path: Path, count: int, rounds: int, busy: bool, switch_s: float, *, many: bool) -> float:
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute(TABLE)
    ours = connect(path, read_only=False)
    ended = threading.Event()
    spinning = threading.Thread(target=_spin, args=(ended,))
    before = sys.getswitchinterval()
    sys.setswitchinterval(switch_s)
    if busy:
        spinning.start()
    spent = []
    try:
        for turn in range(rounds):
            rows = [
                (n, f"api/{n:032x}", "x" * 150, "y" * 400) for n in range(turn * count, (turn + 1) * count)
            ]
            began = time.perf_counter()
            if many:
                plain.execute("BEGIN IMMEDIATE")
                plain.executemany("INSERT INTO row VALUES (?, ?, ?, ?)", rows)
                plain.execute("COMMIT")
            else:
                ours.execute("BEGIN IMMEDIATE")
                insert(ours.execute, "INSERT INTO row", "(?, ?, ?, ?)", rows)
                ours.execute("COMMIT")
            spent.append(time.perf_counter() - began)
    finally:
        ended.set()
        if busy:
            spinning.join()
        sys.setswitchinterval(before)
        plain.close()
        ours.close()
    return statistics.median(spent)


def _spin(ended: threading.Event) -> None:
    while not ended.is_set():
        sum(range(500))
