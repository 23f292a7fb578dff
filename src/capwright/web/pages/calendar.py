"""The calendar: days of the schemes in force, trading days, and what waits for one until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import path

from capwright.projection.agenda import agenda, trading_days
from capwright.projection.tasks import tasks_of
from capwright.web.clock import now
from capwright.web.context import viewer
from capwright.web.hosting import host

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["urls"]

_WEEKS: Final = 5


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """What is due when."""
    today = now().local.date()
    monday = today - timedelta(days=today.weekday())
    with host().look() as market:
        entries = agenda(market)
        tasks = [task for task in tasks_of(market, viewer(request), host().clock()) if task.due_ms]
        days = trading_days(market, monday, 7 * _WEEKS)
    named = {entry.on for entry in entries}
    weeks = [
        [(day, trades, day in named, day == today, day < today) for day, trades in days[n : n + 7]]
        for n in range(0, len(days), 7)
    ]
    shown = {
        "tasks": tasks,
        "today": today,
        "ahead": [entry for entry in entries if entry.on >= today],
        "past": [entry for entry in reversed(entries) if entry.on < today],
        "weeks": weeks,
    }
    return render(request, "desk/calendar.html", shown)


urls = [path("desk/calendar/", page, name="calendar")]
