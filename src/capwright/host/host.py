"""One market, hosted: commands go in, the state and the views are read.

    with Host(settings) as host:
        outcome = host.send(command, "id-1", "cement-01:operator")
        with host.look() as market: ...

`send` returns once the row is durable and the pages of this process contain it.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, Self

from capwright.host.auditing import Auditing
from capwright.host.bulk import Bulk
from capwright.host.clock import Clock, story_clock, system_clock
from capwright.host.inbox import Clerk, Messenger
from capwright.host.laws import Laws
from capwright.journal import fault
from capwright.journal.engine import Engine, Envelope
from capwright.journal.store import open_store
from capwright.kernel.refusal import Refused
from capwright.market import Market
from capwright.projection.follower import Follower
from capwright.projection.views import Views

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import TypeAlias

    from capwright.host.settings import Settings
    from capwright.journal.chain import Head
    from capwright.kernel.message import Command, Outcome
    from capwright.projection.follower import Committed

    Then: TypeAlias = Callable[[int, Sequence[Outcome | BaseException]], None]

__all__ = ["Host"]

_LOG: Final = logging.getLogger(__name__)
ANSWER_S: Final = 30.0  # how long a command may take before its sender is told that the answer is not known


class Closable(Protocol):
    """Something that ends with the host."""

    def close(self) -> None:
        """End."""


class Host:
    """Engine, follower and views of the journal at `settings.db`. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        self._closing: list[Closable] = []
        self.bulk = Bulk()
        self.follower = Follower(settings.db)
        self.views = Views(settings.views)
        self.views_fault = ""  # why the views are behind
        self._build_views()
        self.auditing = Auditing(settings.db)
        self.laws = Laws(self.follower)
        self.clock: Clock = story_clock(self.follower.head.at) if settings.demo else system_clock
        self.follower.subscribe(self._view)
        self._engine: Engine | None = None
        self._clerk: Clerk | None = None
        self._messenger: Messenger | None = None
        if settings.role == "web":
            self._messenger = Messenger(settings.db, self.follower)
        else:
            store, offer = open_store(settings.db), self.follower.offer
            self._engine = Engine(store, Market, clock=self.clock, committed=offer)
            if settings.on_server:
                self._clerk = Clerk(settings.db, self._engine)

    def _build_views(self) -> None:
        store = open_store(self.settings.db, read_only=True)
        try:
            self.views.build(store)
        finally:
            store.close()

    def _view(self, rows: Sequence[Committed]) -> None:
        """Feed the views. When their disk is full they fall behind, and catch up once there is room again.

        They are a cache, so their trouble must end neither the follower nor the commands that wait for it.
        """
        try:
            if rows[0].seq > self.views.seq + 1:
                self._build_views()
            self.views.take(rows)
        except sqlite3.Error as error:
            if not self.views_fault:
                _LOG.error("the views cannot be written, and fall behind: %s", error)
            self.views_fault = str(error)
        else:
            self.views_fault = ""

    def __enter__(self) -> Self:
        self.follower.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the journal is."""
        return self.settings.db

    @property
    def head(self) -> Head:
        """The last row that pages contain."""
        return self.follower.head

    @property
    def written(self) -> Head:
        """The last row known here to be durable; pages follow it."""
        return self._engine.head if self._engine is not None else self.follower.head

    @property
    def fenced(self) -> bool:
        """Whether this process's engine is out of office, or nobody hands it the commands of others any more.

        Another has the lease, or a bug ended the clerk. Commands are refused until the process starts anew.
        """
        stopped = self._engine is not None and self._engine.stopped is not None
        return stopped or (self._clerk is not None and not self._clerk.alive)

    def look(self) -> AbstractContextManager[Market]:
        """The state, which stands still inside the block."""
        return self.follower.look()

    def send(self, command: Command, command_id: str, actor: str) -> Outcome:
        """Carry out a command; returns when its row is durable and can be read here.

        Raises `JournalUnavailable` when nothing was acknowledged: repeat it under the same id.
        """
        try:
            outcome = self.submit(command, command_id, actor).result(ANSWER_S)
        except TimeoutError:
            raise fault.unavailable(fault.UNKNOWN_COMMIT, "no answer in time") from None
        if outcome.seq:
            self.follower.wait_for(outcome.seq)
        return outcome

    def submit(self, command: Command, command_id: str, actor: str) -> Future[Outcome]:
        """Queue a command; the future is answered when its row is durable, pages may come after.

        Refuses (CW-9717) a long command of somebody who has sent too many.
        """
        self.bulk.take(actor, command)
        if self._messenger is not None:
            return self._messenger.submit(command, command_id, actor)
        assert self._engine is not None
        return self._engine.submit(command, command_id, actor)

    def envelope(self, command: Command, command_id: str, actor: str) -> Envelope:
        """What `call` takes; refuses (CW-9717) a long command of somebody who has sent too many."""
        self.bulk.take(actor, command)
        return Envelope(command, command_id, actor)

    def call(self, envelopes: Sequence[Envelope], then: Then) -> None:
        """Queue commands; `then(place, answers)` hears what came of those from `place` on, all or some.

        Answers are outcomes or what `submit` would raise: futures cost more. `then` may be called in any
        thread, and must neither wait nor raise.
        """
        if self._engine is not None:
            self._engine.call(envelopes, partial(then, 0))
            return
        assert self._messenger is not None
        for place, (command, command_id, actor, _) in enumerate(envelopes):
            try:
                future = self._messenger.submit(command, command_id, actor)
            except Refused as no:
                then(place, [no])
            else:
                future.add_done_callback(partial(_tell, then, place))

    def refusal_of(self, command: Command, actor: str, lang: str = "en") -> dict[str, str]:
        """Try a command without effect: the code and message of its refusal, or nothing."""
        try:
            with self.look() as market:
                list(market.decide(command, command_id="try", actor=actor, at_ms=self.clock()))
        except Refused as refused:
            return {"code": refused.refusal.code, "message": refused.refusal.message(lang)}
        return {"code": "", "message": ""}

    def with_closing(self, one: Closable) -> None:
        """Close something before this host is closed."""
        self._closing.append(one)

    def close(self) -> None:
        """Answer what waits, then stop. Closing twice is harmless."""
        self.auditing.close()
        while self._closing:
            self._closing.pop().close()
        if self._messenger is not None:
            self._messenger.close()
        if self._clerk is not None:
            self._clerk.close()
        if self._engine is not None:
            self._engine.close()
        self.follower.close()
        self.views.close()


def _tell(then: Then, place: int, future: Future[Outcome]) -> None:
    then(place, [future.exception() or future.result()])
