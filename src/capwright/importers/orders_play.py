"""Plays a day's file: a market is opened, accounts are furnished, rows sent, the day closed and cleared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Final

from capwright.compliance.messages import RegisterProject
from capwright.exchange import messages as m
from capwright.exchange.dayrules import is_clearing_day, is_trading_day
from capwright.exchange.room import ExchangeRoom
from capwright.exchange.surveillance import Watch
from capwright.importers.orders import (
    NO_UNITS_OF,
    NOT_TRADED,
    OFFICERS,
    UNKNOWN_PRODUCT,
    UNKNOWN_TYPE,
    DayRun,
    HoldingRow,
    OrderRow,
    RefusedRow,
)
from capwright.kernel.account_number import AccountNumber
from capwright.kernel.message import Command, Event
from capwright.kernel.quantity import MAX_FEN
from capwright.kernel.refusal import Refused, refuse
from capwright.ledger.accounts import series_id
from capwright.ledger.clock import local_ms
from capwright.ledger.messages import TradeSettled, UnitLine
from capwright.market import ApproveProposal, Market, OpenMarket
from capwright.registry.messages import (
    ApproveTransaction,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    Representative,
)
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.dated import valid_on
from capwright.scheme.exchange_rules import ExchangeRules
from capwright.scheme.schema import Scheme
from capwright.settlement.messages import ClearTrades, DepositCash, TradesCleared
from capwright.table import Table

__all__ = ["play_day"]

_AUTHORITY, _APPROVER, _OPERATOR, _CHECKER = "authority-1", "authority-2", "operator-1", "operator-2"
_EXCHANGE, _SECOND, _CLOCK = "exchange-1", "exchange-2", "clock"
_FIRST_USER: Final = 10_000_001
_FEES_PER_TEN_THOUSAND: Final = 600  # more than any fee: cash that is left over hurts nobody


def play_day(
    scheme: Scheme,
    on: date,
    orders: Table[OrderRow],
    clocks: list[time],
    holdings: Table[HoldingRow] | None,
    references: Mapping[str, int],
) -> DayRun:
    """Play the file in a market in memory. Raises `BadInput` or `Refused` before anything is traded."""
    return _Play(scheme, on, orders, clocks, holdings, references).run()


class _Play:
    def __init__(
        self,
        scheme: Scheme,
        on: date,
        orders: Table[OrderRow],
        clocks: list[time],
        holdings: Table[HoldingRow] | None,
        references: Mapping[str, int],
    ) -> None:
        exchange, calendar = scheme.body.exchange, scheme.body.calendar
        assert exchange is not None
        if calendar is None or not is_trading_day(exchange, calendar, on):
            refuse(NOT_TRADED, scheme=scheme.name, on=str(on))
        self.rules: ExchangeRules = exchange
        self.calendar = calendar
        self.scheme, self.on, self.orders, self.clocks = scheme, on, orders, clocks
        self.holdings, self.references = holdings, dict(references)
        self.market = Market()
        self.numbers: dict[str, str] = {}
        self.projects: set[str] = set()
        self.sent = 0
        self.at_ms = 0
        self.events: list[tuple[int, Event]] = []

    # Sending.

    def send(self, actor: str, command: Command, name: str = "") -> tuple[Event, ...]:
        self.sent += 1
        events = self.market.execute(
            command, command_id=name or f"#{self.sent}", actor=actor, at_ms=self.at_ms
        )
        self.events += [(self.at_ms, event) for event in events]
        return events

    def together(self, command: Command, by: str = _AUTHORITY, approver: str = _APPROVER) -> None:
        self.send(by, command)
        self.send(approver, ApproveProposal(f"#{self.sent}"))

    # The morning.

    def run(self) -> DayRun:
        """Everything."""
        body = json.loads(scheme_to_json(self.scheme))
        self.send("genesis", OpenMarket(body, OFFICERS))
        self.at_ms = self.ms(time(9, 0))
        self._accounts()
        self._furnish()
        for product, price in self.references.items():
            if product not in {p.code for p in self.rules.products}:
                known = ", ".join(p.code for p in self.rules.products)
                refuse(UNKNOWN_PRODUCT, product=product[:40], scheme=self.scheme.name, known=known)
            self.together(m.ResetPrice(product, price, "given with the file"), _EXCHANGE, _SECOND)
        self.send(_CLOCK, m.OpenTradingDay(self.on))
        before = len(self.events)
        refused = self._trade()
        return self._evening(refused, before)

    def ms(self, clock: time) -> int:
        return local_ms(self.market.rulebook.now(), self.on, clock)

    def _accounts(self) -> None:
        registry = self.scheme.body.registry
        assert registry is not None
        for n, row in enumerate((t for t in registry.account_types if t.government), start=1):
            number = str(AccountNumber.of(registry.country, row.number, n))
            self.numbers[f"@{row.code}"] = number
            self.send(_OPERATOR, OpenAccount(number, row.code, "government", row.en, self.on))
        members = valid_on(self.rules.members, self.on)
        able = {t for rule in members for t in rule.account_types}
        itself = [t for rule in members if not rule.by_admission for t in rule.account_types]
        types = {t.code: t for t in registry.account_types if t.code in able}
        first = next((code for code in itself if code in types), next(iter(types), ""))
        for name, account_type in self._named().items():
            row_type = types.get(account_type or first)
            if row_type is None:
                said = {"account_type": (account_type or first)[:40], "known": ", ".join(types) or "-"}
                refuse(UNKNOWN_TYPE, **said, scheme=self.scheme.name, on=str(self.on))
            self._open(name, row_type.code, row_type.number, registry.country)
            if row_type.code not in itself:
                rule = next(rule for rule in members if row_type.code in rule.account_types)
                self.send(_EXCHANGE, m.AdmitMember(self.numbers[name], rule.kind, rule.rights[:1]))

    def _open(self, name: str, account_type: str, number: int, country: str) -> None:
        identifier = _FIRST_USER + len(self.numbers)
        self.numbers[name] = str(AccountNumber.of(country, number, identifier))
        people = (Representative(f"{name}:1"), Representative(f"{name}:2"))
        account = OpenAccount(self.numbers[name], account_type, name, name, self.on, representatives=people)
        self.send(_OPERATOR, account)

    def _named(self) -> dict[str, str]:
        """The accounts of the files, with the type that is named for them, if any."""
        found: dict[str, str] = {}
        for row in (*(self.holdings or ()), *self.orders):
            for name in (row.account, getattr(row, "counterparty", "")):
                if name:
                    found.setdefault(name, "")
            if row.account and row.account_type:
                found[row.account] = row.account_type
        return found

    # What the accounts have.

    def _furnish(self) -> None:
        rows = list(self.holdings) if self.holdings is not None else self._needs()
        for row in rows:
            if row.quantity_t:
                self._units(row)
            if row.cash:
                self.send(_EXCHANGE, DepositCash(self.numbers[row.account], row.cash))

    def _needs(self) -> list[HoldingRow]:
        """What every account's rows could need at most."""
        cash: dict[str, int] = {}
        units: dict[tuple[str, str], int] = {}
        known: dict[str, OrderRow] = {}
        kinds = {p.code: p.unit_kinds[0] for p in self.rules.products}
        for row in self.orders:
            about = row
            side = row.side
            if row.action in ("order", "deal"):
                known[row.order] = row
            elif row.action in ("pick", "confirm", "replace") and row.order in known:
                about = known[row.order]
                side = about.side if row.action == "replace" else "sell" if about.side == "buy" else "buy"
            else:
                continue
            quantity_t, price = row.quantity_t or about.quantity_t, row.price or about.price
            if side == "buy":
                cash[row.account] = cash.get(row.account, 0) + price * quantity_t
            elif about.product in kinds:
                key = row.account, kinds[about.product]
                units[key] = units.get(key, 0) + quantity_t
        vintage = self.scheme.body.vintage or self.on.year
        found = [
            HoldingRow(name, cash=min(fen + fen * _FEES_PER_TEN_THOUSAND // 10_000 + 100, MAX_FEN // 1_000))
            for name, fen in cash.items()
        ]
        return found + [
            HoldingRow(name, kind=kind, vintage=vintage, quantity_t=t) for (name, kind), t in units.items()
        ]

    def _units(self, row: HoldingRow) -> None:
        """Issue the units and hand them over, as a correction of the register."""
        family = {kind.code: kind.family for kind in self.market.rulebook.now().unit_kinds.values()}
        if family.get(row.kind) not in ("allowance", "credit"):
            refuse(NO_UNITS_OF, kind=row.kind[:40], why=family.get(row.kind, "unknown"))
        project = f"replay-{row.kind}" if family[row.kind] == "credit" else ""
        giver = self._owner(row.kind, project) if project else self.numbers["@total_quantity"]
        issue = IssueUnits(row.kind, row.vintage, row.quantity_t, giver, project)
        self.together(issue)
        receiver = self.numbers[row.account]
        if giver == receiver:
            return
        line = UnitLine(series_id(row.kind, row.vintage, project), row.quantity_t)
        command = ProposeTransaction("correction", giver, receiver, (line,))
        self.send(_OPERATOR, command)
        if f"#{self.sent}" in self.market.registry.state.pending:
            self.send(_CHECKER, ApproveTransaction(f"#{self.sent}"))

    def _owner(self, kind: str, project: str) -> str:
        """An account that credits can be issued to, and a project that they come from."""
        if "@owner" not in self.numbers:
            registry = self.scheme.body.registry
            assert registry is not None
            into = next(t for t in registry.transaction_types if t.name == "credit_issuance").to_types
            row = next(t for t in registry.account_types if t.code == into[-1])
            self._open("@owner", row.code, row.number, registry.country)
        if project not in self.projects:
            self.projects.add(project)
            self.send(_AUTHORITY, RegisterProject(project, kind))
        return self.numbers["@owner"]

    # The day.

    def _trade(self) -> list[RefusedRow]:
        refused: list[RefusedRow] = []
        for (line, row), clock in zip(self.orders.numbered(), self.clocks, strict=True):
            self.at_ms = max(self.at_ms, self.ms(clock))
            try:
                self._row(line, row)
            except Refused as no:
                refused.append(RefusedRow(line, self.at_ms, row, no.refusal))
        return refused

    def _row(self, line: int, row: OrderRow) -> None:
        number = self.numbers.get(row.account, row.account)
        actor = f"{row.account}:1"
        name = (row.order if row.action in ("order", "deal") else "") or f"row-{line}"
        if row.action == "reset":
            self.together(m.ResetPrice(row.product, row.price, f"row {line}"), _EXCHANGE, _SECOND)
        elif row.action == "halt":
            self.send(_EXCHANGE, m.Halt(number or row.product, f"row {line}"))
        elif row.action == "lift":
            self.send(_EXCHANGE, m.LiftHalt(number or row.product))
        elif row.action == "cross":
            self.send(_EXCHANGE, m.CrossListings(row.product))
        else:
            self.send(actor, self._command(row, number), name)

    def _command(self, row: OrderRow, number: str) -> Command:
        """The command of a participant's row."""
        side: m.Side = "sell" if row.side == "sell" else "buy"
        if row.action == "order":
            return m.PlaceOrder(number, row.product, side, row.price, row.quantity_t, row.validity, row.until)
        if row.action == "deal":
            other = self.numbers.get(row.counterparty, row.counterparty)
            product = next((p for p in self.rules.products if p.code == row.product), None)
            modes = {
                rule.mode
                for rule in self.rules.modes
                if product and (not rule.products or row.product in rule.products)
            }
            mode = "block" if "block" in modes else "negotiated"
            return m.ProposeDeal(number, other, row.product, side, row.price, row.quantity_t, mode)  # type: ignore[arg-type]
        if row.action == "pick":
            return m.PickOrder(number, row.order, row.quantity_t)
        if row.action == "replace":
            return m.ReplaceOrder(number, row.order, row.price, row.quantity_t)
        if row.action == "cancel":
            return m.CancelOrder(number, row.order)
        if row.action == "confirm":
            return m.ConfirmDeal(number, row.order)
        return m.WithdrawDeal(number, row.order)

    # The evening.

    def _evening(self, refused: list[RefusedRow], before: int) -> DayRun:
        room = self.market.rooms["exchange"]
        assert isinstance(room, ExchangeRoom)
        day = room.state.day
        assert day is not None
        books = {
            code: (book.depth("buy", 10), book.depth("sell", 10))
            for code, book in room.desk.books.items()
            if len(book)
        }
        for product in day.products.values():
            mode = product.modes.get(product.book)
            if mode is not None and mode.matching == "call":
                self._cross(product.code)
        self.at_ms = max(self.at_ms, *(end_ms for _, end_ms in day.windows_ms), self.ms(time(15, 40)))
        closed = self.send(_CLOCK, m.CloseTradingDay(self.on))
        closes = next(e for e in closed if isinstance(e, m.TradingDayClosed)).closes
        cleared: tuple[Event, ...] = ()
        if is_clearing_day(self.rules, self.calendar, self.on):
            cleared = self.send(_CLOCK, ClearTrades(self.on))
        watch = Watch.of(self.market.rulebook.now(), self.market.book)
        for at_ms, event in self.events if watch is not None else ():
            assert watch is not None
            watch.see(event, at_ms)
        trades = [(at_ms, e) for at_ms, e in self.events[before:] if isinstance(e, TradeSettled)]
        assert self.market.breaches() == []
        return DayRun(
            scheme=self.scheme,
            on=self.on,
            market=self.market,
            names={number: name for name, number in self.numbers.items()},
            furnished=self.holdings is None,
            references=self.references,
            trades=trades,
            refused=refused,
            book=books,
            closes=closes,
            statements=next((e.statements for e in cleared if isinstance(e, TradesCleared)), ()),
            alerts=[(alert.en, alert.zh) for alert in watch.alerts] if watch is not None else [],
            day=day,
        )

    def _cross(self, product: str) -> None:
        try:
            self.send(_EXCHANGE, m.CrossListings(product))
        except Refused:  # nothing to cross
            return
