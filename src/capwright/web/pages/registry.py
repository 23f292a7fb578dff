"""The desk of the registry operator: accounts, transactions, reconciliation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import path

from capwright.kernel.account_number import AccountNumber
from capwright.projection.account_words import account_name
from capwright.projection.position import transactions_of
from capwright.projection.register import completed, type_names
from capwright.projection.tasks import tasks_of
from capwright.registry.messages import OpenAccount, ProposeTransaction, SetAccountStatus
from capwright.web.clock import now
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.numbers import whole
from capwright.web.refusals import unreadable
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command
    from capwright.market import Market

__all__ = ["urls"]

A_PAGE: Final = 100
_SHOWN_TASKS: Final = 12


def _allowed(request: HttpRequest) -> None:
    if not viewer(request).has("operator", "auditor"):
        raise PermissionDenied


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """What waits, how many accounts there are, how much lies in them."""
    _allowed(request)
    with host().look() as market:
        accounts = market.book.state.accounts
        types = market.rulebook.now().account_types
        counts = Counter(one.type for one in accounts.values())
        statuses = Counter(one.status for one in accounts.values())
        waiting = transactions_of(market)
        tasks = tasks_of(market, viewer(request), host().clock())
        shown = {
            "accounts": len(accounts),
            "counts": [(types.get(code), code, count) for code, count in counts.most_common()],
            "not_open": len(accounts) - statuses["open"],
            "to_approve": sum(not one.completes_at_ms for one in waiting),
            "running": sum(bool(one.completes_at_ms) for one in waiting),
            "series": sorted((one.id, one.issued_t) for one in market.book.state.series.values()),
            "tasks": tasks[:_SHOWN_TASKS],
            "task_count": len(tasks),
        }
    return render(request, "registry/overview.html", shown)


# Accounts.


@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """The register of accounts: searched, paged; a new one, another status."""
    _allowed(request)
    if request.method == "POST":
        return _changed(request)
    text, kind, status = (request.GET.get(name, "").strip() for name in ("q", "type", "status"))
    with host().look() as market:
        found = [
            one
            for one in market.book.state.accounts.values()
            if (
                text.lower() in one.name.lower()
                or text.upper() in one.number
                or text.lower() in one.holder.lower()
            )
            and kind in {"", one.type}
            and status in {"", one.status}
        ]
        rules = market.rulebook.now().registry
        types = [one for one in rules.account_types if not one.government]
        free = {one.code: _freewhole(market, one.number) for one in types}
        coverage = market.rulebook.now().body.coverage
        sectors = coverage.sectors if coverage is not None else ()
        page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
        lang = getattr(request, "lang", "zh")
        called = {one.number: account_name(market, one, lang) for one in page}
    shown = {
        "page": page,
        "called": called,
        "q": text,
        "type": kind,
        "status": status,
        "types": types,
        "names": {one.code: one for one in rules.account_types},
        "new": [(one, free[one.code]) for one in types],
        "sectors": sectors,
        "count": len(found),
        "command_id": new_id(),
        "today": now().local.date(),
        "filled": {name: request.GET.get(name, "") for name in ("open", "name", "holder", "people")},
    }
    return render(request, "registry/accounts.html", shown)


def _changed(request: HttpRequest) -> HttpResponse:
    """Open an account, or set the status of one."""
    given = {key: str(value).strip() for key, value in request.POST.items()}
    try:
        if given.get("action") == "open":
            kind, _, number = given.get("new", "").partition(" ")
            asked = {
                "number": number, "type": kind, "holder": given.get("holder", ""),
                "name": given.get("name", ""),
                "opened_on": given.get("opened_on", ""), "sector": given.get("sector", ""),
                "representatives": _people(given.get("people", "")),
            }  # fmt: skip
            command: Command = msgspec.convert(asked, OpenAccount)
        else:
            asked = {
                "account": given.get("account", ""), "status": given.get("status", ""),
                "reason": given.get("reason", ""),
            }  # fmt: skip
            command = msgspec.convert(asked, SetAccountStatus)
    except msgspec.ValidationError as why:
        unreadable("form", str(why), field_zh="表单")
    outcome = send(request, command)
    found = getattr(command, "number", "") or getattr(command, "account", "")
    return redirect(f"{request.path}?q={found}" if outcome is not None and outcome.ok else request.path)


def _people(text: str) -> list[dict[str, str]]:
    """Ids of people, one a line or separated by commas or blanks."""
    return [{"person": one} for one in text.replace(",", " ").replace("，", " ").split()]


def _freewhole(market: Market, type_number: int) -> str:
    """A number that nobody has, with its check digits."""
    used = [int(number.split("-")[2]) for number in market.book.state.accounts]
    country = market.rulebook.now().registry.country
    return str(AccountNumber.of(country, type_number, max(used, default=10_000_000) + 1))


# Transactions.


@login_required
def transactions(request: HttpRequest) -> HttpResponse:
    """Transactions that wait for approval or for their time; completed ones, and what may be undone."""
    _allowed(request)
    if request.method == "POST":
        given = request.POST
        command = ProposeTransaction(given.get("type", ""), reverses=given.get("reverses", ""))
        send(request, command, "Reversed.", "已撤销。")
        return redirect(request.path)
    before, kind = whole(request.GET.get("before")), request.GET.get("type", "")
    with host().look() as market:
        waiting = transactions_of(market)
        names = type_names(market)
    done, following = completed(host(), before, A_PAGE, kind)
    shown = {
        "waiting": [one for one in waiting if not one.completes_at_ms],
        "running": sorted(
            (one for one in waiting if one.completes_at_ms), key=lambda one: one.completes_at_ms
        ),
        "done": done,
        "names": names,
        "type": kind,
        "before": following,
        "command_id": new_id(),
    }
    return render(request, "registry/transactions.html", shown)


@login_required
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The conservation laws, and on demand the independent auditor over the whole journal."""
    _allowed(request)
    if request.method == "POST":
        host().auditing.begin()
        return redirect(request.path)
    laws = host().laws.look()
    audited, running, failed = host().auditing.state()
    shown = {
        "laws": laws,
        "audited": audited,
        "running": running,
        "failed": failed,
        "series": [(name, issued_t, held_t, held_t - issued_t) for name, issued_t, held_t in laws.series],
    }
    return render(request, "registry/reconciliation.html", shown)


urls = [
    path("desk/registry/", overview, name="registry"),
    path("desk/registry/accounts/", accounts, name="registry_accounts"),
    path("desk/registry/transactions/", transactions, name="registry_transactions"),
    path("desk/registry/reconciliation/", reconciliation, name="registry_reconciliation"),
]
