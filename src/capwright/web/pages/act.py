"""Any command as a form, proposals to decide on, rows of the journal: what every desk shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse

from capwright.kernel.refusal import Refused
from capwright.market.machine import COMMANDS
from capwright.market.messages import ApproveProposal, RejectProposal
from capwright.projection.about import about
from capwright.web.command_form import by_name, fields_of, flat, leaves, told
from capwright.web.context import viewer
from capwright.web.form_reading import faults_of, made, typed, with_rows
from capwright.web.hosting import host
from capwright.web.known import offer
from capwright.web.language import lang_of
from capwright.web.permitted import may_send
from capwright.web.sending import here, new_id, send
from capwright.web.templatetags.forms import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command
    from capwright.projection.viewer import Viewer
    from capwright.web.command_form import Field

__all__ = ["form_page", "urls"]


def _about(request: HttpRequest, kind: type[Command]) -> list[str]:
    """What a command does, in the reader's language and with the labels of the form, by paragraph."""
    lang = lang_of(request)
    return about(kind, lang, labels(kind, lang)).split("\n\n")


@login_required
def commands(request: HttpRequest) -> HttpResponse:
    """Every command that the person may send."""
    with host().look() as market:
        mine = [kind for kind in COMMANDS if may_send(market, viewer(request), kind)]
    listed = [{"name": kind.__name__, "about": _about(request, kind)[0]} for kind in mine]
    return render(request, "desk/commands.html", {"commands": listed})


@login_required
def act(request: HttpRequest, name: str) -> HttpResponse:
    """A command's form: shown, tried without effect, or sent."""
    command = by_name(name)
    if command is None:
        raise Http404
    given = {key: str(value) for key, value in (request.POST or request.GET).items()}
    if request.method != "POST":
        return form_page(request, command, fields_of(command, given), given)
    fields = typed(command, given, dict(request.POST.lists()))
    if "more" in given or "fewer" in given:
        with_rows(fields, given.get("more", ""), given.get("fewer", ""))
        return form_page(request, command, fields, given)
    tried: dict[str, str] | None = None
    try:
        asked = made(command, fields)
    except Refused as refused:
        tried = _said(request, refused)
    else:
        if asked is not None and "try" in request.POST:
            tried = host().refusal_of(asked, viewer(request).person, lang_of(request))
        elif asked is not None:
            outcome = send(request, asked)
            if outcome is not None and outcome.ok:
                return redirect(here(request, given.get("next", "")))
    return form_page(request, command, fields, given, tried)


def form_page(
    request: HttpRequest,
    command: type[Command],
    fields: list[Field],
    given: Mapping[str, str],
    tried: dict[str, str] | None = None,
) -> HttpResponse:
    """The page of a command's form, wherever its fields come from; it is sent to the page of the command."""
    with host().look() as market:
        offer(market, viewer(request), command, fields, lang_of(request))
        allowed = may_send(market, viewer(request), command)
    shown: dict[str, Any] = {
        "name": command.__name__,
        "action": reverse("act", args=[command.__name__]),
        "allowed": allowed,
        "meaning": _about(request, command),
        "fields": fields,
        "lists": {one.key: one.known for one in leaves(fields) if one.known and not one.closed},
        "wide": any(one.kind == "rows" for one in flat(fields)),
        "faults": faults_of(fields),
        "command_id": given.get("command_id") or new_id(),
        "next": given.get("next", ""),
        "four_eyes": command.permit.four_eyes,
        "tried": tried,
    }
    return render(request, "desk/act.html", shown)


def _said(request: HttpRequest, refused: Refused) -> dict[str, str]:
    return {
        "code": refused.refusal.code,
        "message": refused.refusal.message(lang_of(request)),
    }


def _open_to(who: Viewer, proposer: str, asked: Mapping[str, Any]) -> bool:
    """Whether a proposal may be read: by who made it, who may decide on it, who may read its account."""
    kind = by_name(str(asked.get("command", "")))
    return (
        who.person == proposer
        or who.has("auditor", *(kind.permit.roles if kind is not None else ()))
        or any(
            isinstance(value, str) and value in who.accounts and who.may_read(value)
            for value in asked.values()
        )
    )


@login_required
def approval(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """A proposal: approve it, or reject it with a reason."""
    with host().look() as market:
        proposal = market.state.proposals.get(proposal_id)
    if request.method == "POST":
        if "approve" in request.POST:
            send(request, ApproveProposal(proposal_id), "Approved and carried out.", "已复核并执行。")
        else:
            reason = request.POST.get("reason", "")
            send(request, RejectProposal(proposal_id, reason), "Rejected.", "已否决。")
        return redirect("/desk/")
    if proposal is None or not _open_to(viewer(request), proposal.proposer, proposal.command):
        raise Http404
    kind = by_name(str(proposal.command.get("command", "")))
    shown = {
        "proposal_id": proposal_id,
        "proposer": proposal.proposer,
        "name": proposal.command.get("command", ""),
        "asked": told(proposal.command),
        "meaning": _about(request, kind) if kind is not None else [],
        "command_id": new_id(),
        "own": proposal.proposer == viewer(request).person,
    }
    return render(request, "desk/approval.html", shown)


urls = [
    path("desk/commands/", commands, name="commands"),
    path("desk/act/<str:name>/", act, name="act"),
    path("desk/approvals/<path:proposal_id>/", approval, name="approval"),
]
