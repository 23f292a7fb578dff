"""For those who run the site: alive, ready, and figures for a monitor. They tell nothing about the market."""

from __future__ import annotations

import hmac
import os
import threading
import time
from concurrent.futures import Future
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from capwright.host.meters import METERS, Metric, exposition, memory_bytes
from capwright.host.state import MOST_BEHIND, silent, state_of
from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from capwright.host.state import State

__all__ = ["urls"]

_T = TypeVar("_T")
PATIENCE_S: Final = 2.0  # how long a balancer waits at most for the databases
TOKEN: Final = "CAPWRIGHT_METRICS_TOKEN"  # noqa: S105 - the name of a setting
_FORWARDED: Final = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether the process answers at all; restart it when this does not come."""
    del request
    return _uncached(JsonResponse({"alive": True}))


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests should be sent here; 503 otherwise."""
    del request
    journal, people_asked = _JOURNAL.ask(), _PEOPLE.ask()  # both at once
    until = time.monotonic() + PATIENCE_S
    state = _within(until, journal) or silent(host())
    people = _within(until, people_asked) is True
    checks: dict[str, Any] = {
        "database": state.answers,
        "people": people,
        "follower": not state.fault,
        "lag": state.behind <= MOST_BEHIND,
        "lease": not state.fenced,
    }
    good = state.ready and people
    said = {
        "ready": good,
        "checks": checks,
        "behind": state.behind,
        "engine": state.engine,
        "views_current": not host().views_fault,  # lists may be old; holdings and books never are
    }
    return _uncached(JsonResponse(said, status=200 if good else 503))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to this machine or to who has the token."""
    if not _may(request):
        return _uncached(
            HttpResponse("The metrics are for this machine, or for a bearer token.\n", "text/plain", 404)
        )
    text = exposition([*METERS.metrics(), *_of_state(state_of(host())), *_of_process()])
    return _uncached(HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8"))


class _Question(Generic[_T]):
    """Something that a database is asked beside the page; while it is silent it is not asked once more."""

    def __init__(self, about: Callable[[], _T]) -> None:
        self._about = about
        self._lock = threading.Lock()
        self._asked: Future[_T] | None = None

    def ask(self) -> Future[_T]:
        """The answer to come; of an earlier question that still waits, the same."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._work, args=(self._asked,), daemon=True).start()
            return self._asked

    def _work(self, asked: Future[_T]) -> None:
        try:
            asked.set_result(self._about())
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            asked.set_exception(error)
        finally:
            connection.close()  # of this thread


def _within(until: float, asked: Future[_T]) -> _T | None:
    """What was answered in time."""
    try:
        return asked.result(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return None


def _may(request: HttpRequest) -> bool:
    """Whether figures are for this caller.

    Behind a proxy that is not named as trusted everybody seems to be on this machine: its headers tell.
    """
    token = os.environ.get(TOKEN, "")
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    try:
        near = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in _FORWARDED)


def _people_answer() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def _of_state(state: State) -> list[Metric]:
    gauge = Metric.gauge
    return [
        gauge("capwright_journal_rows", "The last row of the journal.", state.journal),
        gauge(
            "capwright_journal_head_seconds",
            "Market time of the last row, since 1970.",
            state.head_at_ms / 1000,
        ),
        gauge("capwright_follower_rows", "The last row that pages have.", state.follower),
        gauge("capwright_follower_lag_rows", "Rows that pages lack.", state.behind),
        gauge("capwright_views_rows", "The last row in the SQL tables.", state.views),
        gauge("capwright_follower_faulted", "1 when following has stopped.", bool(state.fault)),
        gauge(
            "capwright_follower_failing", "Parts of this process that took no rows.", host().follower.failing
        ),
        gauge("capwright_database_up", "1 when the journal's database answers.", state.answers),
        gauge("capwright_database_seconds", "How long it took to ask.", state.took_s),
        gauge("capwright_engine_up", "1 when an engine holds the journal.", state.engine),
    ]


def _of_process() -> list[Metric]:
    times = os.times()
    return [
        Metric.gauge("process_resident_memory_bytes", "Memory in use.", memory_bytes()),
        Metric.gauge("process_start_time_seconds", "Start of the process, since 1970.", host().started),
        Metric(
            "process_cpu_seconds_total", "counter", "Processor time.", (("", {}, times.user + times.system),)
        ),
        Metric.gauge("capwright_threads", "Threads.", threading.active_count()),
        Metric.gauge(
            "capwright_clock_seconds", "Market time minus the machine's.", host().clock() / 1000 - time.time()
        ),
    ]


def _uncached(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer


_JOURNAL: Final = _Question(lambda: state_of(host()))
_PEOPLE: Final = _Question(lambda: _people_answer())  # noqa: PLW0108 - looked up when it is asked
urls: Final[list[URLPattern]] = [
    path("health/", health, name="health"),
    path("ready/", ready, name="ready"),
    path("metrics/", metrics, name="metrics"),
]
