"""Messages of the stream: what rows of the journal mean to those who follow a channel, and handing it out.

Rows are kept as they come, and made into messages when somebody wants to hear them; as JSON once for all who
follow the same. Messages go out in waves: what happened since the last wave goes together, and a book as it
stands then. After a wave the loop rests twice as long as the wave took it, so that readers, however many, do
not crowd out those who send commands: with more to do, waves come less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

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
from capwright.ledger.messages import TradeBusted, TradeSettled
from capwright.market.composition import room_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.api.desk import Desk
    from capwright.market import Market
    from capwright.projection.follower import Committed

__all__ = ["Hub", "Listener", "Message", "Told"]

_LOG: Final = logging.getLogger("capwright.api")
KEPT: Final = 10_000  # rows whose messages a caller who comes back can still get
QUEUE: Final = 2_000  # frames that wait for a caller before it is called too slow
LEVELS: Final = 20
ALL_BOOKS: Final = "*"
AHEAD_S: Final = 2.0  # how long a row that somebody saw already may take to come here
GAP_S: Final = 0.05  # between the beginnings of two waves at least
_REST: Final = 2  # times as long as the thread worked on a wave
_AT_ONCE: Final = 50  # callers that are served before others get a turn
_BOOK: Final = "book:"
_TOLD: Final = (
    "order_id", "deal_id", "account", "counterparty", "product", "side", "price_fen_per_t", "quantity_t",
    "resting_t", "open_t", "reason", "mode",
)  # fmt: skip
_DAY: Final = (TradingDayOpened, TradingDayClosed, TradingHalted, TradingResumed, PriceReset)
_ORDERS: Final = (OrderPlaced, OrderReplaced, OrderCancelled, DealProposed, DealCancelled)


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


class Told:
    """A row of the journal in the stream, or messages alone."""

    __slots__ = ("_messages", "_row", "seq")

    def __init__(self, row: Committed | None, messages: Sequence[Message] | None = None) -> None:
        self.seq = row.seq if row is not None else messages[-1].seq if messages else 0
        self._row = row
        self._messages = messages

    @property
    def messages(self) -> Sequence[Message]:
        """What the row means to those who follow, books aside."""
        if self._messages is None:
            assert self._row is not None
            self._messages = list(_messages(self._row))
        return self._messages

    def moved(self) -> Iterator[str]:
        """The products whose book it may have moved."""
        if self._row is not None:
            yield from _moved(self._row)


class Listener:
    """One caller: the channels it follows, and frames that wait for it. `together`: a frame is a list."""

    def __init__(self, channels: Sequence[str], *, together: bool = False) -> None:
        self.channels = frozenset(channels)
        self.together = together
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self.ready = asyncio.Event()  # there is something to send

    def frames(self, messages: Sequence[Message]) -> list[str]:
        """Messages as this caller wants them: each in a frame of its own, or all in one."""
        texts = [message.text for message in messages]
        return [f"[{','.join(texts)}]"] if self.together and texts else texts

    def give(self, frames: Sequence[str]) -> None:
        """Put frames into the queue; what does not fit is lost, and the full queue ends the connection."""
        with contextlib.suppress(asyncio.QueueFull):
            for frame in frames:
                self.queue.put_nowait(frame)
        self.ready.set()


class Hub:
    """Turns rows of the journal into messages and hands them to whoever follows a channel."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: deque[Told] = deque()
        self._since = desk.host.head.seq  # rows after this one are known in full
        self._listeners: dict[str, set[Listener]] = {}
        self._waiting: list[Told] = []
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waves: asyncio.Task[None] | None = None
        desk.host.follower.subscribe(self._rows)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand messages out in this loop from now on."""
        self._loop = loop
        self._waves = loop.create_task(self._run())

    def stop(self) -> None:
        """Hand out no more."""
        if self._waves is not None:
            self._waves.cancel()

    def _rows(self, rows: Sequence[Committed]) -> None:
        """Called by the market's follower, in its thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is ending
                self._loop.call_soon_threadsafe(self._take, [Told(row) for row in rows])

    def _take(self, rows: list[Told]) -> None:
        self._waiting += rows
        self._woken.set()

    async def _books(self, products: set[str], seq: int) -> list[Message]:
        """The books of these products that somebody follows, as they stand now.

        They carry the number of the last row that is told by then: who comes back with it must miss nothing.
        """
        followed = {name.removeprefix(_BOOK) for name in self._listeners if name.startswith(_BOOK)}
        wanted = followed if ALL_BOOKS in products else followed & products
        if not wanted:
            return []

        def read(market: Market) -> list[Message]:
            books = room_of(market.rooms, ExchangeRoom).desk.books
            found = []
            for product in sorted(wanted):
                book = books.get(product)
                sides = {
                    "buy": book.depth("buy", LEVELS) if book else [],
                    "sell": book.depth("sell", LEVELS) if book else [],
                }
                found.append(Message(seq, f"{_BOOK}{product}", sides))
            return found

        return (await self._desk.looked(read))[0]

    async def _run(self) -> None:
        """Wave after wave, with rests."""
        loop = asyncio.get_running_loop()
        while True:
            await self._woken.wait()
            self._woken.clear()
            began, used = loop.time(), time.thread_time()
            waiting, self._waiting = self._waiting, []
            try:
                if waiting:
                    await self._wave(waiting)
            except Exception:  # noqa: BLE001 - a fault in one wave must not end all streams
                _LOG.exception("messages were lost")
            used = time.thread_time() - used
            await asyncio.sleep(max(GAP_S - (loop.time() - began), _REST * used))

    async def _wave(self, rows: list[Told]) -> None:
        """Keep rows, and give their messages to those who follow as of now: later ones find them kept."""
        moved = {product for row in rows for product in row.moved()} if self._listeners else set()
        books = await self._books(moved, rows[-1].seq)
        self._kept.extend(rows)  # from here on nothing comes between, so that nobody hears a row twice
        while len(self._kept) > KEPT:
            self._since = self._kept.popleft().seq
        if not self._listeners:
            return
        messages = [message for row in rows for message in row.messages if message.channel in self._listeners]
        messages += books
        told = {message.channel for message in messages}
        listeners = {one for channel in told for one in self._listeners.get(channel, ())}
        made: dict[tuple[frozenset[str], bool], list[str]] = {}
        for n, one in enumerate(listeners, 1):
            key = (one.channels & told, one.together)
            if key not in made:
                made[key] = one.frames([message for message in messages if message.channel in key[0]])
            one.give(made[key])
            if n % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def follow(self, one: Listener, after: int | None) -> list[Message]:
        """Give it what comes from now on; returns what was missed since the row `after`.

        Whoever saw rows that there are not was connected to a journal that is lost, or to another one, and
        has as much to read anew as somebody who was away for too long.
        """
        ahead = after is not None and not await self._reached(after)
        for channel in one.channels:  # from here on nothing comes between, so that nobody hears a row twice
            self._listeners.setdefault(channel, set()).add(one)
        if after is None:
            return []
        last = self._last
        missed = [
            m for row in self._kept if row.seq > after for m in row.messages if m.channel in one.channels
        ]
        if ahead or after < self._since:
            known_from = last if ahead else self._since
            missed.insert(0, Message(known_from, "gap", {"after": after, "known_from": known_from}))
        books = {name.removeprefix(_BOOK) for name in one.channels if name.startswith(_BOOK)}
        return missed + await self._books(books, last)

    async def _reached(self, seq: int) -> bool:
        """Whether a row is told by now, or soon: another process may be a little further than this one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + AHEAD_S
        if self._last < seq:
            self._desk.host.follower.nudge()
        while self._last < seq and loop.time() < until:  # noqa: ASYNC110 - seldom, and a wave has its rest
            await asyncio.sleep(GAP_S)
        return self._last >= seq

    @property
    def _last(self) -> int:
        """The last row that was told."""
        return self._kept[-1].seq if self._kept else self._since

    def leave(self, one: Listener) -> None:
        """Follow no more."""
        for channel in one.channels:
            found = self._listeners.get(channel, set())
            found.discard(one)
            if not found:
                self._listeners.pop(channel, None)


def _messages(row: Committed) -> Iterator[Message]:
    """What a row means to those who follow."""
    for event in row.events:
        if isinstance(event, TradeSettled):
            yield from _trade(row, event)
        elif isinstance(event, TradeBusted):
            yield Message(
                row.seq, f"trades:{event.product or event.kind}", {"trade_id": event.trade_id, "busted": True}
            )
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


def _moved(row: Committed) -> Iterator[str]:
    """The products whose book a row may have moved."""
    for event in row.events:
        if isinstance(event, TradeSettled):
            yield event.product or event.kind
        elif isinstance(event, _ORDERS):
            yield getattr(event, "product", "") or ALL_BOOKS
