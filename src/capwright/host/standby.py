"""An engine in a process of its own: it waits for the lease, then takes commands out of the inbox."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from capwright.host.inbox import Clerk
from capwright.journal import fault
from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.kernel.refusal import Refused
from capwright.market import Market

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from capwright.host.settings import Settings

__all__ = ["run_engine"]

LOOK_S: Final = 0.5  # how often a standby tries for the lease


def run_engine(settings: Settings, ending: Event, said: Callable[[str], None]) -> None:
    """Run until `ending` is set. Says `standby`, `active`, and `standby` again when the lease is lost."""
    last = ""

    def say(state: str) -> None:
        nonlocal last
        if state != last:
            said(state)
            last = state

    while not ending.is_set():
        try:
            engine = Engine(open_store(settings.db), Market)
        except Refused as no:
            if no.refusal.code not in {fault.LEASE_TAKEN.code, fault.CANNOT_OPEN.code}:
                raise
            say("standby")
            ending.wait(LOOK_S)
            continue
        with engine:
            clerk = Clerk(settings.db, engine)
            say("active")
            while clerk.alive and not ending.is_set():
                time.sleep(LOOK_S / 5)
            clerk.close()
