"""Who calls: a program with a token, a person with a session, or anybody.

Tokens are OAuth 2 client credentials (`POST /oauth/token/`), each for the person who made the client and with
scopes. A session counts only for requests that the browser says come from this site, so that no other site
can use it.
"""

from __future__ import annotations

import hashlib
import time
from http.cookies import CookieError, SimpleCookie
from typing import Final

from django.db import Error
from msgspec import Struct

from capwright.api.fault import SIGN_IN, Fault
from capwright.host.addresses import within
from capwright.kernel.refusal import refuse
from capwright.web.people import holder_of_session, person_of_token
from capwright.web.refusals import PEOPLE_AWAY

__all__ = ["NOBODY", "Caller", "Callers"]

_KEPT_S: Final = 15.0  # how long a revoked token may still be taken for good
_MOST_KEPT: Final = 10_000


class Caller(Struct, frozen=True):
    """A person of the journal (empty: the public), what it may do here, and for rate limits who asks.

    Limits are the person's: another token, or another cookie beside the session, is no new allowance.
    """

    person: str
    scopes: frozenset[str]
    key: str
    networks: tuple[str, ...] = ()

    def check_address(self, address: str) -> None:
        """Refuse an address outside the networks that the program was made for, and one that is not known."""
        if self.networks and not within(address, self.networks):
            raise Fault(403, "This program may not call from this address", "该接口客户端不得从此地址访问")

    def need(self, scope: str) -> None:
        """Refuse whoever lacks a scope."""
        if not self.person:
            raise Fault(401, *SIGN_IN, {"WWW-Authenticate": "Bearer"})
        if scope not in self.scopes:
            raise Fault(403, f"The access token lacks the scope '{scope}'", f"访问令牌缺少“{scope}”权限范围")


NOBODY: Final = Caller("", frozenset(), "")


class Callers:
    """Looks callers up, and remembers them for a few seconds. Used in threads."""

    def __init__(self, site_url: str, session_cookie: str = "sessionid") -> None:
        self._site = site_url.rstrip("/")
        self._session = session_cookie
        self._kept: dict[bytes, tuple[float, Caller]] = {}

    def known(self, headers: dict[bytes, bytes]) -> Caller | None:
        """The caller if no database is needed to tell; None otherwise."""
        key = self._key(headers)
        if key is None:
            return NOBODY
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    def find(self, headers: dict[bytes, bytes]) -> Caller:
        """The caller of these headers; refuses a token that is not valid, and CW-9790 if nobody can tell."""
        key = self._key(headers)
        if key is None:
            return NOBODY
        try:
            caller = self._looked_up(headers)
        except Error:
            refuse(PEOPLE_AWAY)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + _KEPT_S, caller)
        return caller

    def _key(self, headers: dict[bytes, bytes]) -> bytes | None:
        token = headers.get(b"authorization")
        if token:
            return hashlib.sha256(b"t" + token).digest()
        cookie = headers.get(b"cookie")
        if cookie and f"{self._session}=".encode() in cookie and self._from_here(headers):
            return hashlib.sha256(b"c" + cookie).digest()
        return None

    def _from_here(self, headers: dict[bytes, bytes]) -> bool:
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site in {b"same-origin", b"none"}
        origin = headers.get(b"origin")
        return origin is not None and origin.decode("latin-1") == self._site

    def _looked_up(self, headers: dict[bytes, bytes]) -> Caller:
        said = headers.get(b"authorization", b"").decode("latin-1")
        if said:
            kind, _, token = said.partition(" ")
            found = person_of_token(token.strip()) if kind.lower() == "bearer" and token else None
            if found is None:
                raise Fault(
                    401,
                    "The access token is not valid (any more)",
                    "访问令牌无效或已过期",
                    {"WWW-Authenticate": 'Bearer error="invalid_token"'},
                )
            return Caller(found.person, frozenset(found.scopes), found.person, found.networks)
        session = holder_of_session(_cookie(headers[b"cookie"], self._session))
        return Caller(session.person, frozenset(session.scopes), session.person) if session else NOBODY


def _cookie(raw: bytes, name: str) -> str:
    try:
        found = SimpleCookie(raw.decode("latin-1")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
