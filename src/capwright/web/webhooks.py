"""Webhooks: what happens on a person's channels is posted to an address of theirs, signed.

    POST https://example.org/hook
    Capwright-Signature: t=1721613600,v1=<HMAC-SHA256 of "t.body" with the hook's secret, hexadecimal>
    {"seq": 29579, "kind": "TradeSettled", "account": "GD-…", "at_ms": …, "data": {…}}

A hook is told of events on the accounts that its owner represents. It is tried again for about an hour, in
order; then it is switched off and says so. Of several web processes one posts; when it ends, another goes on
with what happens from then on. Addresses inside the network are refused: nobody reads it through us.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import logging
import socket
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from django.db import close_old_connections

from capwright.host.addresses import plain
from capwright.host.lease import Lease
from capwright.kernel.refusal import Refused, refuse
from capwright.projection.viewer import viewer_of
from capwright.web.mails import mail
from capwright.web.models import Webhook
from capwright.web.refusals import BAD_HOOK
from capwright.web.seal import Unopened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capwright.host import Host
    from capwright.projection.follower import Committed

__all__ = ["Postman", "check_address", "post", "signature"]

TRIES: Final = 9  # after 1, 4, 16, 64 and 256 s, then every twenty minutes: an hour in all
LONGEST_WAIT_S: Final = 1_200.0
TIMEOUT_S: Final = 10
LONGEST_S: Final = 20.0  # a whole post, answer and all
CARRIERS: Final = 4  # posts at once
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")  # by IANA, as global unicast
_MOST_WAITING: Final = 10_000
_LOOK_S: Final = 0.25  # how often hooks are looked for where there are none
_log = logging.getLogger("capwright.webhooks")


def signature(secret: str, at_s: int, body: bytes) -> str:
    """What the header `Capwright-Signature` says; the receiver works it out again and compares."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def check_address(url: str, *, local: bool = False) -> str:
    """Refuse (CW-9726) what is no https address of the open network; `local` allows this machine.

    Returns the address in numbers that was found good: connecting to it, and not to the name once more,
    leaves nobody the time to let the name point inside.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port or 443
    except ValueError:
        refuse(BAD_HOOK, url=url[:200], why="it is no address", why_zh="地址格式不正确")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        refuse(BAD_HOOK, url=url[:200], why="https is needed", why_zh="须使用 https")
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    except (OSError, ValueError, UnicodeError):
        refuse(BAD_HOOK, url=url[:200], why="the name is not known", why_zh="域名无法解析")
    if not found or not all(_open_network(one) or (local and _here(one)) for one in found):
        refuse(BAD_HOOK, url=url[:200], why="it lies inside a private network", why_zh="地址位于内部网络")
    return found[0]


def _open_network(address: str) -> bool:
    """Whether an address is anybody's to reach.

    Of version 6 those alone that are given out one by one: others stand for addresses of version 4 (6to4, a
    translator's), which may lie inside.
    """
    one = plain(address)
    if isinstance(one, ipaddress.IPv6Address) and (one not in _GIVEN_OUT or one.sixtofour):
        return False
    return one.is_global and not one.is_multicast


def _here(address: str) -> bool:
    return plain(address).is_loopback


def post(url: str, address: str, headers: dict[str, str], body: bytes) -> None:
    """Post to a checked address under the name of the URL; raises `OSError` or `HTTPException` when it fails.

    Only an answer of the 200s counts. A redirect could lead inside, and is not followed. After `LONGEST_S`
    the connection is cut, however much of an answer trickles in.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    cut = ExitStack()

    def connected(there: tuple[str, int], *more: Any) -> socket.socket:
        made = socket.create_connection((address, there[1]), *more)
        handle = cut.enter_context(made.dup())  # TLS takes the socket itself over
        timer = threading.Timer(LONGEST_S, _shut, (handle,))
        timer.start()
        cut.callback(timer.cancel)
        return made

    line._create_connection = connected  # type: ignore[attr-defined] # noqa: SLF001 - TLS still asks for the name
    with cut, closing(line):
        path = parts.path or "/"
        line.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
        answer = line.getresponse()
        if answer.status not in range(200, 300):
            raise http.client.HTTPException(f"status {answer.status}")


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        handle.shutdown(socket.SHUT_RDWR)


class _Waiting:
    """What one hook has still to be told, in order, and when it may be tried next."""

    def __init__(self, owner: int) -> None:
        self.owner = owner
        self.under_way = False
        self.bodies: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self.tried = 0
        self.due = 0.0  # on the monotonic clock


class Postman:
    """Follows the journal and posts. Every web process has one; of several, one posts at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lease = Lease(host.settings, "post")
        self._rows: deque[Committed] = deque(maxlen=_MOST_WAITING)
        self._waiting: dict[int, _Waiting] = {}  # by the hook's number
        self._rung = threading.Event()
        self._ended = threading.Event()
        host.follower.subscribe(self._take)
        self._carriers = ThreadPoolExecutor(CARRIERS, thread_name_prefix="capwright-post")
        self._busy: set[int] = set()  # owners of hooks: slow ones of one person keep one carrier from others
        self._thread = threading.Thread(target=self._work, name="capwright-postman", daemon=True)
        self._thread.start()

    def _take(self, rows: Sequence[Committed]) -> None:
        """Called by the follower, which must not be kept: what they mean to whom is found out later."""
        self._rows.extend(rows)
        self._rung.set()

    def _work(self) -> None:
        while not self._ended.is_set():
            self._rung.wait(self._pause())
            self._rung.clear()
            if not (self._rows or self._waiting):
                continue
            try:
                close_old_connections()
                self._deliver()
            except Exception:  # noqa: BLE001 - the database is away, or a bug: neither may end the post
                _log.exception("webhooks wait")
                self._ended.wait(1.0)

    def _pause(self) -> float:
        """Until the next hook is due, in seconds."""
        now = time.monotonic()
        free = [one for one in list(self._waiting.values()) if one.owner not in self._busy]
        return max(0.0, min((one.due - now for one in free), default=1.0))

    def _deliver(self) -> None:
        """Sort new rows to the hooks that they concern, then post one message to every hook that is due."""
        hooks = {hook.pk: hook for hook in Webhook.objects.filter(active=True).select_related("user")}
        if not hooks:
            self._rows.clear()
            self._waiting.clear()
            self._ended.wait(_LOOK_S)  # the database need not be asked after every commit
            return
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        if rows and not self._lease.held:  # another process posts them
            rows = []
        with self._host.look() as market:
            accounts = {one.pk: viewer_of(market, one.user.person or "").accounts for one in hooks.values()}
        for row in rows:
            for account, body in _told(row):
                for hook in hooks.values():
                    if account in accounts[hook.pk]:
                        self._waiting.setdefault(hook.pk, _Waiting(hook.user.pk)).bodies.append(body)
        for number, waiting in list(self._waiting.items()):
            if waiting.under_way:
                continue
            if number not in hooks or not waiting.bodies:
                del self._waiting[number]
            elif waiting.due <= time.monotonic() and waiting.owner not in self._busy:
                self._send_off(hooks[number], waiting)

    def _send_off(self, hook: Webhook, waiting: _Waiting) -> None:
        """Have the next message of a hook posted beside this thread."""

        def carry() -> None:
            try:
                close_old_connections()
                self._post(hook, waiting)
            except Exception:  # noqa: BLE001 - the database is away: the message is posted again
                _log.exception("a webhook waits")
                waiting.due = time.monotonic() + 1.0
            finally:
                self._busy.discard(waiting.owner)
                waiting.under_way = False
                self._rung.set()

        waiting.under_way = True
        self._busy.add(waiting.owner)
        try:
            self._carriers.submit(carry)
        except RuntimeError:  # it has been closed
            waiting.under_way = False

    def _post(self, hook: Webhook, waiting: _Waiting) -> None:
        """Post the next message; after a failure it waits, longer every time, and the others go on."""
        body, at_s = waiting.bodies[0], int(time.time())
        try:
            secret = hook.secret
        except Unopened:
            self._switch_off(hook, "its secret was sealed with another secret key: make it anew")
            return
        headers = {
            "Content-Type": "application/json",
            "Capwright-Signature": signature(secret, at_s, body),
            "User-Agent": "capwright",
        }
        try:
            post(hook.url, check_address(hook.url, local=self._host.settings.demo), headers, body)
        except Exception as fault:  # noqa: BLE001 - whatever the other side does
            _log.warning("webhook %s: %s", hook.pk, type(fault).__name__)
            waiting.tried += 1
            waiting.due = time.monotonic() + (
                0.05 if self._host.settings.demo else min(4.0 ** (waiting.tried - 1), LONGEST_WAIT_S)
            )
            if waiting.tried == TRIES:
                self._switch_off(hook, f"{type(fault).__name__}: {fault}")
        else:
            waiting.bodies.popleft()
            waiting.tried, waiting.due = 0, 0.0

    @staticmethod
    def _switch_off(hook: Webhook, why: str) -> None:
        hook.active, hook.fault = False, why[:200]
        hook.save(update_fields=["active", "fault"])
        if hook.user.email:
            with suppress(Refused):  # the page for sign-in and security says it as well
                mail(hook.user.email, "webhook_off", {"address": hook.url, "fault": hook.fault})

    def close(self) -> None:
        """Stop; what waits is lost to the hooks, and is in the journal."""
        self._ended.set()
        self._rung.set()
        self._thread.join(TIMEOUT_S + 1)
        self._carriers.shutdown(wait=False, cancel_futures=True)
        self._lease.close()


def _told(row: Committed) -> Iterator[tuple[str, bytes]]:
    """What a row has to say to the accounts that its events name: the account and the message."""
    for event in row.events:
        account = getattr(event, "account", "") or getattr(event, "buyer", "")
        account = getattr(account, "number", account)  # an account that is opened comes whole
        if isinstance(account, str) and account:
            said = {"seq": row.seq, "kind": type(event).__name__, "at_ms": row.at_ms, "data": event}
            for one in sorted({account, getattr(event, "seller", "")} - {""}):
                yield one, msgspec.json.encode({**said, "account": one})
