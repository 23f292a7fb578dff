"""What waits for somebody: approvals, duties with their last days, answers that others wait for.

Every task names the page on which it is done. Nothing is kept: tasks follow from the state, so one that is
done is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import TYPE_CHECKING, Final

import msgspec

from capwright.allocation.room import AllocationRoom
from capwright.auction.room import AuctionRoom
from capwright.compliance.room import ComplianceRoom
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.refusal import Refused
from capwright.ledger.clock import local_ms
from capwright.market.composition import room_of
from capwright.market.machine import command_union
from capwright.projection.register import type_names
from capwright.projection.report_tasks import report_tasks
from capwright.projection.task import Task
from capwright.projection.terms import COMMANDS, in_words
from capwright.scheme.registry_rules import SURRENDER

if TYPE_CHECKING:
    from capwright.market import Market
    from capwright.projection.viewer import Viewer

__all__ = ["Task", "tasks_of"]


def tasks_of(market: Market, viewer: Viewer, at_ms: int) -> list[Task]:
    """The tasks of a person at a time, those with the nearest term first."""
    listed = [task for source in _SOURCES for task in source(market, viewer)]
    found = [task for task in listed if task.kind not in _END_WITH_TERM or at_ms <= task.due_ms]
    return sorted(found, key=lambda task: (task.due_ms or 2**62, task.kind, task.href))


def _proposals(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Commands that another officer proposed."""
    for proposal_id, proposal in market.state.proposals.items():
        command = msgspec.convert(proposal.command, command_union())
        if proposal.proposer == viewer.person or not viewer.has(*command.permit.roles):
            continue
        name = type(command).__name__
        yield Task(
            "approve",
            f"Approve or reject: {in_words(name)}",
            f"复核：{COMMANDS.get(name, name)}",
            f"/desk/approvals/{proposal_id}/",
            f"{proposal.proposer}",
        )


def _transactions(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Transactions of one's accounts that another representative proposed."""
    for pending in market.registry.state.pending.values():
        if pending.approver or pending.proposer == viewer.person:
            continue
        rights = viewer.accounts.get(pending.source, ())
        if "approve" not in rights and not viewer.has("authority", "operator"):
            continue
        if (
            pending.source not in viewer.accounts
            and not market.book.state.accounts[pending.source].government
        ):
            continue
        quantity_t = sum(line.quantity_t for line in pending.lines)
        en, zh = type_names(market).get(pending.type, (pending.type, pending.type))
        yield Task(
            "transaction",
            f"Approve or reject: {en}, {quantity_t:,} t",
            f"复核交易：{zh}，{quantity_t:,}吨",
            f"/desk/transactions/{pending.id}/",
            f"{pending.source} → {pending.target}",
            account=pending.source,
        )


def _trusted(market: Market, viewer: Viewer) -> Iterator[Task]:
    for account, entries in market.registry.state.trusted.items():
        if "approve" not in viewer.accounts.get(account, ()):
            continue
        for target, entry in entries.items():
            if entry.status == "pending" and entry.proposer != viewer.person:
                yield Task(
                    "trusted",
                    "Approve a trusted account",
                    "复核信任账户",
                    f"/desk/accounts/{account}/transfers/",
                    target,
                    account=account,
                )


def _surrenders(market: Market, viewer: Viewer) -> Iterator[Task]:
    """What one's firms still owe, and until when; a surrender that waits for approval is no more to do."""
    duties = room_of(market.rooms, ComplianceRoom).state.duties
    for account in viewer.accounts:
        for year, duty in duties.get(account, {}).items():
            left_t = duty.owed_t - duty.surrendered_t - surrendering_t(market, account, year)
            if left_t > 0 and not duty.excluded:
                yield Task(
                    "surrender",
                    f"Surrender {left_t:,} t for {year}",
                    f"清缴{year}年度配额{left_t:,}吨",
                    f"/desk/accounts/{account}/surrender/",
                    market.book.state.accounts[account].name,
                    due_ms=surrender_due_ms(market, year),
                    account=account,
                )


def surrendering_t(market: Market, account: str, year: int) -> int:
    """What is proposed to be surrendered for a year and waits for approval."""
    return sum(
        line.quantity_t
        for one in market.registry.state.pending.values()
        if one.type == SURRENDER and one.source == account and one.vintage == year
        for line in one.lines
    )


def surrender_due_ms(market: Market, year: int) -> int:
    """The end of the last day for surrender of a year; 0 where the scheme has none."""
    try:
        rules = market.rulebook.vintage(year)
        due: date = rules.section("compliance").surrender_due_on
    except Refused:
        return 0
    return local_ms(rules, due, _DAY_END)


def _deals(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Trades that another account offered."""
    for deal in room_of(market.rooms, ExchangeRoom).state.deals.values():
        number = deal.counterparty
        if "initiate" in viewer.accounts.get(number, ()):
            yield Task(
                "deal",
                f"Confirm or decline an offered trade of {deal.quantity_t:,} t {deal.product}",
                f"确认或拒绝协议：{deal.product} {deal.quantity_t:,}吨",
                f"/desk/accounts/{number}/trade/?product={deal.product}",
                market.book.state.accounts[deal.account].name,
                account=number,
            )


def _auctions(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Awards that one's accounts have to pay; lots that wait for the exchange to announce them."""
    state = room_of(market.rooms, AuctionRoom).state
    for auction in (*state.auctions.values(), *state.lots.values()):
        for number, award in auction.due.items():
            if number in viewer.accounts:
                yield Task(
                    "award",
                    f"Pay for {award.quantity_t:,} t won in an auction",
                    f"支付竞得的{award.quantity_t:,}吨",
                    f"/desk/accounts/{number}/auctions/",
                    auction.id,
                    due_ms=auction.pay_by_ms,
                    account=number,
                )
        if auction.status == "entrusted" and viewer.has("exchange"):
            yield Task(
                "lot",
                f"Announce the auction of an entrusted lot of {auction.offered_t:,} t",
                f"公告委托竞价：{auction.offered_t:,}吨",
                f"/desk/exchange/auctions/{auction.id}/",
                market.book.state.accounts[auction.source].name,
            )


def _quotas(market: Market, viewer: Viewer) -> Iterator[Task]:
    """Quotas that one's firms may object to; objections that the authority has to decide."""
    accounts = market.book.state.accounts
    for vintage, quotas in room_of(market.rooms, AllocationRoom).state.quotas.items():
        own = [number for number in viewer.accounts if number in quotas]
        for number in quotas if viewer.has("authority") else own:
            quota = quotas[number]
            if quota.objection == "open" and viewer.has("authority"):
                yield Task(
                    "objection",
                    f"Decide an objection to the quota of {vintage}",
                    f"处理{vintage}年度配额异议",
                    f"/desk/authority/allocation/?vintage={vintage}",
                    accounts[number].name,
                )
            elif (
                number in viewer.accounts and quota.objection_until and not (quota.objection or quota.settled)
            ):
                rules = market.rulebook.vintage(vintage)
                yield Task(
                    "quota",
                    f"Look at the quota of {vintage}: {quota.approved_t or 0:,} t",
                    f"核对{vintage}年度配额：{quota.approved_t or 0:,}吨",
                    f"/desk/accounts/{number}/allocation/",
                    accounts[number].name,
                    due_ms=local_ms(rules, quota.objection_until, _DAY_END),
                    account=number,
                )


_DAY_END: Final = time(23, 59, 59)
_END_WITH_TERM: Final = ("quota",)  # after its term nobody may object to a quota
_SOURCES: Final[tuple[Callable[[Market, Viewer], Iterator[Task]], ...]] = (
    _proposals,
    _transactions,
    _trusted,
    _surrenders,
    _deals,
    _auctions,
    _quotas,
    report_tasks,
)
