"""What this process counts while it runs, and the text form in which Prometheus reads it."""

from __future__ import annotations

import os
import resource
import sys
import threading
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.kernel.message import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from capwright.projection.follower import Committed

__all__ = ["METERS", "Meters", "Metric", "exposition", "memory_bytes"]

_STEPS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metric(Struct, frozen=True):
    """A metric with its values: a suffix of the name, labels, the value."""

    name: str
    kind: str  # counter, gauge or histogram
    help: str
    values: tuple[tuple[str, dict[str, str], float], ...]

    @classmethod
    def gauge(cls, name: str, about: str, value: float) -> Metric:
        """A metric of one value without labels."""
        return cls(name, "gauge", about, (("", {}, value),))


class Meters:
    """Counters since the start of the process. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()  # surface, method, status
        self._times: dict[str, list[int]] = {}  # surface → requests by step, the last is beyond all
        self._seconds: Counter[str] = Counter()
        self._commands: Counter[tuple[str, str]] = Counter()  # outcome, code
        self._sockets = 0

    def request(self, surface: str, method: str, status: int, seconds: float) -> None:
        """An answered request."""
        with self._lock:
            self._requests[surface, method, str(status)] += 1
            steps = self._times.setdefault(surface, [0] * (len(_STEPS_S) + 1))
            steps[bisect_left(_STEPS_S, seconds)] += 1
            self._seconds[surface] += seconds  # type: ignore[assignment]

    def socket(self, change: int) -> None:
        """A WebSocket opened (1) or closed (-1)."""
        with self._lock:
            self._sockets += change

    def rows(self, rows: Sequence[Committed]) -> None:
        """Rows that this process has met since it started, whoever sent the commands."""
        with self._lock:
            for row in rows:
                first = row.events[0] if row.events else None
                if isinstance(first, CommandRefused):
                    self._commands["refused", first.refusal.code] += 1
                else:
                    self._commands["done", ""] += 1

    def metrics(self) -> list[Metric]:
        """All of it."""
        with self._lock:
            requests = tuple(
                ("", {"surface": surface, "method": method, "status": status}, float(count))
                for (surface, method, status), count in sorted(self._requests.items())
            )
            times = tuple(one for surface in sorted(self._times) for one in self._histogram(surface))
            commands = tuple(
                ("", {"outcome": outcome, "code": code}, float(count))
                for (outcome, code), count in sorted(self._commands.items())
            )
            sockets = self._sockets
        return [
            Metric("capwright_requests_total", "counter", "Requests answered.", requests),
            Metric("capwright_request_seconds", "histogram", "Time to the end of the answer.", times),
            Metric("capwright_commands_total", "counter", "Rows of the journal by outcome.", commands),
            Metric.gauge("capwright_websockets", "WebSocket clients connected.", sockets),
        ]

    def _histogram(self, surface: str) -> Iterable[tuple[str, dict[str, str], float]]:
        so_far = 0
        for limit, count in zip((*map(str, _STEPS_S), "+Inf"), self._times[surface], strict=True):
            so_far += count
            yield "_bucket", {"surface": surface, "le": limit}, float(so_far)
        yield "_sum", {"surface": surface}, float(self._seconds[surface])
        yield "_count", {"surface": surface}, float(so_far)


METERS: Final = Meters()


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics in the text format 0.0.4."""
    lines = []
    for one in metrics:
        lines += [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} {one.kind}"]
        for suffix, labels, value in one.values:
            said = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            number = f"{value:.17g}" if value != int(value) else str(int(value))
            lines.append(f"{one.name}{suffix}{{{said}}} {number}" if said else f"{one.name} {number}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def memory_bytes() -> int:
    """How much memory the process has in use; where the system does not say, the most it ever had."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")
