"""The desk of the exchange operator: the day, halts, notices, prices, clearing, members."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from capwright.exchange import messages as m
from capwright.exchange.dayrules import is_trading_day
from capwright.exchange.room import ExchangeRoom
from capwright.kernel.quantity import parse_money_fen
from capwright.kernel.refusal import Refused
from capwright.market.composition import room_of
from capwright.projection import clearing, trading
from capwright.projection.records import notices
from capwright.scheme.dated import valid_on
from capwright.settlement.messages import BustTrade, ClearTrades
from capwright.settlement.room import SettlementRoom
from capwright.web.clock import now
from capwright.web.context import viewer
from capwright.web.hosting import host
from capwright.web.language import told
from capwright.web.numbers import whole
from capwright.web.pages import exchange_auctions, exchange_surveillance
from capwright.web.pages.exchange_access import moment_ms, officer
from capwright.web.refusals import unread, unreadable
from capwright.web.sending import new_id, send
from capwright.web.templatetags.trading import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

    from capwright.kernel.message import Command
    from capwright.market import Market

__all__ = ["urls"]

_PAGE: Final = 100
_NOTICES: Final = 8
_OFFERED: Final = 1000  # of accounts and trades to choose from


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Sessions, products, halts, notices, clearing at a glance."""
    who = officer(request)
    here = host()
    at_ms = here.clock()
    today = now().local.date()
    with here.look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        rules = market.rulebook.now()
        state = room.state
        day = trading.day_of(market, at_ms)
        products = [
            trading.product_of(market, code, at_ms) for code in (state.day.products if state.day else ())
        ]
        listed = [(one.code, one.en, one.zh) for one in room.desk.rules().products]
        shown = {
            "day": day,
            "today": today,
            "is_trading_day": is_trading_day(room.desk.rules(), rules.section("calendar"), today),
            "may_open": not day.open and (state.day is None or today > state.day.on),
            "may_close": day.open and day.phase == "after",
            "products": [one for one in products if one is not None],
            "listed": listed,
            "orders": len(state.orders),
            "deals": len(state.deals),
            "calls": _calls(market),
            "halts": _halts(market, at_ms),
            "open_cases": sum(1 for case in state.cases.values() if not case.closed_ms),
            "notices": notices(market)[:_NOTICES],
            "cleared_on": room_of(market.rooms, SettlementRoom).state.cleared_on,
            "uncleared": len(clearing.uncleared(market)),
            "accounts": [
                (one.number, one.name) for one in market.book.state.accounts.values() if not one.government
            ][:_OFFERED],
            "undoable": _undoable(market),
        }
    shown |= {"may_act": who.has("exchange"), "command_id": new_id()}
    return render(request, "exchange/home.html", shown)


def _undoable(market: Market) -> list[dict[str, Any]]:
    """Trades that can still be undone, the latest first."""
    found = list(room_of(market.rooms, SettlementRoom).state.bustable.items())[: -_OFFERED - 1 : -1]
    return [
        {
            "trade_id": trade_id,
            "at_ms": at_ms,
            "product": trade.product or trade.kind,
            "price_fen_per_t": trade.price_fen_per_t,
            "quantity_t": trade.quantity_t,
        }
        for trade_id, (at_ms, trade) in found
    ]


def _calls(market: Market) -> list[str]:
    """Products whose listings are crossed at one price today."""
    day = room_of(market.rooms, ExchangeRoom).state.day
    found = day.products.values() if day is not None and day.open else ()
    return [one.code for one in found if one.book and one.modes[one.book].matching == "call"]


def _halts(market: Market, at_ms: int) -> list[dict[str, Any]]:
    accounts = market.book.state.accounts
    return [
        {
            "target": target,
            "name": accounts[target].name if target in accounts else target,
            "reason": halt.reason,
            "until_ms": halt.until_ms,
            "over": bool(halt.until_ms) and at_ms >= halt.until_ms,
        }
        for target, halt in room_of(market.rooms, ExchangeRoom).state.halts.items()
    ]


# What the desk sends.


def _day(given: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(given.get("on", ""))
    except ValueError:
        unreadable("on", "a day like 2024-07-22 is needed", "日期须写成 2024-07-22 的形式")


def _halt(given: Mapping[str, str]) -> Command:
    kind = given.get("kind", "")
    target = {"market": "", "product": given.get("product", "")}.get(kind, given.get("account", "").strip())
    if kind != "market" and not target:
        unreadable("target", "name a product or an account", "须指定交易品种或账户", "对象")
    until_ms = moment_ms(given.get("until", ""))
    return m.Halt(target=target, reason=given.get("reason", ""), cancel="cancel" in given, until_ms=until_ms)


def _notice(given: Mapping[str, str]) -> Command:
    return m.PublishAnnouncement(
        title=given.get("title", "").strip(),
        text=given.get("text", "").strip(),
        product=given.get("product", ""),
        warning="warning" in given,
    )


def _reset(given: Mapping[str, str]) -> Command:
    price = parse_money_fen(given.get("price", ""))
    return m.ResetPrice(
        product=given.get("product", ""), price_fen_per_t=price, reason=given.get("reason", "")
    )


def _admit(given: Mapping[str, str]) -> Command:
    rights = tuple(right for right in RIGHTS if f"right_{right}" in given)
    return m.AdmitMember(account=given.get("account", "").strip(), kind=given.get("kind", ""), rights=rights)


Made = tuple["Callable[[Mapping[str, str]], Command]", str, str]
_COMMANDS: Final[dict[str, Made]] = {
    "open": (lambda given: m.OpenTradingDay(on=_day(given)), "The day is open.", "已开市。"),
    "close": (lambda given: m.CloseTradingDay(on=_day(given)), "The day is closed.", "已收市。"),
    "clear": (lambda given: ClearTrades(on=_day(given)), "The trades are cleared.", "清算已完成。"),
    "cross": (lambda given: m.CrossListings(product=given.get("product", "")), "Crossed.", "已撮合。"),
    "halt": (_halt, "Trading is halted.", "已停止交易。"),
    "lift": (
        lambda given: m.LiftHalt(target=given.get("target", ""), reason=given.get("reason", "")),
        "Trading resumes.",
        "已恢复交易。",
    ),
    "notice": (_notice, "The notice is published.", "公告已发布。"),
    "reset": (_reset, "The reference price is re-set.", "基准价已调整。"),
    "admit": (_admit, "Admitted.", "已登记入会。"),
    "bust": (
        lambda given: BustTrade(trade_id=given.get("trade", "").strip(), reason=given.get("reason", "")),
        "The trade is undone.",
        "成交已撤销。",
    ),
}


@login_required
@require_POST
def do(request: HttpRequest) -> HttpResponse:
    """Send what a form of the desk asks for, then go back to it."""
    if not viewer(request).has("exchange"):
        raise PermissionDenied
    given = {key: str(value) for key, value in request.POST.items()}
    made = _COMMANDS.get(given.get("action", ""))
    if made is None:
        raise Http404
    back = given.get("next", "")
    try:
        command = made[0](given)
    except Refused as no:
        messages.error(request, told(request, no.refusal))
    except (ValueError, msgspec.ValidationError) as error:
        refusal = unread("form", str(error), field_zh="表单")
        messages.error(request, told(request, refusal))
    else:
        send(request, command, made[1], made[2])
    return redirect(back if back.startswith("/desk/exchange/") else "/desk/exchange/")


# Clearing.


@login_required
def clearing_page(request: HttpRequest) -> HttpResponse:
    """The statements of a clearing, which add up to zero; `?row=` of the journal, or what is not cleared."""
    officer(request)
    here = host()
    days = clearing.clearings(here)
    asked = request.GET.get("row", "")
    with here.look() as market:
        lines = clearing.uncleared(market)
        names = {number: one.name for number, one in market.book.state.accounts.items()}
        fee_account = room_of(market.rooms, SettlementRoom).state.fee_account
    cleared = None
    if asked or not lines:
        seq = whole(asked) or (days[0].seq if days else 0)
        cleared = clearing.cleared_in(here, seq) if seq else None
        if asked and cleared is None:
            raise Http404
        lines = list(cleared.statements) if cleared is not None else lines
    sums = {
        name: sum(getattr(line, name) for line in lines)
        for name in ("trades", "bought_fen", "sold_fen", "fees_fen", "net_fen")
    }
    kinds = sorted({kind for line in lines for kind in line.units_t})
    rows = [
        (line, names.get(line.account, ""), [line.units_t.get(kind, 0) for kind in kinds]) for line in lines
    ]
    units = [sum(line.units_t.get(kind, 0) for line in lines) for kind in kinds]
    shown = {
        "days": days,
        "row": asked,
        "cleared": cleared,
        "lines": rows,
        "sums": sums,
        "kinds": kinds,
        "units": units,
        "fee_account": fee_account,
    }
    return render(request, "exchange/clearing.html", shown)


# Members.


@login_required
def members(request: HttpRequest) -> HttpResponse:
    """Who may trade, as what kind of member; accounts that were admitted stand first."""
    who = officer(request)
    query = request.GET.get("q", "").strip().lower()
    start = whole(request.GET.get("from"))
    today = now().local.date()
    with host().look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        state, desk = room.state, room.desk
        rules = valid_on(desk.rules().members, today)
        type_names = dict(market.rulebook.now().account_types)
        accounts = [
            one
            for one in market.book.state.accounts.values()
            if not one.government
            and (not query or query in one.number.lower() or query in one.name.lower() or query in one.type)
        ]
        accounts.sort(key=lambda one: (one.number not in state.members, one.number))
        rows = []
        for one in accounts[start : start + _PAGE]:
            trader = desk.trader(today, one)
            admitted = state.members.get(one.number)
            rows.append(
                {
                    "number": one.number,
                    "name": one.name,
                    "type": one.type,
                    "status": one.status,
                    "kind_en": trader.rule.en if trader else "",
                    "kind_zh": trader.rule.zh if trader else "",
                    "limit_t": trader.rule.position_limit_t if trader else None,
                    "rights": admitted.rights if admitted else (),
                    "admitted": admitted is not None,
                    "halted": one.number in state.halts,
                }
            )
    shown = {
        "rows": rows,
        "total": len(accounts),
        "start": start,
        "after": start + _PAGE if start + _PAGE < len(accounts) else 0,
        "before": start - _PAGE if start >= _PAGE else -1,
        "q": query,
        "kinds": rules,
        "type_names": type_names,
        "rights": [right for right in RIGHTS if any(right in rule.rights for rule in rules)],
        "may_act": who.has("exchange"),
        "command_id": new_id(),
    }
    return render(request, "exchange/members.html", shown)


urls = [
    path("desk/exchange/", page, name="exchange"),
    path("desk/exchange/do/", do, name="exchange_do"),
    path("desk/exchange/clearing/", clearing_page, name="exchange_clearing"),
    path("desk/exchange/members/", members, name="exchange_members"),
    *exchange_auctions.urls,
    *exchange_surveillance.urls,
]
