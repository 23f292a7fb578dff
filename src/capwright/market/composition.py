"""Rooms may not know each other; here each is given what it needs of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from capwright.allocation.room import AllocationRoom
from capwright.auction.reserve import Trade
from capwright.auction.room import AuctionRoom
from capwright.compliance.messages import RecordEmissions, SurrenderUnits
from capwright.compliance.obligation import UnitEmissions
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.message import Event
from capwright.ledger.clock import local_time
from capwright.ledger.messages import UnitLine
from capwright.ledger.room import Request, Room
from capwright.mrv.figure_messages import EmissionPart
from capwright.mrv.room import MrvRoom
from capwright.registry.messages import ProposeTransaction
from capwright.registry.room import RegistryRoom
from capwright.scheme.registry_rules import SURRENDER
from capwright.settlement.room import SettlementRoom

__all__ = ["compose", "room_of"]

R = TypeVar("R", bound=Room)


def room_of(rooms: Mapping[str, Room], kind: type[R]) -> R:
    """The room of a type."""
    return next(room for room in rooms.values() if isinstance(room, kind))


def compose(rooms: Mapping[str, Room]) -> None:
    """Wire the rooms together; called anew whenever a snapshot has replaced their states."""
    _compose_auction(rooms)
    _compose_surrender(rooms)
    _compose_exchange(rooms)
    _compose_mrv(rooms)


def _compose_auction(rooms: Mapping[str, Room]) -> None:
    """Reserve prices come from trades, quotas from allocation, paid shares from awards; bidders stay open."""
    auction, settlement = room_of(rooms, AuctionRoom), room_of(rooms, SettlementRoom)
    allocation = room_of(rooms, AllocationRoom)

    def trades() -> Iterable[Trade]:
        rules = auction.rulebook.now()
        for trade in settlement.state.trades:
            on = local_time(rules, trade.at_ms).date()
            yield Trade(on=on, mode=trade.mode, quantity_t=trade.quantity_t, value_fen=trade.value_fen)

    auction.hooks.trades = trades
    auction.hooks.quota_t = allocation.quota_t
    allocation.auctioned_t = auction.delivered_t
    room_of(rooms, RegistryRoom).accounts.ties.append(auction.engaged)


def _compose_exchange(rooms: Mapping[str, Room]) -> None:
    """The exchange settles through settlement; accounts with open orders stay open."""
    exchange, settlement = room_of(rooms, ExchangeRoom), room_of(rooms, SettlementRoom)
    auction = room_of(rooms, AuctionRoom)
    exchange.hooks.settle = settlement.delivery.settle
    exchange.hooks.free_resale = settlement.delivery.free_resale
    exchange.hooks.open_settlement = settlement.delivery.open_day
    room_of(rooms, RegistryRoom).accounts.ties.append(exchange.engaged)
    auction.hooks.opening = exchange.opening
    auction.hooks.check_trade = exchange.check_trade


def _compose_mrv(rooms: Mapping[str, Room]) -> None:
    """What MRV approves, compliance records in the same command, and nobody records past MRV."""
    mrv, compliance = room_of(rooms, MrvRoom), room_of(rooms, ComplianceRoom)
    people = room_of(rooms, RegistryRoom).state

    def record(
        request: Request, account: str, year: int, emissions_t: int, parts: tuple[EmissionPart, ...]
    ) -> list[Event]:
        units = tuple(UnitEmissions(p.code, p.emissions_t, p.quota_t, p.gas) for p in parts)
        return compliance.record_emissions(request, RecordEmissions(account, year, emissions_t, units=units))

    mrv.hooks.record = record
    mrv.hooks.is_officer = lambda person: bool(people.officers.get(person))
    mrv.hooks.represents = lambda person, account: person in people.representatives.get(account, {})
    compliance.check_direct = mrv.check_direct


def _compose_surrender(rooms: Mapping[str, Room]) -> None:
    """Compliance plans a surrender; the registry carries it out and asks compliance whether it may."""
    registry, compliance = room_of(rooms, RegistryRoom), room_of(rooms, ComplianceRoom)
    settlement = room_of(rooms, SettlementRoom)

    def propose(request: Request, command: SurrenderUnits, lines: tuple[UnitLine, ...]) -> list[Event]:
        accounts = registry.book.state.accounts.values()
        found = [a for a in accounts if a.type == SURRENDER]
        target = next((a.number for a in found if a.status == "open"), found[0].number if found else "")
        transaction = ProposeTransaction(SURRENDER, command.account, target, lines, command.vintage)
        return registry.transactions.propose(request, transaction)

    def pending(account: str, vintage: int) -> Iterable[UnitLine]:
        for transaction in registry.state.pending.values():
            asked_for = transaction.type == SURRENDER and transaction.vintage == vintage
            if asked_for and account in ("", transaction.source):
                yield from transaction.lines

    def check(request: Request, command: ProposeTransaction) -> None:
        compliance.check_surrender(request, command.source, command.vintage, command.lines)

    def trades() -> Iterable[tuple[date, int, int]]:
        rules = compliance.rulebook.now()
        for trade in settlement.state.trades:
            on = local_time(rules, trade.at_ms).date()
            yield on, trade.quantity_t, trade.value_fen

    compliance.propose = propose
    compliance.pending = pending
    compliance.trades = trades
    registry.transactions.type_checks[SURRENDER] = check
