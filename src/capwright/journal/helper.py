"""A second thread that runs one long call while its owner goes on."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Helper"]


class Helper:
    """Runs one call at a time. `start`, `wait` and `take_trouble` are for one owner thread."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._taken = threading.Semaphore(0)
        self._ended = threading.Event()
        self._ended.set()
        self._trouble: BaseException | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def start(self, call: Callable[[], object]) -> None:
        """Begin `call`; the one before must have ended."""
        assert self._ended.is_set(), "two calls at once"
        self._ended.clear()
        self._calls.put(call)
        self._taken.acquire()  # so that the call gets Python's lock before the owner goes on

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the call, at most some seconds; whether it has ended."""
        return self._ended.wait(seconds)

    def take_trouble(self) -> BaseException | None:
        """What the last call raised; None when asked again."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def close(self) -> None:
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            self._taken.release()
            try:
                call()
            except BaseException as trouble:  # noqa: BLE001 - it is the owner's to judge
                self._trouble = trouble
            del call
            self._ended.set()
