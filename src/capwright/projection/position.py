"""Where an account stands: what it owes, what it holds, what it was given, what is due when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from capwright.allocation.room import AllocationRoom
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.projection.records import Holding, holdings
from capwright.projection.tasks import surrender_due_ms, surrendering_t

if TYPE_CHECKING:
    from datetime import date

    from capwright.market import Market

__all__ = ["Duty", "Position", "Quota", "Transaction", "position_of", "transactions_of"]


class Duty(Struct, frozen=True):
    """A vintage's duty; `left_t` is still owed, of which the surrender of `waiting_t` waits for approval.

    `due_ms`: the end of the last day (0: not known).
    """

    vintage: int
    emissions_t: int | None
    owed_t: int
    surrendered_t: int
    left_t: int
    due_ms: int
    status: str
    credits_most_t: int | None
    waiting_t: int = 0

    @property
    def to_propose_t(self) -> int:
        """What nobody has proposed to surrender yet."""
        return max(0, self.left_t - self.waiting_t)


class Quota(Struct, frozen=True):
    """A vintage's quota from pre-issue to true-up, tonnes; None until that has happened."""

    vintage: int
    pre_issued_t: int | None
    approved_t: int | None
    free_t: int
    paid_t: int
    issued_t: int
    recalled_t: int
    settled: bool
    objection: str
    objection_until: date | None


class Position(Struct, frozen=True):
    """An account at a glance. `free_t` are units that could be surrendered or sold, of the main kind."""

    holdings: tuple[Holding, ...]
    duties: tuple[Duty, ...]
    quotas: tuple[Quota, ...]
    kind: str
    free_t: int
    held_t: int
    frozen_t: int
    cash_fen: int
    cash_held_fen: int
    price_fen_per_t: int

    @property
    def left_t(self) -> int:
        """What is still owed, over all vintages."""
        return sum(duty.left_t for duty in self.duties)

    @property
    def waiting_t(self) -> int:
        """What of it is proposed to be surrendered and waits for approval; its units are held."""
        return sum(min(duty.waiting_t, duty.left_t) for duty in self.duties)

    @property
    def covering_t(self) -> int:
        """What can be surrendered: free units, and those that are good for nothing else."""
        return self.free_t + self.frozen_t

    @property
    def balance_t(self) -> int:
        """What the holdings cover beyond it; negative: units have to be bought."""
        return self.covering_t - (self.left_t - self.waiting_t)

    @property
    def missing_t(self) -> int:
        """What has to be bought."""
        return max(0, -self.balance_t)

    @property
    def cost_fen(self) -> int:
        """What the missing units cost at the last price."""
        return self.missing_t * self.price_fen_per_t


class Transaction(Struct, frozen=True):
    """A transaction that waits: for approval, or for its time."""

    id: str
    type: str
    source: str
    target: str
    quantity_t: int
    proposer: str
    approver: str
    completes_at_ms: int


def position_of(market: Market, number: str) -> Position:
    """Everything of an account that its people look at first."""
    held = holdings(market, number)
    exchange = room_of(market.rooms, ExchangeRoom).state
    kind = next(iter(exchange.day.products), "") if exchange.day else ""
    kind = kind or next(iter(market.rulebook.now().unit_kinds), "")
    ours = [
        one for one in held if market.book.state.series.get(one.series, None) and one.series.startswith(kind)
    ]
    ticks = exchange.ticks.get(kind)
    price = ticks[-1].price_fen_per_t if ticks else exchange.references.get(kind, 0)

    def tonnes(begin: str) -> int:
        return sum(one.quantity_t for one in ours if one.bucket.partition(":")[0] == begin)

    return Position(
        holdings=tuple(held),
        duties=tuple(_duties(market, number)),
        quotas=tuple(_quotas(market, number)),
        kind=kind,
        free_t=tonnes(""),
        held_t=tonnes("held"),
        frozen_t=tonnes("frozen"),
        cash_fen=sum(one.cash_fen for one in held if not one.bucket),
        cash_held_fen=sum(one.cash_fen for one in held if one.bucket),
        price_fen_per_t=price,
    )


def _duties(market: Market, number: str) -> list[Duty]:
    found = []
    for year, duty in room_of(market.rooms, ComplianceRoom).state.duties.get(number, {}).items():
        judged = duty.judgement
        found.append(
            Duty(
                year,
                duty.emissions_t,
                duty.owed_t,
                duty.surrendered_t,
                0 if duty.excluded else max(0, duty.owed_t - duty.surrendered_t),
                surrender_due_ms(market, year),
                judged.status if judged else "",
                _credits_most_t(market, year, duty.emissions_t),
                surrendering_t(market, number, year),
            )
        )
    return sorted(found, key=lambda one: -one.vintage)


def _credits_most_t(market: Market, year: int, emissions_t: int | None) -> int | None:
    """The most that credits may cover: a share of the year's emissions; None where the scheme has no rule."""
    try:
        offsets = market.rulebook.vintage(year).section("compliance").offsets
    except Refused:
        return None
    if offsets is None or emissions_t is None:
        return None
    return int(offsets.limit_share * emissions_t)


def _quotas(market: Market, number: str) -> list[Quota]:
    found = []
    for vintage, records in room_of(market.rooms, AllocationRoom).state.quotas.items():
        one = records.get(number)
        if one is not None:
            found.append(
                Quota(
                    vintage,
                    one.pre_issued_t,
                    one.approved_t,
                    one.free_t,
                    one.paid_t,
                    one.issued_t,
                    one.recalled_t,
                    one.settled,
                    one.objection,
                    one.objection_until,
                )
            )
    return sorted(found, key=lambda one: -one.vintage)


def transactions_of(market: Market, number: str = "") -> list[Transaction]:
    """Transactions that wait, of one account or of all."""
    return [
        Transaction(
            one.id,
            one.type,
            one.source,
            one.target,
            sum(line.quantity_t for line in one.lines),
            one.proposer,
            one.approver,
            one.completes_at_ms,
        )
        for one in market.registry.state.pending.values()
        if not number or number in {one.source, one.target}
    ]
