"""Coverage and targets: how much of the area's emissions the market reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import path

from capwright.projection.coverage import coverage, targets
from capwright.web.context import viewer
from capwright.web.csv_file import csv_file
from capwright.web.hosting import host

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.projection.coverage import CoverageRecord

__all__ = ["urls"]


def shown(request: HttpRequest) -> HttpResponse:
    """The latest year against the targets, and every year in a table; as a file with `?format=csv`."""
    with host().look() as market:
        years, aims = coverage(market), targets(market)
    if request.GET.get("format") == "csv":
        return _csv(years)
    measured = next((one for one in years if one.share is not None), None)
    page = {
        "latest": years[0] if years else None,
        "measured": measured,
        "share": None if measured is None else measured.share,
        "years": years,
        "targets": aims,
        "may_record": viewer(request).has("authority"),
    }
    return render(request, "public/coverage.html", page)


def _csv(years: list[CoverageRecord]) -> HttpResponse:
    head = ["year", "firms", "with_figure", "emissions_tco2e", "area_tco2", "share", "document"]
    rows: list[list[Any]] = [
        [one.year, one.firms, one.with_figure, one.emissions_t, one.area_t, one.share, one.document]
        for one in years
    ]
    return csv_file([head, *rows], "coverage.csv")


urls = [path("coverage/", shown, name="coverage")]
