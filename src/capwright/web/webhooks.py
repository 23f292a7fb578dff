"""Webhooks: what happens on a person's channels is posted to an address of theirs, signed.

    POST https://example.org/hook
    Capwright-Signature: t=1721613600,v1=<HMAC-SHA256 of "t.body" with the hook's secret, hexadecimal>
    {"seq": 29579, "kind": "TradeSettled", "account": "GD-…", "at_ms": …, "data": {…}}

A hook is told of events on the accounts that its owner represents. It is tried again for about an hour, in
order; then it is switched off and says so. Addresses inside the network are refused: nobody reads it through
us.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from django.db import close_old_connections

from capwright.kernel.refusal import refuse
from capwright.projection.viewer import viewer_of
from capwright.web.models import Webhook
from capwright.web.refusals import BAD_HOOK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.host import Host
    from capwright.projection.follower import Committed

__all__ = ["Postman", "check_address", "signature"]

TRIES: Final = 8  # after 1, 4, 16 … seconds, an hour at the most
TIMEOUT_S: Final = 10
_MOST_WAITING: Final = 10_000
_LOOK_S: Final = 0.25  # how often hooks are looked for where there are none
_log = logging.getLogger("capwright.webhooks")


def signature(secret: str, at_s: int, body: bytes) -> str:
    """What the header `Capwright-Signature` says; the receiver works it out again and compares."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def check_address(url: str, *, local: bool = False) -> None:
    """Refuse (CW-9726) what is no https address of the open network; `local` allows this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        refuse(BAD_HOOK, url=url[:200], why="https is needed")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname or "", parts.port or 443)}
    except (OSError, ValueError, UnicodeError):
        refuse(BAD_HOOK, url=url[:200], why="the name is not known")
    if not local and any(not ipaddress.ip_address(one).is_global for one in found):
        refuse(BAD_HOOK, url=url[:200], why="it lies inside a private network")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead inside: it counts as a failure."""

    def redirect_request(self, *_given: Any) -> None:
        return None


class Postman:
    """Follows the journal and posts. One for each web process that has hooks to serve."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._waiting: deque[Committed] = deque(maxlen=_MOST_WAITING)
        self._rung = threading.Event()
        self._ended = threading.Event()
        self._closing = False
        self._open = urllib.request.build_opener(_NoRedirect).open
        host.follower.subscribe(self._rows)
        self._thread = threading.Thread(target=self._work, name="capwright-postman", daemon=True)
        self._thread.start()

    def _rows(self, rows: Sequence[Committed]) -> None:
        """Called by the follower, which must not be kept: what they mean to whom is found out later."""
        self._waiting.extend(rows)
        self._rung.set()

    def _work(self) -> None:
        while not self._closing:
            self._rung.wait(1.0)
            self._rung.clear()
            if self._waiting:
                close_old_connections()
                hooks = list(Webhook.objects.filter(active=True).select_related("user"))
                if not hooks:
                    self._waiting.clear()
                    self._ended.wait(_LOOK_S)  # the database need not be asked after every commit
                while self._waiting:
                    for account, body in _told(self._waiting.popleft()):
                        for hook in hooks:
                            if hook.active and self._reads(hook, account):
                                self._post(hook, body)

    def _reads(self, hook: Webhook, account: str) -> bool:
        with self._host.look() as market:
            return account in viewer_of(market, hook.user.person or "").accounts

    def _post(self, hook: Webhook, body: bytes) -> None:
        for tried in range(TRIES):
            if self._closing:
                return
            at_s = int(time.time())
            headers = {
                "Content-Type": "application/json",
                "Capwright-Signature": signature(hook.secret, at_s, body),
                "User-Agent": "capwright",
            }
            asked = urllib.request.Request(hook.url, body, headers)  # noqa: S310 - checked above
            try:
                check_address(hook.url, local=self._host.settings.demo)
                with self._open(asked, timeout=TIMEOUT_S):
                    return
            except Exception as fault:  # noqa: BLE001 - whatever the other side does
                _log.warning("webhook %s: %s", hook.pk, type(fault).__name__)
                if tried == TRIES - 1:
                    hook.active, hook.fault = False, f"{type(fault).__name__}: {fault}"[:200]
                    hook.save()
                elif not self._closing:
                    self._rung.wait(min(4.0**tried, 600.0) if not self._host.settings.demo else 0.05)

    def close(self) -> None:
        """Stop; what waits is lost to the hooks, and is in the journal."""
        self._closing = True
        self._ended.set()
        self._rung.set()
        self._thread.join(TIMEOUT_S + 1)


def _told(row: Committed) -> Iterator[tuple[str, bytes]]:
    """What a row has to say to the accounts that its events name: the account and the message."""
    for event in row.events:
        account = getattr(event, "account", "") or getattr(event, "buyer", "")
        account = getattr(account, "number", account)  # an account that is opened comes whole
        if isinstance(account, str) and account:
            said = {"seq": row.seq, "kind": type(event).__name__, "at_ms": row.at_ms, "data": event}
            for one in sorted({account, getattr(event, "seller", "")} - {""}):
                yield one, msgspec.json.encode({**said, "account": one})
