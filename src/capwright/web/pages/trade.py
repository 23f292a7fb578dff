"""The trading screen of an account: the live book, a ticket that is checked as one types, orders, offers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from capwright.exchange import messages as m
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.quantity import parse_money_fen, parse_tonnes
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.projection import trader, trading
from capwright.web.clock import local
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.refusals import unreadable
from capwright.web.sending import id_of, new_id, not_known, send
from capwright.web.templatetags.trading import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest

    from capwright.kernel.message import Command
    from capwright.market import Market
    from capwright.projection.viewer import Viewer

__all__ = ["urls"]

_DONE: Final = {
    "place": ("The order was taken.", "申报已受理。"),
    "pick": ("Traded.", "点选已成交。"),
    "replace": ("The order was changed.", "改单已受理。"),
    "cancel": ("The order was cancelled.", "已撤单。"),
    "mass": ("All orders were cancelled.", "已全部撤单。"),
    "propose": ("The offer waits for the other side.", "已发出协议，等待对方确认。"),
    "confirm": ("The deal was settled.", "协议已成交。"),
    "withdraw": ("The deal was called off.", "协议已撤回。"),
}


def _read_by(request: HttpRequest, number: str) -> Viewer:
    """Who looks, if the account's affairs are open to them."""
    who = viewer(request)
    with host().look() as market:
        known = number in market.book.state.accounts
    if not known or not who.may_read(number):
        raise Http404
    return who


@login_required
def page(request: HttpRequest, number: str) -> HttpResponse:
    """The screen."""
    who = _read_by(request, number)
    at_ms = host().clock()
    with host().look() as market:
        account = market.book.state.accounts[number]
        name, government = account.name, account.government
        day = room_of(market.rooms, ExchangeRoom).state.day
        codes = list(day.products) if day is not None else []
        modes = _bilateral(market)
    if not codes or government:
        return render(request, "market/no_trade.html", {"number": number, "government": government})
    code = request.GET.get("product") or codes[0]
    if code not in codes:
        raise Http404
    live = _live(number, code)
    lang = lang_of(request)
    shown = {
        "number": number,
        "account_name": name,
        "codes": codes,
        "code": code,
        "day": live["day"],
        "product": live["product"],
        "standing": live["standing"],
        "deal_modes": modes,
        "may_act": "initiate" in who.accounts.get(number, ()),
        "command_id": new_id(),
        "data": {
            "lang": lang,
            "code": code,
            "account": number,
            "may_act": "initiate" in who.accounts.get(number, ()),
            "live": msgspec.to_builtins(live),
            "offset_min": int((local(at_ms).utcoffset() or timedelta()).total_seconds() // 60),
            "urls": {
                "live": f"/desk/accounts/{number}/trade/live.json?product={code}",
                "check": f"/desk/accounts/{number}/trade/check.json",
                "send": f"/desk/accounts/{number}/trade/send/",
                "chart": f"/market/{code}/chart.json",
            },
            "words": {kind: words(kind, lang) for kind in ("phase", "side", "mode", "validity")},
        },
    }
    return render(request, "market/trade.html", shown)


def _bilateral(market: Market) -> list[str]:
    """The modes in which two can agree a trade today."""
    day = room_of(market.rooms, ExchangeRoom).state.day
    found = dict.fromkeys(
        mode.mode
        for product in (day.products.values() if day else ())
        for mode in product.modes.values()
        if mode.matching == "bilateral"
    )
    return list(found)


def _live(number: str, code: str) -> dict[str, Any]:
    """What changes while one trades."""
    here = host()
    at_ms = here.clock()
    with here.look() as market:
        found = trading.product_of(market, code, at_ms)
        if found is None:
            raise Http404
        told = {
            "seq": here.head.seq,
            "at_ms": at_ms,
            "day": trading.day_of(market, at_ms),
            "product": found,
            "book": trading.book_of(market, code, account=number),
            "orders": trader.orders_of(market, number),
            "deals": trader.deals_of(market, number),
            "standing": trader.standing_of(market, number, code),
        }
    return {
        **told,
        "tape": trading.tape_of(here.views, code),
        "trades": trader.trades_of(here.views, number),
    }


@login_required
def live(request: HttpRequest, number: str) -> HttpResponse:
    """The same for the screen's script."""
    _read_by(request, number)
    return _json(_live(number, request.GET.get("product", "")))


def _json(body: Any) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), content_type="application/json")


# Commands.


def _price(given: Mapping[str, str]) -> int:
    return parse_money_fen(given.get("price", ""))


def _tonnes(given: Mapping[str, str]) -> int:
    return parse_tonnes(given.get("quantity", ""), least=1)


def _side(given: Mapping[str, str]) -> m.Side:
    return "sell" if given.get("side") == "sell" else "buy"


def _place(number: str, given: Mapping[str, str]) -> Command:
    until = given.get("until", "") if given.get("validity") == "gtd" else ""
    asked = {
        "account": number,
        "product": given.get("product", ""),
        "side": _side(given),
        "price_fen_per_t": _price(given),
        "quantity_t": _tonnes(given),
        "validity": given.get("validity") or "day",
        "until": date.fromisoformat(until) if until else None,
    }
    return msgspec.convert(asked, m.PlaceOrder)


def _pick(number: str, given: Mapping[str, str]) -> Command:
    """A listing is picked by its arrival number: one that moved meanwhile is not there any more."""
    text = given.get("listing", "")
    with host().look() as market:
        listing = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
        found = trading.order_behind(market, given.get("product", ""), listing)
    return m.PickOrder(account=number, order_id=found or f"#{text[:20]}", quantity_t=_tonnes(given))


def _propose(number: str, given: Mapping[str, str]) -> Command:
    asked = {
        "account": number,
        "counterparty": given.get("counterparty", "").strip(),
        "product": given.get("product", ""),
        "side": _side(given),
        "price_fen_per_t": _price(given),
        "quantity_t": _tonnes(given),
        "mode": given.get("mode") or "negotiated",
    }
    return msgspec.convert(asked, m.ProposeDeal)


_COMMANDS: Final[dict[str, Callable[[str, Mapping[str, str]], Command]]] = {
    "place": _place,
    "pick": _pick,
    "replace": lambda number, given: m.ReplaceOrder(
        account=number, order_id=given.get("order", ""), price_fen_per_t=_price(given), open_t=_tonnes(given)
    ),
    "cancel": lambda number, given: m.CancelOrder(account=number, order_id=given.get("order", "")),
    "mass": lambda number, given: m.MassCancel(account=number, product=given.get("product", "")),
    "propose": _propose,
    "confirm": lambda number, given: m.ConfirmDeal(account=number, deal_id=given.get("deal", "")),
    "withdraw": lambda number, given: m.WithdrawDeal(account=number, deal_id=given.get("deal", "")),
}


def _command(number: str, given: Mapping[str, str]) -> Command:
    make = _COMMANDS.get(given.get("action", "place"))
    if make is None:
        raise Http404
    try:
        return make(number, given)
    except (msgspec.ValidationError, ValueError) as error:
        unreadable("order", str(error), field_zh="申报")


@login_required
def check(request: HttpRequest, number: str) -> HttpResponse:
    """What an order would come to and whether the market would take it now; nothing is done."""
    who = _read_by(request, number)
    lang = lang_of(request)
    given = {key: str(value) for key, value in request.GET.items()}
    try:
        command = _command(number, given)
    except Refused as no:
        return _json({"code": no.refusal.code, "message": no.refusal.message(lang), "value_fen": None})
    costs = _costs(number, command)
    refusal = host().refusal_of(command, who.person, lang)
    return _json({**refusal, **costs})


def _costs(number: str, command: Command) -> dict[str, Any]:
    """Value and fees of an order at its limit, and how much of it would trade at once."""
    with host().look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        day = room.state.day
        takes_t = 0
        if isinstance(command, m.PickOrder):
            order = room.state.orders.get(command.order_id)
            if order is None:
                return {"value_fen": None}
            code, mode, quantity_t = order.product, "", command.quantity_t
            side, price, takes_t = _other(order.side), order.price_fen_per_t, command.quantity_t
        elif isinstance(command, m.PlaceOrder | m.ProposeDeal):
            code, side, price, quantity_t = (
                command.product, command.side, command.price_fen_per_t, command.quantity_t,
            )  # fmt: skip
            mode = command.mode if isinstance(command, m.ProposeDeal) else ""
        else:
            return {"value_fen": None}
        product = day.products.get(code) if day is not None else None
        mode = mode or (product.book if product is not None else "")
        if product is None or mode not in product.modes:
            return {"value_fen": None}
        costs = trader.costs_of(market, number, product, mode, side, price, quantity_t)
        book = room.desk.books.get(code)
        if isinstance(command, m.PlaceOrder) and book is not None and quantity_t > 0:
            matching = product.modes[mode]
            if matching.matching == "continuous" and matching.crossing == "match":
                takes_t = sum(t for _, t in book.plan(side, price, quantity_t))
    return {**msgspec.to_builtins(costs), "takes_t": takes_t}


def _other(side: m.Side) -> m.Side:
    return "sell" if side == "buy" else "buy"


@login_required
@require_POST
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Send a command of the screen; a script gets JSON, a plain form comes back to the screen."""
    who = _read_by(request, number)
    lang = lang_of(request)
    given = {key: str(value) for key, value in request.POST.items()}
    action = given.get("action", "place")
    wants_json = "application/json" in request.headers.get("Accept", "")
    back = f"/desk/accounts/{number}/trade/?product={given.get('product', '')}"
    try:
        command = _command(number, given)
        if not wants_json:
            send(request, command, *_DONE[action])
            return redirect(back)
        outcome = host().send(command, id_of(who.person, given.get("command_id", "")), who.person)
    except Refused as no:
        if not_known(no) and not wants_json:
            raise
        refusal = no.refusal
        if not_known(no):  # to be repeated under the same id
            return _json(
                {
                    "code": refusal.code,
                    "message": refusal.message(lang),
                    "command_id": given.get("command_id", ""),
                }
            )
    else:
        if outcome.refusal is None:
            done = _DONE[action][1 if lang == "zh" else 0]
            traded_t = sum(getattr(e, "quantity_t", 0) for e in outcome.events if _is_trade(e))
            body = {"code": "", "message": done, "seq": outcome.seq, "traded_t": traded_t}
            return _json({**body, "command_id": new_id()})
        refusal = outcome.refusal
    body = {"code": refusal.code, "message": refusal.message(lang), "command_id": new_id()}
    return _json(body)


def _is_trade(event: object) -> bool:
    return type(event).__name__ == "TradeSettled"


urls = [
    path("desk/accounts/<str:number>/trade/", page, name="trade"),
    path("desk/accounts/<str:number>/trade/live.json", live, name="trade_live"),
    path("desk/accounts/<str:number>/trade/check.json", check, name="trade_check"),
    path("desk/accounts/<str:number>/trade/send/", order, name="trade_send"),
]
