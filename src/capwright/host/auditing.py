"""The independent audit of the whole journal, in a process of its own.

A long journal takes a minute of processor time. In the process that serves, pages and orders would wait for
it; so somebody begins it, and looks at what came of it later.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from capwright.audit.auditor import audit
from capwright.journal.store import open_store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

__all__ = ["Audited", "Auditing"]

_NICE: Final = 10  # whoever waits for a page goes first
_START: Final = multiprocessing.get_context("spawn")


class Audited(Struct, frozen=True):
    """What an audit found; `findings` in English and Chinese. `seq` is the last row that it read."""

    seq: int
    sound: bool
    counts: dict[str, int]
    findings: tuple[tuple[str, str], ...]


class Auditing:
    """Audits of one journal, one at a time. Safe to use from many threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._answer: Connection | None = None
        self._last: Audited | None = None
        self._failed = False

    def begin(self) -> None:
        """Begin an audit, unless one is under way."""
        with self._lock:
            self._look()
            if self._process is not None:
                return
            self._failed = False
            self._answer, told = _START.Pipe(duplex=False)
            self._process = _START.Process(target=_work, args=(self._url, told), daemon=True)
            self._process.start()
            told.close()  # so that the end of the process is the end of the pipe

    def state(self) -> tuple[Audited | None, bool, bool]:
        """The last audit that came to an end, whether one is under way, whether the last one broke off."""
        with self._lock:
            self._look()
            return self._last, self._process is not None, self._failed

    def _look(self) -> None:
        """Take the answer if it is there."""
        if self._process is None or self._answer is None or not self._answer.poll():
            return
        try:
            self._last = self._answer.recv()
        except EOFError:
            self._failed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.join()
            self._process.close()
        if self._answer is not None:
            self._answer.close()
        self._process = self._answer = None

    def close(self) -> None:
        """Break off what is under way. Closing twice is harmless."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()
            self._end()


def _work(url: str, told: Connection) -> None:
    """What the process does: audit, tell, end."""
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    store = open_store(url, read_only=True)
    try:
        seq = store.head().seq
        report = audit(row for page in store.scan() for row in page)
    finally:
        store.close()
    said = tuple(
        (
            f"{one.code} {one.where('en')}: {one.message('en')}",
            f"{one.code} {one.where('zh')}: {one.message('zh')}",
        )
        for one in report.findings
    )
    told.send(Audited(max(seq, report.counts.get("rows", 0)), report.ok, dict(report.counts), said))
    told.close()
