"""One caller's socket: commands that come in, their answers and the messages of its channels that go out.

Commands are sent off as they come, without a task for each; the answers of one commit go out together. So
many may be under way at once; a command counts until its answer was handed to the socket, and beyond
`UNDER_WAY` nothing more is read. Whoever does not read its answers can therefore not pile them up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar.exceptions import HTTPException
from msgspec import Struct

from capwright.api.commands import MAX_BATCH, Done, command_id_of, done, scope_of
from capwright.api.fault import Fault
from capwright.api.problem import Problem
from capwright.kernel.outside import in_chinese
from capwright.kernel.refusal import Refused
from capwright.market.machine import command_union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar import WebSocket

    from capwright.api.caller import Caller
    from capwright.api.desk import Desk
    from capwright.api.hub import Listener
    from capwright.journal.engine import Envelope
    from capwright.kernel.message import Outcome

__all__ = ["UNDER_WAY", "Line"]

UNDER_WAY: Final = 1_000  # commands of one connection
_COMMAND: Final = msgspec.json.Decoder(command_union())
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ENCODE: Final = msgspec.json.Encoder().encode


class Asked(Struct):
    """A command as it comes over the socket."""

    id: str
    command: msgspec.Raw


class Answered(Struct):
    """The answer to the command of that id."""

    id: str
    answer: Done


_ASKED: Final = msgspec.json.Decoder(Asked | list[Asked])


class Line:
    """What goes in and out over the socket of one listener."""

    def __init__(self, socket: WebSocket[Any, Any, Any], desk: Desk, listener: Listener) -> None:
        self._socket = socket
        self._desk = desk
        self._listener = listener
        self._headers = dict(socket.scope["headers"])
        self._answers: list[bytes] = []
        self._under_way = 0
        self._room = asyncio.Event()  # something that was under way has been answered

    async def talk(self, missed: Sequence[str]) -> None:
        """Send what was missed, then answers and messages as they come.

        Ends when the queue is full: it has lost messages, and the caller comes back with `after`.
        """
        queue, ready = self._listener.queue, self._listener.ready
        for frame in missed:
            await self._socket.send_data(frame, mode="text")
        while not queue.full():
            await ready.wait()
            ready.clear()
            await self._send_answers()
            while not (queue.empty() or queue.full()):
                await self._socket.send_data(queue.get_nowait(), mode="text")

    async def _send_answers(self) -> None:
        answers, self._answers = self._answers, []
        if self._listener.together and answers:
            await self._socket.send_data((b"[" + b",".join(answers) + b"]").decode(), mode="text")
        else:
            for answer in answers:
                await self._socket.send_data(answer.decode(), mode="text")
        self._under_way -= len(answers)
        self._room.set()

    async def listen(self) -> None:
        """Take commands, alone or in lists, until the caller has gone."""
        while True:
            await self._take(await self._socket.receive_data(mode="text"))

    async def _take(self, raw: str) -> None:
        """Send off what a frame asks for. Everything is answered, and the line stays."""
        asked: Sequence[Asked] = ()
        amiss: Exception | None = None
        try:
            asked = _read(raw)
        except _UNREADABLE as error:
            amiss = error
        count = len(asked) or 1
        while self._under_way + count > UNDER_WAY:
            self._room.clear()
            await self._room.wait()
        self._under_way += count
        if amiss is not None:
            self._answer("", _problem(amiss))
            return
        try:  # anew for each frame: commands count against the limits, and tokens end
            caller = await self._desk.caller_of(self._socket.scope, self._headers, len(asked))
        except (HTTPException, Refused) as no:
            for one in asked:
                self._answer(one.id, _problem(no))
        else:
            self._send_off(caller, asked)

    def _send_off(self, caller: Caller, asked: Sequence[Asked]) -> None:
        """Send the commands off together; what is amiss with one concerns no other."""
        keys: list[str] = []
        envelopes: list[Envelope] = []
        for one in asked:
            try:
                envelopes.append(self._envelope(caller, one))
                keys.append(one.id)
            except (HTTPException, Refused, *_UNREADABLE) as no:
                self._answer(one.id, _problem(no))

        def then(place: int, answers: Sequence[Outcome | BaseException]) -> None:
            for place_of_one, answer in enumerate(answers, place):
                self._answer(keys[place_of_one], _said(answer, envelopes[place_of_one].command_id))

        if envelopes:
            try:
                self._desk.waiting.call(envelopes, then)
            except Refused as no:
                then(0, [no] * len(envelopes))

    def _envelope(self, caller: Caller, asked: Asked) -> Envelope:
        command = _COMMAND.decode(asked.command)
        caller.need(scope_of(type(command)))
        return self._desk.host.envelope(command, command_id_of(self._desk, caller, asked.id), caller.person)

    def _answer(self, key: str, answer: Done) -> None:
        self._answers.append(_ENCODE(Answered(key, answer)))
        self._listener.ready.set()


def _said(answer: Outcome | BaseException, command_id: str) -> Done:
    return _problem(answer) if isinstance(answer, BaseException) else done(answer, command_id)


def _read(raw: str) -> Sequence[Asked]:
    found = _ASKED.decode(raw)
    asked = found if isinstance(found, list) else [found]
    if not 0 < len(asked) <= MAX_BATCH:
        raise msgspec.ValidationError(f"A list has 1 to {MAX_BATCH} commands")
    return asked


def _problem(error: BaseException) -> Done:
    if isinstance(error, _UNREADABLE):
        error = Fault(400, str(error), in_chinese(str(error)))
    return Done(0, "", problem=Problem.of_error(error))
