"""A year of a province's market gone on with: 5,000 accounts, and a million trades in the journal itself.

The Guangdong year is played to the summer of 2024; then the register opens more accounts, and on every
trading day that follows sixty of the firms pick one another's listings, five tonnes at a time. Who sells one
day buys the next, for what was bought today cannot be sold today. The last day stays open.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

from capwright.compliance.messages import RecordEmissions
from capwright.exchange.dayrules import is_clearing_day, is_trading_day
from capwright.exchange.messages import CloseTradingDay, OpenTradingDay, PickOrder, PlaceOrder
from capwright.exchange.room import ExchangeRoom
from capwright.journal import Engine, Envelope, open_store
from capwright.kernel.account_number import AccountNumber
from capwright.market import Market
from capwright.market.composition import room_of
from capwright.market.messages import ApproveProposal
from capwright.registry.messages import AppointOfficer, OpenAccount, Representative
from capwright.scenario.people import CLOCK
from capwright.scenario.run import run_scenario
from capwright.settlement.messages import ClearTrades

__all__ = ["ACCOUNTS", "TRADES", "build"]

ACCOUNTS = 5_000
TRADES = 1_000_000
DAYS = 240  # that the trades are spread over
UNTIL_MS = 1_721_613_600_000  # 22 July 2024, 10:00
FIRMS = 60
EACH_T = 5
_HOUR_MS = 3_600_000
PICKS = 200  # of one listing
PRODUCT = "GDEA"
TOGETHER = 500


def build(db: Path, *, accounts: int = ACCOUNTS, trades: int = TRADES) -> None:
    """Write the journal; it takes some minutes at full size."""
    run_scenario("guangdong-2023", str(db), until=lambda _zone: UNTIL_MS)
    with Engine(open_store(str(db)), Market) as engine:
        market = engine.machine
        assert isinstance(market, Market)
        _send(engine, _auditor(UNTIL_MS))
        _send(engine, _close(market, UNTIL_MS))
        opened = accounts - len(market.book.state.accounts)
        _send(engine, _openings(opened, UNTIL_MS + 10_000))
        _send(engine, _emissions(opened, UNTIL_MS + 10_000))
        firms = _firms(market)
        made = 0
        for turn, day in enumerate(_days(market)):
            listings = min(-(-trades // DAYS), trades - made) // PICKS or 1
            sellers, buyers = (firms[: FIRMS // 2], firms[FIRMS // 2 :])[:: 1 if turn % 2 else -1]
            opens = _at(market, day, time(9, 20))
            _send(engine, iter([Envelope(OpenTradingDay(day), f"open/{day}", CLOCK, opens)]))
            _send(
                engine, _trading(market, day, range(made // PICKS, made // PICKS + listings), sellers, buyers)
            )
            made += listings * PICKS
            if made >= trades:
                break
            _send(engine, _close(market, _at(market, day, time(15, 35))))


def _send(engine: Engine, commands: Iterator[Envelope]) -> None:
    while some := list(itertools.islice(commands, TOGETHER)):
        for outcome in engine.run_batch(some):
            assert outcome.ok, outcome.refusal


def _at(market: Market, day: date, clock: time) -> int:
    return round(datetime.combine(day, clock, market.rulebook.now().zone).timestamp() * 1000)


def _days(market: Market) -> Iterator[date]:
    """Trading days after the story's last."""
    rules = room_of(market.rooms, ExchangeRoom).desk.rules()
    dates = market.rulebook.now().section("calendar")
    state = room_of(market.rooms, ExchangeRoom).state
    assert state.day is not None
    day = state.day.on
    while True:
        day += timedelta(days=1)
        if is_trading_day(rules, dates, day):
            yield day


def _close(market: Market, at_ms: int) -> Iterator[Envelope]:
    room = room_of(market.rooms, ExchangeRoom)
    day = room.state.day
    assert day is not None
    at_ms = max(at_ms, _at(market, day.on, time(15, 35)))
    yield Envelope(CloseTradingDay(day.on), f"close/{day.on}", CLOCK, at_ms)
    if is_clearing_day(room.desk.rules(), market.rulebook.now().section("calendar"), day.on):
        yield Envelope(ClearTrades(day.on), f"clear/{day.on}", CLOCK, at_ms + 1_000)


def _auditor(at_ms: int) -> Iterator[Envelope]:
    yield Envelope(AppointOfficer("auditor-1", ("auditor",)), "auditor", "authority-1", at_ms)
    yield Envelope(ApproveProposal("auditor"), "auditor/yes", "authority-2", at_ms)


def _openings(count: int, at_ms: int) -> Iterator[Envelope]:
    at_ms += 8 * _HOUR_MS  # after the close
    for n in range(count):
        number = _number(n)
        people = (Representative(f"more-{n}:a"), Representative(f"more-{n}:b"))
        command = OpenAccount(
            number, "operator_holding", f"more-{n}", f"More {n}", date(2024, 7, 22), "cement",
            representatives=people,
        )  # fmt: skip
        yield Envelope(command, f"more-{n}", "operator-1", at_ms)


def _emissions(count: int, at_ms: int) -> Iterator[Envelope]:
    """Every account that was opened has a duty."""
    for n in range(count):
        command = RecordEmissions(_number(n), 2023, 10_000 + n)
        yield Envelope(command, f"emissions-{n}", "authority-1", at_ms + 8 * _HOUR_MS)


def _number(n: int) -> str:
    return str(AccountNumber.of("GD", 100, 20_000_000 + n))


def _firms(market: Market) -> list[tuple[str, str]]:
    """Accounts with units and cash to trade, and who acts for each; cement-05 is the first."""
    found = []
    for number, people in market.registry.state.representatives.items():
        held_t = sum(t for series, t in market.book.at(number).items() if series.startswith(PRODUCT))
        person = next((one for one in people if one.endswith(":operator")), "")
        if person and held_t > 100_000 and market.book.cash_fen(number) > 5 * 10**7:
            found.append((number, person))
    found.sort(key=lambda one: one[1] != "cement-05:operator")
    assert len(found) >= FIRMS, len(found)
    return found[:FIRMS]


def _trading(
    market: Market,
    day: date,
    listings: range,
    sellers: list[tuple[str, str]],
    buyers: list[tuple[str, str]],
) -> Iterator[Envelope]:
    """Listings in the afternoon session, each picked until nothing is left of it."""
    at_ms = _at(market, day, time(13, 31))
    state = room_of(market.rooms, ExchangeRoom).state
    assert state.day is not None
    price = state.day.products[PRODUCT].opening_fen_per_t
    for n in listings:
        seller, person = sellers[n % len(sellers)]
        order = f"list/{day}/{n}"
        listed = PlaceOrder(seller, PRODUCT, "sell", price + n % 9 - 4, EACH_T * PICKS)
        yield Envelope(listed, order, person, at_ms)
        for k in range(PICKS):
            at_ms += 500
            buyer, who = buyers[(n + k) % len(buyers)]
            yield Envelope(PickOrder(buyer, order, EACH_T), f"pick/{day}/{n}/{k}", who, at_ms)


def some_row(db: Path) -> int:
    """A row in the middle of the journal."""
    with closing(open_store(str(db), read_only=True)) as store:
        return store.head().seq // 2


def some_serial(db: Path) -> str:
    """A unit that was traded in the middle of the journal."""
    with closing(open_store(str(db), read_only=True)) as store:
        for page in store.scan(store.head().seq // 2):
            for row in page:
                found = re.search(rb'"series":"(GDEA-[0-9]+)","first":([0-9]+)', row[5])
                if found:
                    return f"{found[1].decode()}-{found[2].decode()}"
    raise AssertionError("nothing was traded")
