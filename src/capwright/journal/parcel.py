"""Commands on their way to the engine, and how their senders hear what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from capwright.kernel.message import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from capwright.journal.batch import Envelope

    Then: TypeAlias = Callable[[Sequence[Outcome | BaseException]], None]

__all__ = ["Letter", "Parcel"]


class Letter:
    """One command, whose sender holds a future."""

    __slots__ = ("_future", "envelopes")

    def __init__(self, envelope: Envelope, future: Future[Outcome]) -> None:
        self.envelopes = (envelope,)
        self._future = future

    def taken(self) -> bool:
        """Whether it is to be carried out: until now the sender could take it back."""
        return self._future.set_running_or_notify_cancel()

    def answer(self, answers: Sequence[Outcome | BaseException]) -> None:
        (answer,) = answers
        if isinstance(answer, Outcome):
            self._future.set_result(answer)
        else:
            self._future.set_exception(answer)


class Parcel:
    """Commands whose sender waits with a function."""

    __slots__ = ("answer", "envelopes")

    def __init__(self, envelopes: Sequence[Envelope], then: Then) -> None:
        self.envelopes = envelopes
        self.answer = then

    def taken(self) -> bool:
        return True
