"""Random commands of every type, made from their field types, for markets that are in the middle of things.

Fields get values out of the market's own state (accounts, rounds, transactions, people …), boundary values
and nonsense, so that most commands pass the outer checks and reach the inner ones. Nothing here knows what a
command means: a new command is fuzzed from the day it exists.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import structs

from capwright.auction.messages import AnnounceAuction, PlaceBid
from capwright.kernel.message import Command, Event
from capwright.kernel.refusal import Refusal, Refused
from capwright.ledger.clock import local_time
from capwright.ledger.messages import UnitLine
from capwright.ledger.rulebook import Rules
from capwright.market import COMMANDS, ApproveProposal, Market, event_union
from capwright.market.messages import CommandProposed, SchemeAdopted
from capwright.mrv.messages import CloseFinding, ReportFinding, StateVerification
from capwright.registry.messages import ProposeTransaction

_EVENTS = msgspec.json.Decoder(tuple[event_union(), ...])
_HINTS: dict[type, dict[str, Any]] = {}

NASTY_TEXTS = (
    "", " ", "x", "#", "a#held:b", "held:x", "tx:c1", "frozen:2023", "exit", "a:b", "a/b", "..", "%s", "{x}",
    "\n", "\x00", "\u202e", "\ud800", "０１", "é" * 120, "x" * 5000, "NaN", "-1", "1e30", "bank", "2023",
)  # fmt: skip
NASTY_INTS = (
    0, 1, 2, 3, 12, 13, 100, 999, 1000, 5000, 10**6, 10**9, 10**12, 10**12 + 1, 10**17, 10**17 + 1, -1, -2,
    2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**30, -(10**400),
)  # fmt: skip
NASTY_DECIMALS = tuple(
    Decimal(text)
    for text in (
        "0", "1", "0.5", "1.000000001", "1e-10", "1e-400", "1000000", "123456.789", "1e15", "1.1e15", "1e30",
        "1E+999999", "0E+999999999", "-1", "-0", "NaN", "sNaN", "Infinity", "-Infinity",
    )
)  # fmt: skip
DATES = (date.min, date(1970, 1, 1), date(2023, 6, 20), date(2024, 2, 29), date(2200, 1, 1), date.max)
YEARS = (1989, 1990, 2012, 2021, 2025, 2100, 2101, 2199, 2200, 2201, 0, -1, 9999, 10_000, 2**63 - 1, 10**30)
# Sent less often, because little can happen after them.
DISRUPTIVE = {
    "AdoptScheme", "AppointOfficer", "AppointRepresentative", "AssessCompliance", "CancelAuction",
    "CloseAccount", "DepositCash", "OpenMarket", "RegisterHolder", "RegisterProject", "RemoveRepresentative",
    "SetAccountStatus", "SetReportingYears", "WithdrawCash",
}  # fmt: skip
MAX_DETAIL = 1000  # characters
END_OF_TIME_MS = 7_289_654_399_999  # the latest time that the engine lets through


class Fuzzer:
    """Draws commands for one market."""

    def __init__(self, market: Market, rng: Random, schemes: list[dict[str, Any]]) -> None:
        self.market = market
        self.rng = rng
        self.schemes = schemes
        self.now_ms = 0
        self.focus = ""  # the account that the command is about, most often
        self._pools = self._make_pools()

    def command(self, among: tuple[type[Command], ...] = COMMANDS) -> Command:
        """A command, of a type drawn at random."""
        rng = self.rng
        represented = [
            a for a, people in self.market.rooms["registry"].state.representatives.items() if people
        ]
        self.focus = rng.choice(represented if rng.random() < 0.8 else list(self.market.book.state.accounts))
        kind = rng.choice(among)
        if kind.__name__ in DISRUPTIVE and rng.random() < 0.8:
            kind = rng.choice(
                (ApproveProposal, ProposeTransaction, ProposeTransaction, PlaceBid, AnnounceAuction)
            )
        command = self.struct(kind)
        if isinstance(command, ProposeTransaction) and rng.random() < 0.7:
            return self.fitted(command)
        return command

    def fitted(self, command: ProposeTransaction) -> ProposeTransaction:
        """The proposal with accounts that its type takes, or with a transaction that it may undo."""
        rng, book = self.rng, self.market.book
        rows = self.market.rulebook.now().transaction_types if self.market.rulebook.latest is not None else {}
        row = rows.get(command.type)
        if row is None:
            return command
        if row.reverses:
            return ProposeTransaction(command.type, reverses=command.reverses)
        givers = [
            a.number for a in book.state.accounts.values() if a.type in row.from_types and book.at(a.number)
        ]
        takers = [a.number for a in book.state.accounts.values() if a.type in row.to_types]
        if not givers or not takers:
            return command
        self.focus = rng.choice(givers)
        lines = command.lines and (self.line(),)
        return structs.replace(
            command, source=self.focus, target=rng.choice(takers), lines=lines, reverses=""
        )

    def actor(self, command: Command) -> str:
        """Most often somebody who may send the command."""
        rng, permit = self.rng, command.permit
        registry = self.market.rooms["registry"].state
        fitting: list[str] = []
        if permit.roles:
            fitting = [p for p, roles in registry.officers.items() if set(roles) & set(permit.roles)]
        elif isinstance(command, (ReportFinding, CloseFinding, StateVerification)):
            verifiers = self.market.rooms["mrv"].state.verifiers
            fitting = [person for one in verifiers.values() for person in one.record.people]
        elif permit.account_field or rng.random() < 0.6:
            number = getattr(command, permit.account_field or "source", self.focus)
            fitting = list(registry.representatives.get(number, ()))
        else:
            fitting = list(registry.officers)
        if fitting and rng.random() < 0.9:
            return rng.choice(fitting)
        return rng.choice(self.people() if rng.random() < 0.95 else NASTY_TEXTS)

    # What there is in the market.

    def pool(self, name: str) -> list[Any]:
        """Values of a field name that exist in the market."""
        maker = self._pools.get(name)
        return maker() if maker is not None else []

    def _make_pools(self) -> dict[str, Callable[[], list[Any]]]:
        rooms, state = self.market.rooms, self.market.book.state
        registry, auction, mrv = rooms["registry"].state, rooms["auction"].state, rooms["mrv"].state
        pools: dict[str, Callable[[], list[Any]]] = {
            "proposal_id": lambda: list(self.market.state.proposals),
            "bid_id": lambda: [b for a in auction.auctions.values() for b in a.bids],
            "person": self.people,
            "series": lambda: list(state.series),
            "bucket": lambda: ["", "", "", "frozen:2023", "frozen:exit", *self.buckets()],
            "reason": lambda: ["", "2023", "exit", *(b.partition(":")[2] for b in self.buckets())],
            "holder": lambda: list(registry.holders),
            "process": lambda: sorted({p for by in rooms["allocation"].state.figures.values() for p in by}),
            "sector": lambda: ["", "power", "cement"],
            "scheme": lambda: self.schemes,
            "auction_id": self._auction_ids,
            "price_fen_per_t": self._prices,
            "opens_ms": lambda: [self.now_ms, self.now_ms, self.rng.choice(NASTY_INTS)],
            "closes_ms": lambda: [self.now_ms + 3_600_000, self.now_ms + 1, self.rng.choice(NASTY_INTS)],
            "kind": lambda: list(self.rules.unit_kinds),
            "type": lambda: [*self.rules.transaction_types, *self.rules.account_types],
            "order_id": lambda: list(rooms["exchange"].state.orders),
            "case_id": lambda: list(rooms["exchange"].state.cases),
            "measure_id": lambda: [m.id for c in rooms["exchange"].state.cases.values() for m in c.measures],
            "deal_id": lambda: list(rooms["exchange"].state.deals),
            "trade_id": lambda: list(rooms["settlement"].state.bustable),
            "product": lambda: list(day.products) if (day := rooms["exchange"].state.day) else ["GDEA"],
            "mode": lambda: ["negotiated", "block"],
            "on": lambda: [local_time(self.rules, self.now_ms).date()] if 0 <= self.now_ms < 10**14 else [],
            "until_ms": lambda: [0, 0, self.now_ms + 60_000, self.rng.choice(NASTY_INTS)],
            "counterparty": lambda: list(state.accounts),
            "enterprise": lambda: [self.focus],
            "plan": lambda: [0, 0, 1, 2],
            "component": lambda: ["fuel", "electricity"],
            "item": lambda: ["anthracite", "gas", ""],
            "symbol": lambda: ["FC", "NCV", "bought"],
            "unit": lambda: ["t", "kg", "MWh", "GJ/t", "%"],
            "stream": lambda: ["coal", "coal", ""],
            "version": lambda: [1, 1, 2],
            "method": lambda: list(mrv.methods),
            "verifier": lambda: list(mrv.verifiers),
            "subject": lambda: [*mrv.verifiers, self.focus],
            "violation": lambda: [one.code for one in getattr(self.rules.body.mrv, "violations", ())],
            "finding_id": lambda: [
                f for years in mrv.years.values() for y in years.values() for f in y.findings
            ],
            "draw_id": lambda: ["", *mrv.draws],
            "inspection_id": lambda: ["", *mrv.inspections],
            "definition": lambda: [one.definition for one in mrv.methods.values()],
            "verified_t": self.standing,
            "round": lambda: ["", *(r.round for r in getattr(self.rules.body.auction, "rounds", ()))],
        }
        for name in ("account", "source", "seller"):
            pools[name] = lambda: [self.focus] if self.rng.random() < 0.7 else list(state.accounts)
        for name in ("target", "buyer", "trusted", "number", "accounts"):
            pools[name] = lambda: list(state.accounts)
        for name in ("vintage", "year", "covered_from", "first_year", "last_year"):
            pools[name] = self._years
        for name in ("transaction_id", "reverses"):
            pools[name] = lambda: [*registry.pending, *registry.reversible]
        for name in ("project", "code"):
            pools[name] = lambda: ["", *rooms["compliance"].state.projects]
        return pools

    @property
    def rules(self) -> Rules:
        return self.market.rulebook.now()

    def standing(self) -> list[int]:
        """Figures that firms reported, or that stand."""
        years = [y for by in self.market.rooms["mrv"].state.years.values() for y in by.values()]
        return [filed.emissions_t for year in years for filed in year.reports]

    def _auction_ids(self) -> list[str]:
        state = self.market.rooms["auction"].state
        pending = list(self.market.rooms["registry"].state.pending)[:1]
        fresh = [f"A{self.rng.randrange(100)}" for _ in state.auctions]
        return [*state.auctions, *fresh, *(f"tx:{one}" for one in pending)]

    def _prices(self) -> list[int]:
        auctions = self.market.rooms["auction"].state.auctions.values()
        bids = [bid.price_fen_per_t for auction in auctions for bid in auction.bids.values()]
        listed = [order.price_fen_per_t for order in self.market.rooms["exchange"].state.orders.values()]
        nearby = [price + self.rng.randrange(-20, 21) for price in listed[:5]]
        return [*bids, *(auction.reserve_fen_per_t or 1 for auction in auctions), *nearby, self.integer("")]

    def _years(self) -> list[int]:
        adopted = [rules.body.vintage for rules in self.market.rulebook.by_name.values()]
        now = [self.rules.body.vintage] * 4
        return [year for year in (*adopted, *now, self.rng.choice(YEARS)) if year is not None]

    def buckets(self) -> list[str]:
        places = [*self.market.book.state.units, *self.market.book.state.cash]
        return [where.partition("#")[2] for where in places if "#" in where]

    def people(self) -> list[str]:
        state = self.market.rooms["registry"].state
        return [*state.officers, *(person for people in state.representatives.values() for person in people)]

    # Drawing values.

    def value(self, kind: Any, name: str) -> Any:
        """A value of a type for a field name."""
        rng, origin = self.rng, get_origin(kind)
        if origin in {Union, types.UnionType}:
            some = [part for part in get_args(kind) if part is not type(None)]
            absent = len(some) < len(get_args(kind)) and rng.random() < 0.4
            return None if absent else self.value(rng.choice(some), name)
        if origin is tuple:
            return tuple(
                self.value(get_args(kind)[0], name) for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3)))
            )
        if kind is UnitLine and rng.random() < 0.9:
            return self.line()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.struct(kind)
        if (pool := self.pool(name)) and rng.random() < 0.93:
            return rng.choice(pool)
        return self.scalar(kind, name)

    def scalar(self, kind: Any, name: str) -> Any:
        """Any value of a type, boundaries and nonsense for choice."""
        rng = self.rng
        if get_origin(kind) is Literal:
            return rng.choice(get_args(kind))
        if get_origin(kind) is dict:
            return {rng.choice(NASTY_TEXTS): rng.choice(NASTY_TEXTS) for _ in range(rng.randrange(3))}
        makers: dict[Any, Callable[[], Any]] = {
            bool: lambda: rng.random() < 0.3,
            int: lambda: self.integer(name),
            Decimal: lambda: rng.choice(NASTY_DECIMALS),
            date: lambda: rng.choice(DATES),
            str: lambda: rng.choice(NASTY_TEXTS),
        }
        return makers[kind]()  # a KeyError: teach the fuzzer the new type

    def integer(self, name: str) -> int:
        rng = self.rng
        if name.endswith("_ms"):
            now = self.now_ms
            return rng.choice((now - 1, now, now + 1, now + 3_600_000, now + 86_400_000, *NASTY_INTS))
        if name.endswith("months"):
            return rng.randrange(-1, 15)
        if rng.random() < 0.6:
            return rng.randrange(1, 3000)
        return rng.choice(NASTY_INTS)

    def line(self) -> UnitLine:
        """Units that lie in the account, a few too many at times."""
        book = self.market.book
        held = [(where, series) for where in book.places_of(self.focus) for series in book.at(where)]
        if not held:
            return self.struct(UnitLine)
        where, series = self.rng.choice(held)
        all_t = book.balance_t(where, series)
        quantity_t = self.rng.choice(
            (1, all_t, all_t + 1, self.rng.randrange(1, all_t + 1), self.integer(""))
        )
        return UnitLine(series, quantity_t, where.partition("#")[2])

    def struct(self, kind: type[msgspec.Struct]) -> Any:
        hints = _HINTS.get(kind) or _HINTS.setdefault(kind, get_type_hints(kind))
        values = {}
        for field in msgspec.structs.fields(kind):
            if not field.required and self.rng.random() < 0.35:
                continue
            values[field.name] = self.value(hints[field.name], field.name)
        return kind(**values)


def digest(market: Market) -> bytes:
    """The state without the texts of the schemes, which are most of a snapshot."""
    encoder = msgspec.msgpack.Encoder(enc_hook=lambda value: value.to_bytes())
    parts = [market.state, market.book.state, *(room.state for room in market.rooms.values())]
    return b"".join(encoder.encode(part) for part in parts) + repr(list(market.rulebook.by_name)).encode()


def check_texts(event: Event) -> None:
    """No text that somebody sent may come into the journal unbounded or unprintable; schemes were checked."""
    plain = msgspec.to_builtins(event)
    if isinstance(event, SchemeAdopted):
        return
    if isinstance(event, CommandProposed):
        plain["proposed"].pop("scheme", None)
    waiting = [plain]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, str):
            assert len(value) <= MAX_DETAIL, event
            assert value.replace("\n", "").isprintable(), event


class Attack:
    """Sends random commands to a restored market, and its events to a second one.

    The market may only answer with events or `Refused`; a refusal changes nothing; the laws hold; the events
    alone rebuild the state.
    """

    def __init__(self, snapshot: bytes, at_ms: int, rng: Random, schemes: list[dict[str, Any]]) -> None:
        self.market, self.replayed = Market(), Market()
        self.market.restore(snapshot)
        self.replayed.restore(snapshot)
        self.at_ms, self.rng, self.sent = at_ms, rng, 0
        self.fuzzer = Fuzzer(self.market, rng, schemes)
        self.answers: Counter[str] = Counter()  # by type and code
        self.before = digest(self.market)

    def wait(self) -> None:
        """Let time pass, at times a lot of it."""
        if self.rng.random() < 0.1:
            self.at_ms += self.rng.choice((1, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000))
        if self.rng.random() < 0.001:
            self.at_ms = self.rng.choice((self.at_ms + 10**12, END_OF_TIME_MS))
        self.fuzzer.now_ms = self.at_ms = min(self.at_ms, END_OF_TIME_MS)

    def send(self) -> None:
        """Send one command and hold the market to its word."""
        self.sent += 1
        command = self.fuzzer.command()
        actor = self.fuzzer.actor(command)
        answer = self.answer(command, actor)
        if isinstance(answer, Refusal):
            assert digest(self.market) == self.before, (command, answer)
            assert answer.message("en") != answer.message("zh")
            msgspec.json.encode(answer)
        else:
            assert self.market.breaches() == [], (command, actor)
            for event in answer:
                check_texts(event)
            for event in _EVENTS.decode(msgspec.json.encode(answer)):
                self.replayed.apply(event, self.at_ms)
            self.before = digest(self.market)
            assert digest(self.replayed) == self.before, (command, actor)
        code = answer.code if isinstance(answer, Refusal) else "done"
        self.answers[f"{type(command).__name__} {code}"] += 1

    def answer(self, command: Command, actor: str) -> tuple[Event, ...] | Refusal:
        try:
            return self.market.execute(command, command_id=f"f{self.sent}", actor=actor, at_ms=self.at_ms)
        except Refused as refused:
            return refused.refusal
        except Exception as bug:
            raise AssertionError(f"{bug!r} on {command} by {actor!r} at {self.at_ms}") from bug

    def run(self, count: int) -> Counter[str]:
        """Send so many commands; return how often each type had which answer."""
        for _ in range(count):
            self.wait()
            self.send()
        again = Market()
        again.restore(self.market.snapshot())
        assert again.state_hash() == self.market.state_hash() == self.replayed.state_hash()
        return self.answers
