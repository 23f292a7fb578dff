"""The desk of an account: position, obligation, surrender, transfers, allocation, people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path

from capwright.allocation.messages import ObjectToQuota
from capwright.compliance.messages import SurrenderUnits
from capwright.ledger.messages import UnitLine
from capwright.projection.account_words import account_name
from capwright.projection.cost import cost_of
from capwright.projection.position import Quota, position_of, transactions_of
from capwright.projection.register import type_names
from capwright.projection.tasks import tasks_of
from capwright.projection.viewer import is_liable
from capwright.projection.workings import workings_of
from capwright.registry.messages import (
    AddTrustedAccount,
    ApproveTransaction,
    ApproveTrustedAccount,
    CancelTransaction,
    ProposeTransaction,
    RejectTransaction,
    RemoveTrustedAccount,
)
from capwright.scheme.registry_rules import SURRENDER
from capwright.settlement.messages import WithdrawCash
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.numbers import fen, tonnes, whole
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command

__all__ = ["urls"]

A_PAGE: Final = 100
_RECENT: Final = 10


def _opened(request: HttpRequest, number: str) -> dict[str, Any]:
    """What every page of an account shows; 404 for whoever may not read it."""
    who, zh = viewer(request), lang_of(request) == "zh"
    with host().look() as market:
        account = market.book.state.accounts.get(number)
        if account is None or not who.may_read(number):
            raise Http404
        types = market.rulebook.now().account_types
        kind = types.get(account.type)
        return {
            "number": number,
            "account": account,
            "account_name": account_name(market, account, "zh" if zh else "en"),
            "type_name": account.type if kind is None else kind.zh if zh else kind.en,
            "rights": who.accounts.get(number, ()),
            "liable": is_liable(market, number),
            "position": position_of(market, number),
            "command_id": new_id(),
        }


def _history(number: str, before: int = 0, count: int = A_PAGE) -> list[dict[str, Any]]:
    rows = host().views.rows(
        "SELECT act.* FROM touch JOIN act ON act.seq = touch.seq"
        " WHERE account = ? AND (? = 0 OR touch.seq < ?) ORDER BY touch.seq DESC LIMIT ?",
        (number, before, before, count),
    )
    return [dict(row) for row in rows]


@login_required
def overview(request: HttpRequest, number: str) -> HttpResponse:
    """The account at a glance."""
    shown = _opened(request, number)
    with host().look() as market:
        tasks = [one for one in tasks_of(market, viewer(request), host().clock()) if one.account == number]
    cost = cost_of(host().views, number, shown["position"], host().clock())
    return render(
        request,
        "enterprise/overview.html",
        {**shown, "tasks": tasks, "cost": cost, "acts": _history(number, count=_RECENT)},
    )


@login_required
def surrender(request: HttpRequest, number: str) -> HttpResponse:
    """Hand in units for a vintage: tried first, then sent."""
    shown = _opened(request, number)
    tried: dict[str, str] | None = None
    if request.method == "POST":
        vintage, quantity_t = whole(request.POST.get("vintage")), tonnes(request.POST.get("quantity_t"))
        command = SurrenderUnits(number, vintage, quantity_t)
        if "try" in request.POST:
            tried = host().refusal_of(command, viewer(request).person, lang_of(request))
        elif (outcome := send(request, command, "Surrendered.", "已清缴。")) is not None and outcome.ok:
            return redirect("account", number)
    return render(request, "enterprise/surrender.html", {**shown, "tried": tried, "given": request.POST})


@login_required
def transfers(request: HttpRequest, number: str) -> HttpResponse:
    """Transactions of the account, a new one, and the trusted list."""
    shown = _opened(request, number)
    if request.method == "POST" and (command := _asked(request, number)) is not None:
        send(request, command)
        return redirect("transfers", number)
    with host().look() as market:
        waiting = transactions_of(market, number)
        names = type_names(market)
        rules = market.rulebook.now()
        mine = shown["account"].type
        types = [
            one
            for one in rules.registry.transaction_types
            if mine in one.from_types and one.proposed_by == "representative" and one.name != SURRENDER
        ]
        trusted = dict(market.registry.state.trusted.get(number, {}))
        series = sorted({one.series for one in shown["position"].holdings if one.series and not one.bucket})
    more = {"waiting": waiting, "names": names, "types": types, "trusted": trusted, "series": series}
    return render(request, "enterprise/transfers.html", {**shown, **more})


def _asked(request: HttpRequest, number: str) -> Command | None:
    """The command that a form of the transfers page asks for."""
    given = request.POST
    target = given.get("target", "").strip()
    if "propose" in given:
        line = UnitLine(given.get("series", ""), tonnes(given.get("quantity_t")))
        return ProposeTransaction(given.get("type", ""), number, target, (line,))
    if "trust" in given:
        return AddTrustedAccount(number, target)
    if "trust_yes" in given:
        return ApproveTrustedAccount(number, target)
    return RemoveTrustedAccount(number, target) if "trust_no" in given else None


@login_required
def transaction(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """A transaction that waits: approve it, reject it, or take it back."""
    who = viewer(request)
    with host().look() as market:
        found = next((one for one in transactions_of(market) if one.id == transaction_id), None)
        lines = market.registry.state.pending[found.id].lines if found is not None else ()
        accounts = market.book.state.accounts
        parties = {
            one: account_name(market, accounts[one], lang_of(request))
            for one in ((found.source, found.target) if found is not None else ())
            if one in accounts and accounts[one].name
        }
        names = type_names(market)
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        command: Command = CancelTransaction(transaction_id, reason)
        if "approve" in request.POST:
            command = ApproveTransaction(transaction_id)
        elif "reject" in request.POST:
            command = RejectTransaction(transaction_id, reason)
        send(request, command)
        return redirect("desk")
    if found is None or not (who.may_read(found.source) or who.may_read(found.target)):
        raise Http404
    return render(
        request,
        "enterprise/transaction.html",
        {
            "one": found,
            "lines": lines,
            "parties": parties,
            "names": names,
            "own": found.proposer == who.person,
            "command_id": new_id(),
        },
    )


@login_required
def allocation(request: HttpRequest, number: str) -> HttpResponse:
    """What was given, step by step; an objection while there is time."""
    shown = _opened(request, number)
    if request.method == "POST":
        command = ObjectToQuota(number, whole(request.POST.get("vintage")), request.POST.get("reason", ""))
        send(request, command, "Your objection is in.", "异议已提交。")
        return redirect("allocation", number)
    with host().look() as market:
        figures = {
            process: dict(years)
            for process, years in market.rooms["allocation"].state.figures.get(number, {}).items()
        }
        rules = market.rulebook.now().body.allocation
        names = {one.code: one for one in rules.processes} if rules else {}
        schemes = {
            one.vintage: market.rulebook.vintage(one.vintage).scheme.name for one in shown["position"].quotas
        }
        newest = market.rulebook.now().body.vintage or 0
    workings = workings_of(host().views, host().settings.db, number)
    due = _next_steps(shown["position"].quotas, newest) if figures else []
    shown |= {
        "figures": figures,
        "process_names": names,
        "workings": workings,
        "schemes": schemes,
        "open_vintages": due,
    }
    return render(request, "enterprise/allocation.html", shown)


def _next_steps(quotas: tuple[Quota, ...], newest: int) -> list[tuple[int, str]]:
    """By vintage, the command that the authority sends next for this enterprise alone."""
    found = [] if any(one.vintage == newest for one in quotas) else [(newest, "PreIssueAllowances")]
    for one in quotas:
        if one.approved_t is None:
            found.append((one.vintage, "ApproveQuota"))
        elif one.objection == "open":
            found.append((one.vintage, "DecideObjection"))
        elif not one.settled:
            found.append((one.vintage, "TrueUpAllowances"))
    return found


@login_required
def cash(request: HttpRequest, number: str) -> HttpResponse:
    """Cash, and paying out."""
    shown = _opened(request, number)
    if request.method == "POST":
        send(request, WithdrawCash(number, fen(request.POST.get("amount"))), "Paid out.", "已出金。")
        return redirect("cash", number)
    return render(request, "enterprise/cash.html", shown)


@login_required
def people(request: HttpRequest, number: str) -> HttpResponse:
    """Who acts for the account."""
    shown = _opened(request, number)
    with host().look() as market:
        listed = dict(market.registry.state.representatives.get(number, {}))
    return render(request, "enterprise/people.html", {**shown, "people": listed})


@login_required
def history(request: HttpRequest, number: str) -> HttpResponse:
    """Every row of the journal that touched the account."""
    shown = _opened(request, number)
    acts = _history(number, whole(request.GET.get("before")))
    before = acts[-1]["seq"] if len(acts) == A_PAGE else 0
    return render(request, "enterprise/history.html", {**shown, "acts": acts, "before": before})


urls = [
    path("desk/accounts/<str:number>/", overview, name="account"),
    path("desk/accounts/<str:number>/surrender/", surrender, name="surrender"),
    path("desk/accounts/<str:number>/transfers/", transfers, name="transfers"),
    path("desk/accounts/<str:number>/allocation/", allocation, name="allocation"),
    path("desk/accounts/<str:number>/cash/", cash, name="cash"),
    path("desk/accounts/<str:number>/people/", people, name="people"),
    path("desk/accounts/<str:number>/history/", history, name="history"),
    path("desk/transactions/<path:transaction_id>/", transaction, name="transaction"),
]
