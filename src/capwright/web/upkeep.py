"""What is looked after at the start and once a day, without anybody asking."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from django.db import close_old_connections

from capwright.kernel.refusal import Refused
from capwright.web.documents import sweep
from capwright.web.erased import erase_again

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Upkeep"]

_DAY_S: Final = 86_400.0
_SOON_S: Final = 300.0  # after something was away
_WORK: Final[tuple[Callable[[], object], ...]] = (erase_again, sweep)
_LOG: Final = logging.getLogger("capwright.upkeep")


class Upkeep:
    """Does its work once before pages open, and again once a day until it is closed."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._go_on, args=(_done(),), name="capwright-upkeep", daemon=True
        )
        self._thread.start()

    def _go_on(self, well: bool) -> None:  # noqa: FBT001 - whether the first round went well
        while not self._ended.wait(_DAY_S if well else _SOON_S):
            close_old_connections()
            well = _done()
            close_old_connections()

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()


def _done() -> bool:
    """Do all that there is to do; whether all of it could be done."""
    well = True
    for work in _WORK:
        try:
            work()
        except Refused as no:
            well = False
            _LOG.error("upkeep waits: %s %s", no.refusal.code, no.refusal.message())
        except Exception:  # noqa: BLE001 - the database is away, or a bug: the market goes on
            well = False
            _LOG.exception("upkeep waits")
    return well
