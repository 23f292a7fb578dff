"""Memory of a million unit blocks, and what moving blocks in such a holding costs."""

import random
import subprocess
import sys
import time

from benchmarks.table import show
from capwright.kernel.serial import RangeSet

BLOCKS = 1_000_000
PROBE = """
import gc
from capwright.kernel.serial import RangeSet
def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
made = {make}
print(resident() - before)
"""
RANGE_SET = f"RangeSet()\nfor n in range({BLOCKS}): made.add(3 * n + 1, 3 * n + 2)"
OBJECTS = f"[(3 * n + 1, 3 * n + 2) for n in range({BLOCKS})]"


def run() -> str:
    lines = [
        ["RangeSet", f"{taken(RANGE_SET) / 1e6:.0f} MB"],
        ["for comparison: a list of tuples", f"{taken(OBJECTS) / 1e6:.0f} MB"],
    ]
    holding = RangeSet()
    for n in range(BLOCKS):
        holding.add(3 * n + 1, 3 * n + 2)
    draw = random.Random(1)
    places = [3 * draw.randrange(BLOCKS) + 1 for _ in range(2000)]
    start = time.perf_counter()
    for first in places:
        holding.remove(first, first)
        holding.add(first, first)
    spent = time.perf_counter() - start
    lines.append(["one unit taken out of such a holding and put back", f"{spent / len(places) * 1e6:.0f} µs"])
    return show(f"A holding of {BLOCKS:,} separate blocks", ("", ""), lines)


def taken(make: str) -> int:
    """Resident bytes a fresh interpreter needs more than before."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(make=make)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)
