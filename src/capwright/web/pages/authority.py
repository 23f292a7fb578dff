"""The desk of the market authority: cap, allocation, compliance, reports, verifiers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import path

from capwright.allocation import messages as a
from capwright.allocation.room import AllocationRoom
from capwright.compliance.messages import AssessCompliance
from capwright.market.composition import room_of
from capwright.mrv.figure_messages import ApproveEmissions, RecordReview
from capwright.projection import oversight, reporting
from capwright.projection.coverage import coverage, targets
from capwright.projection.inspection_order import order_of
from capwright.projection.tasks import surrender_due_ms, tasks_of
from capwright.web.clock import now
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.numbers import tonnes, whole
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command

__all__ = ["urls"]

A_PAGE: Final = 100
_SHOWN_TASKS: Final = 12


def _allowed(request: HttpRequest) -> None:
    if not viewer(request).has("authority", "auditor"):
        raise PermissionDenied


def _of_vintage(request: HttpRequest, known: list[int]) -> int:
    """The vintage that was asked for, else the latest."""
    asked = whole(request.GET.get("vintage"))
    return asked if asked in known else next(iter(known), 0)


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """How the market stands."""
    _allowed(request)
    with host().look() as market:
        vintages = oversight.vintages_of(market)
        vintage = _of_vintage(request, vintages)
        rows = oversight.duties_of(market, vintage)
        tasks = tasks_of(market, viewer(request), host().clock())
        shown = {
            "vintage": vintage,
            "vintages": vintages,
            "cap": oversight.cap_of(market, vintage),
            "due_ms": surrender_due_ms(market, vintage) if vintage else 0,
            "coverage": (covered := next((one for one in coverage(market) if one.year == vintage), None)),
            "share": None if covered is None else covered.share,
            "targets": targets(market),
            "names": oversight.sector_names(market),
            "tasks": tasks[:_SHOWN_TASKS],
            "task_count": len(tasks),
            "stages": dict(Counter(one.stage for one in reporting.years_of_all(market, vintage))),
        }
    due = [one for one in rows if not one.excluded]
    owed_t, surrendered_t = sum(one.owed_t for one in due), sum(one.surrendered_t for one in due)
    more = {
        "owed_t": owed_t,
        "surrendered_t": surrendered_t,
        "emissions_t": sum(one.emissions_t or 0 for one in due),
        "firms": len(due),
        "done": sum(one.stage == "done" for one in due),
        "sanctioned": sum(one.sanctioned for one in due),
        "short": sum(one.stage == "short" for one in due),
        "sectors": _sectors(due),
    }
    return render(request, "authority/overview.html", {**shown, **more})


def _sectors(due: list[oversight.DutyRow]) -> list[dict[str, Any]]:
    """By sector: firms, how many have done their duty, tonnes."""
    found: dict[str, dict[str, Any]] = {}
    for one in due:
        row = found.setdefault(
            one.sector, {"sector": one.sector, "firms": 0, "done": 0, "owed_t": 0, "left_t": 0, "in_t": 0}
        )
        row["firms"] += 1
        row["done"] += not one.left_t
        row["owed_t"] += one.owed_t
        row["in_t"] += min(one.surrendered_t, one.owed_t)
        row["left_t"] += one.left_t
    return sorted(found.values(), key=lambda row: -row["owed_t"])


@login_required
def compliance(request: HttpRequest) -> HttpResponse:
    """Who still owes what, and what to do about it."""
    _allowed(request)
    with host().look() as market:
        vintages = oversight.vintages_of(market)
        vintage = _of_vintage(request, vintages)
        rows = oversight.duties_of(market, vintage)
        due_ms = surrender_due_ms(market, vintage) if vintage else 0
        names = oversight.sector_names(market)
    if request.method == "POST":
        send(request, AssessCompliance(vintage), "The vintage is judged.", "已判定。")
        return redirect(f"{request.path}?vintage={vintage}")
    stages = Counter(one.stage for one in rows)
    show, text = (
        request.GET.get("show", "owing" if stages["owing"] else "all"),
        request.GET.get("q", "").strip(),
    )
    if show != "all":
        rows = [one for one in rows if one.stage == show]
    rows = [one for one in rows if text.lower() in one.name.lower() or text in one.account]
    shown = {
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "stages": dict(stages),
        "show": show,
        "q": text,
        "count": len(rows),
        "vintage": vintage,
        "vintages": vintages,
        "due_ms": due_ms,
        "past": bool(due_ms) and host().clock() > due_ms,
        "names": names,
        "left_t": sum(one.left_t for one in rows),
        "command_id": new_id(),
    }
    return render(request, "authority/compliance.html", shown)


_RUNS: Final[dict[str, Callable[[int], Command]]] = {
    "pre_issue": a.PreIssueAllowances,
    "approve": a.ApproveQuota,
    "true_up": a.TrueUpAllowances,
}


@login_required
def allocation(request: HttpRequest) -> HttpResponse:
    """The cap account, quotas by sector and firm, and the steps of a run."""
    _allowed(request)
    with host().look() as market:
        vintages = oversight.vintages_of(market)
        known = sorted({*vintages, *(r.body.vintage or 0 for r in market.rulebook.by_name.values())} - {0})
        vintage = whole(request.GET.get("vintage"))
        vintage = vintage if vintage in known else next(iter(vintages), 0)
        accounts = market.book.state.accounts
        quotas = room_of(market.rooms, AllocationRoom).state.quotas.get(vintage, {})
        rows = [
            {
                "number": number, "name": accounts[number].name, "sector": accounts[number].sector,
                "pre_issued_t": one.pre_issued_t, "approved_t": one.approved_t, "free_t": one.free_t,
                "issued_t": one.issued_t - one.recalled_t, "objection": one.objection, "settled": one.settled,
            }
            for number, one in quotas.items()
        ]  # fmt: skip
        cap = oversight.cap_of(market, vintage)
        sectors = oversight.sector_quotas(market, vintage)
        names = oversight.sector_names(market)
    if request.method == "POST":
        kind = _RUNS.get(request.POST.get("run", ""))
        if kind is None:
            raise PermissionDenied
        send(request, kind(vintage), "Done.", "已办理。")
        return redirect(f"{request.path}?vintage={vintage}")
    objections = [row for row in rows if row["objection"] == "open"]
    text, sector = request.GET.get("q", "").strip(), request.GET.get("sector", "")
    rows = [
        row
        for row in rows
        if (text.lower() in str(row["name"]).lower() or text in str(row["number"]))
        and sector in {"", row["sector"]}
    ]
    shown = {
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "cap": cap,
        "sectors": sectors,
        "names": names,
        "vintage": vintage,
        "vintages": known[::-1],
        "objections": objections,
        "q": text,
        "sector": sector,
        "runs": _runs(request, vintage) if viewer(request).has("authority") and vintage else [],
        "command_id": new_id(),
    }
    return render(request, "authority/allocation.html", shown)


def _runs(request: HttpRequest, vintage: int) -> list[tuple[str, str]]:
    """The steps of a run, and why one cannot be taken now."""
    who, lang = viewer(request).person, lang_of(request)
    return [(run, host().refusal_of(kind(vintage), who, lang)["message"]) for run, kind in _RUNS.items()]


# Reports and verifiers.


@login_required
def reports(request: HttpRequest) -> HttpResponse:
    """The queue: plans to approve, reports by what they wait for, the order of inspection."""
    _allowed(request)
    tab, stage = request.GET.get("tab", ""), request.GET.get("stage", "")
    if request.method == "POST":
        return _decided(request)
    with host().look() as market:
        plans = reporting.plans_of(market)
        years = reporting.reporting_years(market)
        asked = whole(request.GET.get("year"))
        year = asked if asked in years else next(iter(years), 0)
        found = reporting.years_of_all(market, year) if year else []
        accounts = {one.account: one.name for one in found}
    counts = Counter(one.stage for one in found)
    rows: list[Any] = [one for one in found if stage in {"", one.stage}]
    rows.sort(key=lambda one: _STAGES.index(one.stage))  # what waits for a decision comes first
    shown: dict[str, Any] = {
        "tab": tab,
        "stage": stage,
        "counts": [(one, counts[one]) for one in _STAGES if counts[one]],
        "all": len(found),
        "year": year,
        "years": years,
        "plans": plans,
        "accounts": accounts,
        "command_id": new_id(),
    }
    if tab == "plans":
        rows = plans
    elif tab == "order" and year:
        order, current = order_of(host(), year)
        shown |= {"order": order, "current": current}
        rows = [one for one in order.ranked if one.findings] if order is not None else []
    shown["page"] = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "authority/reports.html", shown)


_STAGES: Final = (
    "unassigned", "verification", "recheck", "contested", "review", "approve", "missing", "approved",
)  # fmt: skip


def _decided(request: HttpRequest) -> HttpResponse:
    """Accept a statement or approve a figure from the list."""
    given = request.POST
    account, year = given.get("account", ""), whole(given.get("year"))
    if given.get("action") == "approve":
        command: Command = ApproveEmissions(account, year, tonnes(given.get("tonnes"), least=0))
    elif given.get("action") == "accepted":
        command = RecordReview(account, year, "accepted")
    else:
        raise PermissionDenied
    send(request, command)
    return redirect(f"{request.path}?year={year}&stage={given.get('stage', '')}")


@login_required
def verifiers(request: HttpRequest) -> HttpResponse:
    """The register of verifiers with their work, ratings and cards."""
    _allowed(request)
    with host().look() as market:
        found = oversight.verifiers_of(market, now().local.date())
        years = reporting.reporting_years(market)
    shown = {"verifiers": found, "year": next(iter(years), 0)}
    return render(request, "authority/verifiers.html", shown)


urls = [
    path("desk/authority/", overview, name="authority"),
    path("desk/authority/allocation/", allocation, name="authority_allocation"),
    path("desk/authority/reports/", reports, name="authority_reports"),
    path("desk/authority/verifiers/", verifiers, name="authority_verifiers"),
    path("desk/authority/compliance/", compliance, name="authority_compliance"),
]
