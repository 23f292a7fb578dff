"""The WebSocket at `/api/v1/stream`: market data and one's own orders as they happen, and commands to send.

    ws://…/api/v1/stream?channels=trades:GDEA,book:GDEA,day,notices,orders:ACCOUNT&after=29578

A message is `{"seq": 29579, "channel": "trades:GDEA", "data": {…}}`. After a break, `after` with the last
`seq` seen brings what came since; when that is too long ago the first message is `{"channel": "gap", …}` and
the caller reads anew over HTTP. Commands go in as `{"id": "key", "command": {"command": "PlaceOrder", …}}`
and are answered once they are durable, `{"id": "key", "answer": {…}}`; many may be under way at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Router, WebSocket, websocket
from litestar.exceptions import HTTPException, WebSocketDisconnect
from msgspec import Struct

from capwright.api.commands import Done, command_id_of, done, scope_of
from capwright.api.problem import Problem
from capwright.exchange.messages import (
    DealCancelled,
    DealProposed,
    ExchangeAnnouncement,
    OrderCancelled,
    OrderPlaced,
    OrderReplaced,
    PriceReset,
    TradingDayClosed,
    TradingDayOpened,
    TradingHalted,
    TradingResumed,
)
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import TradeBusted, TradeSettled
from capwright.market.composition import room_of
from capwright.market.machine import command_union
from capwright.projection.viewer import PUBLIC, Viewer, viewer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.api.desk import Desk
    from capwright.projection.follower import Committed

__all__ = ["Hub", "Message", "router"]

KEPT: Final = 20_000  # messages that a caller who comes back can still get
QUEUE: Final = 2_000  # messages that wait for a caller before it is called too slow
CHANNELS: Final = 40  # that one caller may follow
UNDER_WAY: Final = 1_000  # commands of one connection
GUARD_S: Final = 15.0  # how often it is asked again whether the caller may follow
LONGEST_AFTER: Final = 18
LEVELS: Final = 20
ALL_BOOKS: Final = "*"
_TOLD: Final = (
    "order_id", "deal_id", "account", "counterparty", "product", "side", "price_fen_per_t", "quantity_t",
    "resting_t", "open_t", "reason", "mode",
)  # fmt: skip
_TOO_SLOW: Final = 1013
_REFUSED: Final = 4403
_DAY: Final = (TradingDayOpened, TradingDayClosed, TradingHalted, TradingResumed, PriceReset)
_ORDERS: Final = (OrderPlaced, OrderReplaced, OrderCancelled, DealProposed, DealCancelled)
_COMMAND: Final = msgspec.json.Decoder(command_union())


class Message(Struct):
    """What happened on a channel in a row of the journal; made into JSON when the first caller wants it."""

    seq: int
    channel: str
    data: Any = None
    _text: str = ""

    @property
    def text(self) -> str:
        """The message as JSON."""
        if not self._text:
            said = {"seq": self.seq, "channel": self.channel, "data": self.data}
            self._text = msgspec.json.encode(said).decode()
        return self._text


class Asked(Struct):
    """A command as it comes over the socket."""

    id: str
    command: msgspec.Raw


_ASKED: Final = msgspec.json.Decoder(Asked)


class Hub:
    """Turns rows of the journal into messages and hands them to whoever follows a channel."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self._since = desk.host.head.seq  # rows after this one are known in full
        self._followers: dict[str, set[asyncio.Queue[Message]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        desk.host.follower.subscribe(self._rows)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand messages out in this loop from now on."""
        self._loop = loop

    def _rows(self, rows: Sequence[Committed]) -> None:
        """Called by the follower, in its thread."""
        messages = [message for row in rows for message in _messages(row)]
        products = {m.channel.partition(":")[2] for m in messages if m.channel.startswith("moved:")}
        messages = [m for m in messages if not m.channel.startswith("moved:")]
        messages += self._books(products, rows[-1].seq)
        if self._loop is not None and messages:
            with contextlib.suppress(RuntimeError):  # the loop is ending
                self._loop.call_soon_threadsafe(self._hand_out, messages)

    def _books(self, products: set[str], seq: int) -> list[Message]:
        if not products:
            return []
        with self._desk.host.look() as market:
            books = room_of(market.rooms, ExchangeRoom).desk.books
            found = []
            for product in sorted(books if ALL_BOOKS in products else products):
                book = books.get(product)
                sides = {
                    "buy": book.depth("buy", LEVELS) if book else [],
                    "sell": book.depth("sell", LEVELS) if book else [],
                }
                found.append(Message(seq, f"book:{product}", sides))
            return found

    def _hand_out(self, messages: list[Message]) -> None:
        if len(self._kept) + len(messages) > KEPT and self._kept:
            self._since = self._kept[min(len(messages), len(self._kept)) - 1].seq
        self._kept.extend(messages)
        for message in messages:
            for queue in self._followers.get(message.channel, ()):
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(message)

    def follow(
        self, channels: Sequence[str], after: int | None
    ) -> tuple[asyncio.Queue[Message], list[Message]]:
        """A queue of what comes, and what was missed since the row `after`."""
        queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE)
        for channel in channels:
            self._followers.setdefault(channel, set()).add(queue)
        missed: list[Message] = []
        if after is not None:
            if after < self._since:
                missed.append(Message(self._since, "gap", {"after": after, "known_from": self._since}))
            wanted = set(channels)
            missed += [m for m in self._kept if m.seq > after and m.channel in wanted]
        return queue, missed

    def leave(self, queue: asyncio.Queue[Message]) -> None:
        """Follow no more."""
        for channel in [name for name, queues in self._followers.items() if queue in queues]:
            self._followers[channel].discard(queue)
            if not self._followers[channel]:
                del self._followers[channel]


def _messages(row: Committed) -> Iterator[Message]:
    """What a row means to those who follow; `moved:` marks products whose book is to be sent anew."""
    for event in row.events:
        if isinstance(event, TradeSettled):
            yield from _trade(row, event)
        elif isinstance(event, TradeBusted):
            yield Message(row.seq, f"trades:{event.kind}", {"trade_id": event.trade_id, "busted": True})
        elif isinstance(event, _ORDERS):
            yield from _order(row, event)
        elif isinstance(event, _DAY):
            yield Message(row.seq, "day", {"event": type(event).__name__, "at_ms": row.at_ms})
        elif isinstance(event, ExchangeAnnouncement):
            yield Message(row.seq, "notices", {"title": event.title, "text": event.text, "at_ms": row.at_ms})
    yield Message(row.seq, "journal", {"at_ms": row.at_ms, "hash": row.hash.hex()})


def _order(row: Committed, event: Any) -> Iterator[Message]:
    """An order or offer came, changed or went: told to its account, and to the other side of an offer."""
    posting = next(iter((*event.units, *event.cash)), None)
    account = getattr(event, "account", "") or (posting.source.partition("#")[0] if posting else "")
    told = {"event": type(event).__name__, "at_ms": row.at_ms}
    told |= {name: value for name in _TOLD if (value := getattr(event, name, None)) is not None}
    for one in {account, getattr(event, "counterparty", "")} - {""}:
        yield Message(row.seq, f"orders:{one}", told)
    yield Message(row.seq, f"moved:{getattr(event, 'product', '') or ALL_BOOKS}")


def _trade(row: Committed, trade: TradeSettled) -> Iterator[Message]:
    product = trade.product or trade.kind
    public = {
        "trade_id": trade.trade_id,
        "at_ms": row.at_ms,
        "product": product,
        "mode": trade.mode,
        "price_fen_per_t": trade.price_fen_per_t,
        "quantity_t": trade.quantity_t,
        "aggressor": trade.aggressor,
    }
    yield Message(row.seq, f"trades:{product}", public)
    yield Message(row.seq, f"orders:{trade.buyer}", {"event": "TradeSettled", "side": "buy", **public})
    yield Message(row.seq, f"orders:{trade.seller}", {"event": "TradeSettled", "side": "sell", **public})
    yield Message(row.seq, f"moved:{product}")


def allowed(viewer: Viewer, channel: str) -> bool:
    """Whether somebody may follow a channel."""
    kind, _, name = channel.partition(":")
    if kind in {"trades", "book"}:
        return bool(name)
    if kind == "orders":
        return viewer.may_read(name)
    return channel in {"day", "notices", "journal"}


@websocket("/stream")
async def stream(socket: WebSocket[Any, Any, Any]) -> None:
    """One caller: channels out, commands in."""
    desk: Desk = socket.app.state["desk"]
    hub: Hub = socket.app.state["hub"]
    try:
        caller = await desk.caller(socket)
    except HTTPException as no:
        await _closed(socket, no.detail)
        return
    channels = [name for name in socket.query_params.get("channels", "").split(",") if name]
    after = socket.query_params.get("after", "")
    with desk.host.look() as market:
        viewer = viewer_of(market, caller.person) if "read" in caller.scopes else PUBLIC
    wrong = next((name for name in channels if not allowed(viewer, name)), "")
    if (
        wrong
        or len(channels) > CHANNELS
        or not (after == "" or (after.isdecimal() and len(after) <= LONGEST_AFTER))
    ):
        await _closed(socket, f"may not follow {wrong[:80]}" if wrong else "channels or after cannot be read")
        return
    await socket.accept()
    queue, missed = hub.follow(channels, int(after) if after else None)
    talking = asyncio.create_task(_talk(socket, queue, missed))
    listening = asyncio.create_task(_listen(socket, desk))
    guarding = asyncio.create_task(_guard(socket, desk, caller.person, channels))
    try:
        ended, _ = await asyncio.wait({talking, listening, guarding}, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            if (error := task.exception()) and not isinstance(error, WebSocketDisconnect | RuntimeError):
                raise error
    finally:
        hub.leave(queue)
        for task in (talking, listening, guarding):
            task.cancel()
        with contextlib.suppress(Exception):
            await socket.close(_TOO_SLOW if queue.full() else 1000)


async def _closed(socket: WebSocket[Any, Any, Any], why: str) -> None:
    await socket.accept()
    await socket.close(_REFUSED, reason=why[:120])


async def _talk(
    socket: WebSocket[Any, Any, Any], queue: asyncio.Queue[Message], missed: list[Message]
) -> None:
    for message in missed:
        await socket.send_data(message.text, mode="text")
    last = missed[-1].seq if missed else 0
    while not queue.full():  # a full queue has lost messages: the caller comes back with `after`
        message = await queue.get()
        if message.seq >= last:
            await socket.send_data(message.text, mode="text")


async def _guard(socket: WebSocket[Any, Any, Any], desk: Desk, person: str, channels: Sequence[str]) -> None:
    """End once the token or session is no longer good, or a channel no longer open to its person."""
    headers = dict(socket.scope["headers"])
    while True:
        await asyncio.sleep(GUARD_S)
        try:
            caller = await asyncio.to_thread(desk.callers.find, headers)
        except HTTPException:
            return
        with desk.host.look() as market:
            viewer = viewer_of(market, caller.person) if "read" in caller.scopes else PUBLIC
        if caller.person != person or not all(allowed(viewer, name) for name in channels):
            return


async def _listen(socket: WebSocket[Any, Any, Any], desk: Desk) -> None:
    gate = asyncio.Semaphore(UNDER_WAY)
    tasks: set[asyncio.Task[None]] = set()
    try:
        while True:
            raw = await socket.receive_data(mode="text")
            await gate.acquire()
            task = asyncio.create_task(_command(socket, desk, raw))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda _: gate.release())
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)


async def _command(socket: WebSocket[Any, Any, Any], desk: Desk, raw: str | bytes) -> None:
    """Carry one command out and answer it; a bad one is answered too, and the connection stays."""
    key = ""
    try:
        asked = _ASKED.decode(raw)
        key = asked.id
        command = _COMMAND.decode(asked.command)
        caller = await desk.caller(socket)  # again: it counts against the limits, and tokens end
        caller.need(scope_of(type(command)))
        command_id = command_id_of(desk, caller, key)
        outcome = await desk.waiting.submit(command, command_id, caller.person)
        answer = done(outcome, command_id)
    except Refused as no:
        answer = Done(0, "", problem=Problem.of(no.refusal, 503))
    except HTTPException as no:
        answer = Done(0, "", problem=Problem(no.detail, no.status_code))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        answer = Done(0, "", problem=Problem(str(error), 400))
    await socket.send_data(msgspec.json.encode({"id": key, "answer": answer}).decode(), mode="text")


router = Router("/api/v1", route_handlers=[stream])
