"""Commands over HTTP: one address for each, `POST /api/v1/commands/PlaceOrder`, and one for batches.

The header `Idempotency-Key` names the command: sent again, it gets the first answer and does nothing. The
answer comes when the row is on disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Request, Response, Router, post
from litestar.exceptions import HTTPException
from msgspec import Struct, field

from capwright.api.desk import desk_of
from capwright.api.fault import Fault
from capwright.api.problem import Problem
from capwright.journal.engine import Envelope
from capwright.kernel.message import Command, Outcome
from capwright.kernel.outside import in_chinese
from capwright.kernel.refusal import Refused
from capwright.market.machine import COMMANDS, command_union
from capwright.market.messages import CommandProposed
from capwright.registry.messages import TransactionProposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capwright.api.caller import Caller
    from capwright.api.desk import Desk
    from capwright.host import Host
    from capwright.host.express import Answer

__all__ = [
    "PATH",
    "Batch",
    "BatchItem",
    "CommandApp",
    "Done",
    "command_id_of",
    "router",
    "scope_of",
]

MAX_BATCH: Final = 500
PATH: Final = "/api/v1/commands/"
LONGEST_BODY: Final = 20_000_000  # bytes
SLOWEST_BODY_S: Final = 30.0
_LONGEST_KEY: Final = 120
_UUID7: Final = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TRADES: Final = frozenset(
    {"PlaceOrder", "PickOrder", "ReplaceOrder", "CancelOrder", "ProposeDeal", "ConfirmDeal", "WithdrawDeal"}
)
_WAITS: Final = (CommandProposed, TransactionProposed)
_ENCODE: Final = msgspec.json.Encoder().encode
_Response = tuple[int, list[tuple[bytes, bytes]], bytes]
_DECODER: Final = msgspec.json.Decoder(command_union())
_DRAW: Final = secrets.token_bytes(32)  # what ids are drawn from, without asking the system each time
_COUNT: Final = itertools.count()


class Done(Struct, omit_defaults=True):
    """What came of a command: the row of the journal and the events in it.

    `waits`: it was proposed and takes effect when a second person approves it. `repeated`: the id was used
    before, and this is the first answer. In a batch `problem` stands in place of events.
    """

    seq: int
    command_id: str
    events: tuple[Any, ...] = ()
    waits: bool = False
    repeated: bool = False
    problem: Problem | None = None


class BatchItem(Struct):
    """One command of a batch: its key and the command with its name, as `{"command": "PlaceOrder", …}`."""

    id: str
    command: msgspec.Raw


class Batch(Struct):
    """Commands to be carried out in order; each has an answer of its own."""

    commands: list[BatchItem] = field(default_factory=list)


def scope_of(command: type[Command]) -> str:
    """The scope that a command needs: trading, or writing in general."""
    return "trade" if command.__name__ in _TRADES else "write"


def command_id_of(desk: Desk, caller: Caller, key: str) -> str:
    """The id in the journal. Two callers may use the same key, and the id names neither.

    Orders and trades are called after the commands that made them, and trades are public; so the caller goes
    in as a keyed hash. The same caller and key always give the same id. Without a key the id begins with the
    time, and with a UUID of version 7 with the time in it (RFC 9562): ids made together then lie together in
    the store's index, and a commit writes few pages instead of one for each command.
    """
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise Fault(
            400,
            "Idempotency-Key must have at most 120 printable characters",
            "Idempotency-Key 至多120个可显示字符",
        )
    if not key:
        drawn = hashlib.blake2b(next(_COUNT).to_bytes(8), key=_DRAW, digest_size=10)
        return f"api/{time.time_ns() // 1_000_000:012x}{drawn.hexdigest()}"
    said = f"{caller.person}\0{key}".encode()
    secret = _secret(desk.host.settings.secret_key)
    timed = _UUID7.fullmatch(key)
    if timed is None:
        return f"api/{hashlib.blake2b(said, key=secret, digest_size=16).hexdigest()}"
    return f"api/{timed[1]}{timed[2]}{hashlib.blake2b(said, key=secret, digest_size=10).hexdigest()}"


@lru_cache(maxsize=16)
def _secret(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def done(outcome: Outcome, command_id: str) -> Done:
    """The answer in the API's form."""
    return Done(
        outcome.seq,
        command_id,
        outcome.events,
        any(type(event) in _WAITS for event in outcome.events),
        outcome.repeated,
        None if outcome.refusal is None else Problem.of(outcome.refusal),
    )


class CommandApp:
    """Answers `POST /api/v1/commands/NAME` without a framework: this is the path of every order."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known = {
            f"{PATH}{kind.__name__}": (msgspec.json.Decoder(kind), scope_of(kind)) for kind in COMMANDS
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI request."""
        headers = dict(scope["headers"])
        try:
            status, head, body = await self._answer(scope, headers, receive)
        except Exception as no:  # noqa: BLE001 - whatever it is, it is logged and the caller told so
            status, head, body = _problem(Problem.of_error(no), headers)
            if isinstance(no, HTTPException):
                head += [(k.lower().encode(), v.encode()) for k, v in (no.headers or {}).items()]
        head.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> _Response:
        known = self._known.get(scope["path"])
        if known is None:
            raise Fault(404, "There is no such command", "没有该指令")
        if scope["method"] != "POST":
            raise Fault(405, "Commands are sent by POST", "指令须以 POST 提交", {"Allow": "POST"})
        decoder, needed = known
        caller = await self._desk.caller_of(scope, headers)
        caller.need(needed)
        raw = await _in_time(receive)
        _only_json(headers.get(b"content-type", b""))
        command = _decoded(decoder, raw)
        command_id = command_id_of(self._desk, caller, headers.get(b"idempotency-key", b"").decode("latin-1"))
        envelope = self._desk.host.envelope(command, command_id, caller.person)
        (outcome,) = await self._desk.waiting.submit([envelope])
        if isinstance(outcome, BaseException):
            raise outcome
        return _done(outcome, command_id, headers)

    def express(self, scope: Any, body: bytes, answer: Answer) -> bool:
        """Send a command off at once, if there is nothing to find out about its sender and nothing amiss.

        Returns whether it was; `answer` is called when its row is on disk. What is amiss is for the ordinary
        way to say, so nothing has been done then.
        """
        known = self._known.get(scope["path"])
        if known is None:
            return False
        decoder, needed = known
        headers = dict(scope["headers"])
        try:
            caller = self._desk.callers.known(headers)
            if caller is None or caller.networks:  # who calls, or from where, has to be looked up
                return False
            caller.need(needed)
            _only_json(headers.get(b"content-type", b""))
            command = _decoded(decoder, body)
            key = headers.get(b"idempotency-key", b"").decode("latin-1")
            command_id = command_id_of(self._desk, caller, key)
            self._desk.count(caller)

            def then(_place: int, answers: Sequence[Outcome | BaseException]) -> None:
                answer(*_answered(answers[0], command_id, headers))

            self._desk.waiting.call([self._desk.host.envelope(command, command_id, caller.person)], then)
        except (HTTPException, Refused):
            return False
        return True


def _answered(outcome: Outcome | BaseException, command_id: str, headers: dict[bytes, bytes]) -> _Response:
    if isinstance(outcome, BaseException):
        return _problem(Problem.of_error(outcome), headers)
    return _done(outcome, command_id, headers)


def _done(outcome: Outcome, command_id: str, headers: dict[bytes, bytes]) -> _Response:
    row = (b"capwright-row", str(outcome.seq).encode())
    if outcome.refusal is not None:
        status, head, body = _problem(Problem.of(outcome.refusal, seq=outcome.seq), headers)
        return status, [*head, row], body
    return 200, [(b"content-type", b"application/json"), row], _ENCODE(done(outcome, command_id))


def _problem(problem: Problem, headers: dict[bytes, bytes]) -> _Response:
    said, more = problem.spoken(headers.get(b"accept-language", b"").decode("latin-1"))
    head = [(name.lower().encode(), value.encode()) for name, value in more.items()]
    return problem.status, [(b"content-type", b"application/problem+json"), *head], _ENCODE(said)


def _only_json(said: bytes) -> None:
    """Refuse (415) a body that says it is something else; one that says nothing is taken for JSON."""
    kind = said.partition(b";")[0].strip().lower()
    if kind not in {b"", b"application/json"}:
        raise Fault(415, "The body must be application/json", "请求正文类型须为 application/json")


async def _in_time(receive: Any) -> bytes:
    """The body, unless it trickles in so slowly that it only holds a connection."""
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            return await _body(receive)
    except TimeoutError:
        raise Fault(408, "The body came too slowly", "内容传输过慢") from None


async def _body(receive: Any) -> bytes:
    """The body of a request, of a bounded size."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Fault(400, "The request broke off", "请求中断")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LONGEST_BODY:
            raise Fault(413, "The body is too long", "内容过长")
        if not message.get("more_body"):
            return b"".join(parts)


def _decoded(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Fault(400, str(error), in_chinese(str(error))) from None
    except RecursionError:
        raise Fault(400, "The body is nested too deeply", "内容嵌套过深") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Fault(
            400, f"The body is not JSON: {error}", f"内容不是有效的 JSON：{in_chinese(str(error))}"
        ) from None


@post(
    "/",
    operation_id="Batch",
    summary="Carry out up to 500 commands in order",
    tags=["commands"],
    status_code=200,
)
async def batch(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every command has an answer of its own; one that is refused does not stop those after it."""
    desk = desk_of(request)
    caller = await desk.caller(request)  # before the body: nobody's need not be read
    caller.need("write" if "write" in caller.scopes else "trade")
    raw = await _in_time(request.receive)
    _only_json(request.headers.get("content-type", "").encode("latin-1"))
    asked: Batch = _decoded(_BATCH, raw)
    if not 0 < len(asked.commands) <= MAX_BATCH:
        raise Fault(400, f"A batch has 1 to {MAX_BATCH} commands", f"一批须有1至{MAX_BATCH}条指令")
    if len(asked.commands) > 1:
        await desk.caller(request, len(asked.commands) - 1)
    commands = [_decoded(_DECODER, bytes(item.command)) for item in asked.commands]
    for command in commands:
        caller.need(scope_of(type(command)))
    ids = [command_id_of(desk, caller, item.id) for item in asked.commands]
    sealed = [_sealed(desk.host, *one, caller.person) for one in zip(commands, ids, strict=True)]
    outcomes = iter(await desk.waiting.submit([one for one in sealed if isinstance(one, Envelope)]))
    answers: list[Done] = []
    for command_id, one in zip(ids, sealed, strict=True):
        outcome = next(outcomes) if isinstance(one, Envelope) else one
        if isinstance(outcome, BaseException):  # those after it were carried out, and are answered
            answers.append(Done(0, command_id, problem=Problem.of_error(outcome)))
        else:
            answers.append(done(outcome, command_id))
    return Response(msgspec.json.encode({"answers": answers}), media_type="application/json")


def _sealed(host: Host, command: Command, command_id: str, actor: str) -> Envelope | Refused:
    try:
        return host.envelope(command, command_id, actor)
    except Refused as no:
        return no


_BATCH: Final = msgspec.json.Decoder(Batch)

router = Router("/api/v1/commands", route_handlers=[batch])
