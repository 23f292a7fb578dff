"""Commands and events to JSON and back."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from capwright.journal.upcast import UPCASTERS, upcast
from capwright.kernel.message import Command, CommandRefused, Event, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Codec", "market_codec"]

encode: Final = msgspec.json.Encoder().encode


class Codec:
    """Knows the message types of one machine.

    Decoding raises `msgspec.DecodeError` on what it does not know.
    """

    def __init__(self, commands: Iterable[type[Command]], events: Iterable[type[Event]]) -> None:
        self._event_list: Any = tuple.__class_getitem__((_union((*events, CommandRefused)), ...))
        self._command_union: Any = _union(commands)
        self._events: Callable[[bytes], tuple[Event, ...]] = msgspec.json.Decoder(self._event_list).decode
        self._command: Callable[[bytes], Command] = msgspec.json.Decoder(self._command_union).decode

    def events(self, raw: bytes) -> tuple[Event, ...]:
        """Decode the events of a record, old ones included."""
        try:
            return self._events(raw)
        except msgspec.ValidationError:
            if not UPCASTERS:
                raise
            plain = [upcast(one) for one in msgspec.json.decode(raw, type=list[Any])]
            return msgspec.convert(plain, self._event_list)  # type: ignore[no-any-return]

    def command(self, raw: bytes) -> Command:
        """Decode the command of a record, an old one included."""
        try:
            return self._command(raw)
        except msgspec.ValidationError:
            if not UPCASTERS:
                raise
            return msgspec.convert(upcast(msgspec.json.decode(raw)), self._command_union)  # type: ignore[no-any-return]

    def outcome(self, seq: int, raw: bytes, *, repeated: bool = False) -> Outcome:
        """Return the answer that the record `seq` with the events `raw` stands for."""
        events = self.events(raw)
        if len(events) == 1 and isinstance(events[0], CommandRefused):
            return Outcome(seq, (), events[0].refusal, repeated)
        return Outcome(seq, events, None, repeated)


def _union(types: Iterable[type]) -> Any:
    return functools.reduce(operator.or_, dict.fromkeys(types))


@functools.cache
def market_codec() -> Codec:
    """The codec of the carbon market."""
    from capwright.market import COMMANDS, EVENTS  # noqa: PLC0415 - a toy machine needs no market

    return Codec(COMMANDS, EVENTS)
