"""The public site: what anybody may see without signing in."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from capwright.history import life_of, parse_serial
from capwright.kernel.refusal import CATALOGUE, Refused
from capwright.projection import records
from capwright.projection.rows import row_of
from capwright.projection.tasks import surrender_due_ms
from capwright.projection.views import accounts_named
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.show import SECTIONS, names_of, show_scheme
from capwright.scheme.source_words import source_in
from capwright.scheme.sources import legend
from capwright.web.context import viewer
from capwright.web.csv_file import csv_file
from capwright.web.hosting import host
from capwright.web.language import lang_of, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from capwright.history import Step
    from capwright.market import Market

__all__ = ["urls"]

A_PAGE: Final = 100
_CHART_DAYS: Final = 400
_LATEST: Final = 10
_DAYS: Final = 60


def home(request: HttpRequest) -> HttpResponse:
    """The market at a glance."""
    views = host().views
    days = views.rows(
        "SELECT on_day, product, closing_fen, volume_t, turnover_fen, trades FROM day WHERE product ="
        " (SELECT product FROM day GROUP BY product ORDER BY sum(volume_t) DESC LIMIT 1)"
        " ORDER BY on_day DESC LIMIT ?",
        (_CHART_DAYS,),
    )
    trades = views.rows("SELECT * FROM trade ORDER BY seq DESC LIMIT ?", (_LATEST,))
    with host().look() as market:
        complied = _progress(market)
        told = records.notices(market)[:3]
        rules = market.rulebook.now()
        cap = rules.body.cap
        vintage = rules.body.vintage
        due_ms = surrender_due_ms(market, vintage) if vintage else 0
    shown = {
        "last": dict(days[0]) if days else None,
        "before": dict(days[1]) if len(days) > 1 else None,
        "year_t": sum(day["volume_t"] for day in days if day["on_day"][:4] == days[0]["on_day"][:4]),
        "series": [[d["on_day"], d["closing_fen"] / 100, d["volume_t"]] for d in reversed(days)],
        "trades": [dict(trade) for trade in trades],
        "complied": complied,
        "notices": told,
        "cap": cap,
        "vintage": vintage,
        "due_ms": due_ms,
    }
    return render(request, "public/home.html", shown)


def _progress(market: Market) -> dict[str, Any]:
    """How many firms have surrendered what they owe for the latest vintage that has duties."""
    found = records.compliance(market)
    vintage = max((one.vintage for one in found), default=0)
    due = [one for one in found if one.vintage == vintage and not one.excluded and one.owed_t]
    done = sum(one.surrendered_t >= one.owed_t for one in due)
    return {"vintage": vintage, "due": len(due), "done": done, "percent": 100 * done // max(len(due), 1)}


def entities(request: HttpRequest) -> HttpResponse:
    """Covered enterprises and how they stand, as the law publishes it: names and results, no figures."""
    with host().look() as market:
        found = records.compliance(market)
        names = {code: name.zh if _zh(request) else name.en for code, name in _names(market).items()}
    text, sector = request.GET.get("q", "").strip().lower(), request.GET.get("sector", "")
    state = request.GET.get("state", "")
    rows = [
        {"one": one, "state": _state(one), "sector": names.get(one.sector, one.sector)}
        for one in found
        if (not text or text in one.name.lower() or text in one.account.lower())
        and (not sector or one.sector == sector)
        and (not state or _state(one) == state)
    ]
    sectors = sorted({(one.sector, names.get(one.sector, one.sector)) for one in found if one.sector})
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "sectors": sectors,
        "q": text,
        "sector": sector,
        "state": state,
        "count": len(rows),
    }
    return render(request, "public/entities.html", shown)


def _state(one: records.ComplianceRecord) -> str:
    if one.excluded:
        return "excluded"
    if one.status:
        return one.status.lower()
    return "surrendered" if one.owed_t and one.surrendered_t >= one.owed_t else "pending"


def _names(market: Market) -> dict[str, Any]:
    return dict(names_of(*(rules.scheme for rules in market.rulebook.by_name.values())))


def _zh(request: HttpRequest) -> bool:
    return lang_of(request) == "zh"


def auctions(request: HttpRequest) -> HttpResponse:
    """Auctions, announced and done; nobody is named."""
    with host().look() as market:
        found = list(reversed(records.auctions(market)))
    return render(request, "public/auctions.html", {"auctions": found})


def announcements(request: HttpRequest) -> HttpResponse:
    """Notices, the latest first."""
    with host().look() as market:
        found = records.notices(market)
    return render(
        request, "public/announcements.html", {"page": Paginator(found, 30).get_page(request.GET.get("page"))}
    )


def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, each value with its source and how sure it is."""
    with host().look() as market:
        known = {name: one.scheme for name, one in market.rulebook.by_name.items()}
    name = request.GET.get("scheme", "")
    if name not in known:
        name = list(known)[-1]
    section = request.GET.get("section", "coverage")
    if section not in SECTIONS:
        raise Http404
    lang = "zh" if _zh(request) else "en"
    rows = show_scheme(known[name], [section])
    listed = [
        {
            "label": row.label.said(lang),
            "value": row.value.said(lang),
            "unit": row.unit.said(lang),
            "source": source_in(lang, row.source),
            "note": row.note.said(lang),
            "confidence": row.confidence,
        }
        for row in rows
    ]
    cited = legend(text for row in rows for text in (row.source, row.note.en))
    shown = {"names": list(known), "name": name, "sections": SECTIONS, "section": section, "rows": listed}
    shown["sources"] = [(short, zh if lang == "zh" else en) for short, en, zh in cited]
    return render(request, "public/rules.html", shown)


def scheme_file(_request: HttpRequest, name: str) -> HttpResponse:
    """A scheme as JSON, with the source of every value."""
    with host().look() as market:
        found = market.rulebook.by_name.get(name)
    if found is None:
        raise Http404
    answer = HttpResponse(scheme_to_json(found.scheme), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


# Statistics. The period is the first so many characters of a day: a day, a month, a year.
PERIODS: Final = {"day": 10, "month": 7, "year": 4}


def statistics(request: HttpRequest) -> HttpResponse:
    """Volume, turnover and prices by day, month or year and product."""
    period = request.GET.get("period", "month")
    if period not in PERIODS:
        raise Http404
    found = _statistics(period)
    if (form := request.GET.get("format", "")) in _FORMATS:
        return _FORMATS[form](found, f"statistics-{period}")
    page = Paginator(list(reversed(found)), A_PAGE).get_page(request.GET.get("page"))
    charted, series = _charted(found)
    shown = {"page": page, "period": period, "periods": PERIODS, "charted": charted, "series": series}
    return render(request, "public/statistics.html", shown)


def _charted(found: list[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
    """The product that is traded most, and its mean price in yuan and volume in t by period."""
    volume_t: Counter[str] = Counter()
    for one in found:
        volume_t[one["product"]] += one["volume_t"]
    most = volume_t.most_common(1)[0][0] if volume_t else ""
    rows = [one for one in found if one["product"] == most]
    return most, [[one["period"], one["mean_fen_per_t"] / 100, one["volume_t"]] for one in rows]


def _statistics(period: str) -> list[dict[str, Any]]:
    rows = host().views.rows(
        "SELECT substr(on_day, 1, ?) AS period, product, sum(trades) AS trades, sum(volume_t) AS volume_t,"
        " sum(turnover_fen) AS turnover_fen, min(nullif(low_fen, 0)) AS low_fen, max(high_fen) AS high_fen"
        " FROM day WHERE trades > 0 GROUP BY 1, 2 ORDER BY 1, 2",
        (PERIODS[period],),
    )
    found = [dict(row) for row in rows]
    for one in found:  # a mean price is turnover by volume, rounded half up
        one["mean_fen_per_t"] = (2 * one["turnover_fen"] + one["volume_t"]) // (2 * one["volume_t"])
    return found


def _csv(rows: list[dict[str, Any]], name: str) -> HttpResponse:
    return csv_file([list(rows[0]), *(row.values() for row in rows)] if rows else [], f"{name}.csv")


def _json(rows: list[dict[str, Any]], _name: str) -> HttpResponse:
    return JsonResponse({"items": rows})


def _parquet(rows: list[dict[str, Any]], name: str) -> HttpResponse:
    """As Parquet, where DuckDB is installed and there is something to put in columns."""
    if not rows:
        raise Http404
    import tempfile  # noqa: PLC0415 - one of three forms
    from pathlib import Path  # noqa: PLC0415

    from capwright.filing.extras import need  # noqa: PLC0415

    duckdb = need("duckdb", "bulk")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as base:
        file = Path(folder) / "rows.csv"
        with file.open("w", encoding="utf-8", newline="") as out:  # as they are: no spreadsheet reads this
            csv.writer(out).writerows([list(rows[0]), *(row.values() for row in rows)])
        target = Path(folder) / "rows.parquet"
        base.execute(f"COPY (SELECT * FROM read_csv('{file}')) TO '{target}' (FORMAT parquet)")  # noqa: S608
        answer = HttpResponse(target.read_bytes(), content_type="application/vnd.apache.parquet")
    answer["Content-Disposition"] = f'attachment; filename="{name}.parquet"'
    return answer


_FORMATS: Final[dict[str, Callable[[list[dict[str, Any]], str], HttpResponse]]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}


# The journal.


def row(request: HttpRequest, seq: int) -> HttpResponse:
    """One row of the journal: who asked for what when; in full for whoever may read all it touches."""
    found = host().views.rows("SELECT * FROM act WHERE seq = ?", (seq,))
    if not found:
        raise Http404
    who = viewer(request)
    whole = row_of(host().views, host().url, seq) if who.person else None
    touched = accounts_named(whole.command, whole.events) if whole is not None else []
    shown: dict[str, Any] = {"act": dict(found[0]), "touched": [], "full": None}
    if whole is not None and all(who.may_read(account) for account in touched):
        shown["touched"] = touched
        shown["full"] = {
            "command": whole.command.decode(),
            "events": whole.events.decode(),
            "hash": whole.hash.hex(),
        }
    else:
        shown["act"]["actor"] = "–"
        shown["act"]["command_id"] = "–"
    return render(request, "public/row.html", shown)


def serials(request: HttpRequest) -> HttpResponse:
    """The life of one unit: when it came into being and what became of it. Who held it is not public."""
    asked = request.GET.get("serial", "").strip()
    steps: list[Step] = []
    fault = ""
    if asked:
        try:
            series, number = parse_serial(asked)
            host().follower.wait_for(host().head.seq)  # the tables come after the state
            steps = life_of(host(), series, number)
        except Refused as no:
            fault = told(request, no.refusal)
    named = viewer(request).has("authority", "operator", "auditor")
    return render(
        request,
        "public/serials.html",
        {
            "asked": asked,
            "steps": Paginator(steps, A_PAGE).get_page(request.GET.get("page")) if steps else (),
            "more": quote(asked),
            "fault": fault,
            "named": named,
        },
    )


def refusals(request: HttpRequest) -> HttpResponse:
    """Every refusal code, in both languages."""
    return render(request, "public/refusals.html", {"codes": [CATALOGUE[code] for code in sorted(CATALOGUE)]})


urls = [
    path("", home, name="home"),
    path("entities/", entities, name="entities"),
    path("auctions/", auctions, name="auctions"),
    path("announcements/", announcements, name="announcements"),
    path("rules/", rules, name="rules"),
    path("rules/<str:name>.json", scheme_file, name="scheme_file"),
    path("statistics/", statistics, name="statistics"),
    path("serials/", serials, name="serials"),
    path("journal/<int:seq>/", row, name="row"),
    path("reference/refusals/", refusals, name="refusals"),
]
