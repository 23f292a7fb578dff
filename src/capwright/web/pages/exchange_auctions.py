"""Auctions: the exchange announces, clears and settles them; bidders enter and withdraw their bids."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path

from capwright.auction import messages as m
from capwright.kernel.quantity import parse_money_fen, parse_tonnes
from capwright.kernel.refusal import Refused
from capwright.projection.account_words import account_name
from capwright.projection.auctions import AuctionView, BidLine, auction_of, auctions_of, bids_of, demand
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of, told
from capwright.web.pages.exchange_access import moment_ms, officer
from capwright.web.sending import new_id, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command

__all__ = ["urls"]

_HERE: Final = "/desk/exchange/auctions/"
_WIDE, _HIGH = 600, 240
_SEED_BYTES: Final = 16


def _fen(text: str) -> int | None:
    return parse_money_fen(text) if text.strip() else None


def _announce(given: Mapping[str, str]) -> Command:
    offered = given.get("offered", "").strip()
    return m.AnnounceAuction(
        auction_id=given.get("auction", "").strip(),
        vintage=parse_tonnes(given.get("vintage", "")),
        kind=given.get("kind", ""),
        opens_ms=moment_ms(given.get("opens", "")),
        closes_ms=moment_ms(given.get("closes", "")),
        offered_t=parse_tonnes(offered, least=1) if offered else 0,
        reserve_fen_per_t=_fen(given.get("reserve", "")),
        round=given.get("round", "").strip(),
        tier=given.get("tier", "").strip(),
    )


def _clear(given: Mapping[str, str]) -> Command:
    return m.ClearAuction(
        auction_id=given.get("auction", ""),
        seed=given.get("seed", "").strip(),
        secondary_fen_per_t=_fen(given.get("secondary", "")),
    )


def _announce_lot(given: Mapping[str, str]) -> Command:
    return m.AnnounceEntrusted(
        auction_id=given.get("auction", ""),
        opens_ms=moment_ms(given.get("opens", "")),
        closes_ms=moment_ms(given.get("closes", "")),
    )


Made = tuple["Callable[[Mapping[str, str]], Command]", str, str]
_COMMANDS: Final[dict[str, Made]] = {
    "announce": (_announce, "The auction is announced.", "竞价已公告。"),
    "announce_lot": (_announce_lot, "The lot’s auction is announced.", "竞价已公告。"),
    "clear": (_clear, "The auction is cleared.", "竞价已出清。"),
    "settle": (
        lambda given: m.SettleAuction(auction_id=given.get("auction", "")),
        "Winners who have the money got their units.",
        "已与款项到位的竞得人交收。",
    ),
    "default": (
        lambda given: m.DeclareDefault(auction_id=given.get("auction", ""), account=given.get("account", "")),
        "The default is declared.",
        "已认定违约。",
    ),
    "cancel": (
        lambda given: m.CancelAuction(
            auction_id=given.get("auction", ""), reason=given.get("reason", "").strip()
        ),
        "The auction is called off.",
        "竞价已取消。",
    ),
}


def _do(request: HttpRequest) -> None:
    """Send what a form asks for, or say what is wrong with it."""
    if not viewer(request).has("exchange"):
        raise PermissionDenied
    given = {key: str(value) for key, value in request.POST.items()}
    made = _COMMANDS.get(given.get("action", ""))
    if made is None:
        raise Http404
    try:
        command = made[0](given)
    except Refused as no:
        messages.error(request, told(request, no.refusal))
        return
    send(request, command, made[1], made[2])


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """All rounds and lots; the form that announces a round."""
    who = officer(request)
    if request.method == "POST":
        _do(request)
        return redirect(_HERE)
    here = host()
    with here.look() as market:
        found = auctions_of(market, here.clock())
        rules = market.rulebook.now()
        plan = rules.body.auction
        rounds = list(plan.rounds) if plan is not None else []
        kinds = list(rules.unit_kinds)
        vintage = rules.body.vintage or ""
    shown = {
        "auctions": found,
        "rounds": rounds,
        "kinds": kinds,
        "vintage": vintage,
        "may_act": who.has("exchange"),
        "command_id": new_id(),
    }
    return render(request, "exchange/auctions.html", shown)


@login_required
def detail(request: HttpRequest, auction_id: str) -> HttpResponse:
    """One auction: its state, what can be done now, and after its close the bids and the demand curve."""
    who = officer(request)
    if request.method == "POST":
        _do(request)
        return redirect(f"{_HERE}{auction_id}/")
    here = host()
    with here.look() as market:
        auction = auction_of(market, auction_id, here.clock())
        if auction is None:
            raise Http404
        sealed = auction.stage in {"announced", "bidding", "entrusted"}
        bids = [] if sealed else bids_of(market, auction_id)
        names = {number: one.name for number, one in market.book.state.accounts.items()}
    shown = {
        "auction": auction,
        "sealed": sealed,
        "bids": bids,
        "curve": _curve(auction, bids),
        "due": [(account, names.get(account, ""), t, fen) for account, t, fen in auction.due],
        "seed": secrets.token_hex(_SEED_BYTES),
        "may_act": who.has("exchange"),
        "command_id": new_id(),
    }
    return render(request, "exchange/auction.html", shown)


def _curve(auction: AuctionView, bids: list[BidLine]) -> dict[str, Any] | None:
    """The demand curve and the supply as paths of a drawing, with what its axes say."""
    curve = demand(bids)
    if not curve:
        return None
    most_t = max(curve[-1][1], auction.offered_t)
    low = min(curve[-1][0], auction.reserve_fen_per_t or curve[-1][0])
    high = curve[0][0]
    span = max(1, high - low)

    def x(t: int) -> float:
        return round(t * _WIDE / most_t, 1)

    def y(fen: int) -> float:
        return round(10 + (high - fen) * (_HIGH - 20) / span, 1)

    parts, at = [f"M0,{y(curve[0][0])}"], 0.0
    for fen, t in curve:
        parts.append(f"L{at},{y(fen)} L{x(t)},{y(fen)}")
        at = x(t)
    price = auction.price_fen_per_t
    return {
        "path": " ".join(parts),
        "supply_x": x(auction.offered_t),
        "price_y": y(price) if price is not None and low <= price <= high else None,
        "high": high,
        "low": low,
        "most_t": most_t,
    }


# Bidders.


@login_required
def bidding(request: HttpRequest, number: str) -> HttpResponse:
    """What an account can bid for, its bids, what it won and has to pay."""
    who = viewer(request)
    here = host()
    if not who.may_read(number):
        raise Http404
    if request.method == "POST":
        _bid(request, number)
        return redirect(f"/desk/accounts/{number}/auctions/")
    with here.look() as market:
        account = market.book.state.accounts.get(number)
        if account is None:
            raise Http404
        name = account_name(market, account, lang_of(request))
        found = auctions_of(market, here.clock())
        rows = [(one, bids_of(market, one.id, number)) for one in found]
        cash_fen = market.book.cash_fen(number)
    cards = [
        {
            "auction": one,
            "bids": bids,
            "deposit_fen": sum(bid.deposit_fen for bid in bids),
            "mine": [(t, fen) for who_owes, t, fen in one.due if who_owes == number],
            "command_id": new_id(),
        }
        for one, bids in rows
        if one.stage in {"announced", "bidding", "closed"} or bids or one.source == number
    ]
    shown = {
        "number": number,
        "account_name": name,
        "cards": cards,
        "cash_fen": cash_fen,
        "may_act": "initiate" in who.accounts.get(number, ()),
    }
    return render(request, "exchange/bidding.html", shown)


def _bid(request: HttpRequest, number: str) -> None:
    given = {key: str(value) for key, value in request.POST.items()}
    auction = given.get("auction", "")
    command: Command
    try:
        if given.get("action") == "withdraw":
            command = m.WithdrawBid(auction_id=auction, account=number, bid_id=given.get("bid", ""))
            send(request, command, "The bid is withdrawn.", "申报已撤回。")
        elif given.get("action") == "withdraw_lot":
            command = m.WithdrawEntrusted(account=number, auction_id=auction)
            send(request, command, "The lot is taken back.", "委托已撤回。")
        else:
            command = m.PlaceBid(
                auction_id=auction,
                account=number,
                price_fen_per_t=parse_money_fen(given.get("price", "")),
                quantity_t=parse_tonnes(given.get("quantity", ""), least=1),
            )
            send(request, command, "The bid is sealed and on file.", "竞价申报已受理。")
    except Refused as no:
        messages.error(request, told(request, no.refusal))


urls = [
    path("desk/exchange/auctions/", page, name="exchange_auctions"),
    path("desk/exchange/auctions/<path:auction_id>/", detail, name="exchange_auction"),
    path("desk/accounts/<str:number>/auctions/", bidding, name="bidding"),
]
