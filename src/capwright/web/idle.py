"""Sessions end when nobody uses them: a desk that was left open is shut, by default after half an hour.

What pages ask for by themselves, without a hand on them, is no use. Streams and reads of the API by session
keep no session either, but end with it. While somebody types or clicks, the page says so (`base.js`), so that
a long form or a trading screen is not shut on its user.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import logout

from capwright.web.hosting import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

__all__ = ["ended", "idle", "used"]

_SEEN: Final = "seen_at_s"
_STEP_S: Final = 60  # how exactly it is kept: a row is written that seldom
_BY_ITSELF: Final = "/live.json"


def used(session: Any) -> None:
    """Note that a session is used now."""
    if time.time() - session.get(_SEEN, 0) > _STEP_S:
        session[_SEEN] = int(time.time())


def ended(session: Any) -> bool:
    """Whether nobody has used a session for too long."""
    return _SEEN in session and time.time() - session[_SEEN] > host().settings.idle_minutes * 60


def idle(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """End a session that was not used; whoever comes with it has to sign in."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if ended(request.session):
                logout(request)
            elif not (request.path.endswith(_BY_ITSELF) or "HX-Request" in request.headers):
                used(request.session)
        return answer(request)

    return respond
