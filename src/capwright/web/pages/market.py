"""The public market: products, prices, the book and the tape without names, the calendar of trading days."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path

from capwright.exchange.dayrules import is_trading_day
from capwright.exchange.room import ExchangeRoom
from capwright.market.composition import room_of
from capwright.projection import trading
from capwright.projection.day_figures import day_figures
from capwright.projection.records import NoticeRecord, notices
from capwright.web.clock import local, now
from capwright.web.hosting import host
from capwright.web.language import lang_of
from capwright.web.pages import trade
from capwright.web.templatetags.trading import words

if TYPE_CHECKING:
    from django.http import HttpRequest

    from capwright.market import Market
    from capwright.projection.trading import ProductState

__all__ = ["urls"]

_MONTHS: Final = 24
_SPARK: Final = 60
_NOTICES: Final = 5


def page(request: HttpRequest) -> HttpResponse:
    """The products of the exchange, its day and its calendar."""
    here = host()
    at_ms = here.clock()
    with here.look() as market:
        day = trading.day_of(market, at_ms)
        products = _products(market, at_ms)
        told = notices(market)[:_NOTICES]
    lines = {one.code: _closes(one.code) for one in products}
    cards = [
        {"product": one, "spark": _spark(lines[one.code]), "closes": lines[one.code]} for one in products
    ]
    shown = {"day": day, "cards": cards, "notices": told, "calendar": _calendar(request.GET.get("month", ""))}
    return render(request, "market/list.html", shown)


def _products(market: Market, at_ms: int) -> list[ProductState]:
    day = room_of(market.rooms, ExchangeRoom).state.day
    found = [trading.product_of(market, code, at_ms) for code in (day.products if day else ())]
    return [one for one in found if one is not None]


def _closes(code: str) -> list[int]:
    rows = host().views.rows(
        "SELECT closing_fen FROM day WHERE product = ? AND closing_fen > 0 ORDER BY on_day DESC LIMIT ?",
        (code, _SPARK),
    )
    return [row["closing_fen"] for row in reversed(rows)]


def _spark(closes: list[int]) -> str:
    """Points of a small line, 120 wide and 32 high."""
    if not closes or max(closes) == min(closes):
        return ""
    low, span = min(closes), max(closes) - min(closes)
    return " ".join(
        f"{n * 120 / (len(closes) - 1):.1f},{30 - (close - low) * 28 / span:.1f}"
        for n, close in enumerate(closes)
    )


def _calendar(month: str) -> dict[str, Any]:
    """A month of trading days; the market's own month unless another is asked for."""
    today = now().local.date()
    try:
        first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    except ValueError:
        raise Http404 from None
    with host().look() as market:
        rules = market.rulebook.now()
        found, dates = rules.section("exchange"), rules.section("calendar")
    traded = {
        row["on_day"]: row["volume_t"]
        for row in host().views.rows(
            "SELECT on_day, SUM(volume_t) AS volume_t FROM day WHERE on_day LIKE ? GROUP BY on_day",
            (f"{first:%Y-%m}-%",),
        )
    }
    weeks = [
        [
            {
                "day": on,
                "inside": on.month == first.month,
                "today": on == today,
                "trading": is_trading_day(found, dates, on),
                "extra": on in dates.extra_sessions,
                "volume_t": traded.get(on.isoformat()),
            }
            for on in week
        ]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    before = (first - timedelta(days=1)).strftime("%Y-%m")
    after = (first + timedelta(days=31)).strftime("%Y-%m")
    return {"first": first, "weeks": weeks, "before": before, "after": after}


def product(request: HttpRequest, code: str) -> HttpResponse:
    """One product: chart, book, tape, the rules of its day, months."""
    at_ms = host().clock()
    with host().look() as market:
        day = trading.day_of(market, at_ms)
        codes = [one.code for one in _products(market, at_ms)]
        told = _of_product(notices(market), code)
    live = _live(code)
    lang = lang_of(request)
    shown = {
        "day": day,
        "product": live["product"],
        "codes": codes,
        "notices": told,
        "months": _months(code),
        "data": {
            "lang": lang,
            "code": code,
            "account": "",
            "live": msgspec.to_builtins(live),
            "offset_min": int((local(at_ms).utcoffset() or timedelta()).total_seconds() // 60),
            "urls": {"live": f"/market/{code}/live.json", "chart": f"/market/{code}/chart.json"},
            "words": {kind: words(kind, lang) for kind in ("phase", "side", "mode")},
        },
    }
    return render(request, "market/product.html", shown)


def _of_product(told: list[NoticeRecord], code: str) -> list[NoticeRecord]:
    return [one for one in told if one.product in ("", code)][:_NOTICES]


def _live(code: str) -> dict[str, Any]:
    """What changes while one looks."""
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
            "book": trading.book_of(market, code),
        }
    return {**told, "tape": trading.tape_of(here.views, code)}


def live(_request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs of the page."""
    return HttpResponse(msgspec.json.encode(_live(code)), content_type="application/json")


def chart(_request: HttpRequest, code: str) -> HttpResponse:
    """Days as date, open, high, low, last trade's close, volume, closing price; minutes of the last day."""
    here = host()
    with here.look() as market:
        room = room_of(market.rooms, ExchangeRoom)
        minutes = [list(bar) for bar in day_figures(code, room.state.ticks.get(code, ())).minutes.values()]
    rows = here.views.rows(
        "SELECT on_day, first_fen, high_fen, low_fen, closing_fen, volume_t FROM day"
        " WHERE product = ? ORDER BY on_day",
        (code,),
    )
    body = {"days": [list(row) for row in rows], "minutes": minutes}
    return HttpResponse(msgspec.json.encode(body), content_type="application/json")


def _months(code: str) -> list[dict[str, Any]]:
    rows = host().views.rows(
        "SELECT substr(on_day, 1, 7) AS month, COUNT(*) AS days, SUM(trades > 0) AS traded,"
        " SUM(trades) AS trades, SUM(volume_t) AS volume_t, SUM(turnover_fen) AS turnover_fen,"
        " MIN(CASE WHEN trades > 0 THEN low_fen END) AS low_fen, MAX(high_fen) AS high_fen,"
        " MAX(on_day) AS last FROM day WHERE product = ? GROUP BY 1 ORDER BY 1 DESC LIMIT ?",
        (code, _MONTHS),
    )
    closes = {
        row["on_day"]: row["closing_fen"]
        for row in host().views.rows("SELECT on_day, closing_fen FROM day WHERE product = ?", (code,))
    }
    return [
        {
            **dict(row),
            "close_fen": closes.get(row["last"], 0),
            "mean_fen": (2 * row["turnover_fen"] + row["volume_t"]) // (2 * row["volume_t"])
            if row["volume_t"]
            else 0,
        }
        for row in rows
    ]


urls = [
    path("market/", page, name="market"),
    path("market/<str:code>/", product, name="market_product"),
    path("market/<str:code>/live.json", live, name="market_live"),
    path("market/<str:code>/chart.json", chart, name="market_chart"),
    *trade.urls,
]
